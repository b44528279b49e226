//! Simulated phones against a running server: `countersign load`, and what the speed figures are measured with.
//!
//! What is measured is syncing, not recording: every change is made, signed and packed before the clock starts
//! ([`Fleet::prepare`]), and then all phones sync at once, each on a connection of its own ([`Fleet::run`]).

mod reconnect;
mod report;
mod visit;

pub use reconnect::{Reconnect, Round};
pub use report::{Progress, Report, Stored};
pub use visit::{CHANGES, record as record_visit};

use crate::failure::Failure;
use report::Meter;
use sim_phone::http::{Api, HttpLink, Traffic};
use sim_phone::{Clock, Link as _, LinkError, Seeded, SimPhone};
use std::sync::Barrier;
use std::time::Instant;
use sync_core::crypto::SoftwareKey;
use sync_core::phone::Identity;
use sync_core::reference::Customer;
use sync_core::sync::{Outcome, Request, Response, decode, encode};

/// Visits in one request: what a phone packs together at the end of a week without a network.
const PER_FRAME: usize = 50;
/// Visits of an engineer in a day of some nine hours. Nobody works on for weeks: a server would have to follow that far.
const PER_DAY: usize = 5;
/// The rest afterwards.
const NIGHT_MS: i64 = 13 * 3_600_000;
/// How often a request is sent again when the server cannot be reached or is overloaded.
const TRIES: usize = 20;
/// When the first visits begin unless something else is asked for: 1 September 2026, 08:00 in Shanghai.
pub const BEGIN_MS: i64 = 1_788_220_800_000;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server, such as `http://127.0.0.1:8090`.
    pub server: String,
    /// Who logs in; `{}` stands for the phone's number from 1, so that each phone can be another engineer's.
    pub login: String,
    /// Their password.
    pub password: String,
    /// How many phones.
    pub phones: usize,
    /// Visits of each phone (for [`Fleet::poll`]: requests of each phone).
    pub visits: usize,
    /// Where the repeatable randomness begins.
    pub seed: u64,
    /// When each phone's first visit begins, milliseconds since 1970 UTC; the others follow it.
    pub begin_ms: i64,
}

/// A frame that waits to be sent. The phone's signature is in it already; only its place in the feed is not.
struct Frame {
    request: Request,
}

/// A phone that is enrolled, with everything it will send.
struct Member {
    phone: usize,
    link: HttpLink,
    frames: Vec<Frame>,
    cursor: u64,
    epoch: u64,
}

/// Phones that are ready to sync.
pub struct Fleet {
    members: Vec<Member>,
}

/// Enrols the phone with number `n` and lets it fetch the reference data.
fn enrol(options: &Options, n: usize) -> Result<(SimPhone, HttpLink, Identity, SoftwareKey), Failure> {
    let login = options.login.replace("{}", &(n + 1).to_string());
    let told = |e: LinkError| Failure::new(format!("{login}: {e}"));
    let mut rng = Seeded::new(options.seed.wrapping_mul(0x9E37_79B9).wrapping_add(n as u64));
    // Keys and ids must be new in every run: the server may be an old one.
    let mut secret = [0u8; 32];
    getrandom::fill(&mut secret).map_err(|e| Failure::new(format!("no randomness: {e}")))?;
    let key = SoftwareKey::from_seed(secret);
    let (api, _) = Api::new(&options.server)
        .login(&login, &options.password)
        .map_err(|e| told(e).hint("does the server run, and does this engineer exist on it?"))?;
    let (identity, mut link) = api.enrol(&format!("load {n}"), &key).map_err(told)?;
    let mut fresh = [0u8; 8];
    getrandom::fill(&mut fresh).map_err(|e| Failure::new(format!("no randomness: {e}")))?;
    let _ = rng.next_u64();
    let mut ids = Seeded::new(u64::from_le_bytes(fresh));
    let clock = Clock::at(options.begin_ms, &mut ids);
    let mut phone = SimPhone::new(identity.clone(), key.clone(), clock, ids);
    match phone.sync_until_quiet(&mut link, 200) {
        Ok(true) => {}
        Ok(false) => return Err(Failure::new(format!("{login}: the first sync did not come to an end"))),
        Err(e) => return Err(Failure::new(format!("{login}: {e}"))),
    }
    // Visits are in the past; what the server said of the time now must not move them.
    phone.travel_to(options.begin_ms);
    link.traffic = Traffic::default();
    Ok((phone, link, identity, key))
}

fn customers(phone: &SimPhone) -> Vec<Customer> {
    phone.phone.reference().customers.values().cloned().collect()
}

fn pick<'a>(customers: &'a [Customer], phone: &mut SimPhone) -> Option<&'a Customer> {
    let n = phone.rng.below(customers.len() as u64);
    customers.get(usize::try_from(n).unwrap_or_default())
}

impl Member {
    fn prepare(options: &Options, n: usize, meter: &Meter) -> Result<Self, Failure> {
        let told = |e: &dyn std::fmt::Display| Failure::new(format!("phone {n}: {e}"));
        let (mut phone, link, identity, key) = enrol(options, n)?;
        let (cursor, known) = (phone.phone.cursor(), customers(&phone));
        let mut frames = Vec::new();
        let (mut left, mut done) = (options.visits, 0usize);
        while left > 0 {
            let some = left.min(PER_FRAME);
            for _ in 0..some {
                let customer = pick(&known, &mut phone).cloned();
                visit::record(&mut phone, customer.as_ref()).map_err(|e| told(&e))?;
                meter.add(1);
                done += 1;
                if done % PER_DAY == 0 {
                    phone.clock.advance_ms(NIGHT_MS);
                }
            }
            left -= some;
            let frame = phone.phone.signed_frame(phone.clock.now()).map_err(|e| told(&e))?;
            let request: Request = decode(&frame).map_err(|e| told(&e))?;
            if request.documents.len() != some {
                return Err(told(&"a frame does not hold all the visits that it should"));
            }
            frames.push(Frame { request });
            // The next frame's phone holds nothing of this one: thousands of documents need not be kept in memory.
            let (clock, rng) = (phone.clock.clone(), phone.rng.clone());
            phone = SimPhone::new(identity.clone(), key.clone(), clock, rng);
        }
        Ok(Self { phone: n, link, frames, cursor, epoch: 0 })
    }

    /// Sends everything; counts what the server confirmed.
    fn sync(&mut self, meter: &Meter, report: &mut Report) {
        for frame in std::mem::take(&mut self.frames) {
            let sent = frame.request.documents.len();
            match self.exchange(frame.request.clone(), report) {
                Ok(answer) => {
                    for up in &frame.request.documents {
                        let down = answer.documents.iter().find(|d| d.visit == up.visit);
                        if down.is_some_and(|d| d.outcome == Outcome::Merged && d.heads == up.heads) {
                            report.stored.push(Stored {
                                phone: self.phone,
                                visit: up.visit,
                                heads: up.heads.iter().map(|h| h.0).collect(),
                            });
                        } else {
                            report.fault(format!("visit {}: {:?}", up.visit, down.map(|d| d.outcome)));
                        }
                    }
                    meter.add(sent);
                    let mut more = answer.more;
                    while more {
                        more = match self.exchange(Request { documents: Vec::new(), ..frame.request.clone() }, report) {
                            Ok(answer) => answer.more,
                            Err(e) => {
                                report.fault(e.to_string());
                                false
                            }
                        };
                    }
                }
                Err(e) => report.fault(format!("phone {}: {e}", self.phone)),
            }
        }
    }

    fn exchange(&mut self, mut request: Request, report: &mut Report) -> Result<Response, LinkError> {
        request.cursor = self.cursor;
        request.epoch = self.epoch;
        let bytes = encode(&request);
        let mut tries = 0;
        let answer = loop {
            tries += 1;
            match self.link.exchange(&bytes) {
                Err(LinkError::Unreachable(_)) if tries < TRIES => {
                    report.retries += 1;
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                done => break done?,
            }
        };
        let answer: Response = decode(&answer).map_err(|_| LinkError::Lost("an answer that can be read"))?;
        (self.cursor, self.epoch) = (answer.cursor, answer.epoch);
        Ok(answer)
    }
}

impl Fleet {
    /// Enrols the phones and records what they will send.
    ///
    /// # Errors
    /// When the server refuses a log-in or a device, or a visit cannot be recorded.
    pub fn prepare(options: &Options, progress: &dyn Fn(Progress)) -> Result<Self, Failure> {
        let meter = Meter::new("recorded", options.phones * options.visits);
        // A few phones at a time: each holds its documents in memory while it records.
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(options.phones.max(1));
        let next = std::sync::atomic::AtomicUsize::new(0);
        let all = meter.watch(progress, || {
            std::thread::scope(|scope| {
                let work = || {
                    let mut done = Vec::new();
                    loop {
                        let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if n >= options.phones {
                            return Ok(done);
                        }
                        done.push(Member::prepare(options, n, &meter)?);
                    }
                };
                let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
                handles.into_iter().map(joined).collect::<Result<Vec<Vec<Member>>, Failure>>()
            })
        })?;
        let mut members: Vec<Member> = all.into_iter().flatten().collect();
        members.sort_by_key(|m| m.phone);
        Ok(Self { members })
    }

    /// Syncs with all phones at once.
    ///
    /// # Errors
    /// When a phone's thread died. What the server refused is in the report instead.
    pub fn run(mut self, progress: &dyn Fn(Progress)) -> Result<Report, Failure> {
        let visits = self.members.iter().flat_map(|m| &m.frames).map(|f| f.request.documents.len()).sum();
        let meter = Meter::new("synced", visits);
        let mut report = self.together(&meter, progress, |member, report| member.sync(&meter, report))?;
        report.visits = report.stored.len();
        Ok(report)
    }

    /// Asks for news, `times` times with each phone: what idle phones cost.
    ///
    /// # Errors
    /// As [`Fleet::run`].
    pub fn poll(mut self, times: usize, progress: &dyn Fn(Progress)) -> Result<Report, Failure> {
        let meter = Meter::new("polled", self.members.len() * times);
        self.together(&meter, progress, |member, report| {
            let Some(frame) = member.frames.pop() else { return };
            for _ in 0..times {
                let ask = Request { documents: Vec::new(), ..frame.request.clone() };
                if let Err(e) = member.exchange(ask, report) {
                    report.fault(e.to_string());
                }
                meter.add(1);
            }
        })
    }

    fn together(
        &mut self,
        meter: &Meter,
        progress: &dyn Fn(Progress),
        work: impl Fn(&mut Member, &mut Report) + Sync,
    ) -> Result<Report, Failure> {
        let barrier = Barrier::new(self.members.len() + 1);
        let (mut total, phones) = (Report::default(), self.members.len());
        total.phones = phones;
        let parts = meter.watch(progress, || {
            std::thread::scope(|scope| {
                let (barrier, work) = (&barrier, &work);
                let handles: Vec<_> = self
                    .members
                    .iter_mut()
                    .map(|member| {
                        scope.spawn(move || {
                            let mut report = Report::default();
                            barrier.wait();
                            work(member, &mut report);
                            report.traffic(member.link.traffic);
                            Ok(report)
                        })
                    })
                    .collect();
                barrier.wait();
                let began = Instant::now();
                let parts = handles.into_iter().map(joined).collect::<Result<Vec<Report>, Failure>>()?;
                Ok::<_, Failure>((parts, began.elapsed()))
            })
        });
        let (parts, wall) = parts?;
        for part in parts {
            total.add(part);
        }
        total.wall_us = u64::try_from(wall.as_micros()).unwrap_or(u64::MAX);
        Ok(total)
    }
}

fn joined<T>(handle: std::thread::ScopedJoinHandle<'_, Result<T, Failure>>) -> Result<T, Failure> {
    handle.join().map_err(|_| Failure::new("a simulated phone's thread died"))?
}
