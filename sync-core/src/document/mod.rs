//! The visit document: its shape, its facts, how they are written and read.

pub mod command;
pub mod facts;
pub mod genesis;
pub mod history;
pub mod read;
pub mod schema;
mod store;
pub mod view;
pub(crate) mod words;
pub mod write;

pub use store::{ACTOR_LEN, ChangeInfo, Document, DocumentError};

use crate::ids::DeviceId;
use automerge::ActorId;

/// The device that an actor belongs to: its first 16 bytes. `None` for the genesis and for anything malformed.
pub fn actor_device(actor: &ActorId) -> Option<DeviceId> {
    let bytes = actor.to_bytes();
    if bytes.len() != ACTOR_LEN {
        return None;
    }
    uuid::Uuid::from_slice(bytes.get(..16)?).ok().map(DeviceId)
}

/// The actor of `device` with this suffix.
pub fn device_actor(device: DeviceId, suffix: [u8; 8]) -> ActorId {
    let mut bytes = Vec::with_capacity(ACTOR_LEN);
    bytes.extend_from_slice(device.as_bytes());
    bytes.extend_from_slice(&suffix);
    ActorId::from(bytes)
}
