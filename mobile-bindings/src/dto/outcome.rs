//! What calls answer.

use super::words::*;
use super::{held, records};
use sync_core::phone;
use sync_core::sync::VisitState as CoreState;

records! {
    /// Who this phone is.
    pub struct Identity {
        /// The device's id.
        pub device: String,
        /// The engineer's id.
        pub user: String,
        /// The engineer's name.
        pub name: String,
        /// `EdDSA` (the key is in the store) or `ES256` (the platform holds it).
        pub key_algorithm: String,
        /// The public key, lower-case hex.
        pub public_key: String,
    }

    /// What the server must be told to know this phone: `POST path` with `body`, by the engineer who is logged in.
    pub struct EnrolmentRequest {
        /// `/api/v1/devices`
        pub path: String,
        /// JSON.
        pub body: String,
    }

    /// A record that is on disk.
    pub struct Recorded {
        /// The visit.
        pub visit: String,
        /// The fact that was written or changed.
        pub fact: String,
        /// The hash of the change, lower-case hex.
        pub change: String,
    }

    /// What managers and the server said of a visit.
    pub struct VisitState {
        /// `open`, `approved`, `returned`, `billed` or `waived`.
        pub review: String,
        /// The manager's reason.
        pub reason: Option<String>,
        /// Who decided.
        pub by: Option<String>,
        /// Whether the dispatch was approved afterwards.
        pub dispatch_approved: bool,
        /// The server's coverage verdict.
        pub coverage: String,
        /// The server's flags, by code.
        pub flags: Vec<String>,
        /// Numbers of the receipts issued.
        pub receipts: Vec<String>,
    }

    /// A visit in the phone's list.
    pub struct ListedVisit {
        /// Its id.
        pub visit: String,
        /// The customer's name.
        pub customer: String,
        /// When it began, milliseconds since 1970 UTC.
        pub began_ms: i64,
        /// How the last sign-off was answered.
        pub signed: Option<SignOffOutcome>,
        /// Whether the server has it all.
        pub sync: SyncState,
        /// How many changes are only on this phone.
        pub unsynced_changes: u32,
        /// Since when the oldest of them waits, milliseconds since 1970 UTC by this phone's clock.
        pub unsynced_since_ms: Option<i64>,
        /// What the server said of it.
        pub state: Option<VisitState>,
        /// The phone's own verdict; advisory, the server judges again. `None` when the visit cannot be read.
        pub advice: Option<Coverage>,
    }

    /// What has not reached the server yet.
    pub struct Unsynced {
        /// How many changes.
        pub changes: i64,
        /// In which visits.
        pub visits: Vec<String>,
        /// Since when the oldest waits, milliseconds since 1970 UTC by this phone's clock.
        pub since_ms: Option<i64>,
        /// Photos whose bytes only this phone has.
        pub photos: Vec<PendingPhoto>,
    }

    /// A photo whose bytes the server has not got.
    pub struct PendingPhoto {
        /// SHA-256 of its bytes, lower-case hex.
        pub sha256: String,
        /// Size in bytes.
        pub size: i64,
        /// Media type, such as `image/jpeg`.
        pub media_type: String,
        /// The visit that it belongs to.
        pub visit: String,
    }

    /// The visit as it is shown for signing.
    pub struct Shown {
        /// The visit.
        pub visit: String,
        /// The text to put on the glass.
        pub text: String,
        /// Its language.
        pub lang: Lang,
        /// The canonical summary that is signed (RFC 8785 JSON).
        pub summary: String,
        /// SHA-256 of the summary, lower-case hex.
        pub summary_sha256: String,
        /// SHA-256 of the text, lower-case hex.
        pub text_sha256: String,
    }

    /// Bytes that wait for the platform's signature.
    pub struct ToSign {
        /// Names what waits, for the call that brings the signature.
        pub ticket: u32,
        /// What to sign. Empty: nothing, the signature is empty, too.
        pub message: Vec<u8>,
    }

    /// A request for the server.
    pub struct Frame {
        /// CBOR, for `POST /api/v1/sync`.
        pub bytes: Vec<u8>,
        /// How many visits it carries.
        pub visits: u32,
        /// Whether it holds everything that waits; if not, another follows the answer.
        pub complete: bool,
    }

    /// A visit of which the server refused something.
    pub struct RefusedVisit {
        /// The visit.
        pub visit: String,
        /// The server's stable code.
        pub code: String,
    }

    /// What an answer, or all answers of one sync, brought.
    pub struct SyncReport {
        /// Visits whose changes the server has confirmed.
        pub confirmed: Vec<String>,
        /// Visits that others changed.
        pub news: Vec<String>,
        /// What the server refused.
        pub refused: Vec<RefusedVisit>,
        /// Visits about which something was decided.
        pub decided: Vec<String>,
        /// How many reference records arrived.
        pub reference: u32,
        /// Whether another round is worth it now.
        pub again: bool,
        /// How many rounds it took.
        pub rounds: u32,
        /// Whether the observer ended it before it was through.
        pub cancelled: bool,
    }

    /// Unsent work of a phone, taken in from a file.
    pub struct Carried {
        /// Names it on this phone.
        pub id: String,
        /// The phone that it comes from.
        pub device: String,
        /// The engineer who recorded it.
        pub user: String,
        /// The engineer's name.
        pub name: String,
        /// The visits in it.
        pub visits: Vec<String>,
        /// How many frames the server has yet to answer.
        pub frames_left: u32,
        /// How many of its photos the server is not known to have.
        pub photos_left: u32,
        /// How many bytes of them.
        pub bytes_left: i64,
        /// To get tokens for the device that it comes from, by the same engineer, logged in.
        pub enrolment: EnrolmentRequest,
    }
}

impl From<&phone::Identity> for Identity {
    fn from(i: &phone::Identity) -> Self {
        Self {
            device: i.device.to_string(),
            user: i.user.to_string(),
            name: i.name.clone(),
            key_algorithm: i.key.alg.as_str().to_owned(),
            public_key: i.key.key.clone(),
        }
    }
}

impl From<CoreState> for VisitState {
    fn from(s: CoreState) -> Self {
        let CoreState { visit: _, review, reason, by, dispatch_approved, coverage, flags, receipts } = s;
        Self { review, reason, by, dispatch_approved, coverage, flags, receipts }
    }
}

impl ListedVisit {
    pub(crate) fn new(l: phone::Listed, advice: Option<sync_core::coverage::Coverage>) -> Self {
        Self {
            visit: l.visit.to_string(),
            customer: l.customer,
            began_ms: held(l.began_ms),
            signed: l.signed.map(Into::into),
            sync: l.sync.into(),
            unsynced_changes: l.unsynced_changes,
            unsynced_since_ms: l.unsynced_since_ms.map(held),
            state: l.state.map(Into::into),
            advice: advice.map(Into::into),
        }
    }
}

impl From<phone::SyncReport> for SyncReport {
    fn from(r: phone::SyncReport) -> Self {
        Self {
            confirmed: r.confirmed.iter().map(ToString::to_string).collect(),
            news: r.news.iter().map(ToString::to_string).collect(),
            refused: r.refused.into_iter().map(|(v, code)| RefusedVisit { visit: v.to_string(), code }).collect(),
            decided: r.states.iter().map(|s| s.visit.to_string()).collect(),
            reference: u32::try_from(r.reference).unwrap_or(u32::MAX),
            again: r.again,
            rounds: 1,
            cancelled: false,
        }
    }
}

impl SyncReport {
    pub(crate) fn none() -> Self {
        Self { rounds: 0, ..phone::SyncReport::default().into() }
    }

    /// Adds what a later answer brought.
    pub(crate) fn join(&mut self, later: Self) {
        let merge = |all: &mut Vec<String>, new: Vec<String>| {
            for id in new {
                if !all.contains(&id) {
                    all.push(id);
                }
            }
        };
        merge(&mut self.confirmed, later.confirmed);
        merge(&mut self.news, later.news);
        merge(&mut self.decided, later.decided);
        self.refused.extend(later.refused);
        self.reference = self.reference.saturating_add(later.reference);
        self.again = later.again;
        self.rounds += later.rounds;
        self.cancelled |= later.cancelled;
    }
}
