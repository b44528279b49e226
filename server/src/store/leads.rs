//! Leads, and which visits belong to them.

use super::bulk::{Bulk, Kind, Rows, ids_json};
use super::select::Select;
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_optional, with_ids};
use serde::Serialize;
use uuid::Uuid;

/// A lead without its value.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LeadRow {
    /// Its id.
    pub id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// The service category that nothing covered.
    pub category: String,
    /// `open`, `postponed`, `won`, `lost` or `void`.
    pub state: String,
    /// When it was opened.
    pub opened_ms: i64,
    /// Why it was decided like that.
    pub reason: String,
    /// Until which local day it was postponed.
    pub due: Option<String>,
    /// When that day begins.
    pub due_ms: Option<i64>,
    /// Who decided.
    pub decided_by: Option<Uuid>,
    /// When.
    pub decided_ms: Option<i64>,
    /// Raised by every decision.
    pub version: i64,
}

/// A visit's place in a lead.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlaceRow {
    /// The visit.
    pub visit_id: Uuid,
    /// The category.
    pub category: String,
    /// The lead.
    pub lead_id: Uuid,
    /// The lead's customer.
    pub customer_id: Uuid,
    /// The lead's state.
    pub state: String,
}

/// What a lead is worth in one currency.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ValueRow {
    /// The lead.
    pub lead_id: Uuid,
    /// The currency; `None` for what has no price.
    pub currency: Option<String>,
    /// At cost, minor units.
    pub cost_minor: Option<i64>,
    /// At list price, minor units.
    pub list_minor: Option<i64>,
    /// Milliseconds of labour and travel.
    pub ms: i64,
    /// Milliseconds without a price.
    pub unpriced_ms: i64,
}

/// Work that nothing covered, of one visit and category.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uncovered {
    /// The customer.
    pub customer: Uuid,
    /// The category.
    pub category: &'static str,
    /// The visit.
    pub visit: Uuid,
}

static OPEN: Bulk = Bulk::new(
    "leads",
    &[
        ("id", Kind::Uuid),
        ("customer_id", Kind::Uuid),
        ("category", Kind::Text),
        ("state", Kind::Text),
        ("opened_ms", Kind::Int),
        ("reason", Kind::Text),
        ("version", Kind::Int),
    ],
    "ON CONFLICT (customer_id, category) WHERE state IN ('open', 'postponed') DO NOTHING",
);

/// Places of visits in the leads that are alive. Bind: rows of [visit, customer, category].
const PLACE: Sql = Sql {
    sqlite: "INSERT INTO lead_visits (visit_id, category, lead_id) SELECT unhex(q.value->>0, '-'), l.category, l.id \
             FROM json_each($1) q JOIN leads l ON l.customer_id = unhex(q.value->>1, '-') \
             AND l.category = q.value->>2 AND l.state IN ('open', 'postponed') WHERE true \
             ON CONFLICT (visit_id, category) DO UPDATE SET lead_id = excluded.lead_id",
    postgres: "INSERT INTO lead_visits (visit_id, category, lead_id) SELECT (q.value->>0)::uuid, l.category, l.id \
               FROM jsonb_array_elements($1::jsonb) q(value) JOIN leads l ON l.customer_id = (q.value->>1)::uuid \
               AND l.category = q.value->>2 AND l.state IN ('open', 'postponed') FOR UPDATE OF l \
               ON CONFLICT (visit_id, category) DO UPDATE SET lead_id = excluded.lead_id",
};

/// How often a lead may be closed by others while work is put into it.
const TRIES: u32 = 5;

/// Where these visits stand in leads.
///
/// # Errors
/// When the database refuses.
pub async fn places(tx: &mut Tx, visits: &[Uuid]) -> Result<Vec<PlaceRow>, StoreError> {
    const PLACES: Sql = with_ids!(
        "SELECT p.visit_id, p.category, p.lead_id, l.customer_id, l.state FROM lead_visits p \
         JOIN leads l ON l.id = p.lead_id WHERE p.visit_id IN ",
        ""
    );
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(PlaceRow, tx, PLACES, ids_json(visits.iter().copied()))
}

/// Puts work into the leads that are alive, opening those that are not there. In the order of `fresh` (which must be
/// sorted), so that two servers cannot wait for each other.
///
/// # Errors
/// When the database refuses.
pub async fn join(tx: &mut Tx, fresh: &[Uncovered], now_ms: i64) -> Result<(), StoreError> {
    if fresh.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::new();
    let mut last = None;
    for u in fresh {
        if last.replace((u.customer, u.category)) != Some((u.customer, u.category)) {
            let values =
                [Uuid::now_v7().into(), u.customer.into(), u.category.into(), "open".into(), now_ms.into(), "".into()];
            rows.push(&[&values[..], &[0_i64.into()]].concat());
        }
    }
    let places: Vec<(Uuid, Uuid, &str)> = fresh.iter().map(|u| (u.visit, u.customer, u.category)).collect();
    let places = serde_json::to_string(&places).unwrap_or_default();
    // A lead that another server closes at this moment is waited for, and is then no longer there: another one is
    // opened. What is still left joins when its visit is judged next.
    for _ in 0..TRIES {
        OPEN.run(tx, &rows).await?;
        if db_execute!(tx, PLACE, places.as_str())? >= fresh.len() as u64 {
            break;
        }
    }
    Ok(())
}

/// Takes visits out of leads, and closes those that nobody decided about and that have nothing left. Returns the closed
/// ones.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &mut Tx, gone: &[PlaceRow]) -> Result<Vec<Uuid>, StoreError> {
    const LEAVE: Sql = Sql {
        sqlite: "DELETE FROM lead_visits WHERE (visit_id, category) IN \
                 (SELECT unhex(value->>0, '-'), value->>1 FROM json_each($1))",
        postgres: "DELETE FROM lead_visits WHERE (visit_id, category) IN \
                   (SELECT (value->>0)::uuid, value->>1 FROM jsonb_array_elements($1::jsonb))",
    };
    const VOID: Sql = with_ids!(
        "UPDATE leads SET state = 'void', version = version + 1 WHERE state = 'open' AND decided_ms IS NULL \
         AND NOT EXISTS (SELECT 1 FROM lead_visits p WHERE p.lead_id = leads.id) AND id IN ",
        " RETURNING id"
    );
    // Whoever puts work into one of these leads is waited for before it is looked at whether anything is left.
    const LOCK: Sql = Sql {
        sqlite: "SELECT unhex(value, '-') FROM json_each($1)",
        postgres: "SELECT id FROM leads WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb)) \
                   ORDER BY id FOR UPDATE",
    };
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let _: Vec<(Uuid,)> = db_all!((Uuid,), tx, LOCK, ids_json(gone.iter().map(|p| p.lead_id)))?;
    let places: Vec<(Uuid, &str)> = gone.iter().map(|p| (p.visit_id, p.category.as_str())).collect();
    db_execute!(tx, LEAVE, serde_json::to_string(&places).unwrap_or_default())?;
    let closed = db_all!((Uuid,), tx, VOID, ids_json(gone.iter().map(|p| p.lead_id)))?;
    Ok(closed.into_iter().map(|(id,)| id).collect())
}

/// Which leads are asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LeadFilter {
    /// Only of these customers; absent: all.
    pub scope: Option<Vec<Uuid>>,
    /// Of this customer.
    pub customer: Option<Uuid>,
    /// In this state; `open` holds postponed ones that are due.
    pub state: Option<String>,
    /// Older than this one: when it was opened, and its id.
    pub after: Option<(i64, Uuid)>,
    /// What time it is.
    pub now_ms: i64,
    /// This one.
    pub one: Option<Uuid>,
    /// How many.
    pub limit: i64,
}

/// Leads, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, filter: &LeadFilter) -> Result<Vec<LeadRow>, StoreError> {
    let mut select = Select::from(
        "SELECT l.id, l.customer_id, l.category, l.state, l.opened_ms, l.reason, l.due, l.due_ms, l.decided_by, \
         l.decided_ms, l.version FROM leads l",
    );
    if filter.scope.is_some() {
        select.uuids(" AND l.customer_id IN ", "scope", "");
    }
    if filter.customer.is_some() {
        select.uuid(" AND l.customer_id = ", "customer", "");
    }
    if filter.one.is_some() {
        select.uuid(" AND l.id = ", "one", "");
    }
    match filter.state.as_deref() {
        None => {}
        Some("open") => {
            select.int(" AND (l.state = 'open' OR (l.state = 'postponed' AND l.due_ms <= ", "now_ms", "))");
        }
        Some("postponed") => select.int(" AND l.state = 'postponed' AND l.due_ms > ", "now_ms", ""),
        Some(_) => select.text(" AND l.state = ", "state", ""),
    }
    if filter.after.is_some() {
        select.int(" AND (l.opened_ms, l.id) < (", "after.0", ", ");
        select.uuid("", "after.1", ")");
    }
    select.int(" ORDER BY l.opened_ms DESC, l.id DESC LIMIT ", "limit", "");
    select.rows(tx, serde_json::to_string(filter).unwrap_or_default()).await
}

/// What these leads are worth, from the cost lines of this moment. What has its own price is nobody's to sell again.
///
/// # Errors
/// When the database refuses.
pub async fn values(tx: &mut Tx, leads: &[Uuid]) -> Result<Vec<ValueRow>, StoreError> {
    const VALUES: Sql = with_ids!(
        "SELECT p.lead_id, c.currency, CAST(SUM(c.cost_minor) AS BIGINT) AS cost_minor, \
         CAST(SUM(c.list_minor) AS BIGINT) AS list_minor, CAST(SUM(c.ms) AS BIGINT) AS ms, \
         CAST(SUM(CASE WHEN c.cost_minor IS NULL THEN c.ms ELSE 0 END) AS BIGINT) AS unpriced_ms \
         FROM lead_visits p JOIN cost_lines c ON c.visit_id = p.visit_id AND c.category = p.category \
         AND c.coverage = 'not_covered' AND c.cause <> 'priced' WHERE p.lead_id IN ",
        " GROUP BY p.lead_id, c.currency ORDER BY p.lead_id, c.currency"
    );
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(ValueRow, tx, VALUES, ids_json(leads.iter().copied()))
}

/// The visits of these leads: lead and visit.
///
/// # Errors
/// When the database refuses.
pub async fn visits(tx: &mut Tx, leads: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    const VISITS: Sql =
        with_ids!("SELECT lead_id, visit_id FROM lead_visits WHERE lead_id IN ", " ORDER BY lead_id, visit_id");
    if leads.is_empty() {
        return Ok(Vec::new());
    }
    db_all!((Uuid, Uuid), tx, VISITS, ids_json(leads.iter().copied()))
}

/// Writes a decision, if nobody decided since `row` was read. Returns whether it did.
///
/// # Errors
/// When the database refuses.
pub async fn decide(tx: &mut Tx, row: &LeadRow) -> Result<bool, StoreError> {
    const DECIDE: &str = "UPDATE leads SET state = $2, reason = $3, due = $4, due_ms = $5, decided_by = $6, \
                          decided_ms = $7, version = version + 1 WHERE id = $1 AND version = $8 \
                          AND state IN ('open', 'postponed')";
    let n = db_execute!(
        tx,
        DECIDE,
        row.id,
        row.state.as_str(),
        row.reason.as_str(),
        row.due.as_deref(),
        row.due_ms,
        row.decided_by,
        row.decided_ms,
        row.version
    )?;
    Ok(n == 1)
}

/// An entry of the audit trail.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TrailRow {
    /// When.
    pub at_ms: i64,
    /// Who; `None`: the server itself.
    pub user_id: Option<Uuid>,
    /// Their name.
    pub user_name: Option<String>,
    /// What.
    pub action: String,
    /// More about it.
    pub detail: sqlx::types::Json<serde_json::Value>,
}

/// What was done to one thing, the oldest first, at most 200 entries.
///
/// # Errors
/// When the database refuses.
pub async fn trail(tx: &mut Tx, subject: &str) -> Result<Vec<TrailRow>, StoreError> {
    const TRAIL: &str = "SELECT a.at_ms, a.user_id, u.name AS user_name, a.action, a.detail FROM audit a \
                         LEFT JOIN users u ON u.id = a.user_id WHERE a.subject = $1 ORDER BY a.at_ms, a.id LIMIT 200";
    db_all!(TrailRow, tx, TRAIL, subject)
}

/// One lead, locked until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<LeadRow>, StoreError> {
    const LOCK: Sql = Sql {
        sqlite: "SELECT id, customer_id, category, state, opened_ms, reason, due, due_ms, decided_by, decided_ms, \
                 version FROM leads WHERE id = $1",
        postgres: "SELECT id, customer_id, category, state, opened_ms, reason, due, due_ms, decided_by, decided_ms, \
                   version FROM leads WHERE id = $1 FOR UPDATE",
    };
    db_optional!(LeadRow, tx, LOCK, id)
}
