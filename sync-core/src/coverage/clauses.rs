//! What a manager must look at in the answers themselves: work that no clause covers, or not then, or no more.

use super::answer::listed;
use super::flags::flag;
use super::names::{hms, word};
use super::verdict::*;
use crate::document::view::Item;
use crate::message::Message;
use std::collections::BTreeMap;

/// The flags of one item, from its stretches.
pub(super) fn all(item: &Item, stretches: &[Stretch]) -> Vec<Flag> {
    let first = |cause: Cause| stretches.iter().find(move |s| s.cause == cause);
    let mut found = Vec::new();
    if let (Some(stretch), Some(category)) = (first(Cause::OutOfScope), item.category.get()) {
        let why = listed(stretch.looked_at.clone());
        let message = Message::new("flag-out_of_scope").with("category", word("category", category.as_str()));
        found.push(flag(FlagCode::OutOfScope, message.with("why", why)));
    }
    if let Some(stretch) = first(Cause::CustomersOwnWork) {
        // The reason already is the whole explanation.
        let message = Message::new("flag-customers_own_work").with("why", stretch.reason.clone());
        found.push(flag(FlagCode::CustomersOwnWork, message));
    }
    let covered = time(stretches.iter().filter(|s| s.coverage == Coverage::Covered));
    for (reason, ms) in times(stretches, Cause::OutsideServiceHours) {
        found.push(flag(FlagCode::OutsideServiceHours, outside(reason, ms)));
    }
    for (reason, ms) in times(stretches, Cause::QuotaExhausted) {
        found.push(flag(FlagCode::QuotaExhausted, exhausted(reason, ms, covered)));
    }
    found.into_iter().map(|flag| Flag { item: Some(item.id), ..flag }).collect()
}

fn time<'a>(stretches: impl Iterator<Item = &'a Stretch>) -> i64 {
    stretches.fold(0, |sum, s| sum.saturating_add(s.until_ms.saturating_sub(s.from_ms)))
}

/// How long each reason with this cause held, in milliseconds.
fn times(stretches: &[Stretch], cause: Cause) -> BTreeMap<&Message, i64> {
    let mut found: BTreeMap<&Message, i64> = BTreeMap::new();
    for stretch in stretches.iter().filter(|s| s.cause == cause) {
        let sum = found.entry(&stretch.reason).or_default();
        *sum = sum.saturating_add(time(std::iter::once(stretch)));
    }
    found
}

/// `outside_service_hours`: how much, and which clause would have covered it at other hours.
fn outside(reason: &Message, ms: i64) -> Message {
    let id = if ms == 0 { "flag-outside_service_hours-moment" } else { "flag-outside_service_hours" };
    let mut message = Message { id: id.to_owned(), args: reason.args.clone() };
    if ms > 0 {
        message = message.with("time", hms(ms));
    }
    message
}

/// `quota_exhausted`: how much was left, how much was not, by which clause and in which period.
fn exhausted(reason: &Message, ms: i64, covered: i64) -> Message {
    let id = if ms == 0 { "flag-quota_exhausted-moment" } else { "flag-quota_exhausted" };
    let mut message = Message { id: id.to_owned(), args: reason.args.clone() };
    if ms > 0 {
        message = message.with("covered", hms(covered)).with("uncovered", hms(ms));
    }
    message
}
