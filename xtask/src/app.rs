//! The engineers' app (`web/phone`): built, checked, and what its tests need.

use crate::apt;
use crate::proc::{Failure, Result, fail, on_path, quiet, root, run};
use std::path::PathBuf;
use std::process::Command;

/// Names the browser that the app's stories run in.
pub(crate) const CHROMIUM_VARIABLE: &str = "COUNTERSIGN_TEST_CHROMIUM";

/// The oldest Node.js that the build tools run on.
const OLDEST: (u32, u32) = (20, 19);

fn folder() -> PathBuf {
    root().join("web/phone")
}

fn npm(args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(folder());
    command
}

/// Node.js and npm, installed where they are missing.
fn node() -> Result {
    if !on_path("node") || !on_path("npm") {
        apt::ensure(&["nodejs", "npm"])?;
    }
    let version = quiet(Command::new("node").arg("--version"))?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST {
        let (major, minor) = OLDEST;
        return fail(format!("the app needs Node.js {major}.{minor} or newer, this machine has {}", version.trim()));
    }
    Ok(())
}

/// Builds the app; returns the folder that `app_dir` wants.
pub(crate) fn build() -> Result<PathBuf> {
    node()?;
    run(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    run(&mut npm(&["run", "build"]))?;
    let built = folder().join("dist");
    if !built.join("index.html").is_file() {
        return Err(Failure(format!("{} has no index.html", built.display())));
    }
    Ok(built)
}

/// Types, style and the tests that need no browser.
pub(crate) fn check() -> Result {
    run(&mut npm(&["run", "check"]))?;
    run(&mut npm(&["test"]))
}

/// Debian's Chromium, installed where it is missing.
pub(crate) fn chromium() -> Result<&'static str> {
    if !on_path("chromium") {
        apt::ensure(&["chromium"])?;
    }
    Ok("chromium")
}
