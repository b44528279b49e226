//! One visit with everything that a manager needs to decide about it.

use super::answers::{FlagAnswer, VerdictAnswer, flag_answer, verdict_answer};
use super::provenance::{Hands, Told, told};
use super::verdicts::{AdviceAnswer, JudgedAnswer, present};
use super::{Hand, Provenance, VisitError, compute, sight};
use crate::auth::Principal;
use crate::mail::mailroom::Mail;
use crate::receipts::codes;
use crate::receipts::disputes::{Dispute, of_visit};
use crate::state::AppState;
use crate::store::dossier::QuarantineRow;
use crate::store::page::{self, EntryRow};
use crate::store::queue::{self, EngineerRow, ReceiptRow, VisitRow};
use crate::store::verdicts::advice;
use crate::store::{StoreError, Tx, dossier as rows, letters};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::confirmation::AddressFrom;
use sync_core::document::Document;
use sync_core::document::read::view;
use sync_core::document::view::VisitView;
use sync_core::ids::{CustomerId, WorkOrderId};
use sync_core::reference::Reference;
use sync_core::time::{Totals, spans, whole_seconds};
use uuid::Uuid;

/// Where.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CustomerAnswer {
    /// Its id; absent when the hospital is not in the reference data.
    pub id: Option<Uuid>,
    /// Its code.
    pub code: Option<String>,
    /// Its name; as the engineer typed it when it is not listed.
    pub name: String,
}

/// By which work order.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct OrderAnswer {
    /// Its id.
    pub id: Uuid,
    /// Its number, when it is known here.
    pub code: Option<String>,
}

/// Somebody who works on a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EngineerAnswer {
    /// Who.
    pub id: Uuid,
    /// Their name, when they have a log-in here.
    pub name: Option<String>,
}

impl From<EngineerRow> for EngineerAnswer {
    fn from(row: EngineerRow) -> Self {
        Self { id: row.user_id, name: row.name }
    }
}

/// Whole seconds by kind of time (`labour`, `travel`, `waiting`, `break`).
type Seconds = BTreeMap<String, i64>;

/// One engineer's time.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EngineerTime {
    /// Who.
    pub user: Uuid,
    /// Seconds by kind; minutes that they recorded twice count once, breaks are taken out of labour.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub seconds: Seconds,
}

/// What the visit's time comes to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TotalsAnswer {
    /// Seconds of labour, united over the engineers: the same hour of two is one hour.
    pub labour_s: i64,
    /// Seconds by kind, summed over the engineers: the same hour of two is two hours.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub person_s: Seconds,
    /// By engineer.
    pub engineers: Vec<EngineerTime>,
    /// Timers that still run; they count nothing yet.
    pub running: usize,
}

/// One of the values that devices wrote concurrently.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ConflictValue {
    /// The value as text.
    pub value: String,
    /// Who wrote it.
    #[serde(flatten)]
    pub by: Hand,
}

/// A place where devices disagree.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ConflictAnswer {
    /// Where, such as `items/0190…/action`.
    pub path: String,
    /// Every value; the first is the one that counts, on every replica.
    pub values: Vec<ConflictValue>,
}

/// A receipt.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReceiptAnswer {
    /// Its id.
    pub id: Uuid,
    /// The visit.
    pub visit: Uuid,
    /// The sign-off that it answers.
    pub sign_off: Uuid,
    /// Its number.
    pub number: String,
    /// Which receipt of its visit it is, from 1.
    pub revision: i64,
    /// Its chain: the customer's id, or `unlisted`.
    pub chain: String,
    /// Its place in the chain, from 1 without gaps.
    pub chain_no: i64,
    /// SHA-256 of its file.
    pub sha256: String,
    /// When it was issued.
    pub issued_ms: i64,
}

impl From<ReceiptRow> for ReceiptAnswer {
    fn from(r: ReceiptRow) -> Self {
        Self {
            id: r.id,
            visit: r.visit_id,
            sign_off: r.sign_off_id,
            number: r.number,
            revision: r.revision,
            chain: r.chain,
            chain_no: r.chain_no,
            sha256: r.sha256,
            issued_ms: r.issued_ms,
        }
    }
}

/// That somebody confirmed a receipt.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ConfirmationAnswer {
    /// Its id.
    pub id: Uuid,
    /// The receipt.
    pub receipt: Uuid,
    /// When.
    pub at_ms: i64,
    /// Who: as they call themselves, or with a code as the customer's contacts have it.
    pub name: String,
    /// Their position; may be empty.
    pub role: String,
    /// What they remarked.
    pub text: String,
    /// How it was checked; absent: by the link alone.
    pub code: Option<ConfirmedByCode>,
}

/// A confirmation with a one-time code. `/api/v1/receipts/{id}/confirmations/{confirmation}` is its signed file.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ConfirmedByCode {
    /// `mail` or `sms`.
    pub channel: &'static str,
    /// The address, as far as it is told.
    pub address: String,
    /// Where it is from: `contacts`, or `sign_off`: typed on the engineer's phone when the receipt was signed.
    pub address_from: &'static str,
    /// Whether it is the signer's: told by them, or of a contact of the same name.
    pub is_signer: bool,
    /// `page`, or `company`: it was read to one of our people.
    pub entered: &'static str,
    /// Which of our people entered it.
    pub entered_by: Option<Uuid>,
    /// SHA-256 of the receipt's file, which the code was bound to.
    pub receipt_sha256: String,
}

/// How somebody at the hospital rated the service.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RatingAnswer {
    /// Its id.
    pub id: Uuid,
    /// The receipt.
    pub receipt: Uuid,
    /// When.
    pub at_ms: i64,
    /// 1 to 5; 5 is best.
    pub stars: i64,
    /// In which words; may be empty.
    pub text: String,
    /// Who; may be empty.
    pub name: String,
    /// What they are at the hospital; may be empty.
    pub role: String,
    /// Where it was given: `sign_off`, on the engineer's phone and signed with everything else; or `page`, by whoever had the
    /// receipt's link.
    pub origin: &'static str,
}

fn ratings(said: &[EntryRow], receipts: &[ReceiptRow]) -> Vec<RatingAnswer> {
    let rating = |e: &EntryRow| {
        Some(RatingAnswer {
            id: e.id,
            receipt: e.receipt_id,
            at_ms: e.at_ms,
            stars: e.stars?,
            text: e.text.clone(),
            name: e.name.clone(),
            role: e.role.clone(),
            origin: if receipts.iter().any(|r| r.sign_off_id == e.id) { "sign_off" } else { "page" },
        })
    };
    said.iter().filter(|e| e.kind == "rating").filter_map(rating).collect()
}

fn confirmations(said: Vec<EntryRow>) -> Vec<ConfirmationAnswer> {
    let said = said.into_iter().filter(|e| e.kind == "confirmation");
    let answer = |e: EntryRow| ConfirmationAnswer {
        code: codes::statement(&e).map(|s| ConfirmedByCode {
            channel: s.channel.as_str(),
            address: s.address,
            address_from: s.address_from.unwrap_or(AddressFrom::Contacts).as_str(),
            is_signer: s.is_signer,
            entered: s.entered.as_str(),
            entered_by: e.user_id,
            receipt_sha256: s.receipt_sha256,
        }),
        id: e.id,
        receipt: e.receipt_id,
        at_ms: e.at_ms,
        name: e.name,
        role: e.role,
        text: e.text,
    };
    said.map(answer).collect()
}

/// A refused change.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct QuarantineAnswer {
    /// Its id.
    pub id: Uuid,
    /// The stable code of the reason.
    pub code: String,
    /// The reason in words.
    pub detail: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// When it came.
    pub received_ms: i64,
    /// Who sent it.
    #[serde(flatten)]
    pub by: Hand,
}

impl QuarantineAnswer {
    fn new(q: QuarantineRow, hands: &Hands) -> Self {
        let by = hands.of(q.device_id);
        Self { id: q.id, code: q.code, detail: q.detail, sha256: q.sha256, received_ms: q.received_ms, by }
    }
}

/// Refused changes with who sent them, in the same order.
///
/// # Errors
/// When the database refuses.
pub async fn refused_by(tx: &mut Tx, refused: Vec<QuarantineRow>) -> Result<Vec<QuarantineAnswer>, StoreError> {
    let devices: BTreeSet<Uuid> = refused.iter().map(|q| q.device_id).collect();
    let hands = Hands::new(rows::owners(tx, &devices.into_iter().collect::<Vec<_>>()).await?);
    Ok(refused.into_iter().map(|q| QuarantineAnswer::new(q, &hands)).collect())
}

/// One visit with everything around it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Dossier {
    /// Its id.
    pub id: Uuid,
    /// The document's version; a decision may name it.
    pub version: i64,
    /// Where.
    pub customer: CustomerAnswer,
    /// By which work order.
    pub work_order: Option<OrderAnswer>,
    /// `on_site` or `remote`.
    pub mode: String,
    /// When it began.
    pub began_ms: i64,
    /// When it ended; absent while somebody works.
    pub ended_ms: Option<i64>,
    /// Who works on it.
    pub engineers: Vec<EngineerAnswer>,
    /// How the last sign-off was answered.
    pub sign_off: Option<String>,
    /// `open`, `approved`, `returned`, `billed` or `waived`.
    pub review: String,
    /// Whether its dispatch was approved afterwards.
    pub dispatch_approved: bool,
    /// When it was last merged or judged.
    pub updated_ms: i64,
    /// Everything that is recorded: each value with the device that wrote it, and with every value that conflicts.
    #[schema(value_type = Object)]
    pub record: VisitView,
    /// What its time comes to.
    pub totals: TotalsAnswer,
    /// The verdict that counts; `/verdicts` has the ones before it.
    pub verdict: VerdictAnswer,
    /// When and why it was reached.
    pub judged: Option<JudgedAnswer>,
    /// Phones whose own verdict was another one.
    pub advice: Vec<AdviceAnswer>,
    /// What must be looked at.
    pub flags: Vec<FlagAnswer>,
    /// Where devices disagree.
    pub conflicts: Vec<ConflictAnswer>,
    /// Where every change came from.
    pub changes: Vec<Provenance>,
    /// Its receipts.
    pub receipts: Vec<ReceiptAnswer>,
    /// How the mails about them stand with their recipients.
    pub mails: Vec<Mail>,
    /// What the hospital disputes, and what was answered.
    pub disputes: Vec<Dispute>,
    /// How the hospital rated the service.
    pub ratings: Vec<RatingAnswer>,
    /// Who confirmed its receipts afterwards.
    pub confirmations: Vec<ConfirmationAnswer>,
    /// The decisions, the newest last.
    pub reviews: Vec<super::review::Decision>,
    /// What was refused, and why.
    pub quarantine: Vec<QuarantineAnswer>,
}

struct Read {
    view: VisitView,
    totals: Totals,
    running: usize,
    told: Vec<Told>,
    verdict: VerdictAnswer,
    flags: Vec<FlagAnswer>,
}

/// Reads one visit.
///
/// # Errors
/// See [`VisitError`].
pub async fn dossier(state: &AppState, principal: &Principal, id: Uuid) -> Result<Dossier, VisitError> {
    let (mut tx, scope, known) = sight::open(state, principal).await?;
    let row = queue::visit(&mut tx, &scope, id).await?.ok_or(VisitError::Unknown)?;
    let stored = rows::stored(&mut tx, id).await?.ok_or(VisitError::Unknown)?;
    let log = rows::log(&mut tx, id).await?;
    let read = compute(move || {
        let document = Document::load(&stored.snapshot).map_err(|e| e.to_string())?;
        let view = view(&document);
        let spans = spans(&view);
        let verdict = stored.verdict.0;
        Ok(Read {
            totals: spans.totals(),
            running: spans.running.len(),
            told: told(&document, &log)?,
            flags: verdict.flags.iter().map(flag_answer).collect(),
            verdict: verdict_answer(&verdict),
            view,
        })
    })
    .await?;
    around(&mut tx, row, read, &known).await
}

/// Puts together what was read with the rows around it.
async fn around(tx: &mut Tx, row: VisitRow, read: Read, known: &Reference) -> Result<Dossier, VisitError> {
    let id = row.id;
    let quarantine = rows::quarantine(tx, id).await?;
    let mut devices: BTreeSet<Uuid> = read.told.iter().map(|t| t.wrote.device.0).collect();
    devices.extend(quarantine.iter().map(|q| q.device_id));
    let advice = advice(tx, id).await?;
    devices.extend(advice.iter().map(|a| a.device_id));
    let devices: Vec<Uuid> = devices.into_iter().collect();
    let hands = Hands::new(rows::owners(tx, &devices).await?);
    let conflicts = read.view.conflicts.iter().map(|c| ConflictAnswer {
        path: c.path.clone(),
        values: c.values.iter().map(|w| ConflictValue { value: w.value.clone(), by: hands.wrote(w.device) }).collect(),
    });
    let refused = quarantine.into_iter().map(|q| QuarantineAnswer::new(q, &hands));
    let order = |id| OrderAnswer { id, code: known.work_orders.get(&WorkOrderId(id)).map(|w| w.code.clone()) };
    let said = page::of_visit(tx, id).await?;
    let receipts = rows::receipts(tx, id).await?;
    Ok(Dossier {
        id,
        version: row.version,
        customer: customer_answer(&row, known),
        work_order: row.work_order_id.map(order),
        mode: row.mode,
        began_ms: row.began_ms,
        ended_ms: row.ended_ms,
        engineers: queue::engineers(tx, &[id]).await?.into_iter().map(Into::into).collect(),
        sign_off: row.sign_off,
        review: row.review,
        dispatch_approved: row.dispatch_approved,
        updated_ms: row.updated_ms,
        totals: totals_answer(&read.totals, read.running),
        verdict: read.verdict,
        judged: present(tx, id).await?,
        advice: advice.into_iter().map(|a| AdviceAnswer::new(a, &hands)).collect(),
        flags: read.flags,
        conflicts: conflicts.collect(),
        changes: read.told.iter().map(|t| t.provenance(&hands)).collect(),
        ratings: ratings(&said, &receipts),
        receipts: receipts.into_iter().map(Into::into).collect(),
        mails: letters::of_visit(tx, id).await?.into_iter().map(Into::into).collect(),
        disputes: of_visit(tx, id).await?,
        confirmations: confirmations(said),
        reviews: rows::reviews(tx, id).await?.into_iter().map(Into::into).collect(),
        quarantine: refused.collect(),
        record: read.view,
    })
}

fn customer_answer(row: &VisitRow, known: &Reference) -> CustomerAnswer {
    match row.customer_id.and_then(|id| known.customers.get(&CustomerId(id))) {
        Some(c) => CustomerAnswer { id: Some(c.id.0), code: Some(c.code.clone()), name: c.name.clone() },
        None => CustomerAnswer { id: None, code: None, name: row.customer_name.clone() },
    }
}

fn totals_answer(totals: &Totals, running: usize) -> TotalsAnswer {
    let seconds = |by_kind: &BTreeMap<_, i64>| -> Seconds {
        by_kind
            .iter()
            .map(|(kind, ms): (&sync_core::document::facts::TimeKind, _)| {
                (kind.as_str().to_owned(), whole_seconds(*ms))
            })
            .collect()
    };
    let engineer =
        |(user, by_kind): (&sync_core::ids::UserId, _)| EngineerTime { user: user.0, seconds: seconds(by_kind) };
    TotalsAnswer {
        labour_s: whole_seconds(totals.labour_union_ms),
        person_s: seconds(&totals.person_ms),
        engineers: totals.per_engineer.iter().map(engineer).collect(),
        running,
    }
}
