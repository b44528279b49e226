//! Honest changes, damaged at random. Whatever the gate then admits must be harmless: the document is saved, read again
//! and written on; and nothing panics.

use crate::forge::{self, Forged, Key, OpRef, Val, chunk, data_of, deflated, put, text};
use crate::world::*;
use std::collections::BTreeMap;
use sync_core::admission::Sender;
use sync_core::document::command::Command;
use sync_core::document::read::view;
use sync_core::document::schema::{COLLECTIONS, Collection};
use sync_core::document::{Document, actor_device};

/// Printed when a run fails; another one can be tried by changing it here.
const SEED: u64 = 0x00c0_ffee;

fn tries() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a test may be asked to be quick")]
    let quick = std::env::var("COUNTERSIGN_QUICK").is_ok_and(|v| v == "1");
    if quick { 5_000 } else { 100_000 }
}

/// A document, and changes that may come next.
struct Corpus {
    doc: Document,
    next: Vec<(Sender, Vec<u8>)>,
    /// Ids of operations that exist, and of objects.
    ids: Vec<OpRef>,
    /// Places where a text may be written.
    places: Vec<(OpRef, String)>,
}

fn corpus(seed: u64) -> Corpus {
    let mut rng = Rng(seed);
    let mut phones: Vec<Phone> = (1..=3).map(|n| Phone::new(n, rng.next())).collect();
    for i in 0..12 {
        phones[i % 3].act();
        let other = phones[(i + 1) % 3].doc.clone();
        phones[i % 3].pull(&other);
    }
    let doc = phones.iter().fold(Document::new().unwrap(), |doc, p| merged(&doc, &p.doc));
    let mut next = Vec::new();
    for phone in &mut phones {
        if !rng.one_in(3) {
            phone.doc = doc.clone();
        }
        phone.written.clear();
        for _ in 0..3 {
            phone.act();
        }
        next.extend(phone.written.iter().map(|c| (Sender::Device(phone.author.device), c.clone())));
    }
    let mut ids: Vec<OpRef> = COLLECTIONS.iter().map(|c| Scene::collection(*c)).collect();
    for change in changes(&doc) {
        ids.extend((change.start_op().get()..=change.max_op()).map(|n| (n, change.actor_id().clone())));
    }
    let scene = Scene { phone: Phone { doc, ..Phone::new(1, 0) }, ..Scene::new() };
    let mut places: Vec<(OpRef, String)> =
        ["k", "x.y"].map(|k| (Scene::collection(Collection::Ext), k.to_owned())).to_vec();
    let v = view(scene.doc());
    let items = v.items.iter().map(|i| scene.map(Collection::Items, i.id));
    let expenses = v.expenses.iter().map(|e| scene.map(Collection::Expenses, e.id));
    for map in items.chain(expenses) {
        places.extend(["action", "kind", "removed", "new"].map(|field| (map.clone(), field.to_owned())));
    }
    Corpus { doc: scene.phone.doc, next, ids, places }
}

/// Damages the data of a change.
fn damaged(data: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut out = data.to_vec();
    for _ in 0..1 + rng.below(2) {
        let at = rng.below(out.len());
        match rng.below(7) {
            0 | 1 if !out.is_empty() => out[at] ^= 1 << rng.below(8),
            2 if !out.is_empty() => out[at] = [0, 1, 0x7f, 0x80, 0xff, 2, 0x7e][rng.below(7)],
            3 => out.truncate(at),
            4 => {
                let end = (at + rng.below(6)).min(out.len());
                out.drain(at..end);
            }
            5 => {
                let from = rng.below(other.len());
                let part = &other[from..(from + rng.below(40)).min(other.len())];
                let end = (at + if rng.one_in(2) { part.len() } else { 0 }).min(out.len());
                out.splice(at..end, part.iter().copied());
            }
            _ => out.splice(at..at, (0..1 + rng.below(10)).map(|_| rng.0 as u8)).for_each(drop),
        }
    }
    out
}

/// A change that is well-formed, with something wrong in its fields more often than not.
fn tampered(corpus: &Corpus, rng: &mut Rng) -> (Sender, Vec<u8>) {
    let doc = &corpus.doc;
    let max_op = doc.heads().iter().filter_map(|h| doc.info(h)).map(|i| i.max_op).max().unwrap();
    let all = changes(doc);
    let author = if rng.one_in(4) { all[rng.below(all.len())].actor_id().clone() } else { stranger() };
    let seq = doc.tip(&author).map_or(1, |(_, info)| info.seq + 1);
    let mut change = Forged {
        deps: doc.heads(),
        actor: author.clone(),
        seq,
        start_op: max_op + 1,
        time: 1_790_000_000,
        message: String::new(),
        ops: Vec::new(),
        more_actors: Vec::new(),
        columns: BTreeMap::new(),
        extra: Vec::new(),
    };
    for n in 0..1 + rng.below(4) {
        let object = match rng.below(6) {
            0 if n > 0 => change.op_ref(rng.below(n)),
            _ => rng.pick(&corpus.ids).unwrap().clone(),
        };
        let keys = ["at", "by", "action", "amount_minor", "kind", "k", "removed"];
        let name = if rng.one_in(2) { key(rng.below(3) as u8) } else { (*rng.pick(&keys).unwrap()).to_owned() };
        let place = rng.pick(&corpus.places).filter(|_| !rng.clone().one_in(4)).cloned();
        let placed = place.is_some();
        let (object, name) = place.unwrap_or((object, name));
        let value = match if placed && !rng.one_in(6) { 9 } else { rng.below(5) } {
            0 => forge::int(rng.next() as i64 >> rng.below(64)),
            1 => text(&note_json("x", None)),
            2 => text(&stamp_json()),
            3 => Val(rng.below(16) as u64, vec![rng.next() as u8; rng.below(4)]),
            _ => text("值"),
        };
        let standing = automerge::ObjId::Id(object.0, object.1.clone(), 0);
        let stood = automerge::ReadDoc::get_all(doc.automerge(), standing, name.as_str()).unwrap_or_default();
        let mut preds: Vec<OpRef> = stood.iter().map(|(_, id)| op_ref(id)).collect();
        if rng.one_in(16) {
            preds.push(rng.pick(&corpus.ids).unwrap().clone());
        }
        if rng.one_in(16) {
            preds.pop();
        }
        let mut op = put(&object, &name, value, &preds);
        match rng.below(if placed { 60 } else { 16 }) {
            0..=2 => op = forge::make(&object, &name),
            3 => op.action = rng.below(9) as u64,
            4 => op.insert = true,
            5 => op.object = None,
            6 => op.key = Key::Element(rng.pick(&corpus.ids).unwrap().clone()),
            _ => {}
        }
        change.ops.push(op);
    }
    match rng.below(20) {
        0 => change.seq = change.seq.wrapping_add(rng.below(4) as u64).wrapping_sub(2),
        1 => change.start_op = change.start_op.wrapping_add(rng.below(5) as u64).wrapping_sub(3),
        2 => change.start_op = [0, 1, 1 << 32, u64::from(u32::MAX), u64::MAX, 1 << 63][rng.below(6)],
        3 => change.time = [i64::MIN, -1, i64::MAX][rng.below(3)],
        4 => change.deps = all.iter().filter(|_| rng.one_in(3)).map(|c| c.hash()).collect(),
        5 => change.deps.push(unknown_hash(1)),
        6 => change.more_actors.push(rng.pick(&corpus.ids).unwrap().1.clone()),
        7 => change.extra = vec![1; rng.below(3)],
        _ => {}
    }
    if !rng.one_in(10) {
        change.deps.sort();
    }
    (Sender::Device(actor_device(&author).unwrap()), change.chunk())
}

#[test]
fn damaged_changes_do_no_harm() {
    let mut rng = Rng(SEED);
    let corpora: Vec<Corpus> = (0..8).map(|n| corpus(SEED ^ n)).collect();
    let (mut refused, mut admitted, mut waiting, mut known, mut largest) = (BTreeMap::new(), 0, 0, 0, 0);
    let tries = tries();
    for n in 0..tries {
        let state = rng.0;
        let which = rng.below(corpora.len());
        let corpus = &corpora[which];
        let mut batch: Vec<Vec<u8>> = Vec::new();
        let (sender, change) = if rng.one_in(2) {
            tampered(corpus, &mut rng)
        } else {
            let chosen = rng.below(corpus.next.len());
            let (sender, honest) = corpus.next[chosen].clone();
            // The changes that it stands on come with it, in most cases.
            if !rng.one_in(8) {
                batch.extend(corpus.next[..chosen].iter().filter(|(s, _)| *s == sender).map(|(_, c)| c.clone()));
            }
            let other = data_of(&rng.pick(&corpus.next).unwrap().1).to_vec();
            let data = damaged(data_of(&honest), &other, &mut rng);
            let mut bytes = if rng.one_in(8) { deflated(&data) } else { chunk(1, &data) };
            if rng.one_in(20) {
                bytes = damaged(&bytes, &honest, &mut rng);
            }
            (sender, bytes)
        };
        batch.push(change);
        let sender = if rng.one_in(4) { Sender::Relay } else { sender };
        let heads = corpus.doc.heads();
        let answer = through(&corpus.doc, sender, &batch);
        let place = || format!("try {n} of seed {SEED:#x}, generator at {state:#x}");
        assert_eq!(answer.panics, 0, "{}: {:?}", place(), answer.refused);
        assert_eq!(corpus.doc.heads(), heads, "{}", place());
        let sum = answer.admitted.len() + answer.known + answer.refused.len() + answer.waiting.len();
        assert_eq!(sum, batch.len(), "{}", place());
        for r in &answer.refused {
            *refused.entry(r.code).or_insert(0usize) += 1;
        }
        (waiting, known) = (waiting + answer.waiting.len(), known + answer.known);
        let last = batch.len() - 1;
        let Some(doc) = answer.document else { continue };
        if answer.admitted.iter().any(|a| a.index == last) {
            admitted += 1;
            largest = largest.max(doc.heads().iter().filter_map(|h| doc.info(h)).map(|i| i.max_op).max().unwrap_or(0));
            let reloaded = Document::load(&doc.save()).unwrap_or_else(|e| panic!("{}: {e}", place()));
            assert_eq!(reloaded.heads(), doc.heads(), "{}", place());
            assert_eq!(view(&reloaded), view(&doc), "{}", place());
            let mut phone = Phone::new(50, 1);
            phone.doc = reloaded;
            phone.record(&[Command::Note { text: "接着写".into(), supersedes: None }]).unwrap();
            let again = through(&doc, Sender::Device(phone.author.device), &phone.written);
            assert_eq!(again.admitted.len(), 1, "{}: {:?}", place(), again.refused);
        }
    }
    let all: usize = refused.values().sum();
    println!("tried {tries}: refused {all}, admitted {admitted}, waiting {waiting}, known {known}");
    println!("highest operation number admitted: {largest}");
    for (code, n) in &refused {
        println!("{n:>8} {code}");
    }
    assert!(admitted > tries / 100, "the damage must leave something that is let in, or nothing was tested");
    assert!(!refused.contains_key(&sync_core::admission::RefusalCode::TrialFailed), "the rules miss something");
}
