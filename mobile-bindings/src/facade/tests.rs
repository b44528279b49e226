//! The facade as a host uses it, against the core's own merge in place of a server.

mod fixture;
mod keys;
mod rescue;
mod story;
mod threads;
mod uploads;
