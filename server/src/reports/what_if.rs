//! What another contract would have covered.

use super::table::{Cell, Column, ColumnKind, Table};
use super::{Ask, Desk, ReportError, bounded};
use crate::store::cost::{JudgedRow, judged};
use crate::store::visits::LONGEST_SPAN_MS;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;
use sync_core::coverage::{Claim, Coverage, Evidence, claims};
use sync_core::document::Document;
use sync_core::document::read::view;
use sync_core::ids::{CustomerId, VisitId};
use sync_core::money::{Change, Hypothesis, hypothetical, what_if as changes};
use sync_core::reference::{Clause, Contract, Effect, Package, Reference};
use sync_core::time::days::{day_start_ms, zone};
use sync_core::time::spans;
use uuid::Uuid;

/// Visits that one question looks at, at most.
const MOST_VISITS: usize = 2_000;

/// A customer's uncovered work of a time, judged again as if they had had another contract: the lines that are not
/// covered, by visit and work item, and what of them would have been.
///
/// # Errors
/// See [`ReportError`].
pub async fn what_if(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let (from, to) = ask.days()?;
    let missing = |what: &str| ReportError::Query(format!("{what} is needed"));
    let id = CustomerId(ask.customer.ok_or_else(|| missing("customer"))?);
    let customer = desk.known.customers.get(&id).filter(|_| desk.sees(id));
    let customer = customer.ok_or_else(|| ReportError::Unknown("there is no such customer".to_owned()))?;
    let package = package(&desk.known, ask.package.as_deref().ok_or_else(|| missing("package"))?)?;
    let extras = extras(&desk.known, desk, ask)?;
    let tz = zone(&customer.time_zone).map_err(|e| ReportError::Query(e.to_string()))?;
    let start = |day: Date| day_start_ms(day, &tz).map_err(|e| ReportError::Query(e.to_string()));
    let (from_ms, to_ms) = (start(from)?, start(to.tomorrow().map_err(|e| ReportError::Query(e.to_string()))?)?);
    let hypothesis = Hypothesis { customer: id, package: package.id, extras, first_day: from, last_day: to };
    let most = i64::try_from(MOST_VISITS).unwrap_or(i64::MAX - 1);
    // What began before may reach into the time.
    let visits = judged(&mut desk.tx, id.0, from_ms - LONGEST_SPAN_MS, to_ms, most + 1).await?;
    if visits.len() > MOST_VISITS {
        return Err(ReportError::TooLarge(MOST_VISITS));
    }
    let known = desk.known.clone();
    let found = tokio::task::spawn_blocking(move || compare(visits, &known, &hypothesis))
        .await
        .map_err(|e| ReportError::Failed(e.to_string()))??;
    table(found, from, to)
}

fn package<'a>(known: &'a Reference, name: &str) -> Result<&'a Package, ReportError> {
    let found = known.packages.values().find(|p| p.code == name || p.id.to_string() == name);
    found.ok_or_else(|| ReportError::Unknown("there is no such package".to_owned()))
}

/// The extra items that are tried: those of the named contract, and those named by their codes (of the contracts that
/// the reader may know).
fn extras(known: &Arc<Reference>, desk: &Desk, ask: &Ask) -> Result<Vec<Clause>, ReportError> {
    let readable = || known.contracts.iter().filter(|(id, _)| desk.sees(**id)).flat_map(|(_, of)| of.values());
    let mut extras: Vec<Clause> = Vec::new();
    if let Some(name) = &ask.contract {
        let named = readable().find(|c: &&Contract| c.code == *name || c.id.to_string() == *name);
        let named = named.ok_or_else(|| ReportError::Unknown("there is no such contract".to_owned()))?;
        extras.extend(named.extras.iter().cloned());
    }
    for code in &ask.extras {
        let found: Vec<&Clause> = readable().flat_map(|c| &c.extras).filter(|c| c.code == *code).collect();
        // The same code may stand in many contracts; the newest contract's wording is as good as any.
        let found =
            found.last().ok_or_else(|| ReportError::Unknown(format!("no contract has an extra item {code}")))?;
        extras.push((*found).clone());
    }
    Ok(extras)
}

/// By visit, what each line would have been. Away from the async workers.
fn compare(
    visits: Vec<JudgedRow>,
    known: &Reference,
    hypothesis: &Hypothesis,
) -> Result<Vec<(Uuid, Change)>, ReportError> {
    let other = hypothetical(known, hypothesis);
    let mut read = Vec::with_capacity(visits.len());
    let mut asked: Vec<Claim> = Vec::new();
    for row in visits {
        let document = Document::load(&row.snapshot).map_err(|e| ReportError::Failed(e.to_string()))?;
        let view = view(&document);
        let spans = spans(&view);
        asked.extend(claims(VisitId(row.id), &view, &spans));
        read.push((row.id, view, spans, row.verdict.0));
    }
    let package = known.packages.get(&hypothesis.package);
    let mut clauses = hypothesis.extras.iter().chain(package.into_iter().flat_map(|p| &p.clauses));
    if !clauses.any(|c| c.effect == Effect::Limit) {
        asked.clear();
    }
    let mut found = Vec::new();
    for (id, view, spans, verdict) in &read {
        // Earlier visits use up the other contract's quotas, too.
        let others = asked.iter().filter(|c| c.visit.0 != *id).cloned().collect();
        let evidence = Evidence { claims: others, ..Evidence::default() };
        let lines = changes(view, spans, verdict, known, &other, &evidence);
        found.extend(lines.into_iter().map(|change| (*id, change)));
    }
    Ok(found)
}

#[derive(Default)]
struct Sums {
    first_day: Option<Date>,
    ms: i64,
    amounts: (i64, i64),
    would_ms: i64,
    would: (i64, i64),
}

fn table(found: Vec<(Uuid, Change)>, from: Date, to: Date) -> Result<Table, ReportError> {
    let in_time = |c: &Change| c.line.day.is_some_and(|day| from <= day && day <= to);
    let mut sums: BTreeMap<_, Sums> = BTreeMap::new();
    for (visit, change) in found {
        // What is not covered is what the given-away report shows.
        if !in_time(&change) || change.line.coverage != Coverage::NotCovered {
            continue;
        }
        let currency = change.line.price.as_ref().map(|p| p.currency.clone());
        let key = (visit, change.line.item.map(|i| i.0), change.line.category, currency);
        let sum = sums.entry(key).or_default();
        let amounts = change.line.price.as_ref().map_or((0, 0), |p| (p.cost_minor, p.list_minor));
        let add = |to: &mut (i64, i64)| *to = (to.0.saturating_add(amounts.0), to.1.saturating_add(amounts.1));
        sum.first_day = [sum.first_day, change.line.day].into_iter().flatten().min();
        sum.ms += change.line.ms;
        add(&mut sum.amounts);
        if change.would_be == Coverage::Covered {
            sum.would_ms += change.line.ms;
            add(&mut sum.would);
        }
    }
    let columns = vec![
        Column::new("visit", ColumnKind::Id),
        Column::new("item", ColumnKind::Id),
        Column::new("first_day", ColumnKind::Day),
        Column::new("category", ColumnKind::Word("category")),
        Column::new("currency", ColumnKind::Text),
        Column::new("time", ColumnKind::Duration),
        Column::new("cost", ColumnKind::Money),
        Column::new("list", ColumnKind::Money),
        Column::new("covered_time", ColumnKind::Duration),
        Column::new("covered_cost", ColumnKind::Money),
        Column::new("covered_list", ColumnKind::Money),
    ];
    let mut table = Table::new("what-if", columns);
    for ((visit, item, category, currency), s) in sums {
        let amount = |minor: i64| if currency.is_some() { Cell::Int(minor) } else { Cell::None };
        table.rows.push(vec![
            Cell::id(Some(visit)),
            Cell::id(item),
            Cell::text(s.first_day.map(|day| day.to_string())),
            Cell::text(category.map(|c| c.as_str())),
            Cell::text(currency.clone()),
            Cell::Int(s.ms),
            amount(s.amounts.0),
            amount(s.amounts.1),
            Cell::Int(s.would_ms),
            amount(s.would.0),
            amount(s.would.1),
        ]);
    }
    table.rows = bounded(table.rows)?;
    Ok(table.add_up(&["time", "cost", "list", "covered_time", "covered_cost", "covered_list"]))
}
