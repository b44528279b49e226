//! Fresh databases for tests, and the macro that runs one test on both kinds.

use crate::store::Db;
use std::path::PathBuf;
use uuid::Uuid;

/// Where the PostgreSQL of the tests is, such as `postgres://postgres@127.0.0.1:5432/postgres`.
pub const POSTGRES_VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

/// A migrated, empty database of its own, and a folder beside it.
#[derive(Debug)]
pub struct Fixture {
    /// The database.
    pub db: Db,
    /// Its URL, for a server of its own.
    pub url: String,
    /// An empty folder.
    pub dir: PathBuf,
    schema: Option<(String, String)>,
}

impl Fixture {
    /// One on SQLite.
    ///
    /// # Errors
    /// In words.
    pub async fn sqlite() -> Result<Self, String> {
        let dir = folder()?;
        let url = format!("sqlite://{}", dir.join("test.db").display());
        let db = Db::open(&url).await.map_err(|e| e.to_string())?;
        db.migrate().await.map_err(|e| e.to_string())?;
        Ok(Self { db, url, dir, schema: None })
    }

    /// One on PostgreSQL, in a schema of its own; `None` when there is no PostgreSQL and `COUNTERSIGN_QUICK=1`
    /// says that this is all right.
    ///
    /// # Errors
    /// In words, above all when [`POSTGRES_VARIABLE`] is not set.
    pub async fn postgres() -> Result<Option<Self>, String> {
        let Ok(base) = std::env::var(POSTGRES_VARIABLE) else {
            if std::env::var("COUNTERSIGN_QUICK").is_ok_and(|v| v == "1") {
                return Ok(None);
            }
            return Err(format!(
                "{POSTGRES_VARIABLE} is not set: half of this test did not run. Set it to the URL of a PostgreSQL \
                 server, or COUNTERSIGN_QUICK=1 to do without"
            ));
        };
        let schema = format!("t_{}", Uuid::now_v7().simple());
        admin(&base, format!("CREATE SCHEMA {schema}")).await?;
        let separator = if base.contains('?') { '&' } else { '?' };
        let url = format!("{base}{separator}options[search_path]={schema}");
        let db = Db::open(&url).await.map_err(|e| e.to_string())?;
        db.migrate().await.map_err(|e| e.to_string())?;
        Ok(Some(Self { db, url, dir: folder()?, schema: Some((base, schema)) }))
    }

    /// Takes everything away again. A test that fails leaves it for a look.
    ///
    /// # Errors
    /// In words.
    pub async fn clear(self) -> Result<(), String> {
        self.db.close().await;
        if let Some((base, schema)) = self.schema {
            admin(&base, format!("DROP SCHEMA {schema} CASCADE")).await?;
        }
        std::fs::remove_dir_all(&self.dir).map_err(|e| e.to_string())
    }
}

fn folder() -> Result<PathBuf, String> {
    let dir = std::env::temp_dir().join(format!("countersign-test-{}", Uuid::now_v7()));
    std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    Ok(dir)
}

async fn admin(base: &str, sql: String) -> Result<(), String> {
    use sqlx::{Connection as _, Executor as _};
    let mut connection = sqlx::PgConnection::connect(base).await.map_err(|e| e.to_string())?;
    connection.execute(sqlx::AssertSqlSafe(sql)).await.map_err(|e| e.to_string())?;
    connection.close().await.map_err(|e| e.to_string())
}

/// `conformance! { name, |fixture| async { … } }`: one test on both databases, as `name::sqlite` and `name::postgres`.
/// The block gets a `&Fixture`.
#[macro_export]
macro_rules! conformance {
    ($name:ident, |$fixture:ident| $body:expr) => {
        mod $name {
            use super::*;

            async fn body($fixture: &$crate::testing::Fixture) {
                $body.await
            }
            #[tokio::test]
            async fn sqlite() {
                let fixture = $crate::testing::Fixture::sqlite().await.unwrap();
                body(&fixture).await;
                fixture.clear().await.unwrap();
            }
            #[tokio::test]
            async fn postgres() {
                if let Some(fixture) = $crate::testing::Fixture::postgres().await.unwrap() {
                    body(&fixture).await;
                    fixture.clear().await.unwrap();
                }
            }
        }
    };
}
