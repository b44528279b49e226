//! The device's key in the platform's hardware, and the store's key.

use super::fixture::*;
use crate::*;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// As Android's keystore and the Secure Enclave do it: ES256, signatures in DER.
struct Hardware {
    key: SigningKey,
    locked: AtomicBool,
}

impl Hardware {
    fn new(seed: u8) -> Arc<Self> {
        Arc::new(Self { key: SigningKey::from_slice(&[seed; 32]).unwrap(), locked: AtomicBool::new(false) })
    }
}

impl Signer for Hardware {
    fn public_key(&self) -> Result<Vec<u8>, HostError> {
        Ok(self.key.verifying_key().to_sec1_point(true).as_bytes().to_vec())
    }
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, HostError> {
        if self.locked.load(Ordering::SeqCst) {
            return Err(HostError::Failed { reason: "the user has not unlocked the key".into() });
        }
        let signature: p256::ecdsa::Signature = self.key.sign(&message);
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

fn with(ground: &Ground, signer: Arc<Hardware>) -> Arc<Phone> {
    let path = ground.path().to_string_lossy().into_owned();
    Phone::open(path, vec![1; 32], ground.clock.clone(), None, Some(signer)).unwrap()
}

fn nobody() -> Answer {
    Answer {
        outcome: SignOffOutcome::NobodyPresent,
        reason: String::new(),
        signer_name: String::new(),
        signer_position: String::new(),
        strokes: vec![],
        signer_department: String::new(),
        signer_mail: String::new(),
        signer_phone: String::new(),
        rating: None,
        rating_comment: String::new(),
    }
}

#[test]
fn the_platforms_key_enrols_signs_and_syncs() {
    let ground = Ground::new();
    let hardware = Hardware::new(7);
    let phone = with(&ground, hardware.clone());
    let request = phone.begin_enrolment(USER.into(), "p".into()).unwrap();
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["public_key"]["alg"], "ES256");
    let identity = phone.finish_enrolment(USER.into(), "王建国".into(), DEVICE.into()).unwrap();
    let key = sync_core::crypto::PublicKey { alg: sync_core::crypto::Alg::ES256, key: identity.public_key };
    let proof = hex::decode(body["proof"].as_str().unwrap()).unwrap();
    let challenge = format!("countersign device enrolment v1\n{USER}\nES256\n{}", key.key);
    key.verify(challenge.as_bytes(), &proof).unwrap();

    let visit = unlisted(&phone);
    let shown = phone.show(visit.clone(), Lang::En).unwrap();
    hardware.locked.store(true, Ordering::SeqCst);
    assert_eq!(phone.sign_off(shown.clone(), nobody()).unwrap_err().code(), "host_failed");
    assert!(phone.visit(visit.clone()).unwrap().sign_offs.is_empty());
    hardware.locked.store(false, Ordering::SeqCst);
    phone.sign_off(shown, nobody()).unwrap();
    let verdict = phone.assess(visit).unwrap();
    assert!(verdict.flags.iter().all(|f| f.code != "sign_off_mismatch"), "{verdict:?}");
    let office = Arc::new(Office::default());
    *office.key.lock().unwrap() = Some(key);
    phone.sync(office, None, 5).unwrap();
    assert_eq!(phone.unsynced().unwrap().changes, 0);
}

#[test]
fn another_key_than_the_enrolled_one_signs_nothing() {
    let ground = Ground::new();
    let phone = with(&ground, Hardware::new(7));
    phone.begin_enrolment(USER.into(), "p".into()).unwrap();
    phone.finish_enrolment(USER.into(), "王建国".into(), DEVICE.into()).unwrap();
    let visit = unlisted(&phone);
    drop(phone);
    let phone = with(&ground, Hardware::new(8));
    let shown = phone.show(visit, Lang::En).unwrap();
    assert_eq!(phone.sign_off(shown, nobody()).unwrap_err().code(), "device_key_differs");
    assert_eq!(phone.next_frame().unwrap_err().code(), "device_key_differs");
    // Without the platform nothing is signed, and everything can still be read and recorded.
    drop(phone);
    let phone = ground.open();
    assert_eq!(phone.next_frame().unwrap_err().code(), "host_signs");
    phone.add_note(phone.visits().unwrap()[0].visit.clone(), "x".into(), None).unwrap();
}

#[test]
fn hosts_that_sign_in_their_own_time_sign_in_two_steps() {
    let ground = Ground::new();
    let hardware = Hardware::new(7);
    let phone = with(&ground, hardware.clone());
    phone.begin_enrolment(USER.into(), "p".into()).unwrap();
    phone.finish_enrolment(USER.into(), "王建国".into(), DEVICE.into()).unwrap();
    let visit = unlisted(&phone);
    let shown = phone.show(visit.clone(), Lang::En).unwrap();
    let to_sign = phone.prepare_sign_off(shown, nobody()).unwrap();
    let signature = hardware.sign(to_sign.message).unwrap();
    phone.finish_sign_off(to_sign.ticket, signature).unwrap();
    let to_sign = phone.prepare_frame().unwrap();
    let signature = hardware.sign(to_sign.message).unwrap();
    let frame = phone.seal_frame(to_sign.ticket, signature).unwrap();
    phone.receive(Office::default().answer(&frame.bytes)).unwrap();
    assert_eq!(phone.unsynced().unwrap().changes, 0);
    let empty = phone.prepare_frame().unwrap();
    assert!(empty.message.is_empty());
    assert_eq!(phone.seal_frame(empty.ticket, vec![]).unwrap().visits, 0);
}

#[test]
fn the_stores_key_is_rotated_under_an_open_phone() {
    let ground = Ground::new();
    let phone = ground.enrolled();
    let visit = unlisted(&phone);
    assert_eq!(phone.rotate_key(vec![2; 5]).unwrap_err().code(), "bad_key_length");
    phone.rotate_key(vec![2; 32]).unwrap();
    phone.add_note(visit.clone(), "danach".into(), None).unwrap();
    drop(phone);
    assert_eq!(open(&ground.path(), 1, &ground.clock).err().unwrap().code(), "store_wrong_key");
    let phone = open(&ground.path(), 2, &ground.clock).unwrap();
    assert_eq!(phone.visit(visit).unwrap().notes.len(), 1);
}
