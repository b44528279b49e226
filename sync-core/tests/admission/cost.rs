//! What the gate costs. Prints figures and judges none: run it with `--release -- --ignored --nocapture cost`.

use crate::forge::{Forged, put, text};
use crate::honest::history;
use crate::world::*;
use sync_core::admission::Sender;
use sync_core::document::Document;
use sync_core::document::schema::Collection;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn timed(what: &str, n: usize, mut f: impl FnMut()) {
    let start = std::time::Instant::now();
    (0..n).for_each(|_| f());
    println!("{:>10} µs  {what}", start.elapsed().as_micros() / n as u128);
}

#[test]
#[ignore = "a measurement"]
fn cost_of_honest_changes() {
    for steps in [30, 150, 1000] {
        let (doc, mut phones) = history(7, 3, steps);
        let n = doc.change_count();
        let phone = &mut phones[0];
        let (old, written) = (phone.doc.clone(), phone.written.len());
        phone.doc = doc.clone();
        for _ in 0..20 {
            phone.act();
        }
        let next = phone.written.split_off(written);
        let sender = Sender::Device(device(1));
        timed(&format!("a copy of {n} changes"), 50, || drop(std::hint::black_box(doc.clone())));
        timed(&format!("save and load of {n} changes"), 50, || drop(Document::load(&doc.save_uncompressed()).unwrap()));
        timed(&format!("1 change on {n}"), 50, || assert_eq!(through(&doc, sender, &next[..1]).admitted.len(), 1));
        timed(&format!("20 changes on {n}"), 20, || assert!(through(&doc, sender, &next).refused.is_empty()));
        let all = raw(&changes(&doc));
        timed(&format!("all {} on nothing", all.len()), 3, || {
            assert_eq!(through(&Document::new().unwrap(), Sender::Relay, &all).admitted.len(), all.len());
        });
        // What the others wrote apart from this phone: judged on an older state.
        let missing: Vec<_> = raw(&changes(&doc)).into_iter().collect();
        timed(&format!("the rest of {n} on what one phone has"), 5, || {
            drop(through(&old, Sender::Relay, &missing));
        });
    }
}

#[test]
#[ignore = "a measurement"]
fn cost_of_hostile_batches() {
    let scene = Scene::new();
    let ext = Scene::collection(Collection::Ext);
    let chain = |n: u64, ops: usize, key: &dyn Fn(usize) -> String, deps: Vec<automerge::ChangeHash>, start_op: u64| {
        let mut out: Vec<Vec<u8>> = Vec::new();
        let mut last: Option<Forged> = None;
        for seq in 1..=n {
            let mut change = Forged { seq, start_op, deps: deps.clone(), ..scene.change() };
            if let Some(last) = &last {
                change.deps = vec![last.hash()];
                change.start_op = last.start_op + ops as u64;
            }
            let mut before = last.as_ref().filter(|_| key(0) == key(1)).map(|l| l.op_ref(ops - 1));
            for i in 0..ops {
                change = change.with(put(&ext, &key(i), text("x"), before.as_slice()));
                before = (key(0) == key(1)).then(|| change.op_ref(i));
            }
            out.push(change.chunk());
            last = Some(change);
        }
        out
    };
    let now = scene.change();
    let one_key = chain(10, 2_000, &|_| "k".into(), now.deps.clone(), now.start_op);
    timed("20,000 writes of one key", 1, || {
        let answer = through(scene.doc(), Sender::Relay, &one_key);
        println!("{} admitted, {:?}", answer.admitted.len(), answer.refused.first().map(|r| (&r.code, &r.detail)));
    });
    let bad = chain(10, 2_000, &|i| if i == 1_999 { "BAD".into() } else { format!("k{i}") }, now.deps, now.start_op);
    timed("2,000 writes, the last of them wrong", 1, || {
        assert!(through(scene.doc(), Sender::Relay, &bad).admitted.is_empty());
    });
    // A document with many sessions, and a batch that stands on its beginning only.
    let (doc, _) = history(3, 4, 2_000);
    let first = changes(&doc)[0].clone();
    let old = chain(1, 2_000, &|i| format!("k{i}"), vec![first.hash()], first.max_op() + 1);
    timed(&format!("2,000 writes on the first of {} changes", doc.change_count()), 1, || {
        let answer = through(&doc, Sender::Relay, &old);
        println!("{} admitted, {:?}", answer.admitted.len(), answer.refused.first().map(|r| (&r.code, &r.detail)));
    });
    let orphans: Vec<Vec<u8>> =
        (0..10_000).map(|n| Forged { deps: vec![unknown_hash(n)], ..scene.noted() }.chunk()).collect();
    timed("10,000 orphans", 1, || drop(through(scene.doc(), Sender::Relay, &orphans)));
}
