//! Root causes of repeated problems.

use super::bulk::{Bulk, Kind, Rows};
use super::select::Select;
use super::{Sql, StoreError, Tx};
use crate::{db_execute, db_optional};
use serde::Serialize;
use uuid::Uuid;

/// A root-cause record.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RootCauseRow {
    /// Its id.
    pub id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// What makes two problems the same one: `category/asset` or `category/symptom`.
    pub problem_key: String,
    /// `open`, `fixed` (not yet verified) or `closed`.
    pub state: String,
    /// When it was opened.
    pub opened_ms: i64,
    /// When the problem last began to be worked on, as far as it raised the flag.
    pub last_ms: i64,
    /// How often the problem came back after a fix.
    pub reopened: i64,
    /// What was done about the cause.
    pub fix: String,
    /// By whom that was written.
    pub fixed_by: Option<Uuid>,
    /// When.
    pub fixed_ms: Option<i64>,
    /// How it was made sure that it helped.
    pub verification: String,
    /// By whom that was written.
    pub verified_by: Option<Uuid>,
    /// When.
    pub verified_ms: Option<i64>,
    /// Raised by every change.
    pub version: i64,
}

/// A problem that came again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The customer.
    pub customer: Uuid,
    /// What makes two problems the same one.
    pub key: String,
    /// When the work on it began.
    pub at_ms: i64,
}

/// A key with what there is of it in a time.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProblemCountRow {
    /// The customer.
    pub customer_id: Uuid,
    /// What makes two problems the same one.
    pub key: String,
    /// In how many visits.
    pub visits: i64,
    /// When the first of them began.
    pub first_ms: i64,
    /// When the last of them began.
    pub last_ms: i64,
    /// The root cause, where there is a record.
    pub root_cause_id: Option<Uuid>,
    /// Its state.
    pub state: Option<String>,
    /// How often it came back.
    pub reopened: Option<i64>,
}

/// What comes again after its fix was written is open again; the fix stays, as the one that did not hold.
static OPEN: Bulk = Bulk::new(
    "root_causes",
    &[
        ("id", Kind::Uuid),
        ("customer_id", Kind::Uuid),
        ("problem_key", Kind::Text),
        ("state", Kind::Text),
        ("opened_ms", Kind::Int),
        ("last_ms", Kind::Int),
        ("reopened", Kind::Int),
        ("fix", Kind::Text),
        ("verification", Kind::Text),
        ("version", Kind::Int),
    ],
    "ON CONFLICT (customer_id, problem_key) DO UPDATE SET \
     state = CASE WHEN excluded.last_ms > root_causes.fixed_ms THEN 'open' ELSE root_causes.state END, \
     reopened = root_causes.reopened + CASE WHEN root_causes.state <> 'open' \
     AND excluded.last_ms > root_causes.fixed_ms THEN 1 ELSE 0 END, \
     version = root_causes.version + 1, \
     last_ms = CASE WHEN excluded.last_ms > root_causes.last_ms THEN excluded.last_ms ELSE root_causes.last_ms END \
     WHERE excluded.last_ms > root_causes.last_ms \
     OR (root_causes.state <> 'open' AND excluded.last_ms > root_causes.fixed_ms)",
);

const COLUMNS: &str = "SELECT r.id, r.customer_id, r.problem_key, r.state, r.opened_ms, r.last_ms, r.reopened, r.fix, \
                       r.fixed_by, r.fixed_ms, r.verification, r.verified_by, r.verified_ms, r.version \
                       FROM root_causes r";

/// Opens records for these problems, or opens them again. One for each customer and key; in the order of `repeats`
/// (which must be sorted by customer and key), so that two servers cannot wait for each other.
///
/// # Errors
/// When the database refuses.
pub async fn open(tx: &mut Tx, repeats: &[Repeat], now_ms: i64) -> Result<(), StoreError> {
    let mut rows = Rows::new();
    for r in repeats {
        rows.push(&[
            Uuid::now_v7().into(),
            r.customer.into(),
            (&r.key).into(),
            "open".into(),
            now_ms.into(),
            r.at_ms.into(),
            0_i64.into(),
            "".into(),
            "".into(),
            0_i64.into(),
        ]);
    }
    OPEN.run(tx, &rows).await.map(|_| ())
}

/// Which records are asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RootCauseFilter {
    /// Only of these customers; absent: all.
    pub scope: Option<Vec<Uuid>>,
    /// Of this customer.
    pub customer: Option<Uuid>,
    /// In this state.
    pub state: Option<String>,
    /// Older than this one: when it was opened, and its id.
    pub after: Option<(i64, Uuid)>,
    /// This one.
    pub one: Option<Uuid>,
    /// How many.
    pub limit: i64,
}

/// Records, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, filter: &RootCauseFilter) -> Result<Vec<RootCauseRow>, StoreError> {
    let mut select = Select::from(COLUMNS);
    if filter.scope.is_some() {
        select.uuids(" AND r.customer_id IN ", "scope", "");
    }
    if filter.customer.is_some() {
        select.uuid(" AND r.customer_id = ", "customer", "");
    }
    if filter.one.is_some() {
        select.uuid(" AND r.id = ", "one", "");
    }
    if filter.state.is_some() {
        select.text(" AND r.state = ", "state", "");
    }
    if filter.after.is_some() {
        select.int(" AND (r.opened_ms, r.id) < (", "after.0", ", ");
        select.uuid("", "after.1", ")");
    }
    select.int(" ORDER BY r.opened_ms DESC, r.id DESC LIMIT ", "limit", "");
    select.rows(tx, serde_json::to_string(filter).unwrap_or_default()).await
}

/// One record, locked until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<RootCauseRow>, StoreError> {
    const LOCK: Sql = Sql {
        sqlite: "SELECT id, customer_id, problem_key, state, opened_ms, last_ms, reopened, fix, fixed_by, fixed_ms, \
                 verification, verified_by, verified_ms, version FROM root_causes WHERE id = $1",
        postgres: "SELECT id, customer_id, problem_key, state, opened_ms, last_ms, reopened, fix, fixed_by, fixed_ms, \
                   verification, verified_by, verified_ms, version FROM root_causes WHERE id = $1 FOR UPDATE",
    };
    db_optional!(RootCauseRow, tx, LOCK, id)
}

/// Writes a locked record's state, fix and verification.
///
/// # Errors
/// When the database refuses.
pub async fn update(tx: &mut Tx, row: &RootCauseRow) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE root_causes SET state = $2, fix = $3, fixed_by = $4, fixed_ms = $5, \
                          verification = $6, verified_by = $7, verified_ms = $8, version = version + 1 WHERE id = $1";
    db_execute!(
        tx,
        UPDATE,
        row.id,
        row.state.as_str(),
        row.fix.as_str(),
        row.fixed_by,
        row.fixed_ms,
        row.verification.as_str(),
        row.verified_by,
        row.verified_ms
    )
    .map(|_| ())
}

/// A visit with a problem.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OccurrenceRow {
    /// The visit.
    pub visit_id: Uuid,
    /// When the work on the problem began.
    pub at_ms: i64,
}

/// The visits with one problem, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn occurrences(tx: &mut Tx, row: &RootCauseRow, limit: i64) -> Result<Vec<OccurrenceRow>, StoreError> {
    const VISITS: &str = "SELECT visit_id, MIN(at_ms) AS at_ms FROM problems WHERE customer_id = $1 AND key = $2 \
                          GROUP BY visit_id ORDER BY at_ms DESC, visit_id LIMIT $3";
    crate::db_all!(OccurrenceRow, tx, VISITS, row.customer_id, row.problem_key.as_str(), limit)
}

/// Which problems are counted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ProblemFilter {
    /// Only of these customers; absent: all.
    pub scope: Option<Vec<Uuid>>,
    /// Begun at or after.
    pub from_ms: i64,
    /// Begun before.
    pub to_ms: i64,
    /// In at least so many visits.
    pub least: i64,
    /// How many.
    pub limit: i64,
}

/// Problems by customer and key, the most frequent first.
///
/// # Errors
/// When the database refuses.
pub async fn counts(tx: &mut Tx, filter: &ProblemFilter) -> Result<Vec<ProblemCountRow>, StoreError> {
    let mut select = Select::from(
        "SELECT p.customer_id, p.key, COUNT(DISTINCT p.visit_id) AS visits, MIN(p.at_ms) AS first_ms, \
         MAX(p.at_ms) AS last_ms, r.id AS root_cause_id, r.state, r.reopened FROM problems p \
         LEFT JOIN root_causes r ON r.customer_id = p.customer_id AND r.problem_key = p.key",
    );
    select.int(" AND p.at_ms >= ", "from_ms", "");
    select.int(" AND p.at_ms < ", "to_ms", "");
    if filter.scope.is_some() {
        select.uuids(" AND p.customer_id IN ", "scope", "");
    }
    select.int(
        " GROUP BY p.customer_id, p.key, r.id, r.state, r.reopened HAVING COUNT(DISTINCT p.visit_id) >= ",
        "least",
        "",
    );
    select.int(" ORDER BY visits DESC, p.customer_id, p.key LIMIT ", "limit", "");
    select.rows(tx, serde_json::to_string(filter).unwrap_or_default()).await
}
