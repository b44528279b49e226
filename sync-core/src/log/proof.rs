//! Checking proofs, by the algorithms of RFC 9162 (2.1.3.2 and 2.1.4.2). They hold on nothing but their arguments.

use super::{Digest32, node_hash};

/// Whether `path` proves that the leaf with the hash `leaf` is at `index` of the tree of `size` leaves with this `root`.
pub fn verify_inclusion(leaf: &Digest32, index: u64, size: u64, path: &[Digest32], root: &Digest32) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(beside, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` proves that the tree of `first` leaves with the root `first_root` is the beginning of the tree of `second`
/// leaves with the root `second_root`. Between a tree and itself the empty path does; of an empty tree there is no proof.
pub fn verify_consistency(
    (first, first_root): (u64, &Digest32),
    (second, second_root): (u64, &Digest32),
    path: &[Digest32],
) -> bool {
    if first == 0 || first > second {
        return false;
    }
    if first == second {
        return path.is_empty() && first_root == second_root;
    }
    // The first tree is complete: its root is what the path begins with.
    let (start, rest) = if first.is_power_of_two() {
        (*first_root, path)
    } else {
        match path.split_first() {
            Some((start, rest)) => (*start, rest),
            None => return false,
        }
    };
    let (mut place, mut last) = (first - 1, second - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (start, start);
    for beside in rest {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node_hash(beside, &old);
            new = node_hash(beside, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, beside);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *first_root && new == *second_root
}
