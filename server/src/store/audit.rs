//! The audit trail: who did what to which thing, and when.

use super::{StoreError, Tx};
use crate::db_execute;
use sqlx::types::Json;
use uuid::Uuid;

const ADD: &str = "INSERT INTO audit (id, at_ms, user_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)";

/// Adds an entry. `user` is absent for what the command line or the server itself did; `subject` is `kind/id`.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    tx: &mut Tx,
    at_ms: i64,
    user: Option<Uuid>,
    action: &str,
    subject: &str,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    db_execute!(tx, ADD, Uuid::now_v7(), at_ms, user, action, subject, Json(detail)).map(|_| ())
}
