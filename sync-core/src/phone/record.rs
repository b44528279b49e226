//! Recording facts and signing, staged until they are on disk.

use super::entry::Entry;
use super::{Effect, Phone, PhoneError, Staged};
use crate::document::command::Command;
use crate::document::facts::{CustomerRef, SignOff};
use crate::document::write::{Recorded, record, record_sign_off};
use crate::env::Env;
use crate::ids::{FactId, VisitId};
use crate::signoff::{self, Answer, Draft, Shown};

/// What the user is told once a fact is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The visit.
    pub visit: VisitId,
    /// The fact that each command wrote.
    pub facts: Vec<FactId>,
    /// The change's hash.
    pub change: [u8; 32],
}

impl Phone {
    /// Records commands as one change of a visit. With `visit` unknown to this phone, the first command must be
    /// [`Command::Begin`]: a new visit, one that a work order names ahead of time, or one scanned from another phone.
    ///
    /// # Errors
    /// See [`PhoneError`]; nothing is staged then.
    pub fn record(
        &mut self,
        visit: VisitId,
        env: &mut Env<'_>,
        commands: &[Command],
    ) -> Result<Staged<Acknowledged>, PhoneError> {
        env.now = self.stamp(env.now);
        let entry = match self.visits.get(&visit) {
            Some(entry) => entry.clone(),
            None if matches!(commands.first(), Some(Command::Begin { .. })) => Entry::default(),
            None => return Err(PhoneError::UnknownVisit(visit)),
        };
        let mut author = self.author(env);
        if let Some(Command::Begin { customer: CustomerRef::Listed(id), .. }) = commands.first() {
            author.time_zone = self.reference.customers.get(id).map(|c| c.time_zone.clone());
        }
        let mut doc = entry.document()?;
        let recorded = record(&mut doc, visit, &author, env, commands)?;
        Ok(Self::stage(visit, entry, doc, recorded, env.now.wall_ms))
    }

    /// Begins a new visit under a fresh id.
    ///
    /// # Errors
    /// As [`Phone::record`].
    pub fn begin(&mut self, env: &mut Env<'_>, begin: Command) -> Result<Staged<Acknowledged>, PhoneError> {
        let visit = VisitId(env.uuid7());
        self.record(visit, env, &[begin])
    }

    /// Prepares a sign-off of what was shown; the platform signs [`Draft::message`].
    ///
    /// # Errors
    /// [`PhoneError::ChangedSinceShown`] when the visit moved on since.
    pub fn prepare_sign_off(
        &mut self,
        visit: VisitId,
        shown: &Shown,
        answer: &Answer,
        env: &mut Env<'_>,
    ) -> Result<Draft, PhoneError> {
        env.now = self.stamp(env.now);
        if self.document(visit)?.heads() != shown.heads {
            return Err(PhoneError::ChangedSinceShown);
        }
        let author = self.author(env);
        Ok(signoff::prepare(visit, shown, answer, &author, self.alg(), env)?)
    }

    /// Records a prepared sign-off with the platform's signature.
    ///
    /// # Errors
    /// As [`Phone::record`].
    pub fn finish_sign_off(
        &mut self,
        draft: Draft,
        signature: &[u8],
        env: &mut Env<'_>,
    ) -> Result<Staged<Acknowledged>, PhoneError> {
        let (id, sign_off, strokes): (FactId, SignOff, Option<Vec<u8>>) = draft.finish(signature);
        let visit = sign_off.visit;
        let entry = self.entry(visit)?.clone();
        let author = self.author(env);
        let mut doc = entry.document()?;
        let recorded = record_sign_off(&mut doc, &author, env, id, &sign_off, strokes.as_deref())?;
        Ok(Self::stage(visit, entry, doc, recorded, env.now.wall_ms))
    }

    /// Both steps at once, for phones whose key is in software.
    ///
    /// # Errors
    /// [`PhoneError::HostSigns`] when it is not.
    pub fn sign_off(
        &mut self,
        visit: VisitId,
        shown: &Shown,
        answer: &Answer,
        env: &mut Env<'_>,
    ) -> Result<Staged<Acknowledged>, PhoneError> {
        let key = self.software_key.clone().ok_or(PhoneError::HostSigns)?;
        let draft = self.prepare_sign_off(visit, shown, answer, env)?;
        let signature = key.sign(&draft.message()?);
        self.finish_sign_off(draft, &signature, env)
    }

    fn stage(
        visit: VisitId,
        mut entry: Entry,
        doc: crate::document::Document,
        recorded: Recorded,
        wall_ms: i64,
    ) -> Staged<Acknowledged> {
        entry.meta.unsynced += 1;
        entry.meta.unsynced_since_ms.get_or_insert(wall_ms);
        let change = recorded.change.hash().0;
        let writes = entry.advance(visit, doc, &[recorded.change.raw_bytes().to_vec()]);
        let effect = Effect { entries: vec![(visit, entry)], ..Effect::default() };
        Staged { writes, effect, ack: Acknowledged { visit, facts: recorded.facts, change } }
    }
}
