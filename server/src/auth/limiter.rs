//! Slows down guessing. An attempt is counted before the password is looked at, so that many at once count as many,
//! and given back when it succeeds: fifty engineers behind one hospital's address do not lock each other out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

const WINDOW_MS: i64 = 15 * 60 * 1000;
const PER_LOGIN: u32 = 10;
const PER_PEER: u32 = 100;
/// More names than this are not remembered; the oldest windows go first.
const REMEMBERED: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Login(String),
    Peer(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Window {
    until_ms: i64,
    failures: u32,
}

/// Counts failed log-ins per name and per peer address.
#[derive(Clone, Debug, Default)]
pub struct Limiter {
    windows: Arc<Mutex<HashMap<Subject, Window>>>,
}

impl Limiter {
    /// Counts an attempt.
    ///
    /// # Errors
    /// The seconds to wait, when there were too many.
    pub fn attempt(&self, login: &str, peer: Option<IpAddr>, now_ms: i64) -> Result<(), u64> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now_ms);
        let subjects = subjects(login, peer);
        for (subject, limit) in &subjects {
            if let Some(w) = windows.get(subject)
                && w.until_ms > now_ms
                && w.failures >= *limit
            {
                return Err(u64::try_from(w.until_ms - now_ms).unwrap_or(0).div_ceil(1000));
            }
        }
        for (subject, _) in subjects {
            let fresh = Window { until_ms: now_ms + WINDOW_MS, failures: 0 };
            let window = windows.entry(subject).or_insert(fresh);
            if window.until_ms <= now_ms {
                *window = fresh;
            }
            window.failures += 1;
        }
        Ok(())
    }

    /// The seconds that `peer` has to wait, when it guessed too often. For what is looked up rather than logged in to.
    pub fn blocked(&self, peer: Option<IpAddr>, now_ms: i64) -> Option<u64> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get(&Subject::Peer(peer?)).filter(|w| w.until_ms > now_ms && w.failures >= PER_PEER)?;
        Some(u64::try_from(window.until_ms - now_ms).unwrap_or(0).div_ceil(1000))
    }

    /// `peer` asked for something that is not there.
    pub fn missed(&self, peer: Option<IpAddr>, now_ms: i64) {
        let Some(peer) = peer else { return };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now_ms);
        let fresh = Window { until_ms: now_ms + WINDOW_MS, failures: 0 };
        let window = windows.entry(Subject::Peer(peer)).or_insert(fresh);
        if window.until_ms <= now_ms {
            *window = fresh;
        }
        window.failures = window.failures.saturating_add(1);
    }

    /// The attempt succeeded: the name's count is forgotten, the peer gets its attempt back.
    pub fn success(&self, login: &str, peer: Option<IpAddr>) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for (subject, _) in subjects(login, peer) {
            match subject {
                Subject::Login(_) => {
                    windows.remove(&subject);
                }
                Subject::Peer(_) => {
                    if let Some(w) = windows.get_mut(&subject) {
                        w.failures = w.failures.saturating_sub(1);
                    }
                }
            }
        }
    }
}

fn make_room(windows: &mut HashMap<Subject, Window>, now_ms: i64) {
    if windows.len() >= REMEMBERED {
        windows.retain(|_, w| w.until_ms > now_ms);
    }
    while windows.len() >= REMEMBERED {
        let Some(oldest) = windows.iter().min_by_key(|(_, w)| w.until_ms).map(|(s, _)| s.clone()) else { break };
        windows.remove(&oldest);
    }
}

fn subjects(login: &str, peer: Option<IpAddr>) -> Vec<(Subject, u32)> {
    // A prefix is enough to count by, and bounds what is remembered of a name of a megabyte.
    let login: String = login.chars().take(64).collect();
    let mut subjects = vec![(Subject::Login(login), PER_LOGIN)];
    subjects.extend(peer.map(|ip| (Subject::Peer(ip), PER_PEER)));
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_close_a_name_for_the_window() {
        let limiter = Limiter::default();
        for _ in 0..PER_LOGIN {
            limiter.attempt("wang", None, 1000).unwrap();
        }
        assert_eq!(limiter.attempt("wang", None, 1000), Err(900));
        limiter.attempt("li", None, 1000).unwrap();
        limiter.attempt("wang", None, 1000 + WINDOW_MS).unwrap();
    }

    #[test]
    fn success_gives_the_attempt_back() {
        let limiter = Limiter::default();
        let peer = Some(IpAddr::from([10, 0, 0, 1]));
        for i in 0..1000 {
            let login = format!("user{i}");
            limiter.attempt(&login, peer, 1).unwrap();
            limiter.success(&login, peer);
        }
        for i in 0..PER_PEER {
            limiter.attempt(&format!("guess{i}"), peer, 1).unwrap();
        }
        assert!(limiter.attempt("another", peer, 1).is_err());
    }

    #[test]
    fn who_guesses_waits_until_the_window_ends() {
        let limiter = Limiter::default();
        let (one, other) = (Some(IpAddr::from([10, 0, 0, 1])), Some(IpAddr::from([10, 0, 0, 2])));
        for _ in 0..PER_PEER {
            assert_eq!(limiter.blocked(one, 1000), None);
            limiter.missed(one, 1000);
        }
        assert_eq!((limiter.blocked(one, 1000), limiter.blocked(other, 1000)), (Some(900), None));
        assert_eq!(limiter.blocked(one, 1000 + WINDOW_MS), None);
        for i in 0..REMEMBERED + 50 {
            limiter.missed(Some(IpAddr::from((i as u128).to_be_bytes())), 1);
        }
        assert!(limiter.windows.lock().unwrap().len() <= REMEMBERED);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = Limiter::default();
        for i in 0..REMEMBERED + 50 {
            limiter.attempt(&format!("u{i}"), None, 1).unwrap();
        }
        assert!(limiter.windows.lock().unwrap().len() <= REMEMBERED);
    }
}
