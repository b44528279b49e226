//! What stood where, as of any set of changes: the document, and on top of it what this batch has added so far.
//!
//! A change is judged by the state that its author saw, which is the ancestry of its dependencies. Ancestry is kept as a
//! clock (per actor, the last change's number); that is exact because the gate lets in no change that does not stand on
//! its actor's previous one.

use super::change::OpId;
use super::clock::{Clock, at, include, merge};
use crate::document::genesis::collection_object;
use crate::document::schema::{COLLECTIONS, Collection, Holds};
use crate::document::{ChangeInfo, Document};
use automerge::{ActorId, ChangeHash, ObjId, Prop, ReadDoc, ScalarValue, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// An operation's id with the actor's place in [`History::actors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OpKey {
    pub(super) counter: u64,
    pub(super) actor: usize,
}

/// Where an operation writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Object {
    /// One of the genesis' maps.
    Collection(Collection),
    /// A map made under one of them.
    Map(Collection, OpKey),
}

/// What stands under a key, as far as a rule asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// A time entry that was written down afterwards.
    ManualTime,
    /// Anything else.
    Other,
}

/// One write of this batch.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) object: Object,
    pub(super) key: String,
    pub(super) id: OpKey,
    pub(super) preds: Vec<OpKey>,
    /// What it leaves there; nothing, when it only removes.
    pub(super) kept: Option<Kept>,
}

/// The state that a change was written on.
pub(super) struct Seen {
    pub(super) clock: Clock,
    /// The largest operation number among the dependencies.
    pub(super) max_op: u64,
    /// `None`: all of the document. Otherwise heads for the part of the document that is included.
    heads: Option<Vec<ChangeHash>>,
}

struct Node {
    clock: Rc<Clock>,
    max_op: u64,
}

/// One change as its actor's history remembers it.
type Numbered = (u64, ChangeHash, u64);

#[derive(Default)]
struct Places(HashMap<Object, HashMap<String, Vec<(u64, Written)>>>);

pub(super) struct History<'d> {
    document: &'d Document,
    names: Vec<ActorId>,
    numbers: HashMap<ActorId, usize>,
    /// The last change of each actor in the document: number and largest operation.
    document_tips: Vec<(u64, u64)>,
    /// The same, with this batch.
    tips: Vec<u64>,
    /// Each actor's changes in the document by number; made when it is first needed.
    by_number: Option<Vec<Vec<Numbered>>>,
    document_heads: Vec<ChangeHash>,
    document_clocks: HashMap<Vec<ChangeHash>, Rc<Clock>>,
    batch: HashMap<ChangeHash, Node>,
    places: Places,
    /// What stands in the whole document, as far as it was asked for.
    standing: HashMap<Object, HashMap<String, Vec<(OpKey, Kept)>>>,
    /// Maps made in this batch, with their change's number; and those of the document that were asked for (number 0).
    maps: HashMap<OpKey, (Collection, u64)>,
}

impl<'d> History<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        let mut this = Self {
            document,
            names: Vec::new(),
            numbers: HashMap::new(),
            document_tips: Vec::new(),
            tips: Vec::new(),
            by_number: None,
            document_heads: document.heads(),
            document_clocks: HashMap::new(),
            batch: HashMap::new(),
            places: Places::default(),
            standing: HashMap::new(),
            maps: HashMap::new(),
        };
        for (actor, info) in document.tips() {
            let number = this.number(actor);
            if let (Some(tip), Some(last)) = (this.document_tips.get_mut(number), this.tips.get_mut(number)) {
                *tip = (info.seq, info.max_op);
                *last = info.seq;
            }
        }
        this
    }

    /// How many changes the document and the batch have so far.
    pub(super) fn change_count(&self) -> usize {
        self.document.change_count() + self.batch.len()
    }

    /// The actors so far with the number of their last change.
    pub(super) fn tips(&self) -> impl Iterator<Item = (&ActorId, u64)> {
        self.names.iter().zip(self.tips.iter().copied())
    }

    /// The number of an actor's last change; 0 for one that has written nothing.
    pub(super) fn tip(&self, actor: &ActorId) -> u64 {
        self.numbers.get(actor).and_then(|n| self.tips.get(*n)).copied().unwrap_or(0)
    }

    /// The actor's place, if it has written anything.
    pub(super) fn known(&self, actor: &ActorId) -> Option<usize> {
        self.numbers.get(actor).copied().filter(|n| self.tips.get(*n).is_some_and(|seq| *seq > 0))
    }

    /// The actor's place, a new one if need be.
    pub(super) fn number(&mut self, actor: &ActorId) -> usize {
        if let Some(n) = self.numbers.get(actor) {
            return *n;
        }
        let n = self.names.len();
        self.names.push(actor.clone());
        self.numbers.insert(actor.clone(), n);
        self.document_tips.push((0, 0));
        self.tips.push(0);
        n
    }

    pub(super) fn name(&self, actor: usize) -> Option<&ActorId> {
        self.names.get(actor)
    }

    /// Whether the change is in the document or was admitted in this batch.
    pub(super) fn has(&self, hash: &ChangeHash) -> bool {
        self.batch.contains_key(hash) || self.document.has(hash)
    }

    /// The state that the changes `deps` make, all of which must be here.
    pub(super) fn seen(&mut self, deps: &[ChangeHash]) -> Seen {
        let mut clock = Clock::new();
        let mut max_op = 0;
        let mut of_document = Vec::new();
        for hash in deps {
            if let Some(node) = self.batch.get(hash) {
                merge(&mut clock, &node.clock);
                max_op = max_op.max(node.max_op);
            } else if let Some(info) = self.document.info(hash) {
                max_op = max_op.max(info.max_op);
                of_document.push(*hash);
            }
        }
        if !of_document.is_empty() {
            let known = self.document_clock(of_document);
            merge(&mut clock, &known);
        }
        let whole = self.document_tips.iter().enumerate().all(|(a, (seq, _))| at(&clock, a) >= *seq);
        let heads = if whole { None } else { Some(self.heads_of(&clock)) };
        Seen { clock, max_op, heads }
    }

    fn document_clock(&mut self, heads: Vec<ChangeHash>) -> Rc<Clock> {
        if heads == self.document_heads {
            return Rc::new(self.document_tips.iter().map(|(seq, _)| *seq).collect());
        }
        if let Some(clock) = self.document_clocks.get(&heads) {
            return Rc::clone(clock);
        }
        let mut clock = Clock::new();
        for hash in self.document.ancestry(&heads) {
            if let Some(info) = self.document.info(&hash) {
                include(&mut clock, self.number(&info.actor), info.seq);
            }
        }
        let clock = Rc::new(clock);
        self.document_clocks.insert(heads, Rc::clone(&clock));
        clock
    }

    /// Each actor's last change in the document that the clock includes: together they have the ancestry that it says.
    fn heads_of(&mut self, clock: &Clock) -> Vec<ChangeHash> {
        let tips = self.document_tips.clone();
        tips.iter()
            .enumerate()
            .filter_map(|(actor, (tip, _))| self.numbered(actor, at(clock, actor).min(*tip)))
            .map(|(_, hash, _)| hash)
            .collect()
    }

    fn numbered(&mut self, actor: usize, seq: u64) -> Option<Numbered> {
        if self.by_number.is_none() {
            let mut all = vec![Vec::new(); self.names.len()];
            for (hash, info) in self.document.infos() {
                let ChangeInfo { actor, seq, max_op, .. } = info;
                if let Some(changes) = self.numbers.get(actor).and_then(|n| all.get_mut(*n)) {
                    changes.push((*seq, *hash, *max_op));
                }
            }
            all.iter_mut().for_each(|changes: &mut Vec<Numbered>| changes.sort_unstable_by_key(|(seq, _, _)| *seq));
            self.by_number = Some(all);
        }
        let changes = self.by_number.as_ref()?.get(actor)?;
        let at = changes.binary_search_by_key(&seq, |(seq, _, _)| *seq).ok()?;
        changes.get(at).copied()
    }

    /// The map or collection with this id, if it existed for `seen`.
    pub(super) fn object(&mut self, id: OpKey, seen: &Seen) -> Option<Object> {
        let name = self.name(id.actor)?.clone();
        let collection = COLLECTIONS.into_iter().find(|c| names(&collection_object(*c), id.counter, &name));
        if let Some(collection) = collection {
            return Some(Object::Collection(collection));
        }
        let (collection, number) = match self.maps.get(&id) {
            Some(known) => *known,
            None => {
                let made = (self.document_map(id.counter, &name)?, 0);
                self.maps.insert(id, made);
                made
            }
        };
        let there = if number > 0 {
            at(&seen.clock, id.actor) >= number
        } else {
            let (tip, _) = *self.document_tips.get(id.actor)?;
            let (_, _, max_op) = self.numbered(id.actor, at(&seen.clock, id.actor).min(tip))?;
            id.counter <= max_op
        };
        there.then_some(Object::Map(collection, id))
    }

    fn document_map(&self, counter: u64, actor: &ActorId) -> Option<Collection> {
        let id = ObjId::Id(counter, actor.clone(), 0);
        let parent = self.document.automerge().parents(&id).ok()?.next()?;
        COLLECTIONS.into_iter().find(|c| {
            let ObjId::Id(counter, actor, _) = &parent.obj else { return false };
            c.holds() == Holds::Fields
                && matches!(parent.prop, Prop::Map(_))
                && names(&collection_object(*c), *counter, actor)
        })
    }

    /// What stood under a key for `seen`, and for the change that wrote `pending` on top of it.
    pub(super) fn visible(&mut self, object: Object, key: &str, seen: &Seen, pending: &Pending) -> Vec<(OpKey, Kept)> {
        let mut standing = match &seen.heads {
            Some(heads) => self.in_document(object, key, Some(heads)),
            None => match self.standing.get(&object).and_then(|keys| keys.get(key)) {
                Some(known) => known.clone(),
                None => {
                    let found = self.in_document(object, key, None);
                    self.standing.entry(object).or_default().insert(key.to_owned(), found.clone());
                    found
                }
            },
        };
        let written = self.places.0.get(&object).and_then(|keys| keys.get(key)).into_iter().flatten();
        let included = written.filter(|(seq, w)| at(&seen.clock, w.id.actor) >= *seq).map(|(_, w)| w);
        for write in included.chain(pending.at(object, key)) {
            standing.retain(|(id, _)| !write.preds.contains(id));
            standing.extend(write.kept.map(|kept| (write.id, kept)));
        }
        standing
    }

    fn in_document(&mut self, object: Object, key: &str, heads: Option<&[ChangeHash]>) -> Vec<(OpKey, Kept)> {
        let id = match object {
            Object::Collection(collection) => collection_object(collection),
            Object::Map(_, map) => match self.name(map.actor) {
                Some(actor) => ObjId::Id(map.counter, actor.clone(), 0),
                None => return Vec::new(),
            },
        };
        let automerge = self.document.automerge();
        let values = match heads {
            None => automerge.get_all(&id, key),
            Some(heads) => automerge.get_all_at(&id, key, heads),
        };
        let mut found = Vec::new();
        // An object that only this batch knows is not an error: nothing stands there in the document.
        for (value, id) in values.unwrap_or_default() {
            if let ObjId::Id(counter, actor, _) = id {
                found.push((OpKey { counter, actor: self.number(&actor) }, kept(object, &value)));
            }
        }
        found
    }

    /// Adds a change that passed: later changes of the batch may stand on it.
    pub(super) fn add(&mut self, hash: ChangeHash, author: usize, seq: u64, max_op: u64, seen: Seen, pending: Pending) {
        let mut clock = seen.clock;
        include(&mut clock, author, seq);
        if let Some(tip) = self.tips.get_mut(author) {
            *tip = seq;
        }
        for (id, collection) in pending.maps {
            self.maps.insert(id, (collection, seq));
        }
        for (object, keys) in pending.writes {
            let place = self.places.0.entry(object).or_default();
            for (key, writes) in keys {
                place.entry(key).or_default().extend(writes.into_iter().map(|w| (seq, w)));
            }
        }
        self.batch.insert(hash, Node { clock: Rc::new(clock), max_op });
    }
}

/// What the change that is being judged has written so far.
#[derive(Default)]
pub(super) struct Pending {
    writes: HashMap<Object, HashMap<String, Vec<Written>>>,
    maps: HashMap<OpKey, Collection>,
}

impl Pending {
    pub(super) fn at(&self, object: Object, key: &str) -> impl Iterator<Item = &Written> {
        self.writes.get(&object).and_then(|keys| keys.get(key)).into_iter().flatten()
    }

    /// The map that this change made under that id.
    pub(super) fn map(&self, id: OpKey) -> Option<Object> {
        self.maps.get(&id).map(|c| Object::Map(*c, id))
    }

    pub(super) fn make(&mut self, id: OpKey, collection: Collection) {
        self.maps.insert(id, collection);
    }

    pub(super) fn write(&mut self, write: Written) {
        self.writes.entry(write.object).or_default().entry(write.key.clone()).or_default().push(write);
    }
}

impl OpId {
    /// The same id with the actor's place in the history; `actors` are the author and the others of the change.
    pub(super) fn key(self, actors: &[usize]) -> Option<OpKey> {
        let actor = *actors.get(usize::try_from(self.actor).ok()?)?;
        Some(OpKey { counter: self.counter, actor })
    }
}

fn names(id: &ObjId, counter: u64, actor: &ActorId) -> bool {
    matches!(id, ObjId::Id(c, a, _) if *c == counter && a == actor)
}

fn kept(object: Object, value: &Value<'_>) -> Kept {
    if object == Object::Collection(Collection::Time)
        && let Value::Scalar(scalar) = value
        && let ScalarValue::Str(json) = scalar.as_ref()
        && super::facts::is_manual(json)
    {
        Kept::ManualTime
    } else {
        Kept::Other
    }
}
