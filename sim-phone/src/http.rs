//! The way to a real server: its JSON API, and the sync protocol over HTTP with the batch compressed by zstd.

use crate::link::{Link, LinkError};
use crate::photos::{BlobAnswer, BlobLink};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;
use sync_core::crypto::SoftwareKey;
use sync_core::ids::{DeviceId, UserId};
use sync_core::phone::Identity;

/// Largest answer that a simulated phone reads.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// The level at which requests are compressed: a few percent smaller than the usual 3, for some milliseconds.
const LEVEL: i32 = 15;

/// The media type of sync messages.
pub const SYNC_MEDIA_TYPE: &str = "application/cbor";

/// A client of the JSON API, logged in or not.
#[derive(Clone)]
pub struct Api {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

/// A JSON answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, `null` when there is none or it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The body, when the status says success.
    ///
    /// # Errors
    /// [`LinkError::Refused`] with the problem's code otherwise.
    pub fn ok(self) -> Result<Value, LinkError> {
        if self.status < 400 { Ok(self.body) } else { Err(refused(self.status, &self.body)) }
    }
}

fn refused(status: u16, body: &Value) -> LinkError {
    let text = |k: &str| body.get(k).and_then(Value::as_str).unwrap_or_default().to_owned();
    LinkError::Refused { status, code: text("code"), detail: text("detail") }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .max_idle_connections_per_host(4)
        .build()
        .into()
}

impl Api {
    /// A client of the server at `base`, such as `http://127.0.0.1:8090`.
    pub fn new(base: &str) -> Self {
        Self { agent: agent(), base: base.trim_end_matches('/').to_owned(), token: None }
    }

    /// The same client with an access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Logs in.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn login(&self, login: &str, password: &str) -> Result<(Self, Value), LinkError> {
        let body = self.post("/api/v1/auth/login", &json!({ "login": login, "password": password }))?.ok()?;
        let token = body.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((self.with_token(&token), body))
    }

    /// `GET path`.
    ///
    /// # Errors
    /// [`LinkError::Unreachable`].
    pub fn get(&self, path: &str) -> Result<Answer, LinkError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.call())
    }

    /// `GET path`, the raw bytes.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn get_bytes(&self, path: &str) -> Result<Vec<u8>, LinkError> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().map_err(unreachable)?;
        let bytes = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(unreachable)?;
        let status = response.status().as_u16();
        if status < 400 {
            Ok(bytes)
        } else {
            Err(refused(status, &serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
        }
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// [`LinkError::Unreachable`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer, LinkError> {
        self.send("POST", path, body)
    }

    /// `PUT path` with a JSON body.
    ///
    /// # Errors
    /// [`LinkError::Unreachable`].
    pub fn put(&self, path: &str, body: &Value) -> Result<Answer, LinkError> {
        self.send("PUT", path, body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Answer, LinkError> {
        let url = format!("{}{path}", self.base);
        let mut request = if method == "PUT" { self.agent.put(url) } else { self.agent.post(url) };
        request = request.header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.send(&body.to_string()))
    }

    /// Enrols a device for the logged-in engineer and returns its identity and its link.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn enrol(&self, name: &str, key: &SoftwareKey) -> Result<(Identity, HttpLink), LinkError> {
        let me = self.get("/api/v1/auth/me")?.ok()?;
        let text = |v: &Value, k: &str| v.get(k).and_then(Value::as_str).unwrap_or_default().to_owned();
        let user = text(&me, "id");
        let public = key.public();
        let challenge = format!("countersign device enrolment v1\n{user}\n{}\n{}", public.alg.as_str(), public.key);
        let body = json!({
            "name": name, "public_key": public,
            "proof": hex(&key.sign(challenge.as_bytes())),
        });
        let enrolled = self.post("/api/v1/devices", &body)?.ok()?;
        let bad = |_| LinkError::Lost("the enrolment's ids");
        let identity = Identity {
            device: DeviceId(text(&enrolled, "device_id").parse().map_err(bad)?),
            user: UserId(user.parse().map_err(bad)?),
            name: text(&me, "name"),
            key: public,
        };
        let link = HttpLink::new(&self.base, &text(&enrolled, "access_token"), &text(&enrolled, "refresh_token"));
        Ok((identity, link))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unreachable(e: ureq::Error) -> LinkError {
    LinkError::Unreachable(e.to_string())
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, LinkError> {
    let mut response = result.map_err(unreachable)?;
    let bytes = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(unreachable)?;
    Ok(Answer { status: response.status().as_u16(), body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

/// What went over a link, bodies only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes up, compressed.
    pub up: u64,
    /// Bytes down, compressed.
    pub down: u64,
    /// Requests.
    pub requests: u64,
}

/// The sync endpoint of a server.
pub struct HttpLink {
    agent: ureq::Agent,
    base: String,
    access: String,
    refresh: String,
    /// What went over it.
    pub traffic: Traffic,
}

impl HttpLink {
    /// The server at `base`, with a device's tokens.
    pub fn new(base: &str, access: &str, refresh: &str) -> Self {
        Self {
            agent: agent(),
            base: base.trim_end_matches('/').to_owned(),
            access: access.to_owned(),
            refresh: refresh.to_owned(),
            traffic: Traffic::default(),
        }
    }

    /// The server moved.
    pub fn set_base(&mut self, base: &str) {
        base.trim_end_matches('/').clone_into(&mut self.base);
        self.agent = agent();
    }

    fn post(&mut self, body: &[u8]) -> Result<(u16, Vec<u8>), LinkError> {
        let compressed = zstd::bulk::compress(body, LEVEL).map_err(|e| LinkError::Unreachable(e.to_string()))?;
        self.traffic.requests += 1;
        self.traffic.up += compressed.len() as u64;
        let mut response = self
            .agent
            .post(format!("{}/api/v1/sync", self.base))
            .header("authorization", format!("Bearer {}", self.access))
            .header("content-type", SYNC_MEDIA_TYPE)
            .header("content-encoding", "zstd")
            .header("accept-encoding", "zstd")
            .send(&compressed[..])
            .map_err(unreachable)?;
        let zipped = response.headers().get("content-encoding").is_some_and(|v| v == "zstd");
        let bytes = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(unreachable)?;
        self.traffic.down += bytes.len() as u64;
        let bytes = if zipped {
            zstd::bulk::decompress(&bytes, MAX_ANSWER as usize).map_err(|e| LinkError::Unreachable(e.to_string()))?
        } else {
            bytes
        };
        Ok((response.status().as_u16(), bytes))
    }

    /// Exchanges the refresh token for new tokens.
    fn renew(&mut self) -> Result<(), LinkError> {
        let api = Api { agent: self.agent.clone(), base: self.base.clone(), token: None };
        let body = api.post("/api/v1/auth/refresh", &json!({ "refresh_token": self.refresh }))?.ok()?;
        let text = |k: &str| body.get(k).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.access = text("access_token");
        self.refresh = text("refresh_token");
        Ok(())
    }
}

impl HttpLink {
    fn send_blob(&mut self, sha256: &str, part: Option<(u64, &[u8])>) -> Result<BlobAnswer, LinkError> {
        let url = format!("{}/api/v1/blobs/{sha256}", self.base);
        let bearer = format!("Bearer {}", self.access);
        let response = match part {
            None => self.agent.head(url).header("authorization", bearer).call(),
            Some((from, bytes)) => {
                let request = self.agent.patch(url).header("authorization", bearer);
                request.header("upload-offset", from.to_string()).send(bytes)
            }
        }
        .map_err(unreachable)?;
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(BlobAnswer {
            status: response.status().as_u16(),
            offset: header("upload-offset"),
            complete: header("upload-complete"),
            retry_after: header("retry-after"),
        })
    }
}

impl BlobLink for HttpLink {
    fn blob(&mut self, sha256: &str, part: Option<(u64, &[u8])>) -> Result<BlobAnswer, LinkError> {
        let answer = self.send_blob(sha256, part)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.renew()?;
        self.send_blob(sha256, part)
    }
}

impl Link for HttpLink {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        let (mut status, mut bytes) = self.post(request)?;
        if status == 401 {
            self.renew()?;
            (status, bytes) = self.post(request)?;
        }
        match status {
            200 => Ok(bytes),
            // The server is overloaded or going down: as good as lost, to be tried again.
            429 | 502 | 503 | 504 => Err(LinkError::Unreachable(format!("the server answered {status}"))),
            _ => Err(refused(status, &serde_json::from_slice(&bytes).unwrap_or(Value::Null))),
        }
    }

    fn cut(&mut self, request: &[u8], at: usize) {
        let Ok(compressed) = zstd::bulk::compress(request, LEVEL) else { return };
        let address = self.base.trim_start_matches("http://");
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        let head = format!(
            "POST /api/v1/sync HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: {SYNC_MEDIA_TYPE}\r\n\
             content-encoding: zstd\r\ncontent-length: {}\r\n\r\n",
            self.access,
            compressed.len()
        );
        let part = &compressed[..at.min(compressed.len().saturating_sub(1))];
        // Whatever happens here is what happens on a bad network; the caller counts the request as lost.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(part));
    }
}
