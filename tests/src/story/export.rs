//! What `--out DIR` leaves behind, beside the receipts and the key set that were checked there.

use super::books;
use super::stage::Stage;
use crate::Failure;
use serde_json::Value;
use std::path::Path;

/// Documents and the list of visits, from the API; mails, from the folder.
///
/// # Errors
/// When the server does not answer, or the disk does not take it.
pub fn papers(stage: &Stage, out: &Path) -> Result<(), Failure> {
    let api = stage.manager("chen.zong")?;
    let documents = super::folder::inside(out, "documents")?;
    let mut visits: Vec<Value> = Vec::new();
    for id in books::visit_ids(&api)? {
        std::fs::write(documents.join(format!("{id}.automerge")), books::document(&api, id)?)?;
        visits.push(books::visit_json(&api, id)?);
    }
    std::fs::write(out.join("visits.json"), serde_json::to_vec_pretty(&visits)?)?;
    let mails = super::folder::inside(out, "mails")?;
    for mail in super::mails::read_folder(&stage.mail_folder())? {
        if let Some(name) = mail.file.file_name() {
            std::fs::copy(&mail.file, mails.join(name))?;
        }
    }
    Ok(())
}

/// The database, after the server has ended in order: everything is in the one file then.
///
/// # Errors
/// When the server did not end in order, or the copy fails.
pub fn database(stage: &Stage, out: &Path) -> Result<(), Failure> {
    let data = stage.company.server.data();
    let database = data.join("countersign.db");
    let log = data.join("countersign.db-wal");
    std::fs::copy(&database, out.join("countersign.db"))?;
    // Without a clean end the newest pages stand in the log beside it, and belong to the copy.
    if log.metadata().is_ok_and(|m| m.len() > 0) {
        std::fs::copy(&log, out.join("countersign.db-wal"))?;
    }
    Ok(())
}
