//! Money (金额): what a visit cost, what a contract brings, and what would be needed.
//!
//! Amounts are integers in minor units with a currency, durations are integer milliseconds, and nothing here reads a
//! clock or a database. Every amount is rounded exactly once, where it first becomes a whole number of minor units (a
//! half rounds up); everything above it is a sum, so that every total adds up to the last fen.
//!
//! * `rates`: which rate an hour of an engineer has on a day.
//! * `attribution`: which answer of the verdict each minute of an engineer has.
//! * `lines`: the cost lines of a visit; `classes`: its labour by day class.
//! * `revenue`: fees, day by day; the same rule spreads every annual amount.
//! * `break_even`: margin against direct labour; `exposure`: support that was promised and not bought.
//! * `offer`: which clause would have covered a category; `what_if`: what another contract would have covered.

mod attribution;
mod break_even;
mod classes;
mod exposure;
mod lines;
mod offer;
mod rates;
mod revenue;
mod what_if;

#[cfg(test)]
mod tests;

pub use break_even::{BreakEven, break_even};
pub use classes::labour_by_class;
pub use exposure::exposure;
pub use lines::{CostLine, LineKind, cost_lines};
pub use offer::{Offer, offer};
pub use rates::{DayClass, Priced, rate_on};
pub use revenue::{annual_fee, fees, spread};
pub use what_if::{Change, Hypothesis, hypothetical, what_if};

/// Milliseconds of an hour.
const HOUR_MS: i128 = 3_600_000;

/// `amount * part / whole`, a half rounded up (towards positive infinity). `whole` must be positive; 0 where it is not.
/// Saturates at the ends of `i64`.
pub(crate) fn share(amount: i64, part: i64, whole: i128) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let exact = i128::from(amount) * i128::from(part);
    let rounded = (2 * exact + whole).div_euclid(2 * whole);
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}
