//! What visits are judged by of each other: problems and claims, as projected from the documents.

use super::bulk::{Bulk, Kind, ids_json};
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, with_ids};
use serde::Serialize;
use sqlx::types::Json;
use std::collections::BTreeSet;
use sync_core::document::facts::{Category, Mode};
use uuid::Uuid;

/// A problem of a visit at a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct ProblemRow {
    /// The visit.
    pub visit_id: Uuid,
    /// Its work item.
    pub item_id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// What makes two problems the same one.
    pub key: String,
    /// When the work on it began.
    pub at_ms: i64,
}

/// What a visit asks of its customer's contracts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct ClaimRow {
    /// The visit.
    pub visit_id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// From, milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
    /// Its categories.
    pub categories: Json<BTreeSet<Category>>,
    /// Its modes.
    pub modes: Json<BTreeSet<Mode>>,
}

/// A key of a customer, and the time in which problems with it are asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct KeyRange(pub Uuid, pub String, pub i64, pub i64);

/// Problems.
pub static PROBLEMS: Bulk = Bulk::new(
    "problems",
    &[
        ("visit_id", Kind::Uuid),
        ("item_id", Kind::Uuid),
        ("customer_id", Kind::Uuid),
        ("key", Kind::Text),
        ("at_ms", Kind::Int),
    ],
    "",
);

/// Claims.
pub static CLAIMS: Bulk = Bulk::new(
    "claims",
    &[
        ("visit_id", Kind::Uuid),
        ("customer_id", Kind::Uuid),
        ("from_ms", Kind::Int),
        ("until_ms", Kind::Int),
        ("categories", Kind::Json),
        ("modes", Kind::Json),
    ],
    "",
);

const PROBLEMS_OF: Sql =
    with_ids!("SELECT visit_id, item_id, customer_id, key, at_ms FROM problems WHERE visit_id IN ", "");
const CLAIMS_OF: Sql =
    with_ids!("SELECT visit_id, customer_id, from_ms, until_ms, categories, modes FROM claims WHERE visit_id IN ", "");
const DELETE_PROBLEMS: Sql = with_ids!("DELETE FROM problems WHERE visit_id IN ", "");
const DELETE_CLAIMS: Sql = with_ids!("DELETE FROM claims WHERE visit_id IN ", "");
const PROBLEMS_NEAR: Sql = Sql {
    sqlite: "SELECT DISTINCT p.visit_id, p.item_id, p.customer_id, p.key, p.at_ms FROM json_each($1) q \
             CROSS JOIN problems p ON p.customer_id = unhex(q.value->>0, '-') AND p.key = q.value->>1 \
             AND p.at_ms >= q.value->>2 AND p.at_ms <= q.value->>3",
    postgres: "SELECT DISTINCT p.visit_id, p.item_id, p.customer_id, p.key, p.at_ms \
               FROM jsonb_array_elements($1::jsonb) q(value) JOIN problems p ON p.customer_id = (q.value->>0)::uuid \
               AND p.key = q.value->>1 AND p.at_ms >= (q.value->>2)::bigint AND p.at_ms <= (q.value->>3)::bigint",
};
const CLAIMS_WITHIN: Sql = Sql {
    sqlite: "SELECT c.visit_id, c.customer_id, c.from_ms, c.until_ms, c.categories, c.modes FROM json_each($1) q \
             CROSS JOIN claims c ON c.customer_id = unhex(q.value->>0, '-') \
             AND c.from_ms < q.value->>2 AND c.until_ms >= q.value->>1",
    postgres: "SELECT c.visit_id, c.customer_id, c.from_ms, c.until_ms, c.categories, c.modes \
               FROM jsonb_array_elements($1::jsonb) q(value) JOIN claims c ON c.customer_id = (q.value->>0)::uuid \
               AND c.from_ms < (q.value->>2)::bigint AND c.until_ms >= (q.value->>1)::bigint",
};

/// Problems of these visits.
///
/// # Errors
/// When the database refuses.
pub async fn problems_of(tx: &mut Tx, visits: &[Uuid]) -> Result<Vec<ProblemRow>, StoreError> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(ProblemRow, tx, PROBLEMS_OF, ids_json(visits.iter().copied()))
}

/// Claims of these visits.
///
/// # Errors
/// When the database refuses.
pub async fn claims_of(tx: &mut Tx, visits: &[Uuid]) -> Result<Vec<ClaimRow>, StoreError> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(ClaimRow, tx, CLAIMS_OF, ids_json(visits.iter().copied()))
}

/// Problems with these keys in their times.
///
/// # Errors
/// When the database refuses.
pub async fn problems_near(tx: &mut Tx, keys: &[KeyRange]) -> Result<Vec<ProblemRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(ProblemRow, tx, PROBLEMS_NEAR, Json(keys))
}

/// Claims on the contracts of these customers within these times, as (customer, from, until). The times of one customer
/// must not overlap.
///
/// # Errors
/// When the database refuses.
pub async fn claims_within(tx: &mut Tx, reaches: &[(Uuid, i64, i64)]) -> Result<Vec<ClaimRow>, StoreError> {
    if reaches.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(ClaimRow, tx, CLAIMS_WITHIN, Json(reaches))
}

/// Forgets the problems of these visits.
///
/// # Errors
/// When the database refuses.
pub async fn clear_problems(tx: &mut Tx, visits: &[Uuid]) -> Result<(), StoreError> {
    clear(tx, DELETE_PROBLEMS, visits).await
}

/// Forgets the claims of these visits.
///
/// # Errors
/// When the database refuses.
pub async fn clear_claims(tx: &mut Tx, visits: &[Uuid]) -> Result<(), StoreError> {
    clear(tx, DELETE_CLAIMS, visits).await
}

async fn clear(tx: &mut Tx, statement: Sql, visits: &[Uuid]) -> Result<(), StoreError> {
    if visits.is_empty() {
        return Ok(());
    }
    db_execute!(tx, statement, ids_json(visits.iter().copied())).map(|_| ())
}
