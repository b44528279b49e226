//! The Countersign server: admits and merges what phones send, projects it to SQL, judges coverage, issues receipts.

pub mod auth;
pub mod clock;
pub mod config;
pub mod failure;
pub mod keys;
pub mod mail;
pub mod receipts;
pub mod store;
#[doc(hidden)]
pub mod testing;
