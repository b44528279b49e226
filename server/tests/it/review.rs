//! Managers' decisions.

use crate::field::{Field, VISIT, begin, id, story};
use countersign::conformance;
use countersign::store::{dossier, feed};
use serde_json::{Value, json};
use sync_core::document::facts::CustomerRef;
use uuid::Uuid;

fn path(visit: Uuid) -> String {
    format!("/api/v1/visits/{visit}/review")
}

conformance! { a_decision_is_taken_once_and_reaches_the_phone, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let sm = field.token("sm").await;
    let before = {
        let mut tx = field.api.state.db.read().await.unwrap();
        feed::last_position(&mut tx).await.unwrap()
    };
    let key = Uuid::now_v7();
    let body = json!({ "id": key, "action": "return", "reason": " 请补充故障现象 " });
    let taken = field.api.post(&path(VISIT.0), &sm, body.clone()).await.ok();
    assert_eq!((&taken["reason"], &taken["user_name"]), (&"请补充故障现象".into(), &"sm 某".into()));
    assert_eq!(field.api.post(&path(VISIT.0), &sm, body.clone()).await.ok(), taken);
    for (name, value) in [("reason", "别的"), ("action", "waive")] {
        let mut other = body.clone();
        other[name] = value.into();
        field.api.post(&path(VISIT.0), &sm, other).await.refused(409, "idempotency_mismatch");
    }
    // The same id for another visit, and by somebody else.
    field.api.post(&path(s.twin.0), &sm, body.clone()).await.refused(409, "idempotency_mismatch");
    let boss = field.token("boss").await;
    field.api.post(&path(VISIT.0), &boss, body).await.refused(409, "idempotency_mismatch");

    let mut tx = field.api.state.db.read().await.unwrap();
    assert_eq!(feed::last_position(&mut tx).await.unwrap(), before + 1, "one decision, one position");
    assert_eq!(dossier::reviews(&mut tx, VISIT.0).await.unwrap().len(), 1);
    let audited = countersign::db_all!((String, String), &mut tx,
        "SELECT action, subject FROM audit WHERE action LIKE 'visit.%'").unwrap();
    assert_eq!(audited, vec![("visit.return".into(), format!("visit/{}", VISIT.0))]);
    drop(tx);

    for phone in [s.wang, s.li] {
        let phone = field.sync(phone).await;
        let listed = phone.phone.visits().into_iter().find(|l| l.visit == VISIT).unwrap();
        let state = listed.state.unwrap();
        assert_eq!(state.review, "returned");
        assert_eq!((state.reason.as_deref(), state.by.as_deref()), (Some("请补充故障现象"), Some("sm 某")));
        assert_eq!(state.receipts, ["H01-000001", "H01-000002"]);
    }
    let page = field.api.get("/api/v1/visits?review=returned", &sm).await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
} }

conformance! { the_newest_decision_counts_and_a_merge_leaves_it, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let sm = field.token("sm").await;
    let decide = async |action: &str, reason: &str| {
        let body = json!({ "id": Uuid::now_v7(), "action": action, "reason": reason });
        field.api.post(&path(s.unlisted.0), &sm, body).await.ok()
    };
    decide("approve_dispatch", "电话里同意的").await;
    decide("bill", "无合同").await;
    decide("approve", "").await;
    let mut li = field.sync(s.li).await;
    li.one(s.unlisted, crate::field::note("又去了一趟")).unwrap();
    let li = field.sync(li).await;
    let state = li.phone.visits().into_iter().find(|l| l.visit == s.unlisted).unwrap().state.unwrap();
    assert_eq!((state.review.as_str(), state.dispatch_approved, state.reason.as_deref()), ("approved", true, Some("")));
    let d = field.api.get(&format!("/api/v1/visits/{}", s.unlisted), &sm).await.ok();
    let actions: Vec<&Value> = d["reviews"].as_array().unwrap().iter().map(|r| &r["action"]).collect();
    assert_eq!(actions, ["approve_dispatch", "bill", "approve"]);
    assert_eq!((&d["review"], &d["dispatch_approved"]), (&"approved".into(), &true.into()));
} }

conformance! { what_is_missing_or_stale_is_refused, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let sm = field.token("sm").await;
    let post = async |token: &str, visit: Uuid, change: Value| {
        let mut body = json!({ "id": Uuid::now_v7(), "action": "bill", "reason": "无合同" });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        field.api.post(&path(visit), token, body).await
    };
    for action in ["return", "waive", "bill", "approve_dispatch"] {
        for reason in ["", "  ", "\u{0}"] {
            post(&sm, VISIT.0, json!({ "action": action, "reason": reason })).await.refused(422, "invalid_record");
        }
    }
    post(&sm, VISIT.0, json!({ "reason": "长".repeat(2001) })).await.refused(422, "invalid_record");
    post(&sm, VISIT.0, json!({ "action": "forget" })).await.refused(422, "unprocessable");
    post(&sm, VISIT.0, json!({ "user": id(9) })).await.refused(422, "unprocessable");
    let version = field.api.get(&format!("/api/v1/visits/{VISIT}"), &sm).await.ok()["version"].as_i64().unwrap();
    post(&sm, VISIT.0, json!({ "version": version - 1 })).await.refused(409, "version_conflict");
    let key = Uuid::now_v7();
    post(&sm, VISIT.0, json!({ "version": version, "id": key, "reason": "长".repeat(2000) })).await.ok();

    // Neither theirs, nor there.
    post(&field.token("sm2").await, VISIT.0, json!({})).await.refused(404, "not_found");
    post(&sm, s.elsewhere.0, json!({})).await.refused(404, "not_found");
    post(&sm, id(999), json!({})).await.refused(404, "not_found");
    for login in ["wang", "li", "am", "lead", "sales"] {
        post(&field.token(login).await, VISIT.0, json!({})).await.refused(403, "forbidden");
    }
    // In no list: any of them.
    post(&field.token("sm2").await, s.unlisted.0, json!({})).await.ok();
    post(&field.token("boss").await, s.elsewhere.0, json!({})).await.ok();
    let mut tx = field.api.state.db.read().await.unwrap();
    assert_eq!(dossier::reviews(&mut tx, VISIT.0).await.unwrap().len(), 1);
    assert!(dossier::review(&mut tx, key).await.unwrap().is_some());
} }

conformance! { what_a_revoked_device_sends_is_kept_and_shown, |f| async {
    let field = Field::new(f).await;
    let s = story(&field).await;
    let mut li = s.li;
    let visit = li.begin(begin(CustomerRef::Unlisted("X".into()), "X", false)).unwrap();
    field.send_rubbish(visit, crate::field::LIS_PHONE, b"late", true).await;
    let mut tx = field.api.state.db.read().await.unwrap();
    let kept = dossier::quarantine(&mut tx, visit.0).await.unwrap();
    assert_eq!((kept.len(), kept[0].code.as_str()), (1, "device_revoked"));
    assert_eq!(dossier::quarantined(&mut tx, visit.0, kept[0].id).await.unwrap().as_deref(), Some(&b"late"[..]));
    let boss = field.token("boss").await;
    // The visit itself never came into being.
    field.api.get(&format!("/api/v1/visits/{visit}"), &boss).await.refused(404, "not_found");
    let bytes = field.api.get(&format!("/api/v1/visits/{visit}/quarantine/{}", kept[0].id), &boss).await;
    assert_eq!(bytes.bytes, b"late");
} }
