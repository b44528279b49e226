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
