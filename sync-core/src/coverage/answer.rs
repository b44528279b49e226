//! The answer for a part of the work, with its explanation: what covers it, or each contract and why it does not serve.

use super::contract::Standing;
use super::hours::{Local, windows};
use super::ledger::Bound;
use super::names::word;
use super::reading::{Asked, Grant, Limit, Question, Reading, Says};
use super::verdict::{Cause, Coverage};
use crate::document::facts::{Category, Mode};
use crate::ids::ContractId;
use crate::message::{Arg, Message};
use crate::reference::{Clause, Contract};
use std::collections::BTreeSet;

/// The answer for a part of the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) coverage: Coverage,
    pub(super) cause: Cause,
    pub(super) contract: Option<ContractId>,
    pub(super) clause: Option<String>,
    pub(super) reason: Message,
    pub(super) looked_at: Vec<Message>,
}

impl Answer {
    /// Somebody must decide, for this reason.
    pub(super) fn open(reason: Message) -> Self {
        let (coverage, cause) = (Coverage::NeedsDecision, Cause::Undecided);
        Self { coverage, cause, contract: None, clause: None, reason, looked_at: Vec::new() }
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

/// Several messages as one, in any language: `a, b, c`.
pub(super) fn listed(parts: Vec<Message>) -> Arg {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Arg::Text(String::new()) };
    Arg::Message(parts.fold(first, |a, b| Message::new("list-and").with("first", a).with("next", b)))
}

fn single<T: Copy + Ord>(set: &BTreeSet<T>) -> Option<T> {
    set.first().copied().filter(|_| set.len() == 1)
}

/// What a contract in force comes to for one case at an instant, but for its limits.
#[derive(Clone, Copy, Debug)]
enum Now<'r, 'a> {
    Granted(&'r Grant<'a>),
    /// At other hours only.
    Outside(&'r Grant<'a>),
    /// At certain hours of a day of which nobody knows the kind.
    UnknownDay(&'r Grant<'a>),
    /// See what it [`Says`].
    Refused,
}

impl<'r, 'a> Now<'r, 'a> {
    fn of(says: &'r Says<'a>, local: Option<Local>) -> Self {
        let Says::Grants(grants) = says else { return Self::Refused };
        let mut found = Self::Refused;
        for grant in grants {
            let now = match grant.hours.map(|hours| local.and_then(|local| local.within(hours))) {
                None | Some(Some(true)) => return Self::Granted(grant),
                Some(Some(false)) => Self::Outside(grant),
                Some(None) => Self::UnknownDay(grant),
            };
            found = match (found, now) {
                (Self::Refused, now) | (Self::Outside(_), now @ Self::UnknownDay(_)) => now,
                (found, _) => found,
            };
        }
        found
    }
}

/// A contract at an instant.
pub(super) struct State<'r, 'a> {
    pub(super) reading: &'r Reading<'a>,
    standing: Standing,
    local: Option<Local>,
    /// What it comes to for each case; empty when it is not in force.
    cases: Vec<(Asked, &'r Says<'a>, Now<'r, 'a>)>,
}

/// The limits of one contract (by its place among the customer's) that have nothing left.
pub(super) type Exhausted = (usize, Vec<Bound>);

impl<'r, 'a> State<'r, 'a> {
    pub(super) fn of(reading: &'r Reading<'a>, standing: Standing, local: Option<Local>) -> Self {
        let cases = reading.cases.iter().map(|(case, says)| (*case, says, Now::of(says, local)));
        let cases = if standing == Standing::InForce { cases.collect() } else { Vec::new() };
        Self { reading, standing, local, cases }
    }

    /// Whether it grants every case that it could have been.
    pub(super) fn grants_all(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|(_, _, now)| matches!(now, Now::Granted(_)))
    }

    fn code(&self) -> &str {
        &self.reading.contract.code
    }

    /// What is said where it covers.
    fn covers(&self) -> Answer {
        let mut package: BTreeSet<&str> = BTreeSet::new();
        let mut extra: BTreeSet<&str> = BTreeSet::new();
        for (_, _, now) in &self.cases {
            if let Now::Granted(grant) = now {
                let clauses = if grant.extra { &mut extra } else { &mut package };
                clauses.insert(&grant.clause.code);
            }
        }
        let id = match (package.len(), extra.len()) {
            (1, 0) => "covered-clause",
            (0, 1) => "covered-extra",
            _ => "covered-several",
        };
        let clauses = package.union(&extra).copied().collect::<Vec<_>>().join(", ");
        let reason = Message::new(id).with("contract", self.code()).with("clause", clauses.as_str());
        let (coverage, cause) = (Coverage::Covered, Cause::Granted);
        let (contract, clause) = (Some(self.reading.contract.id), Some(clauses));
        Answer { coverage, cause, contract, clause, reason, looked_at: Vec::new() }
    }

    /// The first of the limits that have nothing left, if they are this contract's.
    fn spent(&self, bounds: &'r [Bound]) -> Option<(&'r Bound, &'r Limit<'a>)> {
        let bound = bounds.first()?;
        Some((bound, self.reading.limits.iter().find(|l| l.number == bound.limit)?))
    }

    /// Whether something would be left for this case, though not for all.
    fn leaves(&self, (category, mode): Asked, bounds: &[Bound]) -> bool {
        let of = |bound: &Bound| self.reading.limits.iter().find(|l| l.number == bound.limit);
        !bounds.iter().filter_map(of).any(|limit| limit.clause.speaks_of(category, mode))
    }

    /// Contract, clause and category, as every message about a clause names them.
    fn about(&self, id: &str, clause: &Clause, category: Category) -> Message {
        let message = Message::new(id).with("contract", self.code()).with("clause", clause.code.as_str());
        message.with("category", word("category", category.as_str()))
    }

    /// With the days of a period, as far as the contract holds.
    fn dated(&self, message: Message, bound: &Bound) -> Message {
        let contract = self.reading.contract;
        let (begins, ends) = contract.days().unwrap_or((contract.first_day, contract.last_day));
        let last = bound.period.last_day().map_or(ends, |last| last.min(ends));
        message.with("from", bound.period.first_day.max(begins).to_string()).with("until", last.to_string())
    }

    /// Why this contract does not serve.
    fn why_not(&self, bounds: &'r [Bound]) -> Message {
        let Contract { code, first_day, last_day, .. } = self.reading.contract;
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
                let refusal = self.cases.iter().find_map(|(case, says, now)| self.refusal(*case, says, *now));
                // No case was asked (the category is unknown), or all were granted by contracts apart.
                refusal.or_else(|| self.used_up(bounds)).unwrap_or_else(|| dated("looked-in_force"))
            }
        }
    }

    fn used_up(&self, bounds: &'r [Bound]) -> Option<Message> {
        let (bound, limit) = self.spent(bounds)?;
        let ((category, _), grant) = self.cases.iter().find_map(|(case, _, now)| match now {
            Now::Granted(grant) => Some((*case, grant)),
            _ => None,
        })?;
        let message = self.about("looked-quota_exhausted", grant.clause, category);
        Some(self.dated(message.with("limit", limit.clause.code.as_str()), bound))
    }

    /// Why a contract in force does not grant this case; `None` when it does.
    fn refusal(&self, (category, _): Asked, says: &Says<'_>, now: Now<'_, '_>) -> Option<Message> {
        let about = |id: &str, clause: &Clause| self.about(id, clause, category);
        let alone = |id: &str| {
            let message = Message::new(id).with("contract", self.code());
            message.with("category", word("category", category.as_str()))
        };
        match now {
            Now::Granted(_) => return None,
            Now::UnknownDay(grant) => return Some(about("looked-unknown_day", grant.clause)),
            Now::Outside(grant) => {
                let message = about("looked-outside_hours", grant.clause);
                return Some(self.with_hours(message, grant));
            }
            Now::Refused => {}
        }
        Some(match says {
            Says::Grants(_) => return None,
            Says::Excluded(clause) => about("looked-excluded", clause),
            Says::CustomersOwn(clause) => about("looked-customers_own", clause),
            Says::Priced(clause) => about("looked-priced", clause),
            Says::OtherMode(clause, mode) => {
                about("looked-other_mode", clause).with("mode", word("mode", mode.as_str()))
            }
            Says::UnclearLimit(clause) => about("looked-unclear_limit", clause),
            Says::NotNamed => alone("looked-out_of_scope"),
            Says::PackageMissing => alone("looked-missing_package"),
        })
    }

    /// With the hours that were promised on that kind of day.
    fn with_hours(&self, message: Message, grant: &Grant<'_>) -> Message {
        let kind = self.local.and_then(|l| l.kind);
        let every_day = grant.hours.is_some_and(|h| h.same_every_day());
        let windows = grant.hours.and_then(|h| windows(h, kind)).unwrap_or_default();
        let windows = windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let day = match kind {
            Some(kind) if !every_day => word("day_kind", kind.as_str()),
            _ => Message::new("list-every_day"),
        };
        let hours: Arg = if windows.is_empty() { Message::new("list-no_hours").into() } else { windows.into() };
        message.with("kind", day).with("hours", hours)
    }
}

/// The answer where this contract (by its place) grants the work.
pub(super) fn granted(states: &[State<'_, '_>], contract: usize) -> Answer {
    states.get(contract).map_or_else(|| Answer::open(Message::new("needs-too_many_parts")), State::covers)
}

/// The answer where no contract grants the work, or those that do have nothing left.
pub(super) fn refused(question: &Question, states: &[State<'_, '_>], exhausted: &[Exhausted]) -> Answer {
    let bounds = |place: usize| {
        let found = exhausted.iter().find(|(contract, _)| *contract == place);
        found.map_or(&[][..], |(_, bounds)| bounds.as_slice())
    };
    let looked_at = states.iter().enumerate().map(|(place, state)| state.why_not(bounds(place))).collect();
    let open = |reason: Message| Answer { looked_at: Vec::clone(&looked_at), ..Answer::open(reason) };
    let category = match single(&question.categories) {
        Some(category) => category,
        None if question.categories.is_empty() => return open(Message::new("needs-no_category")),
        None => {
            let both = question.categories.iter().map(|c| word("category", c.as_str())).collect();
            return open(Message::new("needs-conflicting_category").with("categories", listed(both)));
        }
    };
    if let Some(reason) = unclear(question, states, &bounds) {
        return open(reason);
    }
    let (cause, by, reason) = why(category, states, &bounds);
    let (contract, clause) =
        by.map_or((None, None), |(state, clause)| (Some(state.reading.contract.id), Some(clause.code.clone())));
    Answer { coverage: Coverage::NotCovered, cause, contract, clause, reason, looked_at }
}

/// Why it cannot be told.
fn unclear<'b>(
    question: &Question,
    states: &[State<'_, '_>],
    bounds: &dyn Fn(usize) -> &'b [Bound],
) -> Option<Message> {
    let cases = || states.iter().flat_map(|s| s.cases.iter().map(move |case| (s, case)));
    let missing = cases().find(|(_, (_, says, _))| matches!(says, Says::PackageMissing));
    if let Some((state, _)) = missing {
        return Some(Message::new("needs-missing_package").with("contract", state.code()));
    }
    let limit = cases().find_map(|(state, (case, says, _))| match says {
        Says::UnclearLimit(clause) => Some(state.about("needs-unclear_limit", clause, case.0)),
        _ => None,
    });
    let day = || {
        cases().find_map(|(state, (case, _, now))| match now {
            Now::UnknownDay(grant) => {
                let day = state.local.map(|l| l.day.to_string()).unwrap_or_default();
                Some(state.about("needs-unknown_day", grant.clause, case.0).with("day", day))
            }
            _ => None,
        })
    };
    let either = || {
        let mut states = states.iter().enumerate();
        let left = states.any(|(place, s)| {
            let granted = |(case, _, now): &(Asked, &Says<'_>, Now<'_, '_>)| {
                matches!(now, Now::Granted(_)) && s.leaves(*case, bounds(place))
            };
            s.cases.iter().any(granted)
        });
        (single::<Mode>(&question.modes).is_none() && left).then(|| Message::new("needs-conflicting_mode"))
    };
    limit.or_else(day).or_else(either)
}

/// Why it is not covered: what came nearest to covering it.
fn why<'s, 'r, 'a, 'b: 'r>(
    category: Category,
    states: &'s [State<'r, 'a>],
    bounds: &dyn Fn(usize) -> &'b [Bound],
) -> (Cause, Option<(&'s State<'r, 'a>, &'a Clause)>, Message) {
    let spent = states.iter().enumerate().find_map(|(place, s)| Some((s, s.spent(bounds(place))?)));
    if let Some((state, (bound, limit))) = spent {
        let message = state.about("not_covered-quota_exhausted", limit.clause, category);
        let message = message.with("amount", limit.quota.amount);
        let message = message.with("unit", word("quota_unit", limit.quota.unit.as_str()));
        return (Cause::QuotaExhausted, Some((state, limit.clause)), state.dated(message, bound));
    }
    let cases = || states.iter().flat_map(|s| s.cases.iter().map(move |(_, says, now)| (s, *says, *now)));
    let told = |cause: Cause, id: &str, state: &'s State<'r, 'a>, clause: &'a Clause| {
        (cause, Some((state, clause)), state.about(id, clause, category))
    };
    let outside = cases().find_map(|(state, _, now)| match now {
        Now::Outside(grant) => Some(told(Cause::OutsideServiceHours, "not_covered-outside_hours", state, grant.clause)),
        _ => None,
    });
    let priced = || {
        cases().find_map(|(state, says, _)| match says {
            Says::Priced(clause) => Some(told(Cause::Priced, "not_covered-priced", state, clause)),
            _ => None,
        })
    };
    let own = || {
        cases().find_map(|(state, says, _)| match says {
            Says::CustomersOwn(clause) => {
                Some(told(Cause::CustomersOwnWork, "not_covered-customers_own_clause", state, clause))
            }
            _ => None,
        })
    };
    outside.or_else(priced).or_else(own).unwrap_or_else(|| {
        let words = word("category", category.as_str());
        if category == Category::DataEntry {
            let reason = Message::new("not_covered-customers_own_work").with("category", words);
            (Cause::CustomersOwnWork, None, reason)
        } else if states.iter().any(|s| s.standing == Standing::InForce) {
            let reason = Message::new("not_covered-out_of_scope").with("category", words);
            (Cause::OutOfScope, None, reason)
        } else {
            (Cause::NoContract, None, Message::new("not_covered-no_contract"))
        }
    })
}
