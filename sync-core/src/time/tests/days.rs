//! Local days, compared with what a calendar on the wall says.

use crate::time::days::*;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeSet;

const HOUR: i64 = 3_600_000;

fn ms(instant: &str) -> i64 {
    instant.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn split(from: &str, until: &str, zone: &str) -> Vec<(String, i64)> {
    let parts = split_days(ms(from), ms(until), zone).unwrap();
    parts.iter().map(|p| (p.day.to_string(), (p.until_ms - p.from_ms) / HOUR)).collect()
}

#[test]
fn shanghai_midnight_is_sixteen_hours_utc() {
    let parts = split("2026-03-31T15:00:00Z", "2026-03-31T18:00:00Z", "Asia/Shanghai");
    assert_eq!(parts, vec![("2026-03-31".into(), 1), ("2026-04-01".into(), 2)]);
}

#[test]
fn days_around_a_change_of_clocks_are_23_and_25_hours_long() {
    let spring = split("2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Berlin");
    assert_eq!(spring, vec![("2026-03-28".into(), 24), ("2026-03-29".into(), 23), ("2026-03-30".into(), 24)]);
    let autumn = split("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", "Europe/Berlin");
    assert_eq!(autumn, vec![("2026-10-24".into(), 24), ("2026-10-25".into(), 25), ("2026-10-26".into(), 24)]);
}

#[test]
fn a_day_without_midnight_begins_at_one_and_a_day_may_be_missing() {
    // Cairo put its clocks forward at 00:00 on 28 April 2023.
    let zone = zone("Africa/Cairo").unwrap();
    assert_eq!(day_start_ms(date(2023, 4, 28), &zone), Ok(ms("2023-04-27T22:00:00Z")));
    assert_eq!(day_of(ms("2023-04-27T21:59:59Z"), &zone), Ok(date(2023, 4, 27)));
    assert_eq!(day_of(ms("2023-04-27T22:00:00Z"), &zone), Ok(date(2023, 4, 28)));
    // Apia crossed the date line.
    let parts = split("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", "Pacific/Apia");
    assert_eq!(parts, vec![("2011-12-29".into(), 24), ("2011-12-31".into(), 24)]);
}

#[test]
fn clocks_that_go_back_over_midnight_do_not_bring_the_old_day_back() {
    // St. John's, until 2011: at 00:01 back to 23:01.
    let parts = split_days(ms("2010-11-06T03:00:00Z"), ms("2010-11-08T04:00:00Z"), "America/St_Johns").unwrap();
    let days: Vec<_> = parts.iter().map(|p| p.day).collect();
    assert_eq!(days, vec![date(2010, 11, 6), date(2010, 11, 7), date(2010, 11, 8)]);
    assert_eq!(parts[1].from_ms, ms("2010-11-07T02:30:00Z"));
}

#[test]
fn what_is_no_zone_or_no_date_is_an_error() {
    for name in ["", "Asia/Peking", "China", "Etc/Unknown", "+08:00x", "../etc/passwd"] {
        assert_eq!(split_days(0, 1, name), Err(DaysError::UnknownZone(name.into())));
    }
    assert_eq!(split_days(i64::MIN, i64::MAX, "Asia/Shanghai"), Err(DaysError::OutOfRange));
    assert_eq!(split_days(0, 4_000 * 24 * HOUR, "Asia/Shanghai"), Err(DaysError::TooLong));
    let shanghai = zone("Asia/Shanghai").unwrap();
    assert_eq!(split_at(0, i64::MAX, &shanghai, &BTreeSet::new()), Err(DaysError::OutOfRange));
    assert_eq!(split_days(5, 5, "Asia/Shanghai"), Ok(vec![]));
    assert_eq!(split_days(6, 5, "Asia/Shanghai"), Ok(vec![]));
}

proptest! {
    /// Minute by minute: the parts cover the span without gap, and every minute stands in the part of its own date.
    #[test]
    fn every_minute_is_in_its_own_day(
        zone_name in prop::sample::select(vec![
            "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "America/Havana",
            "Australia/Lord_Howe", "Asia/Kathmandu", "America/Nuuk", "UTC",
        ]),
        from in ms("2024-01-01T00:00:00Z") / 60_000..ms("2027-01-01T00:00:00Z") / 60_000,
        minutes in 1i64..5_000,
    ) {
        let parts = split_days(from * 60_000, (from + minutes) * 60_000, zone_name).unwrap();
        prop_assert_eq!(parts.first().unwrap().from_ms, from * 60_000);
        prop_assert_eq!(parts.last().unwrap().until_ms, (from + minutes) * 60_000);
        for two in parts.windows(2) {
            prop_assert_eq!(two[0].until_ms, two[1].from_ms);
            prop_assert!(two[0].day < two[1].day);
        }
        let tz = jiff::tz::TimeZone::get(zone_name).unwrap();
        let mut part = parts.iter();
        let mut current = part.next().unwrap();
        for minute in from..from + minutes {
            if minute * 60_000 >= current.until_ms {
                current = part.next().unwrap();
            }
            let at = jiff::Timestamp::from_millisecond(minute * 60_000).unwrap();
            prop_assert_eq!(tz.to_datetime(at).date(), current.day);
        }
        // Cutting at every day that there is gives the same as cutting at every midnight.
        let cuts = parts.iter().map(|p| p.day).collect();
        let cut = split_at(from * 60_000, (from + minutes) * 60_000, &zone(zone_name).unwrap(), &cuts);
        prop_assert_eq!(cut, Ok(parts));
    }
}
