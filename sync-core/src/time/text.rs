//! Days and instants as text. jiff can do it, too, but a browser would load its language of formats and the words of all its
//! errors for it ([ADR 20](../../../docs/adr/0020-what-a-browser-loads.md)).

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Reads a day as jiff does, but says less about one that is none.
pub(crate) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    from.deserialize_str(Day)
}

/// [`day`], or none.
pub(crate) fn optional_day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Read(#[serde(deserialize_with = "day")] Date);
    Ok(Option::<Read>::deserialize(from)?.map(|read| read.0))
}

struct Day;

impl Visitor<'_> for Day {
    type Value = Date;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date such as 2026-09-21")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Date, E> {
        text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

/// `2026-09-21 08:50:00`; what is less than a second is left out.
pub(crate) fn to_the_second(at: DateTime) -> String {
    let (year, month, day, hour, minute, second) =
        (at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// `+08:00`; with its seconds where it has any.
pub(crate) fn offset(of: Offset) -> String {
    let sign = if of.seconds() < 0 { '-' } else { '+' };
    let seconds = of.seconds().unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match seconds {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    proptest! {
        /// Every instant that jiff has, at every offset: documents may come with any.
        #[test]
        fn it_is_what_jiff_writes(second in -377_705_023_201i64..=253_402_207_200, ms in 0i64..1000, east in -93_599i32..=93_599) {
            let Ok(at) = Timestamp::from_millisecond(second * 1000 + ms) else { return Ok(()) };
            let of = Offset::from_seconds(east).unwrap();
            let zoned = at.to_zoned(of.to_time_zone());
            prop_assert_eq!(to_the_second(zoned.datetime()), zoned.strftime("%Y-%m-%d %H:%M:%S").to_string());
            prop_assert_eq!(offset(zoned.offset()), zoned.strftime("%:z").to_string());
        }
    }

    #[test]
    fn whole_hours_and_years_before_the_first() {
        assert_eq!(offset(Offset::constant(8)), "+08:00");
        assert_eq!(offset(Offset::constant(-3)), "-03:00");
        assert_eq!(offset(Offset::UTC), "+00:00");
        assert_eq!(to_the_second(jiff::civil::date(-7, 2, 3).at(4, 5, 6, 7)), "-007-02-03 04:05:06");
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Days {
        #[serde(deserialize_with = "day")]
        first: Date,
        #[serde(default, deserialize_with = "optional_day")]
        last: Option<Date>,
    }

    #[test]
    fn days_are_read_as_jiff_reads_them() {
        for text in
            ["2026-09-21", "20260921", "-000001-12-31", "2026-09-21T10:00:00+08:00", "2026-02-29", "", "21.9.2026"]
        {
            let json = format!("{{\"first\":\"{text}\",\"last\":\"{text}\"}}");
            let read = serde_json::from_str::<Days>(&json).ok().map(|days| (days.first, days.last));
            assert_eq!(read, text.parse().ok().map(|day: Date| (day, Some(day))), "{text}");
        }
        let first = jiff::civil::date(2026, 9, 21);
        for rest in ["", ",\"last\":null"] {
            let json = format!("{{\"first\":\"2026-09-21\"{rest}}}");
            assert_eq!(serde_json::from_str::<Days>(&json).unwrap(), Days { first, last: None });
        }
        let why = serde_json::from_str::<Days>("{\"first\":\"tomorrow\"}").unwrap_err().to_string();
        assert!(why.contains("tomorrow") && why.contains("2026-09-21"), "{why}");
    }
}
