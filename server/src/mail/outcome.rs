//! What sending a mail came to.

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server (or the disk) has it.
    Accepted,
    /// Not now: a 4xx reply, or a disk that is full.
    Temporary(String),
    /// Never: a 5xx reply about this mail or its recipient.
    Permanent(String),
    /// The connection was cut between the data and the reply: the server may or may not have the mail.
    Unknown(String),
    /// The mail server was not reached, or does not let us in. It has nothing of the mail.
    Unreachable(String),
}
