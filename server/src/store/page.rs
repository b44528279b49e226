//! What was said on receipts' pages, and until when their links open them.

use super::bulk::{Bulk, Kind, Rows, Value, ids_json};
use super::queue::Scope;
use super::select::Select;
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_one, db_optional, with_ids};
use serde::Serialize;
use uuid::Uuid;

/// Something that was said: a dispute, its answer, a rating, a confirmation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EntryRow {
    /// Its id: the form's, or the client's; the sign-off's, of a rating that was given with one.
    pub id: Uuid,
    /// On the page of which receipt.
    pub receipt_id: Uuid,
    /// Of which visit.
    pub visit_id: Uuid,
    /// `dispute`, `answer`, `rating` or `confirmation`.
    pub kind: String,
    /// What an answer answers.
    pub dispute_id: Option<Uuid>,
    /// When.
    pub at_ms: i64,
    /// Who answered; absent: somebody at the hospital.
    pub user_id: Option<Uuid>,
    /// Their name.
    pub name: String,
    /// What they are at the hospital.
    pub role: String,
    /// What they said.
    pub text: String,
    /// 1 to 5, of a rating.
    pub stars: Option<i64>,
    /// What the answer comes to: `corrected`, `explained` or `rejected`.
    pub resolution: Option<String>,
    /// What the server signed about a confirmation with a one-time code ([`sync_core::confirmation`]).
    pub statement: Option<String>,
}

/// Adds an entry. `false` when its id is taken, or the dispute is answered; then nothing was written.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, e: &EntryRow) -> Result<bool, StoreError> {
    const ADD: &str = "INSERT INTO page_entries (id, receipt_id, visit_id, kind, dispute_id, at_ms, user_id, name, role, \
                       text, stars, resolution, statement) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
                       ON CONFLICT DO NOTHING";
    let added = db_execute!(
        tx,
        ADD,
        e.id,
        e.receipt_id,
        e.visit_id,
        e.kind.as_str(),
        e.dispute_id,
        e.at_ms,
        e.user_id,
        e.name.as_str(),
        e.role.as_str(),
        e.text.as_str(),
        e.stars,
        e.resolution.as_deref(),
        e.statement.as_deref()
    )?;
    Ok(added > 0)
}

static ADD_ALL: Bulk = Bulk::new(
    "page_entries",
    &[
        ("id", Kind::Uuid),
        ("receipt_id", Kind::Uuid),
        ("visit_id", Kind::Uuid),
        ("kind", Kind::Text),
        ("at_ms", Kind::Int),
        ("name", Kind::Text),
        ("role", Kind::Text),
        ("text", Kind::Text),
        ("stars", Kind::Int),
    ],
    "ON CONFLICT DO NOTHING",
);

/// Adds ratings of the hospital's, in one statement. What is there already stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn add_all<'a>(tx: &mut Tx, ratings: impl Iterator<Item = &'a EntryRow>) -> Result<(), StoreError> {
    let mut rows = Rows::new();
    for r in ratings {
        rows.push(&[
            r.id.into(),
            r.receipt_id.into(),
            r.visit_id.into(),
            (&r.kind).into(),
            r.at_ms.into(),
            (&r.name).into(),
            (&r.role).into(),
            (&r.text).into(),
            r.stars.map_or(Value::Null, Value::Int),
        ]);
    }
    ADD_ALL.run(tx, &rows).await.map(|_| ())
}

/// One entry.
///
/// # Errors
/// When the database refuses.
pub async fn entry(tx: &mut Tx, id: Uuid) -> Result<Option<EntryRow>, StoreError> {
    const ENTRY: &str = "SELECT id, receipt_id, visit_id, kind, dispute_id, at_ms, user_id, name, role, text, stars, \
                         resolution, statement FROM page_entries WHERE id = $1";
    db_optional!(EntryRow, tx, ENTRY, id)
}

/// Everything that was said about one visit's receipts, in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_visit(tx: &mut Tx, visit: Uuid) -> Result<Vec<EntryRow>, StoreError> {
    const OF_VISIT: &str = "SELECT id, receipt_id, visit_id, kind, dispute_id, at_ms, user_id, name, role, text, stars, \
                            resolution, statement FROM page_entries WHERE visit_id = $1 ORDER BY at_ms, id";
    db_all!(EntryRow, tx, OF_VISIT, visit)
}

/// How much of each kind a receipt's page has already; confirmations with codes have a limit of their own.
///
/// # Errors
/// When the database refuses.
pub async fn count(tx: &mut Tx, receipt: Uuid, kind: &str) -> Result<i64, StoreError> {
    const COUNT: &str = "SELECT COUNT(*) FROM page_entries WHERE receipt_id = $1 AND kind = $2 AND statement IS NULL";
    Ok(db_one!((i64,), tx, COUNT, receipt, kind)?.0)
}

/// A dispute that nobody answered yet, of one chain: where the customer sees how its requests stand.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenRow {
    /// The receipt's number.
    pub number: String,
    /// When it was disputed.
    pub at_ms: i64,
}

/// The unanswered disputes of one customer's receipts, the oldest first, at most 50.
///
/// # Errors
/// When the database refuses.
pub async fn open_of_chain(tx: &mut Tx, chain: &str) -> Result<Vec<OpenRow>, StoreError> {
    const OPEN: &str = "SELECT r.number, e.at_ms FROM page_entries e JOIN receipts r ON r.id = e.receipt_id \
                        WHERE e.kind = 'dispute' AND r.chain = $1 AND NOT EXISTS (SELECT 1 FROM page_entries a \
                        WHERE a.dispute_id = e.id AND a.kind = 'answer') ORDER BY e.at_ms, e.id LIMIT 50";
    db_all!(OpenRow, tx, OPEN, chain)
}

/// How many disputes of a visit nobody answered yet.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DisputedRow {
    /// The visit.
    pub visit_id: Uuid,
    /// How many.
    pub disputes: i64,
}

/// How many disputes of these visits nobody answered yet; visits without any are left out.
///
/// # Errors
/// When the database refuses.
pub async fn disputed(tx: &mut Tx, visits: &[Uuid]) -> Result<Vec<DisputedRow>, StoreError> {
    const DISPUTED: Sql = with_ids!(
        "SELECT e.visit_id, COUNT(*) AS disputes FROM page_entries e WHERE e.kind = 'dispute' AND NOT EXISTS \
         (SELECT 1 FROM page_entries a WHERE a.dispute_id = e.id AND a.kind = 'answer') AND e.visit_id IN ",
        " GROUP BY e.visit_id"
    );
    db_all!(DisputedRow, tx, DISPUTED, ids_json(visits.iter().copied()))
}

/// Which disputes are asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DisputeFilter {
    /// Only those that nobody answered yet (`true`), or those that somebody did.
    pub open: Option<bool>,
    /// This one.
    pub one: Option<Uuid>,
    /// Of this visit.
    pub visit: Option<Uuid>,
    /// Older than this one: when, and its id.
    pub after: Option<(i64, Uuid)>,
}

/// A dispute with where it belongs.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DisputeRow {
    /// What was said.
    #[sqlx(flatten)]
    pub entry: EntryRow,
    /// The receipt's number.
    pub number: String,
    /// The visit's customer.
    pub customer_id: Option<Uuid>,
    /// The customer's name as the phone knew it.
    pub customer_name: String,
}

#[derive(Serialize)]
struct Question<'a> {
    #[serde(flatten)]
    scope: &'a Scope,
    disputes: &'a DisputeFilter,
    limit: i64,
}

/// Disputes of the visits that a reader may see, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn disputes(
    tx: &mut Tx,
    scope: &Scope,
    filter: &DisputeFilter,
    limit: i64,
) -> Result<Vec<DisputeRow>, StoreError> {
    let mut select = Select::from(
        "SELECT e.id, e.receipt_id, e.visit_id, e.kind, e.dispute_id, e.at_ms, e.user_id, e.name, e.role, e.text, \
         e.stars, e.resolution, e.statement, r.number, v.customer_id, v.customer_name FROM page_entries e \
         JOIN receipts r ON r.id = e.receipt_id JOIN visits v ON v.id = e.visit_id",
    );
    select.add(" AND e.kind = 'dispute'");
    select.scope(scope);
    if let Some(open) = filter.open {
        let answer = "EXISTS (SELECT 1 FROM page_entries a WHERE a.dispute_id = e.id AND a.kind = 'answer')";
        select.add(&format!(" AND {}{answer}", if open { "NOT " } else { "" }));
    }
    if filter.one.is_some() {
        select.uuid(" AND e.id = ", "disputes.one", "");
    }
    if filter.visit.is_some() {
        select.uuid(" AND e.visit_id = ", "disputes.visit", "");
    }
    if filter.after.is_some() {
        select.int(" AND (e.at_ms, e.id) < (", "disputes.after.0", ", ");
        select.uuid("", "disputes.after.1", ")");
    }
    select.int(" ORDER BY e.at_ms DESC, e.id DESC LIMIT ", "limit", "");
    let question = Question { scope, disputes: filter, limit };
    // Plain data with text keys always has a JSON form.
    select.rows(tx, serde_json::to_string(&question).unwrap_or_default()).await
}

/// The answers to these disputes.
///
/// # Errors
/// When the database refuses.
pub async fn answers(tx: &mut Tx, disputes: &[Uuid]) -> Result<Vec<EntryRow>, StoreError> {
    const ANSWERS: Sql = with_ids!(
        "SELECT id, receipt_id, visit_id, kind, dispute_id, at_ms, user_id, name, role, text, stars, resolution, \
         statement FROM page_entries WHERE kind = 'answer' AND dispute_id IN ",
        ""
    );
    db_all!(EntryRow, tx, ANSWERS, ids_json(disputes.iter().copied()))
}

/// Until when a receipt's link opens its page, where somebody said so.
///
/// # Errors
/// When the database refuses.
pub async fn link_expires(tx: &mut Tx, receipt: Uuid) -> Result<Option<i64>, StoreError> {
    Ok(db_optional!((i64,), tx, "SELECT expires_ms FROM links WHERE receipt_id = $1", receipt)?.map(|(ms,)| ms))
}

/// Lets a receipt's link open its page until then, if it would not do so longer anyway.
///
/// # Errors
/// When the database refuses.
pub async fn extend_link(tx: &mut Tx, receipt: Uuid, expires_ms: i64) -> Result<(), StoreError> {
    const EXTEND: &str = "INSERT INTO links (receipt_id, expires_ms) VALUES ($1, $2) ON CONFLICT (receipt_id) \
                          DO UPDATE SET expires_ms = excluded.expires_ms WHERE links.expires_ms < excluded.expires_ms";
    db_execute!(tx, EXTEND, receipt, expires_ms).map(|_| ())
}
