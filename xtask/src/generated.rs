//! Files in the tree that a program writes.

use crate::proc::{At, Result, announce, fail, root};

/// Writes a generated file, or with `check` fails if it is stale.
pub(crate) fn generated(name: &str, fresh: &str, check: bool) -> Result {
    let path = root().join(name);
    // Text files end with a newline, whatever the generator thinks.
    let fresh = format!("{}\n", fresh.trim_end());
    let current = std::fs::read_to_string(&path).ok();
    if current.as_deref() == Some(fresh.as_str()) {
        announce(format_args!("{name} is up to date"));
        return Ok(());
    }
    if check {
        let how = match current {
            None => "missing".to_owned(),
            Some(old) => {
                let same = old.lines().zip(fresh.lines()).take_while(|(a, b)| a == b).count();
                format!("stale from line {}", same + 1)
            }
        };
        return fail(format!("{name} is {how}; regenerate and commit it:\n    cargo xtask codegen"));
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).at(parent)?;
    }
    std::fs::write(&path, fresh).at(&path)?;
    announce(format_args!("{name} written"));
    Ok(())
}
