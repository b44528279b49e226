//! Service hours, prices, the customer's own work and quotas: expected answers, written down by hand.

use super::kit::*;
use crate::coverage::*;
use crate::document::facts::*;
use crate::document::view::VisitView;
use crate::ids::*;
use crate::reference::*;
use crate::time::Interval;
use Category::*;
use ContractStatus::Signed;
use std::collections::BTreeSet;

fn year(customer: u128) -> Contract {
    contract(50, customer, "C-1", Signed, "2026-01-01..2026-12-31")
}

fn worked(customer: u128, category: Category, from: &str, until: &str) -> VisitView {
    let mut view = visit(customer, from);
    view.items.push(item(200, &[category]));
    view.time.push(labour(300, ZHAO, Some(200), from, until));
    view
}

fn windows(parts: &[&str]) -> Vec<Window> {
    parts.iter().map(|p| p.parse().unwrap()).collect()
}

fn every_day(parts: &[&str]) -> ServiceHours {
    let day = || windows(parts);
    ServiceHours { workdays: day(), rest_days: day(), holidays: day() }
}

fn limit(code: &str, category: Option<Category>, amount: i64, unit: QuotaUnit, period: QuotaPeriod) -> Clause {
    let quota = Some(Quota { unit, amount, period });
    Clause { category, quota, ..clause(code, Effect::Limit, Other, None) }
}

fn minutes(code: &str, amount: i64, period: QuotaPeriod) -> Clause {
    limit(code, None, amount, QuotaUnit::Minutes, period)
}

fn claim(visit: u128, category: Category, from: &str, until: &str) -> Claim {
    Claim {
        visit: VisitId(uuid(visit)),
        categories: BTreeSet::from([category]),
        modes: BTreeSet::from([Mode::OnSite]),
        from_ms: ms(from),
        until_ms: ms(until),
    }
}

fn judged(view: &VisitView, reference: &Reference, claims: Vec<Claim>) -> Verdict {
    let verdict = assess(view, reference, &Evidence { claims, ..Evidence::default() });
    super::catalogue::renders(&verdict);
    verdict
}

/// Each stretch as `05T01:00:00 05T09:00:00 cause contract clause`, with the instants in UTC.
fn stretches(verdict: &Verdict) -> Vec<String> {
    let utc = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap().strftime("%dT%H:%M:%S").to_string();
    let told = |s: &Stretch| {
        let by = s.contract.map(|c| format!(" {}", c.0.as_u128())).unwrap_or_default();
        let clause = s.clause.as_ref().map(|c| format!(" {c}")).unwrap_or_default();
        format!("{} {} {}{by}{clause}", utc(s.from_ms), utc(s.until_ms), s.cause)
    };
    verdict.items.iter().flat_map(|i| &i.stretches).map(told).collect()
}

fn text(verdict: &Verdict, code: FlagCode) -> Vec<String> {
    verdict.flags.iter().filter(|f| f.code == code).map(|f| f.message.render(Lang::En)).collect()
}

#[test]
fn the_edges_of_office_hours_cut_to_the_millisecond() {
    let with = Contract { hours: Some(ServiceHours::office()), ..year(SHANGHAI) };
    let reference = reference(vec![with]);
    // A Monday, 08:00 to 18:00 there.
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-11-23T00:00:00Z", "2026-11-23T10:00:00Z");
    let verdict = judged(&view, &reference, vec![]);
    assert_eq!(
        stretches(&verdict),
        [
            "23T00:00:00 23T01:00:00 outside_service_hours 50 A-1",
            "23T01:00:00 23T09:00:00 granted 50 A-1",
            "23T09:00:00 23T10:00:00 outside_service_hours 50 A-1",
        ]
    );
    assert_eq!(
        text(&verdict, FlagCode::OutsideServiceHours),
        ["2:00:00 of the work (application software) were outside the service hours of contract C-1, clause A-1."]
    );
    let why = verdict.items[0].stretches[0].looked_at[0].render(Lang::En);
    assert_eq!(why, "C-1 grants application software by clause A-1, but on working day only at 09:00-17:00");
    for (from, until, cause) in [
        ("2026-11-23T00:59:59.999Z", "2026-11-23T01:00:00Z", Cause::OutsideServiceHours),
        ("2026-11-23T01:00:00Z", "2026-11-23T01:00:00.001Z", Cause::Granted),
        ("2026-11-23T08:59:59.999Z", "2026-11-23T09:00:00Z", Cause::Granted),
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00.001Z", Cause::OutsideServiceHours),
        // A moment.
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z", Cause::OutsideServiceHours),
    ] {
        let verdict = judged(&worked(SHANGHAI, ApplicationSoftware, from, until), &reference, vec![]);
        let causes: Vec<Cause> = verdict.items[0].stretches.iter().map(|s| s.cause).collect();
        assert_eq!(causes, [cause], "{from}");
    }
}

#[test]
fn the_kind_of_day_decides_and_not_the_weekday_alone() {
    let with = Contract { hours: Some(ServiceHours::office()), ..year(SHANGHAI) };
    let reference = reference(vec![with]);
    for (day, covered) in [
        // A Saturday that is worked for the National Day; a holiday; a day moved off; an ordinary Saturday.
        ("2026-10-10", true),
        ("2026-10-01", false),
        ("2026-10-05", false),
        ("2026-11-21", false),
        ("2026-11-20", true),
    ] {
        let (from, until) = (format!("{day}T02:00:00Z"), format!("{day}T03:00:00Z"));
        let verdict = judged(&worked(SHANGHAI, ApplicationSoftware, &from, &until), &reference, vec![]);
        assert_eq!(verdict.coverage == Coverage::Covered, covered, "{day}");
    }
}

#[test]
fn hours_and_the_last_day_and_midnight() {
    let with = Contract { hours: Some(ServiceHours::office()), last_day: date("2026-11-23"), ..year(SHANGHAI) };
    // From 16:00 on the last day until 10:00 on the next.
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-11-23T08:00:00Z", "2026-11-24T02:00:00Z");
    let verdict = judged(&view, &reference(vec![with]), vec![]);
    assert_eq!(
        stretches(&verdict),
        [
            "23T08:00:00 23T09:00:00 granted 50 A-1",
            "23T09:00:00 23T16:00:00 outside_service_hours 50 A-1",
            "23T16:00:00 24T02:00:00 no_contract",
        ]
    );
}

#[test]
fn summer_time_in_berlin() {
    let told = |hours: &[&str], from: &str, until: &str| {
        let with = Contract { hours: Some(every_day(hours)), ..year(BERLIN) };
        let verdict = judged(&worked(BERLIN, ApplicationSoftware, from, until), &reference(vec![with]), vec![]);
        let granted = verdict.items[0].stretches.iter().filter(|s| s.cause == Cause::Granted);
        granted.map(|s| (s.from_ms, s.until_ms)).collect::<Vec<_>>()
    };
    let span = |from: &str, until: &str| (ms(from), ms(until));
    let spring = ("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z");
    let autumn = ("2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z");
    // 01:00 to 04:00 has two hours in spring and four in autumn.
    assert_eq!(told(&["01:00-04:00"], spring.0, spring.1), [span("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z")]);
    assert_eq!(told(&["01:00-04:00"], autumn.0, autumn.1), [span("2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z")]);
    // 02:30 does not exist in spring; the clock shows 03:00 next. In autumn it comes twice.
    assert_eq!(told(&["02:30-03:30"], spring.0, spring.1), [span("2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z")]);
    let twice =
        [span("2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z"), span("2026-10-25T01:30:00Z", "2026-10-25T01:45:00Z")];
    assert_eq!(told(&["02:30-02:45"], autumn.0, autumn.1), twice);
}

#[test]
fn a_day_that_no_calendar_knows_needs_a_decision_where_hours_differ() {
    let of = |hours: ServiceHours| {
        let with = Contract { hours: Some(hours), ..year(BERLIN) };
        let view = worked(BERLIN, ApplicationSoftware, "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z");
        judged(&view, &reference(vec![with]), vec![])
    };
    let verdict = of(ServiceHours::office());
    assert_eq!(verdict.coverage, Coverage::NeedsDecision);
    assert_eq!(told(&verdict), ["11-23 needs_decision needs-unknown_day looked-unknown_day()"]);
    assert_eq!(of(every_day(&["09:00-17:00"])).coverage, Coverage::Covered);
    assert_eq!(of(every_day(&["17:00-24:00"])).coverage, Coverage::NotCovered);
    // Around the clock, in whatever pieces, needs no calendar.
    let pieces = ServiceHours { rest_days: windows(&["00:00-12:00", "12:00-24:00"]), ..ServiceHours::always() };
    assert_eq!(of(pieces).coverage, Coverage::Covered);
}

#[test]
fn a_clauses_own_hours_go_before_the_contracts_and_those_before_the_packages() {
    let morning = || every_day(&["08:00-12:00"]);
    let told = |package: Option<ServiceHours>, own: Option<ServiceHours>, extras: Vec<Clause>| {
        let mut all = reference(vec![Contract { hours: own, extras, ..year(SHANGHAI) }]);
        let mut basic = all.packages[&PackageId(uuid(BASIC))].clone();
        basic.hours = package;
        all.put(Record::Package(basic));
        // 13:00 to 14:00 there.
        let view = worked(SHANGHAI, ApplicationSoftware, "2026-11-23T05:00:00Z", "2026-11-23T06:00:00Z");
        let verdict = judged(&view, &all, vec![]);
        stretches(&verdict)[0].split_once(' ').unwrap().1.split_once(' ').unwrap().1.to_owned()
    };
    let extra = |hours| Clause { hours, ..clause("X-1", Effect::Grant, ApplicationSoftware, None) };
    assert_eq!(told(None, None, vec![]), "granted 50 A-1");
    assert_eq!(told(Some(morning()), None, vec![]), "outside_service_hours 50 A-1");
    assert_eq!(told(Some(morning()), Some(ServiceHours::always()), vec![]), "granted 50 A-1");
    assert_eq!(told(None, Some(morning()), vec![]), "outside_service_hours 50 A-1");
    assert_eq!(told(Some(morning()), Some(morning()), vec![extra(Some(ServiceHours::always()))]), "granted 50 X-1");
    // An extra item takes nothing away that the package grants.
    assert_eq!(told(None, None, vec![extra(Some(morning()))]), "granted 50 A-1");
    assert_eq!(told(Some(morning()), None, vec![extra(Some(morning()))]), "outside_service_hours 50 X-1");
}

#[test]
fn prices_and_the_customers_own_work() {
    let own = |code, category| clause(code, Effect::CustomersOwn, category, None);
    let price = |code, category| {
        let price = Some(Price { amount_minor: 80_000, currency: "CNY".into(), per: PriceUnit::Hour });
        Clause { price, ..clause(code, Effect::Price, category, None) }
    };
    let told = |category: Category, extras: Vec<Clause>| {
        let view = worked(SHANGHAI, category, "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z");
        let verdict = judged(&view, &reference(vec![Contract { extras, ..year(SHANGHAI) }]), vec![]);
        let told = stretches(&verdict)[0].splitn(3, ' ').last().unwrap().to_owned();
        let flag = verdict.flags.iter().find(|f| f.item.is_some()).map_or("", |f| f.code.as_str());
        let all = format!("{verdict:?}");
        assert!(!all.contains("80000") && !all.contains("CNY"), "amounts are not for explanations");
        (told, flag)
    };
    let is = |told: &str, flag: &'static str| (told.to_owned(), flag);
    assert_eq!(told(Network, vec![price("X-1", Network)]), is("priced 50 X-1", ""));
    assert_eq!(told(ApplicationSoftware, vec![price("X-1", ApplicationSoftware)]), is("priced 50 X-1", ""));
    let both = vec![price("X-1", Network), clause("X-2", Effect::Grant, Network, None)];
    assert_eq!(told(Network, both), is("granted 50 X-2", ""));
    assert_eq!(told(Training, vec![own("X-1", Training)]), is("customers_own_work 50 X-1", "customers_own_work"));
    let both = vec![own("X-2", Training), clause("X-1", Effect::Grant, Training, None)];
    assert_eq!(told(Training, both), is("customers_own_work 50 X-2", "customers_own_work"));
    // Data entry is the customer's own wherever nothing grants it, even without a contract.
    assert_eq!(told(DataEntry, vec![]), is("customers_own_work", "customers_own_work"));
    let granted = vec![clause("X-1", Effect::Grant, DataEntry, None)];
    assert_eq!(told(DataEntry, granted), is("granted 50 X-1", ""));
    let view = worked(SHANGHAI, DataEntry, "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z");
    let verdict = judged(&view, &reference(vec![]), vec![]);
    assert_eq!(stretches(&verdict), ["05T02:00:00 05T04:00:00 customers_own_work"]);
    assert_eq!(codes(&verdict), ["no_contract", "outside_service_hours", "customers_own_work", "unsigned"]);
}

#[test]
fn minutes_run_out_in_the_middle_of_a_visit() {
    let reference =
        reference(vec![Contract { extras: vec![minutes("L-1", 60, QuotaPeriod::Month)], ..year(SHANGHAI) }]);
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-05-05T02:00:00.250Z", "2026-05-05T03:30:00Z");
    let verdict = judged(&view, &reference, vec![]);
    let parts: Vec<_> = verdict.items[0].stretches.iter().map(|s| (s.until_ms - s.from_ms, s.cause)).collect();
    assert_eq!(parts, [(3_600_000, Cause::Granted), (1_799_750, Cause::QuotaExhausted)]);
    assert_eq!(verdict.items[0].stretches[1].clause.as_deref(), Some("L-1"));
    assert_eq!(
        text(&verdict, FlagCode::QuotaExhausted),
        ["What clause L-1 of contract C-1 allows for application software from 2026-05-01 to 2026-05-31 \
          (60 minutes) was used up: 1:00:00 of the work were covered, 0:29:59 were not."]
    );
    assert_eq!(verdict.coverage, Coverage::NotCovered);
    // Earlier work consumes first, also when it arrives late; later work does not; this very visit is not counted twice.
    let used = |claims: Vec<Claim>| {
        let verdict = judged(&view, &reference, claims);
        let covered = verdict.items[0].stretches.iter().filter(|s| s.coverage == Coverage::Covered);
        covered.map(|s| s.until_ms - s.from_ms).sum::<i64>() / 60_000
    };
    let at = |visit: u128, from: &str, until: &str| claim(visit, ApplicationSoftware, from, until);
    assert_eq!(used(vec![at(950, "2026-05-01T02:00:00Z", "2026-05-01T02:20:00Z")]), 40);
    assert_eq!(used(vec![at(950, "2026-05-05T02:10:00Z", "2026-05-05T02:40:00Z")]), 60);
    assert_eq!(used(vec![at(900, "2026-05-01T02:00:00Z", "2026-05-01T02:20:00Z")]), 60);
    assert_eq!(used(vec![at(950, "2026-04-30T02:00:00Z", "2026-04-30T04:00:00Z")]), 60, "another month");
    assert_eq!(used(vec![claim(950, Network, "2026-05-01T02:00:00Z", "2026-05-01T04:00:00Z")]), 60, "never granted");
    // At the same instant the smaller visit id goes first.
    assert_eq!(used(vec![at(899, "2026-05-05T02:00:00.250Z", "2026-05-05T02:30:00.250Z")]), 30);
    assert_eq!(used(vec![at(901, "2026-05-05T02:00:00.250Z", "2026-05-05T02:30:00.250Z")]), 60);
}

#[test]
fn a_new_period_begins_in_the_middle_of_a_visit() {
    // Over the end of a month there: 16:00 UTC.
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-05-31T14:00:00Z", "2026-05-31T18:00:00Z");
    let of = |period| {
        let contract = Contract { extras: vec![minutes("L-1", 60, period)], ..year(SHANGHAI) };
        stretches(&judged(&view, &reference(vec![contract]), vec![]))
    };
    assert_eq!(
        of(QuotaPeriod::Month),
        [
            "31T14:00:00 31T15:00:00 granted 50 A-1",
            "31T15:00:00 31T16:00:00 quota_exhausted 50 L-1",
            "31T16:00:00 31T17:00:00 granted 50 A-1",
            "31T17:00:00 31T18:00:00 quota_exhausted 50 L-1",
        ]
    );
    let once = ["31T14:00:00 31T15:00:00 granted 50 A-1", "31T15:00:00 31T18:00:00 quota_exhausted 50 L-1"];
    for period in [QuotaPeriod::Quarter, QuotaPeriod::CalendarYear, QuotaPeriod::Contract] {
        assert_eq!(of(period), once);
    }
    // The contract's own year begins on its anniversary.
    let mut contract = contract(50, SHANGHAI, "C-1", Signed, "2024-06-01..2027-05-31");
    contract.extras = vec![minutes("L-1", 60, QuotaPeriod::ContractYear)];
    assert_eq!(stretches(&judged(&view, &reference(vec![contract]), vec![])).len(), 4);
}

#[test]
fn unlimited_contracts_go_first_and_limited_ones_spill_into_each_other() {
    let limited = |id, code: &str, amount| Contract {
        extras: vec![minutes("L-1", amount, QuotaPeriod::Contract)],
        ..contract(id, SHANGHAI, code, Signed, "2026-01-01..2026-12-31")
    };
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z");
    let two = || vec![limited(50, "C-2", 40), limited(51, "C-1", 30)];
    let verdict = judged(&view, &reference(two()), vec![]);
    assert_eq!(
        stretches(&verdict),
        [
            "05T02:00:00 05T02:30:00 granted 51 A-1",
            "05T02:30:00 05T03:10:00 granted 50 A-1",
            "05T03:10:00 05T04:00:00 quota_exhausted 51 L-1",
        ]
    );
    let looked: Vec<&str> = verdict.items[0].stretches[2].looked_at.iter().map(|m| m.id.as_str()).collect();
    assert_eq!(looked, ["looked-quota_exhausted", "looked-quota_exhausted"]);
    // A third without a limit covers everything, and then nothing is drawn on.
    let mut three = two();
    three.push(contract(52, SHANGHAI, "C-9", Signed, "2026-05-05..2026-05-05"));
    assert_eq!(stretches(&judged(&view, &reference(three), vec![])), ["05T02:00:00 05T04:00:00 granted 52 A-1"]);
}

#[test]
fn several_limits_must_all_have_something_left_and_shared_minutes_count_once() {
    let category = limit("L-2", Some(ApplicationSoftware), 90, QuotaUnit::Minutes, QuotaPeriod::Month);
    let extras = vec![minutes("L-1", 120, QuotaPeriod::Month), category, clause("X-1", Effect::Grant, Database, None)];
    let reference = reference(vec![Contract { extras, ..year(SHANGHAI) }]);
    // Two items share two hours: one of them has used up its own limit after 90 minutes, the other has not.
    let mut view = visit(SHANGHAI, "2026-05-05T02:00:00Z");
    view.items = vec![item(200, &[ApplicationSoftware]), item(201, &[Database])];
    view.time.push(labour(300, ZHAO, None, "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z"));
    let verdict = judged(&view, &reference, vec![]);
    assert_eq!(
        stretches(&verdict),
        [
            "05T02:00:00 05T03:30:00 granted 50 A-1",
            "05T03:30:00 05T04:00:00 quota_exhausted 50 L-2",
            "05T02:00:00 05T04:00:00 granted 50 X-1",
        ]
    );
}

#[test]
fn visits_count_once_each_and_a_moment_is_a_visit() {
    let visits = |amount| limit("L-1", None, amount, QuotaUnit::Visits, QuotaPeriod::Month);
    let reference = |amount| reference(vec![Contract { extras: vec![visits(amount)], ..year(SHANGHAI) }]);
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z");
    let covered = |amount, claims: Vec<Claim>| judged(&view, &reference(amount), claims).coverage == Coverage::Covered;
    let at = |visit: u128, from: &str, until: &str| claim(visit, ApplicationSoftware, from, until);
    let twice = vec![
        at(950, "2026-05-01T02:00:00Z", "2026-05-01T02:20:00Z"),
        at(950, "2026-05-02T02:00:00Z", "2026-05-02T02:20:00Z"),
    ];
    assert!(covered(2, twice.clone()) && !covered(1, twice) && covered(1, vec![]) && !covered(0, vec![]));
    let moment = vec![at(950, "2026-05-01T02:00:00Z", "2026-05-01T02:00:00Z")];
    assert!(!covered(1, moment.clone()) && covered(2, moment));
    // One that began last month counted then, and not in this month again.
    let over = vec![at(950, "2026-04-30T15:00:00Z", "2026-04-30T17:00:00Z")];
    assert!(covered(1, over));
    // Work without measured time takes no minutes, but is not covered when none are left.
    let moment = worked(SHANGHAI, ApplicationSoftware, "2026-05-05T02:00:00Z", "2026-05-05T02:00:00Z");
    for (amount, cause) in [(1, Cause::Granted), (0, Cause::QuotaExhausted)] {
        let contract = Contract { extras: vec![minutes("L-1", amount, QuotaPeriod::Month)], ..year(SHANGHAI) };
        let verdict = judged(&moment, &super::kit::reference(vec![contract]), vec![]);
        assert_eq!(verdict.items[0].stretches[0].cause, cause);
    }
}

#[test]
fn a_limit_that_says_not_how_much_needs_a_decision() {
    let unclear = clause("L-1", Effect::Limit, ApplicationSoftware, None);
    let reference = reference(vec![Contract { extras: vec![unclear], ..year(SHANGHAI) }]);
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-05-05T02:00:00Z", "2026-05-05T04:00:00Z");
    let verdict = judged(&view, &reference, vec![]);
    assert_eq!(told(&verdict), ["05-05 needs_decision needs-unclear_limit looked-unclear_limit()"]);
}

#[test]
fn hostile_claims_and_spans_stay_within_bounds() {
    let contract = Contract {
        extras: vec![minutes("L-1", 60, QuotaPeriod::Month)],
        hours: Some(ServiceHours::office()),
        ..contract(50, SHANGHAI, "C-1", Signed, "0001-01-01..9999-12-31")
    };
    let reference = reference(vec![contract]);
    let long = worked(SHANGHAI, ApplicationSoftware, "1900-01-01T00:00:00Z", "2200-01-01T00:00:00Z");
    assert_eq!(told(&judged(&long, &reference, vec![])), ["- needs_decision needs-too_many_parts"]);
    let view = worked(SHANGHAI, ApplicationSoftware, "2026-05-06T02:00:00Z", "2026-05-06T04:00:00Z");
    let endless = Claim {
        from_ms: i64::MIN,
        until_ms: i64::MAX,
        ..claim(950, ApplicationSoftware, "2026-05-06T02:00:00Z", "2026-05-06T02:00:00Z")
    };
    let backwards = Claim { from_ms: i64::MAX, until_ms: i64::MIN, ..endless.clone() };
    judged(&view, &reference, vec![endless, backwards]);
    let many = (0..50_000).map(|n| Claim {
        visit: VisitId(uuid(2_000 + n)),
        ..claim(950, ApplicationSoftware, "2026-05-06T01:00:00Z", "2026-05-06T01:00:01Z")
    });
    let verdict = judged(&view, &reference, many.collect());
    assert_eq!(verdict.coverage, Coverage::NeedsDecision);
}

#[test]
fn how_far_quotas_reach() {
    let reach = |contracts: Vec<Contract>| {
        let day = (ms("2026-05-05T02:00:00Z"), ms("2026-05-05T04:00:00Z"));
        quota_reach(&reference(contracts), CustomerId(uuid(SHANGHAI)), day.0, day.1)
    };
    let with =
        |clause: Clause, days: &str| Contract { extras: vec![clause], ..contract(50, SHANGHAI, "C-1", Signed, days) };
    let span = |from: &str, until: &str| Some(Interval::new(ms(from), ms(until)));
    let year = "2026-01-01..2026-12-31";
    assert_eq!(reach(vec![contract(50, SHANGHAI, "C-1", Signed, year)]), None);
    assert_eq!(reach(vec![with(minutes("L-1", 1, QuotaPeriod::Month), "2025-01-01..2026-05-04")]), None);
    let draft = Contract { status: ContractStatus::Draft, ..with(minutes("L-1", 1, QuotaPeriod::Month), year) };
    assert_eq!(reach(vec![draft]), None);
    let month = span("2026-04-30T16:00:00Z", "2026-05-31T16:00:00Z");
    assert_eq!(reach(vec![with(minutes("L-1", 1, QuotaPeriod::Month), year)]), month);
    // Only as far as the contract holds.
    let short = with(minutes("L-1", 1, QuotaPeriod::CalendarYear), "2026-05-02..2026-06-01");
    assert_eq!(reach(vec![short.clone()]), span("2026-05-01T16:00:00Z", "2026-06-01T16:00:00Z"));
    // What the one leaves may use up the other.
    let other = Contract {
        id: ContractId(uuid(51)),
        ..with(minutes("L-1", 1, QuotaPeriod::Quarter), "2026-01-01..2026-12-31")
    };
    assert_eq!(reach(vec![short, other]), span("2026-03-31T16:00:00Z", "2026-06-30T16:00:00Z"));
    // A visit counts once, wherever it began.
    let visits = limit("L-1", None, 1, QuotaUnit::Visits, QuotaPeriod::Month);
    assert_eq!(reach(vec![with(visits, year)]), span("2025-12-31T16:00:00Z", "2026-12-31T16:00:00Z"));
}
