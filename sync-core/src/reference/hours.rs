//! Service hours (服务时段): when a package promises service, by kind of day, in the customer's local time.

use super::calendar::DayKind;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// A part of a day in minutes since local midnight, `[from, until)`. In JSON `"08:30-17:30"`; `24:00` is the day's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    from: u16,
    until: u16,
}

impl Window {
    /// The whole day.
    pub const DAY: Self = Self { from: 0, until: DAY_MINUTES };

    /// From `from` until `until`; `None` unless `from < until <= 1440`. Hours across midnight are two windows.
    pub fn new(from: u16, until: u16) -> Option<Self> {
        (from < until && until <= DAY_MINUTES).then_some(Self { from, until })
    }
    /// The first minute.
    pub fn from(self) -> u16 {
        self.from
    }
    /// The minute after the last.
    pub fn until(self) -> u16 {
        self.until
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (a, b) = (self.from, self.until);
        write!(f, "{:02}:{:02}-{:02}:{:02}", a / 60, a % 60, b / 60, b % 60)
    }
}

impl std::str::FromStr for Window {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("no part of a day, such as 08:30-17:30: {text}");
        let minute = |text: &str| -> Option<u16> {
            let (hour, minute) = text.trim().split_once(':')?;
            let number = |s: &str| -> Option<u16> {
                (!s.is_empty() && s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().ok())?
            };
            let (hour, minute) = (number(hour)?, number(minute).filter(|m| *m < 60)?);
            (hour <= 24).then_some(hour * 60 + minute)
        };
        let (from, until) = text.split_once('-').ok_or_else(wrong)?;
        minute(from).zip(minute(until)).and_then(|(from, until)| Self::new(from, until)).ok_or_else(wrong)
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// When service is promised, by kind of day. Windows of one kind of day are sorted and do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceHours {
    /// On working days, make-up working days (调休上班) among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workdays: Vec<Window>,
    /// On weekends and on days off that are no public holiday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest_days: Vec<Window>,
    /// On public holidays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Window>,
}

impl ServiceHours {
    /// 7×24: always.
    pub fn always() -> Self {
        let day = || vec![Window::DAY];
        Self { workdays: day(), rest_days: day(), holidays: day() }
    }
    /// 5×8: working days from 09:00 to 17:00.
    pub fn office() -> Self {
        Self { workdays: Window::new(540, 1020).into_iter().collect(), ..Self::default() }
    }
    /// The windows of one kind of day.
    pub fn on(&self, kind: DayKind) -> &[Window] {
        match kind {
            DayKind::Workday => &self.workdays,
            DayKind::RestDay => &self.rest_days,
            DayKind::Holiday => &self.holidays,
        }
    }
    /// Whether the answer is the same on every kind of day, so that no calendar is needed.
    pub fn same_every_day(&self) -> bool {
        self.workdays == self.rest_days && self.rest_days == self.holidays
    }
}
