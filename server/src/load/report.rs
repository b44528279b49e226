//! What a load run says while it runs and at its end.

use sim_phone::http::Traffic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use sync_core::ids::VisitId;

/// Faults that are kept with their text.
const MOST_FAULTS: usize = 20;
const EVERY: Duration = Duration::from_secs(1);

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is counted: `recorded`, `synced`, …
    pub what: &'static str,
    /// How many are done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
    /// How many a second so far.
    pub per_s: u64,
    /// Seconds that remain at this rate.
    pub remaining_s: u64,
}

/// A visit of which the server said that it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Which phone sent it, from 0.
    pub phone: usize,
    /// The visit.
    pub visit: VisitId,
    /// Its heads, as sent and as confirmed.
    pub heads: Vec<[u8; 32]>,
}

/// What came of it. Bytes are those of HTTP bodies as sent, compressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Phones.
    pub phones: usize,
    /// Visits that the server confirmed.
    pub visits: usize,
    /// From the start of the first to the end of the last phone, microseconds.
    pub wall_us: u64,
    /// Bytes up, bytes down and requests, all phones together.
    pub traffic: Traffic,
    /// Requests that were sent again.
    pub retries: u64,
    /// What went wrong: how often, and the first of them in words.
    pub errors: usize,
    /// The first errors in words.
    pub faults: Vec<String>,
    /// What the server confirmed, for checking afterwards.
    pub stored: Vec<Stored>,
}

impl Report {
    pub(super) fn fault(&mut self, what: String) {
        self.errors += 1;
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(what);
        }
    }

    pub(super) fn traffic(&mut self, t: Traffic) {
        self.traffic.up += t.up;
        self.traffic.down += t.down;
        self.traffic.requests += t.requests;
    }

    pub(super) fn add(&mut self, part: Self) {
        self.traffic(part.traffic);
        self.retries += part.retries;
        self.errors += part.errors;
        let room = MOST_FAULTS.saturating_sub(self.faults.len());
        self.faults.extend(part.faults.into_iter().take(room));
        self.stored.extend(part.stored);
    }

    /// `n` things in this run's time, a second.
    pub fn rate(&self, n: u64) -> u64 {
        n.saturating_mul(1_000_000).checked_div(self.wall_us).unwrap_or(0)
    }

    /// One line of JSON.
    pub fn to_json(&self, scenario: &str) -> String {
        let per_visit = |n: u64| n.checked_div(self.visits as u64);
        serde_json::json!({
            "scenario": scenario,
            "phones": self.phones,
            "visits": self.visits,
            "wall_ms": self.wall_us / 1000,
            "visits_per_s": self.rate(self.visits as u64),
            "requests_per_s": self.rate(self.traffic.requests),
            "round_trips": self.traffic.requests,
            "bytes_up": self.traffic.up,
            "bytes_down": self.traffic.down,
            "bytes_up_per_visit": per_visit(self.traffic.up),
            "bytes_down_per_visit": per_visit(self.traffic.down),
            "retries": self.retries,
            "errors": self.errors,
            "first_errors": self.faults,
        })
        .to_string()
    }
}

/// Counts, and tells about it every second.
pub(super) struct Meter {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
}

impl Meter {
    pub(super) fn new(what: &'static str, total: usize) -> Self {
        Self { what, total, done: AtomicUsize::new(0) }
    }

    pub(super) fn add(&self, n: usize) {
        self.done.fetch_add(n, Ordering::Relaxed);
    }

    /// Runs `work` on a thread and tells `progress` about it on this one.
    pub(super) fn watch<R: Send>(&self, progress: &dyn Fn(Progress), work: impl FnOnce() -> R + Send) -> R {
        let (over, began) = (AtomicBool::new(false), Instant::now());
        std::thread::scope(|scope| {
            let caller = std::thread::current();
            let over = &over;
            let handle = scope.spawn(move || {
                // Whatever happens in there, the caller must not wait for ever.
                let out = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
                over.store(true, Ordering::Release);
                caller.unpark();
                out
            });
            while !over.load(Ordering::Acquire) {
                std::thread::park_timeout(EVERY);
                progress(self.now(began));
            }
            match handle.join() {
                Ok(Ok(out)) => out,
                Ok(Err(panic)) | Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    fn now(&self, began: Instant) -> Progress {
        let done = self.done.load(Ordering::Relaxed);
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let per_s = (done as u64).saturating_mul(1000) / ms;
        let left = self.total.saturating_sub(done) as u64;
        let remaining_s = left.saturating_mul(ms).checked_div((done as u64).saturating_mul(1000)).unwrap_or(0);
        Progress { what: self.what, done, total: self.total, per_s, remaining_s }
    }
}
