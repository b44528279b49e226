//! The server as its clients see it, on both databases. One binary: it links once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod access;
mod api;
mod auth;
mod blobs;
mod codes;
mod exchange;
mod field;
mod golden;

mod hospital;
mod import;
mod leads;
mod log;
mod mails;
mod pdf;
mod process;
mod race;
mod reference;
mod rejudge;
mod report_forms;
mod reports;
mod review;
mod routes;
mod sight;
mod signer;
mod tables;
mod visits;
