//! The reports that add up cost lines: cost, given away, profitability, break-even.

use super::table::{Cell, Column, ColumnKind, Table};
use super::{Ask, Desk, ReportError, bounded, limit};
use crate::store::cost::{Dimension, LineFilter, SumRow, sums};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::coverage::Coverage;
use sync_core::money;
use uuid::Uuid;

/// What the given-away report is grouped by when nobody says.
const USUAL: [Dimension; 5] =
    [Dimension::Customer, Dimension::Requester, Dimension::Engineer, Dimension::Category, Dimension::Cause];

/// What the cost report is grouped by when nobody says.
const USUAL_COST: [Dimension; 3] = [Dimension::Customer, Dimension::Contract, Dimension::Coverage];

/// The columns of a dimension.
fn columns(by: Dimension) -> &'static [Column] {
    use ColumnKind::{Day, Id, Text, Word};
    const fn c(id: &'static str, kind: ColumnKind) -> Column {
        Column::new(id, kind)
    }
    const CUSTOMER: &[Column] = &[c("customer_name", Text), c("customer", Id)];
    const REQUESTER: &[Column] = &[c("requester_role", Word("requester_role")), c("requester_name", Text)];
    const ENGINEER: &[Column] = &[c("engineer_name", Text), c("engineer", Id)];
    const CATEGORY: &[Column] = &[c("category", Word("category"))];
    const CAUSE: &[Column] = &[c("cause", Word("cause"))];
    const KIND: &[Column] = &[c("kind", Word("line_kind"))];
    const CONTRACT: &[Column] = &[c("contract_code", Text), c("contract", Id)];
    const DAY: &[Column] = &[c("day", Day)];
    const CLASS: &[Column] = &[c("class", Word("day_class"))];
    const COVERAGE: &[Column] = &[c("coverage", Word("coverage"))];
    const REVIEW: &[Column] = &[c("review", Word("review"))];
    const VISIT: &[Column] = &[c("visit", Id)];
    match by {
        Dimension::Customer => CUSTOMER,
        Dimension::Requester => REQUESTER,
        Dimension::Engineer => ENGINEER,
        Dimension::Category => CATEGORY,
        Dimension::Cause => CAUSE,
        Dimension::Kind => KIND,
        Dimension::Contract => CONTRACT,
        Dimension::Day => DAY,
        Dimension::Class => CLASS,
        Dimension::Coverage => COVERAGE,
        Dimension::Review => REVIEW,
        Dimension::Visit => VISIT,
    }
}

/// The cells of a dimension.
fn cells(desk: &Desk, by: Dimension, row: &SumRow) -> Vec<Cell> {
    let text = |t: &Option<String>| Cell::text(t.clone());
    match by {
        Dimension::Customer => {
            vec![desk.customer(row.customer_id, row.customer_name.clone()), Cell::id(row.customer_id)]
        }
        Dimension::Requester => vec![text(&row.requester_role), text(&row.requester_name)],
        Dimension::Engineer => vec![desk.person(row.engineer_id), Cell::id(row.engineer_id)],
        Dimension::Category => vec![text(&row.category)],
        Dimension::Cause => vec![text(&row.cause)],
        Dimension::Kind => vec![text(&row.kind)],
        Dimension::Contract => vec![desk.contract(row.contract_id), Cell::id(row.contract_id)],
        Dimension::Day => vec![text(&row.day)],
        Dimension::Class => vec![text(&row.class)],
        Dimension::Coverage => vec![text(&row.coverage)],
        Dimension::Review => vec![text(&row.review)],
        Dimension::Visit => vec![Cell::id(row.visit_id)],
    }
}

/// What all work and expenses cost, covered or not: per visit, customer, contract, requester, engineer or whatever else is
/// asked for.
///
/// # Errors
/// See [`ReportError`].
pub async fn cost(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let filter = ask.filter(desk.scope.clone())?;
    lines(desk, ask, "cost", &filter, &USUAL_COST).await
}

/// Uncovered work and expenses (白干清单): what they cost, and what they are worth by the price list.
///
/// # Errors
/// See [`ReportError`].
pub async fn given_away(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let mut filter = ask.filter(desk.scope.clone())?;
    filter.coverage = Some(Coverage::NotCovered.as_str().to_owned());
    lines(desk, ask, "given-away", &filter, &USUAL).await
}

/// Cost lines, added up by what is asked for, or else by what is usual.
async fn lines(
    desk: &mut Desk,
    ask: &Ask,
    name: &'static str,
    filter: &LineFilter,
    usual: &[Dimension],
) -> Result<Table, ReportError> {
    let by: Vec<Dimension> = if ask.group_by.is_empty() { usual.to_vec() } else { ask.group_by.clone() };
    // Each once, in the order asked for.
    let mut seen = BTreeSet::new();
    let by: Vec<Dimension> = by.into_iter().filter(|d| seen.insert(*d)).collect();
    let rows = bounded(sums(&mut desk.tx, filter, &by, limit()).await?)?;
    let mut all: Vec<Column> = by.iter().flat_map(|d| columns(*d)).copied().collect();
    all.extend([
        Column::new("currency", ColumnKind::Text),
        Column::new("visits", ColumnKind::Count),
        Column::new("time", ColumnKind::Duration),
        Column::new("cost", ColumnKind::Money),
        Column::new("list", ColumnKind::Money),
        Column::new("unpriced_time", ColumnKind::Duration),
        Column::new("unpriced_expenses", ColumnKind::Count),
    ]);
    let mut table = Table::new(name, all);
    for row in rows {
        let mut cells: Vec<Cell> = by.iter().flat_map(|d| cells(desk, *d, &row)).collect();
        cells.extend([
            Cell::text(row.currency),
            Cell::Int(row.visits),
            Cell::Int(row.ms),
            Cell::int(row.cost_minor),
            Cell::int(row.list_minor),
            Cell::Int(row.unpriced_ms),
            Cell::Int(row.unpriced_expenses),
        ]);
        table.rows.push(cells);
    }
    Ok(table.add_up(&["time", "cost", "list", "unpriced_time", "unpriced_expenses"]))
}

/// Whose figures a row of the profitability report has: customer (or the name of one in no list), contract, currency.
type Whose = (Option<Uuid>, Option<String>, Option<Uuid>, Option<String>);

#[derive(Default)]
struct Profit {
    fees: i64,
    covered: i64,
    given_away: i64,
    undecided: i64,
    unpriced_ms: i64,
    unpriced_expenses: i64,
}

/// Fees against the cost of all visits, per customer or contract.
///
/// # Errors
/// See [`ReportError`].
pub async fn profitability(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let by_contract = match ask.group_by.as_slice() {
        [] | [Dimension::Customer] => false,
        [Dimension::Contract] | [Dimension::Customer, Dimension::Contract] => true,
        _ => return Err(ReportError::Query("group_by: customer or contract".to_owned())),
    };
    let filter = ask.filter(desk.scope.clone())?;
    let mut by = vec![Dimension::Customer, Dimension::Coverage];
    by.extend(by_contract.then_some(Dimension::Contract));
    let mut profits: BTreeMap<Whose, Profit> = BTreeMap::new();
    for row in bounded(sums(&mut desk.tx, &filter, &by, limit()).await?)? {
        let name = row.customer_name.filter(|_| row.customer_id.is_none());
        let profit = profits.entry((row.customer_id, name, row.contract_id, row.currency)).or_default();
        let cost = row.cost_minor.unwrap_or(0);
        match row.coverage.as_deref().and_then(Coverage::parse) {
            Some(Coverage::Covered) => profit.covered += cost,
            Some(Coverage::NotCovered) => profit.given_away += cost,
            Some(Coverage::NeedsDecision) | None => profit.undecided += cost,
        }
        profit.unpriced_ms += row.unpriced_ms;
        profit.unpriced_expenses += row.unpriced_expenses;
    }
    for (customer, contract, minor, currency) in fees(desk, ask)? {
        let contract = Some(contract).filter(|_| by_contract);
        profits.entry((Some(customer), None, contract, Some(currency))).or_default().fees += minor;
    }
    let profits = bounded(profits.into_iter().collect())?;
    let mut all = columns(Dimension::Customer).to_vec();
    all.extend(columns(Dimension::Contract).iter().filter(|_| by_contract));
    all.extend([
        Column::new("currency", ColumnKind::Text),
        Column::new("fees", ColumnKind::Money),
        Column::new("covered_cost", ColumnKind::Money),
        Column::new("given_away_cost", ColumnKind::Money),
        Column::new("undecided_cost", ColumnKind::Money),
        Column::new("cost", ColumnKind::Money),
        Column::new("margin", ColumnKind::Money),
        Column::new("unpriced_time", ColumnKind::Duration),
        Column::new("unpriced_expenses", ColumnKind::Count),
    ]);
    let mut table = Table::new("profitability", all);
    for ((customer, name, contract, currency), p) in profits {
        let cost = p.covered + p.given_away + p.undecided;
        let mut cells = vec![desk.customer(customer, name), Cell::id(customer)];
        if by_contract {
            cells.extend([desk.contract(contract), Cell::id(contract)]);
        }
        // Time without a price stands in a row of its own, without a currency and so without amounts.
        let amount = |minor: i64| if currency.is_some() { Cell::Int(minor) } else { Cell::None };
        cells.extend([
            Cell::text(currency.clone()),
            amount(p.fees),
            amount(p.covered),
            amount(p.given_away),
            amount(p.undecided),
            amount(cost),
            amount(p.fees - cost),
            Cell::Int(p.unpriced_ms),
            Cell::Int(p.unpriced_expenses),
        ]);
        table.rows.push(cells);
    }
    let amounts = ["fees", "covered_cost", "given_away_cost", "undecided_cost", "cost", "margin"];
    Ok(table.add_up(&[&amounts[..], &["unpriced_time", "unpriced_expenses"]].concat()))
}

/// Fees recognised in the days asked for: customer, contract, minor units, currency.
fn fees(desk: &Desk, ask: &Ask) -> Result<Vec<(Uuid, Uuid, i64, String)>, ReportError> {
    let (from, to) = ask.days()?;
    let customers = desk.known.contracts.iter().filter(|(id, _)| desk.sees(**id));
    let customers = customers.filter(|(id, _)| ask.customer.is_none_or(|asked| asked == id.0));
    let contracts = customers.flat_map(|(id, of)| of.values().map(move |c| (id.0, c)));
    let recognised = contracts.filter_map(|(customer, c)| {
        let (minor, currency) = money::fees(c, from, to)?;
        (minor != 0).then(|| (customer, c.id.0, minor, currency.to_owned()))
    });
    Ok(recognised.collect())
}

/// Margin against direct labour, and what would be needed.
///
/// # Errors
/// See [`ReportError`].
pub async fn break_even(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let overridden = ask.labour_minor.is_some() || ask.margin_minor.is_some();
    if overridden && ask.currency.is_none() {
        return Err(ReportError::Query("currency: amounts need one".to_owned()));
    }
    if ask.labour_minor.is_some_and(|minor| minor < 0) {
        return Err(ReportError::Query("labour_minor: 0 or more".to_owned()));
    }
    // With both amounts given, no day is looked at.
    let from_data = ask.labour_minor.is_none() || ask.margin_minor.is_none();
    let (mut margins, mut heads) = (BTreeMap::<String, (i64, i64)>::new(), ask.headcount);
    let (mut unpriced_ms, mut unpriced_expenses) = (0, 0);
    if from_data {
        let filter: LineFilter = ask.filter(desk.scope.clone())?;
        for row in sums(&mut desk.tx, &filter, &[], limit()).await? {
            unpriced_ms += row.unpriced_ms;
            unpriced_expenses += row.unpriced_expenses;
            let Some(currency) = row.currency else { continue };
            let (cost, labour) = (row.cost_minor.unwrap_or(0), row.time_cost_minor.unwrap_or(0));
            // Of the cost, what is not people's time lowers the margin; the time is what the margin is compared with.
            margins.insert(currency, (labour - cost, labour));
        }
        for (_, _, minor, currency) in fees(desk, ask)? {
            margins.entry(currency).or_default().0 += minor;
        }
        if heads.is_none() {
            let people = bounded(sums(&mut desk.tx, &filter, &[Dimension::Engineer], limit()).await?)?;
            let people: BTreeSet<Uuid> =
                people.into_iter().filter(|p| p.ms > 0).filter_map(|p| p.engineer_id).collect();
            heads = u32::try_from(people.len()).ok();
        }
    }
    if let Some(currency) = &ask.currency {
        let (margin, labour) = margins.remove(currency).unwrap_or_default();
        let given = (ask.margin_minor.unwrap_or(margin), ask.labour_minor.unwrap_or(labour));
        margins = BTreeMap::from([(currency.clone(), given)]);
    }
    let target = ask.target_permille.unwrap_or_else(|| desk.known.policy().target_permille);
    let all = vec![
        Column::new("currency", ColumnKind::Text),
        Column::new("margin", ColumnKind::Money),
        Column::new("labour", ColumnKind::Money),
        Column::new("target_permille", ColumnKind::Count),
        Column::new("needed", ColumnKind::Money),
        Column::new("shortfall", ColumnKind::Money),
        Column::new("reached_permille", ColumnKind::Count),
        Column::new("headcount", ColumnKind::Count),
        Column::new("margin_per_head", ColumnKind::Money),
        Column::new("needed_per_head", ColumnKind::Money),
        Column::new("unpriced_time", ColumnKind::Duration),
        Column::new("unpriced_expenses", ColumnKind::Count),
    ];
    let amounts = all.len() - 2;
    let mut table = Table::new("break-even", all);
    if unpriced_ms > 0 || unpriced_expenses > 0 {
        // Labour without a rate is not free: whoever reads the other rows must see that it is missing from them.
        let mut row = vec![Cell::None; amounts];
        row.extend([Cell::Int(unpriced_ms), Cell::Int(unpriced_expenses)]);
        table.rows.push(row);
    }
    for (currency, (margin, labour)) in margins {
        let b = money::break_even(margin, labour, target, heads);
        table.rows.push(vec![
            Cell::Text(currency),
            Cell::Int(b.margin_minor),
            Cell::Int(b.labour_minor),
            Cell::Int(i64::from(target)),
            Cell::Int(b.needed_minor),
            Cell::Int(b.shortfall_minor),
            Cell::int(b.reached_permille),
            Cell::int(heads.map(i64::from)),
            Cell::int(b.per_head_minor.map(|(has, _)| has)),
            Cell::int(b.per_head_minor.map(|(_, needs)| needs)),
            Cell::Int(0),
            Cell::Int(0),
        ]);
    }
    Ok(table)
}
