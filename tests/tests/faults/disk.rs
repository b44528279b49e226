//! The disk is full: the server says so, stores nothing by halves, and goes on once there is space.

use super::field::{Engineer, judge, rest, scene, sign};
use super::ground::Ground;
use countersign_tests::company::begin;
use countersign_tests::process::server_binary;
use countersign_tests::{Company, Failure, PASSWORD, ServerProcess};
use sim_phone::{LinkError, SyncError};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use sync_core::document::facts::{Mode, SignOffOutcome};

/// Files of the server may not grow beyond this from now on.
fn limit(server: &ServerProcess, bytes: &str) -> Result<(), Failure> {
    let pid = server.pid().ok_or("the server does not run")?.to_string();
    let told = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")]).status()?;
    if told.success() { Ok(()) } else { Err("prlimit failed".into()) }
}

#[test]
fn a_full_disk_is_told_and_got_over() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    // A write beyond the limit fails, as on a full disk, instead of ending the process.
    let wrapper = ground.path("serve.sh");
    let script = format!("#!/bin/sh\ntrap '' XFSZ\nexec '{}' \"$@\"\n", server_binary()?.display());
    std::fs::write(&wrapper, script)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    let keys = ground.path("keys").to_string_lossy().into_owned();
    let variables = [("COUNTERSIGN_DATABASE_URL", ground.url.as_str()), ("COUNTERSIGN_KEYS_DIR", &keys)];
    let mut company = Company::found(ServerProcess::new(&wrapper, &ground.path("data"), &variables)?)?;
    let mut team = [Engineer::enrol(&company, "li.na", 51)?];
    let scene = scene(&team[0].sim, 1, 2)?;
    for _ in 0..5 {
        team[0].act(&scene)?;
    }
    rest(&mut team)?;
    let before = ground.checked_books()?;

    let reader = company.login("zhang.li")?;

    // Not even the log can be written.
    limit(&company.server, "1")?;
    let e = &mut team[0];
    let visit = e.sim.begin(begin(&scene.customers[0], None, Mode::OnSite, None))?;
    sign(&mut e.sim, visit, SignOffOutcome::Accepted)?;
    let waiting = e.sim.phone.unsynced_changes();
    for _ in 0..5 {
        match e.sim.sync_once(&mut e.link) {
            Err(SyncError::Link(LinkError::Unreachable(why))) if why.contains("503") => {}
            Ok(_) => return Err("the server confirmed what it cannot store".into()),
            Err(other) => return Err(format!("instead of 503: {other}").into()),
        }
    }
    // Reading goes on; a new log-in has to be written down, and is refused with a code.
    let read = reader.get("/api/v1/auth/me")?;
    let login = reader.post("/api/v1/auth/login", &serde_json::json!({ "login": "li.na", "password": PASSWORD }))?;
    if read.status != 200 || login.status != 500 || login.body["code"] != "internal" {
        return Err(format!("while the disk is full: {} and {} {}", read.status, login.status, login.body).into());
    }
    if e.sim.phone.unsynced_changes() != waiting {
        return Err("the phone forgot something".into());
    }

    limit(&company.server, "unlimited")?;
    let after = ground.checked_books()?;
    if after.change_count() != before.change_count() || after.receipt_count() != before.receipt_count() {
        return Err("something was stored by halves".into());
    }
    rest(&mut team).map_err(|e| format!("{e}\n{}", company.server.log_tail()))?;
    let told = judge(&team, &ground.checked_books()?)?;
    if company.server.log()?.contains("panicked") {
        return Err(format!("the server panicked:\n{}", company.server.log_tail()).into());
    }
    company.server.stop()?;
    println!("5 refusals while the disk was full; {told}");
    ground.clear()
}
