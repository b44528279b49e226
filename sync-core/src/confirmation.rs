//! What the server states when somebody confirmed a receipt with a one-time code (验证码确认). The receipt itself never changes:
//! this is a file of its own, bound to the receipt's digest.

use crate::ids::ReceiptId;
use crate::statement::Statement;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The `kind` of a confirmation.
pub const CONFIRMATION_KIND: &str = "confirmation";
/// The version of its form.
pub const CONFIRMATION_VERSION: u32 = 1;

/// On which way a code reaches somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To a mail address.
    Mail,
    /// As a text message to a phone.
    Sms,
}

impl Channel {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }
    /// By its stable name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Mail, Self::Sms].into_iter().find(|c| c.as_str() == name)
    }
}

/// Where the company had an address from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressFrom {
    /// From its list of contacts.
    Contacts,
    /// From the sign-off: it was typed on the engineer's phone when the receipt was signed, and the device's signature covers it.
    SignOff,
}

impl AddressFrom {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::SignOff => "sign_off",
        }
    }
}

/// Where a code was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entered {
    /// On the receipt's page, by whoever had its link.
    Page,
    /// By one of the company's people, to whom it was read.
    Company,
}

impl Entered {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Company => "company",
        }
    }
}

/// That somebody who could read what was sent to an address confirmed a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// [`CONFIRMATION_KIND`].
    pub kind: String,
    /// [`CONFIRMATION_VERSION`].
    pub version: u32,
    /// Its id.
    pub id: Uuid,
    /// The receipt.
    pub receipt: ReceiptId,
    /// The receipt's number.
    pub number: String,
    /// SHA-256 of the receipt's file, lower-case hex: what the code was bound to.
    pub receipt_sha256: String,
    /// On which way the code was sent.
    pub channel: Channel,
    /// Where to, as far as it is told: `z***@h***.example`, `***5678`.
    pub address: String,
    /// Where the company had it from; absent on confirmations of before there was a choice, and then its list of contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_from: Option<AddressFrom>,
    /// Whose address that is, by where it is from.
    pub name: String,
    /// Their position, by where it is from; may be empty.
    pub role: String,
    /// Whether the sign-off names a signer of the same name.
    pub is_signer: bool,
    /// Where the code was entered.
    pub entered: Entered,
    /// When the code was asked for, milliseconds since 1970 UTC by the server's clock.
    pub asked_ms: i64,
    /// When it was entered.
    pub confirmed_ms: i64,
}

impl Statement for Confirmation {
    const KIND: &'static str = CONFIRMATION_KIND;
    const VERSION: u32 = CONFIRMATION_VERSION;
    fn form(&self) -> (&str, u32) {
        (&self.kind, self.version)
    }
}
