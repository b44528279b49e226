//! Gaps in bought support, repeated problems, journeys that were not needed, and engineers without a rest.

use super::kit::*;
use crate::coverage::*;
use crate::document::facts::*;
use crate::document::view::*;
use crate::ids::*;
use crate::reference::*;

const ASSET: u128 = 70;

fn company() -> Reference {
    reference(vec![contract(50, SHANGHAI, "C-1", ContractStatus::Signed, "2026-01-01..2026-12-31")])
}

/// Two hours on an asset, dispatched.
fn view() -> VisitView {
    let mut view = visit(SHANGHAI, "2026-05-05T02:00:00Z");
    let mut worked = item(200, &[Category::Storage]);
    worked.asset.0.push(written(1, AssetId(uuid(ASSET))));
    view.items.push(worked);
    view.time.push(labour(300, ZHAO, Some(200), "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z"));
    view.origins[0].value.mode = Mode::OnSite;
    view
}

fn said(view: &VisitView, reference: &Reference, evidence: &Evidence, code: FlagCode) -> Vec<String> {
    let verdict = assess(view, reference, evidence);
    super::catalogue::renders(&verdict);
    verdict.flags.iter().filter(|f| f.code == code).map(|f| f.message.render(Lang::En)).collect()
}

#[test]
fn promised_five_years_bought_three() {
    let with = |bought: Vec<(SupportTier, &str)>| {
        let mut all = company();
        let bought = bought.into_iter().map(|(tier, days)| {
            let (first, last) = days.split_once("..").unwrap();
            let (first_day, last_day) = (date(first), date(last));
            Segment { provider: "甲公司".into(), tier, first_day, last_day, reference: String::new() }
        });
        let (first_day, last_day) = (date("2022-06-01"), date("2027-05-31"));
        let promise =
            Promise { first_day, last_day, tier: SupportTier::Authorised, annual_cost_minor: Some(1), currency: None };
        let (promised, bought) = (vec![promise], bought.collect());
        let (id, customer) = (AssetId(uuid(ASSET)), CustomerId(uuid(SHANGHAI)));
        let (code, name) = ("SN-1".into(), "存储一".into());
        all.put(Record::Asset(Asset { id, code, customer, name, category: Category::Storage, promised, bought }));
        said(&view(), &all, &Evidence::default(), FlagCode::VendorGap)
    };
    use SupportTier::*;
    assert_eq!(with(vec![(Manufacturer, "2022-06-01..2027-05-31")]), Vec::<String>::new());
    let head = "authorised provider support for 存储一 (SN-1) is promised until 2027-05-31, but";
    assert_eq!(with(vec![]), [format!("{head} none that covers 2026-05-05 was bought.")]);
    let lower = vec![(Manufacturer, "2022-06-01..2025-05-31"), (ThirdParty, "2025-06-01..2026-05-05")];
    assert_eq!(
        with(lower),
        [format!("{head} on 2026-05-05 only lower support was bought (甲公司, third party), until 2026-05-05.")]
    );
    let ended = vec![(Manufacturer, "2022-06-01..2025-05-31"), (ThirdParty, "2025-06-01..2026-05-04")];
    assert_eq!(
        with(ended),
        [format!("{head} what was bought (甲公司, third party) ended on 2026-05-04, and nothing covers 2026-05-05.")]
    );
}

#[test]
fn the_third_time_within_sixty_days() {
    let key = problem_key(Category::Storage, Some(AssetId(uuid(ASSET))), "").unwrap();
    let problem = |visit: u128, at: &str| Problem {
        visit: VisitId(uuid(visit)),
        item: fact(visit),
        key: key.clone(),
        at_ms: ms(at),
    };
    let told = |problems: Vec<Problem>| {
        said(&view(), &company(), &Evidence { problems, ..Evidence::default() }, FlagCode::RepeatProblem)
    };
    let (first, second) = (problem(801, "2026-04-01T02:00:00Z"), problem(802, "2026-04-20T17:00:00Z"));
    let told_of = |problems: Vec<Problem>| told(problems).len();
    assert_eq!(
        told(vec![first.clone(), second.clone()]),
        [format!(
            "The same problem for the 3. time within 60 days. Before: 2026-04-21 {}, 2026-04-01 {}.",
            second.visit, first.visit
        )]
    );
    assert_eq!(told_of(vec![first.clone()]), 0);
    // One visit's several items are one time; later ones, this one and others' problems are none.
    let again = Problem { item: fact(803), ..first.clone() };
    assert_eq!(told_of(vec![first.clone(), again]), 0);
    assert_eq!(told_of(vec![first.clone(), problem(803, "2026-05-05T02:00:00.001Z")]), 0);
    assert_eq!(told_of(vec![first.clone(), Problem { visit: VisitId(uuid(900)), ..second.clone() }]), 0);
    assert_eq!(told_of(vec![first.clone(), Problem { key: "other".into(), ..second.clone() }]), 0);
    // Sixty days to the millisecond.
    assert_eq!(told_of(vec![second.clone(), problem(803, "2026-03-06T02:00:00Z")]), 1);
    assert_eq!(told_of(vec![second.clone(), problem(803, "2026-03-06T01:59:59.999Z")]), 0);
    // The company's own rule.
    let mut strict = company();
    strict.put(Record::Policy(Policy { repeat_count: 2, repeat_days: 20, ..Policy::default() }));
    let evidence = Evidence { problems: vec![first, second], ..Evidence::default() };
    let told = said(&view(), &strict, &evidence, FlagCode::RepeatProblem);
    assert!(told[0].contains("for the 2. time within 20 days"), "{told:?}");
}

#[test]
fn somebody_went_who_need_not_have_gone() {
    let triage = |outcome| Some(Triage { outcome, answers: vec![] });
    let told = |view: &VisitView, reference: &Reference| {
        said(view, reference, &Evidence::default(), FlagCode::RemotePossible)
            .join(" ")
            .chars()
            .take(11)
            .collect::<String>()
    };
    let (all, mut seen) = (company(), view());
    assert_eq!(told(&seen, &all), "");
    for (outcome, expected) in
        [(TriageOutcome::Remote, "Triage said"), (TriageOutcome::OnSite, ""), (TriageOutcome::Unclear, "")]
    {
        seen.origins[0].value.triage = triage(outcome);
        assert_eq!(told(&seen, &all), expected);
        // Known at the order only.
        let mut at_order = company();
        let mut order = at_order.work_orders[&WorkOrderId(uuid(ORDER))].clone();
        order.triage = triage(outcome);
        at_order.put(Record::WorkOrder(order));
        assert_eq!(told(&view(), &at_order), expected);
    }
    // Nobody dispatched it, and nobody asked.
    seen.origins[0].value.work_order = Some(WorkOrderId(uuid(SALES_ORDER)));
    assert_eq!(told(&seen, &all), "");
    seen.origins[0].value.triage = None;
    assert_eq!(told(&seen, &all), "Somebody we");
    seen.origins[0].value.mode = Mode::Remote;
    seen.origins[0].value.triage = triage(TriageOutcome::Remote);
    assert_eq!(told(&seen, &all), "");
}

fn elsewhere(visit: u128, who: u128, kind: TimeKind, from: &str, until: &str) -> Neighbour {
    let (customer, work_order) = (Some(CustomerId(uuid(BERLIN))), None);
    let visit = VisitId(uuid(visit));
    Neighbour { visit, customer, work_order, user: user(who), kind, from_ms: ms(from), until_ms: ms(until) }
}

#[test]
fn twelve_hours_without_a_rest() {
    let told = |view: &VisitView, neighbours: Vec<Neighbour>| {
        said(view, &company(), &Evidence { neighbours, ..Evidence::default() }, FlagCode::Fatigue)
    };
    // Two hours here; ten hours and a bit at another visit that ended in the night before, without a rest of 8 hours.
    let ten = |until: &str| elsewhere(901, ZHAO, TimeKind::Travel, "2026-05-04T09:00:00Z", until);
    assert_eq!(told(&view(), vec![ten("2026-05-04T19:00:00Z")]), Vec::<String>::new(), "twelve are not too many");
    assert_eq!(told(&view(), vec![ten("2026-05-04T19:00:01Z")]), ["赵工 worked 12:00:01 without a rest."]);
    // Eight hours are a rest.
    let mut late = view();
    late.time[0] = labour(300, ZHAO, Some(200), "2026-05-05T03:00:01Z", "2026-05-05T05:00:01Z");
    assert!(told(&late, vec![ten("2026-05-04T19:00:01Z")]).is_empty());
    // Somebody else's work, or this visit's own, is not counted again.
    let other = Neighbour { user: user(QIAN), ..ten("2026-05-04T19:00:01Z") };
    let own = Neighbour { visit: VisitId(uuid(900)), ..ten("2026-05-04T19:00:01Z") };
    assert!(told(&view(), vec![other, own]).is_empty());
    // A break there is no work, though it is no rest either.
    let pause = elsewhere(901, ZHAO, TimeKind::Break, "2026-05-04T12:00:00Z", "2026-05-04T12:30:00Z");
    assert!(told(&view(), vec![ten("2026-05-04T19:00:01Z"), pause.clone()]).is_empty());
    assert_eq!(told(&view(), vec![ten("2026-05-04T19:30:01Z"), pause]), ["赵工 worked 12:00:01 without a rest."]);
    // A long run that has nothing to do with this visit is that visit's own.
    let long = elsewhere(901, ZHAO, TimeKind::Labour, "2026-05-03T00:00:00Z", "2026-05-03T20:00:00Z");
    assert!(told(&view(), vec![long]).is_empty());
    // Refused relief is named.
    let mut refused = view();
    let (advice, words) = ("请求换人".to_owned(), "不行".to_owned());
    let objection = Objection {
        kind: ObjectionKind::ReliefRefused,
        advice,
        insisted_by: "周主任".into(),
        words,
        at: at("2026-05-05T03:00:00Z"),
        by: user(ZHAO),
        supersedes: None,
    };
    refused.objections.push(as_fact(500, objection));
    assert_eq!(
        told(&refused, vec![ten("2026-05-04T19:00:01Z")]),
        ["赵工 worked 12:00:01 without a rest. Relief was asked for and refused by 周主任."]
    );
    // What lies near but does not overlap is no doubled time, and a break elsewhere is none either.
    let near = vec![
        ten("2026-05-04T19:00:01Z"),
        elsewhere(902, ZHAO, TimeKind::Break, "2026-05-05T02:00:00Z", "2026-05-05T03:00:00Z"),
    ];
    let evidence = Evidence { neighbours: near, ..Evidence::default() };
    assert!(said(&view(), &company(), &evidence, FlagCode::OverlappingTime).is_empty());
}

/// Weeks without a rest are nonsense, but they must be the same nonsense whatever else a server happens to have in hand.
#[test]
fn a_run_without_a_rest_is_followed_for_a_week() {
    // An hour of work every six hours, from twenty days before this visit until twenty days after it.
    let (begin, end) = (ms("2026-05-05T02:00:00Z"), ms("2026-05-05T04:00:00Z"));
    let hour = 3_600_000;
    let chain = |hours: std::ops::RangeInclusive<i64>| -> Vec<Neighbour> {
        let starts = hours.filter(|h| h % 6 == 0 && *h != 0).map(|h| begin + h * hour);
        let there = elsewhere(901, ZHAO, TimeKind::Labour, "2026-05-05T02:00:00Z", "2026-05-05T03:00:00Z");
        starts.map(|from_ms| Neighbour { from_ms, until_ms: from_ms + hour, ..there.clone() }).collect()
    };
    let told = |neighbours: Vec<Neighbour>| {
        said(&view(), &company(), &Evidence { neighbours, ..Evidence::default() }, FlagCode::Fatigue)
    };
    let all = chain(-480..=480);
    // 28 hours of the week before, 2 here, and 29 of the week after: the last begins two hours before its end.
    assert_eq!(told(all.clone()), ["赵工 worked 58:00:00 without a rest."]);
    let near = |n: &Neighbour| n.until_ms > begin - LONGEST_RUN_MS && n.from_ms < end + LONGEST_RUN_MS;
    let week: Vec<Neighbour> = all.iter().filter(|n| near(n)).cloned().collect();
    assert!(week.len() < all.len());
    assert_eq!(told(week), told(all));
}
