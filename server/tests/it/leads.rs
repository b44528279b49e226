//! Leads and root causes, from the phones' visits to the manager's decision.

use crate::field::{Field, HOSPITAL, WANGS_PHONE};
use crate::reports::{company, visit};
use countersign::conformance;
use serde_json::{Value, json};
use sync_core::document::facts::Category;
use uuid::Uuid;

conformance! { uncovered_work_becomes_a_lead_that_somebody_decides_about, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let visits = [visit(&mut wang, Category::Network, 0), visit(&mut wang, Category::Network, 2)];
    visit(&mut wang, Category::ApplicationSoftware, 4);
    let mut wang = field.sync(wang).await;
    let am = field.token("am").await;
    let page = field.api.get("/api/v1/leads?state=open", &am).await.ok();
    let lead = &page["items"][0];
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!((&lead["category"], &lead["visits"]), (&"network".into(), &2.into()));
    assert_eq!(lead["value"], json!([{ "currency": "CNY", "cost_minor": 40_000, "list_minor": 120_000, "ms": 14_400_000,
        "unpriced_ms": 0 }]));
    // The other hospital's extra item would have covered it.
    assert_eq!((&lead["offer"]["clause"], &lead["offer"]["package"]), (&"NET".into(), &Value::Null));
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().unwrap());
    let dossier = field.api.get(&path, &am).await.ok();
    let ids: Vec<&str> = dossier["visit_ids"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert!(visits.iter().all(|v| ids.contains(&v.to_string().as_str())) && ids.len() == 2);

    let decide = async |token: &str, body: Value| field.api.post(&format!("{path}/decision"), token, body).await;
    for (body, code) in [
        (json!({ "outcome": "won", "reason": " ", "version": 0 }), (422, "invalid_record")),
        (json!({ "outcome": "postponed", "reason": "预算", "version": 0 }), (422, "invalid_record")),
        (json!({ "outcome": "postponed", "reason": "预算", "due": "2020-01-01", "version": 0 }), (422, "invalid_record")),
        (json!({ "outcome": "won", "reason": "签了", "due": "2099-01-01", "version": 0 }), (422, "invalid_record")),
        (json!({ "outcome": "won", "reason": "签了", "version": 7 }), (409, "version_conflict")),
        (json!({ "outcome": "void", "reason": "签了", "version": 0 }), (422, "unprocessable")),
    ] {
        decide(&am, body).await.refused(code.0, code.1);
    }
    let later = json!({ "outcome": "postponed", "reason": "明年预算", "due": "2099-01-01", "version": 0 });
    assert_eq!(decide(&am, later).await.ok()["state"], "postponed");
    let open = field.api.get("/api/v1/leads?state=open", &am).await.ok();
    assert!(open["items"].as_array().unwrap().is_empty());
    let won = decide(&am, json!({ "outcome": "won", "reason": "加购网络服务", "version": 1 })).await.ok();
    let actions: Vec<&Value> = won["trail"].as_array().unwrap().iter().map(|s| &s["action"]).collect();
    assert_eq!(actions, ["lead.postponed", "lead.won"]);
    assert_eq!(won["trail"][1]["detail"]["value"][0]["cost_minor"], 40_000);
    decide(&am, json!({ "outcome": "lost", "reason": "x", "version": 2 })).await.refused(409, "already_closed");

    // New work is a new lead; the boss sees both, in pages.
    visit(&mut wang, Category::Network, 24);
    let _wang = field.sync(wang).await;
    let boss = field.token("boss").await;
    let first = field.api.get("/api/v1/leads?limit=1", &boss).await.ok();
    assert_eq!((&first["items"][0]["state"], &first["items"][0]["visits"]), (&"open".into(), &1.into()));
    let next = format!("/api/v1/leads?limit=1&after={}", first["next"].as_str().unwrap());
    let second = field.api.get(&next, &boss).await.ok();
    assert_eq!((&second["items"][0]["state"], second["next"].is_null()), (&"won".into(), true));
    field.api.get("/api/v1/leads?state=maybe", &boss).await.refused(400, "bad_request");
    field.api.get("/api/v1/leads?after=x", &boss).await.refused(400, "bad_request");
    field.api.get(&format!("/api/v1/leads/{}", Uuid::nil()), &boss).await.refused(404, "not_found");
} }

conformance! { a_repeated_problem_is_closed_by_a_fix_and_its_verification, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    for n in 0..3 {
        visit(&mut wang, Category::Network, n * 24);
    }
    let _wang = field.sync(wang).await;
    let (sm, sm2, lead) = (field.token("sm").await, field.token("sm2").await, field.token("lead").await);
    let page = field.api.get("/api/v1/root-causes?state=open", &sm).await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    let record = page["items"][0].clone();
    assert_eq!((&record["customer"], &record["problem_key"]), (&HOSPITAL.to_string().into(), &"network/连不上".into()));
    let path = format!("/api/v1/root-causes/{}", record["id"].as_str().unwrap());
    assert_eq!(field.api.get(&path, &lead).await.ok()["visits"].as_array().unwrap().len(), 3, "those before the flag, too");
    field.api.get(&path, &sm2).await.refused(404, "not_found");
    let report = "/api/v1/reports/repeat-problems?from=2026-11-01&to=2026-11-30";
    let row = field.api.get(report, &lead).await.ok()["rows"][0].clone();
    assert_eq!((&row["visits"], &row["root_cause"], &row["category"]), (&3.into(), &record["id"], &"network".into()));
    assert_eq!((&row["first_day"], &row["last_day"]), (&"2026-11-23".into(), &"2026-11-25".into()));

    let version = record["version"].as_i64().unwrap();
    let post = async |token: &str, what: &str, text: &str, version: i64| {
        field.api.post(&format!("{path}/{what}"), token, json!({ "text": text, "version": version })).await
    };
    post(&sm2, "fix", "换交换机", version).await.refused(404, "not_found");
    post(&sm, "verification", "一周无故障", version).await.refused(409, "fix_needed");
    post(&sm, "fix", "", version).await.refused(422, "invalid_record");
    post(&sm, "fix", "换交换机", version + 1).await.refused(409, "version_conflict");
    let fixed = post(&sm, "fix", "换交换机", version).await.ok();
    assert_eq!((&fixed["state"], &fixed["fix"]), (&"fixed".into(), &"换交换机".into()));
    let closed = post(&sm, "verification", "一周无故障", version + 1).await.ok();
    assert_eq!((&closed["state"], &closed["verification"]), (&"closed".into(), &"一周无故障".into()));
    assert_eq!(closed["trail"].as_array().unwrap().len(), 2);
    post(&sm, "fix", "再换", version + 2).await.refused(409, "already_closed");
    assert!(field.api.get("/api/v1/root-causes?state=open", &sm).await.ok()["items"].as_array().unwrap().is_empty());
} }
