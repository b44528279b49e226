//! The host of a simulated phone: its disk, its clocks, and a ledger of what it told its user.

use crate::link::{Link, LinkError};
use crate::world::{Clock, Seeded};
use std::collections::BTreeMap;
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::Lang;
use sync_core::env::Env;
use sync_core::ids::{FactId, VisitId};
use sync_core::phone::{Acknowledged, Identity, Phone, PhoneError, Staged, SyncReport, Uploads, Write};
use sync_core::signoff::{Answer, Shown};

/// A change that this phone told its user was safe.
pub type Ledger = Vec<(VisitId, [u8; 32])>;

/// A phone without glass.
pub struct SimPhone {
    /// The engine.
    pub phone: Phone,
    /// Its clocks.
    pub clock: Clock,
    /// Its randomness.
    pub rng: Seeded,
    /// Everything it ever acknowledged.
    pub ledger: Ledger,
    pub(crate) disk: BTreeMap<String, Vec<u8>>,
    pub(crate) uploads: Uploads,
    key: SoftwareKey,
}

/// Why a round of syncing failed.
#[derive(Debug)]
pub enum SyncError {
    /// The link failed; the phone keeps everything and tries again.
    Link(LinkError),
    /// The phone could not make a frame or read the answer.
    Phone(PhoneError),
}

impl std::fmt::Display for SyncError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Link(e) => e.fmt(f),
            Self::Phone(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for SyncError {}

impl SimPhone {
    /// A freshly enrolled phone.
    pub fn new(identity: Identity, key: SoftwareKey, clock: Clock, rng: Seeded) -> Self {
        let (phone, writes) = Phone::enrol(identity, Some(key.clone()));
        let (disk, uploads) = (BTreeMap::new(), Uploads::default());
        let mut this = Self { phone, clock, rng, ledger: Vec::new(), disk, uploads, key };
        this.write(writes);
        this
    }

    pub(crate) fn write(&mut self, writes: Vec<Write>) {
        for write in writes {
            match write {
                Write::Put(key, value) => {
                    self.disk.insert(key, value);
                }
                Write::Delete(key) => {
                    self.disk.remove(&key);
                }
            }
        }
    }

    fn commit<T>(&mut self, mut staged: Staged<T>) -> T {
        // First the disk, then the engine, then the user.
        let writes = std::mem::take(&mut staged.writes);
        self.write(writes);
        self.phone.commit(staged)
    }

    fn acknowledge(&mut self, staged: Staged<Acknowledged>) -> Acknowledged {
        let ack = self.commit(staged);
        self.ledger.push((ack.visit, ack.change));
        ack
    }

    /// Begins a new visit.
    ///
    /// # Errors
    /// The engine's.
    pub fn begin(&mut self, begin: Command) -> Result<VisitId, PhoneError> {
        let mut env = Env { now: self.clock.now(), entropy: &mut self.rng };
        let staged = self.phone.begin(&mut env, begin)?;
        Ok(self.acknowledge(staged).visit)
    }

    /// Records commands as one change and returns the facts they wrote.
    ///
    /// # Errors
    /// The engine's.
    pub fn record(&mut self, visit: VisitId, commands: &[Command]) -> Result<Vec<FactId>, PhoneError> {
        let mut env = Env { now: self.clock.now(), entropy: &mut self.rng };
        let staged = self.phone.record(visit, &mut env, commands)?;
        Ok(self.acknowledge(staged).facts)
    }

    /// Records one command.
    ///
    /// # Errors
    /// The engine's.
    pub fn one(&mut self, visit: VisitId, command: Command) -> Result<FactId, PhoneError> {
        let facts = self.record(visit, &[command])?;
        facts.first().copied().ok_or(PhoneError::Command(sync_core::document::command::CommandError::Empty))
    }

    /// What the customer is shown.
    ///
    /// # Errors
    /// The engine's.
    pub fn show(&self, visit: VisitId, lang: Lang) -> Result<Shown, PhoneError> {
        self.phone.show(visit, lang)
    }

    /// The customer answers what was shown.
    ///
    /// # Errors
    /// The engine's.
    pub fn sign(&mut self, visit: VisitId, shown: &Shown, answer: &Answer) -> Result<FactId, PhoneError> {
        let mut env = Env { now: self.clock.now(), entropy: &mut self.rng };
        let staged = self.phone.sign_off(visit, shown, answer, &mut env)?;
        let ack = self.acknowledge(staged);
        Ok(ack.facts[0])
    }

    /// One round with the server.
    ///
    /// # Errors
    /// See [`SyncError`]; the phone is then as it was.
    pub fn sync_once(&mut self, link: &mut dyn Link) -> Result<SyncReport, SyncError> {
        let frame = self.phone.signed_frame(self.clock.now()).map_err(SyncError::Phone)?;
        let answer = link.exchange(&frame).map_err(SyncError::Link)?;
        let staged = self.phone.receive(self.clock.now(), &answer).map_err(SyncError::Phone)?;
        let report = self.commit(staged);
        self.uploads.heard(&report.awaited);
        Ok(report)
    }

    /// Rounds until nothing is left to send or to ask for, at most `rounds`. True when it got there.
    /// Link failures are tried again; refusals and broken answers are not.
    ///
    /// # Errors
    /// See [`SyncError`].
    pub fn sync_until_quiet(&mut self, link: &mut dyn Link, rounds: usize) -> Result<bool, SyncError> {
        for _ in 0..rounds {
            match self.sync_once(link) {
                Ok(report) if !report.again && self.phone.unsynced_changes() == 0 => return Ok(true),
                Ok(_) | Err(SyncError::Link(LinkError::Lost(_) | LinkError::Unreachable(_))) => {}
                Err(e) => return Err(e),
            }
            self.clock.advance_ms(250);
        }
        Ok(false)
    }

    /// The app is killed and opened again: all that is left is the disk.
    ///
    /// # Errors
    /// When the disk does not read.
    pub fn restart(&mut self) -> Result<(), sync_core::phone::OpenError> {
        let records = self.disk.clone();
        self.phone = Phone::open(records, Some(self.key.clone()))?;
        self.reopen_uploads();
        Ok(())
    }

    /// The story moves to another time: the phone is booted anew and its wall clock says `wall_ms`. What the server
    /// said about the time in an earlier boot no longer counts, so the story's time is what is recorded.
    pub fn travel_to(&mut self, wall_ms: i64) {
        self.clock.reboot(0, &mut self.rng);
        self.clock.set_wall(wall_ms);
    }

    /// What is on the phone's disk, for a backup.
    pub fn disk(&self) -> BTreeMap<String, Vec<u8>> {
        self.disk.clone()
    }

    /// The phone is restored from a backup of its disk.
    ///
    /// # Errors
    /// When the backup does not read.
    pub fn restore(&mut self, disk: BTreeMap<String, Vec<u8>>) -> Result<(), sync_core::phone::OpenError> {
        self.disk = disk;
        self.restart()
    }
}
