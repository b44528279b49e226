//! The count at the end: of what the server and the mail folder hold, not of what the story meant.

use super::books::{self, Visit};
use super::mails::Mail;
use super::receipts::Files;
use super::stage::Stage;
use crate::Failure;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::document::Document;
use sync_core::ids::VisitId;
use sync_core::sync::Hash;

/// What was counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Enrolled phones.
    pub phones: u64,
    /// Visits.
    pub visits: u64,
    /// Changes in the visits' documents, without the genesis that all share.
    pub changes: u64,
    /// Flags per code.
    pub flags: BTreeMap<String, u64>,
    /// Receipts that the server lists.
    pub receipts_issued: u64,
    /// Receipts that hold by `countersign verify` and by the core.
    pub receipts_verified: u64,
    /// Mails in the folder.
    pub mails_written: u64,
    /// Fields for which the server shows more than one value.
    pub conflicts_shown: u64,
    /// Changes that a phone acknowledged to its user and that the server's documents lack.
    pub lost: u64,
    /// Changes, receipts, mails or visits that are there twice.
    pub duplicated: u64,
}

impl Tally {
    /// As one line of JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "phones": self.phones, "visits": self.visits, "changes": self.changes, "flags": self.flags,
            "receipts_issued": self.receipts_issued, "receipts_verified": self.receipts_verified,
            "mails_written": self.mails_written, "conflicts_shown": self.conflicts_shown,
            "lost": self.lost, "duplicated": self.duplicated,
        })
    }
}

/// Counts.
///
/// # Errors
/// When the server does not answer, or holds a document that does not read.
pub fn count(stage: &Stage, files: &Files, mails: &[Mail]) -> Result<Tally, Failure> {
    let api = stage.manager("chen.zong")?;
    let ids = books::visit_ids(&api)?;
    let mut documents: BTreeMap<VisitId, Document> = BTreeMap::new();
    let mut tally = Tally { receipts_verified: files.verified, mails_written: mails.len() as u64, ..Tally::default() };
    let mut orders: BTreeSet<String> = BTreeSet::new();
    for id in &ids {
        let visit: Visit = books::visit(&api, *id)?;
        for flag in &visit.flags {
            *tally.flags.entry(flag.code.clone()).or_default() += 1;
        }
        tally.conflicts_shown += visit.conflicts.len() as u64;
        let document = Document::load(&books::document(&api, *id)?)?;
        let hashes: Vec<_> = document.changes_since(&[]).iter().map(sync_hash).collect();
        let unique: BTreeSet<_> = hashes.iter().collect();
        tally.duplicated += (hashes.len() - unique.len()) as u64;
        // The genesis is in every document and was written by nobody.
        tally.changes += (unique.len() as u64).saturating_sub(1);
        // One work order is one visit: a second one would be the same work twice.
        if let Some(order) = visit.view.origin().and_then(|o| o.work_order) {
            tally.duplicated += u64::from(!orders.insert(order.to_string()));
        }
        tally.duplicated += u64::from(documents.insert(*id, document).is_some());
    }
    tally.visits = documents.len() as u64;
    for actor in &stage.actors {
        for (visit, change) in &actor.phone.ledger {
            let there = documents.get(visit).is_some_and(|d| d.has(&Hash(*change).into()));
            tally.lost += u64::from(!there);
        }
    }
    let issued = books::receipt_ids(&api)?;
    tally.receipts_issued = issued.len() as u64;
    let mut signed = BTreeSet::new();
    for (_, receipt) in &files.receipts {
        let body = &receipt.body;
        tally.duplicated += u64::from(!signed.insert((body.visit, body.sign_off.id)));
    }
    let mut letters = BTreeSet::new();
    for mail in mails {
        tally.duplicated += u64::from(!letters.insert(mail.message_id.clone()));
    }
    tally.phones = books::phones(&stage.company.server)?;
    Ok(tally)
}

fn sync_hash(change: &automerge::Change) -> [u8; 32] {
    change.hash().0
}
