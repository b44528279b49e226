//! Reference data by the API.

use crate::api::Api;
use axum::http::Method;
use countersign::conformance;
use countersign::reference::cache::{Asker, delta_for_phone, load};
use serde_json::{Value, json};
use sync_core::ids::UserId;
use sync_core::reference::{Record, Role};

struct Company {
    api: Api,
    admin: String,
    manager: String,
    other_manager: String,
    engineer: String,
    customer: Value,
    package: Value,
    engineer_id: Value,
}

async fn company(f: &countersign::testing::Fixture) -> Company {
    let api = Api::new(f).await;
    let admin = api.token("boss", Role::Admin).await;
    let manager = api.token("sm", Role::ServiceManager).await;
    let other_manager = api.token("sm2", Role::ServiceManager).await;
    let account = api.user("am", &[Role::AccountManager]).await;
    let engineer = api.token("wang", Role::Engineer).await;
    let me = async |token: &str| api.get("/api/v1/auth/me", token).await.ok()["id"].clone();
    let (sm, engineer_id) = (me(&manager).await, me(&engineer).await);
    let customer = json!({
        "code": "H01", "name": "市第一人民医院", "tier": "tertiary", "time_zone": "Asia/Shanghai",
        "service_manager": sm, "account_manager": account,
    });
    let customer = api.post("/api/v1/customers", &admin, customer).await.ok();
    let package = json!({ "code": "A-2026", "name": "基础版", "clauses": [
        { "code": "A-1", "effect": "grant", "category": "application_software", "text": "应用软件" }] });
    let package = api.post("/api/v1/packages", &admin, package).await.ok();
    Company { api, admin, manager, other_manager, engineer, customer, package, engineer_id }
}

fn contract(c: &Company) -> Value {
    json!({
        "code": "C-1", "customer": c.customer["id"], "kind": "software", "status": "signed",
        "package": c.package["id"], "first_day": "2026-01-01", "last_day": "2026-12-31",
        "annual_fee_minor": 6_000_000, "currency": "CNY",
    })
}

conformance! { fees_stay_from_engineers_and_phones, |f| async {
    let c = company(f).await;
    let made = c.api.post("/api/v1/contracts", &c.admin, contract(&c)).await.ok();
    assert_eq!((made["kind"].as_str(), made["annual_fee_minor"].as_i64()), (Some("software"), Some(6_000_000)));
    let path = format!("/api/v1/contracts/{}", made["id"].as_str().unwrap());
    assert_eq!(c.api.get(&path, &c.engineer).await.ok()["annual_fee_minor"], Value::Null);
    assert_eq!(c.api.get(&path, &c.manager).await.ok()["annual_fee_minor"], 6_000_000);
    let listed = c.api.get("/api/v1/contracts", &c.engineer).await.ok();
    assert!(!listed.to_string().contains("6000000") && listed["items"][0]["code"] == "C-1");
    c.api.post("/api/v1/contracts", &c.engineer, contract(&c)).await.refused(403, "forbidden");

    let mut tx = c.api.state.db.read().await.unwrap();
    let user = UserId(c.engineer_id.as_str().unwrap().parse().unwrap());
    let asker = Asker { cache: &c.api.state.reference, user, now_ms: c.api.state.clock.now_ms() };
    let delta = delta_for_phone(&mut tx, asker, 0, 100).await.unwrap();
    let sent = delta.records.iter().find_map(|r| match r { Record::Contract(c) => Some(c), _ => None }).unwrap();
    assert_eq!((sent.annual_fee_minor, sent.currency.clone()), (None, None));
    let all = load(&mut tx).await.unwrap();
    assert_eq!(i64::try_from(all.version).unwrap(), delta.reached);
    assert_eq!((all.customers.len(), all.people.len(), all.packages.len()), (1, 5, 1));
} }

conformance! { what_does_not_fit_is_told_by_field, |f| async {
    let c = company(f).await;
    let refused = async |path: &str, change: Value, field: &str, code: &str| {
        let mut body = match path {
            "/api/v1/contracts" => contract(&c),
            _ => {
                let mut body = c.customer.clone();
                body.as_object_mut().unwrap().remove("id");
                body["code"] = "H02".into();
                body
            }
        };
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = c.api.post(path, &c.admin, body).await;
        answer.refused(422, "invalid_record");
        let errors = answer.body["errors"].as_array().unwrap();
        assert!(errors.iter().any(|e| e["pointer"] == field && e["code"] == code), "{field} {code}: {errors:?}");
    };
    refused("/api/v1/contracts", json!({ "last_day": "2025-12-31" }), "/last_day", "dates_reversed").await;
    refused("/api/v1/contracts", json!({ "package": c.customer["id"] }), "/package", "unknown_reference").await;
    refused("/api/v1/contracts", json!({ "customer": c.package["id"] }), "/customer", "unknown_reference").await;
    refused("/api/v1/contracts", json!({ "lastday": 1 }), "/lastday", "unknown_field").await;
    refused("/api/v1/contracts", json!({ "kind": "x" }), "/kind", "unknown_word").await;
    refused("/api/v1/contracts", json!({ "currency": "yuan" }), "/currency", "bad_currency").await;
    refused("/api/v1/contracts", json!({ "currency": null }), "/currency", "missing").await;
    refused("/api/v1/customers", json!({ "time_zone": "Asia/Nowhere" }), "/time_zone", "unknown_time_zone").await;
    refused("/api/v1/customers", json!({ "code": "" }), "/code", "empty").await;
    refused("/api/v1/customers", json!({ "service_manager": c.engineer_id }), "/service_manager", "wrong_role").await;
    let mut twin = c.customer.clone();
    twin.as_object_mut().unwrap().remove("id");
    c.api.post("/api/v1/customers", &c.admin, twin).await.refused(409, "code_taken");
} }

conformance! { work_orders_dispatch_by_name, |f| async {
    let c = company(f).await;
    let order = json!({ "code": "W-1", "customer": c.customer["id"], "engineers": [c.engineer_id], "task": "PACS" });
    c.api.post("/api/v1/work-orders", &c.engineer, order.clone()).await.refused(403, "forbidden");
    c.api.post("/api/v1/work-orders", &c.other_manager, order.clone()).await.refused(403, "forbidden");
    let made = c.api.post("/api/v1/work-orders", &c.manager, order.clone()).await.ok();
    assert!(made["visit"].is_string());
    assert_eq!(made["issued_by"], c.customer["service_manager"]);
    let path = format!("/api/v1/work-orders/{}", made["id"].as_str().unwrap());
    let mut changed = order.clone();
    changed["task"] = "PACS, again".into();
    let changed = c.api.call(Method::PUT, &path, Some(&c.manager), Some(changed)).await.ok();
    assert_eq!((&changed["visit"], &changed["issued_at_ms"]), (&made["visit"], &made["issued_at_ms"]));
    let mut moved = order.clone();
    moved["visit"] = c.package["id"].clone();
    c.api.call(Method::PUT, &path, Some(&c.manager), Some(moved)).await.refused(422, "invalid_record");
    c.api.call(Method::PUT, &path, Some(&c.other_manager), Some(order)).await.refused(403, "forbidden");
} }

conformance! { lists_are_paged, |f| async {
    let c = company(f).await;
    for i in 0..5 {
        let asset = json!({ "code": format!("S-{i}"), "customer": c.customer["id"], "name": "服务器", "category": "storage" });
        c.api.post("/api/v1/assets", &c.admin, asset).await.ok();
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = c.api.get(&format!("/api/v1/assets?limit=2{after}"), &c.engineer).await.ok();
        seen.extend(page["items"].as_array().unwrap().iter().map(|a| a["code"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    seen.sort();
    assert_eq!(seen.len(), 5);
    let other = format!("/api/v1/assets?customer={}", c.package["id"].as_str().unwrap());
    assert!(c.api.get(&other, &c.engineer).await.ok()["items"].as_array().unwrap().is_empty());
    c.api.get("/api/v1/assets?limit=x", &c.engineer).await.refused(400, "bad_request");
} }
