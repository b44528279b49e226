//! What every request handler can reach. All of it is cheap to clone.

use crate::auth::limiter::Limiter;
use crate::auth::passwords::Passwords;
use crate::auth::tokens::Tokens;
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::keys::Keys;
use crate::receipts::pdf::Renderer;
use crate::reference::cache::ReferenceCache;
use crate::store::Db;
use crate::sync::{Issuer, Merger};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The server's shared state.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// The server's signing keys.
    pub keys: Arc<Keys>,
    /// The configuration in force.
    pub config: Arc<Config>,
    /// How the world reaches this server; no slash at the end.
    pub public_url: Arc<str>,
    /// What time it is.
    pub clock: Clock,
    /// Issues and checks access tokens.
    pub tokens: Tokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Slows down guessing.
    pub limiter: Limiter,
    /// Slows down trying links.
    pub guesses: Limiter,
    /// The reference data in memory.
    pub reference: ReferenceCache,
    /// The way into the database for what phones send.
    pub merger: Merger,
    /// Sets receipts as PDF.
    pub pdf: Arc<Renderer>,
    /// Notified when there are mails to send.
    pub outbox: Arc<Notify>,
    /// Notified when there are visits to be judged again.
    pub rejudge: Arc<Notify>,
    /// Cancelled when the server stops: background workers end on it.
    pub stop: CancellationToken,
}

impl AppState {
    /// Opens keys and database (migrating it), and reads the reference data.
    ///
    /// # Errors
    /// In one line with a hint.
    pub async fn open(config: Config, public_url: &str) -> Result<Self, Failure> {
        let keys = Keys::open(&config.keys_dir)?;
        let pdf = Renderer::open(config.receipt_template.as_deref())?;
        let db = Db::open(&config.database_url).await?;
        db.migrate().await?;
        let clock = Clock::default();
        let reference = ReferenceCache::default();
        let mut tx = db.read().await?;
        reference.refresh(&mut tx).await?;
        drop(tx);
        crate::rejudge::after_upgrade(&db, clock.now_ms()).await?;
        let outbox = Arc::new(Notify::new());
        let issuer = Issuer { key: keys.receipt.clone(), public_url: public_url.to_owned(), seal: keys.seal.clone() };
        let rejudge = Arc::new(Notify::new());
        let merger =
            Merger::start(db.clone(), reference.clone(), issuer, clock.clone(), outbox.clone(), rejudge.clone());
        Ok(Self {
            merger,
            outbox,
            rejudge,
            pdf: Arc::new(pdf),
            tokens: Tokens::new(&keys.token, clock.clone()),
            passwords: Passwords::new().map_err(|e| Failure::new(e.to_string()))?,
            limiter: Limiter::default(),
            guesses: Limiter::default(),
            keys: Arc::new(keys),
            config: Arc::new(config),
            public_url: public_url.into(),
            stop: CancellationToken::new(),
            reference,
            clock,
            db,
        })
    }
}
