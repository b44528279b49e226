//! The messages themselves.

use super::Advice;
use crate::ids::{DeviceId, VisitId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// A change's hash on the wire: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl From<automerge::ChangeHash> for Hash {
    fn from(h: automerge::ChangeHash) -> Self {
        Self(h.0)
    }
}
impl From<Hash> for automerge::ChangeHash {
    fn from(h: Hash) -> Self {
        Self(h.0)
    }
}
impl<C> Encode<C> for Hash {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}
impl<'b, C> Decode<'b, C> for Hash {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| minicbor::decode::Error::message("a hash is 32 bytes"))
    }
}

/// What a phone sends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// The protocol version.
    #[n(0)]
    pub protocol: u16,
    /// The device that sends.
    #[n(1)]
    pub device: DeviceId,
    /// The phone's wall clock: milliseconds since 1970 UTC.
    #[n(2)]
    pub wall_ms: i64,
    /// How far the phone has followed the server's feed.
    #[n(3)]
    pub cursor: u64,
    /// The epoch of the server's data that the phone last saw; 0 before the first answer.
    #[n(4)]
    pub epoch: u64,
    /// Documents with changes for the server, or asked for.
    #[n(5)]
    pub documents: Vec<DocumentUp>,
    /// The device's signature over [`super::attested_bytes`]; empty when there are no documents.
    #[n(6)]
    pub attestation: ByteVec,
}

/// One document from the phone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DocumentUp {
    /// Which visit.
    #[n(0)]
    pub visit: VisitId,
    /// Heads that the server is known to have.
    #[n(1)]
    pub since: Vec<Hash>,
    /// The phone's heads.
    #[n(2)]
    pub heads: Vec<Hash>,
    /// Change chunks that the server lacks. Empty to ask only.
    #[n(3)]
    pub changes: Vec<ByteVec>,
    /// What the phone itself thinks of the visit at these heads. Not signed, not trusted: the server judges by itself.
    #[n(4)]
    pub advice: Option<Advice>,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Response {
    /// The protocol version of this answer.
    #[n(0)]
    pub protocol: u16,
    /// The server's clock: milliseconds since 1970 UTC.
    #[n(1)]
    pub server_ms: i64,
    /// Raised when the server's data were restored from a backup: phones then compare all heads.
    #[n(2)]
    pub epoch: u64,
    /// The feed's position up to which this answer goes.
    #[n(3)]
    pub cursor: u64,
    /// Whether there is more in the feed.
    #[n(4)]
    pub more: bool,
    /// An answer for each document of the request, and those that others changed.
    #[n(5)]
    pub documents: Vec<DocumentDown>,
    /// Reference records as JSON (`sync_core::reference::Record`).
    #[n(6)]
    pub reference: Vec<String>,
    /// What was decided about visits, as JSON ([`VisitState`]).
    #[n(7)]
    pub states: Vec<String>,
    /// SHA-256 of photos that the server does not hold yet.
    #[n(8)]
    pub missing_blobs: Vec<Hash>,
}

/// What became of a document's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    /// All that the phone sent is merged and on the server's disk.
    #[n(0)]
    Merged,
    /// Some changes were refused; they are kept and listed on the server, and the phone keeps its own.
    #[n(1)]
    Quarantined,
    /// The server does not know the heads in `since`: the phone sends everything.
    #[n(2)]
    NeedAll,
    /// Some changes stand on others that the server has not got yet; the phone keeps them and sends them again.
    #[n(3)]
    Waiting,
    /// Changes that others made, sent unasked.
    #[n(4)]
    News,
}

/// One document in the answer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DocumentDown {
    /// Which visit.
    #[n(0)]
    pub visit: VisitId,
    /// What became of the phone's changes.
    #[n(1)]
    pub outcome: Outcome,
    /// The server's heads after it, all of them committed.
    #[n(2)]
    pub heads: Vec<Hash>,
    /// Change chunks that the phone lacks.
    #[n(3)]
    pub changes: Vec<ByteVec>,
    /// What was refused.
    #[n(4)]
    pub refused: Vec<Refused>,
}

/// A change that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refused {
    /// SHA-256 of the bytes that were sent.
    #[n(0)]
    pub sha256: Hash,
    /// A stable code.
    #[n(1)]
    pub code: String,
}

/// What managers and the server decided about a visit, as the phone sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VisitState {
    /// Which visit.
    pub visit: VisitId,
    /// `open`, `approved`, `returned`, `billed` or `waived`.
    pub review: String,
    /// The manager's reason, when there was a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether the dispatch was approved afterwards.
    #[serde(default)]
    pub dispatch_approved: bool,
    /// The server's coverage verdict for the visit.
    pub coverage: String,
    /// The server's flags, by code.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Numbers of the receipts issued.
    #[serde(default)]
    pub receipts: Vec<String>,
}
