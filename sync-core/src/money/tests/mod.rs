//! The worked examples of docs/money.md, and properties of every line and sum.

mod examples;
mod kit;
mod props;
