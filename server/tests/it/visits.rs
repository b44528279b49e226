//! Every statement about visits on both databases, over what real phones synced; and the API that reads it.

use crate::field::{
    Field, HOSPITAL, HOUR, LIS_PHONE, MORNING, NOTHING_ADMITTED, ORDER, OTHER_HOSPITAL, Story, VISIT, WANGS_PHONE, id,
    story,
};
use countersign::conformance;
use countersign::store::queue::{self, Filter, ReceiptFilter, Scope};
use countersign::store::{dossier, news, visits};
use countersign::testing::Fixture;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use sync_core::canonical::sha256_hex;
use sync_core::coverage::FlagCode;
use sync_core::document::Document;
use sync_core::document::read::view;
use sync_core::receipt::{CHAIN_START, Receipt};
use uuid::Uuid;

const ALL: Scope = Scope { all: true, customers: Vec::new(), unlisted: false, engineer: None, dispatched: Vec::new() };

fn ids(s: &Story) -> [Uuid; 4] {
    [VISIT.0, s.unlisted.0, s.twin.0, s.elsewhere.0]
}

conformance! { what_the_merge_wrote_is_read_again, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let mut tx = field.api.state.db.read().await.unwrap();

    let versions = visits::versions(&mut tx, &ids(&s)).await.unwrap();
    let documents = visits::documents(&mut tx, &ids(&s)).await.unwrap();
    assert_eq!((versions.len(), documents.len()), (4, 4));
    for d in &documents {
        assert!(versions.contains(&(d.visit_id, d.version)));
        let stored = Document::load(&d.snapshot).unwrap();
        let phone = if d.visit_id == VISIT.0 { &s.wang } else { &s.li };
        assert_eq!(stored.heads(), phone.phone.document(sync_core::ids::VisitId(d.visit_id)).unwrap().heads());
    }
    // Nothing that a phone acknowledged is missing.
    let mut logged = BTreeSet::new();
    for visit in ids(&s) {
        for row in dossier::log(&mut tx, visit).await.unwrap() {
            let changes: Vec<sync_core::sync::ByteVec> = sync_core::sync::decode(&row.changes).unwrap();
            logged.extend(changes.iter().map(|c| sync_core::document::history::change_hash(c).unwrap()));
        }
    }
    for (_, change) in s.wang.ledger.iter().chain(&s.li.ledger) {
        assert!(logged.contains(change));
    }
    let members = visits::members(&mut tx, &[VISIT.0]).await.unwrap();
    assert_eq!(members.into_iter().collect::<BTreeSet<_>>(), [(VISIT.0, id(1)), (VISIT.0, id(2))].into());
    assert_eq!(visits::quarantined(&mut tx, &ids(&s)).await.unwrap(), vec![(VISIT.0, 1)], "the same bytes once");
    let issued = visits::issued(&mut tx, &ids(&s)).await.unwrap();
    assert_eq!(issued.iter().filter(|r| r.visit_id == VISIT.0).count(), 2);
    assert_eq!(issued.len(), 3);
    let keys = visits::device_keys(&mut tx, &[WANGS_PHONE.0, id(999)]).await.unwrap();
    assert_eq!((keys.len(), keys[0].0, keys[0].1.as_str()), (1, WANGS_PHONE.0, "EdDSA"));
} }

conformance! { neighbours_touch_and_nothing_else, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let mut tx = field.api.state.db.read().await.unwrap();
    let mut near = async |users: &[(Uuid, i64, i64)], customers: &[(Uuid, i64, i64)], orders: &[Uuid]| {
        let rows = visits::neighbours(&mut tx, users, customers, orders).await.unwrap();
        rows.into_iter().map(|r| r.visit_id).collect::<BTreeSet<_>>()
    };
    // Li: VISIT 0–1, unlisted ½–1½, twin 1–2 hours after ten.
    let li = |from, until| [(id(2), MORNING + from, MORNING + until)];
    assert_eq!(near(&li(0, HOUR / 2), &[], &[]).await, [VISIT.0].into());
    assert_eq!(near(&li(HOUR / 2, HOUR), &[], &[]).await, [VISIT.0, s.unlisted.0].into(), "an end touches nothing");
    assert_eq!(near(&li(HOUR, HOUR + 1), &[], &[]).await, [s.unlisted.0, s.twin.0].into());
    assert_eq!(near(&[(id(3), 0, i64::MAX)], &[], &[]).await, [].into());
    let at = |customer, from, until| [(customer, MORNING + from, MORNING + until)];
    assert_eq!(near(&[], &at(HOSPITAL.0, 0, 3 * HOUR), &[]).await, [VISIT.0, s.twin.0].into());
    assert_eq!(near(&[], &at(OTHER_HOSPITAL.0, 0, 3 * HOUR), &[]).await, [].into());
    assert_eq!(near(&[], &[], &[ORDER.0, id(999)]).await, [VISIT.0].into());
    assert_eq!(near(&[], &[], &[]).await, [].into());
} }

conformance! { news_are_in_order_and_only_for_those_concerned, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let mut tx = field.api.state.db.read().await.unwrap();
    assert_eq!(news::epoch(&mut tx).await.unwrap(), 1);
    let top = news::top(&mut tx).await.unwrap();
    let log = news::log(&mut tx, id(1), WANGS_PHONE.0, 0, top, 100).await.unwrap();
    assert!(!log.is_empty() && log.iter().all(|r| r.visit_id == VISIT.0));
    assert!(log.is_sorted_by(|a, b| a.position < b.position));
    assert_eq!(news::log(&mut tx, id(1), WANGS_PHONE.0, 0, top, 1).await.unwrap().len(), 1);
    assert!(news::log(&mut tx, id(1), WANGS_PHONE.0, top, top, 9).await.unwrap().is_empty());
    assert!(news::log(&mut tx, id(3), id(77), 0, top, 9).await.unwrap().is_empty(), "who has no part learns nothing");
    let states = news::visits(&mut tx, id(2), 0, top, 100).await.unwrap();
    assert!(states.is_sorted_by(|a, b| a.position < b.position) && states.len() == 4);
    assert!(states.iter().all(|v| v.position <= top && !v.heads.0.is_empty()));
    let last = states[2].position;
    assert_eq!(news::visits(&mut tx, id(2), last, top, 100).await.unwrap().len(), 1);
    let flags = news::flags(&mut tx, &ids(&s)).await.unwrap();
    let of = |visit: Uuid| flags.iter().filter(|f| f.0 == visit).map(|f| f.1.as_str()).collect::<Vec<_>>();
    let on_visit = of(VISIT.0);
    use FlagCode::{Conflict, OverlappingTime, PossibleDuplicate, QuarantinedChanges};
    for code in [Conflict, QuarantinedChanges, OverlappingTime, PossibleDuplicate] {
        assert!(on_visit.contains(&code.as_str()), "{code}: {on_visit:?}");
    }
    assert!(!on_visit.contains(&"after_sign_off") && !on_visit.contains(&"no_work_order"), "{on_visit:?}");
    assert!(of(s.twin.0).contains(&"possible_duplicate") && of(s.unlisted.0).contains(&"unsigned"));
    assert!(of(s.elsewhere.0).contains(&"no_contract"), "{:?}", of(s.elsewhere.0));
    let receipts = news::receipts(&mut tx, &ids(&s)).await.unwrap();
    let numbers: Vec<&str> = receipts.iter().filter(|r| r.0 == VISIT.0).map(|r| r.1.as_str()).collect();
    assert_eq!(numbers, ["H01-000001", "H01-000002"]);
    assert!(news::reviews(&mut tx, &ids(&s)).await.unwrap().is_empty());
} }

conformance! { receipts_form_chains_that_verify, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let key = field.api.state.keys.receipt.clone();
    let mut tx = field.api.state.db.read().await.unwrap();
    let all = queue::receipts(&mut tx, &ALL, &ReceiptFilter::default(), 100).await.unwrap();
    assert_eq!(all.iter().map(|r| r.chain_no).collect::<Vec<_>>(), [1, 2, 1]);
    let (mut chain, mut before) = (String::new(), String::new());
    for row in &all {
        if row.chain != chain {
            (chain, before) = (row.chain.clone(), CHAIN_START.to_owned());
        }
        let file = dossier::receipt_body(&mut tx, row.id).await.unwrap().unwrap();
        assert_eq!(sha256_hex(file.as_bytes()), row.sha256);
        let receipt = Receipt::verify(&file, &|kid| (kid == key.kid).then(|| key.public())).unwrap();
        assert_eq!((&receipt.body.previous_sha256, &receipt.body.number), (&before, &row.number));
        before = row.sha256.clone();
    }
    let mut tx2 = field.api.state.db.begin().await.unwrap();
    let heads = visits::lock_chains(&mut tx2, &[HOSPITAL.0.to_string(), "unlisted".into()], CHAIN_START).await.unwrap();
    assert_eq!(heads[0], (HOSPITAL.0.to_string(), 2, all[1].sha256.clone()));
    assert_eq!(heads[1], ("unlisted".into(), 0, CHAIN_START.into()));
    visits::lock(&mut tx2, &[VISIT.0, id(999)]).await.unwrap();
    visits::clear_projection(&mut tx2, &[VISIT.0]).await.unwrap();
    assert!(visits::members(&mut tx2, &[VISIT.0]).await.unwrap().is_empty());
    assert!(queue::flags(&mut tx2, &[VISIT.0]).await.unwrap().is_empty());
    assert!(visits::neighbours(&mut tx2, &[], &[], &[ORDER.0]).await.unwrap().is_empty());
    tx2.rollback().await.unwrap();
} }

conformance! { the_queue_filters_and_pages, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let boss = field.token("boss").await;
    let list = async |query: &str| -> Vec<Uuid> {
        let page = field.api.get(&format!("/api/v1/visits?{query}"), &boss).await.ok();
        page["items"].as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    let set = async |query: &str| list(query).await.into_iter().collect::<BTreeSet<_>>();
    let every = list("").await;
    assert_eq!((every.len(), every[0]), (4, s.elsewhere.0), "the newest first");
    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = field.api.get(&format!("/api/v1/visits?limit=1{after}"), &boss).await.ok();
        paged.push(page["items"][0]["id"].as_str().unwrap().parse::<Uuid>().unwrap());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, every);
    assert_eq!(set("flag=conflict").await, [VISIT.0].into());
    assert_eq!(set("flag=conflict,no_contract").await, [VISIT.0, s.elsewhere.0].into());
    assert_eq!(set("flag=conflict&flag=no_contract").await, [VISIT.0, s.elsewhere.0].into());
    assert_eq!(set(&format!("customer={}", HOSPITAL.0)).await, [VISIT.0, s.twin.0].into());
    assert_eq!(set(&format!("engineer={}", id(1))).await, [VISIT.0].into());
    assert_eq!(set("review=open&coverage=covered").await, [VISIT.0].into());
    assert_eq!(set("review=billed").await, [].into());
    assert_eq!(set("from=2026-11-24&time_zone=Asia/Shanghai").await, [s.elsewhere.0].into());
    assert_eq!(set("to=2026-11-23&time_zone=Asia/Shanghai").await.len(), 3);
    assert_eq!(set("q=abc").await, [s.unlisted.0].into());
    assert_eq!(set("q=%E5%8C%BB%E9%99%A2").await.len(), 4);
    assert_eq!(set("q=%25").await, [].into(), "no wildcard");
    field.api.get("/api/v1/visits?flags=conflict", &boss).await.refused(400, "bad_request");
    field.api.get("/api/v1/visits?after=x", &boss).await.refused(400, "bad_request");

    let page = field.api.get("/api/v1/visits?flag=conflict", &boss).await.ok();
    let row = &page["items"][0];
    let said = (&row["sign_off"], &row["review"], row["conflicts"].as_i64());
    assert_eq!(said, (&"accepted".into(), &"open".into(), Some(1)));
    assert_eq!(row["labour_s"], 7200);
    assert_eq!(row["engineers"].as_array().unwrap().len(), 2);
    assert!(row["flags"].as_array().unwrap().iter().any(|f| f["code"] == "conflict" && f["severity"] == "warning"));
} }

conformance! { everybody_sees_what_is_theirs, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let (v, u, t, e) = (VISIT.0, s.unlisted.0, s.twin.0, s.elsewhere.0);
    let expected: [(&str, BTreeSet<Uuid>); 9] = [
        ("boss", [v, u, t, e].into()), ("lead", [v, u, t, e].into()), ("sm", [v, u, t].into()), ("sm2", [u, e].into()),
        ("am", [v, t].into()), ("wang", [v].into()), ("li", [v, u, t, e].into()),
        ("zhao", [v].into()), ("sales", [].into()),
    ];
    let boss = field.token("boss").await;
    let receipts = field.api.get("/api/v1/receipts", &boss).await.ok();
    for (login, visible) in expected {
        let token = field.token(login).await;
        let list = field.api.get("/api/v1/visits", &token).await;
        if login == "sales" {
            list.refused(403, "forbidden");
        } else {
            let items = list.ok()["items"].as_array().unwrap().clone();
            let seen: BTreeSet<Uuid> = items.iter().map(|i| i["id"].as_str().unwrap().parse().unwrap()).collect();
            assert_eq!(seen, visible, "{login}");
        }
        for visit in [v, u, t, e, id(999)] {
            for path in ["", "/history", "/document"] {
                let answer = field.api.get(&format!("/api/v1/visits/{visit}{path}"), &token).await;
                let want = if login == "sales" { 403 } else if visible.contains(&visit) { 200 } else { 404 };
                assert_eq!(answer.status.as_u16(), want, "{login} {visit}{path}");
            }
        }
        for receipt in receipts["items"].as_array().unwrap() {
            let visit: Uuid = receipt["visit"].as_str().unwrap().parse().unwrap();
            for end in ["", ".json", ".pdf"] {
                let path = format!("/api/v1/receipts/{}{end}", receipt["id"].as_str().unwrap());
                let want = if login == "sales" { 403 } else if visible.contains(&visit) { 200 } else { 404 };
                assert_eq!(field.api.get(&path, &token).await.status.as_u16(), want, "{login} {path}");
            }
        }
    }
} }

conformance! { one_visit_tells_who_wrote_what, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let sm = field.token("sm").await;
    let path = format!("/api/v1/visits/{}", VISIT.0);
    let d = field.api.get(&path, &sm).await.ok();
    let conflict = &d["conflicts"][0];
    assert_eq!(conflict["path"], format!("items/{}/action", s.item));
    let values: BTreeSet<(&str, &str)> = conflict["values"].as_array().unwrap().iter()
        .map(|v| (v["value"].as_str().unwrap(), v["user_name"].as_str().unwrap())).collect();
    assert_eq!(values, [("重启打印服务", "wang 某"), ("更换打印机", "li 某")].into());
    assert_eq!(serde_json::from_value::<sync_core::document::view::VisitView>(d["record"].clone()).unwrap(),
        view(&s.wang.phone.document(VISIT).unwrap()));
    let totals = &d["totals"];
    assert_eq!((totals["labour_s"].as_i64(), totals["person_s"]["labour"].as_i64()), (Some(7200), Some(10800)));
    assert_eq!(d["customer"]["code"], "H01");
    assert_eq!(d["work_order"]["code"], "W-1");
    let reason = &d["verdict"]["items"][0]["stretches"][0]["reason"];
    for lang in ["en", "zh-CN"] {
        assert!(reason[lang].as_str().unwrap().contains("C-1"), "{reason}");
    }
    for flag in d["flags"].as_array().unwrap() {
        let (zh, en) = (flag["text"]["zh-CN"].as_str().unwrap(), flag["text"]["en"].as_str().unwrap());
        assert!(zh != en && !zh.is_empty() && !en.starts_with("flag-"), "{flag}");
    }
    assert_eq!(d["receipts"].as_array().unwrap().len(), 2);
    let refused = &d["quarantine"][0];
    assert_eq!((&refused["user_name"], &refused["device"]), (&"li 某".into(), &LIS_PHONE.to_string().into()));

    let boss = field.token("boss").await;
    let bytes = format!("{path}/quarantine/{}", refused["id"].as_str().unwrap());
    field.api.get(&bytes, &sm).await.refused(403, "forbidden");
    assert_eq!(field.api.get(&bytes, &boss).await.bytes, b"this is no change");
    // What was sent for a visit of which nothing was admitted is in no list of visits, but in this one.
    field.send_rubbish(NOTHING_ADMITTED, LIS_PHONE, b"nor this", false).await;
    let first = field.api.get("/api/v1/quarantine?limit=1", &boss).await.ok();
    assert_eq!((&first["items"][0]["visit"], &first["items"][0]["id"]), (&VISIT.to_string().into(), &refused["id"]));
    let path_of_next = format!("/api/v1/quarantine?after={}", first["next"].as_str().unwrap());
    let next = field.api.get(&path_of_next, &boss).await.ok();
    let last = &next["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["visit"], &last["user_name"]), (&NOTHING_ADMITTED.to_string().into(), &"li 某".into()));

    let changes = d["changes"].as_array().unwrap();
    let mut steps: Vec<Value> = Vec::new();
    loop {
        let after = steps.last().map_or(0, |s| s["number"].as_u64().unwrap());
        let page = field.api.get(&format!("{path}/history?limit=3&after={after}"), &sm).await.ok();
        steps.extend(page["items"].as_array().unwrap().iter().cloned());
        if page["next"].is_null() { break }
    }
    assert_eq!(steps.len(), changes.len());
    for (i, (step, change)) in steps.iter().zip(changes).enumerate() {
        assert_eq!((&step["hash"], step["number"].as_u64()), (&change["hash"], Some(i as u64 + 1)));
        assert!(!step["paths"].as_array().unwrap().is_empty());
        assert!(step["user_name"].is_string() && step["device_name"].is_string());
    }
    let edited = format!("items/{}/action", s.item);
    let edits = steps.iter().filter(|step| step["paths"].as_array().unwrap().iter().any(|p| *p == *edited));
    assert_eq!(edits.count(), 2);

    let raw = field.api.get(&format!("{path}/document"), &sm).await;
    assert_eq!(raw.headers["content-type"], "application/vnd.automerge");
    assert_eq!(Document::load(&raw.bytes).unwrap().heads(), s.wang.phone.document(VISIT).unwrap().heads());
    let tag = raw.headers["etag"].to_str().unwrap().to_owned();
    let again = field.api.get_if_none_match(&format!("{path}/document"), &sm, &tag).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
} }

/// Everything that both databases must agree on, as text.
async fn portrait(f: &Fixture) -> String {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let mut out = String::new();
    let boss = field.token("boss").await;
    for visit in ids(&s) {
        let mut d = field.api.get(&format!("/api/v1/visits/{visit}"), &boss).await.ok();
        forget(&mut d);
        writeln!(out, "{d:#}").unwrap();
    }
    let mut tx = field.api.state.db.read().await.unwrap();
    let mut rows = queue::visits(&mut tx, &ALL, &Filter::default(), 100).await.unwrap();
    rows.iter_mut().for_each(|r| r.updated_ms = 0);
    writeln!(out, "{rows:#?}").unwrap();
    writeln!(out, "{:#?}", queue::engineers(&mut tx, &ids(&s)).await.unwrap()).unwrap();
    writeln!(out, "{:#?}", queue::flags(&mut tx, &ids(&s)).await.unwrap()).unwrap();
    let top = news::top(&mut tx).await.unwrap();
    writeln!(out, "{:#?}", news::visits(&mut tx, id(2), 0, top, 100).await.unwrap()).unwrap();
    writeln!(out, "{:?}", news::log(&mut tx, id(1), WANGS_PHONE.0, 0, top, 100).await.unwrap()).unwrap();
    drop(tx);
    writeln!(out, "{:?} {:?}", s.wang.phone.visits(), s.li.phone.visits()).unwrap();
    out
}

/// Takes out what no two runs share: fresh ids, hashes over them, and the server's clock.
fn forget(value: &mut Value) {
    for r in value["receipts"].as_array_mut().unwrap() {
        for field in ["id", "sha256", "issued_ms"] {
            r[field] = Value::Null;
        }
    }
    for c in value["changes"].as_array_mut().unwrap() {
        c["received_ms"] = Value::Null;
    }
    for q in value["quarantine"].as_array_mut().unwrap() {
        q["id"] = Value::Null;
        q["received_ms"] = Value::Null;
    }
    for m in value["mails"].as_array_mut().unwrap() {
        for field in ["id", "receipt", "message_id", "created_ms", "next_ms"] {
            m[field] = Value::Null;
        }
    }
    value["updated_ms"] = Value::Null;
    value["judged"]["at_ms"] = Value::Null;
    for a in value["advice"].as_array_mut().unwrap() {
        a["at_ms"] = Value::Null;
    }
}

#[tokio::test]
async fn both_databases_tell_the_same_story() {
    let sqlite = Fixture::sqlite().await.unwrap();
    let Some(postgres) = Fixture::postgres().await.unwrap() else { return };
    let (one, other) = (portrait(&sqlite).await, portrait(&postgres).await);
    for (a, b) in one.lines().zip(other.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(one, other);
    sqlite.clear().await.unwrap();
    postgres.clear().await.unwrap();
}
