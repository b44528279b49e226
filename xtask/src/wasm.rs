//! Proves that the core is sans-I/O: it is compiled for `wasm32-unknown-unknown`, linked into a module that really
//! uses it (`sync-core/wasm-probe`), and that module must import nothing and work in a host that gives it nothing.
//!
//! The reasons are in `docs/adr/0005-wasm-without-host-imports.md`.

use crate::apt;
use crate::proc::{At, Result, announce, cargo, fail, on_path, quiet, root, run, target_dir};
use crate::wasm_imports::imports;
use std::path::Path;
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Who may draw randomness in the core's dependency tree. What getrandom gives there is no randomness (see
/// `sync-core/src/wasm_entropy.rs`), so nothing else may come to rely on it unnoticed.
const MAY_USE_GETRANDOM: [&str; 5] = ["getrandom", "automerge", "rand", "sync-core", "wasm-probe"];

/// Debian's compiler for the web, which needs the standard library's source. Its cargo trusts the certificates of the
/// system, which a minimal one lacks.
const DEBIAN: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld", "ca-certificates"];

/// Chooses a toolchain that is there; for trying the other one.
const TOOLCHAIN_VARIABLE: &str = "COUNTERSIGN_WASM_TOOLCHAIN";

/// Builds the probe, checks its imports, runs it.
pub(crate) fn check() -> Result {
    getrandom_users()?;
    let mut build = toolchain()?;
    build
        .args(["build", "--release", "--locked", "--package", "wasm-probe", "--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir().join("wasm"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "--cfg getrandom_backend=\"custom\"")
        // For size, and only here: the workspace's release profile is the server's.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    run(&mut build)?;

    let module = target_dir().join("wasm").join(TARGET).join("release/wasm_probe.wasm");
    let bytes = std::fs::read(&module).at(&module)?;
    match imports(&bytes) {
        Ok(none) if none.is_empty() => announce("the module imports nothing from its host"),
        Ok(some) => {
            return fail(format!(
                "the core asks its host for {}: what is it that reached for a clock, randomness or I/O? \
                 (the core is handed these, see sync-core/src/env.rs)",
                some.join(", ")
            ));
        }
        Err(why) => return fail(format!("{} cannot be read: {why}", module.display())),
    }
    self_check(&module)?;
    announce(format_args!("wasm: {} kB, {} kB gzipped", bytes.len() / 1000, gzipped(&module)? / 1000));
    Ok(())
}

/// Who depends on getrandom, by `cargo tree`.
fn getrandom_users() -> Result {
    let tree = quiet(cargo().args(["tree", "--locked", "--package", "sync-core", "--target", TARGET]).args([
        "--edges",
        "normal",
        "--invert",
        "getrandom",
        "--prefix",
        "none",
    ]))?;
    let others: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|package| !MAY_USE_GETRANDOM.contains(package))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    fail(format!("{} would draw from getrandom inside the core, which has no randomness to give", others.join(", ")))
}

/// A cargo that can build for wasm: rustup's where it can add the target, else Debian's, which builds the standard
/// library from source.
fn toolchain() -> Result<Command> {
    let wanted = std::env::var(TOOLCHAIN_VARIABLE).unwrap_or_default();
    if wanted != "debian" && (target_is_there() || rustup_adds_it()) {
        announce("wasm: with this toolchain's own standard library");
        return Ok(cargo());
    }
    if wanted == "rustup" {
        return fail(format!("this toolchain has no {TARGET} and rustup cannot add it"));
    }
    announce("wasm: with Debian's compiler, building the standard library");
    apt::ensure(&DEBIAN)?;
    if debian_rustc() < minimum() {
        // The release itself has an older one; newer ones come as updates.
        apt::install(&DEBIAN)?;
    }
    if debian_rustc() < minimum() {
        return fail(format!("Debian's rustc-web is older than {}", env!("CARGO_PKG_RUST_VERSION")));
    }
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .current_dir(root())
        // What the other cargo, which runs this task, has set for its children.
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTDOC", "/usr/bin/rustdoc")
        // `-Zbuild-std` is unstable, and is the only way without a prebuilt standard library.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld")
        .arg("-Zbuild-std=std,panic_abort");
    Ok(cargo)
}

/// The workspace's `rust-version`.
fn minimum() -> Option<(u32, u32)> {
    version(env!("CARGO_PKG_RUST_VERSION"))
}

/// What Debian's compiler says it is.
fn debian_rustc() -> Option<(u32, u32)> {
    let said = quiet(Command::new("/usr/bin/rustc").arg("--version")).ok()?;
    version(said.split_whitespace().nth(1)?)
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

fn target_is_there() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(root())
        .output()
        .is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir())
}

fn rustup_adds_it() -> bool {
    if !on_path("rustup") {
        return false;
    }
    announce(format_args!("rustup target add {TARGET}"));
    // With a limit: behind a closed network it may wait for ever.
    Command::new("timeout")
        .args(["120", "rustup", "target", "add", TARGET])
        .current_dir(root())
        .status()
        .is_ok_and(|status| status.success())
        && target_is_there()
}

/// Runs the probe under Node.js with nothing to import.
fn self_check(module: &Path) -> Result {
    if !on_path("node") {
        apt::ensure(&["nodejs"])?;
    }
    run(Command::new("node").arg("sync-core/wasm-probe/run.mjs").arg(module).current_dir(root()))
}

fn gzipped(module: &Path) -> Result<usize> {
    let out = Command::new("gzip").args(["--best", "--stdout"]).arg(module).output().at("gzip")?;
    if out.status.success() { Ok(out.stdout.len()) } else { fail("gzip failed") }
}
