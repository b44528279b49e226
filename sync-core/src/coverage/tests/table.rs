//! Expected verdicts, written down by hand from the contracts' wording, not from what the engine says.

use super::kit::*;
use crate::coverage::*;
use crate::document::facts::*;
use crate::document::view::VisitView;
use crate::ids::*;
use crate::reference::*;
use Category::*;
use ContractStatus::*;

/// One item with measured labour, at one hospital.
fn worked(customer: u128, category: Category, from: &str, until: &str) -> VisitView {
    let mut view = visit(customer, from);
    view.items.push(item(200, &[category]));
    view.time.push(labour(300, ZHAO, Some(200), from, until));
    view
}

/// The hospital in Shanghai has C-1 for the year that ends with March 2026.
fn until_march() -> Reference {
    reference(vec![contract(50, SHANGHAI, "C-1", Signed, "2025-04-01..2026-03-31")])
}

#[track_caller]
fn expect(view: &VisitView, reference: &Reference, stretches: &[&str], whole: Coverage) -> Verdict {
    let verdict = judge(view, reference);
    assert_eq!(told(&verdict), stretches);
    assert_eq!(verdict.coverage, whole);
    assert_eq!(verdict.reference_version, 7);
    verdict
}

#[test]
fn the_last_day_ends_at_midnight_in_shanghai_which_is_sixteen_hours_utc() {
    let reference = until_march();
    for (from, until, told) in [
        // 31 March, 00:00 to 00:30 there: still 30 March in UTC.
        ("2026-03-30T16:00:00Z", "2026-03-30T16:30:00Z", "03-31 covered C-1 A-1"),
        ("2026-03-31T15:00:00Z", "2026-03-31T15:59:59.999Z", "03-31 covered C-1 A-1"),
        ("2026-03-31T15:00:00Z", "2026-03-31T16:00:00Z", "03-31 covered C-1 A-1"),
        // 1 April, 00:00 there: still 31 March in UTC.
        ("2026-03-31T16:00:00Z", "2026-03-31T17:00:00Z", "04-01 not_covered not_covered-no_contract looked-lapsed(1)"),
        ("2026-04-01T00:00:00Z", "2026-04-01T01:00:00Z", "04-01 not_covered not_covered-no_contract looked-lapsed(1)"),
        // The first day: 1 April 2025, from 00:00 there.
        ("2025-03-31T16:00:00Z", "2025-03-31T16:10:00Z", "04-01 covered C-1 A-1"),
        (
            "2025-03-31T15:50:00Z",
            "2025-03-31T15:59:00Z",
            "03-31 not_covered not_covered-no_contract looked-not_started(1)",
        ),
    ] {
        let whole = if told.contains("not_covered") { Coverage::NotCovered } else { Coverage::Covered };
        expect(&worked(SHANGHAI, ApplicationSoftware, from, until), &reference, &[told], whole);
    }
}

#[test]
fn a_visit_over_midnight_on_the_last_day_is_split_there_to_the_millisecond() {
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-03-31T14:00:00Z", "2026-03-31T22:10:00Z");
    let told = ["03-31 covered C-1 A-1", "04-01 not_covered not_covered-no_contract looked-lapsed(1)"];
    let verdict = expect(&view, &until_march(), &told, Coverage::NotCovered);
    let bounds: Vec<_> = verdict.items[0].stretches.iter().map(|s| (s.from_ms, s.until_ms)).collect();
    let midnight = ms("2026-03-31T16:00:00Z");
    assert_eq!(bounds, [(ms("2026-03-31T14:00:00Z"), midnight), (midnight, ms("2026-03-31T22:10:00Z"))]);
    assert_eq!(verdict.items[0].stretches[0].contract, Some(ContractId(uuid(50))));
    assert_eq!(codes(&verdict), ["contract_lapsed", "outside_service_hours", "unsigned"]);
}

#[test]
fn days_with_the_same_answer_are_one_stretch() {
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-02-10T00:00:00Z", "2026-02-14T00:00:00Z");
    expect(&view, &until_march(), &["02-10 covered C-1 A-1"], Coverage::Covered);
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-04-02T00:00:00Z", "2026-04-05T00:00:00Z");
    let told = ["04-02 not_covered not_covered-no_contract looked-lapsed(2)"];
    let verdict = expect(&view, &until_march(), &told, Coverage::NotCovered);
    assert_eq!(verdict.flags.iter().filter(|f| f.code == FlagCode::ContractLapsed).count(), 1);
}

#[test]
fn the_29th_of_february_is_a_day_like_any_other() {
    let reference = reference(vec![
        contract(50, SHANGHAI, "C-1", Signed, "2027-03-01..2028-02-29"),
        contract(51, SHANGHAI, "C-2", Signed, "2028-03-02..2029-02-28"),
    ]);
    let view = worked(SHANGHAI, ApplicationSoftware, "2028-02-29T15:00:00Z", "2028-03-01T17:00:00Z");
    let told = [
        "02-29 covered C-1 A-1",
        "03-01 not_covered not_covered-no_contract looked-lapsed(1) looked-not_started(1)",
        "03-02 covered C-2 A-1",
    ];
    let verdict = expect(&view, &reference, &told, Coverage::NotCovered);
    // A whole day and two hours more: nobody works that long.
    assert_eq!(
        codes(&verdict),
        ["contract_lapsed", "contract_not_started", "outside_service_hours", "unsigned", "fatigue"]
    );
}

#[test]
fn a_zone_with_summer_time_has_a_day_of_23_hours() {
    let reference = reference(vec![contract(50, BERLIN, "C-1", Signed, "2026-01-01..2026-03-29")]);
    // 29 March lasts from 23:00Z the day before until 22:00Z; on every other March day it would be 23:00Z.
    let view = worked(BERLIN, ApplicationSoftware, "2026-03-29T21:30:00Z", "2026-03-29T22:30:00Z");
    let told = ["03-29 covered C-1 A-1", "03-30 not_covered not_covered-no_contract looked-lapsed(1)"];
    let verdict = expect(&view, &reference, &told, Coverage::NotCovered);
    assert_eq!(verdict.items[0].stretches[0].until_ms, ms("2026-03-29T22:00:00Z"));
}

#[test]
fn only_a_signed_contract_covers_and_a_draft_renewal_is_named() {
    let mut all = until_march();
    all.put(Record::Contract(contract(51, SHANGHAI, "C-2", Draft, "2026-04-01..2027-03-31")));
    all.put(Record::Contract(contract(52, SHANGHAI, "C-3", Terminated, "2026-01-01..2026-12-31")));
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-04-12T02:00:00Z", "2026-04-12T03:00:00Z");
    let told = ["04-12 not_covered not_covered-no_contract looked-lapsed(12) looked-draft() looked-terminated()"];
    let verdict = expect(&view, &all, &told, Coverage::NotCovered);
    let lapsed = verdict.flags.iter().find(|f| f.code == FlagCode::ContractLapsed).unwrap();
    let text = lapsed.message.render(Lang::En);
    assert!(
        text.contains("C-1") && text.contains("2026-03-31") && text.contains("12") && text.contains("C-2"),
        "{text}"
    );
    // Without the lapsed one there is none at all, and the draft is still named.
    let only = reference(vec![contract(51, SHANGHAI, "C-2", Draft, "2026-04-01..2027-03-31")]);
    let verdict =
        expect(&view, &only, &["04-12 not_covered not_covered-no_contract looked-draft()"], Coverage::NotCovered);
    assert_eq!(codes(&verdict), ["no_contract", "outside_service_hours", "unsigned"]);
    assert!(verdict.flags[0].message.render(Lang::ZhCn).contains("C-2"));
    let none = expect(&view, &reference(vec![]), &["04-12 not_covered not_covered-no_contract"], Coverage::NotCovered);
    assert_eq!(codes(&none), ["no_contract", "outside_service_hours", "unsigned"]);
}

#[test]
fn scope_modes_extras_and_exclusions() {
    let with = |extras: Vec<Clause>| {
        let mut c = contract(50, SHANGHAI, "C-1", Signed, "2026-01-01..2026-12-31");
        c.extras = extras;
        reference(vec![c])
    };
    let (from, until) = ("2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z");
    let x = |effect, category, mode| clause("X-1", effect, category, mode);
    let (on_site, remote) = (Some(Mode::OnSite), Some(Mode::Remote));
    let out = "not_covered not_covered-out_of_scope";
    let own = "not_covered not_covered-customers_own_work";
    for (category, mode, extras, expected) in [
        (ApplicationSoftware, Mode::OnSite, vec![], "covered C-1 A-1".to_owned()),
        (ApplicationSoftware, Mode::Remote, vec![], "covered C-1 A-1".into()),
        (Network, Mode::OnSite, vec![], format!("{out} looked-out_of_scope()")),
        // Granted remotely only.
        (Database, Mode::Remote, vec![], "covered C-1 A-2".into()),
        (Database, Mode::OnSite, vec![], format!("{out} looked-other_mode()")),
        // The database service, sold as an extra item.
        (Database, Mode::OnSite, vec![x(Effect::Grant, Database, None)], "covered C-1 X-1".into()),
        (Database, Mode::OnSite, vec![x(Effect::Grant, Database, remote)], format!("{out} looked-other_mode()")),
        // The customer's own work.
        (DataEntry, Mode::OnSite, vec![], format!("{own} looked-excluded()")),
        (DataEntry, Mode::OnSite, vec![x(Effect::Grant, DataEntry, None)], "covered C-1 X-1".into()),
        (DataEntry, Mode::Remote, vec![x(Effect::Grant, DataEntry, on_site)], format!("{own} looked-excluded()")),
        // Granted, but excluded on site.
        (Storage, Mode::Remote, vec![], "covered C-1 A-8".into()),
        (Storage, Mode::OnSite, vec![], format!("{out} looked-excluded()")),
        // An extra item's exclusion beats every grant.
        (
            ApplicationSoftware,
            Mode::OnSite,
            vec![
                x(Effect::Exclude, ApplicationSoftware, None),
                clause("X-2", Effect::Grant, ApplicationSoftware, None),
            ],
            format!("{out} looked-excluded()"),
        ),
        (
            ApplicationSoftware,
            Mode::OnSite,
            vec![x(Effect::Exclude, ApplicationSoftware, remote)],
            "covered C-1 A-1".into(),
        ),
    ] {
        let mut view = worked(SHANGHAI, category, from, until);
        view.origins[0].value.mode = mode;
        let covered = expected.starts_with("covered");
        let whole = if covered { Coverage::Covered } else { Coverage::NotCovered };
        let verdict = expect(&view, &with(extras), &[&format!("05-05 {expected}")], whole);
        let code = if category == DataEntry { FlagCode::CustomersOwnWork } else { FlagCode::OutOfScope };
        let flagged: Vec<_> = verdict.flags.iter().filter(|f| f.item == Some(fact(200))).map(|f| f.code).collect();
        assert_eq!(flagged, if covered { vec![] } else { vec![code] });
    }
}

#[test]
fn out_of_scope_in_one_contract_may_be_in_scope_of_another() {
    let mut second = contract(49, SHANGHAI, "D-1", Signed, "2026-05-05..2026-05-05");
    second.extras.push(clause("D-DB", Effect::Grant, Database, None));
    let first = contract(50, SHANGHAI, "C-1", Signed, "2026-01-01..2026-12-31");
    let other_hospital = contract(48, BERLIN, "B-1", Signed, "2026-01-01..2026-12-31");
    let view = worked(SHANGHAI, Database, "2026-05-04T15:00:00Z", "2026-05-05T17:00:00Z");
    let told = [
        "05-04 not_covered not_covered-out_of_scope looked-other_mode() looked-not_started(1)",
        "05-05 covered D-1 D-DB",
        "05-06 not_covered not_covered-out_of_scope looked-other_mode() looked-lapsed(1)",
    ];
    let verdict = expect(&view, &reference(vec![first, second, other_hospital]), &told, Coverage::NotCovered);
    // A contract was in force all the time, so none is missed.
    assert_eq!(codes(&verdict), ["out_of_scope", "unsigned", "fatigue"]);
}

#[test]
fn four_items_under_a_software_contract() {
    let mut view = visit(SHANGHAI, "2026-02-03T01:00:00Z");
    for (n, category) in [Network, Database, DataEntry, ApplicationSoftware].into_iter().enumerate() {
        let id = 200 + n as u128;
        view.items.push(item(id, &[category]));
        let (from, until) = (format!("2026-02-03T0{n}:00:00Z"), format!("2026-02-03T0{}:00:00Z", n + 1));
        view.time.push(labour(300 + n as u128, ZHAO, Some(id), &from, &until));
    }
    let verdict = judge(&view, &until_march());
    let answers: Vec<_> = verdict.items.iter().map(|i| i.coverage.as_str()).collect();
    assert_eq!(answers, ["not_covered", "not_covered", "not_covered", "covered"]);
    let about = |code| -> Vec<_> { verdict.flags.iter().filter(|f| f.code == code).map(|f| f.item).collect() };
    assert_eq!(about(FlagCode::OutOfScope), [Some(fact(200)), Some(fact(201))]);
    assert_eq!(about(FlagCode::CustomersOwnWork), [Some(fact(202))]);
}

#[test]
fn the_work_of_an_item_is_its_own_labour_else_all_labour_else_its_moment() {
    let reference = until_march();
    let mut view = visit(SHANGHAI, "2026-03-31T15:30:00Z");
    view.items = vec![item(200, &[ApplicationSoftware]), item(201, &[ApplicationSoftware])];
    let lapsed = "04-01 not_covered not_covered-no_contract looked-lapsed(1)";
    // Nothing measured: the visit's beginning, or the item's own.
    expect(&view, &reference, &["03-31 covered C-1 A-1", "03-31 covered C-1 A-1"], Coverage::Covered);
    view.items[1].at = Some(at("2026-03-31T16:00:00Z"));
    let verdict = expect(&view, &reference, &["03-31 covered C-1 A-1", lapsed], Coverage::NotCovered);
    let moment = &verdict.items[1].stretches[0];
    assert_eq!((moment.from_ms, moment.until_ms), (ms("2026-03-31T16:00:00Z"), ms("2026-03-31T16:00:00Z")));
    // One linked entry: the first item has it, the other falls back to all labour.
    view.time.push(labour(300, ZHAO, Some(200), "2026-03-31T15:40:00Z", "2026-03-31T15:50:00Z"));
    expect(&view, &reference, &["03-31 covered C-1 A-1", "03-31 covered C-1 A-1"], Coverage::Covered);
    // Two engineers' overlapping labour is one stretch; travel is no labour; superseded and running entries are none.
    view.time.push(labour(301, QIAN, Some(200), "2026-03-31T15:45:00Z", "2026-03-31T15:55:00Z"));
    let mut travel = labour(302, QIAN, Some(200), "2026-03-31T16:45:00Z", "2026-03-31T17:55:00Z");
    travel.start.value.kind = TimeKind::Travel;
    let mut old = labour(303, QIAN, Some(200), "2026-03-31T16:45:00Z", "2026-03-31T17:55:00Z");
    old.start.superseded_by = Some(fact(300));
    view.time.extend([travel, old, timer(304, ZHAO, TimeKind::Labour, at("2026-03-31T18:00:00Z"), &[])]);
    let verdict = expect(&view, &reference, &["03-31 covered C-1 A-1", "03-31 covered C-1 A-1"], Coverage::Covered);
    let own = &verdict.items[0].stretches;
    assert_eq!((own[0].from_ms, own[0].until_ms), (ms("2026-03-31T15:40:00Z"), ms("2026-03-31T15:55:00Z")));
    // A break is no work.
    let mut pause = labour(305, ZHAO, None, "2026-03-31T15:42:00Z", "2026-03-31T15:44:00Z");
    pause.start.value.kind = TimeKind::Break;
    view.time.push(pause);
    assert_eq!(judge(&view, &reference).items[0].stretches.len(), 2);
    // A removed item is not judged.
    view.items[0].removed.0.push(written(1, "录错".to_owned()));
    let verdict = judge(&view, &reference);
    assert_eq!(verdict.items.iter().map(|i| i.item).collect::<Vec<_>>(), [fact(201)]);
}

#[test]
fn what_is_not_known_needs_a_decision_and_is_never_covered() {
    let (from, until) = ("2026-03-01T02:00:00Z", "2026-03-01T03:00:00Z");
    let good = worked(SHANGHAI, ApplicationSoftware, from, until);
    let needs = |view: &VisitView, reference: &Reference, told: &str| {
        expect(view, reference, &[told], Coverage::NeedsDecision);
    };
    let mut unlisted = good.clone();
    unlisted.origins[0].value.customer = CustomerRef::Unlisted("某县医院".into());
    needs(&unlisted, &until_march(), "- needs_decision needs-unlisted_customer");
    let unknown = worked(99, ApplicationSoftware, from, until);
    needs(&unknown, &until_march(), "- needs_decision needs-unknown_customer");
    needs(&good, &Reference { version: 7, ..Reference::default() }, "- needs_decision needs-unknown_customer");
    needs(&worked(3, ApplicationSoftware, from, until), &until_march(), "- needs_decision needs-unknown_zone");
    let mut nameless = good.clone();
    nameless.items[0].category.0.clear();
    needs(&nameless, &until_march(), "03-01 needs_decision needs-no_category looked-in_force()");
    let mut no_origin = good.clone();
    no_origin.origins.clear();
    needs(&no_origin, &until_march(), "- needs_decision needs-no_customer");
    let mut no_package = until_march();
    no_package.packages.clear();
    needs(&good, &no_package, "03-01 needs_decision needs-missing_package looked-missing_package()");
    let mut mad = good.clone();
    mad.time[0].start.value.manual = Some(ManualSpan { from_ms: 0, until_ms: i64::MAX });
    needs(&mad, &until_march(), "- needs_decision needs-no_date");
    let mut empty = good.clone();
    empty.items.clear();
    expect(&empty, &until_march(), &[], Coverage::NeedsDecision);
    assert_eq!(judge(&VisitView::default(), &until_march()).coverage, Coverage::NeedsDecision);
}

#[test]
fn two_phones_that_disagree() {
    let (from, until) = ("2026-03-01T02:00:00Z", "2026-03-01T03:00:00Z");
    let view = |categories: &[Category]| {
        let mut view = worked(SHANGHAI, ApplicationSoftware, from, until);
        view.items[0] = item(200, categories);
        view
    };
    let conflicting = "03-01 needs_decision needs-conflicting_category";
    let mixed = view(&[ApplicationSoftware, Network]);
    expect(&mixed, &until_march(), &[&format!("{conflicting} looked-out_of_scope()")], Coverage::NeedsDecision);
    let neither = view(&[DataEntry, Network]);
    expect(&neither, &until_march(), &[&format!("{conflicting} looked-out_of_scope()")], Coverage::NeedsDecision);
    // Twice the same is no disagreement.
    let same = view(&[ApplicationSoftware, ApplicationSoftware]);
    expect(&same, &until_march(), &["03-01 covered C-1 A-1"], Coverage::Covered);
    // Whichever is right, the same contract covers it.
    let mut wide = contract(50, SHANGHAI, "C-1", Signed, "2025-04-01..2026-03-31");
    wide.extras.push(clause("X-1", Effect::Grant, Network, None));
    expect(&mixed, &reference(vec![wide]), &["03-01 covered C-1 A-1, X-1"], Coverage::Covered);
    // Two contracts that each cover one of them are two different reasons.
    let mut net = contract(51, SHANGHAI, "C-2", Signed, "2025-04-01..2026-03-31");
    net.extras =
        vec![clause("N-1", Effect::Grant, Network, None), clause("N-2", Effect::Exclude, ApplicationSoftware, None)];
    let mut both = until_march();
    both.put(Record::Contract(net));
    let told = format!("{conflicting} looked-out_of_scope() looked-excluded()");
    expect(&mixed, &both, &[&told], Coverage::NeedsDecision);

    // One phone says on site, the other remote: it matters for the database, not for the software, not for the network.
    let disagree = |category| {
        let mut view = worked(SHANGHAI, category, from, until);
        let mut other = view.origins[0].clone();
        other.id = fact(101);
        other.value.mode = Mode::Remote;
        view.origins.push(other);
        view
    };
    let told = ["03-01 needs_decision needs-conflicting_mode looked-other_mode()"];
    expect(&disagree(Database), &until_march(), &told, Coverage::NeedsDecision);
    expect(&disagree(ApplicationSoftware), &until_march(), &["03-01 covered C-1 A-1"], Coverage::Covered);
    let told = ["03-01 not_covered not_covered-out_of_scope looked-out_of_scope()"];
    expect(&disagree(Network), &until_march(), &told, Coverage::NotCovered);

    // Different customers.
    let mut apart = worked(SHANGHAI, ApplicationSoftware, from, until);
    let mut other = apart.origins[0].clone();
    other.id = fact(101);
    other.value.customer = CustomerRef::Listed(CustomerId(uuid(BERLIN)));
    apart.origins.push(other);
    let verdict =
        expect(&apart, &until_march(), &["- needs_decision needs-several_customers"], Coverage::NeedsDecision);
    let conflict = verdict.flags.iter().find(|f| f.code == FlagCode::Conflict).unwrap();
    assert!(conflict.message.render(Lang::En).contains("医院BE1 | 医院SH1"));
}

#[test]
fn one_part_that_is_not_covered_settles_the_whole() {
    let mut view = worked(SHANGHAI, Network, "2026-03-01T02:00:00Z", "2026-03-01T03:00:00Z");
    view.items.push(item(201, &[]));
    assert_eq!(judge(&view, &until_march()).coverage, Coverage::NotCovered);
    view.items[0] = item(200, &[ApplicationSoftware]);
    assert_eq!(judge(&view, &until_march()).coverage, Coverage::NeedsDecision);
}

#[test]
fn before_the_first_item_the_contract_is_already_looked_for() {
    let verdict = judge(&visit(SHANGHAI, "2026-04-10T02:00:00Z"), &until_march());
    assert_eq!(codes(&verdict), ["contract_lapsed"]);
    assert!(codes(&judge(&visit(SHANGHAI, "2026-03-10T02:00:00Z"), &until_march())).is_empty());
}

#[test]
fn a_record_of_absurd_size_needs_a_decision_within_bounds() {
    let mut view = visit(SHANGHAI, "2026-03-10T02:00:00Z");
    view.items = (0..2_000).map(|n| item(10_000 + n, &[ApplicationSoftware])).collect();
    let start = ms("2026-03-10T02:00:00Z");
    let entry =
        |n: u128| manual(20_000 + n, n % 100, TimeKind::Labour, start + n as i64 * 10, start + n as i64 * 10 + 5);
    view.time = (0..2_000).map(entry).collect();
    let verdict = judge(&view, &until_march());
    let stretches: usize = verdict.items.iter().map(|i| i.stretches.len()).sum();
    assert!(stretches < 25_000);
    assert_eq!(verdict.items[0].coverage, Coverage::Covered);
    assert_eq!(verdict.items[1_999].coverage, Coverage::NeedsDecision);
    assert_eq!(verdict.coverage, Coverage::NeedsDecision);
}
