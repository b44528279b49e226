//! Somebody else's list of Chinese holidays, to hold ours against: PyPI's chinesecalendar, in an environment of its own
//! under `target/`.

use crate::apt;
use crate::proc::{At, Result, announce, on_path, quiet, target_dir};
use std::path::PathBuf;
use std::process::Command;

/// Names the Python that has it.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_TEST_CHINESECALENDAR";

/// A fixed version: a newer one knows more years than we have built in, and that is no reason to fail on an old commit.
const PACKAGE: &str = "chinesecalendar==1.11.0";

/// Makes the environment where it is missing, and returns its Python.
pub(crate) fn python() -> Result<PathBuf> {
    let dir = target_dir().join("python").join(PACKAGE.replace("==", "-"));
    let (python, done) = (dir.join("bin/python"), dir.join(".complete"));
    if done.exists() {
        return Ok(python);
    }
    if !on_path("python3") || quiet(Command::new("python3").args(["-c", "import ensurepip"])).is_err() {
        apt::ensure(&["python3", "python3-venv"])?;
    }
    announce(format_args!("installing {PACKAGE} into {}", dir.display()));
    let _ = std::fs::remove_dir_all(&dir);
    quiet(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
    quiet(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]))?;
    std::fs::write(&done, "").at(&done)?;
    Ok(python)
}
