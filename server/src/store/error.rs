//! What can go wrong with the database.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is neither `sqlite://…` nor `postgres://…`.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    UnknownScheme,
    /// The URL could not be read. Without the URL itself: it may hold a password.
    #[error("the database URL cannot be read: {0}")]
    BadUrl(String),
    /// A SQLite older than the one that fixed a WAL bug that could corrupt.
    #[error("SQLite {found} is older than {needed}, which fixed a corruption in WAL mode")]
    OldSqlite {
        /// The version that is linked.
        found: String,
        /// The oldest that serves.
        needed: &'static str,
    },
    /// A migration failed, or the database is from a newer version of the program.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row set does not have the width of its statement: a mistake in the program.
    #[error("bulk write into {table}: rows of {got} columns instead of {want}")]
    BulkWidth {
        /// The table.
        table: &'static str,
        /// Columns of the statement.
        want: usize,
        /// Columns of the rows.
        got: usize,
    },
    /// The database said no.
    #[error("database: {0}")]
    Sqlx(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether a unique constraint refused the statement.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Sqlx(sqlx::Error::Database(e)) if e.is_unique_violation())
    }

    /// Whether the same transaction may succeed when it is tried again: the database gave it up for another one
    /// (a deadlock or a serialisation failure between two servers).
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(e)) => matches!(e.code().as_deref(), Some("40001" | "40P01")),
            _ => false,
        }
    }
}
