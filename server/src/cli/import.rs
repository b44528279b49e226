//! `countersign import`.

use super::print_line;
use crate::auth::passwords::Passwords;
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::import::engine::{Plan, import};
use crate::import::errors_file::with_errors;
use crate::import::{Form, ImportError, KINDS, MOST_BYTES, MOST_SHOWN, RowError, Source, kind_called};
use crate::store::Db;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::{Path, PathBuf};

/// Below this many rows no progress is shown.
const LONG: usize = 2000;

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// users, policies, calendars, grades, packages, customers, contacts, contracts, assets or work-orders. Default: by
    /// the file's name; a JSON object with a key per kind needs none, nor does a workbook with a sheet per kind.
    #[arg(long)]
    kind: Option<String>,
    /// Only try: report what would be done, and every error.
    #[arg(long)]
    dry_run: bool,
    /// Where to write the file once more, with a column that says what is wrong, if anything is. Only for one CSV file.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// CSV (UTF-8, UTF-16 or GB18030, with a heading), .xlsx or .json files; each is taken in whole or not at all.
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
    if args.errors.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("--errors needs exactly one file"));
    }
    config.prepare_data_dir()?;
    let db = Db::open(&config.database_url).await?;
    db.migrate().await?;
    let passwords = Passwords::new().map_err(|e| Failure::new(e.to_string()))?;
    for file in &args.files {
        let size = std::fs::metadata(file).map_or(0, |about| about.len());
        if size > MOST_BYTES as u64 {
            let most = MOST_BYTES >> 20;
            return Err(Failure::new(format!("{}: larger than {most} MiB [too_large]", file.display()))
                .hint("import it in parts"));
        }
        let bytes = std::fs::read(file)
            .map_err(|e| Failure::new(format!("{} cannot be read: {e}", file.display())).hint("is the path right?"))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let source = Source::from_file(&name, bytes, kind);
        if args.errors.is_some() && source.form != Form::Csv {
            return Err(Failure::usage("--errors gives back a CSV file only"));
        }
        let again = if args.errors.is_some() { source.bytes.clone() } else { Vec::new() };
        let bar = progress_bar();
        let progress = |done: usize, total: usize| show(&bar, done, total);
        let plan = Plan {
            db: &db,
            passwords: &passwords,
            by: None,
            now_ms: Clock::default().now_ms(),
            dry_run: args.dry_run,
            progress: &progress,
        };
        let report = match import(&plan, source).await {
            Ok(report) => report,
            Err(ImportError::Rows { errors }) => {
                let total = errors.len();
                if let Some(to) = &args.errors {
                    give_back(to, &again, &errors)?;
                }
                for error in errors.iter().take(MOST_SHOWN) {
                    eprintln!("{}: {error}", file.display());
                }
                if total > MOST_SHOWN {
                    eprintln!("{}: and {} more", file.display(), total - MOST_SHOWN);
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
        for warning in &report.warnings {
            eprintln!("{}: warning: {warning}", file.display());
        }
        if report.warnings_total > report.warnings.len() {
            let more = report.warnings_total - report.warnings.len();
            eprintln!("{}: and {more} more warnings", file.display());
        }
        for new in &report.passwords {
            print_line(&format!("  {:<16} password (shown once, to be changed): {}", new.login, new.password))?;
        }
    }
    db.close().await;
    Ok(())
}

/// Count, rate and remaining time, on a terminal and for long files only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} rows, {per_sec}, {eta} left");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, done: usize, total: usize) {
    if total < LONG {
        return;
    }
    if bar.length().is_none() {
        // Where standard error is no terminal this draws nothing.
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_length(total as u64);
    }
    bar.set_position(done as u64);
    if done == total {
        bar.finish();
    }
}

/// Writes the file with its errors.
fn give_back(to: &Path, bytes: &[u8], errors: &[RowError]) -> Result<(), Failure> {
    let table = with_errors(bytes, errors).map_err(|e| Failure::new(e.to_string()))?;
    std::fs::write(to, table).map_err(|e| Failure::new(format!("{} cannot be written: {e}", to.display())))
}
