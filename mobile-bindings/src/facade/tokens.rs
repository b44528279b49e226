//! The device's tokens in the store, for the ready-made transport.

use super::Phone;
use crate::dto::{EnrolmentRequest, Identity, id};
use crate::error::PhoneError;
use crate::http::session::Session;
use std::sync::{MutexGuard, TryLockError};
use sync_core::ids::UserId;
use sync_core::phone::{Write, from_json};

/// Where they are kept.
const SESSION: &str = "t/session";

/// The tokens that the store holds. What cannot be read is as good as none: the engineer logs in again.
pub(super) fn read(records: &[(String, Vec<u8>)]) -> Option<Session> {
    let (_, value) = records.iter().find(|(name, _)| name == SESSION)?;
    from_json(value).ok()
}

fn write(session: Option<&Session>) -> Write {
    match session {
        Some(session) => Write::Put(SESSION.into(), serde_json::to_vec(session).unwrap_or_default()),
        None => Write::Delete(SESSION.into()),
    }
}

impl Phone {
    /// The device's tokens.
    pub(crate) fn session(&self) -> Result<Option<Session>, PhoneError> {
        Ok(self.state()?.session.clone())
    }

    /// Keeps the device's tokens, or forgets them. On disk when this returns.
    pub(crate) fn keep_session(&self, session: Option<Session>) -> Result<(), PhoneError> {
        let mut state = self.state()?;
        state.disk.write(&[write(session.as_ref())])?;
        state.session = session;
        Ok(())
    }

    /// The right to renew the tokens; `None` while somebody else does.
    pub(crate) fn renewal(&self) -> Option<MutexGuard<'_, ()>> {
        match self.renewing.try_lock() {
            Ok(right) => Some(right),
            Err(TryLockError::Poisoned(right)) => Some(right.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// As [`Phone::begin_enrolment`]; on a phone that is enrolled already it asks for the same device again.
    pub(crate) fn enrolment(&self, user: &str, device_name: String) -> Result<EnrolmentRequest, PhoneError> {
        let Some(known) = self.identity()? else { return self.begin_enrolment(user.to_owned(), device_name) };
        if known.user != user {
            return Err(PhoneError::refused("enrolled_for_another", &[("name", known.name)]));
        }
        let user: UserId = id(user)?;
        let key = self.state()?.engine()?.identity().key.clone();
        let proof = self.device_signs(super::enrol::challenge(user, &key))?;
        Ok(super::enrol::request(&device_name, &key, &proof))
    }

    /// As [`Phone::finish_enrolment`], with the device's tokens in the same durable step.
    pub(crate) fn enrolled(
        &self,
        user: String,
        engineer_name: String,
        device: String,
        session: Session,
    ) -> Result<Identity, PhoneError> {
        match self.identity()? {
            None => {
                let identity = self.finish(user, engineer_name, device, vec![write(Some(&session))])?;
                self.state()?.session = Some(session);
                Ok(identity)
            }
            Some(known) if known.device == device => {
                self.keep_session(Some(session))?;
                Ok(known)
            }
            Some(known) => Err(PhoneError::refused("enrolled_for_another", &[("name", known.name)])),
        }
    }

    /// The wall clock of the host.
    pub(crate) fn wall_ms(&self) -> Result<i64, PhoneError> {
        Ok(self.host.stamp()?.wall_ms)
    }

    /// 32 secret bytes of the host's.
    pub(crate) fn secret(&self) -> Result<zeroize::Zeroizing<[u8; 32]>, PhoneError> {
        self.host.secret()
    }
}
