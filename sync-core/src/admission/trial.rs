//! The last step: the changes that passed every rule are tried on a copy of the document.
//!
//! No rule is known that this still finds broken; it is here because the rules speak of Automerge as it was read, and a
//! visit that cannot be loaded again is lost.

use super::refusal::{Refusal, RefusalCode};
use crate::document::genesis::collection_object;
use crate::document::schema::Collection;
use crate::document::{ACTOR_LEN, Document};
use automerge::transaction::Transactable;
use automerge::{ActorId, AutomergeError, Change, ChangeHash, ObjId, ReadDoc};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A change that passed the rules.
pub(super) struct Passed {
    pub(super) index: usize,
    pub(super) hash: ChangeHash,
    pub(super) deps: Vec<ChangeHash>,
    /// Where it writes: objects and keys.
    pub(super) written: Vec<(ObjId, String)>,
    pub(super) raw: Vec<u8>,
}

/// Runs `f` and turns a panic into a refusal; counts it.
pub(super) fn contained<T>(panics: &mut usize, f: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    // What `f` works on is thrown away after a panic, or only read by it.
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| {
        *panics += 1;
        Err(Refusal::new(RefusalCode::ContainedPanic, "the program panicked over it"))
    })
}

/// The document with `changes`, or why they cannot be in it.
pub(super) fn attempt(document: &Document, changes: &[&Passed], panics: &mut usize) -> Result<Document, Refusal> {
    contained(panics, || run(document, changes).map_err(|e| Refusal::new(RefusalCode::TrialFailed, e)))
}

fn run(document: &Document, changes: &[&Passed]) -> Result<Document, String> {
    let mut applied = document.clone();
    let parsed = changes
        .iter()
        .map(|c| Change::try_from(c.raw.as_slice()).map_err(|e| e.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    if parsed.iter().zip(changes).any(|(change, c)| change.hash() != c.hash) {
        return Err("a change has another hash for Automerge".into());
    }
    let before = document.heads();
    applied.apply(parsed).map_err(|e| e.to_string())?;

    let mut heads: BTreeSet<ChangeHash> = before.iter().copied().chain(changes.iter().map(|c| c.hash)).collect();
    for dep in changes.iter().flat_map(|c| &c.deps) {
        heads.remove(dep);
    }
    if !applied.heads().iter().eq(&heads) {
        return Err("the document has other heads than the changes make".into());
    }

    let saved = applied.save_uncompressed();
    let mut loaded = Document::load(&saved).map_err(|e| e.to_string())?;
    if loaded.heads() != applied.heads() {
        return Err("the document has other heads once it was saved and read again".into());
    }
    let mut raws: BTreeMap<ChangeHash, &[u8]> = changes.iter().map(|c| (c.hash, c.raw.as_slice())).collect();
    for change in loaded.automerge().get_changes(&before) {
        if raws.remove(&change.hash()).is_some_and(|raw| raw != change.raw_bytes()) {
            return Err("a change has other bytes once the document was saved and read again".into());
        }
    }
    if !raws.is_empty() {
        return Err("a change is gone once the document was saved and read again".into());
    }
    if loaded.save_uncompressed() != saved {
        return Err("the document is saved with other bytes once it was saved and read again".into());
    }
    // The rest of the document is as it was. A view of all of it would cost many times what the trial costs.
    let mut written: HashMap<&ObjId, BTreeSet<&str>> = HashMap::new();
    for (object, key) in changes.iter().flat_map(|c| &c.written) {
        written.entry(object).or_default().insert(key);
    }
    for (object, keys) in written {
        if let Some(key) = differing(&applied, &loaded, object, &keys).map_err(|e| e.to_string())? {
            return Err(format!("{key} says something else once the document was saved and read again"));
        }
    }
    edit(&mut loaded)?;
    Ok(applied)
}

/// From so many keys of one map on, one pass over the map costs less than asking for each of them.
const PASS_FROM: usize = 4;

/// A key among `keys` of a map under which two documents have different values, all that stand there compared.
fn differing(
    applied: &Document,
    loaded: &Document,
    object: &ObjId,
    keys: &BTreeSet<&str>,
) -> Result<Option<String>, AutomergeError> {
    let (applied, loaded) = (applied.automerge(), loaded.automerge());
    let mut one_by_one = keys.clone();
    if keys.len() >= PASS_FROM {
        let (mut ours, mut theirs) = (applied.map_range(object, ..), loaded.map_range(object, ..));
        loop {
            let (a, b) = match (ours.next(), theirs.next()) {
                (None, None) => break,
                (Some(a), Some(b)) => (a, b),
                (Some(one), None) | (None, Some(one)) => return Ok(Some(one.key.into_owned())),
            };
            if (&a.key, &a.value, a.conflict, a.id()) != (&b.key, &b.value, b.conflict, b.id()) {
                return Ok(Some(a.key.into_owned()));
            }
            // The pass brings only the winner of several.
            if !a.conflict {
                one_by_one.remove(&*a.key);
            }
        }
    }
    for key in one_by_one {
        if applied.get_all(object, key)? != loaded.get_all(object, key)? {
            return Ok(Some(key.to_owned()));
        }
    }
    Ok(None)
}

/// The next edit must work: some changes poison the document only for the one who writes next.
fn edit(document: &mut Document) -> Result<(), String> {
    let actor = ActorId::from([0xff; ACTOR_LEN].as_slice());
    document
        .transact(&actor, 0, |tx| tx.put(collection_object(Collection::Ext), "trial", "edit"))
        .map_err(|e| e.to_string())?
        .map(|_| ())
        .ok_or_else(|| "a trial edit wrote nothing".into())
}
