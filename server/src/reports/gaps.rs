//! Gaps in bought support, ahead.

use super::table::{Cell, Column, ColumnKind, Table};
use super::{Ask, Desk, ReportError, bounded};
use jiff::ToSpan as _;
use jiff::civil::Date;
use sync_core::coverage::vendor_gaps as gaps;
use sync_core::money;
use sync_core::time::days::{TimeZone, day_of, zone};

/// Support that was promised and not bought, by asset: from the day asked for (today at the customer's) and a year ahead.
/// The exposure is what buying it would cost, day by day.
///
/// # Errors
/// See [`ReportError`].
pub async fn vendor_gaps(desk: &mut Desk, ask: &Ask) -> Result<Table, ReportError> {
    let all = vec![
        Column::new("customer_name", ColumnKind::Text),
        Column::new("customer", ColumnKind::Id),
        Column::new("asset_code", ColumnKind::Text),
        Column::new("asset_name", ColumnKind::Text),
        Column::new("asset", ColumnKind::Id),
        Column::new("first_day", ColumnKind::Day),
        Column::new("last_day", ColumnKind::Day),
        Column::new("days", ColumnKind::Count),
        Column::new("promised", ColumnKind::Word("support_tier")),
        Column::new("bought", ColumnKind::Word("support_tier")),
        Column::new("currency", ColumnKind::Text),
        Column::new("exposure", ColumnKind::Money),
    ];
    // A question that makes no sense is refused where there is no asset, too.
    days(desk, ask, &TimeZone::UTC)?;
    let mut table = Table::new("vendor-gaps", all);
    let assets = desk.known.assets.values().filter(|a| desk.sees(a.customer));
    let mut assets: Vec<_> = assets.filter(|a| ask.customer.is_none_or(|c| c == a.customer.0)).collect();
    assets.sort_by_key(|a| (a.customer, &a.code));
    for asset in assets {
        let customer = desk.known.customers.get(&asset.customer);
        let tz = customer.and_then(|c| zone(&c.time_zone).ok()).unwrap_or(TimeZone::UTC);
        let (from, to) = days(desk, ask, &tz)?;
        for gap in gaps(asset, from, to) {
            let days = gap.first_day.until(gap.last_day).map_or(0, |span| i64::from(span.get_days()) + 1);
            let exposure = money::exposure(asset, &gap);
            let amounts: Vec<(Cell, Cell)> = if exposure.is_empty() {
                vec![(Cell::None, Cell::None)]
            } else {
                exposure.into_iter().map(|(currency, minor)| (Cell::Text(currency), Cell::Int(minor))).collect()
            };
            for (currency, minor) in amounts {
                table.rows.push(vec![
                    desk.customer(Some(asset.customer.0), None),
                    Cell::id(Some(asset.customer.0)),
                    Cell::Text(asset.code.clone()),
                    Cell::Text(asset.name.clone()),
                    Cell::id(Some(asset.id.0)),
                    Cell::Text(gap.first_day.to_string()),
                    Cell::Text(gap.last_day.to_string()),
                    Cell::Int(days),
                    Cell::text(Some(gap.promised.as_str())),
                    Cell::text(gap.bought.map(|tier| tier.as_str())),
                    currency,
                    minor,
                ]);
            }
        }
    }
    table.rows = bounded(table.rows)?;
    Ok(table.add_up(&["exposure"]))
}

/// The first and the last day that is looked at where the local time is that of `tz`.
fn days(desk: &Desk, ask: &Ask, tz: &TimeZone) -> Result<(Date, Date), ReportError> {
    let from = match ask.from {
        Some(from) => from,
        None => day_of(desk.now_ms, tz).map_err(|e| ReportError::Query(e.to_string()))?,
    };
    let year = from.checked_add(1.year()).and_then(|day| day.yesterday()).ok();
    let to = ask.to.or(year).unwrap_or(from);
    Ask { from: Some(from), to: Some(to), ..Ask::default() }.days()
}
