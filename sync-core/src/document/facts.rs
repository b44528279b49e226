//! The facts that a visit document holds.
//!
//! A write-once fact is stored as one JSON string under its own UUIDv7, so two phones can never write half of one each;
//! a correction is a new fact that names the one it supersedes and says why. Work items and expenses are maps of
//! fields instead, because they may be edited until signed; every concurrent value of a field stays visible.
//! Fields that this version does not know are kept as they are in the document (they are only not shown).

use crate::clock::Stamp;
use crate::ids::{AssetId, CustomerId, FactId, UserId, VisitId, WorkOrderId};
use serde::{Deserialize, Serialize};

/// Declares a field enum whose JSON form is its snake_case name, and the other way round.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* #[doc = concat!("`", $text, "`")] $variant),* }
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// The stable name used in documents, the API and catalogues.
            pub fn as_str(self) -> &'static str { match self { $($name::$variant => $text),* } }
            /// The value with this stable name.
            pub fn parse(s: &str) -> Option<Self> { match s { $($text => Some($name::$variant),)* _ => None } }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                const TEXTS: &[&str] = &[$($text),*];
                let at = $crate::document::words::position(from, TEXTS)?;
                Self::ALL.get(at).copied().ok_or_else(|| serde::de::Error::custom("no such word"))
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(s: &str) -> Result<Self, String> {
                Self::parse(s).ok_or_else(|| format!("unknown {}: {s}", stringify!($name)))
            }
        }
    )*};
}
pub(crate) use words;

words! {
    /// How the service is given.
    Mode { OnSite = "on_site", Remote = "remote" }

    /// 服务类别: what kind of work a work item is.
    Category {
        ApplicationSoftware = "application_software",
        InterfaceDevelopment = "interface_development",
        Customisation = "customisation",
        Database = "database",
        OperatingSystem = "operating_system",
        ServerHardware = "server_hardware",
        Storage = "storage",
        Network = "network",
        Security = "security",
        /// The customer's own work: data entry, dictionary building.
        DataEntry = "data_entry",
        Training = "training",
        Consulting = "consulting",
        Other = "other",
    }

    /// Who demanded the visit, by role.
    RequesterRole {
        Customer = "customer", Sales = "sales", ServiceManager = "service_manager",
        AccountManager = "account_manager", Leadership = "leadership", Other = "other",
    }

    /// How the demand was made.
    Channel { Phone = "phone", WeChat = "wechat", InPerson = "in_person", Email = "email", Ticket = "ticket", Other = "other" }

    /// 工时: what the time was spent on.
    TimeKind { Labour = "labour", Travel = "travel", Waiting = "waiting", Break = "break" }

    /// An engineer joins a visit or leaves it.
    CrewAction { Join = "join", Leave = "leave" }

    /// 费用
    ExpenseKind { Taxi = "taxi", Hotel = "hotel", Meal = "meal", Transport = "transport", Part = "part", Other = "other" }

    /// 异议: what the engineer advised against and had to do, or relief that was asked for and refused.
    ObjectionKind { AgainstAdvice = "against_advice", ReliefRefused = "relief_refused" }

    /// 签收: how the customer answered.
    SignOffOutcome {
        Accepted = "accepted", AcceptedWithReservations = "accepted_with_reservations",
        Refused = "refused", NobodyPresent = "nobody_present",
    }

    /// What was found out before somebody was sent (or went).
    TriageOutcome {
        /// Somebody must be there.
        OnSite = "on_site",
        /// It can be done remotely.
        Remote = "remote",
        /// The questions did not tell.
        Unclear = "unclear",
    }

    /// Languages that texts exist in.
    Lang { ZhCn = "zh-CN", En = "en" }
}

/// Which fact a correction replaces, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supersedes {
    /// The fact that no longer counts. It stays in the document and stays visible.
    pub fact: FactId,
    /// Why it was corrected; never empty.
    pub reason: String,
}

/// The customer as far as the engineer knew: a listed one, or a name that was typed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerRef {
    /// A customer of the reference data.
    Listed(CustomerId),
    /// A hospital that the phone had no entry for, as typed.
    Unlisted(String),
}

/// Who demanded the visit, in which role, through which channel and in which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The person's name.
    pub name: String,
    /// Their role.
    pub role: RequesterRole,
    /// How they asked.
    pub channel: Channel,
    /// What they said, as closely as the engineer remembers.
    pub words: String,
    /// When, by the engineer's account: milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// A question of the triage with the customer's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageAnswer {
    /// What was asked, such as "Is there any data?".
    pub question: String,
    /// What was answered.
    pub answer: String,
}

/// 分诊: what was asked before the work, and whether somebody must be there for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// What came out.
    pub outcome: TriageOutcome,
    /// What was asked and answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<TriageAnswer>,
}

/// How the visit began. Two phones that meet in one visit each write their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The visit's own id (the document's genesis is the same for all visits, so it is said here).
    pub visit: VisitId,
    /// Where.
    pub customer: CustomerRef,
    /// The customer's name as the phone knew it: what is signed must be readable without reference data.
    #[serde(default)]
    pub customer_name: String,
    /// The customer's time zone (IANA name) as the phone knew it: what is signed shows local times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The work order that dispatched the engineer, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_order: Option<WorkOrderId>,
    /// The work order's number as the phone knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_order_code: Option<String>,
    /// On site or remote.
    pub mode: Mode,
    /// On whose demand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Demand>,
    /// What was asked before the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triage: Option<Triage>,
    /// When the record was begun.
    pub at: Stamp,
    /// By whom.
    pub by: UserId,
}

/// An engineer joins or leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// Who.
    pub user: UserId,
    /// Their name as shown on the receipt.
    pub name: String,
    /// Joins or leaves.
    pub action: CrewAction,
    /// When.
    pub at: Stamp,
}

/// A timer's start, or a whole entry made afterwards (`manual`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeStart {
    /// Labour, travel, waiting or break.
    pub kind: TimeKind,
    /// Whose time.
    pub user: UserId,
    /// The work item it was spent on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<FactId>,
    /// When the timer was started (or, for a manual entry, when it was written down).
    pub at: Stamp,
    /// Set when the entry was not measured but written down afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<ManualSpan>,
    /// The entry that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Supersedes>,
}

/// A span of time by somebody's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualSpan {
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive), milliseconds since 1970 UTC.
    pub until_ms: i64,
}

/// A timer's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeEnd {
    /// When.
    pub at: Stamp,
    /// Who stopped it.
    pub by: UserId,
}

/// What the engineer advised against, or relief refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Which of the two.
    pub kind: ObjectionKind,
    /// What was advised, or what relief was asked for.
    pub advice: String,
    /// Who insisted or refused: name and role, as the engineer knows them.
    pub insisted_by: String,
    /// In which words.
    pub words: String,
    /// When.
    pub at: Stamp,
    /// Recorded by.
    pub by: UserId,
    /// The objection that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Supersedes>,
}

/// A free note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The text.
    pub text: String,
    /// When.
    pub at: Stamp,
    /// By whom.
    pub by: UserId,
    /// The note that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Supersedes>,
}

/// A photo or file, by its content's hash. The bytes live outside the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// Media type, such as `image/jpeg`.
    pub media_type: String,
    /// What it shows.
    pub caption: String,
    /// Whether it shows the customer's seal (公章), to be drawn beside the signature. Written only where it does, so records
    /// without it, and the digests over them, are what they were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seal: bool,
    /// The work item or expense that it belongs to; the visit as a whole where there is none. Written only where there is
    /// one, for the same reason (docs/adr/0026).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<FactId>,
    /// When it was taken.
    pub at: Stamp,
    /// By whom.
    pub by: UserId,
    /// The photo that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Supersedes>,
}

/// The person who signed, refused or was not there. What was not told is empty and not written, so that records without it, and
/// the signatures over them, are what they were.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Name; empty when nobody was present.
    pub name: String,
    /// Their position, such as 信息科主任.
    pub position: String,
    /// Their department, such as 信息科.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub department: String,
    /// Their own mail address, for the receipt and codes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mail: String,
    /// Their own telephone, for codes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
}

impl Signer {
    /// Somebody who told no more of themselves.
    pub fn new(name: impl Into<String>, position: impl Into<String>) -> Self {
        Self { name: name.into(), position: position.into(), ..Self::default() }
    }

    /// What they are at the hospital: department and position.
    pub fn role(&self) -> String {
        let told: Vec<&str> =
            [&self.department, &self.position].map(|t| t.trim()).into_iter().filter(|t| !t.is_empty()).collect();
        told.join(" · ")
    }

    /// Whether an address was told.
    pub fn has_address(&self) -> bool {
        !self.mail.is_empty() || !self.phone.is_empty()
    }
}

impl std::fmt::Debug for Signer {
    /// Without the address, of which logs need to know only whether there is one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, position, department, .. } = self;
        f.debug_struct("Signer")
            .field("name", name)
            .field("position", position)
            .field("department", department)
            .field("has_address", &self.has_address())
            .finish()
    }
}

/// 评价: what somebody who signs says of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// 1 to 5; 5 is best.
    pub stars: u8,
    /// In which words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// What is signed of a signer's address: a digest, so that the signature can be checked by those who are not told it
/// (docs/adr/0024).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressSeal {
    /// SHA-256 of address and salt ([`SignOff::address_sha256`]), lower-case hex.
    pub sha256: String,
    /// 16 random bytes, lower-case hex: without them, a telephone number would be found by trying them all. Stands only beside
    /// the address itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub salt: String,
}

/// 签收: what was shown, and how it was answered. Everything but `signature` is what the device signs; of the signer's address, its
/// [`AddressSeal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// The visit it belongs to.
    pub visit: VisitId,
    /// How the customer answered.
    pub outcome: SignOffOutcome,
    /// The reservation or the reason for refusing, in the customer's words; empty when accepted.
    pub reason: String,
    /// Who answered.
    pub signer: Signer,
    /// What is signed of the signer's address; absent when they told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressSeal>,
    /// How the signer rated the service when they signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// The document's heads that were shown, sorted, lower-case hex.
    pub heads: Vec<String>,
    /// SHA-256 of the canonical summary (RFC 8785) at those heads, lower-case hex.
    pub summary_sha256: String,
    /// The language of the text that was shown.
    pub text_lang: Lang,
    /// SHA-256 of the text that was shown (UTF-8), lower-case hex.
    pub text_sha256: String,
    /// SHA-256 of the strokes' bytes, lower-case hex; absent when nobody drew a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strokes_sha256: Option<String>,
    /// When, by both clocks.
    pub at: Stamp,
    /// The engineer who asked for it.
    pub by: UserId,
    /// The device's signature over the canonical JSON of all of the above.
    pub signature: DeviceSignature,
}

/// A signature by a device's enrolled key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSignature {
    /// Which device.
    pub device: crate::ids::DeviceId,
    /// `EdDSA` (Ed25519, RFC 8032) or `ES256` (ECDSA P-256 with SHA-256, 64 bytes r ‖ s).
    pub alg: crate::crypto::Alg,
    /// The signature, lower-case hex.
    pub sig: String,
}

/// The fields of a work item that may be written; all are scalars.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemPatch {
    /// What kind of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// On which asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetId>,
    /// What the asset is called, as the phone knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_name: Option<String>,
    /// What was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptom: Option<String>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Set: the item no longer counts, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<String>,
}

/// The fields of an expense that may be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpensePatch {
    /// Taxi, hotel, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ExpenseKind>,
    /// In minor units (fen, cents); never negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// ISO 4217 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Set: the expense no longer counts, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<String>,
}
