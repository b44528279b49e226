//! When each flag is raised, and when it is not.

use super::kit::*;
use crate::coverage::*;
use crate::document::facts::*;
use crate::document::view::*;
use crate::ids::*;
use crate::message::Message;
use crate::reference::*;

/// A covered day's work, signed by the customer on the manager's order: nothing to look at.
fn clean() -> VisitView {
    let mut view = visit(SHANGHAI, "2026-03-01T02:00:00Z");
    view.items.push(item(200, &[Category::ApplicationSoftware]));
    view.time.push(labour(300, ZHAO, Some(200), "2026-03-01T02:00:00Z", "2026-03-01T04:00:00Z"));
    view.sign_offs.push(sign_off(400, "2026-03-01T04:00:00Z", SignOffOutcome::Accepted, ""));
    view
}

fn company() -> Reference {
    reference(vec![contract(50, SHANGHAI, "C-1", ContractStatus::Signed, "2025-04-01..2026-12-31")])
}

fn flags_with(view: &VisitView, evidence: &Evidence) -> Vec<Flag> {
    let verdict = assess(view, &company(), evidence);
    super::catalogue::renders(&verdict);
    verdict.flags
}

/// The flags as `id: text in English`.
fn said(view: &VisitView, evidence: &Evidence) -> Vec<String> {
    let say = |f: &Flag| format!("{}: {}", f.message.id.trim_start_matches("flag-"), f.message.render(Lang::En));
    flags_with(view, evidence).iter().map(say).collect()
}

fn ids(view: &VisitView, evidence: &Evidence) -> Vec<String> {
    flags_with(view, evidence).iter().map(|f| f.message.id.trim_start_matches("flag-").to_owned()).collect()
}

fn known(id: u128, mismatch: Option<&str>, changes_outside: u32) -> SignOffEvidence {
    SignOffEvidence { sign_off: fact(id), mismatch: mismatch.map(Message::new), changes_outside }
}

fn neighbour(visit: u128, customer: u128, who: u128, from: &str, until: &str) -> Neighbour {
    Neighbour {
        kind: TimeKind::Labour,
        visit: VisitId(uuid(visit)),
        customer: Some(CustomerId(uuid(customer))),
        work_order: None,
        user: user(who),
        from_ms: ms(from),
        until_ms: ms(until),
    }
}

#[test]
fn a_clean_visit_has_no_flags() {
    let evidence = Evidence { sign_offs: vec![known(400, None, 0)], ..Evidence::default() };
    assert_eq!(said(&clean(), &evidence), Vec::<String>::new());
}

#[test]
fn only_a_managers_or_administrators_order_for_this_customer_dispatches() {
    let mut view = clean();
    let none = Evidence::default();
    let mut order = |id: Option<u128>| {
        view.origins[0].value.work_order = id.map(|id| WorkOrderId(uuid(id)));
        said(&view, &none)
    };
    let undemanded = "Nobody was named who demanded the visit.";
    assert_eq!(order(Some(RETROACTIVE)), Vec::<String>::new());
    let skipped =
        "remote_possible-skipped: Somebody went without triage: nobody asked whether it could be done remotely.";
    let text = |why: &str| vec![format!("no_work_order-undemanded: {why} {undemanded}"), skipped.to_owned()];
    assert_eq!(order(None), text("No work order was named."));
    assert_eq!(order(Some(77)), text("The work order that was named is not in the reference data."));
    assert_eq!(order(Some(BERLIN_ORDER)), text("Work order WO-42 is for another customer."));
    assert_eq!(order(Some(SALES_ORDER)), text("Work order WO-41 was issued by 李销售, who may not dispatch."));

    let mut admin = company();
    let person =
        Person { id: user(SALES), code: "root".into(), name: "李".into(), roles: vec![Role::Sales, Role::Admin] };
    admin.put(Record::Person(person));
    view.origins[0].value.work_order = Some(WorkOrderId(uuid(SALES_ORDER)));
    assert!(assess(&view, &admin, &none).flags.is_empty());
}

#[test]
fn without_an_order_it_is_kept_who_demanded_it_and_in_which_words() {
    let mut view = clean();
    view.origins[0].value.work_order = None;
    view.origins[0].value.demand = Some(Demand {
        name: "李销售".into(),
        role: RequesterRole::Sales,
        channel: Channel::WeChat,
        words: "你还想不想签合同？{ $why }".into(),
        at_ms: None,
    });
    let flags = assess(&view, &company(), &Evidence::default()).flags;
    let codes: Vec<_> = flags.iter().map(|f| f.code).collect();
    assert_eq!(codes, [FlagCode::NoWorkOrder, FlagCode::RemotePossible]);
    assert_eq!((flags[0].code, flags[0].severity), (FlagCode::NoWorkOrder, Severity::Critical));
    assert_eq!(
        flags[0].message.render(Lang::ZhCn),
        "未注明工单。要求人：李销售（销售，微信）：“你还想不想签合同？{ $why }”"
    );
    // A colleague on the same visit came with an order: the visit was dispatched.
    let mut other = clean().origins.remove(0);
    other.id = fact(99);
    view.origins.push(other);
    assert!(flags_with(&view, &Evidence::default()).is_empty());
}

#[test]
fn sign_offs() {
    let mut view = clean();
    let with = |sign_offs: Vec<SignOffEvidence>| Evidence { sign_offs, ..Evidence::default() };
    assert_eq!(
        said(&view, &with(vec![known(400, None, 3)])),
        ["after_sign_off: The record holds changes that the customer's newest signature does not cover: 3."]
    );
    assert_eq!(
        said(&view, &with(vec![known(400, Some("mismatch-summary"), 0)])),
        [
            "sign_off_mismatch: A signature does not fit the content that it names: the summary is not the one that was signed"
        ]
    );
    // A second signature that covers all makes the first one's changes no news; the order of the lists does not matter.
    view.sign_offs.insert(0, sign_off(399, "2026-03-01T09:00:00Z", SignOffOutcome::Accepted, ""));
    for flip in [false, true] {
        let mut two = vec![known(400, None, 3), known(399, None, 0)];
        if flip {
            two.reverse();
        }
        assert!(ids(&view, &with(two)).is_empty());
    }
    // Unless that second signature does not verify.
    let broken = with(vec![known(400, None, 3), known(399, Some("mismatch-signature"), 0)]);
    assert_eq!(ids(&view, &broken), ["after_sign_off", "sign_off_mismatch"]);
}

#[test]
fn refused_and_unsigned() {
    let mut view = clean();
    let none = Evidence::default();
    view.sign_offs = vec![sign_off(400, "2026-03-01T04:00:00Z", SignOffOutcome::Refused, "未解决")];
    assert_eq!(said(&view, &none), ["refused: 周主任 refused to sign: “未解决”"]);
    // Somebody's absence does not take a refusal back; an acceptance does, if it verifies.
    view.sign_offs.push(sign_off(401, "2026-03-01T05:00:00Z", SignOffOutcome::NobodyPresent, ""));
    assert_eq!(ids(&view, &none), ["refused", "unsigned-nobody_present"]);
    view.sign_offs.push(sign_off(402, "2026-03-01T06:00:00Z", SignOffOutcome::AcceptedWithReservations, "待观察"));
    assert!(ids(&view, &none).is_empty());
    let broken = Evidence { sign_offs: vec![known(402, Some("mismatch-device"), 0)], ..Evidence::default() };
    assert_eq!(ids(&view, &broken), ["sign_off_mismatch", "refused"]);

    view.sign_offs.clear();
    assert_eq!(ids(&view, &none), ["unsigned"]);
    // While a timer runs the visit is not over.
    view.time.push(timer(301, QIAN, TimeKind::Labour, at("2026-03-01T04:00:00Z"), &[]));
    assert!(ids(&view, &none).is_empty());
    // Without any time it is over when somebody left.
    view.time.clear();
    assert!(ids(&view, &none).is_empty());
    let crew = Crew { user: user(ZHAO), name: "赵".into(), action: CrewAction::Leave, at: at("2026-03-01T04:00:00Z") };
    view.crew.push(as_fact(500, crew));
    assert_eq!(ids(&view, &none), ["unsigned"]);
}

#[test]
fn clocks_that_disagree() {
    let none = Evidence::default();
    let begun = ms("2026-03-01T02:00:00Z");
    let note = |view: &mut VisitView, id: u128, at| {
        view.notes.push(as_fact(id, Note { text: "n".into(), at, by: user(QIAN), supersedes: None }));
    };
    let minute = 60_000;
    // Two minutes are tolerated, to the millisecond.
    for (off, expected) in [
        (2 * minute, None),
        (-2 * minute, None),
        (2 * minute + 1, Some("ahead: 钱工: the phone's clock was ahead of the server's by 0:02:00.")),
        (-90 * minute, Some("behind: 钱工: the phone's clock was behind the server's by 1:30:00.")),
    ] {
        let mut view = clean();
        note(&mut view, 600, reading(begun, 77, off, true));
        let expected: Vec<String> = expected.iter().map(|e| format!("clock_drift-{e}")).collect();
        assert_eq!(said(&view, &none), expected);
    }
    // Set while running, without any server in sight; the smallest and the largest reading tell.
    let mut view = clean();
    for (id, after, off) in [(600, 0, 0), (601, minute, -3 * minute), (602, 2 * minute, 4 * minute)] {
        note(&mut view, id, reading(begun + after, 77, off, false));
    }
    let set = ["clock_drift-set: 钱工: the phone's clock was set while it was running, by 0:07:00 in all."];
    assert_eq!(said(&view, &none), set);
    // Another boot proves nothing.
    let mut view = clean();
    note(&mut view, 600, reading(begun, 77, 0, false));
    note(&mut view, 601, reading(begun, 78, 60 * minute, false));
    assert!(ids(&view, &none).is_empty());
    // Ends before they begin.
    let mut view = clean();
    view.time.push(manual(301, QIAN, TimeKind::Travel, begun, begun - minute));
    let start = reading(begun, 77, 0, false);
    view.time.push(timer(302, QIAN, TimeKind::Travel, start, &[reading(begun, 78, -10 * minute, false)]));
    assert_eq!(ids(&view, &none), ["clock_drift-backwards", "clock_drift-reversed"]);
}

#[test]
fn time_that_stands_twice() {
    let mut view = clean();
    view.time.push(labour(301, ZHAO, None, "2026-03-01T03:00:00Z", "2026-03-01T03:30:00Z"));
    view.time.push(labour(302, ZHAO, None, "2026-03-01T03:10:00Z", "2026-03-01T03:40:00Z"));
    view.time.push(labour(303, QIAN, None, "2026-03-01T03:10:00Z", "2026-03-01T03:40:00Z"));
    let none = Evidence::default();
    assert_eq!(
        said(&view, &none),
        ["overlapping_time: 赵工: 0:40:00 stand in more than one time entry of this visit."]
    );

    let view = clean();
    let near = |n: Vec<Neighbour>| Evidence { neighbours: n, ..Evidence::default() };
    let theirs = neighbour(901, BERLIN, ZHAO, "2026-03-01T03:30:00Z", "2026-03-01T05:00:00Z");
    let same = neighbour(900, SHANGHAI, ZHAO, "2026-03-01T02:00:00Z", "2026-03-01T05:00:00Z");
    let after = neighbour(902, BERLIN, ZHAO, "2026-03-01T04:00:00Z", "2026-03-01T05:00:00Z");
    let evidence = near(vec![theirs.clone(), same, after, theirs]);
    let visit = VisitId(uuid(901));
    assert_eq!(
        said(&view, &evidence),
        [format!("overlapping_time-elsewhere: 赵工: 0:30:00 are also recorded in visit {visit}.")]
    );
}

#[test]
fn possible_duplicates() {
    let view = clean();
    let duplicate = |n: Neighbour| ids(&view, &Evidence { neighbours: vec![n], ..Evidence::default() });
    let at_once = neighbour(901, SHANGHAI, QIAN, "2026-03-01T03:30:00Z", "2026-03-01T05:00:00Z");
    assert_eq!(duplicate(at_once.clone()), ["possible_duplicate-time"]);
    // One after the other, elsewhere, or this very visit: no duplicate.
    assert!(duplicate(neighbour(901, SHANGHAI, QIAN, "2026-03-01T04:00:00Z", "2026-03-01T05:00:00Z")).is_empty());
    assert!(duplicate(neighbour(901, BERLIN, QIAN, "2026-03-01T03:30:00Z", "2026-03-01T05:00:00Z")).is_empty());
    assert!(duplicate(Neighbour { visit: VisitId(uuid(900)), ..at_once.clone() }).is_empty());
    // The same order, whenever.
    let order = Neighbour { work_order: Some(WorkOrderId(uuid(ORDER))), from_ms: 0, until_ms: 0, ..at_once };
    assert_eq!(duplicate(order), ["possible_duplicate-order"]);
}

#[test]
fn conflicts_show_every_value_and_quarantine_is_counted() {
    let mut view = clean();
    let values = vec![written(1, "重启服务".to_owned()), written(2, "换".repeat(400))];
    view.conflicts.push(Conflict { path: format!("items/{}/action", fact(200)), values });
    view.conflicts
        .push(Conflict { path: "ends/x".into(), values: vec![written(1, "a".into()), written(2, "b".into())] });
    view.conflicts.push(view.conflicts[1].clone());
    let flags = flags_with(&view, &Evidence { quarantined: 4, ..Evidence::default() });
    let about: Vec<_> = flags.iter().map(|f| (f.code.as_str(), f.item)).collect();
    assert_eq!(about, [("conflict", None), ("conflict", Some(fact(200))), ("quarantined_changes", None)]);
    let text = flags[1].message.render(Lang::ZhCn);
    assert!(text.contains("重启服务") && text.contains("换…") && text.contains("处理过程"), "{text}");
    assert!(flags[0].message.render(Lang::En).contains("earliest end"));
    assert!(flags[2].message.render(Lang::ZhCn).contains('4'));
}
