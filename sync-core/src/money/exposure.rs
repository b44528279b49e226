//! What it would cost to buy the support that was promised.

use super::spread;
use crate::coverage::VendorGap;
use crate::reference::{Asset, Promise};
use std::collections::BTreeMap;

/// The exposure of a gap, minor units by currency: what the promises of its tier cost per year, spread over their days
/// (see [`spread`]) from each promise's own first day. A day on which several of them hold counts once, for the one that
/// began first. Empty where no promise says what it costs.
pub fn exposure(asset: &Asset, gap: &VendorGap) -> BTreeMap<String, i64> {
    let mut promises: Vec<&Promise> = asset.promised.iter().filter(|p| p.tier == gap.promised).collect();
    promises.sort_by_key(|p| (p.first_day, p.last_day));
    let (mut sums, mut next) = (BTreeMap::new(), Some(gap.first_day));
    for p in promises {
        let Some(from) = next.map(|day| day.max(p.first_day)) else { break };
        let until = p.last_day.min(gap.last_day);
        if from > until {
            continue;
        }
        if let (Some(annual), Some(currency)) = (p.annual_cost_minor, &p.currency) {
            let sum: &mut i64 = sums.entry(currency.clone()).or_default();
            *sum = sum.saturating_add(spread(annual, p.first_day, from, until));
        }
        next = until.tomorrow().ok();
    }
    sums
}
