//! The phone without glass: what every host (the demo's simulated phones, the tests, and the bindings) drives.
//!
//! Sans-I/O. A call that records or receives something returns a [`Staged`]: what must be on the host's disk before
//! the user may be told. The host writes it in one atomic step and gives it back to [`Phone::commit`], which hands out
//! the acknowledgement; on a failed write it drops the `Staged`, and nothing has happened.

mod entry;
mod evidence;
mod frame;
mod join;
mod keys;
mod record;
mod store;
mod traces;
mod upload;

pub use evidence::{Lister, Question};
pub use frame::{FrameDraft, SyncReport};
pub use join::JoinCode;
pub use keys::{Write, from_json};
pub use record::Acknowledged;
pub use store::OpenError;
pub use upload::{Answered, Part, Uploads};

use crate::clock::{ServerSeen, Stamp};
use crate::crypto::{Alg, PublicKey, SoftwareKey};
use crate::document::facts::{Lang, SignOffOutcome};
use crate::document::read::view;
use crate::document::view::VisitView;
use crate::document::write::Author;
use crate::document::{Document, DocumentError};
use crate::env::Env;
use crate::ids::{DeviceId, UserId, VisitId};
use crate::reference::Reference;
use crate::signoff::{self, Shown};
use crate::sync::VisitState;
use entry::Entry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who this phone is, from its enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// The engineer.
    pub user: UserId,
    /// The engineer's name.
    pub name: String,
    /// The device's public key.
    pub key: PublicKey,
}

/// Where a visit stands between this phone and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// The server has confirmed everything.
    Synced,
    /// Something is only on this phone.
    Unsynced,
    /// The server refused something; it is kept there and here.
    Quarantined,
}

/// A visit in the phone's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which visit.
    pub visit: VisitId,
    /// The customer's name, as the visit's origin says it.
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
    /// What the server and the managers said of it.
    pub state: Option<VisitState>,
}

/// What is not done until the host has written it.
#[must_use = "nothing has happened until the writes are on disk and the phone has committed"]
pub struct Staged<T> {
    /// To be written in one atomic step.
    pub writes: Vec<Write>,
    effect: Effect,
    ack: T,
}

/// The change of state that waits for its writes.
#[derive(Default)]
struct Effect {
    entries: Vec<(VisitId, Entry)>,
    reference: Option<Reference>,
    sync: Option<SyncMemory>,
}

/// What the phone remembers of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SyncMemory {
    cursor: u64,
    epoch: u64,
    server: Option<Seen>,
}

/// The server's clock as last seen, with the boot in which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    boot: uuid::Uuid,
    seen: ServerSeen,
}

/// The phone.
pub struct Phone {
    identity: Identity,
    software_key: Option<SoftwareKey>,
    /// The suffix of this session's actor, drawn at the first write.
    suffix: Option<[u8; 8]>,
    visits: BTreeMap<VisitId, Entry>,
    reference: Reference,
    sync: SyncMemory,
}

/// Why a call was refused. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// The phone holds no such visit.
    #[error("this phone has no visit {0}")]
    UnknownVisit(VisitId),
    /// The visit stored on this phone cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The command was refused.
    #[error(transparent)]
    Command(#[from] crate::document::command::CommandError),
    /// The sign-off was refused.
    #[error(transparent)]
    SignOff(#[from] signoff::SignOffError),
    /// The summary has no canonical form.
    #[error(transparent)]
    Canonical(#[from] crate::canonical::CanonicalError),
    /// The phone's key is held by the platform, which has to sign.
    #[error("this phone's key is held by its platform")]
    HostSigns,
    /// The visit changed between showing and signing.
    #[error("the visit has changed since it was shown; show it again")]
    ChangedSinceShown,
    /// What was scanned is no code of a visit.
    #[error("this is no code of a visit")]
    BadCode,
    /// The server's answer could not be read.
    #[error("the server's answer could not be read: {0}")]
    Answer(String),
}

impl PhoneError {
    /// A stable code for hosts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownVisit(_) => "visit_unknown",
            Self::Document(_) => "document_unreadable",
            Self::Command(e) => e.code(),
            Self::SignOff(e) => e.code(),
            Self::Canonical(_) => "no_canonical_form",
            Self::HostSigns => "host_signs",
            Self::ChangedSinceShown => "changed_since_shown",
            Self::BadCode => "join_code_unreadable",
            Self::Answer(_) => "answer_unreadable",
        }
    }
}

impl Phone {
    /// A freshly enrolled phone with an empty store. `key` is given where the platform holds none in hardware.
    pub fn enrol(identity: Identity, key: Option<SoftwareKey>) -> (Self, Vec<Write>) {
        let writes = vec![keys::identity(&identity)];
        (Self::empty(identity, key), writes)
    }

    fn empty(identity: Identity, software_key: Option<SoftwareKey>) -> Self {
        Self {
            identity,
            software_key,
            suffix: None,
            visits: BTreeMap::new(),
            reference: Reference::default(),
            sync: SyncMemory::default(),
        }
    }

    /// Who this phone is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The reference data that it holds.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// How far it has followed the server's feed.
    pub fn cursor(&self) -> u64 {
        self.sync.cursor
    }

    /// Every visit on this phone, the newest first. Reads no document.
    pub fn visits(&self) -> Vec<Listed> {
        let mut list: Vec<Listed> = self.visits.iter().map(|(id, e)| e.listed(*id)).collect();
        list.sort_by_key(|l| (std::cmp::Reverse(l.began_ms), l.visit));
        list
    }

    /// A visit's line in the list. Reads no document.
    pub fn listed(&self, visit: VisitId) -> Option<Listed> {
        self.visits.get(&visit).map(|entry| entry.listed(visit))
    }

    /// Whether a timer may run in this visit: false is certain, true takes a look at the document. Reads none itself.
    pub fn may_run(&self, visit: VisitId) -> bool {
        let traces = self.visits.get(&visit).and_then(|entry| entry.meta.traces.as_ref());
        traces.and_then(|traces| traces.running).unwrap_or(true)
    }

    /// How many changes are only on this phone.
    pub fn unsynced_changes(&self) -> u64 {
        self.visits.values().map(|e| u64::from(e.meta.unsynced)).sum()
    }

    /// Everything that is recorded of a visit.
    ///
    /// # Errors
    /// [`PhoneError::UnknownVisit`], or when the stored document cannot be read.
    pub fn view(&self, visit: VisitId) -> Result<VisitView, PhoneError> {
        Ok(view(&self.document(visit)?))
    }

    /// The visit's document, for export.
    ///
    /// # Errors
    /// As [`Phone::view`].
    pub fn document(&self, visit: VisitId) -> Result<Document, PhoneError> {
        Ok(self.entry(visit)?.document()?)
    }

    /// What to show for signing, in `lang`: the visit as it is now.
    ///
    /// # Errors
    /// As [`Phone::view`].
    pub fn show(&self, visit: VisitId, lang: Lang) -> Result<Shown, PhoneError> {
        let doc = self.document(visit)?;
        Ok(signoff::show(&doc, &doc.heads(), lang)?)
    }

    /// Makes a staged call final after its writes are on disk, and hands out the acknowledgement.
    pub fn commit<T>(&mut self, staged: Staged<T>) -> T {
        for (visit, entry) in staged.effect.entries {
            self.visits.insert(visit, entry);
        }
        if let Some(reference) = staged.effect.reference {
            self.reference = reference;
        }
        if let Some(sync) = staged.effect.sync {
            self.sync = sync;
        }
        staged.ack
    }

    fn entry(&self, visit: VisitId) -> Result<&Entry, PhoneError> {
        self.visits.get(&visit).ok_or(PhoneError::UnknownVisit(visit))
    }

    /// This moment, with what the server last said about the time in this boot.
    fn stamp(&self, mut now: Stamp) -> Stamp {
        now.server = self.sync.server.filter(|s| s.boot == now.boot).map(|s| s.seen);
        now
    }

    fn author(&mut self, env: &mut Env<'_>) -> Author {
        let suffix = *self.suffix.get_or_insert_with(|| {
            let mut suffix = [0u8; 8];
            env.entropy.fill(&mut suffix);
            suffix
        });
        Author {
            device: self.identity.device,
            suffix,
            user: self.identity.user,
            name: self.identity.name.clone(),
            time_zone: None,
        }
    }

    fn alg(&self) -> Alg {
        self.identity.key.alg
    }
}
