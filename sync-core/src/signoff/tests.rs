//! Sign-offs of before addresses and ratings, and those of now.

use super::*;
use crate::clock::Stamp;
use crate::crypto::{PublicKey, SoftwareKey};
use crate::document::Document;
use crate::document::command::Command;
use crate::document::facts::{CustomerRef, Lang, Mode};
use crate::document::read::view;
use crate::document::write::{record, record_sign_off};
use crate::env::Entropy;
use crate::ids::{DeviceId, UserId};
use crate::message::Message;
use uuid::Uuid;

/// As a phone wrote and signed it before there was more to tell of a signer than name and position.
const OLD: &str = r#"{"at":{"boot":"38804146-8fa7-45ce-94c4-5b83908c185d","mono_ms":5700000,"wall_ms":1795923300000},"by":"00000000-0000-0000-0000-000000000001","heads":["f2b9d1bfd5d427df629f8f0fe64588a63072e872bfc2d0b650caa56e26363951"],"outcome":"refused","reason":"费用没有事先告知，不能签。","signature":{"alg":"EdDSA","device":"00000000-0000-0000-0000-000000000078","sig":"55bce7c5bb2496ac0a11292a63596541885f0aa6c53d535131069abbadd231b12a2e025c68f7fef8dbde9814df779dc8f9a5aadf42ddb3e2663d07220a96eb05"},"signer":{"name":"陈晓","position":"信息科科长"},"summary_sha256":"891f96c57abcd8421877724cd5bbbb6f8ea7a53d26e80f1ab04f1b98b6c22f60","text_lang":"zh-CN","text_sha256":"942c7469100264efd66ac9caa8c402a25e87dcdd40437a45e933ced3e9cf5a69","visit":"01a22507-d500-708a-a9a7-4dd487f14203"}"#;
const OLD_KEY: &str = "ee31f83c88a71219a6fcf9bee0da9bc22620588f5a15a6145553504df9649e5c";
/// SHA-256 of what that phone's key signed.
const OLD_SIGNED: &str = "6b02c27e5a36c3bea5332f97a270a4d9db6e93c275933db15c453187af57d8ba";

const VISIT: VisitId = VisitId(Uuid::from_u128(7));

struct Counter(u8);
impl Entropy for Counter {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

fn author() -> Author {
    let (device, user) = (DeviceId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
    Author { device, suffix: [3; 8], user, name: "王建国".into(), time_zone: None }
}

fn now(minute: i64) -> Stamp {
    Stamp { wall_ms: 1_790_000_000_000 + minute * 60_000, mono_ms: minute * 60_000, boot: Uuid::nil(), server: None }
}

fn begun() -> Document {
    let mut doc = Document::new().unwrap();
    let begin = Command::Begin {
        customer: CustomerRef::Unlisted("云岭县人民医院".into()),
        customer_name: "云岭县人民医院".into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    };
    record(&mut doc, VISIT, &author(), &mut Env { now: now(0), entropy: &mut Counter(0) }, &[begin]).unwrap();
    doc
}

fn told() -> Answer {
    Answer {
        outcome: SignOffOutcome::Accepted,
        reason: String::new(),
        signer: Signer {
            department: "信息科".into(),
            mail: "zhou.lin@hospital.example".into(),
            phone: "138-0000-5678".into(),
            ..Signer::new("周琳", "主任")
        },
        rating: Some(Rating { stars: 4, comment: "来得快".into() }),
        strokes: None,
    }
}

/// Signs what there is as of `minute`, and writes it down.
fn signed(doc: &mut Document, minute: i64, answer: &Answer) -> SignOff {
    let shown = show(doc, &doc.heads(), Lang::ZhCn).unwrap();
    let mut entropy = Counter(minute as u8);
    let mut env = Env { now: now(minute), entropy: &mut entropy };
    let draft = prepare(VISIT, &shown, answer, &author(), Alg::EdDSA, &mut env).unwrap();
    let signature = key().sign(&draft.message().unwrap());
    let (id, sign_off, strokes) = draft.finish(&signature);
    record_sign_off(doc, &author(), &mut env, id, &sign_off, strokes.as_deref()).unwrap();
    sign_off
}

fn key() -> SoftwareKey {
    SoftwareKey::from_seed([5; 32])
}

fn mismatch(sign_off: &SignOff) -> Option<String> {
    verify_signature(sign_off, &key().public()).err().map(|m: Message| m.id)
}

#[test]
fn an_old_sign_off_has_the_bytes_and_the_signature_that_it_had() {
    let old: SignOff = serde_json::from_str(OLD).unwrap();
    assert_eq!(to_canonical_json(&old).unwrap(), OLD);
    assert_eq!(sha256_hex(&signed_bytes(&old).unwrap()), OLD_SIGNED);
    verify_signature(&old, &PublicKey { alg: Alg::EdDSA, key: OLD_KEY.into() }).unwrap();
    assert_eq!(old.clone().without_address(), old);
    assert_eq!(old.clone().in_summary(), old, "and so has every summary that it stands in");
    let plain = signed(&mut begun(), 1, &Answer { signer: Signer::new("周琳", ""), rating: None, ..told() });
    let json = to_canonical_json(&plain).unwrap();
    for name in ["department", "mail", "phone", "address", "rating", "salt"] {
        assert!(!json.contains(name), "{name}: {json}");
    }
}

#[test]
fn the_signature_holds_without_the_address_and_for_no_other_one() {
    let mut doc = begun();
    let there = signed(&mut doc, 1, &told());
    assert_eq!(mismatch(&there), None);
    let passed_around = there.clone().without_address();
    assert_eq!(mismatch(&passed_around), None);
    let json = to_canonical_json(&passed_around).unwrap();
    for secret in ["zhou.lin", "5678", &there.address.as_ref().unwrap().salt] {
        assert!(!json.contains(secret), "{secret}: {json}");
    }
    assert_eq!(passed_around.signer.department, "信息科");
    let mut other = passed_around.clone();
    other.address.as_mut().unwrap().sha256 = "00".repeat(32);
    assert_eq!(mismatch(&other), Some("mismatch-signature".to_owned()));

    let change = |by: &dyn Fn(&mut SignOff)| {
        let mut other = there.clone();
        by(&mut other);
        mismatch(&other)
    };
    let address = Some("mismatch-address".to_owned());
    let signature = Some("mismatch-signature".to_owned());
    assert_eq!(change(&|s| s.signer.mail = "zhou.lin@other.example".into()), address);
    assert_eq!(change(&|s| s.signer.phone.clear()), address);
    assert_eq!(change(&|s| s.address.as_mut().unwrap().salt.clear()), address);
    assert_eq!(change(&|s| s.address = None), address);
    assert_eq!(change(&|s| s.address.as_mut().unwrap().salt = "00".repeat(16)), address);
    assert_eq!(change(&|s| s.signer.department = "院办".into()), signature);
    assert_eq!(change(&|s| s.rating = None), signature);
    assert_eq!(change(&|s| s.rating.as_mut().unwrap().stars = 5), signature);
    assert_eq!(change(&|s| s.address.as_mut().unwrap().sha256 = "00".repeat(32)), address);
}

#[test]
fn a_record_that_hides_an_address_does_not_fit() {
    let mut doc = begun();
    signed(&mut doc, 1, &told());
    let fine = evidence(&doc, &view(&doc), &|_| Some(key().public()));
    assert_eq!(fine[0].mismatch, None);
    let written = view(&doc).sign_offs[0].value.clone();
    assert_eq!(written.signer, told().signer, "the record has it in full");

    let mut doc = begun();
    let shown = show(&doc, &doc.heads(), Lang::ZhCn).unwrap();
    let mut env = Env { now: now(1), entropy: &mut Counter(9) };
    let draft = prepare(VISIT, &shown, &told(), &author(), Alg::EdDSA, &mut env).unwrap();
    let signature = key().sign(&draft.message().unwrap());
    let (id, sign_off, _) = draft.finish(&signature);
    record_sign_off(&mut doc, &author(), &mut env, id, &sign_off.without_address(), None).unwrap();
    let hidden = evidence(&doc, &view(&doc), &|_| Some(key().public()));
    assert_eq!(hidden[0].mismatch.as_ref().map(|m| m.id.as_str()), Some("mismatch-address"));
}

#[test]
fn the_next_signer_is_not_told_how_to_reach_the_one_before() {
    let mut doc = begun();
    signed(&mut doc, 1, &told());
    let full = show(&doc, &doc.heads(), Lang::ZhCn).unwrap();
    for secret in ["zhou.lin", "5678", "salt", "address", "department", "rating"] {
        assert!(!full.summary.contains(secret) && !full.text.contains(secret), "{secret}: {}", full.summary);
    }
    assert!(full.summary.contains("周琳") && full.text.contains("周琳"));
    signed(&mut doc, 2, &Answer { signer: Signer::new("马国栋", "科长"), rating: None, ..told() });
    let all = evidence(&doc, &view(&doc), &|_| Some(key().public()));
    assert!(all.len() == 2 && all.iter().all(|e| e.mismatch.is_none()), "{all:?}");
}

#[test]
fn equal_addresses_have_unequal_digests() {
    let sha = |minute| signed(&mut begun(), minute, &told()).address.unwrap();
    assert_eq!(sha(1), sha(1));
    assert_ne!(sha(1).sha256, sha(2).sha256);
    assert_eq!(sha(1).salt.len(), 32);
}

#[test]
fn what_is_no_address_and_no_rating_is_not_signed() {
    let doc = begun();
    let shown = show(&doc, &doc.heads(), Lang::ZhCn).unwrap();
    let code = |by: &dyn Fn(&mut Answer)| {
        let mut answer = told();
        by(&mut answer);
        let mut env = Env { now: now(1), entropy: &mut Counter(0) };
        prepare(VISIT, &shown, &answer, &author(), Alg::EdDSA, &mut env).map(|_| ()).map_err(|e| e.code())
    };
    let rated = |stars, comment: &str| Some(Rating { stars, comment: comment.into() });
    assert_eq!(code(&|_| {}), Ok(()));
    assert_eq!(code(&|a| a.signer = Signer { department: "科".repeat(66), ..Signer::new("周琳", "") }), Ok(()));
    assert_eq!(code(&|a| a.signer.department = "科".repeat(67)), Err("too_long"));
    assert_eq!(code(&|a| a.signer.mail = "zhou.lin".into()), Err("bad_mail"));
    assert_eq!(code(&|a| a.signer.mail = "a@b.example\r\nBcc: c@d.example".into()), Err("bad_mail"));
    assert_eq!(code(&|a| a.signer.mail = format!("a@{}example", "b.".repeat(130))), Err("bad_mail"));
    assert_eq!(code(&|a| a.signer.phone = "内线".into()), Err("bad_phone"));
    assert_eq!(code(&|a| a.signer.phone = "1".repeat(33)), Err("bad_phone"));
    for stars in [0, 6, 255] {
        assert_eq!(code(&|a| a.rating = rated(stars, "")), Err("bad_rating"));
    }
    assert_eq!(code(&|a| a.rating = rated(1, &"差".repeat(666))), Ok(()));
    assert_eq!(code(&|a| a.rating = rated(1, &"差".repeat(667))), Err("too_long"));
    assert_eq!(code(&|a| a.outcome = SignOffOutcome::NobodyPresent), Err("nobody_present"));
}
