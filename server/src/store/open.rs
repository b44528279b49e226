//! Opening a database, migrating it, and beginning transactions.

use super::{StoreError, Tx};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, PgPool, SqlitePool};
use std::str::FromStr;
use std::time::Duration;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Before this version a race in WAL mode could corrupt the database.
const OLDEST_SQLITE: &str = "3.51.3";
const READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(15);

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// SQLite: one writer, many readers, as SQLite itself has it. A second writer would only wait in `busy_timeout`,
    /// unfairly; a pool of one queues fairly.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that cannot write (`query_only`).
        readers: SqlitePool,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

impl Db {
    /// Opens `url` (`sqlite://path` or `postgres://…`), creating a SQLite file that is missing. Does not migrate.
    ///
    /// # Errors
    /// When the URL cannot be read, the database cannot be reached or the linked SQLite is too old.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)
                .map_err(|e| StoreError::BadUrl(e.to_string()))?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(PATIENCE);
            let pool = || SqlitePoolOptions::new().acquire_timeout(PATIENCE).idle_timeout(None).max_lifetime(None);
            let writer = pool().max_connections(1).connect_with(options.clone()).await?;
            let (found,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&writer).await?;
            if version(&found) < version(OLDEST_SQLITE) {
                return Err(StoreError::OldSqlite { found, needed: OLDEST_SQLITE });
            }
            let readers = pool().max_connections(READERS).connect_with(options.pragma("query_only", "ON")).await?;
            Ok(Self::Sqlite { writer, readers })
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(|e| StoreError::BadUrl(e.to_string()))?;
            // Once by hand: a pool would try again until its patience ends, and then hide the cause.
            PgConnection::connect_with(&options).await?.close().await?;
            let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(PATIENCE);
            Ok(Self::Postgres(pool.connect_with(options).await?))
        } else {
            Err(StoreError::UnknownScheme)
        }
    }

    /// Brings the schema up to date. Several servers may do so at once: the first one does it, the others wait.
    ///
    /// # Errors
    /// When a migration fails, or the database was migrated by a newer version of the program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => SQLITE_MIGRATIONS.run(writer).await?,
            Self::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// Begins a transaction that may write. In SQLite it holds the write lock from the start (`BEGIN IMMEDIATE`): a
    /// read transaction that turns into a write one could fail in the middle.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(match writer.begin_with("BEGIN IMMEDIATE").await {
                // SQLite undid the last transaction by itself, as it may when the disk is full. The driver's ROLLBACK
                // failed then, and it would refuse every transaction on this connection for ever: a new one is opened.
                Err(sqlx::Error::InvalidSavePointStatement) => {
                    writer.acquire().await?.close().await?;
                    writer.begin_with("BEGIN IMMEDIATE").await?
                }
                other => other?,
            }),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that only reads and sees one state of the database throughout.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut tx = self.read().await?;
        let _: (i64,) =
            crate::db_one!((i64,), &mut tx, "SELECT value FROM counter WHERE name = $1", super::feed::FEED)?;
        Ok(())
    }

    /// `sqlite` or `postgres`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Closes every connection; waits for those in use.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// `3.51.3` as numbers that compare.
fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("3.100.0") > version("3.51.3"));
        assert!(version("3.51.2") < version("3.51.3"));
        assert!(version("3.51.3") >= version("3.51.3"));
    }

    /// Both schemas, with PostgreSQL's type names written as SQLite's.
    #[test]
    fn both_schemas_are_one() {
        let same = |text: &str| -> Vec<String> {
            text.lines()
                .filter(|line| !line.starts_with("--"))
                .map(|line| line.replace(" UUID", " BLOB").replace(" BYTEA", " BLOB").replace(" JSONB", " TEXT"))
                .collect()
        };
        macro_rules! both {
            ($file:literal) => {
                let sqlite = same(include_str!(concat!("../../../migrations/sqlite/", $file)));
                let postgres = same(include_str!(concat!("../../../migrations/postgres/", $file)));
                for (ours, theirs) in sqlite.iter().zip(&postgres) {
                    assert_eq!(ours, theirs);
                }
                assert_eq!(sqlite.len(), postgres.len());
            };
        }
        both!("0001_first.sql");
        both!("0002_judging.sql");
        both!("0003_money.sql");
        both!("0004_outbox.sql");
        both!("0005_proofs.sql");
        both!("0006_blobs.sql");
    }
}
