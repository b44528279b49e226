//! Photos' bytes on their way, as a host drives them.

use super::fixture::*;
use crate::*;
use std::collections::BTreeMap;
use sync_core::canonical::sha256_hex;

/// Takes photos as the server does.
#[derive(Default)]
struct Shelf {
    known: Vec<String>,
    sizes: BTreeMap<String, usize>,
    bytes: BTreeMap<String, Vec<u8>>,
}

impl Shelf {
    fn expects(&mut self, bytes: &[u8]) {
        self.known.push(sha256_hex(bytes));
        self.sizes.insert(sha256_hex(bytes), bytes.len());
    }

    fn answer(&mut self, upload: &Upload) -> (u16, Vec<HttpHeader>) {
        assert_eq!(upload.path, format!("/api/v1/blobs/{}", upload.sha256));
        if !self.known.contains(&upload.sha256) {
            return (404, vec![]);
        }
        let kept = self.bytes.entry(upload.sha256.clone()).or_default();
        let mut status = 204;
        if upload.method == "PATCH" && kept.len() < self.sizes[&upload.sha256] {
            let offset = upload.headers.iter().find(|h| h.name == "Upload-Offset").unwrap();
            if offset.value == kept.len().to_string() { kept.extend(&upload.bytes) } else { status = 409 }
        }
        let whole = kept.len() == self.sizes[&upload.sha256];
        let header = |name: &str, value: String| HttpHeader { name: name.into(), value };
        let complete = if whole { "?1" } else { "?0" };
        (status, vec![header("upload-offset", kept.len().to_string()), header("UPLOAD-COMPLETE", complete.into())])
    }
}

fn bytes(size: usize, salt: u8) -> Vec<u8> {
    (0..size).map(|n| (n % 251) as u8 ^ salt).collect()
}

#[test]
fn photos_arrive_through_kills_and_lost_answers_and_are_kept_until_then() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let (large, small) = (bytes(700_000, 1), bytes(5_000, 2));
    phone.add_photo(visit.clone(), large.clone(), "image/jpeg".into(), "机柜".into(), None).unwrap();
    phone.add_seal(visit.clone(), small.clone(), "image/png".into(), "盖章页".into(), None).unwrap();
    let seals: Vec<bool> = phone.visit(visit).unwrap().photos.iter().map(|p| p.seal).collect();
    assert_eq!(seals, [false, true]);
    let office = Office::default();
    let mut shelf = Shelf::default();

    // The server does not know the visit yet: nothing more is asked before the next sync.
    while let Some(upload) = phone.next_upload().unwrap() {
        let (status, headers) = shelf.answer(&upload);
        assert_eq!(status, 404);
        assert!(!phone.uploaded(upload.sha256, status, headers).unwrap().confirmed);
    }
    phone.receive(office.answer(&phone.next_frame().unwrap().bytes)).unwrap();
    shelf.expects(&large);
    shelf.expects(&small);

    let (mut phone, mut requests, mut left) = (phone, 0, 705_000);
    while let Some(upload) = phone.next_upload().unwrap() {
        assert_eq!(phone.next_upload().unwrap().unwrap(), upload, "asking changes nothing");
        assert!(upload.bytes_left <= left && upload.bytes.len() <= 256 << 10 && upload.device.is_none());
        left = upload.bytes_left.max(left - 1);
        let (status, headers) = shelf.answer(&upload);
        requests += 1;
        assert!(requests < 30, "it goes round and round");
        match requests % 3 {
            // The answer is lost.
            0 => {}
            // The app is killed before the answer.
            1 => {
                drop(phone);
                phone = ground.open();
                left = 705_000;
            }
            _ => {
                let report = phone.uploaded(upload.sha256.clone(), status, headers).unwrap();
                let gone = phone.photo_bytes(upload.sha256).is_err();
                assert_eq!(report.confirmed, gone, "bytes go when the server has them, and not before");
            }
        }
    }
    assert!(phone.unsynced().unwrap().photos.is_empty());
    assert_eq!((&shelf.bytes[&sha256_hex(&large)], &shelf.bytes[&sha256_hex(&small)]), (&large, &small));
}

#[test]
fn a_photo_that_is_refused_stays_and_stops_nobody() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    let add = |salt, kind: &str| phone.add_photo(visit.clone(), bytes(100, salt), kind.into(), String::new(), None);
    for kind in ["text/html", "image/svg+xml", "image/gif", ""] {
        assert_eq!(add(1, kind).unwrap_err().code(), "command_invalid", "{kind}");
    }
    let empty = phone.add_photo(visit.clone(), vec![], "image/png".into(), String::new(), None);
    assert_eq!(empty.unwrap_err().code(), "command_invalid");
    add(1, "image/jpeg").unwrap();
    add(2, "image/jpeg").unwrap();
    let first = phone.next_upload().unwrap().unwrap().sha256;
    let report = phone.uploaded(first.clone(), 415, vec![]).unwrap();
    assert!(report.refused && report.again && !report.confirmed);
    let second = phone.next_upload().unwrap().unwrap().sha256;
    assert_ne!(first, second);
    // Too much for today: it says how long to wait.
    let wait = HttpHeader { name: "Retry-After".into(), value: "90".into() };
    let report = phone.uploaded(second.clone(), 429, vec![wait]).unwrap();
    assert_eq!((report.wait_s, report.again, report.photos_left), (Some(90), false, 2));
    assert_eq!(phone.next_upload().unwrap().unwrap().sha256, second);
    assert_eq!(phone.photo_bytes(first).unwrap().len(), 100, "it is still only here");
}

#[test]
fn a_carried_photo_goes_with_its_own_devices_token() {
    let (dying, other) = (Ground::new(), Ground::new());
    let phone = dying.enrolled();
    let visit = unlisted(&phone);
    phone.add_photo(visit, bytes(100, 1), "image/jpeg".into(), String::new(), None).unwrap();
    let file = phone.export_unsynced(vec![5; 32]).unwrap();
    let phone = other.open();
    phone.import_unsynced(file, vec![5; 32]).unwrap();
    drop(phone);
    let phone = other.open();
    assert_eq!(phone.next_upload().unwrap().unwrap().device.as_deref(), Some(DEVICE));
}
