//! The database: SQLite (the embedded default) or PostgreSQL (any number of servers), with the same statements.
//!
//! A statement is a `const` with `$1` placeholders, run by [`db_execute!`](crate::db_execute),
//! [`db_all!`](crate::db_all), [`db_one!`](crate::db_one) or [`db_optional!`](crate::db_optional) inside a [`Tx`].
//! The few that must differ are [`Sql`] pairs and stand in [`dialect`]. Instants are `BIGINT` milliseconds since 1970
//! UTC; ids are bound as [`uuid::Uuid`] (a 16-byte BLOB in SQLite, `uuid` in PostgreSQL).

mod affected;
pub mod audit;
pub mod blobs;
pub mod bulk;
pub mod codes;
pub mod cost;
pub mod devices;
pub mod dialect;
pub mod dossier;
mod error;
pub mod evidence;
pub mod feed;
pub mod leads;
pub mod letters;
pub mod log;
mod macros;
pub mod news;
mod open;
pub mod outbox;
pub mod page;
pub mod queue;
pub mod receipts;
pub mod reference;
pub mod rejudge;
pub mod root_causes;
mod select;
pub mod sessions;
pub mod stamps;
pub mod users;
pub mod verdicts;
pub mod visits;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod conformance_receipts;

pub use error::StoreError;
pub use open::Db;
#[doc(hidden)]
pub use sqlx;

/// A transaction on either database. Dropped without [`Tx::commit`], it is rolled back.
pub enum Tx {
    /// On SQLite.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// On PostgreSQL.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    /// Makes everything durable and visible, or nothing.
    ///
    /// # Errors
    /// When the database does not answer or refuses. Then nothing was stored, unless the connection broke while the
    /// answer was under way: callers that may repeat must be idempotent.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes everything.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// One statement in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

impl From<&'static str> for Sql {
    fn from(same: &'static str) -> Self {
        Self { sqlite: same, postgres: same }
    }
}
