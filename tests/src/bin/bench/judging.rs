//! How fast verdicts are: one after the other on one core, before work starts on a phone, and for every visit of a server
//! again.

use crate::quiet;
use crate::server::{Bench, Database, Size};
use countersign::load::{Fleet, record_visit};
use countersign_tests::{Failure, PASSWORD};
use serde_json::{Value, json};
use sim_phone::http::Api;
use sim_phone::{Clock, Seeded, SimPhone};
use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};
use sync_core::coverage::{Evidence, assess};
use sync_core::crypto::SoftwareKey;
use sync_core::document::facts::{Category, Mode};
use sync_core::document::view::VisitView;
use sync_core::env::Entropy as _;
use sync_core::ids::{CustomerId, VisitId};
use sync_core::phone::Question;

/// The reference data: so many customers, and so many contracts of each.
pub(crate) const REFERENCE: (usize, usize) = (1_000, 2);
/// Visits that the phone holds besides.
const HELD: usize = 100;
/// Phones of one round of seeding, and the visits of each: each is another engineer's, and an engineer's visits never
/// overlap.
const SEED: (usize, usize) = (20, 250);
/// Each round is so much earlier than the one before: in one place they would all be each other's repeated problems, which
/// is no hospital's year.
const ROUND_MS: i64 = 30 * 86_400_000;
/// Visits of a phone at least, where there are so many.
const LEAST: usize = 50;
/// A log-in is renewed well before it ends.
const LOG_IN: Duration = Duration::from_secs(5 * 60);
/// How often a run of judging again is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is told how far a run is.
const TELL: Duration = Duration::from_secs(10);

/// Verdicts one by one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdicts {
    /// Assessments of a typical visit (six work items) per second on one core, the record in memory.
    pub(crate) per_second: u64,
    /// The same with the record read from its document, its signatures checked and the other visits looked at: as a phone
    /// shows it.
    pub(crate) of_documents_per_second: u64,
    /// Before work starts, nothing recorded: the median, nanoseconds.
    pub(crate) advice_ns: u64,
    /// The slowest of them, nanoseconds.
    pub(crate) slowest_advice_ns: u64,
    /// How many customers were asked about.
    pub(crate) asked: usize,
}

/// A server with the large company.
fn large(binary: &Path, database: &Database, logins: Vec<String>, dir: &Path) -> Result<Bench, Failure> {
    let (hospitals, contracts) = REFERENCE;
    Bench::start(binary, database, &Size { logins, hospitals, contracts }, dir)
}

/// Verdicts by the reference data of a large company, as a phone got it from a server.
pub(crate) fn verdicts(binary: &Path, dir: &Path, quick: bool) -> Result<Verdicts, Failure> {
    let bench = large(binary, &Database::Sqlite, vec!["bench1".into()], dir)?;
    let mut phone = phone(&bench, "bench1")?;
    bench.end()?;
    let customers: Vec<_> = phone.phone.reference().customers.values().cloned().collect();
    let mut visits: Vec<VisitId> = Vec::new();
    for customer in customers.iter().take(HELD) {
        visits.push(record_visit(&mut phone, Some(customer))?);
    }
    let views: Vec<VisitView> = visits.iter().map(|v| phone.phone.view(*v)).collect::<Result<_, _>>()?;
    let span = Duration::from_millis(if quick { 200 } else { 3_000 });
    let (reference, nothing) = (phone.phone.reference(), Evidence::default());
    let per_second = rate(span, &views, |view| {
        std::hint::black_box(assess(view, reference, &nothing));
        Ok(())
    })?;
    let of_documents_per_second = rate(span, &visits, |visit| {
        std::hint::black_box(phone.phone.assess(*visit)?);
        Ok(())
    })?;
    let mut times = Vec::with_capacity(customers.len());
    for (customer, category) in customers.iter().zip(Category::ALL.iter().cycle()) {
        times.push(advice(&phone, customer.id, *category)?);
    }
    times.sort_unstable();
    Ok(Verdicts {
        per_second,
        of_documents_per_second,
        advice_ns: times.get(times.len() / 2).copied().unwrap_or(0),
        slowest_advice_ns: times.last().copied().unwrap_or(0),
        asked: times.len(),
    })
}

/// How long the phone thinks about this question, nanoseconds.
fn advice(phone: &SimPhone, customer: CustomerId, category: Category) -> Result<u64, Failure> {
    let question = Question { customer, category, mode: Mode::OnSite, asset: None, work_order: None };
    let began = Instant::now();
    std::hint::black_box(phone.phone.advice(&question, phone.clock.now()));
    Ok(u64::try_from(began.elapsed().as_nanos())?)
}

/// Times per second that `work` was done, over and over on all of `with`.
fn rate<T>(span: Duration, with: &[T], mut work: impl FnMut(&T) -> Result<(), Failure>) -> Result<u64, Failure> {
    let (began, mut done) = (Instant::now(), 0u128);
    while began.elapsed() < span {
        for one in with {
            work(one)?;
            done += 1;
        }
    }
    Ok(u64::try_from(done * 1_000_000_000 / began.elapsed().as_nanos().max(1))?)
}

/// A phone that has fetched the reference data, and is then without a network.
fn phone(bench: &Bench, login: &str) -> Result<SimPhone, Failure> {
    let mut rng = Seeded::new(0x1D6E);
    let mut secret = [0u8; 32];
    rng.fill(&mut secret);
    let key = SoftwareKey::from_seed(secret);
    let (api, _) = Api::new(&bench.server.base()).login(login, PASSWORD)?;
    let (identity, mut link) = api.enrol("the one that asks", &key)?;
    let clock = Clock::at(1_790_000_000_000, &mut rng);
    let mut phone = SimPhone::new(identity, key, clock, rng);
    if !phone.sync_until_quiet(&mut link, 1_000)? {
        return Err("the first sync did not come to an end".into());
    }
    let known = phone.phone.reference();
    let contracts: usize = known.contracts.values().map(std::collections::BTreeMap::len).sum();
    if known.customers.len() < REFERENCE.0 || contracts < REFERENCE.0 * REFERENCE.1 {
        return Err(format!("the phone got {} customers and {contracts} contracts", known.customers.len()).into());
    }
    Ok(phone)
}

/// A run of judging again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Again {
    /// Visits that were judged.
    pub(crate) total: i64,
    /// Of them with another verdict afterwards.
    pub(crate) changed: i64,
    /// From the moment they were put into the queue until the last one was judged, milliseconds.
    pub(crate) ms: i64,
    /// CPU time of the server process, microseconds.
    pub(crate) cpu_us: u64,
    /// Its peak memory, kB.
    pub(crate) peak_kb: u64,
}

/// Both runs on one database.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rejudged {
    /// Asked for by hand, with the reference data as it was: no verdict changes.
    pub(crate) same: Again,
    /// After a rule of the company was changed: every verdict changes.
    pub(crate) other: Again,
}

/// Has `visits` visits of a server judged again, twice.
pub(crate) fn rejudged(binary: &Path, database: &Database, dir: &Path, visits: usize) -> Result<Rejudged, Failure> {
    let name = database.name();
    let phones = visits.div_ceil(LEAST).clamp(1, SEED.0);
    let each = SEED.1.min(visits.div_ceil(phones)).max(1);
    let rounds = visits.div_ceil(phones * each).max(1);
    let logins = (0..rounds).flat_map(|r| (1..=phones).map(move |n| format!("r{r}-{n}"))).collect();
    let bench = large(binary, database, logins, dir)?;
    for round in 0..rounds {
        let left = visits.saturating_sub(round * phones * each).div_ceil(phones).clamp(1, each);
        let options = bench.options(phones, left, 100 + round as u64);
        let options = countersign::load::Options {
            login: format!("r{round}-{{}}"),
            begin_ms: options.begin_ms - i64::try_from(round)? * ROUND_MS,
            ..options
        };
        let report = Fleet::prepare(&options, &quiet)?.run(&quiet)?;
        if report.errors > 0 {
            return Err(format!("seeding: {:?}", report.faults).into());
        }
        println!("{name}: seeding, round {} of {rounds}: {} visits", round + 1, report.visits);
    }
    let office = Office::new(bench.server.base());
    // What the visits of the seeding did to each other's verdicts comes first.
    idle(&office)?;
    let same = run(&bench, &office, name, || bench.server.run_command(&["rejudge", "--reason", "bench"]).map(drop))?;
    if same.changed > 0 {
        // What the server had judged already was not what it judges by the same data.
        return Err(format!("{} of {} verdicts were stale", same.changed, same.total).into());
    }
    let file = bench.server.data().join("policy.json");
    // Each visit has more than an hour of work: now everybody works too long without a rest.
    let policy = json!({ "code": "default", "fatigue_minutes": 60 });
    std::fs::write(&file, json!({ "policies": [policy] }).to_string())?;
    let other =
        run(&bench, &office, name, || bench.server.run_command(&["import", &file.to_string_lossy()]).map(drop))?;
    bench.end()?;
    Ok(Rejudged { same, other })
}

/// Somebody of the company who looks at the runs, for longer than a log-in lasts.
struct Office {
    door: Api,
    inside: RefCell<Option<(Instant, Api)>>,
}

impl Office {
    fn new(base: String) -> Self {
        Self { door: Api::new(&base), inside: RefCell::new(None) }
    }

    fn api(&self) -> Result<Api, Failure> {
        let mut inside = self.inside.borrow_mut();
        if let Some((since, api)) = &*inside
            && since.elapsed() < LOG_IN
        {
            return Ok(api.clone());
        }
        let (api, _) = self.door.login("chen.zong", PASSWORD)?;
        *inside = Some((Instant::now(), api.clone()));
        Ok(api)
    }
}

/// The runs that the server knows, the newest first.
fn runs(office: &Office) -> Result<Vec<Value>, Failure> {
    let page = office.api()?.get("/api/v1/rejudgements?limit=500")?.ok()?;
    Ok(page["items"].as_array().ok_or("a list without items")?.clone())
}

/// Waits until nothing is left to judge.
fn idle(office: &Office) -> Result<(), Failure> {
    while runs(office)?.iter().any(|run| run["finished_ms"].is_null()) {
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Starts a run and waits for its end.
fn run(
    bench: &Bench,
    office: &Office,
    name: &str,
    start: impl FnOnce() -> Result<(), Failure>,
) -> Result<Again, Failure> {
    let before: Vec<Value> = runs(office)?.into_iter().map(|run| run["id"].clone()).collect();
    bench.reset_peak();
    let used = bench.usage()?;
    start()?;
    let mut told = Instant::now();
    loop {
        let found = runs(office)?.into_iter().find(|run| !before.contains(&run["id"]));
        let run = found.ok_or("nothing is judged again")?;
        let number = |field: &str| run[field].as_i64().unwrap_or(0);
        if run["finished_ms"].is_null() {
            if told.elapsed() > TELL {
                told = Instant::now();
                println!(
                    "{name}: {} of {} judged again, {} per minute, {} s to go",
                    number("done"),
                    number("total"),
                    number("per_minute"),
                    number("remaining_s")
                );
            }
            std::thread::sleep(LOOK);
            continue;
        }
        // What follows from it (visits that are judged by these) belongs to it.
        idle(office)?;
        let after = bench.usage()?;
        return Ok(Again {
            total: number("total"),
            changed: number("changed"),
            ms: number("finished_ms") - number("created_ms"),
            cpu_us: after.cpu_us - used.cpu_us,
            peak_kb: after.peak_kb,
        });
    }
}

/// Prints the verdicts as rows of a table.
pub(crate) fn print_verdicts(v: &Verdicts) {
    let (customers, contracts) = (REFERENCE.0, REFERENCE.0 * REFERENCE.1);
    println!(
        "\n| verdicts by {customers} customers and {contracts} contracts | target | measured |\n| --- | --- | --- |"
    );
    println!("| typical visits assessed per second, one core | – | {} |", v.per_second);
    println!("| the same from the document, as a phone shows it | – | {} |", v.of_documents_per_second);
    println!(
        "| before work starts, {} questions, {HELD} visits on the phone | < 50 ms | {} median, {} at most |",
        v.asked,
        ms(v.advice_ns),
        ms(v.slowest_advice_ns)
    );
    let line = json!({
        "assessments_per_second": v.per_second, "documents_assessed_per_second": v.of_documents_per_second,
        "advice_ns": v.advice_ns, "slowest_advice_ns": v.slowest_advice_ns,
    });
    println!("\n{line}");
}

fn ms(ns: u64) -> String {
    format!("{}.{:03} ms", ns / 1_000_000, ns / 1_000 % 1_000)
}

/// Prints the runs as rows of a table.
pub(crate) fn print_rejudged(database: &Database, r: &Rejudged) {
    println!(
        "\n| {}: judged again | visits/s | CPU per visit | peak RSS |\n| --- | --- | --- | --- |",
        database.name()
    );
    for (what, a) in [("verdicts stay", &r.same), ("verdicts change", &r.other)] {
        let (total, ms) = (a.total.unsigned_abs(), a.ms.unsigned_abs().max(1));
        println!(
            "| {} visits in {}.{:03} s, {what}: {} changed | {} | {} us | {} MB |",
            a.total,
            ms / 1_000,
            ms % 1_000,
            a.changed,
            total * 1_000 / ms,
            a.cpu_us.checked_div(total).unwrap_or(0),
            a.peak_kb / 1024
        );
    }
    let run = |a: &Again| json!({ "total": a.total, "changed": a.changed, "ms": a.ms, "cpu_us": a.cpu_us, "peak_kb": a.peak_kb });
    println!(
        "\n{}",
        json!({ "database": database.name(), "rejudged": { "same": run(&r.same), "other": run(&r.other) } })
    );
}
