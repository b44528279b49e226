//! The tasks a person runs: test, demo, bench, codegen.

use crate::app;
use crate::apt;
use crate::bindings;
use crate::calendars;
use crate::generated::generated;
use crate::postgres::{self, Postgres};
use crate::proc::{At, Failure, Result, announce, cargo, on_path, root, run, target_dir, watch};
use crate::smtp::{self, Smtp};
use crate::{wasm, web};
use clap::ValueEnum;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Tells tests to leave out what needs a server or much time.
const QUICK: &str = "COUNTERSIGN_QUICK";

/// How many tests ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed.
    pub(crate) failed: u64,
}

impl Count {
    /// Adds what one of cargo's closing lines says: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        for part in result.split(['.', ';']) {
            match part.trim().split_once(' ') {
                Some((n, "passed")) => self.passed += n.parse().unwrap_or(0),
                Some((n, "failed")) => self.failed += n.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

/// What is linked with C: SQLite, zstd, ring.
fn c_compiler() -> Result {
    if on_path("cc") { Ok(()) } else { apt::ensure(&["gcc", "libc6-dev"]) }
}

/// What receipts are set in. Of Debian's fonts with Chinese and Latin this is the one with a bold face, and draws rare
/// characters too. Others do as well (docs/receipt.md), and without any the server still runs.
fn fonts() -> Result {
    apt::ensure(&["fonts-noto-cjk", "fonts-dejavu-core"])
}

/// Runs the tests, with the servers that they need unless `quick`.
pub(crate) fn test(quick: bool, cargo_args: &[String]) -> Result<Count> {
    c_compiler()?;
    fonts()?;
    // pdftotext: the pages are read by a program that knows nothing of ours. openssl: a time-stamping authority.
    apt::ensure(&["poppler-utils", "openssl"])?;
    bindings::python()?;
    let mut command = cargo();
    command.arg("test");
    if cargo_args.is_empty() {
        command.arg("--workspace");
    } else {
        command.args(cargo_args);
    }
    // Held until the tests are over, then stopped.
    let (mut own_postgres, mut own_smtp) = (None, None);
    if quick {
        command.env(QUICK, "1");
        let smtp = [smtp::VARIABLE, smtp::STARTTLS_VARIABLE, smtp::TLS_VARIABLE, smtp::DIR_VARIABLE];
        let others = [
            postgres::VARIABLE,
            calendars::VARIABLE,
            bindings::MAVEN_VARIABLE,
            bindings::TOOLS_VARIABLE,
            web::NODE_VARIABLE,
            web::CHROMIUM_VARIABLE,
        ];
        for variable in smtp.into_iter().chain(others) {
            command.env_remove(variable);
        }
    } else {
        command.env_remove(QUICK).env(calendars::VARIABLE, calendars::python()?);
        command.env(bindings::MAVEN_VARIABLE, bindings::maven()?).env(bindings::TOOLS_VARIABLE, bindings::tools()?);
        wasm::package()?;
        // A run of other packages needs no app.
        let needs_app = |arg: &String| arg == "--workspace" || arg == "countersign-tests";
        if cargo_args.is_empty() || cargo_args.iter().any(needs_app) {
            app::bundle()?;
            app::check()?;
            // A story of months needs a server whose clock can be put forward.
            apt::ensure(&["libfaketime"])?;
        }
        command.env(web::NODE_VARIABLE, "node").env(web::CHROMIUM_VARIABLE, web::chromium()?);
        if std::env::var_os(postgres::VARIABLE).is_some() {
            announce(format_args!("using the PostgreSQL that {} names", postgres::VARIABLE));
        } else {
            command.env(postgres::VARIABLE, own_postgres.insert(Postgres::start(false)?).url());
        }
        if std::env::var_os(smtp::VARIABLE).is_some() {
            announce(format_args!("using the mail server that {} names", smtp::VARIABLE));
        } else {
            let smtp = own_smtp.insert(Smtp::start()?);
            command.env(smtp::VARIABLE, smtp.url()).env(smtp::DIR_VARIABLE, smtp.maildir());
            let (starttls, tls) = smtp.tls_urls();
            command.env(smtp::STARTTLS_VARIABLE, starttls).env(smtp::TLS_VARIABLE, tls);
        }
    }
    let mut count = Count::default();
    let done = watch(&mut command, |line| count.add(line));
    drop((own_postgres, own_smtp));
    println!("{} passed, {} failed", count.passed, count.failed);
    done.map_err(|Failure(why)| {
        let quick = if quick { " --quick" } else { "" };
        let args = if cargo_args.is_empty() { String::new() } else { format!(" -- {}", cargo_args.join(" ")) };
        Failure(format!("{why}\nto repeat it with its servers:\n    cargo xtask test{quick}{args}"))
    })?;
    Ok(count)
}

/// Builds every program as the tests use it. A part of the workspace by itself asks for other features of its
/// dependencies, and these would be compiled twice.
fn programs() -> Result {
    c_compiler()?;
    run(cargo().args(["build", "--workspace", "--lib", "--bins"]))
}

/// The command that runs `program` of the `tests` package against the server of the same build.
fn against_server(build: &str, program: &str) -> Command {
    let built = target_dir().join(build);
    let mut command = Command::new(built.join(program));
    command.arg("--server-binary").arg(built.join("countersign")).current_dir(root());
    command
}

/// Plays the story. Without `check` it leaves the server running: then this process becomes the demo, so that Ctrl-C and
/// every other signal reach it.
pub(crate) fn demo(check: bool, out: Option<&Path>) -> Result {
    fonts()?;
    programs()?;
    // Checked is what the phones and the server do; the app is for whoever looks at the demo.
    let app = if check { None } else { app_to_look_at() };
    let mut command = against_server("debug", "demo");
    if let Some(app) = app {
        command.env("COUNTERSIGN_APP_DIR", app);
    }
    if let Some(out) = out {
        command.arg("--out").arg(std::path::absolute(out).at(out)?);
    }
    if check {
        return run(command.arg("--check"));
    }
    announce("demo");
    Err(command.exec()).at(command.get_program())
}

/// The app, or none where it cannot be built: the main job can be seen without it.
fn app_to_look_at() -> Option<PathBuf> {
    app::build().inspect_err(|Failure(why)| announce(format_args!("the engineers' app is left out: {why}"))).ok()
}

/// What can be measured beside the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measured {
    /// The engineers' app in Chromium, with its processor slowed down to an old phone's
    Web,
}

/// Measures the release server, on PostgreSQL too unless it is a short run; or the app, served by it.
pub(crate) fn bench(what: Option<Measured>, args: &[String]) -> Result {
    c_compiler()?;
    // In one go, for the same reason as in `programs`.
    let packages = ["--package", "countersign", "--package", "countersign-tests"];
    run(cargo().args(["build", "--release"]).args(packages).args(["--bin", "countersign", "--bin", "bench"]))?;
    let mut command = against_server("release", "bench");
    if what == Some(Measured::Web) {
        command.env("COUNTERSIGN_APP_DIR", app::build()?).env(web::CHROMIUM_VARIABLE, web::chromium()?);
        return run(command.arg("--only-web").args(args));
    }
    let short = args.iter().any(|arg| arg == "--quick" || arg == "--only-w" || arg == "--only-phone");
    let own = match std::env::var_os(postgres::VARIABLE) {
        None if !short => Some(Postgres::start(true)?),
        _ => None,
    };
    if let Some(postgres) = &own {
        command.env(postgres::VARIABLE, postgres.url());
    }
    run(command.args(args))
}

/// Regenerates what is generated from the code, or with `check` fails if the checked-in files differ.
pub(crate) fn codegen(check: bool) -> Result {
    programs()?;
    let fresh = crate::proc::quiet(Command::new(target_dir().join("debug/countersign")).arg("openapi"))?;
    generated("docs/openapi.json", &fresh, check)?;
    bindings::codegen(check)
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn cargos_closing_lines_are_added_up() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ] {
            count.add(line);
        }
        assert_eq!(count, Count { passed: 13, failed: 2 });
    }
}
