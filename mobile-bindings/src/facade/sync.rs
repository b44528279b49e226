//! Sync as bytes in and out: the host owns the network.

use super::enrol::checked;
use super::known::Touched;
use super::{Phone, Ticket};
use crate::dto::{Frame, SyncReport, ToSign};
use crate::error::PhoneError;
use crate::host::{SyncObserver, Transport};
use std::sync::Arc;
use sync_core::phone::{self as engine, FrameDraft};

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// The next request for the server, signed: what it lacks, as far as the bounds allow, and what this phone wants to
    /// know. Making it changes nothing: any frame may be lost, cut, doubled or sent late.
    ///
    /// # Errors
    /// `document_unreadable`, `host_failed`, `writes_pending`.
    pub fn next_frame(&self) -> Result<Frame, PhoneError> {
        let draft = self.draft()?;
        let signature = draft.message().map(|m| self.device_signs(m)).transpose()?;
        Ok(sealed(draft, &signature.unwrap_or_default()))
    }

    /// The first half of [`Phone::next_frame`], for hosts that sign in their own time. An empty message needs no
    /// signature.
    ///
    /// # Errors
    /// As [`Phone::next_frame`].
    pub fn prepare_frame(&self) -> Result<ToSign, PhoneError> {
        let draft = self.draft()?;
        let message = draft.message().unwrap_or_default();
        Ok(ToSign { ticket: self.state()?.ticket(Ticket::Frame(Box::new(draft))), message })
    }

    /// The second half.
    ///
    /// # Errors
    /// `bad_signature`, also when the ticket is none, or was used.
    pub fn seal_frame(&self, ticket: u32, signature: Vec<u8>) -> Result<Frame, PhoneError> {
        let mut state = self.state()?;
        let Some(Ticket::Frame(draft)) = state.tickets.remove(&ticket) else {
            return Err(PhoneError::refused("bad_signature", &[]));
        };
        let signature = match draft.message() {
            Some(message) => checked(&state.engine()?.identity().key, &message, signature)?,
            None => vec![],
        };
        Ok(sealed(*draft, &signature))
    }

    /// Takes in the server's answer to a frame. On disk when this returns.
    ///
    /// # Errors
    /// `answer_unreadable`: nothing has changed then.
    pub fn receive(&self, answer: Vec<u8>) -> Result<SyncReport, PhoneError> {
        let now = self.host.stamp()?;
        let mut state = self.state()?;
        let staged = state.engine()?.receive(now, &answer)?;
        let report = state.commit(staged, vec![], &Touched::Nothing)?;
        state.waiting.uploads.heard(&report.awaited);
        if report.reference > 0 {
            state.forget(&Touched::All);
        } else {
            for visit in &report.news {
                state.forget(&Touched::Visit(*visit));
            }
        }
        Ok(report.into())
    }

    /// Rounds through `transport` until nothing is left to send or to ask for, at most `max_rounds`. Facts may be recorded
    /// meanwhile. When it fails or is ended, what was confirmed stays confirmed, and the next sync goes on from there.
    ///
    /// # Errors
    /// `host_failed` or the code that it gave when the transport or the observer failed; otherwise as [`Phone::next_frame`] and
    /// [`Phone::receive`].
    pub fn sync(
        &self,
        transport: Arc<dyn Transport>,
        observer: Option<Arc<dyn SyncObserver>>,
        max_rounds: u32,
    ) -> Result<SyncReport, PhoneError> {
        self.rounds(transport.as_ref(), observer.as_deref(), max_rounds)
    }
}

impl Phone {
    /// See [`Phone::sync`].
    pub(crate) fn rounds(
        &self,
        transport: &dyn Transport,
        observer: Option<&dyn SyncObserver>,
        max_rounds: u32,
    ) -> Result<SyncReport, PhoneError> {
        let mut total = SyncReport::none();
        for round in 0..max_rounds {
            let left = self.state()?.engine()?.unsynced_changes();
            if let Some(observer) = observer
                && !observer.progress(round, u32::try_from(left).unwrap_or(u32::MAX))?
            {
                total.cancelled = true;
                break;
            }
            let frame = self.next_frame()?;
            let answer = match transport.exchange(frame.bytes) {
                Ok(answer) => answer,
                Err(e) if e.is_cancelled() => {
                    total.cancelled = true;
                    break;
                }
                Err(e) => return Err(e.into()),
            };
            let one = self.receive(answer)?;
            let again = one.again;
            total.join(one);
            let state = self.state()?;
            if !again && frame.complete && state.engine()?.unsynced_changes() == 0 {
                break;
            }
        }
        Ok(total)
    }

    fn draft(&self) -> Result<FrameDraft, PhoneError> {
        let now = self.host.stamp()?;
        let state = self.state()?;
        if !state.disk.is_settled() {
            return Err(PhoneError::refused("writes_pending", &[]));
        }
        Ok(state.engine()?.frame(now)?)
    }
}

fn sealed(draft: engine::FrameDraft, signature: &[u8]) -> Frame {
    Frame {
        visits: u32::try_from(draft.documents()).unwrap_or(u32::MAX),
        complete: draft.is_complete(),
        bytes: draft.seal(signature),
    }
}
