//! What a visit document says, typed: every concurrent value of a field, the deterministic winner first.

use super::facts::*;
use crate::clock::Stamp;
use crate::ids::{AssetId, DeviceId, FactId, UserId, VisitId};
use serde::{Deserialize, Serialize};

/// A value and the device that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written<T> {
    /// What was written.
    pub value: T,
    /// By which device (the first 16 bytes of the change's actor).
    pub device: DeviceId,
}

/// A field with every value that stands: one normally, more when phones wrote it concurrently.
/// The first is the winner that every replica agrees on. Empty: never written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Field<T>(pub Vec<Written<T>>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Field<T> {
    /// The winner.
    pub fn get(&self) -> Option<&T> {
        self.0.first().map(|w| &w.value)
    }
    /// Whether phones wrote different values.
    pub fn is_conflict(&self) -> bool
    where
        T: PartialEq,
    {
        self.0.iter().skip(1).any(|w| Some(&w.value) != self.get())
    }
}

/// A write-once fact with its id and the device that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact<T> {
    /// Its id, a UUIDv7.
    pub id: FactId,
    /// What it says.
    #[serde(flatten)]
    pub value: T,
    /// Which device wrote it.
    pub device: DeviceId,
    /// A later fact that supersedes this one, if any; this one then no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<FactId>,
}

/// A timer with every end that was recorded for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeEntry {
    /// Its start.
    #[serde(flatten)]
    pub start: Fact<TimeStart>,
    /// Its end; empty while it runs; several when phones stopped it apart.
    pub end: Field<TimeEnd>,
}

/// A work item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its id.
    pub id: FactId,
    /// When it was begun.
    pub at: Option<Stamp>,
    /// By whom.
    pub by: Option<UserId>,
    /// What kind of work.
    pub category: Field<Category>,
    /// On which asset.
    pub asset: Field<AssetId>,
    /// What the asset is called.
    pub asset_name: Field<String>,
    /// What was wrong.
    pub symptom: Field<String>,
    /// What was done.
    pub action: Field<String>,
    /// How it ended.
    pub outcome: Field<String>,
    /// Why it no longer counts.
    pub removed: Field<String>,
}

/// An expense.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expense {
    /// Its id.
    pub id: FactId,
    /// When it was recorded.
    pub at: Option<Stamp>,
    /// By whom.
    pub by: Option<UserId>,
    /// Taxi, hotel, …
    pub kind: Field<ExpenseKind>,
    /// Minor units.
    pub amount_minor: Field<i64>,
    /// ISO 4217.
    pub currency: Field<String>,
    /// What for.
    pub note: Field<String>,
    /// Why it no longer counts.
    pub removed: Field<String>,
}

/// A place where two devices wrote different values: all are shown, nothing is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Where, such as `items/0190…/action`.
    pub path: String,
    /// Every value as text, the one that counts first: the document's winner, and of a timer's ends the earliest.
    pub values: Vec<Written<String>>,
}

/// The whole visit as typed data. Equal on every replica that has the same changes.
/// Every list is sorted by id, which for UUIDv7 is by the time of writing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitView {
    /// The visit's id, from its origins; `None` before the first.
    pub visit: Option<VisitId>,
    /// How it began; one per phone that began it.
    pub origins: Vec<Fact<Origin>>,
    /// Engineers joining and leaving.
    pub crew: Vec<Fact<Crew>>,
    /// Work items, removed ones included.
    pub items: Vec<Item>,
    /// Time entries, superseded ones included.
    pub time: Vec<TimeEntry>,
    /// Expenses, removed ones included.
    pub expenses: Vec<Expense>,
    /// Objections.
    pub objections: Vec<Fact<Objection>>,
    /// Notes.
    pub notes: Vec<Fact<Note>>,
    /// Photos and files, by reference.
    pub photos: Vec<Fact<Photo>>,
    /// Sign-offs.
    pub sign_offs: Vec<Fact<SignOff>>,
    /// Where devices disagreed.
    pub conflicts: Vec<Conflict>,
    /// Paths of values that this version cannot read, because a newer one wrote them. They stay in the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

impl VisitView {
    /// The origin that counts: the earliest by id.
    pub fn origin(&self) -> Option<&Origin> {
        self.origins.first().map(|f| &f.value)
    }
    /// Work items that count.
    pub fn live_items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|i| i.removed.get().is_none())
    }
    /// Time entries that count.
    pub fn live_time(&self) -> impl Iterator<Item = &TimeEntry> {
        self.time.iter().filter(|t| t.start.superseded_by.is_none())
    }
    /// Expenses that count.
    pub fn live_expenses(&self) -> impl Iterator<Item = &Expense> {
        self.expenses.iter().filter(|e| e.removed.get().is_none())
    }
}
