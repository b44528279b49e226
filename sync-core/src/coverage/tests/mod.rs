//! A table of expected verdicts written by hand, random cases, and the catalogue.

mod catalogue;
mod flags;
mod kit;
mod ordinary;
mod props;
mod service;
mod signals;
mod table;
mod vendor;
