//! The whole domain of Countersign, sans-I/O: no network, files, async, clock, randomness, SQL or FFI in it.

pub mod admission;
pub mod canonical;
pub mod clock;
pub mod coverage;
pub mod crypto;
pub mod document;
pub mod env;
pub mod ids;
pub mod message;
pub mod reference;
