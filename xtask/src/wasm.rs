//! What is compiled for `wasm32-unknown-unknown`, in one build: the probe, which proves that the core is sans-I/O, and the
//! module of the npm package (`web.rs`).
//!
//! The probe links the core and really uses it (`sync-core/wasm-probe`), must import nothing, and must work in a host that
//! gives it nothing. The reasons are in `docs/adr/0005-wasm-without-host-imports.md`, the flags in
//! `docs/adr/0020-what-a-browser-loads.md`.

use crate::apt;
use crate::proc::{At, Result, announce, cargo, fail, quiet, root, run, target_dir};
use crate::wasm_imports::imports;
use crate::web;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Who may draw randomness in the tree of each package. What getrandom gives there is no randomness (see
/// `sync-core/src/wasm_entropy.rs`), so nothing else may come to rely on it unnoticed.
const MAY_USE_GETRANDOM: [&str; 6] = ["getrandom", "automerge", "rand", "sync-core", "wasm-probe", "mobile-bindings"];

/// Debian's compiler for the web, which needs the standard library's source. Its cargo trusts the certificates of the
/// system, which a minimal one lacks.
const DEBIAN: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld", "ca-certificates"];

/// Chooses a toolchain that is there (`debian`, `rustup`); for trying the other one.
const TOOLCHAIN_VARIABLE: &str = "COUNTERSIGN_WASM_TOOLCHAIN";

/// For size: no words for panics, which a page shows to nobody, and no `Debug` form.
const RUSTFLAGS: &str = "--cfg getrandom_backend=\"custom\" -Zlocation-detail=none -Zfmt-debug=none";

/// Builds, checks the probe's imports and runs it, and makes the npm package.
pub(crate) fn check() -> Result {
    getrandom_users("sync-core")?;
    getrandom_users("mobile-bindings")?;
    let built = build()?;
    let module = built.join("wasm_probe.wasm");
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
    web::package(&built)?;
    web::small_enough()
}

/// Builds, and makes the npm package, for those who use it.
pub(crate) fn package() -> Result {
    web::package(&build()?)
}

/// Builds both modules, and says where they are.
fn build() -> Result<PathBuf> {
    let mut build = toolchain()?;
    build
        // In one go: by themselves the two would ask for other features of their dependencies.
        .args(["build", "--release", "--locked", "--package", "wasm-probe", "--package", "countersign-web"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(target_dir().join("wasm"))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", RUSTFLAGS)
        // For size, and only here: the workspace's release profile is the server's.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "z")
        .env("CARGO_PROFILE_RELEASE_LTO", "fat")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_PANIC", "immediate-abort")
        .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
    run(&mut build)?;
    Ok(target_dir().join("wasm").join(TARGET).join("release"))
}

/// Who depends on getrandom in what a package has for the web, by `cargo tree`.
fn getrandom_users(package: &str) -> Result {
    let tree = |more: &[&str]| {
        let of =
            ["tree", "--locked", "--package", package, "--target", TARGET, "--edges", "normal", "--prefix", "none"];
        quiet(cargo().args(of).args(more))
    };
    // By version: what is only there for other targets may have another one, and the name alone says too little then.
    let versions: BTreeSet<String> = tree(&[])?
        .lines()
        .filter_map(|line| line.strip_prefix("getrandom v")?.split(' ').next().map(str::to_owned))
        .collect();
    for version in versions {
        let users = tree(&["--invert", &format!("getrandom@{version}")])?;
        let others: Vec<&str> = users
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|package| !MAY_USE_GETRANDOM.contains(package))
            .collect();
        if !others.is_empty() {
            let others = others.join(", ");
            return fail(format!(
                "{others} would draw from getrandom in {package}, which has no randomness to give there"
            ));
        }
    }
    Ok(())
}

/// A cargo that builds the standard library from source, with our flags: this toolchain's where its source is there
/// (`rustup component add rust-src`), else Debian's.
fn toolchain() -> Result<Command> {
    let wanted = std::env::var(TOOLCHAIN_VARIABLE).unwrap_or_default();
    let mut cargo = if wanted != "debian" && source_is_there() {
        announce("wasm: with this toolchain's compiler");
        cargo()
    } else if wanted == "rustup" {
        return fail("this toolchain lacks the standard library's source: rustup component add rust-src");
    } else {
        debian()?
    };
    cargo
        // What follows is unstable, and is the only way to a standard library without panics' words.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zpanic-immediate-abort", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
    Ok(cargo)
}

fn debian() -> Result<Command> {
    announce("wasm: with Debian's compiler");
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
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
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

/// Whether the compiler that runs this task has its standard library's source beside it.
fn source_is_there() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).current_dir(root()).output();
    sysroot.is_ok_and(|out| {
        let sysroot = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        Path::new(&sysroot).join("lib/rustlib/src/rust/library/std").is_dir()
    })
}

/// Runs the probe under Node.js with nothing to import.
fn self_check(module: &Path) -> Result {
    web::node()?;
    run(Command::new("node").arg("sync-core/wasm-probe/run.mjs").arg(module).current_dir(root()))
}
