//! Reports over what real phones synced: the figures, the forms, and who sees them.

use crate::field::{Field, HOSPITAL, HOUR, MORNING, OTHER_HOSPITAL, WANGS_PHONE, id};
use axum::http::header;
use countersign::conformance;
use countersign::store::reference;
use serde_json::Value;
use sim_phone::SimPhone;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::*;
use sync_core::reference::*;

const DAYS: &str = "from=2026-11-01&to=2026-11-30";

fn clause(code: &str, effect: Effect, category: Category) -> Clause {
    Clause {
        code: code.into(),
        effect,
        category: Some(category),
        mode: None,
        hours: None,
        quota: None,
        price: None,
        text: "网络服务".into(),
        text_en: "Network service".into(),
    }
}

fn by(n: i64) -> ByDayClass {
    ByDayClass { normal: n, evening: n * 2, rest_day: n * 2, holiday: n * 3 }
}

/// Wang costs 100.00 an hour and is sold at 300.00; a fee; an asset that is not backed; data entry is the customer's own;
/// the other hospital bought the network service.
pub(crate) async fn company(field: &Field) {
    let mut tx = field.api.state.db.begin().await.unwrap();
    let known = field.api.state.reference.refresh(&mut tx).await.unwrap();
    let mut package = known.packages.values().next().unwrap().clone();
    package.clauses.push(clause("A-9", Effect::CustomersOwn, Category::DataEntry));
    let mut ours = known.contracts[&HOSPITAL].values().next().unwrap().clone();
    (ours.annual_fee_minor, ours.currency) = (Some(6_000_000), Some("CNY".into()));
    let mut theirs = ours.clone();
    (theirs.id, theirs.code, theirs.customer) = (ContractId(id(0x22)), "C-2".into(), OTHER_HOSPITAL);
    theirs.extras = vec![clause("NET", Effect::Grant, Category::Network)];
    let rate =
        Rate { first_day: "2026-01-01".parse().unwrap(), currency: "CNY".into(), cost: by(10_000), list: by(30_000) };
    let grade = Grade {
        id: GradeId(id(0x60)),
        code: "E1".into(),
        name: "工程师".into(),
        rates: vec![rate],
        holders: vec![Holder { user: UserId(id(1)), first_day: "2026-01-01".parse().unwrap() }],
    };
    let asset = Asset {
        id: AssetId(id(0x70)),
        code: "PACS-1".into(),
        customer: HOSPITAL,
        name: "存储".into(),
        category: Category::Storage,
        promised: vec![Promise {
            first_day: "2026-01-01".parse().unwrap(),
            last_day: "2026-12-31".parse().unwrap(),
            tier: SupportTier::Manufacturer,
            annual_cost_minor: Some(36_500),
            currency: Some("CNY".into()),
        }],
        bought: vec![],
    };
    let records = [
        Record::Package(package),
        Record::Contract(ours),
        Record::Contract(theirs),
        Record::Grade(grade),
        Record::Asset(asset),
    ];
    reference::put(&mut tx, &records, None, 1).await.unwrap();
    tx.commit().await.unwrap();
}

/// A visit of two hours by Wang, from `after` hours after ten on.
pub(crate) fn visit(phone: &mut SimPhone, category: Category, after: i64) -> VisitId {
    let visit = phone
        .begin(Command::Begin {
            customer: CustomerRef::Listed(HOSPITAL),
            customer_name: "H01 医院".into(),
            work_order: None,
            mode: Mode::OnSite,
            demand: Some(Demand {
                name: "=李销售".into(),
                role: RequesterRole::Sales,
                channel: Channel::Phone,
                words: "你们必须来".into(),
                at_ms: None,
            }),
            triage: None,
        })
        .unwrap();
    let patch = ItemPatch { category: Some(category), symptom: Some("连不上".into()), ..ItemPatch::default() };
    let from_ms = MORNING + after * HOUR;
    let time = Command::AddTime {
        kind: TimeKind::Labour,
        user: UserId(id(1)),
        item: None,
        span: ManualSpan { from_ms, until_ms: from_ms + 2 * HOUR },
        supersedes: None,
    };
    phone.record(visit, &[Command::AddItem(patch), time]).unwrap();
    visit
}

fn taxi(phone: &mut SimPhone, visit: VisitId) {
    let patch = ExpensePatch {
        kind: Some(ExpenseKind::Taxi),
        amount_minor: Some(3_500),
        currency: Some("CNY".into()),
        ..ExpensePatch::default()
    };
    phone.one(visit, Command::AddExpense(patch)).unwrap();
}

fn total<'a>(report: &'a Value, column: &str) -> &'a Value {
    assert_eq!(report["totals"].as_array().unwrap().len(), 1, "{report}");
    &report["totals"][0][column]
}

conformance! { the_figures_are_what_was_worked, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let network = visit(&mut wang, Category::Network, 0);
    taxi(&mut wang, network);
    visit(&mut wang, Category::ApplicationSoftware, 2);
    visit(&mut wang, Category::DataEntry, 4);
    let _wang = field.sync(wang).await;
    let lead = field.token("lead").await;
    let get = async |token: &str, path: &str| field.api.get(&format!("/api/v1/reports/{path}"), token).await;

    let report = get(&lead, &format!("given-away?{DAYS}&category=network")).await.ok();
    let row = &report["rows"][0];
    assert_eq!(report["rows"].as_array().unwrap().len(), 1);
    // Two hours at 100.00 and a taxi at 35.00; by the list 600.00 and the taxi.
    assert_eq!((&row["cost"], &row["list"]), (&23_500.into(), &63_500.into()));
    assert_eq!((&row["requester_role"], &row["requester_name"]), (&"sales".into(), &"=李销售".into()));
    assert_eq!((&row["customer_name"], &row["engineer_name"]), (&"H01 医院".into(), &"wang 某".into()));
    assert_eq!((&row["cause"], &row["time"]), (&"out_of_scope".into(), &7_200_000.into()));
    let given = get(&lead, &format!("given-away?{DAYS}&group_by=customer")).await.ok();
    // The customer's own work, from two to four in the afternoon, is given away, too.
    assert_eq!(total(&given, "cost"), 43_500);
    assert_eq!(report["columns"][0]["title"], "customer");

    // 6,000,000 × 30 / 365 of the fee, twice: both hospitals have that contract.
    let profit = get(&lead, &format!("profitability?{DAYS}&customer={HOSPITAL}")).await.ok();
    let row = &profit["rows"][0];
    assert_eq!((&row["fees"], &row["covered_cost"], &row["given_away_cost"]), (&493_151.into(), &20_000.into(), &43_500.into()));
    assert_eq!(row["margin"], 493_151 - 63_500);
    let even = get(&lead, &format!("break-even?{DAYS}&customer={HOSPITAL}")).await.ok();
    let row = &even["rows"][0];
    assert_eq!((&row["labour"], &row["margin"]), (&60_000.into(), &(493_151 - 3_500).into()));
    assert_eq!((&row["needed"], &row["headcount"]), (&120_000.into(), &1.into()));

    let own = get(&lead, &format!("own-work?{DAYS}")).await.ok();
    assert_eq!((&own["rows"][0]["demands"], &own["rows"][0]["customer"]), (&1.into(), &HOSPITAL.to_string().into()));
    let gaps = get(&lead, "vendor-gaps?from=2026-11-01&to=2026-11-30").await.ok();
    let row = &gaps["rows"][0];
    assert_eq!((&row["asset_code"], &row["days"], &row["exposure"]), (&"PACS-1".into(), &30.into(), &3_000.into()));
    assert_eq!((&row["promised"], &row["bought"]), (&"manufacturer".into(), &Value::Null));
    get(&lead, "vendor-gaps").await.ok();

    // What the network service beside the package would have covered: that visit, not the data entry.
    let question = format!("what-if?{DAYS}&customer={HOSPITAL}&package=A-2026&extras=NET");
    let tried = get(&lead, &question).await.ok();
    assert_eq!((total(&tried, "cost"), total(&tried, "covered_cost")), (&43_500.into(), &23_500.into()));
    assert_eq!((total(&tried, "covered_list"), total(&tried, "covered_time")), (&63_500.into(), &7_200_000.into()));
    let same = get(&lead, &format!("what-if?{DAYS}&customer={HOSPITAL}&package=A-2026")).await.ok();
    assert_eq!((total(&same, "covered_cost"), total(&same, "cost")), (&0.into(), &43_500.into()));
    let of_contract = get(&lead, &format!("what-if?{DAYS}&customer={HOSPITAL}&package=A-2026&contract=C-2")).await.ok();
    assert_eq!(total(&of_contract, "covered_cost"), 23_500);
} }

conformance! { the_published_case_and_the_forms, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    visit(&mut wang, Category::Network, 0);
    let _wang = field.sync(wang).await;
    let lead = field.token("lead").await;
    let get = async |token: &str, path: &str| field.api.get(&format!("/api/v1/reports/{path}"), token).await;
    let case = "break-even?labour_minor=1200000000&margin_minor=600000000&currency=CNY&headcount=80";
    let row = get(&lead, case).await.ok()["rows"][0].clone();
    assert_eq!((&row["needed"], &row["shortfall"]), (&2_400_000_000_i64.into(), &1_800_000_000_i64.into()));
    assert_eq!((&row["margin_per_head"], &row["needed_per_head"]), (&7_500_000.into(), &30_000_000.into()));
    let stricter = get(&lead, &format!("{case}&target_permille=2500")).await.ok();
    assert_eq!(stricter["rows"][0]["needed"], 3_000_000_000_i64);

    let csv = get(&lead, &format!("given-away?{DAYS}&format=csv&lang=zh-CN")).await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(csv.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"given-away.csv\"");
    let text = String::from_utf8(csv.bytes).unwrap();
    assert!(text.starts_with("\u{feff}客户,") && text.contains(",销售,'=李销售,") && text.contains("\n合计,"), "{text}");
    assert!(text.contains(",CNY,1,2:00:00,200.00,600.00,0:00:00,0"), "{text}");
    let xlsx = get(&lead, &format!("given-away?{DAYS}&format=xlsx")).await;
    assert!(xlsx.bytes.starts_with(b"PK") && xlsx.status.is_success());
    for report in ["profitability", "repeat-problems", "vendor-gaps", "own-work"] {
        for form in ["csv", "xlsx"] {
            let answer = get(&lead, &format!("{report}?{DAYS}&format={form}")).await;
            assert!(answer.status.is_success(), "{report} {form}: {}", answer.body);
        }
    }

    // Their own customers only, and what is not understood is refused.
    let rows = |report: Value| report["rows"].as_array().unwrap().len();
    for (login, seen) in [("sm", 1), ("am", 1), ("sm2", 0), ("boss", 1)] {
        let token = field.token(login).await;
        assert_eq!(rows(get(&token, &format!("given-away?{DAYS}")).await.ok()), seen, "{login}");
        let others = get(&token, &format!("what-if?{DAYS}&customer={HOSPITAL}&package=A-2026")).await;
        if seen == 0 { others.refused(404, "not_found") } else { assert_eq!(rows(others.ok()), 1) }
    }
    for bad in ["given-away", "given-away?from=2026-11-30&to=2026-11-01", "given-away?from=2000-01-01&to=2026-01-01",
        &format!("given-away?{DAYS}&group_by=hair"), &format!("given-away?{DAYS}&customers=1"),
        &format!("profitability?{DAYS}&group_by=day"), &format!("what-if?{DAYS}"),
        "break-even?labour_minor=1&margin_minor=1", "break-even?labour_minor=-1&margin_minor=1&currency=CNY"] {
        get(&lead, bad).await.refused(400, "bad_request");
    }
    get(&lead, &format!("what-if?{DAYS}&customer={HOSPITAL}&package=Z")).await.refused(404, "not_found");
    get(&lead, &format!("what-if?{DAYS}&customer={HOSPITAL}&package=A-2026&extras=Z")).await.refused(404, "not_found");
    get(&field.token("sales").await, &format!("given-away?{DAYS}")).await.refused(403, "forbidden");
} }
