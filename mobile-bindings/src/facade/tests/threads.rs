//! Many threads on one object; an object dropped while a call runs; callbacks that fail or call back.

use super::fixture::*;
use crate::*;
use std::sync::{Arc, Mutex, OnceLock, Weak};

#[test]
fn many_threads_record_into_one_phone_and_nothing_is_lost() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let facts: Vec<String> = std::thread::scope(|scope| {
        let one = |n: usize| {
            let (phone, visit) = (phone.clone(), visit.clone());
            move || -> Vec<String> {
                let mut written = Vec::new();
                for k in 0..10 {
                    written.push(phone.add_note(visit.clone(), format!("{n}/{k}"), None).unwrap().fact);
                    assert!(!phone.visits().unwrap().is_empty());
                    phone.assess(visit.clone()).unwrap();
                }
                written
            }
        };
        let threads: Vec<_> = (0..6).map(|n| scope.spawn(one(n))).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    drop(phone);
    let notes = ground.open().visit(visit).unwrap().notes;
    assert_eq!(notes.len(), 60);
    assert!(facts.iter().all(|f| notes.iter().any(|n| n.id == *f)));
}

/// While the network is slow, the phone is used, and the host lets go of it.
struct Slow {
    phone: OnceLock<Weak<Phone>>,
    visit: String,
    last: Mutex<Option<Arc<Phone>>>,
    office: Office,
}

impl Transport for Slow {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError> {
        if let Some(phone) = self.phone.get().and_then(Weak::upgrade) {
            phone.add_note(self.visit.clone(), "while it syncs".into(), None).unwrap();
        }
        drop(self.last.lock().unwrap().take());
        Ok(self.office.answer(&frame))
    }
}

#[test]
fn facts_are_recorded_while_a_sync_waits_and_the_object_may_be_dropped_meanwhile() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let slow = Arc::new(Slow {
        phone: OnceLock::new(),
        visit: visit.clone(),
        last: Mutex::new(Some(phone.clone())),
        office: Office::default(),
    });
    slow.phone.set(Arc::downgrade(&phone)).unwrap();
    let syncing = {
        let (phone, slow) = (phone.clone(), slow.clone());
        std::thread::spawn(move || phone.sync(slow, None, 1))
    };
    drop(phone);
    let report = syncing.join().unwrap().unwrap();
    assert_eq!(report.confirmed.len() + usize::from(report.confirmed.is_empty()), 1);
    let phone = ground.open();
    assert_eq!(phone.visit(visit).unwrap().notes.len(), 1);
    assert_eq!(phone.unsynced().unwrap().changes, 1, "what was recorded meanwhile is not confirmed");
}

struct Broken;
impl Clock for Broken {
    fn now(&self) -> Result<ClockReading, HostError> {
        Err(HostError::Failed { reason: "no clock".into() })
    }
}
impl Entropy for Broken {
    fn fill(&self, _: u32) -> Result<Vec<u8>, HostError> {
        Ok(vec![1; 5])
    }
}
impl Transport for Broken {
    fn exchange(&self, _: Vec<u8>) -> Result<Vec<u8>, HostError> {
        Err(HostError::Failed { reason: "no signal".into() })
    }
}
impl SyncObserver for Broken {
    fn progress(&self, _: u32, _: u32) -> Result<bool, HostError> {
        Err(HostError::Failed { reason: "the view is gone".into() })
    }
}

#[test]
fn a_callback_that_fails_is_told_and_nothing_is_half_done() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let refused = phone.sync(Arc::new(Broken), None, 3).unwrap_err();
    assert_eq!((refused.code(), refused.parameters()["why"].as_str()), ("host_failed", "no signal"));
    let watched = phone.sync(Arc::new(Office::default()), Some(Arc::new(Broken)), 3).unwrap_err();
    assert_eq!(watched.parameters()["why"], "the view is gone");
    assert_eq!(phone.unsynced().unwrap().changes, 1);
    drop(phone);
    let path = ground.path().to_string_lossy().into_owned();
    let phone = Phone::open(path.clone(), vec![1; 32], Arc::new(Broken), None, None).unwrap();
    assert_eq!(phone.add_note(visit.clone(), "x".into(), None).unwrap_err().code(), "host_failed");
    assert!(phone.visit(visit.clone()).unwrap().notes.is_empty());
    drop(phone);
    let phone = Phone::open(path, vec![1; 32], ground.clock.clone(), Some(Arc::new(Broken)), None).unwrap();
    assert_eq!(phone.add_note(visit, "x".into(), None).unwrap_err().code(), "host_failed", "5 random bytes of 32");
}
