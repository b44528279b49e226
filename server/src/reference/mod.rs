//! Reference data: customers, contacts, packages, contracts, assets, work orders and the public half of people.
//! One way in ([`service`], used by the API and the import), one table, one cache.

pub mod cache;
pub mod fields;
pub mod handovers;
pub mod service;
pub mod sight;
pub mod validate;
