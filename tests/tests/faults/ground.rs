//! The ground a test stands on: a database of its own on SQLite or PostgreSQL, and servers on it.

use super::books::Books;
use countersign::keys::Keys;
use countersign::store::Db;
use countersign::testing::Fixture;
use countersign_tests::process::server_binary;
use countersign_tests::{Failure, ServerProcess};
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// Whether only the quick part is to run.
pub(crate) fn quick() -> bool {
    std::env::var_os("COUNTERSIGN_QUICK").is_some()
}

/// The full number, or the quick one.
pub(crate) fn rounds(full: u64, fast: u64) -> u64 {
    if quick() { fast } else { full }
}

/// The seed of this run: `COUNTERSIGN_SEED`, or the test's own.
pub(crate) fn seed(own: u64) -> u64 {
    std::env::var("COUNTERSIGN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(own)
}

/// A database of its own.
pub(crate) struct Ground {
    pub(crate) runtime: Runtime,
    pub(crate) url: String,
    dir: tempfile::TempDir,
    fixture: Option<Fixture>,
}

impl Ground {
    pub(crate) fn sqlite() -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        std::fs::create_dir_all(dir.path().join("data"))?;
        let url = format!("sqlite://{}", dir.path().join("data/countersign.db").display());
        Ok(Self { runtime: Runtime::new()?, url, dir, fixture: None })
    }

    /// `None` where there is no PostgreSQL and that is all right.
    pub(crate) fn postgres() -> Result<Option<Self>, Failure> {
        let runtime = Runtime::new()?;
        let Some(fixture) = runtime.block_on(Fixture::postgres())? else { return Ok(None) };
        let url = fixture.url.clone();
        Ok(Some(Self { runtime, url, dir: tempfile::tempdir()?, fixture: Some(fixture) }))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A server on it that does not run yet. All of them share the keys.
    pub(crate) fn server(&self, data: &str) -> Result<ServerProcess, Failure> {
        let keys = self.path("keys").to_string_lossy().into_owned();
        let variables = [("COUNTERSIGN_DATABASE_URL", self.url.as_str()), ("COUNTERSIGN_KEYS_DIR", &keys)];
        ServerProcess::new(&server_binary()?, &self.path(data), &variables)
    }

    /// What is in the database now.
    pub(crate) fn books(&self) -> Result<Books, Failure> {
        self.runtime.block_on(async {
            let db = Db::open(&self.url).await?;
            let books = Books::read(&db).await;
            db.close().await;
            books
        })
    }

    /// How many mails are not yet known to have been sent.
    pub(crate) fn unsent_mails(&self) -> Result<i64, Failure> {
        self.runtime.block_on(async {
            let db = Db::open(&self.url).await?;
            let tx = &mut db.read().await?;
            let (left,) = countersign::db_one!((i64,), tx, "SELECT COUNT(*) FROM outbox WHERE state <> 'sent'")?;
            Ok(left)
        })
    }

    /// The books, after checking all that must always hold.
    pub(crate) fn checked_books(&self) -> Result<Books, Failure> {
        let books = self.books()?;
        let key = Keys::open(&self.path("keys"))?.receipt;
        books.check(&|kid| (kid == key.kid).then(|| key.public()))?;
        Ok(books)
    }

    /// Takes the database away. A test that fails leaves it for a look.
    pub(crate) fn clear(self) -> Result<(), Failure> {
        match self.fixture {
            Some(fixture) => Ok(self.runtime.block_on(fixture.clear())?),
            None => Ok(()),
        }
    }
}
