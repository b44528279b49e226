//! A bad start: one line with a hint, an exit code, and nothing left half done.

use countersign_tests::Failure;
use countersign_tests::process::server_binary;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the program and returns its exit code and what it said on standard error.
fn program(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Result<(i32, String), Failure> {
    let mut command = Command::new(server_binary()?);
    command.env_clear().env("COUNTERSIGN_DATA_DIR", data).env("COUNTERSIGN_LISTEN", "127.0.0.1:0");
    command.envs(variables.iter().copied()).args(arguments).stdin(Stdio::null());
    let output = command.output()?;
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn told_in_one_line(what: &str, (code, told): &(i32, String), words: &[&str]) -> Result<(), Failure> {
    let clear = *code > 0 && told.lines().count() == 1 && told.contains("(hint: ") && !told.contains("panicked");
    if clear && words.iter().all(|w| told.contains(w)) {
        Ok(())
    } else {
        Err(format!("{what}: exit {code}:\n{told}").into())
    }
}

#[test]
fn a_bad_start_is_told_in_one_line_with_a_hint() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let garbage = dir.path().join("garbage.db");
    std::fs::write(&garbage, "no database, though longer than the header of one ".repeat(40))?;
    let garbage_url = format!("sqlite://{}", garbage.display());
    let folder_url = format!("sqlite://{}", dir.path().display());
    for url in [
        "mysql://a/b",
        "nonsense",
        "sqlite:///nowhere/at/all/x.db",
        "postgres://nobody:geheim@127.0.0.1:1/x",
        "postgres://[",
        &garbage_url,
        &folder_url,
    ] {
        for command in ["serve", "migrate"] {
            let said = program(&data, &[("COUNTERSIGN_DATABASE_URL", url)], &[command])?;
            told_in_one_line(&format!("{command} {url}"), &said, &[])?;
            if said.1.contains("geheim") {
                return Err(format!("a password is told: {}", said.1).into());
            }
        }
    }
    if std::fs::read_to_string(&garbage)?.len() != 50 * 40 {
        return Err("a file that is no database was written to".into());
    }

    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let fresh = dir.path().join("fresh");
    let said = program(&fresh, &[("COUNTERSIGN_LISTEN", &address)], &["serve"])?;
    told_in_one_line("a port in use", &said, &["port is in use", "--listen"])?;
    if fresh.join("countersign.db").exists() || fresh.join("first-login.txt").exists() {
        return Err("a server that could not listen made a database all the same".into());
    }

    for bad in ["here", "127.0.0.1", "127.0.0.1:99999"] {
        let said = program(&data, &[("COUNTERSIGN_LISTEN", bad)], &["serve"])?;
        told_in_one_line("an address that is none", &said, &[])?;
    }
    // Nobody may make directories there, root included.
    for nowhere in [Path::new("/proc/countersign/data"), &garbage.join("below")] {
        let said = program(nowhere, &[], &["serve"])?;
        told_in_one_line("a data directory that cannot be", &said, &["data directory"])?;
    }
    let said = program(&data, &[], &["import", "/nowhere/customers.csv"])?;
    told_in_one_line("a file that is not there", &said, &["/nowhere/customers.csv"])?;
    Ok(())
}

#[test]
fn a_damaged_key_is_told_and_not_replaced() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let data = dir.path().join("data");
    let made = program(&data, &[], &["migrate"])?;
    if made.0 != 0 {
        return Err(made.1.into());
    }
    let keys = data.join("keys");
    std::fs::create_dir_all(&keys)?;
    let server = countersign::keys::Keys::open(&keys).map_err(|e| e.to_string())?;
    drop(server);
    for file in std::fs::read_dir(&keys)? {
        let path = file?.path();
        let good = std::fs::read(&path)?;
        std::fs::write(&path, b"rubbish")?;
        let said = program(&data, &[], &["serve"])?;
        told_in_one_line(&format!("{} damaged", path.display()), &said, &[])?;
        if std::fs::read(&path)? != b"rubbish" {
            return Err(format!("{} was replaced: receipts could no longer be verified", path.display()).into());
        }
        std::fs::write(&path, good)?;
    }
    Ok(())
}
