//! DKIM signatures (RFC 6376, and RFC 8463 for Ed25519), when a key is configured.

use crate::failure::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;
use std::path::Path;

/// What is signed. Content-Type is not among them: for a mail of several parts the library counts it to the body.
const HEADERS: [&str; 8] =
    ["From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "MIME-Version"];

/// What stands before the 32 bytes of an Ed25519 key in its PKCS #8 form (RFC 8410).
const ED25519: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Signs mails for one domain.
pub struct Dkim(DkimConfig);

impl std::fmt::Debug for Dkim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dkim")
    }
}

impl Dkim {
    /// With the private key in `file`: PEM, RSA (`openssl genrsa -traditional 2048`) or Ed25519
    /// (`openssl genpkey -algorithm ed25519`).
    ///
    /// # Errors
    /// In one line with a hint, without the key.
    pub fn open(file: &Path, selector: &str, domain: &str) -> Result<Self, Failure> {
        let refuse = |why: String| {
            Failure::usage(format!("dkim_key {}: {why}", file.display())).hint(
                "a PEM file as `openssl genrsa -traditional 2048` or `openssl genpkey -algorithm ed25519` makes it",
            )
        };
        for name in [selector, domain] {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if name.is_empty() || !name.chars().all(fits) {
                return Err(Failure::usage(format!("{name:?} is neither a DKIM selector nor a domain"))
                    .hint("see dkim_selector and dkim_domain; a domain beyond ASCII is written as xn--…"));
            }
        }
        let text = std::fs::read_to_string(file).map_err(|e| refuse(e.to_string()))?;
        Self::new(text.trim(), selector, domain).ok_or_else(|| refuse("it holds no key that can be used".to_owned()))
    }

    fn new(pem: &str, selector: &str, domain: &str) -> Option<Self> {
        let key = if pem.starts_with("-----BEGIN PRIVATE KEY-----") {
            let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
            let der = STANDARD.decode(base64.trim()).ok()?;
            let seed = der.strip_prefix(&ED25519)?;
            DkimSigningKey::new(&STANDARD.encode(seed), DkimSigningAlgorithm::Ed25519).ok()?
        } else {
            DkimSigningKey::new(pem, DkimSigningAlgorithm::Rsa).ok()?
        };
        let headers = HEADERS.map(HeaderName::new_from_ascii_str).to_vec();
        // Relays fold lines and touch white space: the strict forms would break on their way.
        let relaxed =
            DkimCanonicalization { header: DkimCanonicalizationType::Relaxed, body: DkimCanonicalizationType::Relaxed };
        Some(Self(DkimConfig::new(selector.to_owned(), domain.to_owned(), key, headers, relaxed)))
    }

    /// Adds the signature.
    pub(super) fn sign(&self, message: &mut lettre::Message) {
        message.sign(&self.0);
    }
}

#[cfg(test)]
mod tests;
