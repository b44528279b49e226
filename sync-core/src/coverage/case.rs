//! What a verdict is made of: the visit as it was read, and what it is held against.

use super::place::{Place, place};
use super::reading::Question;
use super::verdict::Evidence;
use super::work::{Work, categories, modes, origins};
use crate::document::facts::Origin;
use crate::document::view::{Fact, Item, VisitView};
use crate::message::Message;
use crate::reference::Reference;
use crate::time::{Spans, spans};

/// Most parts of work that one verdict judges, far beyond any honest visit. Every item without labour of its own is
/// judged by all labour of the visit, so that a hostile record could otherwise ask for the product of the two numbers.
pub(super) const MAX_PARTS: usize = 20_000;

/// What everything is judged with.
pub(super) struct Case<'a> {
    pub(super) view: &'a VisitView,
    pub(super) reference: &'a Reference,
    pub(super) evidence: &'a Evidence,
    pub(super) spans: Spans,
    pub(super) work: Work,
    /// The origins that count, by id.
    pub(super) origins: Vec<&'a Fact<Origin>>,
    /// Where the visit was, or why that is not known.
    pub(super) place: Result<Place<'a>, Message>,
}

impl<'a> Case<'a> {
    /// Reads what there is to judge.
    pub(super) fn of(view: &'a VisitView, reference: &'a Reference, evidence: &'a Evidence) -> Case<'a> {
        let origins = origins(view);
        let place = place(&origins, reference);
        let spans = spans(view);
        let work = Work::of(&spans, &origins);
        Case { view, reference, evidence, spans, work, origins, place }
    }

    /// What is asked about an item's work.
    pub(super) fn question(&self, item: &Item) -> Question {
        Question { categories: categories(item), modes: modes(&self.origins) }
    }
}
