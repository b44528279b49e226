//! The engineers' app in a real browser against a real server. The stories are in `web/phone/e2e`; each has a server with
//! the demo company for itself. They run one after another: browsers are large, and a phone has its processor to itself.

use countersign_tests::company::Company;
use countersign_tests::folder::{copy, root};
use countersign_tests::process::server_binary;
use countersign_tests::{Failure, ServerProcess};
use std::process::Command;

/// Names the browser; `cargo xtask test` sets it.
const CHROMIUM: &str = "COUNTERSIGN_TEST_CHROMIUM";

/// Tells one story alone, by how its file's name begins.
const ONLY: &str = "COUNTERSIGN_STORY";

/// For the story in which months pass: the system's clock as the server sees it goes by a file. The loader fills in `$LIB`.
const CLOCK_THAT_CAN_BE_SET: [(&str, &str); 3] = [
    ("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1"),
    ("FAKETIME_CACHE_DURATION", "1"),
    ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
];

#[test]
fn every_story_of_the_app() -> Result<(), Failure> {
    if std::env::var_os("COUNTERSIGN_QUICK").is_some() {
        return Ok(());
    }
    if std::env::var_os(CHROMIUM).is_none() {
        return Err(format!("{CHROMIUM} names no browser; run this by `cargo xtask test`").into());
    }
    let app = root().join("web/phone");
    let built = app.join("dist");
    assert!(built.join("index.html").is_file(), "the app is not built; run this by `cargo xtask test`");
    let mut stories: Vec<String> = std::fs::read_dir(app.join("e2e"))?
        .filter_map(|file| file.ok()?.file_name().into_string().ok().filter(|name| name.ends_with(".e2e.ts")))
        .collect();
    stories.sort();
    assert!(stories.len() >= 7, "{stories:?}");
    if let Ok(only) = std::env::var(ONLY) {
        stories.retain(|story| story.starts_with(&only));
        assert!(!stories.is_empty(), "no story begins with {only}");
    }
    let mut failed = Vec::new();
    for story in stories {
        let dir = tempfile::tempdir()?;
        // A copy: a story may bring out a newer app.
        let served = dir.path().join("app");
        copy(&built, &served)?;
        let served = served.to_string_lossy();
        let clock = dir.path().join("clock");
        let mut variables = vec![("COUNTERSIGN_APP_DIR", &*served)];
        let named = clock.to_string_lossy();
        if story.starts_with("month") {
            std::fs::write(&clock, "+0d")?;
            variables.extend(CLOCK_THAT_CAN_BE_SET);
            variables.push(("FAKETIME_TIMESTAMP_FILE", &named));
        }
        let server = ServerProcess::new(&server_binary()?, &dir.path().join("data"), &variables)?;
        let company = Company::found(server)?;
        let output = Command::new("node")
            .args(["node_modules/vitest/vitest.mjs", "run", "--config", "e2e/vitest.config.ts", &story])
            .env("COUNTERSIGN_SERVER", company.server.base())
            .env("COUNTERSIGN_APP_DIR", served.as_ref())
            .env("COUNTERSIGN_SERVER_DATA", company.server.data())
            .env("COUNTERSIGN_SERVER_CLOCK", &clock)
            .env("NO_COLOR", "1")
            .current_dir(&app)
            .output()?;
        if !output.status.success() {
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            failed.push(format!("{story}:\n{out}{err}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}
