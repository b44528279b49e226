//! What the phone knows and holds.

use super::Phone;
use super::known::Looked;
use crate::dto::*;
use crate::error::PhoneError;
use sync_core::canonical::to_canonical_json;
use sync_core::clock::Stamp;
use sync_core::document::view::VisitView;
use sync_core::ids::{CustomerId, VisitId};
use sync_core::phone as engine;
use sync_core::time;

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// The customers that this phone knows, by code.
    ///
    /// # Errors
    /// `not_enrolled`, `store_closed`.
    pub fn customers(&self) -> Result<Vec<Customer>, PhoneError> {
        let state = self.state()?;
        let mut all: Vec<Customer> = state.engine()?.reference().customers.values().map(Into::into).collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(all)
    }

    /// The people at a customer, as far as this phone may know them.
    ///
    /// # Errors
    /// `bad_id`, `not_enrolled`, `store_closed`.
    pub fn contacts(&self, customer: String) -> Result<Vec<Contact>, PhoneError> {
        let customer: CustomerId = id(&customer)?;
        let state = self.state()?;
        let known = &state.engine()?.reference().contacts;
        Ok(known.get(&customer).into_iter().flat_map(|c| c.values()).map(Into::into).collect())
    }

    /// What is installed at a customer, by code.
    ///
    /// # Errors
    /// `bad_id`, `not_enrolled`, `store_closed`.
    pub fn assets(&self, customer: String) -> Result<Vec<Asset>, PhoneError> {
        let customer: CustomerId = id(&customer)?;
        let state = self.state()?;
        let known = state.engine()?.reference().assets.values();
        let mut all: Vec<Asset> = known.filter(|a| a.customer == customer).map(Into::into).collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(all)
    }

    /// The work orders that this phone knows, the newest first.
    ///
    /// # Errors
    /// `not_enrolled`, `store_closed`.
    pub fn work_orders(&self) -> Result<Vec<WorkOrder>, PhoneError> {
        let state = self.state()?;
        let reference = state.engine()?.reference();
        let mut all: Vec<WorkOrder> = reference.work_orders.values().map(|w| WorkOrder::new(w, reference)).collect();
        all.sort_by(|a, b| (b.issued_at_ms, &a.code).cmp(&(a.issued_at_ms, &b.code)));
        Ok(all)
    }

    /// Every visit on this phone, the newest first, with its sync state and the phone's own verdict.
    ///
    /// # Errors
    /// `not_enrolled`, `store_closed`.
    pub fn visits(&self) -> Result<Vec<ListedVisit>, PhoneError> {
        self.lines(0, usize::MAX)
    }

    /// A part of [`Phone::visits`]: at most `count`, from the one that `skip` others precede. The verdict in a line is worked
    /// out from the visit's document, so whoever shows a part of a long list asks for that part.
    ///
    /// # Errors
    /// As [`Phone::visits`].
    pub fn some_visits(&self, skip: u32, count: u32) -> Result<Vec<ListedVisit>, PhoneError> {
        self.lines(skip as usize, count as usize)
    }

    /// The line of one visit in [`Phone::visits`]; none when this phone does not have it.
    ///
    /// # Errors
    /// As [`Phone::visits`]; `bad_id`.
    pub fn listed(&self, visit: String) -> Result<Option<ListedVisit>, PhoneError> {
        let visit: VisitId = id(&visit)?;
        let mut state = self.state()?;
        let wanted = state.engine()?.listed(visit);
        let looked = state.looked(wanted)?.pop();
        Ok(looked.map(|(listed, looked)| ListedVisit::new(listed, looked.advice)))
    }

    /// Everything that is recorded of a visit.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `document_unreadable`, `not_enrolled`, `store_closed`.
    pub fn visit(&self, visit: String) -> Result<Visit, PhoneError> {
        Ok(Visit::new(&visit, &self.viewed(&visit)?))
    }

    /// The same in canonical JSON (RFC 8785), with every value that phones wrote apart: equal bytes on every platform
    /// that has the same changes.
    ///
    /// # Errors
    /// As [`Phone::visit`].
    pub fn visit_json(&self, visit: String) -> Result<String, PhoneError> {
        Ok(to_canonical_json(&self.viewed(&visit)?).map_err(engine::PhoneError::from)?)
    }

    /// The visit's document as Automerge saves it, for other tools.
    ///
    /// # Errors
    /// As [`Phone::visit`].
    pub fn visit_document(&self, visit: String) -> Result<Vec<u8>, PhoneError> {
        Ok(self.state()?.engine()?.document(id(&visit)?)?.save())
    }

    /// The phone's own verdict on a visit; advisory, the server judges again.
    ///
    /// # Errors
    /// As [`Phone::visit`].
    pub fn assess(&self, visit: String) -> Result<Verdict, PhoneError> {
        (&self.state()?.engine()?.assess(id(&visit)?)?).try_into()
    }

    /// What the verdict would be if this work were begun now. Nothing is recorded.
    ///
    /// # Errors
    /// `bad_id`, `host_failed`, `not_enrolled`, `store_closed`.
    pub fn advice(&self, question: AdviceQuestion) -> Result<Verdict, PhoneError> {
        let question = question.try_into()?;
        let now = self.host.stamp()?;
        (&self.state()?.engine()?.advice(&question, now)).try_into()
    }

    /// Every timer that runs, of any engineer in any visit of this phone. What they count goes on while the app is dead
    /// and the phone is off.
    ///
    /// # Errors
    /// `host_failed`, `not_enrolled`, `store_closed`.
    pub fn running_timers(&self) -> Result<Vec<RunningTimer>, PhoneError> {
        let now = self.host.stamp()?;
        let mut state = self.state()?;
        let engine = state.engine()?;
        let may_run: Vec<engine::Listed> = engine.visits().into_iter().filter(|l| engine.may_run(l.visit)).collect();
        let looked = state.looked(may_run)?;
        let timers = |(listed, looked): (engine::Listed, Looked)| {
            looked.running.into_iter().map(move |(r, start)| running(listed.visit, &r, start, now))
        };
        Ok(looked.into_iter().flat_map(timers).collect())
    }

    /// What has not reached the server yet: changes, and photos' bytes.
    ///
    /// # Errors
    /// `not_enrolled`, `store_closed`.
    pub fn unsynced(&self) -> Result<Unsynced, PhoneError> {
        let state = self.state()?;
        let engine = state.engine()?;
        let waiting: Vec<engine::Listed> = engine.visits().into_iter().filter(|l| l.unsynced_changes > 0).collect();
        Ok(Unsynced {
            changes: held(engine.unsynced_changes()),
            since_ms: waiting.iter().filter_map(|l| l.unsynced_since_ms).min().map(held),
            visits: waiting.iter().map(|l| l.visit.to_string()).collect(),
            photos: state.waiting.photos.iter().map(|(sha256, p)| p.listed(sha256)).collect(),
        })
    }
}

impl Phone {
    fn lines(&self, skip: usize, count: usize) -> Result<Vec<ListedVisit>, PhoneError> {
        let mut state = self.state()?;
        let wanted = state.engine()?.visits().into_iter().skip(skip).take(count);
        let looked = state.looked(wanted)?;
        Ok(looked.into_iter().map(|(listed, looked)| ListedVisit::new(listed, looked.advice)).collect())
    }

    fn viewed(&self, visit: &str) -> Result<VisitView, PhoneError> {
        Ok(self.state()?.engine()?.view(id(visit)?)?)
    }
}

fn running(visit: VisitId, r: &time::Running, start: Stamp, now: Stamp) -> RunningTimer {
    let elapsed = start.mono_until(&now).unwrap_or_else(|| now.wall_ms.saturating_sub(r.from_ms));
    RunningTimer {
        visit: visit.to_string(),
        entry: r.entry.to_string(),
        kind: r.kind.into(),
        user: r.user.to_string(),
        item: r.item.map(|i| i.to_string()),
        from_ms: held(r.from_ms),
        elapsed_s: held(time::whole_seconds(elapsed.max(0))),
    }
}
