//! What a contract's clauses say to a question, whatever the hour and whatever is used up.
//!
//! The first of these that speaks of the category and mode decides:
//!
//! 1. the extra items' exclusion, or their naming it the customer's own work;
//! 2. the extra items' grant (which so beats what the package takes out: it was bought to do that);
//! 3. the extra items' price;
//! 4. the package's exclusion or customer's own work;
//! 5. the package's grant;
//! 6. the package's price.
//!
//! What no clause names is not granted. A grant holds only within its hours: the clause's own, else the contract's, else
//! the package's, else always. Where several grants could serve, each is tried in the order of the list and of their
//! numbers, so that an extra item with narrower hours takes nothing away that the package grants. Limits, of the
//! package or the extra items, bound whatever is granted; all that speak of the work must have something left.
//!
//! A contract whose package is missing from the reference data answers nothing, not even by its extra items: half a
//! contract is no basis for "covered". Nor is a limit that does not say how much.

use super::hours::restricts;
use crate::document::facts::{Category, Mode};
use crate::reference::{Clause, Contract, Effect, Quota, Reference, ServiceHours, Window};
use std::collections::BTreeSet;

/// What is asked of the contracts: whether this category is covered in this mode. Several values stand where phones
/// disagreed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    pub(super) categories: BTreeSet<Category>,
    pub(super) modes: BTreeSet<Mode>,
}

/// One of the values that a question may stand for.
pub(super) type Asked = (Category, Mode);

impl Question {
    fn cases(&self) -> impl Iterator<Item = Asked> {
        self.categories.iter().flat_map(|c| self.modes.iter().map(|m| (*c, *m)))
    }
}

/// A clause that grants, with the hours at which it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant<'a> {
    pub(super) clause: &'a Clause,
    /// An extra item's, not the package's.
    pub(super) extra: bool,
    /// `None`: always.
    pub(super) hours: Option<&'a ServiceHours>,
}

/// What a contract says to one category in one mode.
#[derive(Clone, Debug)]
pub(super) enum Says<'a> {
    /// The first of these that holds at the hour.
    Grants(Vec<Grant<'a>>),
    Excluded(&'a Clause),
    CustomersOwn(&'a Clause),
    Priced(&'a Clause),
    /// Granted in the other mode only.
    OtherMode(&'a Clause, Mode),
    NotNamed,
    PackageMissing,
    /// Granted, but bounded by this limit, which does not say how much.
    UnclearLimit(&'a Clause),
}

/// A limit of a contract.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit<'a> {
    /// Its place among the contract's limits, which does not depend on the order of any list.
    pub(super) number: usize,
    pub(super) clause: &'a Clause,
    pub(super) quota: &'a Quota,
}

/// A contract and what it says to a question.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    pub(super) contract: &'a Contract,
    /// One for each case.
    pub(super) cases: Vec<(Asked, Says<'a>)>,
    /// The limits that speak of any of the cases.
    pub(super) limits: Vec<Limit<'a>>,
}

impl<'a> Reading<'a> {
    /// Whether it could cover every case at some hour.
    pub(super) fn may_cover(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|(_, says)| matches!(says, Says::Grants(_)))
    }

    /// The hours that matter: those of the grants that are tried, up to one that always holds.
    pub(super) fn hours(&self) -> impl Iterator<Item = &'a ServiceHours> {
        let grants = self.cases.iter().map(|(_, says)| match says {
            Says::Grants(grants) => &grants[..],
            _ => &[],
        });
        grants.flat_map(|grants| grants.iter().map_while(|g| g.hours))
    }
}

/// Of several clauses that say the same, the one with the smallest number goes first, whatever their order. Clauses of
/// one number are told apart by what they say.
fn order(clause: &Clause) -> impl Ord {
    let quota = clause.quota.as_ref().map(|q| (q.unit, q.amount, q.period));
    let windows = |hours: &ServiceHours| -> [Vec<Window>; 3] {
        [hours.workdays.clone(), hours.rest_days.clone(), hours.holidays.clone()]
    };
    let hours = clause.hours.as_ref().map(windows);
    (clause.code.clone(), clause.effect, clause.category, clause.mode, quota, hours)
}

/// Reads what the contract says to the question.
pub(super) fn read<'a>(contract: &'a Contract, reference: &'a Reference, question: &Question) -> Reading<'a> {
    let package = reference.packages.get(&contract.package);
    let Some(package) = package else {
        let cases = question.cases().map(|case| (case, Says::PackageMissing)).collect();
        return Reading { contract, cases, limits: Vec::new() };
    };
    let clauses = || contract.extras.iter().chain(&package.clauses);
    let mut limits: Vec<&Clause> = clauses().filter(|c| c.effect == Effect::Limit).collect();
    limits.sort_by_cached_key(|c| order(c));

    let says = |(category, mode): Asked| {
        let speaking = |clauses: &'a [Clause], effects: &[Effect]| {
            let mut found: Vec<&'a Clause> =
                clauses.iter().filter(|c| effects.contains(&c.effect) && c.speaks_of(category, mode)).collect();
            if found.len() > 1 {
                found.sort_by_cached_key(|c| order(c));
            }
            found
        };
        let taken_out = |clauses: &'a [Clause]| {
            let clause = speaking(clauses, &[Effect::Exclude, Effect::CustomersOwn]).into_iter().next()?;
            let own = clause.effect == Effect::CustomersOwn;
            Some(if own { Says::CustomersOwn(clause) } else { Says::Excluded(clause) })
        };
        let priced = |clauses: &'a [Clause]| speaking(clauses, &[Effect::Price]).into_iter().next().map(Says::Priced);
        let standard = contract.hours.as_ref().or(package.hours.as_ref());
        let grants = |clauses: &'a [Clause], extra: bool| {
            speaking(clauses, &[Effect::Grant]).into_iter().map(move |clause| {
                let hours = clause.hours.as_ref().or(standard).filter(|h| restricts(h));
                Grant { clause, extra, hours }
            })
        };

        if let Some(refusal) = taken_out(&contract.extras) {
            return refusal;
        }
        let mut found: Vec<Grant<'a>> = grants(&contract.extras, true).collect();
        let refusal = priced(&contract.extras).or_else(|| taken_out(&package.clauses));
        match refusal {
            Some(refusal) if found.is_empty() => return refusal,
            Some(_) => {}
            None => found.extend(grants(&package.clauses, false)),
        }
        if found.is_empty() {
            if let Some(price) = priced(&package.clauses) {
                return price;
            }
            let elsewhere = clauses().filter(|c| c.names(category) && c.effect == Effect::Grant);
            let elsewhere = elsewhere.filter_map(|c| Some((c, c.mode?))).min_by_key(|(c, _)| &c.code);
            return elsewhere.map_or(Says::NotNamed, |(clause, mode)| Says::OtherMode(clause, mode));
        }
        match limits.iter().find(|c| c.quota.is_none() && c.speaks_of(category, mode)) {
            Some(unclear) => Says::UnclearLimit(unclear),
            None => Says::Grants(found),
        }
    };
    let cases: Vec<(Asked, Says<'a>)> = question.cases().map(|case| (case, says(case))).collect();
    let limits = limits.iter().enumerate().filter_map(|(number, clause)| {
        let concerns = question.cases().any(|(category, mode)| clause.speaks_of(category, mode));
        concerns.then_some(Limit { number, clause, quota: clause.quota.as_ref()? })
    });
    Reading { contract, cases, limits: limits.collect() }
}
