//! The command line.

mod admin;
mod export;
mod import;
mod load;
mod receipt;
mod rejudge;
mod serve;

use crate::config::{Config, LogFormat, Overrides};
use crate::failure::Failure;
use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::process::ExitCode;

/// The on-site service record that holds up afterwards.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    overrides: Overrides,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: makes what is missing, migrates the database, says where everything is and how to log in.
    Serve,
    /// Bring the database's schema up to date, and end.
    Migrate {
        /// The database was restored from a backup: phones compare everything they hold with it and send again what it
        /// lacks. Say this once, before the server is started on it.
        #[arg(long)]
        restored: bool,
    },
    /// Show each setting, its value and where it came from.
    Config,
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
    /// Import reference data and users from CSV, XLSX or JSON.
    Import(import::ImportArgs),
    /// Judge visits again, by the reference data of now.
    Rejudge(rejudge::RejudgeArgs),
    /// Export reference data and users in forms that can be imported again.
    Export(export::ExportArgs),
    /// Check receipts offline, with nothing but the server's public keys.
    Verify(receipt::VerifyArgs),
    /// Receipts that were issued.
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// The published heads of the log of all receipts.
    #[command(subcommand)]
    Heads(receipt::HeadsCommand),
    /// People with a log-in.
    #[command(subcommand)]
    User(admin::UserCommand),
    /// Enrolled phones.
    #[command(subcommand)]
    Device(admin::DeviceCommand),
    /// Simulated phones against a running server; ends with one line of JSON.
    Load(load::LoadArgs),
}

/// Every setting that may come from a variable, by its argument's name.
const SETTINGS: [&str; 22] = [
    "data_dir",
    "database_url",
    "listen",
    "public_url",
    "smtp_url",
    "mail_from",
    "keys_dir",
    "receipt_template",
    "app_dir",
    "mail_pdf",
    "mail_domain_at_once",
    "mail_domain_per_minute",
    "dkim_key",
    "dkim_selector",
    "dkim_domain",
    "bounce_maildir",
    "bounce_secret",
    "tsa_url",
    "tsa_ca",
    "sms_hook_url",
    "sms_hook_secret",
    "log_format",
];

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(e) => e.exit(),
    };
    let Cli { mut overrides, command } = cli;
    overrides.from_environment = SETTINGS
        .iter()
        .filter(|name| matches.value_source(name) == Some(ValueSource::EnvVariable))
        .map(|name| (*name).to_owned())
        .collect();
    for name in strangers(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())) {
        eprintln!("countersign: {name} is no setting of this program; is it misspelt? (see: countersign help)");
    }
    match run(command, &overrides) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("countersign: {failure}");
            ExitCode::from(failure.code().max(1))
        }
    }
}

/// Variables that look like settings and are none. Only a warning: an orchestrator may have put them there.
fn strangers(names: impl Iterator<Item = String>) -> Vec<String> {
    const OTHERS: [&str; 4] =
        ["COUNTERSIGN_LOG", "COUNTERSIGN_QUICK", crate::testing::POSTGRES_VARIABLE, crate::failpoint::VARIABLE];
    let command = Cli::command();
    let known = |name: &str| command.get_arguments().any(|arg| arg.get_env().is_some_and(|env| env == name));
    names.filter(|name| name.starts_with("COUNTERSIGN_") && !known(name) && !OTHERS.contains(&name.as_str())).collect()
}

fn run(command: Command, overrides: &Overrides) -> Result<(), Failure> {
    if matches!(command, Command::Openapi) {
        let text = crate::http::table::openapi().to_pretty_json().map_err(|e| Failure::new(e.to_string()))?;
        return print_line(&text);
    }
    if let Command::Verify(args) = command {
        return receipt::verify(&args, overrides.receipt_template.as_deref());
    }
    if let Command::Load(args) = command {
        return load::run(args);
    }
    let config = Config::load(overrides)?;
    start_log(config.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(blocking_threads())
        .build()
        .map_err(|e| Failure::new(format!("no threads: {e}")))?;
    runtime.block_on(async {
        match command {
            Command::Serve => serve::serve(config).await,
            Command::Migrate { restored } => serve::migrate(config, restored).await,
            Command::Config => {
                for (name, value, origin) in config.explain() {
                    print_line(&format!("{name:<22} {value}  ({origin})"))?;
                }
                Ok(())
            }
            Command::Openapi | Command::Verify(_) | Command::Load(_) => Ok(()),
            Command::Receipt(command) => receipt::receipt(config, command).await,
            Command::Heads(command) => receipt::heads(config, command).await,
            Command::Import(args) => import::run(config, args).await,
            Command::Rejudge(args) => rejudge::run(config, args).await,
            Command::Export(args) => export::run(config, args).await,
            Command::User(command) => admin::user(config, command).await,
            Command::Device(command) => admin::device(config, command).await,
        }
    })
}

/// Threads for computing and for files. Tokio's own bound is 512: a morning's rush would start one for every request, no
/// more of them would run than there are processors, and the allocator would keep a heap for each. Some are left over for
/// what waits without computing, such as the names of mail servers.
fn blocking_threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from) * 2 + 4
}

/// Prints a line; a reader that went away (`| head`) is a failure, not a panic.
fn print_line(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{text}").map_err(|e| Failure::new(format!("cannot print: {e}")))
}

fn start_log(format: LogFormat) {
    use tracing_subscriber::EnvFilter;
    // Automerge opens a span of level info for every column of every change; making those cost a twentieth of a merge.
    let filter = EnvFilter::try_from_env("COUNTERSIGN_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,automerge=warn,sqlx=warn,tower_http=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // When the log cannot be written (its disk is full), saying so on the same stream would panic.
        .log_internal_errors(false);
    // An error says that a log is running already, which is all right.
    let _ = match format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_misspelt_variable_is_told() {
        let names = ["COUNTERSIGN_LISTN", "COUNTERSIGN_LISTEN", "COUNTERSIGN_LOG", "PATH"];
        assert_eq!(super::strangers(names.iter().map(|name| (*name).to_owned())), ["COUNTERSIGN_LISTN"]);
    }
}
