//! Elapsed time (工时): a visit's time entries as a union of intervals.
//!
//! Everything is an integer number of milliseconds and half-open, `[from, until)`. Nothing is rounded while it is added
//! up: the one rounding there is comes last, at the surface, in [`whole_seconds`], which drops the started second of a
//! finished sum. Two entries of 1.5 s are therefore 3 s, and never 2 s.
//!
//! * [`spans`](mod@spans): what each entry stands for, and the totals.
//! * [`intervals`]: sets of intervals.
//! * [`days`]: cutting a span at a customer's local midnights.

pub mod days;
pub mod intervals;
pub mod spans;
pub(crate) mod text;
mod zones;

#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;

pub use intervals::Interval;
pub use spans::{Drift, DriftCause, Overlap, Running, Span, Spans, Totals, spans};

/// Milliseconds as whole seconds, the started second dropped. To be used once, on a finished sum.
pub fn whole_seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}
