//! The store against crashes, torn writes, full disks, wrong keys and newer versions.

use super::*;
use redb::StorageBackend;
use std::sync::{Arc, Mutex};

fn host_key(n: u8) -> Key {
    Key::new([n; seal::KEY])
}

fn put(name: &str, value: &[u8]) -> Write {
    Write::Put(name.into(), value.to_vec())
}

/// A disk that keeps apart what is synced and what only the page cache has, and can be full.
#[derive(Debug, Default)]
struct Platter {
    synced: Vec<u8>,
    /// Not synced: may be on disk, in part, or not at all.
    loose: Vec<(u64, Vec<u8>)>,
    now: Vec<u8>,
    operations: usize,
    /// Nothing more is written from this operation on.
    power_off_at: usize,
    full: bool,
}

#[derive(Clone, Debug)]
struct Sim(Arc<Mutex<Platter>>);

impl Sim {
    fn new(image: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Platter {
            synced: image.clone(),
            now: image,
            power_off_at: usize::MAX,
            ..Platter::default()
        })))
    }

    /// What may be found after the power went: the synced state, and of the loose writes each, a part of it, or none.
    fn after_power_loss(&self, mut chance: u64) -> Vec<u8> {
        let platter = self.0.lock().unwrap();
        let mut image = platter.synced.clone();
        for (offset, data) in &platter.loose {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let kept = match (chance >> 33) % 3 {
                0 => 0,
                1 => data.len(),
                _ => (chance >> 40) as usize % (data.len() + 1),
            };
            let (from, until) = (*offset as usize, *offset as usize + kept);
            if image.len() < until {
                image.resize(until, 0);
            }
            image[from..until].copy_from_slice(&data[..kept]);
        }
        // A file's length is journalled apart from its data.
        if image.len() < platter.now.len() {
            image.resize(platter.now.len(), 0);
        }
        image
    }

    fn operation(&self, change: impl FnOnce(&mut Platter)) -> std::io::Result<()> {
        let mut platter = self.0.lock().unwrap();
        platter.operations += 1;
        if platter.operations > platter.power_off_at {
            return Err(std::io::Error::other("the power is off"));
        }
        change(&mut platter);
        Ok(())
    }
}

impl StorageBackend for Sim {
    fn len(&self) -> std::io::Result<u64> {
        Ok(self.0.lock().unwrap().now.len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        let platter = self.0.lock().unwrap();
        let from = offset as usize;
        let found = platter.now.get(from..from + out.len()).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        if self.0.lock().unwrap().full && len > self.0.lock().unwrap().now.len() as u64 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.operation(|p| p.now.resize(len as usize, 0))
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.operation(|p| {
            p.synced = p.now.clone();
            p.loose.clear();
        })
    }
    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        if self.0.lock().unwrap().full {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.operation(|p| {
            p.now[offset as usize..offset as usize + data.len()].copy_from_slice(data);
            p.loose.push((offset, data.to_vec()));
        })
    }
}

fn on(sim: &Sim) -> Result<Store, PhoneError> {
    let sim = sim.clone();
    let opener = move || builder().create_with_backend(sim.clone()).map_err(failed);
    Store::unlock(Box::new(opener), &host_key(1))
}

/// An empty store's bytes.
fn empty() -> Vec<u8> {
    let sim = Sim::new(vec![]);
    let database = builder().create_with_backend(sim.clone()).unwrap();
    begin(&database, &host_key(1)).unwrap();
    database.close().unwrap();
    let platter = sim.0.lock().unwrap();
    platter.now.clone()
}

/// The story of every crash test: entries added, overwritten and deleted; returns what was acknowledged.
fn record(store: &mut Store) -> usize {
    for n in 0..12usize {
        let writes = [
            put(&format!("v/{n}"), &[n as u8; 300]),
            put("meta", &n.to_be_bytes()),
            Write::Delete(format!("v/{}", n.wrapping_sub(5))),
        ];
        if store.write(&writes).is_err() {
            return n;
        }
    }
    12
}

fn expected(acknowledged: usize) -> Vec<(String, Vec<u8>)> {
    let Some(last) = acknowledged.checked_sub(1) else { return vec![] };
    let mut all: Vec<(String, Vec<u8>)> =
        (last.saturating_sub(4)..=last).map(|n| (format!("v/{n}"), vec![n as u8; 300])).collect();
    all.push(("meta".into(), last.to_be_bytes().to_vec()));
    all.sort();
    all
}

#[test]
fn whatever_was_acknowledged_survives_the_power_at_every_write() {
    let image = empty();
    let total = {
        let sim = Sim::new(image.clone());
        record(&mut on(&sim).unwrap());
        sim.0.lock().unwrap().operations
    };
    assert!(total > 60, "{total} operations");
    let mut lost_in_flight = 0;
    for at in 0..total {
        let sim = Sim::new(image.clone());
        sim.0.lock().unwrap().power_off_at = at;
        let acknowledged = on(&sim).map_or(0, |mut store| record(&mut store));
        for chance in 0..4u64 {
            let found = Sim::new(sim.after_power_loss(chance * 7919 + at as u64));
            let mut store = on(&found).unwrap_or_else(|e| panic!("power off at {at}, chance {chance}: {e}"));
            let all = store.load().unwrap();
            // The batch in flight may be there as a whole.
            let next = all == expected(acknowledged + 1);
            assert!(
                all == expected(acknowledged) || next,
                "power off at {at}, chance {chance}: {acknowledged} {all:?}"
            );
            lost_in_flight += usize::from(!next);
            assert!(store.write(&[put("after", b"it goes on")]).is_ok());
        }
    }
    assert!(lost_in_flight > 0, "the power never went before a commit: the test proves nothing");
}

#[test]
fn a_full_disk_is_said_and_when_there_is_room_again_it_goes_on() {
    let sim = Sim::new(empty());
    let mut store = on(&sim).unwrap();
    store.write(&[put("one", b"1")]).unwrap();
    sim.0.lock().unwrap().full = true;
    let refused = store.write(&[put("two", &[7; 300_000])]).unwrap_err();
    assert_eq!(refused.code(), "store_failed");
    assert!(!store.is_open());
    assert_eq!(store.write(&[put("two", b"2")]).unwrap_err().code(), "store_closed");
    sim.0.lock().unwrap().full = false;
    store.reopen().unwrap();
    assert_eq!(store.load().unwrap(), vec![("one".into(), b"1".to_vec())]);
    store.write(&[put("two", b"2")]).unwrap();
    assert_eq!(store.load().unwrap().len(), 2);
}

#[test]
fn a_wrong_key_is_told_apart_and_destroys_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    let mut store = Store::open(&path, &host_key(1)).unwrap();
    store.write(&[put("one", b"1"), put("b/photo", &[5; 100_000])]).unwrap();
    assert_eq!(Store::open(&path, &host_key(1)).err().unwrap().code(), "store_in_use");
    drop(store);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(Store::open(&path, &host_key(2)).err().unwrap().code(), "store_wrong_key");
    assert!(std::fs::read(&path).unwrap() == before, "the file has changed");
    let mut store = Store::open(&path, &host_key(1)).unwrap();
    assert_eq!(store.load().unwrap(), vec![("one".into(), b"1".to_vec())], "photos are not read at the start");
    assert_eq!(store.bytes("b/photo").unwrap(), Some(vec![5; 100_000]));
    assert_eq!(store.bytes("b/other").unwrap(), None);
}

#[test]
fn the_key_is_rotated_and_the_old_one_opens_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    let mut store = Store::open(&path, &host_key(1)).unwrap();
    for n in 0..40 {
        store.write(&[put(&format!("v/{n}"), &[n; 50]), put(&format!("b/{n}"), &[n; 900])]).unwrap();
    }
    let before = store.load().unwrap();
    assert_eq!(store.rotate(&[9; 31]).unwrap_err().code(), "bad_key_length");
    store.reopen().unwrap();
    store.rotate(&[9; 32]).unwrap();
    store.write(&[put("new", b"x")]).unwrap();
    drop(store);
    assert_eq!(Store::open(&path, &host_key(1)).err().unwrap().code(), "store_wrong_key");
    let mut store = Store::open(&path, &host_key(9)).unwrap();
    let after: Vec<_> = store.load().unwrap().into_iter().filter(|(n, _)| n != "new").collect();
    assert_eq!(after, before);
    assert_eq!(store.bytes("b/7").unwrap(), Some(vec![7; 900]));
}

#[test]
fn a_rotation_that_the_power_interrupts_leaves_one_of_the_two_keys() {
    let image = {
        let sim = Sim::new(empty());
        let mut store = on(&sim).unwrap();
        record(&mut store);
        drop(store);
        let platter = sim.0.lock().unwrap();
        platter.now.clone()
    };
    for at in 0..40 {
        let sim = Sim::new(image.clone());
        let rotated = on(&sim).and_then(|mut store| {
            let opened = sim.0.lock().unwrap().operations;
            sim.0.lock().unwrap().power_off_at = opened + at;
            store.rotate(&[2; 32])
        });
        let found = Sim::new(sim.after_power_loss(at as u64));
        let open = |n: u8| {
            let found = found.clone();
            Store::unlock(Box::new(move || builder().create_with_backend(found.clone()).map_err(failed)), &host_key(n))
        };
        let mut store = match open(2) {
            Ok(store) => store,
            Err(e) => {
                assert_eq!(e.code(), "store_wrong_key");
                assert!(rotated.is_err(), "the new key was acknowledged");
                open(1).unwrap()
            }
        };
        assert_eq!(store.load().unwrap(), expected(12));
    }
}

#[test]
fn a_newer_store_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    drop(Store::open(&path, &host_key(1)).unwrap());
    let database = builder().open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(ABOUT).unwrap().insert("form", &7u32.to_be_bytes()[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let before = std::fs::read(&path).unwrap();
    let refused = Store::open(&path, &host_key(1)).err().unwrap();
    assert_eq!(refused.code(), "store_too_new");
    assert_eq!(refused.parameters()["found"], "7");
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn a_crash_while_it_is_made_leaves_none_and_nothing_readable_is_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    std::fs::write(dir.path().join("phone.db.new"), b"half of a store").unwrap();
    let mut store = Store::open(&path, &host_key(1)).unwrap();
    assert!(!dir.path().join("phone.db.new").exists());
    store.write(&[put("v/secret-visit", "云岭县人民医院".as_bytes())]).unwrap();
    drop(store);
    let file = std::fs::read(&path).unwrap();
    for plain in ["云岭县".as_bytes(), b"secret-visit"] {
        assert!(!file.windows(plain.len()).any(|w| w == plain));
    }
    std::fs::write(&path, b"no store at all").unwrap();
    assert_eq!(Store::open(&path, &host_key(1)).err().unwrap().code(), "store_damaged");
    assert_eq!(std::fs::read(&path).unwrap(), b"no store at all");
}
