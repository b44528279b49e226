//! `countersign serve` and `countersign migrate`.

use super::print_line;
use crate::clock::Clock;
use crate::config::{Config, redact};
use crate::failure::Failure;
use crate::serve::Server;
use crate::store::{Db, audit, news};

pub(super) async fn serve(config: Config) -> Result<(), Failure> {
    // Listened to from the first moment: the server answers before this function says so, and may be told to stop.
    let stop = signal()?;
    let running = Server::start(config).await?;
    let config = running.state.config.clone();
    print_line(&format!("Countersign is serving at {}", running.state.public_url))?;
    print_line(&format!("  data      {}", config.data_dir.display()))?;
    print_line(&format!("  database  {}", redact(&config.database_url)))?;
    print_line(&format!("  mails     {}", redact(&config.smtp_url)))?;
    print_line(&format!("  keys      {}", config.keys_dir.display()))?;
    match &running.first_login {
        Some(first) => {
            print_line(&format!("  log-in    {} with the password {}", first.login, first.password))?;
            print_line(&format!("            (shown once; also in {}; to be changed)", first.file.display()))?;
        }
        None => print_line("  log-in    as before; a lost password: countersign user passwd LOGIN")?,
    }
    stop.await?;
    tracing::info!("stopping");
    running.shutdown().await;
    Ok(())
}

pub(super) async fn migrate(config: Config, restored: bool) -> Result<(), Failure> {
    config.prepare_data_dir()?;
    let db = Db::open(&config.database_url).await?;
    db.migrate().await?;
    if restored {
        let now_ms = Clock::default().now_ms();
        let mut tx = db.begin().await?;
        let epoch = news::raise_epoch(&mut tx, now_ms).await?;
        audit::add(&mut tx, now_ms, None, "database.restored", "database", serde_json::json!({ "epoch": epoch }))
            .await?;
        tx.commit().await?;
    }
    db.close().await;
    print_line("the database is up to date")?;
    if restored {
        print_line("phones will compare everything they hold with it, and send again what it lacks")?;
    }
    Ok(())
}

/// Begins to listen to SIGINT and SIGTERM; the future ends with the first of them.
fn signal() -> Result<impl Future<Output = Result<(), Failure>>, Failure> {
    let deaf = |e: std::io::Error| Failure::new(format!("cannot listen to signals: {e}"));
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut term = signal(SignalKind::terminate()).map_err(deaf)?;
        let mut int = signal(SignalKind::interrupt()).map_err(deaf)?;
        Ok(async move {
            tokio::select! {
                _ = int.recv() => Ok(()),
                _ = term.recv() => Ok(()),
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async move { tokio::signal::ctrl_c().await.map_err(deaf) })
}
