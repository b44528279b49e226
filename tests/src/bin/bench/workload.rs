//! W, W2, and the proof that what was confirmed is stored.

use crate::quiet;
use crate::server::{Bench, Database, Size};
use countersign::load::{Fleet, Reconnect, Report, Stored};
use countersign_tests::{Failure, PASSWORD};
use sim_phone::http::Api;
use sim_phone::{Clock, Seeded, SimPhone};
use std::collections::BTreeMap;
use std::path::Path;
use sync_core::crypto::SoftwareKey;
use sync_core::env::Entropy as _;

/// One run of W.
#[derive(Clone, Debug)]
pub(crate) struct W {
    /// What the phones saw.
    pub(crate) report: Report,
    /// CPU time of the server process while they synced, microseconds.
    pub(crate) cpu_us: u64,
    /// Peak memory of the server process while they synced, kB.
    pub(crate) peak_kb: u64,
    /// Confirmed visits that a fresh phone found afterwards with the same heads.
    pub(crate) found: usize,
}

impl W {
    /// CPU time per visit, microseconds.
    pub(crate) fn cpu_per_visit(&self) -> u64 {
        self.cpu_us.checked_div(self.report.visits as u64).unwrap_or(0)
    }

    /// Confirmed visits that were not found.
    pub(crate) fn lost(&self) -> usize {
        self.report.stored.len() - self.found
    }
}

/// Runs W with `phones` phones of `visits` visits on a fresh server; then kills it with SIGKILL the moment the last phone has
/// its answer, starts it again on the same data, and counts what it holds.
pub(crate) fn w(binary: &Path, database: &Database, dir: &Path, phones: usize, visits: usize) -> Result<W, Failure> {
    let mut bench = Bench::start(binary, database, &Size::of(phones), dir)?;
    let fleet = Fleet::prepare(&bench.options(phones, visits, 7), &quiet)?;
    bench.reset_peak();
    let before = bench.usage()?;
    let report = fleet.run(&quiet)?;
    let after = bench.usage()?;
    bench.server.kill();
    bench.server.run()?;
    let found = found(&bench.server.base(), &report.stored)?;
    bench.end()?;
    for fault in &report.faults {
        eprintln!("  {fault}");
    }
    Ok(W { report, cpu_us: after.cpu_us - before.cpu_us, peak_kb: after.peak_kb, found })
}

/// How many of the confirmed visits a phone that was enrolled just now for the same engineer gets from the server, change
/// by change through its own gate, with exactly the heads that were confirmed.
fn found(server: &str, stored: &[Stored]) -> Result<usize, Failure> {
    let mut of_phone: BTreeMap<usize, Vec<&Stored>> = BTreeMap::new();
    for s in stored {
        of_phone.entry(s.phone).or_default().push(s);
    }
    let mut found = 0;
    for (n, expected) in of_phone {
        let mut rng = Seeded::new(0x00C0_FFEE ^ n as u64);
        let mut secret = [0u8; 32];
        rng.fill(&mut secret);
        let key = SoftwareKey::from_seed(secret);
        let (api, _) = Api::new(server).login(&format!("bench{}", n + 1), PASSWORD)?;
        let (identity, mut link) = api.enrol("the one that looks", &key)?;
        let clock = Clock::at(1_790_000_000_000, &mut rng);
        let mut phone = SimPhone::new(identity, key, clock, rng);
        if !phone.sync_until_quiet(&mut link, 10_000)? {
            return Err("the phone that looks did not come to an end".into());
        }
        for stored in expected {
            let Ok(document) = phone.phone.document(stored.visit) else { continue };
            found += usize::from(document.heads().iter().map(|h| h.0).eq(stored.heads.iter().copied()));
        }
    }
    Ok(found)
}

/// W2 with one number of known visits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct W2 {
    /// Visits that the phone and the server know.
    pub(crate) known: usize,
    /// Median from the request to the answer taken in, microseconds.
    pub(crate) median_us: u64,
    /// The most bytes of a request's body, compressed.
    pub(crate) up: u64,
    /// The most bytes of an answer's body.
    pub(crate) down: u64,
    /// The most requests of one reconnection.
    pub(crate) round_trips: u64,
    /// CPU time of the server process per reconnection, microseconds.
    pub(crate) cpu_us: u64,
}

/// Runs W2 with each number of known visits, the rounds taken in turns so that the machine's moods meet all alike.
pub(crate) fn w2(
    binary: &Path,
    database: &Database,
    dir: &Path,
    known: &[usize],
    rounds: usize,
) -> Result<Vec<W2>, Failure> {
    /// Reconnections between two looks at the server's clock, which has ticks of 10 ms.
    const BLOCK: usize = 50;
    let mut phones = Vec::new();
    for visits in known {
        let bench = Bench::start(binary, database, &Size::of(1), dir)?;
        let phone = Reconnect::prepare(&bench.options(1, *visits, 11), &quiet)?;
        phones.push((*visits, bench, phone, Vec::new(), 0u64));
    }
    for block in 0..rounds.div_ceil(BLOCK) {
        for (_, bench, phone, seen, cpu) in &mut phones {
            let before = bench.usage()?;
            for n in 0..BLOCK {
                seen.push(phone.round(block * BLOCK + n)?);
            }
            *cpu += bench.usage()?.cpu_us - before.cpu_us;
        }
    }
    let mut out = Vec::new();
    for (known, bench, _, mut seen, cpu) in phones {
        bench.end()?;
        seen.sort_by_key(|r| r.us);
        out.push(W2 {
            known,
            median_us: seen.get(seen.len() / 2).map_or(0, |r| r.us),
            up: seen.iter().map(|r| r.traffic.up).max().unwrap_or(0),
            down: seen.iter().map(|r| r.traffic.down).max().unwrap_or(0),
            round_trips: seen.iter().map(|r| r.traffic.requests).max().unwrap_or(0),
            cpu_us: cpu.checked_div(seen.len() as u64).unwrap_or(0),
        });
    }
    Ok(out)
}
