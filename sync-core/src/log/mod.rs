//! The log of all receipts (回执日志): an append-only Merkle tree as RFC 9162 (2.1) has it, over the receipts of all customers in
//! the order in which they were committed. Its head is signed and published for each day; from then on no receipt below it
//! can be swapped, dropped or slipped in without giving another root.
//!
//! A leaf is the 32 bytes of a receipt's SHA-256. Leaves are hashed behind a byte 0x00 and inner nodes behind 0x01, so that
//! neither can pass for the other.

mod head;
mod proof;
mod tree;

pub use head::{
    CONSISTENCY_KIND, ConsistencyProof, HEAD_KIND, HEAD_VERSION, Head, INCLUSION_KIND, InclusionProof, PROOF_VERSION,
    ProofError,
};
pub use proof::{verify_consistency, verify_inclusion};
pub use tree::{Grower, Node, Span, complete_nodes, consistency_spans, fold, inclusion_spans};

use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub type Digest32 = [u8; 32];

/// The hash of a leaf with these contents.
pub fn leaf_hash(data: &[u8]) -> Digest32 {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The hash of an inner node.
pub fn node_hash(left: &Digest32, right: &Digest32) -> Digest32 {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves.
pub fn empty_root() -> Digest32 {
    Sha256::digest([]).into()
}

#[cfg(test)]
mod tests;
