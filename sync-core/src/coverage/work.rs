//! The work of a visit's items, and what other visits need to know of it.
//!
//! The work of an item is the labour that is linked to it; where none is, all labour of the visit; where none was
//! measured, the moment at which the item (or, for want of it, the visit) was begun.

use super::verdict::{Claim, Problem};
use crate::document::facts::{Category, Mode, Origin, TimeKind};
use crate::document::view::{Fact, Item, VisitView};
use crate::ids::{AssetId, FactId, VisitId};
use crate::time::{Interval, Spans, intervals};
use std::collections::{BTreeMap, BTreeSet};

/// The origins that count, by id.
pub(super) fn origins(view: &VisitView) -> Vec<&Fact<Origin>> {
    let mut origins: Vec<_> = view.origins.iter().filter(|o| o.superseded_by.is_none()).collect();
    origins.sort_by_key(|o| o.id);
    origins
}

/// Every mode that a phone recorded.
pub(super) fn modes(origins: &[&Fact<Origin>]) -> BTreeSet<Mode> {
    origins.iter().map(|o| o.value.mode).collect()
}

/// Every category that a phone recorded for an item.
pub(super) fn categories(item: &Item) -> BTreeSet<Category> {
    item.category.0.iter().map(|w| w.value).collect()
}

/// What was worked when.
pub(super) struct Work {
    labour: Labour,
    begun: Option<i64>,
}

impl Work {
    pub(super) fn of(spans: &Spans, origins: &[&Fact<Origin>]) -> Self {
        Self { labour: Labour::of(spans), begun: origins.first().map(|o| o.value.at.instant_ms()) }
    }

    /// Whether the item has no labour of its own, so that all labour of the visit stands for it.
    fn is_shared(&self, item: &Item) -> bool {
        !self.labour.by_item.contains_key(&item.id) && !self.labour.all.is_empty()
    }

    /// On one item.
    pub(super) fn on(&self, item: &Item) -> Vec<Interval> {
        if let Some(linked) = self.labour.by_item.get(&item.id) {
            return linked.clone();
        }
        if !self.labour.all.is_empty() {
            return self.labour.all.clone();
        }
        let at = item.at.map(|at| at.instant_ms()).or(self.begun);
        at.map(|at| Interval::new(at, at)).into_iter().collect()
    }

    /// On the visit as a whole.
    pub(super) fn whole(&self) -> Vec<Interval> {
        let begun = || self.begun.map(|at| Interval::new(at, at)).into_iter().collect();
        if self.labour.all.is_empty() { begun() } else { self.labour.all.clone() }
    }
}

/// The visit's labour, united and without breaks. Where that leaves nothing (a clock ran back, or all was break), the
/// moments at which it began, so that it is judged all the same.
struct Labour {
    all: Vec<Interval>,
    by_item: BTreeMap<FactId, Vec<Interval>>,
}

impl Labour {
    fn of(spans: &Spans) -> Self {
        let mut moments: BTreeMap<Option<FactId>, BTreeSet<i64>> = BTreeMap::new();
        for span in spans.spans.iter().filter(|s| s.kind == TimeKind::Labour) {
            moments.entry(span.item).or_default().insert(span.from_ms);
        }
        fn or_moments<'a>(net: Vec<Interval>, moments: impl Iterator<Item = &'a i64>) -> Vec<Interval> {
            if net.is_empty() { moments.map(|at| Interval::new(*at, *at)).collect() } else { net }
        }
        let everywhere: BTreeSet<i64> = moments.values().flatten().copied().collect();
        let all = or_moments(spans.labour_union(), everywhere.iter());
        let by_item = spans.labour_by_item().into_iter().filter_map(|(item, net)| {
            let moments = moments.get(&item).into_iter().flatten();
            Some((item?, or_moments(net, moments)))
        });
        Self { all, by_item: by_item.collect() }
    }
}

/// What a visit asks of its customer's contracts: one entry for each stretch of work with the same categories, united over
/// its items. What other visits' quotas are counted by ([`Evidence::claims`](super::Evidence::claims)).
pub fn claims(visit: VisitId, view: &VisitView, spans: &Spans) -> Vec<Claim> {
    let origins = origins(view);
    asked(visit, view, &Work::of(spans, &origins), &modes(&origins))
}

/// The claims of a visit whose work and modes are known.
pub(super) fn asked(visit: VisitId, view: &VisitView, work: &Work, modes: &BTreeSet<Mode>) -> Vec<Claim> {
    let mut asked: BTreeMap<BTreeSet<Category>, (bool, Vec<Interval>)> = BTreeMap::new();
    for item in view.live_items() {
        let (all, parts) = asked.entry(categories(item)).or_default();
        let shared = work.is_shared(item);
        // Many items may share the visit's labour, which need not stand there more than once.
        if !(shared && *all) {
            parts.extend(work.on(item));
        }
        *all |= shared;
    }
    let mut claims = BTreeSet::new();
    for (categories, (_, parts)) in asked {
        let moments = parts.iter().filter(|i| i.is_empty()).copied().collect::<Vec<_>>();
        for Interval { from_ms, until_ms } in intervals::union(parts).into_iter().chain(moments) {
            claims.insert(Claim { visit, categories: categories.clone(), modes: modes.clone(), from_ms, until_ms });
        }
    }
    claims.into_iter().collect()
}

/// Longest part of a symptom that tells problems apart, in characters.
const KEY_CHARS: usize = 60;

/// What makes two problems of one customer the same one: the category with the asset, or, without one, with the symptom's
/// letters and digits. `None` when neither is known.
pub fn problem_key(category: Category, asset: Option<AssetId>, symptom: &str) -> Option<String> {
    if let Some(asset) = asset {
        return Some(format!("{category}/{asset}"));
    }
    let letters = symptom.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let symptom: String = letters.take(KEY_CHARS).collect();
    (!symptom.is_empty()).then(|| format!("{category}/{symptom}"))
}

/// A visit's problems, by the values that win where phones disagree.
pub fn problems(visit: VisitId, view: &VisitView, spans: &Spans) -> Vec<Problem> {
    let work = Work::of(spans, &origins(view));
    let problem = |item: &Item| {
        let symptom = item.symptom.get().map_or("", String::as_str);
        let key = problem_key(*item.category.get()?, item.asset.get().copied(), symptom)?;
        let at_ms = work.on(item).first()?.from_ms;
        Some(Problem { visit, item: item.id, key, at_ms })
    };
    view.live_items().filter_map(problem).collect()
}
