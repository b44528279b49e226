//! The periods of quotas, and how far they reach.

use crate::ids::CustomerId;
use crate::reference::{Contract, Effect, Quota, QuotaPeriod, QuotaUnit, Reference};
use crate::time::{Interval, days};
use jiff::{ToSpan, civil::Date};

/// A period of a quota: its first day, and the first day of the one after it (`None`: it never ends).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Period {
    pub(super) first_day: Date,
    pub(super) next: Option<Date>,
}

impl Period {
    /// The period that holds `day`, of a quota in a contract that begins on `contract_first`.
    pub(super) fn of(kind: QuotaPeriod, contract_first: Date, day: Date) -> Self {
        let months = |first_month: i8, months: i32| {
            let first_day = Date::new(day.year(), first_month, 1).unwrap_or(contract_first);
            Self { first_day, next: first_day.checked_add(months.months()).ok() }
        };
        match kind {
            QuotaPeriod::Contract => Self { first_day: contract_first, next: None },
            QuotaPeriod::ContractYear => {
                let anniversary = |years: i32| contract_first.checked_add(years.years()).ok();
                let years = i32::from(day.year()) - i32::from(contract_first.year());
                // This year's anniversary may be still to come.
                let years = if anniversary(years).is_none_or(|first| first > day) { years - 1 } else { years };
                Self { first_day: anniversary(years).unwrap_or(contract_first), next: anniversary(years + 1) }
            }
            QuotaPeriod::CalendarYear => months(1, 12),
            QuotaPeriod::Quarter => months((day.month() - 1) / 3 * 3 + 1, 3),
            QuotaPeriod::Month => months(day.month(), 1),
        }
    }

    /// Its last day, where it has one.
    pub(super) fn last_day(self) -> Option<Date> {
        self.next?.yesterday().ok()
    }
}

/// The quotas of a contract; nothing where its package is not known, since it then answers nothing.
fn quotas<'a>(contract: &'a Contract, reference: &'a Reference) -> Vec<&'a Quota> {
    let Some(package) = reference.packages.get(&contract.package) else { return Vec::new() };
    let clauses = contract.extras.iter().chain(&package.clauses);
    clauses.filter(|c| c.effect == Effect::Limit).filter_map(|c| c.quota.as_ref()).collect()
}

/// The time within which other visits' [claims](super::Claim) may matter for a visit of `customer` that lies in
/// `[from_ms, until_ms]` (milliseconds since 1970 UTC), and equally the time within which other visits may have to be
/// judged again when this one changes. `None` when no contract that holds then has a limit (or nothing is known of the
/// customer's days).
///
/// It is wider than the periods that the visit lies in: what one limit leaves may use up another, so that every period
/// that begins or ends within the reach belongs to it. A visit counts once for a contract's quota of visits, wherever
/// it began, so that such a quota reaches over the whole contract.
pub fn quota_reach(reference: &Reference, customer: CustomerId, from_ms: i64, until_ms: i64) -> Option<Interval> {
    let contracts = reference.contracts.get(&customer)?.values();
    let limited = contracts.filter_map(|c| Some((c.days()?, quotas(c, reference))));
    let limited: Vec<((Date, Date), Vec<&Quota>)> = limited.filter(|(_, quotas)| !quotas.is_empty()).collect();
    if limited.is_empty() {
        return None;
    }
    let zone = days::zone(&reference.customers.get(&customer)?.time_zone).ok()?;
    let (mut first, mut last) = (days::day_of(from_ms, &zone).ok()?, days::day_of(until_ms, &zone).ok()?);
    let mut touched = false;
    loop {
        let before = (first, last);
        for ((begins, ends), quotas) in &limited {
            let (from, until) = (first.max(*begins), last.min(*ends));
            if from > until {
                continue;
            }
            touched = true;
            for quota in quotas {
                let kind = if quota.unit == QuotaUnit::Visits { QuotaPeriod::Contract } else { quota.period };
                first = first.min(Period::of(kind, *begins, from).first_day.max(*begins));
                let end = Period::of(kind, *begins, until).last_day();
                last = last.max(end.map_or(*ends, |end| end.min(*ends)));
            }
        }
        if (first, last) == before {
            break;
        }
    }
    if !touched {
        return None;
    }
    let after = last.tomorrow().ok().and_then(|day| days::day_start_ms(day, &zone).ok());
    Some(Interval::new(days::day_start_ms(first, &zone).ok()?, after.unwrap_or(i64::MAX)))
}
