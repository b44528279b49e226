//! Python environments under `target/`, for what tests need of PyPI.

use crate::apt;
use crate::proc::{At, Result, announce, on_path, quiet, target_dir};
use std::path::PathBuf;
use std::process::Command;

/// An environment with these packages; made where it is missing, or has others.
pub(crate) fn environment(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let dir = target_dir().join("python").join(name);
    let (done, wanted) = (dir.join(".complete"), packages.join(" "));
    if std::fs::read_to_string(&done).is_ok_and(|has| has == wanted) {
        return Ok(dir);
    }
    if !on_path("python3") || quiet(Command::new("python3").args(["-c", "import ensurepip"])).is_err() {
        apt::ensure(&["python3", "python3-venv"])?;
    }
    announce(format_args!("installing {wanted} into {}", dir.display()));
    let _ = std::fs::remove_dir_all(&dir);
    quiet(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
    let mut install = Command::new(dir.join("bin/python"));
    quiet(install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages))?;
    std::fs::write(&done, wanted).at(&done)?;
    Ok(dir)
}
