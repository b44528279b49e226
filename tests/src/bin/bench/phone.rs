//! The phone's side, through the facade that apps use: how long a cold start takes, a fact, a sync frame, and how much
//! memory the engine holds. On a store of its own on the disk that `--dir` names, against a real server.

use countersign_core::{
    BeginVisit, Category, HttpOptions, HttpTransport, ItemPatch, LinuxClock, Phone, TimeKind, Transport as _,
};
use countersign_tests::{Company, Failure, PASSWORD, ServerProcess};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The visits that lie in the store.
const VISITS: usize = 1_000;

/// What was measured.
struct Measured {
    visits: usize,
    /// Opening the store and listing its visits, each time in a new process.
    cold_start: Vec<Duration>,
    /// Resident memory of those processes: before the store was opened, after, and at most.
    memory_kb: [u64; 3],
    /// One note in one visit, durable when the call returns.
    fact: Vec<Duration>,
    /// Building the frame while one visit of all has something new.
    one: Vec<Duration>,
    one_bytes: usize,
    /// Building all frames while every visit is new to the server.
    all: Vec<Duration>,
    all_bytes: usize,
    store_bytes: u64,
}

/// Measures, and prints the table.
pub(crate) fn run(binary: &Path, dir: &Path, quick: bool) -> Result<(), Failure> {
    let visits = if quick { VISITS / 10 } else { VISITS };
    println!("a phone with {visits} visits");
    print(&measure(binary, tempfile::tempdir_in(dir)?.path(), visits, quick)?);
    Ok(())
}

fn open(path: &Path) -> Result<Arc<Phone>, Failure> {
    Ok(Phone::open(path.to_string_lossy().into_owned(), vec![7; 32], LinuxClock::new(), None, None)?)
}

fn measure(binary: &Path, dir: &Path, visits: usize, quick: bool) -> Result<Measured, Failure> {
    let company = Company::found(ServerProcess::new(binary, &dir.join("data"), &[])?)?;
    let path = dir.join("phone.db");
    let phone = open(&path)?;
    let http = HttpTransport::new(phone.clone(), company.server.base(), Some(HttpOptions::default()))?;
    http.log_in("wang.jianguo".into(), PASSWORD.into())?;
    http.enrol("the bench's phone".into())?;
    http.sync(None, 50)?;
    let hospital = phone.customers()?.into_iter().next().ok_or("no customer")?.id;
    let mut last = String::new();
    for n in 0..visits {
        last = phone.begin_visit(BeginVisit { customer: Some(hospital.clone()), ..BeginVisit::default() })?.visit;
        let work = ItemPatch {
            category: Some(Category::Database),
            symptom: Some(format!("数据库无法启动 {n}")),
            action: Some("清理归档日志并重启实例".into()),
            ..ItemPatch::default()
        };
        let item = phone.add_item(last.clone(), work)?.fact;
        let timer = phone.start_timer(last.clone(), TimeKind::Labour, Some(item))?.fact;
        phone.stop_timer(last.clone(), timer)?;
    }

    let (mut all, mut all_bytes) = (Vec::new(), 0);
    while phone.unsynced()?.changes > 0 {
        let began = Instant::now();
        let frame = phone.next_frame()?;
        all.push(began.elapsed());
        all_bytes += frame.bytes.len();
        phone.receive(http.exchange(frame.bytes)?)?;
    }
    http.sync(None, 50)?;

    let (times, mut fact) = (if quick { 20 } else { 200 }, Vec::new());
    for n in 0..times {
        let began = Instant::now();
        phone.add_note(last.clone(), format!("note {n}"), None)?;
        fact.push(began.elapsed());
    }
    http.sync(None, 50)?;
    phone.add_note(last, "the one that is new".into(), None)?;
    let (mut one, mut one_bytes) = (Vec::new(), 0);
    for _ in 0..times {
        let began = Instant::now();
        let frame = phone.next_frame()?;
        one.push(began.elapsed());
        one_bytes = frame.bytes.len();
    }
    http.sync(None, 50)?;
    drop(http);
    phone.shut_down();

    let mut cold_start = Vec::new();
    let mut memory_kb = [0; 3];
    for _ in 0..if quick { 1 } else { 5 } {
        let mut starting = Command::new(std::env::current_exe()?);
        let output = output_of(starting.arg("--server-binary").arg(binary).arg("--at-rest").arg(&path))?;
        let numbers: Vec<u64> = output.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [us, found, before, after, peak] = numbers[..] else { return Err(output.as_str().into()) };
        if found != visits as u64 {
            return Err(format!("{found} of {visits} visits are there").into());
        }
        cold_start.push(Duration::from_micros(us));
        memory_kb = [before, after, peak];
    }
    let store_bytes = std::fs::metadata(&path)?.len();
    Ok(Measured { visits, cold_start, memory_kb, fact, one, one_bytes, all, all_bytes, store_bytes })
}

fn output_of(command: &mut Command) -> Result<String, Failure> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// The process that only starts: says how many microseconds that took, how many visits there are, and its memory in kB.
pub(crate) fn at_rest(path: &Path) -> Result<(), Failure> {
    let [before, _] = memory()?;
    let began = Instant::now();
    let phone = open(path)?;
    let visits = phone.visits()?;
    let took = began.elapsed().as_micros();
    let found = visits.len();
    drop(visits);
    let [after, peak] = memory()?;
    println!("{took} {found} {before} {after} {peak}");
    Ok(())
}

/// This process's resident memory now and at most, kB.
fn memory() -> Result<[u64; 2], Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let of = |name: &str| -> Option<u64> {
        status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    };
    Ok([of("VmRSS:").ok_or("no VmRSS")?, of("VmHWM:").ok_or("no VmHWM")?])
}

fn print(m: &Measured) {
    let ms = |d: Duration| format!("{}.{:02} ms", d.as_micros() / 1000, d.as_micros() % 1000 / 10);
    let spread = |times: &[Duration]| {
        let mut times = times.to_vec();
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
        format!("{} (median; {} at 99 % of {})", ms(at(50)), ms(at(99)), times.len())
    };
    println!("\n| a phone, {} visits in its store | measured |\n| --- | --- |", m.visits);
    println!("| cold start: a new process opens the store and lists the visits | {} |", spread(&m.cold_start));
    println!("| one fact, on disk when the call returns | {} |", spread(&m.fact));
    println!("| sync frame, 1 visit of {} | {}, {} B |", m.visits, spread(&m.one), m.one_bytes);
    let whole: Duration = m.all.iter().sum();
    println!(
        "| sync frames, {0} visits of {0} | {1} in {2} frames, {3} B |",
        m.visits,
        ms(whole),
        m.all.len(),
        m.all_bytes
    );
    let [before, after, peak] = m.memory_kb;
    println!(
        "| memory at rest | {} kB more than before it was opened ({after} kB in all, {peak} kB at most) |",
        after.saturating_sub(before)
    );
    println!("| the store's file | {} kB |\n", m.store_bytes / 1024);
}
