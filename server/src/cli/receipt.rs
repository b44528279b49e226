//! `countersign verify` and `countersign receipt …`.

use super::print_line;
use crate::config::Config;
use crate::failure::Failure;
use crate::receipts::pdf::Renderer;
use crate::receipts::pdf::template::OWN;
use crate::receipts::verify::verify_files;
use crate::store::{Db, receipts};
use clap::{Args, Subcommand};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Rows read at once.
const PAGE: i64 = 500;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The server's public keys (a JWK set, from /.well-known/jwks.json). Default: jwks.json beside each file.
    #[arg(long, value_name = "JWKS")]
    keys: Option<PathBuf>,
    /// Receipt files (JSON, or PDF with the record attached). Several of one customer are also checked against each
    /// other; the pages of a PDF are set again and compared, where this machine has the same fonts.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ReceiptCommand {
    /// List all receipts: number, revision, visit, when issued (milliseconds since 1970 UTC).
    List,
    /// Print one receipt, exactly as it was issued.
    Show {
        /// Its number.
        number: String,
    },
    /// Write the program's own template for PDFs into a folder, to be changed there (docs/receipt.md).
    Template {
        /// The folder; files that are there already are left alone.
        folder: PathBuf,
    },
}

/// Checks files; ends with 1 when one does not hold.
pub(super) fn verify(args: &VerifyArgs, template: Option<&Path>) -> Result<(), Failure> {
    let renderer = Renderer::open(template)?;
    let report = verify_files(args.keys.as_deref(), &args.files, &renderer)?;
    print_line(report.to_string().trim_end())?;
    let bad = report.files.iter().filter(|f| f.code != "ok").count();
    match (report.holds(), bad) {
        (true, _) => Ok(()),
        (false, 0) => Err(Failure::new("the receipts do not follow each other as they should")),
        (false, n) => Err(Failure::new(format!("{n} of {} receipts do not hold", report.files.len()))),
    }
}

/// Writes the template's files; one that somebody has changed is not overwritten.
fn template(folder: &Path) -> Result<(), Failure> {
    let refuse = |path: &Path, e: std::io::Error| Failure::new(format!("{} cannot be written: {e}", path.display()));
    std::fs::create_dir_all(folder).map_err(|e| refuse(folder, e))?;
    for (name, text) in OWN {
        let path = folder.join(name);
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes()).map_err(|e| refuse(&path, e))?;
                print_line(&path.display().to_string())?;
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                print_line(&format!("{} is there already and was left alone", path.display()))?;
            }
            Err(e) => return Err(refuse(&path, e)),
        }
    }
    Ok(())
}

pub(super) async fn receipt(config: Config, command: ReceiptCommand) -> Result<(), Failure> {
    if let ReceiptCommand::Template { folder } = &command {
        return template(folder);
    }
    let db = Db::open(&config.database_url).await?;
    let mut tx = db.read().await?;
    match command {
        ReceiptCommand::List => {
            let mut after = Uuid::nil();
            loop {
                let page = receipts::list(&mut tx, after, PAGE).await?;
                for r in &page {
                    print_line(&format!("{}\t{}\t{}\t{}", r.number, r.revision, r.visit_id, r.issued_ms))?;
                }
                match page.last() {
                    Some(last) => after = last.id,
                    None => break,
                }
            }
        }
        ReceiptCommand::Show { number } => {
            let row = receipts::by_number(&mut tx, &number).await?;
            let row = row.ok_or_else(|| {
                Failure::new(format!("there is no receipt {number}")).hint("countersign receipt list shows all")
            })?;
            print_line(&row.body)?;
        }
        // It needs no database and was answered before one was opened.
        ReceiptCommand::Template { .. } => {}
    }
    Ok(())
}
