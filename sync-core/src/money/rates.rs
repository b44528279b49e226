//! Which rate an hour has: the engineer's grade on that day, its rate on that day, the class of the day.

use super::{HOUR_MS, share};
use crate::document::facts::words;
use crate::ids::UserId;
use crate::reference::{ByDayClass, Rate, Reference};
use jiff::civil::Date;

words! {
    /// What an hour is paid by.
    DayClass {
        /// A working day, in the daytime of the company's rules.
        Normal = "normal",
        /// A working day, outside it.
        Evening = "evening",
        /// A weekend, or a day off that is no public holiday.
        RestDay = "rest_day",
        Holiday = "holiday",
    }
}

/// An amount at cost and at list price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// What it costs the company, minor units.
    pub cost_minor: i64,
    /// What it is worth by the price list, minor units.
    pub list_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// The rate of an engineer's hour on a day: of the grade that they held last on or before it, the rate that began last
/// on or before it. `None` when they hold no grade, or it has no rate yet: then the time is unpriced, never free.
pub fn rate_on(reference: &Reference, user: UserId, day: Date) -> Option<&Rate> {
    let held = reference.grades.values().flat_map(|grade| {
        grade.holders.iter().filter(|h| h.user == user && h.first_day <= day).map(move |h| (h.first_day, grade))
    });
    // Two grades from one day on is a slip: the one with the smaller code, whatever the order of the records.
    let (_, grade) = held.max_by(|(a, x), (b, y)| a.cmp(b).then_with(|| y.code.cmp(&x.code)))?;
    grade.rates.iter().filter(|r| r.first_day <= day).max_by_key(|r| r.first_day)
}

/// So much time at this rate, rounded once.
pub(super) fn priced(rate: &Rate, class: DayClass, ms: i64) -> Priced {
    let of = |by: &ByDayClass| {
        let hour = match class {
            DayClass::Normal => by.normal,
            DayClass::Evening => by.evening,
            DayClass::RestDay => by.rest_day,
            DayClass::Holiday => by.holiday,
        };
        share(hour, ms, HOUR_MS)
    };
    Priced { cost_minor: of(&rate.cost), list_minor: of(&rate.list), currency: rate.currency.clone() }
}
