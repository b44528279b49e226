//! Every task a person or CI runs: `cargo xtask test`, `ci`, `app`, `demo`, `bench`, `codegen`.
//!
//! CI runs nothing that cannot be run at home: `.ci/run` is `cargo xtask ci`, and each of its steps has a name that
//! `cargo xtask ci STEP` takes. A step prints what it does (`==> …`), can be repeated, and when it fails names the
//! command that failed and how to run it again.

mod app;
mod apt;
mod bindings;
mod calendars;
mod ci;
mod generated;
mod postgres;
mod proc;
mod python;
mod scratch;
mod smtp;
mod suspending;
mod tasks;
mod wasm;
mod wasm_imports;
mod web;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Countersign's tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run all tests, on SQLite and on a private PostgreSQL, with a private mail server
    Test {
        /// The inner loop: without PostgreSQL, the mail server and the long tests
        #[arg(long)]
        quick: bool,
        /// Passed to `cargo test` instead of `--workspace`: `cargo xtask test -- -p sync-core elapsed`
        #[arg(last = true)]
        cargo_args: Vec<String>,
    },
    /// What CI runs: all steps, or the ones named
    Ci {
        /// The steps to run, in the order given
        #[arg(value_enum)]
        steps: Vec<ci::Step>,
    },
    /// Build, start the server on SQLite with a demo company, and play the main job with simulated phones
    Demo {
        /// End by itself; exit 0 only if every expectation held; the last line is a JSON summary
        #[arg(long)]
        check: bool,
        /// Leave there what the demo made: database, documents, receipts, mails
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Build the engineers' app into web/phone/dist, where `app_dir` finds it
    App,
    /// Measure the release server under the workloads of the speed targets, or with `web` the engineers' app
    Bench {
        /// What, if not the server
        what: Option<tasks::Measured>,
        /// Passed to the bench program
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Regenerate the checked-in generated files
    Codegen {
        /// Change nothing; fail if a file is stale
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test { quick, cargo_args } => tasks::test(quick, &cargo_args).map(drop),
        Task::Ci { steps } => ci::run_all(&steps),
        Task::Demo { check, out } => tasks::demo(check, out.as_deref()),
        Task::App => app::build().map(drop),
        Task::Bench { what, args } => tasks::bench(what, &args),
        Task::Codegen { check } => tasks::codegen(check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
