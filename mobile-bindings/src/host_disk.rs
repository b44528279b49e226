//! The disk of a host that keeps the bytes itself: browsers write in their own time, so what a call would write goes into
//! a list, and the host says when that is durable.

use crate::disk::Disk;
use crate::error::PhoneError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use sync_core::phone::Write;

/// Both ends: the engine's, as [`Disk`], and the host's.
#[derive(Clone)]
pub(crate) struct HostDisk(Arc<Mutex<Shared>>);

struct Shared {
    /// What the host has read for the next [`Disk::load`].
    handed: Option<Vec<(String, Vec<u8>)>>,
    /// Photos that the host has read for the call to come.
    photos: BTreeMap<String, Vec<u8>>,
    /// Written, and not yet taken by the host: all of it is one step.
    outgoing: Vec<Write>,
    /// Taken by the host, which has not said yet whether it is durable.
    under_way: bool,
    open: bool,
}

impl HostDisk {
    /// A disk whose host keeps these entries; photos' bytes are not among them.
    pub(crate) fn new(entries: Vec<(String, Vec<u8>)>) -> Self {
        let (photos, outgoing) = (BTreeMap::new(), Vec::new());
        Self(Arc::new(Mutex::new(Shared { handed: Some(entries), photos, outgoing, under_way: false, open: true })))
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the host must make durable now, in one step; empty when there is nothing.
    pub(crate) fn take(&self) -> Vec<Write> {
        let mut shared = self.shared();
        let batch = std::mem::take(&mut shared.outgoing);
        shared.under_way |= !batch.is_empty();
        batch
    }

    /// What was taken is durable.
    pub(crate) fn settled(&self) {
        self.shared().under_way = false;
    }

    /// It is unknown whether what was taken is durable: nothing can be read or written until the host hands over
    /// everything anew.
    pub(crate) fn failed(&self) {
        let mut shared = self.shared();
        shared.outgoing.clear();
        shared.handed = None;
        shared.under_way = false;
        shared.open = false;
    }

    /// Everything that the host keeps, read anew.
    pub(crate) fn hand(&self, entries: Vec<(String, Vec<u8>)>) {
        self.shared().handed = Some(entries);
    }

    /// One photo, for the call to come.
    pub(crate) fn hand_photo(&self, name: String, bytes: Vec<u8>) {
        self.shared().photos.insert(name, bytes);
    }

    /// The call for which photos were handed over is done.
    pub(crate) fn drop_photos(&self) {
        self.shared().photos.clear();
    }
}

fn not_handed() -> PhoneError {
    PhoneError::store("store_failed", &[("why", "the host has not handed over what it keeps".into())])
}

impl Disk for HostDisk {
    fn load(&mut self) -> Result<Vec<(String, Vec<u8>)>, PhoneError> {
        self.shared().handed.take().ok_or_else(not_handed)
    }

    fn write(&mut self, writes: &[Write]) -> Result<(), PhoneError> {
        let mut shared = self.shared();
        if !shared.open {
            return Err(not_handed());
        }
        shared.outgoing.extend_from_slice(writes);
        Ok(())
    }

    fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, PhoneError> {
        Ok(self.shared().photos.get(name).cloned())
    }

    fn rotate(&mut self, _: &[u8]) -> Result<(), PhoneError> {
        // The host's own: it keeps the bytes as it likes.
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.shared().open
    }

    fn reopen(&mut self) -> Result<(), PhoneError> {
        let mut shared = self.shared();
        if shared.handed.is_none() {
            return Err(not_handed());
        }
        shared.open = true;
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let shared = self.shared();
        shared.outgoing.is_empty() && !shared.under_way
    }
}
