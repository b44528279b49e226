//! The envelope of a change: `magic, checksum, type, length, data`.
//!
//! Automerge's own parser reads a chunk with a wrong checksum all the same, so the checksum is tested here. A compressed
//! chunk (type 2) is unpacked under a cap and becomes the plain one (type 1) that it stands for; its checksum and hash
//! are those of the plain one.

use super::Limits;
use super::reader::{Reader, write_uleb};
use super::refusal::{Refusal, RefusalCode, ensure};
use automerge::ChangeHash;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Read;

/// The first bytes of every chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// A change.
const PLAIN: u8 = 1;
/// A change whose data is deflated.
const DEFLATED: u8 = 2;

/// A change chunk that is what its checksum says.
pub(super) struct Chunk<'a> {
    /// The hash of the change.
    pub(super) hash: ChangeHash,
    /// The change itself, not compressed.
    pub(super) data: Cow<'a, [u8]>,
}

impl<'a> Chunk<'a> {
    /// Opens the one chunk that `bytes` are.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        ensure(bytes.len() <= limits.wire, RefusalCode::ChangeTooLarge, || format!("{} bytes", bytes.len()))?;
        let truncated = |_| Refusal::new(RefusalCode::Truncated, "the chunk's header is cut off");
        let mut reader = Reader::new(bytes);
        let magic: [u8; 4] = reader.array().map_err(truncated)?;
        ensure(magic == MAGIC, RefusalCode::NotAChunk, || "it does not begin with the chunks' mark".into())?;
        let checksum: [u8; 4] = reader.array().map_err(truncated)?;
        let kind = reader.byte().map_err(truncated)?;
        ensure(matches!(kind, PLAIN | DEFLATED), RefusalCode::ForbiddenChunk, || format!("a chunk of type {kind}"))?;
        let length = if reader.rest().iter().all(|b| b & 0x80 != 0) {
            return Err(Refusal::new(RefusalCode::Truncated, "the chunk's length is cut off"));
        } else {
            reader.uleb()?
        };
        let there = reader.rest().len() as u64;
        ensure(length <= there, RefusalCode::Truncated, || format!("{there} of {length} bytes"))?;
        ensure(length == there, RefusalCode::TrailingBytes, || format!("{there} bytes where {length} were named"))?;
        let data = match kind {
            PLAIN => Cow::Borrowed(reader.rest()),
            _ => Cow::Owned(inflate(reader.rest(), limits.inflated)?),
        };
        ensure(data.len() <= limits.inflated, RefusalCode::InflatedTooLarge, || format!("{} bytes", data.len()))?;
        let hash = hash_of(&data);
        ensure(hash.0.starts_with(&checksum), RefusalCode::WrongChecksum, || {
            format!("{} where the content has {}", hex::encode(checksum), hex::encode(hash.0.get(..4).unwrap_or(&[])))
        })?;
        Ok(Self { hash, data })
    }

    /// The chunk as Automerge writes it, not compressed.
    pub(super) fn raw(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.data.len() + 12);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(self.hash.0.get(..4).unwrap_or(&[]));
        out.push(PLAIN);
        write_uleb(&mut out, self.data.len() as u64);
        out.extend_from_slice(&self.data);
        out
    }
}

/// SHA-256 over type, length and data of the plain chunk.
pub(super) fn hash_of(data: &[u8]) -> ChangeHash {
    let mut header = vec![PLAIN];
    write_uleb(&mut header, data.len() as u64);
    ChangeHash(Sha256::new().chain_update(&header).chain_update(data).finalize().into())
}

/// Unpacks raw DEFLATE (RFC 1951) to at most `cap` bytes.
fn inflate(bytes: &[u8], cap: usize) -> Result<Vec<u8>, Refusal> {
    let mut decoder = flate2::bufread::DeflateDecoder::new(bytes);
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4).min(cap));
    let read = decoder.by_ref().take(cap as u64 + 1).read_to_end(&mut out);
    // Before the error: a bomb that is torn is still a bomb.
    ensure(out.len() <= cap, RefusalCode::InflatedTooLarge, || format!("more than {cap} bytes"))?;
    read.map_err(|e| Refusal::new(RefusalCode::Malformed, format!("it cannot be unpacked: {e}")))?;
    ensure(decoder.into_inner().is_empty(), RefusalCode::TrailingBytes, || "bytes after the packed data".into())?;
    Ok(out)
}
