//! The whole domain of Countersign, sans-I/O: no network, files, async, clock, randomness, SQL or FFI in it.

pub mod canonical;
pub mod clock;
pub mod coverage;
pub mod crypto;
pub mod document;
pub mod env;
pub mod ids;
pub mod message;
pub mod reference;
#[cfg(all(target_arch = "wasm32", target_os = "unknown", getrandom_backend = "custom"))]
mod wasm_entropy;
