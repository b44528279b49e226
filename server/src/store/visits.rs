//! Rows of visits: what the merge writes in one statement per table and batch, and what it reads before.

use super::bulk::{Bulk, Kind, Rows, ids_json};
use super::dialect::{LOCK_VISITS, TRY_LOCK_VISITS};
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_one, with_ids};
use sqlx::types::Json;
use uuid::Uuid;

/// A stored document.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DocumentRow {
    /// The visit.
    pub visit_id: Uuid,
    /// Raised by every merge.
    pub version: i64,
    /// The snapshot.
    pub snapshot: Vec<u8>,
}

/// A time span of another visit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct SpanRow {
    /// The visit it belongs to.
    pub visit_id: Uuid,
    /// Whose time.
    pub user_id: Uuid,
    /// At which customer.
    pub customer_id: Option<Uuid>,
    /// By which work order.
    pub work_order_id: Option<Uuid>,
    /// Labour, travel, waiting or break.
    pub kind: String,
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
}

/// A receipt that exists already.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct IssuedRow {
    /// The visit.
    pub visit_id: Uuid,
    /// The sign-off that it answers.
    pub sign_off_id: Uuid,
}

/// No span is longer than this, as far as looking for neighbours goes (31 days): it bounds the range that is searched.
pub const LONGEST_SPAN_MS: i64 = 31 * 86_400_000;

const VERSIONS: Sql = with_ids!("SELECT visit_id, version FROM documents WHERE visit_id IN ", "");
const DOCUMENTS: Sql = with_ids!("SELECT visit_id, version, snapshot FROM documents WHERE visit_id IN ", "");
const MEMBERS: Sql = with_ids!("SELECT visit_id, user_id FROM visit_engineers WHERE visit_id IN ", "");
const QUARANTINED: Sql =
    with_ids!("SELECT visit_id, count(*) FROM quarantine WHERE visit_id IN ", " GROUP BY visit_id");
const ISSUED: Sql = with_ids!("SELECT visit_id, sign_off_id FROM receipts WHERE visit_id IN ", "");
const DEVICE_KEYS: Sql = with_ids!("SELECT id, alg, public_key FROM devices WHERE id IN ", "");
const SPANS_OF: Sql = with_ids!(
    "SELECT visit_id, user_id, customer_id, work_order_id, kind, from_ms, until_ms FROM spans WHERE visit_id IN ",
    ""
);
const DELETE_SPANS: Sql = with_ids!("DELETE FROM spans WHERE visit_id IN ", "");
const DELETE_FLAGS: Sql = with_ids!("DELETE FROM flags WHERE visit_id IN ", "");
const DELETE_ENGINEERS: Sql = with_ids!("DELETE FROM visit_engineers WHERE visit_id IN ", "");

/// Binds: rows of [user, from, until], longest span.
const BY_USER: Sql = Sql {
    sqlite: "SELECT DISTINCT s.visit_id, s.user_id, s.customer_id, s.work_order_id, s.kind, s.from_ms, s.until_ms \
             FROM json_each($1) q JOIN spans s ON s.user_id = unhex(q.value->>0, '-') \
             AND s.from_ms < q.value->>2 AND s.from_ms > (q.value->>1) - $2 AND s.until_ms > q.value->>1",
    postgres: "SELECT DISTINCT s.visit_id, s.user_id, s.customer_id, s.work_order_id, s.kind, s.from_ms, s.until_ms \
               FROM jsonb_array_elements($1::jsonb) q(value) JOIN spans s ON s.user_id = (q.value->>0)::uuid \
               AND s.from_ms < (q.value->>2)::bigint AND s.from_ms > (q.value->>1)::bigint - $2 \
               AND s.until_ms > (q.value->>1)::bigint",
};
const BY_CUSTOMER: Sql = Sql {
    sqlite: "SELECT DISTINCT s.visit_id, s.user_id, s.customer_id, s.work_order_id, s.kind, s.from_ms, s.until_ms \
             FROM json_each($1) q JOIN spans s ON s.customer_id = unhex(q.value->>0, '-') \
             AND s.from_ms < q.value->>2 AND s.from_ms > (q.value->>1) - $2 AND s.until_ms > q.value->>1",
    postgres: "SELECT DISTINCT s.visit_id, s.user_id, s.customer_id, s.work_order_id, s.kind, s.from_ms, s.until_ms \
               FROM jsonb_array_elements($1::jsonb) q(value) JOIN spans s ON s.customer_id = (q.value->>0)::uuid \
               AND s.from_ms < (q.value->>2)::bigint AND s.from_ms > (q.value->>1)::bigint - $2 \
               AND s.until_ms > (q.value->>1)::bigint",
};
const BY_ORDER: Sql = with_ids!(
    "SELECT DISTINCT visit_id, user_id, customer_id, work_order_id, kind, from_ms, until_ms FROM spans \
     WHERE work_order_id IN ",
    ""
);

/// `INSERT` of visits. Reviews are the managers' own: a merge never writes over them.
pub static VISITS: Bulk = Bulk::new(
    "visits",
    &[
        ("id", Kind::Uuid),
        ("version", Kind::Int),
        ("position", Kind::Int),
        ("customer_id", Kind::Uuid),
        ("customer_name", Kind::Text),
        ("work_order_id", Kind::Uuid),
        ("mode", Kind::Text),
        ("began_ms", Kind::Int),
        ("ended_ms", Kind::Int),
        ("labour_s", Kind::Int),
        ("sign_off", Kind::Text),
        ("review", Kind::Text),
        ("dispatch_approved", Kind::Bool),
        ("coverage", Kind::Text),
        ("reference_version", Kind::Int),
        ("verdict", Kind::LongJson),
        ("conflicts", Kind::Int),
        ("updated_ms", Kind::Int),
        ("judged", Kind::Json),
    ],
    "ON CONFLICT (id) DO UPDATE SET version = excluded.version, position = excluded.position, \
     customer_id = excluded.customer_id, customer_name = excluded.customer_name, \
     work_order_id = excluded.work_order_id, mode = excluded.mode, began_ms = excluded.began_ms, \
     ended_ms = excluded.ended_ms, labour_s = excluded.labour_s, sign_off = excluded.sign_off, \
     coverage = excluded.coverage, reference_version = excluded.reference_version, verdict = excluded.verdict, \
     conflicts = excluded.conflicts, updated_ms = excluded.updated_ms, judged = excluded.judged",
);

/// Documents with their snapshots.
pub static DOCUMENT_ROWS: Bulk = Bulk::new(
    "documents",
    &[("visit_id", Kind::Uuid), ("version", Kind::Int), ("heads", Kind::Json), ("snapshot", Kind::Bytes)],
    "ON CONFLICT (visit_id) DO UPDATE SET version = excluded.version, heads = excluded.heads, \
     snapshot = excluded.snapshot",
);

/// The append-only log of admitted changes.
pub static LOG: Bulk = Bulk::new(
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
    "",
);

/// What devices signed.
pub static ATTESTATIONS: Bulk = Bulk::new(
    "attestations",
    &[
        ("id", Kind::Uuid),
        ("device_id", Kind::Uuid),
        ("body", Kind::Bytes),
        ("signature", Kind::Bytes),
        ("received_ms", Kind::Int),
    ],
    "",
);

/// What was refused. The same bytes for the same visit are kept once, however often a phone sends them.
pub static QUARANTINE: Bulk = Bulk::new(
    "quarantine",
    &[
        ("id", Kind::Uuid),
        ("visit_id", Kind::Uuid),
        ("device_id", Kind::Uuid),
        ("code", Kind::Text),
        ("detail", Kind::Text),
        ("received_ms", Kind::Int),
        ("change", Kind::Bytes),
        ("sha256", Kind::Text),
    ],
    "ON CONFLICT (visit_id, sha256) DO NOTHING",
);

/// Who works on a visit.
pub static ENGINEERS: Bulk =
    Bulk::new("visit_engineers", &[("visit_id", Kind::Uuid), ("user_id", Kind::Uuid)], "ON CONFLICT DO NOTHING");

/// Time spans, for finding neighbours and for reports.
pub static SPANS: Bulk = Bulk::new(
    "spans",
    &[
        ("visit_id", Kind::Uuid),
        ("entry_id", Kind::Uuid),
        ("user_id", Kind::Uuid),
        ("customer_id", Kind::Uuid),
        ("work_order_id", Kind::Uuid),
        ("kind", Kind::Text),
        ("from_ms", Kind::Int),
        ("until_ms", Kind::Int),
    ],
    "",
);

/// Flags.
pub static FLAGS: Bulk = Bulk::new(
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

/// Heads of receipt chains.
pub static CHAINS: Bulk = Bulk::new(
    "chains",
    &[("chain", Kind::Text), ("last_no", Kind::Int), ("last_sha256", Kind::Text)],
    "ON CONFLICT (chain) DO UPDATE SET last_no = excluded.last_no, last_sha256 = excluded.last_sha256",
);

/// Locks visits until commit, whether they are here already or not.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx, ids: &[Uuid]) -> Result<(), StoreError> {
    db_all!((i64,), tx, LOCK_VISITS, ids_json(ids.iter().copied())).map(|_| ())
}

/// Locks visits until commit without waiting; false when another server has one of them. For locks that are taken out of
/// order.
///
/// # Errors
/// When the database refuses.
pub async fn try_lock(tx: &mut Tx, ids: &[Uuid]) -> Result<bool, StoreError> {
    Ok(ids.is_empty() || db_one!((bool,), tx, TRY_LOCK_VISITS, ids_json(ids.iter().copied()))?.0)
}

/// Stored time spans of visits.
///
/// # Errors
/// When the database refuses.
pub async fn spans_of(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<SpanRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(SpanRow, tx, SPANS_OF, ids_json(ids.iter().copied()))
}

/// Versions of stored documents.
///
/// # Errors
/// When the database refuses.
pub async fn versions(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, StoreError> {
    db_all!((Uuid, i64), tx, VERSIONS, ids_json(ids.iter().copied()))
}

/// Stored documents.
///
/// # Errors
/// When the database refuses.
pub async fn documents(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<DocumentRow>, StoreError> {
    db_all!(DocumentRow, tx, DOCUMENTS, ids_json(ids.iter().copied()))
}

/// Who works on these visits, as (visit, user).
///
/// # Errors
/// When the database refuses.
pub async fn members(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    db_all!((Uuid, Uuid), tx, MEMBERS, ids_json(ids.iter().copied()))
}

/// How many changes of these visits are in quarantine.
///
/// # Errors
/// When the database refuses.
pub async fn quarantined(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, StoreError> {
    db_all!((Uuid, i64), tx, QUARANTINED, ids_json(ids.iter().copied()))
}

/// Receipts that these visits have.
///
/// # Errors
/// When the database refuses.
pub async fn issued(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<IssuedRow>, StoreError> {
    db_all!(IssuedRow, tx, ISSUED, ids_json(ids.iter().copied()))
}

/// Public keys of devices, as (id, algorithm, key).
///
/// # Errors
/// When the database refuses.
pub async fn device_keys(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String, String)>, StoreError> {
    db_all!((Uuid, String, String), tx, DEVICE_KEYS, ids_json(ids.iter().copied()))
}

/// Spans that touch one of `users` (user, from, until), one of `customers` (customer, from, until), or have one of
/// `orders`.
///
/// # Errors
/// When the database refuses.
pub async fn neighbours(
    tx: &mut Tx,
    users: &[(Uuid, i64, i64)],
    customers: &[(Uuid, i64, i64)],
    orders: &[Uuid],
) -> Result<Vec<SpanRow>, StoreError> {
    let mut rows = Vec::new();
    if !users.is_empty() {
        rows.extend(db_all!(SpanRow, tx, BY_USER, Json(users), LONGEST_SPAN_MS)?);
    }
    if !customers.is_empty() {
        rows.extend(db_all!(SpanRow, tx, BY_CUSTOMER, Json(customers), LONGEST_SPAN_MS)?);
    }
    if !orders.is_empty() {
        rows.extend(db_all!(SpanRow, tx, BY_ORDER, ids_json(orders.iter().copied()))?);
    }
    Ok(rows)
}

/// Forgets what is projected anew from the documents: spans, flags, engineers.
///
/// # Errors
/// When the database refuses.
pub async fn clear_projection(tx: &mut Tx, ids: &[Uuid]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let list = ids_json(ids.iter().copied());
    for statement in [DELETE_SPANS, DELETE_FLAGS, DELETE_ENGINEERS] {
        db_execute!(tx, statement, list.as_str())?;
    }
    Ok(())
}

/// Forgets the flags of these visits only.
///
/// # Errors
/// When the database refuses.
pub async fn clear_flags(tx: &mut Tx, ids: &[Uuid]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    db_execute!(tx, DELETE_FLAGS, ids_json(ids.iter().copied())).map(|_| ())
}

/// Receipt chains' heads, locked until commit: (chain, last number, last hash). Missing chains are begun.
///
/// # Errors
/// When the database refuses.
pub async fn lock_chains(
    tx: &mut Tx,
    chains: &[String],
    start: &str,
) -> Result<Vec<(String, i64, String)>, StoreError> {
    static BEGIN: Bulk = Bulk::new(
        "chains",
        &[("chain", Kind::Text), ("last_no", Kind::Int), ("last_sha256", Kind::Text)],
        "ON CONFLICT DO NOTHING",
    );
    const HEADS: Sql = Sql {
        sqlite: "SELECT chain, last_no, last_sha256 FROM chains \
                 WHERE chain IN (SELECT value FROM json_each($1)) ORDER BY chain",
        postgres: "SELECT chain, last_no, last_sha256 FROM chains \
                   WHERE chain IN (SELECT value FROM jsonb_array_elements_text($1::jsonb)) ORDER BY chain FOR UPDATE",
    };
    let mut rows = Rows::new();
    for chain in chains {
        rows.push(&[chain.into(), 0i64.into(), start.into()]);
    }
    BEGIN.run(tx, &rows).await?;
    db_all!((String, i64, String), tx, HEADS, serde_json::Value::from(chains.to_vec()).to_string())
}
