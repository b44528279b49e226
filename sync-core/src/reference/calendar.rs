//! Calendars: which days are worked (make-up working days among them), rested or celebrated.
//!
//! Chinese public holidays are built in as data files (`data/calendar/`), from the yearly notices of the State Council's
//! General Office; statutory days are `holiday`, the days moved off around them `rest_day`, the weekends worked in
//! exchange `workday`. For a year whose notice was not out, only the statutory days are known (`published: false`).
//! A company imports its own calendars as records, on top of a built-in one or alone. What no calendar knows is
//! unknown, never a working day.

use super::customer::Customer;
use crate::document::facts::words;
use crate::ids::CalendarId;
use crate::time::text;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

words! {
    /// What kind of day it is.
    DayKind { Workday = "workday", RestDay = "rest_day", Holiday = "holiday" }

    /// Calendars that are built in.
    Country { China = "CN" }
}

/// A day that is not what its weekday says, or that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// Which.
    #[serde(deserialize_with = "text::day")]
    pub date: Date,
    /// What kind it is.
    pub kind: DayKind,
    /// What it is called.
    #[serde(default)]
    pub name: String,
}

/// A company's own calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Its id.
    pub id: CalendarId,
    /// Unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// The built-in calendar that it changes, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Country>,
    /// The first day that it knows by itself: days from here to `last_day` that are not listed are what their weekday
    /// says.
    #[serde(default, deserialize_with = "text::optional_day", skip_serializing_if = "Option::is_none")]
    pub first_day: Option<Date>,
    /// The last day that it knows by itself.
    #[serde(default, deserialize_with = "text::optional_day", skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
    /// Days that are not what their weekday (or the built-in calendar) says.
    #[serde(default)]
    pub days: Vec<CalendarDay>,
}

impl Calendar {
    /// What kind of day `date` is; `None` where it does not know.
    pub fn kind_of(&self, date: Date) -> Option<DayKind> {
        // Of several entries for one day the last counts, as in a list of changes.
        if let Some(day) = self.days.iter().rev().find(|d| d.date == date) {
            return Some(day.kind);
        }
        if let Some(kind) = self.base.and_then(|country| built_in(country, date)) {
            return Some(kind);
        }
        let known = self.first_day.is_some_and(|first| first <= date) && self.last_day.is_some_and(|last| date <= last);
        known.then(|| by_weekday(date))
    }
}

/// What kind of day the weekday alone makes it.
pub fn by_weekday(date: Date) -> DayKind {
    match date.weekday() {
        Weekday::Saturday | Weekday::Sunday => DayKind::RestDay,
        _ => DayKind::Workday,
    }
}

/// One year of a built-in calendar, as in `data/calendar/`.
#[derive(Deserialize)]
struct Year {
    year: i16,
    published: bool,
    days: Vec<CalendarDay>,
}

/// By year: whether its notice was out, and its days.
type Years = BTreeMap<i16, (bool, BTreeMap<Date, CalendarDay>)>;

static CHINA: LazyLock<Years> = LazyLock::new(|| {
    let files = [
        include_str!("../../data/calendar/CN-2024.json"),
        include_str!("../../data/calendar/CN-2025.json"),
        include_str!("../../data/calendar/CN-2026.json"),
        include_str!("../../data/calendar/CN-2027.json"),
    ];
    // A file that does not parse is a year that is not known; a test reads them all.
    let years = files.iter().filter_map(|file| serde_json::from_str::<Year>(file).ok());
    years.map(|y| (y.year, (y.published, y.days.into_iter().map(|d| (d.date, d)).collect()))).collect()
});

/// What kind of day `date` is in a built-in calendar; `None` for a year that it does not hold.
pub fn built_in(country: Country, date: Date) -> Option<DayKind> {
    let years = match country {
        Country::China => &*CHINA,
    };
    let (_, days) = years.get(&date.year())?;
    Some(days.get(&date).map_or_else(|| by_weekday(date), |day| day.kind))
}

/// The years of a built-in calendar, and whether each one's notice was out when it was built in.
pub fn built_in_years(country: Country) -> Vec<(i16, bool)> {
    let years = match country {
        Country::China => &*CHINA,
    };
    years.iter().map(|(year, (published, _))| (*year, *published)).collect()
}

/// The country whose holidays hold in a time zone, as far as one is built in.
pub fn country_of(time_zone: &str) -> Option<Country> {
    const CHINA: [&str; 7] =
        ["Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "Asia/Kashgar", "PRC"];
    CHINA.contains(&time_zone).then_some(Country::China)
}

impl super::Reference {
    /// What kind of day `date` is at a customer's; `None` where no calendar knows.
    pub fn day_kind(&self, customer: &Customer, date: Date) -> Option<DayKind> {
        match customer.calendar {
            Some(id) => self.calendars.get(&id)?.kind_of(date),
            None => built_in(country_of(&customer.time_zone)?, date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_files_are_read() {
        let years = [(2024, true), (2025, true), (2026, true), (2027, false)];
        assert_eq!(built_in_years(Country::China), years);
    }

    #[test]
    fn days_that_everybody_knows() {
        let kind = |y, m, d| built_in(Country::China, date(y, m, d));
        assert_eq!(kind(2026, 10, 1), Some(DayKind::Holiday));
        assert_eq!(kind(2026, 10, 5), Some(DayKind::RestDay));
        assert_eq!(kind(2026, 10, 10), Some(DayKind::Workday), "a Saturday, worked for the holiday");
        assert_eq!(kind(2026, 11, 23), Some(DayKind::Workday));
        assert_eq!(kind(2026, 11, 22), Some(DayKind::RestDay));
        assert_eq!(kind(2030, 1, 1), None);
    }

    #[test]
    fn an_own_calendar_goes_first_and_knows_its_days_only() {
        let day = |date, kind| CalendarDay { date, kind, name: String::new() };
        let mut own = Calendar {
            id: CalendarId(uuid::Uuid::nil()),
            code: "HX".into(),
            name: "华信".into(),
            base: Some(Country::China),
            first_day: None,
            last_day: None,
            days: vec![day(date(2026, 11, 23), DayKind::Holiday)],
        };
        assert_eq!(own.kind_of(date(2026, 11, 23)), Some(DayKind::Holiday));
        assert_eq!(own.kind_of(date(2026, 10, 10)), Some(DayKind::Workday));
        assert_eq!(own.kind_of(date(2031, 1, 1)), None);
        (own.base, own.first_day, own.last_day) = (None, Some(date(2031, 1, 1)), Some(date(2031, 1, 31)));
        assert_eq!(own.kind_of(date(2031, 1, 1)), Some(DayKind::Workday));
        assert_eq!(own.kind_of(date(2031, 2, 1)), None);
    }
}
