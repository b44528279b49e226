//! Opening and closing the store of a native host.

use super::{Phone, State};
use crate::error::PhoneError;
use crate::host::{Clock, Entropy, Host, Signer, SystemEntropy};
use crate::seal;
use crate::store::Store;
use std::path::Path;
use std::sync::{Arc, PoisonError};

#[uniffi::export]
impl Phone {
    /// Opens the store at `path`, or makes one there. `key` has 32 bytes, from the platform's keystore. Without
    /// `entropy` the operating system's randomness is used; without `signer` the device's key is an Ed25519 key in the
    /// store.
    ///
    /// # Errors
    /// `store_wrong_key`, `store_too_new`, `store_in_use`, `store_damaged`, `store_failed`, `bad_key_length`: nothing in
    /// the store was changed then.
    #[uniffi::constructor(default(entropy = None, signer = None))]
    pub fn open(
        path: String,
        key: Vec<u8>,
        clock: Arc<dyn Clock>,
        entropy: Option<Arc<dyn Entropy>>,
        signer: Option<Arc<dyn Signer>>,
    ) -> Result<Arc<Self>, PhoneError> {
        let key = zeroize::Zeroizing::new(key);
        let store = Store::open(Path::new(&path), &seal::key(&key)?)?;
        let entropy = entropy.unwrap_or_else(|| Arc::new(SystemEntropy));
        Self::over(Box::new(store), Host { clock, entropy, signer }).map(Arc::new)
    }

    /// From now on `new_key` (32 bytes) opens the store, and no other: everything is encrypted anew, in one step.
    ///
    /// # Errors
    /// `store_failed`: the store is closed then, and one of the two keys opens it.
    pub fn rotate_key(&self, new_key: Vec<u8>) -> Result<(), PhoneError> {
        let new_key = zeroize::Zeroizing::new(new_key);
        let mut state = self.state()?;
        let done = seal::key(&new_key).and_then(|_| state.disk.rotate(&new_key));
        if done.is_err() && !state.disk.is_open() {
            state.closed = true;
        }
        done
    }

    /// Lets go of the store, so that it can be opened again. Every later call fails with `store_closed`.
    pub fn shut_down(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.let_go();
    }
}

impl State {
    fn let_go(&mut self) {
        self.closed = true;
        self.engine = None;
        self.software_key = None;
        self.disk = Box::new(Nothing);
    }
}

/// The disk of a closed phone.
struct Nothing;

impl crate::disk::Disk for Nothing {
    fn load(&mut self) -> Result<Vec<(String, Vec<u8>)>, PhoneError> {
        Err(closed())
    }
    fn write(&mut self, _: &[sync_core::phone::Write]) -> Result<(), PhoneError> {
        Err(closed())
    }
    fn bytes(&self, _: &str) -> Result<Option<Vec<u8>>, PhoneError> {
        Err(closed())
    }
    fn rotate(&mut self, _: &[u8]) -> Result<(), PhoneError> {
        Err(closed())
    }
    fn is_open(&self) -> bool {
        false
    }
    fn reopen(&mut self) -> Result<(), PhoneError> {
        Err(closed())
    }
}

fn closed() -> PhoneError {
    PhoneError::store("store_closed", &[])
}
