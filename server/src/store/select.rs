//! Statements that are put together from the conditions that a question has.
//!
//! Every value travels in one JSON bind, `$1`, so the text depends only on which conditions there are, and is made of
//! the program's own literals. A condition that is not asked for is not in the statement: `$1 IS NULL OR …` would keep
//! SQLite from using an index.

use super::{StoreError, Tx};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};

/// A statement in both dialects as it grows.
pub(super) struct Select {
    sqlite: String,
    postgres: String,
}

impl Select {
    pub(super) fn from(columns: &str) -> Self {
        Self { sqlite: format!("{columns} WHERE true"), postgres: format!("{columns} WHERE true") }
    }

    /// One whose columns differ.
    pub(super) fn from_both(sqlite: &str, postgres: &str) -> Self {
        Self { sqlite: format!("{sqlite} WHERE true"), postgres: format!("{postgres} WHERE true") }
    }

    /// Adds the same text for both.
    pub(super) fn add(&mut self, text: &str) {
        self.differ(text, text);
    }

    pub(super) fn differ(&mut self, sqlite: &str, postgres: &str) {
        self.sqlite.push_str(sqlite);
        self.postgres.push_str(postgres);
    }

    /// Adds `before`, the value at `path` of the bind as a UUID, and `after`.
    pub(super) fn uuid(&mut self, before: &str, path: &str, after: &str) {
        let (sqlite, postgres) = at(path);
        self.differ(
            &format!("{before}unhex($1->>'{sqlite}', '-'){after}"),
            &format!("{before}($1::jsonb#>>'{postgres}')::uuid{after}"),
        );
    }

    pub(super) fn text(&mut self, before: &str, path: &str, after: &str) {
        let (sqlite, postgres) = at(path);
        self.differ(&format!("{before}$1->>'{sqlite}'{after}"), &format!("{before}$1::jsonb#>>'{postgres}'{after}"));
    }

    pub(super) fn int(&mut self, before: &str, path: &str, after: &str) {
        let (sqlite, postgres) = at(path);
        self.differ(
            &format!("{before}($1->>'{sqlite}'){after}"),
            &format!("{before}($1::jsonb#>>'{postgres}')::bigint{after}"),
        );
    }

    pub(super) fn uuids(&mut self, before: &str, path: &str, after: &str) {
        let (sqlite, postgres) = at(path);
        self.differ(
            &format!("{before}(SELECT unhex(value, '-') AS id FROM json_each($1, '{sqlite}')){after}"),
            &format!(
                "{before}(SELECT value::uuid AS id FROM jsonb_array_elements_text($1::jsonb#>'{postgres}')){after}"
            ),
        );
    }

    pub(super) fn texts(&mut self, before: &str, path: &str, after: &str) {
        let (sqlite, postgres) = at(path);
        self.differ(
            &format!("{before}(SELECT value FROM json_each($1, '{sqlite}')){after}"),
            &format!("{before}(SELECT value FROM jsonb_array_elements_text($1::jsonb#>'{postgres}')){after}"),
        );
    }

    /// Runs the finished statement.
    pub(super) async fn rows<R>(self, tx: &mut Tx, bind: String) -> Result<Vec<R>, StoreError>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(match tx {
            Tx::Sqlite(tx) => {
                sqlx::query_as::<_, R>(AssertSqlSafe(self.sqlite)).bind(bind).fetch_all(&mut **tx).await?
            }
            Tx::Postgres(tx) => {
                sqlx::query_as::<_, R>(AssertSqlSafe(self.postgres)).bind(bind).fetch_all(&mut **tx).await?
            }
        })
    }
}

/// A path such as `filter.after.0`, as SQLite and PostgreSQL write it.
fn at(path: &str) -> (String, String) {
    let part = |p: &str| if p.parse::<usize>().is_ok() { format!("[{p}]") } else { format!(".{p}") };
    (format!("${}", path.split('.').map(part).collect::<String>()), format!("{{{}}}", path.replace('.', ",")))
}
