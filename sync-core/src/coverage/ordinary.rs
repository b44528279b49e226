//! Work at hours of which no contract speaks: where none was in force, the company's ordinary hours are the measure
//! (working days, the daytime of its rules).

use super::case::{Case, MAX_PARTS};
use super::flags::{flag, in_force};
use super::hours::{self, Local};
use super::names::hms;
use super::verdict::{Flag, FlagCode};
use crate::message::Message;
use crate::reference::{ServiceHours, calendar::by_weekday};
use crate::time::Interval;
use crate::time::days::DayPart;
use jiff::civil::Date;

/// `outside_service_hours` of a visit without a contract: how much of its labour.
pub(super) fn outside(case: &Case<'_>) -> Option<Flag> {
    let place = case.place.as_ref().ok()?;
    let daytime = case.reference.policy().daytime;
    let ordinary = ServiceHours { workdays: vec![daytime], ..ServiceHours::default() };
    // This is no verdict: where no calendar knows the day, its weekday will do.
    let kind = |day: Date| Some(case.reference.day_kind(place.customer, day).unwrap_or_else(|| by_weekday(day)));
    let outside = |part: &DayPart| {
        let local = Local::at(part.from_ms, part.day, kind(part.day), &place.zone);
        local.and_then(|local| local.within(&ordinary)) == Some(false)
    };
    let measured = |interval: &&Interval| !interval.is_empty();
    let work = case.work.whole();
    let parts = work.iter().filter(measured).filter_map(|interval| place.parts(interval)).flatten();
    let uncovered = parts.filter(|part| !in_force(place, part.day));
    let fine = uncovered.filter_map(|part| hours::cut(part, &[&ordinary], &kind, &place.zone, MAX_PARTS)).flatten();
    let ms = fine.filter(outside).fold(0i64, |sum, part| sum.saturating_add(part.until_ms - part.from_ms));
    let message = Message::new("flag-outside_service_hours-ordinary").with("time", hms(ms));
    (ms > 0).then(|| flag(FlagCode::OutsideServiceHours, message.with("window", daytime.to_string())))
}
