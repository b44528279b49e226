//! When to try again, how long to wait before, and who may end the waiting.

use super::HttpOptions;
use super::wire::{Call, Cut, Reply, Wire};
use crate::error::{HostError, PhoneError};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often whoever waits is asked whether to go on.
const LOOK: Duration = Duration::from_millis(100);
/// What the waits between attempts grow from, and to.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const MOST_WAIT: Duration = Duration::from_secs(20);

/// How often and how patiently.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    attempts: u32,
    longest: Duration,
}

impl Policy {
    pub(super) fn new(options: &HttpOptions) -> Self {
        Self { attempts: options.attempts.max(1), longest: Duration::from_secs(u64::from(options.longest_wait_s)) }
    }
}

/// Who may end what takes long; asked without any lock held.
#[derive(Clone, Copy)]
pub(super) struct Watch<'a>(pub(super) Option<&'a (dyn Fn() -> Result<bool, HostError> + Sync)>);

impl Watch<'_> {
    /// # Errors
    /// `cancelled` when it is to end.
    fn go_on(&self) -> Result<(), PhoneError> {
        match self.0 {
            Some(ask) if !ask()? => Err(PhoneError::server("cancelled", &[])),
            _ => Ok(()),
        }
    }

    /// Waits, and looks up meanwhile.
    pub(super) fn pause(&self, how_long: Duration) -> Result<(), PhoneError> {
        let until = Instant::now() + how_long;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK));
            self.go_on()?;
        }
    }

    /// One attempt. Where somebody watches it runs on a thread of its own: ended, its answer is as good as lost, and any
    /// answer may be lost.
    fn attempt(&self, wire: &Wire, call: &Call) -> Result<Result<Reply, Cut>, PhoneError> {
        if self.0.is_none() {
            return Ok(wire.once(call));
        }
        let (tell, told) = channel();
        let (wire, call) = (wire.clone(), call.clone());
        std::thread::Builder::new()
            .name("countersign-http".into())
            .spawn(move || {
                // Nobody listens any more: it was ended.
                let _ = tell.send(wire.once(&call));
            })
            .map_err(|e| PhoneError::host(e.to_string()))?;
        loop {
            match told.recv_timeout(LOOK) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Timeout) => self.go_on()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(Err(Cut::Unreachable("the request broke off".into())));
                }
            }
        }
    }
}

/// Whether an answer asks for another attempt.
pub(super) fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 429 | 502 | 503 | 504)
}

/// The answer to `call`, after as many attempts as it takes. The last one may still say that the server is busy.
///
/// # Errors
/// `server_unreachable` after the last attempt; `server_untrusted`, `cancelled`.
pub(super) fn exchange(wire: &Wire, policy: Policy, call: &Call, watch: Watch<'_>) -> Result<Reply, PhoneError> {
    let mut attempt = 1;
    loop {
        let (failed, asked) = match watch.attempt(wire, call)? {
            Err(Cut::Untrusted(why)) => return Err(PhoneError::server("server_untrusted", &[("why", why)])),
            Err(Cut::Unreachable(why)) => (Err(PhoneError::server("server_unreachable", &[("why", why)])), 0),
            Ok(reply) if is_busy(reply.status) => {
                let asked = reply.retry_after_s.unwrap_or(0);
                (Ok(reply), asked)
            }
            Ok(reply) => return Ok(reply),
        };
        let wait = Duration::from_secs(asked).max(wait_before(attempt, random()));
        if attempt >= policy.attempts || wait > policy.longest {
            return failed;
        }
        watch.pause(wait)?;
        attempt += 1;
    }
}

/// Half a second, then twice as long each time, each of it half certain and half by chance, so that the phones of a whole
/// company do not come back at the same instant.
fn wait_before(attempt: u32, chance: u8) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(MOST_WAIT);
    whole / 2 + whole / 512 * u32::from(chance)
}

/// Nothing depends on its being secret.
fn random() -> u8 {
    let mut byte = [0u8];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_differ() {
        assert_eq!(wait_before(1, 0), Duration::from_millis(250));
        assert!(wait_before(1, 255) < Duration::from_millis(500) && wait_before(1, 255) > Duration::from_millis(490));
        assert_eq!(wait_before(3, 0), Duration::from_secs(1));
        assert_eq!(wait_before(400, 0), Duration::from_secs(10));
    }

    #[test]
    fn whoever_waits_can_be_called_off() {
        let asked = std::sync::atomic::AtomicU32::new(0);
        let ask = || Ok(asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2);
        let began = Instant::now();
        let ended = Watch(Some(&ask)).pause(Duration::from_secs(60)).unwrap_err();
        assert_eq!(ended.code(), "cancelled");
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
