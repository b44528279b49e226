//! Verdicts with hours, quotas and everything a manager must look at: a few visits under contracts, each judged under
//! what the others have used up.

use jiff::civil::date;
use std::collections::BTreeSet;
use sync_core::clock::Stamp;
use sync_core::coverage::{
    Claim, Evidence, Neighbour, Problem, Verdict, assess, problem_key, quota_reach, vendor_gaps,
};
use sync_core::document::facts::*;
use sync_core::document::view::*;
use sync_core::ids::*;
use sync_core::reference::*;
use uuid::Uuid;

const MINUTE_MS: i64 = 60_000;
/// Thursday, 24 September 2026, 00:00 in Shanghai: the day before the Mid-Autumn Festival.
const BEGIN_MS: i64 = 1_790_179_200_000;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn clause(code: &str, effect: Effect, category: Option<Category>) -> Clause {
    let (mode, hours, quota, price) = (None, None, None, None);
    Clause {
        code: code.into(),
        effect,
        category,
        mode,
        hours,
        quota,
        price,
        text: String::new(),
        text_en: String::new(),
    }
}

fn limit(code: &str, unit: QuotaUnit, amount: i64, period: QuotaPeriod) -> Clause {
    Clause { quota: Some(Quota { unit, amount, period }), ..clause(code, Effect::Limit, None) }
}

fn contract(n: u128, customer: u128, extras: Vec<Clause>) -> Contract {
    Contract {
        id: ContractId(id(n)),
        code: format!("C-{n}"),
        customer: CustomerId(id(customer)),
        kind: ContractKind::Software,
        status: ContractStatus::Signed,
        package: PackageId(id(30)),
        extras,
        hours: None,
        first_day: date(2025, 10, 26),
        last_day: date(2026, 10, 25),
        signed_on: None,
        ended_on: None,
        annual_fee_minor: None,
        modules: Vec::new(),
        currency: None,
    }
}

fn reference() -> Reference {
    let mut all = Reference { version: 3, ..Reference::default() };
    for (n, zone) in [(1, "Asia/Shanghai"), (2, "Europe/Berlin")] {
        all.put(Record::Customer(Customer {
            id: CustomerId(id(n)),
            code: format!("H{n}"),
            name: "云岭县人民医院".into(),
            name_en: None,
            tier: Tier::County,
            time_zone: zone.into(),
            service_manager: UserId(id(10)),
            account_manager: UserId(id(10)),
            calendar: None,
            receipt_languages: None,
        }));
    }
    let clauses = vec![
        clause("A-1", Effect::Grant, Some(Category::ApplicationSoftware)),
        clause("A-2", Effect::CustomersOwn, Some(Category::Training)),
        clause("A-3", Effect::Price, Some(Category::Network)),
        limit("A-4", QuotaUnit::Minutes, 300, QuotaPeriod::Month),
    ];
    let (family, sold_from, sold_until) = (None, None, None);
    let (code, name, name_en) = ("A-2026".into(), "基础包".into(), "Basic".into());
    let hours = Some(ServiceHours::office());
    all.put(Record::Package(Package {
        id: PackageId(id(30)),
        code,
        name,
        name_en,
        family,
        sold_from,
        sold_until,
        hours,
        clauses,
        expenses: None,
    }));
    let nights =
        Clause { hours: Some(ServiceHours::always()), ..clause("X-1", Effect::Grant, Some(Category::Database)) };
    let visits = limit("X-2", QuotaUnit::Visits, 2, QuotaPeriod::ContractYear);
    all.put(Record::Contract(contract(51, 1, vec![nights.clone(), visits])));
    all.put(Record::Contract(contract(52, 1, vec![nights])));
    all.put(Record::Contract(Contract { hours: Some(ServiceHours::always()), ..contract(53, 2, Vec::new()) }));
    all.put(Record::Asset(Asset {
        id: AssetId(id(70)),
        code: "SN-1".into(),
        customer: CustomerId(id(1)),
        name: "存储一".into(),
        category: Category::Storage,
        promised: vec![Promise {
            first_day: date(2022, 9, 25),
            last_day: date(2027, 9, 24),
            tier: SupportTier::Authorised,
            annual_cost_minor: None,
            currency: None,
        }],
        bought: vec![Segment {
            provider: "甲公司".into(),
            tier: SupportTier::ThirdParty,
            first_day: date(2025, 9, 25),
            last_day: date(2026, 9, 24),
            reference: String::new(),
        }],
    }));
    all
}

/// A visit with an item of each category, worked on one after the other for five hours each, from this minute on.
fn visit(n: u128, customer: u128, from: i64, categories: &[Category]) -> VisitView {
    let at = |minute: i64| Stamp {
        wall_ms: BEGIN_MS + minute * MINUTE_MS,
        mono_ms: minute * MINUTE_MS,
        boot: id(3),
        server: None,
    };
    fn fact<T>(n: u128, value: T) -> Fact<T> {
        Fact { id: FactId(id(n)), value, device: DeviceId(id(4)), superseded_by: None }
    }
    fn one<T>(value: T) -> Field<T> {
        Field(vec![Written { value, device: DeviceId(id(4)) }])
    }
    let (visit, by) = (VisitId(id(n)), UserId(id(11)));
    let origin = Origin {
        visit,
        customer: CustomerRef::Listed(CustomerId(id(customer))),
        customer_name: String::new(),
        time_zone: None,
        work_order: None,
        work_order_code: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
        at: at(from),
        by,
    };
    let mut view = VisitView { visit: Some(visit), origins: vec![fact(100, origin)], ..VisitView::default() };
    let mut minute = from;
    for (place, category) in (0..).zip(categories) {
        view.items.push(Item {
            id: FactId(id(200 + place)),
            at: None,
            by: None,
            category: one(*category),
            asset: one(AssetId(id(70))),
            asset_name: Field::default(),
            symptom: one("存储满".into()),
            action: Field::default(),
            outcome: Field::default(),
            removed: Field::default(),
        });
        let manual =
            ManualSpan { from_ms: BEGIN_MS + minute * MINUTE_MS, until_ms: BEGIN_MS + (minute + 300) * MINUTE_MS };
        let start = TimeStart {
            kind: TimeKind::Labour,
            user: by,
            item: Some(FactId(id(200 + place))),
            at: at(minute + 300),
            manual: Some(manual),
            supersedes: None,
        };
        view.time.push(TimeEntry { start: fact(300 + place, start), end: Field::default() });
        minute += 300;
    }
    view
}

/// The verdicts, with what quotas reach and which gaps there are.
pub(crate) fn verdicts() -> (Vec<Verdict>, String) {
    use Category::*;
    let reference = reference();
    let mut verdicts = Vec::new();
    let mut figures = String::new();
    for (n, customer, from, categories) in [
        (900, 1, 480, &[ApplicationSoftware, Database, Network][..]),
        (901, 1, 7 * 1440, &[Database, Training, DataEntry, Storage][..]),
        // The night in which Berlin's clocks go back, and the contract's last day.
        (
            902,
            2,
            31 * 1440 + 300,
            &[ApplicationSoftware, ApplicationSoftware, Other, Security, Other, ApplicationSoftware][..],
        ),
    ] {
        let view = visit(n, customer, from, categories);
        let (from_ms, until_ms) = (BEGIN_MS + from * MINUTE_MS, BEGIN_MS + (from + 900) * MINUTE_MS);
        let earlier = |back: i64| from_ms - back * MINUTE_MS;
        let claim = |visit: u128, category: Category, back: i64| Claim {
            visit: VisitId(id(visit)),
            categories: BTreeSet::from([category]),
            modes: BTreeSet::from([Mode::OnSite]),
            from_ms: earlier(back),
            until_ms: earlier(back - 95),
        };
        let key = problem_key(Storage, Some(AssetId(id(70))), "").unwrap_or_default();
        let problem = |visit: u128, back: i64| Problem {
            visit: VisitId(id(visit)),
            item: FactId(id(visit)),
            key: key.clone(),
            at_ms: earlier(back),
        };
        let neighbour = Neighbour {
            visit: VisitId(id(801)),
            customer: None,
            work_order: None,
            user: UserId(id(11)),
            kind: TimeKind::Travel,
            from_ms: earlier(200),
            until_ms: earlier(60),
        };
        let evidence = Evidence {
            claims: vec![claim(801, Database, 300), claim(802, ApplicationSoftware, 1440), claim(950, Database, -30)],
            problems: vec![problem(801, 300), problem(802, 9_000)],
            neighbours: vec![neighbour],
            ..Evidence::default()
        };
        verdicts.push(assess(&view, &reference, &evidence));
        // Not by `Debug`: a browser's build has none.
        if let Some(reach) = quota_reach(&reference, CustomerId(id(customer)), from_ms, until_ms) {
            figures.push_str(&format!("{}-{} ", reach.from_ms, reach.until_ms));
        }
    }
    for asset in reference.assets.values() {
        for gap in vendor_gaps(asset, date(2026, 1, 1), date(2027, 12, 31)) {
            let bought = gap.bought.map_or("", SupportTier::as_str);
            figures.push_str(&format!("{} {} {} {bought};", gap.first_day, gap.last_day, gap.promised));
        }
    }
    (verdicts, figures)
}

#[cfg(test)]
mod tests {
    use sync_core::coverage::{Cause, FlagCode};

    #[test]
    fn the_digest_covers_every_cause_that_contracts_have_and_the_new_flags() {
        let (verdicts, _) = super::verdicts();
        let stretches = verdicts.iter().flat_map(|v| &v.items).flat_map(|i| &i.stretches);
        let causes: Vec<Cause> = stretches.map(|s| s.cause).collect();
        for cause in Cause::ALL.iter().filter(|c| **c != Cause::Undecided) {
            assert!(causes.contains(cause), "{cause}");
        }
        let flags: Vec<FlagCode> = verdicts.iter().flat_map(|v| &v.flags).map(|f| f.code).collect();
        use FlagCode::*;
        for code in
            [QuotaExhausted, OutsideServiceHours, CustomersOwnWork, VendorGap, RepeatProblem, RemotePossible, Fatigue]
        {
            assert!(flags.contains(&code), "{code}");
        }
    }
}
