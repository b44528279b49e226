//! The results beside their targets.

#![expect(clippy::float_arithmetic, reason = "figures for people; nothing is decided by them")]

use crate::floor::Floor;
use crate::workload::{W, W2};

/// What was measured on one database.
#[derive(Default)]
pub(crate) struct Results {
    /// Which.
    pub(crate) database: &'static str,
    /// The floor, before the first and after each round of W.
    pub(crate) floors: Vec<Floor>,
    /// The floor on plain documents, as often.
    pub(crate) plain_floors: Vec<Floor>,
    /// Rounds of W.
    pub(crate) w: Vec<W>,
    /// W with other numbers of phones and visits.
    pub(crate) shapes: Vec<W>,
    /// W2, by the number of known visits.
    pub w2: Vec<W2>,
}

impl Results {
    /// Confirmed visits that were not there after the kill, in all runs.
    pub(crate) fn lost(&self) -> usize {
        self.all().map(W::lost).sum()
    }
    /// What the phones complained about, in all runs.
    pub(crate) fn errors(&self) -> usize {
        self.all().map(|w| w.report.errors).sum()
    }
    fn all(&self) -> impl Iterator<Item = &W> {
        self.w.iter().chain(&self.shapes)
    }
    fn median(&self, f: impl Fn(&W) -> u64) -> u64 {
        median(self.w.iter().map(f).collect())
    }
    /// CPU of W per visit against a floor.
    fn against(&self, floor: &Floor) -> f64 {
        ratio(self.median(W::cpu_per_visit) * 1000, floor.total())
    }
}

/// The one in the middle.
fn middle(floors: &[Floor]) -> Floor {
    let mut floors = floors.to_vec();
    floors.sort_by_key(Floor::total);
    floors.get(floors.len() / 2).copied().unwrap_or_default()
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { f64::NAN } else { a as f64 / b as f64 }
}

fn ms(us: u64) -> String {
    format!("{:.2} ms", us as f64 / 1000.0)
}

fn per_visit(w: &W, n: u64) -> u64 {
    n.checked_div(w.report.visits as u64).unwrap_or(0)
}

/// One run in one line.
pub(crate) fn line(w: &W) -> String {
    let r = &w.report;
    format!(
        "{} visits/s, {} CPU per visit, {} B up and {} B down per visit, {} round trips, {} MB at most, {} errors; \
         after SIGKILL {} of {} there",
        r.rate(r.visits as u64),
        ms(w.cpu_per_visit()),
        per_visit(w, r.traffic.up),
        per_visit(w, r.traffic.down),
        r.traffic.requests,
        w.peak_kb / 1024,
        r.errors,
        w.found,
        r.stored.len(),
    )
}

/// The spread of CPU per visit over runs, as percent around their middle.
fn spread(values: &[u64]) -> String {
    let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) else { return "–".into() };
    format!("±{:.0} %", (max - min) as f64 * 100.0 / (max + min) as f64)
}

/// Prints the table.
pub(crate) fn print(r: &Results) {
    let (own, plain) = (middle(&r.floors), middle(&r.plain_floors));
    let us = |ns: u64| format!("{:.0}", ns as f64 / 1000.0);
    println!();
    for (name, f) in [("our own documents", own), ("plain documents of 427 operations", plain)] {
        println!(
            "floor per visit on {name}, us CPU: unpack {}, verify {}, load {}, read {}, save {}, store {} = {}; {} B of \
             changes, {} B saved",
            us(f.unpack),
            us(f.verify),
            us(f.load),
            us(f.read),
            us(f.save),
            us(f.store),
            us(f.total()),
            f.raw_bytes,
            f.saved_bytes
        );
    }
    let row = |what: &str, minimum: &str, target: &str, measured: String| {
        println!("| {what} | {minimum} | {target} | {measured} |");
    };
    println!("\n| {} | minimum | target | measured |\n| --- | --- | --- | --- |", r.database);
    row("W, visits/s", "–", "–", r.median(|w| w.report.rate(w.report.visits as u64)).to_string());
    row("CPU per visit", "–", "–", ms(r.median(W::cpu_per_visit)));
    row("CPU per visit against the floor on plain documents", "4×", "≤ 2×", format!("{:.2}×", r.against(&plain)));
    row("CPU per visit against the floor on our own documents", "–", "–", format!("{:.2}×", r.against(&own)));
    row("bytes up per visit", "3,500", "≤ 2,100", r.median(|w| per_visit(w, w.report.traffic.up)).to_string());
    row("bytes down per visit", "–", "–", r.median(|w| per_visit(w, w.report.traffic.down)).to_string());
    row("round trips, all phones", "–", "–", r.median(|w| w.report.traffic.requests).to_string());
    row("peak RSS in W", "80 MB", "≤ 40 MB", format!("{} MB", r.median(|w| w.peak_kb) / 1024));
    if !r.shapes.is_empty() {
        let mut all: Vec<u64> = r.shapes.iter().map(W::cpu_per_visit).collect();
        all.push(r.median(W::cpu_per_visit));
        let of: Vec<String> = r
            .shapes
            .iter()
            .map(|w| format!("{} phones, {} visits: {}", w.report.phones, w.report.visits, ms(w.cpu_per_visit())))
            .collect();
        row("CPU per visit over sizes", "±25 %", "±10 %", format!("{} ({})", spread(&all), of.join("; ")));
    }
    for w2 in &r.w2 {
        row(
            &format!("W2, {} known", w2.known),
            "1 round trip, ≤ 1,000 B",
            "≤ 600 B both ways",
            format!(
                "{} round trip, {} B up + {} B down, {}, {} CPU",
                w2.round_trips,
                w2.up,
                w2.down,
                ms(w2.median_us),
                ms(w2.cpu_us)
            ),
        );
    }
    let cpu: Vec<u64> = r.w2.iter().map(|w| w.cpu_us).collect();
    row("W2, server CPU over known visits", "–", "±10 %", spread(&cpu));
    let confirmed: usize = r.all().map(|w| w.report.stored.len()).sum();
    row("confirmed visits lost to SIGKILL", "0", "0", format!("{} of {confirmed}", r.lost()));
    println!(
        "\nCPU and RSS are the server process's own (/proc/PID/stat, VmHWM). Stored means: after SIGKILL at \"all \
         synced\" and a new start, a phone enrolled just then got every confirmed visit through its own gate, with the \
         confirmed heads.\n"
    );
}

/// The same as one line of JSON.
pub(crate) fn json(r: &Results) -> String {
    let (own, plain) = (middle(&r.floors), middle(&r.plain_floors));
    let shape = |w: &W| {
        serde_json::json!({
            "phones": w.report.phones, "visits": w.report.visits, "cpu_us_per_visit": w.cpu_per_visit(),
            "visits_per_s": w.report.rate(w.report.visits as u64), "peak_kb": w.peak_kb,
        })
    };
    let w2 = |w: &W2| {
        serde_json::json!({
            "known": w.known, "median_us": w.median_us, "bytes_up": w.up, "bytes_down": w.down,
            "round_trips": w.round_trips, "cpu_us": w.cpu_us,
        })
    };
    serde_json::json!({
        "database": r.database,
        "rounds": r.w.len(),
        "visits_per_s": r.median(|w| w.report.rate(w.report.visits as u64)),
        "cpu_us_per_visit": r.median(W::cpu_per_visit),
        "plain_floor_ns_per_visit": plain.total(),
        "cpu_against_plain_floor": r.against(&plain),
        "own_floor_ns_per_visit": own.total(),
        "cpu_against_own_floor": r.against(&own),
        "bytes_up_per_visit": r.median(|w| per_visit(w, w.report.traffic.up)),
        "bytes_down_per_visit": r.median(|w| per_visit(w, w.report.traffic.down)),
        "round_trips": r.median(|w| w.report.traffic.requests),
        "peak_kb": r.median(|w| w.peak_kb),
        "shapes": r.shapes.iter().map(shape).collect::<Vec<_>>(),
        "w2": r.w2.iter().map(w2).collect::<Vec<_>>(),
        "confirmed": r.all().map(|w| w.report.stored.len()).sum::<usize>(),
        "lost": r.lost(),
        "errors": r.errors(),
    })
    .to_string()
}
