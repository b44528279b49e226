//! Limits per domain: other people's mail servers are spared, and nobody waits for somebody else's domain.

use super::worker::{queue, rows};
use crate::clock::Clock;
use crate::conformance;
use crate::store::outbox::{self, Wanted};
use std::collections::BTreeMap;

async fn claim(f: &crate::testing::Fixture, now_ms: i64, owner: &str, limits: (i64, i64)) -> BTreeMap<String, usize> {
    let mut tx = f.db.begin().await.unwrap();
    let wanted = Wanted {
        now_ms,
        lease_until_ms: now_ms + 600_000,
        owner,
        limit: 10,
        per_domain: limits.0,
        per_minute: limits.1,
    };
    let rows = outbox::claim(&mut tx, wanted).await.unwrap();
    tx.commit().await.unwrap();
    let mut by_domain = BTreeMap::new();
    for row in rows {
        *by_domain.entry(row.domain).or_default() += 1;
    }
    by_domain
}

fn domains(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(d, n)| ((*d).to_owned(), *n)).collect()
}

conformance! { so_many_at_once, |f| async {
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["a@A.example", "b@a.Example", "c@a.example", "d@b.example"]).await;
    let now = clock.now_ms() + 1;
    assert_eq!(claim(f, now, "w1", (2, 60)).await, domains(&[("a.example", 2), ("b.example", 1)]));
    // Leases of other workers count.
    assert_eq!(claim(f, now, "w2", (2, 60)).await, domains(&[]));
    assert_eq!(claim(f, now, "w2", (3, 60)).await, domains(&[("a.example", 1)]));
    // A lease that ran out does not.
    assert_eq!(claim(f, now + 600_000, "w3", (2, 60)).await, domains(&[("a.example", 2), ("b.example", 1)]));
    assert_eq!(rows(&f.db, receipt).await.iter().map(|r| r.attempts).sum::<i64>(), 7);
} }

conformance! { so_many_in_a_minute, |f| async {
    let clock = Clock::default();
    queue(&f.db, &clock, &["a@x.example"; 7]).await;
    let now = clock.now_ms() + 1;
    assert_eq!(claim(f, now, "w1", (100, 3)).await, domains(&[("x.example", 3)]));
    assert_eq!(claim(f, now + 59_999, "w1", (100, 3)).await, domains(&[]));
    assert_eq!(claim(f, now + 60_000, "w1", (100, 3)).await, domains(&[("x.example", 3)]));
    assert_eq!(claim(f, now + 120_000, "w1", (100, 3)).await, domains(&[("x.example", 1)]));
} }

conformance! { a_long_queue_holds_up_nobody_else, |f| async {
    let clock = Clock::default();
    let mut recipients = vec!["a@flood.example"; 450];
    recipients.push("b@quiet.example");
    queue(&f.db, &clock, &recipients).await;
    // The flood was there first.
    let later = "UPDATE outbox SET next_ms = next_ms + 5 WHERE domain = 'quiet.example'";
    let mut tx = f.db.begin().await.unwrap();
    crate::db_execute!(&mut tx, later).unwrap();
    tx.commit().await.unwrap();
    let now = clock.now_ms() + 10;
    assert_eq!(claim(f, now, "w1", (2, 60)).await, domains(&[("flood.example", 2)]));
    assert_eq!(claim(f, now, "w2", (2, 60)).await, domains(&[("quiet.example", 1)]));
} }

conformance! { workers_at_one_moment_keep_them_together, |f| async {
    let clock = Clock::default();
    queue(&f.db, &clock, &["a@x.example"; 40]).await;
    let now = clock.now_ms() + 1;
    let tasks: Vec<_> = (0..6).map(|n| {
        let db = f.db.clone();
        tokio::spawn(async move {
            let mut tx = db.begin().await.unwrap();
            let owner = format!("w{n}");
            let wanted = Wanted {
                now_ms: now, lease_until_ms: now + 600_000, owner: &owner, limit: 4, per_domain: 5, per_minute: 60,
            };
            let got = outbox::claim(&mut tx, wanted).await.unwrap().len();
            tokio::task::yield_now().await;
            tx.commit().await.unwrap();
            got
        })
    }).collect();
    let mut all = 0;
    for task in tasks { all += task.await.unwrap(); }
    assert_eq!(all, 5);
} }
