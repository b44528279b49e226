//! The handlers, by subject. Each module lists its own part of the table in `routes()`.

pub mod app;
pub mod auth;
pub mod blobs;
pub mod codes;
pub mod devices;
pub mod disputes;
pub mod export;
pub mod health;
pub mod import;
pub mod leads;
pub mod log;
pub mod mails;
pub mod page;
pub mod quarantine;
pub mod receipts;
pub mod reference;
pub mod rejudgements;
pub mod reports;
pub mod root_causes;
pub mod sync;
pub mod users;
pub mod visits;
mod visits_query;
