//! The change that every visit document begins with. Two phones that begin one visit apart can merge because both
//! start from it; without it each would create its own top-level maps, and Automerge would hide one of them.

use super::schema::{COLLECTIONS, SCHEMA_VERSION};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, AutomergeError, ChangeHash, ObjId, ObjType, ROOT};
use std::sync::LazyLock;

/// The genesis change as bytes, kept as a file: it must never depend on how an encoder happens to write it today.
pub const GENESIS: &[u8] = include_bytes!("genesis.v1.change");

/// The actor that wrote the genesis: a name, not a device.
const GENESIS_ACTOR: &[u8] = b"countersign/1";

/// The hash of [`GENESIS`].
pub static GENESIS_HASH: LazyLock<Option<ChangeHash>> =
    LazyLock::new(|| automerge::Change::try_from(GENESIS).ok().map(|c| c.hash()));

/// Builds the genesis change from the schema. Only used to write and to check the file.
pub fn build() -> Result<Vec<u8>, AutomergeError> {
    let mut doc = Automerge::new().with_actor(ActorId::from(GENESIS_ACTOR));
    let mut tx = doc.transaction();
    tx.put(ROOT, "schema", SCHEMA_VERSION)?;
    for collection in COLLECTIONS {
        tx.put_object(ROOT, collection.key(), ObjType::Map)?;
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    Ok(doc.get_last_local_change().map(|c| c.raw_bytes().to_vec()).unwrap_or_default())
}

/// The object of a collection, the same in every visit: the operations of the genesis are numbered in its order.
pub fn collection_object(collection: super::schema::Collection) -> ObjId {
    let index = COLLECTIONS.iter().position(|c| *c == collection).unwrap_or_default();
    // Operation 1 is the schema version, so the first collection is operation 2. The last part is only a hint
    // for Automerge's actor table, which it checks before it uses it.
    ObjId::Id(index as u64 + 2, ActorId::from(GENESIS_ACTOR), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::ReadDoc;

    #[test]
    fn the_file_is_what_the_schema_says() {
        assert_eq!(build().unwrap(), GENESIS, "a schema change needs a new version, not a new genesis");
    }

    #[test]
    fn collections_are_found_without_looking() {
        let mut doc = Automerge::new();
        doc.apply_changes([automerge::Change::try_from(GENESIS).unwrap()]).unwrap();
        for c in COLLECTIONS {
            let (_, id) = doc.get(ROOT, c.key()).unwrap().unwrap();
            assert_eq!(id, collection_object(c));
        }
    }
}
