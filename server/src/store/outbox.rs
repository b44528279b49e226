//! Mails to be sent (发件箱): queued in the transaction that issues the receipt, leased by a worker, sent outside any
//! transaction, and only then marked.
//!
//! A worker owns a row only while its lease runs. Whatever it reports later names the lease's owner and attempt, so that
//! a worker that was believed dead cannot overwrite what its successor did.

use super::bulk::{Bulk, Kind, Rows, ids_json};
use super::{StoreError, Tx, dialect};
use crate::{db_all, db_execute, db_one, with_ids};
use uuid::Uuid;

/// One mail. Its `Debug` leaves the link's token out: whoever has it can open the receipt.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutboxRow {
    /// Its id.
    pub id: Uuid,
    /// The receipt that it carries.
    pub receipt_id: Uuid,
    /// The mail address.
    pub recipient: String,
    /// The recipient's name; may be empty.
    pub name: String,
    /// `zh-CN` or `en`.
    pub language: String,
    /// `customer` or `company`.
    pub audience: String,
    /// The Message-ID, without angle brackets; the same however often the mail is sent.
    pub message_id: String,
    /// The token of the receipt's page, sealed; of a one-time code's mail the code, sealed; empty when the mail has neither.
    pub link_token: String,
    /// `queued`, `leased`, `sent` or `failed`.
    pub state: String,
    /// How often it was taken by a worker.
    pub attempts: i64,
    /// When it is due.
    pub next_ms: i64,
    /// Until when a worker owns it.
    pub lease_until_ms: Option<i64>,
    /// Which worker.
    pub lease_owner: Option<String>,
    /// What the last attempt came to, when it was not sent.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_ms: i64,
    /// When it was accepted by the mail server.
    pub sent_ms: Option<i64>,
    /// `receipt`; `dispute`: word to a manager of what was disputed; or `code`.
    pub kind: String,
    /// What was disputed, or the code's id.
    pub about: Option<Uuid>,
    /// The recipient's domain, in lower case.
    pub domain: String,
    /// What the last attempt came to: `accepted`, `temporary`, `permanent`, `unknown` or `unreachable`.
    pub outcome: Option<String>,
    /// How often the connection was cut between the data and the reply.
    pub unknowns: i64,
    /// When somebody last had it sent again.
    pub resent_ms: Option<i64>,
    /// After how many attempts that was.
    pub resent_after: i64,
    /// When it came back.
    pub bounced_ms: Option<i64>,
    /// Why, in the words of the mail server that gave up.
    pub bounce: Option<String>,
    /// The mail to another address that was sent instead.
    pub replaced_by: Option<Uuid>,
}

impl OutboxRow {
    /// Where it stands, in one word: `queued`, `sending`, `retrying`, `sent`, `failed`, `bounced` or `replaced`.
    pub fn standing(&self) -> &'static str {
        match self.state.as_str() {
            _ if self.replaced_by.is_some() => "replaced",
            _ if self.bounced_ms.is_some() => "bounced",
            "sent" => "sent",
            "failed" => "failed",
            "leased" => "sending",
            _ if self.attempts > self.resent_after => "retrying",
            _ => "queued",
        }
    }

    /// Whether a manager has to find another way to the recipient.
    pub fn undelivered(&self) -> bool {
        matches!(self.standing(), "failed" | "bounced")
    }
}

impl std::fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxRow")
            .field("id", &self.id)
            .field("receipt_id", &self.receipt_id)
            .field("message_id", &self.message_id)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// A mail to be queued.
#[derive(Clone, Debug)]
pub struct NewMail<'a> {
    /// Its id.
    pub id: Uuid,
    /// The receipt that it carries.
    pub receipt_id: Uuid,
    /// The mail address.
    pub recipient: &'a str,
    /// The recipient's name; may be empty.
    pub name: &'a str,
    /// `zh-CN` or `en`.
    pub language: &'a str,
    /// `customer` or `company`.
    pub audience: &'a str,
    /// The Message-ID, without angle brackets; see [`crate::mail::message_id`].
    pub message_id: &'a str,
    /// The token of the receipt's page, sealed (see [`crate::mail::seal`]), or nothing.
    pub link_token: &'a str,
    /// `receipt`, `dispute` or `code`.
    pub kind: &'a str,
    /// What was disputed, or the code's id.
    pub about: Option<Uuid>,
    /// Now.
    pub created_ms: i64,
}

/// What a worker asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Now.
    pub now_ms: i64,
    /// Until when it will own what it gets.
    pub lease_until_ms: i64,
    /// Who asks.
    pub owner: &'a str,
    /// How many mails at most.
    pub limit: i64,
    /// How many mails to one domain may be under way at once, over all workers.
    pub per_domain: i64,
    /// How many attempts for one domain there may be in a minute, over all workers.
    pub per_minute: i64,
}

/// A lease: what a worker holds a row by.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The row.
    pub id: Uuid,
    /// Who took it.
    pub owner: &'a str,
    /// The attempt that it was taken for.
    pub attempts: i64,
}

const LETTERS: super::Sql = with_ids!("SELECT * FROM outbox WHERE id IN ", " ORDER BY next_ms, id");
const OF_RECEIPT: &str = "SELECT * FROM outbox WHERE receipt_id = $1 ORDER BY id";
const IN_STATE: &str = "SELECT * FROM outbox WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";
const NEXT_DUE: &str = "SELECT MIN(CASE WHEN state = 'queued' THEN next_ms ELSE lease_until_ms END) FROM outbox \
                        WHERE state IN ('queued', 'leased')";
const SENT: &str = "UPDATE outbox SET state = 'sent', sent_ms = $4, lease_until_ms = NULL, lease_owner = NULL, \
                    last_error = NULL, outcome = 'accepted' \
                    WHERE id = $1 AND state = 'leased' AND lease_owner = $2 AND attempts = $3";
const LATER: &str = "UPDATE outbox SET state = 'queued', next_ms = $4, outcome = $5, last_error = $6, \
                     unknowns = unknowns + CASE WHEN $5 = 'unknown' THEN 1 ELSE 0 END, lease_until_ms = NULL, \
                     lease_owner = NULL \
                     WHERE id = $1 AND state = 'leased' AND lease_owner = $2 AND attempts = $3";
const FAILED: &str = "UPDATE outbox SET state = 'failed', outcome = $4, last_error = $5, \
                      unknowns = unknowns + CASE WHEN $4 = 'unknown' THEN 1 ELSE 0 END, lease_until_ms = NULL, \
                      lease_owner = NULL \
                      WHERE id = $1 AND state = 'leased' AND lease_owner = $2 AND attempts = $3";

static ADD: Bulk = Bulk::new(
    "outbox",
    &[
        ("id", Kind::Uuid),
        ("receipt_id", Kind::Uuid),
        ("recipient", Kind::Text),
        ("name", Kind::Text),
        ("language", Kind::Text),
        ("audience", Kind::Text),
        ("message_id", Kind::Text),
        ("link_token", Kind::Text),
        ("state", Kind::Text),
        ("attempts", Kind::Int),
        ("next_ms", Kind::Int),
        ("created_ms", Kind::Int),
        ("kind", Kind::Text),
        ("about", Kind::Uuid),
        ("domain", Kind::Text),
    ],
    "",
);

/// Queues mails, in one statement; they are due at once.
///
/// # Errors
/// A unique violation when a Message-ID is taken; otherwise when the database refuses.
pub async fn add_all(tx: &mut Tx, mails: &[NewMail<'_>]) -> Result<(), StoreError> {
    let mut rows = Rows::new();
    for m in mails {
        rows.push(&[
            m.id.into(),
            m.receipt_id.into(),
            m.recipient.into(),
            m.name.into(),
            m.language.into(),
            m.audience.into(),
            m.message_id.into(),
            m.link_token.into(),
            "queued".into(),
            0_i64.into(),
            m.created_ms.into(),
            m.created_ms.into(),
            m.kind.into(),
            m.about.into(),
            domain(m.recipient).as_str().into(),
        ]);
    }
    ADD.run(tx, &rows).await.map(|_| ())
}

/// What limits go by: what stands behind the last `@`, in lower case.
pub fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain).to_lowercase()
}

/// Takes mails that are due, or whose lease ran out, as far as the limits of their domains allow.
///
/// # Errors
/// When the database refuses.
pub async fn claim(tx: &mut Tx, wanted: Wanted<'_>) -> Result<Vec<OutboxRow>, StoreError> {
    let _: Vec<(i32,)> = db_all!((i32,), tx, dialect::LOCK_OUTBOX)?;
    let Wanted { now_ms, lease_until_ms, owner, limit, per_domain, per_minute } = wanted;
    let ids =
        db_all!((Uuid,), tx, dialect::CLAIM_OUTBOX, now_ms, lease_until_ms, owner, limit, per_domain, per_minute)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(OutboxRow, tx, LETTERS, ids_json(ids.into_iter().map(|(id,)| id)))
}

/// The mail server has it. `false` when the lease is no longer held; then nothing was changed.
///
/// # Errors
/// When the database refuses.
pub async fn sent(tx: &mut Tx, lease: Lease<'_>, at_ms: i64) -> Result<bool, StoreError> {
    Ok(db_execute!(tx, SENT, lease.id, lease.owner, lease.attempts, at_ms)? > 0)
}

/// To be tried again at `next_ms`. `false` as for [`sent`].
///
/// # Errors
/// When the database refuses.
pub async fn later(
    tx: &mut Tx,
    lease: Lease<'_>,
    next_ms: i64,
    outcome: &str,
    error: &str,
) -> Result<bool, StoreError> {
    Ok(db_execute!(tx, LATER, lease.id, lease.owner, lease.attempts, next_ms, outcome, error)? > 0)
}

/// Given up. `false` as for [`sent`].
///
/// # Errors
/// When the database refuses.
pub async fn failed(tx: &mut Tx, lease: Lease<'_>, outcome: &str, error: &str) -> Result<bool, StoreError> {
    Ok(db_execute!(tx, FAILED, lease.id, lease.owner, lease.attempts, outcome, error)? > 0)
}

/// When the next mail is due or the next lease runs out; `None` when nothing waits.
///
/// # Errors
/// When the database refuses.
pub async fn next_due(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    Ok(db_one!((Option<i64>,), tx, NEXT_DUE)?.0)
}

/// The mails of one receipt.
///
/// # Errors
/// When the database refuses.
pub async fn of_receipt(tx: &mut Tx, receipt: Uuid) -> Result<Vec<OutboxRow>, StoreError> {
    db_all!(OutboxRow, tx, OF_RECEIPT, receipt)
}

/// A page of the mails in one state, in the order of ids.
///
/// # Errors
/// When the database refuses.
pub async fn in_state(tx: &mut Tx, state: &str, after: Uuid, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    db_all!(OutboxRow, tx, IN_STATE, state, after, limit)
}

const RELEASE_ALL: &str =
    "UPDATE outbox SET state = 'queued', lease_until_ms = NULL, lease_owner = NULL WHERE state = 'leased'";

/// Takes every lease back. Only for a process that knows itself to be the only one: on SQLite, at its start, when whoever
/// held them is dead.
///
/// # Errors
/// When the database refuses.
pub async fn release_all(tx: &mut Tx) -> Result<u64, StoreError> {
    db_execute!(tx, RELEASE_ALL)
}
