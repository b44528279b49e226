//! Mail: receipts on their way to both parties.
//!
//! The outbox row is written in the transaction that issues the receipt. A [`worker`](worker::Worker) leases it,
//! [`compose`]s the mail and keeps its bytes, hands it to the [`transport`] outside any transaction, and marks the row when
//! the mail server has answered. A crash in between, or a manager, repeats the mail: byte for byte, for it is the bytes that
//! are kept. What comes back is read by [`bounce`], from a [`maildir`] or posted to a hook; the [`mailroom`] is where
//! managers see and decide about all of it.

pub mod bounce;
mod code;
pub mod compose;
pub mod dkim;
pub mod maildir;
pub mod mailroom;
pub mod notice;
pub mod outcome;
pub mod seal;
pub mod smtp;
pub mod transport;
pub mod worker;

#[cfg(test)]
mod tests;

use uuid::Uuid;

/// The Message-ID of an outbox row (without angle brackets): its id, at the host of the server's public address.
/// Made once, when the row is queued, so that it stays the same when the server moves.
pub fn message_id(outbox_id: Uuid, public_url: &str) -> String {
    let host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // The port, and the brackets of an IPv6 address, have no place in a Message-ID.
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default().replace(':', "-"),
        None => host.split(':').next().unwrap_or_default().to_owned(),
    };
    let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    let host = host.trim_matches(['.', '-']);
    format!("{}@{}", outbox_id.simple(), if host.is_empty() { "localhost" } else { host })
}
