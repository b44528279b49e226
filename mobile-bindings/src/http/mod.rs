//! The ready-made way to the server for native hosts: three calls, [`HttpTransport::log_in`], [`HttpTransport::enrol`] and
//! [`HttpTransport::sync`] (docs/adr/0021). Hosts with a network of their own implement [`Transport`] instead.
//!
//! HTTPS by rustls with Mozilla's roots, frames compressed by gzip, the device's tokens in the phone's encrypted store.

mod deliver;
mod retry;
pub(crate) mod session;
mod wire;

use self::retry::{Policy, Watch};
use self::session::Pair;
use self::wire::{Call, Reply, Wire};
use crate::dto::{Identity, SyncReport, Upload};
use crate::error::{HostError, PhoneError};
use crate::facade::Phone;
use crate::host::{SyncObserver, Transport};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The media type of sync messages.
const CBOR: &str = "application/cbor";

/// Answers in a row that bring a photo no further: after more, whatever answers there leads in a circle.
const MOST_IDLE: u32 = 8;

/// How the server is reached.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HttpOptions {
    /// Seconds that one request may take, with its answer; 120 where nothing else is said.
    #[uniffi(default = 120)]
    pub timeout_s: u32,
    /// How often a request is tried when the connection breaks or the server is busy (status 408, 429, 502 to 504).
    #[uniffi(default = 4)]
    pub attempts: u32,
    /// Seconds that are waited at most between two attempts. A server that asks for more (`Retry-After`) is not asked
    /// again in this call.
    #[uniffi(default = 60)]
    pub longest_wait_s: u32,
    /// Allow `http://` to other machines than this one: for tests. Passwords and tokens can be read on the way.
    #[uniffi(default = false)]
    pub plain_http: bool,
    /// Trust these certificates (PEM) and no others, for a server with a private authority.
    #[uniffi(default = None)]
    pub roots_pem: Option<String>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { timeout_s: 120, attempts: 4, longest_wait_s: 60, plain_http: false, roots_pem: None }
    }
}

/// The engineer who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, uniffi::Record)]
pub struct Account {
    /// Their id.
    pub id: String,
    /// Their login.
    pub login: String,
    /// Their name.
    pub name: String,
    /// `zh-CN` or `en`.
    pub language: String,
    /// Whether a new password must be chosen before anything else ([`HttpTransport::change_password`]).
    pub must_change_password: bool,
}

/// The way to one server for one phone. May be shared between threads; calls block until the server has answered.
#[derive(uniffi::Object)]
pub struct HttpTransport {
    phone: Arc<Phone>,
    wire: Wire,
    policy: Policy,
    person: Mutex<Option<Person>>,
}

/// The engineer's own log-in, between the password and the enrolment. Never on disk.
#[derive(Clone)]
struct Person {
    account: Account,
    access: String,
    refresh: String,
}

#[derive(Deserialize)]
struct LoggedIn {
    #[serde(flatten)]
    tokens: Pair,
    user: Account,
}

#[derive(Deserialize)]
struct Enrolled {
    device_id: String,
    #[serde(flatten)]
    tokens: Pair,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    detail: String,
}

#[uniffi::export]
impl HttpTransport {
    /// The way to `server` (`https://…`; `http://` only to this machine, see [`HttpOptions`]) for `phone`. Nothing is sent.
    ///
    /// # Errors
    /// `bad_server_address`, `bad_certificates`.
    #[uniffi::constructor(default(options = None))]
    pub fn new(phone: Arc<Phone>, server: String, options: Option<HttpOptions>) -> Result<Arc<Self>, PhoneError> {
        let options = options.unwrap_or_default();
        let wire = Wire::new(&server, &options)?;
        Ok(Arc::new(Self { phone, wire, policy: Policy::new(&options), person: Mutex::new(None) }))
    }

    /// Logs the engineer in. The password is not kept, and the log-in lasts until the phone is enrolled or this object
    /// goes.
    ///
    /// # Errors
    /// `credentials_wrong`, `too_many_attempts`, `server_unreachable`, `server_busy`, `server_untrusted`, `server_refused`.
    pub fn log_in(&self, login: String, password: String) -> Result<Account, PhoneError> {
        let body = json!({ "login": login, "password": zeroize::Zeroizing::new(password).as_str() });
        let reply = self.send(&Call::json("/api/v1/auth/login", &body), Watch(None))?;
        let LoggedIn { tokens, user } = answered(&reply)?;
        let person = Person { account: user.clone(), access: tokens.access_token, refresh: tokens.refresh_token };
        *self.person() = Some(person);
        Ok(user)
    }

    /// Chooses a new password for the engineer who is logged in.
    ///
    /// # Errors
    /// As [`HttpTransport::log_in`]; `unauthorized` when nobody is logged in, `server_refused` with the server's code
    /// `bad_password` when the new one does not do.
    pub fn change_password(&self, old: String, new: String) -> Result<(), PhoneError> {
        let person = self.somebody()?;
        let body = json!({ "old": old, "new": new });
        let call = Call::json("/api/v1/auth/password", &body).with(&person.access);
        let tokens: Pair = answered(&self.send(&call, Watch(None))?)?;
        let account = Account { must_change_password: false, ..person.account };
        *self.person() = Some(Person { account, access: tokens.access_token, refresh: tokens.refresh_token });
        Ok(())
    }

    /// Makes this phone known to the server for the engineer who is logged in; the device's identity and tokens are on
    /// disk together when this returns. Repeating it is no error, and on a phone whose log-in has ended
    /// (`unauthorized`) it begins a new one for the same device.
    ///
    /// # Errors
    /// As [`HttpTransport::log_in`]; `unauthorized` when nobody is logged in, `device_revoked`, `enrolled_for_another`,
    /// `host_failed`, `store_failed`.
    pub fn enrol(&self, device_name: String) -> Result<Identity, PhoneError> {
        let person = self.somebody()?;
        let request = self.phone.enrolment(&person.account.id, device_name)?;
        let body = serde_json::from_str(&request.body).map_err(|e| PhoneError::host(e.to_string()))?;
        let call = Call::json("/api/v1/devices", &body).with(&person.access);
        let enrolled: Enrolled = answered(&self.send(&call, Watch(None))?)?;
        let session = enrolled.tokens.session(self.wire.base(), self.phone.wall_ms()?);
        let identity = self.phone.enrolled(person.account.id, person.account.name, enrolled.device_id, session)?;
        *self.person() = None;
        // The device has its own log-in from here on. Where this does not arrive, the other one ends by itself.
        let _ = self.wire.once(&Call::json("/api/v1/auth/logout", &json!({ "refresh_token": person.refresh })));
        Ok(identity)
    }

    /// As [`Phone::sync`] over this way, and then photos: each part of one that arrived stays arrived. What came in another
    /// phone's file of unsent work is [`HttpTransport::deliver`]'s. `observer` is also asked while a request or a wait
    /// before the next attempt goes on, many times with the same numbers, and its `false` ends the sync then.
    ///
    /// # Errors
    /// `unauthorized`: log in and enrol again; `refresh_reused`: the same, and somebody has a copy of this phone's
    /// log-in; `server_unreachable`, `server_busy`, `server_untrusted`, `app_too_old`, `server_refused`; otherwise as
    /// [`Phone::sync`].
    #[uniffi::method(default(observer = None, max_rounds = 20))]
    pub fn sync(&self, observer: Option<Arc<dyn SyncObserver>>, max_rounds: u32) -> Result<SyncReport, PhoneError> {
        let Some(observer) = observer else {
            let report = self.through(&Plain(self), None, max_rounds)?;
            self.photos(Watch(None))?;
            return Ok(report);
        };
        let watched = Watched { http: self, observer: observer.as_ref(), at: Mutex::new((0, 0)) };
        let mut report = self.through(&watched, Some(&watched), max_rounds)?;
        if !report.cancelled {
            match self.photos(Watch(Some(&|| watched.ask()))) {
                Err(e) if e.code() == "cancelled" => report.cancelled = true,
                other => other?,
            }
        }
        Ok(report)
    }

    /// Ends the device's log-in: tells the server, where there is a way to it, and forgets the tokens. What is recorded
    /// stays; after logging in and enrolling again it is synced.
    ///
    /// # Errors
    /// `store_failed`.
    pub fn log_out(&self) -> Result<(), PhoneError> {
        *self.person() = None;
        if let Some(session) = self.phone.session()? {
            if session.server == self.wire.base() {
                let body = json!({ "refresh_token": session.next.as_ref().unwrap_or(&session.refresh) });
                let _ = self.wire.once(&Call::json("/api/v1/auth/logout", &body));
            }
            self.phone.keep_session(None)?;
        }
        Ok(())
    }
}

#[uniffi::export]
impl Transport for HttpTransport {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError> {
        self.exchanged(&frame, Watch(None)).map_err(HostError::from)
    }
}

impl HttpTransport {
    fn person(&self) -> std::sync::MutexGuard<'_, Option<Person>> {
        self.person.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn somebody(&self) -> Result<Person, PhoneError> {
        self.person().clone().ok_or_else(|| PhoneError::server("unauthorized", &[]))
    }

    fn through(
        &self,
        transport: &dyn Transport,
        observer: Option<&dyn SyncObserver>,
        max_rounds: u32,
    ) -> Result<SyncReport, PhoneError> {
        self.phone.rounds(transport, observer, max_rounds)
    }

    fn send(&self, call: &Call, watch: Watch<'_>) -> Result<Reply, PhoneError> {
        retry::exchange(&self.wire, self.policy, call, watch)
    }

    /// A frame's way there and back.
    fn exchanged(&self, frame: &[u8], watch: Watch<'_>) -> Result<Vec<u8>, PhoneError> {
        let call = Call::frame("/api/v1/sync", frame).map_err(|e| PhoneError::host(e.to_string()))?;
        let reply = self.as_device(&call, watch)?;
        match reply.status {
            200 if reply.media_type == CBOR => Ok(reply.body),
            _ => Err(refusal(&reply)),
        }
    }

    /// Brings this phone's photos to the server, until there is nothing to send before the next sync.
    fn photos(&self, watch: Watch<'_>) -> Result<(), PhoneError> {
        self.bring(|| self.phone.next_upload(), |call| self.as_device(call, watch))
    }

    /// Brings photos to the server as long as there is a `next` one.
    fn bring(
        &self,
        next: impl Fn() -> Result<Option<Upload>, PhoneError>,
        mut send: impl FnMut(&Call) -> Result<Reply, PhoneError>,
    ) -> Result<(), PhoneError> {
        let (mut least, mut idle) = (i64::MAX, 0);
        while let Some(upload) = next()? {
            let reply = send(&Call::upload(&upload))?;
            if reply.status == 401 {
                return Err(refusal(&reply));
            }
            let report = self.phone.uploaded(upload.sha256, reply.status, reply.upload)?;
            idle = if report.bytes_left < least { 0 } else { idle + 1 };
            least = least.min(report.bytes_left);
            if !report.again || idle > MOST_IDLE {
                break;
            }
        }
        Ok(())
    }

    /// Sends it with the device's access token, which is renewed where it has ended.
    fn as_device(&self, call: &Call, watch: Watch<'_>) -> Result<Reply, PhoneError> {
        let access = self.access(None, watch)?;
        let reply = self.send(&call.clone().with(&access), watch)?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let access = self.access(Some(&access), watch)?;
        self.send(&call.clone().with(&access), watch)
    }

    /// An access token that the server has not `refused`. One thread renews it at a time: a refresh token is good for one
    /// use.
    fn access(&self, refused: Option<&str>, watch: Watch<'_>) -> Result<String, PhoneError> {
        let ended = || PhoneError::server("unauthorized", &[]);
        let _right = loop {
            match self.phone.renewal() {
                Some(right) => break right,
                None => watch.pause(Duration::from_millis(20))?,
            }
        };
        let mut session = self.phone.session()?.filter(|s| s.server == self.wire.base()).ok_or_else(ended)?;
        if refused != Some(session.access.as_str()) && session.is_fresh(self.phone.wall_ms()?) {
            return Ok(session.access);
        }
        let next = match &session.next {
            Some(next) => next.clone(),
            None => {
                let next = hex::encode(self.phone.secret()?.as_slice());
                session.next = Some(next.clone());
                self.phone.keep_session(Some(session.clone()))?;
                next
            }
        };
        let body = json!({ "refresh_token": session.refresh, "next_refresh_token": next });
        let reply = self.send(&Call::json("/api/v1/auth/refresh", &body), watch)?;
        if reply.status == 401 && problem(&reply).is_some() {
            self.phone.keep_session(None)?;
            return Err(refusal(&reply));
        }
        let session = answered::<Pair>(&reply)?.session(self.wire.base(), self.phone.wall_ms()?);
        self.phone.keep_session(Some(session.clone()))?;
        Ok(session.access)
    }
}

/// A sync that nobody watches.
struct Plain<'a>(&'a HttpTransport);

impl Transport for Plain<'_> {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError> {
        Ok(self.0.exchanged(&frame, Watch(None))?)
    }
}

/// A sync whose observer is asked during requests as well.
struct Watched<'a> {
    http: &'a HttpTransport,
    observer: &'a dyn SyncObserver,
    at: Mutex<(u32, u32)>,
}

impl Watched<'_> {
    fn ask(&self) -> Result<bool, HostError> {
        let (rounds_done, changes_left) = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        self.observer.progress(rounds_done, changes_left)
    }
}

impl SyncObserver for Watched<'_> {
    fn progress(&self, rounds_done: u32, changes_left: u32) -> Result<bool, HostError> {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = (rounds_done, changes_left);
        self.observer.progress(rounds_done, changes_left)
    }
}

impl Transport for Watched<'_> {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError> {
        Ok(self.http.exchanged(&frame, Watch(Some(&|| self.ask())))?)
    }
}

/// The body of an answer that says yes.
fn answered<T: DeserializeOwned>(reply: &Reply) -> Result<T, PhoneError> {
    if reply.status != 200 {
        return Err(refusal(reply));
    }
    serde_json::from_slice(&reply.body).map_err(|_| somebody_else(reply))
}

fn problem(reply: &Reply) -> Option<Problem> {
    serde_json::from_slice(&reply.body).ok()
}

/// A hotel's log-in page answers for every address until it is paid.
fn somebody_else(reply: &Reply) -> PhoneError {
    let why = format!("something else answers there: status {}, {}", reply.status, reply.media_type);
    PhoneError::server("server_unreachable", &[("why", why)])
}

/// Which of our codes an answer that says no has.
fn refusal(reply: &Reply) -> PhoneError {
    let busy = || {
        let wait_s = reply.retry_after_s.unwrap_or(0);
        PhoneError::server("server_busy", &[("status", reply.status.to_string()), ("wait_s", wait_s.to_string())])
    };
    let Some(Problem { code, detail }) = problem(reply) else {
        return if retry::is_busy(reply.status) { busy() } else { somebody_else(reply) };
    };
    match code.as_str() {
        "invalid_credentials" => PhoneError::server("credentials_wrong", &[]),
        "too_many_attempts" => {
            let wait_s = reply.retry_after_s.unwrap_or(0).to_string();
            PhoneError::server("too_many_attempts", &[("wait_s", wait_s)])
        }
        "refresh_token_reused" => PhoneError::server("refresh_reused", &[]),
        "device_revoked" => PhoneError::server("device_revoked", &[]),
        "protocol_version" => PhoneError::server("app_too_old", &[]),
        _ if retry::is_busy(reply.status) => busy(),
        _ if reply.status == 401 => PhoneError::server("unauthorized", &[]),
        _ => {
            let parameters = [("server_code", code), ("why", detail), ("status", reply.status.to_string())];
            PhoneError::server("server_refused", &parameters)
        }
    }
}
