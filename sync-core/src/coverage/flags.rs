//! What a manager must look at: contracts, dispatch, sign-offs, and where devices disagreed.

use super::case::Case;
use super::contract::{Standing, standing};
use super::names::{customer, quoted, word};
use super::place::Place;
use super::verdict::*;
use crate::document::facts::{CrewAction, CustomerRef, Origin, SignOff, SignOffOutcome};
use crate::document::schema::Collection;
use crate::document::view::Fact;
use crate::ids::{ContractId, FactId};
use crate::message::{Arg, Message};
use crate::reference::{Contract, Role};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A flag about the whole visit.
pub(super) fn flag(code: FlagCode, message: Message) -> Flag {
    let severity = match code {
        FlagCode::NoContract | FlagCode::ContractLapsed | FlagCode::NoWorkOrder => Severity::Critical,
        FlagCode::SignOffMismatch | FlagCode::Refused => Severity::Critical,
        FlagCode::QuotaExhausted | FlagCode::OutsideServiceHours | FlagCode::CustomersOwnWork => Severity::Warning,
        // Who was promised support that nobody gives, and who works on when they should not, cannot wait.
        FlagCode::VendorGap | FlagCode::Fatigue => Severity::Critical,
        FlagCode::RepeatProblem => Severity::Warning,
        FlagCode::RemotePossible => Severity::Info,
        FlagCode::ContractNotStarted | FlagCode::OutOfScope | FlagCode::AfterSignOff => Severity::Warning,
        FlagCode::Unsigned | FlagCode::ClockDrift | FlagCode::OverlappingTime => Severity::Warning,
        FlagCode::Conflict | FlagCode::PossibleDuplicate | FlagCode::QuarantinedChanges => Severity::Warning,
    };
    Flag { code, severity, item: None, message }
}

/// Whether any contract is in force there on that day.
pub(super) fn in_force(place: &Place<'_>, day: Date) -> bool {
    place.contracts.iter().any(|c| standing(c, day) == Standing::InForce)
}

/// `contract_lapsed`, `contract_not_started`, and `no_contract` where neither is to be said; each contract on the first
/// of the days on which it was missed.
pub(super) fn contracts(case: &Case<'_>, days: &BTreeSet<Date>) -> Vec<Flag> {
    let Ok(place) = &case.place else { return Vec::new() };
    let mut found: BTreeMap<(FlagCode, Option<ContractId>), Message> = BTreeMap::new();
    for day in days {
        let standings: Vec<(&Contract, Standing)> = place.contracts.iter().map(|c| (*c, standing(c, *day))).collect();
        let lapsed = standings.iter().filter_map(|(c, s)| match s {
            Standing::Lapsed(days) => Some((*days, *c)),
            _ => None,
        });
        let coming = standings.iter().filter_map(|(c, s)| match s {
            Standing::NotStarted(days) => Some((*days, *c)),
            _ => None,
        });
        // Contracts come by number, and the first of the nearest ones is kept.
        let (lapsed, coming) = (lapsed.min_by_key(|(days, _)| *days), coming.min_by_key(|(days, _)| *days));
        let draft = standings.iter().filter(|(c, s)| *s == Standing::Draft && c.last_day >= *day);
        let draft = draft.min_by_key(|(c, _)| c.first_day).map(|(c, _)| c.code.as_str());
        // A renewal that was never signed explains a lot, so it is named wherever there is one.
        let named = |id: &str| match draft {
            Some(code) => Message::new(format!("{id}-draft")).with("draft", code),
            None => Message::new(id),
        };
        if let Some((days, c)) = lapsed {
            let message = named("flag-contract_lapsed").with("contract", c.code.as_str());
            let message = message.with("last", c.last_day.to_string()).with("days", days);
            found.entry((FlagCode::ContractLapsed, Some(c.id))).or_insert(message);
        }
        if let Some((days, c)) = coming {
            let message = Message::new("flag-contract_not_started").with("contract", c.code.as_str());
            let message = message.with("first", c.first_day.to_string()).with("days", days);
            found.entry((FlagCode::ContractNotStarted, Some(c.id))).or_insert(message);
        }
        if lapsed.is_none() && coming.is_none() {
            let message = named("flag-no_contract").with("customer", place.customer.name.as_str());
            found.entry((FlagCode::NoContract, None)).or_insert(message);
        }
    }
    found.into_iter().map(|((code, _), message)| flag(code, message)).collect()
}

/// Every other flag of this file.
pub(super) fn all(case: &Case<'_>) -> Vec<Flag> {
    let mut found = no_work_order(case);
    found.extend(sign_offs(case));
    found.extend(conflicts(case));
    if case.evidence.quarantined > 0 {
        let message = Message::new("flag-quarantined_changes").with("count", i64::from(case.evidence.quarantined));
        found.push(flag(FlagCode::QuarantinedChanges, message));
    }
    found
}

/// Nobody with the right to dispatch sent the engineer. A retroactive order (补单) counts: it is by name and gives a
/// reason. An order for another customer does not.
fn no_work_order(case: &Case<'_>) -> Vec<Flag> {
    let mut refused = Vec::new();
    for origin in &case.origins {
        match dispatched(case, &origin.value) {
            Ok(()) => return Vec::new(),
            Err(why) => refused.push((*origin, why)),
        }
    }
    if refused.is_empty() {
        let message = Message::new("flag-no_work_order-undemanded").with("why", Message::new("dispatch-none"));
        return vec![flag(FlagCode::NoWorkOrder, message)];
    }
    let nobody_demanded = refused.iter().all(|(origin, _)| origin.value.demand.is_none());
    let messages = refused.into_iter().filter_map(|(origin, why)| match &origin.value.demand {
        Some(demand) => {
            let message = Message::new("flag-no_work_order").with("why", why).with("name", demand.name.as_str());
            let message = message.with("role", word("requester_role", demand.role.as_str()));
            let message = message.with("channel", word("channel", demand.channel.as_str()));
            Some(message.with("words", demand.words.as_str()))
        }
        None => nobody_demanded.then(|| Message::new("flag-no_work_order-undemanded").with("why", why)),
    });
    messages.map(|message| flag(FlagCode::NoWorkOrder, message)).collect()
}

/// Whether this origin names an order that dispatches; why not, otherwise.
pub(super) fn dispatched(case: &Case<'_>, origin: &Origin) -> Result<(), Message> {
    let id = origin.work_order.ok_or_else(|| Message::new("dispatch-none"))?;
    let order = case.reference.work_orders.get(&id).ok_or_else(|| Message::new("dispatch-unknown"))?;
    let code = order.code.as_str();
    if origin.customer != CustomerRef::Listed(order.customer) {
        return Err(Message::new("dispatch-other_customer").with("order", code));
    }
    let by = order.issued_by;
    if [Role::ServiceManager, Role::Admin].iter().any(|role| case.reference.has_role(by, *role)) {
        return Ok(());
    }
    let by = super::names::person(by, case.view, case.reference);
    Err(Message::new("dispatch-not_entitled").with("order", code).with("name", by))
}

/// `after_sign_off`, `sign_off_mismatch`, `refused` and `unsigned`.
fn sign_offs(case: &Case<'_>) -> Vec<Flag> {
    let mut signed: Vec<&Fact<SignOff>> = case.view.sign_offs.iter().filter(|s| s.superseded_by.is_none()).collect();
    signed.sort_by_key(|s| (s.value.at.instant_ms(), s.id));
    let age = |id: FactId| signed.iter().position(|s| s.id == id);
    let evidence = |id: FactId| case.evidence.sign_offs.iter().filter(move |e| e.sign_off == id);
    let broken = |id: FactId| evidence(id).any(|e| e.mismatch.is_some());
    let mut found = Vec::new();

    for known in &case.evidence.sign_offs {
        if let Some(why) = &known.mismatch {
            let message = Message::new("flag-sign_off_mismatch").with("why", why.clone());
            found.push(flag(FlagCode::SignOffMismatch, message));
        }
    }
    // A sign-off that does not verify cannot stand for what came after an earlier one.
    let newest = case
        .evidence
        .sign_offs
        .iter()
        .max_by_key(|e| (!broken(e.sign_off), age(e.sign_off), e.sign_off, e.changes_outside));
    if let Some(outside) = newest.map(|e| e.changes_outside).filter(|n| *n > 0) {
        let message = Message::new("flag-after_sign_off").with("count", i64::from(outside));
        found.push(flag(FlagCode::AfterSignOff, message));
    }

    // A refusal is answered by a later acceptance, not by somebody's absence.
    let accepted = |s: &Fact<SignOff>| match s.value.outcome {
        SignOffOutcome::Accepted | SignOffOutcome::AcceptedWithReservations => !broken(s.id),
        SignOffOutcome::Refused | SignOffOutcome::NobodyPresent => false,
    };
    for refusal in signed.iter().rev().take_while(|s| !accepted(s)) {
        if refusal.value.outcome == SignOffOutcome::Refused {
            let message = Message::new("flag-refused").with("name", refusal.value.signer.name.as_str());
            found.push(flag(FlagCode::Refused, message.with("reason", refusal.value.reason.as_str())));
        }
    }
    let outcome = signed.last().map(|s| s.value.outcome);
    if ended(case) && matches!(outcome, None | Some(SignOffOutcome::NobodyPresent)) {
        let id = if outcome.is_none() { "flag-unsigned" } else { "flag-unsigned-nobody_present" };
        found.push(flag(FlagCode::Unsigned, Message::new(id)));
    }
    found
}

/// Whether the visit is over: no timer runs, and there was time or somebody left.
fn ended(case: &Case<'_>) -> bool {
    let left = || case.view.crew.iter().any(|c| c.superseded_by.is_none() && c.value.action == CrewAction::Leave);
    case.spans.running.is_empty() && (!case.spans.spans.is_empty() || left())
}

/// One flag for each place where devices disagreed, and one when they disagree about the customer.
fn conflicts(case: &Case<'_>) -> Vec<Flag> {
    let mut found = Vec::new();
    for conflict in &case.view.conflicts {
        let mut values = conflict.values.iter().map(|w| quoted(&w.value));
        let first = values.next().unwrap_or_default();
        let others = values.collect::<Vec<_>>().join(" | ");
        let item = conflict.path.strip_prefix("items/").and_then(|rest| rest.split('/').next()?.parse().ok());
        let message = if conflict.path.starts_with(Collection::Ends.key()) {
            // Not the document's winner counts here but the earlier end (see `time`).
            Message::new("flag-conflict-end").with("ends", format!("{first} | {others}"))
        } else {
            let place = place_of(&conflict.path, case);
            Message::new("flag-conflict").with("place", place).with("first", first).with("others", others)
        };
        found.push(Flag { item, ..flag(FlagCode::Conflict, message) });
    }
    let customers: Vec<&CustomerRef> = case.origins.iter().map(|o| &o.value.customer).collect();
    if customers.iter().any(|c| Some(c) != customers.first()) {
        let names: BTreeSet<String> = customers.iter().map(|c| quoted(&customer(c, case.reference))).collect();
        let names = names.into_iter().collect::<Vec<_>>().join(" | ");
        found.push(flag(FlagCode::Conflict, Message::new("flag-conflict-customers").with("customers", names)));
    }
    found
}

/// Where a conflict is, in words: the field of a numbered work item, or the kind of fact.
fn place_of(path: &str, case: &Case<'_>) -> Arg {
    let mut parts = path.split('/');
    let (collection, id, field) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let field = field.map(|f| match f {
        "asset" | "asset_name" => "asset",
        other => other,
    });
    match (collection, field) {
        ("items", Some(field @ ("category" | "asset" | "symptom" | "action" | "outcome"))) => {
            let place = case.view.items.iter().position(|i| Some(i.id.to_string().as_str()) == id).unwrap_or_default();
            let number = i64::try_from(place + 1).unwrap_or_default();
            let field = Message::new(format!("record-item-{field}"));
            Message::new("list-field_of_item").with("number", number).with("field", field).into()
        }
        ("expenses", Some(_)) => Message::new("record-expenses").into(),
        _ => path.into(),
    }
}
