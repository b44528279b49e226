//! A host with clocks that are set by hand, and an office that merges what it is sent.

use crate::error::HostError;
use crate::host::*;
use crate::{BeginVisit, Phone, PhoneError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use sync_core::admission::Limits;
use sync_core::document::Document;
use sync_core::ids::VisitId;
use sync_core::sync::merge::merge;
use sync_core::sync::{PROTOCOL, Request, Response, attested_bytes, encode};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const USER: &str = "00000000-0000-0000-0000-000000000001";
pub(super) const DEVICE: &str = "00000000-0000-0000-0000-0000000000d1";
pub(super) const OTHER_DEVICE: &str = "00000000-0000-0000-0000-0000000000d2";

/// Clocks that all but stand until they are moved.
pub(super) struct Hands {
    wall: AtomicI64,
    mono: AtomicI64,
    boot: AtomicI64,
}

impl Hands {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            wall: AtomicI64::new(1_795_399_200_000),
            mono: AtomicI64::new(3_600_000),
            boot: AtomicI64::new(1),
        })
    }
    pub(super) fn pass(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.mono.fetch_add(ms, Ordering::SeqCst);
    }
    pub(super) fn reboot(&self, off_ms: i64) {
        self.wall.fetch_add(off_ms, Ordering::SeqCst);
        self.mono.store(0, Ordering::SeqCst);
        self.boot.fetch_add(1, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Result<ClockReading, HostError> {
        // A millisecond for every look: facts then have the order in which they were written.
        self.pass(1);
        Ok(ClockReading {
            wall_ms: self.wall.load(Ordering::SeqCst),
            mono_ms: self.mono.load(Ordering::SeqCst),
            boot: format!("boot {}", self.boot.load(Ordering::SeqCst)),
        })
    }
}

/// Merges what it is sent, as the server's gate and merge do, and checks signatures by one key.
#[derive(Default)]
pub(super) struct Office {
    pub(super) documents: Mutex<BTreeMap<VisitId, Document>>,
    pub(super) key: Mutex<Option<sync_core::crypto::PublicKey>>,
}

impl Office {
    pub(super) fn answer(&self, frame: &[u8]) -> Vec<u8> {
        let request = Request::read(frame).unwrap();
        let attested = attested_bytes(request.device, &request.documents);
        if let (Some(key), false) = (&*self.key.lock().unwrap(), request.documents.is_empty()) {
            key.verify(&attested, &request.attestation).unwrap();
        }
        let mut all = self.documents.lock().unwrap();
        let mut documents = Vec::new();
        for up in &request.documents {
            let merged = merge(all.get(&up.visit), up, request.device, &Limits::default()).unwrap();
            assert!(merged.refused.is_empty(), "{:?}", merged.refused);
            if let Some(document) = merged.document {
                all.insert(up.visit, document);
            }
            documents.push(merged.down);
        }
        encode(&Response {
            protocol: PROTOCOL,
            server_ms: request.wall_ms,
            epoch: 1,
            cursor: 1,
            more: false,
            documents,
            reference: vec![],
            states: vec![],
            missing_blobs: vec![],
        })
    }
}

impl Transport for Office {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError> {
        Ok(self.answer(&frame))
    }
}

/// A phone with its file.
pub(super) struct Ground {
    pub(super) dir: tempfile::TempDir,
    pub(super) clock: Arc<Hands>,
}

impl Ground {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), clock: Hands::new() }
    }
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("phone.db")
    }
    pub(super) fn open(&self) -> Arc<Phone> {
        open(&self.path(), 1, &self.clock).unwrap()
    }
    pub(super) fn enrolled(&self) -> Arc<Phone> {
        self.enrolled_as(DEVICE)
    }
    pub(super) fn enrolled_as(&self, device: &str) -> Arc<Phone> {
        let phone = self.open();
        phone.begin_enrolment(USER.into(), "phone".into()).unwrap();
        phone.finish_enrolment(USER.into(), "王建国".into(), device.into()).unwrap();
        phone
    }
}

pub(super) fn open(path: &Path, key: u8, clock: &Arc<Hands>) -> Result<Arc<Phone>, PhoneError> {
    Phone::open(path.to_string_lossy().into_owned(), vec![key; 32], clock.clone(), None, None)
}

pub(super) fn unlisted(phone: &Phone) -> String {
    let begin = BeginVisit { unlisted_customer: Some("云岭县人民医院".into()), ..BeginVisit::default() };
    phone.begin_visit(begin).unwrap().visit
}
