//! Photos' and files' bytes: how large they may be, which kinds there are, and what they really are. Phone and server ask
//! the same questions, so that a phone never records what the server could not take.

use crate::document::facts::words;

/// Largest photo or file, in bytes.
pub const MAX_BLOB_BYTES: u64 = 20 << 20;

/// Largest part of one that the server takes in a request, in bytes.
pub const MAX_CHUNK_BYTES: usize = 1 << 20;

/// What a phone sends in a request, in bytes: within the server's minute also at 50 kbit/s.
pub const CHUNK_BYTES: usize = 256 << 10;

words! {
    /// What a photo or file may be.
    MediaType {
        Jpeg = "image/jpeg", Png = "image/png", Webp = "image/webp", Heic = "image/heic", Pdf = "application/pdf",
    }
}

/// Brands of ISO base media files (ISO/IEC 23008-12) that are HEIC images.
const HEIC_BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"hevc"];

impl MediaType {
    /// The ending of a file's name, without a dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Heic => "heic",
            Self::Pdf => "pdf",
        }
    }

    /// What bytes are by the signature that they begin with. This says what they claim to be to whoever opens them, not
    /// that they are a sound file of that kind.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let at = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"RIFF") && at(8, 12) == b"WEBP" {
            Some(Self::Webp)
        } else if at(4, 8) == b"ftyp" && HEIC_BRANDS.contains(&at(8, 12)) {
            Some(Self::Heic)
        } else if bytes.starts_with(b"%PDF-") {
            Some(Self::Pdf)
        } else {
            None
        }
    }
}

/// Whether a text is a SHA-256 as the record writes it: 64 lower-case hex digits.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_what_the_bytes_say() {
        assert_eq!(MediaType::sniff(b"\xFF\xD8\xFF\xE0"), Some(MediaType::Jpeg));
        assert_eq!(MediaType::sniff(b"\x89PNG\r\n\x1a\n"), Some(MediaType::Png));
        assert_eq!(MediaType::sniff(b"RIFF\0\0\0\0WEBPVP8 "), Some(MediaType::Webp));
        assert_eq!(MediaType::sniff(b"\0\0\0\x18ftypheic"), Some(MediaType::Heic));
        assert_eq!(MediaType::sniff(b"%PDF-1.7"), Some(MediaType::Pdf));
        for other in [&b""[..], b"\xFF\xD8", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x18ftypisom", b"<svg>", b"<html>", b"MZ"] {
            assert_eq!(MediaType::sniff(other), None, "{other:?}");
        }
    }

    #[test]
    fn nothing_but_a_digest_is_one() {
        assert!(is_sha256(&"0af9".repeat(16)));
        for other in ["", "..", &"A".repeat(64), &"0".repeat(63), &"0".repeat(65), &format!("{}/", "0".repeat(63))] {
            assert!(!is_sha256(other), "{other}");
        }
    }
}
