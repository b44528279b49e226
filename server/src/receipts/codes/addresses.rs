//! Whom a code can be sent to: never an address that is typed when a code is wanted, only one that the signer told at sign-off, or
//! that the company had on its list.

use crate::receipts::words::one_line;
use crate::store::receipts::ReceiptRow;
use crate::store::{StoreError, Tx, dossier, users};
use serde::Deserialize;
use sync_core::address::{is_mail, is_phone, masked_mail, masked_phone};
use sync_core::confirmation::{AddressFrom, Channel};
use sync_core::document::Document;
use sync_core::document::facts::{AddressSeal, SignOff, SignOffOutcome};
use sync_core::document::read::view;
use sync_core::ids::CustomerId;
use sync_core::reference::{Contact, Reference};
use uuid::Uuid;

/// More are not offered.
const MOST: usize = 10;

/// Somebody whom a code can be sent to. Its `Debug` leaves the address out.
#[derive(Clone, PartialEq, Eq)]
pub struct Choice {
    /// The contact; the sign-off, where the address is from there.
    pub contact: Uuid,
    /// Where the address is from.
    pub from: AddressFrom,
    /// On which way.
    pub channel: Channel,
    /// Their name.
    pub name: String,
    /// Their position; may be empty.
    pub role: String,
    /// The language to write to them in: `zh-CN` or `en`.
    pub language: &'static str,
    /// The address itself.
    pub address: String,
    /// The address, as far as it is told.
    pub masked: String,
    /// Whether it is the signer's: told by them, or of a contact of the same name.
    pub is_signer: bool,
}

impl std::fmt::Debug for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Choice").field("contact", &self.contact).field("masked", &self.masked).finish_non_exhaustive()
    }
}

/// What is read of a receipt here.
#[derive(Deserialize)]
struct Brief {
    customer: BriefCustomer,
    sign_off: BriefSignOff,
}
#[derive(Deserialize)]
struct BriefCustomer {
    id: Option<CustomerId>,
}
#[derive(Deserialize)]
struct BriefSignOff {
    signer: BriefSigner,
    /// That an address was told; the address itself is not in the receipt.
    #[serde(default)]
    address: Option<AddressSeal>,
}
#[derive(Deserialize)]
struct BriefSigner {
    name: String,
}

/// Whether the receipt's sign-off names a signer of this name.
pub(super) fn is_signer(receipt: &str, name: &str) -> bool {
    serde_json::from_str::<Brief>(receipt).is_ok_and(|brief| same(&brief.sign_off.signer.name, name))
}

fn same(one: &str, other: &str) -> bool {
    let bare = |text: &str| one_line(text).split_whitespace().collect::<String>().to_lowercase();
    !bare(one).is_empty() && bare(one) == bare(other)
}

/// Whom a code for this receipt can be sent to: the signer at the address that they told at sign-off, then the contacts of the
/// signer's name, or, where there are none, those who receive the customer's receipts. An address is named once, by what says
/// most of it. Nobody for a hospital that is in no list, when the signer told nothing.
///
/// # Errors
/// When the database refuses.
pub async fn choices(
    tx: &mut Tx,
    receipt: &ReceiptRow,
    known: &Reference,
    sms: bool,
) -> Result<Vec<Choice>, StoreError> {
    let Ok(brief) = serde_json::from_str::<Brief>(&receipt.body) else { return Ok(Vec::new()) };
    let signed = if brief.sign_off.address.is_some() { signed(tx, receipt).await? } else { None };
    let mut told = signed.map(|s| of_sign_off(receipt.sign_off_id, &s, sms)).unwrap_or_default();
    let mail = told.iter().find(|c| c.channel == Channel::Mail).map(|c| c.address.clone());
    if let Some(mail) = mail
        && users::has_email(tx, &mail).await?
    {
        // Whoever typed it, it is not the signer's: a code would go to one of our own people.
        told.retain(|c| c.channel != Channel::Mail);
    }
    Ok(ordered(told, listed(&brief, known, sms)))
}

/// The sign-off as the record has it. Reading a document takes some milliseconds.
async fn signed(tx: &mut Tx, receipt: &ReceiptRow) -> Result<Option<SignOff>, StoreError> {
    let Some(stored) = dossier::stored(tx, receipt.visit_id).await? else { return Ok(None) };
    let id = receipt.sign_off_id;
    let read = tokio::task::spawn_blocking(move || {
        let record = Document::load(&stored.snapshot).map(|document| view(&document));
        record.map(|record| record.sign_offs.into_iter().find(|s| s.id.0 == id).map(|s| s.value))
    });
    match read.await {
        Ok(Ok(sign_off)) => Ok(sign_off),
        why => {
            tracing::error!(visit_id = %receipt.visit_id, error = ?why.map(|_| ()), "a visit cannot be read for its signer");
            Ok(None)
        }
    }
}

/// One's own address on the company's list says more than what was typed; what was typed says more than the list of others.
fn ordered(told: Vec<Choice>, listed: Vec<Choice>) -> Vec<Choice> {
    let same = |a: &Choice, b: &Choice| a.channel == b.channel && a.address.eq_ignore_ascii_case(&b.address);
    let (own, others): (Vec<Choice>, Vec<Choice>) = listed.into_iter().partition(|c| c.is_signer);
    let mut all: Vec<Choice> = Vec::new();
    // A contact in the place of the same address as it was typed.
    all.extend(told.into_iter().map(|t| own.iter().find(|o| same(o, &t)).cloned().unwrap_or(t)));
    for choice in own.into_iter().chain(others) {
        if !all.iter().any(|there| same(there, &choice)) {
            all.push(choice);
        }
    }
    all.truncate(MOST);
    all
}

fn of_sign_off(id: Uuid, signed: &SignOff, sms: bool) -> Vec<Choice> {
    if signed.outcome == SignOffOutcome::NobodyPresent {
        return Vec::new();
    }
    let signer = &signed.signer;
    let person = Person {
        contact: id,
        from: AddressFrom::SignOff,
        name: one_line(&signer.name),
        role: one_line(&signer.role()),
        language: signed.text_lang.as_str(),
        is_signer: true,
    };
    person.at(Some(&signer.mail), Some(&signer.phone), sms)
}

fn listed(brief: &Brief, known: &Reference, sms: bool) -> Vec<Choice> {
    let Some(contacts) = brief.customer.id.and_then(|id| known.contacts.get(&id)) else { return Vec::new() };
    let signer = &brief.sign_off.signer.name;
    let by = |wanted: &dyn Fn(&Contact) -> bool, is_signer| -> Vec<Choice> {
        let wanted = contacts.values().filter(|c| wanted(c));
        wanted.flat_map(|c| of_contact(c, sms, is_signer)).take(MOST).collect()
    };
    let own = by(&|c| same(&c.name, signer), true);
    if own.is_empty() { by(&|c| c.receives_receipts, false) } else { own }
}

fn of_contact(contact: &Contact, sms: bool, is_signer: bool) -> Vec<Choice> {
    let person = Person {
        contact: contact.id.0,
        from: AddressFrom::Contacts,
        name: one_line(&contact.name),
        role: one_line(&contact.position),
        language: contact.language.as_str(),
        is_signer,
    };
    person.at(contact.email.as_deref(), contact.phone.as_deref(), sms)
}

/// Somebody, wherever they are known from.
struct Person {
    contact: Uuid,
    from: AddressFrom,
    name: String,
    role: String,
    language: &'static str,
    is_signer: bool,
}

impl Person {
    fn at(&self, mail: Option<&str>, phone: Option<&str>, sms: bool) -> Vec<Choice> {
        let one = |channel, address: &str, masked| Choice {
            contact: self.contact,
            from: self.from,
            channel,
            name: self.name.clone(),
            role: self.role.clone(),
            language: self.language,
            address: address.to_owned(),
            masked,
            is_signer: self.is_signer,
        };
        let mail = mail.filter(|a| is_mail(a)).map(|a| one(Channel::Mail, a, masked_mail(a)));
        let phone = phone.filter(|p| sms && is_phone(p)).map(|p| one(Channel::Sms, p, masked_phone(p)));
        mail.into_iter().chain(phone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_spaced() {
        assert!(same("周 主任", "周主任") && same("Li Na", "li na "));
        assert!(!same("", "") && !same(" ", "") && !same("周主任", "周副主任"));
    }

    #[test]
    fn an_address_is_named_once_by_what_says_most_of_it() {
        let somebody = |contact: u128, from, is_signer, mail: &str| {
            let (name, role) = (format!("{contact}"), String::new());
            let person = Person { contact: Uuid::from_u128(contact), from, name, role, language: "zh-CN", is_signer };
            person.at(Some(mail), None, false)
        };
        let told = |mail| somebody(1, AddressFrom::SignOff, true, mail);
        let own = |mail| somebody(2, AddressFrom::Contacts, true, mail);
        let other = |mail| somebody(3, AddressFrom::Contacts, false, mail);
        let names = |all: Vec<Choice>| all.into_iter().map(|c| c.name).collect::<Vec<_>>();
        assert_eq!(names(ordered(told("a@x.example"), vec![])), ["1"]);
        assert_eq!(names(ordered(told("a@x.example"), own("b@x.example"))), ["1", "2"]);
        assert_eq!(names(ordered(told("a@x.example"), own("A@X.example"))), ["2"]);
        assert_eq!(names(ordered(told("a@x.example"), other("A@X.example"))), ["1"]);
        assert_eq!(names(ordered(vec![], [other("c@x.example"), own("b@x.example")].concat())), ["2", "3"]);
    }
}
