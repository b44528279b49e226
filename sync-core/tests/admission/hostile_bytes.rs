//! Changes that are refused for their bytes, before anything is asked of the document.

use crate::forge::*;
use crate::world::*;
use std::collections::BTreeMap;
use sync_core::admission::{Limits, RefusalCode, Sender, admit};
use sync_core::document::schema::Collection;

/// The change is refused with this code, and nothing has changed.
pub fn refused(scene: &Scene, change: &[u8], code: RefusalCode) {
    refused_from(scene, Sender::Device(device(HOSTILE)), change, code);
}

pub fn refused_from(scene: &Scene, sender: Sender, change: &[u8], code: RefusalCode) {
    let heads = scene.doc().heads();
    let answer = through(scene.doc(), sender, &[change.to_vec()]);
    let codes: Vec<_> = answer.refused.iter().map(|r| (r.code, r.detail.as_str())).collect();
    assert!(matches!(codes.as_slice(), [(c, _)] if *c == code), "{codes:?} instead of {code}");
    assert_eq!(answer.refused[0].bytes, change, "what was refused can be shown");
    assert!(answer.refused[0].detail.chars().count() <= 200);
    assert!(answer.document.is_none() && answer.admitted.is_empty() && answer.waiting.is_empty());
    assert_eq!((answer.known, answer.panics), (0, 0));
    assert_eq!(scene.doc().heads(), heads);
    // The next honest change is not held up by it, neither apart nor in one batch.
    let honest = scene.noted().chunk();
    let answer = through(scene.doc(), Sender::Relay, &[change.to_vec(), honest]);
    if sender != Sender::Relay && answer.refused.is_empty() {
        return; // Only this device was not allowed to send it.
    }
    assert_eq!((answer.admitted.len(), answer.refused.len()), (1, 1), "{:?}", answer.refused);
}

#[test]
fn the_forger_can_be_honest() {
    let scene = Scene::new();
    let map = scene.map(Collection::Items, scene.item);
    let standing = scene.standing(&map, "action");
    let change = scene
        .noted()
        .with(put(&map, "action", text("换了内存"), &standing))
        .with(make(&Scene::collection(Collection::Items), &key(2)));
    let made = change.op_ref(2);
    let change = change
        .with(put(&made, "at", text(&stamp_json()), &[]))
        .with(put(&made, "by", text(&uuid::Uuid::from_bytes([HOSTILE; 16]).to_string()), &[]))
        .with(put(&made, "a_field_of_the_future", text("?"), &[]))
        .with(put(&Scene::collection(Collection::Ext), "x.y:z-1", text("{}"), &[]));
    let twice = change.clone().with(put(&made, "a_field_of_the_future", text("!"), &[change.op_ref(5)]));
    for honest in [change, twice] {
        let chunk = honest.chunk();
        assert_eq!(automerge::Change::try_from(chunk.as_slice()).unwrap().hash(), honest.hash());
        let packed = deflated(&honest.data());
        for sent in [&chunk, &packed] {
            let answer = through(scene.doc(), Sender::Device(device(HOSTILE)), std::slice::from_ref(sent));
            assert!(answer.refused.is_empty(), "{:?}", answer.refused);
            assert_eq!(answer.admitted[0].raw, chunk, "packed or not, it is the same change");
            assert_eq!(answer.document.unwrap().heads(), [honest.hash()]);
        }
        // The same change packed and not, twice each, and the genesis again.
        let genesis = sync_core::document::genesis::GENESIS.to_vec();
        let batch = [chunk.clone(), packed.clone(), chunk.clone(), genesis, packed];
        let answer = through(scene.doc(), Sender::Device(device(HOSTILE)), &batch);
        assert_eq!((answer.admitted.len(), answer.known), (1, 4));
        assert_eq!(through(&answer.document.unwrap(), Sender::Relay, &[chunk]).known, 1);
    }
}

#[test]
fn envelopes() {
    let s = Scene::new();
    let good = s.noted().chunk();
    let data = s.noted().data();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] ^= byte;
        bytes
    };
    refused(&s, &[], RefusalCode::Truncated);
    refused(&s, &good[..8], RefusalCode::Truncated);
    refused(&s, &with(0, 1), RefusalCode::NotAChunk);
    refused(&s, &with(4, 1), RefusalCode::WrongChecksum);
    refused(&s, &with(good.len() - 1, 1), RefusalCode::WrongChecksum);
    // A torn tail: Automerge's incremental load says that all is well.
    for cut in 1..good.len() - 9 {
        refused(&s, &good[..good.len() - cut], RefusalCode::Truncated);
    }
    refused(&s, &[good.clone(), good.clone()].concat(), RefusalCode::TrailingBytes);
    refused(&s, &[good.clone(), vec![0]].concat(), RefusalCode::TrailingBytes);
    // A document, a bundle, and kinds that do not exist.
    refused(&s, &s.doc().save(), RefusalCode::ForbiddenChunk);
    for kind in [0, 3, 4, 255] {
        refused(&s, &chunk(kind, &data), RefusalCode::ForbiddenChunk);
    }
    // What a sync message begins with, and with an empty Bloom filter of 2^32 probes.
    refused(&s, &[0x42, 0, 0, 1, 0, 1, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 7, 0, 0], RefusalCode::NotAChunk);
    refused(&s, &chunk(1, &vec![0; 64 * 1024]), RefusalCode::ChangeTooLarge);
    refused(&s, &chunk(1, &[]), RefusalCode::Malformed);
}

#[test]
fn deflate_bombs() {
    let s = Scene::new();
    let zeros = vec![0; 50 << 20];
    let bomb = deflated(&zeros);
    assert!(bomb.len() < 64 * 1024);
    refused(&s, &bomb, RefusalCode::InflatedTooLarge);
    refused(&s, &deflated(&zeros[..(256 << 10) + 1]), RefusalCode::InflatedTooLarge);
    let packed = deflated(&s.noted().data());
    refused(&s, &packed[..packed.len() - 1], RefusalCode::Truncated);
    let data = s.noted().data();
    refused(&s, &envelope(2, hash(&data), &data), RefusalCode::Malformed);
    let mut tail = data_of(&packed).to_vec();
    tail.push(0);
    refused(&s, &envelope(2, hash(&data), &tail), RefusalCode::TrailingBytes);
    let torn = &data_of(&packed)[..20];
    refused(&s, &envelope(2, hash(&data), torn), RefusalCode::Malformed);
    // Many of them: what one call unpacks is bounded, the rest waits.
    let bombs = vec![bomb; 200];
    let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &bombs);
    assert_eq!((answer.refused.len(), answer.waiting.len()), (64, 136));
}

#[test]
fn run_length_bombs() {
    let s = Scene::new();
    let max = [sleb(i64::MAX), vec![1]].concat();
    let million = [sleb(20_000_000), vec![1]].concat();
    let text_run = [sleb(1_000_000), vec![1, b'a']].concat();
    let many = [sleb(-2_001), vec![1; 2_001]].concat();
    let nulls = [vec![0], uleb(u64::MAX)].concat();
    let code = RefusalCode::TooManyOperations;
    for column in [0x01, 0x02, 0x42, 0x56, 0x70] {
        for bomb in [&max, &million, &many, &nulls] {
            refused(&s, &s.noted().column(column, bomb.clone()).chunk(), code);
        }
    }
    refused(&s, &s.noted().column(0x15, text_run).chunk(), code);
    refused(&s, &s.noted().column(0x34, uleb(20_000_000)).chunk(), code);
    refused(&s, &s.noted().column(0x71, max.clone()).chunk(), code);
    refused(&s, &s.noted().column(0x73, max.clone()).chunk(), code);
    // All columns claim the same: the smallest bombs that Automerge fell to.
    let mut all = s.noted();
    for column in [0x01, 0x02, 0x42, 0x56, 0x70] {
        all = all.column(column, million.clone());
    }
    refused(&s, &all.clone().chunk(), code);
    refused(&s, &deflated(&all.data()), code);
    // A group that claims more predecessors than there are.
    refused(&s, &s.noted().column(0x70, [sleb(-1), uleb(u64::MAX)].concat()).chunk(), RefusalCode::Malformed);
    // Empty runs that go on for ever make no values.
    refused(&s, &s.noted().column(0x42, vec![0; 50_000]).chunk(), RefusalCode::Malformed);
}

#[test]
fn columns() {
    let s = Scene::new();
    refused(&s, &s.noted().column(0x42 | 8, vec![1]).chunk(), RefusalCode::CompressedColumn);
    refused(&s, &s.noted().column(0x62, vec![0x7f, 1]).chunk(), RefusalCode::UnknownColumn);
    refused(&s, &s.noted().column(0x94, vec![0, 1]).chunk(), RefusalCode::MarkOperation);
    refused(&s, &s.noted().column(0xa5, vec![0x7f, 1, b'm']).chunk(), RefusalCode::MarkOperation);
    refused(&s, &s.noted().column(0x11, vec![0x7f, 0]).chunk(), RefusalCode::ListOperation);
    refused(&s, &s.noted().column(0x13, vec![0x7f, 0]).chunk(), RefusalCode::ListOperation);
    refused(&s, &s.noted().column(0x42, vec![0x7f]).chunk(), RefusalCode::Malformed);
    refused(&s, &s.noted().column(0x42, vec![2, 1]).chunk(), RefusalCode::Malformed);
    refused(&s, &s.noted().column(0x15, vec![0x7f, 1, 0xff]).chunk(), RefusalCode::Malformed);
    refused(&s, &s.noted().column(0x57, vec![]).chunk(), RefusalCode::Malformed);
    refused(&s, &s.noted().column(0x57, vec![b'a'; 5_000]).chunk(), RefusalCode::Malformed);
    refused(&s, &Forged { extra: vec![1], ..s.noted() }.chunk(), RefusalCode::ExtraBytes);
    refused(&s, &s.change().chunk(), RefusalCode::NoOperations);
    // Out of order: the directory's first two entries exchanged.
    let data = s.noted().data();
    let directory = data.windows(4).position(|w| w == [1, 2, 2, 2]).unwrap();
    let mut swapped = data.clone();
    swapped[directory] = 2;
    swapped[directory + 2] = 1;
    refused(&s, &chunk(1, &swapped), RefusalCode::UnknownColumn);
}

#[test]
fn encodings_that_automerge_would_not_write() {
    let s = Scene::new();
    let two = |n| put(&Scene::collection(Collection::Ext), n, text("x"), &[]);
    let change = s.change().with(two("a")).with(two("b"));
    assert!(through(s.doc(), Sender::Relay, &[change.chunk()]).refused.is_empty());
    let code = RefusalCode::NotCanonical;
    // A literal run of equal values, a run of one, a run in two halves.
    refused(&s, &change.clone().column(0x42, vec![0x7e, 1, 1]).chunk(), code);
    refused(&s, &change.clone().column(0x42, vec![1, 1, 1, 1]).chunk(), code);
    refused(&s, &change.clone().column(0x42, vec![0x7f, 1, 0x7f, 1]).chunk(), code);
    refused(&s, &Forged { more_actors: vec![s.phone.author.actor()], ..s.noted() }.chunk(), code);
    // A number longer than it need be.
    refused(&s, &change.column(0x42, vec![2, 0x81, 0]).chunk(), RefusalCode::Malformed);
    let op = Op { value: Val(4, vec![0x80, 0]), ..two("a") };
    refused(&s, &s.change().with(op).chunk(), RefusalCode::Malformed);
}

#[test]
fn headers() {
    let s = Scene::new();
    for time in [i64::MIN, -1, i64::MAX, 4_102_444_801] {
        refused(&s, &Forged { time, ..s.noted() }.chunk(), RefusalCode::TimeOutOfRange);
    }
    refused(&s, &Forged { message: "m".repeat(257), ..s.noted() }.chunk(), RefusalCode::MessageTooLong);
    refused(&s, &Forged { deps: vec![], ..s.noted() }.chunk(), RefusalCode::NoDependencies);
    let head = s.doc().heads()[0];
    let first = changes(s.doc())[0].hash();
    let mut deps = vec![head, first];
    deps.sort();
    deps.reverse();
    refused(&s, &Forged { deps, ..s.noted() }.chunk(), RefusalCode::DependenciesUnordered);
    refused(&s, &Forged { deps: vec![head, head], ..s.noted() }.chunk(), RefusalCode::DependenciesUnordered);
    for actor in [&[][..], &[1], b"countersign/1", &[9; 16], &[9; 25]] {
        let actor = automerge::ActorId::from(actor);
        refused(&s, &Forged { actor, ..s.noted() }.chunk(), RefusalCode::MalformedActor);
    }
    let mut message = s.noted();
    message.message = "\u{fffd}".into();
    let mut data = message.data();
    let at = data.windows(3).position(|w| w == "\u{fffd}".as_bytes()).unwrap();
    data[at] = 0xff;
    refused(&s, &chunk(1, &data), RefusalCode::Malformed);
}

#[test]
fn a_flood_of_orphans_is_answered_in_linear_time_and_kept_nowhere() {
    let s = Scene::new();
    let orphans: Vec<Vec<u8>> =
        (0..10_000).map(|n| Forged { deps: vec![unknown_hash(n)], ..s.noted() }.chunk()).collect();
    let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &orphans);
    assert_eq!(answer.waiting.len(), 10_000);
    assert!(answer.document.is_none() && answer.refused.is_empty());
    // A chain of them that hangs on nothing, backwards; then on a change that is refused.
    for (code, first) in [
        (None, Forged { deps: vec![unknown_hash(1)], ..s.noted() }),
        (Some(RefusalCode::MissingDependency), Forged { time: -1, ..s.noted() }),
    ] {
        let mut chain = vec![first.chunk()];
        let mut last = first.hash();
        for n in 2..=10_000 {
            let next = Forged { deps: vec![last], seq: n, start_op: n + 1_000, ..s.noted() };
            last = next.hash();
            chain.push(next.chunk());
        }
        chain.reverse();
        let answer = through(s.doc(), Sender::Device(device(HOSTILE)), &chain);
        assert!(answer.document.is_none());
        match code {
            None => assert_eq!((answer.waiting.len(), answer.refused.len()), (10_000, 0)),
            Some(code) => {
                assert_eq!((answer.waiting.len(), answer.refused.len()), (0, 10_000));
                assert_eq!(answer.refused.iter().filter(|r| r.code == code).count(), 9_999);
            }
        }
    }
    // Each depends on all before it: many edges, still bounded by their bytes.
    let mut tangle: Vec<Forged> = Vec::new();
    for n in 1..=1_000 {
        let mut deps: Vec<_> = tangle.iter().map(Forged::hash).collect();
        deps.push(unknown_hash(0));
        deps.sort();
        tangle.push(Forged { deps, seq: n, ..s.noted() });
    }
    let tangle: Vec<_> = tangle.iter().map(Forged::chunk).collect();
    assert_eq!(through(s.doc(), Sender::Device(device(HOSTILE)), &tangle).waiting.len(), 1_000);
}

#[test]
fn what_one_call_does_is_bounded_and_the_rest_waits() {
    let s = Scene::new();
    let mut phone = Phone::new(2, 7);
    phone.pull(s.doc());
    for _ in 0..30 {
        let note = sync_core::document::command::Command::Note { text: "记".into(), supersedes: None };
        phone.record(&[note.clone(), note]).unwrap();
    }
    let sender = Sender::Device(device(2));
    let all = &phone.written;
    for limits in [
        Limits { batch_changes: 10, ..Limits::default() },
        Limits { batch_operations: 20, ..Limits::default() },
        Limits { batch_inflated: all[..10].iter().map(|c| c.len() - 11).sum(), ..Limits::default() },
    ] {
        let answer = admit(s.doc(), VISIT, &sender, all, &limits);
        assert_eq!((answer.admitted.len(), answer.waiting.len()), (10, 20), "{limits:?}");
        let mut doc = answer.document.unwrap();
        while doc.change_count() < phone.doc.change_count() {
            let answer = admit(&doc, VISIT, &sender, all, &limits);
            assert!(answer.refused.is_empty());
            // What is known takes part of the bytes, so a sender that repeats it all comes to the end of them.
            match answer.document {
                Some(next) => doc = next,
                None => break,
            }
        }
        assert!(limits.batch_inflated < 1_000_000 || doc.heads() == phone.doc.heads());
    }
    let codes = |limits: &Limits| -> BTreeMap<RefusalCode, usize> {
        let mut codes = BTreeMap::new();
        for r in admit(s.doc(), VISIT, &sender, all, limits).refused {
            *codes.entry(r.code).or_default() += 1;
        }
        codes
    };
    let full = Limits { changes_per_document: s.doc().change_count() + 5, ..Limits::default() };
    assert_eq!(codes(&full), BTreeMap::from([(RefusalCode::DocumentFull, 1), (RefusalCode::MissingDependency, 24)]));
    let quota = Limits { changes_per_device: 5, ..Limits::default() };
    assert_eq!(codes(&quota), BTreeMap::from([(RefusalCode::DeviceQuota, 1), (RefusalCode::MissingDependency, 24)]));
    let actors = Limits { actors_per_device: 0, ..Limits::default() };
    assert_eq!(codes(&actors).get(&RefusalCode::DeviceQuota), Some(&1));
}
