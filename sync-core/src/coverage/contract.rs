//! One local day under a customer's contracts.
//!
//! A contract answers only when it is signed and the day lies between its first and last day, both inclusive. It then
//! grants a category in this order: an exclusion of its extra items decides, then a grant of its extra items (which so
//! beats the package's exclusion: it was bought to do that), then the package's exclusion, then the package's grant.
//! What no clause names is not granted. A contract whose package is missing from the reference data answers nothing,
//! not even by its extra items: half a contract is no basis for "covered".

use super::names::word;
use super::verdict::{Cause, Coverage};
use crate::document::facts::{Category, Mode};
use crate::ids::ContractId;
use crate::message::{Arg, Message};
use crate::reference::{Clause, Contract, ContractStatus, Effect, Package, Reference};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Where a contract stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    InForce,
    /// Signed, and begins in so many days.
    NotStarted(i64),
    /// Signed, and its last day was so many days ago.
    Lapsed(i64),
    Draft,
    Terminated,
}

pub(super) fn standing(contract: &Contract, day: Date) -> Standing {
    match contract.status {
        ContractStatus::Draft => Standing::Draft,
        ContractStatus::Terminated if contract.days().is_none_or(|(first, last)| day < first || day > last) => {
            Standing::Terminated
        }
        ContractStatus::Signed if day < contract.first_day => Standing::NotStarted(days(day, contract.first_day)),
        ContractStatus::Signed if day > contract.last_day => Standing::Lapsed(days(contract.last_day, day)),
        ContractStatus::Signed | ContractStatus::Terminated => Standing::InForce,
    }
}

/// Days from one date to a later one.
fn days(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}

/// What a contract in force says to one category in one mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant<'a> {
    Granted(&'a Clause),
    /// Granted by an extra item.
    GrantedExtra(&'a Clause),
    Excluded(&'a Clause),
    /// Granted in the other mode only.
    OtherMode(&'a Clause, Mode),
    NotNamed,
    PackageMissing,
}

fn grant<'a>(contract: &'a Contract, package: Option<&'a Package>, category: Category, mode: Mode) -> Grant<'a> {
    let Some(package) = package else { return Grant::PackageMissing };
    // Of several clauses that say the same, the one with the smallest number is named, whatever their order.
    let find = |clauses: &'a [Clause], effect: Effect| {
        let found = clauses.iter().filter(|c| c.effect == effect && c.speaks_of(category, mode));
        found.min_by_key(|c| &c.code)
    };
    if let Some(clause) = find(&contract.extras, Effect::Exclude) {
        Grant::Excluded(clause)
    } else if let Some(clause) = find(&contract.extras, Effect::Grant) {
        Grant::GrantedExtra(clause)
    } else if let Some(clause) = find(&package.clauses, Effect::Exclude) {
        Grant::Excluded(clause)
    } else if let Some(clause) = find(&package.clauses, Effect::Grant) {
        Grant::Granted(clause)
    } else {
        let elsewhere = contract.extras.iter().chain(&package.clauses);
        let elsewhere = elsewhere.filter(|c| c.names(category) && c.effect == Effect::Grant);
        let elsewhere = elsewhere.filter_map(|c| Some((c, c.mode?))).min_by_key(|(c, _)| &c.code);
        elsewhere.map_or(Grant::NotNamed, |(clause, mode)| Grant::OtherMode(clause, mode))
    }
}

/// What is asked of the contracts: whether this category is covered in this mode. Several values stand where phones
/// disagreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) categories: BTreeSet<Category>,
    pub(super) modes: BTreeSet<Mode>,
}

impl Question {
    fn cases(&self) -> impl Iterator<Item = (Category, Mode)> {
        self.categories.iter().flat_map(|c| self.modes.iter().map(|m| (*c, *m)))
    }
}

/// The answer for one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) coverage: Coverage,
    pub(super) cause: Cause,
    pub(super) contract: Option<ContractId>,
    pub(super) clause: Option<String>,
    pub(super) reason: Message,
    pub(super) looked_at: Vec<Message>,
    /// A contract is in force, and none grants the one category that it is.
    pub(super) out_of_scope: bool,
}

impl Answer {
    /// Somebody must decide, for this reason.
    pub(super) fn open(reason: Message) -> Self {
        let (coverage, cause) = (Coverage::NeedsDecision, Cause::Undecided);
        Self { coverage, cause, contract: None, clause: None, reason, looked_at: Vec::new(), out_of_scope: false }
    }

    /// Whether the two say the same, but for the number of days since a contract ended or until one begins.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        fn dateless(messages: &[Message]) -> impl Iterator<Item = (&str, Vec<(&String, &Arg)>)> {
            messages.iter().map(|m| (m.id.as_str(), m.args.iter().filter(|(name, _)| *name != "days").collect()))
        }
        (self.coverage, self.cause, self.contract, &self.clause, &self.reason)
            == (other.coverage, other.cause, other.contract, &other.clause, &other.reason)
            && dateless(&self.looked_at).eq(dateless(&other.looked_at))
    }
}

/// A customer's contracts, in the order in which they are asked and named: by number.
pub(super) fn by_code(reference: &Reference, customer: crate::ids::CustomerId) -> Vec<&Contract> {
    let mut contracts: Vec<&Contract> =
        reference.contracts.get(&customer).into_iter().flat_map(|m| m.values()).collect();
    contracts.sort_by(|a, b| (&a.code, a.id).cmp(&(&b.code, b.id)));
    contracts
}

/// Judges one local day.
pub(super) fn judge(contracts: &[&Contract], reference: &Reference, question: &Question, day: Date) -> Answer {
    let asked: Vec<Asked<'_>> = contracts
        .iter()
        .map(|contract| {
            let standing = standing(contract, day);
            let package = reference.packages.get(&contract.package);
            let cases = question.cases().map(|(c, m)| ((c, m), grant(contract, package, c, m)));
            Asked {
                contract,
                standing,
                grants: if standing == Standing::InForce { cases.collect() } else { Vec::new() },
            }
        })
        .collect();
    if let Some(answer) = asked.iter().find_map(Asked::covers_all) {
        return answer;
    }
    let looked_at = asked.iter().map(Asked::why_not).collect();
    let in_force = asked.iter().any(|a| a.standing == Standing::InForce);
    let missing = asked.iter().find(|a| a.grants.iter().any(|(_, g)| *g == Grant::PackageMissing));
    let (coverage, reason) = match (single(&question.categories), single(&question.modes)) {
        (None, _) if question.categories.is_empty() => (Coverage::NeedsDecision, Message::new("needs-no_category")),
        (None, _) => {
            let both = question.categories.iter().map(|c| word("category", c.as_str())).collect();
            (Coverage::NeedsDecision, Message::new("needs-conflicting_category").with("categories", listed(both)))
        }
        _ if missing.is_some() => {
            let code = missing.map_or("", |a| a.contract.code.as_str());
            (Coverage::NeedsDecision, Message::new("needs-missing_package").with("contract", code))
        }
        (Some(_), None) if asked.iter().any(Asked::covers_any) => {
            (Coverage::NeedsDecision, Message::new("needs-conflicting_mode"))
        }
        (Some(category), _) if in_force => {
            let category = word("category", category.as_str());
            (Coverage::NotCovered, Message::new("not_covered-out_of_scope").with("category", category))
        }
        _ => (Coverage::NotCovered, Message::new("not_covered-no_contract")),
    };
    let out_of_scope = in_force && coverage == Coverage::NotCovered;
    let cause = match coverage {
        Coverage::NotCovered if in_force => Cause::OutOfScope,
        Coverage::NotCovered => Cause::NoContract,
        Coverage::Covered | Coverage::NeedsDecision => Cause::Undecided,
    };
    Answer { coverage, cause, contract: None, clause: None, reason, looked_at, out_of_scope }
}

fn single<T: Copy + Ord>(set: &BTreeSet<T>) -> Option<T> {
    set.first().copied().filter(|_| set.len() == 1)
}

/// Several messages as one, in any language: `a, b, c`.
pub(super) fn listed(parts: Vec<Message>) -> Arg {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Arg::Text(String::new()) };
    Arg::Message(parts.fold(first, |a, b| Message::new("list-and").with("first", a).with("next", b)))
}

/// A contract and what it said.
struct Asked<'a> {
    contract: &'a Contract,
    standing: Standing,
    /// What it says to each case; empty when it is not in force.
    grants: Vec<((Category, Mode), Grant<'a>)>,
}

impl Asked<'_> {
    /// Covered, when this one contract grants every case that it could have been.
    fn covers_all(&self) -> Option<Answer> {
        let mut package: BTreeSet<&str> = BTreeSet::new();
        let mut extra: BTreeSet<&str> = BTreeSet::new();
        for (_, grant) in &self.grants {
            match grant {
                Grant::Granted(clause) => package.insert(&clause.code),
                Grant::GrantedExtra(clause) => extra.insert(&clause.code),
                Grant::Excluded(_) | Grant::OtherMode(..) | Grant::NotNamed | Grant::PackageMissing => return None,
            };
        }
        let id = match (package.len(), extra.len()) {
            (0, 0) => return None,
            (1, 0) => "covered-clause",
            (0, 1) => "covered-extra",
            _ => "covered-several",
        };
        let clauses = package.union(&extra).copied().collect::<Vec<_>>().join(", ");
        let reason = Message::new(id).with("contract", self.contract.code.as_str()).with("clause", clauses.as_str());
        let (coverage, cause) = (Coverage::Covered, Cause::Granted);
        let (contract, clause) = (Some(self.contract.id), Some(clauses));
        Some(Answer { coverage, cause, contract, clause, reason, looked_at: Vec::new(), out_of_scope: false })
    }

    fn covers_any(&self) -> bool {
        self.grants.iter().any(|(_, g)| matches!(g, Grant::Granted(_) | Grant::GrantedExtra(_)))
    }

    /// Why this contract does not serve.
    fn why_not(&self) -> Message {
        let Contract { code, first_day, last_day, .. } = self.contract;
        let dated = |id: &str| {
            let message = Message::new(id).with("contract", code.as_str());
            message.with("first", first_day.to_string()).with("last", last_day.to_string())
        };
        match self.standing {
            Standing::Draft => dated("looked-draft"),
            Standing::Terminated => dated("looked-terminated"),
            Standing::NotStarted(days) => dated("looked-not_started").with("days", days),
            Standing::Lapsed(days) => dated("looked-lapsed").with("days", days),
            Standing::InForce => {
                self.grants.iter().find_map(|(case, g)| self.refusal(*case, *g)).unwrap_or_else(|| {
                    // No case was asked (the category is unknown), or all were granted by contracts apart.
                    dated("looked-in_force")
                })
            }
        }
    }

    /// Why a contract in force does not grant this case; `None` when it does.
    fn refusal(&self, (category, _): (Category, Mode), grant: Grant<'_>) -> Option<Message> {
        let about = |id: &str| {
            let message = Message::new(id).with("contract", self.contract.code.as_str());
            message.with("category", word("category", category.as_str()))
        };
        match grant {
            Grant::Granted(_) | Grant::GrantedExtra(_) => None,
            Grant::Excluded(clause) => Some(about("looked-excluded").with("clause", clause.code.as_str())),
            Grant::OtherMode(clause, mode) => {
                let message = about("looked-other_mode").with("clause", clause.code.as_str());
                Some(message.with("mode", word("mode", mode.as_str())))
            }
            Grant::NotNamed => Some(about("looked-out_of_scope")),
            Grant::PackageMissing => Some(about("looked-missing_package")),
        }
    }
}
