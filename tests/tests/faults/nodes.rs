//! Two servers on one PostgreSQL, phones going to either, all of them writing to the same visits.

use super::field::{Engineer, START_MS, Scene, TROUBLE, fresh_phone_has_all, judge, rest, scene};
use super::ground::{Ground, rounds, seed};
use countersign_tests::company::begin;
use countersign_tests::{Company, Failure};
use sim_phone::Seeded;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;
use sync_core::document::command::Command;
use sync_core::document::facts::{Mode, TimeKind};
use sync_core::reference::Customer;

#[test]
fn two_servers_on_one_database_are_as_one() -> Result<(), Failure> {
    let Some(ground) = Ground::postgres()? else { return Ok(()) };
    let seed = seed(31);
    println!("seed {seed}; repeat with COUNTERSIGN_SEED={seed}");
    let company = Company::found(ground.server("one")?)?;
    let mut other = ground.server("two")?;
    other.run()?;
    let bases = [company.server.base(), other.base()];
    let mut team = Vec::new();
    for (n, login) in (0..).zip(["wang.jianguo", "li.na", "zhou.wei", "maimaiti", "liu.yang", "wang.jianguo"]) {
        team.push(Engineer::enrol(&company, login, seed * 100 + n)?);
    }
    let scene = scene(&team[0].sim, 3, 4)?;
    let steps = rounds(80, 15);
    let over = AtomicBool::new(false);
    let mut kills = 0;
    std::thread::scope(|threads| -> Result<(), Failure> {
        let phones: Vec<_> = team.iter_mut().map(|e| threads.spawn(|| roam(e, &scene, &bases, steps))).collect();
        // One of the two comes and goes meanwhile.
        let chaos = threads.spawn(|| -> Result<u64, Failure> {
            let (mut rng, mut kills) = (Seeded::new(seed), 0);
            while !over.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(500 + rng.below(1500)));
                other.kill();
                other.run()?;
                kills += 1;
            }
            Ok(kills)
        });
        let done: Vec<_> = phones.into_iter().map(|p| p.join().map_err(|_| "a phone panicked")).collect();
        over.store(true, SeqCst);
        kills = chaos.join().map_err(|_| "a server did not start")??;
        for phone in done {
            phone??;
        }
        Ok(())
    })?;
    rest(&mut team)?;
    let told = judge(&team, &ground.checked_books()?)?;
    for (n, e) in (0..).zip(&team) {
        fresh_phone_has_all(&company, e, seed * 100 + 50 + n)?;
    }
    let log = company.server.log()? + &other.log()?;
    let (again, refused) = (log.matches("a batch is tried again").count(), log.matches("was not merged").count());
    let put_off: u64 = team.iter().map(|e| e.put_off).sum();
    println!(
        "2 servers, {kills} kills, {again} batches tried again, {refused} given up, {put_off} phones put off; {told}"
    );
    if log.contains("panicked") {
        return Err("a server panicked".into());
    }
    // Kills may leave a connection that PostgreSQL has not yet given up; what is given up without a kill is a defect.
    if refused as u64 > kills {
        return Err(format!("{refused} batches were given up:\n{}", company.server.log_tail()).into());
    }
    ground.clear()
}

/// An engineer whose phone reaches now this server, now that one.
fn roam(e: &mut Engineer, scene: &Scene, bases: &[String], steps: u64) -> Result<(), Failure> {
    e.link.set_faults(TROUBLE);
    for _ in 0..steps {
        e.act(scene)?;
        let base = &bases[e.rng.below(bases.len() as u64) as usize];
        e.link.inner().set_base(base);
        e.sync()?;
    }
    e.link.inner().set_base(&bases[0]);
    Ok(())
}

/// One engineer in two places at the same time, each of the two phones talking to another server at the same moment:
/// both visits say so, although neither server knew of the other's visit when it judged its own.
#[test]
fn time_in_two_places_is_seen_by_both_servers() -> Result<(), Failure> {
    let Some(ground) = Ground::postgres()? else { return Ok(()) };
    let company = Company::found(ground.server("one")?)?;
    let mut other = ground.server("two")?;
    other.run()?;
    let mut team = [Engineer::enrol(&company, "li.na", 33)?, Engineer::enrol(&company, "li.na", 34)?];
    team[1].link.inner().set_base(&other.base());
    let places = scene(&team[0].sim, 0, 0)?.customers;
    let rounds = rounds(40, 10);
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|threads| -> Result<(), Failure> {
        let both: Vec<_> = team
            .iter_mut()
            .zip(&places)
            .map(|(e, place)| {
                threads.spawn(|| -> Result<(), Failure> {
                    for round in 0..rounds {
                        // Both wait whatever happens, or one would wait for ever.
                        let done = work_a_while(e, place, START_MS + round as i64 * 86_400_000);
                        barrier.wait();
                        done?;
                        e.sync()?;
                    }
                    Ok(())
                })
            })
            .collect();
        for one in both {
            one.join().map_err(|_| "a phone panicked")??;
        }
        Ok(())
    })?;
    let looked = ground.checked_books();
    rest(&mut team)?;
    looked?;
    println!("{rounds} times in two places at once, seen in both");
    ground.clear()
}

fn work_a_while(e: &mut Engineer, place: &Customer, at_ms: i64) -> Result<(), Failure> {
    e.sim.travel_to(at_ms);
    let visit = e.sim.begin(begin(place, None, Mode::OnSite, None))?;
    let timer = e.sim.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: None })?;
    e.sim.clock.advance_ms(600_000);
    e.sim.one(visit, Command::StopTimer { entry: timer })?;
    Ok(())
}
