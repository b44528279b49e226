//! A small company to judge by: hospital 1 in Shanghai, hospital 2 in Berlin, and builders for their contracts.

use crate::clock::Stamp;
use crate::coverage::*;
use crate::document::facts::*;
use crate::document::view::*;
use crate::ids::*;
use crate::reference::*;
pub(super) use crate::time::testkit::*;
use jiff::civil::Date;

pub(super) const SHANGHAI: u128 = 1;
pub(super) const BERLIN: u128 = 2;
/// A service manager, an engineer with two colleagues, a salesman.
pub(super) const MANAGER: u128 = 10;
pub(super) const ZHAO: u128 = 11;
pub(super) const QIAN: u128 = 12;
pub(super) const SALES: u128 = 13;
/// An order by the manager for hospital 1; one by sales; one for hospital 2; a retroactive one.
pub(super) const ORDER: u128 = 40;
pub(super) const SALES_ORDER: u128 = 41;
pub(super) const BERLIN_ORDER: u128 = 42;
pub(super) const RETROACTIVE: u128 = 43;
/// The package that grants application software and, remotely, the database; it excludes data entry.
pub(super) const BASIC: u128 = 30;

pub(super) fn ms(instant: &str) -> i64 {
    instant.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

pub(super) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn clause(code: &str, effect: Effect, category: Category, mode: Option<Mode>) -> Clause {
    Clause {
        code: code.into(),
        effect,
        category: Some(category),
        mode,
        hours: None,
        quota: None,
        price: None,
        text: String::new(),
        text_en: String::new(),
    }
}

pub(super) fn contract(id: u128, customer: u128, code: &str, status: ContractStatus, days: &str) -> Contract {
    let (first, last) = days.split_once("..").unwrap();
    Contract {
        id: ContractId(uuid(id)),
        code: code.into(),
        customer: CustomerId(uuid(customer)),
        kind: ContractKind::Software,
        status,
        package: PackageId(uuid(BASIC)),
        extras: vec![],
        first_day: date(first),
        last_day: date(last),
        annual_fee_minor: None,
        currency: None,
        hours: None,
        signed_on: None,
        ended_on: None,
        modules: vec![],
    }
}

/// The company with these contracts.
pub(super) fn reference(contracts: Vec<Contract>) -> Reference {
    let mut all = Reference { version: 7, ..Reference::default() };
    for (id, code, zone) in
        [(SHANGHAI, "SH1", "Asia/Shanghai"), (BERLIN, "BE1", "Europe/Berlin"), (3, "X3", "Nowhere/At")]
    {
        all.put(Record::Customer(Customer {
            id: CustomerId(uuid(id)),
            code: code.into(),
            name: format!("医院{code}"),
            name_en: None,
            tier: Tier::Secondary,
            time_zone: zone.into(),
            service_manager: user(MANAGER),
            account_manager: user(MANAGER),
            calendar: None,
            receipt_languages: None,
        }));
    }
    for (id, name, role) in [
        (MANAGER, "孙经理", Role::ServiceManager),
        (ZHAO, "赵工", Role::Engineer),
        (QIAN, "钱工", Role::Engineer),
        (SALES, "李销售", Role::Sales),
    ] {
        let code = format!("u{id}");
        all.put(Record::Person(Person { id: user(id), code, name: name.into(), roles: vec![role] }));
    }
    for (id, customer, by) in [
        (ORDER, SHANGHAI, MANAGER),
        (SALES_ORDER, SHANGHAI, SALES),
        (BERLIN_ORDER, BERLIN, MANAGER),
        (RETROACTIVE, SHANGHAI, MANAGER),
    ] {
        all.put(Record::WorkOrder(WorkOrder {
            id: WorkOrderId(uuid(id)),
            code: format!("WO-{id}"),
            customer: CustomerId(uuid(customer)),
            visit: VisitId(uuid(900)),
            issued_by: user(by),
            issued_at_ms: 0,
            engineers: vec![],
            task: String::new(),
            retroactive: (id == RETROACTIVE).then(|| "夜间抢修".into()),
            triage: None,
            status: WorkOrderStatus::Open,
        }));
    }
    all.put(Record::Package(Package {
        id: PackageId(uuid(BASIC)),
        code: "A-2026".into(),
        name: "基础包".into(),
        name_en: "Basic".into(),
        clauses: vec![
            clause("A-1", Effect::Grant, Category::ApplicationSoftware, None),
            clause("A-2", Effect::Grant, Category::Database, Some(Mode::Remote)),
            clause("A-9", Effect::Exclude, Category::DataEntry, None),
            clause("A-8", Effect::Grant, Category::Storage, None),
            clause("A-7", Effect::Exclude, Category::Storage, Some(Mode::OnSite)),
        ],
        family: None,
        sold_from: None,
        sold_until: None,
        hours: None,
        expenses: None,
    }));
    contracts.into_iter().for_each(|c| all.put(Record::Contract(c)));
    all
}

/// A phone that knows the server's time, read at this instant.
pub(super) fn at(instant: &str) -> Stamp {
    reading(ms(instant), 5, 0, true)
}

/// On site at `customer`, begun then, on the manager's order.
pub(super) fn visit(customer: u128, begun: &str) -> VisitView {
    let order = if customer == BERLIN { BERLIN_ORDER } else { ORDER };
    let origin = Origin {
        customer_name: String::new(),
        time_zone: None,
        work_order_code: None,
        visit: VisitId(uuid(900)),
        customer: CustomerRef::Listed(CustomerId(uuid(customer))),
        work_order: Some(WorkOrderId(uuid(order))),
        mode: Mode::OnSite,
        demand: None,
        triage: None,
        at: at(begun),
        by: user(ZHAO),
    };
    VisitView { visit: Some(VisitId(uuid(900))), origins: vec![as_fact(100, origin)], ..VisitView::default() }
}

pub(super) fn item(id: u128, categories: &[Category]) -> Item {
    Item {
        asset_name: Field::default(),
        id: fact(id),
        at: None,
        by: None,
        category: Field(categories.iter().enumerate().map(|(n, c)| written(n as u128, *c)).collect()),
        asset: Field::default(),
        symptom: Field::default(),
        action: Field::default(),
        outcome: Field::default(),
        removed: Field::default(),
    }
}

/// Labour of an engineer, linked to an item or not.
pub(super) fn labour(id: u128, who: u128, item: Option<u128>, from: &str, until: &str) -> TimeEntry {
    let mut entry = manual(id, who, TimeKind::Labour, ms(from), ms(until));
    entry.start.value.at = at(until);
    entry.start.value.item = item.map(fact);
    entry
}

pub(super) fn sign_off(id: u128, instant: &str, outcome: SignOffOutcome, reason: &str) -> Fact<SignOff> {
    as_fact(
        id,
        SignOff {
            visit: VisitId(uuid(900)),
            outcome,
            reason: reason.into(),
            signer: Signer::new("周主任", "信息科主任"),
            address: None,
            rating: None,
            heads: vec![],
            summary_sha256: String::new(),
            text_lang: Lang::ZhCn,
            text_sha256: String::new(),
            strokes_sha256: None,
            at: at(instant),
            by: user(ZHAO),
            signature: DeviceSignature { device: device(1), alg: crate::crypto::Alg::EdDSA, sig: String::new() },
        },
    )
}

pub(super) fn judge(view: &VisitView, reference: &Reference) -> Verdict {
    let verdict = assess(view, reference, &Evidence::default());
    super::catalogue::renders(&verdict);
    verdict
}

/// The verdict as a few words per stretch: `04-01 covered C-1 A-1`, `04-01 not_covered looked-lapsed(1)`.
pub(super) fn told(verdict: &Verdict) -> Vec<String> {
    use crate::message::Arg;
    let text = |m: &crate::message::Message, name: &str| match m.args.get(name) {
        Some(Arg::Text(s)) => s.clone(),
        Some(Arg::Int(n)) => n.to_string(),
        _ => String::new(),
    };
    let stretches = verdict.items.iter().flat_map(|i| &i.stretches);
    stretches
        .map(|s| {
            let day = s.day.map_or("-".into(), |d| d.strftime("%m-%d").to_string());
            if s.coverage == Coverage::Covered {
                return format!("{day} covered {} {}", text(&s.reason, "contract"), text(&s.reason, "clause"));
            }
            let looked = s.looked_at.iter().map(|m| format!("{}({})", m.id, text(m, "days"))).collect::<Vec<_>>();
            format!("{day} {} {} {}", s.coverage, s.reason.id, looked.join(" ")).trim_end().to_owned()
        })
        .collect()
}

/// The codes of the flags, each once.
pub(super) fn codes(verdict: &Verdict) -> Vec<&'static str> {
    let mut codes: Vec<_> = verdict.flags.iter().map(|f| f.code.as_str()).collect();
    codes.dedup();
    codes
}
