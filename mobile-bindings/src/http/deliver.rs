//! Another phone's unsent work on its way to the server: with that phone's own tokens, which the engineer who recorded it
//! gets by logging in.

use super::retry::Watch;
use super::session::Pair;
use super::wire::{Call, Reply};
use super::{CBOR, HttpTransport, Watched, answered, refusal};
use crate::dto::{Carried, SyncReport};
use crate::error::PhoneError;
use crate::host::SyncObserver;
use serde_json::json;
use std::sync::{Arc, Mutex};

#[uniffi::export]
impl HttpTransport {
    /// Delivers what `import_unsynced` took in: the records, and then their photos. The engineer who recorded it
    /// has to be logged in ([`HttpTransport::log_in`]), unless this phone is theirs as well. What arrived stays arrived; after
    /// a failure the same call goes on from there. `observer` is told how many requests are left, and may end it.
    ///
    /// # Errors
    /// `carried_for_another`: its engineer is not logged in; otherwise as [`HttpTransport::sync`].
    #[uniffi::method(default(observer = None))]
    pub fn deliver(&self, id: String, observer: Option<Arc<dyn SyncObserver>>) -> Result<SyncReport, PhoneError> {
        let Some(carried) = self.carried(&id)? else { return Ok(SyncReport::none()) };
        let mut report = SyncReport::none();
        let done = match observer {
            None => self.delivered(&carried, None, Watch(None), &mut report),
            Some(observer) => {
                let watched = Watched { http: self, observer: observer.as_ref(), at: Mutex::new((0, 0)) };
                self.delivered(&carried, Some(&watched), Watch(Some(&|| watched.ask())), &mut report)
            }
        };
        match done {
            Err(e) if e.code() == "cancelled" => report.cancelled = true,
            other => other?,
        }
        Ok(report)
    }
}

impl HttpTransport {
    fn carried(&self, id: &str) -> Result<Option<Carried>, PhoneError> {
        Ok(self.phone.carried()?.into_iter().find(|c| c.id == id))
    }

    fn delivered(
        &self,
        carried: &Carried,
        observer: Option<&dyn SyncObserver>,
        watch: Watch<'_>,
        report: &mut SyncReport,
    ) -> Result<(), PhoneError> {
        let mut tokens = self.tokens_of(carried, watch)?;
        let id = &carried.id;
        let mut left = carried.frames_left;
        while let Some(frame) = self.phone.carried_frame(id.clone())? {
            if let Some(observer) = observer
                && !observer.progress(report.rounds, left)?
            {
                return Err(PhoneError::server("cancelled", &[]));
            }
            let call = Call::frame("/api/v1/sync", &frame.bytes).map_err(|e| PhoneError::host(e.to_string()))?;
            let reply = self.with_tokens(&mut tokens, &call, watch)?;
            if reply.status != 200 || reply.media_type != CBOR {
                return Err(refusal(&reply));
            }
            let mut one = self.phone.receive_carried(id.clone(), reply.body)?;
            one.rounds = 1;
            report.join(one);
            let now = self.carried(id)?.map_or(0, |c| c.frames_left);
            // It stands on another phone's changes, which the server has not got.
            if now >= left {
                break;
            }
            left = now;
        }
        self.bring(|| self.phone.carried_upload(id.clone()), |call| self.with_tokens(&mut tokens, call, watch))?;
        // That device's log-in was for this. Where this does not arrive, it ends by itself.
        let _ = self.wire.once(&Call::json("/api/v1/auth/logout", &json!({ "refresh_token": tokens.refresh_token })));
        Ok(())
    }

    /// Tokens for the device that made it.
    fn tokens_of(&self, carried: &Carried, watch: Watch<'_>) -> Result<Pair, PhoneError> {
        let person = self.person().clone().filter(|p| p.account.id == carried.user);
        let own = self.phone.identity()?.is_some_and(|known| known.user == carried.user);
        let body = serde_json::from_str(&carried.enrolment.body).map_err(|e| PhoneError::host(e.to_string()))?;
        let call = Call::json("/api/v1/devices", &body);
        let reply = match person {
            Some(person) => self.send(&call.with(&person.access), watch)?,
            None if own => self.as_device(&call, watch)?,
            None => return Err(PhoneError::refused("carried_for_another", &[("name", carried.name.clone())])),
        };
        answered(&reply)
    }

    /// Sends it with these tokens, which are renewed where they have ended.
    fn with_tokens(&self, tokens: &mut Pair, call: &Call, watch: Watch<'_>) -> Result<Reply, PhoneError> {
        let reply = self.send(&call.clone().with(&tokens.access_token), watch)?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let body = json!({ "refresh_token": tokens.refresh_token });
        *tokens = answered(&self.send(&Call::json("/api/v1/auth/refresh", &body), watch)?)?;
        self.send(&call.clone().with(&tokens.access_token), watch)
    }
}
