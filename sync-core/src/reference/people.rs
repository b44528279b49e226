//! The company's people, and what an hour of theirs costs.

use super::hours::Window;
use crate::document::facts::words;
use crate::ids::{GradeId, PolicyId, UserId};
use crate::time::text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

words! {
    /// What a person of the company may do.
    Role {
        Engineer = "engineer", ServiceManager = "service_manager", AccountManager = "account_manager",
        Sales = "sales", Leadership = "leadership", Admin = "admin",
    }
}

/// A person of the company, as phones know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their log-in name; unique.
    pub code: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// An amount per hour for each class of day, minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByDayClass {
    /// Working days, in the daytime.
    pub normal: i64,
    /// Working days, in the evening and at night.
    pub evening: i64,
    /// Weekends and days off that are no public holiday.
    pub rest_day: i64,
    /// Public holidays.
    pub holiday: i64,
}

/// What an hour costs and is sold at, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The first day on which it holds; it holds until the next one begins.
    #[serde(deserialize_with = "text::day")]
    pub first_day: Date,
    /// ISO 4217.
    pub currency: String,
    /// What an hour costs the company.
    pub cost: ByDayClass,
    /// What an hour is worth by the price list.
    pub list: ByDayClass,
}

/// A person holds a grade from a day on, until they hold another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Who.
    pub user: UserId,
    /// From which day.
    #[serde(deserialize_with = "text::day")]
    pub first_day: Date,
}

/// A grade of engineers with its rates. Never sent to phones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// Its id.
    pub id: GradeId,
    /// Unique, such as `E2`.
    pub code: String,
    /// Name, such as 高级工程师.
    pub name: String,
    /// Its rates.
    #[serde(default)]
    pub rates: Vec<Rate>,
    /// Who holds it, and since when.
    #[serde(default)]
    pub holders: Vec<Holder>,
}

/// The company's own rules. There is one: the one with the smallest code; [`Policy::default`] until there is any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Unique; `default`.
    pub code: String,
    /// From the how many-th time on the same problem is a repeated one.
    #[serde(default = "Policy::repeat_count")]
    pub repeat_count: u32,
    /// Within how many days.
    #[serde(default = "Policy::repeat_days")]
    pub repeat_days: u32,
    /// After how many minutes of work without a rest an engineer is tired.
    #[serde(default = "Policy::fatigue_minutes")]
    pub fatigue_minutes: u32,
    /// How many minutes without work are a rest.
    #[serde(default = "Policy::rest_minutes")]
    pub rest_minutes: u32,
    /// The part of a working day that is no evening or night.
    #[serde(default = "Policy::daytime")]
    pub daytime: Window,
    /// The margin that direct labour should bring, in thousandths of its cost: 2000 is twice.
    #[serde(default = "Policy::target_permille")]
    pub target_permille: u32,
}

impl Policy {
    fn repeat_count() -> u32 {
        3
    }
    fn repeat_days() -> u32 {
        60
    }
    fn fatigue_minutes() -> u32 {
        12 * 60
    }
    fn rest_minutes() -> u32 {
        8 * 60
    }
    fn daytime() -> Window {
        Window::new(8 * 60, 18 * 60).unwrap_or(Window::DAY)
    }
    fn target_permille() -> u32 {
        2000
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            id: PolicyId(uuid::Uuid::nil()),
            code: "default".into(),
            repeat_count: Self::repeat_count(),
            repeat_days: Self::repeat_days(),
            fatigue_minutes: Self::fatigue_minutes(),
            rest_minutes: Self::rest_minutes(),
            daytime: Self::daytime(),
            target_permille: Self::target_permille(),
        }
    }
}
