//! Rows of the reference data, of every kind in one table, with their history.

use super::affected::affected;
use super::bulk::{Bulk, Kind, Rows, ids_json};
use super::verdicts::{Cause, CauseKind};
use super::{Sql, StoreError, Tx, feed, rejudge};
use crate::{db_all, db_one, db_optional, with_ids};
use sqlx::types::Json;
use std::collections::HashMap;
use sync_core::ids::CustomerId;
use sync_core::reference::{Record, RecordKind};
use uuid::Uuid;

/// One entry and its feed position.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ReferenceRow {
    /// Its position in the feed.
    pub position: i64,
    /// The entry.
    pub body: Json<Record>,
}

/// Records whose visits are looked for in one statement.
const JUDGED_AT_ONCE: usize = 5_000;

const DELTA: &str = "SELECT position, body FROM reference WHERE position > $1 ORDER BY position LIMIT $2";
const LIST: &str = "SELECT position, body FROM reference WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3";
const LIST_OF: &str = "SELECT position, body FROM reference WHERE kind = $1 AND customer_id = $4 AND id > $2 \
                       ORDER BY id LIMIT $3";
const BY_ID: &str = "SELECT position, body FROM reference WHERE kind = $1 AND id = $2";
const BY_CODE: &str = "SELECT position, body FROM reference WHERE kind = $1 AND code = $2";

const STORED: Sql = Sql {
    sqlite: "SELECT r.position, r.body FROM json_each($1) q CROSS JOIN reference r ON r.kind = q.value->>0 \
             AND r.id = unhex(q.value->>1, '-')",
    postgres: "SELECT r.position, r.body FROM jsonb_array_elements($1::jsonb) q(value) \
               JOIN reference r ON r.kind = q.value->>0 AND r.id = (q.value->>1)::uuid",
};
const NEWER: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM reference WHERE position > $1 LIMIT 1) AS newer";
const ALL_OF: &str = "SELECT position, body FROM reference WHERE kind = $1 ORDER BY code";
const STATES_UNTIL: Sql = with_ids!(
    "SELECT position, body FROM reference_history WHERE kind IN ('contact', 'work_order') AND id IN ",
    " AND position <= $2 ORDER BY position"
);
const HISTORY_OF: &str = "SELECT h.body, h.by_user, u.name, h.at_ms FROM reference_history h \
                          LEFT JOIN users u ON u.id = h.by_user WHERE h.kind = $1 AND h.id = $2 ORDER BY h.position";
const VISITED: &str = "SELECT DISTINCT v.customer_id FROM visit_engineers e JOIN visits v ON v.id = e.visit_id \
                       WHERE e.user_id = $1 AND v.began_ms >= $2 AND v.customer_id IS NOT NULL";
const CUSTOMERS_OF: Sql =
    with_ids!("SELECT DISTINCT customer_id FROM visits WHERE customer_id IS NOT NULL AND id IN ", "");

static PUT: Bulk = Bulk::new(
    "reference",
    &[
        ("kind", Kind::Text),
        ("id", Kind::Uuid),
        ("code", Kind::Text),
        ("customer_id", Kind::Uuid),
        ("position", Kind::Int),
        ("body", Kind::Json),
    ],
    "ON CONFLICT (kind, id) DO UPDATE SET code = excluded.code, customer_id = excluded.customer_id, \
     position = excluded.position, body = excluded.body",
);

static HISTORY: Bulk = Bulk::new(
    "reference_history",
    &[
        ("kind", Kind::Text),
        ("id", Kind::Uuid),
        ("position", Kind::Int),
        ("body", Kind::Json),
        ("by_user", Kind::Uuid),
        ("at_ms", Kind::Int),
    ],
    "",
);

/// Writes `records` (new ones and newer states) with a history row each, at fresh feed positions. Must be the last
/// thing before the commit (see [`feed`]). No two may have the same kind and id. Returns the last position. Visits that
/// this may affect are put into the queue to be judged again.
///
/// # Errors
/// A unique violation when a code is taken by another entry of its kind; otherwise when the database refuses.
pub async fn put(tx: &mut Tx, records: &[Record], by: Option<Uuid>, at_ms: i64) -> Result<i64, StoreError> {
    put_again(tx, records, &[], by, at_ms).await
}

/// As [`put`], and moves `again` – records that are there already, as they are – to fresh positions after them, without
/// a history row: phones that passed over them read them again. The two have no record in common.
///
/// # Errors
/// As [`put`].
pub async fn put_again(
    tx: &mut Tx,
    records: &[Record],
    again: &[Record],
    by: Option<Uuid>,
    at_ms: i64,
) -> Result<i64, StoreError> {
    let count = i64::try_from(records.len() + again.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return feed::last_position(tx).await;
    }
    let first = feed::take_positions(tx, count).await?;
    // Under the feed's lock: nobody else is just changing them.
    let before = stored(tx, records).await?;
    let (mut rows, mut history) = (Rows::new(), Rows::new());
    for (i, (position, record)) in (first..).zip(records.iter().chain(again)).enumerate() {
        // A record is plain data with text keys: it always has a JSON form.
        let body = serde_json::to_string(record).unwrap_or_default();
        let (kind, id) = (record.kind().as_str(), record.id());
        let customer = record.customer().map(|c: CustomerId| c.0);
        rows.push(&[
            kind.into(),
            id.into(),
            record.code().into(),
            customer.into(),
            position.into(),
            super::bulk::Value::Json(&body),
        ]);
        if i >= records.len() {
            continue;
        }
        history.push(&[
            kind.into(),
            id.into(),
            position.into(),
            super::bulk::Value::Json(&body),
            by.into(),
            at_ms.into(),
        ]);
    }
    PUT.run(tx, &rows).await?;
    HISTORY.run(tx, &history).await?;
    judge_again(tx, records, &before, first, by, at_ms).await?;
    Ok(first + count - 1)
}

/// What is stored of these records now.
async fn stored(tx: &mut Tx, records: &[Record]) -> Result<HashMap<(RecordKind, Uuid), Record>, StoreError> {
    let which: Vec<(&str, Uuid)> = records.iter().map(|r| (r.kind().as_str(), r.id())).collect();
    let rows = db_all!(ReferenceRow, tx, STORED, Json(which))?;
    Ok(rows.into_iter().map(|row| ((row.body.0.kind(), row.body.0.id()), row.body.0)).collect())
}

/// Puts the visits that these records may affect into the queue: one run, in which each visit names its record.
async fn judge_again(
    tx: &mut Tx,
    records: &[Record],
    before: &HashMap<(RecordKind, Uuid), Record>,
    first: i64,
    by: Option<Uuid>,
    at_ms: i64,
) -> Result<(), StoreError> {
    let cause = |position: i64, record: &Record| Cause {
        kind: CauseKind::Reference,
        user: by,
        record: Some(record.kind().as_str().to_owned()),
        record_id: Some(record.id()),
        code: Some(record.code().to_owned()),
        position: Some(position),
        ..Cause::default()
    };
    let run = match records {
        [record] => cause(first, record),
        _ => Cause { kind: CauseKind::Reference, user: by, ..Cause::default() },
    };
    let mut filling = rejudge::Filling::begin();
    let mut position = first;
    for part in records.chunks(JUDGED_AT_ONCE) {
        let mut all = Vec::new();
        for record in part {
            let affected = affected(before.get(&(record.kind(), record.id())), record);
            all.extend(affected.into_iter().map(|which| (which, cause(position, record))));
            position += 1;
        }
        filling.add(tx, &all).await?;
    }
    filling.end(tx, &run, at_ms).await.map(|_| ())
}

/// Whether anything was written after position `after`.
///
/// # Errors
/// When the database refuses.
pub async fn is_newer(tx: &mut Tx, after: i64) -> Result<bool, StoreError> {
    Ok(db_one!((i64,), tx, NEWER, after)?.0 > 0)
}

/// Entries after position `after`, in the order of positions.
///
/// # Errors
/// When the database refuses, or holds an entry that this version cannot read.
pub async fn delta(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<ReferenceRow>, StoreError> {
    db_all!(ReferenceRow, tx, DELTA, after, limit)
}

/// A page of one kind in the order of ids; of one customer, or of all.
///
/// # Errors
/// As [`delta`].
pub async fn list(
    tx: &mut Tx,
    kind: RecordKind,
    customer: Option<Uuid>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<ReferenceRow>, StoreError> {
    match customer {
        Some(customer) => db_all!(ReferenceRow, tx, LIST_OF, kind.as_str(), after, limit, customer),
        None => db_all!(ReferenceRow, tx, LIST, kind.as_str(), after, limit),
    }
}

/// By kind and id.
///
/// # Errors
/// As [`delta`].
pub async fn by_id(tx: &mut Tx, kind: RecordKind, id: Uuid) -> Result<Option<ReferenceRow>, StoreError> {
    db_optional!(ReferenceRow, tx, BY_ID, kind.as_str(), id)
}

/// By kind and code.
///
/// # Errors
/// As [`delta`].
pub async fn by_code(tx: &mut Tx, kind: RecordKind, code: &str) -> Result<Option<ReferenceRow>, StoreError> {
    db_optional!(ReferenceRow, tx, BY_CODE, kind.as_str(), code)
}

/// All of one kind, in the order of codes.
///
/// # Errors
/// As [`delta`].
pub async fn all_of(tx: &mut Tx, kind: RecordKind) -> Result<Vec<ReferenceRow>, StoreError> {
    db_all!(ReferenceRow, tx, ALL_OF, kind.as_str())
}

/// The states of these contacts and work orders up to position `until`, in the order of positions.
///
/// # Errors
/// As [`delta`].
pub async fn states_until(tx: &mut Tx, ids: &[Uuid], until: i64) -> Result<Vec<ReferenceRow>, StoreError> {
    db_all!(ReferenceRow, tx, STATES_UNTIL, ids_json(ids.iter().copied()), until)
}

/// A state that an entry has or had.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HistoryRow {
    /// The entry.
    pub body: Json<Record>,
    /// Who wrote it; nobody for the command line.
    pub by_user: Option<Uuid>,
    /// Their name.
    pub name: Option<String>,
    /// When.
    pub at_ms: i64,
}

/// Every state of one entry, the oldest first.
///
/// # Errors
/// As [`delta`].
pub async fn history(tx: &mut Tx, kind: RecordKind, id: Uuid) -> Result<Vec<HistoryRow>, StoreError> {
    db_all!(HistoryRow, tx, HISTORY_OF, kind.as_str(), id)
}

/// Listed customers where `user` worked on a visit that began at `since_ms` or later.
///
/// # Errors
/// As [`delta`].
pub async fn customers_visited(tx: &mut Tx, user: Uuid, since_ms: i64) -> Result<Vec<Uuid>, StoreError> {
    Ok(db_all!((Uuid,), tx, VISITED, user, since_ms)?.into_iter().map(|(id,)| id).collect())
}

/// The listed customers of these visits.
///
/// # Errors
/// As [`delta`].
pub async fn customers_of(tx: &mut Tx, visits: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let rows = db_all!((Uuid,), tx, CUSTOMERS_OF, ids_json(visits.iter().copied()))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
