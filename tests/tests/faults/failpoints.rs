//! The server ends at each boundary of a commit.

use super::books::Change;
use super::field::{Engineer, fresh_phone_has_all, judge, rest, scene, sign};
use super::ground::Ground;
use countersign_tests::company::begin;
use countersign_tests::{Company, Failure};
use std::time::Duration;
use sync_core::document::command::Command;
use sync_core::document::facts::*;

/// Where it ends, whether the commit has happened by then, and whether the phone has its answer.
const POINTS: [(&str, bool, bool); 4] = [
    ("in_transaction", false, false),
    ("before_commit", false, false),
    ("after_commit", true, false),
    ("after_reply", true, true),
];

#[test]
fn a_server_that_ends_at_any_commit_boundary_loses_and_doubles_nothing_on_sqlite() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    every_point(&ground)?;
    ground.clear()
}

#[test]
fn a_server_that_ends_at_any_commit_boundary_loses_and_doubles_nothing_on_postgres() -> Result<(), Failure> {
    let Some(ground) = Ground::postgres()? else { return Ok(()) };
    every_point(&ground)?;
    ground.clear()
}

fn every_point(ground: &Ground) -> Result<(), Failure> {
    let mut company = Company::found(ground.server("data")?)?;
    let mut team = [Engineer::enrol(&company, "li.na", 21)?];
    let scene = scene(&team[0].sim, 0, 0)?;
    for (point, committed, answered) in POINTS {
        for count in 1..=2u32 {
            company.server.stop()?;
            company.server.set_variable("COUNTERSIGN_DIE_AT", Some(&format!("{point}:{count}")));
            company.server.run()?;
            let e = &mut team[0];
            let visit = e.sim.begin(begin(&scene.customers[0], None, Mode::OnSite, None))?;
            // With a count of two, the first batch passes.
            if count == 2 {
                e.sync()?;
            }
            let before: Vec<Change> = e.sim.ledger.clone();
            let timer = e.sim.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: None })?;
            e.sim.clock.advance_ms(60_000);
            e.sim.one(visit, Command::StopTimer { entry: timer })?;
            sign(&mut e.sim, visit, SignOffOutcome::Accepted)?;
            let sent: Vec<Change> = e.sim.ledger[before.len()..].to_vec();
            let failures = e.failures;
            e.sync()?;
            if !company.server.ends_within(Duration::from_secs(10))? {
                return Err(format!("the server did not end at {point}: is it a debug build?").into());
            }
            let told = e.failures == failures;
            let missing = ground.books()?.missing(&sent).len();
            let expected = if committed { 0 } else { sent.len() };
            if (missing, told) != (expected, answered) {
                return Err(format!("{point}:{count}: {missing} of {} not stored, answered: {told}", sent.len()).into());
            }
            ground.checked_books()?;
            company.server.set_variable("COUNTERSIGN_DIE_AT", None);
            company.server.run()?;
            rest(&mut team)?;
            judge(&team, &ground.checked_books()?)?;
        }
    }
    let told = judge(&team, &ground.checked_books()?)?;
    fresh_phone_has_all(&company, &team[0], 22)?;
    println!("{} ends at commit boundaries; {told}", POINTS.len() * 2);
    Ok(())
}
