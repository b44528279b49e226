//! A visit document in memory: the Automerge document and what is known about each of its changes.

use super::genesis::GENESIS;
use automerge::{ActorId, Automerge, Change, ChangeHash};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// Bytes of an actor id: the device's 16 and a random suffix, fresh every time the document is opened for writing, so
/// that a phone restored from a backup never reuses a sequence number.
pub const ACTOR_LEN: usize = 24;

/// What the gate and the sync need to know of one change in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeInfo {
    /// Who wrote it.
    pub actor: ActorId,
    /// Its number among its actor's changes, from 1.
    pub seq: u64,
    /// The number of its last operation (`start_op - 1` when it has none).
    pub max_op: u64,
    /// The changes it was written on top of.
    pub deps: Vec<ChangeHash>,
    /// Seconds since 1970 UTC, by the writer's clock.
    pub time: i64,
}

/// A visit document. It always contains the genesis change.
#[derive(Clone)]
pub struct Document {
    doc: Automerge,
    infos: HashMap<ChangeHash, ChangeInfo>,
    /// The last change of each actor.
    tips: BTreeMap<ActorId, ChangeHash>,
}

/// Why bytes are no visit document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Automerge could not read them.
    #[error("the stored document cannot be read: {0}")]
    Unreadable(String),
    /// They do not begin with the genesis change.
    #[error("the stored document does not begin with the genesis change")]
    NoGenesis,
}

impl Document {
    /// A document with nothing but the genesis.
    ///
    /// # Errors
    /// Never in a build whose genesis file is intact (a test holds it).
    pub fn new() -> Result<Self, DocumentError> {
        static EMPTY: LazyLock<Result<Document, DocumentError>> = LazyLock::new(Document::genesis);
        EMPTY.clone()
    }

    fn genesis() -> Result<Self, DocumentError> {
        let mut doc = Automerge::new();
        let genesis = Change::try_from(GENESIS).map_err(|e| DocumentError::Unreadable(e.to_string()))?;
        doc.apply_changes([genesis]).map_err(|e| DocumentError::Unreadable(e.to_string()))?;
        Self::from_automerge(doc)
    }

    /// Reads what [`Document::save`] wrote. Only for bytes that this program wrote itself: what comes from elsewhere goes
    /// through the gate (`admission`), change by change.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn load(bytes: &[u8]) -> Result<Self, DocumentError> {
        let doc = Automerge::load(bytes).map_err(|e| DocumentError::Unreadable(e.to_string()))?;
        Self::from_automerge(doc)
    }

    fn from_automerge(doc: Automerge) -> Result<Self, DocumentError> {
        let mut this = Self { doc, infos: HashMap::new(), tips: BTreeMap::new() };
        let metas: Vec<_> = this.doc.get_changes_meta(&[]).into_iter().map(|m| m.into_owned()).collect();
        for m in metas {
            let info = ChangeInfo {
                actor: m.actor.into_owned(),
                seq: m.seq,
                max_op: m.max_op,
                deps: m.deps,
                time: m.timestamp,
            };
            this.note(m.hash, info);
        }
        let genesis = (*super::genesis::GENESIS_HASH).ok_or(DocumentError::NoGenesis)?;
        if this.infos.contains_key(&genesis) { Ok(this) } else { Err(DocumentError::NoGenesis) }
    }

    fn note(&mut self, hash: ChangeHash, info: ChangeInfo) {
        let newer = self.tip(&info.actor).is_none_or(|(_, t)| t.seq < info.seq);
        if newer {
            self.tips.insert(info.actor.clone(), hash);
        }
        self.infos.insert(hash, info);
    }

    /// The document as one compact chunk, deflated.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }

    /// The document as one chunk, not deflated: ten times faster to write, for stores that compress by themselves.
    pub fn save_uncompressed(&self) -> Vec<u8> {
        self.doc.save_nocompress()
    }

    /// The heads, sorted.
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.doc.get_heads()
    }

    /// Whether the document holds the change with this hash.
    pub fn has(&self, hash: &ChangeHash) -> bool {
        self.infos.contains_key(hash)
    }

    /// What is known of one change.
    pub fn info(&self, hash: &ChangeHash) -> Option<&ChangeInfo> {
        self.infos.get(hash)
    }

    /// How many changes it holds, the genesis included.
    pub fn change_count(&self) -> usize {
        self.infos.len()
    }

    /// The last change of an actor.
    pub fn tip(&self, actor: &ActorId) -> Option<(ChangeHash, &ChangeInfo)> {
        let hash = *self.tips.get(actor)?;
        Some((hash, self.infos.get(&hash)?))
    }

    /// The actors that wrote here, each with its last change.
    pub fn tips(&self) -> impl Iterator<Item = (&ActorId, &ChangeInfo)> {
        self.tips.iter().filter_map(|(actor, hash)| Some((actor, self.infos.get(hash)?)))
    }

    /// All changes, in no order.
    pub fn infos(&self) -> impl Iterator<Item = (&ChangeHash, &ChangeInfo)> {
        self.infos.iter()
    }

    /// Whether `actor` wrote any change here.
    pub fn knows_actor(&self, actor: &ActorId) -> bool {
        self.tips.contains_key(actor)
    }

    /// All the changes that `heads` stand on, themselves included. Unknown hashes are passed over.
    pub fn ancestry(&self, heads: &[ChangeHash]) -> HashSet<ChangeHash> {
        let mut seen = HashSet::new();
        let mut stack = heads.to_vec();
        while let Some(hash) = stack.pop() {
            if let Some(info) = self.infos.get(&hash)
                && seen.insert(hash)
            {
                stack.extend(info.deps.iter().copied());
            }
        }
        seen
    }

    /// The changes that the holder of `heads` lacks, each after those it depends on. Heads that are not known here are
    /// passed over, so the answer may repeat what the other side has, and never leaves out what it lacks.
    pub fn changes_since(&self, heads: &[ChangeHash]) -> Vec<Change> {
        let known: Vec<ChangeHash> = heads.iter().copied().filter(|h| self.has(h)).collect();
        self.doc.get_changes(&known)
    }

    /// The document itself, to be read.
    pub fn automerge(&self) -> &Automerge {
        &self.doc
    }

    /// Applies changes that are this program's own, or have passed the gate.
    ///
    /// # Errors
    /// Automerge's own, as text; the document must then be thrown away.
    pub(crate) fn apply(&mut self, changes: Vec<Change>) -> Result<(), DocumentError> {
        let new: Vec<(ChangeHash, ChangeInfo)> = changes.iter().map(|c| (c.hash(), info_of(c))).collect();
        self.doc.apply_changes(changes).map_err(|e| DocumentError::Unreadable(e.to_string()))?;
        for (hash, info) in new {
            self.note(hash, info);
        }
        Ok(())
    }

    /// Runs `edit` as one change of `actor` and returns the change, or `None` when it wrote nothing.
    /// On an error the document is unchanged.
    ///
    /// # Errors
    /// What `edit` returns.
    pub(crate) fn transact<E>(
        &mut self,
        actor: &ActorId,
        time: i64,
        edit: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), E>,
    ) -> Result<Option<Change>, E> {
        self.doc.set_actor(actor.clone());
        let mut tx = self.doc.transaction();
        if let Err(e) = edit(&mut tx) {
            tx.rollback();
            return Err(e);
        }
        let (hash, _) = tx.commit_with(automerge::transaction::CommitOptions::default().with_time(time));
        let change = hash.and_then(|h| automerge::ReadDoc::get_change_by_hash(&self.doc, &h));
        if let Some(c) = &change {
            self.note(c.hash(), info_of(c));
        }
        Ok(change)
    }
}

fn info_of(c: &Change) -> ChangeInfo {
    ChangeInfo {
        actor: c.actor_id().clone(),
        seq: c.seq(),
        max_op: c.max_op(),
        deps: c.deps().to_vec(),
        time: c.timestamp(),
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({} changes)", self.infos.len())
    }
}
