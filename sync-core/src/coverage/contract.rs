//! Where a customer's contracts stand on a local day.
//!
//! A contract answers only when it is signed (or was, until it was terminated) and the day lies between its first and
//! last day, both inclusive.

use crate::reference::{Contract, ContractStatus, Reference};
use jiff::civil::Date;

/// Where a contract stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    InForce,
    /// Signed, and begins in so many days.
    NotStarted(i64),
    /// Signed, and its last day was so many days ago.
    Lapsed(i64),
    Draft,
    Terminated,
}

pub(super) fn standing(contract: &Contract, day: Date) -> Standing {
    match contract.status {
        ContractStatus::Draft => Standing::Draft,
        ContractStatus::Terminated if contract.days().is_none_or(|(first, last)| day < first || day > last) => {
            Standing::Terminated
        }
        ContractStatus::Signed if day < contract.first_day => Standing::NotStarted(days(day, contract.first_day)),
        ContractStatus::Signed if day > contract.last_day => Standing::Lapsed(days(contract.last_day, day)),
        ContractStatus::Signed | ContractStatus::Terminated => Standing::InForce,
    }
}

/// Days from one date to a later one.
fn days(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}

/// A customer's contracts, in the order in which they are asked and named: by number.
pub(super) fn by_code(reference: &Reference, customer: crate::ids::CustomerId) -> Vec<&Contract> {
    let mut contracts: Vec<&Contract> =
        reference.contracts.get(&customer).into_iter().flat_map(|m| m.values()).collect();
    contracts.sort_by(|a, b| (&a.code, a.id).cmp(&(&b.code, b.id)));
    contracts
}
