//! The server as its clients see it, on both databases. One binary: it links once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod api;
mod auth;
mod import;
mod process;
mod reference;
mod routes;
