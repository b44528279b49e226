//! Builders for tests: small visits out of small numbers.

use crate::clock::{ServerSeen, Stamp};
use crate::document::facts::*;
use crate::document::view::*;
use crate::ids::*;
use uuid::Uuid;

pub(crate) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
pub(crate) fn fact(n: u128) -> FactId {
    FactId(uuid(n))
}
pub(crate) fn user(n: u128) -> UserId {
    UserId(uuid(n))
}
pub(crate) fn device(n: u128) -> DeviceId {
    DeviceId(uuid(n))
}

/// A phone that never saw a server: only the wall clock tells the time. Boot 0, which began at 1970.
pub(crate) fn wall(ms: i64) -> Stamp {
    Stamp { wall_ms: ms, mono_ms: ms, boot: uuid(0), server: None }
}

/// A reading at the true time `true_ms` on a phone that booted at `booted_ms`, whose wall clock is `off_ms` ahead.
pub(crate) fn reading(true_ms: i64, booted_ms: i64, off_ms: i64, server: bool) -> Stamp {
    let server = server.then_some(ServerSeen { at_ms: booted_ms, mono_ms: 0 });
    Stamp {
        wall_ms: true_ms + off_ms,
        mono_ms: true_ms - booted_ms,
        boot: uuid(u128::from(booted_ms.unsigned_abs())),
        server,
    }
}

pub(crate) fn written<T>(n: u128, value: T) -> Written<T> {
    Written { value, device: device(n) }
}

pub(crate) fn as_fact<T>(id: u128, value: T) -> Fact<T> {
    Fact { id: fact(id), value, device: device(1), superseded_by: None }
}

/// A timer from a reading until any number of concurrent ends.
pub(crate) fn timer(id: u128, who: u128, kind: TimeKind, at: Stamp, ends: &[Stamp]) -> TimeEntry {
    let start = TimeStart { kind, user: user(who), item: None, at, manual: None, supersedes: None };
    let ends = ends.iter().enumerate().map(|(n, at)| written(n as u128, TimeEnd { at: *at, by: user(who) }));
    TimeEntry { start: as_fact(id, start), end: Field(ends.collect()) }
}

/// An entry made by hand.
pub(crate) fn manual(id: u128, who: u128, kind: TimeKind, from_ms: i64, until_ms: i64) -> TimeEntry {
    let mut entry = timer(id, who, kind, wall(from_ms), &[]);
    entry.start.value.manual = Some(ManualSpan { from_ms, until_ms });
    entry
}

pub(crate) fn with_time(time: Vec<TimeEntry>) -> VisitView {
    VisitView { time, ..VisitView::default() }
}
