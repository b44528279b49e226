//! The server is killed at random moments while phones record and sync, and started again.

use super::books::Change;
use super::field::{Engineer, Scene, TROUBLE, fresh_phone_has_all, judge, rest, scene};
use super::ground::{Ground, rounds, seed};
use countersign_tests::{Company, Failure};
use sim_phone::Seeded;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

#[test]
fn nothing_is_lost_or_doubled_on_sqlite() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    storm(&ground, rounds(40, 4), seed(11))?;
    ground.clear()
}

#[test]
fn nothing_is_lost_or_doubled_on_postgres() -> Result<(), Failure> {
    let Some(ground) = Ground::postgres()? else { return Ok(()) };
    storm(&ground, rounds(12, 2), seed(12))?;
    ground.clear()
}

/// What the phones share with whoever kills the server.
#[derive(Default)]
struct Stage {
    /// Held for reading during a round with the server, for writing while the database is looked at.
    gate: RwLock<()>,
    over: AtomicBool,
    confirmed: Mutex<BTreeSet<Change>>,
    rounds: AtomicU64,
}

fn storm(ground: &Ground, kills: u64, seed: u64) -> Result<(), Failure> {
    println!("seed {seed}; repeat with COUNTERSIGN_SEED={seed}");
    let mut company = Company::found(ground.server("data")?)?;
    let mut team = Vec::new();
    for (n, login) in (0..).zip(["wang.jianguo", "li.na", "zhou.wei", "maimaiti", "wang.jianguo"]) {
        team.push(Engineer::enrol(&company, login, seed * 100 + n)?);
    }
    let scene = scene(&team[0].sim, 2, 5)?;
    let stage = Stage::default();
    let mut interrupted = 0;
    std::thread::scope(|threads| -> Result<(), Failure> {
        let phones: Vec<_> = team.iter_mut().map(|e| threads.spawn(|| live(e, &scene, &stage))).collect();
        let killed = kill_often(ground, &mut company, &stage, kills, seed);
        stage.over.store(true, SeqCst);
        for phone in phones {
            phone.join().map_err(|_| "a phone panicked")??;
        }
        interrupted = killed?;
        Ok(())
    })?;
    rest(&mut team)?;
    let books = ground.checked_books()?;
    let told = judge(&team, &books)?;
    for (n, e) in (0..).zip(&team) {
        fresh_phone_has_all(&company, e, seed * 100 + 50 + n)?;
    }
    let log = company.server.log()?;
    if log.contains("panicked") {
        return Err(format!("the server panicked:\n{}", company.server.log_tail()).into());
    }
    company.server.stop()?;
    let (asked, failed) = (stage.rounds.load(SeqCst), team.iter().map(|e| e.failures).sum::<u64>());
    println!(
        "{kills} kills, {asked} rounds of syncing, {failed} failed, {interrupted} confirmed before a kill; {told}"
    );
    Ok(())
}

fn live(e: &mut Engineer, scene: &Scene, stage: &Stage) -> Result<(), Failure> {
    e.link.set_faults(TROUBLE);
    while !stage.over.load(SeqCst) {
        // Enough is enough: the documents would grow with the speed of the machine.
        if e.sim.ledger.len() < 300 {
            e.act(scene)?;
        }
        let turn = stage.gate.read().unwrap_or_else(PoisonError::into_inner);
        e.sync()?;
        stage.rounds.fetch_add(1, SeqCst);
        stage.confirmed.lock().unwrap_or_else(PoisonError::into_inner).extend(std::mem::take(&mut e.confirmed));
        drop(turn);
        std::thread::sleep(Duration::from_millis(e.rng.below(20)));
    }
    Ok(())
}

/// Kills and starts again, and looks each time whether what was confirmed is there before any phone can send it again.
fn kill_often(ground: &Ground, company: &mut Company, stage: &Stage, kills: u64, seed: u64) -> Result<usize, Failure> {
    let mut rng = Seeded::new(seed);
    let mut promised = 0;
    for kill in 0..kills {
        std::thread::sleep(Duration::from_millis(20 + rng.below(250)));
        company.server.kill();
        let turn = stage.gate.write().unwrap_or_else(PoisonError::into_inner);
        company.server.run()?;
        let confirmed = stage.confirmed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lost = ground.books()?.missing(&confirmed);
        if !lost.is_empty() {
            return Err(format!("after kill {kill}, {} confirmed changes are lost: {lost:?}", lost.len()).into());
        }
        promised = confirmed.len();
        drop(turn);
    }
    Ok(promised)
}
