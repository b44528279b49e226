//! A Python process records facts and is killed at random: whatever a call acknowledged is there afterwards.

use super::ground::Python;
use countersign_core::{BeginVisit, LinuxClock, Phone};
use countersign_tests::Failure;
use sim_phone::Seeded;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How many kills, for whoever has more time than CI.
const VARIABLE: &str = "COUNTERSIGN_TEST_KILLS";
const KILLS: u32 = 40;

fn open(path: &Path) -> Result<std::sync::Arc<Phone>, Failure> {
    Ok(Phone::open(path.to_string_lossy().into_owned(), vec![b'k'; 32], LinuxClock::new(), None, None)?)
}

#[test]
fn whatever_a_call_acknowledged_survives_sigkill() -> Result<(), Failure> {
    let kills = match std::env::var(VARIABLE) {
        Ok(number) => number.parse()?,
        Err(_) if std::env::var_os("COUNTERSIGN_QUICK").is_some() => 4,
        Err(_) => KILLS,
    };
    let dir = tempfile::tempdir()?;
    let python = Python::new(dir.path())?;
    let path = dir.path().join("phone.db");
    let mut rng = Seeded::new(u64::from(std::process::id()));
    let new_visit = |path: &Path| -> Result<String, Failure> {
        let phone = open(path)?;
        if phone.identity()?.is_none() {
            let user = "00000000-0000-0000-0000-000000000001".to_owned();
            phone.begin_enrolment(user.clone(), "phone".into())?;
            phone.finish_enrolment(user, "王建国".into(), "00000000-0000-0000-0000-0000000000d1".into())?;
        }
        let begin = BeginVisit { unlisted_customer: Some("云岭县人民医院".into()), ..BeginVisit::default() };
        Ok(phone.begin_visit(begin)?.visit)
    };
    let (mut acknowledged, mut in_calls) = (0usize, 0u32);
    let mut visit = new_visit(&path)?;
    let mut expected: BTreeSet<String> = BTreeSet::new();
    for kill in 0..kills {
        let mut child = python.command("recorder.py").arg(&path).arg(&visit).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        // While it opens the store as well as while it writes.
        let enough = if rng.chance(85) { 2 + rng.below(20) } else { 0 };
        let mut told: Vec<String> = Vec::new();
        for _ in 0..enough {
            told.extend(lines.next().transpose()?);
        }
        std::thread::sleep(Duration::from_micros(rng.below(40_000)));
        child.kill()?;
        child.wait()?;
        told.extend(lines.map_while(Result::ok));
        // A line that was cut off was not acknowledged: a fact's id has 36 characters.
        told.retain(|line| line.len() == 36);
        in_calls += u32::from(!told.is_empty());
        acknowledged += told.len();
        expected.extend(told);

        let phone = open(&path)?;
        let notes: BTreeSet<String> = phone.visit(visit.clone())?.notes.into_iter().map(|n| n.id).collect();
        let lost: Vec<&String> = expected.difference(&notes).collect();
        assert!(lost.is_empty(), "kill {kill}: {lost:?} were acknowledged and are gone");
        // One call at most was under way each time.
        assert!(notes.len() <= expected.len() + kill as usize + 1, "kill {kill}: notes that nobody wrote");
        drop(phone);
        if notes.len() > 400 {
            // Long documents make each round slow and prove nothing more.
            visit = new_visit(&path)?;
            expected.clear();
        }
        if kill % 100 == 99 {
            println!("{} kills, {acknowledged} facts acknowledged, none lost", kill + 1);
        }
    }
    assert!(in_calls * 2 > kills, "killed too early to prove anything: {in_calls} of {kills} had acknowledged facts");
    println!("{kills} kills, {acknowledged} facts acknowledged, none lost");
    Ok(())
}
