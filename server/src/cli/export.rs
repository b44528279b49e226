//! `countersign export`.

use super::print_line;
use crate::config::Config;
use crate::export::{self, ExportError};
use crate::failure::Failure;
use crate::import::{KINDS, kind_called, name_of};
use crate::store::Db;
use std::path::{Path, PathBuf};
use sync_core::document::facts::Lang;

/// The form of what is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Xlsx,
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// users, policies, calendars, grades, packages, customers, contacts, contracts, assets or work-orders. Default: all.
    #[arg(long)]
    kind: Option<String>,
    /// Default: by the name of FILE, or else json.
    #[arg(long)]
    format: Option<Format>,
    /// Headings and words of tables: en (codes) or zh-CN.
    #[arg(long, default_value = "en")]
    lang: Lang,
    /// The file; for CSV of all kinds a folder, which gets a file per kind.
    #[arg(long, value_name = "FILE|DIR")]
    out: PathBuf,
}

pub(super) async fn run(config: Config, args: ExportArgs) -> Result<(), Failure> {
    let kind = match &args.kind {
        Some(name) => Some(kind_called(name).ok_or_else(|| {
            let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
            Failure::usage(format!("unknown kind: {name}")).hint(names.join(", "))
        })?),
        None => None,
    };
    let format = args.format.unwrap_or_else(|| match args.out.extension().and_then(|e| e.to_str()) {
        Some("csv") => Format::Csv,
        Some("xlsx") => Format::Xlsx,
        _ => Format::Json,
    });
    config.prepare_data_dir()?;
    let db = Db::open(&config.database_url).await?;
    db.migrate().await?;
    let mut tx = db.read().await?;
    let parts = export::read(&mut tx, kind).await.map_err(told)?;
    drop(tx);
    db.close().await;
    let count: usize = parts.iter().map(|part| part.records.len()).sum();
    match (format, kind) {
        (Format::Csv, None) => {
            std::fs::create_dir_all(&args.out).map_err(|e| unwritten(&args.out, &e))?;
            for part in parts.iter().filter(|part| !part.records.is_empty()) {
                let file = args.out.join(format!("{}.csv", name_of(part.kind)));
                write(&file, &export::csv(part, args.lang).map_err(told)?)?;
            }
        }
        (Format::Csv, Some(_)) => {
            for part in &parts {
                write(&args.out, &export::csv(part, args.lang).map_err(told)?)?;
            }
        }
        (Format::Xlsx, _) => write(&args.out, &export::xlsx(&parts, args.lang).map_err(told)?)?,
        (Format::Json, kind) => write(&args.out, export::json(&parts, kind.is_some()).as_bytes())?,
    }
    print_line(&format!("{}: {count} records", args.out.display()))
}

fn told(e: ExportError) -> Failure {
    Failure::new(e.to_string())
}

fn unwritten(path: &Path, e: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written: {e}", path.display()))
}

/// Contracts and addresses are nobody else's business.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| unwritten(path, &e))?;
    file.write_all(bytes).map_err(|e| unwritten(path, &e))
}
