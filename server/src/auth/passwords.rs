//! Passwords: Argon2id, on blocking threads, never more at once than there are cores. Each takes 19 MiB and some
//! 15 ms; without the bound, a crowd at the log-in would take the memory and the cores from everybody else.

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The shortest password that may be chosen, in characters (NIST SP 800-63B asks for at least 8).
pub const SHORTEST: usize = 10;
/// The longest, in bytes: longer ones would only cost time.
pub const LONGEST: usize = 256;

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long to be chosen.
    #[error("a password has {SHORTEST} characters to {LONGEST} bytes")]
    Length,
    /// The hash could not be made; never about the password being wrong.
    #[error("password hash: {0}")]
    Hash(String),
}

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    decoy: Arc<str>,
}

impl Passwords {
    /// With a decoy hash that unknown users are checked against, so that they take as long as known ones.
    ///
    /// # Errors
    /// When no hash can be made at all.
    pub fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let decoy = hash_now("nobody's password, ever")?;
        Ok(Self { slots: Arc::new(Semaphore::new(cores)), decoy: decoy.into() })
    }

    /// The PHC string of a newly chosen password.
    ///
    /// # Errors
    /// [`PasswordError::Length`], or when hashing fails.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        if password.chars().count() < SHORTEST || password.len() > LONGEST {
            return Err(PasswordError::Length);
        }
        let password = password.to_owned();
        self.blocking(move || hash_now(&password)).await?
    }

    /// Whether `password` fits `hash`; against nobody's hash (`None`) it takes as long and never does.
    ///
    /// # Errors
    /// When the check itself fails.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PasswordError> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = password.to_owned();
        let fits = self
            .blocking(move || PasswordHash::new(&hash).is_ok_and(|hash| fits(&password, &hash) == Some(true)))
            .await?;
        Ok(fits && known)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|e| PasswordError::Hash(e.to_string()))?;
        let task = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        task.await.map_err(|e| PasswordError::Hash(e.to_string()))
    }
}

/// Blocks that are asked for at least, 33 MiB; only those that are used cost memory. glibc serves an allocation above
/// 32 MiB from the operating system and gives it back there. A smaller one stays with the thread that made it, and a
/// morning of log-ins over all threads then keeps 19 MiB for each.
const APART: usize = 33 * 1024;

/// Whether `password` has this hash, compared in constant time; `None` when the hash cannot be read.
fn fits(password: &str, hash: &PasswordHash) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Some(Version::default()), |v| Version::try_from(v).ok())?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(hash).ok()?);
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(APART));
    memory.resize(blocks, Block::new());
    let mut out = vec![0; expected.as_ref().len()];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt.as_ref(), &mut out, &mut memory).ok()?;
    // `Output` compares in constant time.
    Some(Output::new(&out).ok()? == *expected)
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| PasswordError::Hash(e.to_string()))
}

/// A password that can be read out on the telephone: 20 characters without 0/O and 1/l/I, 5 bits each.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_password() -> Result<String, getrandom::Error> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::PasswordVerifier as _;

    #[test]
    fn the_own_memory_changes_no_answer() {
        let hash = hash_now("correct horse battery").unwrap();
        let parsed = PasswordHash::new(&hash).unwrap();
        for password in ["correct horse battery", "correct horse batterz", ""] {
            let theirs = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            assert_eq!(fits(password, &parsed), Some(theirs), "{password}");
        }
        let unread = PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1").unwrap();
        assert_eq!(fits("x", &unread), None);
    }
}
