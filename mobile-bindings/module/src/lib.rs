//! The WebAssembly module of `@countersign/core`: `mobile-bindings` linked alone. Its own library is for Rust as well, and what
//! is for both is not optimised as a whole.

#[cfg(target_arch = "wasm32")]
pub use countersign_core::skin::*;
