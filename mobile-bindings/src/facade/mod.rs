//! The facade: one object, [`Phone`], whose calls are plain functions over plain data.
//!
//! Every call that records something first stages it in the engine, then writes it to the disk in one durable step, and
//! only then lets the engine and the caller know (invariant 1). Callbacks of the host are called before the lock is taken.

mod enrol;
mod known;
mod lists;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod photos;
mod record;
mod rescue;
mod sign;
mod sync;
#[cfg(test)]
mod tests;
#[cfg(not(target_arch = "wasm32"))]
mod tokens;
mod uploads;

use self::known::Touched;
use crate::disk::Disk;
use crate::error::PhoneError;
use crate::expand::Expanded;
use crate::host::Host;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use sync_core::clock::Stamp;
use sync_core::crypto::SoftwareKey;
use sync_core::env::Env;
use sync_core::phone::{self as engine, FrameDraft, Staged, Write};
use sync_core::signoff::Draft;
use zeroize::Zeroizing;

/// Where the device's secret key is kept when the platform holds none.
const DEVICE_KEY: &str = "k/device";

/// One phone: its store and the whole offline engine over it.
#[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Object))]
pub struct Phone {
    host: Host,
    state: Mutex<State>,
    /// Held by whoever renews the device's tokens.
    #[cfg(not(target_arch = "wasm32"))]
    renewing: Mutex<()>,
}

/// What the lock protects.
pub(crate) struct State {
    disk: Box<dyn Disk>,
    /// `None` before the enrolment.
    engine: Option<engine::Phone>,
    /// The device's secret, where it is in the store.
    software_key: Option<SoftwareKey>,
    /// Photos and files of unsent work that wait for the server.
    waiting: Waiting,
    /// The device's tokens, where the ready-made transport is used.
    #[cfg(not(target_arch = "wasm32"))]
    session: Option<crate::http::session::Session>,
    known: known::Known,
    closed: bool,
    /// What waits for the platform's signature.
    tickets: BTreeMap<u32, Ticket>,
    next_ticket: u32,
}

/// What the facade itself keeps beside the engine.
#[derive(Default)]
struct Waiting {
    photos: BTreeMap<String, photos::Pending>,
    uploads: engine::Uploads,
    carried: BTreeMap<String, rescue::Carrying>,
}

impl Waiting {
    fn take(&mut self, sha256: String, pending: photos::Pending) {
        self.uploads.add(&sha256, pending.size);
        self.photos.insert(sha256, pending);
    }
}

enum Ticket {
    SignOff(Box<Draft>),
    Frame(Box<FrameDraft>),
    Enrolment(Box<enrol::Claim>),
    Export(Box<rescue::Export>),
}

/// The clocks and the randomness of one call, drawn before the lock is taken.
pub(crate) struct Moment {
    now: Stamp,
    entropy: Expanded,
}

impl Moment {
    fn env(&mut self) -> Env<'_> {
        Env { now: self.now, entropy: &mut self.entropy }
    }
}

/// The number of tickets that wait before the oldest are forgotten: a host that never signs must not fill the memory.
const MOST_TICKETS: usize = 16;

impl Phone {
    pub(crate) fn over(disk: Box<dyn Disk>, host: Host) -> Result<Self, PhoneError> {
        let mut state = State {
            disk,
            engine: None,
            software_key: None,
            waiting: Waiting::default(),
            #[cfg(not(target_arch = "wasm32"))]
            session: None,
            known: known::Known::new(),
            closed: false,
            tickets: BTreeMap::new(),
            next_ticket: 1,
        };
        state.read()?;
        Ok(Self {
            host,
            state: Mutex::new(state),
            #[cfg(not(target_arch = "wasm32"))]
            renewing: Mutex::new(()),
        })
    }

    fn moment(&self) -> Result<Moment, PhoneError> {
        Ok(Moment { now: self.host.stamp()?, entropy: Expanded::new(self.host.secret()?) })
    }

    /// The state, usable: after a failure of the disk it is read anew first.
    fn state(&self) -> Result<MutexGuard<'_, State>, PhoneError> {
        // A call that panicked has staged and not committed: the state is as it was before it.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(PhoneError::store("store_closed", &[]));
        }
        if !state.disk.is_open() {
            state.disk.reopen()?;
            state.read()?;
        }
        Ok(state)
    }
}

impl State {
    /// Reads everything from the disk.
    fn read(&mut self) -> Result<(), PhoneError> {
        let records = self.disk.load()?;
        let seed = records.iter().find(|(name, _)| name == DEVICE_KEY).map(|(_, value)| Zeroizing::new(value.clone()));
        self.software_key = match seed {
            None => None,
            Some(seed) => {
                let seed: [u8; 32] = seed
                    .as_slice()
                    .try_into()
                    .map_err(|_| PhoneError::store("store_damaged", &[("what", DEVICE_KEY.into())]))?;
                Some(SoftwareKey::from_seed(seed))
            }
        };
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.session = tokens::read(&records);
        }
        self.waiting = Waiting { carried: rescue::read(&records)?, ..Waiting::default() };
        for (sha256, pending) in photos::read(&records)? {
            self.waiting.take(sha256, pending);
        }
        self.tickets.clear();
        self.known.clear();
        self.engine = match engine::Phone::open(records, self.software_key.clone()) {
            Ok(engine) => Some(engine),
            Err(engine::OpenError::NotEnrolled) => None,
            Err(e) => return Err(e.into()),
        };
        Ok(())
    }

    fn engine(&self) -> Result<&engine::Phone, PhoneError> {
        self.engine.as_ref().ok_or_else(|| PhoneError::refused("not_enrolled", &[]))
    }

    fn engine_mut(&mut self) -> Result<&mut engine::Phone, PhoneError> {
        self.engine.as_mut().ok_or_else(|| PhoneError::refused("not_enrolled", &[]))
    }

    /// First the disk, then the engine, then the caller. `more` is the facade's own, in the same step.
    fn commit<T>(&mut self, mut staged: Staged<T>, more: Vec<Write>, touched: &Touched) -> Result<T, PhoneError> {
        let mut writes = std::mem::take(&mut staged.writes);
        writes.extend(more);
        self.disk.write(&writes)?;
        let ack = self.engine_mut()?.commit(staged);
        self.forget(touched);
        Ok(ack)
    }

    fn ticket(&mut self, what: Ticket) -> u32 {
        while self.tickets.len() >= MOST_TICKETS {
            self.tickets.pop_first();
        }
        let number = self.next_ticket;
        self.next_ticket = self.next_ticket.wrapping_add(1);
        self.tickets.insert(number, what);
        number
    }
}
