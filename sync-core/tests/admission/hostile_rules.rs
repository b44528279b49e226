//! Changes that are well-formed, and yet no honest phone could have written them on the state that they name.

use crate::forge::*;
use crate::hostile_bytes::{refused, refused_from};
use crate::world::*;
use sync_core::admission::{RefusalCode as Code, Sender};
use sync_core::document::device_actor;
use sync_core::document::facts::*;
use sync_core::document::read::view;
use sync_core::document::schema::Collection::{self, *};
use uuid::Uuid;

fn c(collection: Collection) -> OpRef {
    Scene::collection(collection)
}

#[test]
fn numbers_that_are_not_the_next() {
    let s = Scene::new();
    let next = s.noted().start_op;
    for start_op in [1, 2, next - 1, next + 1, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX] {
        refused(&s, &Forged { start_op, ..s.noted() }.chunk(), Code::WrongStartOp);
    }
    refused(&s, &Forged { start_op: 0, ..s.noted() }.chunk(), Code::WrongStartOp);
    for seq in [2, 100, u64::MAX] {
        refused(&s, &Forged { seq, ..s.noted() }.chunk(), Code::SequenceGap);
    }
    refused(&s, &Forged { seq: 0, ..s.noted() }.chunk(), Code::SequenceTaken);
    // The number before the last is taken as well, by an actor that has written.
    let actor = s.phone.author.actor();
    let device_1 = Sender::Device(device(1));
    for seq in 1..=3 {
        let again = Forged { actor: actor.clone(), seq, ..s.noted() };
        refused_from(&s, device_1, &again.chunk(), Code::SequenceTaken);
    }
    // The next number, but not on top of the last change: the clocks would lie.
    let first = changes(s.doc())[0].clone();
    let start_op = first.max_op() + 1;
    let fork = Forged { actor, seq: 4, deps: vec![first.hash()], start_op, ..s.noted() };
    refused_from(&s, device_1, &fork.chunk(), Code::MissingOwnChange);
}

#[test]
fn somebody_elses_name() {
    let s = Scene::new();
    // The next number of another device's actor, which would block the real change for ever; also as an orphan.
    let forged = Forged { actor: s.phone.author.actor(), seq: 4, ..s.noted() };
    refused(&s, &forged.chunk(), Code::ForeignActor);
    refused(&s, &Forged { deps: vec![unknown_hash(1)], ..forged }.chunk(), Code::ForeignActor);
    refused(&s, &Forged { actor: stranger(), ..s.noted() }.chunk(), Code::ForeignActor);
    // Names that nobody here has, in predecessors, objects and the list.
    refused(&s, &Forged { more_actors: vec![stranger()], ..s.noted() }.chunk(), Code::UnknownActor);
    let pred = put(&c(Ext), "k", text("x"), &[(3, stranger())]);
    refused(&s, &s.change().with(pred).chunk(), Code::UnknownActor);
    refused(&s, &s.change().with(put(&(3, stranger()), "k", text("x"), &[])).chunk(), Code::UnknownActor);
    // An index beyond the list.
    refused(&s, &s.noted().column(0x01, vec![0x7f, 9]).chunk(), Code::Malformed);
}

#[test]
fn predecessors_that_do_not_stand_there() {
    let s = Scene::new();
    let item = s.map(Items, s.item);
    let standing = s.standing(&item, "action");
    let other = s.standing(&item, "symptom");
    let code = Code::WrongPredecessors;
    let with = |preds: &[OpRef]| s.change().with(put(&item, "action", text("x"), preds)).chunk();
    refused(&s, &with(&[]), code);
    refused(&s, &with(&other), code);
    refused(&s, &with(&[standing[0].clone(), other[0].clone()]), code);
    refused(&s, &with(&[standing[0].clone(), standing[0].clone()]), code);
    refused(&s, &with(&[(999, s.phone.author.actor())]), code);
    // A predecessor of its own change that is not there, or on another key, or later than itself.
    let change = s.change().with(put(&c(Ext), "a", text("x"), &[]));
    for own in 0..3 {
        let op = put(&c(Ext), "b", text("x"), &[change.op_ref(own)]);
        refused(&s, &change.clone().with(op).chunk(), code);
    }
    // The second write of one change replaces the first.
    refused(&s, &change.clone().with(put(&c(Ext), "a", text("y"), &[])).chunk(), code);
    // Made on top of an older state, it must name what stood then.
    let deps = vec![changes(s.doc())[0].hash()];
    let start_op = changes(s.doc())[0].max_op() + 1;
    let old = Forged { deps, start_op, ..s.change() };
    let write = old.clone().with(put(&item, "action", text("x"), &standing));
    refused(&s, &write.chunk(), Code::UnknownObject);
}

#[test]
fn concurrent_values_are_replaced_together_and_in_order() {
    let s = Scene::new();
    let item = s.map(Items, s.item);
    let stood = s.standing(&item, "action");
    let by = |n: u8| Forged {
        actor: device_actor(device(n), [n; 8]),
        ..s.change().with(put(&item, "action", text(&n.to_string()), &stood))
    };
    let (two, three) = (by(2), by(3));
    let both = through(s.doc(), Sender::Relay, &[two.chunk(), three.chunk()]);
    assert_eq!(both.admitted.len(), 2);
    let doc = both.document.unwrap();
    assert_eq!(view(&doc).conflicts.len(), 1);
    let after = |preds: &[OpRef]| {
        let next = Forged { deps: doc.heads(), start_op: two.start_op + 1, ..s.change() };
        next.with(put(&item, "action", text("两人都对"), preds)).chunk()
    };
    let good = after(&[two.op_ref(0), three.op_ref(0)]);
    assert_eq!(through(&doc, Sender::Relay, std::slice::from_ref(&good)).admitted.len(), 1);
    // The same in one batch, in every order.
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let batch = [two.chunk(), three.chunk(), good.clone()];
        let answer = through(s.doc(), Sender::Relay, &order.map(|i| batch[i].clone()));
        assert_eq!(answer.admitted.len(), 3, "{:?}", answer.refused);
        assert!(view(&answer.document.unwrap()).conflicts.is_empty());
    }
    // Who writes the winning value again writes, in Automerge's way, a delete of the others; the winner must stay.
    let deleting = |preds: &[OpRef]| {
        let next = Forged { deps: doc.heads(), start_op: two.start_op + 1, ..s.change() };
        next.with(Op { action: 3, ..put(&item, "action", null(), preds) })
    };
    let mut honest = Phone::new(4, 1);
    honest.doc = doc.clone();
    let patch = ItemPatch { action: Some("3".into()), ..ItemPatch::default() };
    honest.record(&[sync_core::document::command::Command::EditItem { item: s.item, patch }]).unwrap();
    for settled in [&honest.written[0], &deleting(&[two.op_ref(0)]).chunk()] {
        let answer = through(&doc, Sender::Relay, std::slice::from_ref(settled));
        let doc = answer.document.unwrap_or_else(|| panic!("{:?}", answer.refused));
        assert!(view(&doc).conflicts.is_empty());
        assert_eq!(view(&doc).items[0].action.get().map(String::as_str), Some("3"));
    }
    for bad in [deleting(&[three.op_ref(0)]), deleting(&[two.op_ref(0), three.op_ref(0)]), deleting(&[])] {
        assert_eq!(through(&doc, Sender::Relay, &[bad.chunk()]).refused[0].code, Code::WrongPredecessors);
    }
    let once_more = deleting(&[two.op_ref(0)]);
    let again = Op { action: 3, ..put(&item, "action", null(), &[three.op_ref(0)]) };
    assert_eq!(through(&doc, Sender::Relay, &[once_more.with(again).chunk()]).refused[0].code, Code::ForbiddenAction);
    for bad in [after(&[three.op_ref(0), two.op_ref(0)]), after(&[two.op_ref(0)]), after(&[])] {
        let answer = through(&doc, Sender::Relay, &[bad]);
        assert_eq!(answer.refused[0].code, Code::WrongPredecessors);
    }
}

#[test]
fn actions_that_no_visit_needs() {
    let s = Scene::new();
    let item = s.map(Items, s.item);
    let standing = s.standing(&item, "action");
    let act = |action, value, preds: &[OpRef]| Op { action, ..put(&item, "action", value, preds) };
    // Delete, without and with its predecessor; increment; list, text and table; link; what does not exist.
    refused(&s, &s.change().with(act(3, null(), &[])).chunk(), Code::ForbiddenAction);
    refused(&s, &s.change().with(act(3, null(), &standing)).chunk(), Code::ForbiddenAction);
    refused(&s, &s.change().with(act(3, text("x"), &standing)).chunk(), Code::ForbiddenAction);
    for action in [2, 4, 6, 8, 200, u64::MAX] {
        refused(&s, &s.change().with(act(action, null(), &[])).chunk(), Code::ForbiddenAction);
    }
    refused(&s, &s.change().with(act(5, int(1), &standing)).chunk(), Code::ForbiddenAction);
    // Written and deleted in one change: a diff shows nothing of it.
    let written = s.noted();
    let notes = c(Notes);
    let delete = Op { action: 3, ..put(&notes, &key(1), null(), &[written.op_ref(0)]) };
    refused(&s, &written.with(delete).chunk(), Code::ForbiddenAction);
    for (object, key) in [(c(Notes), s.note.to_string()), (c(Items), s.item.to_string()), (c(Ext), "k".into())] {
        let standing = s.standing(&object, &key);
        let delete = Op { action: 3, ..put(&object, &key, null(), &standing) };
        refused(&s, &s.change().with(delete).chunk(), Code::ForbiddenAction);
    }
    // A mark's beginning, and an end without one.
    refused(&s, &s.change().with(act(7, null(), &[])).chunk(), Code::MarkOperation);
    let mark = Op { mark: Some("bold".into()), ..act(7, int(1), &[]) };
    refused(&s, &s.change().with(mark).chunk(), Code::MarkOperation);
    // A list's element: updated where there is none, inserted after one that is missing, under a map's key.
    let element = Op { key: Key::Element(standing[0].clone()), ..act(1, text("x"), &standing) };
    refused(&s, &s.change().with(element.clone()).chunk(), Code::ListOperation);
    refused(&s, &s.change().with(Op { insert: true, ..element }).chunk(), Code::ListOperation);
    refused(&s, &s.change().with(Op { insert: true, ..act(1, text("x"), &[]) }).chunk(), Code::ListOperation);
    let list = s.change().with(Op { action: 2, ..make(&c(Items), &key(3)) });
    let in_it = put(&list.op_ref(0), "key", text("x"), &[]);
    refused(&s, &list.with(in_it).chunk(), Code::ForbiddenAction);
}

#[test]
fn places_that_do_not_exist() {
    let s = Scene::new();
    let field = |object: &OpRef| s.change().with(put(object, "action", text("x"), &[])).chunk();
    let phone = s.phone.author.actor();
    refused(&s, &field(&(999_999, phone.clone())), Code::UnknownObject);
    // An operation that made no map; one of the genesis that is not a collection; one of its own to come.
    refused(&s, &field(&s.standing(&s.map(Items, s.item), "action")[0]), Code::UnknownObject);
    refused(&s, &field(&(1, c(Ext).1)), Code::UnknownObject);
    refused(&s, &field(&(14, c(Ext).1)), Code::UnknownObject);
    refused(&s, &field(&s.change().op_ref(0)), Code::UnknownObject);
    refused(&s, &field(&s.change().op_ref(5)), Code::UnknownObject);
    // The root, the collections themselves, maps within maps, scalars where maps stand.
    let code = Code::ForbiddenPath;
    let root = |key| Op { object: None, ..put(&c(Ext), key, int(2), &[]) };
    refused(&s, &s.change().with(root("schema")).chunk(), code);
    refused(&s, &s.change().with(root("notes")).chunk(), code);
    refused(&s, &s.noted().with(root("x")).chunk(), code);
    refused(&s, &s.change().with(put(&c(Items), &key(1), text("x"), &[])).chunk(), code);
    let item = [op_at(&s, Items, s.item)];
    refused(&s, &s.change().with(put(&c(Items), &s.item.to_string(), text("x"), &item)).chunk(), code);
    refused(&s, &s.change().with(make(&s.map(Items, s.item), "action")).chunk(), code);
    for collection in [Notes, Strokes, Ext, Time, SignOffs] {
        refused(&s, &s.change().with(make(&c(collection), &key(1))).chunk(), code);
    }
    // Keys.
    for bad in ["", "x", &key(1).to_uppercase(), &key(1).replace('-', ""), &format!("{{{}}}", key(1))] {
        refused(&s, &s.change().with(make(&c(Items), bad)).chunk(), Code::BadKey);
        refused(&s, &s.change().with(put(&c(Notes), bad, text(&note_json("x", None)), &[])).chunk(), Code::BadKey);
    }
    for bad in ["", "Action", "a-b", "ä", "a\0", &"a".repeat(33)] {
        refused(&s, &s.change().with(put(&s.map(Items, s.item), bad, text("x"), &[])).chunk(), Code::BadKey);
    }
    for bad in ["", "A", "a b", "a/b", &"a".repeat(97)] {
        refused(&s, &s.change().with(put(&c(Ext), bad, text("x"), &[])).chunk(), Code::BadKey);
    }
}

fn op_at(s: &Scene, collection: Collection, id: sync_core::ids::FactId) -> OpRef {
    s.map(collection, id)
}

#[test]
fn values_of_the_wrong_kind() {
    let s = Scene::new();
    let (item, expense) = (s.map(Items, s.item), s.map(Expenses, s.expense));
    let stands = s.standing(&item, "action");
    let amount = s.standing(&expense, "amount_minor");
    let kinds = [null(), Val(1, vec![]), Val(2, vec![]), Val(3, vec![1]), Val(5, vec![0; 8]), Val(8, vec![1])];
    for value in kinds.into_iter().chain([Val(9, vec![1]), Val(10, vec![1]), Val(15, vec![]), int(1), bytes(b"x")]) {
        refused(&s, &s.change().with(put(&item, "action", value.clone(), &stands)).chunk(), Code::BadValue);
        refused(&s, &s.change().with(put(&c(Ext), "k", value.clone(), &[])).chunk(), Code::BadValue);
        refused(&s, &s.change().with(put(&c(Notes), &key(1), value, &[])).chunk(), Code::BadValue);
    }
    for value in [int(-1), int(i64::MIN), int(1_000_000_000_000_001), text("1"), Val(3, vec![1])] {
        refused(&s, &s.change().with(put(&expense, "amount_minor", value, &amount)).chunk(), Code::BadValue);
    }
    refused(&s, &s.change().with(put(&c(Strokes), &key(1), text("x"), &[])).chunk(), Code::BadValue);
    refused(&s, &s.change().with(Op { value: text("x"), ..make(&c(Items), &key(1)) }).chunk(), Code::BadValue);
    let code = Code::ValueTooLarge;
    refused(&s, &s.change().with(put(&item, "action", text(&"x".repeat(16 * 1024 + 1)), &stands)).chunk(), code);
    refused(&s, &s.change().with(put(&item, "category", text(&"x".repeat(65)), &[])).chunk(), code);
    refused(&s, &s.change().with(put(&item, "new_one", text(&"x".repeat(4097)), &[])).chunk(), code);
    refused(&s, &s.change().with(put(&c(Ext), "k", text(&"x".repeat(4097)), &[])).chunk(), code);
    refused(&s, &s.change().with(put(&c(Strokes), &key(1), bytes(&[0; 16 * 1024 + 1]), &[])).chunk(), code);
    let long = note_json(&"x".repeat(16 * 1024), None);
    refused(&s, &s.change().with(put(&c(Notes), &key(1), text(&long), &[])).chunk(), code);
    let invalid = Val(6, vec![0xff]);
    refused(&s, &s.change().with(put(&c(Ext), "k", invalid, &[])).chunk(), Code::Malformed);
}

#[test]
fn what_is_written_once() {
    let s = Scene::new();
    let note = s.note.to_string();
    let standing = s.standing(&c(Notes), &note);
    let json = text(&note_json("x", None));
    refused(&s, &s.change().with(put(&c(Notes), &note, json.clone(), &standing)).chunk(), Code::WriteOnce);
    refused(&s, &s.change().with(put(&c(Notes), &note, json.clone(), &[])).chunk(), Code::WriteOnce);
    refused(
        &s,
        &s.noted().with(put(&c(Notes), &key(1), json.clone(), &[s.noted().op_ref(0)])).chunk(),
        Code::WriteOnce,
    );
    refused(&s, &s.change().with(make(&c(Items), &s.item.to_string())).chunk(), Code::WriteOnce);
    let item = s.map(Items, s.item);
    for field in ["at", "by"] {
        let value = if field == "at" { stamp_json() } else { Uuid::nil().to_string() };
        let standing = s.standing(&item, field);
        refused(&s, &s.change().with(put(&item, field, text(&value), &standing)).chunk(), Code::WriteOnce);
        let fresh = s.change().with(make(&c(Items), &key(1)));
        let map = fresh.op_ref(0);
        let once = fresh.with(put(&map, field, text(&value), &[]));
        assert!(through(s.doc(), Sender::Device(device(HOSTILE)), &[once.chunk()]).refused.is_empty());
        let twice = once.clone().with(put(&map, field, text(&value), &[once.op_ref(1)]));
        refused(&s, &twice.chunk(), Code::WriteOnce);
    }
    // Neither of two that did not see each other is at fault: both ends of a timer are kept.
    let end = format!(r#"{{"at":{},"by":"{}"}}"#, stamp_json(), Uuid::nil());
    let by = |n: u8| Forged {
        actor: device_actor(device(n), [n; 8]),
        ..s.change().with(put(&c(Ends), &s.timer.to_string(), text(&end), &[]))
    };
    let answer = through(s.doc(), Sender::Relay, &[by(2).chunk(), by(3).chunk()]);
    assert_eq!(answer.admitted.len(), 2, "{:?}", answer.refused);
    let doc = answer.document.unwrap();
    assert_eq!(view(&doc).time.iter().map(|t| t.end.0.len()).max(), Some(2));
}

#[test]
fn facts_that_do_not_hold() {
    let s = Scene::new();
    let fact = |collection, key: &str, json: &str| s.change().with(put(&c(collection), key, text(json), &[])).chunk();
    let by = Uuid::nil();
    let at = stamp_json();
    // Not JSON, not an object, of the wrong shape, too deep.
    for json in ["", "x", "[]", "{}", r#"{"text":1}"#, &"[".repeat(5_000), &r#"{"a":"#.repeat(2_000)] {
        refused(&s, &fact(Notes, &key(1), json), Code::FactMalformed);
    }
    let unknown = format!(r#"{{"at":{at},"by":"{by}","text":"x","mood":{{"new":[1]}}}}"#);
    let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &[fact(Notes, &key(1), &unknown)]);
    assert_eq!(answer.admitted.len(), 1, "fields of a newer version survive");
    // A newer version's fact is kept when the server relays it, and only then.
    let newer = r#"{"text":{"zh":"新"}}"#;
    refused(&s, &fact(Notes, &key(1), newer), Code::FactMalformed);
    assert_eq!(through(s.doc(), Sender::Relay, &[fact(Notes, &key(1), newer)]).admitted.len(), 1);
    refused_from(&s, Sender::Relay, &fact(Notes, &key(2), "[]"), Code::FactMalformed);
    refused(&s, &fact(Photos, &key(1), &photo("zz")), Code::FactMalformed);

    let origin = |visit: Uuid| {
        format!(
            r#"{{"at":{at},"by":"{by}","customer":{{"unlisted":"x"}},"customer_name":"x","mode":"remote","visit":"{visit}"}}"#
        )
    };
    refused(&s, &fact(Origins, &key(1), &origin(Uuid::nil())), Code::ForeignVisit);
    assert_eq!(through(s.doc(), Sender::Relay, &[fact(Origins, &key(1), &origin(VISIT.0))]).admitted.len(), 1);

    // References.
    let missing = sync_core::ids::FactId(Uuid::nil());
    refused(&s, &fact(Notes, &key(1), &note_json("x", Some(missing))), Code::UnknownFact);
    refused(&s, &fact(Notes, &key(1), &note_json("x", Some(s.timer))), Code::UnknownFact);
    let itself = key(1).parse().unwrap();
    refused(&s, &fact(Notes, &key(1), &note_json("x", Some(itself))), Code::UnknownFact);
    assert_eq!(
        through(s.doc(), Sender::Relay, &[fact(Notes, &key(1), &note_json("x", Some(s.note)))]).admitted.len(),
        1
    );
    let end = format!(r#"{{"at":{at},"by":"{by}"}}"#);
    refused(&s, &fact(Ends, &key(1), &end), Code::UnknownFact);
    refused(&s, &fact(Ends, &s.note.to_string(), &end), Code::UnknownFact);
    refused(&s, &fact(Ends, &s.manual.to_string(), &end), Code::NotATimer);
    assert_eq!(through(s.doc(), Sender::Relay, &[fact(Ends, &s.timer.to_string(), &end)]).admitted.len(), 1);
    // What is there now was not there for a change that stands on the beginning.
    let first = changes(s.doc())[0].clone();
    let old = Forged { deps: vec![first.hash()], start_op: first.max_op() + 1, ..s.change() };
    refused(&s, &old.with(put(&c(Ends), &s.timer.to_string(), text(&end), &[])).chunk(), Code::UnknownFact);
    let fresh = s.change().with(make(&c(Items), &key(1)));
    let at_op = put(&fresh.op_ref(0), "at", text("now"), &[]);
    refused(&s, &fresh.clone().with(at_op).chunk(), Code::FactMalformed);
    let by_op = put(&fresh.op_ref(0), "by", text("me"), &[]);
    refused(&s, &fresh.with(by_op).chunk(), Code::FactMalformed);
}

fn photo(sha256: &str) -> String {
    let at = stamp_json();
    format!(
        r#"{{"at":{at},"by":"{}","caption":"","media_type":"image/png","sha256":"{sha256}","size":1}}"#,
        Uuid::nil()
    )
}

fn sign_off(visit: sync_core::ids::VisitId, device_id: u8, strokes: Option<&[u8]>) -> SignOff {
    use sha2::{Digest, Sha256};
    SignOff {
        visit,
        outcome: SignOffOutcome::Accepted,
        reason: String::new(),
        signer: Signer::new("王", ""),
        address: None,
        rating: None,
        heads: vec![],
        summary_sha256: String::new(),
        text_lang: Lang::ZhCn,
        text_sha256: String::new(),
        strokes_sha256: strokes.map(|s| hex::encode(Sha256::digest(s))),
        at: sync_core::clock::Stamp { wall_ms: 0, mono_ms: 0, boot: Uuid::nil(), server: None },
        by: sync_core::ids::UserId(Uuid::nil()),
        signature: DeviceSignature {
            device: device(device_id),
            alg: sync_core::crypto::Alg::EdDSA,
            sig: String::new(),
        },
    }
}

/// Makes a sign-off one that nobody may make.
type Spoil<'a> = &'a dyn Fn(&mut SignOff);

#[test]
fn what_no_phone_lets_sign_is_not_let_in() {
    let s = Scene::new();
    let change = |by: &dyn Fn(&mut SignOff)| {
        let mut value = sign_off(VISIT, HOSTILE, None);
        by(&mut value);
        let json = serde_json::to_string(&value).unwrap();
        s.change().with(put(&c(SignOffs), &key(1), text(&json), &[])).chunk()
    };
    let rated = |stars, comment: &str| Some(Rating { stars, comment: comment.into() });
    let good = change(&|s| {
        s.signer = Signer { department: "信息科".into(), mail: "a@b.example".into(), ..Signer::new("王", "") };
        s.rating = rated(5, "好");
    });
    let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &[good]);
    assert_eq!(answer.admitted.len(), 1, "{:?}", answer.refused);
    let bad: [(&str, Spoil<'_>); 8] = [
        ("bad_mail", &|s| s.signer.mail = "a@b.example\r\nBcc: c@d.example".into()),
        ("bad_mail", &|s| s.signer.mail = "a@b.example, c@d.example".into()),
        ("bad_phone", &|s| s.signer.phone = "13800005678; rm -rf".into()),
        ("bad_rating", &|s| s.rating = rated(6, "")),
        ("bad_rating", &|s| s.rating = rated(0, "")),
        ("too_long", &|s| s.rating = rated(1, &"x".repeat(2001))),
        ("too_long", &|s| s.signer.department = "x".repeat(201)),
        ("nobody_present", &|s| {
            s.outcome = SignOffOutcome::NobodyPresent;
            s.rating = rated(5, "");
        }),
    ];
    for (reason, by) in bad {
        let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &[change(by)]);
        let refused = &answer.refused[0];
        assert_eq!(refused.code, Code::FactMalformed, "{reason}");
        assert!(refused.detail.starts_with(&format!("{reason}: ")), "{reason}: {}", refused.detail);
        assert!(!refused.detail.contains(".example"), "what was entered is not repeated: {}", refused.detail);
    }
    let giant = change(&|s| s.rating = rated(1, &"x".repeat(9000)));
    refused(&s, &giant, Code::ValueTooLarge);
    let no_number = serde_json::to_string(&sign_off(VISIT, HOSTILE, None)).unwrap();
    let no_number = no_number.replacen('{', r#"{"rating":{"stars":300},"#, 1);
    let no_number = s.change().with(put(&c(SignOffs), &key(1), text(&no_number), &[])).chunk();
    refused(&s, &no_number, Code::FactMalformed);
}

#[test]
fn sign_offs_and_strokes() {
    let s = Scene::new();
    let sign_off = |visit, device_id: u8, strokes: Option<&[u8]>| {
        let value = sign_off(visit, device_id, strokes);
        put(&c(SignOffs), &key(1), text(&serde_json::to_string(&value).unwrap()), &[])
    };
    let strokes = |k: u8| put(&c(Strokes), &key(k), bytes(b"strokes"), &[]);
    let with = |ops: &[Op]| Forged { ops: ops.to_vec(), ..s.change() }.chunk();
    let named = sign_off(VISIT, HOSTILE, Some(b"strokes"));
    let without = sign_off(VISIT, HOSTILE, None);
    for good in
        [with(&[named.clone(), strokes(1)]), with(&[strokes(1), named.clone()]), with(std::slice::from_ref(&without))]
    {
        let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &[good]);
        assert_eq!(answer.admitted.len(), 1, "{:?}", answer.refused);
    }
    let nil = sync_core::ids::VisitId(Uuid::nil());
    refused(&s, &with(&[sign_off(nil, HOSTILE, None)]), Code::ForeignVisit);
    refused(&s, &with(&[sign_off(VISIT, 1, None)]), Code::ForeignSignature);
    refused_from(&s, Sender::Relay, &with(&[sign_off(VISIT, 1, None)]), Code::ForeignSignature);
    refused(&s, &with(&[strokes(1)]), Code::StrokesMismatch);
    refused(&s, &with(std::slice::from_ref(&named)), Code::StrokesMismatch);
    refused(&s, &with(&[without, strokes(1)]), Code::StrokesMismatch);
    refused(&s, &with(&[named, strokes(2)]), Code::StrokesMismatch);
    refused(&s, &with(&[sign_off(VISIT, HOSTILE, Some(b"others")), strokes(1)]), Code::StrokesMismatch);
}
