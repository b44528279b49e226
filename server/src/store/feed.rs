//! Feed positions: the numbers that sync cursors and caches compare.
//!
//! A cursor says "I have everything up to position 17". That is only true if nothing with a position of 17 or less can
//! become visible later. A database sequence does not give that: its numbers are handed out before the commit, and a
//! transaction that took 16 may commit after one that took 17. Here positions come from one row, and
//! [`take_positions`] is the **last write before the commit**: the row's lock is held until then, so whoever takes the
//! next positions waits, and the order of positions is the order of commits. Taking them late keeps the time in which
//! others wait as short as the commit itself. A transaction that rolls back gives its positions back.
//!
//! Rows that were written earlier in the transaction get their positions by an update after this call; that is still
//! before the commit, and nothing is locked there that others hold.

use super::{StoreError, Tx};
use crate::{db_one, db_optional};

/// The one feed: reference data and visits share its positions.
pub const FEED: &str = "feed";

const TAKE: &str = "UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value";
const LAST: &str = "SELECT value FROM counter WHERE name = $1";

/// Takes `n` consecutive positions and returns the first. See the module's documentation for when to call it.
///
/// # Errors
/// When the database refuses.
pub async fn take_positions(tx: &mut Tx, n: i64) -> Result<i64, StoreError> {
    let (last,) = db_one!((i64,), tx, TAKE, FEED, n)?;
    Ok(last - n + 1)
}

/// The last position that was committed; 0 when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn last_position(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(db_optional!((i64,), tx, LAST, FEED)?.map_or(0, |(value,)| value))
}
