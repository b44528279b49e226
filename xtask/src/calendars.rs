//! Somebody else's list of Chinese holidays, to hold ours against: PyPI's chinesecalendar, in an environment of its own
//! under `target/`.

use crate::proc::Result;
use crate::python::environment;
use std::path::PathBuf;

/// Names the Python that has it.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_TEST_CHINESECALENDAR";

/// A fixed version: a newer one knows more years than we have built in, and that is no reason to fail on an old commit.
const PACKAGE: &str = "chinesecalendar==1.11.0";

/// Makes the environment where it is missing, and returns its Python.
pub(crate) fn python() -> Result<PathBuf> {
    Ok(environment("calendars", &[PACKAGE])?.join("bin/python"))
}
