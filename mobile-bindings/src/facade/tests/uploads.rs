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
    let taxi = phone.add_expense(visit.clone(), ExpensePatch::default()).unwrap().fact;
    let receipt = bytes(400, 3);
    let about = |about: &str| {
        let (visit, about) = (visit.clone(), about.to_owned());
        phone.add_photo_about(visit, about, receipt.clone(), "image/webp".into(), "发票".into(), None)
    };
    assert_eq!(about("00000000-0000-0000-0000-00000000ffff").unwrap_err().code(), "fact_unknown");
    about(&taxi).unwrap();
    let seen = phone.visit(visit).unwrap().photos;
    assert_eq!(seen.iter().map(|p| p.seal).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(seen.iter().map(|p| p.about.as_ref()).collect::<Vec<_>>(), [None, None, Some(&taxi)]);
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
    shelf.expects(&receipt);

    let (mut phone, mut requests, mut left) = (phone, 0, 705_400);
    while let Some(upload) = phone.next_upload().unwrap() {
        assert_eq!(phone.next_upload().unwrap().unwrap(), upload, "asking changes nothing");
        assert!(upload.bytes_left <= left && upload.bytes.len() <= 256 << 10);
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
                left = 705_400;
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
fn a_carried_photo_goes_with_its_own_devices_token_and_stops_nobody() {
    let (dying, other) = (Ground::new(), Ground::new());
    let phone = dying.enrolled();
    let visit = unlisted(&phone);
    phone.add_photo(visit, bytes(100, 1), "image/jpeg".into(), String::new(), None).unwrap();
    let file = phone.export_unsynced(vec![5; 32]).unwrap();
    let phone = other.enrolled_as(OTHER_DEVICE);
    let carried = phone.import_unsynced(file, vec![5; 32]).unwrap();
    assert_eq!((carried.photos_left, carried.bytes_left), (1, 100));
    let own = unlisted(&phone);
    phone.add_photo(own, bytes(200, 2), "image/jpeg".into(), String::new(), None).unwrap();
    drop(phone);
    let phone = other.open();
    let upload = phone.next_upload().unwrap().unwrap();
    assert_eq!((upload.bytes.len(), upload.photos_left, upload.bytes_left), (200, 1, 200));
    let carrying = phone.carried_upload(carried.id.clone()).unwrap().unwrap();
    assert_eq!((carrying.bytes.len(), carrying.photos_left, carrying.bytes_left), (100, 1, 100));
    assert_eq!(phone.carried_upload("of nobody".into()).unwrap(), None);

    // What one of them is told does not hold up the other.
    phone.uploaded(upload.sha256, 415, vec![]).unwrap();
    assert_eq!(phone.next_upload().unwrap(), None);
    assert_eq!(phone.carried_upload(carried.id.clone()).unwrap().unwrap(), carrying);
    // What came from elsewhere is not sent on as this phone's own.
    let again = phone.export_unsynced(vec![6; 32]).unwrap();
    assert_eq!(Ground::new().open().import_unsynced(again, vec![6; 32]).unwrap().photos_left, 1);

    // The file stays until the server has all of it, its photos included.
    let office = Office::default();
    let frame = phone.carried_frame(carried.id.clone()).unwrap().unwrap();
    phone.receive_carried(carried.id.clone(), office.answer(&frame.bytes)).unwrap();
    drop(phone);
    let phone = other.open();
    assert_eq!(phone.carried().unwrap()[0].frames_left, 0);
    assert_eq!(phone.carried_frame(carried.id.clone()).unwrap(), None);
    let mut shelf = Shelf::default();
    shelf.expects(&carrying.bytes);
    let (status, headers) = shelf.answer(&carrying);
    let report = phone.uploaded(carrying.sha256, status, headers).unwrap();
    assert!(report.confirmed && !report.again && report.photos_left == 0);
    assert_eq!(phone.carried().unwrap(), vec![]);
    drop(phone);
    assert_eq!(other.open().carried().unwrap(), vec![]);
}
