//! The database is put back from a backup: phones send again what it lacks.

use super::field::{Engineer, fresh_phone_has_all, judge, rest, scene};
use super::ground::{Ground, rounds, seed};
use countersign_tests::{Company, Failure};
use std::path::Path;

#[test]
fn what_came_after_the_backup_is_sent_again() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let seed = seed(41);
    println!("seed {seed}; repeat with COUNTERSIGN_SEED={seed}");
    let mut company = Company::found(ground.server("data")?)?;
    let mut team = Vec::new();
    for (n, login) in (0..).zip(["wang.jianguo", "li.na"]) {
        team.push(Engineer::enrol(&company, login, seed * 100 + n)?);
    }
    let scene = scene(&team[0].sim, 1, 3)?;
    let database = ground.path("data/countersign.db");
    let backup = ground.path("backup.db");
    work(&mut team, &scene, 12)?;
    // Stopped in order, SQLite has folded its journal into the one file.
    company.server.stop()?;
    std::fs::copy(&database, &backup)?;
    let (mut resent, restores) = (0, rounds(3, 2));
    for _ in 0..restores {
        company.server.run()?;
        work(&mut team, &scene, 20)?;
        let all = ground.checked_books()?.change_count();
        company.server.kill();
        put_back(&backup, &database)?;
        // The same old copy each time: its epoch must be a new one all the same.
        company.server.run_command(&["migrate", "--restored"])?;
        company.server.run()?;
        resent += all - ground.books()?.change_count();
        // One has more to say at once; the other does nothing but sync.
        team[0].act(&scene)?;
        rest(&mut team)?;
        judge(&team, &ground.checked_books()?)?;
        company.server.stop()?;
    }
    company.server.run()?;
    let told = judge(&team, &ground.checked_books()?)?;
    fresh_phone_has_all(&company, &team[1], 4)?;
    println!("{restores} restores, {resent} confirmed changes sent again; {told}");
    if resent == 0 { Err("nothing was missing after the restore".into()) } else { Ok(()) }
}

fn work(team: &mut [Engineer], scene: &super::field::Scene, acts: u32) -> Result<(), Failure> {
    for _ in 0..acts {
        for e in team.iter_mut() {
            e.act(scene)?;
            e.sync()?;
        }
    }
    rest(team)
}

fn put_back(backup: &Path, database: &Path) -> Result<(), Failure> {
    for journal in ["db-wal", "db-shm"] {
        let path = database.with_extension(journal);
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    std::fs::copy(backup, database)?;
    Ok(())
}
