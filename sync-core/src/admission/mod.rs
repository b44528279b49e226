//! The gate: what a change must prove before it enters a visit.
//!
//! Automerge assumes honest peers: bytes of a few dozen characters make it allocate without bound, panic, or write a
//! document that it cannot read again (docs/adr, and each case in `tests/admission.rs`). So nothing from outside reaches
//! it before this module has read the change itself and found it to be one that an honest Countersign could have
//! written on the state that it names. The server runs the gate on what phones send, phones on what the
//! server sends.
//!
//! In order, and each step only on what passed the one before:
//!
//! 1. `chunk`: one change chunk, no more, under the size; its checksum; unpacked under a cap.
//! 2. `change` with `columns`: run lengths before they are expanded; only what a visit can hold (maps and scalars);
//!    the one encoding that Automerge would write.
//! 3. `standing`: whose it is, its number, its dependencies, its first operation number.
//! 4. `rules` with `facts` and `history`: every operation's path, key, value and predecessors, as of exactly the
//!    changes that it stands on.
//! 5. `trial`: on a copy: applied, saved, read again, compared, edited. The live document is never touched.
//!
//! Steps 4 and 5 run under `catch_unwind` as a last net, and what it caught is counted. In a program that aborts on
//! panic (wasm) that net is not there; the gate does not rely on it.

mod change;
mod chunk;
mod clock;
mod columns;
mod facts;
mod gate;
mod history;
mod place;
mod reader;
mod refusal;
mod rules;
mod standing;
mod trial;

pub use gate::admit;
pub use refusal::RefusalCode;

use crate::document::{Document, schema};
use crate::ids::DeviceId;
use automerge::ChangeHash;

/// Who handed the changes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A device that the caller has authenticated. It may only send what it wrote itself, in this version's facts.
    Device(DeviceId),
    /// The server, relaying what it admitted. It has authenticated the authors, it may be newer than this program (facts
    /// that cannot be read are kept), and the quotas were its business.
    Relay,
}

/// The bounds of one call. [`Limits::default`] is what phones and servers use; a change that an honest phone writes is
/// far inside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one change as sent.
    pub wire: usize,
    /// Bytes of one change, unpacked.
    pub inflated: usize,
    /// Operations of one change.
    pub operations: usize,
    /// Predecessors of one change's operations, all together.
    pub predecessors: usize,
    /// Bytes of a change's message.
    pub message: usize,
    /// Largest operation number; Automerge's own end is at 2^32.
    pub operation_number: u64,
    /// Changes in one document, for a [`Sender::Device`].
    pub changes_per_document: usize,
    /// Changes of one device in one document, for a [`Sender::Device`].
    pub changes_per_device: u64,
    /// Actors (sessions) of one device in one document, for a [`Sender::Device`].
    pub actors_per_device: usize,
    /// Changes that are judged in one call; the others wait.
    pub batch_changes: usize,
    /// Bytes that one call unpacks; the changes beyond wait.
    pub batch_inflated: usize,
    /// Operations that are judged in one call; the changes beyond wait.
    pub batch_operations: usize,
    /// How often a batch that fails the trial is divided to find the culprit; what is then still undecided waits.
    pub trials: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wire: schema::MAX_CHANGE_BYTES,
            inflated: 256 * 1024,
            operations: schema::MAX_CHANGE_OPERATIONS,
            predecessors: 8_000,
            message: 256,
            operation_number: 1 << 30,
            changes_per_document: 20_000,
            changes_per_device: 10_000,
            actors_per_device: 1_000,
            batch_changes: 2_000,
            batch_inflated: 16 * 1024 * 1024,
            batch_operations: 20_000,
            trials: 64,
        }
    }
}

/// A change that is now in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its place in the batch.
    pub index: usize,
    /// Its hash.
    pub hash: ChangeHash,
    /// Its chunk, not compressed: what belongs into the log.
    pub raw: Vec<u8>,
}

/// A change that was not admitted and, as it is, never will be. To be quarantined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the batch.
    pub index: usize,
    /// Its hash, where it came far enough to have one.
    pub hash: Option<ChangeHash>,
    /// The reason.
    pub code: RefusalCode,
    /// What was seen, for people; at most 200 characters, may quote what was sent.
    pub detail: String,
    /// The bytes as they were sent.
    pub bytes: Vec<u8>,
}

/// What became of a batch. Every change of it is in exactly one of the four.
#[derive(Debug)]
pub struct Admission {
    /// The document with everything that was admitted; `None` when nothing was.
    pub document: Option<Document>,
    /// What was admitted, each after what it depends on.
    pub admitted: Vec<Admitted>,
    /// How many were in the document already, or twice in the batch.
    pub known: usize,
    /// What was refused, in the batch's order.
    pub refused: Vec<Refused>,
    /// Places of those that could not be judged: a dependency is not here, or the batch was larger than one call's
    /// bounds. The sender keeps them and sends them again.
    pub waiting: Vec<usize>,
    /// How many panics were contained. Each is a defect to look into.
    pub panics: usize,
}
