//! Every statement about receipts and the outbox, on both databases.

use super::outbox::{self, Lease, NewMail, Wanted};
use super::receipts::{self, ReceiptRow};
use super::{Db, StoreError};
use crate::conformance;
use uuid::Uuid;

fn receipt(chain: &str, no: i64, visit: Uuid) -> ReceiptRow {
    ReceiptRow {
        id: Uuid::now_v7(),
        visit_id: visit,
        sign_off_id: Uuid::now_v7(),
        chain: chain.into(),
        chain_no: no,
        number: format!("{chain}-{no:06}"),
        revision: no,
        issued_ms: 5,
        body: "{\"a\":\"医院 \\\"'\"}".into(),
        sha256: "aa".into(),
        previous_sha256: "bb".into(),
        token_hash: format!("{chain}{no}").into_bytes(),
    }
}

fn mail(receipt: Uuid, message_id: &str, at_ms: i64) -> NewMail<'_> {
    NewMail {
        id: Uuid::now_v7(),
        receipt_id: receipt,
        recipient: "it@hospital.example",
        name: "李主任",
        language: "zh-CN",
        audience: "customer",
        message_id,
        link_token: "secret-token",
        kind: "receipt",
        about: None,
        created_ms: at_ms,
    }
}

fn wanted(now_ms: i64, lease_until_ms: i64, owner: &str, limit: i64) -> Wanted<'_> {
    Wanted { now_ms, lease_until_ms, owner, limit, per_domain: 100, per_minute: 1000 }
}

async fn add(db: &Db, rows: &[ReceiptRow]) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    receipts::add_all(&mut tx, rows).await?;
    tx.commit().await
}

conformance! { receipts_round_trip, |f| async {
    let visit = Uuid::now_v7();
    let rows = [receipt("h1", 1, visit), receipt("h1", 2, visit), receipt("h2", 1, Uuid::now_v7())];
    add(&f.db, &rows).await.unwrap();
    let mut tx = f.db.read().await.unwrap();
    assert_eq!(receipts::by_id(&mut tx, rows[1].id).await.unwrap().as_ref(), Some(&rows[1]));
    assert_eq!(receipts::by_number(&mut tx, "h2-000001").await.unwrap().as_ref(), Some(&rows[2]));
    assert_eq!(receipts::by_number(&mut tx, "H2-000001").await.unwrap(), None);
    assert_eq!(receipts::by_token_hash(&mut tx, b"h12").await.unwrap().as_ref(), Some(&rows[1]));
    assert_eq!(receipts::by_token_hash(&mut tx, b"h1").await.unwrap(), None);
    assert_eq!(receipts::of_visit(&mut tx, visit).await.unwrap(), rows[..2]);
    assert_eq!(receipts::of_chain(&mut tx, "h1", 0, 1).await.unwrap(), rows[..1]);
    assert_eq!(receipts::of_chain(&mut tx, "h1", 1, 9).await.unwrap(), rows[1..2]);
    assert_eq!(receipts::list(&mut tx, Uuid::nil(), 9).await.unwrap().len(), 3);
    tx.rollback().await.unwrap();

    // A place in a chain, and a sign-off, have one receipt.
    assert!(add(&f.db, &[receipt("h1", 2, visit)]).await.unwrap_err().is_unique_violation());
    let again = ReceiptRow { sign_off_id: rows[0].sign_off_id, ..receipt("h1", 3, visit) };
    assert!(add(&f.db, &[again]).await.unwrap_err().is_unique_violation());
} }

conformance! { a_mail_is_owned_while_its_lease_runs, |f| async {
    let row = receipt("h1", 1, Uuid::now_v7());
    add(&f.db, std::slice::from_ref(&row)).await.unwrap();
    let mut tx = f.db.begin().await.unwrap();
    assert_eq!(outbox::next_due(&mut tx).await.unwrap(), None);
    outbox::add_all(&mut tx, &[mail(row.id, "one@x", 100), mail(row.id, "two@x", 200)]).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = f.db.begin().await.unwrap();
    assert_eq!(outbox::next_due(&mut tx).await.unwrap(), Some(100));
    assert!(outbox::claim(&mut tx, wanted(99, 199, "w1", 9)).await.unwrap().is_empty());
    let claimed = outbox::claim(&mut tx, wanted(150, 250, "w1", 9)).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let first = &claimed[0];
    assert_eq!((first.message_id.as_str(), first.state.as_str(), first.attempts), ("one@x", "leased", 1));
    assert_eq!((first.link_token.as_str(), first.lease_until_ms), ("secret-token", Some(250)));
    assert!(!format!("{first:?}").contains("secret"));
    let lease = Lease { id: first.id, owner: "w1", attempts: 1 };
    tx.commit().await.unwrap();

    // Held until 250; then the next one takes it, and the first one's word no longer counts.
    let mut tx = f.db.begin().await.unwrap();
    let second = outbox::claim(&mut tx, wanted(249, 900, "w2", 9)).await.unwrap();
    assert_eq!(second.iter().map(|m| m.message_id.as_str()).collect::<Vec<_>>(), vec!["two@x"]);
    let again = outbox::claim(&mut tx, wanted(250, 900, "w2", 9)).await.unwrap();
    assert_eq!((again.len(), again[0].id, again[0].attempts), (1, first.id, 2));
    assert!(!outbox::sent(&mut tx, lease, 300).await.unwrap());
    assert!(!outbox::later(&mut tx, lease, 300, "temporary", "x").await.unwrap());
    assert!(!outbox::failed(&mut tx, lease, "permanent", "x").await.unwrap());
    assert!(!outbox::sent(&mut tx, Lease { owner: "w2", ..lease }, 300).await.unwrap(), "of an earlier attempt");
    tx.rollback().await.unwrap();

    // Whoever is alone may take every lease back at once.
    let mut tx = f.db.begin().await.unwrap();
    assert_eq!(outbox::release_all(&mut tx).await.unwrap(), 1);
    assert_eq!(outbox::release_all(&mut tx).await.unwrap(), 0);
    assert!(!outbox::sent(&mut tx, lease, 300).await.unwrap());
    tx.rollback().await.unwrap();
    let mut tx = f.db.begin().await.unwrap();
    let second = outbox::claim(&mut tx, wanted(249, 900, "w2", 9)).await.unwrap();
    outbox::claim(&mut tx, wanted(250, 900, "w2", 9)).await.unwrap();

    let lease = Lease { id: first.id, owner: "w2", attempts: 2 };
    assert!(outbox::later(&mut tx, lease, 400, "temporary", "421 busy").await.unwrap());
    assert_eq!(outbox::next_due(&mut tx).await.unwrap(), Some(400));
    assert_eq!(outbox::claim(&mut tx, wanted(400, 500, "w1", 9)).await.unwrap()[0].last_error.as_deref(), Some("421 busy"));
    let lease = Lease { id: first.id, owner: "w1", attempts: 3 };
    assert!(outbox::sent(&mut tx, lease, 410).await.unwrap());
    assert!(!outbox::sent(&mut tx, lease, 411).await.unwrap());
    assert!(outbox::failed(&mut tx, Lease { id: second[0].id, owner: "w2", attempts: 1 }, "permanent", "550 no").await.unwrap());
    tx.commit().await.unwrap();

    let mut tx = f.db.read().await.unwrap();
    let rows = outbox::of_receipt(&mut tx, row.id).await.unwrap();
    assert_eq!(rows.iter().map(|m| m.state.as_str()).collect::<Vec<_>>(), vec!["sent", "failed"]);
    assert_eq!((rows[0].sent_ms, rows[0].last_error.as_deref()), (Some(410), None));
    assert_eq!(outbox::in_state(&mut tx, "failed", Uuid::nil(), 5).await.unwrap(), rows[1..]);
    assert!(outbox::in_state(&mut tx, "failed", rows[1].id, 5).await.unwrap().is_empty());
    assert_eq!(outbox::next_due(&mut tx).await.unwrap(), None);
} }

conformance! { no_mail_is_claimed_twice, |f| async {
    let row = receipt("h1", 1, Uuid::now_v7());
    add(&f.db, std::slice::from_ref(&row)).await.unwrap();
    let ids: Vec<String> = (0..40).map(|n| format!("{n}@x")).collect();
    let mut tx = f.db.begin().await.unwrap();
    let mails: Vec<NewMail<'_>> = ids.iter().map(|id| mail(row.id, id, 1)).collect();
    outbox::add_all(&mut tx, &mails).await.unwrap();
    tx.commit().await.unwrap();
    let tasks: Vec<_> = (0..4).map(|n| {
        let db = f.db.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let mut tx = db.begin().await.unwrap();
                let got = outbox::claim(&mut tx, wanted(10, 1000, &format!("w{n}"), 3)).await.unwrap();
                assert!(got.len() <= 3);
                tokio::task::yield_now().await;
                tx.commit().await.unwrap();
                if got.is_empty() { return mine; }
                mine.extend(got.into_iter().map(|m| m.message_id));
            }
        })
    }).collect();
    let mut all = Vec::new();
    for task in tasks { all.extend(task.await.unwrap()); }
    all.sort();
    let mut want = ids;
    want.sort();
    assert_eq!(all, want);
} }
