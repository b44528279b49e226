//! The log of all receipts (回执日志, see [`sync_core::log`]): its head is sealed for each day, and proofs lead from a receipt to a
//! head and from one head to a later one. docs/verification.md has the formats, ADR 15 the reasons.

pub mod proofs;
pub mod seal;
pub mod stamp;
pub mod tsp;
mod worker;

pub use worker::Worker;

#[cfg(test)]
mod stamp_tests;
#[cfg(test)]
mod tests;
