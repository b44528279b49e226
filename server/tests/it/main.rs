//! The server as its clients see it, on both databases. One binary: it links once.

mod api;
mod auth;
mod import;
mod process;
mod reference;
mod routes;
