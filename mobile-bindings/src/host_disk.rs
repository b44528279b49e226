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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::BeginVisit;
    use crate::error::HostError;
    use crate::facade::Phone;
    use crate::host::{Clock, ClockReading, Entropy, Host};

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Result<ClockReading, HostError> {
            Ok(ClockReading { wall_ms: 1_790_000_000_000, mono_ms: 1, boot: "boot".into() })
        }
    }

    impl Entropy for Fixed {
        fn fill(&self, count: u32) -> Result<Vec<u8>, HostError> {
            Ok(vec![7; count as usize])
        }
    }

    /// A page: what it keeps, and whether it can write.
    #[derive(Default)]
    struct Page(BTreeMap<String, Vec<u8>>);

    impl Page {
        fn persist(&mut self, disk: &HostDisk) {
            for write in disk.take() {
                match write {
                    Write::Put(name, value) => drop(self.0.insert(name, value)),
                    Write::Delete(name) => drop(self.0.remove(&name)),
                }
            }
            disk.settled();
        }

        fn entries(&self) -> Vec<(String, Vec<u8>)> {
            self.0.clone().into_iter().collect()
        }
    }

    fn open(disk: &HostDisk) -> Phone {
        let given = Arc::new(Fixed);
        Phone::over(Box::new(disk.clone()), Host { clock: given.clone(), entropy: given, signer: None }).unwrap()
    }

    fn enrolled(page: &mut Page, disk: &HostDisk) -> Phone {
        let phone = open(disk);
        let user = "00000000-0000-0000-0000-000000000001".to_owned();
        phone.begin_enrolment(user.clone(), "page".into()).unwrap();
        page.persist(disk);
        phone.finish_enrolment(user, "王建国".into(), "00000000-0000-0000-0000-0000000000d1".into()).unwrap();
        page.persist(disk);
        phone
    }

    fn begin(phone: &Phone) -> Result<String, PhoneError> {
        let unlisted_customer = Some("云岭县人民医院".into());
        Ok(phone.begin_visit(BeginVisit { unlisted_customer, ..BeginVisit::default() })?.visit)
    }

    #[test]
    fn what_was_taken_and_settled_is_there_again() {
        let (mut page, disk) = (Page::default(), HostDisk::new(vec![]));
        let phone = enrolled(&mut page, &disk);
        let visit = begin(&phone).unwrap();
        assert!(!disk.is_settled());
        assert_eq!(phone.next_frame().unwrap_err().code(), "writes_pending");
        let batch = disk.take();
        assert!(!batch.is_empty() && !disk.is_settled(), "taken, but not durable yet");
        assert!(disk.take().is_empty());
        for write in batch {
            let Write::Put(name, value) = write else { panic!("{write:?}") };
            page.0.insert(name, value);
        }
        disk.settled();
        assert_eq!(phone.next_frame().unwrap().visits, 1);
        let again = open(&HostDisk::new(page.entries()));
        assert_eq!(again.visit_json(visit.clone()).unwrap(), phone.visit_json(visit).unwrap());
    }

    #[test]
    fn after_a_failure_only_what_the_host_hands_over_anew_is_there() {
        let (mut page, disk) = (Page::default(), HostDisk::new(vec![]));
        let phone = enrolled(&mut page, &disk);
        let kept = begin(&phone).unwrap();
        page.persist(&disk);
        phone.add_note(kept.clone(), "lost".into(), None).unwrap();
        assert!(!disk.take().is_empty());
        disk.failed();
        for _ in 0..2 {
            assert_eq!(phone.visits().unwrap_err().code(), "store_failed");
            assert_eq!(begin(&phone).unwrap_err().code(), "store_failed");
        }
        disk.hand(page.entries());
        assert_eq!(phone.visit(kept.clone()).unwrap().notes, vec![]);
        assert!(disk.take().is_empty());
        phone.add_note(kept.clone(), "kept".into(), None).unwrap();
        page.persist(&disk);
        let notes: Vec<String> = phone.visit(kept).unwrap().notes.into_iter().map(|n| n.text).collect();
        assert_eq!(notes, ["kept"]);
    }
    #[test]
    fn a_photos_bytes_are_there_for_the_call_for_which_they_were_handed_over() {
        let (mut page, disk) = (Page::default(), HostDisk::new(vec![]));
        let phone = enrolled(&mut page, &disk);
        let visit = begin(&phone).unwrap();
        phone.add_photo(visit, vec![1, 2, 3], "image/png".into(), String::new(), None).unwrap();
        page.persist(&disk);
        let sha256 = phone.unsynced().unwrap().photos[0].sha256.clone();
        assert_eq!(phone.photo_bytes(sha256.clone()).unwrap_err().code(), "photo_unknown");
        let name = format!("b/{sha256}");
        disk.hand_photo(name.clone(), page.0[&name].clone());
        assert_eq!(phone.photo_bytes(sha256.clone()).unwrap(), [1, 2, 3]);
        disk.drop_photos();
        assert_eq!(phone.photo_bytes(sha256).unwrap_err().code(), "photo_unknown");
    }
}
