//! The log of all receipts: leaves, the complete subtrees above them, heads and their time stamps.
//!
//! A leaf's place is taken from a counter's row as the feed's positions are (see [`super::feed`]), after them and just before
//! the commit: places follow commits, none is skipped, and two servers cannot give one twice.

use super::bulk::{Bulk, Kind, Rows};
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_one, db_optional};
use std::collections::HashMap;
use sync_core::log::{Digest32, Node, leaf_hash};
use uuid::Uuid;

/// How many leaves there are.
const LEAVES: &str = "receipts";
/// For how many of them the subtrees were computed.
const NODES: &str = "log_nodes";

static ADD_LEAVES: Bulk =
    Bulk::new("receipt_log", &[("leaf", Kind::Int), ("receipt_id", Kind::Uuid), ("sha256", Kind::Text)], "");
static ADD_NODES: Bulk =
    Bulk::new("log_nodes", &[("level", Kind::Int), ("place", Kind::Int), ("hash", Kind::Bytes)], "");

/// Appends receipts that are being committed, by id and SHA-256 (lower-case hex). Whoever comes next waits until then.
///
/// # Errors
/// When one of them is in the log already, or the database refuses.
pub async fn append<'a>(
    tx: &mut Tx,
    receipts: impl ExactSizeIterator<Item = (Uuid, &'a str)>,
) -> Result<(), StoreError> {
    const TAKE: &str = "UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value";
    let count = i64::try_from(receipts.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    let (size,) = db_one!((i64,), tx, TAKE, LEAVES, count)?;
    let mut rows = Rows::new();
    for (leaf, (id, sha256)) in (size - count..).zip(receipts) {
        rows.push(&[leaf.into(), id.into(), sha256.into()]);
    }
    ADD_LEAVES.run(tx, &rows).await.map(|_| ())
}

/// Whether receipts stand beside the log: a server of an earlier version issued them beside one of this version. It looks
/// at every receipt.
///
/// # Errors
/// When the database refuses.
pub async fn has_strays(tx: &mut Tx) -> Result<bool, StoreError> {
    const STRAYS: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM receipts r WHERE NOT EXISTS \
                          (SELECT 1 FROM receipt_log l WHERE l.receipt_id = r.id) LIMIT 1) AS strays";
    Ok(db_one!((i64,), tx, STRAYS)?.0 > 0)
}

/// Appends the receipts that stand beside the log, in the order of their issue.
///
/// # Errors
/// When the database refuses.
pub async fn append_strays(tx: &mut Tx) -> Result<usize, StoreError> {
    const LOCK: &str = "UPDATE counter SET value = value WHERE name = $1";
    const STRAYS: &str = "SELECT r.id, r.sha256 FROM receipts r WHERE NOT EXISTS \
                          (SELECT 1 FROM receipt_log l WHERE l.receipt_id = r.id) ORDER BY r.issued_ms, r.chain, r.chain_no";
    db_execute!(tx, LOCK, LEAVES)?;
    let strays = db_all!((Uuid, String), tx, STRAYS)?;
    append(tx, strays.iter().map(|(id, sha256)| (*id, sha256.as_str()))).await?;
    Ok(strays.len())
}

/// How many leaves there are.
///
/// # Errors
/// When the database refuses.
pub async fn size(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(db_one!((i64,), tx, "SELECT value FROM counter WHERE name = $1", LEAVES)?.0)
}

/// For how many leaves the subtrees were computed. Until the commit nobody else computes or seals.
///
/// # Errors
/// When the database refuses.
pub async fn lock_nodes(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(db_one!((i64,), tx, "UPDATE counter SET value = value WHERE name = $1 RETURNING value", NODES)?.0)
}

/// The contents of leaves from `from`, in order, at most `limit`: SHA-256 of receipts, lower-case hex.
///
/// # Errors
/// When the database refuses.
pub async fn leaves(tx: &mut Tx, from: i64, limit: i64) -> Result<Vec<String>, StoreError> {
    const LEAVES_FROM: &str = "SELECT sha256 FROM receipt_log WHERE leaf >= $1 ORDER BY leaf LIMIT $2";
    let rows = db_all!((String,), tx, LEAVES_FROM, from, limit)?;
    Ok(rows.into_iter().map(|(sha256,)| sha256).collect())
}

/// Keeps subtrees, of which there are now those of `size` leaves.
///
/// # Errors
/// When the database refuses.
pub async fn add_nodes(tx: &mut Tx, nodes: &[(Node, Digest32)], size: i64) -> Result<(), StoreError> {
    let mut rows = Rows::new();
    // Leaves are in the log itself.
    for (node, hash) in nodes.iter().filter(|(node, _)| node.level > 0) {
        rows.push(&[i64::from(node.level).into(), signed(node.index).into(), hash.as_slice().into()]);
    }
    ADD_NODES.run(tx, &rows).await?;
    db_execute!(tx, "UPDATE counter SET value = $2 WHERE name = $1", NODES, size).map(|_| ())
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The hashes of these subtrees, as far as they are there.
///
/// # Errors
/// When the database refuses.
pub async fn hashes(tx: &mut Tx, nodes: &[Node]) -> Result<HashMap<Node, Digest32>, StoreError> {
    const INNER: Sql = Sql {
        sqlite: "SELECT n.level, n.place, n.hash FROM json_each($1) AS w JOIN log_nodes n \
                 ON n.level = w.value->>0 AND n.place = w.value->>1",
        postgres: "SELECT n.level, n.place, n.hash FROM jsonb_array_elements($1::jsonb) AS w(value) JOIN log_nodes n \
                   ON n.level = (w.value->>0)::bigint AND n.place = (w.value->>1)::bigint",
    };
    const OUTER: Sql = Sql {
        sqlite: "SELECT leaf, sha256 FROM receipt_log WHERE leaf IN (SELECT value FROM json_each($1))",
        postgres: "SELECT leaf, sha256 FROM receipt_log WHERE leaf IN \
                   (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb) AS w(value))",
    };
    let inner: Vec<String> =
        nodes.iter().filter(|n| n.level > 0).map(|n| format!("[{},{}]", n.level, n.index)).collect();
    let outer: Vec<String> = nodes.iter().filter(|n| n.level == 0).map(|n| n.index.to_string()).collect();
    let mut found = HashMap::new();
    for (level, place, hash) in db_all!((i64, i64, Vec<u8>), tx, INNER, format!("[{}]", inner.join(",")))? {
        if let (Ok(level), Ok(index), Ok(hash)) = (level.try_into(), place.try_into(), hash.try_into()) {
            found.insert(Node { level, index }, hash);
        }
    }
    for (leaf, sha256) in db_all!((i64, String), tx, OUTER, format!("[{}]", outer.join(",")))? {
        if let (Ok(index), Ok(bytes)) = (leaf.try_into(), hex::decode(&sha256)) {
            found.insert(Node { level: 0, index }, leaf_hash(&bytes));
        }
    }
    Ok(found)
}

/// A receipt's place in the log.
///
/// # Errors
/// When the database refuses.
pub async fn leaf_of(tx: &mut Tx, receipt: Uuid) -> Result<Option<(i64, String)>, StoreError> {
    db_optional!((i64, String), tx, "SELECT leaf, sha256 FROM receipt_log WHERE receipt_id = $1", receipt)
}

/// When the log's first receipt was issued.
///
/// # Errors
/// When the database refuses.
pub async fn first_issued(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    const FIRST: &str = "SELECT r.issued_ms FROM receipt_log l JOIN receipts r ON r.id = l.receipt_id WHERE l.leaf = 0";
    Ok(db_optional!((i64,), tx, FIRST)?.map(|(ms,)| ms))
}

/// A signed head.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HeadRow {
    /// Which head it is, from 1 without gaps.
    pub number: i64,
    /// Its day, as `2026-11-23`.
    pub day: String,
    /// How many leaves it is over.
    pub tree_size: i64,
    /// Its file: canonical JSON.
    pub body: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// When it was sealed.
    pub sealed_ms: i64,
}

/// Adds a head.
///
/// # Errors
/// A unique violation when its number or its day is taken; otherwise when the database refuses.
pub async fn add_head(tx: &mut Tx, head: &HeadRow) -> Result<(), StoreError> {
    const ADD: &str =
        "INSERT INTO log_heads (number, day, tree_size, body, sha256, sealed_ms) VALUES ($1, $2, $3, $4, $5, $6)";
    let HeadRow { number, day, tree_size, body, sha256, sealed_ms } = head;
    db_execute!(tx, ADD, *number, day.as_str(), *tree_size, body.as_str(), sha256.as_str(), *sealed_ms).map(|_| ())
}

/// The last head.
///
/// # Errors
/// When the database refuses.
pub async fn last_head(tx: &mut Tx) -> Result<Option<HeadRow>, StoreError> {
    db_optional!(HeadRow, tx, "SELECT * FROM log_heads ORDER BY number DESC LIMIT 1")
}

/// The head of a day.
///
/// # Errors
/// When the database refuses.
pub async fn head_of(tx: &mut Tx, day: &str) -> Result<Option<HeadRow>, StoreError> {
    db_optional!(HeadRow, tx, "SELECT * FROM log_heads WHERE day = $1", day)
}

/// The first head over this leaf.
///
/// # Errors
/// When the database refuses.
pub async fn head_over(tx: &mut Tx, leaf: i64) -> Result<Option<HeadRow>, StoreError> {
    const OVER: &str = "SELECT * FROM log_heads WHERE tree_size > $1 ORDER BY tree_size, number LIMIT 1";
    db_optional!(HeadRow, tx, OVER, leaf)
}

/// A page of heads after number `after`, the first ones first.
///
/// # Errors
/// When the database refuses.
pub async fn heads(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<HeadRow>, StoreError> {
    db_all!(HeadRow, tx, "SELECT * FROM log_heads WHERE number > $1 ORDER BY number LIMIT $2", after, limit)
}

/// The days from `day` on that have a head.
///
/// # Errors
/// When the database refuses.
pub async fn days_since(tx: &mut Tx, day: &str) -> Result<Vec<String>, StoreError> {
    let rows = db_all!((String,), tx, "SELECT day FROM log_heads WHERE day >= $1 ORDER BY day", day)?;
    Ok(rows.into_iter().map(|(day,)| day).collect())
}
