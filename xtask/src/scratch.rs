//! Directories for the tests' servers, outside the repository: its parents may be closed to the user they run as.

use crate::proc::{At, Result, User, is_root};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

const PREFIX: &str = "countersign-xtask-";

/// A directory that is removed with this value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A fresh, empty directory owned by `user`.
    pub(crate) fn new(name: &str, user: &User) -> Result<Self> {
        sweep();
        let path = std::env::temp_dir().join(format!("{PREFIX}{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        // `create_dir`, not `_all`: it fails if someone else has put something there in the meantime.
        std::fs::create_dir(&path).at(&path)?;
        let scratch = Self(path);
        std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(0o755)).at(scratch.path())?;
        scratch.give(scratch.path(), user)?;
        Ok(scratch)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes `path` belong to `user`.
    pub(crate) fn give(&self, path: &Path, user: &User) -> Result {
        if is_root() {
            chown(path, Some(user.uid), Some(user.gid)).at(path)?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Removes what earlier runs left behind that were killed before they could clean up.
fn sweep() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let pid = rest.split('-').next().unwrap_or_default();
        if pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
