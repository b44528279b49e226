//! An engineer with a phone: told what to do at which local time.

use super::signature;
use super::weather::{Basement, Watched, Weather};
use crate::Failure;
use crate::company::Company;
use sim_phone::link::Faults;
use sim_phone::{Fault, FaultyLink, SimPhone};
use std::sync::Arc;
use sync_core::document::command::Command;
use sync_core::document::facts::{
    Category, ExpenseKind, ExpensePatch, ItemPatch, Lang, SignOffOutcome, Signer, TimeKind,
};
use sync_core::ids::{FactId, VisitId};
use sync_core::signoff::{Answer, Shown};
use sync_core::sync::VisitState;

/// Enough rounds for any of these phones on any of these networks.
const ROUNDS: usize = 200;

/// An engineer and their phone.
pub struct Actor {
    /// Log-in.
    pub login: &'static str,
    /// Name.
    pub name: String,
    /// The phone.
    pub phone: SimPhone,
    /// Its way to the server.
    pub link: Basement,
    /// Where the story's local times are.
    zone: &'static str,
    /// Whether the server has told this phone the time since it was last booted. What is recorded afterwards would be
    /// dated by the server's clock, months after the story.
    anchored: bool,
}

impl Actor {
    /// Enrols a phone for this engineer and lets it fetch the reference data, over a good network.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn enrol(company: &Company, login: &'static str, seed: u64, weather: &Arc<Weather>) -> Result<Self, Failure> {
        let (phone, link) = company.phone(login, seed, when("2026-09-19T08:00", "Asia/Shanghai")?)?;
        let name = phone.phone.identity().name.clone();
        let link = FaultyLink::new(Watched::new(link, weather.clone()), Faults::BASEMENT, seed);
        Ok(Self { login, name, phone, link, zone: "Asia/Shanghai", anchored: true })
    }

    /// From now on local times are those of `zone`.
    pub fn travel(&mut self, zone: &'static str) {
        self.zone = zone;
    }

    /// It is this local time now (`2026-09-21T22:40`).
    ///
    /// # Errors
    /// When that is no time.
    pub fn at(&mut self, local: &str) -> Result<(), Failure> {
        let wall_ms = when(local, self.zone)?;
        if self.anchored || wall_ms < self.phone.clock.wall_ms {
            self.phone.travel_to(wall_ms);
            self.anchored = false;
        } else {
            self.phone.clock.advance_to(wall_ms);
        }
        Ok(())
    }

    /// Begins a visit: under the id that the work order carries, or a fresh one.
    ///
    /// # Errors
    /// The phone's.
    pub fn begin(&mut self, ahead: Option<VisitId>, begin: Command) -> Result<VisitId, Failure> {
        match ahead {
            Some(visit) => {
                self.phone.record(visit, &[begin])?;
                Ok(visit)
            }
            None => Ok(self.phone.begin(begin)?),
        }
    }

    /// Records one fact.
    ///
    /// # Errors
    /// The phone's.
    pub fn record(&mut self, visit: VisitId, command: Command) -> Result<FactId, Failure> {
        Ok(self.phone.one(visit, command)?)
    }

    /// Adds a work item.
    ///
    /// # Errors
    /// The phone's.
    pub fn item(&mut self, visit: VisitId, category: Category, symptom: &str) -> Result<FactId, Failure> {
        let patch = ItemPatch { category: Some(category), symptom: Some(symptom.into()), ..ItemPatch::default() };
        self.record(visit, Command::AddItem(patch))
    }

    /// Says what was done about an item, and how it ended.
    ///
    /// # Errors
    /// The phone's.
    pub fn done(&mut self, visit: VisitId, item: FactId, action: &str, outcome: &str) -> Result<(), Failure> {
        let outcome = (!outcome.is_empty()).then(|| outcome.to_owned());
        let patch = ItemPatch { action: Some(action.into()), outcome, ..ItemPatch::default() };
        self.record(visit, Command::EditItem { item, patch })?;
        Ok(())
    }

    /// Runs a timer from one local time to another.
    ///
    /// # Errors
    /// The phone's.
    pub fn timer(
        &mut self,
        visit: VisitId,
        kind: TimeKind,
        item: Option<FactId>,
        from: &str,
        until: &str,
    ) -> Result<FactId, Failure> {
        self.at(from)?;
        let entry = self.record(visit, Command::StartTimer { kind, item })?;
        self.at(until)?;
        self.record(visit, Command::StopTimer { entry })?;
        Ok(entry)
    }

    /// Records an expense in yuan.
    ///
    /// # Errors
    /// The phone's.
    pub fn expense(&mut self, visit: VisitId, kind: ExpenseKind, yuan: i64, note: &str) -> Result<FactId, Failure> {
        let patch = ExpensePatch {
            kind: Some(kind),
            amount_minor: Some(yuan * 100),
            currency: Some("CNY".into()),
            note: Some(note.into()),
            removed: None,
        };
        self.record(visit, Command::AddExpense(patch))
    }

    /// Shows the visit as it is and records the customer's answer, with a drawn signature unless they refuse.
    ///
    /// # Errors
    /// The phone's.
    pub fn sign(
        &mut self,
        visit: VisitId,
        lang: Lang,
        signer: (&str, &str),
        outcome: SignOffOutcome,
        reason: &str,
    ) -> Result<Shown, Failure> {
        let shown = self.phone.show(visit, lang)?;
        let (name, position) = signer;
        let drawn = !matches!(outcome, SignOffOutcome::Refused | SignOffOutcome::NobodyPresent);
        let answer = Answer {
            outcome,
            reason: reason.to_owned(),
            signer: Signer::new(name, position),
            rating: None,
            strokes: drawn.then(|| signature::draw(name, &mut self.phone.rng)),
        };
        self.phone.sign(visit, &shown, &answer)?;
        Ok(shown)
    }

    /// How many changes are only on this phone.
    pub fn waiting(&self) -> u64 {
        self.phone.phone.unsynced_changes()
    }

    /// Tries until everything is with the server, and everything that the server has for this phone is here.
    ///
    /// # Errors
    /// When the server refuses, or does not answer for long.
    pub fn sync(&mut self) -> Result<(), Failure> {
        self.anchored = true;
        if self.phone.sync_until_quiet(&mut self.link, ROUNDS)? {
            // What the network still holds back arrives now: older than everything the server has.
            self.link.release();
            Ok(())
        } else {
            Err(format!("{}'s phone did not get through", self.name).into())
        }
    }

    /// As [`Actor::sync`], told from outside that the server may be away for a while.
    ///
    /// # Errors
    /// As [`Actor::sync`].
    pub fn sync_through(&mut self, patience: std::time::Duration) -> Result<(), Failure> {
        self.anchored = true;
        let since = std::time::Instant::now();
        while since.elapsed() < patience {
            if self.phone.sync_until_quiet(&mut self.link, 1)? {
                self.link.release();
                return Ok(());
            }
            // A phone waits between tries; so does this one, in the story's scale of time.
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        Err(format!("{}'s phone did not get through in {} s", self.name, patience.as_secs()).into())
    }

    /// What struck on this phone's way so far.
    pub fn struck(&self) -> Fault {
        self.link.struck
    }

    /// What the server and the managers said of a visit, as this phone shows it.
    pub fn told(&self, visit: VisitId) -> Option<VisitState> {
        self.phone.phone.visits().into_iter().find(|l| l.visit == visit)?.state
    }
}

/// A local time as an instant: milliseconds since 1970 UTC.
///
/// # Errors
/// When that is no time there.
pub fn when(local: &str, zone: &str) -> Result<i64, Failure> {
    let at: jiff::civil::DateTime = local.parse()?;
    Ok(at.in_tz(zone)?.timestamp().as_millisecond())
}
