//! The first computing step: every document of a batch goes through the gate and is merged.

use super::computing::parallel;
use super::push::Push;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use sync_core::admission::{Admitted, Limits, Refused};
use sync_core::canonical::sha256;
use sync_core::document::{Document, DocumentError};
use sync_core::ids::VisitId;
use sync_core::sync::merge::merge;
use sync_core::sync::{DocumentDown, DocumentUp, Hash, Outcome};
use uuid::Uuid;

/// A change that was refused, and why.
pub(super) struct Quarantined {
    pub push: usize,
    pub code: &'static str,
    pub detail: String,
    pub bytes: Vec<u8>,
}

/// One visit of a batch after merging.
pub(super) struct MergedVisit {
    pub visit: VisitId,
    /// The version in the database before; 0 when it is new there.
    pub version: i64,
    pub document: Arc<Document>,
    pub changed: bool,
    /// Admitted changes by the index of the request that brought them.
    pub admitted: Vec<(usize, Vec<Admitted>)>,
    pub quarantined: Vec<Quarantined>,
    /// Answers by request and place in it.
    pub answers: Vec<(usize, usize, DocumentDown)>,
}

/// What is known of a visit before merging.
pub(super) struct Base {
    pub version: i64,
    pub document: Option<Arc<Document>>,
    /// Users who may read it.
    pub members: HashSet<Uuid>,
}

/// Merges every document of `pushes`, visit by visit, on as many threads as there are processors.
pub(super) fn merge_all(pushes: &[Push], mut bases: HashMap<VisitId, Base>) -> Result<Vec<MergedVisit>, DocumentError> {
    let mut by_visit: BTreeMap<VisitId, Vec<(usize, usize)>> = BTreeMap::new();
    for (p, push) in pushes.iter().enumerate() {
        for (d, up) in push.documents.iter().enumerate() {
            by_visit.entry(up.visit).or_default().push((p, d));
        }
    }
    let work: Vec<_> = by_visit
        .into_iter()
        .map(|(visit, places)| {
            let base = bases.remove(&visit);
            (visit, base.unwrap_or(Base { version: 0, document: None, members: HashSet::new() }), places)
        })
        .collect();
    parallel(work, |(visit, base, places)| merge_visit(pushes, visit, base, &places)).into_iter().collect()
}

fn merge_visit(
    pushes: &[Push],
    visit: VisitId,
    base: Base,
    places: &[(usize, usize)],
) -> Result<MergedVisit, DocumentError> {
    let mut document = base.document.clone();
    let mut out = MergedVisit {
        visit,
        version: base.version,
        document: match &base.document {
            Some(doc) => doc.clone(),
            None => Arc::new(Document::new()?),
        },
        changed: false,
        admitted: Vec::new(),
        quarantined: Vec::new(),
        answers: Vec::new(),
    };
    let mut writers: HashSet<Uuid> = base.members;
    for &(p, d) in places {
        let Some((push, up)) = pushes.get(p).and_then(|push| Some((push, push.documents.get(d)?))) else { continue };
        if push.revoked {
            out.answers.push((p, d, refuse_all(p, up, &mut out.quarantined)));
            continue;
        }
        let merged = merge(document.as_deref(), up, push.device, &Limits::default())?;
        if !merged.admitted.is_empty() {
            writers.insert(push.user.0);
        }
        // Who is no member and wrote nothing may not read by guessing an id: for them there is no such visit.
        let down = if writers.contains(&push.user.0) { merged.down } else { unknown(up, merged.down) };
        out.answers.push((p, d, down));
        let keep = |r: Refused| Quarantined { push: p, code: r.code.as_str(), detail: r.detail, bytes: r.bytes };
        out.quarantined.extend(merged.refused.into_iter().map(keep));
        if let Some(next) = merged.document {
            document = Some(Arc::new(next));
            out.changed = true;
            out.admitted.push((p, merged.admitted));
        }
    }
    if let Some(document) = document {
        out.document = document;
    }
    Ok(out)
}

/// The answer about a visit that the asker has no part in.
fn unknown(up: &DocumentUp, merged: DocumentDown) -> DocumentDown {
    let outcome = if merged.refused.is_empty() { Outcome::NeedAll } else { Outcome::Quarantined };
    DocumentDown { visit: up.visit, outcome, heads: Vec::new(), changes: Vec::new(), refused: merged.refused }
}

/// What a revoked device sends is kept, not merged, and it learns nothing.
fn refuse_all(push: usize, up: &DocumentUp, quarantine: &mut Vec<Quarantined>) -> DocumentDown {
    const CODE: &str = "device_revoked";
    let mut refused = Vec::new();
    for change in &up.changes {
        refused.push(sync_core::sync::Refused { sha256: Hash(sha256(change)), code: CODE.to_owned() });
        quarantine.push(Quarantined {
            push,
            code: CODE,
            detail: "the device was revoked".to_owned(),
            bytes: change.to_vec(),
        });
    }
    DocumentDown { visit: up.visit, outcome: Outcome::Quarantined, heads: Vec::new(), changes: Vec::new(), refused }
}
