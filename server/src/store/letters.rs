//! The bytes of mails, what came back, and managers' words to send again (see [`super::outbox`] for the queue itself).

use super::bulk::{Bulk, Kind, Rows, Value};
use super::outbox::OutboxRow;
use super::queue::Scope;
use super::select::Select;
use super::{Sql, StoreError, Tx, bulk::ids_json};
use crate::{db_all, db_execute, db_optional, with_ids};
use serde::Serialize;
use uuid::Uuid;

/// The sealed bytes of one mail.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LetterRow {
    /// The mail.
    pub outbox_id: Uuid,
    /// Its bytes, sealed (see [`crate::mail::seal`]).
    pub sealed: Vec<u8>,
}

/// Somebody's word to send a mail again.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResendRow {
    /// Its id, which the client chose.
    pub id: Uuid,
    /// The mail.
    pub outbox_id: Uuid,
    /// To which other address.
    pub address: Option<String>,
    /// Why.
    pub reason: String,
    /// Who; absent: somebody at the machine itself.
    pub user_id: Option<Uuid>,
    /// When.
    pub at_ms: i64,
}

/// How many mails of a visit did not reach anybody.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UndeliveredRow {
    /// The visit.
    pub visit_id: Uuid,
    /// How many.
    pub mails: i64,
}

// Whoever comes second finds the bytes of the first: nothing is ever written over them.
static ADD: Bulk = Bulk::new(
    "letters",
    &[("outbox_id", Kind::Uuid), ("sealed", Kind::Bytes), ("composed_ms", Kind::Int)],
    "ON CONFLICT (outbox_id) DO NOTHING",
);

/// Keeps the bytes of mails that have none yet.
///
/// # Errors
/// When the database refuses.
pub async fn add_all(tx: &mut Tx, letters: &[LetterRow], composed_ms: i64) -> Result<(), StoreError> {
    let mut rows = Rows::new();
    for l in letters {
        rows.push(&[l.outbox_id.into(), Value::Bytes(&l.sealed), composed_ms.into()]);
    }
    ADD.run(tx, &rows).await.map(|_| ())
}

/// The bytes of these mails, as far as they were composed.
///
/// # Errors
/// When the database refuses.
pub async fn of(tx: &mut Tx, mails: &[Uuid]) -> Result<Vec<LetterRow>, StoreError> {
    const OF: Sql = with_ids!("SELECT outbox_id, sealed FROM letters WHERE outbox_id IN ", "");
    db_all!(LetterRow, tx, OF, ids_json(mails.iter().copied()))
}

/// One mail by its id.
///
/// # Errors
/// When the database refuses.
pub async fn mail(tx: &mut Tx, id: Uuid) -> Result<Option<OutboxRow>, StoreError> {
    db_optional!(OutboxRow, tx, "SELECT * FROM outbox WHERE id = $1", id)
}

/// One mail by its Message-ID, without angle brackets.
///
/// # Errors
/// When the database refuses.
pub async fn by_message_id(tx: &mut Tx, message_id: &str) -> Result<Option<OutboxRow>, StoreError> {
    db_optional!(OutboxRow, tx, "SELECT * FROM outbox WHERE message_id = $1", message_id)
}

/// It came back. `false` when that was known already; then nothing was changed.
///
/// # Errors
/// When the database refuses.
pub async fn bounced(tx: &mut Tx, id: Uuid, why: &str, at_ms: i64) -> Result<bool, StoreError> {
    const BOUNCED: &str = "UPDATE outbox SET bounced_ms = $2, bounce = $3 WHERE id = $1 AND bounced_ms IS NULL";
    Ok(db_execute!(tx, BOUNCED, id, at_ms, why)? > 0)
}

/// The mail is due again at once, and its waits begin anew. `false` when a worker has it just now.
///
/// # Errors
/// When the database refuses.
pub async fn again(tx: &mut Tx, id: Uuid, now_ms: i64) -> Result<bool, StoreError> {
    const AGAIN: &str = "UPDATE outbox SET state = 'queued', next_ms = $2, resent_ms = $2, resent_after = attempts, \
                         bounced_ms = NULL, bounce = NULL, last_error = NULL, outcome = NULL \
                         WHERE id = $1 AND state <> 'leased' AND replaced_by IS NULL";
    Ok(db_execute!(tx, AGAIN, id, now_ms)? > 0)
}

/// The mail is no longer to be sent: another one goes in its place. `false` when a worker has it just now, or it has been
/// replaced.
///
/// # Errors
/// When the database refuses.
pub async fn replaced(tx: &mut Tx, id: Uuid, by: Uuid) -> Result<bool, StoreError> {
    const REPLACED: &str = "UPDATE outbox SET replaced_by = $2, \
                            state = CASE WHEN state = 'queued' THEN 'failed' ELSE state END \
                            WHERE id = $1 AND state <> 'leased' AND replaced_by IS NULL";
    Ok(db_execute!(tx, REPLACED, id, by)? > 0)
}

/// Adds a word to send again.
///
/// # Errors
/// A unique violation when the id is taken; otherwise when the database refuses.
pub async fn add_resend(tx: &mut Tx, r: &ResendRow) -> Result<(), StoreError> {
    const ADD_RESEND: &str =
        "INSERT INTO resends (id, outbox_id, address, reason, user_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6)";
    db_execute!(tx, ADD_RESEND, r.id, r.outbox_id, r.address.as_deref(), r.reason.as_str(), r.user_id, r.at_ms)
        .map(|_| ())
}

/// One word to send again.
///
/// # Errors
/// When the database refuses.
pub async fn resend(tx: &mut Tx, id: Uuid) -> Result<Option<ResendRow>, StoreError> {
    db_optional!(ResendRow, tx, "SELECT id, outbox_id, address, reason, user_id, at_ms FROM resends WHERE id = $1", id)
}

/// The mails of a visit's receipts, the first receipt's first.
///
/// # Errors
/// When the database refuses.
pub async fn of_visit(tx: &mut Tx, visit: Uuid) -> Result<Vec<OutboxRow>, StoreError> {
    const OF_VISIT: &str = "SELECT o.* FROM outbox o JOIN receipts r ON r.id = o.receipt_id WHERE r.visit_id = $1 \
                            ORDER BY r.revision, o.created_ms, o.id";
    db_all!(OutboxRow, tx, OF_VISIT, visit)
}

/// How many mails of these visits reached nobody; visits without any are left out.
///
/// # Errors
/// When the database refuses.
pub async fn undelivered(tx: &mut Tx, visits: &[Uuid]) -> Result<Vec<UndeliveredRow>, StoreError> {
    const UNDELIVERED: Sql = with_ids!(
        "SELECT r.visit_id, COUNT(*) AS mails FROM receipts r JOIN outbox o ON o.receipt_id = r.id \
         WHERE (o.state = 'failed' OR o.bounced_ms IS NOT NULL) AND o.replaced_by IS NULL AND r.visit_id IN ",
        " GROUP BY r.visit_id"
    );
    db_all!(UndeliveredRow, tx, UNDELIVERED, ids_json(visits.iter().copied()))
}

/// Which mails are asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MailFilter {
    /// Those that reached nobody.
    pub undelivered: bool,
    /// Of this receipt.
    pub receipt: Option<Uuid>,
    /// Older than this one: when it was queued, and its id.
    pub after: Option<(i64, Uuid)>,
}

#[derive(Serialize)]
struct Question<'a> {
    #[serde(flatten)]
    scope: &'a Scope,
    mails: &'a MailFilter,
    limit: i64,
}

/// Mails of the visits that a reader may see, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, scope: &Scope, filter: &MailFilter, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    let mut select = Select::from(
        "SELECT o.* FROM outbox o JOIN receipts r ON r.id = o.receipt_id JOIN visits v ON v.id = r.visit_id",
    );
    select.scope(scope);
    if filter.undelivered {
        select.add(" AND (o.state = 'failed' OR o.bounced_ms IS NOT NULL) AND o.replaced_by IS NULL");
    }
    if filter.receipt.is_some() {
        select.uuid(" AND o.receipt_id = ", "mails.receipt", "");
    }
    if filter.after.is_some() {
        select.int(" AND (o.created_ms, o.id) < (", "mails.after.0", ", ");
        select.uuid("", "mails.after.1", ")");
    }
    select.int(" ORDER BY o.created_ms DESC, o.id DESC LIMIT ", "limit", "");
    let question = Question { scope, mails: filter, limit };
    // Plain data with text keys always has a JSON form.
    select.rows(tx, serde_json::to_string(&question).unwrap_or_default()).await
}
