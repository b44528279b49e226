//! `countersign verify` and `countersign receipt …`.

use super::print_line;
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::keys::Keys;
use crate::mail::mailroom::{self, Again, Ground};
use crate::receipt_log::proofs;
use crate::receipts::jwks::KeySet;
use crate::receipts::pdf::Renderer;
use crate::receipts::pdf::template::OWN;
use crate::receipts::stored::verify_rows;
use crate::receipts::verify::{LogFiles, verify_with_log};
use crate::store::{Db, log, outbox, receipts, stamps};
use clap::{Args, Subcommand};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use sync_core::canonical::to_canonical_json;
use sync_core::log::Head;
use sync_core::statement::Signed;
use uuid::Uuid;

/// Rows read at once.
const PAGE: i64 = 500;

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The server's public keys (a JWK set, from /.well-known/jwks.json). Default: jwks.json beside each file.
    #[arg(long, value_name = "JWKS")]
    keys: Option<PathBuf>,
    /// Receipt files (JSON, or PDF with the record attached). Several of one customer are also checked against each
    /// other; the pages of a PDF are set again and compared, where this machine has the same fonts. Heads of the log and
    /// other files that the server signs are checked too.
    #[arg(required_unless_present = "heads")]
    files: Vec<PathBuf>,
    /// The proof that one of the receipts is in the log of all receipts, or that one head's log is the beginning of another's
    /// (docs/verification.md). May be given several times.
    #[arg(long = "proof", value_name = "FILE", requires = "heads")]
    proofs: Vec<PathBuf>,
    /// A published head that a proof leads to, from /.well-known/countersign/heads/DAY. May be given several times.
    #[arg(long = "head", value_name = "FILE")]
    heads: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum HeadsCommand {
    /// List the heads of the log of all receipts: number, day (UTC), how many receipts, root, when sealed (milliseconds since
    /// 1970 UTC), and when an authority stamped it, or by what the last attempt failed.
    List,
    /// Print one head, exactly as it was signed.
    Show {
        /// Its day, such as 2026-11-23, or latest.
        day: String,
    },
}

pub(super) async fn heads(config: Config, command: HeadsCommand) -> Result<(), Failure> {
    let db = Db::open(&config.database_url).await?;
    let mut tx = db.read().await?;
    match command {
        HeadsCommand::List => {
            let mut after = 0;
            loop {
                let page = log::heads(&mut tx, after, PAGE).await?;
                let Some(last) = page.last() else { return Ok(()) };
                let stamps = stamps::between(&mut tx, after, last.number).await?;
                after = last.number;
                for h in &page {
                    let stamp = stamps.iter().find(|s| s.number == h.number);
                    let stamp = stamp.and_then(|s| s.stamped_ms.map(|ms| ms.to_string()).or_else(|| s.problem.clone()));
                    let stamp = stamp.unwrap_or_else(|| "-".to_owned());
                    let head: Signed<Head> = serde_json::from_str(&h.body)
                        .map_err(|e| Failure::new(format!("head {} cannot be read: {e}", h.number)))?;
                    let (number, day, size, sealed) = (h.number, &h.day, h.tree_size, h.sealed_ms);
                    print_line(&format!("{number}\t{day}\t{size}\t{}\t{sealed}\t{stamp}", head.body.root))?;
                }
            }
        }
        HeadsCommand::Show { day } => {
            let row = match day.as_str() {
                "latest" => log::last_head(&mut tx).await?,
                day => log::head_of(&mut tx, day).await?,
            };
            let none = || Failure::new(format!("there is no head of {day}")).hint("countersign heads list shows all");
            print_line(&row.ok_or_else(none)?.body)
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ReceiptCommand {
    /// List all receipts: number, revision, visit, when issued (milliseconds since 1970 UTC), and how many of its mails
    /// were sent of how many, and how many reached nobody.
    List,
    /// Print one receipt, exactly as it was issued.
    Show {
        /// Its number.
        number: String,
        /// Print how its mails stand with their recipients instead: id, state, recipient, attempts, explanation.
        #[arg(long)]
        mails: bool,
    },
    /// Send the mails of a receipt again, byte for byte, or one of them to another address. A running server sends them
    /// within half a minute.
    Resend {
        /// The receipt's number.
        number: String,
        /// Only the mail to this address. Default: every mail that was given up or came back.
        #[arg(long, value_name = "ADDRESS")]
        recipient: Option<String>,
        /// Send it to this address instead.
        #[arg(long, value_name = "ADDRESS", requires = "recipient")]
        to: Option<String>,
        /// Why; it stands in the audit trail.
        #[arg(long)]
        reason: String,
    },
    /// Print the proof that a receipt is in the log of all receipts, for countersign verify --proof.
    Proof {
        /// Its number.
        number: String,
        /// Under the head of this day (UTC). Default: the first head over it.
        #[arg(long, value_name = "DAY")]
        head: Option<String>,
    },
    /// Check receipts in the database: their signatures, their chains, and that their rows say the same.
    Verify {
        /// Their numbers. Default: all.
        numbers: Vec<String>,
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
    let log = LogFiles { proofs: args.proofs.clone(), heads: args.heads.clone() };
    let report = verify_with_log(args.keys.as_deref(), &args.files, &log, &renderer)?;
    print_line(report.to_string().trim_end())?;
    let bad = report.files.iter().filter(|f| f.code != "ok").count();
    match (report.holds(), bad) {
        (true, _) => Ok(()),
        (false, 0) if report.log.iter().any(|f| f.fails) => {
            Err(Failure::new("the log does not confirm the receipts as the proofs say"))
        }
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
    match command {
        ReceiptCommand::List => list(&db).await,
        ReceiptCommand::Show { number, mails: false } => {
            let row = receipts::by_number(&mut db.read().await?, &number).await?;
            print_line(&row.ok_or_else(|| none(&number))?.body)
        }
        ReceiptCommand::Show { number, mails: true } => {
            let mails = mailroom::of_number(&mut db.read().await?, &number).await?.ok_or_else(|| none(&number))?;
            for m in mails {
                let why = m.bounce.as_deref().or(m.last_error.as_deref()).unwrap_or_default();
                print_line(&format!("{}\t{}\t{}\t{}\t{why}", m.id, m.standing(), m.recipient, m.attempts))?;
            }
            Ok(())
        }
        ReceiptCommand::Resend { number, recipient, to, reason } => {
            let wanted = Wanted { recipient, to, reason };
            resend(&db, &config, &number, wanted).await
        }
        ReceiptCommand::Proof { number, head } => {
            let day = head.map(|d| d.parse().map_err(|_| Failure::usage(format!("{d} is no day")))).transpose()?;
            let mut tx = db.read().await?;
            let row = receipts::by_number(&mut tx, &number).await?.ok_or_else(|| none(&number))?;
            let proven = proofs::inclusion(&mut tx, row.id, day).await;
            let proven =
                proven.map_err(|e| Failure::new(e.to_string()).hint("countersign heads list shows all heads"))?;
            print_line(&to_canonical_json(&proven.proof).map_err(|e| Failure::new(e.to_string()))?)
        }
        ReceiptCommand::Verify { numbers } => verify_stored(&db, &config, &numbers).await,
        // It needs no database and was answered before one was opened.
        ReceiptCommand::Template { .. } => Ok(()),
    }
}

fn none(number: &str) -> Failure {
    Failure::new(format!("there is no receipt {number}")).hint("countersign receipt list shows all")
}

async fn list(db: &Db) -> Result<(), Failure> {
    let mut tx = db.read().await?;
    let mut after = Uuid::nil();
    loop {
        let page = receipts::list(&mut tx, after, PAGE).await?;
        for r in &page {
            let mails = outbox::of_receipt(&mut tx, r.id).await?;
            let live = mails.iter().filter(|m| m.replaced_by.is_none());
            let (all, lost) = (live.clone().count(), live.clone().filter(|m| m.undelivered()).count());
            let sent = live.filter(|m| m.standing() == "sent").count();
            let (number, revision, visit, issued) = (&r.number, r.revision, r.visit_id, r.issued_ms);
            print_line(&format!("{number}\t{revision}\t{visit}\t{issued}\t{sent}/{all}\t{lost}"))?;
        }
        match page.last() {
            Some(last) => after = last.id,
            None => return Ok(()),
        }
    }
}

/// Which mails, and where to.
struct Wanted {
    recipient: Option<String>,
    to: Option<String>,
    reason: String,
}

async fn resend(db: &Db, config: &Config, number: &str, wanted: Wanted) -> Result<(), Failure> {
    let mut tx = db.begin().await?;
    let mails = mailroom::of_number(&mut tx, number).await?.ok_or_else(|| none(number))?;
    let hint = "countersign receipt show --mails NUMBER shows how its mails stand";
    let chosen: Vec<_> = mails
        .into_iter()
        .filter(|m| m.replaced_by.is_none() && m.kind != "code")
        .filter(|m| match &wanted.recipient {
            Some(address) => m.recipient.eq_ignore_ascii_case(address),
            None => m.undelivered(),
        })
        .collect();
    if chosen.is_empty() {
        return Err(Failure::usage(format!("no mail of {number} is to be sent again")).hint(hint));
    }
    // The server's own address, which new Message-IDs end with.
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let ground = Ground { user: None, public_url: &public_url, now_ms: Clock::default().now_ms() };
    for mail in chosen {
        let (id, to) = (mail.id, wanted.to.clone().unwrap_or_else(|| mail.recipient.clone()));
        let again = Again { id: Uuid::now_v7(), mail: id, address: wanted.to.clone(), reason: wanted.reason.clone() };
        let done = mailroom::send_again(&mut tx, mail, &again, &ground).await;
        let done = done.map_err(|e| Failure::usage(format!("{number} to {to}: {e}")).hint(hint))?;
        print_line(&format!("{}\t{}\t{}", done.id, done.standing(), done.recipient))?;
    }
    tx.commit().await?;
    Ok(())
}

async fn verify_stored(db: &Db, config: &Config, numbers: &[String]) -> Result<(), Failure> {
    let keys = Keys::open(&config.keys_dir)?;
    let keys = KeySet::one(&keys.receipt.kid, keys.receipt.public());
    let mut tx = db.read().await?;
    let mut rows = Vec::new();
    for number in numbers {
        rows.push(receipts::by_number(&mut tx, number).await?.ok_or_else(|| none(number))?);
    }
    if numbers.is_empty() {
        let mut after = Uuid::nil();
        loop {
            let page = receipts::list(&mut tx, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            rows.extend(page);
        }
    }
    drop(tx);
    let report = verify_rows(&keys, &rows);
    print_line(report.to_string().trim_end())?;
    match report.holds() {
        true => Ok(()),
        false => Err(Failure::new("what is stored does not hold").hint("restore the database, or the keys' directory")),
    }
}
