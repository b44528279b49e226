//! Rows of issued receipts. Nothing here is ever updated: a receipt stands as it was issued.

use super::bulk::{Bulk, Kind, Rows, Value};
use super::{StoreError, Tx};
use crate::{db_all, db_optional};
use uuid::Uuid;

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReceiptRow {
    /// Its id.
    pub id: Uuid,
    /// The visit.
    pub visit_id: Uuid,
    /// The sign-off that it was issued for; one receipt each.
    pub sign_off_id: Uuid,
    /// The chain: the customer's id as text, or `unlisted`.
    pub chain: String,
    /// Its place in the chain, from 1 without gaps.
    pub chain_no: i64,
    /// Its number.
    pub number: String,
    /// Which receipt of its visit it is, from 1.
    pub revision: i64,
    /// When it was issued, milliseconds since 1970 UTC.
    pub issued_ms: i64,
    /// The file itself: canonical JSON, byte for byte what was signed.
    pub body: String,
    /// SHA-256 of [`ReceiptRow::body`], lower-case hex.
    pub sha256: String,
    /// The previous one's in the chain.
    pub previous_sha256: String,
    /// SHA-256 of the token in the hospital's link.
    pub token_hash: Vec<u8>,
}

const BY_ID: &str = "SELECT * FROM receipts WHERE id = $1";
const BY_NUMBER: &str = "SELECT * FROM receipts WHERE number = $1";
const BY_TOKEN: &str = "SELECT * FROM receipts WHERE token_hash = $1";
const OF_VISIT: &str = "SELECT * FROM receipts WHERE visit_id = $1 ORDER BY revision, chain_no";
const OF_CHAIN: &str = "SELECT * FROM receipts WHERE chain = $1 AND chain_no > $2 ORDER BY chain_no LIMIT $3";
const LIST: &str = "SELECT * FROM receipts WHERE id > $1 ORDER BY id LIMIT $2";

static ADD: Bulk = Bulk::new(
    "receipts",
    &[
        ("id", Kind::Uuid),
        ("visit_id", Kind::Uuid),
        ("sign_off_id", Kind::Uuid),
        ("chain", Kind::Text),
        ("chain_no", Kind::Int),
        ("number", Kind::Text),
        ("revision", Kind::Int),
        ("issued_ms", Kind::Int),
        ("body", Kind::LongText),
        ("sha256", Kind::Text),
        ("previous_sha256", Kind::Text),
        ("token_hash", Kind::Bytes),
    ],
    "",
);

/// Adds receipts, in one statement.
///
/// # Errors
/// A unique violation when a sign-off has its receipt already, or a number or a place in a chain is taken; otherwise when
/// the database refuses.
pub async fn add_all(tx: &mut Tx, receipts: &[ReceiptRow]) -> Result<(), StoreError> {
    let mut rows = Rows::new();
    for r in receipts {
        rows.push(&[
            r.id.into(),
            r.visit_id.into(),
            r.sign_off_id.into(),
            (&r.chain).into(),
            r.chain_no.into(),
            (&r.number).into(),
            r.revision.into(),
            r.issued_ms.into(),
            Value::LongText(&r.body),
            (&r.sha256).into(),
            (&r.previous_sha256).into(),
            r.token_hash.as_slice().into(),
        ]);
    }
    ADD.run(tx, &rows).await.map(|_| ())
}

/// By id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<ReceiptRow>, StoreError> {
    db_optional!(ReceiptRow, tx, BY_ID, id)
}

/// By number, exactly as printed.
///
/// # Errors
/// When the database refuses.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<ReceiptRow>, StoreError> {
    db_optional!(ReceiptRow, tx, BY_NUMBER, number)
}

/// By the SHA-256 of a link's token.
///
/// # Errors
/// When the database refuses.
pub async fn by_token_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<ReceiptRow>, StoreError> {
    db_optional!(ReceiptRow, tx, BY_TOKEN, hash)
}

/// Every receipt of a visit, the first revision first.
///
/// # Errors
/// When the database refuses.
pub async fn of_visit(tx: &mut Tx, visit: Uuid) -> Result<Vec<ReceiptRow>, StoreError> {
    db_all!(ReceiptRow, tx, OF_VISIT, visit)
}

/// A page of one chain (a customer's id as text, or `unlisted`), after place `after`.
///
/// # Errors
/// When the database refuses.
pub async fn of_chain(tx: &mut Tx, chain: &str, after: i64, limit: i64) -> Result<Vec<ReceiptRow>, StoreError> {
    db_all!(ReceiptRow, tx, OF_CHAIN, chain, after, limit)
}

/// A page of all receipts in the order of ids.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, after: Uuid, limit: i64) -> Result<Vec<ReceiptRow>, StoreError> {
    db_all!(ReceiptRow, tx, LIST, after, limit)
}
