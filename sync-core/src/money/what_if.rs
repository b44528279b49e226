//! What another contract would have covered.

use super::attribution::{Judged, Piece, Under};
use super::lines::{CostLine, Key, Place, key, line};
use super::rates::Priced;
use super::share;
use crate::coverage::{Coverage, Evidence, Verdict, assess};
use crate::document::view::VisitView;
use crate::ids::{ContractId, CustomerId, PackageId};
use crate::reference::{Clause, Contract, ContractKind, ContractStatus, Reference};
use crate::time::{Interval, Spans};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A contract that was never signed.
#[derive(Clone, Debug)]
pub struct Hypothesis {
    /// With whom.
    pub customer: CustomerId,
    /// Its package.
    pub package: PackageId,
    /// Extra items beside it.
    pub extras: Vec<Clause>,
    /// From this day, inclusive.
    pub first_day: Date,
    /// Until this day, inclusive.
    pub last_day: Date,
}

/// The reference data as if that contract, and no other, had been in force at that customer.
pub fn hypothetical(reference: &Reference, h: &Hypothesis) -> Reference {
    let mut other = reference.clone();
    let contract = Contract {
        id: ContractId(h.package.0),
        code: "?".into(),
        customer: h.customer,
        kind: ContractKind::ServiceMaintenance,
        status: ContractStatus::Signed,
        package: h.package,
        extras: h.extras.clone(),
        hours: None,
        first_day: h.first_day,
        last_day: h.last_day,
        signed_on: None,
        ended_on: None,
        annual_fee_minor: None,
        modules: Vec::new(),
        currency: None,
    };
    other.contracts.insert(h.customer, BTreeMap::from([(contract.id, contract)]));
    other
}

/// A part of a cost line that has another answer under the other contract, or the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The line as it is; its time and amount are those of this part.
    pub line: CostLine,
    /// What the other contract would have said.
    pub would_be: Coverage,
}

/// What each cost line of a visit would have been under `other`, the reference data with another contract in force.
///
/// A line is cut where the other answer changes, and its amounts with it: by time, cumulatively rounded, so that the
/// parts of a line add up to the line. Expenses are covered as the visit is, under both.
pub fn what_if(
    view: &VisitView,
    spans: &Spans,
    verdict: &Verdict,
    reference: &Reference,
    other: &Reference,
    evidence: &Evidence,
) -> Vec<Change> {
    let would = assess(view, other, evidence);
    let (is, would) = (Judged::new(view, verdict), Judged::new(view, &would));
    let place = Place::of(view, reference);
    let mut parts: BTreeMap<Key, BTreeMap<Coverage, i64>> = BTreeMap::new();
    // Both have the same time of the same engineers in the same order; only the cuts differ.
    for (piece, answer, interval) in meet(&is.pieces(spans), &would.pieces(spans)) {
        place.cut(&interval, |day, class, part| {
            let ms = parts.entry(key(&piece, day, class)).or_default().entry(answer.coverage).or_default();
            *ms = ms.saturating_add(part.len_ms());
        });
    }
    let mut changes = Vec::new();
    for (key, answers) in parts {
        let total = answers.values().fold(0_i64, |sum, ms| sum.saturating_add(*ms));
        let whole = line(key, total, reference);
        let (mut passed, mut taken) = (0_i64, (0_i64, 0_i64));
        for (would_be, ms) in answers {
            passed = passed.saturating_add(ms);
            let price = whole.price.as_ref().map(|p| {
                let until = |amount| share(amount, passed, i128::from(total));
                let (cost, list) = (until(p.cost_minor), until(p.list_minor));
                let (cost_minor, list_minor) = (cost - taken.0, list - taken.1);
                taken = (cost, list);
                Priced { cost_minor, list_minor, currency: p.currency.clone() }
            });
            changes.push(Change { line: CostLine { ms, price, ..whole.clone() }, would_be });
        }
    }
    let mut expenses = Vec::new();
    super::lines::expenses(view, &is, &place, &mut expenses);
    let would_be = would.whole().coverage;
    changes.extend(expenses.into_iter().map(|line| Change { line, would_be }));
    changes
}

/// Where the pieces of two verdicts meet.
fn meet(a: &[Piece], b: &[Piece]) -> Vec<(Piece, Under, Interval)> {
    let (mut i, mut j, mut met) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let (who, whose) = ((x.user, x.travel), (y.user, y.travel));
        if who != whose {
            if who < whose {
                i += 1
            } else {
                j += 1
            }
            continue;
        }
        if let Some(both) = x.interval.meet(&y.interval) {
            met.push((*x, y.under, both));
        }
        if x.interval.until_ms <= y.interval.until_ms { i += 1 } else { j += 1 }
    }
    met
}
