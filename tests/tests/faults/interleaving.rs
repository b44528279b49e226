//! The same changes in any order, doubled, partly lost at first: every database ends with the same bytes, and so do the
//! phones.

use super::books::rendered;
use super::field::{START_MS, Scene, act, at_rest};
use super::ground::{Ground, rounds, seed};
use super::local::{Local, Template};
use countersign_tests::Failure;
use countersign_tests::company::customer;
use sim_phone::{Faults, FaultyLink, Link, LinkError, Seeded, SimPhone, SyncError};
use sync_core::ids::VisitId;

/// As bad as it gets.
const FAULTS: Faults = Faults { drop_request: 15, drop_answer: 15, cut: 10, double: 15, reorder: 15 };

/// A frame, and who sent it.
struct Sent {
    phone: usize,
    frame: Vec<u8>,
}

/// Writes down every frame that a phone sends, whether it arrives or not.
struct Recorder<'a, L> {
    link: FaultyLink<L>,
    phone: usize,
    sent: &'a mut Vec<Sent>,
}

impl<L: Link> Link for Recorder<'_, L> {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.sent.push(Sent { phone: self.phone, frame: request.to_vec() });
        self.link.exchange(request)
    }
}

#[test]
fn every_order_ends_in_the_same_bytes_on_both_databases() -> Result<(), Failure> {
    let first = seed(7_000);
    let worlds = if std::env::var_os("COUNTERSIGN_SEED").is_some() { 1 } else { rounds(60, 6) };
    let company = Template::new()?;
    // Everything that the databases share is put in before the first change: reference data have positions, too.
    let mut phones = Vec::new();
    let mut rows = Vec::new();
    for world in 0..worlds {
        let mut team = Vec::new();
        for (n, login) in (0..).zip(["wang.jianguo", "li.na", "wang.jianguo"]) {
            let (phone, row) = company.phone(login, (first + world) * 10 + n, start_of(world))?;
            team.push(phone);
            rows.push(row);
        }
        phones.push(team);
    }
    let (pilot_ground, twin_ground) = (Ground::sqlite()?, Ground::sqlite()?);
    let third_ground = Ground::postgres()?;
    let pilot = Local::open(&pilot_ground, &company, &rows)?;
    let mut replicas = vec![Local::open(&twin_ground, &company, &rows)?];
    if let Some(ground) = &third_ground {
        replicas.push(Local::open(ground, &company, &rows)?);
    }
    let (mut frames, mut changes) = (0, 0);
    for (world, mut team) in (0..).zip(phones) {
        let done = play(&pilot, &replicas, &mut team, world, first + world)
            .map_err(|e| format!("seed {} failed; repeat it with COUNTERSIGN_SEED={0}: {e}", first + world))?;
        frames += done;
        changes += team.iter().map(|p| p.ledger.len()).sum::<usize>();
    }
    // Receipts and all the rest: once, at the end, since it takes in every world.
    for server in replicas.iter().chain([&pilot]) {
        server.ground.checked_books()?;
    }
    let names: Vec<_> = replicas.iter().map(|r| r.state.db.name()).collect();
    println!(
        "{worlds} worlds, {changes} changes, {frames} frames, the same on sqlite (live) and {names:?} (any order)"
    );
    drop(replicas);
    if let Some(ground) = third_ground {
        ground.clear()?;
    }
    Ok(())
}

/// Worlds are a month apart, so that they are no neighbours of each other.
fn start_of(world: u64) -> i64 {
    START_MS + world as i64 * 40 * 86_400_000
}

fn play(
    pilot: &Local<'_>,
    replicas: &[Local<'_>],
    team: &mut [SimPhone],
    world: u64,
    seed: u64,
) -> Result<usize, Failure> {
    let mut rng = Seeded::new(seed);
    let now = start_of(world);
    pilot.set_clock(now);
    for p in team.iter_mut() {
        p.sync_until_quiet(&mut pilot.link(p)?, 100)?;
    }
    let customers = ["RM01", "ZY02"].iter().map(|code| customer(&team[0], code)).collect::<Result<_, _>>()?;
    let shared = (0..2).map(|n| VisitId(uuid::Uuid::from_u128(u128::from(seed) << 64 | 0x7000_8000 << 32 | n)));
    let scene = Scene { customers, shared: shared.collect(), own: 2 };
    let mut own = vec![Vec::new(); team.len()];
    let mut sent = Vec::new();
    for _ in 0..12 + rng.below(24) {
        let n = rng.below(team.len() as u64) as usize;
        match rng.below(10) {
            0..=6 => act(&mut team[n], &scene, &mut own[n], &mut rng)?,
            7 => team[n].clock.set_wall(now + rng.below(200_000_000) as i64 - 100_000_000),
            _ => {
                let link = FaultyLink::new(pilot.link(&team[n])?, FAULTS, rng.next_u64());
                let mut link = Recorder { link, phone: n, sent: &mut sent };
                match team[n].sync_once(&mut link) {
                    Ok(_) | Err(SyncError::Link(LinkError::Lost(_))) => {}
                    Err(e) => return Err(e.into()),
                }
            }
        }
    }
    for _ in 0..20 {
        let mut quiet = true;
        for (n, p) in team.iter_mut().enumerate() {
            let link = FaultyLink::new(pilot.link(p)?, Faults::default(), 0);
            let report = p.sync_once(&mut Recorder { link, phone: n, sent: &mut sent })?;
            quiet &= at_rest(&report) && p.phone.unsynced_changes() == 0;
        }
        if quiet {
            break;
        }
    }
    for replica in replicas {
        replica.set_clock(now);
        scatter(replica, team, &sent, &mut rng)?;
    }
    compare(pilot, replicas, team)?;
    Ok(sent.len())
}

/// Delivers frames in any order, some twice, some not at all; then, as phones that try again would, all of them.
fn scatter(replica: &Local<'_>, team: &[SimPhone], sent: &[Sent], rng: &mut Seeded) -> Result<(), Failure> {
    let tokens = team.iter().map(|p| replica.token(p)).collect::<Result<Vec<_>, _>>()?;
    for _ in 0..sent.len() {
        let one = &sent[rng.below(sent.len() as u64) as usize];
        deliver(replica, &tokens[one.phone], &one.frame)?;
    }
    for one in sent {
        deliver(replica, &tokens[one.phone], &one.frame)?;
    }
    Ok(())
}

fn deliver(replica: &Local<'_>, token: &str, frame: &[u8]) -> Result<(), Failure> {
    let answer = replica.post(token, &[], frame)?;
    if answer.status == 200 { Ok(()) } else { Err(format!("{} {}", answer.status, answer.code()).into()) }
}

fn compare(pilot: &Local<'_>, replicas: &[Local<'_>], team: &[SimPhone]) -> Result<(), Failure> {
    let wanted = pilot.ground.books()?;
    if let Some((visit, code, _)) = wanted.quarantine.first() {
        return Err(format!("an honest change of {visit} is in quarantine: {code}").into());
    }
    for p in team {
        for listed in p.phone.visits() {
            let (here, there) = (p.phone.document(listed.visit)?, &wanted.documents[&listed.visit]);
            if here.heads() != there.heads() || rendered(&here)? != rendered(there)? {
                return Err(format!("phone and server differ in {}", listed.visit).into());
            }
        }
        if !wanted.missing(&p.ledger).is_empty() {
            return Err("an acknowledged change is lost".into());
        }
    }
    let projection = pilot.projection()?;
    for replica in replicas {
        let name = replica.state.db.name();
        let books = replica.ground.books()?;
        for (visit, doc) in &wanted.documents {
            let other = books.documents.get(visit).ok_or_else(|| format!("{name} lacks {visit}"))?;
            if doc.heads() != other.heads() || rendered(doc)? != rendered(other)? {
                return Err(format!("{visit} differs on {name}").into());
            }
        }
        if wanted.receipted() != books.receipted() || wanted.documents.len() != books.documents.len() {
            return Err(format!("other receipts or visits on {name}").into());
        }
        let other = replica.projection()?;
        if let Some((a, b)) = projection.iter().zip(&other).find(|(a, b)| a != b) {
            return Err(format!("projected otherwise on {name}:\n{a}\n{b}").into());
        }
        if projection.len() != other.len() {
            return Err(format!("{} projected rows, {} on {name}", projection.len(), other.len()).into());
        }
    }
    Ok(())
}
