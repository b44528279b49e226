//! What you see is what you sign.

use super::enrol::checked;
use super::known::Touched;
use super::record::recorded;
use super::{Phone, Ticket};
use crate::dto::{Answer, Lang, Recorded, Shown, ToSign, id};
use crate::error::PhoneError;
use sync_core::ids::VisitId;
use sync_core::phone as engine;
use sync_core::signoff;

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// What to show for signing: the visit as it is now, in the signer's language.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `document_unreadable`.
    pub fn show(&self, visit: String, lang: Lang) -> Result<Shown, PhoneError> {
        let shown = self.state()?.engine()?.show(id(&visit)?, lang.into())?;
        Ok(Shown {
            visit,
            lang,
            summary_sha256: shown.summary_sha256(),
            text_sha256: shown.text_sha256(),
            text: shown.text,
            summary: shown.summary,
        })
    }

    /// Records how the customer answered what was shown: accepted, with reservations, refused, or nobody was there.
    /// Signed by the device's key, in the store or in the platform's hardware.
    ///
    /// # Errors
    /// `changed_since_shown`, `name_missing`, `reason_missing`, `too_long`, `bad_mail`, `bad_phone`, `bad_rating`,
    /// `nobody_present`, `host_failed`, `bad_signature`.
    pub fn sign_off(&self, shown: Shown, answer: Answer) -> Result<Recorded, PhoneError> {
        let to_sign = self.prepare_sign_off(shown, answer)?;
        let signature = self.device_signs(to_sign.message)?;
        self.finish_sign_off(to_sign.ticket, signature)
    }

    /// The first half of signing, for hosts that sign in their own time (WebCrypto): the message for the device's key.
    ///
    /// # Errors
    /// As [`Phone::sign_off`].
    pub fn prepare_sign_off(&self, shown: Shown, answer: Answer) -> Result<ToSign, PhoneError> {
        let visit: VisitId = id(&shown.visit)?;
        let mut moment = self.moment()?;
        let mut state = self.state()?;
        let now: signoff::Shown = state.engine()?.show(visit, shown.lang.into())?;
        if now.summary_sha256() != shown.summary_sha256 || now.text_sha256() != shown.text_sha256 {
            return Err(engine::PhoneError::ChangedSinceShown.into());
        }
        let draft = state.engine_mut()?.prepare_sign_off(visit, &now, &answer.into(), &mut moment.env())?;
        let message = draft.message().map_err(engine::PhoneError::from)?;
        Ok(ToSign { ticket: state.ticket(Ticket::SignOff(Box::new(draft))), message })
    }

    /// The second half: the signature over the message.
    ///
    /// # Errors
    /// `bad_signature`; `changed_since_shown` also when the ticket is none, or was used.
    pub fn finish_sign_off(&self, ticket: u32, signature: Vec<u8>) -> Result<Recorded, PhoneError> {
        let mut moment = self.moment()?;
        let mut state = self.state()?;
        let Some(Ticket::SignOff(draft)) = state.tickets.remove(&ticket) else {
            return Err(engine::PhoneError::ChangedSinceShown.into());
        };
        let message = draft.message().map_err(engine::PhoneError::from)?;
        let signature = checked(&state.engine()?.identity().key.clone(), &message, signature)?;
        let staged = state.engine_mut()?.finish_sign_off(*draft, &signature, &mut moment.env())?;
        recorded(state.commit(staged, vec![], &Touched::All)?)
    }
}

impl Phone {
    /// A signature by the device's key, wherever it is. The lock is not held while the platform signs.
    pub(super) fn device_signs(&self, message: Vec<u8>) -> Result<Vec<u8>, PhoneError> {
        let key = {
            let state = self.state()?;
            let public = state.engine()?.identity().key.clone();
            match &state.software_key {
                Some(key) if key.public() == public => return Ok(key.sign(&message).to_vec()),
                _ => public,
            }
        };
        self.platform_signs(&key, message).map_err(|e| match e.code() {
            "bad_signature" => PhoneError::refused("device_key_differs", &[]),
            _ => e,
        })
    }
}
