//! Unsent work of a dying phone reaches the server by way of another one.

use super::fixture::*;

#[test]
fn unsent_work_is_delivered_by_another_phone_as_it_was_recorded() {
    let (dying, other) = (Ground::new(), Ground::new());
    let phone = dying.enrolled();
    let office = Office::default();
    *office.key.lock().unwrap() = Some(sync_core::crypto::PublicKey {
        alg: sync_core::crypto::Alg::EdDSA,
        key: phone.identity().unwrap().unwrap().public_key,
    });
    let synced = unlisted(&phone);
    phone.receive(office.answer(&phone.next_frame().unwrap().bytes)).unwrap();
    // More than one frame takes, and a visit that the server knows half of.
    phone.add_note(synced.clone(), "später".into(), None).unwrap();
    let visits: Vec<String> = (0..66)
        .map(|_| {
            dying.clock.pass(MINUTE);
            unlisted(&phone)
        })
        .collect();
    phone.add_photo(visits[3].clone(), vec![9; 5000], "image/jpeg".into(), "机柜".into(), None).unwrap();
    let before = phone.unsynced().unwrap();
    let file = phone.export_unsynced(vec![5; 32]).unwrap();
    assert_eq!(phone.unsynced().unwrap(), before, "exporting changes nothing");
    let expected: Vec<(String, String)> =
        visits.iter().chain([&synced]).map(|v| (v.clone(), phone.visit_json(v.clone()).unwrap())).collect();
    drop(phone);

    let phone = other.open();
    assert_eq!(phone.import_unsynced(b"letter".to_vec(), vec![5; 32]).unwrap_err().code(), "rescue_unreadable");
    assert_eq!(phone.import_unsynced(file.clone(), vec![6; 32]).unwrap_err().code(), "rescue_wrong_key");
    let carried = phone.import_unsynced(file.clone(), vec![5; 32]).unwrap();
    assert_eq!((carried.device.as_str(), carried.visits.len(), carried.frames_left), (DEVICE, 67, 2));
    assert!(carried.enrolment.body.contains("\"proof\""));
    drop(phone);
    // It is on disk, and the same file again is the same parcel.
    let phone = other.open();
    assert_eq!(phone.import_unsynced(file, vec![5; 32]).unwrap(), carried);
    assert_eq!(phone.carried().unwrap(), std::slice::from_ref(&carried));
    let mut rounds = 0;
    while let Some(frame) = phone.carried_frame(carried.id.clone()).unwrap() {
        // The first answer gets lost.
        office.answer(&frame.bytes);
        let report = phone.receive_carried(carried.id.clone(), office.answer(&frame.bytes)).unwrap();
        assert!(!report.confirmed.is_empty() && report.refused.is_empty());
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    let left: Vec<(u32, u32)> = phone.carried().unwrap().iter().map(|c| (c.frames_left, c.photos_left)).collect();
    assert_eq!(left, [(0, 1)], "it stays until its photo is there");
    let documents = office.documents.lock().unwrap();
    assert_eq!(documents.len(), 67);
    for (visit, json) in expected {
        let view = sync_core::document::read::view(&documents[&visit.parse().unwrap()]);
        assert_eq!(sync_core::canonical::to_canonical_json(&view).unwrap(), json);
    }
    // The photo waits here now; that this phone itself is enrolled is not needed for any of it.
    let sha256 = sync_core::canonical::sha256_hex(&[9; 5000]);
    assert_eq!(phone.photo_bytes(sha256).unwrap(), [9; 5000]);
}

#[test]
fn what_stands_on_another_phones_changes_waits() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    unlisted(&phone);
    let file = phone.export_unsynced(vec![5; 32]).unwrap();
    let carried = phone.import_unsynced(file, vec![5; 32]).unwrap();
    let frame = phone.carried_frame(carried.id.clone()).unwrap().unwrap();
    let mut answer: sync_core::sync::Response =
        sync_core::sync::decode(&Office::default().answer(&frame.bytes)).unwrap();
    answer.documents[0].outcome = sync_core::sync::Outcome::Waiting;
    let report = phone.receive_carried(carried.id.clone(), sync_core::sync::encode(&answer)).unwrap();
    assert!(report.again && report.confirmed.is_empty());
    assert_eq!(phone.carried().unwrap()[0].frames_left, 1);
    answer.documents.clear();
    let refused = phone.receive_carried(carried.id.clone(), sync_core::sync::encode(&answer)).unwrap_err();
    assert_eq!(refused.code(), "answer_unreadable");
}
