//! Cost lines: written with the verdict, added up by the reports.

use super::bulk::{Bulk, Kind, ids_json};
use super::select::Select;
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, with_ids};
use serde::Serialize;
use uuid::Uuid;

/// The cost lines of visits.
pub static LINES: Bulk = Bulk::new(
    "cost_lines",
    &[
        ("visit_id", Kind::Uuid),
        ("line", Kind::Int),
        ("customer_id", Kind::Uuid),
        ("customer_name", Kind::Text),
        ("requester_role", Kind::Text),
        ("requester_name", Kind::Text),
        ("engineer_id", Kind::Uuid),
        ("item_id", Kind::Uuid),
        ("category", Kind::Text),
        ("day", Kind::Text),
        ("class", Kind::Text),
        ("kind", Kind::Text),
        ("expense", Kind::Text),
        ("coverage", Kind::Text),
        ("cause", Kind::Text),
        ("contract_id", Kind::Uuid),
        ("ms", Kind::Int),
        ("cost_minor", Kind::Int),
        ("list_minor", Kind::Int),
        ("currency", Kind::Text),
    ],
    "",
);

/// Removes the lines of visits that are judged again.
///
/// # Errors
/// When the database refuses.
pub async fn clear(tx: &mut Tx, visits: &[Uuid]) -> Result<(), StoreError> {
    const CLEAR: Sql = with_ids!("DELETE FROM cost_lines WHERE visit_id IN ", "");
    if visits.is_empty() {
        return Ok(());
    }
    db_execute!(tx, CLEAR, ids_json(visits.iter().copied())).map(|_| ())
}

/// Which lines are added up. Everything that is set must hold.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LineFilter {
    /// Only at these customers; absent: everywhere, hospitals in no list among them.
    pub scope: Option<Vec<Uuid>>,
    /// From this local day, inclusive.
    pub from: String,
    /// Until this local day, inclusive.
    pub to: String,
    /// With this answer of the verdict.
    pub coverage: Option<String>,
    /// At this customer.
    pub customer: Option<Uuid>,
    /// Of this engineer.
    pub engineer: Option<Uuid>,
    /// Of this service category.
    pub category: Option<String>,
    /// For this cause.
    pub cause: Option<String>,
    /// On the demand of somebody in this role.
    pub requester_role: Option<String>,
    /// Of visits that were decided about like this.
    pub review: Option<String>,
}

/// What lines are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The customer; hospitals in no list by their name.
    Customer,
    /// Who demanded it: role and name.
    Requester,
    /// Whose time.
    Engineer,
    /// The service category.
    Category,
    /// Why it is covered or not.
    Cause,
    /// Labour, travel or expense.
    Kind,
    /// The contract.
    Contract,
    /// The local day.
    Day,
    /// The class of the day.
    Class,
    /// The answer of the verdict.
    Coverage,
    /// What the managers decided about the visit.
    Review,
    /// The visit.
    Visit,
}

/// Lines added up. What they were not grouped by is `None`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SumRow {
    /// The customer, as the engineer chose it.
    pub customer_id: Option<Uuid>,
    /// The name of a customer as the phones knew it.
    pub customer_name: Option<String>,
    /// In which role the visit was demanded.
    pub requester_role: Option<String>,
    /// By whom.
    pub requester_name: Option<String>,
    /// Whose time.
    pub engineer_id: Option<Uuid>,
    /// The service category.
    pub category: Option<String>,
    /// Why it is covered or not.
    pub cause: Option<String>,
    /// Labour, travel or expense.
    pub kind: Option<String>,
    /// The contract.
    pub contract_id: Option<Uuid>,
    /// The local day.
    pub day: Option<String>,
    /// The class of the day.
    pub class: Option<String>,
    /// The answer of the verdict.
    pub coverage: Option<String>,
    /// What the managers decided.
    pub review: Option<String>,
    /// The visit.
    pub visit_id: Option<Uuid>,
    /// The currency of the amounts; `None` where they are not known.
    pub currency: Option<String>,
    /// How many visits.
    pub visits: i64,
    /// Milliseconds of labour and travel.
    pub ms: i64,
    /// At cost, minor units.
    pub cost_minor: Option<i64>,
    /// At list price, minor units.
    pub list_minor: Option<i64>,
    /// Of the cost, what people's time is.
    pub time_cost_minor: Option<i64>,
    /// Milliseconds without a price.
    pub unpriced_ms: i64,
    /// Expenses without an amount.
    pub unpriced_expenses: i64,
}

/// A column of [`SumRow`]: its name, what it is in the lines, whether it is a UUID, and what it belongs to.
const COLUMNS: [(&str, &str, bool, Dimension); 13] = [
    ("customer_id", "c.customer_id", true, Dimension::Customer),
    ("requester_role", "c.requester_role", false, Dimension::Requester),
    ("requester_name", "c.requester_name", false, Dimension::Requester),
    ("engineer_id", "c.engineer_id", true, Dimension::Engineer),
    ("category", "c.category", false, Dimension::Category),
    ("cause", "c.cause", false, Dimension::Cause),
    ("kind", "c.kind", false, Dimension::Kind),
    ("contract_id", "c.contract_id", true, Dimension::Contract),
    ("day", "c.day", false, Dimension::Day),
    ("class", "c.class", false, Dimension::Class),
    ("coverage", "c.coverage", false, Dimension::Coverage),
    ("review", "v.review", false, Dimension::Review),
    ("visit_id", "c.visit_id", true, Dimension::Visit),
];

const SUMS: &str = "c.currency AS currency, COUNT(DISTINCT c.visit_id) AS visits, CAST(SUM(c.ms) AS BIGINT) AS ms, \
     CAST(SUM(c.cost_minor) AS BIGINT) AS cost_minor, CAST(SUM(c.list_minor) AS BIGINT) AS list_minor, \
     CAST(SUM(CASE WHEN c.kind = 'expense' THEN 0 ELSE c.cost_minor END) AS BIGINT) AS time_cost_minor, \
     CAST(SUM(CASE WHEN c.cost_minor IS NULL THEN c.ms ELSE 0 END) AS BIGINT) AS unpriced_ms, \
     CAST(SUM(CASE WHEN c.cost_minor IS NULL AND c.kind = 'expense' THEN 1 ELSE 0 END) AS BIGINT) \
     AS unpriced_expenses FROM cost_lines c JOIN visits v ON v.id = c.visit_id";

/// The lines that `filter` names, added up by `by` and by currency, at most `limit` rows.
///
/// # Errors
/// When the database refuses.
pub async fn sums(tx: &mut Tx, filter: &LineFilter, by: &[Dimension], limit: i64) -> Result<Vec<SumRow>, StoreError> {
    const NAME: &str = "CASE WHEN c.customer_id IS NULL THEN c.customer_name END";
    let (mut sqlite, mut postgres) = (String::from("SELECT "), String::from("SELECT "));
    let mut groups: Vec<&str> = Vec::new();
    for (name, column, uuid, dimension) in COLUMNS {
        let asked = by.contains(&dimension);
        let null = if uuid { "NULL::uuid" } else { "NULL::text" };
        sqlite.push_str(&format!("{} AS {name}, ", if asked { column } else { "NULL" }));
        postgres.push_str(&format!("{} AS {name}, ", if asked { column } else { null }));
        if asked {
            groups.push(column);
        }
    }
    let customers = by.contains(&Dimension::Customer);
    for text in [&mut sqlite, &mut postgres] {
        text.push_str(if customers { "MIN(c.customer_name)" } else { "CAST(NULL AS TEXT)" });
        text.push_str(" AS customer_name, ");
        text.push_str(SUMS);
    }
    if customers {
        groups.push(NAME);
    }
    groups.push("c.currency");
    let mut select = Select::from_both(&sqlite, &postgres);
    select.text(" AND c.day >= ", "filter.from", "");
    select.text(" AND c.day <= ", "filter.to", "");
    if filter.scope.is_some() {
        select.uuids(" AND c.customer_id IN ", "filter.scope", "");
    }
    for (column, path, value) in [
        ("c.coverage", "filter.coverage", &filter.coverage),
        ("c.category", "filter.category", &filter.category),
        ("c.cause", "filter.cause", &filter.cause),
        ("c.requester_role", "filter.requester_role", &filter.requester_role),
        ("v.review", "filter.review", &filter.review),
    ] {
        if value.is_some() {
            select.text(&format!(" AND {column} = "), path, "");
        }
    }
    for (column, path, value) in
        [("c.customer_id", "filter.customer", filter.customer), ("c.engineer_id", "filter.engineer", filter.engineer)]
    {
        if value.is_some() {
            select.uuid(&format!(" AND {column} = "), path, "");
        }
    }
    // Ordered by the same in both databases, NULLs first.
    let order: Vec<String> = groups.iter().map(|g| format!("({g}) IS NOT NULL, {g}")).collect();
    let groups = groups.join(", ");
    select.int(&format!(" GROUP BY {groups} ORDER BY {} LIMIT ", order.join(", ")), "limit", "");
    #[derive(Serialize)]
    struct Question<'a> {
        filter: &'a LineFilter,
        limit: i64,
    }
    select.rows(tx, serde_json::to_string(&Question { filter, limit }).unwrap_or_default()).await
}

/// A demand for the customer's own work: one for each work item that has the flag.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DemandRow {
    /// The visit.
    pub visit_id: Uuid,
    /// The customer.
    pub customer_id: Option<Uuid>,
    /// Its name as the phone knew it.
    pub customer_name: String,
    /// When the visit began.
    pub began_ms: i64,
}

/// Which demands are asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DemandFilter {
    /// Only of these customers; absent: all, hospitals in no list among them.
    pub scope: Option<Vec<Uuid>>,
    /// Of this customer.
    pub customer: Option<Uuid>,
    /// In visits that began at or after.
    pub from_ms: i64,
    /// In visits that began before.
    pub to_ms: i64,
    /// How many.
    pub limit: i64,
}

/// Demands for the customer's own work.
///
/// # Errors
/// When the database refuses.
pub async fn own_work_demands(tx: &mut Tx, filter: &DemandFilter) -> Result<Vec<DemandRow>, StoreError> {
    let mut select = Select::from(
        "SELECT v.id AS visit_id, v.customer_id, v.customer_name, v.began_ms FROM flags f \
         JOIN visits v ON v.id = f.visit_id",
    );
    select.int(" AND f.code = 'customers_own_work' AND v.began_ms >= ", "from_ms", "");
    select.int(" AND v.began_ms < ", "to_ms", "");
    if filter.scope.is_some() {
        select.uuids(" AND v.customer_id IN ", "scope", "");
    }
    if filter.customer.is_some() {
        select.uuid(" AND v.customer_id = ", "customer", "");
    }
    select.int(" ORDER BY v.began_ms, v.id LIMIT ", "limit", "");
    select.rows(tx, serde_json::to_string(filter).unwrap_or_default()).await
}

/// A visit with its document and its verdict.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct JudgedRow {
    /// The visit.
    pub id: Uuid,
    /// The document.
    pub snapshot: Vec<u8>,
    /// The verdict, as JSON.
    pub verdict: sqlx::types::Json<sync_core::coverage::Verdict>,
}

/// A customer's visits that began from `from_ms` until `to_ms`, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn judged(
    tx: &mut Tx,
    customer: Uuid,
    from_ms: i64,
    to_ms: i64,
    limit: i64,
) -> Result<Vec<JudgedRow>, StoreError> {
    const JUDGED: &str = "SELECT v.id, d.snapshot, v.verdict FROM visits v JOIN documents d ON d.visit_id = v.id \
                          WHERE v.customer_id = $1 AND v.began_ms >= $2 AND v.began_ms < $3 \
                          ORDER BY v.began_ms, v.id LIMIT $4";
    db_all!(JudgedRow, tx, JUDGED, customer, from_ms, to_ms, limit)
}
