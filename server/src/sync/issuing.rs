//! The third computing step: a receipt for every sign-off that has none, in its customer's chain.

use super::judging::Judged;
use crate::keys::ServerKey;
use crate::mail::message_id;
use crate::mail::seal::{SealError, Sealer};
use crate::receipts::page::{token, token_hash};
use crate::receipts::said;
use crate::receipts::sheet::one_line;
use crate::store::outbox::NewMail;
use crate::store::page::EntryRow;
use crate::store::receipts::ReceiptRow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use sync_core::address::is_mail;
use sync_core::canonical::{CanonicalError, sha256_hex};
use sync_core::coverage::{Coverage, FlagCode, Verdict};
use sync_core::crypto::PublicKey;
use sync_core::document::facts::{CustomerRef, SignOff};
use sync_core::document::read::strokes;
use sync_core::document::view::VisitView;
use sync_core::ids::{DeviceId, ReceiptId};
use sync_core::message::Message;
use sync_core::money::labour_by_class;
use sync_core::receipt::{
    Attachments, CHAIN_START, RECEIPT_VERSION, Receipt, ReceiptBody, ReceiptCustomer, ReceiptSignOff, Wording,
};
use sync_core::reference::{Customer, ExpenseTerms, Reference, Role};
use sync_core::time;
use uuid::Uuid;

/// The chain of hospitals that are in no list.
const UNLISTED: &str = "unlisted";
/// The code in the numbers of that chain.
const UNLISTED_CODE: &str = "UNLISTED";

/// Flags that concern the customer and may stand on the receipt; the others are the company's own.
const REMARKS: [FlagCode; 6] = [
    FlagCode::Refused,
    FlagCode::Unsigned,
    FlagCode::AfterSignOff,
    FlagCode::Conflict,
    FlagCode::ClockDrift,
    FlagCode::OverlappingTime,
];

/// What issuing needs of the server's configuration.
pub struct Issuer {
    /// Signs receipts.
    pub key: ServerKey,
    /// How the world reaches this server; Message-IDs end with its host.
    pub public_url: String,
    /// Seals the links of mails.
    pub seal: Sealer,
}

/// A member of the company who gets receipts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Colleague {
    pub id: Uuid,
    pub name: String,
    pub email: Option<String>,
    pub language: String,
}

/// A mail to be sent.
pub(super) struct Letter {
    pub id: Uuid,
    pub recipient: String,
    pub name: String,
    pub language: String,
    pub audience: &'static str,
    pub message_id: String,
    pub link_token: String,
}

/// A receipt to be stored.
pub(super) struct Issued {
    pub receipt: ReceiptRow,
    /// How the signer rated the service when they signed.
    pub rating: Option<EntryRow>,
    pub letters: Vec<Letter>,
}

impl Letter {
    /// As the outbox takes it.
    pub(super) fn mail(&self, receipt: &ReceiptRow) -> NewMail<'_> {
        NewMail {
            id: self.id,
            receipt_id: receipt.id,
            recipient: &self.recipient,
            name: &self.name,
            language: &self.language,
            audience: self.audience,
            message_id: &self.message_id,
            link_token: &self.link_token,
            kind: "receipt",
            about: None,
            created_ms: receipt.issued_ms,
        }
    }
}

fn row(body: ReceiptBody, json: String, sha256: String, token_hash: [u8; 32]) -> ReceiptRow {
    ReceiptRow {
        id: body.id.0,
        visit_id: body.visit.0,
        sign_off_id: body.sign_off.id.0,
        chain: body.chain,
        chain_no: i64::try_from(body.chain_no).unwrap_or(i64::MAX),
        number: body.number,
        revision: i64::from(body.revision),
        issued_ms: body.issued_ms,
        body: json,
        sha256,
        previous_sha256: body.previous_sha256,
        token_hash: token_hash.to_vec(),
    }
}

/// What is known when receipts are issued.
pub(super) struct Ledger<'a> {
    pub reference: &'a Reference,
    pub keys: &'a HashMap<DeviceId, PublicKey>,
    /// Sign-offs that have their receipt, by visit.
    pub issued: HashMap<Uuid, HashSet<Uuid>>,
    /// Chains: last number and hash.
    pub chains: BTreeMap<String, (i64, String)>,
    pub colleagues: &'a [Colleague],
    /// Photos whose bytes are here.
    pub held: &'a HashSet<String>,
    pub now_ms: i64,
}

/// The chain of a visit.
pub(super) fn chain_of(judged: &Judged, reference: &Reference) -> String {
    customer(judged, reference).map_or_else(|| UNLISTED.to_owned(), |c| c.id.to_string())
}

/// Whether any sign-off of the visit wants a receipt.
pub(super) fn wants_receipt(judged: &Judged, issued: &HashMap<Uuid, HashSet<Uuid>>) -> bool {
    let done = issued.get(&judged.read.visit.0);
    judged.sign_offs.iter().any(|s| s.mismatch.is_none() && done.is_none_or(|d| !d.contains(&s.sign_off.0)))
}

/// The managers whom receipts of these customers go to; of an unlisted hospital it is every service manager.
pub(super) fn managers(judged: &[&Judged], reference: &Reference) -> HashSet<Uuid> {
    let mut users = HashSet::new();
    for j in judged {
        match customer(j, reference) {
            Some(c) => users.extend([c.service_manager.0, c.account_manager.0]),
            None => users.extend(service_managers(reference)),
        }
    }
    users
}

fn service_managers(reference: &Reference) -> impl Iterator<Item = Uuid> + '_ {
    reference.people.values().filter(|p| p.roles.contains(&Role::ServiceManager)).map(|p| p.id.0)
}

fn customer<'a>(judged: &Judged, reference: &'a Reference) -> Option<&'a Customer> {
    judged.read.customer().and_then(|id| reference.customers.get(&id))
}

impl Issuer {
    /// Issues what `judged` wants, and moves the chain on.
    pub(super) fn issue(&self, judged: &mut Judged, ledger: &mut Ledger<'_>) -> Result<Vec<Issued>, IssueError> {
        let mut out = Vec::new();
        let visit = judged.read.visit;
        let mut summaries = std::mem::take(&mut judged.summaries);
        for (evidence, summary) in judged.sign_offs.iter().zip(&mut summaries) {
            // There is one for each that fits.
            let Some(summary) = summary.take() else { continue };
            let done = ledger.issued.entry(visit.0).or_default();
            if done.contains(&evidence.sign_off.0) {
                continue;
            }
            let revision = done.len() + 1;
            done.insert(evidence.sign_off.0);
            let Some(fact) = judged.read.view.sign_offs.iter().find(|f| f.id == evidence.sign_off) else { continue };
            let Some(device_key) = ledger.keys.get(&fact.device) else { continue };
            let listed = customer(judged, ledger.reference);
            let chain = chain_of(judged, ledger.reference);
            let (last_no, previous) = ledger.chains.get(&chain).cloned().unwrap_or((0, CHAIN_START.to_owned()));
            let chain_no = last_no + 1;
            let code = listed.map_or(UNLISTED_CODE, |c| c.code.as_str());
            let body = ReceiptBody {
                version: RECEIPT_VERSION,
                id: ReceiptId(Uuid::now_v7()),
                number: format!("{code}-{chain_no:06}"),
                revision: u32::try_from(revision).unwrap_or(u32::MAX),
                visit,
                customer: ReceiptCustomer {
                    id: listed.map(|c| c.id),
                    code: code.to_owned(),
                    name: listed.map(|c| c.name.clone()).unwrap_or_else(|| name_of(&judged.read.view)),
                    time_zone: listed.map_or_else(|| "UTC".to_owned(), |c| c.time_zone.clone()),
                },
                expenses: expenses(&judged.verdict, listed, ledger.reference),
                attachments: attachments(&summary.record, ledger.held),
                day_classes: labour_by_class(&summary.record, &time::spans(&summary.record), ledger.reference),
                summary,
                sign_off: ReceiptSignOff::new(
                    fact.id,
                    fact.value.clone(),
                    device_key.clone(),
                    // They were compared with the digest that was signed when the sign-off was examined.
                    strokes(&judged.read.document, fact.id).as_deref(),
                ),
                coverage: Wording::of(&coverage_lines(&judged.verdict, &judged.read.view)),
                remarks: Wording::of(&remarks(&judged.verdict)),
                verdict: judged.verdict.clone(),
                changes_outside: evidence.changes_outside,
                issued_ms: ledger.now_ms,
                chain: chain.clone(),
                chain_no: u64::try_from(chain_no).unwrap_or_default(),
                previous_sha256: previous,
            };
            let receipt = Receipt::sign(body, &self.key.kid, self.key.software())?;
            let json = receipt.to_json()?;
            // What `Receipt::sha256` says, without writing it a second time.
            let sha = sha256_hex(json.as_bytes());
            ledger.chains.insert(chain, (chain_no, sha.clone()));
            let mut random = [0u8; 32];
            getrandom::fill(&mut random)?;
            let token = token(&random);
            let letters = self.letters(listed, &fact.value, ledger, &self.seal.seal_token(&token)?);
            let receipt = row(receipt.body, json, sha, token_hash(&token));
            out.push(Issued { rating: said::at_sign_off(&receipt, &fact.value), receipt, letters });
        }
        Ok(out)
    }

    /// A letter to everybody who gets this receipt: the customer's contacts, the managers of the company, and the signer at the
    /// address that they told, unless a letter goes there already.
    fn letters(&self, listed: Option<&Customer>, signed: &SignOff, ledger: &Ledger<'_>, token: &str) -> Vec<Letter> {
        let mut to: Vec<(String, String, String, &'static str)> = Vec::new();
        if let Some(c) = listed {
            let contacts = ledger.reference.contacts.get(&c.id).into_iter().flat_map(|m| m.values());
            for contact in contacts.filter(|k| k.receives_receipts) {
                if let Some(email) = &contact.email {
                    let language = contact.language.as_str().to_owned();
                    to.push((email.clone(), contact.name.clone(), language, "customer"));
                }
            }
        }
        let wanted: HashSet<Uuid> = match listed {
            Some(c) => [c.service_manager.0, c.account_manager.0].into(),
            None => service_managers(ledger.reference).collect(),
        };
        for colleague in ledger.colleagues.iter().filter(|c| wanted.contains(&c.id)) {
            if let Some(email) = &colleague.email {
                to.push((email.clone(), colleague.name.clone(), colleague.language.clone(), "company"));
            }
        }
        let mail = &signed.signer.mail;
        if is_mail(mail) && !to.iter().any(|(address, ..)| address.eq_ignore_ascii_case(mail)) {
            // In the language in which they read what they signed.
            let language = signed.text_lang.as_str().to_owned();
            to.push((mail.clone(), one_line(&signed.signer.name), language, "customer"));
        }
        to.sort();
        to.dedup_by(|a, b| a.0 == b.0);
        to.into_iter()
            .map(|(recipient, name, language, audience)| {
                let id = Uuid::now_v7();
                let message_id = message_id(id, &self.public_url);
                Letter { id, recipient, name, language, audience, message_id, link_token: token.to_owned() }
            })
            .collect()
    }
}

/// Why a receipt could not be issued: the batch is not merged then.
#[derive(Debug, thiserror::Error)]
pub(super) enum IssueError {
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
}

fn name_of(view: &VisitView) -> String {
    let Some(origin) = view.origin() else { return String::new() };
    match &origin.customer {
        CustomerRef::Unlisted(name) if !name.trim().is_empty() => name.clone(),
        _ => origin.customer_name.clone(),
    }
}

/// What the packages of the contracts that cover the work say of expenses. They are in the fee only if that is said by all of
/// them, and nothing of the visit is outside: what may have to be paid is never left out.
fn expenses(verdict: &Verdict, listed: Option<&Customer>, reference: &Reference) -> Option<ExpenseTerms> {
    let contracts = reference.contracts.get(&listed?.id)?;
    let covered = verdict.items.iter().flat_map(|i| &i.stretches).filter(|s| s.coverage == Coverage::Covered);
    let said: BTreeSet<Option<ExpenseTerms>> =
        covered.map(|s| reference.packages.get(&contracts.get(s.contract.as_ref()?)?.package)?.expenses).collect();
    if said.contains(&Some(ExpenseTerms::Charged)) {
        return Some(ExpenseTerms::Charged);
    }
    let all = verdict.coverage == Coverage::Covered && said == BTreeSet::from([Some(ExpenseTerms::Included)]);
    all.then_some(ExpenseTerms::Included)
}

fn attachments(view: &VisitView, held: &HashSet<String>) -> Attachments {
    let live = view.photos.iter().filter(|p| p.superseded_by.is_none());
    let all: BTreeSet<String> = live.map(|p| p.value.sha256.clone()).collect();
    let (present, pending) = all.into_iter().partition(|sha256| held.contains(sha256));
    Attachments { present, pending }
}

/// One line per work item: what it was, whether it is covered, and why.
fn coverage_lines(verdict: &Verdict, view: &VisitView) -> Vec<Message> {
    let mut lines = Vec::new();
    for item in &verdict.items {
        let place = view.items.iter().position(|i| i.id == item.item);
        let category = place.and_then(|p| view.items.get(p)).and_then(|i| i.category.get());
        let category = category.map_or_else(|| Message::new("record-none"), |c| Message::new(format!("category-{c}")));
        for stretch in &item.stretches {
            lines.push(
                Message::new("receipt-coverage-line")
                    .with("number", i64::try_from(place.unwrap_or_default() + 1).unwrap_or_default())
                    .with("category", category.clone())
                    .with("coverage", Message::new(format!("coverage-{}", stretch.coverage)))
                    .with("reason", stretch.reason.clone()),
            );
        }
    }
    lines.dedup();
    lines
}

fn remarks(verdict: &Verdict) -> Vec<Message> {
    verdict.flags.iter().filter(|f| REMARKS.contains(&f.code)).map(|f| f.message.clone()).collect()
}
