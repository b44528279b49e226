//! The engineers' app (`web/phone`): built and checked. It stands on the npm package that `wasm.rs` makes.

use crate::proc::{Result, fail, run};
use crate::{proc::root, wasm, web};
use std::path::PathBuf;
use std::process::Command;

fn folder() -> PathBuf {
    root().join("web/phone")
}

fn npm(args: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(args).current_dir(folder());
    command
}

/// Builds the engine's package and the app on it; returns the folder that `app_dir` wants.
pub(crate) fn build() -> Result<PathBuf> {
    wasm::package()?;
    bundle()
}

/// Builds the app on the package as it is.
pub(crate) fn bundle() -> Result<PathBuf> {
    web::install(&folder())?;
    run(&mut npm(&["run", "build"]))?;
    let built = folder().join("dist");
    if built.join("index.html").is_file() { Ok(built) } else { fail(format!("{} has no index.html", built.display())) }
}

/// Types, style and the tests that need no browser.
pub(crate) fn check() -> Result {
    run(&mut npm(&["run", "check"]))?;
    run(&mut npm(&["test"]))
}
