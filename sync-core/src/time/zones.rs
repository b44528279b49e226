//! The tz database as far as visits need it: what every zone's clocks have done since 2010 and will do. The same text is
//! in the server and in a phone's browser, so that both cut at the same instant; jiff's own bundle has every transition
//! since 1883 and would be a tenth of what a browser loads ([ADR 20](../../../docs/adr/0020-what-a-browser-loads.md)).
//!
//! `data/zones.txt` is written from jiff's bundle by the test of this module, which also compares the two.

use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// A line for each behaviour: the rule from the last listed transition on (POSIX), the seconds east of UTC before the
/// first, the transitions (`instant:seconds`, or `instant:seconds+` in summer time; seconds since 1970), the names.
/// Divided by `|`.
static TABLE: &str = include_str!("../../data/zones.txt");

/// What was asked for so far: reading a line takes longer than judging by it.
static READ: RwLock<BTreeMap<&'static str, TimeZone>> = RwLock::new(BTreeMap::new());

/// The zone with this IANA name; names are compared without regard to case, as everywhere.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    let (line, name) = TABLE.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let names = line.rsplit('|').next()?;
        Some((line, names.split(' ').find(|n| n.eq_ignore_ascii_case(name))?))
    })?;
    if let Some(zone) = READ.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Some(zone.clone());
    }
    let zone = TimeZone::tzif(name, &tzif(line)?).ok()?;
    READ.write().unwrap_or_else(PoisonError::into_inner).insert(name, zone.clone());
    Some(zone)
}

/// A line as a TZif file (RFC 8536), which jiff reads.
fn tzif(line: &str) -> Option<Vec<u8>> {
    let mut parts = line.split('|');
    let (rule, before, listed) = (parts.next()?, parts.next()?, parts.next()?);
    let mut types: Vec<(i32, bool)> = vec![(before.parse().ok()?, false)];
    let (mut instants, mut indices) = (Vec::new(), Vec::new());
    for one in listed.split_terminator(' ') {
        let (instant, offset) = one.split_once(':')?;
        let (offset, summer) = offset.strip_suffix('+').map_or((offset, false), |o| (o, true));
        let of = (offset.parse().ok()?, summer);
        let index = types.iter().position(|t| *t == of).unwrap_or_else(|| {
            types.push(of);
            types.len() - 1
        });
        instants.extend(instant.parse::<i64>().ok()?.to_be_bytes());
        indices.push(u8::try_from(index).ok()?);
    }
    let mut out = Vec::new();
    let names = names(rule);
    // The first block is for readers of 32 bits, and has nothing but one type.
    block(&mut out, &[], &[], &types[..1], names);
    block(&mut out, &instants, &indices, &types, names);
    out.push(b'\n');
    out.extend(rule.as_bytes());
    out.push(b'\n');
    Some(out)
}

/// What a rule calls its standard and its summer time (the former again where it has none). Nothing shows these names, but
/// jiff wants the last transition to agree with the rule in them, too.
fn names(rule: &str) -> [&str; 2] {
    fn first(text: &str) -> (&str, &str) {
        let quoted = text.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        quoted.unwrap_or_else(|| text.split_at(text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len())))
    }
    let (standard, rest) = first(rule);
    let summer = first(rest.trim_start_matches(|c: char| c.is_ascii_digit() || "+-:".contains(c))).0;
    [standard, if summer.is_empty() { standard } else { summer }]
}

fn block(out: &mut Vec<u8>, instants: &[u8], indices: &[u8], types: &[(i32, bool)], names: [&str; 2]) {
    out.extend(b"TZif2");
    out.extend([0; 15]);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    let designations = format!("{}\0{}\0", names[0], names[1]);
    for n in [0, 0, 0, indices.len(), types.len(), designations.len()] {
        out.extend(count(n));
    }
    out.extend(instants);
    out.extend(indices);
    for (offset, summer) in types {
        out.extend(offset.to_be_bytes());
        let name = if *summer { names[0].len() + 1 } else { 0 };
        out.extend([u8::from(*summer), u8::try_from(name).unwrap_or_default()]);
    }
    out.extend(designations.as_bytes());
}
