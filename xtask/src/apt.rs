//! What a task needs from Debian's packages: installed where it is missing, and only then.

use crate::proc::{At, Result, announce, fail, is_root, on_path, quiet, target_dir};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// Installs those of `packages` that are missing.
pub(crate) fn ensure(packages: &[&str]) -> Result {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)
}

/// Installs `packages`, or brings them to the newest version there is.
pub(crate) fn install(packages: &[&str]) -> Result {
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !on_path("apt-get") {
        return fail(format!("this needs {} and knows only Debian's apt-get to get them", packages.join(", ")));
    }
    if !is_root() {
        return fail(format!(
            "packages are missing and only root can install them; run this once:\n    sudo {by_hand}"
        ));
    }
    update();
    announce(format_args!("installing {}", packages.join(", ")));
    let _no_services = NoServices::begin()?;
    quiet(apt_get().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages)).map(drop)
}

/// Fetches the package lists, once in a run: those of a machine image may be absent, or name versions that are gone.
/// Where that fails, the ones that are there may still do.
fn update() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        announce("apt-get update");
        if let Err(why) = quiet(apt_get().args(["update", "--quiet"])) {
            eprintln!("xtask: {why}");
        }
    });
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Status}", package])
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout == b"installed")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-o", "DPkg::Lock::Timeout=300"]);
    command
}

/// While it lives, packages that are being installed do not start their services (Debian policy, 9.3.3.2): a test
/// needs PostgreSQL's programs, not a cluster running on the developer's machine.
struct NoServices(Option<&'static Path>);

impl NoServices {
    fn begin() -> Result<Self> {
        let policy = Path::new("/usr/sbin/policy-rc.d");
        if policy.exists() {
            return Ok(Self(None));
        }
        std::fs::write(policy, "#!/bin/sh\nexit 101\n").at(policy)?;
        std::fs::set_permissions(policy, std::fs::Permissions::from_mode(0o755)).at(policy)?;
        Ok(Self(Some(policy)))
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Some(policy) = self.0 {
            let _ = std::fs::remove_file(policy);
        }
    }
}

/// Unpacks `packages` into a private directory and installs nothing: for programs that would push out the machine's own
/// (a mail server conflicts with every other). Needs no root. Returns the directory.
pub(crate) fn unpack(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let dir = target_dir().join("debian").join(name);
    let done = dir.join(".complete");
    if done.exists() {
        return Ok(dir);
    }
    announce(format_args!("fetching {} (unpacked into target/debian/{name}, not installed)", packages.join(", ")));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).at(&dir)?;
    let mut download = apt_get();
    download.arg("download").args(packages).current_dir(&dir);
    if quiet(&mut download).is_err() {
        if !is_root() {
            return fail("the package lists are old or missing; run this once:\n    sudo apt-get update");
        }
        update();
        quiet(&mut download)?;
    }
    for entry in std::fs::read_dir(&dir).at(&dir)?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "deb") {
            quiet(Command::new("dpkg-deb").arg("--extract").arg(entry.path()).arg(&dir))?;
            std::fs::remove_file(entry.path()).at(entry.path())?;
        }
    }
    std::fs::write(&done, "").at(&done)?;
    Ok(dir)
}
