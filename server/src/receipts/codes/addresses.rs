//! Whom a code can be sent to: never an address that somebody types, only those that the company had on its list.

use crate::receipts::words::one_line;
use serde::Deserialize;
use sync_core::confirmation::Channel;
use sync_core::ids::CustomerId;
use sync_core::reference::{Contact, Reference};
use uuid::Uuid;

/// More are not offered.
const MOST: usize = 10;

/// Somebody whom a code can be sent to. Its `Debug` leaves the address out.
#[derive(Clone, PartialEq, Eq)]
pub struct Choice {
    /// The contact.
    pub contact: Uuid,
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
    /// Whether the sign-off names a signer of the same name.
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

/// Whom a code for this receipt can be sent to: the signer, when the customer's contacts have one of that name; otherwise those
/// who receive its receipts. Nobody for a hospital that is in no list.
pub fn choices(receipt: &str, known: &Reference, sms: bool) -> Vec<Choice> {
    let Ok(brief) = serde_json::from_str::<Brief>(receipt) else { return Vec::new() };
    let Some(contacts) = brief.customer.id.and_then(|id| known.contacts.get(&id)) else { return Vec::new() };
    let signer = &brief.sign_off.signer.name;
    let by = |wanted: &dyn Fn(&Contact) -> bool, is_signer| -> Vec<Choice> {
        let wanted = contacts.values().filter(|c| wanted(c));
        wanted.flat_map(|c| of(c, sms, is_signer)).take(MOST).collect()
    };
    let own = by(&|c| same(&c.name, signer), true);
    if own.is_empty() { by(&|c| c.receives_receipts, false) } else { own }
}

fn of(contact: &Contact, sms: bool, is_signer: bool) -> Vec<Choice> {
    let mail = contact.email.as_deref().filter(|a| a.parse::<lettre::Address>().is_ok());
    let phone = contact.phone.as_deref().filter(|_| sms).filter(|p| is_phone(p));
    let one = |channel, address: &str, masked| Choice {
        contact: contact.id.0,
        channel,
        name: one_line(&contact.name),
        role: one_line(&contact.position),
        language: contact.language.as_str(),
        address: address.to_owned(),
        masked,
        is_signer,
    };
    let mail = mail.map(|a| one(Channel::Mail, a, masked_mail(a)));
    let phone = phone.map(|p| one(Channel::Sms, p, masked_phone(p)));
    mail.into_iter().chain(phone).collect()
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=20).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'))
}

/// The first letters of name and domain, and the domain's ending.
fn masked_mail(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let ending = domain.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).unwrap_or_default();
    format!("{}***@{}***{ending}", first(local), first(domain))
}

/// The last four digits.
fn masked_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
    format!("***{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_told_of_an_address() {
        assert_eq!(masked_mail("zhou.lin@mail.hospital.example"), "z***@m***.example");
        assert_eq!(masked_mail("周@医院.cn"), "周***@医***.cn");
        assert_eq!(masked_phone("+86 138-0000-5678"), "***5678");
        assert!(is_phone("(010) 6512-3456") && !is_phone("1234") && !is_phone("12345; rm") && !is_phone("１２３４５"));
    }

    #[test]
    fn a_name_is_the_same_however_it_is_spaced() {
        assert!(same("周 主任", "周主任") && same("Li Na", "li na "));
        assert!(!same("", "") && !same(" ", "") && !same("周主任", "周副主任"));
    }
}
