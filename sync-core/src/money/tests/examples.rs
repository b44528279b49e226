//! The examples that docs/money.md works out, and the edges.

use super::kit::*;
use crate::coverage::Coverage;
use crate::document::facts::*;
use crate::money::*;
use crate::reference::*;
use crate::time::spans;

fn all(lines: &[CostLine]) -> Vec<String> {
    lines.iter().map(told).collect()
}

/// A Monday from four in the afternoon until eight, the database, under a contract for software.
#[test]
fn the_evening_costs_more_than_the_day() {
    let mut view = visit();
    view.items = vec![item(200, Category::Database)];
    view.time = vec![time(300, QIAN, TimeKind::Labour, Some(200), "2026-11-23T16:00", "2026-11-23T20:20")];
    assert_eq!(
        all(&lines(&view, &reference())),
        [
            "labour 2026-11-23 normal out_of_scope database 120min 15554/46662",
            // 140 minutes at 116.65 an hour are 272.1833…, at 349.96 are 816.5733….
            "labour 2026-11-23 evening out_of_scope database 140min 27218/81657",
        ]
    );
}

#[test]
fn midnight_cuts_and_rest_days_and_holidays_have_their_own_rates() {
    let mut view = visit();
    view.items = vec![item(200, Category::ApplicationSoftware)];
    // Wednesday evening into National Day, and a Saturday that is worked in exchange.
    view.time = vec![
        time(300, ZHAO, TimeKind::Labour, None, "2026-09-30T23:00", "2026-10-01T01:00"),
        time(301, ZHAO, TimeKind::Labour, None, "2026-10-05T08:00", "2026-10-05T09:00"),
        time(302, ZHAO, TimeKind::Labour, None, "2026-10-10T08:00", "2026-10-10T09:00"),
    ];
    assert_eq!(
        all(&lines(&view, &reference())),
        [
            "labour 2026-09-30 evening granted application_software 60min 18000/54000",
            "labour 2026-10-01 holiday granted application_software 60min 36000/108000",
            "labour 2026-10-05 rest_day granted application_software 60min 24000/72000",
            "labour 2026-10-10 normal granted application_software 60min 12000/36000",
        ]
    );
}

#[test]
fn a_rate_holds_from_its_day_and_time_without_one_is_unpriced() {
    let reference = reference();
    let cost = |who, on: &str| rate_on(&reference, user(who), day(on)).map(|r| r.cost.normal);
    assert_eq!(cost(ZHAO, "2026-06-30"), Some(10_000));
    assert_eq!(cost(ZHAO, "2026-07-01"), Some(12_000));
    assert_eq!((cost(ZHAO, "2025-12-31"), cost(SUN, "2026-07-01")), (None, None));
    let mut view = visit();
    view.items = vec![item(200, Category::ApplicationSoftware)];
    view.time = vec![time(300, SUN, TimeKind::Labour, None, "2026-11-23T09:00", "2026-11-23T10:00")];
    assert_eq!(
        all(&lines(&view, &reference)),
        ["labour 2026-11-23 normal granted application_software 60min unpriced"]
    );
}

#[test]
fn who_changes_grade_changes_rate() {
    let mut reference = reference();
    let mut senior = reference.grades.values().find(|g| g.code == "E1").unwrap().clone();
    senior.holders.push(Holder { user: user(QIAN), first_day: day("2026-11-01") });
    reference.put(Record::Grade(senior));
    let cost = |on: &str| rate_on(&reference, user(QIAN), day(on)).map(|r| r.cost.normal);
    assert_eq!((cost("2026-10-31"), cost("2026-11-01")), (Some(7_777), Some(12_000)));
}

#[test]
fn no_minute_of_one_engineer_counts_twice_and_two_engineers_are_two_costs() {
    let mut view = visit();
    view.items = vec![item(200, Category::ApplicationSoftware)];
    view.time = vec![
        time(300, ZHAO, TimeKind::Labour, None, "2026-11-23T09:00", "2026-11-23T11:00"),
        // The same hour again, as waiting; half an hour of break; travel that overlaps with the work.
        time(301, ZHAO, TimeKind::Waiting, None, "2026-11-23T10:00", "2026-11-23T12:00"),
        time(302, ZHAO, TimeKind::Break, None, "2026-11-23T11:30", "2026-11-23T12:00"),
        time(303, ZHAO, TimeKind::Travel, None, "2026-11-23T08:00", "2026-11-23T09:30"),
        time(304, QIAN, TimeKind::Labour, None, "2026-11-23T09:00", "2026-11-23T10:00"),
    ];
    assert_eq!(
        all(&lines(&view, &reference())),
        [
            "labour 2026-11-23 normal granted application_software 150min 30000/90000",
            "labour 2026-11-23 normal granted application_software 60min 7777/23331",
            "travel 2026-11-23 normal granted application_software 60min 12000/36000",
        ]
    );
}

#[test]
fn unlinked_time_has_the_worst_answer_and_linked_time_its_items() {
    let mut view = visit();
    view.items = vec![item(200, Category::ApplicationSoftware), item(201, Category::Network)];
    // Item 200 has time of its own; 201 has none, so all labour is its.
    view.time = vec![
        time(300, ZHAO, TimeKind::Labour, Some(200), "2026-11-23T09:00", "2026-11-23T10:00"),
        time(301, ZHAO, TimeKind::Labour, None, "2026-11-23T10:00", "2026-11-23T11:00"),
        time(302, ZHAO, TimeKind::Travel, None, "2026-11-23T08:00", "2026-11-23T09:00"),
    ];
    view.expenses = vec![
        expense(400, ExpenseKind::Taxi, Some(3_500), "2026-11-23T09:00"),
        expense(401, ExpenseKind::Taxi, Some(1_200), "2026-11-23T12:00"),
        expense(402, ExpenseKind::Hotel, None, "2026-11-23T12:00"),
    ];
    let lines = lines(&view, &reference());
    assert_eq!(
        all(&lines),
        [
            "labour 2026-11-23 normal granted application_software 60min 12000/36000",
            "labour 2026-11-23 normal out_of_scope network 60min 12000/36000",
            "travel 2026-11-23 normal out_of_scope network 60min 12000/36000",
            "expense 2026-11-23 - out_of_scope network 0min 4700/4700",
            "expense 2026-11-23 - out_of_scope network 0min unpriced",
        ]
    );
    assert!(lines.iter().any(|l| l.expense == Some(ExpenseKind::Taxi)));
}

#[test]
fn a_visit_without_items_needs_a_decision_and_a_hospital_in_no_list_has_its_weekdays() {
    let mut view = visit();
    view.origins[0].value.customer = CustomerRef::Unlisted("县医院".into());
    view.time = vec![time(300, ZHAO, TimeKind::Labour, None, "2026-11-22T16:00", "2026-11-22T17:00")];
    // No zone is known: UTC, where it is still a Sunday.
    assert_eq!(all(&lines(&view, &reference())), ["labour 2026-11-22 rest_day undecided - 60min 24000/72000"]);
    view.origins[0].value.time_zone = Some("Asia/Shanghai".into());
    view.time = vec![time(300, ZHAO, TimeKind::Labour, None, "2026-10-01T00:00", "2026-10-01T01:00")];
    assert_eq!(all(&lines(&view, &reference())), ["labour 2026-10-01 holiday undecided - 60min 36000/108000"]);
}

/// The published case: 6 M of margin, 80 people, 12 M of labour, a target of twice the labour.
#[test]
fn the_published_case() {
    let yuan = 100;
    let b = break_even(6_000_000 * yuan, 12_000_000 * yuan, 2000, Some(80));
    assert_eq!((b.needed_minor, b.shortfall_minor), (24_000_000 * yuan, 18_000_000 * yuan));
    assert_eq!(b.reached_permille, Some(500));
    assert_eq!(b.per_head_minor, Some((75_000 * yuan, 300_000 * yuan)));
    let reached = break_even(24_000_001 * yuan, 12_000_000 * yuan, 2000, None);
    assert_eq!((reached.shortfall_minor, reached.per_head_minor), (0, None));
    assert_eq!(break_even(5, 0, 2000, Some(0)).reached_permille, None);
    assert_eq!(break_even(1999, 1000, 2000, None).reached_permille, Some(1999));
}

/// 60,000.00 a year: November brings 4931.51, not 12 rounded days.
#[test]
fn a_fee_is_spread_over_its_days() {
    let c = contract("2026-01-01", "2026-12-31", 6_000_000);
    let of = |from: &str, until: &str| fees(&c, day(from), day(until)).unwrap().0;
    assert_eq!(of("2026-01-01", "2026-12-31"), 6_000_000);
    assert_eq!(of("2026-01-01", "2026-01-01"), 16_438);
    assert_eq!(of("2026-11-01", "2026-11-30"), 493_151);
    assert_eq!((of("2027-01-01", "2027-12-31"), of("2025-01-01", "2025-12-31")), (0, 0));
    assert_eq!(of("2025-06-01", "2027-06-01"), 6_000_000);
    let mut modules = c.clone();
    modules.modules = vec![FeeModule { code: "HIS".into(), name: String::new(), annual_fee_minor: 365 }];
    assert_eq!(fees(&modules, day("2026-03-01"), day("2026-03-01")), Some((1, "CNY")));
    let mut ended = c.clone();
    (ended.status, ended.ended_on) = (ContractStatus::Terminated, Some(day("2026-06-30")));
    assert_eq!(fees(&ended, day("2026-01-01"), day("2026-12-31")), Some((2_975_342, "CNY")));
    ended.ended_on = None;
    assert_eq!(fees(&ended, day("2026-01-01"), day("2026-12-31")), Some((0, "CNY")));
    ended.currency = None;
    assert_eq!(fees(&ended, day("2026-01-01"), day("2026-12-31")), None, "an amount without a currency is none");
}

#[test]
fn a_year_from_the_29_february_is_a_year() {
    let fee = |from: &str, until: &str| spread(1_000_003, day("2024-02-29"), day(from), day(until));
    assert_eq!(fee("2024-02-29", "2025-02-28"), 1_000_003);
    assert_eq!(fee("2025-03-01", "2026-02-28"), 1_000_003);
    assert_eq!(fee("2027-03-01", "2028-02-28"), 1_000_003);
    assert_eq!(fee("2028-02-29", "2028-02-29"), share(1_000_003, 1, 366));
    // A year that holds a 29 February in its middle.
    assert_eq!(spread(36_600, day("2024-01-01"), day("2024-02-29"), day("2024-02-29")), 100);
}

#[test]
fn the_clause_that_would_have_covered_it() {
    let mut reference = reference();
    let today = day("2026-11-23");
    let found = offer(&reference, Category::Network, today).unwrap();
    assert_eq!((found.package.as_deref(), found.clause.as_str()), (Some("C"), "C-2"));
    assert_eq!(offer(&reference, Category::Database, today), None);
    let mut with_extra = contract("2026-01-01", "2026-12-31", 1);
    with_extra.extras = vec![grants("DB-1", Category::Database)];
    reference.put(Record::Contract(with_extra));
    let found = offer(&reference, Category::Database, today).unwrap();
    assert_eq!((found.package, found.clause.as_str()), (None, "DB-1"));
    let mut gone = reference.packages[&COMPLETE].clone();
    gone.sold_until = Some(day("2026-11-22"));
    reference.put(Record::Package(gone));
    assert_eq!(offer(&reference, Category::Network, today), None, "it is no longer sold");
}

/// From A to C with the database service.
#[test]
fn another_contract_would_have_covered_it() {
    let reference = reference();
    let mut view = visit();
    view.items = vec![item(200, Category::Database), item(201, Category::Security)];
    view.time = vec![
        time(300, QIAN, TimeKind::Labour, Some(200), "2026-11-23T09:00", "2026-11-23T10:20"),
        time(301, QIAN, TimeKind::Labour, Some(201), "2026-11-23T10:20", "2026-11-23T11:00"),
    ];
    let hypothesis = Hypothesis {
        customer: HOSPITAL,
        package: COMPLETE,
        extras: vec![grants("DB-1", Category::Database)],
        first_day: day("2026-01-01"),
        last_day: day("2026-12-31"),
    };
    let other = hypothetical(&reference, &hypothesis);
    let verdict = judged(&view, &reference);
    let changes = what_if(&view, &spans(&view), &verdict, &reference, &other, &Default::default());
    let told: Vec<String> = changes.iter().map(|c| format!("{} -> {}", told(&c.line), c.would_be)).collect();
    assert_eq!(
        told,
        [
            "labour 2026-11-23 normal out_of_scope database 80min 10369/31108 -> covered",
            "labour 2026-11-23 normal out_of_scope security 40min 5185/15554 -> not_covered",
        ]
    );
    assert!(changes.iter().all(|c| c.line.coverage == Coverage::NotCovered));
}

/// The figures of docs/money.md in both languages are those that come out.
#[test]
fn the_documents_say_what_is_computed() {
    let yuan = |minor: i64| {
        let whole = (minor / 100).to_string();
        let (head, tail) = whole.split_at(whole.len().saturating_sub(3));
        let comma = if head.is_empty() { "" } else { "," };
        format!("{head}{comma}{tail}.{:02}", minor % 100)
    };
    let mut said: Vec<String> = Vec::new();
    let mut view = visit();
    view.items = vec![item(200, Category::Database)];
    view.time = vec![time(300, QIAN, TimeKind::Labour, Some(200), "2026-11-23T16:00", "2026-11-23T20:20")];
    said.extend(lines(&view, &reference()).iter().map(|l| yuan(l.price.as_ref().unwrap().cost_minor)));
    let c = contract("2026-01-01", "2026-12-31", 6_000_000);
    for (from, until) in [("2026-01-01", "2026-01-01"), ("2026-11-01", "2026-11-30"), ("2026-01-01", "2026-12-31")] {
        said.push(yuan(fees(&c, day(from), day(until)).unwrap().0));
    }
    let b = break_even(6_000_000, 12_000_000, 2000, Some(80));
    let (has, needs) = b.per_head_minor.unwrap();
    for n in [b.needed_minor, b.shortfall_minor, has, needs] {
        let digits = n.to_string();
        let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
        said.push(groups.join(","));
    }
    said.push(yuan(spread(36_500, day("2026-01-01"), day("2026-11-01"), day("2026-11-30"))));
    said.extend([share(15_554, 80, 120), 15_554 - share(15_554, 80, 120)].map(yuan));
    for text in [include_str!("../../../../docs/money.md"), include_str!("../../../../docs/money.zh-CN.md")] {
        for figure in &said {
            assert!(text.contains(figure.as_str()), "{figure}");
        }
    }
}

/// What a customer is told of the same hours: each minute once, however many engineers worked in it.
#[test]
fn labour_is_told_by_class_with_each_minute_once() {
    let mut view = visit();
    view.time = vec![
        time(300, ZHAO, TimeKind::Labour, None, "2026-09-30T17:00", "2026-10-01T01:00"),
        time(301, QIAN, TimeKind::Labour, None, "2026-09-30T22:00", "2026-10-01T02:00"),
        time(302, QIAN, TimeKind::Travel, None, "2026-10-01T02:00", "2026-10-01T04:00"),
        time(303, ZHAO, TimeKind::Labour, None, "2026-10-05T08:00", "2026-10-05T09:00"),
    ];
    let classes = labour_by_class(&view, &spans(&view), &reference());
    let hours: Vec<(&str, i64)> = classes.iter().map(|(class, s)| (class.as_str(), s / 60)).collect();
    assert_eq!(hours, [("normal", 60), ("evening", 360), ("rest_day", 60), ("holiday", 120)]);
    assert!(labour_by_class(&visit(), &spans(&visit()), &reference()).is_empty());
}
