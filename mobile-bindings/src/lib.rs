//! The offline engine for phones, once for all platforms: one plain facade ([`facade`], [`dto`], [`error`], [`host`]) over
//! `sync-core`'s phone engine, a durable encrypted store (`store`) for native hosts, and skins without logic: UniFFI's attributes
//! on the facade itself, from which the Kotlin, Swift and Python sources are generated (docs/adr/0013), and `skin`, which is
//! generated from the same for wasm-bindgen (docs/adr/0019).
//!
//! # Numbers
//!
//! Instants are whole milliseconds since 1970 UTC, durations whole seconds, money whole minor units (fen, cents). They
//! are signed 64-bit integers, each within ±(2^53 − 1), so that JavaScript could hold them as plain numbers; one that is not
//! is refused. Ids and digests are text: UUIDs with hyphens, SHA-256 in lower-case hex.
//!
//! # Threads
//!
//! Every object may be shared between threads. Calls on one object run one after the other; a call that waits for the
//! network or for the platform's signature does not hold the others up. Callbacks are called without any lock held, so
//! they may call the object that calls them.

mod disk;
pub mod dto;
pub mod error;
mod expand;
pub mod facade;
pub mod host;
#[cfg(any(test, target_arch = "wasm32"))]
mod host_disk;
#[cfg(not(target_arch = "wasm32"))]
pub mod http;
mod seal;
#[cfg(target_arch = "wasm32")]
pub mod skin;
#[cfg(not(target_arch = "wasm32"))]
mod store;

pub use dto::*;
pub use error::{CODES, HostError, PhoneError};
pub use facade::Phone;
pub use host::*;
#[cfg(not(target_arch = "wasm32"))]
pub use http::{Account, HttpOptions, HttpTransport};

#[cfg(not(target_arch = "wasm32"))]
uniffi::setup_scaffolding!("countersign");
