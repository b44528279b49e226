//! Receipts (服务回执) as people meet them: read in words, shown on the hospital's page, checked from a file.

mod bounded;
pub mod check;
pub mod codes;
pub mod disputes;
pub mod jwks;
mod logged;
pub mod page;
pub mod pdf;
pub mod said;
pub mod seal;
pub mod sheet;
pub mod stored;
pub mod template;
pub mod verify;
mod words;

#[cfg(test)]
pub(crate) mod samples;
