//! The Countersign server: admits and merges what phones send, projects it to SQL, judges coverage, issues receipts.
//!
//! Arrows run down: [`http`] and the command line know the services ([`auth`], [`reference`], [`import`], [`export`],
//! [`sync`], [`visits`]), the services know [`store`], and `store` knows nobody above it.

pub mod auth;
mod backoff;
pub mod blobs;
pub mod cli;
pub mod clock;
pub mod config;
pub mod export;
mod failpoint;
pub mod failure;
pub mod http;
pub mod import;
pub mod keys;
pub mod leads;
pub mod load;
pub mod mail;
mod money;
mod outgoing;
pub mod receipt_log;
pub mod receipts;
pub mod reference;
pub mod rejudge;
pub mod reports;
pub mod root_causes;
pub mod serve;
pub mod state;
pub mod store;
pub mod sync;
#[doc(hidden)]
pub mod testing;
pub mod visits;
