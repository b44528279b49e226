//! What a server does with one document of a request. Pure: the server brings the document and stores what comes out.

use super::{DocumentDown, DocumentUp, Hash, Outcome, Refused};
use crate::admission::{self, Admitted, Limits, Refused as Refusal, Sender};
use crate::canonical::sha256;
use crate::document::{Document, DocumentError};
use crate::ids::DeviceId;
use automerge::ChangeHash;
use minicbor::bytes::ByteVec;

/// What came of it.
#[derive(Debug)]
pub struct Merge {
    /// The document after it; `None` when nothing new came in.
    pub document: Option<Document>,
    /// Changes that came in, for the log.
    pub admitted: Vec<Admitted>,
    /// Changes that were refused, for the quarantine.
    pub refused: Vec<Refusal>,
    /// The answer, to be sent only after everything above is committed.
    pub down: DocumentDown,
}

/// Merges one document of a request of `device` into what the server has of it.
///
/// # Errors
/// Only when a new document cannot be made, which is a defect of the build.
pub fn merge(
    existing: Option<&Document>,
    up: &DocumentUp,
    device: DeviceId,
    limits: &Limits,
) -> Result<Merge, DocumentError> {
    let fresh;
    let base = match existing {
        Some(doc) => doc,
        None => {
            fresh = Document::new()?;
            &fresh
        }
    };
    let known = |hashes: &[Hash]| -> Vec<ChangeHash> {
        hashes.iter().map(|h| ChangeHash::from(*h)).filter(|h| base.has(h)).collect()
    };
    if known(&up.since).len() < up.since.len() {
        // This server was restored from a backup, or the phone comes from another one. Nothing is lost: it sends all.
        let down = answer(up.visit, Outcome::NeedAll, base, &known(&up.heads));
        return Ok(Merge { document: None, admitted: Vec::new(), refused: Vec::new(), down });
    }
    let changes: Vec<&[u8]> = up.changes.iter().map(|c| &c[..]).collect();
    let admission = admission::admit(base, up.visit, &Sender::Device(device), &changes, limits);
    let doc = admission.document.as_ref().unwrap_or(base);
    // Acknowledged is only what is here: every head that the phone advertised.
    let has_all = up.heads.iter().all(|h| doc.has(&(*h).into()));
    let outcome = match (admission.refused.is_empty(), has_all) {
        (false, _) => Outcome::Quarantined,
        (true, true) => Outcome::Merged,
        (true, false) => Outcome::Waiting,
    };
    let theirs: Vec<ChangeHash> = up.heads.iter().chain(&up.since).map(|h| (*h).into()).collect();
    let mut down = answer(up.visit, outcome, doc, &theirs);
    down.refused = admission
        .refused
        .iter()
        .map(|r| Refused { sha256: Hash(sha256(&r.bytes)), code: r.code.as_str().to_owned() })
        .collect();
    Ok(Merge { down, document: admission.document, admitted: admission.admitted, refused: admission.refused })
}

fn answer(visit: crate::ids::VisitId, outcome: Outcome, doc: &Document, theirs: &[ChangeHash]) -> DocumentDown {
    let genesis = *crate::document::genesis::GENESIS_HASH;
    DocumentDown {
        visit,
        outcome,
        heads: doc.heads().into_iter().map(Into::into).collect(),
        changes: doc
            .changes_since(theirs)
            .into_iter()
            .filter(|c| Some(c.hash()) != genesis)
            .map(|c| ByteVec::from(c.raw_bytes().to_vec()))
            .collect(),
        refused: Vec::new(),
    }
}
