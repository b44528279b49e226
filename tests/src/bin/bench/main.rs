//! Measures the release server under the workloads of docs/speed.md, and checks that what it confirmed is stored.
//!
//! `cargo xtask bench` builds the server and runs this. It writes nothing into the repository; databases live in a
//! temporary folder of a real disk (`--dir`) and go when it ends.

mod floor;
mod judging;
mod phone;
mod plain;
mod server;
mod table;
mod web;
mod workload;

use clap::Parser;
use countersign::load::Progress;
use countersign_tests::Failure;
use floor::{Shape, floor};
use server::Database;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::Results;
use workload::{w, w2};

#[derive(Parser)]
struct Args {
    /// The server to measure: a release build.
    #[arg(long)]
    server_binary: PathBuf,
    /// A small run: one round, fewer visits.
    #[arg(long)]
    quick: bool,
    /// How often W is run; the median is shown.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where databases are made: it must be a real disk, or durability costs nothing.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only W, for profiling.
    #[arg(long)]
    only_w: bool,
    /// Only verdicts: assessments, the advice before work, judging again.
    #[arg(long, conflicts_with = "only_w")]
    only_judging: bool,
    /// Only the phone's side, through the bindings' facade.
    #[arg(long, conflicts_with_all = ["only_w", "only_judging"])]
    only_phone: bool,
    /// Only the engineers' app in a browser; `cargo xtask bench web` builds it and sets what it needs.
    #[arg(long, conflicts_with_all = ["only_w", "only_judging", "only_phone"])]
    only_web: bool,
    /// What a process does that is measured: it opens this store.
    #[arg(long, hide = true)]
    at_rest: Option<PathBuf>,
    /// How many visits are judged again; they are synced first, which takes longer than judging them.
    #[arg(long, value_name = "VISITS")]
    rejudge: Option<usize>,
}

/// Progress of preparations is not shown; what is measured prints its own line.
fn quiet(_: Progress) {}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("bench: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Measures both floors once.
fn floors(dir: &Path, args: &Args, results: &mut Results) -> Result<(), Failure> {
    let frames = if args.quick { 2 } else { 10 };
    results.floors.push(floor(tempfile::tempdir_in(dir)?.path(), frames, Shape::Own)?);
    results.plain_floors.push(floor(tempfile::tempdir_in(dir)?.path(), frames, Shape::Plain)?);
    Ok(())
}

/// Whether nothing that was confirmed was lost.
fn run(args: &Args) -> Result<bool, Failure> {
    let temp = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    let (dir, binary) = (temp.path(), args.server_binary.as_path());
    {
        if let Some(store) = &args.at_rest {
            phone::at_rest(store)?;
            return Ok(true);
        }
        if args.only_web {
            return web::run(binary, dir, args.quick);
        }
        if !args.only_w && !args.only_judging {
            phone::run(binary, dir, args.quick)?;
        }
        if args.only_phone {
            return Ok(true);
        }
    }
    let rounds = args.rounds.unwrap_or(if args.quick { 1 } else { 5 }).max(1);
    let mut databases = vec![Database::Sqlite];
    if !args.only_w && std::env::var_os(countersign::testing::POSTGRES_VARIABLE).is_some() {
        databases.push(Database::Postgres);
    }
    let mut lossless = true;
    for database in databases.iter().filter(|_| !args.only_judging) {
        let mut results = Results { database: database.name(), ..Results::default() };
        println!("{}: the floor", database.name());
        floors(dir, args, &mut results)?;
        let (phones, visits) = if args.quick { (10, 20) } else { (20, 50) };
        for round in 1..=rounds {
            let done = w(binary, database, dir, phones, visits)?;
            println!("{}: W {round} of {rounds}: {}", database.name(), table::line(&done));
            floors(dir, args, &mut results)?;
            results.w.push(done);
        }
        if !args.only_w {
            let sizes: &[(usize, usize)] =
                if args.quick { &[(1, 50), (20, 5)] } else { &[(5, 50), (20, 500), (1, 1000), (200, 5)] };
            for (phones, visits) in sizes {
                let done = w(binary, database, dir, *phones, *visits)?;
                println!("{}: {phones} phones of {visits} visits: {}", database.name(), table::line(&done));
                results.shapes.push(done);
            }
            let (known, times): (&[usize], usize) = if args.quick { (&[10, 100], 50) } else { (&[10, 1000], 300) };
            println!("{}: W2 with {known:?} known visits, {times} times each", database.name());
            results.w2 = w2(binary, database, dir, known, times)?;
        }
        table::print(&results);
        println!("{}", table::json(&results));
        lossless &= results.lost() == 0 && results.errors() == 0;
    }
    if !args.only_w {
        judging(binary, dir, args, &databases)?;
    }
    Ok(lossless)
}

/// Measures verdicts, and judging again on each database.
fn judging(binary: &Path, dir: &Path, args: &Args, databases: &[Database]) -> Result<(), Failure> {
    let (customers, each) = judging::REFERENCE;
    println!("verdicts by the reference data of {customers} customers with {each} contracts each");
    judging::print_verdicts(&judging::verdicts(binary, dir, args.quick)?);
    let visits = args.rejudge.unwrap_or(if args.quick { 200 } else { 10_000 });
    for database in databases {
        println!("{}: {visits} visits are synced, then judged again", database.name());
        judging::print_rejudged(database, &judging::rejudged(binary, database, dir, visits)?);
    }
    Ok(())
}
