//! Where mails are seen and decided about (邮件室): how each stands with its recipient, what came back, and managers' words to
//! send again, perhaps to another address.

use super::bounce::Notification;
use super::message_id;
use crate::auth::Principal;
use crate::state::AppState;
use crate::store::letters::{self, ResendRow};
use crate::store::outbox::{self, NewMail, OutboxRow};
use crate::store::{Db, StoreError, Tx, audit, page, queue, receipts};
use crate::visits::sight;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Longest reason, in characters.
pub const MAX_REASON: usize = 2000;

/// One mail as managers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Mail {
    /// Its id.
    pub id: Uuid,
    /// The receipt.
    pub receipt: Uuid,
    /// `receipt`; `dispute`: word to a manager that the hospital disputes it; or `code`: a one-time code.
    pub kind: String,
    /// The mail address.
    pub recipient: String,
    /// The recipient's name; may be empty.
    pub name: String,
    /// `customer` or `company`.
    pub audience: String,
    /// `queued`, `sending`, `retrying`, `sent` (the recipient's or our mail server has it), `failed` (given up), `bounced`
    /// (came back) or `replaced` (sent to another address instead).
    pub state: &'static str,
    /// What the last attempt came to: `accepted`, `temporary` (4xx), `permanent` (5xx), `unknown` (the connection was cut
    /// between the data and the reply) or `unreachable`.
    pub outcome: Option<String>,
    /// Whether the recipient may have it although nobody said so.
    pub perhaps_received: bool,
    /// In the words of the mail server.
    pub explanation: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was queued.
    pub created_ms: i64,
    /// When it is tried next, as far as it is.
    pub next_ms: Option<i64>,
    /// When a mail server took it.
    pub sent_ms: Option<i64>,
    /// When it came back.
    pub bounced_ms: Option<i64>,
    /// When somebody last had it sent again.
    pub resent_ms: Option<i64>,
    /// The mail to another address that was sent instead.
    pub replaced_by: Option<Uuid>,
    /// The Message-ID, without angle brackets.
    pub message_id: String,
}

impl From<OutboxRow> for Mail {
    fn from(r: OutboxRow) -> Self {
        let state = r.standing();
        let waits = matches!(state, "queued" | "retrying");
        Self {
            id: r.id,
            receipt: r.receipt_id,
            kind: r.kind,
            recipient: r.recipient,
            name: r.name,
            audience: r.audience,
            state,
            outcome: r.outcome,
            perhaps_received: r.unknowns > 0 && r.sent_ms.is_none(),
            explanation: r.bounce.or(r.last_error),
            attempts: r.attempts,
            created_ms: r.created_ms,
            next_ms: waits.then_some(r.next_ms),
            sent_ms: r.sent_ms,
            bounced_ms: r.bounced_ms,
            resent_ms: r.resent_ms,
            replaced_by: r.replaced_by,
            message_id: r.message_id,
        }
    }
}

/// To send a mail again.
#[derive(Clone, Debug)]
pub struct Again {
    /// Chosen by the client: the same word said twice has one effect.
    pub id: Uuid,
    /// Which mail.
    pub mail: Uuid,
    /// To which other address; absent: to the same, and then the same bytes.
    pub address: Option<String>,
    /// Why.
    pub reason: String,
}

/// Why a mail is not sent again. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AgainError {
    /// No such mail, or not the reader's to see.
    #[error("there is no such mail")]
    Unknown,
    /// Somebody else's customer.
    #[error("this customer has another service manager")]
    NotTheirCustomer,
    /// A field is wrong: pointer and what is wrong.
    #[error("{1}")]
    Field(&'static str, String),
    /// The id was used for something else.
    #[error("something else was said under this id")]
    Mismatch,
    /// A one-time code, which goes to the address that it was asked for, once.
    #[error("a one-time code is not sent again: ask for another one")]
    OneTime,
    /// It is under way at this moment, or was replaced.
    #[error("the mail is under way at this moment, or another one was sent in its place")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Has a mail sent again, as `principal` may.
///
/// # Errors
/// See [`AgainError`].
pub async fn again(state: &AppState, principal: &Principal, again: &Again) -> Result<Mail, AgainError> {
    let mut tx = state.db.begin().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let scope = sight::scope(principal, &known);
    let mail = letters::mail(&mut tx, again.mail).await?.ok_or(AgainError::Unknown)?;
    let receipt = queue::receipt(&mut tx, &scope, mail.receipt_id).await?.ok_or(AgainError::Unknown)?;
    let visit = queue::visit(&mut tx, &scope, receipt.visit_id).await?.ok_or(AgainError::Unknown)?;
    if !sight::may_decide(principal, &visit, &known) {
        return Err(AgainError::NotTheirCustomer);
    }
    let ground = Ground { user: Some(principal.user.0), public_url: &state.public_url, now_ms: state.clock.now_ms() };
    let done = send_again(&mut tx, mail, again, &ground).await?;
    tx.commit().await?;
    state.outbox.notify_one();
    Ok(done.into())
}

/// By whom, from where and when.
pub(crate) struct Ground<'a> {
    pub(crate) user: Option<Uuid>,
    pub(crate) public_url: &'a str,
    pub(crate) now_ms: i64,
}

/// The mail itself again, or a new one to another address: one transaction with its entry in the audit trail. The link in
/// it opens its page for the usual time from now on.
pub(crate) async fn send_again(
    tx: &mut Tx,
    mail: OutboxRow,
    again: &Again,
    ground: &Ground<'_>,
) -> Result<OutboxRow, AgainError> {
    if mail.kind == "code" {
        return Err(AgainError::OneTime);
    }
    let reason = again.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.contains('\0') {
        return Err(AgainError::Field("/reason", format!("a reason of 1 to {MAX_REASON} characters is needed")));
    }
    let address = again.address.as_deref().map(str::trim);
    if let Some(said) = letters::resend(tx, again.id).await? {
        let same = said.outbox_id == mail.id
            && said.address.as_deref() == address
            && said.reason == reason
            && said.user_id == ground.user;
        let now = mail.replaced_by.unwrap_or(mail.id);
        return if same { letters::mail(tx, now).await?.ok_or(AgainError::Unknown) } else { Err(AgainError::Mismatch) };
    }
    let now_ms = ground.now_ms;
    let done = match address {
        None => {
            if !letters::again(tx, mail.id, now_ms).await? {
                return Err(AgainError::Busy);
            }
            mail.id
        }
        Some(address) => elsewhere(tx, &mail, address, again.id, ground).await?,
    };
    let row = ResendRow {
        id: again.id,
        outbox_id: mail.id,
        address: address.map(str::to_owned),
        reason: reason.to_owned(),
        user_id: ground.user,
        at_ms: now_ms,
    };
    letters::add_resend(tx, &row).await?;
    page::extend_link(tx, mail.receipt_id, now_ms.saturating_add(crate::receipts::page::LINK_MS)).await?;
    let what = if address.is_some() { "mail_readdressed" } else { "mail_resent" };
    let detail =
        json!({ "mail": mail.id, "recipient": mail.recipient, "to": address, "instead": done, "reason": reason });
    audit::add(tx, now_ms, ground.user, what, &format!("receipt/{}", mail.receipt_id), detail).await?;
    letters::mail(tx, done).await?.ok_or(AgainError::Unknown)
}

/// Queues the mail anew for another address.
async fn elsewhere(
    tx: &mut Tx,
    mail: &OutboxRow,
    address: &str,
    id: Uuid,
    ground: &Ground<'_>,
) -> Result<Uuid, AgainError> {
    let wrong = |why: &str| AgainError::Field("/address", why.to_owned());
    if !sync_core::address::is_mail(address) {
        return Err(wrong("this is no mail address"));
    }
    let others = outbox::of_receipt(tx, mail.receipt_id).await?;
    let has = |o: &OutboxRow| o.kind == mail.kind && o.about == mail.about && o.replaced_by.is_none();
    if others.iter().any(|o| has(o) && o.recipient.eq_ignore_ascii_case(address)) {
        return Err(wrong("a mail goes to this address already: send that one again"));
    }
    // Before the new one is there, so that no two are ever due for one recipient.
    if !letters::replaced(tx, mail.id, id).await? {
        return Err(AgainError::Busy);
    }
    let new = NewMail {
        id,
        receipt_id: mail.receipt_id,
        recipient: address,
        name: &mail.name,
        language: &mail.language,
        audience: &mail.audience,
        message_id: &message_id(id, ground.public_url),
        link_token: &mail.link_token,
        kind: &mail.kind,
        about: mail.about,
        created_ms: ground.now_ms,
    };
    match outbox::add_all(tx, &[new]).await {
        Err(e) if e.is_unique_violation() => Err(AgainError::Mismatch),
        added => Ok(added.map(|()| id)?),
    }
}

/// What a notification came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Noted {
    /// The mail is marked: it came back.
    Bounced,
    /// It was marked before.
    Known,
    /// Only delayed, relayed or delivered: nothing is marked.
    Underway,
    /// No mail of ours has this Message-ID.
    Stranger,
}

/// Marks the mail that a notification is about.
///
/// A Message-ID belongs to one recipient, so that the address in the notification need not be ours: the recipient's own
/// server may have sent the mail on.
///
/// # Errors
/// When the database refuses.
pub async fn note(db: &Db, notification: &Notification, now_ms: i64) -> Result<Noted, StoreError> {
    let Some(fate) = notification.fates.iter().find(|f| f.failed) else { return Ok(Noted::Underway) };
    let mut tx = db.begin().await?;
    let Some(mail) = letters::by_message_id(&mut tx, &notification.message_id).await? else {
        return Ok(Noted::Stranger);
    };
    let why = fate.told();
    if !letters::bounced(&mut tx, mail.id, &why, now_ms).await? {
        return Ok(Noted::Known);
    }
    let detail = json!({ "mail": mail.id, "recipient": mail.recipient, "status": fate.status, "why": why });
    let subject = format!("receipt/{}", mail.receipt_id);
    audit::add(&mut tx, now_ms, None, "mail_bounced", &subject, detail).await?;
    tx.commit().await?;
    tracing::warn!(mail = %mail.id, receipt = %mail.receipt_id, why, "a mail came back");
    Ok(Noted::Bounced)
}

/// The mails of one receipt by its number; for the command line.
pub(crate) async fn of_number(tx: &mut Tx, number: &str) -> Result<Option<Vec<OutboxRow>>, StoreError> {
    match receipts::by_number(tx, number).await? {
        Some(receipt) => outbox::of_receipt(tx, receipt.id).await.map(Some),
        None => Ok(None),
    }
}
