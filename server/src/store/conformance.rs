//! Every statement of this room, on both databases. Those about visits are in `tests/it/visits.rs` and `review.rs`:
//! what they read, phones have to write first.

use super::bulk::{Bulk, Kind, Rows, Value, ids_json};
use super::{Sql, StoreError, audit, devices, dialect, feed, reference, sessions, users};
use crate::{conformance, db_all, db_execute, db_one, with_ids};
use sqlx::types::Json;
use sync_core::document::facts::Category;
use sync_core::ids::{AssetId, CustomerId, UserId};
use sync_core::reference::{Asset, Person, Record, RecordKind, Role};
use uuid::Uuid;

fn user(login: &str) -> users::UserRow {
    users::UserRow {
        id: Uuid::now_v7(),
        login: login.into(),
        name: "王建国".into(),
        email: None,
        language: "zh-CN".into(),
        roles: Json(vec![Role::Engineer]),
        password_hash: "$argon2id$…".into(),
        must_change: true,
        created_ms: 7,
        disabled_ms: None,
    }
}

fn person(code: &str) -> Record {
    Record::Person(Person { id: UserId(Uuid::now_v7()), code: code.into(), name: "李".into(), roles: vec![] })
}

conformance! { users_round_trip, |f| async {
    let mut tx = f.db.begin().await.unwrap();
    let mut wang = user("wang");
    users::add(&mut tx, &wang).await.unwrap();
    wang.email = Some("wang@example.com".into());
    wang.roles.0.push(Role::Admin);
    wang.disabled_ms = Some(9);
    users::update(&mut tx, &wang).await.unwrap();
    users::set_password(&mut tx, wang.id, "other", false).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = f.db.read().await.unwrap();
    let got = users::by_login(&mut tx, "wang").await.unwrap().unwrap();
    assert_eq!(got.roles.0, vec![Role::Engineer, Role::Admin]);
    assert_eq!((got.email.as_deref(), got.disabled_ms, got.must_change), (Some("wang@example.com"), Some(9), false));
    assert_eq!(users::by_id(&mut tx, wang.id).await.unwrap().unwrap().password_hash, "other");
    assert!(users::by_login(&mut tx, "Wang").await.unwrap().is_none());
    assert_eq!(users::count(&mut tx).await.unwrap(), 1);
    assert_eq!(users::list(&mut tx, Uuid::nil(), 10).await.unwrap().len(), 1);
    assert!(users::list(&mut tx, wang.id, 10).await.unwrap().is_empty());
    drop(tx);

    let mut tx = f.db.begin().await.unwrap();
    assert!(users::add(&mut tx, &user("wang")).await.unwrap_err().is_unique_violation());
} }

conformance! { devices_and_standing, |f| async {
    let mut tx = f.db.begin().await.unwrap();
    let wang = user("wang");
    users::add(&mut tx, &wang).await.unwrap();
    let phone = devices::DeviceRow {
        id: Uuid::now_v7(), user_id: wang.id, name: "红米".into(), alg: "EdDSA".into(), public_key: "aa".into(),
        enrolled_ms: 1, revoked_ms: None, last_seen_ms: None,
    };
    devices::add(&mut tx, &phone).await.unwrap();
    assert!(devices::by_key(&mut tx, wang.id, "aa").await.unwrap().is_some());
    assert_eq!(devices::list(&mut tx, Some(wang.id), Uuid::nil(), 5).await.unwrap().len(), 1);
    assert_eq!(devices::list(&mut tx, None, phone.id, 5).await.unwrap().len(), 0);
    devices::seen(&mut tx, phone.id, 5).await.unwrap();
    let standing = users::standing(&mut tx, wang.id, Some(phone.id)).await.unwrap().unwrap();
    assert_eq!((standing.device_id, standing.device_revoked_ms), (Some(phone.id), None));
    assert!(devices::revoke(&mut tx, phone.id, 6).await.unwrap());
    assert!(!devices::revoke(&mut tx, phone.id, 7).await.unwrap());
    let standing = users::standing(&mut tx, wang.id, Some(phone.id)).await.unwrap().unwrap();
    assert_eq!(standing.device_revoked_ms, Some(6));
    assert_eq!(users::standing(&mut tx, wang.id, None).await.unwrap().unwrap().device_id, None);
    let got = devices::by_id(&mut tx, phone.id).await.unwrap().unwrap();
    assert_eq!((got.last_seen_ms, got.revoked_ms), (Some(5), Some(6)));
} }

conformance! { refresh_tokens_are_used_once, |f| async {
    let mut tx = f.db.begin().await.unwrap();
    let wang = user("wang");
    users::add(&mut tx, &wang).await.unwrap();
    let row = sessions::RefreshRow {
        id: Uuid::now_v7(), family: Uuid::now_v7(), user_id: wang.id, device_id: None, issued_ms: 1, expires_ms: 9,
        used_ms: None, revoked_ms: None,
    };
    sessions::add(&mut tx, &row, &[1, 2]).await.unwrap();
    assert!(sessions::by_hash(&mut tx, &[1]).await.unwrap().is_none());
    assert!(sessions::use_once(&mut tx, row.id, 3).await.unwrap());
    assert!(!sessions::use_once(&mut tx, row.id, 4).await.unwrap());
    sessions::revoke_user(&mut tx, wang.id, 5).await.unwrap();
    sessions::revoke_family(&mut tx, row.family, 6).await.unwrap();
    sessions::revoke_device(&mut tx, Uuid::now_v7(), 6).await.unwrap();
    let got = sessions::by_hash(&mut tx, &[1, 2]).await.unwrap().unwrap();
    assert_eq!((got.used_ms, got.revoked_ms), (Some(3), Some(5)));
    assert_eq!(sessions::forget_expired(&mut tx, 10).await.unwrap(), 1);
    audit::add(&mut tx, 1, None, "test", "user/x", serde_json::json!({"a": 1})).await.unwrap();
} }

conformance! { reference_is_fed_in_order, |f| async {
    let customer = CustomerId(Uuid::now_v7());
    let asset = Record::Asset(Asset {
        id: AssetId(Uuid::now_v7()), code: "PACS-1".into(), customer, name: "存储".into(), category: Category::Storage,
        promised: vec![],
        bought: vec![],
    });
    let mut tx = f.db.begin().await.unwrap();
    assert_eq!(feed::last_position(&mut tx).await.unwrap(), 0);
    assert_eq!(reference::put(&mut tx, &[person("a"), asset.clone()], None, 1).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let mut tx = f.db.begin().await.unwrap();
    assert_eq!(reference::put(&mut tx, std::slice::from_ref(&asset), Some(Uuid::now_v7()), 2).await.unwrap(), 3);
    tx.commit().await.unwrap();

    let mut tx = f.db.read().await.unwrap();
    let delta = reference::delta(&mut tx, 1, 10).await.unwrap();
    assert_eq!(delta.iter().map(|r| (r.position, r.body.0.clone())).collect::<Vec<_>>(), vec![(3, asset.clone())]);
    assert_eq!(reference::delta(&mut tx, 0, 1).await.unwrap().len(), 1);
    assert!(reference::by_id(&mut tx, RecordKind::Asset, asset.id()).await.unwrap().is_some());
    assert!(reference::by_code(&mut tx, RecordKind::Asset, "PACS-1").await.unwrap().is_some());
    assert!(reference::by_code(&mut tx, RecordKind::Person, "PACS-1").await.unwrap().is_none());
    let list = reference::list(&mut tx, RecordKind::Asset, Some(customer.0), Uuid::nil(), 9).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(reference::list(&mut tx, RecordKind::Asset, None, asset.id(), 9).await.unwrap().len(), 0);
    let (rows,) = db_one!((i64,), &mut tx, "SELECT COUNT(*) FROM reference_history").unwrap();
    assert_eq!(rows, 3);
    drop(tx);

    let mut tx = f.db.begin().await.unwrap();
    assert!(reference::put(&mut tx, &[person("a")], None, 1).await.unwrap_err().is_unique_violation());
    drop(tx);
    let mut tx = f.db.read().await.unwrap();
    assert_eq!(feed::last_position(&mut tx).await.unwrap(), 3, "positions of a rollback are given back");
} }

static EVERY_KIND: Bulk = Bulk::new(
    "change_log",
    &[
        ("id", Kind::Uuid),
        ("visit_id", Kind::Uuid),
        ("device_id", Kind::Uuid),
        ("attestation_id", Kind::Uuid),
        ("position", Kind::Int),
        ("received_ms", Kind::Int),
        ("count", Kind::Int),
        ("changes", Kind::Bytes),
    ],
    "ON CONFLICT (id) DO UPDATE SET count = excluded.count",
);
static FLAGS: Bulk = Bulk::new(
    "flags",
    &[
        ("visit_id", Kind::Uuid),
        ("code", Kind::Text),
        ("severity", Kind::Text),
        ("item", Kind::Uuid),
        ("message", Kind::Json),
    ],
    "",
);
static USERS: Bulk = Bulk::new(
    "users",
    &[
        ("id", Kind::Uuid),
        ("login", Kind::Text),
        ("name", Kind::Text),
        ("email", Kind::Text),
        ("language", Kind::Text),
        ("roles", Kind::Json),
        ("password_hash", Kind::LongText),
        ("must_change", Kind::Bool),
        ("created_ms", Kind::Int),
    ],
    "",
);
static NOT_NULL: Bulk = Bulk::new("audit", &[("id", Kind::Uuid), ("detail", Kind::Json)], "");

conformance! { bulk_writes_every_kind, |f| async {
    let (a, b, visit) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let bytes: Vec<u8> = (0..=255).collect();
    let mut tx = f.db.begin().await.unwrap();
    let mut rows = Rows::new();
    rows.push(&[a.into(), visit.into(), b.into(), Value::Null, 1_i64.into(), i64::MAX.into(), 1_i64.into(),
        bytes.as_slice().into()]);
    rows.push(&[b.into(), visit.into(), b.into(), Some(a).into(), 2_i64.into(), i64::MIN.into(), 2_i64.into(),
        Value::Bytes(&[])]);
    assert_eq!(EVERY_KIND.run(&mut tx, &rows).await.unwrap(), 2);
    let mut again = Rows::new();
    again.push(&[a.into(), visit.into(), b.into(), Value::Null, 1_i64.into(), 0_i64.into(), 9_i64.into(),
        Value::Bytes(&[1])]);
    assert_eq!(EVERY_KIND.run(&mut tx, &again).await.unwrap(), 1);
    type Row = (Uuid, Option<Uuid>, i64, i64, Vec<u8>);
    let by_ids = with_ids!("SELECT id, attestation_id, received_ms, count, changes FROM change_log WHERE id IN ",
        " ORDER BY id");
    let got = db_all!(Row, &mut tx, by_ids, ids_json([a, b])).unwrap();
    assert_eq!(got, vec![(a, None, i64::MAX, 9, bytes), (b, Some(a), i64::MIN, 2, vec![])]);
    assert!(db_all!(Row, &mut tx, by_ids, ids_json([])).unwrap().is_empty());

    let text = "引号\"、反斜杠\\、换行\n、𠮷、'; DROP TABLE flags; --";
    let mut rows = Rows::new();
    rows.push(&[visit.into(), text.into(), "null".into(), Value::Null, Value::Json("{\"a\":[1,null,\"{}\"]}")]);
    FLAGS.run(&mut tx, &rows).await.unwrap();
    type Flag = (String, String, Option<Uuid>, Json<serde_json::Value>);
    let (code, severity, item, message) =
        db_one!(Flag, &mut tx, "SELECT code, severity, item, message FROM flags").unwrap();
    assert_eq!((code.as_str(), severity.as_str(), item), (text, "null", None));
    assert_eq!(message.0, serde_json::json!({"a": [1, null, "{}"]}));

    let mut rows = Rows::new();
    rows.push(&[a.into(), "x".into(), "".into(), Value::Null, "en".into(), Value::Json("[\"admin\"]"),
        Value::LongText(text), true.into(), 1_i64.into()]);
    USERS.run(&mut tx, &rows).await.unwrap();
    let got = users::by_id(&mut tx, a).await.unwrap().unwrap();
    assert_eq!(got.password_hash, text);
    assert!(got.must_change && got.email.is_none() && got.name.is_empty() && got.roles.0 == vec![Role::Admin]);
} }

conformance! { bulk_refuses_what_does_not_fit, |f| async {
    let mut tx = f.db.begin().await.unwrap();
    assert_eq!(FLAGS.run(&mut tx, &Rows::new()).await.unwrap(), 0);
    let mut rows = Rows::new();
    rows.push(&[Value::Null]);
    assert!(matches!(FLAGS.run(&mut tx, &rows).await.unwrap_err(), StoreError::BulkWidth { .. }));
    let mut rows = Rows::new();
    // JSON's null is SQL's NULL, which this column does not take.
    rows.push(&[Uuid::now_v7().into(), Value::Json("null")]);
    assert!(NOT_NULL.run(&mut tx, &rows).await.is_err());
} }

conformance! { dialect_statements_run, |f| async {
    let mut tx = f.db.begin().await.unwrap();
    let claimed = db_all!((Uuid,), &mut tx, dialect::CLAIM_OUTBOX, 1_i64, 2_i64, "node", 10_i64, 9_i64,
        9_i64).unwrap();
    assert!(claimed.is_empty());
    let ids = ids_json([Uuid::now_v7(), Uuid::now_v7()]);
    assert_eq!(db_one!((i64,), &mut tx, dialect::LOCK_VISITS, ids).unwrap(), (2,));
    let held = Sql {
        sqlite: "SELECT 2",
        postgres: "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    };
    assert_eq!(db_one!((i64,), &mut tx, held).unwrap(), (2,));
    f.db.ping().await.unwrap();
} }

conformance! { readers_see_one_state_and_write_nothing, |f| async {
    let mut reader = f.db.read().await.unwrap();
    assert_eq!(feed::last_position(&mut reader).await.unwrap(), 0);
    let mut writer = f.db.begin().await.unwrap();
    feed::take_positions(&mut writer, 3).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(feed::last_position(&mut reader).await.unwrap(), 0);
    assert!(db_execute!(&mut reader, "UPDATE counter SET value = 0").is_err());
} }

conformance! { positions_follow_commits, |f| async {
    let tasks: Vec<_> = (0..8).map(|i| {
        let db = f.db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let position = reference::put(&mut tx, &[person(&format!("p{i}"))], None, 1).await.unwrap();
            tx.commit().await.unwrap();
            // What was committed is at once everything up to its position: nothing earlier can still appear.
            let mut tx = db.read().await.unwrap();
            assert!(reference::delta(&mut tx, 0, 100).await.unwrap().iter().filter(|r| r.position <= position).count()
                == usize::try_from(position).unwrap());
        })
    }).collect();
    for task in tasks {
        task.await.unwrap();
    }
} }
