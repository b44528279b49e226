//! Receipts (服务回执): what both parties get after a sign-off. Canonical JSON, numbered and chained per customer,
//! signed by the server. Whoever has the file and the server's public keys can check it offline.

use crate::address::{masked_mail, masked_phone};
use crate::canonical::{CanonicalError, sha256_hex, to_canonical_json};
use crate::coverage::Verdict;
use crate::crypto::{Alg, PublicKey, SoftwareKey};
use crate::document::facts::{Lang, SignOff, Signer};
use crate::ids::{CustomerId, FactId, ReceiptId, VisitId};
use crate::message::Message;
use crate::money::DayClass;
use crate::reference::ExpenseTerms;
use crate::signoff::Summary;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the receipt's form.
pub const RECEIPT_VERSION: u32 = 1;

/// The hash that the first receipt of a chain names as its predecessor.
pub const CHAIN_START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One party's view of the customer at the time of issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptCustomer {
    /// Absent when the hospital is not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CustomerId>,
    /// Its code; `U` when it is not listed.
    pub code: String,
    /// Its name.
    pub name: String,
    /// IANA time zone; `UTC` when it is not listed.
    pub time_zone: String,
}

/// A verdict in words, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// zh-CN.
    #[serde(rename = "zh-CN")]
    pub zh_cn: Vec<String>,
    /// English.
    pub en: Vec<String>,
}

impl Wording {
    /// The lines in one language.
    pub fn in_lang(&self, lang: Lang) -> &[String] {
        match lang {
            Lang::ZhCn => &self.zh_cn,
            Lang::En => &self.en,
        }
    }
    /// The messages rendered in both.
    pub fn of(messages: &[Message]) -> Self {
        let render = |lang| messages.iter().map(|m| m.render(lang)).collect();
        Self { zh_cn: render(Lang::ZhCn), en: render(Lang::En) }
    }
}

/// What is told of a signer's address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedAddress {
    /// Such as `z***@h***.example`; empty when they told none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mail: String,
    /// Such as `***5678`; empty when they told none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
}

impl MaskedAddress {
    /// What is told of this signer's address, if they told one.
    pub fn of(signer: &Signer) -> Option<Self> {
        let masked = |text: &str, mask: fn(&str) -> String| if text.is_empty() { String::new() } else { mask(text) };
        let (mail, phone) = (masked(&signer.mail, masked_mail), masked(&signer.phone, masked_phone));
        signer.has_address().then_some(Self { mail, phone })
    }
}

/// What the sign-off was, and how the server checked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptSignOff {
    /// Its id in the visit.
    pub id: FactId,
    /// Everything that the device signed; of the signer's address the digest alone.
    #[serde(flatten)]
    pub sign_off: SignOff,
    /// What is told of the signer's address; absent when they told none, and on receipts of before they could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_masked: Option<MaskedAddress>,
    /// The device's public key at the time of issue, so that its signature can be checked from this file alone.
    pub device_key: PublicKey,
    /// The drawn signature ([`crate::signoff::strokes`]), lower-case hex, so that it can be drawn from this file alone.
    /// Absent where nobody drew one, and on receipts of before it was kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strokes: Option<String>,
}

impl ReceiptSignOff {
    /// As it stands in a receipt: files are passed around, so the signer's address is taken out of it.
    pub fn new(id: FactId, sign_off: SignOff, device_key: PublicKey, strokes: Option<&[u8]>) -> Self {
        let address_masked = MaskedAddress::of(&sign_off.signer);
        Self { id, sign_off: sign_off.without_address(), address_masked, device_key, strokes: strokes.map(hex::encode) }
    }
}

/// Photos and files, by SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachments {
    /// Those that the server held at the time of issue.
    pub present: Vec<String>,
    /// Those that were still on the phone.
    pub pending: Vec<String>,
}

/// A receipt without its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// [`RECEIPT_VERSION`].
    pub version: u32,
    /// Its id.
    pub id: ReceiptId,
    /// Its number: the customer's code and the place in its chain.
    pub number: String,
    /// Which receipt of this visit it is, from 1.
    pub revision: u32,
    /// The visit.
    pub visit: VisitId,
    /// The customer.
    pub customer: ReceiptCustomer,
    /// The sign-off.
    pub sign_off: ReceiptSignOff,
    /// What was signed: the summary at the signed heads.
    pub summary: Summary,
    /// The coverage verdict of the whole visit at the time of issue.
    pub verdict: Verdict,
    /// Coverage per work item, in words.
    pub coverage: Wording,
    /// Flags that the customer may see, in words.
    pub remarks: Wording,
    /// Seconds of labour by day class, each minute once. Empty where there was none, and on receipts of before it was
    /// kept here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub day_classes: BTreeMap<DayClass, i64>,
    /// Whether expenses are in the fee of what covers the visit, where the package says so and covers all of it, or come on top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expenses: Option<ExpenseTerms>,
    /// How many changes the visit held beside what was signed, at the time of issue.
    pub changes_outside: u32,
    /// Photos and files.
    pub attachments: Attachments,
    /// When it was issued, milliseconds since 1970 UTC by the server's clock.
    pub issued_ms: i64,
    /// The chain: the customer's id, or `unlisted`.
    pub chain: String,
    /// Its place in the chain, from 1 without gaps.
    pub chain_no: u64,
    /// SHA-256 of the previous receipt of the chain ([`Receipt::sha256`]), or [`CHAIN_START`].
    pub previous_sha256: String,
}

/// The server's signature over the canonical JSON of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptSignature {
    /// The algorithm.
    pub alg: Alg,
    /// Which of the server's published keys (RFC 7638 thumbprint).
    pub kid: String,
    /// The signature, lower-case hex.
    pub sig: String,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What it says.
    #[serde(flatten)]
    pub body: ReceiptBody,
    /// The server's signature.
    pub signature: ReceiptSignature,
}

/// Why a receipt does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is no receipt of this version.
    #[error("this is no receipt: {0}")]
    Malformed(String),
    /// Signed by a key that is not in the key set.
    #[error("its key {0} is not in the key set")]
    UnknownKey(String),
    /// The server's signature does not fit: it was changed, or is not ours.
    #[error("the server's signature does not fit: this receipt was changed, or another server issued it")]
    Signature,
    /// The summary in it is not the one that was signed.
    #[error("the summary in it is not what was signed")]
    Summary,
    /// The device's signature under the sign-off does not fit.
    #[error("the device's signature under the sign-off does not fit")]
    Device,
    /// The drawn signature in it is not the one that the sign-off names.
    #[error("the drawn signature in it is not the one that the sign-off names")]
    Strokes,
}

impl ReceiptError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "receipt_malformed",
            Self::UnknownKey(_) => "receipt_key_unknown",
            Self::Signature => "receipt_signature",
            Self::Summary => "receipt_summary",
            Self::Device => "receipt_device_signature",
            Self::Strokes => "receipt_strokes",
        }
    }
}

impl Receipt {
    /// Signs a body.
    ///
    /// # Errors
    /// When the body has no canonical form.
    pub fn sign(body: ReceiptBody, kid: &str, key: &SoftwareKey) -> Result<Self, CanonicalError> {
        let signature = ReceiptSignature {
            alg: key.public().alg,
            kid: kid.to_owned(),
            sig: hex::encode(key.sign(&signed_bytes(&body)?)),
        };
        Ok(Self { body, signature })
    }

    /// The receipt as its file: canonical JSON.
    ///
    /// # Errors
    /// As [`Receipt::sign`].
    pub fn to_json(&self) -> Result<String, CanonicalError> {
        to_canonical_json(self)
    }

    /// SHA-256 of the file, lower-case hex: what the next receipt of the chain names.
    ///
    /// # Errors
    /// As [`Receipt::sign`].
    pub fn sha256(&self) -> Result<String, CanonicalError> {
        Ok(sha256_hex(self.to_json()?.as_bytes()))
    }

    /// Reads a file and checks everything that can be checked from it and the server's public keys (by `kid`): the server's
    /// signature, that the file is the canonical one, that the summary and the drawing are what was signed, and the device's
    /// signature.
    ///
    /// # Errors
    /// See [`ReceiptError`].
    pub fn verify(file: &str, key_of: &dyn Fn(&str) -> Option<PublicKey>) -> Result<Self, ReceiptError> {
        let malformed = |e: String| ReceiptError::Malformed(e);
        let receipt: Self = serde_json::from_str(file).map_err(|e| malformed(e.to_string()))?;
        if receipt.body.version != RECEIPT_VERSION {
            return Err(malformed(format!("version {} is not known here", receipt.body.version)));
        }
        let key =
            key_of(&receipt.signature.kid).ok_or_else(|| ReceiptError::UnknownKey(receipt.signature.kid.clone()))?;
        let sig = hex::decode(&receipt.signature.sig).map_err(|_| ReceiptError::Signature)?;
        let bytes = signed_bytes(&receipt.body).map_err(|e| malformed(e.to_string()))?;
        if key.alg != receipt.signature.alg || key.verify(&bytes, &sig).is_err() {
            return Err(ReceiptError::Signature);
        }
        // What is not in the types would not be under the signature: the file must be exactly what was signed.
        let same: serde_json::Value = serde_json::from_str(file).map_err(|e| malformed(e.to_string()))?;
        if to_canonical_json(&same).ok() != receipt.to_json().ok() {
            return Err(ReceiptError::Signature);
        }
        let s = &receipt.body.sign_off;
        let summary = to_canonical_json(&receipt.body.summary).map_err(|e| malformed(e.to_string()))?;
        if sha256_hex(summary.as_bytes()) != s.sign_off.summary_sha256 {
            return Err(ReceiptError::Summary);
        }
        if let Some(strokes) = &s.strokes {
            let drawn = hex::decode(strokes).map_err(|_| ReceiptError::Strokes)?;
            if s.sign_off.strokes_sha256 != Some(sha256_hex(&drawn)) {
                return Err(ReceiptError::Strokes);
            }
        }
        crate::signoff::verify_signature(&s.sign_off, &s.device_key).map_err(|_| ReceiptError::Device)?;
        Ok(receipt)
    }
}

fn signed_bytes(body: &ReceiptBody) -> Result<Vec<u8>, CanonicalError> {
    let mut bytes = b"countersign/receipt/1\n".to_vec();
    bytes.extend_from_slice(to_canonical_json(body)?.as_bytes());
    Ok(bytes)
}
