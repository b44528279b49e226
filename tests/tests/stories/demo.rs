//! The demo as people run it.

use countersign_tests::Failure;
use countersign_tests::process::server_binary;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn demo(out: &Path) -> Result<Output, Failure> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.arg("--server-binary").arg(server_binary()?).arg("--check").arg("--out").arg(out);
    Ok(command.output()?)
}

fn files(dir: &Path, ending: &str) -> Result<u64, Failure> {
    let names: Result<Vec<_>, _> = std::fs::read_dir(dir)?.map(|e| e.map(|e| e.file_name())).collect();
    Ok(names?.iter().filter(|n| n.to_string_lossy().ends_with(ending)).count() as u64)
}

#[test]
fn the_whole_story_holds_and_leaves_what_it_counts() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("out");
    // Twice: a second run starts afresh.
    for _ in 0..2 {
        let told = demo(&out)?;
        let text = String::from_utf8(told.stdout)?;
        let (err, failed) = (String::from_utf8_lossy(&told.stderr), text.lines().filter(|l| l.contains("FAILED")));
        assert!(told.status.success(), "{err}\n{}", failed.collect::<Vec<_>>().join("\n"));
        let last: Value = serde_json::from_str(text.lines().last().ok_or("nothing was told")?)?;
        let count = |key: &str| last[key].as_u64().ok_or_else(|| format!("no {key}"));
        assert_eq!((count("lost")?, count("duplicated")?), (0, 0));
        assert!(count("phones")? >= 5 && count("conflicts_shown")? >= 1);
        assert_eq!(count("receipts_verified")?, count("receipts_issued")?);
        assert_eq!(files(&out.join("receipts"), ".json")?, count("receipts_issued")?);
        assert_eq!(files(&out.join("documents"), ".automerge")?, count("visits")?);
        assert_eq!(files(&out.join("mails"), ".eml")?, count("mails_written")?);
        let visits: Vec<Value> = serde_json::from_slice(&std::fs::read(out.join("visits.json"))?)?;
        assert_eq!(visits.len() as u64, count("visits")?);
        for name in ["countersign.db", "jwks.json"] {
            assert!(out.join(name).is_file(), "{name} is missing");
        }
    }
    Ok(())
}

#[test]
fn what_the_demo_did_not_make_is_left_alone() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("thesis.txt"), "years of work")?;
    let told = demo(dir.path())?;
    assert!(!told.status.success());
    assert!(String::from_utf8_lossy(&told.stderr).contains("was not made by the demo"));
    assert!(dir.path().join("thesis.txt").is_file());
    Ok(())
}
