//! The server as a whole: started by `countersign serve`, and by tests in their own process.

use crate::auth::accounts;
use crate::config::{Config, MailPdf};
use crate::failure::Failure;
use crate::keys::write_secret;
use crate::mail::compose::{MailedPdf, Sender};
use crate::mail::dkim::Dkim;
use crate::mail::maildir::Maildir;
use crate::mail::transport::Transport;
use crate::mail::worker::{Schedule, Worker};
use crate::receipt_log;
use crate::receipt_log::stamp::Authority;
use crate::receipt_log::tsp::Roots;
use crate::receipts::pdf::{Languages, PdfError};
use crate::rejudge;
use crate::state::AppState;
use lettre::message::Mailbox;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How long requests that are under way may take to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(30);

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// The address that it is bound to.
    pub addr: SocketAddr,
    /// What its handlers share.
    pub state: AppState,
    /// The log-in of the first administrator, when this was the first start.
    pub first_login: Option<FirstLogin>,
    task: JoinHandle<std::io::Result<()>>,
    mail: JoinHandle<()>,
    rejudge: JoinHandle<()>,
}

/// How to log in the first time.
pub struct FirstLogin {
    /// `admin`
    pub login: &'static str,
    /// Random; must be changed.
    pub password: String,
    /// The file that says the same, readable by its owner alone.
    pub file: PathBuf,
}

impl std::fmt::Debug for FirstLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstLogin").field("login", &self.login).finish_non_exhaustive()
    }
}

impl Server {
    /// Makes what is missing (data directory, keys, database, first administrator), binds and serves.
    ///
    /// # Errors
    /// In one line with a hint: a data directory that cannot be written, a database that cannot be opened, a port in
    /// use.
    pub async fn start(config: Config) -> Result<Running, Failure> {
        config.prepare_data_dir()?;
        // Bound first: a second server that was started by mistake must not migrate the first one's database.
        let listener = TcpListener::bind(config.listen).await.map_err(|e| cannot_listen(config.listen, &e))?;
        let addr = listener.local_addr().map_err(|e| cannot_listen(config.listen, &e))?;
        let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"));
        let state = AppState::open(config, &public_url).await?;
        let first_login = first_login(&state).await?;
        try_pdf(&state).await?;
        let app_dir = &state.config.app_dir;
        if !app_dir.join("index.html").is_file() {
            tracing::info!(folder = %app_dir.display(), "the engineers' app is not built; /app/ says so");
        }
        let app = crate::http::router(&state).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(forget_expired(state.clone()));
        let mail = tokio::spawn(mail_worker(&state)?.run(state.stop.clone()));
        if let Some(dir) = &state.config.mail.bounce_maildir {
            let maildir = Maildir::open(dir)?;
            tokio::spawn(maildir.run(state.db.clone(), state.clock.clone(), state.stop.clone()));
        }
        let rejudge = tokio::spawn(rejudge_worker(&state).run(state.stop.clone()));
        let (key, clock) = (state.keys.receipt.clone(), state.clock.clone());
        let authority = authority(&state)?;
        tokio::spawn(receipt_log::Worker::new(state.db.clone(), key, clock, authority).run(state.stop.clone()));
        let stop = state.stop.clone();
        let task = tokio::spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await }).await
        });
        Ok(Running { addr, state, first_login, task, mail, rejudge })
    }
}

impl Running {
    /// Stops taking requests, lets those under way end (for half a minute at most) and closes the database.
    pub async fn shutdown(self) {
        self.state.stop.cancel();
        let mut task = self.task;
        match tokio::time::timeout(FAREWELL, &mut task).await {
            Ok(Ok(Ok(()))) => {}
            Ok(outcome) => tracing::warn!(?outcome, "the server ended badly"),
            Err(_) => {
                tracing::warn!("some requests did not end in time");
                task.abort();
            }
        }
        // What is not judged stays in the queue.
        if tokio::time::timeout(FAREWELL, self.rejudge).await.is_err() {
            tracing::warn!("judging again did not end in time");
        }
        self.state.merger.flush().await;
        // It finishes the mails in hand; what it does not manage keeps its lease and is sent by the next run.
        if tokio::time::timeout(FAREWELL, self.mail).await.is_err() {
            tracing::warn!("a mail did not end in time");
        }
        self.state.db.close().await;
    }
}

/// Says at the start what would otherwise only be found out by the first receipt.
async fn try_pdf(state: &AppState) -> Result<(), Failure> {
    let renderer = state.pdf.clone();
    let own = state.config.receipt_template.is_some();
    let tried = tokio::task::spawn_blocking(move || match renderer.look_for_fonts() {
        Ok(()) if own => renderer.try_template(),
        outcome => outcome.map_err(Into::into),
    });
    match tried.await.map_err(|e| Failure::new(e.to_string()))? {
        Ok(()) => Ok(()),
        Err(PdfError::Font(e)) => {
            tracing::warn!(
                "{e}: receipts go out without a PDF until one is installed (Debian: apt-get install fonts-noto-cjk)"
            );
            Ok(())
        }
        Err(e) => Err(Failure::usage(format!("receipt_template: {e}")).hint("docs/receipt.md says how one is made")),
    }
}

/// The worker that sends what the outbox holds.
fn mail_worker(state: &AppState) -> Result<Worker, Failure> {
    let from: Mailbox = state.config.mail_from.parse().map_err(|e| {
        Failure::usage(format!("mail_from is no mailbox: {e}")).hint("such as Countersign <service@example.com>")
    })?;
    let pdf = (state.config.mail_pdf != MailPdf::None).then(|| MailedPdf {
        renderer: state.pdf.clone(),
        languages: (state.config.mail_pdf == MailPdf::Both).then_some(Languages::Both),
    });
    let config = &state.config.mail;
    let domain = config.dkim_domain.as_deref().unwrap_or_else(|| from.email.domain());
    let dkim = config.dkim_key.as_ref().map(|key| Dkim::open(key, &config.dkim_selector, domain)).transpose()?;
    let sender = Sender { from, public_url: state.public_url.to_string(), pdf, dkim: dkim.map(Arc::new) };
    let transport = Transport::open(&state.config.smtp_url)?;
    let (db, clock) = (state.db.clone(), state.clock.clone());
    let schedule = Schedule {
        per_domain: config.domain_at_once.into(),
        per_minute: config.domain_per_minute.into(),
        ..Schedule::default()
    };
    Ok(Worker::new(db, transport, (sender, state.keys.seal.clone()), clock, schedule, state.outbox.clone()))
}

/// The time-stamping authority, where one is configured.
fn authority(state: &AppState) -> Result<Option<Authority>, Failure> {
    let config = &state.config.outside;
    let Some(url) = &config.tsa_url else { return Ok(None) };
    let open =
        |path: &PathBuf| Roots::open(path).map_err(|e| Failure::usage(format!("tsa_ca {}: {e}", path.display())));
    Ok(Some(Authority::new(url, config.tsa_ca.as_ref().map(open).transpose()?)))
}

/// The worker that judges again what the queue holds.
fn rejudge_worker(state: &AppState) -> rejudge::Worker {
    let (db, merger, clock) = (state.db.clone(), state.merger.clone(), state.clock.clone());
    rejudge::Worker::new(db, merger, clock, rejudge::Schedule::default(), state.rejudge.clone())
}

/// Deletes refresh tokens that ended and uploads that were given up, now and every day.
async fn forget_expired(state: AppState) {
    while !state.stop.is_cancelled() {
        let forgotten = async {
            let mut tx = state.db.begin().await?;
            crate::store::sessions::forget_expired(&mut tx, state.clock.now_ms()).await?;
            tx.commit().await
        };
        if let Err(e) = forgotten.await {
            tracing::warn!(error = %e, "expired refresh tokens were not deleted");
        }
        if let Err(e) = crate::blobs::forget_stale(&state.db, state.clock.now_ms()).await {
            tracing::warn!(error = %e, "uploads that were given up were not deleted");
        }
        tokio::select! {
            () = state.stop.cancelled() => {}
            () = tokio::time::sleep(Duration::from_secs(24 * 3600)) => {}
        }
    }
}

fn cannot_listen(address: SocketAddr, e: &std::io::Error) -> Failure {
    let hint = match e.kind() {
        std::io::ErrorKind::AddrInUse => {
            "the port is in use: is a server running already? choose another with --listen"
        }
        std::io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose another with --listen",
        _ => "choose another address with --listen",
    };
    Failure::new(format!("cannot listen on {address}: {e}")).hint(hint)
}

async fn first_login(state: &AppState) -> Result<Option<FirstLogin>, Failure> {
    let made = accounts::first_admin(&state.db, &state.passwords, state.clock.now_ms()).await;
    let Some(password) = made.map_err(|e| Failure::new(e.to_string()))? else {
        return Ok(None);
    };
    let file = state.config.data_dir.join("first-login.txt");
    let text = format!("address:  {}\nlogin:    admin\npassword: {password}\n", state.public_url);
    // One from an earlier database in the same place is of no use to anybody.
    let _ = std::fs::remove_file(&file);
    write_secret(&file, text.as_bytes()).map_err(|e| {
        Failure::new(format!("{} cannot be written: {e}", file.display()))
            .hint("set the password with: countersign user passwd admin")
    })?;
    Ok(Some(FirstLogin { login: "admin", password, file }))
}
