//! Labour by day class: what a customer is told of when the work was done. Rates stay on the server; the classes do not.

use super::lines::Place;
use super::rates::DayClass;
use crate::document::view::VisitView;
use crate::reference::Reference;
use crate::time::{Spans, whole_seconds};
use std::collections::BTreeMap;

/// Seconds of labour by day class, each minute counted once however many engineers worked in it. Classes without a whole
/// second are left out. Each is rounded down by itself, so that the sum may fall short of the whole by a second per class.
pub fn labour_by_class(view: &VisitView, spans: &Spans, reference: &Reference) -> BTreeMap<DayClass, i64> {
    let place = Place::of(view, reference);
    let mut classes: BTreeMap<DayClass, i64> = BTreeMap::new();
    for interval in spans.labour_union() {
        place.cut(&interval, |_, class, part| {
            let ms = classes.entry(class).or_default();
            *ms = ms.saturating_add(part.len_ms());
        });
    }
    classes.into_iter().map(|(class, ms)| (class, whole_seconds(ms))).filter(|(_, seconds)| *seconds > 0).collect()
}
