//! The catalogue: both languages say the same things, and everything that is said is in it.

use crate::coverage::*;
use crate::document::facts::*;
use crate::message::{Arg, Message};
use crate::reference::*;
use fluent_bundle::FluentResource;
use std::collections::{BTreeMap, BTreeSet};

const FILES: [(&str, &str, &str); 6] = [
    ("words", include_str!("../../../locales/zh-CN/words.ftl"), include_str!("../../../locales/en/words.ftl")),
    ("coverage", include_str!("../../../locales/zh-CN/coverage.ftl"), include_str!("../../../locales/en/coverage.ftl")),
    ("record", include_str!("../../../locales/zh-CN/record.ftl"), include_str!("../../../locales/en/record.ftl")),
    ("money", include_str!("../../../locales/zh-CN/money.ftl"), include_str!("../../../locales/en/money.ftl")),
    ("judging", include_str!("../../../locales/zh-CN/judging.ftl"), include_str!("../../../locales/en/judging.ftl")),
    ("phone", include_str!("../../../locales/zh-CN/phone.ftl"), include_str!("../../../locales/en/phone.ftl")),
];

/// What the engine's own source may say.
const SOURCES: [&str; 10] = [
    include_str!("../answer.rs"),
    include_str!("../assess.rs"),
    include_str!("../clauses.rs"),
    include_str!("../clocks.rs"),
    include_str!("../contract.rs"),
    include_str!("../flags.rs"),
    include_str!("../names.rs"),
    include_str!("../ordinary.rs"),
    include_str!("../place.rs"),
    include_str!("../signals.rs"),
];

/// Id → its parameters. Messages of this catalogue stand on one line each.
fn messages(file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (id, text) = line.split_once(" = ").unwrap_or_else(|| panic!("not a message: {line}"));
        let args = text.split("{ $").skip(1).map(|rest| rest.split_once(" }").unwrap().0.to_owned()).collect();
        assert!(all.insert(id.to_owned(), args).is_none(), "{id} stands twice");
    }
    all
}

fn all(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for (_, zh, en) in FILES {
        for (id, args) in messages(if lang == Lang::En { en } else { zh }) {
            assert!(all.insert(id.clone(), args).is_none(), "{id} stands in two files");
        }
    }
    all
}

/// Fails when the message, or one inside it, is not in the catalogue, lacks a parameter or leaves a brace behind.
#[track_caller]
fn rendered(message: &Message) {
    for lang in [Lang::ZhCn, Lang::En] {
        let text = message.render(lang);
        assert!(text != message.id && !text.is_empty() && !text.contains(['{', '}']), "{lang}: {text}");
    }
    for arg in message.args.values() {
        if let Arg::Message(inner) = arg {
            rendered(inner);
        }
    }
}

/// Fails when anything in this verdict cannot be read in either language.
#[track_caller]
pub(super) fn renders(verdict: &Verdict) {
    verdict.flags.iter().for_each(|f| rendered(&f.message));
    for stretch in verdict.items.iter().flat_map(|i| &i.stretches) {
        rendered(&stretch.reason);
        stretch.looked_at.iter().for_each(rendered);
    }
}

#[test]
fn every_file_parses_and_both_languages_have_the_same_messages_and_parameters() {
    for (name, zh, en) in FILES {
        for text in [zh, en] {
            let parsed = FluentResource::try_new(text.to_owned());
            assert!(parsed.is_ok(), "{name}: {:?}", parsed.err().map(|(_, errors)| errors));
        }
        assert_eq!(messages(zh), messages(en), "{name}");
    }
}

#[test]
fn every_message_renders_when_it_gets_its_parameters() {
    for (id, args) in all(Lang::En) {
        let message = args.iter().fold(Message::new(id.as_str()), |m, name| m.with(name, "☂"));
        for lang in [Lang::ZhCn, Lang::En] {
            let text = message.render(lang);
            assert!(text != id && !text.contains(['{', '}']), "{id}: {text}");
            assert!(text.matches('☂').count() >= args.len(), "{id}: {text}");
        }
    }
}

#[test]
fn every_word_of_the_enums_is_there() {
    let known = all(Lang::En);
    let mut expected = BTreeSet::new();
    macro_rules! expect {
        ($($kind:literal: $name:ident),* $(,)?) => {$(
            for value in $name::ALL { expected.insert(format!(concat!($kind, "-{}"), value)); }
        )*};
    }
    expect! {
        "mode": Mode, "category": Category, "requester_role": RequesterRole, "channel": Channel, "time_kind": TimeKind,
        "crew_action": CrewAction, "expense_kind": ExpenseKind, "objection_kind": ObjectionKind,
        "outcome": SignOffOutcome, "lang": Lang, "tier": Tier, "contract_kind": ContractKind,
        "contract_status": ContractStatus, "effect": Effect, "role": Role, "record_kind": RecordKind,
        "quota_unit": QuotaUnit, "quota_period": QuotaPeriod, "price_unit": PriceUnit, "support_tier": SupportTier,
        "work_order_status": WorkOrderStatus, "triage_outcome": TriageOutcome, "day_kind": DayKind, "country": Country,
        "receipt_languages": ReceiptLanguages, "expense_terms": ExpenseTerms, "coverage": Coverage, "cause": Cause,
        "severity": Severity, "flag-name": FlagCode,
    }
    for id in &expected {
        assert!(known.contains_key(id), "{id} is missing");
    }
    let (_, zh, _) = FILES[0];
    let words: BTreeSet<String> = messages(zh).into_keys().collect();
    assert_eq!(words, expected, "words.ftl holds the enums' words and nothing else");
}

#[test]
fn what_the_engine_says_is_in_the_catalogue_and_the_catalogue_says_nothing_else() {
    let prefixes = ["list-", "covered-", "not_covered-", "needs-", "looked-", "flag-", "dispatch-"];
    let mut said = BTreeSet::new();
    for text in SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2)) {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if plain && prefixes.iter().any(|p| text.starts_with(p)) {
            said.insert(text.to_owned());
        }
    }
    // The two that `named` in flags.rs may add to.
    said.extend(["flag-no_contract-draft", "flag-contract_lapsed-draft"].map(str::to_owned));
    let (_, zh, _) = FILES[1];
    // Whoever verifies sign-offs picks from these.
    let known = messages(zh).into_keys().filter(|id| !id.starts_with("mismatch-"));
    assert_eq!(said, known.collect());
}

#[test]
fn the_record_has_the_labels_that_the_text_at_signing_uses() {
    let record = messages(FILES[2].1);
    let labels = "title visit customer mode work-order no-work-order demand engineers began items item-category item-asset \
                  item-symptom item-action item-outcome time time-total expenses objections notes photos seal conflict \
                  sign-statement none running removed unlisted";
    let expected: BTreeSet<String> = labels.split_whitespace().map(|l| format!("record-{l}")).collect();
    assert_eq!(record.keys().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(record["record-time-total"], BTreeSet::from(["minutes".to_owned()]));
    assert_eq!(record["record-conflict"], BTreeSet::from(["first".to_owned(), "others".to_owned()]));
    assert_eq!(record["record-unlisted"], BTreeSet::from(["name".to_owned()]));
}
