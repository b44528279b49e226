//! The visit document: its shape, its facts, how they are written and read.

pub mod facts;
pub mod schema;
pub mod view;
