//! Encoding and decoding with bounds.

use super::{MAX_CHANGES, MAX_DOCUMENTS, OLDEST_PROTOCOL, PROTOCOL, Request};

/// Why bytes are no request (or no answer).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No CBOR, or not of the shape that the protocol says.
    #[error("the message is not valid: {0}")]
    Malformed(String),
    /// A version that is not spoken here.
    #[error("protocol {got} is not spoken here; {oldest} to {newest} are")]
    Version {
        /// What the message said.
        got: u16,
        /// The oldest spoken.
        oldest: u16,
        /// The newest spoken.
        newest: u16,
    },
    /// Too many documents, or changes in one.
    #[error("{0}")]
    TooMuch(&'static str),
}

/// CBOR of a message.
pub fn encode<T: minicbor::Encode<()>>(message: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a Vec cannot fail, and no message has an encoder of its own that could.
    let _ = minicbor::encode(message, &mut out);
    out
}

/// Reads a message, and nothing after it.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, DecodeError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let message = decoder.decode().map_err(|e| DecodeError::Malformed(e.to_string()))?;
    if decoder.position() == bytes.len() {
        Ok(message)
    } else {
        Err(DecodeError::Malformed("there are bytes after it".into()))
    }
}

impl Request {
    /// Reads a request and checks its version and bounds.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let request: Self = decode(bytes)?;
        if !(OLDEST_PROTOCOL..=PROTOCOL).contains(&request.protocol) {
            return Err(DecodeError::Version { got: request.protocol, oldest: OLDEST_PROTOCOL, newest: PROTOCOL });
        }
        if request.documents.len() > MAX_DOCUMENTS {
            return Err(DecodeError::TooMuch("too many documents in one request"));
        }
        if request
            .documents
            .iter()
            .any(|d| d.changes.len() > MAX_CHANGES || d.heads.len() > MAX_CHANGES || d.since.len() > MAX_CHANGES)
        {
            return Err(DecodeError::TooMuch("too many changes or heads in one document"));
        }
        Ok(request)
    }
}
