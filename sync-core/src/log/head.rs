//! The files: the signed head of a day, and the proofs that lead to it. Proofs are not signed: they hold or they do not.

use super::{Digest32, leaf_hash, verify_consistency, verify_inclusion};
use crate::statement::Statement;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The `kind` of a head.
pub const HEAD_KIND: &str = "log_head";
/// The version of a head's form.
pub const HEAD_VERSION: u32 = 1;
/// The `kind` of an inclusion proof.
pub const INCLUSION_KIND: &str = "inclusion_proof";
/// The `kind` of a consistency proof.
pub const CONSISTENCY_KIND: &str = "consistency_proof";
/// The version of the proofs' form.
pub const PROOF_VERSION: u32 = 1;

/// More than any tree of 2^64 leaves gives.
const LONGEST_PATH: usize = 128;

/// What the log came to when a day was over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// [`HEAD_KIND`].
    pub kind: String,
    /// [`HEAD_VERSION`].
    pub version: u32,
    /// Which head it is, from 1 without gaps.
    pub number: u64,
    /// The day that was over, in UTC.
    pub day: Date,
    /// How many receipts there were.
    pub tree_size: u64,
    /// The root of the tree, lower-case hex.
    pub root: String,
    /// SHA-256 of the file of the head before it, lower-case hex; 64 zeros for the first.
    pub previous_sha256: String,
    /// When it was sealed, milliseconds since 1970 UTC by the server's clock.
    pub sealed_ms: i64,
}

impl Statement for Head {
    const KIND: &'static str = HEAD_KIND;
    const VERSION: u32 = HEAD_VERSION;
    fn form(&self) -> (&str, u32) {
        (&self.kind, self.version)
    }
}

/// That a receipt is in the log of a certain size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// [`INCLUSION_KIND`].
    pub kind: String,
    /// [`PROOF_VERSION`].
    pub version: u32,
    /// SHA-256 of the receipt's file, lower-case hex.
    pub receipt_sha256: String,
    /// Its place in the log, from 0.
    pub leaf_index: u64,
    /// How many receipts the log has.
    pub tree_size: u64,
    /// The day of the head with this size.
    pub head_day: Date,
    /// The hashes beside its way to the root, from below, lower-case hex.
    pub path: Vec<String>,
}

/// That a smaller log is the beginning of a larger one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// [`CONSISTENCY_KIND`].
    pub kind: String,
    /// [`PROOF_VERSION`].
    pub version: u32,
    /// The day of the earlier head.
    pub from_day: Date,
    /// Its size.
    pub from_size: u64,
    /// The day of the later head.
    pub to_day: Date,
    /// Its size.
    pub to_size: u64,
    /// The proof, lower-case hex.
    pub path: Vec<String>,
}

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is no proof of this kind and version.
    #[error("this is no proof: {0}")]
    Malformed(String),
    /// It is about another receipt.
    #[error("this proof is about another receipt")]
    OtherReceipt,
    /// It leads to the tree of another head.
    #[error("this proof is for a log of another size than the head's")]
    OtherHead,
    /// It does not lead to the root.
    #[error("this proof does not lead to the root in the head: the receipt is not in that log")]
    Fails,
}

impl ProofError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "proof_malformed",
            Self::OtherReceipt => "proof_other_receipt",
            Self::OtherHead => "proof_other_head",
            Self::Fails => "proof_fails",
        }
    }
}

impl InclusionProof {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ProofError::Malformed`].
    pub fn read(file: &str) -> Result<Self, ProofError> {
        let proof: Self = read(file)?;
        formed(&proof.kind, INCLUSION_KIND, proof.version).map(|()| proof)
    }

    /// Whether it proves that the receipt with this SHA-256 (lower-case hex) is in the log that `head` signs. The head's own
    /// signature is another check.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn check(&self, receipt_sha256: &str, head: &Head) -> Result<(), ProofError> {
        if self.receipt_sha256 != receipt_sha256 {
            return Err(ProofError::OtherReceipt);
        }
        if self.tree_size != head.tree_size {
            return Err(ProofError::OtherHead);
        }
        let leaf = leaf_hash(&digest(receipt_sha256)?);
        let holds =
            verify_inclusion(&leaf, self.leaf_index, self.tree_size, &digests(&self.path)?, &digest(&head.root)?);
        if holds { Ok(()) } else { Err(ProofError::Fails) }
    }
}

impl ConsistencyProof {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ProofError::Malformed`].
    pub fn read(file: &str) -> Result<Self, ProofError> {
        let proof: Self = read(file)?;
        formed(&proof.kind, CONSISTENCY_KIND, proof.version).map(|()| proof)
    }

    /// Whether it proves that the log that `from` signs is the beginning of the one that `to` signs.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn check(&self, from: &Head, to: &Head) -> Result<(), ProofError> {
        if (self.from_size, self.to_size) != (from.tree_size, to.tree_size) {
            return Err(ProofError::OtherHead);
        }
        let (old, new) = (digest(&from.root)?, digest(&to.root)?);
        let holds = verify_consistency((self.from_size, &old), (self.to_size, &new), &digests(&self.path)?);
        if holds { Ok(()) } else { Err(ProofError::Fails) }
    }
}

fn read<T: DeserializeOwned>(file: &str) -> Result<T, ProofError> {
    serde_json::from_str(file).map_err(|e| ProofError::Malformed(e.to_string()))
}

fn formed(kind: &str, wanted: &str, version: u32) -> Result<(), ProofError> {
    if kind != wanted {
        return Err(ProofError::Malformed(format!("it is none of kind {wanted}")));
    }
    if version != PROOF_VERSION {
        return Err(ProofError::Malformed(format!("version {version} is not known here")));
    }
    Ok(())
}

fn digest(text: &str) -> Result<Digest32, ProofError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|e| ProofError::Malformed(e.to_string()))?;
    Ok(bytes)
}

fn digests(path: &[String]) -> Result<Vec<Digest32>, ProofError> {
    if path.len() > LONGEST_PATH {
        return Err(ProofError::Malformed("its path is longer than any tree is high".to_owned()));
    }
    path.iter().map(|text| digest(text)).collect()
}
