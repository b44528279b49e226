//! Logging in, staying in, and being put out.

use crate::api::{Api, PASSWORD};
use axum::http::{Method, header};
use countersign::auth::devices::enrolment_challenge;
use countersign::auth::tokens::LIFETIME_S;
use countersign::conformance;
use serde_json::{Value, json};
use sync_core::crypto::SoftwareKey;
use sync_core::ids::UserId;
use sync_core::reference::Role;

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

async fn refresh(api: &Api, token: &str) -> crate::api::Answer {
    api.call(Method::POST, "/api/v1/auth/refresh", None, Some(json!({ "refresh_token": token }))).await
}

conformance! { wrong_passwords_get_one_answer_and_then_a_pause, |f| async {
    let api = Api::new(f).await;
    api.user("wang", &[Role::Engineer]).await;
    let attempt = async |login: &str, password: &str| {
        let body = json!({ "login": login, "password": password });
        api.call(Method::POST, "/api/v1/auth/login", None, Some(body)).await
    };
    let (wrong, unknown) = (attempt("wang", "wrong").await, attempt("nobody", "wrong").await);
    wrong.refused(401, "invalid_credentials");
    unknown.refused(401, "invalid_credentials");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    attempt("wang", PASSWORD).await.ok();
    for _ in 0..10 {
        attempt("wang", "wrong").await.refused(401, "invalid_credentials");
    }
    let paused = attempt("wang", PASSWORD).await;
    paused.refused(429, "too_many_attempts");
    assert!(paused.headers[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 60);
    api.state.clock.advance(16 * 60 * 1000);
    attempt("wang", PASSWORD).await.ok();
} }

conformance! { tokens_end, |f| async {
    let api = Api::new(f).await;
    let token = api.token("wang", Role::Engineer).await;
    assert_eq!(api.get("/api/v1/auth/me", &token).await.ok()["login"], "wang");
    api.get("/api/v1/auth/me", "nonsense").await.refused(401, "unauthenticated");
    api.call(Method::GET, "/api/v1/auth/me", None, None).await.refused(401, "unauthenticated");
    let none = format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap());
    api.get("/api/v1/auth/me", &none).await.refused(401, "unauthenticated");
    api.state.clock.advance((LIFETIME_S + 60) * 1000);
    api.get("/api/v1/auth/me", &token).await.refused(401, "token_expired");
} }

conformance! { a_refresh_token_that_comes_back_ends_the_log_in, |f| async {
    let api = Api::new(f).await;
    api.user("wang", &[Role::Engineer]).await;
    let first = text(&api.login("wang").await, "refresh_token");
    let second = text(&refresh(&api, &first).await.ok(), "refresh_token");
    let third = text(&refresh(&api, &second).await.ok(), "refresh_token");
    refresh(&api, &second).await.refused(401, "refresh_token_reused");
    refresh(&api, &third).await.refused(401, "invalid_refresh_token");
    refresh(&api, "never issued").await.refused(401, "invalid_refresh_token");

    let other = text(&api.login("wang").await, "refresh_token");
    let out = api.call(Method::POST, "/api/v1/auth/logout", None, Some(json!({ "refresh_token": other }))).await;
    assert_eq!(out.status, 204);
    refresh(&api, &other).await.refused(401, "invalid_refresh_token");

    let old = text(&api.login("wang").await, "refresh_token");
    api.state.clock.advance(91 * 24 * 3600 * 1000);
    refresh(&api, &old).await.refused(401, "invalid_refresh_token");
} }

conformance! { who_chose_the_next_token_may_ask_again, |f| async {
    let api = Api::new(f).await;
    api.user("wang", &[Role::Engineer]).await;
    let ask = async |token: &str, next: &str| {
        let body = json!({ "refresh_token": token, "next_refresh_token": next });
        api.call(Method::POST, "/api/v1/auth/refresh", None, Some(body)).await
    };
    let first = text(&api.login("wang").await, "refresh_token");
    let (second, third) = ("2".repeat(64), "3".repeat(64));
    for _ in 0..3 {
        let answer = ask(&first, &second).await.ok();
        assert_eq!(answer["refresh_token"], second);
        assert_eq!(api.get("/api/v1/auth/me", &text(&answer, "access_token")).await.ok()["login"], "wang");
    }
    ask(&second, "short").await.refused(422, "bad_refresh_token");
    // A token cannot come after itself, nor after another log-in's.
    ask(&second, &second).await.refused(422, "bad_refresh_token");
    let other = text(&api.login("wang").await, "refresh_token");
    ask(&other, &second).await.refused(422, "bad_refresh_token");
    // Neither was used up by that. Once the phone is past a question, repeating it ends nothing and gets nothing.
    ask(&second, &third).await.ok();
    ask(&first, &second).await.refused(401, "invalid_refresh_token");
    ask(&third, &"4".repeat(64)).await.ok();
    ask(&other, &"5".repeat(64)).await.ok();
    // Who holds an old token and does not know what came after it is found out.
    ask(&third, &"6".repeat(64)).await.refused(401, "refresh_token_reused");
    ask(&"4".repeat(64), &"7".repeat(64)).await.refused(401, "invalid_refresh_token");
} }

conformance! { two_uses_at_once_are_one_use, |f| async {
    let api = Api::new(f).await;
    api.user("wang", &[Role::Engineer]).await;
    let token = text(&api.login("wang").await, "refresh_token");
    let (a, b) = tokio::join!(refresh(&api, &token), refresh(&api, &token));
    assert_eq!([a.status, b.status].iter().filter(|s| s.is_success()).count(), 1);
} }

conformance! { a_device_is_enrolled_by_proof_and_revoked_for_good, |f| async {
    let api = Api::new(f).await;
    let user = api.user("wang", &[Role::Engineer]).await;
    let other = api.user("li", &[Role::Engineer]).await;
    let token = text(&api.login("wang").await, "access_token");
    let key = SoftwareKey::from_seed([7; 32]);
    let enrol = async |proof_for: UserId, token: &str| {
        let proof = hex::encode(key.sign(enrolment_challenge(proof_for, &key.public()).as_bytes()));
        api.post("/api/v1/devices", token, json!({ "name": "红米", "public_key": key.public(), "proof": proof })).await
    };
    enrol(other, &token).await.refused(422, "bad_device_proof");
    let bad = json!({ "name": "x", "public_key": { "alg": "EdDSA", "key": "00" }, "proof": "00" });
    api.post("/api/v1/devices", &token, bad).await.refused(422, "bad_device_key");
    let enrolled = enrol(user, &token).await.ok();
    let again = enrol(user, &token).await.ok();
    assert_eq!(enrolled["device_id"], again["device_id"]);
    let device = text(&enrolled, "device_id");
    let bound = text(&enrolled, "access_token");
    assert_eq!(api.get("/api/v1/auth/me", &bound).await.ok()["device"], device.as_str());

    let li = text(&api.login("li").await, "access_token");
    let path = format!("/api/v1/devices/{device}");
    api.call(Method::DELETE, &path, Some(&li), None).await.refused(404, "not_found");
    assert!(api.get("/api/v1/devices", &li).await.ok()["items"].as_array().unwrap().is_empty());
    api.get("/api/v1/devices?all=true", &li).await.refused(403, "forbidden");
    assert_eq!(api.call(Method::DELETE, &path, Some(&token), None).await.status, 204);
    api.get("/api/v1/auth/me", &bound).await.refused(403, "device_revoked");
    refresh(&api, &text(&enrolled, "refresh_token")).await.refused(401, "invalid_refresh_token");
    enrol(user, &token).await.refused(409, "device_revoked");
    let admin = api.token("boss", Role::Admin).await;
    let all = api.get("/api/v1/devices?all=true", &admin).await.ok();
    assert!(all["items"][0]["revoked_ms"].is_i64());
} }

conformance! { passwords_are_changed_and_users_disabled_at_once, |f| async {
    let api = Api::new(f).await;
    let admin = api.token("boss", Role::Admin).await;
    let new = json!({ "login": "wang", "name": "王建国", "roles": ["engineer"], "password": PASSWORD });
    let id = text(&api.post("/api/v1/users", &admin, new.clone()).await.ok(), "id");
    api.post("/api/v1/users", &admin, new.clone()).await.refused(409, "login_taken");
    let short = json!({ "login": "li", "name": "李", "roles": ["engineer"], "password": "short" });
    api.post("/api/v1/users", &admin, short).await.refused(422, "bad_password");

    let login = api.login("wang").await;
    let token = text(&login, "access_token");
    api.get("/api/v1/customers", &token).await.refused(403, "password_change_required");
    let change = json!({ "old": PASSWORD, "new": PASSWORD });
    api.post("/api/v1/auth/password", &token, change).await.refused(422, "bad_password");
    let change = json!({ "old": "wrong", "new": "another long password" });
    api.post("/api/v1/auth/password", &token, change).await.refused(401, "invalid_credentials");
    let change = json!({ "old": PASSWORD, "new": "another long password" });
    let token = text(&api.post("/api/v1/auth/password", &token, change).await.ok(), "access_token");
    refresh(&api, &text(&login, "refresh_token")).await.refused(401, "invalid_refresh_token");
    api.get("/api/v1/customers", &token).await.ok();
    api.get("/api/v1/users", &token).await.refused(403, "forbidden");

    let off = json!({ "login": "wang", "name": "王建国", "roles": ["engineer"], "disabled": true });
    api.call(Method::PUT, &format!("/api/v1/users/{id}"), Some(&admin), Some(off)).await.ok();
    api.get("/api/v1/customers", &token).await.refused(401, "unauthenticated");
    let body = json!({ "login": "wang", "password": "another long password" });
    api.call(Method::POST, "/api/v1/auth/login", None, Some(body)).await.refused(401, "invalid_credentials");
    let boss = text(&api.get("/api/v1/auth/me", &admin).await.ok(), "id");
    let own = json!({ "login": "boss", "name": "x", "roles": ["engineer"] });
    api.call(Method::PUT, &format!("/api/v1/users/{boss}"), Some(&admin), Some(own)).await.refused(409, "forbidden");
} }
