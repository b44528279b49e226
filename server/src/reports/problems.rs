//! Problems that came again, and demands for the customer's own work.

use super::table::{Cell, Column, ColumnKind, Table};
use super::{Ask, Desk, ReportError, bounded, limit};
use crate::store::cost::{DemandFilter, own_work_demands};
use crate::store::root_causes::{ProblemFilter, counts};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::document::facts::Category;
use sync_core::ids::{AssetId, CustomerId};
use sync_core::time::days::{TimeZone, day_of, day_start_ms, zone};
use uuid::Uuid;

/// The widest difference of a local day to UTC's.
const A_DAY_MS: i64 = 86_400_000;

/// The instants in which local days from `from` until `to` can lie, whatever the zone.
fn around(from: Date, to: Date) -> Result<(i64, i64), ReportError> {
    let start = |day: Date| day_start_ms(day, &TimeZone::UTC).map_err(|e| ReportError::Query(e.to_string()));
    Ok((start(from)? - A_DAY_MS, start(to)? + 2 * A_DAY_MS))
}

/// Problems by customer and key, in at least so many visits in which work on them began in the time asked for.
///
/// # Errors
/// See [`ReportError`].
pub async fn repeat_problems(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let (from, to) = ask.days()?;
    let asked = desk.known.customers.values().filter(|c| desk.sees(c.id) && ask.customer.is_none_or(|id| id == c.id.0));
    let mut zones: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for customer in asked {
        zones.entry(customer.time_zone.clone()).or_default().push(customer.id.0);
    }
    let mut rows = Vec::new();
    // A day begins when it begins there: one question for each time zone.
    for (name, customers) in zones {
        let tz = zone(&name).unwrap_or(TimeZone::UTC);
        let start = |day: Date| day_start_ms(day, &tz).map_err(|e| ReportError::Query(e.to_string()));
        let filter = ProblemFilter {
            scope: Some(customers),
            from_ms: start(from)?,
            to_ms: start(to.tomorrow().map_err(|e| ReportError::Query(e.to_string()))?)?,
            least: i64::from(ask.least.unwrap_or_else(|| desk.known.policy().repeat_count)),
            limit: limit(),
        };
        rows.extend(counts(&mut desk.tx, &filter).await?);
    }
    let mut rows = bounded(rows)?;
    rows.sort_by(|a, b| b.visits.cmp(&a.visits).then_with(|| (a.customer_id, &a.key).cmp(&(b.customer_id, &b.key))));
    let all = vec![
        Column::new("customer_name", ColumnKind::Text),
        Column::new("customer", ColumnKind::Id),
        Column::new("category", ColumnKind::Word("category")),
        Column::new("asset_name", ColumnKind::Text),
        Column::new("problem_key", ColumnKind::Text),
        Column::new("visits", ColumnKind::Count),
        Column::new("first_day", ColumnKind::Day),
        Column::new("last_day", ColumnKind::Day),
        Column::new("root_cause", ColumnKind::Id),
        Column::new("root_cause_state", ColumnKind::Word("root_cause")),
        Column::new("reopened", ColumnKind::Count),
    ];
    let mut table = Table::new("repeat-problems", all);
    for row in rows {
        let (category, rest) = row.key.split_once('/').unwrap_or_default();
        let asset = rest.parse::<AssetId>().ok().and_then(|id| desk.known.assets.get(&id));
        let listed = desk.known.customers.get(&CustomerId(row.customer_id));
        let tz = listed.and_then(|c| zone(&c.time_zone).ok()).unwrap_or(TimeZone::UTC);
        let day = |ms: i64| Cell::text(day_of(ms, &tz).ok().map(|d| d.to_string()));
        table.rows.push(vec![
            desk.customer(Some(row.customer_id), None),
            Cell::id(Some(row.customer_id)),
            Cell::text(Category::parse(category).map(Category::as_str)),
            Cell::text(asset.map(|a| a.name.clone())),
            Cell::Text(row.key.clone()),
            Cell::Int(row.visits),
            day(row.first_ms),
            day(row.last_ms),
            Cell::id(row.root_cause_id),
            Cell::text(row.state),
            Cell::int(row.reopened),
        ]);
    }
    Ok(table)
}

/// How often customers asked for what is their own work.
///
/// # Errors
/// See [`ReportError`].
pub async fn own_work(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let (from, to) = ask.days()?;
    let (before, after) = around(from, to)?;
    let filter = DemandFilter {
        scope: desk.scope.clone(),
        customer: ask.customer,
        from_ms: before,
        to_ms: after,
        limit: limit(),
    };
    let rows = own_work_demands(&mut desk.tx, &filter).await?;
    let mut demands: BTreeMap<(Option<Uuid>, String), (i64, BTreeSet<Uuid>)> = BTreeMap::new();
    for row in bounded(rows)? {
        let listed = row.customer_id.and_then(|id| desk.known.customers.get(&CustomerId(id)));
        let tz = listed.and_then(|c| zone(&c.time_zone).ok()).unwrap_or(TimeZone::UTC);
        if day_of(row.began_ms, &tz).is_ok_and(|day| from <= day && day <= to) {
            let name = if listed.is_some() { String::new() } else { row.customer_name };
            let (count, visits) = demands.entry((row.customer_id, name)).or_default();
            *count += 1;
            visits.insert(row.visit_id);
        }
    }
    let all = vec![
        Column::new("customer_name", ColumnKind::Text),
        Column::new("customer", ColumnKind::Id),
        Column::new("demands", ColumnKind::Count),
        Column::new("visits", ColumnKind::Count),
    ];
    let mut table = Table::new("own-work", all);
    for ((customer, name), (count, visits)) in demands {
        table.rows.push(vec![
            desk.customer(customer, Some(name)),
            Cell::id(customer),
            Cell::Int(count),
            Cell::Int(i64::try_from(visits.len()).unwrap_or(i64::MAX)),
        ]);
    }
    Ok(table.add_up(&["demands", "visits"]))
}
