//! Against a tree that is computed as RFC 9162 defines it, and against the vectors that every implementation of RFC 6962
//! shares (certificate-transparency's `merkle_tree_test`).

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

/// MTH(D[n]) (RFC 9162, 2.1.1), recursively and from all leaves.
fn naive(leaves: &[Vec<u8>]) -> Digest32 {
    match leaves {
        [] => empty_root(),
        [one] => leaf_hash(one),
        more => {
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            node_hash(&naive(&more[..k]), &naive(&more[k..]))
        }
    }
}

fn leaves(n: u64) -> Vec<Vec<u8>> {
    (0..n).map(|i| crate::canonical::sha256(&i.to_be_bytes()).to_vec()).collect()
}

/// A grown tree with what a server keeps of it.
fn grown(leaves: &[Vec<u8>]) -> (Grower, HashMap<Node, Digest32>) {
    let (mut tree, mut kept) = (Grower::default(), HashMap::new());
    for leaf in leaves {
        for (node, hash) in tree.push(leaf_hash(leaf)) {
            assert_eq!(kept.insert(node, hash), None, "a complete subtree never changes: {node:?}");
        }
    }
    (tree, kept)
}

fn hashes(spans: &[Span], kept: &HashMap<Node, Digest32>) -> Vec<Digest32> {
    let hash = |span: &Span| fold(&complete_nodes(*span).iter().map(|node| kept[node]).collect::<Vec<_>>());
    spans.iter().map(hash).collect()
}

/// The inputs and roots of the reference implementation of Certificate Transparency.
#[test]
fn the_shared_vectors_of_rfc_6962() {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    assert_eq!(hex::encode(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let mut tree = Grower::default();
    for (input, root) in inputs.iter().zip(roots) {
        tree.push(leaf_hash(&hex::decode(input).unwrap()));
        assert_eq!(hex::encode(tree.root()), root, "{} leaves", tree.size());
    }
    // PATH(0, D[8]) and PROOF(6, D[8]) of the same source.
    let data: Vec<Vec<u8>> = inputs.iter().map(|i| hex::decode(i).unwrap()).collect();
    let (_, kept) = grown(&data);
    let path: Vec<String> = hashes(&inclusion_spans(0, 8).unwrap(), &kept).iter().map(hex::encode).collect();
    assert_eq!(
        path,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    let path: Vec<String> = hashes(&consistency_spans(6, 8).unwrap(), &kept).iter().map(hex::encode).collect();
    assert_eq!(
        path,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn every_small_tree_and_every_proof_in_it() {
    let all = leaves(33);
    let roots: Vec<Digest32> = (0..=33).map(|n| naive(&all[..n])).collect();
    for n in 0..=33_u64 {
        let (tree, kept) = grown(&all[..n as usize]);
        assert_eq!(tree.root(), roots[n as usize]);
        let whole = complete_nodes(Span { start: 0, end: n });
        let edge: Vec<Digest32> = whole.iter().map(|node| kept[node]).collect();
        assert_eq!(Grower::resume(n, edge).unwrap().root(), roots[n as usize]);
        for index in 0..n {
            let path = hashes(&inclusion_spans(index, n).unwrap(), &kept);
            let leaf = leaf_hash(&all[index as usize]);
            assert!(verify_inclusion(&leaf, index, n, &path, &roots[n as usize]));
            for other in (0..n).filter(|other| *other != index) {
                assert!(!verify_inclusion(&leaf, other, n, &path, &roots[n as usize]), "{index} is not {other}");
            }
        }
        for first in 1..=n {
            let path = hashes(&consistency_spans(first, n).unwrap(), &kept);
            let (old, new) = (&roots[first as usize], &roots[n as usize]);
            assert!(verify_consistency((first, old), (n, new), &path), "{first} in {n}");
            assert!(!verify_consistency((first, new), (n, old), &path) || first == n);
        }
        assert_eq!((inclusion_spans(n, n), consistency_spans(n + 1, n), consistency_spans(0, n)), (None, None, None));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn proofs_of_any_tree_hold_and_changed_ones_do_not(
        size in 1u64..700, index in any::<u64>(), first in any::<u64>(), at in any::<usize>(), bit in 0u8..8,
    ) {
        let all = leaves(size);
        let (tree, kept) = grown(&all);
        let root = tree.root();
        prop_assert_eq!(root, naive(&all));
        let (index, first) = (index % size, first % size + 1);
        let leaf = leaf_hash(&all[index as usize]);
        let path = hashes(&inclusion_spans(index, size).unwrap(), &kept);
        prop_assert!(path.len() <= 10);
        prop_assert!(verify_inclusion(&leaf, index, size, &path, &root));
        let old = naive(&all[..first as usize]);
        let between = hashes(&consistency_spans(first, size).unwrap(), &kept);
        prop_assert!(verify_consistency((first, &old), (size, &root), &between));
        for (path, holds) in [(&path, 0), (&between, 1)] {
            let again = |path: &[Digest32]| match holds {
                0 => verify_inclusion(&leaf, index, size, path, &root),
                _ => verify_consistency((first, &old), (size, &root), path),
            };
            let mut longer = path.clone();
            longer.push([0; 32]);
            prop_assert!(!again(&longer));
            if let Some(place) = at.checked_rem(path.len()) {
                let mut changed = path.clone();
                changed[place][at % 32] ^= 1 << bit;
                prop_assert!(!again(&changed));
                prop_assert!(!again(&path[..path.len() - 1]));
            }
        }
        // A receipt that was swapped afterwards.
        let mut swapped = all.clone();
        swapped[index as usize][0] ^= 1;
        prop_assert_ne!(naive(&swapped), root);
        prop_assert!(!verify_inclusion(&leaf_hash(&swapped[index as usize]), index, size, &path, &root));
    }

    #[test]
    fn no_proof_breaks_the_check(
        index in any::<u64>(), size in any::<u64>(), first in any::<u64>(),
        path in proptest::collection::vec(any::<[u8; 32]>(), 0..80),
    ) {
        let hash = [7; 32];
        prop_assert!(!verify_inclusion(&hash, index, size, &path, &[8; 32]));
        prop_assert!(!verify_consistency((first, &hash), (size, &[8; 32]), &path));
    }
}

#[test]
fn files_say_what_is_wrong_with_them() {
    let all = leaves(5);
    let (tree, kept) = grown(&all);
    let day = "2026-11-23".parse().unwrap();
    let head = Head {
        kind: HEAD_KIND.into(),
        version: HEAD_VERSION,
        number: 1,
        day,
        tree_size: 5,
        root: hex::encode(tree.root()),
        previous_sha256: "00".repeat(32),
        sealed_ms: 1,
    };
    let path = |spans: Option<Vec<Span>>| hashes(&spans.unwrap(), &kept).iter().map(hex::encode).collect::<Vec<_>>();
    let proof = InclusionProof {
        kind: INCLUSION_KIND.into(),
        version: PROOF_VERSION,
        receipt_sha256: hex::encode(&all[3]),
        leaf_index: 3,
        tree_size: 5,
        head_day: day,
        path: path(inclusion_spans(3, 5)),
    };
    let file = serde_json::to_string(&proof).unwrap();
    let proof = InclusionProof::read(&file).unwrap();
    let sha = proof.receipt_sha256.clone();
    assert_eq!(proof.check(&sha, &head), Ok(()));
    assert_eq!(proof.check(&"ab".repeat(32), &head), Err(ProofError::OtherReceipt));
    assert_eq!(proof.check(&sha, &Head { tree_size: 6, ..head.clone() }), Err(ProofError::OtherHead));
    let elsewhere = Head { root: "ab".repeat(32), ..head.clone() };
    assert_eq!(proof.check(&sha, &elsewhere), Err(ProofError::Fails));
    let long = InclusionProof { path: vec!["00".repeat(32); 1000], ..proof.clone() };
    assert_eq!(long.check(&sha, &head).unwrap_err().code(), "proof_malformed");
    for wrong in ["", "{}", &file.replace(INCLUSION_KIND, "x"), &file.replace("\"version\":1", "\"version\":2")] {
        assert_eq!(InclusionProof::read(wrong).unwrap_err().code(), "proof_malformed", "{wrong}");
    }
    let smaller = Head { tree_size: 3, root: hex::encode(naive(&all[..3])), ..head.clone() };
    let between = ConsistencyProof {
        kind: CONSISTENCY_KIND.into(),
        version: PROOF_VERSION,
        from_day: day,
        from_size: 3,
        to_day: day,
        to_size: 5,
        path: path(consistency_spans(3, 5)),
    };
    let between = ConsistencyProof::read(&serde_json::to_string(&between).unwrap()).unwrap();
    assert_eq!(between.check(&smaller, &head), Ok(()));
    assert_eq!(between.check(&head, &smaller), Err(ProofError::OtherHead));
    assert_eq!(between.check(&Head { root: head.root.clone(), ..smaller }, &head), Err(ProofError::Fails));
}
