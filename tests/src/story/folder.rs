//! Folders that the demo makes. It removes only what carries its own marker.

use crate::Failure;
use std::path::{Path, PathBuf};

/// The file by which a folder is known as the demo's own.
pub const MARKER: &str = ".countersign-demo";

const NOTE: &str = "Made by `cargo xtask demo`, which removes this folder when it runs again.\n";

/// An empty folder of the demo's own at `path`. True when an earlier run's folder was removed for it.
///
/// # Errors
/// When something stands there that the demo did not make.
pub fn fresh(path: &Path) -> Result<bool, Failure> {
    let removed = if path.join(MARKER).is_file() {
        std::fs::remove_dir_all(path)?;
        true
    } else if path.exists() && (!path.is_dir() || std::fs::read_dir(path)?.next().is_some()) {
        return Err(format!(
            "{} is there already and was not made by the demo ({MARKER} is not in it); move it away or name another folder",
            path.display()
        )
        .into());
    } else {
        false
    };
    std::fs::create_dir_all(path)?;
    std::fs::write(path.join(MARKER), NOTE)?;
    Ok(removed)
}

/// A folder inside, made when it is missing.
///
/// # Errors
/// When it cannot be made.
pub fn inside(path: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = path.join(name);
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_demo_made_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        assert!(!fresh(&own).unwrap());
        std::fs::write(own.join("x"), "x").unwrap();
        assert!(fresh(&own).unwrap());
        assert!(!own.join("x").exists());
        let foreign = dir.path().join("foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join("x"), "x").unwrap();
        assert!(fresh(&foreign).is_err());
        assert!(foreign.join("x").exists());
    }
}
