//! Passwords: Argon2id, on blocking threads, never more at once than there are cores. Each takes 19 MiB and some
//! 15 ms; without the bound, a crowd at the log-in would take the memory and the cores from everybody else.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
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
            .blocking(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
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
