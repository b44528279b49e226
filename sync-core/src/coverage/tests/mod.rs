//! A table of expected verdicts written by hand, random cases, and the catalogue.

mod catalogue;
mod flags;
mod kit;
mod props;
mod table;
mod vendor;
