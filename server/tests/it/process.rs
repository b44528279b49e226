//! Starting and stopping, and what a bad start says.

use countersign::config::Config;
use countersign::serve::Server;

#[tokio::test]
async fn it_starts_from_nothing_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("data");
    let running = Server::start(Config::embedded(&home)).await.unwrap();
    let first = running.first_login.as_ref().unwrap();
    let told = std::fs::read_to_string(&first.file).unwrap();
    assert!(told.contains(&first.password) && told.contains(&running.addr.to_string()));

    let mut config = Config::embedded(&dir.path().join("other"));
    config.listen = running.addr;
    let failure = Server::start(config).await.unwrap_err().to_string();
    assert!(failure.contains("port is in use"), "{failure}");

    running.shutdown().await;
    let again = Server::start(Config::embedded(&home)).await.unwrap();
    assert!(again.first_login.is_none(), "a password is shown once");
    again.shutdown().await;
}

#[tokio::test]
async fn bad_databases_are_told_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let nonsense = dir.path().join("nonsense.db");
    std::fs::write(&nonsense, "no database, and longer than a header of one hundred bytes would be ".repeat(4))
        .unwrap();
    for (url, code) in [
        ("mysql://x/y".to_owned(), 2),
        (format!("sqlite://{}", nonsense.display()), 1),
        ("sqlite:///nowhere/at/all.db".to_owned(), 1),
        ("postgres://nobody:hunter2@127.0.0.1:1/x".to_owned(), 1),
    ] {
        let mut config = Config::embedded(&dir.path().join("data"));
        config.database_url = url.clone();
        let failure = Server::start(config).await.unwrap_err();
        let text = failure.to_string();
        assert_eq!(failure.code(), code, "{url}: {text}");
        assert!(text.contains("hint") && !text.contains('\n') && !text.contains("hunter2"), "{text}");
    }
}

/// Runs the program; returns its exit code, output and errors.
pub(crate) fn program(dir: &std::path::Path, args: &[&str]) -> (i32, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().env("COUNTERSIGN_DATA_DIR", dir).args(args);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_program_says_what_is_wrong_in_one_line_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("countersign.toml");
    std::fs::write(&file, "listn = 3\n").unwrap();
    let (code, _, told) = program(dir.path(), &["serve"]);
    assert_eq!((code, told.lines().count()), (2, 1), "{told}");
    assert!(told.contains("listn") && told.contains("hint"));
    std::fs::write(&file, "log_format = \"json\"\n").unwrap();
    let (code, shown, _) = program(dir.path(), &["config"]);
    assert_eq!(code, 0);
    assert!(shown.lines().any(|line| line.starts_with("log_format") && line.contains("countersign.toml")), "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("data_dir") && line.contains("environment")), "{shown}");

    let table = dir.path().join("customers.csv");
    std::fs::write(&table, "code,naem\nH1,x\n").unwrap();
    let (code, _, told) = program(dir.path(), &["import", table.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(told.contains("line 1, column 2 (naem)") && told.contains("unknown_column"), "{told}");
    let (code, _, told) = program(dir.path(), &["user", "passwd", "nobody"]);
    assert!(code == 1 && told.contains("no user nobody"), "{told}");
    let (code, shown, _) = program(dir.path(), &["openapi"]);
    assert!(code == 0 && serde_json::from_str::<serde_json::Value>(&shown).is_ok());
}

#[cfg(unix)]
#[test]
fn sigterm_ends_it_in_order() {
    use std::io::{BufRead as _, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path());
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told: Vec<String> = lines.take(7).collect();
    assert!(told[0].starts_with("Countersign is serving at http://127.0.0.1:"), "{told:?}");
    assert!(told[5].contains("admin with the password"), "{told:?}");
    let kill = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(kill.success() && child.wait().unwrap().success());
}
