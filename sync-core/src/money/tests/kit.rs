//! One hospital in Shanghai, three engineers: Zhao (rate from 2026, raised on 1 July), Qian (another grade), Sun (none).

use crate::coverage::{Evidence, Verdict, assess};
use crate::document::facts::*;
use crate::document::view::*;
use crate::ids::*;
use crate::money::{CostLine, cost_lines};
use crate::reference::*;
use crate::time::spans;
pub(super) use crate::time::testkit::*;
use jiff::civil::Date;

pub(super) const HOSPITAL: CustomerId = CustomerId(uuid::Uuid::from_u128(1));
pub(super) const ZHAO: u128 = 11;
pub(super) const QIAN: u128 = 12;
pub(super) const SUN: u128 = 13;
pub(super) const BASIC: PackageId = PackageId(uuid::Uuid::from_u128(30));
pub(super) const COMPLETE: PackageId = PackageId(uuid::Uuid::from_u128(31));

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Shanghai's local time as an instant.
pub(super) fn local(text: &str) -> i64 {
    format!("{text}:00+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub(super) fn grants(code: &str, category: Category) -> Clause {
    Clause {
        code: code.into(),
        effect: Effect::Grant,
        category: Some(category),
        mode: None,
        hours: None,
        quota: None,
        price: None,
        text: "条款".into(),
        text_en: "clause".into(),
    }
}

pub(super) fn package(id: PackageId, code: &str, clauses: Vec<Clause>) -> Record {
    Record::Package(Package {
        id,
        code: code.into(),
        name: format!("{code} 包"),
        name_en: format!("package {code}"),
        family: None,
        sold_from: None,
        sold_until: None,
        hours: None,
        clauses,
        expenses: None,
    })
}

pub(super) fn contract(first: &str, last: &str, fee: i64) -> Contract {
    Contract {
        id: ContractId(uuid(50)),
        code: "C-1".into(),
        customer: HOSPITAL,
        kind: ContractKind::Software,
        status: ContractStatus::Signed,
        package: BASIC,
        extras: vec![],
        hours: None,
        first_day: day(first),
        last_day: day(last),
        signed_on: None,
        ended_on: None,
        annual_fee_minor: Some(fee),
        modules: vec![],
        currency: Some("CNY".into()),
    }
}

pub(super) fn by(normal: i64) -> ByDayClass {
    ByDayClass { normal, evening: normal * 3 / 2, rest_day: normal * 2, holiday: normal * 3 }
}

pub(super) fn rate(first: &str, cost: i64, currency: &str) -> Rate {
    Rate { first_day: day(first), currency: currency.into(), cost: by(cost), list: by(cost * 3) }
}

fn grade(id: u128, code: &str, rates: Vec<Rate>, holder: u128) -> Record {
    let holders = vec![Holder { user: user(holder), first_day: day("2026-01-01") }];
    Record::Grade(Grade { id: GradeId(uuid(id)), code: code.into(), name: code.into(), rates, holders })
}

pub(super) fn reference() -> Reference {
    let mut all = Reference { version: 1, ..Reference::default() };
    all.put(Record::Customer(Customer {
        id: HOSPITAL,
        code: "H01".into(),
        name: "第一医院".into(),
        name_en: None,
        tier: Tier::Secondary,
        time_zone: "Asia/Shanghai".into(),
        service_manager: user(1),
        account_manager: user(2),
        calendar: None,
        receipt_languages: None,
    }));
    all.put(package(BASIC, "A", vec![grants("A-1", Category::ApplicationSoftware)]));
    all.put(package(
        COMPLETE,
        "C",
        vec![grants("C-1", Category::ApplicationSoftware), grants("C-2", Category::Network)],
    ));
    all.put(Record::Contract(contract("2026-01-01", "2026-12-31", 6_000_000)));
    all.put(grade(60, "E1", vec![rate("2026-01-01", 10_000, "CNY"), rate("2026-07-01", 12_000, "CNY")], ZHAO));
    all.put(grade(61, "E2", vec![rate("2026-01-01", 7_777, "CNY")], QIAN));
    all
}

pub(super) fn visit() -> VisitView {
    let origin = Origin {
        visit: VisitId(uuid(900)),
        customer: CustomerRef::Listed(HOSPITAL),
        customer_name: "第一医院".into(),
        time_zone: None,
        work_order: None,
        work_order_code: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
        at: wall(local("2026-11-23T09:00")),
        by: user(ZHAO),
    };
    VisitView { visit: Some(VisitId(uuid(900))), origins: vec![as_fact(100, origin)], ..VisitView::default() }
}

pub(super) fn item(id: u128, category: Category) -> Item {
    Item {
        id: fact(id),
        at: None,
        by: None,
        category: Field(vec![written(1, category)]),
        asset: Field::default(),
        asset_name: Field::default(),
        symptom: Field::default(),
        action: Field::default(),
        outcome: Field::default(),
        removed: Field::default(),
    }
}

pub(super) fn time(id: u128, who: u128, kind: TimeKind, on: Option<u128>, from: &str, until: &str) -> TimeEntry {
    let mut entry = manual(id, who, kind, local(from), local(until));
    entry.start.value.item = on.map(fact);
    entry
}

pub(super) fn expense(id: u128, kind: ExpenseKind, minor: Option<i64>, at: &str) -> Expense {
    Expense {
        id: fact(id),
        at: Some(wall(local(at))),
        by: Some(user(ZHAO)),
        kind: Field(vec![written(1, kind)]),
        amount_minor: Field(minor.map(|m| written(1, m)).into_iter().collect()),
        currency: Field(vec![written(1, "CNY".to_owned())]),
        note: Field::default(),
        removed: Field::default(),
    }
}

pub(super) fn judged(view: &VisitView, reference: &Reference) -> Verdict {
    assess(view, reference, &Evidence::default())
}

pub(super) fn lines(view: &VisitView, reference: &Reference) -> Vec<CostLine> {
    cost_lines(view, &spans(view), &judged(view, reference), reference)
}

/// A line in a few words.
pub(super) fn told(line: &CostLine) -> String {
    let word = |w: Option<&str>| w.unwrap_or("-").to_owned();
    let price = line.price.as_ref().map_or("unpriced".to_owned(), |p| format!("{}/{}", p.cost_minor, p.list_minor));
    format!(
        "{} {} {} {} {} {}min {price}",
        line.kind,
        line.day.map_or("-".into(), |d| d.to_string()),
        word(line.class.map(|c| c.as_str())),
        line.cause,
        word(line.category.map(|c| c.as_str()).or(line.expense.map(|e| e.as_str()))),
        line.ms / 60_000,
    )
}
