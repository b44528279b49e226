//! Random companies, visits and rates: every report adds up to its totals and to every other, to the fen. And what
//! becomes of leads and root causes when visits are judged again. On both databases.

use super::{Costed, Costs};
use crate::conformance;
use crate::reports::{self, Ask, Cell, Desk, Table};
use crate::store::bulk::{Rows, Value};
use crate::store::leads::{self, LeadFilter};
use crate::store::root_causes::{self, RootCauseFilter};
use crate::store::{Db, visits};
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_core::clock::Stamp;
use sync_core::coverage::{Coverage, Evidence, Flag, FlagCode, Severity, Verdict, assess, problems};
use sync_core::document::facts::*;
use sync_core::document::view::*;
use sync_core::ids::*;
use sync_core::message::Message;
use sync_core::money::cost_lines;
use sync_core::reference::*;
use sync_core::time::spans;
use uuid::Uuid;

const fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}
/// 2026-09-26T00:00 in Shanghai: holidays, rest days and working days are near.
const BEGIN: i64 = 1_790_352_000_000;
const MINUTE: i64 = 60_000;
const HOSPITALS: [u128; 2] = [1, 2];
const ENGINEERS: std::ops::Range<u128> = 11..15;
const CATEGORIES: [Category; 4] =
    [Category::ApplicationSoftware, Category::Database, Category::Network, Category::DataEntry];

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn number(&mut self, n: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(n).unwrap())).unwrap()
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

fn clause(code: &str, effect: Effect, category: Category) -> Clause {
    Clause {
        code: code.into(),
        effect,
        category: Some(category),
        mode: None,
        hours: None,
        quota: None,
        price: None,
        text: String::new(),
        text_en: String::new(),
    }
}

fn by(n: i64) -> ByDayClass {
    ByDayClass { normal: n, evening: n * 3 / 2 + 1, rest_day: n * 2, holiday: n * 3 }
}

/// Two hospitals with contracts, four engineers: two with rates in yuan (one raised within the time), one in euros, one
/// without any.
fn company(dice: &mut Dice) -> Reference {
    let mut all = Reference { version: 1, ..Reference::default() };
    for n in HOSPITALS {
        all.put(Record::Customer(Customer {
            id: CustomerId(id(n)),
            code: format!("H{n}"),
            name: format!("第{n}医院"),
            name_en: None,
            tier: Tier::Secondary,
            time_zone: "Asia/Shanghai".into(),
            service_manager: UserId(id(100 + n)),
            account_manager: UserId(id(200 + n)),
            calendar: None,
            receipt_languages: None,
        }));
        let first = jiff::civil::date(2026, 9, i8::try_from(20 + dice.number(10)).unwrap());
        all.put(Record::Contract(Contract {
            id: ContractId(id(50 + n)),
            code: format!("C-{n}"),
            customer: CustomerId(id(n)),
            kind: ContractKind::Software,
            status: ContractStatus::Signed,
            package: PackageId(id(30)),
            extras: if dice.below(2) == 0 { vec![clause("DB", Effect::Grant, Category::Database)] } else { vec![] },
            hours: None,
            first_day: first,
            last_day: jiff::civil::date(2026, 10, i8::try_from(1 + dice.number(9)).unwrap()),
            signed_on: None,
            ended_on: None,
            annual_fee_minor: Some(1 + dice.number(100_000_000)),
            modules: vec![],
            currency: Some(dice.of(&["CNY", "CNY", "EUR"]).into()),
        }));
    }
    all.put(Record::Package(Package {
        id: PackageId(id(30)),
        code: "A".into(),
        name: "基础版".into(),
        name_en: "Basic".into(),
        family: None,
        sold_from: None,
        sold_until: None,
        hours: None,
        clauses: vec![
            clause("A-1", Effect::Grant, Category::ApplicationSoftware),
            clause("A-2", Effect::CustomersOwn, Category::DataEntry),
        ],
        expenses: None,
    }));
    for (n, currency, holder) in [(60, "CNY", 11), (61, "CNY", 12), (62, "EUR", 13)] {
        let mut rate = |first: &str| Rate {
            first_day: first.parse().unwrap(),
            currency: currency.into(),
            cost: by(1 + dice.number(30_000)),
            list: by(1 + dice.number(90_000)),
        };
        all.put(Record::Grade(Grade {
            id: GradeId(id(n)),
            code: format!("E{n}"),
            name: format!("E{n}"),
            rates: vec![rate("2026-01-01"), rate("2026-09-29")],
            holders: vec![Holder { user: UserId(id(holder)), first_day: "2026-01-01".parse().unwrap() }],
        }));
    }
    for n in ENGINEERS {
        all.put(Record::Person(Person {
            id: UserId(id(n)),
            code: format!("u{n}"),
            name: format!("工程师{n}"),
            roles: vec![Role::Engineer],
        }));
    }
    all
}

fn stamp(ms: i64) -> Stamp {
    Stamp { wall_ms: ms, mono_ms: ms, boot: id(0), server: None }
}
fn one<T>(value: T) -> Field<T> {
    Field(vec![Written { value, device: DeviceId(id(1)) }])
}
fn fact<T>(n: u128, value: T) -> Fact<T> {
    Fact { id: FactId(id(n)), value, device: DeviceId(id(1)), superseded_by: None }
}

fn visit(n: u128, customer: CustomerRef, name: &str, demand: Option<Demand>) -> VisitView {
    let origin = Origin {
        visit: VisitId(id(n)),
        customer,
        customer_name: name.into(),
        time_zone: Some("Asia/Shanghai".into()),
        work_order: None,
        work_order_code: None,
        mode: Mode::OnSite,
        demand,
        triage: None,
        at: stamp(BEGIN),
        by: UserId(id(11)),
    };
    VisitView { visit: Some(VisitId(id(n))), origins: vec![fact(n, origin)], ..VisitView::default() }
}

fn item(n: u128, category: Category) -> Item {
    Item {
        id: FactId(id(n)),
        at: Some(stamp(BEGIN)),
        by: None,
        category: one(category),
        asset: Field::default(),
        asset_name: Field::default(),
        symptom: one("打不开".into()),
        action: Field::default(),
        outcome: Field::default(),
        removed: Field::default(),
    }
}

fn time(n: u128, user: u128, kind: TimeKind, on: Option<u128>, from: i64, length: i64) -> TimeEntry {
    let start = TimeStart {
        kind,
        user: UserId(id(user)),
        item: on.map(|n| FactId(id(n))),
        at: stamp(from),
        manual: Some(ManualSpan { from_ms: from, until_ms: from + length }),
        supersedes: None,
    };
    TimeEntry { start: fact(n, start), end: Field::default() }
}

fn any_visit(dice: &mut Dice, n: u128) -> VisitView {
    let base = n * 1000;
    let (customer, name) = match dice.below(5) {
        0 => (CustomerRef::Unlisted("县医院".into()), "县医院"),
        1 | 2 => (CustomerRef::Listed(CustomerId(id(1))), "一院"),
        _ => (CustomerRef::Listed(CustomerId(id(2))), "二院"),
    };
    let demand = (dice.below(4) > 0).then(|| Demand {
        name: dice.of(&["周主任", "李销售", "=1+1"]).into(),
        role: dice.of(RequesterRole::ALL),
        channel: Channel::Phone,
        words: String::new(),
        at_ms: None,
    });
    let mut view = visit(base, customer, name, demand);
    let items = u128::from(dice.below(4));
    view.items = (0..items).map(|i| item(base + i, dice.of(&CATEGORIES))).collect();
    for entry in 0..u128::from(dice.below(7)) {
        let on =
            (dice.below(2) == 0 && items > 0).then(|| base + u128::from(dice.below(u64::try_from(items).unwrap())));
        let (from, length) = (BEGIN + dice.number(8 * 1440 * MINUTE), dice.number(900 * MINUTE));
        let engineer = 11 + u128::from(dice.below(4));
        view.time.push(time(base + 100 + entry, engineer, dice.of(TimeKind::ALL), on, from, length));
    }
    for e in 0..u128::from(dice.below(3)) {
        view.expenses.push(Expense {
            id: FactId(id(base + 200 + e)),
            at: Some(stamp(BEGIN + dice.number(8 * 1440 * MINUTE))),
            by: Some(UserId(id(11))),
            kind: one(dice.of(ExpenseKind::ALL)),
            amount_minor: if dice.below(5) == 0 { Field::default() } else { one(dice.number(100_000)) },
            currency: one(dice.of(&["CNY", "CNY", "EUR"]).into()),
            note: Field::default(),
            removed: Field::default(),
        });
    }
    view
}

/// Stores the rows of `visits` that reports join with, and the money of the verdicts.
async fn store(db: &Db, visits: &[(VisitView, Verdict)], known: &Reference, is_first: bool) {
    let mut tx = db.begin().await.unwrap();
    let (mut costs, mut rows) = (Costs::default(), Rows::new());
    for (view, verdict) in visits {
        let visit = view.visit.unwrap();
        let spans = spans(view);
        let problems = problems(visit, view, &spans);
        let costed = Costed { visit, is_first, view, spans: &spans, verdict, problems: &problems };
        costs.visit(&costed, known);
        let CustomerRef::Listed(CustomerId(customer)) = view.origins[0].value.customer else {
            rows.push(&row(visit, None, &view.origins[0].value.customer_name));
            continue;
        };
        rows.push(&row(visit, Some(customer), ""));
    }
    if is_first {
        visits::VISITS.run(&mut tx, &rows).await.unwrap();
    }
    costs.write(&mut tx, BEGIN).await.unwrap();
    tx.commit().await.unwrap();
}

fn row<'a>(visit: VisitId, customer: Option<Uuid>, name: &'a str) -> Vec<Value<'a>> {
    let mut row: Vec<Value<'a>> = vec![visit.0.into(), 1_i64.into(), 1_i64.into(), customer.into(), name.into()];
    row.extend([Value::Null, "on_site".into(), BEGIN.into(), Value::Null, 0_i64.into(), Value::Null, "open".into()]);
    row.extend([false.into(), "covered".into(), 1_i64.into(), Value::LongText("{}"), 0_i64.into(), BEGIN.into()]);
    row.push(Value::Null);
    row
}

fn judged(view: VisitView, known: &Reference) -> (VisitView, Verdict) {
    let verdict = assess(&view, known, &Evidence::default());
    (view, verdict)
}

async fn open_desk(db: &Db, known: &Arc<Reference>, scope: Option<Vec<Uuid>>) -> Desk {
    Desk { tx: db.read().await.unwrap(), known: known.clone(), scope, now_ms: BEGIN }
}

fn ask(more: &[(&str, &str)]) -> Ask {
    let pairs = [("from", "2026-09-01"), ("to", "2026-10-31")];
    let pairs = pairs.iter().chain(more).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let allowed: Vec<&str> = reports::PARAMETERS.iter().map(|(name, _)| *name).collect();
    Ask::read(pairs, &allowed).unwrap()
}

/// By currency, the sums of these columns over the rows; checked against the table's own totals.
fn sums(table: &Table, columns: &[&str]) -> BTreeMap<String, Vec<i64>> {
    let add = |rows: &[Vec<Cell>]| {
        let mut sums: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for row in rows {
            let currency = match table.cell(row, "currency") {
                Cell::Text(c) => c.clone(),
                Cell::None | Cell::Int(_) => String::new(),
            };
            let sum = sums.entry(currency).or_insert_with(|| vec![0; columns.len()]);
            for (sum, column) in sum.iter_mut().zip(columns) {
                if let Cell::Int(n) = table.cell(row, column) {
                    *sum += n;
                }
            }
        }
        sums
    };
    assert_eq!(add(&table.rows), add(&table.totals), "{}: its rows are not its totals", table.name);
    add(&table.rows)
}

const GIVEN: [&str; 5] = ["cost", "list", "time", "unpriced_time", "unpriced_expenses"];

/// What the pure lines come to, in the same form.
fn oracle(visits: &[(VisitView, Verdict)], known: &Reference, only: Option<Coverage>) -> BTreeMap<String, Vec<i64>> {
    let mut sums: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (view, verdict) in visits {
        for line in cost_lines(view, &spans(view), verdict, known) {
            if only.is_some_and(|c| c != line.coverage) {
                continue;
            }
            let currency = line.price.as_ref().map_or(String::new(), |p| p.currency.clone());
            let sum = sums.entry(currency).or_insert_with(|| vec![0; 5]);
            let (cost, list) = line.price.as_ref().map_or((0, 0), |p| (p.cost_minor, p.list_minor));
            let unpriced = line.price.is_none();
            let more = [
                cost,
                list,
                line.ms,
                if unpriced { line.ms } else { 0 },
                i64::from(unpriced && line.expense.is_some()),
            ];
            sum.iter_mut().zip(more).for_each(|(sum, n)| *sum += n);
        }
    }
    sums
}

conformance! { every_report_adds_up_to_every_other, |f| async {
    let mut dice = Dice(7);
    for round in 0..12_u128 {
        // Each round is a company of its own, in days of its own visits; the lines of the last one go first.
        let mut tx = f.db.begin().await.unwrap();
        for table in ["DELETE FROM lead_visits", "DELETE FROM leads", "DELETE FROM cost_lines", "DELETE FROM visits"] {
            crate::db_execute!(&mut tx, table).unwrap();
        }
        tx.commit().await.unwrap();
        let known = Arc::new(company(&mut dice));
        let visits: Vec<_> = (1..16).map(|n| judged(any_visit(&mut dice, round * 100 + n), &known)).collect();
        store(&f.db, &visits, &known, true).await;
        // Judged again, nothing changes.
        store(&f.db, &visits[..7], &known, false).await;

        let given = oracle(&visits, &known, Some(Coverage::NotCovered));
        let mut desk = open_desk(&f.db, &known, None).await;
        for by in ["customer", "requester", "engineer", "category", "cause", "kind", "day", "class", "contract",
            "review", "visit", "customer,requester,engineer,category,cause"] {
            let table = reports::given_away(&mut desk, &ask(&[("group_by", by)])).await.unwrap();
            assert_eq!(sums(&table, &GIVEN), given, "round {round}, by {by}");
            // All of the cost, and the part of it that is given away.
            let table = reports::cost(&mut desk, &ask(&[("group_by", by)])).await.unwrap();
            assert_eq!(sums(&table, &GIVEN), oracle(&visits, &known, None), "round {round}, by {by}");
            let part = ask(&[("group_by", by), ("coverage", "not_covered")]);
            assert_eq!(sums(&reports::cost(&mut desk, &part).await.unwrap(), &GIVEN), given, "round {round}, by {by}");
        }
        // One customer at a time, and hospitals in no list.
        let mut parts: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let by_customer = reports::given_away(&mut desk, &ask(&[("group_by", "customer")])).await.unwrap();
        for n in HOSPITALS {
            let mut theirs = open_desk(&f.db, &known, Some(vec![id(n)])).await;
            let table = reports::given_away(&mut theirs, &ask(&[])).await.unwrap();
            let filtered = ask(&[("customer", &id(n).to_string()), ("group_by", "cause")]);
            assert_eq!(sums(&reports::given_away(&mut desk, &filtered).await.unwrap(), &GIVEN), sums(&table, &GIVEN));
            for (currency, sum) in sums(&table, &GIVEN) {
                let part = parts.entry(currency).or_insert_with(|| vec![0; 5]);
                part.iter_mut().zip(sum).for_each(|(a, b)| *a += b);
            }
        }
        for row in by_customer.rows.iter().filter(|r| *by_customer.cell(r, "customer") == Cell::None) {
            assert_eq!(by_customer.cell(row, "customer_name"), &Cell::Text("县医院".into()));
            let Cell::Text(currency) = by_customer.cell(row, "currency").clone() else {
                let part = parts.entry(String::new()).or_insert_with(|| vec![0; 5]);
                for (sum, column) in part.iter_mut().zip(GIVEN) {
                    if let Cell::Int(n) = by_customer.cell(row, column) { *sum += n; }
                }
                continue;
            };
            let part = parts.entry(currency).or_insert_with(|| vec![0; 5]);
            for (sum, column) in part.iter_mut().zip(GIVEN) {
                if let Cell::Int(n) = by_customer.cell(row, column) { *sum += n; }
            }
        }
        assert_eq!(parts, given, "round {round}: the customers together");

        let all = oracle(&visits, &known, None);
        let covered = oracle(&visits, &known, Some(Coverage::Covered));
        let mut margins = BTreeMap::new();
        for by in ["customer", "contract"] {
            let table = reports::profitability(&mut desk, &ask(&[("group_by", by)])).await.unwrap();
            let columns = ["cost", "given_away_cost", "covered_cost", "undecided_cost", "unpriced_time", "fees", "margin",
                "unpriced_expenses"];
            let found = sums(&table, &columns);
            for (currency, sum) in &found {
                let of = |sums: &BTreeMap<String, Vec<i64>>, n: usize| sums.get(currency).map_or(0, |s| s[n]);
                assert_eq!((sum[0], sum[1], sum[4]), (of(&all, 0), of(&given, 0), of(&all, 3)), "{round} {currency}");
                assert_eq!(sum[7], of(&all, 4), "{round} {currency}");
                assert_eq!((sum[2], sum[0]), (of(&covered, 0), sum[1] + sum[2] + sum[3]));
                assert_eq!(sum[6], sum[5] - sum[0]);
            }
            assert!(all.iter().filter(|(c, s)| !c.is_empty() && s[0] != 0).all(|(c, _)| found.contains_key(c)));
            margins.insert(by, found);
        }
        assert_eq!(margins["customer"], margins["contract"]);

        // Break-even: margin and labour are the same figures, cut otherwise.
        let table = reports::break_even(&mut desk, &ask(&[])).await.unwrap();
        for row in &table.rows {
            let n = |column: &str| match table.cell(row, column) { Cell::Int(n) => *n, _ => 0 };
            let Cell::Text(currency) = table.cell(row, "currency") else {
                // What has no price is told, not left out.
                assert_eq!(Some((n("unpriced_time"), n("unpriced_expenses"))), all.get("").map(|s| (s[3], s[4])));
                continue;
            };
            let profit = margins["customer"].get(currency).map_or(0, |s| s[6]);
            assert_eq!(n("margin") - n("labour"), profit, "{round} {currency}");
            assert_eq!(n("needed"), n("labour") * 2);
        }
        assert_eq!(table.rows.iter().filter(|r| *table.cell(r, "currency") == Cell::None).count(), usize::from(all.contains_key("")));
        // Leads: what they are worth together is what is given away to listed customers and not priced apart.
        let mut tx = f.db.read().await.unwrap();
        let filter = LeadFilter { limit: 1000, ..LeadFilter::default() };
        let found: Vec<Uuid> = leads::list(&mut tx, &filter).await.unwrap().into_iter().map(|l| l.id).collect();
        let mut worth: BTreeMap<String, i64> = BTreeMap::new();
        for value in leads::values(&mut tx, &found).await.unwrap() {
            *worth.entry(value.currency.unwrap_or_default()).or_default() += value.cost_minor.unwrap_or(0);
        }
        let mut listed: BTreeMap<String, i64> = BTreeMap::new();
        for n in HOSPITALS {
            let filtered = ask(&[("customer", &id(n).to_string())]);
            for (currency, sum) in sums(&reports::given_away(&mut desk, &filtered).await.unwrap(), &GIVEN) {
                *listed.entry(currency).or_default() += sum[0];
            }
        }
        worth.retain(|_, n| *n != 0);
        listed.retain(|_, n| *n != 0);
        assert_eq!(worth, listed, "round {round}: leads");
    }
} }

/// The alive and the closed leads as `category state visits cost`.
async fn told(db: &Db) -> Vec<String> {
    let mut tx = db.read().await.unwrap();
    let found = leads::list(&mut tx, &LeadFilter { limit: 100, ..LeadFilter::default() }).await.unwrap();
    let mut lines = Vec::new();
    for lead in found {
        let visits = leads::visits(&mut tx, &[lead.id]).await.unwrap().len();
        let cost: i64 = leads::values(&mut tx, &[lead.id]).await.unwrap().iter().filter_map(|v| v.cost_minor).sum();
        lines.push(format!("{} {} {visits} {cost}", lead.category, lead.state));
    }
    lines.sort();
    lines
}

/// Hospital 1 under contract A; one hour of `category` at night by engineer 11.
fn hour(n: u128, category: Category, known: &Reference) -> (VisitView, Verdict) {
    let mut view = visit(n * 1000, CustomerRef::Listed(CustomerId(id(1))), "一院", None);
    view.items = vec![item(n * 1000, category)];
    view.time = vec![time(n * 1000 + 1, 11, TimeKind::Labour, None, BEGIN + 5 * 1440 * MINUTE, 60 * MINUTE)];
    judged(view, known)
}

fn small_company() -> Reference {
    let mut known = company(&mut Dice(1));
    let mut contract = known.contracts[&CustomerId(id(1))][&ContractId(id(51))].clone();
    (contract.extras, contract.first_day) = (vec![], "2026-01-01".parse().unwrap());
    contract.last_day = "2026-12-31".parse().unwrap();
    known.put(Record::Contract(contract));
    let mut grade = known.grades[&GradeId(id(60))].clone();
    grade.rates.iter_mut().for_each(|r| (r.cost, r.list) = (by(10_000), by(30_000)));
    known.put(Record::Grade(grade));
    known
}

conformance! { a_lead_grows_once_per_visit_and_voids_itself_untouched, |f| async {
    let known = small_company();
    let first = hour(1, Category::Database, &known);
    store(&f.db, &[first.clone(), hour(9, Category::ApplicationSoftware, &known)], &known, true).await;
    // A night of a public holiday (1 October): three times.
    assert_eq!(told(&f.db).await, ["database open 1 30000"]);
    store(&f.db, std::slice::from_ref(&first), &known, false).await;
    assert_eq!(told(&f.db).await, ["database open 1 30000"], "the same verdict again adds nothing");
    store(&f.db, &[hour(2, Category::Database, &known), hour(3, Category::Network, &known)], &known, true).await;
    assert_eq!(told(&f.db).await, ["database open 2 60000", "network open 1 30000"]);

    // The database service is entered late, from the beginning: judged again, nothing is left of that lead.
    let mut later = known.clone();
    let mut contract = later.contracts[&CustomerId(id(1))][&ContractId(id(51))].clone();
    contract.extras = vec![clause("DB", Effect::Grant, Category::Database)];
    later.put(Record::Contract(contract));
    store(&f.db, &[hour(1, Category::Database, &later)], &later, false).await;
    assert_eq!(told(&f.db).await, ["database open 1 30000", "network open 1 30000"]);
    store(&f.db, &[hour(2, Category::Database, &later)], &later, false).await;
    assert_eq!(told(&f.db).await, ["database void 0 0", "network open 1 30000"]);
    let mut tx = f.db.read().await.unwrap();
    let void = LeadFilter { state: Some("void".into()), limit: 9, ..LeadFilter::default() };
    let void = leads::list(&mut tx, &void).await.unwrap().remove(0);
    assert_eq!(leads::trail(&mut tx, &format!("lead/{}", void.id)).await.unwrap()[0].action, "lead.void");
    drop(tx);
    // And it is withdrawn again: a new lead.
    store(&f.db, std::slice::from_ref(&first), &known, false).await;
    assert_eq!(told(&f.db).await, ["database open 1 30000", "database void 0 0", "network open 1 30000"]);
} }

conformance! { what_was_decided_stays_and_new_work_opens_a_new_lead, |f| async {
    let known = small_company();
    store(&f.db, &[hour(1, Category::Database, &known)], &known, true).await;
    let decide = async |from: &str, to: &str, due_ms: Option<i64>| {
        let mut tx = f.db.begin().await.unwrap();
        let filter = LeadFilter { limit: 9, ..LeadFilter::default() };
        let mut row = leads::list(&mut tx, &filter).await.unwrap().into_iter().find(|l| l.state == from).unwrap();
        assert_eq!(leads::lock(&mut tx, row.id).await.unwrap().as_ref(), Some(&row));
        (row.state, row.due_ms, row.decided_ms) = (to.into(), due_ms, Some(5));
        let done = leads::decide(&mut tx, &row).await.unwrap();
        let again = leads::decide(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        (done, again)
    };
    assert_eq!(decide("open", "postponed", Some(BEGIN)).await, (true, false), "once per version");
    let shown = async |state: &str, now_ms: i64| {
        let mut tx = f.db.read().await.unwrap();
        let filter = LeadFilter { state: Some(state.into()), now_ms, limit: 9, ..LeadFilter::default() };
        leads::list(&mut tx, &filter).await.unwrap().len()
    };
    assert_eq!((shown("open", BEGIN - 1).await, shown("postponed", BEGIN - 1).await), (0, 1));
    assert_eq!((shown("open", BEGIN).await, shown("postponed", BEGIN).await), (1, 0), "it returns when it is due");
    // A postponed lead takes new work, and is not voided: somebody touched it.
    store(&f.db, &[hour(2, Category::Database, &known)], &known, true).await;
    assert_eq!(told(&f.db).await, ["database postponed 2 60000"]);
    assert_eq!(decide("postponed", "won", None).await, (true, false));
    store(&f.db, &[hour(1, Category::Database, &known)], &known, false).await;
    store(&f.db, &[hour(3, Category::Database, &known)], &known, true).await;
    assert_eq!(told(&f.db).await, ["database open 1 30000", "database won 2 60000"]);
    // Covered afterwards: the visits of what was decided stay, and are worth what they are worth now.
    let covered = hour(2, Category::ApplicationSoftware, &known);
    store(&f.db, &[covered], &known, false).await;
    assert_eq!(told(&f.db).await, ["database open 1 30000", "database won 2 30000"]);
} }

/// A visit with a network problem, flagged as a repeated one; work began at `at`.
fn repeated(n: u128, at: i64, known: &Reference) -> (VisitView, Verdict) {
    let (mut view, _) = hour(n, Category::Network, known);
    view.time = vec![time(n * 1000 + 1, 11, TimeKind::Labour, None, at, 60 * MINUTE)];
    let (view, mut verdict) = judged(view, known);
    let flag =
        |code| Flag { code, severity: Severity::Warning, item: Some(FactId(id(n * 1000))), message: Message::new("x") };
    verdict.flags = vec![flag(FlagCode::OutOfScope), flag(FlagCode::RepeatProblem)];
    (view, verdict)
}

conformance! { a_root_cause_is_closed_by_a_fix_and_opened_by_the_problem, |f| async {
    let known = small_company();
    let all = async || {
        let mut tx = f.db.read().await.unwrap();
        root_causes::list(&mut tx, &RootCauseFilter { limit: 9, ..RootCauseFilter::default() }).await.unwrap()
    };
    let shown = async || {
        all().await.iter().map(|r| format!("{} {} {}", r.problem_key, r.state, r.reopened)).collect::<Vec<_>>()
    };
    store(&f.db, &[hour(8, Category::Network, &known)], &known, true).await;
    assert!(shown().await.is_empty(), "a problem alone is no repeated one");
    store(&f.db, &[repeated(1, BEGIN, &known), repeated(2, BEGIN + MINUTE, &known)], &known, true).await;
    assert_eq!(shown().await, ["network/打不开 open 0"]);
    let close = async |at: i64| {
        let mut tx = f.db.begin().await.unwrap();
        let row = all().await.remove(0);
        let mut row = root_causes::lock(&mut tx, row.id).await.unwrap().unwrap();
        (row.state, row.fix, row.fixed_ms) = ("closed".into(), "换交换机".into(), Some(at));
        root_causes::update(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    };
    close(BEGIN + 10 * MINUTE).await;
    // Judged again, and work from before the fix that comes in late: closed it stays.
    store(&f.db, &[repeated(1, BEGIN, &known)], &known, false).await;
    store(&f.db, &[repeated(3, BEGIN + 9 * MINUTE, &known)], &known, true).await;
    assert_eq!(shown().await, ["network/打不开 closed 0"]);
    store(&f.db, &[repeated(4, BEGIN + 11 * MINUTE, &known)], &known, true).await;
    assert_eq!(shown().await, ["network/打不开 open 1"]);
    store(&f.db, &[repeated(4, BEGIN + 11 * MINUTE, &known)], &known, false).await;
    assert_eq!(shown().await, ["network/打不开 open 1"], "the same verdict again is not another return");
    assert_eq!(all().await[0].fix, "换交换机", "the fix that did not hold stays in sight");
} }
