//! (Follows.)

use crate::http::table::Entry;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    Vec::new()
}
