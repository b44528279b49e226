//! `countersign import`.

use super::print_line;
use crate::auth::passwords::Passwords;
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::import::engine::{Plan, import};
use crate::import::{ImportError, KINDS, Source, kind_called};
use crate::store::Db;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// Below this many rows no progress is shown.
const LONG: usize = 2000;

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// users, packages, customers, contacts, contracts, assets or work-orders. Default: by the file's name; a JSON
    /// object with a key per kind needs none.
    #[arg(long)]
    kind: Option<String>,
    /// Only try: report what would be done, and every error.
    #[arg(long)]
    dry_run: bool,
    /// CSV (UTF-8 or GB18030, with a heading) or .json files; each is taken in whole or not at all.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(super) async fn run(config: Config, args: ImportArgs) -> Result<(), Failure> {
    let kind = match &args.kind {
        Some(name) => Some(kind_called(name).ok_or_else(|| {
            let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
            Failure::usage(format!("unknown kind: {name}")).hint(names.join(", "))
        })?),
        None => None,
    };
    config.prepare_data_dir()?;
    let db = Db::open(&config.database_url).await?;
    db.migrate().await?;
    let passwords = Passwords::new().map_err(|e| Failure::new(e.to_string()))?;
    for file in &args.files {
        let bytes = std::fs::read(file)
            .map_err(|e| Failure::new(format!("{} cannot be read: {e}", file.display())).hint("is the path right?"))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let plan = Plan {
            db: &db,
            passwords: &passwords,
            by: None,
            now_ms: Clock::default().now_ms(),
            dry_run: args.dry_run,
            progress: &progress,
        };
        let report = match import(&plan, Source::from_file(&name, bytes, kind)).await {
            Ok(report) => report,
            Err(ImportError::Rows { errors, total }) => {
                for error in &errors {
                    eprintln!("{}: {error}", file.display());
                }
                if total > errors.len() {
                    eprintln!("{}: and {} more", file.display(), total - errors.len());
                }
                return Err(Failure::new(format!("{}: {total} errors; nothing of it was imported", file.display()))
                    .hint("correct them and import the file again: what is there already is not written twice"));
            }
            Err(e) => return Err(Failure::new(format!("{}: {e}", file.display()))),
        };
        let word = if report.dry_run { "would be added" } else { "added" };
        print_line(&format!(
            "{}: {} {word}, {} changed, {} unchanged",
            file.display(),
            report.added,
            report.changed,
            report.unchanged
        ))?;
        for new in &report.passwords {
            print_line(&format!("  {:<16} password (shown once, to be changed): {}", new.login, new.password))?;
        }
    }
    db.close().await;
    Ok(())
}

fn progress(done: usize, total: usize) {
    if total >= LONG && std::io::stderr().is_terminal() {
        let end = if done == total { "\n" } else { "" };
        eprint!("\r{done} of {total} rows ({} %){end}", done * 100 / total.max(1));
    }
}
