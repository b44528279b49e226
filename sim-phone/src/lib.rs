//! A phone without glass: hosts the phone engine of `sync-core` with a store in memory, clocks that can be set, seeded
//! randomness and a link that fails as networks do. The demo, the tests and `countersign load` all drive this one.

pub mod host;
pub mod http;
pub mod link;
pub mod photos;
pub mod world;

pub use host::{SimPhone, SyncError};
pub use link::{Fault, Faults, FaultyLink, Link, LinkError};
pub use photos::{BlobAnswer, BlobLink, NewPhoto};
pub use world::{Clock, Seeded};
