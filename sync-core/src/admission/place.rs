//! Places in a visit, and what one change does to them.

use super::change::OpId;
use crate::document::schema::Collection;
use std::collections::HashMap;

/// An operation's id with the actor's place in the history.
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

/// What one change leaves under a key.
#[derive(Clone, Default)]
pub(super) struct Place {
    /// What stands there now, for its author.
    pub(super) standing: Vec<(OpKey, Kept)>,
    /// What it removed of what stood before it.
    pub(super) removed: Vec<OpKey>,
}

/// Something per place.
pub(super) type ByPlace<T> = HashMap<Object, HashMap<String, T>>;

impl OpId {
    /// The same id with the actor's place in the history; `actors` are the author and the others of the change.
    pub(super) fn key(self, actors: &[usize]) -> Option<OpKey> {
        let actor = *actors.get(usize::try_from(self.actor).ok()?)?;
        Some(OpKey { counter: self.counter, actor })
    }
}

/// What the change that is being judged has written so far.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) places: ByPlace<Place>,
    pub(super) maps: HashMap<OpKey, Collection>,
}

impl Pending {
    /// The map that this change made under that id.
    pub(super) fn map(&self, id: OpKey) -> Option<Object> {
        self.maps.get(&id).map(|c| Object::Map(*c, id))
    }

    pub(super) fn make(&mut self, id: OpKey, collection: Collection) {
        self.maps.insert(id, collection);
    }

    /// A write that removed `preds` and left `standing` under the key.
    pub(super) fn write(&mut self, object: Object, key: &str, preds: Vec<OpKey>, standing: Vec<(OpKey, Kept)>) {
        let place = self.places.entry(object).or_default().entry(key.to_owned()).or_default();
        place.removed.extend(preds);
        place.standing = standing;
    }
}
