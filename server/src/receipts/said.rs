//! What the hospital does on a receipt's page: dispute (异议), rate (评价), confirm (确认). Nobody is logged in; who has the link
//! says who they are.
//!
//! Forms need no script and no cookie. Each carries an id of its own and a proof that this server wrote it for this token and
//! this action: no other site can make a browser send one, since it knows neither, and a form that is sent a hundred times
//! says one thing.

use super::codes::{self, AskError, EnterError, Wanted};
use super::disputes::MAX_TEXT;
use super::page::Found;
use super::words::{clean, one_line};
use crate::mail::message_id;
use crate::mail::seal::SealError;
use crate::state::AppState;
use crate::store::outbox::{self, NewMail};
use crate::store::page::{self, EntryRow};
use crate::store::receipts::ReceiptRow;
use crate::store::{StoreError, Tx, audit, users};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;
use sync_core::confirmation::Channel;
use sync_core::document::facts::SignOff;
use sync_core::ids::CustomerId;
use sync_core::reference::Role;
use uuid::Uuid;

/// Longest name and position, in characters.
const LONGEST_NAME: usize = 100;
/// So much of one kind may be said on one page. Whoever has more to say should be talked to.
const MOST: i64 = 30;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[schema(as = PageAction)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Dispute the receipt, with a reason.
    Dispute,
    /// Rate the service, 1 to 5, with or without a comment.
    Rating,
    /// A second person confirms the receipt.
    Confirmation,
    /// A one-time code is asked for.
    Code,
    /// The code is entered.
    Entered,
}

impl Action {
    /// Those that are always there, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Dispute, Self::Confirmation, Self::Rating];

    /// Its stable name: what the entry is called too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dispute => "dispute",
            Self::Rating => "rating",
            Self::Confirmation => "confirmation",
            Self::Code => "code",
            Self::Entered => "entered",
        }
    }
}

/// A form as it comes in.
#[derive(Clone, Debug, Deserialize)]
pub struct Form {
    /// Which.
    pub action: Action,
    /// The id of what it says.
    pub key: Uuid,
    /// That this server wrote it.
    pub proof: String,
    /// Who.
    #[serde(default)]
    pub name: String,
    /// What they are at the hospital.
    #[serde(default)]
    pub role: String,
    /// What they say.
    #[serde(default)]
    pub text: String,
    /// 1 to 5.
    #[serde(default)]
    pub stars: String,
    /// To whom a code goes, and how: the contact's id, a slash, the channel.
    #[serde(default)]
    pub to: String,
    /// A code.
    #[serde(default)]
    pub code: String,
}

/// Why a form is not taken. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SayError {
    /// Not written by this server for this page, or for something else.
    #[error("this form is not from this page")]
    Stranger,
    /// A field is missing or too long: the id of the text that says so.
    #[error("{0}")]
    Field(&'static str),
    /// There is so much on the page already.
    #[error("there is too much on this page already")]
    Full,
    /// So soon there is no other code: the seconds to wait.
    #[error("wait before asking for another code")]
    Wait(u64),
    /// No code was sent.
    #[error(transparent)]
    Ask(AskError),
    /// The code was not taken.
    #[error(transparent)]
    Enter(EnterError),
    /// The link could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a form of this page carries for `action` with the id `key`.
pub fn proof(state: &AppState, token: &str, action: Action, key: Uuid) -> String {
    let text = format!("{token}\n{}\n{key}", action.as_str());
    URL_SAFE_NO_PAD.encode(state.keys.seal.mark(&text))
}

/// The rating that was given with a sign-off, as an entry of the page of its receipt. Its id is the sign-off's, so that there is
/// one for each, and that everybody can tell where it was given.
pub(crate) fn at_sign_off(receipt: &ReceiptRow, signed: &SignOff) -> Option<EntryRow> {
    let rating = signed.rating.as_ref()?;
    Some(EntryRow {
        id: receipt.sign_off_id,
        receipt_id: receipt.id,
        visit_id: receipt.visit_id,
        kind: Action::Rating.as_str().to_owned(),
        dispute_id: None,
        // A phone's clock can be ahead: nothing was said later than it is known here.
        at_ms: signed.at.instant_ms().min(receipt.issued_ms),
        user_id: None,
        name: one_line(&signed.signer.name),
        role: one_line(&signed.signer.role()),
        text: clean(&rating.comment),
        stars: Some(rating.stars.into()),
        resolution: None,
        statement: None,
    })
}

/// Takes a form in: one transaction with its entry in the audit trail and, for a dispute, with the mails to the managers. A form
/// that was taken before is taken again without effect.
///
/// # Errors
/// See [`SayError`].
pub async fn say(state: &AppState, found: &Found, token: &str, form: &Form) -> Result<(), SayError> {
    let expected = proof(state, token, form.action, form.key);
    // By their digests, so that the time it takes says nothing.
    let digest = |text: &str| sync_core::canonical::sha256(text.as_bytes());
    if digest(&expected) != digest(&form.proof) {
        return Err(SayError::Stranger);
    }
    match form.action {
        Action::Code => return ask(state, found, form).await,
        Action::Entered => {
            let entered = codes::enter(state, &found.receipt, form.key, &form.code, None).await;
            return entered.map(|_| ()).map_err(|e| match e {
                EnterError::Wrong => SayError::Field("page-code-wrong"),
                e => SayError::Enter(e),
            });
        }
        Action::Dispute | Action::Rating | Action::Confirmation => {}
    }
    let entry = entry(found, form, state.clock.now_ms())?;
    let mut tx = state.db.begin().await?;
    if page::entry(&mut tx, form.key).await?.is_some() {
        return Ok(());
    }
    if page::count(&mut tx, found.receipt.id, &entry.kind).await? >= MOST {
        return Err(SayError::Full);
    }
    // Somebody else's copy of the form may have come in since.
    if !page::add(&mut tx, &entry).await? {
        return Ok(());
    }
    let detail = json!({ "entry": entry.id, "name": entry.name, "stars": entry.stars });
    let subject = format!("receipt/{}", found.receipt.id);
    audit::add(&mut tx, entry.at_ms, None, &format!("page_{}", entry.kind), &subject, detail).await?;
    if form.action == Action::Dispute {
        tell(state, &mut tx, found, token, &entry).await?;
    }
    tx.commit().await?;
    state.outbox.notify_one();
    Ok(())
}

async fn ask(state: &AppState, found: &Found, form: &Form) -> Result<(), SayError> {
    let chosen = form.to.split_once('/').and_then(|(id, way)| Some((id.parse().ok()?, Channel::parse(way)?)));
    let (contact, channel) = chosen.ok_or(SayError::Field("page-code-whom"))?;
    let wanted = Wanted { id: form.key, contact: Some(contact), channel, by: None };
    codes::ask(state, &found.receipt, &wanted).await.map(|_| ()).map_err(|e| match e {
        AskError::NoAddress => SayError::Field("page-code-whom"),
        AskError::NotSent => SayError::Field("page-code-unsent"),
        AskError::Mismatch => SayError::Stranger,
        AskError::Wait(seconds) => SayError::Wait(seconds),
        e => SayError::Ask(e),
    })
}

fn entry(found: &Found, form: &Form, at_ms: i64) -> Result<EntryRow, SayError> {
    let (name, role, text) = (one_line(&form.name), one_line(&form.role), form.text.replace("\r\n", "\n"));
    let text = text.trim().replace('\0', "\u{fffd}");
    let is_long = |text: &str, longest| text.chars().count() > longest;
    if name.is_empty() && form.action != Action::Rating {
        return Err(SayError::Field("page-needs-name"));
    }
    if role.is_empty() && form.action == Action::Confirmation {
        return Err(SayError::Field("page-needs-role"));
    }
    if text.is_empty() && form.action == Action::Dispute {
        return Err(SayError::Field("page-needs-reason"));
    }
    if is_long(&name, LONGEST_NAME) || is_long(&role, LONGEST_NAME) || is_long(&text, MAX_TEXT) {
        return Err(SayError::Field("page-too-long"));
    }
    let stars = match form.action {
        Action::Rating => match form.stars.parse() {
            Ok(stars @ 1..=5) => Some(stars),
            _ => return Err(SayError::Field("page-needs-stars")),
        },
        _ => None,
    };
    Ok(EntryRow {
        id: form.key,
        receipt_id: found.receipt.id,
        visit_id: found.receipt.visit_id,
        kind: form.action.as_str().to_owned(),
        dispute_id: None,
        at_ms,
        user_id: None,
        name,
        role,
        text,
        stars,
        resolution: None,
        statement: None,
    })
}

/// A mail to the customer's service manager; to every one of them for a hospital in no list, as with its receipts.
async fn tell(state: &AppState, tx: &mut Tx, found: &Found, token: &str, dispute: &EntryRow) -> Result<(), SayError> {
    let known = state.reference.refresh(tx).await?;
    let customer = found.receipt.chain.parse().ok().and_then(|id| known.customers.get(&CustomerId(id)));
    let managers: Vec<Uuid> = match customer {
        Some(c) => vec![c.service_manager.0],
        None => {
            let services = known.people.values().filter(|p| p.roles.contains(&Role::ServiceManager));
            services.map(|p| p.id.0).collect()
        }
    };
    let link = state.keys.seal.seal_token(token)?;
    for id in managers {
        let Some(user) = users::by_id(tx, id).await?.filter(|u| u.disabled_ms.is_none()) else { continue };
        let Some(email) = user.email else { continue };
        let id = Uuid::now_v7();
        let mail = NewMail {
            id,
            receipt_id: found.receipt.id,
            recipient: &email,
            name: &user.name,
            language: &user.language,
            audience: "company",
            message_id: &message_id(id, &state.public_url),
            link_token: &link,
            kind: "dispute",
            about: Some(dispute.id),
            created_ms: dispute.at_ms,
        };
        outbox::add_all(tx, &[mail]).await?;
    }
    Ok(())
}
