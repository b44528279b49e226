//! The Countersign server: admits and merges what phones send, projects it to SQL, judges coverage, issues receipts.

pub mod store;
#[doc(hidden)]
pub mod testing;
