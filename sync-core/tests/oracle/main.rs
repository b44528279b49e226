//! The coverage engine against an oracle: an independent, slow implementation that looks at every minute.
//!
//! Every world comes from a number of its own; a failing one is printed and can be run alone with
//! `COUNTERSIGN_SEED=<n>`. `COUNTERSIGN_CASES=<n>` runs another number of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: what cannot be is a failure of its own")]

mod slow;
mod world;

use slow::{Question, Slow, Told, worked};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use sync_core::coverage::*;
use sync_core::document::facts::Mode;
use sync_core::reference::{CalendarDay, Contract, DayKind, Record};
use world::{Dice, MINUTE_MS, World, world};

/// How many random worlds an ordinary run compares, at the least.
const CASES: u64 = 100_000;

/// The built-in Chinese days by year, month and day, read from their files.
type China = BTreeMap<(i64, i64, i64), DayKind>;

fn china() -> China {
    let mut days = BTreeMap::new();
    for year in 2024..=2027 {
        let path = format!("{}/data/calendar/CN-{year}.json", env!("CARGO_MANIFEST_DIR"));
        let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let listed: Vec<CalendarDay> = serde_json::from_value(file["days"].clone()).unwrap();
        days.extend(listed.into_iter().map(|d| {
            let (y, m, day) = (d.date.year(), d.date.month(), d.date.day());
            ((i64::from(y), i64::from(m), i64::from(day)), d.kind)
        }));
    }
    days
}

/// How many minutes had which cause, so that a run shows that it met them all.
type Met = BTreeMap<&'static str, usize>;

/// Compares the two; what differs, otherwise.
fn compare(world: &World, verdict: &Verdict, china: &China, met: &mut Met) -> Result<(), String> {
    let expected = Slow::new(world, china).judge();
    let modes: BTreeSet<Mode> = world.view.origins.iter().map(|o| o.value.mode).collect();
    for (item, judged) in world.view.items.iter().zip(&verdict.items) {
        let question: Question = (item.category.0.iter().map(|w| w.value).collect(), modes.clone());
        let expected = &expected[&question];
        let single = question.0.len() * question.1.len() == 1;
        let mut seen: BTreeSet<(i64, bool)> = BTreeSet::new();
        let mut causes: BTreeSet<Cause> = BTreeSet::new();
        for stretch in &judged.stretches {
            let minute = |ms: i64| ms / MINUTE_MS - world.first_minute;
            let (from, until) = (minute(stretch.from_ms), minute(stretch.until_ms));
            let moment = from == until;
            for at in from..until.max(from + 1) {
                let Some(mut told) = expected.get(&(at, moment)).cloned() else {
                    return Err(format!("minute {at} is no work of {}", item.id));
                };
                let mut said = Told {
                    coverage: stretch.coverage,
                    cause: stretch.cause,
                    contract: stretch.contract,
                    clause: stretch.clause.clone(),
                };
                if !single {
                    (told.clause, said.clause) = (None, None);
                }
                if told != said {
                    return Err(format!("minute {at} of {} is {told:?}, the engine says {said:?}", item.id));
                }
                causes.insert(told.cause);
                *met.entry(told.cause.as_str()).or_default() += 1;
                seen.insert((at, moment));
            }
        }
        let work: BTreeSet<(i64, bool)> = worked(world, &world.view, item).into_iter().collect();
        if seen != work {
            return Err(format!("{} has {} minutes, {} were judged", item.id, work.len(), seen.len()));
        }
        for (cause, code) in [
            (Cause::OutOfScope, FlagCode::OutOfScope),
            (Cause::OutsideServiceHours, FlagCode::OutsideServiceHours),
            (Cause::QuotaExhausted, FlagCode::QuotaExhausted),
            (Cause::CustomersOwnWork, FlagCode::CustomersOwnWork),
        ] {
            let flagged = verdict.flags.iter().any(|f| f.code == code && f.item == Some(item.id));
            if flagged != causes.contains(&cause) {
                return Err(format!("flag {code} of {}: {flagged}", item.id));
            }
        }
    }
    Ok(())
}

/// The same world with every list in another order and other visits' claims in pieces.
fn turned(world: &World, seed: u64) -> World {
    let mut d = Dice::new(seed ^ 0xABCD);
    let mut reference = world.reference.clone();
    let contracts: Vec<Contract> = reference.contracts.values().flat_map(|m| m.values().cloned()).collect();
    for mut contract in contracts {
        d.shuffle(&mut contract.extras);
        reference.put(Record::Contract(contract));
    }
    for mut package in world.reference.packages.values().cloned() {
        d.shuffle(&mut package.clauses);
        reference.put(Record::Package(package));
    }
    let (mut view, mut evidence) = (world.view.clone(), world.evidence.clone());
    d.shuffle(&mut view.origins);
    d.shuffle(&mut view.items);
    view.items.iter_mut().for_each(|item| d.shuffle(&mut item.category.0));
    d.shuffle(&mut view.time);
    let mut pieces = Vec::new();
    for claim in evidence.claims.drain(..) {
        let minutes = (claim.until_ms - claim.from_ms) / MINUTE_MS;
        let middle = claim.from_ms + if minutes > 1 { d.int(1, minutes - 1) * MINUTE_MS + 7 } else { 0 };
        if claim.from_ms < middle && middle < claim.until_ms {
            pieces.push(Claim { until_ms: middle, ..claim.clone() });
            // The two pieces may overlap.
            pieces.push(Claim { from_ms: (middle - 30_000).max(claim.from_ms), ..claim });
        } else {
            pieces.push(claim);
        }
    }
    d.shuffle(&mut pieces);
    evidence.claims = pieces;
    World { reference, view, evidence, ..*world }
}

fn run(seed: u64, china: &China, met: &mut Met) -> Result<(), String> {
    let world = world(seed);
    let verdict = assess(&world.view, &world.reference, &world.evidence);
    compare(&world, &verdict, china, met)?;
    if seed.is_multiple_of(4) {
        let other = turned(&world, seed);
        if assess(&other.view, &other.reference, &other.evidence) != verdict {
            return Err("the order of the lists, or the pieces of claims, made a difference".into());
        }
    }
    Ok(())
}

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "a test may be asked for one world, or for fewer")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn every_minute_has_the_answer_that_the_oracle_gives_it() {
    let china = china();
    if let Some(seed) = number("COUNTERSIGN_SEED") {
        let world = world(seed);
        if let Err(why) = run(seed, &china, &mut Met::new()) {
            println!("{:#?}\n{:#?}\n{:#?}", world.reference, world.view, world.evidence);
            panic!("{why}");
        }
        return;
    }
    let quick = number("COUNTERSIGN_QUICK") == Some(1);
    let cases = number("COUNTERSIGN_CASES").unwrap_or(if quick { CASES / 20 } else { CASES });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (failed, alike) = (AtomicUsize::new(0), AtomicU64::new(0));
    let mut met = Met::new();
    std::thread::scope(|scope| {
        let work = |first: usize| {
            let mut met = Met::new();
            for seed in (first as u64..cases).step_by(threads) {
                if let Err(why) = run(seed, &china, &mut met) {
                    println!("seed {seed} failed; repeat it with COUNTERSIGN_SEED={seed}: {why}");
                    if failed.fetch_add(1, Ordering::Relaxed) > 3 {
                        break;
                    }
                } else {
                    alike.fetch_add(1, Ordering::Relaxed);
                }
            }
            met
        };
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || work(first))).collect();
        for thread in running {
            for (cause, count) in thread.join().unwrap() {
                *met.entry(cause).or_default() += count;
            }
        }
    });
    let alike = alike.into_inner();
    println!("{alike} worlds judged alike, minutes by cause: {met:?}");
    assert_eq!(failed.into_inner(), 0, "seeds are printed above");
    assert_eq!(alike, cases, "every world that was asked for was compared");
    if !quick && number("COUNTERSIGN_CASES").is_none() {
        assert!(alike >= 100_000, "an ordinary run compares 100,000 worlds, this one {alike}");
    }
    // A generator that no longer meets a cause would prove nothing about it.
    assert!(Cause::ALL.iter().all(|cause| met.get(cause.as_str()).is_some_and(|n| *n > 100)), "{met:?}");
}
