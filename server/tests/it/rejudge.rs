//! Judging again: late contracts, quotas in any order of arrival, crashes, several workers, phones' own verdicts.

use crate::field::{Field, HOSPITAL, HOUR, LIS_PHONE, MORNING, OTHER_HOSPITAL, WANGS_PHONE, begin, id, note};
use axum::http::Method;
use countersign::conformance;
use countersign::rejudge::{Schedule, Worker};
use countersign::state::AppState;
use countersign::store::rejudge::{self, Affected};
use countersign::store::verdicts::{Cause, CauseKind};
use countersign::store::{Db, feed, reference};
use countersign::testing::Fixture;
use serde_json::{Value, json};
use sim_phone::{Seeded, SimPhone};
use std::time::Duration;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::*;
use sync_core::reference::*;
use sync_core::signoff::Answer;
use uuid::Uuid;

fn worker(state: &AppState, chunk: i64) -> Worker {
    let schedule = Schedule { chunk, lease_ms: 60_000, timer: Duration::from_secs(60) };
    Worker::new(state.db.clone(), state.merger.clone(), state.clock.clone(), schedule, state.rejudge.clone())
}

/// Judges until nothing is left to judge; how many visits that were.
pub(crate) async fn drain(field: &Field) -> usize {
    let worker = worker(&field.api.state, 3);
    let mut all = 0;
    loop {
        match worker.round().await.unwrap() {
            0 => return all,
            n => all += n,
        }
        assert!(all < 500, "it does not come to an end");
    }
}

async fn left(db: &Db) -> i64 {
    let mut tx = db.read().await.unwrap();
    rejudge::left(&mut tx).await.unwrap()
}

fn work(symptom: &str, user: u128, from_ms: i64, hours: i64) -> Vec<Command> {
    let patch = ItemPatch {
        category: Some(Category::ApplicationSoftware),
        symptom: Some(symptom.into()),
        ..ItemPatch::default()
    };
    let span = ManualSpan { from_ms, until_ms: from_ms + hours * HOUR };
    let time = Command::AddTime { kind: TimeKind::Labour, user: UserId(id(user)), item: None, span, supersedes: None };
    vec![Command::AddItem(patch), time]
}

fn visit(phone: &mut SimPhone, customer: CustomerId, symptom: &str, user: u128, from_ms: i64, hours: i64) -> VisitId {
    let visit = phone.begin(begin(CustomerRef::Listed(customer), "医院", false)).unwrap();
    phone.record(visit, &work(symptom, user, from_ms, hours)).unwrap();
    visit
}

fn sign(phone: &mut SimPhone, visit: VisitId) {
    let shown = phone.show(visit, Lang::ZhCn).unwrap();
    let signer = Signer::new("周主任", "信息科主任");
    let outcome = SignOffOutcome::Accepted;
    phone.sign(visit, &shown, &Answer { outcome, reason: String::new(), signer, rating: None, strokes: None }).unwrap();
}

async fn put(field: &Field, record: Record) {
    let mut tx = field.api.state.db.begin().await.unwrap();
    reference::put(&mut tx, &[record], Some(id(9)), 5).await.unwrap();
    tx.commit().await.unwrap();
}

async fn verdicts(field: &Field, token: &str, visit: VisitId) -> Vec<Value> {
    let answer = field.api.get(&format!("/api/v1/visits/{visit}/verdicts"), token).await.ok();
    answer["items"].as_array().unwrap().clone()
}

async fn runs(field: &Field, token: &str) -> Vec<Value> {
    field.api.get("/api/v1/rejudgements", token).await.ok()["items"].as_array().unwrap().clone()
}

conformance! { a_contract_that_comes_late_is_told_from_the_verdict_before, |f| async {
    let field = Field::new(f).await;
    let (boss, sm) = (field.token("boss").await, field.token("sm2").await);
    let mut li = field.sync(field.phone("li", LIS_PHONE).await).await;
    let v = visit(&mut li, OTHER_HOSPITAL, "慢", 2, MORNING, 2);
    sign(&mut li, v);
    let elsewhere = visit(&mut li, HOSPITAL, "慢", 2, MORNING + 30 * HOUR, 1);
    let li = field.sync(li).await;
    assert_eq!(drain(&field).await, 0, "nothing was overtaken yet");

    let mut contract = json!({
        "code": "C-9", "customer": OTHER_HOSPITAL, "kind": "software", "status": "draft", "package": id(0x20),
        "first_day": "2026-01-01", "last_day": "2026-12-31", "annual_fee_minor": 100, "currency": "CNY",
    });
    let made = field.api.post("/api/v1/contracts", &boss, contract.clone()).await.ok();
    assert_eq!(left(&field.api.state.db).await, 1, "only this customer's visit");
    assert_eq!(drain(&field).await, 1);
    contract["status"] = "signed".into();
    let path = format!("/api/v1/contracts/{}", made["id"].as_str().unwrap());
    field.api.call(Method::PUT, &path, Some(&boss), Some(contract.clone())).await.ok();
    assert_eq!(drain(&field).await, 1);
    contract["annual_fee_minor"] = 200.into();
    field.api.call(Method::PUT, &path, Some(&boss), Some(contract)).await.ok();
    assert_eq!(left(&field.api.state.db).await, 0, "a fee is nothing to judge by");

    let all = verdicts(&field, &sm, v).await;
    let said: Vec<(&str, &str, &str)> = all.iter().map(|s| (
        s["verdict"]["coverage"].as_str().unwrap(), s["cause"]["kind"].as_str().unwrap(),
        s["cause"]["user_name"].as_str().unwrap(),
    )).collect();
    let draft = ("not_covered", "reference", "boss 某");
    assert_eq!(said, [("not_covered", "merge", "li 某"), draft, ("covered", "reference", "boss 某")]);
    assert_eq!(all.iter().map(|s| s["present"] == true).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(all.iter().map(|s| s["no"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((&all[2]["cause"]["code"], &all[2]["cause"]["record_id"]), (&"C-9".into(), &made["id"]));
    assert!(all[2]["at_ms"].as_i64().unwrap() >= all[0]["at_ms"].as_i64().unwrap());
    for lang in ["en", "zh-CN"] {
        assert!(all[2]["because"][lang].as_str().unwrap().contains("C-9"), "{}", all[2]["because"]);
        assert!(all[2]["changes"].as_array().unwrap().len() >= 2, "{}", all[2]["changes"]);
        for change in all[2]["changes"].as_array().unwrap() {
            assert!(!change[lang].as_str().unwrap().contains("changed-"), "{change}");
        }
    }
    assert!(all[2]["changes"][0]["en"].as_str().unwrap().contains("not covered → covered"));

    let d = field.api.get(&format!("/api/v1/visits/{v}"), &sm).await.ok();
    assert_eq!((&d["verdict"]["coverage"], &d["judged"]["no"]), (&"covered".into(), &3.into()));
    let receipt = d["receipts"][0]["id"].as_str().unwrap().to_owned();
    let receipt = field.api.get(&format!("/api/v1/receipts/{receipt}.json"), &sm).await;
    assert!(String::from_utf8(receipt.bytes).unwrap().contains("\"coverage\":\"not_covered\""), "as it was issued");
    assert_eq!(verdicts(&field, &boss, elsewhere).await.len(), 1, "another customer's visit is as it was");

    let runs = runs(&field, &sm).await;
    let figures: Vec<_> = runs.iter().map(|r| (r["total"].as_i64(), r["done"].as_i64(), r["changed"].as_i64())).collect();
    assert_eq!(figures, vec![(Some(1), Some(1), Some(1)); 2]);
    assert!(runs.iter().all(|r| r["finished_ms"].is_i64() && r["remaining_s"] == 0));
    assert_eq!(runs[0]["id"], all[2]["cause"]["rejudgement"]);

    // The engineer's phone learns of it.
    let li = field.sync(li).await;
    let state = li.phone.visits().into_iter().find(|l| l.visit == v).unwrap().state.unwrap();
    assert_eq!(state.coverage, "covered");
} }

/// A package that allows ten hours of application software in a contract.
fn limited() -> Record {
    let clause = |code: &str, effect, quota| Clause {
        code: code.into(),
        effect,
        category: Some(Category::ApplicationSoftware),
        mode: None,
        hours: None,
        quota,
        price: None,
        text: "应用软件".into(),
        text_en: "Application software".into(),
    };
    let quota = Quota { unit: QuotaUnit::Minutes, amount: 600, period: QuotaPeriod::Contract };
    Record::Package(Package {
        id: PackageId(id(0x20)),
        code: "A-2026".into(),
        name: "基础版".into(),
        name_en: "Basic".into(),
        family: None,
        sold_from: None,
        sold_until: None,
        hours: None,
        clauses: vec![clause("A-1", Effect::Grant, None), clause("A-2", Effect::Limit, Some(quota))],
        expenses: None,
    })
}

const VISITS: usize = 6;

/// Six visits of four hours with two hours in between, each on a phone of its own: too much for the quota, for the
/// engineer, and three times the same problem. They arrive in `order`; where `drained` says so, everything that waits is
/// judged before the next one. Returns what the server says in the end, without the versions.
async fn arrive(f: &Fixture, order: &[usize], drained: impl Fn(usize) -> bool) -> Vec<String> {
    let field = Field::new(f).await;
    put(&field, limited()).await;
    let mut phones = Vec::new();
    for n in 0..VISITS {
        let mut phone = field.phone("wang", DeviceId(id(0x60 + n as u128))).await;
        let from = MORNING + n as i64 * 6 * HOUR;
        phone.clock.advance_ms(n as i64 * 6 * HOUR);
        let symptom = if n % 2 == 0 { "PACS 存储已满" } else { "打印慢" };
        let v = visit(&mut phone, HOSPITAL, symptom, 1, from, 4);
        phones.push((v, Some(phone)));
    }
    for (step, n) in order.iter().enumerate() {
        field.sync(phones[*n].1.take().unwrap()).await;
        if drained(step) {
            drain(&field).await;
        }
    }
    drain(&field).await;
    assert_eq!(left(&field.api.state.db).await, 0);
    let boss = field.token("boss").await;
    let mut said = Vec::new();
    let mut numbers = 0;
    for (v, _) in &phones {
        let mut d = field.api.get(&format!("/api/v1/visits/{v}"), &boss).await.ok();
        d["verdict"]["reference_version"] = Value::Null;
        numbers += d["judged"]["no"].as_i64().unwrap();
        said.push(format!("{} {}", d["verdict"], d["flags"]));
    }
    // It has converged: everything is judged again, and nothing is found that was not known.
    let answer = field.api.post("/api/v1/rejudgements", &boss, json!({ "reason": "check" })).await.ok();
    assert_eq!(answer["total"], VISITS);
    assert_eq!(drain(&field).await, VISITS, "and nothing follows from it");
    let run = &runs(&field, &boss).await[0];
    assert_eq!((run["id"].clone(), &run["changed"], &run["done"]), (answer["id"].clone(), &0.into(), &VISITS.into()));
    let mut after = 0;
    for (v, _) in &phones {
        after += verdicts(&field, &boss, *v).await.len() as i64;
    }
    assert_eq!(numbers, after, "no verdict was added");
    said
}

async fn any_order(fixture: impl AsyncFn() -> Option<Fixture>, rounds: u64) {
    let in_order: Vec<usize> = (0..VISITS).collect();
    let Some(f) = fixture().await else { return };
    let want = arrive(&f, &in_order, |_| false).await;
    f.clear().await.unwrap();
    let all = want.concat();
    for flag in ["quota_exhausted", "repeat_problem", "fatigue"] {
        assert!(all.contains(flag), "the story must show {flag}: {all}");
    }
    for seed in 0..rounds {
        let mut rng = Seeded::new(seed);
        let mut order = in_order.clone();
        for i in (1..VISITS).rev() {
            order.swap(i, rng.below(i as u64 + 1) as usize);
        }
        let drains = rng.below(64);
        let f = fixture().await.unwrap();
        let got = arrive(&f, &order, |step| drains >> step & 1 == 1).await;
        assert_eq!(got, want, "order {order:?}, drained {drains:b}");
        f.clear().await.unwrap();
    }
}

#[tokio::test]
async fn visits_in_any_order_end_with_the_same_verdicts_on_sqlite() {
    any_order(async || Some(Fixture::sqlite().await.unwrap()), 8).await;
}

#[tokio::test]
async fn visits_in_any_order_end_with_the_same_verdicts_on_postgres() {
    any_order(async || Fixture::postgres().await.unwrap(), 4).await;
}

/// Seven visits, days apart.
async fn week(field: &Field) -> Vec<VisitId> {
    let mut li = field.phone("li", LIS_PHONE).await;
    let from = |n: i64| MORNING + n * 48 * HOUR;
    let visits = (0..7).map(|n| visit(&mut li, HOSPITAL, &format!("故障 {n}"), 2, from(n), 1)).collect();
    field.sync(li).await;
    assert_eq!(left(&field.api.state.db).await, 0);
    visits
}

async fn ask_all(field: &Field) -> String {
    let boss = field.token("boss").await;
    let answer = field.api.post("/api/v1/rejudgements", &boss, json!({ "reason": "all" })).await.ok();
    answer["id"].as_str().unwrap().to_owned()
}

async fn figures(field: &Field, run: &str) -> (i64, i64, bool) {
    let boss = field.token("boss").await;
    let r = field.api.get(&format!("/api/v1/rejudgements/{run}"), &boss).await.ok();
    (r["total"].as_i64().unwrap(), r["done"].as_i64().unwrap(), r["finished_ms"].is_i64())
}

conformance! { a_worker_that_dies_loses_nothing, |f| async {
    let field = Field::new(f).await;
    week(&field).await;
    let run = ask_all(&field).await;
    assert_eq!(figures(&field, &run).await, (7, 0, false));
    let dying = worker(&field.api.state, 3);
    assert_eq!(dying.round().await.unwrap(), 3);
    assert_eq!(figures(&field, &run).await, (7, 3, false));
    // It has claimed the next ones, and that was the last of it.
    assert_eq!(dying.claim().await.unwrap().len(), 3);
    drop(dying);
    let next = worker(&field.api.state, 3);
    assert_eq!(next.round().await.unwrap(), 1, "what nobody has in hand");
    assert_eq!(next.round().await.unwrap(), 0);
    assert_eq!(figures(&field, &run).await, (7, 4, false));
    field.api.state.clock.advance(60_001);
    assert_eq!(next.round().await.unwrap(), 3);
    assert_eq!(figures(&field, &run).await, (7, 7, true));
    assert_eq!(left(&field.api.state.db).await, 0);
} }

conformance! { two_servers_share_the_work, |f| async {
    let field = Field::new(f).await;
    week(&field).await;
    let run = ask_all(&field).await;
    let mut config = countersign::config::Config::embedded(&f.dir);
    config.database_url.clone_from(&f.url);
    let other = AppState::open(config, "http://other").await.unwrap();
    let all = async |worker: Worker| {
        let mut judged = 0;
        loop {
            match worker.round().await.unwrap() {
                0 => return judged,
                n => judged += n,
            }
        }
    };
    let (a, b) = tokio::join!(all(worker(&field.api.state, 2)), all(worker(&other, 2)));
    assert_eq!(a + b, 7, "each visit once: {a} + {b}");
    assert_eq!(figures(&field, &run).await, (7, 7, true));
    other.db.close().await;
} }

conformance! { a_visit_that_is_wanted_again_meanwhile_is_judged_again, |f| async {
    let field = Field::new(f).await;
    week(&field).await;
    let first = ask_all(&field).await;
    let worker = worker(&field.api.state, 4);
    let claimed = worker.claim().await.unwrap();
    let second = ask_all(&field).await;
    // Judged for the first run, when the second has taken everything over.
    field.api.state.merger.judge_again(claimed).await.unwrap();
    assert_eq!(left(&field.api.state.db).await, 7);
    assert_eq!(figures(&field, &second).await, (7, 0, false));
    assert_eq!(drain(&field).await, 7);
    assert_eq!(figures(&field, &first).await, (7, 7, true));
    assert_eq!(figures(&field, &second).await, (7, 7, true));
} }

conformance! { nothing_is_judged_again_without_need, |f| async {
    let field = Field::new(f).await;
    let mut li = field.phone("li", LIS_PHONE).await;
    let v = visit(&mut li, HOSPITAL, "慢", 2, MORNING, 1);
    let mut li = field.sync(li).await;
    let later = visit(&mut li, HOSPITAL, "慢", 2, MORNING + 72 * HOUR, 1);
    let mut li = field.sync(li).await;
    li.one(v, note("又看了一下")).unwrap();
    li.one(later, note("又看了一下")).unwrap();
    let mut li = field.sync(li).await;
    assert_eq!(left(&field.api.state.db).await, 0, "twice is not repeated, and a note is nothing to the other visit");
    let third = visit(&mut li, HOSPITAL, "慢", 2, MORNING + 48 * HOUR, 1);
    field.sync(li).await;
    assert_eq!(left(&field.api.state.db).await, 1, "the third time, and one comes after it");
    assert_eq!(drain(&field).await, 1);
    let boss = field.token("boss").await;
    assert_eq!(verdicts(&field, &boss, v).await.len(), 1);
    assert_eq!(verdicts(&field, &boss, third).await.len(), 1);
    let all = verdicts(&field, &boss, later).await;
    assert_eq!((all.len(), &all[1]["cause"]["kind"], &all[1]["cause"]["visit"]), (2, &"visit".into(), &json!(third)));
    assert!(all[1]["flags"].to_string().contains("repeat_problem"));
} }

conformance! { every_way_of_choosing_visits, |f| async {
    let field = Field::new(f).await;
    let visits = week(&field).await;
    let asset = AssetId(id(0x70));
    let customer = HOSPITAL.0;
    let ways = [
        (Affected::All, 7),
        (Affected::Customer(customer), 7),
        (Affected::Customer(OTHER_HOSPITAL.0), 0),
        (Affected::Order(id(0x30)), 0),
        (Affected::Visit(visits[3].0), 1),
        (Affected::Calendar(id(0x71)), 0),
        (Affected::Package(id(0x20)), 7),
        (Affected::Package(id(0x21)), 0),
        (Affected::IssuedBy(id(4)), 0),
        (Affected::Worker(id(2)), 7),
        (Affected::Worker(id(1)), 0),
        (Affected::Since(id(2), MORNING + 7 * 48 * HOUR), 0),
        (Affected::Since(id(2), MORNING + 5 * 48 * HOUR), 2),
        (Affected::Problem(customer, "application_software/故障2".into()), 1),
        (Affected::Problem(customer, format!("storage/{asset}")), 0),
        (Affected::Began(Some(customer), None, None), 7),
        (Affected::Began(None, Some(MORNING), Some(MORNING + 1000 * HOUR)), 7),
        (Affected::Began(None, None, Some(MORNING)), 0),
    ];
    for (which, want) in ways {
        let mut tx = field.api.state.db.begin().await.unwrap();
        feed::take_positions(&mut tx, 0).await.unwrap();
        let cause = Cause { kind: CauseKind::Manual, ..Cause::default() };
        let done = rejudge::enqueue(&mut tx, &cause, &[(which.clone(), cause.clone())], 1).await.unwrap();
        assert_eq!(done.map_or(0, |(_, total)| total), want, "{which:?}");
        // Twice over, from two of the same kind and from two kinds: each visit once.
        if want > 0 {
            let twice = [(which.clone(), cause.clone()), (which.clone(), cause.clone()), (Affected::Visit(Uuid::nil()), cause.clone())];
            let done = rejudge::enqueue(&mut tx, &cause, &twice, 1).await.unwrap();
            assert_eq!(done.map(|(_, total)| total), Some(want), "{which:?}");
        }
        tx.rollback().await.unwrap();
    }
} }

conformance! { an_upgrade_judges_everything_again, |f| async {
    let field = Field::new(f).await;
    week(&field).await;
    let state = &field.api.state;
    countersign::rejudge::after_upgrade(&state.db, 1).await.unwrap();
    assert_eq!(left(&state.db).await, 0, "by the same rules");
    let mut tx = state.db.begin().await.unwrap();
    assert!(rejudge::set_rules(&mut tx, "older").await.unwrap());
    // As a database of the version before is: no verdict says how it came about, and nothing was noted of problems.
    countersign::db_execute!(&mut tx, "UPDATE visits SET judged = NULL").unwrap();
    countersign::db_execute!(&mut tx, "DELETE FROM problems").unwrap();
    tx.commit().await.unwrap();
    countersign::rejudge::after_upgrade(&state.db, 1).await.unwrap();
    countersign::rejudge::after_upgrade(&state.db, 1).await.unwrap();
    assert_eq!(drain(&field).await, 7);
    let mut tx = state.db.read().await.unwrap();
    let (problems,) = countersign::db_one!((i64,), &mut tx, "SELECT COUNT(*) FROM problems").unwrap();
    assert_eq!(problems, 7);
} }

conformance! { a_phone_that_judges_otherwise_is_heard, |f| async {
    let field = Field::new(f).await;
    let boss = field.token("boss").await;
    let list = async |query: &str| {
        let answer = field.api.get(&format!("/api/v1/visits?{query}"), &boss).await.ok();
        answer["items"].as_array().unwrap().len()
    };
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let v = visit(&mut wang, HOSPITAL, "慢", 1, MORNING, 1);
    let mut wang = field.sync(wang).await;
    assert_eq!(list("advice=differs").await, 0, "they agree");
    // The contract turns out to be over, and the phone does not know yet.
    let mut tx = field.api.state.db.read().await.unwrap();
    let known = field.api.state.reference.refresh(&mut tx).await.unwrap();
    drop(tx);
    let contract = known.contracts[&HOSPITAL][&ContractId(id(0x21))].clone();
    put(&field, Record::Contract(Contract { last_day: "2026-06-30".parse().unwrap(), ..contract })).await;
    drain(&field).await;
    wang.one(v, note("还没有联网")).unwrap();
    let mut wang = field.sync(wang).await;
    assert_eq!((list("advice=differs").await, list("").await), (1, 1));
    let d = field.api.get(&format!("/api/v1/visits/{v}"), &boss).await.ok();
    let advice = &d["advice"][0];
    assert_eq!((&advice["said"]["coverage"], &advice["judged"]["coverage"]), (&"covered".into(), &"not_covered".into()));
    assert_eq!((&advice["user_name"], &advice["said"]["items"]), (&"wang 某".into(), &json!(["covered"])));
    assert!(advice["said"]["reference_version"].as_u64() < advice["judged"]["reference_version"].as_u64());
    assert_eq!(d["verdict"]["coverage"], "not_covered", "the server's own counts");
    // Now it does.
    wang.one(v, note("联网了")).unwrap();
    field.sync(wang).await;
    assert_eq!(list("advice=differs").await, 0);
    field.api.get("/api/v1/visits?advice=agrees", &boss).await.refused(400, "bad_request");
} }

conformance! { asking_for_it_needs_a_reason_and_a_range, |f| async {
    let field = Field::new(f).await;
    let boss = field.token("boss").await;
    let ask = async |body: Value| field.api.post("/api/v1/rejudgements", &boss, body).await;
    for body in [
        json!({ "reason": " " }),
        json!({ "reason": "x", "customer": "H9" }),
        json!({ "reason": "x", "from": "2026-12-01", "to": "2026-11-01" }),
        json!({ "reason": "x", "from": "yesterday" }),
    ] {
        ask(body).await.refused(422, "invalid_record");
    }
    let none = ask(json!({ "reason": "x", "customer": "H01", "from": "2026-11-01", "to": "2026-11-30" })).await;
    assert_eq!(none.status.as_u16(), 202);
    assert_eq!((&none.body["total"], none.body["finished_ms"].is_i64()), (&0.into(), true));
    field.api.get(&format!("/api/v1/rejudgements/{}", id(7)), &boss).await.refused(404, "not_found");
} }
