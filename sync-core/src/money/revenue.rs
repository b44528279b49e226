//! Fees, day by day.

use super::share;
use crate::reference::Contract;
use jiff::Span;
use jiff::civil::Date;

/// The annual fee of a contract with its currency: the sum of its modules where there are any. `None` where no fee or no
/// currency is recorded.
pub fn annual_fee(contract: &Contract) -> Option<(i64, &str)> {
    let modules = contract.modules.iter().fold(0_i64, |sum, m| sum.saturating_add(m.annual_fee_minor));
    let fee = if contract.modules.is_empty() { contract.annual_fee_minor? } else { modules };
    Some((fee, contract.currency.as_deref()?))
}

/// What is recognised of a contract's fees from `from` until `until` (both inclusive), on the days on which it is in
/// force, with its currency. `None` where no fee is known.
pub fn fees<'a>(contract: &'a Contract, from: Date, until: Date) -> Option<(i64, &'a str)> {
    let (fee, currency) = annual_fee(contract)?;
    let Some((first, last)) = contract.days() else { return Some((0, currency)) };
    let (from, until) = (from.max(first), until.min(last));
    Some((if from > until { 0 } else { spread(fee, first, from, until) }, currency))
}

/// What of an annual amount falls on the days from `from` until `until`, both inclusive, when years are counted from
/// `first`.
///
/// In a year of `n` days, the first `k` days together have `annual * k / n`, a half rounded up; a day has the difference
/// to the day before it. So the days of a year add up exactly to the annual amount, and any days to the same total
/// however they are cut. The anniversary of a 29 February is 1 March where there is no other, so that a year signed from
/// 29 February until 28 February is one year. Days before `first` have nothing.
pub fn spread(annual: i64, first: Date, from: Date, until: Date) -> i64 {
    if from > until || until < first {
        return 0;
    }
    let before = from.max(first).yesterday().map_or(0, |day| cumulated(annual, first, day));
    cumulated(annual, first, until).saturating_sub(before)
}

/// From `first` until the end of `day`.
fn cumulated(annual: i64, first: Date, day: Date) -> i64 {
    if day < first {
        return 0;
    }
    // The year of the contract that `day` lies in: the last anniversary on or before it.
    let mut years = i64::from(day.year()) - i64::from(first.year());
    if anniversary(first, years).is_none_or(|begin| begin > day) {
        years -= 1;
    }
    let (Some(begin), Some(next)) = (anniversary(first, years), anniversary(first, years + 1)) else { return 0 };
    let (passed, length) = (days_between(begin, day) + 1, days_between(begin, next));
    annual.saturating_mul(years).saturating_add(share(annual, passed, i128::from(length)))
}

fn anniversary(first: Date, years: i64) -> Option<Date> {
    let date = first.checked_add(Span::new().try_years(years).ok()?).ok()?;
    if date.day() == first.day() { Some(date) } else { date.tomorrow().ok() }
}

pub(super) fn days_between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}
