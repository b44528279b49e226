//! Device and server signatures: Ed25519 (RFC 8032) and ECDSA P-256 (FIPS 186-5), verified here, made by the host
//! where the key lives in hardware.

use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::Verifier as _;
use serde::{Deserialize, Serialize};

/// A signature algorithm, by its JOSE name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alg {
    /// Ed25519.
    EdDSA,
    /// ECDSA with P-256 and SHA-256: what Android Keystore, Secure Enclave and WebCrypto hold.
    ES256,
}

impl Alg {
    /// The JOSE name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
        }
    }
}

/// A public key: 32 bytes for Ed25519, an SEC1 point (33 or 65 bytes) for P-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// The algorithm it is used with.
    pub alg: Alg,
    /// The key, lower-case hex.
    pub key: String,
}

/// Why a signature was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The public key is not one of its algorithm.
    #[error("the public key is malformed")]
    BadKey,
    /// The signature has the wrong form.
    #[error("the signature is malformed")]
    BadSignature,
    /// It was made by another key, or over other bytes.
    #[error("the signature does not fit")]
    Mismatch,
}

impl PublicKey {
    /// Whether the key is well formed.
    ///
    /// # Errors
    /// [`SignatureError::BadKey`] when it is not.
    pub fn check(&self) -> Result<(), SignatureError> {
        self.verifier().map(|_| ())
    }

    fn verifier(&self) -> Result<Verifier, SignatureError> {
        let bytes = hex::decode(&self.key).map_err(|_| SignatureError::BadKey)?;
        match self.alg {
            Alg::EdDSA => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| SignatureError::BadKey)?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| SignatureError::BadKey)?;
                Ok(Verifier::Ed(key))
            }
            Alg::ES256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(&bytes)
                .map(Verifier::P256)
                .map_err(|_| SignatureError::BadKey),
        }
    }

    /// Checks `signature` (raw bytes; 64 for both algorithms) over `message`.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        match self.verifier()? {
            Verifier::Ed(key) => {
                let sig = ed25519_dalek::Signature::from_slice(signature).map_err(|_| SignatureError::BadSignature)?;
                key.verify_strict(message, &sig).map_err(|_| SignatureError::Mismatch)
            }
            Verifier::P256(key) => {
                let sig = p256::ecdsa::Signature::from_slice(signature).map_err(|_| SignatureError::BadSignature)?;
                key.verify(message, &sig).map_err(|_| SignatureError::Mismatch)
            }
        }
    }
}

enum Verifier {
    Ed(ed25519_dalek::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
}

/// A software Ed25519 key: the server's own, and a phone's where the platform has no hardware key.
#[derive(Clone)]
pub struct SoftwareKey(ed25519_dalek::SigningKey);

impl SoftwareKey {
    /// The key with this secret seed (RFC 8032, 5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }
    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey { alg: Alg::EdDSA, key: hex::encode(self.0.verifying_key().to_bytes()) }
    }
    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoftwareKey(…)")
    }
}
