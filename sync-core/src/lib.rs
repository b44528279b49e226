//! The whole domain of Countersign, sans-I/O: no network, files, async, clock, randomness, SQL or FFI in it.

pub mod address;
pub mod admission;
pub mod blob;
pub mod canonical;
pub mod clock;
pub mod confirmation;
pub mod coverage;
pub mod crypto;
pub mod document;
pub mod env;
pub mod ids;
pub mod log;
pub mod message;
pub mod money;
pub mod phone;
pub mod receipt;
pub mod reference;
pub mod signoff;
pub mod statement;
pub mod sync;
pub mod time;
#[cfg(all(target_arch = "wasm32", target_os = "unknown", getrandom_backend = "custom"))]
mod wasm_entropy;
