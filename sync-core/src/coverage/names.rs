//! How people, customers and amounts are called in explanations.

use crate::document::facts::CustomerRef;
use crate::document::view::VisitView;
use crate::ids::UserId;
use crate::message::Message;
use crate::reference::Reference;
use crate::time::whole_seconds;

/// Longest value that an explanation quotes, in characters; the visit itself shows it in full.
const MAX_QUOTED: usize = 300;

/// What the engineer is called: in the reference data, else as the visit's crew list says, else the id.
pub(super) fn person(user: UserId, view: &VisitView, reference: &Reference) -> String {
    let listed = reference.people.get(&user).map(|p| p.name.clone());
    let crew = || view.crew.iter().filter(|c| c.value.user == user).min_by_key(|c| c.id);
    listed.or_else(|| crew().map(|c| c.value.name.clone())).unwrap_or_else(|| user.to_string())
}

/// What the customer is called.
pub(super) fn customer(customer: &CustomerRef, reference: &Reference) -> String {
    match customer {
        CustomerRef::Listed(id) => reference.customers.get(id).map_or_else(|| id.to_string(), |c| c.name.clone()),
        CustomerRef::Unlisted(name) => name.clone(),
    }
}

/// A word of an enum, such as `category-database`.
pub(super) fn word(kind: &str, value: &str) -> Message {
    Message::new(format!("{kind}-{value}"))
}

/// Hours, minutes and seconds, `1:05:00`: the same in every language. The started second is dropped.
pub(super) fn hms(ms: i64) -> String {
    let seconds = whole_seconds(ms);
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The text, cut to what an explanation quotes.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
