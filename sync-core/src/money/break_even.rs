//! Does the margin bring what direct labour should bring?

use super::share;

/// The answer, minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakEven {
    /// What there is.
    pub margin_minor: i64,
    /// What direct labour costs.
    pub labour_minor: i64,
    /// The margin that the labour should bring, in thousandths of its cost.
    pub target_permille: u32,
    /// The margin that is needed: labour × target, a half rounded up.
    pub needed_minor: i64,
    /// How far off it is; 0 when the target is reached.
    pub shortfall_minor: i64,
    /// What there is, in thousandths of the labour's cost (rounded down, so that a target is never reached by rounding);
    /// `None` without labour.
    pub reached_permille: Option<i64>,
    /// The margin per head and the margin needed per head, a half rounded up; `None` without heads.
    pub per_head_minor: Option<(i64, i64)>,
}

/// Compares a margin with what direct labour should bring.
pub fn break_even(margin_minor: i64, labour_minor: i64, target_permille: u32, headcount: Option<u32>) -> BreakEven {
    let needed_minor = share(labour_minor, i64::from(target_permille), 1000);
    let reached = (i128::from(margin_minor) * 1000).checked_div_euclid(i128::from(labour_minor));
    let per_head = |amount: i64, heads: u32| share(amount, 1, i128::from(heads));
    BreakEven {
        margin_minor,
        labour_minor,
        target_permille,
        needed_minor,
        shortfall_minor: needed_minor.saturating_sub(margin_minor).max(0),
        reached_permille: reached.and_then(|r| i64::try_from(r).ok()),
        per_head_minor: headcount.filter(|n| *n > 0).map(|n| (per_head(margin_minor, n), per_head(needed_minor, n))),
    }
}
