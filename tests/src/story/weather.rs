//! The network between the phones and the server, and what happens to the server meanwhile: every phone comes back
//! from the basement at once, and the server is killed under them.

use super::actor::Actor;
use crate::{Failure, ServerProcess};
use sim_phone::http::HttpLink;
use sim_phone::{FaultyLink, Link, LinkError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A link with a hospital basement's faults, over one whose requests are counted.
pub type Basement = FaultyLink<Watched>;

/// How long phones try before the story gives up.
const PATIENCE: Duration = Duration::from_secs(90);

/// Counts what really reached the server's door, over all phones.
#[derive(Debug, Default)]
pub struct Weather {
    seen: Mutex<Seen>,
    changed: Condvar,
    /// Requests that found nobody, or whose connection broke.
    pub broken: AtomicU64,
}

/// What has been counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that were answered: the server has committed what they carried.
    pub answered: u64,
}

impl Weather {
    fn count(&self, add: impl Fn(&mut Seen)) {
        add(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// The counts now.
    pub fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the counts are so, at most `patience`. True when they are.
    pub fn wait(&self, patience: Duration, enough: impl Fn(Seen) -> bool) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(seen, patience, |seen| !enough(*seen));
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }
}

/// A link whose requests are counted.
pub struct Watched {
    inner: HttpLink,
    weather: Arc<Weather>,
}

impl Watched {
    /// Counts `inner`'s requests in `weather`.
    pub fn new(inner: HttpLink, weather: Arc<Weather>) -> Self {
        Self { inner, weather }
    }
    /// What went over it.
    pub fn traffic(&self) -> sim_phone::http::Traffic {
        self.inner.traffic
    }
}

impl Link for Watched {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.weather.count(|s| s.sent += 1);
        let answer = self.inner.exchange(request);
        match &answer {
            Ok(_) => self.weather.count(|s| s.answered += 1),
            Err(LinkError::Unreachable(_)) => {
                self.weather.broken.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => {}
        }
        answer
    }

    fn cut(&mut self, request: &[u8], at: usize) {
        self.inner.cut(request, at);
    }
}

/// Something that happened in the storm.
#[derive(Clone, Debug)]
pub struct Event {
    /// Since it began.
    pub at: Duration,
    /// What.
    pub what: String,
}

/// All phones sync at once, each in a thread of its own; the server is killed (SIGKILL) while a request is under way,
/// started again, killed once more as soon as it has acknowledged something, and started again.
///
/// # Errors
/// When a phone does not get through, or the server does not start again.
pub fn storm(actors: &mut [Actor], server: &mut ServerProcess, weather: &Weather) -> Result<Vec<Event>, Failure> {
    let began = Instant::now();
    let mut events = Vec::new();
    std::thread::scope(|scope| {
        let phones: Vec<_> = actors
            .iter_mut()
            .map(|actor| {
                scope.spawn(move || {
                    let done = actor.sync_through(PATIENCE);
                    (actor.name.clone(), began.elapsed(), done)
                })
            })
            .collect();
        let tell = |what: String| Event { at: began.elapsed(), what };
        let before = weather.seen();
        let mut kill = |server: &mut ServerProcess, why: &str| -> Result<(), Failure> {
            server.kill();
            let dead = Instant::now();
            events.push(tell(format!("SIGKILL: the server is dead, {why}")));
            // Long enough for phones to find nobody there.
            std::thread::sleep(Duration::from_millis(150));
            server.run()?;
            let broken = weather.broken.load(Ordering::Relaxed);
            let ms = dead.elapsed().as_millis();
            events.push(tell(format!("it serves again after {ms} ms; {broken} requests had found nobody there")));
            Ok(())
        };
        // Some phones have got through by then, and others are in the middle of it.
        weather.wait(Duration::from_secs(5), |s| s.sent >= before.sent + 3 && s.sent > s.answered);
        kill(server, "in the middle of the phones' requests")?;
        let between = weather.seen();
        if weather.wait(Duration::from_secs(20), |s| s.answered > between.answered) {
            kill(server, "right after it had acknowledged a phone's changes")?;
        }
        for phone in phones {
            let (name, at, done) = phone.join().map_err(|_| "a phone's thread panicked")?;
            done?;
            events.push(Event { at, what: format!("{name}'s phone has everything with the server") });
        }
        Ok::<(), Failure>(())
    })?;
    events.sort_by_key(|e| e.at);
    Ok(events)
}
