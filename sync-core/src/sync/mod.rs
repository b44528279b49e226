//! The sync protocol's messages (docs/protocol.md has the CDDL): CBOR with integer keys, one request and one answer.
//! Heads-based and stateless on the server. Any message may be lost, doubled, cut or reordered.

mod advice;
pub mod merge;
mod message;
mod wire;

pub use advice::{Advice, MAX_ADVICE_FLAGS, MAX_ADVICE_ITEMS};
pub use message::*;
pub use minicbor::bytes::ByteVec;
pub use wire::{DecodeError, decode, encode};

use crate::ids::DeviceId;

/// The protocol version that this build speaks.
pub const PROTOCOL: u16 = 1;
/// The oldest version that this build still answers.
pub const OLDEST_PROTOCOL: u16 = 1;

/// Most documents in one request.
pub const MAX_DOCUMENTS: usize = 64;
/// Most changes for one document in one request.
pub const MAX_CHANGES: usize = 512;
/// Most bytes of changes that a phone puts into one request.
pub const MAX_FRAME_BYTES: usize = 1024 * 1024;
/// Most bytes of a request after decompression.
pub const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// What a device signs for one request: for each document, its id and the heads that it sends. The hash links between
/// changes then bind every change below those heads to the device.
pub fn attested_bytes(device: DeviceId, documents: &[DocumentUp]) -> Vec<u8> {
    let mut out = b"countersign/heads/1\n".to_vec();
    out.extend_from_slice(device.as_bytes());
    for d in documents {
        out.extend_from_slice(d.visit.as_bytes());
        out.extend_from_slice(&(d.heads.len() as u32).to_be_bytes());
        for head in &d.heads {
            out.extend_from_slice(&head.0);
        }
    }
    out
}
