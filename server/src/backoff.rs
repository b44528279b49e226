//! How long to wait before something is tried again.

/// The wait after attempt number `attempts` (from 1), in milliseconds: doubled each time, up to the longest.
pub(crate) fn wait_ms(first_ms: i64, longest_ms: i64, attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 40) - 1).unwrap_or(0);
    first_ms.saturating_mul(1_i64 << doublings).min(longest_ms)
}
