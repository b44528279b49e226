//! Histories that honest phones wrote: nothing of them is ever refused, in whatever order and portions it arrives.

use crate::world::*;
use automerge::Change;
use proptest::prelude::{ProptestConfig, any, proptest};
use sync_core::admission::Sender;
use sync_core::document::read::view;
use sync_core::document::{Document, actor_device};

/// What some phones wrote, meeting now and then, as one document.
pub fn history(seed: u64, phones: usize, steps: usize) -> (Document, Vec<Phone>) {
    let mut rng = Rng(seed);
    let mut all: Vec<Phone> = (1..=phones as u8).map(|n| Phone::new(n, rng.next())).collect();
    for _ in 0..steps {
        let i = rng.below(phones);
        if rng.one_in(4) {
            let other = all[rng.below(phones)].doc.clone();
            all[i].pull(&other);
        } else {
            all[i].act();
        }
    }
    let doc = all.iter().fold(Document::new().unwrap(), |doc, phone| merged(&doc, &phone.doc));
    (doc, all)
}

fn shuffled<T: Clone>(from: &[T], rng: &mut Rng) -> Vec<T> {
    let mut out = from.to_vec();
    for i in (1..out.len()).rev() {
        out.swap(i, rng.below(i + 1));
    }
    out
}

/// Sends portions, again and again what waits, until all is in.
fn deliver(mut doc: Document, mut portions: Vec<(Sender, Vec<Vec<u8>>)>) -> Document {
    while !portions.is_empty() {
        let before = doc.change_count();
        let mut left = Vec::new();
        for (sender, portion) in portions {
            let answer = through(&doc, sender, &portion);
            assert!(answer.refused.is_empty(), "{:?}", answer.refused.iter().map(|r| &r.detail).collect::<Vec<_>>());
            assert_eq!(answer.panics, 0);
            let sum = answer.admitted.len() + answer.known + answer.waiting.len();
            assert_eq!(sum, portion.len(), "each has one outcome");
            for admitted in &answer.admitted {
                assert_eq!(admitted.raw, portion[admitted.index], "these were sent unpacked");
            }
            doc = answer.document.unwrap_or(doc);
            if !answer.waiting.is_empty() {
                left.push((sender, answer.waiting.iter().map(|i| portion[*i].clone()).collect()));
            }
        }
        assert!(left.is_empty() || doc.change_count() > before, "what waits gets in once all the rest is there");
        portions = left;
    }
    doc
}

fn check(seed: u64, phones: usize, steps: usize) {
    let mut rng = Rng(!seed);
    let (whole, all) = history(seed, phones, steps);
    let genesis = || Document::new().unwrap();
    let changes = changes(&whole);
    let sent = |c: &Change| c.raw_bytes().to_vec();
    let same = |doc: Document| {
        assert_eq!(doc.heads(), whole.heads());
        assert_eq!(view(&doc), view(&whole));
    };
    // All at once, in any order.
    same(deliver(genesis(), vec![(Sender::Relay, shuffled(&raw(&changes), &mut rng))]));
    // One by one, each after what it stands on.
    same(deliver(genesis(), changes.iter().map(|c| (Sender::Relay, vec![sent(c)])).collect()));
    // In portions of any size, in any order, doubled.
    let mut mixed = shuffled(&raw(&changes), &mut rng);
    mixed.extend(shuffled(&raw(&changes), &mut rng));
    let mut portions = Vec::new();
    while !mixed.is_empty() {
        let n = 1 + rng.below(mixed.len());
        portions.push((Sender::Relay, mixed.drain(..n).collect()));
    }
    same(deliver(genesis(), portions));
    // Each phone its own.
    let own = |phone: &Phone| {
        let device = phone.author.device;
        let written: Vec<&Change> = changes.iter().filter(|c| actor_device(c.actor_id()) == Some(device)).collect();
        assert_eq!(written.len(), phone.written.len());
        (Sender::Device(device), shuffled(&phone.written, &mut Rng(seed)))
    };
    same(deliver(genesis(), all.iter().map(own).collect()));
    // On top of what one of the phones has already.
    let base = all[rng.below(all.len())].doc.clone();
    let portion = shuffled(&raw(&changes), &mut rng);
    let before = base.change_count();
    let answer = through(&base, Sender::Relay, &portion);
    assert_eq!(answer.known, before - 1);
    assert!(answer.refused.is_empty() && answer.waiting.is_empty());
    same(answer.document.unwrap_or(base));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn honest_histories_are_admitted_whole(seed in any::<u64>(), phones in 1usize..5, steps in 1usize..60) {
        check(seed, phones, steps);
    }
}

#[test]
fn a_long_visit_of_four_phones() {
    check(2026, 4, 600);
}
