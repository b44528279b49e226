//! What has to be judged again: a queue in the database, filled in the transaction of the cause, and how far each run is.
//!
//! A visit stands in the queue once, for the run that asked last. Rows come in and go out only while the feed's lock is
//! held (see [`feed`](super::feed)), so that nobody waits in a circle; a claim in between only sets a lease, and skips
//! rows that others are just claiming. Whoever judged a visit takes out the row that it claimed and no other: a run that
//! asked for the visit meanwhile keeps its own.

use super::verdicts::Cause;
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_one, db_optional};
use serde::Serialize;
use sqlx::types::Json;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Visits to be judged again, chosen by the database.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Affected {
    /// Every visit.
    All,
    /// At this customer.
    Customer(Uuid),
    /// By this work order.
    Order(Uuid),
    /// This one.
    Visit(Uuid),
    /// At customers with this calendar.
    Calendar(Uuid),
    /// At customers with a contract of this package.
    Package(Uuid),
    /// By a work order that this person issued.
    IssuedBy(Uuid),
    /// This engineer works on it.
    Worker(Uuid),
    /// This engineer has time in it after this instant (milliseconds since 1970 UTC).
    Since(Uuid, i64),
    /// At this customer, with a problem of this key.
    Problem(Uuid, String),
    /// At this customer (or any), begun from (inclusive) until (exclusive).
    Began(Option<Uuid>, Option<i64>, Option<i64>),
}

/// One run of judging again, and how far it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RejudgementRow {
    /// Its id.
    pub id: Uuid,
    /// What caused it.
    pub cause: Json<Cause>,
    /// Who.
    pub by_user: Option<Uuid>,
    /// When.
    pub created_ms: i64,
    /// When the first visit of it was judged.
    pub started_ms: Option<i64>,
    /// When the last one was.
    pub finished_ms: Option<i64>,
    /// How many visits.
    pub total: i64,
    /// How many of them are judged.
    pub done: i64,
    /// How many of those have another verdict now.
    pub changed: i64,
}

/// A visit that was claimed from the queue.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ClaimedRow {
    /// Which.
    pub visit_id: Uuid,
    /// For which run.
    pub rejudgement_id: Uuid,
    /// Why.
    pub cause: Json<Cause>,
}

/// `queue!("FROM …" for SQLite, for PostgreSQL)`: puts every visit `v` of the source into the queue. The source has a row
/// `q` whose last value is the cause. Binds: rows, run.
macro_rules! queue {
    ($cause:literal, $sqlite:literal, $postgres:literal) => {
        Sql {
            sqlite: concat!(
                "INSERT INTO rejudge_queue (visit_id, rejudgement_id, customer_id, began_ms, cause, lease_until_ms) \
                 SELECT v.id, $2, v.customer_id, v.began_ms, MIN(q.value->>",
                $cause,
                "), 0 FROM json_each($1) q JOIN ",
                $sqlite,
                " GROUP BY v.id ON CONFLICT (visit_id) DO UPDATE SET rejudgement_id = excluded.rejudgement_id, \
                 cause = excluded.cause, lease_until_ms = 0"
            ),
            postgres: concat!(
                "INSERT INTO rejudge_queue (visit_id, rejudgement_id, customer_id, began_ms, cause, lease_until_ms) \
                 SELECT v.id, $2, v.customer_id, v.began_ms, MIN(q.value->>",
                $cause,
                ")::jsonb, 0 FROM jsonb_array_elements($1::jsonb) q(value) JOIN ",
                $postgres,
                " GROUP BY v.id ON CONFLICT (visit_id) DO UPDATE SET rejudgement_id = excluded.rejudgement_id, \
                 cause = excluded.cause, lease_until_ms = 0"
            ),
        }
    };
}

const ALL: Sql = queue!("0", "visits v WHERE true", "visits v ON true WHERE true");
const CUSTOMER: Sql = queue!(
    "1",
    "visits v ON v.customer_id = unhex(q.value->>0, '-') WHERE true",
    "visits v ON v.customer_id = (q.value->>0)::uuid WHERE true"
);
const ORDER: Sql = queue!(
    "1",
    "visits v ON v.work_order_id = unhex(q.value->>0, '-') WHERE true",
    "visits v ON v.work_order_id = (q.value->>0)::uuid WHERE true"
);
const VISIT: Sql = queue!(
    "1",
    "visits v ON v.id = unhex(q.value->>0, '-') WHERE true",
    "visits v ON v.id = (q.value->>0)::uuid WHERE true"
);
const CALENDAR: Sql = queue!(
    "1",
    "reference r ON r.kind = 'customer' AND r.body->>'calendar' = q.value->>0 \
     JOIN visits v ON v.customer_id = r.id WHERE true",
    "reference r ON r.kind = 'customer' AND r.body->>'calendar' = q.value->>0 \
     JOIN visits v ON v.customer_id = r.id WHERE true"
);
const PACKAGE: Sql = queue!(
    "1",
    "reference r ON r.kind = 'contract' AND r.body->>'package' = q.value->>0 \
     JOIN visits v ON v.customer_id = r.customer_id WHERE true",
    "reference r ON r.kind = 'contract' AND r.body->>'package' = q.value->>0 \
     JOIN visits v ON v.customer_id = r.customer_id WHERE true"
);
const ISSUED_BY: Sql = queue!(
    "1",
    "reference r ON r.kind = 'work_order' AND r.body->>'issued_by' = q.value->>0 \
     JOIN visits v ON v.work_order_id = r.id WHERE true",
    "reference r ON r.kind = 'work_order' AND r.body->>'issued_by' = q.value->>0 \
     JOIN visits v ON v.work_order_id = r.id WHERE true"
);
const WORKER: Sql = queue!(
    "1",
    "visit_engineers e ON e.user_id = unhex(q.value->>0, '-') JOIN visits v ON v.id = e.visit_id WHERE true",
    "visit_engineers e ON e.user_id = (q.value->>0)::uuid JOIN visits v ON v.id = e.visit_id WHERE true"
);
const SINCE: Sql = queue!(
    "2",
    "spans s ON s.user_id = unhex(q.value->>0, '-') AND s.until_ms > q.value->>1 \
     JOIN visits v ON v.id = s.visit_id WHERE true",
    "spans s ON s.user_id = (q.value->>0)::uuid AND s.until_ms > (q.value->>1)::bigint \
     JOIN visits v ON v.id = s.visit_id WHERE true"
);
const PROBLEM: Sql = queue!(
    "2",
    "problems p ON p.customer_id = unhex(q.value->>0, '-') AND p.key = q.value->>1 \
     JOIN visits v ON v.id = p.visit_id WHERE true",
    "problems p ON p.customer_id = (q.value->>0)::uuid AND p.key = q.value->>1 \
     JOIN visits v ON v.id = p.visit_id WHERE true"
);
const BEGAN: Sql = queue!(
    "3",
    "visits v WHERE (q.value->>0 IS NULL OR v.customer_id = unhex(q.value->>0, '-')) \
     AND (q.value->>1 IS NULL OR v.began_ms >= q.value->>1) AND (q.value->>2 IS NULL OR v.began_ms < q.value->>2)",
    "visits v ON true WHERE (q.value->>0 IS NULL OR v.customer_id = (q.value->>0)::uuid) \
     AND (q.value->>1 IS NULL OR v.began_ms >= (q.value->>1)::bigint) \
     AND (q.value->>2 IS NULL OR v.began_ms < (q.value->>2)::bigint)"
);

const COUNT: &str = "SELECT COUNT(*) FROM rejudge_queue WHERE rejudgement_id = $1";
const ADD: &str = "INSERT INTO rejudgements (id, cause, by_user, created_ms, total, done, changed) \
                   VALUES ($1, $2, $3, $4, $5, 0, 0)";
const ADD_FINISHED: &str = "INSERT INTO rejudgements (id, cause, by_user, created_ms, started_ms, finished_ms, total, done, changed) \
     VALUES ($1, $2, $3, $4, $4, $4, 0, 0, 0)";
const DUE: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM rejudge_queue WHERE lease_until_ms <= $1 LIMIT 1) AS due";
const LEFT: &str = "SELECT COUNT(*) FROM rejudge_queue";
const CLAIM: Sql = Sql {
    sqlite: "UPDATE rejudge_queue SET lease_until_ms = $2 WHERE visit_id IN (SELECT visit_id FROM rejudge_queue \
             WHERE lease_until_ms <= $1 ORDER BY customer_id, began_ms LIMIT $3) \
             RETURNING visit_id, rejudgement_id, cause",
    // ARRAY: see `dialect::CLAIM_OUTBOX`.
    postgres: "UPDATE rejudge_queue SET lease_until_ms = $2 WHERE visit_id = ANY (ARRAY (SELECT visit_id \
               FROM rejudge_queue WHERE lease_until_ms <= $1 ORDER BY customer_id, began_ms LIMIT $3 \
               FOR UPDATE SKIP LOCKED)) RETURNING visit_id, rejudgement_id, cause",
};
const RELEASE: &str = "UPDATE rejudge_queue SET lease_until_ms = 0 WHERE lease_until_ms > 0";
const TAKE_OUT: Sql = Sql {
    sqlite: "DELETE FROM rejudge_queue WHERE (visit_id, rejudgement_id) IN \
             (SELECT unhex(value->>0, '-'), unhex(value->>1, '-') FROM json_each($1)) \
             RETURNING visit_id, rejudgement_id",
    postgres: "DELETE FROM rejudge_queue WHERE (visit_id, rejudgement_id) IN \
               (SELECT (value->>0)::uuid, (value->>1)::uuid FROM jsonb_array_elements($1::jsonb)) \
               RETURNING visit_id, rejudgement_id",
};
/// Binds: rows of [run, done, changed], now.
const ADVANCE: Sql = Sql {
    sqlite: "UPDATE rejudgements SET started_ms = COALESCE(started_ms, $2), done = MIN(total, done + (q.value->>1)), \
             changed = changed + (q.value->>2) FROM json_each($1) q WHERE rejudgements.id = unhex(q.value->>0, '-')",
    postgres: "UPDATE rejudgements SET started_ms = COALESCE(started_ms, $2), \
               done = LEAST(total, done + (q.value->>1)::bigint), changed = changed + (q.value->>2)::bigint \
               FROM jsonb_array_elements($1::jsonb) q(value) WHERE id = (q.value->>0)::uuid",
};
const FINISH: &str = "UPDATE rejudgements SET finished_ms = $1, done = total, started_ms = COALESCE(started_ms, $1) \
                      WHERE finished_ms IS NULL \
                      AND NOT EXISTS (SELECT 1 FROM rejudge_queue q WHERE q.rejudgement_id = rejudgements.id)";
const LIST: &str = "SELECT id, cause, by_user, created_ms, started_ms, finished_ms, total, done, changed \
                    FROM rejudgements WHERE id < $1 ORDER BY id DESC LIMIT $2";
const ONE: &str = "SELECT id, cause, by_user, created_ms, started_ms, finished_ms, total, done, changed \
                   FROM rejudgements WHERE id = $1";
const RULES: &str = "SELECT value FROM meta WHERE key = 'judged_by_rules'";
const SET_RULES: &str = "INSERT INTO meta (key, value) VALUES ('judged_by_rules', $1) \
                         ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value";

/// A run that is being put into the queue. Use it while the feed's lock is held.
#[derive(Debug)]
pub struct Filling {
    id: Uuid,
    touched: u64,
}

impl Filling {
    /// A new run.
    pub fn begin() -> Self {
        Self { id: Uuid::now_v7(), touched: 0 }
    }

    /// Adds visits, each with its cause: one statement for each way of choosing, whatever the number of rows. They travel
    /// as one text, so that whoever has very many adds them in parts.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add(&mut self, tx: &mut Tx, affected: &[(Affected, Cause)]) -> Result<(), StoreError> {
        let mut statements: BTreeMap<usize, (Sql, Vec<serde_json::Value>)> = BTreeMap::new();
        for (which, cause) in affected {
            let (place, sql, mut row) = which.row();
            row.push(Cause { rejudgement: Some(self.id), ..cause.clone() }.json().into());
            statements.entry(place).or_insert((sql, Vec::new())).1.push(row.into());
        }
        for (sql, rows) in statements.into_values() {
            self.touched += db_execute!(&mut *tx, sql, serde_json::Value::from(rows).to_string(), self.id)?;
        }
        Ok(())
    }

    /// Writes the run down with its cause. Returns it and how many visits it has; nothing is written when it has none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end(self, tx: &mut Tx, run: &Cause, now_ms: i64) -> Result<Option<(Uuid, i64)>, StoreError> {
        if self.touched == 0 {
            return Ok(None);
        }
        let id = self.id;
        let (total,) = db_one!((i64,), &mut *tx, COUNT, id)?;
        let cause = Json(Cause { rejudgement: Some(id), ..run.clone() });
        db_execute!(tx, ADD, id, cause, run.user, now_ms, total)?;
        Ok(Some((id, total)))
    }
}

/// Puts visits into the queue for a new run: see [`Filling`].
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(
    tx: &mut Tx,
    run: &Cause,
    affected: &[(Affected, Cause)],
    now_ms: i64,
) -> Result<Option<(Uuid, i64)>, StoreError> {
    let mut filling = Filling::begin();
    filling.add(tx, affected).await?;
    filling.end(tx, run, now_ms).await
}

/// Writes down a run that somebody asked for and that has no visits.
///
/// # Errors
/// When the database refuses.
pub async fn empty(tx: &mut Tx, run: &Cause, now_ms: i64) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    let cause = Json(Cause { rejudgement: Some(id), ..run.clone() });
    db_execute!(tx, ADD_FINISHED, id, cause, run.user, now_ms)?;
    Ok(id)
}

impl Affected {
    /// The statement's place, itself, and its row without the cause.
    fn row(&self) -> (usize, Sql, Vec<serde_json::Value>) {
        use serde_json::json;
        match self {
            Self::All => (0, ALL, vec![]),
            Self::Customer(id) => (1, CUSTOMER, vec![json!(id)]),
            Self::Order(id) => (2, ORDER, vec![json!(id)]),
            Self::Visit(id) => (3, VISIT, vec![json!(id)]),
            Self::Calendar(id) => (4, CALENDAR, vec![json!(id)]),
            Self::Package(id) => (5, PACKAGE, vec![json!(id)]),
            Self::IssuedBy(id) => (6, ISSUED_BY, vec![json!(id)]),
            Self::Worker(id) => (7, WORKER, vec![json!(id)]),
            Self::Since(id, ms) => (8, SINCE, vec![json!(id), json!(ms)]),
            Self::Problem(id, key) => (9, PROBLEM, vec![json!(id), json!(key)]),
            Self::Began(id, from, until) => (10, BEGAN, vec![json!(id), json!(from), json!(until)]),
        }
    }
}

/// Whether anything waits that nobody has leased. A short read.
///
/// # Errors
/// When the database refuses.
pub async fn due(tx: &mut Tx, now_ms: i64) -> Result<bool, StoreError> {
    Ok(db_one!((i64,), tx, DUE, now_ms)?.0 > 0)
}

/// How many visits wait, leased ones among them.
///
/// # Errors
/// When the database refuses.
pub async fn left(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(db_one!((i64,), tx, LEFT)?.0)
}

/// Leases up to `limit` visits until `until_ms`: those of one customer together, in the order in which they began.
///
/// # Errors
/// When the database refuses.
pub async fn claim(tx: &mut Tx, now_ms: i64, until_ms: i64, limit: i64) -> Result<Vec<ClaimedRow>, StoreError> {
    db_all!(ClaimedRow, tx, CLAIM, now_ms, until_ms, limit)
}

/// Ends every lease.
///
/// # Errors
/// When the database refuses.
pub async fn release_all(tx: &mut Tx) -> Result<(), StoreError> {
    db_execute!(tx, RELEASE).map(|_| ())
}

/// Takes out what was judged, and moves its runs on. Call it while the feed's lock is held. `changed` holds the visits
/// with another verdict.
///
/// # Errors
/// When the database refuses.
pub async fn take_out(
    tx: &mut Tx,
    judged: &[ClaimedRow],
    changed: &HashSet<Uuid>,
    now_ms: i64,
) -> Result<(), StoreError> {
    if judged.is_empty() {
        return Ok(());
    }
    let rows: Vec<(Uuid, Uuid)> = judged.iter().map(|c| (c.visit_id, c.rejudgement_id)).collect();
    let gone = db_all!((Uuid, Uuid), &mut *tx, TAKE_OUT, Json(rows))?;
    #[derive(Default, Serialize)]
    struct Step(i64, i64);
    let mut steps: BTreeMap<Uuid, Step> = BTreeMap::new();
    for (visit, run) in gone {
        let step = steps.entry(run).or_default();
        step.0 += 1;
        step.1 += i64::from(changed.contains(&visit));
    }
    let steps: Vec<(Uuid, i64, i64)> = steps.into_iter().map(|(run, step)| (run, step.0, step.1)).collect();
    if !steps.is_empty() {
        db_execute!(&mut *tx, ADVANCE, Json(steps), now_ms)?;
    }
    // Also those whose last visits went over to another run.
    db_execute!(tx, FINISH, now_ms).map(|_| ())
}

/// Runs, the newest first, those before `before` (an id; the greatest one for the first page).
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, before: Uuid, limit: i64) -> Result<Vec<RejudgementRow>, StoreError> {
    db_all!(RejudgementRow, tx, LIST, before, limit)
}

/// One run.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<RejudgementRow>, StoreError> {
    db_optional!(RejudgementRow, tx, ONE, id)
}

/// The rules by which everything was judged, as [`set_rules`] wrote them; `None` in a new database.
///
/// # Errors
/// When the database refuses.
pub async fn rules(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    Ok(db_optional!((String,), tx, RULES)?.map(|(value,)| value))
}

/// Says by which rules everything will be judged; false when somebody said the same before.
///
/// # Errors
/// When the database refuses.
pub async fn set_rules(tx: &mut Tx, rules: &str) -> Result<bool, StoreError> {
    Ok(db_execute!(tx, SET_RULES, rules)? > 0)
}
