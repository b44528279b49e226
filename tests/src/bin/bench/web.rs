//! The engineers' app in a browser, as an old phone runs it: `web/phone/bench` measures, this gives it a server with a
//! company and visits of the size of a large one's.

use crate::judging::REFERENCE;
use crate::quiet;
use crate::server::{Bench, Database, Size};
use countersign::load::Fleet;
use countersign_tests::folder::root;
use countersign_tests::{Failure, PASSWORD};
use std::path::Path;
use std::process::Command;

/// Visits that the engineer's phone holds: a year's.
const VISITS: usize = 200;

/// Seeds a server, and runs the script against it. The app's folder and the browser are named by the environment.
pub(crate) fn run(binary: &Path, dir: &Path, quick: bool) -> Result<bool, Failure> {
    let (hospitals, contracts) = REFERENCE;
    let size = Size { logins: vec!["bench1".into()], hospitals, contracts };
    let bench = Bench::start(binary, &Database::Sqlite, &size, dir)?;
    println!("{VISITS} visits are recorded and synced");
    let report = Fleet::prepare(&bench.options(1, VISITS, 11), &quiet)?.run(&quiet)?;
    if report.visits < VISITS {
        return Err(format!("only {} of {VISITS} visits were synced", report.visits).into());
    }
    let status = Command::new("node")
        .args(["node_modules/vitest/vitest.mjs", "run", "--config", "bench/vitest.config.ts"])
        .env("COUNTERSIGN_SERVER", bench.server.base())
        .env("COUNTERSIGN_BENCH_LOGIN", "bench1")
        .env("COUNTERSIGN_BENCH_PASSWORD", PASSWORD)
        .env("COUNTERSIGN_BENCH_QUICK", if quick { "1" } else { "" })
        .current_dir(root().join("web/phone"))
        .status()?;
    bench.end()?;
    Ok(status.success())
}
