//! What stood where, as of any set of changes: the document, and on top of it what this batch has added so far.
//!
//! A change is judged by the state that its author saw, which is the ancestry of its dependencies. Ancestry is kept as a
//! clock (per actor, the last change's number); that is exact because the gate lets in no change that does not stand on
//! its actor's previous one.

use super::clock::{Clock, at, include, merge};
use super::place::{ByPlace, Kept, Object, OpKey, Pending, Place};
use crate::document::genesis::collection_object;
use crate::document::schema::{COLLECTIONS, Collection, Holds};
use crate::document::{ChangeInfo, Document};
use automerge::{ActorId, ChangeHash, ObjId, Prop, ReadDoc, ScalarValue, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// The state that a change was written on.
pub(super) struct Seen {
    pub(super) clock: Clock,
    /// The largest operation number among the dependencies.
    pub(super) max_op: u64,
    /// `None`: all of the document. Otherwise heads for the part of the document that is included.
    heads: Option<Vec<ChangeHash>>,
    base: Base,
}

struct Node {
    clock: Rc<Clock>,
    max_op: u64,
    base: Base,
}

/// The changes of the document that a change and its ancestors in the batch stand on; `None` when they are many.
type Base = Option<Vec<ChangeHash>>;

/// Beyond so many, what a change stands on in the document is told by each actor's last change instead: Automerge finds
/// the ancestry of a few heads sooner.
const FEW: usize = 8;

/// One change as its actor's history remembers it.
type Numbered = (u64, ChangeHash, u64);

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
    /// What the changes of this batch left, each with its author and number, in the order in which they were judged.
    places: ByPlace<Vec<(usize, u64, Place)>>,
    /// What stands in the whole document, as far as it was asked for.
    standing: ByPlace<Vec<(OpKey, Kept)>>,
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
            places: HashMap::new(),
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
        let mut base: Base = Some(Vec::new());
        for hash in deps {
            if let Some(node) = self.batch.get(hash) {
                merge(&mut clock, &node.clock);
                max_op = max_op.max(node.max_op);
                base = base.zip(node.base.as_ref()).map(|(base, more)| [base.as_slice(), more].concat());
            } else if let Some(info) = self.document.info(hash) {
                max_op = max_op.max(info.max_op);
                of_document.push(*hash);
            }
        }
        base = base.and_then(|mut base| {
            base.extend(&of_document);
            base.sort_unstable();
            base.dedup();
            (base.len() <= FEW).then_some(base)
        });
        if !of_document.is_empty() {
            let known = self.document_clock(of_document);
            merge(&mut clock, &known);
        }
        let whole = self.document_tips.iter().enumerate().all(|(a, (seq, _))| at(&clock, a) >= *seq);
        let heads = match &base {
            _ if whole => None,
            Some(few) => Some(few.clone()),
            None => Some(self.heads_of(&clock)),
        };
        Seen { clock, max_op, heads, base }
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
        if let Some(place) = pending.places.get(&object).and_then(|keys| keys.get(key)) {
            return place.standing.clone();
        }
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
        for (author, seq, place) in self.places.get(&object).and_then(|keys| keys.get(key)).into_iter().flatten() {
            if at(&seen.clock, *author) >= *seq {
                standing.retain(|(id, _)| !place.removed.contains(id));
                standing.extend(&place.standing);
            }
        }
        standing
    }

    fn in_document(&mut self, object: Object, key: &str, heads: Option<&[ChangeHash]>) -> Vec<(OpKey, Kept)> {
        let Some(id) = self.object_id(object) else { return Vec::new() };
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

    /// Adds a change that passed: later changes of the batch may stand on it. Returns where it wrote.
    pub(super) fn add(&mut self, change: Judged, seen: Seen) -> Vec<(ObjId, String)> {
        let Judged { hash, author, seq, start_op, max_op, pending } = change;
        let mut clock = seen.clock;
        include(&mut clock, author, seq);
        if let Some(tip) = self.tips.get_mut(author) {
            *tip = seq;
        }
        for (id, collection) in pending.maps {
            self.maps.insert(id, (collection, seq));
        }
        let own = |id: &OpKey| id.actor == author && id.counter >= start_op;
        let mut written = Vec::new();
        for (object, keys) in pending.places {
            let id = self.object_id(object);
            let places = self.places.entry(object).or_default();
            for (key, mut place) in keys {
                place.standing.retain(|(id, _)| own(id));
                place.removed.retain(|id| !own(id));
                written.extend(id.clone().map(|id| (id, key.clone())));
                places.entry(key).or_default().push((author, seq, place));
            }
        }
        self.batch.insert(hash, Node { clock: Rc::new(clock), max_op, base: seen.base });
        written
    }

    fn object_id(&self, object: Object) -> Option<ObjId> {
        match object {
            Object::Collection(collection) => Some(collection_object(collection)),
            Object::Map(_, map) => self.name(map.actor).map(|actor| ObjId::Id(map.counter, actor.clone(), 0)),
        }
    }
}

/// A change that the rules let through.
pub(super) struct Judged {
    pub(super) hash: ChangeHash,
    pub(super) author: usize,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) max_op: u64,
    pub(super) pending: Pending,
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
