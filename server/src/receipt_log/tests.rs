//! On both databases: what is sealed, by whom, how often, and that proofs hold.

use super::proofs::{NoProof, consistency, inclusion};
use super::seal::{GRACE_MS, seal_due};
use crate::keys::Keys;
use crate::receipts::samples::{BEGAN, keys};
use crate::store::log::{self, HeadRow};
use crate::store::receipts::{self, ReceiptRow};
use crate::store::{Db, Tx};
use crate::{conformance, db_execute, db_one};
use sync_core::canonical::{sha256, sha256_hex};
use sync_core::log::{Grower, Head, leaf_hash};
use sync_core::statement::Signed;
use uuid::Uuid;

pub(super) const DAY: i64 = 86_400_000;
/// 2026-11-22T00:00:00Z.
pub(super) const SUNDAY: i64 = BEGAN - BEGAN % DAY;

fn receipt(n: i64, issued_ms: i64) -> ReceiptRow {
    let body = format!("receipt {n}");
    ReceiptRow {
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n as u128),
        visit_id: Uuid::from_u128(n as u128),
        sign_off_id: Uuid::from_u128(n as u128),
        chain: "unlisted".into(),
        chain_no: n,
        number: format!("U-{n:06}"),
        revision: 1,
        issued_ms,
        sha256: sha256_hex(body.as_bytes()),
        body,
        previous_sha256: String::new(),
        token_hash: sha256(&n.to_be_bytes()).to_vec(),
    }
}

/// Receipts as a batch commits them.
pub(super) async fn issue(db: &Db, from: i64, until: i64, issued_ms: i64) -> Vec<ReceiptRow> {
    let rows: Vec<ReceiptRow> = (from..until).map(|n| receipt(n, issued_ms)).collect();
    let mut tx = db.begin().await.unwrap();
    receipts::add_all(&mut tx, &rows).await.unwrap();
    log::append(&mut tx, rows.iter().map(|r| (r.id, r.sha256.as_str()))).await.unwrap();
    tx.commit().await.unwrap();
    rows
}

fn head(row: &HeadRow, keys: &Keys) -> Head {
    let (kid, public) = (&keys.receipt.kid, keys.receipt.public());
    Signed::<Head>::verify(&row.body, &|k| (k == kid).then(|| public.clone())).unwrap().body
}

fn root(rows: &[ReceiptRow]) -> String {
    let mut tree = Grower::default();
    for row in rows {
        tree.push(leaf_hash(&hex::decode(&row.sha256).unwrap()));
    }
    hex::encode(tree.root())
}

conformance! { each_day_is_sealed_once_and_every_receipt_is_proven, |f| async {
    let (_dir, keys) = keys();
    let seal = async |now| seal_due(&f.db, &keys.receipt, now).await.unwrap();
    assert!(seal(SUNDAY).await.is_empty(), "nothing to seal");
    let mut all = issue(&f.db, 1, 6, SUNDAY + 5).await;
    let midnight = SUNDAY + DAY;
    assert!(seal(midnight - 1).await.is_empty(), "the day is not over");
    assert!(seal(midnight + GRACE_MS - 1).await.is_empty(), "what began before midnight may not be committed yet");
    let mut tx = f.db.read().await.unwrap();
    assert!(matches!(inclusion(&mut tx, all[0].id, None).await, Err(NoProof::NotSealed)));
    drop(tx);
    let first = seal(midnight + GRACE_MS).await;
    assert_eq!(first.len(), 1);
    let one = head(&first[0], &keys);
    assert_eq!((one.number, one.day.to_string(), one.tree_size), (1, "2026-11-22".to_owned(), 5));
    assert_eq!((one.root.as_str(), one.sealed_ms), (root(&all).as_str(), midnight + GRACE_MS));
    assert!(seal(midnight + GRACE_MS).await.is_empty(), "once");

    // Enough for several transactions, and for three levels of the tree to be unfinished.
    all.extend(issue(&f.db, 6, 4500, midnight + 7).await);
    all.extend(issue(&f.db, 4500, 4508, midnight + 8).await);
    // Nobody ran for two days.
    let later = seal(SUNDAY + 4 * DAY + GRACE_MS).await;
    let heads: Vec<Head> = later.iter().map(|row| head(row, &keys)).collect();
    let told: Vec<_> = heads.iter().map(|h| (h.number, h.day.to_string(), h.tree_size)).collect();
    let day = |n: u64| format!("2026-11-{}", 21 + n);
    assert_eq!(told, [(2, day(2), 4507), (3, day(3), 4507), (4, day(4), 4507)]);
    assert_eq!(heads[0].root, root(&all));
    assert_eq!((&heads[0].previous_sha256, &heads[1].previous_sha256), (&first[0].sha256, &later[0].sha256));

    let mut tx = f.db.read().await.unwrap();
    for at in [0, 1, 4, 5, 6, 2047, 2048, 4095, 4096, 4498, 4506] {
        let proven = inclusion(&mut tx, all[at].id, None).await.unwrap();
        let of = if at < 5 { &one } else { &heads[0] };
        assert_eq!((proven.proof.leaf_index, proven.proof.head_day), (at as u64, of.day));
        assert_eq!(proven.proof.check(&all[at].sha256, of), Ok(()), "{at}");
        assert!(proven.proof.path.len() <= 13);
        let under_last = inclusion(&mut tx, all[at].id, Some(heads[2].day)).await.unwrap();
        assert_eq!(under_last.proof.check(&all[at].sha256, &heads[2]), Ok(()));
    }
    assert!(matches!(inclusion(&mut tx, all[7].id, Some(one.day)).await, Err(NoProof::NotSealed)));
    assert!(matches!(inclusion(&mut tx, all[7].id, Some("2026-12-01".parse().unwrap())).await, Err(NoProof::NoHead)));
    assert!(matches!(inclusion(&mut tx, Uuid::nil(), None).await, Err(NoProof::NotSealed)));
    let between = consistency(&mut tx, one.day, heads[0].day).await.unwrap();
    assert_eq!(between.check(&one, &heads[0]), Ok(()));
    assert_eq!(consistency(&mut tx, heads[0].day, heads[2].day).await.unwrap().path, Vec::<String>::new());
    assert!(matches!(consistency(&mut tx, heads[0].day, one.day).await, Err(NoProof::NoHead)));
    drop(tx);

    // An operator who exchanges a receipt and what the log says of it: no proof leads to the published root any more.
    let mut tx = f.db.begin().await.unwrap();
    let forged = sha256_hex(b"another receipt");
    for table in ["UPDATE receipts SET sha256 = $2 WHERE id = $1", "UPDATE receipt_log SET sha256 = $2 WHERE receipt_id = $1"] {
        db_execute!(&mut tx, table, all[3].id, forged.as_str()).unwrap();
    }
    let proven = inclusion(&mut tx, all[3].id, None).await.unwrap();
    assert_eq!(proven.proof.check(&forged, &one).unwrap_err().code(), "proof_fails");
} }

conformance! { receipts_of_an_older_server_enter_the_log, |f| async {
    let (_dir, keys) = keys();
    issue(&f.db, 1, 3, SUNDAY).await;
    let mut tx = f.db.begin().await.unwrap();
    receipts::add_all(&mut tx, &[receipt(9, SUNDAY + 9), receipt(8, SUNDAY + 8)]).await.unwrap();
    tx.commit().await.unwrap();
    issue(&f.db, 3, 4, SUNDAY + 1).await;
    let sealed = seal_due(&f.db, &keys.receipt, SUNDAY + DAY + GRACE_MS).await.unwrap();
    assert_eq!(sealed[0].tree_size, 5);
    let mut tx = f.db.read().await.unwrap();
    let leaves = log::leaves(&mut tx, 0, 10).await.unwrap();
    assert_eq!(leaves, [1, 2, 3, 8, 9].map(|n| receipt(n, 0).sha256));
} }

/// The size of the log as the tables have it, and as the counter says.
async fn sizes(tx: &mut Tx) -> (i64, i64, i64) {
    let count = "SELECT COUNT(*), COALESCE(MAX(leaf), -1) FROM receipt_log";
    let (count, last) = db_one!((i64, i64), tx, count).unwrap();
    (count, last + 1, log::size(tx).await.unwrap())
}

conformance! { many_servers_seal_one_head_and_skip_no_leaf, |f| async {
    let (_dir, keys) = keys();
    let mut tasks = Vec::new();
    for n in 0..8_i64 {
        let db = f.db.clone();
        tasks.push(tokio::spawn(async move {
            for m in 0..5 {
                issue(&db, n * 100 + m * 10, n * 100 + m * 10 + 10, SUNDAY).await;
            }
        }));
        let (db, key) = (f.db.clone(), keys.receipt.clone());
        tasks.push(tokio::spawn(async move {
            let now = SUNDAY + (n / 4 + 1) * DAY + GRACE_MS;
            // Whoever loses a race on PostgreSQL for a deadlock would try again a minute later; there is none.
            seal_due(&db, &key, now).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    seal_due(&f.db, &keys.receipt, SUNDAY + 3 * DAY + GRACE_MS).await.unwrap();
    let mut tx = f.db.read().await.unwrap();
    assert_eq!(sizes(&mut tx).await, (400, 400, 400));
    let rows = log::heads(&mut tx, 0, 10).await.unwrap();
    let heads: Vec<Head> = rows.iter().map(|row| head(row, &keys)).collect();
    let days: Vec<_> = heads.iter().map(|h| h.day.to_string()).collect();
    let numbers: Vec<_> = heads.iter().map(|h| h.number).collect();
    let mut sorted = days.clone();
    sorted.sort();
    assert_eq!(sorted, ["2026-11-22", "2026-11-23", "2026-11-24"], "each day once");
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(heads[2].tree_size, 400);
    for pair in heads.windows(2) {
        let proof = consistency(&mut tx, pair[0].day, pair[1].day).await.unwrap();
        assert_eq!(proof.check(&pair[0], &pair[1]), Ok(()));
    }
    assert!(rows.windows(2).zip(heads.windows(2)).all(|(r, h)| h[1].previous_sha256 == r[0].sha256));
} }
