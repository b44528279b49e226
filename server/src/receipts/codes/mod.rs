//! One-time codes (验证码): a stronger word than a drawing on somebody else's phone. A code goes to an address that the signer told
//! at sign-off, or that the company had on its list, is bound to the receipt's digest, and what is confirmed with it becomes a
//! signed file of its own beside the second person's confirmations. docs/signatures.md says what that claims and what not.

mod addresses;
mod send;

pub use addresses::{Choice, choices};

use crate::state::AppState;
use crate::store::codes::{self, CodeRow};
use crate::store::page::{self, EntryRow};
use crate::store::receipts::ReceiptRow;
use crate::store::{StoreError, Tx, audit};
use serde_json::json;
use sync_core::canonical::{CanonicalError, sha256};
use sync_core::confirmation::{AddressFrom, CONFIRMATION_KIND, CONFIRMATION_VERSION, Channel, Confirmation, Entered};
use sync_core::ids::ReceiptId;
use sync_core::statement::Signed;
use uuid::Uuid;

/// How long a code can be entered.
pub const VALID_MS: i64 = 10 * 60_000;
/// How often a code can be entered wrongly.
pub const MOST_TRIES: i64 = 5;
/// Between two codes for one receipt.
const PAUSE_MS: i64 = 60_000;
/// Codes for one receipt in an hour, and ever: whoever guesses has a hundred tries at a million codes in all its life.
const RECEIPT_HOUR: i64 = 5;
const RECEIPT_EVER: i64 = 20;
/// Codes to one address in an hour, and in a day, whatever they are for.
const ADDRESS_HOUR: i64 = 10;
const ADDRESS_DAY: i64 = 30;
const HOUR_S: u64 = 3600;
const DAY_S: u64 = 86_400;

/// A code that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Chosen by whoever asks: asked twice, one is sent.
    pub id: Uuid,
    /// To whom, by [`Choice::contact`]; absent: to the first whom it can be sent to.
    pub contact: Option<Uuid>,
    /// On which way.
    pub channel: Channel,
    /// Who asks; absent: somebody on the page.
    pub by: Option<Uuid>,
}

/// Why no code is sent.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such contact of this customer, or no address on this way.
    #[error("there is no address that a code could be sent to in this way")]
    NoAddress,
    /// Too many were sent: the seconds to wait.
    #[error("too many codes were asked for; wait before asking for another")]
    Wait(u64),
    /// The id was used for something else.
    #[error("another code was asked for under this id")]
    Mismatch,
    /// The hook for text messages did not take it.
    #[error("the text message could not be sent")]
    NotSent,
    /// No randomness, or a receipt that cannot be read: our own fault.
    #[error("{0}")]
    Internal(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a code is not taken. Which of the reasons it was, is not told.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// Wrong, too late, tried too often, for another receipt, or never sent.
    #[error("this code is not valid: it is wrong, was entered too late or too often, or another one was sent since")]
    Wrong,
    /// A statement without a canonical form: a mistake in the program.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends a code for a receipt: one transaction with its mail and its entry in the audit trail.
///
/// # Errors
/// See [`AskError`]. Nothing was sent.
pub async fn ask(state: &AppState, receipt: &ReceiptRow, wanted: &Wanted) -> Result<CodeRow, AskError> {
    let now = state.clock.now_ms();
    let mut tx = state.db.begin().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let all = choices(&mut tx, receipt, &known, state.config.outside.sms_hook_url.is_some()).await?;
    codes::lock(&mut tx).await?;
    if let Some(there) = codes::by_id(&mut tx, wanted.id).await? {
        let same = there.receipt_id == receipt.id
            && there.channel == wanted.channel.as_str()
            && wanted.contact.is_none_or(|id| id == there.contact_id);
        return if same { Ok(there) } else { Err(AskError::Mismatch) };
    }
    let fits = |c: &&Choice| c.channel == wanted.channel && wanted.contact.is_none_or(|id| id == c.contact);
    let choice = all.iter().find(fits).ok_or(AskError::NoAddress)?;
    let address_mark = hex::encode(state.keys.seal.mark(&format!("code address\n{}", choice.address.to_lowercase())));
    limits(&mut tx, receipt.id, &address_mark, now).await?;

    let code = send::fresh().map_err(|e| AskError::Internal(e.to_string()))?;
    let mut salt = vec![0; 16];
    getrandom::fill(&mut salt).map_err(|e| AskError::Internal(e.to_string()))?;
    let row = CodeRow {
        id: wanted.id,
        receipt_id: receipt.id,
        contact_id: choice.contact,
        channel: choice.channel.as_str().to_owned(),
        name: choice.name.clone(),
        role: choice.role.clone(),
        masked: choice.masked.clone(),
        address_mark,
        digest: digest(state, wanted.id, &receipt.sha256, &salt, &code).to_vec(),
        salt,
        tries: 0,
        asked_ms: now,
        expires_ms: now.saturating_add(VALID_MS),
        used_ms: None,
        asked_by: wanted.by,
    };
    codes::add(&mut tx, &row).await?;
    let detail = json!({ "code": row.id, "channel": row.channel, "address": row.masked, "name": row.name });
    let subject = format!("receipt/{}", receipt.id);
    audit::add(&mut tx, now, wanted.by, "code_asked", &subject, detail).await?;
    if choice.channel == Channel::Mail {
        send::mail(state, &mut tx, receipt, choice, &row, &code).await?;
    }
    tx.commit().await?;
    match choice.channel {
        Channel::Mail => state.outbox.notify_one(),
        Channel::Sms => send::message(state, receipt, choice, &row, &code).await?,
    }
    Ok(row)
}

async fn limits(tx: &mut Tx, receipt: Uuid, address_mark: &str, now: i64) -> Result<(), AskError> {
    let asked = codes::asked_for(tx, receipt, now).await?;
    let since = asked.last_ms.map_or(i64::MAX, |last| now.saturating_sub(last));
    if since < PAUSE_MS {
        return Err(AskError::Wait((PAUSE_MS - since.max(0)).unsigned_abs().div_ceil(1000)));
    }
    let at = codes::asked_at(tx, address_mark, now).await?;
    if asked.ever >= RECEIPT_EVER || at.day >= ADDRESS_DAY {
        return Err(AskError::Wait(DAY_S));
    }
    if asked.hour >= RECEIPT_HOUR || at.hour >= ADDRESS_HOUR {
        return Err(AskError::Wait(HOUR_S));
    }
    Ok(())
}

/// What is kept of a code: under the server's own key, so that a copy of the database is no help in finding six digits.
fn digest(state: &AppState, id: Uuid, receipt_sha256: &str, salt: &[u8], code: &str) -> [u8; 32] {
    state.keys.seal.mark(&format!("code\n{id}\n{receipt_sha256}\n{}\n{code}", hex::encode(salt)))
}

/// Six digits out of what was typed: spaces and hyphens are left out, and full-width digits are digits.
fn digits(typed: &str) -> Option<String> {
    let mut out = String::new();
    for c in typed.chars().take(40) {
        match c {
            '0'..='9' => out.push(c),
            '０'..='９' => out.push(char::from_digit(u32::from(c) - u32::from('０'), 10)?),
            c if c.is_whitespace() || c == '-' => {}
            _ => return None,
        }
    }
    (out.len() == 6).then_some(out)
}

/// Confirms a receipt with a code: one transaction with the signed statement and its entry in the audit trail. The right code
/// entered again changes nothing and answers the same.
///
/// # Errors
/// See [`EnterError`]. A wrong code is counted.
pub async fn enter(
    state: &AppState,
    receipt: &ReceiptRow,
    id: Uuid,
    typed: &str,
    by: Option<Uuid>,
) -> Result<EntryRow, EnterError> {
    let code = digits(typed).ok_or(EnterError::Wrong)?;
    let now = state.clock.now_ms();
    let fits = |row: &CodeRow| {
        let right = digest(state, id, &receipt.sha256, &row.salt, &code);
        // By their digests, so that the time it takes says nothing.
        sha256(&right) == sha256(&row.digest)
    };
    let mut tx = state.db.begin().await?;
    let Some(row) = codes::count_try(&mut tx, id, receipt.id, now, MOST_TRIES).await? else {
        let used = codes::by_id(&mut tx, id).await?.filter(|row| row.receipt_id == receipt.id && row.used_ms.is_some());
        return match used {
            Some(row) if fits(&row) => page::entry(&mut tx, id).await?.ok_or(EnterError::Wrong),
            _ => Err(EnterError::Wrong),
        };
    };
    if !fits(&row) {
        // The try counts.
        tx.commit().await?;
        return Err(EnterError::Wrong);
    }
    codes::used(&mut tx, id, now).await?;
    let told = row.contact_id == receipt.sign_off_id;
    let statement = Confirmation {
        kind: CONFIRMATION_KIND.to_owned(),
        version: CONFIRMATION_VERSION,
        id,
        receipt: ReceiptId(receipt.id),
        number: receipt.number.clone(),
        receipt_sha256: receipt.sha256.clone(),
        channel: Channel::parse(&row.channel).ok_or(EnterError::Wrong)?,
        address: row.masked.clone(),
        address_from: Some(if told { AddressFrom::SignOff } else { AddressFrom::Contacts }),
        name: row.name.clone(),
        role: row.role.clone(),
        is_signer: told || addresses::is_signer(&receipt.body, &row.name),
        entered: if by.is_some() { Entered::Company } else { Entered::Page },
        asked_ms: row.asked_ms,
        confirmed_ms: now,
    };
    let key = &state.keys.receipt;
    let entry = EntryRow {
        id,
        receipt_id: receipt.id,
        visit_id: receipt.visit_id,
        kind: "confirmation".to_owned(),
        dispute_id: None,
        at_ms: now,
        user_id: by,
        name: row.name,
        role: row.role,
        text: String::new(),
        stars: None,
        resolution: None,
        statement: Some(Signed::sign(statement, &key.kid, key.software())?.to_json()?),
    };
    if !page::add(&mut tx, &entry).await? {
        // Somebody used the code's id for something else on the page: nothing is confirmed by it.
        return Err(EnterError::Wrong);
    }
    let detail = json!({ "entry": id, "channel": row.channel, "address": row.masked, "name": entry.name });
    audit::add(&mut tx, now, by, "code_confirmed", &format!("receipt/{}", receipt.id), detail).await?;
    tx.commit().await?;
    Ok(entry)
}

/// What the server stated about an entry, as far as it did.
pub fn statement(entry: &EntryRow) -> Option<Confirmation> {
    let signed: Signed<Confirmation> = serde_json::from_str(entry.statement.as_deref()?).ok()?;
    Some(signed.body)
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn what_people_type_is_read() {
        for typed in ["012345", " 012 345 ", "012-345", "０１２３４５", "０12　345"] {
            assert_eq!(digits(typed).as_deref(), Some("012345"), "{typed}");
        }
        for typed in ["", "12345", "1234567", "01234x", "012345;", "٠١٢٣٤٥", "-------", "12.345"] {
            assert_eq!(digits(typed), None, "{typed}");
        }
    }
}
