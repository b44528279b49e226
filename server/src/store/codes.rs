//! One-time codes. Asking takes turns over all servers, so that limits hold; entering takes turns on the code's own row, so that
//! tries are counted whatever comes at once.

use super::{StoreError, Tx};
use crate::{db_execute, db_one, db_optional};
use uuid::Uuid;

/// A code, as far as it is kept. Its `Debug` leaves out what it is checked by.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CodeRow {
    /// Its id, which whoever asked for it chose.
    pub id: Uuid,
    /// The receipt that it is bound to.
    pub receipt_id: Uuid,
    /// Whose address it goes to.
    pub contact_id: Uuid,
    /// `mail` or `sms`.
    pub channel: String,
    /// The contact's name when it was asked for.
    pub name: String,
    /// The contact's position.
    pub role: String,
    /// The address, as far as it is told.
    pub masked: String,
    /// A keyed digest of the address: what limits go by.
    pub address_mark: String,
    /// Random.
    pub salt: Vec<u8>,
    /// A keyed digest of the code, the salt, and the receipt's digest.
    pub digest: Vec<u8>,
    /// How often one was entered.
    pub tries: i64,
    /// When it was asked for.
    pub asked_ms: i64,
    /// Until when it can be entered.
    pub expires_ms: i64,
    /// When it was.
    pub used_ms: Option<i64>,
    /// Who asked for it; absent: somebody on the receipt's page.
    pub asked_by: Option<Uuid>,
}

impl std::fmt::Debug for CodeRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeRow").field("id", &self.id).field("receipt_id", &self.receipt_id).finish_non_exhaustive()
    }
}

/// How many codes there were, and when the last one was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Asked {
    /// Altogether.
    pub ever: i64,
    /// In the last day.
    pub day: i64,
    /// In the last hour.
    pub hour: i64,
    /// When the last one was.
    pub last_ms: Option<i64>,
}

/// Nobody else asks for a code until the commit.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    db_execute!(tx, "UPDATE counter SET value = value + 1 WHERE name = 'codes'").map(|_| ())
}

/// Codes for one receipt.
///
/// # Errors
/// When the database refuses.
pub async fn asked_for(tx: &mut Tx, receipt: Uuid, now_ms: i64) -> Result<Asked, StoreError> {
    const ASKED: &str = "SELECT COUNT(*) AS ever, COALESCE(SUM(CASE WHEN asked_ms > $2 - 86400000 THEN 1 ELSE 0 END), 0) \
                         AS day, COALESCE(SUM(CASE WHEN asked_ms > $2 - 3600000 THEN 1 ELSE 0 END), 0) AS hour, \
                         MAX(asked_ms) AS last_ms FROM codes WHERE receipt_id = $1";
    db_one!(Asked, tx, ASKED, receipt, now_ms)
}

/// Codes to one address in the last day.
///
/// # Errors
/// When the database refuses.
pub async fn asked_at(tx: &mut Tx, address_mark: &str, now_ms: i64) -> Result<Asked, StoreError> {
    const ASKED: &str = "SELECT COUNT(*) AS ever, COUNT(*) AS day, \
                         COALESCE(SUM(CASE WHEN asked_ms > $2 - 3600000 THEN 1 ELSE 0 END), 0) AS hour, \
                         MAX(asked_ms) AS last_ms FROM codes WHERE address_mark = $1 AND asked_ms > $2 - 86400000";
    db_one!(Asked, tx, ASKED, address_mark, now_ms)
}

/// Adds a code; those before it for the same receipt can no longer be entered.
///
/// # Errors
/// A unique violation when its id is taken; otherwise when the database refuses.
pub async fn add(tx: &mut Tx, c: &CodeRow) -> Result<(), StoreError> {
    const END: &str = "UPDATE codes SET expires_ms = $2 WHERE receipt_id = $1 AND used_ms IS NULL AND expires_ms > $2";
    const ADD: &str = "INSERT INTO codes (id, receipt_id, contact_id, channel, name, role, masked, address_mark, salt, \
                       digest, tries, asked_ms, expires_ms, used_ms, asked_by) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    db_execute!(tx, END, c.receipt_id, c.asked_ms)?;
    db_execute!(
        tx,
        ADD,
        c.id,
        c.receipt_id,
        c.contact_id,
        c.channel.as_str(),
        c.name.as_str(),
        c.role.as_str(),
        c.masked.as_str(),
        c.address_mark.as_str(),
        c.salt.as_slice(),
        c.digest.as_slice(),
        c.tries,
        c.asked_ms,
        c.expires_ms,
        c.used_ms,
        c.asked_by
    )
    .map(|_| ())
}

/// A code by its id.
///
/// # Errors
/// When the database refuses.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<CodeRow>, StoreError> {
    db_optional!(CodeRow, tx, "SELECT * FROM codes WHERE id = $1", id)
}

/// The code of a receipt that can be entered now.
///
/// # Errors
/// When the database refuses.
pub async fn pending(tx: &mut Tx, receipt: Uuid, now_ms: i64, most_tries: i64) -> Result<Option<CodeRow>, StoreError> {
    const PENDING: &str = "SELECT * FROM codes WHERE receipt_id = $1 AND used_ms IS NULL AND expires_ms > $2 \
                           AND tries < $3 ORDER BY asked_ms DESC LIMIT 1";
    db_optional!(CodeRow, tx, PENDING, receipt, now_ms, most_tries)
}

/// Counts a try; the code, if it can still be entered. Others who try it wait until the commit.
///
/// # Errors
/// When the database refuses.
pub async fn count_try(
    tx: &mut Tx,
    id: Uuid,
    receipt: Uuid,
    now_ms: i64,
    most_tries: i64,
) -> Result<Option<CodeRow>, StoreError> {
    const TRY: &str = "UPDATE codes SET tries = tries + 1 WHERE id = $1 AND receipt_id = $2 AND used_ms IS NULL \
                       AND expires_ms > $3 AND tries < $4 RETURNING *";
    db_optional!(CodeRow, tx, TRY, id, receipt, now_ms, most_tries)
}

/// It was entered.
///
/// # Errors
/// When the database refuses.
pub async fn used(tx: &mut Tx, id: Uuid, now_ms: i64) -> Result<(), StoreError> {
    db_execute!(tx, "UPDATE codes SET used_ms = $2 WHERE id = $1", id, now_ms).map(|_| ())
}
