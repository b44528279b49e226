//! The server's own Ed25519 keys: one signs access tokens, another signs receipts, so that neither can be tricked
//! into making the other's signature; and a secret key that mails are sealed with in the database. They are made at the first start, as files that only the owner can read.
//!
//! Several servers on one PostgreSQL must use the same keys: share the directory (`COUNTERSIGN_KEYS_DIR`), or copy it
//! before the second server's first start. A backup without them can verify old receipts (the public keys travel with
//! the published set) but not issue new ones under the same key.

use crate::failure::Failure;
use crate::mail::seal::Sealer;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::io::Write as _;
use std::path::Path;
use sync_core::crypto::{PublicKey, SoftwareKey};

/// A signing key and its published id.
#[derive(Clone, Debug)]
pub struct ServerKey {
    key: SoftwareKey,
    seed: [u8; 32],
    /// RFC 7638 thumbprint.
    pub kid: String,
    purpose: &'static str,
}

/// The server's keys.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs access tokens.
    pub token: ServerKey,
    /// Signs receipts and chain heads.
    pub receipt: ServerKey,
    /// Seals mails and the links in them.
    pub seal: Sealer,
}

/// A public key as RFC 7517 and RFC 8037 write it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Jwk {
    /// `OKP`
    pub kty: &'static str,
    /// `Ed25519`
    pub crv: &'static str,
    /// The key, base64url.
    pub x: String,
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `sig`
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// `EdDSA`
    pub alg: &'static str,
    /// What this server signs with it: `token` or `receipt`. A token signed by the receipt key is no token.
    pub purpose: &'static str,
}

/// The published set.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl ServerKey {
    /// The key itself, for what signs with it (receipts).
    pub fn software(&self) -> &SoftwareKey {
        &self.key
    }

    fn new(seed: [u8; 32], purpose: &'static str) -> Self {
        let key = SoftwareKey::from_seed(seed);
        let x = URL_SAFE_NO_PAD.encode(hex::decode(key.public().key).unwrap_or_default());
        // RFC 7638: the required members only, in lexicographic order, without white space (RFC 8037, A.3).
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(sync_core::canonical::sha256(members.as_bytes()));
        Self { key, seed, kid, purpose }
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The secret seed (RFC 8032), for the token library.
    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public half as a JWK.
    pub fn jwk(&self) -> Jwk {
        let x = URL_SAFE_NO_PAD.encode(hex::decode(self.public().key).unwrap_or_default());
        Jwk { kty: "OKP", crv: "Ed25519", x, kid: self.kid.clone(), usage: "sig", alg: "EdDSA", purpose: self.purpose }
    }
}

impl Keys {
    /// Reads the keys in `dir`, making those that are missing.
    ///
    /// # Errors
    /// In one line with a hint.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        let token = ServerKey::new(open_seed(&dir.join("token.ed25519"))?, "token");
        let receipt = ServerKey::new(open_seed(&dir.join("receipt.ed25519"))?, "receipt");
        let seal = Sealer::new(&open_seed(&dir.join("mails.chacha20"))?).map_err(|e| Failure::new(e.to_string()))?;
        Ok(Self { token, receipt, seal })
    }

    /// What is published at `/.well-known/jwks.json`.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.token.jwk(), self.receipt.jwk()] }
    }
}

fn open_seed(path: &Path) -> Result<[u8; 32], Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            Failure::new(format!("{} holds no key", path.display()))
                .hint("restore it from the backup; a new key could not be told from a stranger's")
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => make_seed(path),
        Err(e) => Err(Failure::new(format!("the key {} cannot be read: {e}", path.display()))
            .hint("it must be readable by the user that the server runs as")),
    }
}

fn make_seed(path: &Path) -> Result<[u8; 32], Failure> {
    let refuse = |e: std::io::Error| {
        Failure::new(format!("the key {} cannot be written: {e}", path.display())).hint("see --keys-dir")
    };
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|e| Failure::new(format!("no randomness: {e}")))?;
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(refuse)?;
    // Written whole under another name and then linked: a second server that starts at the same moment either finds
    // no key or a complete one, and the first link wins.
    let draft = dir.join(format!(".draft-{}", uuid::Uuid::now_v7()));
    write_secret(&draft, format!("{}\n", hex::encode(seed)).as_bytes()).map_err(refuse)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft).map_err(refuse)?;
    match linked {
        Ok(()) => Ok(seed),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => open_seed(path),
        Err(e) => Err(refuse(e)),
    }
}

/// Writes a new file that only its owner can read, and waits until the disk has it.
///
/// # Errors
/// When it exists, or cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // RFC 8037, appendix A.1 and A.3.
        let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = ServerKey::new(seed.try_into().unwrap(), "token");
        assert_eq!(key.jwk().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn keys_are_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        let first = Keys::open(&keys).unwrap();
        let second = Keys::open(&keys).unwrap();
        assert_eq!(first.token.kid, second.token.kid);
        assert_ne!(first.token.kid, first.receipt.kid);
        assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 3);
        std::fs::write(keys.join("token.ed25519"), "nonsense").unwrap();
        assert!(Keys::open(&keys).unwrap_err().to_string().contains("hint"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        Keys::open(dir.path()).unwrap();
        let mode = std::fs::metadata(dir.path().join("receipt.ed25519")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
