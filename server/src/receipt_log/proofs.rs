//! Proofs, put together from a few dozen stored hashes each, however long the log is.

use crate::store::log::{self, HeadRow};
use crate::store::{StoreError, Tx};
use jiff::civil::Date;
use sync_core::log::{
    CONSISTENCY_KIND, ConsistencyProof, Digest32, INCLUSION_KIND, InclusionProof, Node, PROOF_VERSION, Span,
    complete_nodes, consistency_spans, fold, inclusion_spans,
};
use uuid::Uuid;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    /// No head is over it yet, or not the head of that day.
    #[error("no such head is over this receipt: it is sealed when the day (UTC) is over")]
    NotSealed,
    /// There is no head of that day.
    #[error("there is no head of this day")]
    NoHead,
    /// No authority has stamped it.
    #[error("this head has no time stamp, or none yet")]
    NoStamp,
    /// What is kept of the tree has a hole.
    #[error("the log's subtrees have a hole")]
    Broken,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A proof with the head that it leads to.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The proof.
    pub proof: InclusionProof,
    /// The head.
    pub head: HeadRow,
}

/// The proof that a receipt is under the head of `day`, or under the first head over it.
///
/// # Errors
/// See [`NoProof`].
pub async fn inclusion(tx: &mut Tx, receipt: Uuid, day: Option<Date>) -> Result<Proven, NoProof> {
    let (leaf, receipt_sha256) = log::leaf_of(tx, receipt).await?.ok_or(NoProof::NotSealed)?;
    let head = match day {
        Some(day) => log::head_of(tx, &day.to_string()).await?.ok_or(NoProof::NoHead)?,
        None => log::head_over(tx, leaf).await?.ok_or(NoProof::NotSealed)?,
    };
    let (leaf_index, tree_size) = (unsigned(leaf)?, unsigned(head.tree_size)?);
    let spans = inclusion_spans(leaf_index, tree_size).ok_or(NoProof::NotSealed)?;
    let proof = InclusionProof {
        kind: INCLUSION_KIND.to_owned(),
        version: PROOF_VERSION,
        receipt_sha256,
        leaf_index,
        tree_size,
        head_day: day_of(&head)?,
        path: path(tx, &spans).await?,
    };
    Ok(Proven { proof, head })
}

/// As [`inclusion`], for the first head; `None` where none is over the receipt yet.
///
/// # Errors
/// When the database refuses, or the log is broken.
pub async fn first(tx: &mut Tx, receipt: Uuid) -> Result<Option<Proven>, StoreError> {
    match inclusion(tx, receipt, None).await {
        Ok(proven) => Ok(Some(proven)),
        Err(NoProof::Store(e)) => Err(e),
        Err(e) => {
            if matches!(e, NoProof::Broken) {
                tracing::error!(%receipt, "{e}");
            }
            Ok(None)
        }
    }
}

/// The proof that the log under the head of `from` is the beginning of the one under the head of `to`.
///
/// # Errors
/// See [`NoProof`]; [`NoProof::NoHead`] also when `to` is the earlier one.
pub async fn consistency(tx: &mut Tx, from: Date, to: Date) -> Result<ConsistencyProof, NoProof> {
    let older = log::head_of(tx, &from.to_string()).await?.ok_or(NoProof::NoHead)?;
    let newer = log::head_of(tx, &to.to_string()).await?.ok_or(NoProof::NoHead)?;
    let (from_size, to_size) = (unsigned(older.tree_size)?, unsigned(newer.tree_size)?);
    let spans = consistency_spans(from_size, to_size).ok_or(NoProof::NoHead)?;
    Ok(ConsistencyProof {
        kind: CONSISTENCY_KIND.to_owned(),
        version: PROOF_VERSION,
        from_day: from,
        from_size,
        to_day: to,
        to_size,
        path: path(tx, &spans).await?,
    })
}

fn unsigned(n: i64) -> Result<u64, NoProof> {
    u64::try_from(n).map_err(|_| NoProof::Broken)
}

fn day_of(head: &HeadRow) -> Result<Date, NoProof> {
    head.day.parse().map_err(|_| NoProof::Broken)
}

async fn path(tx: &mut Tx, spans: &[Span]) -> Result<Vec<String>, NoProof> {
    let parts: Vec<Vec<Node>> = spans.iter().map(|span| complete_nodes(*span)).collect();
    let found = log::hashes(tx, &parts.concat()).await?;
    let hash = |nodes: &Vec<Node>| -> Option<String> {
        let hashes = nodes.iter().map(|node| found.get(node).copied()).collect::<Option<Vec<Digest32>>>()?;
        Some(hex::encode(fold(&hashes)))
    };
    parts.iter().map(|nodes| hash(nodes).ok_or(NoProof::Broken)).collect()
}
