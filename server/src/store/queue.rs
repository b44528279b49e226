//! Lists for managers: the queue of visits and the receipts, as far as the reader may see them.

use super::bulk::ids_json;
use super::select::Select;
use super::{Sql, StoreError, Tx};
use crate::{db_all, with_ids};
use serde::Serialize;
use uuid::Uuid;

/// Which visits a reader may see. Empty: none.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Scope {
    /// Every visit; the rest says nothing then.
    pub all: bool,
    /// Visits at these customers.
    pub customers: Vec<Uuid>,
    /// Visits at hospitals that are not in the reference data.
    pub unlisted: bool,
    /// Visits that this engineer works on.
    pub engineer: Option<Uuid>,
    /// Visits that a work order sends them to, whether they wrote in them yet or not.
    pub dispatched: Vec<Uuid>,
}

/// What the queue is asked for. Everything that is set must hold.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Filter {
    /// One of these flags is raised.
    pub flags: Vec<String>,
    /// At this customer.
    pub customer: Option<Uuid>,
    /// This engineer works on it.
    pub engineer: Option<Uuid>,
    /// The managers' decision.
    pub review: Option<String>,
    /// The verdict.
    pub coverage: Option<String>,
    /// Began at or after, milliseconds since 1970 UTC.
    pub from_ms: Option<i64>,
    /// Began before.
    pub to_ms: Option<i64>,
    /// A part of the customer's name. ASCII letters of either case are the same.
    pub name: Option<String>,
    /// A phone judged it otherwise.
    pub disputed: bool,
    /// A mail about it reached nobody.
    pub undelivered: bool,
    /// The hospital disputes it, and nobody answered yet.
    pub dispute_open: bool,
    /// Older than this visit: when it began, and its id.
    pub after: Option<(i64, Uuid)>,
}

/// A visit in the queue.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VisitRow {
    /// Its id.
    pub id: Uuid,
    /// The document's version.
    pub version: i64,
    /// The customer as the engineer chose it; it need not be in the reference data.
    pub customer_id: Option<Uuid>,
    /// The customer's name as the phone knew it.
    pub customer_name: String,
    /// By which work order.
    pub work_order_id: Option<Uuid>,
    /// On site or remote.
    pub mode: String,
    /// When it began.
    pub began_ms: i64,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Seconds of labour.
    pub labour_s: i64,
    /// How the last sign-off was answered.
    pub sign_off: Option<String>,
    /// The managers' decision.
    pub review: String,
    /// Whether its dispatch was approved afterwards.
    pub dispatch_approved: bool,
    /// The verdict.
    pub coverage: String,
    /// How many values conflict.
    pub conflicts: i64,
    /// When it was last merged or judged.
    pub updated_ms: i64,
}

/// Who works on a visit.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EngineerRow {
    /// The visit.
    pub visit_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// Their name, when they have a log-in here.
    pub name: Option<String>,
}

/// A flag of a visit, without its words.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FlagRow {
    /// The visit.
    pub visit_id: Uuid,
    /// Which.
    pub code: String,
    /// How loud.
    pub severity: String,
}

/// A receipt without its body.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReceiptRow {
    /// Its id.
    pub id: Uuid,
    /// The visit.
    pub visit_id: Uuid,
    /// The sign-off that it answers.
    pub sign_off_id: Uuid,
    /// The chain.
    pub chain: String,
    /// Its place in the chain.
    pub chain_no: i64,
    /// Its number.
    pub number: String,
    /// Which receipt of its visit it is.
    pub revision: i64,
    /// When it was issued.
    pub issued_ms: i64,
    /// SHA-256 of the file.
    pub sha256: String,
}

const VISITS: &str = "SELECT v.id, v.version, v.customer_id, v.customer_name, v.work_order_id, v.mode, v.began_ms, \
                      v.ended_ms, v.labour_s, v.sign_off, v.review, v.dispatch_approved, v.coverage, v.conflicts, \
                      v.updated_ms FROM visits v";
const RECEIPTS: &str = "SELECT r.id, r.visit_id, r.sign_off_id, r.chain, r.chain_no, r.number, r.revision, \
                        r.issued_ms, r.sha256 FROM receipts r JOIN visits v ON v.id = r.visit_id";
const ENGINEERS: Sql = with_ids!(
    "SELECT e.visit_id, e.user_id, u.name FROM visit_engineers e LEFT JOIN users u ON u.id = e.user_id \
     WHERE e.visit_id IN ",
    " ORDER BY e.visit_id, e.user_id"
);
const FLAGS: Sql = with_ids!(
    "SELECT DISTINCT visit_id, code, severity FROM flags WHERE visit_id IN ",
    " ORDER BY visit_id, code, severity"
);

/// Every value of a list's statement.
#[derive(Serialize)]
struct Question<'a> {
    #[serde(flatten)]
    scope: &'a Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a Filter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipts: Option<&'a ReceiptFilter>,
    one: Option<Uuid>,
    limit: i64,
}

impl<'a> Question<'a> {
    fn of(scope: &'a Scope, limit: i64) -> Self {
        Self { scope, filter: None, receipts: None, one: None, limit }
    }

    // Plain data with text keys always has a JSON form.
    fn bind(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Which receipts are asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReceiptFilter {
    /// Of this chain.
    pub chain: Option<String>,
    /// Of this visit.
    pub visit: Option<Uuid>,
    /// After this place: the chain and the number in it.
    pub after: Option<(String, i64)>,
}

impl Select {
    /// Only what the reader may see.
    pub(super) fn scope(&mut self, scope: &Scope) {
        if scope.all {
            return;
        }
        let mut or = " AND (";
        if !scope.customers.is_empty() {
            self.uuids(&format!("{or}v.customer_id IN "), "customers", "");
            or = " OR ";
        }
        if scope.unlisted {
            self.add(or);
            self.add("NOT EXISTS (SELECT 1 FROM reference k WHERE k.kind = 'customer' AND k.id = v.customer_id)");
            or = " OR ";
        }
        if scope.engineer.is_some() {
            // One list, so that an engineer's few visits are found by their ids.
            let before = format!("{or}v.id IN (SELECT e.visit_id FROM visit_engineers e WHERE e.user_id = ");
            self.uuid(&before, "engineer", "");
            self.uuids(" UNION ALL SELECT sent.id FROM ", "dispatched", " AS sent)");
            or = " OR ";
        }
        // With nothing to choose from, nothing is seen.
        self.add(if or == " OR " { ")" } else { " AND false" });
    }

    fn filter(&mut self, f: &Filter) {
        if f.customer.is_some() {
            self.uuid(" AND v.customer_id = ", "filter.customer", "");
        }
        if f.engineer.is_some() {
            let before = " AND v.id IN (SELECT e.visit_id FROM visit_engineers e WHERE e.user_id = ";
            self.uuid(before, "filter.engineer", ")");
        }
        if !f.flags.is_empty() {
            let before = " AND v.id IN (SELECT f.visit_id FROM flags f WHERE f.code IN ";
            self.texts(before, "filter.flags", ")");
        }
        if f.review.is_some() {
            self.text(" AND v.review = ", "filter.review", "");
        }
        if f.coverage.is_some() {
            self.text(" AND v.coverage = ", "filter.coverage", "");
        }
        if f.from_ms.is_some() {
            self.int(" AND v.began_ms >= ", "filter.from_ms", "");
        }
        if f.to_ms.is_some() {
            self.int(" AND v.began_ms < ", "filter.to_ms", "");
        }
        if f.name.is_some() {
            // SQLite's lower() knows ASCII only; so does PostgreSQL's in the C collation. `filter.name`
            // is lower already.
            self.differ(
                " AND instr(lower(v.customer_name), $1->>'$.filter.name') > 0",
                " AND strpos(lower(v.customer_name COLLATE \"C\"), $1::jsonb#>>'{filter,name}') > 0",
            );
        }
        if f.disputed {
            self.add(" AND v.id IN (SELECT a.visit_id FROM advice a)");
        }
        if f.undelivered {
            self.add(
                " AND v.id IN (SELECT r.visit_id FROM receipts r JOIN outbox o ON o.receipt_id = r.id \
                 WHERE (o.state = 'failed' OR o.bounced_ms IS NOT NULL) AND o.replaced_by IS NULL)",
            );
        }
        if f.dispute_open {
            self.add(
                " AND v.id IN (SELECT e.visit_id FROM page_entries e WHERE e.kind = 'dispute' AND NOT EXISTS \
                 (SELECT 1 FROM page_entries a WHERE a.dispute_id = e.id AND a.kind = 'answer'))",
            );
        }
        if f.after.is_some() {
            self.int(" AND (v.began_ms, v.id) < (", "filter.after.0", ", ");
            self.uuid("", "filter.after.1", ")");
        }
    }
}

/// Visits, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn visits(tx: &mut Tx, scope: &Scope, filter: &Filter, limit: i64) -> Result<Vec<VisitRow>, StoreError> {
    let mut select = Select::from(VISITS);
    select.scope(scope);
    select.filter(filter);
    select.int(" ORDER BY v.began_ms DESC, v.id DESC LIMIT ", "limit", "");
    select.rows(tx, Question { filter: Some(filter), ..Question::of(scope, limit) }.bind()).await
}

/// One visit, if the reader may see it.
///
/// # Errors
/// When the database refuses.
pub async fn visit(tx: &mut Tx, scope: &Scope, id: Uuid) -> Result<Option<VisitRow>, StoreError> {
    let mut select = Select::from(VISITS);
    select.uuid(" AND v.id = ", "one", "");
    select.scope(scope);
    Ok(select.rows(tx, Question { one: Some(id), ..Question::of(scope, 1) }.bind()).await?.pop())
}

/// Who works on these visits.
///
/// # Errors
/// When the database refuses.
pub async fn engineers(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<EngineerRow>, StoreError> {
    db_all!(EngineerRow, tx, ENGINEERS, ids_json(ids.iter().copied()))
}

/// The flags of these visits, each code once.
///
/// # Errors
/// When the database refuses.
pub async fn flags(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<FlagRow>, StoreError> {
    db_all!(FlagRow, tx, FLAGS, ids_json(ids.iter().copied()))
}

/// Receipts in the order of their chains.
///
/// # Errors
/// When the database refuses.
pub async fn receipts(
    tx: &mut Tx,
    scope: &Scope,
    filter: &ReceiptFilter,
    limit: i64,
) -> Result<Vec<ReceiptRow>, StoreError> {
    let mut select = Select::from(RECEIPTS);
    select.scope(scope);
    if filter.chain.is_some() {
        select.text(" AND r.chain = ", "receipts.chain", "");
    }
    if filter.visit.is_some() {
        select.uuid(" AND r.visit_id = ", "receipts.visit", "");
    }
    if filter.after.is_some() {
        select.text(" AND (r.chain, r.chain_no) > (", "receipts.after.0", ", ");
        select.int("", "receipts.after.1", ")");
    }
    select.int(" ORDER BY r.chain, r.chain_no LIMIT ", "limit", "");
    select.rows(tx, Question { receipts: Some(filter), ..Question::of(scope, limit) }.bind()).await
}

/// One receipt, if the reader may see its visit.
///
/// # Errors
/// When the database refuses.
pub async fn receipt(tx: &mut Tx, scope: &Scope, id: Uuid) -> Result<Option<ReceiptRow>, StoreError> {
    let mut select = Select::from(RECEIPTS);
    select.uuid(" AND r.id = ", "one", "");
    select.scope(scope);
    Ok(select.rows(tx, Question { one: Some(id), ..Question::of(scope, 1) }.bind()).await?.pop())
}
