//! How the tree grows and what is kept of it: only *complete* subtrees, which never change again. Any root and any proof of
//! any earlier size is put together from O(log n) of them.

use super::{Digest32, empty_root, node_hash};

/// A complete subtree: the leaves from `index << level` to `(index + 1) << level` (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its height: 0 is a leaf.
    pub level: u32,
    /// Its place among those of its height, from 0.
    pub index: u64,
}

/// Leaves from `start` to `end` (exclusive): those under one entry of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first leaf.
    pub start: u64,
    /// Behind the last leaf.
    pub end: u64,
}

/// The largest power of two below `n`; `n` is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// The complete subtrees that a span is made of, from left to right, the largest first. Of the spans of proofs and of whole
/// trees, which begin at a multiple of their size rounded up to a power of two; at most 64.
pub fn complete_nodes(span: Span) -> Vec<Node> {
    let mut nodes = Vec::new();
    let (mut start, end) = (span.start, span.end);
    while start < end {
        let level = 63 - (end - start).leading_zeros();
        nodes.push(Node { level, index: start >> level });
        start += 1 << level;
    }
    nodes
}

/// The hash over the complete subtrees of one span, in the order of [`complete_nodes`]. Of none: the root of the tree without
/// leaves.
pub fn fold(hashes: &[Digest32]) -> Digest32 {
    let mut from_right = hashes.iter().rev();
    let Some(last) = from_right.next() else { return empty_root() };
    from_right.fold(*last, |right, left| node_hash(left, &right))
}

/// What an inclusion proof of the leaf `index` in the tree of `size` leaves is made of (RFC 9162, 2.1.3.1), in the order of
/// the proof. `None` when the leaf is not in that tree.
pub fn inclusion_spans(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(Span { start: middle, end });
            end = middle;
        } else {
            path.push(Span { start, end: middle });
            start = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// What a consistency proof between the trees of `first` and of `second` leaves is made of (RFC 9162, 2.1.4.1), in the order of
/// the proof; nothing when both are the same tree. `None` when there is no such proof: the first is empty, or the larger one.
pub fn consistency_spans(first: u64, second: u64) -> Option<Vec<Span>> {
    if first == 0 || first > second {
        return None;
    }
    let (mut start, mut end) = (0, second);
    let mut path = Vec::new();
    // Whether what is left is a whole tree that the verifier knows the root of.
    let mut known = true;
    while first != end {
        let middle = start + split(end - start);
        if first <= middle {
            path.push(Span { start: middle, end });
            end = middle;
        } else {
            path.push(Span { start, end: middle });
            start = middle;
            known = false;
        }
    }
    if !known {
        path.push(Span { start, end });
    }
    path.reverse();
    Some(path)
}

/// Appends leaves, in memory of O(log n).
#[derive(Clone, Debug, Default)]
pub struct Grower {
    size: u64,
    /// The roots of the complete subtrees of the tree so far, the largest first.
    edge: Vec<Digest32>,
}

impl Grower {
    /// Goes on from a tree of `size` leaves with the hashes of its [`complete_nodes`]. `None` when these are not as many as
    /// that tree has.
    pub fn resume(size: u64, edge: Vec<Digest32>) -> Option<Self> {
        let fits = edge.len() == complete_nodes(Span { start: 0, end: size }).len();
        fits.then_some(Self { size, edge })
    }

    /// Appends a leaf by its hash and tells every complete subtree that ends with it, from the leaf upwards.
    pub fn push(&mut self, leaf: Digest32) -> Vec<(Node, Digest32)> {
        let mut node = Node { level: 0, index: self.size };
        let mut hash = leaf;
        let mut made = vec![(node, hash)];
        while node.index & 1 == 1 {
            let Some(left) = self.edge.pop() else { break };
            hash = node_hash(&left, &hash);
            node = Node { level: node.level + 1, index: node.index >> 1 };
            made.push((node, hash));
        }
        self.edge.push(hash);
        self.size += 1;
        made
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree's root.
    pub fn root(&self) -> Digest32 {
        fold(&self.edge)
    }
}
