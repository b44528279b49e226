//! One request and its answer: addresses, TLS, compression, time-outs. Nothing is decided here.

use super::HttpOptions;
use crate::dto::{HttpHeader, Upload};
use crate::error::PhoneError;
use flate2::Compression;
use flate2::bufread::{GzDecoder, GzEncoder};
use std::borrow::Cow;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Largest answer that is read, as sent and decompressed.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;

/// How long the way to the server may take before anything is sent.
const CONNECT: Duration = Duration::from_secs(15);

/// What goes out: a POST, unless it is about a photo.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) path: Cow<'static, str>,
    pub(super) token: Option<String>,
    pub(super) body: Body,
}

/// What it carries. Shared by its attempts.
#[derive(Clone)]
pub(super) enum Body {
    Json(Arc<[u8]>),
    /// A frame, compressed by gzip.
    Frame(Arc<[u8]>),
    /// Where the server stands with a photo: a HEAD.
    Ask,
    /// A part of a photo: a PATCH, with its headers.
    Part(Arc<[HttpHeader]>, Arc<[u8]>),
}

impl Call {
    pub(super) fn json(path: &'static str, body: &serde_json::Value) -> Self {
        Self { path: path.into(), token: None, body: Body::Json(body.to_string().into_bytes().into()) }
    }

    pub(super) fn frame(path: &'static str, frame: &[u8]) -> std::io::Result<Self> {
        let mut packed = Vec::new();
        GzEncoder::new(frame, Compression::best()).read_to_end(&mut packed)?;
        Ok(Self { path: path.into(), token: None, body: Body::Frame(packed.into()) })
    }

    pub(super) fn upload(upload: &Upload) -> Self {
        let body = match upload.method.as_str() {
            "HEAD" => Body::Ask,
            _ => Body::Part(upload.headers.clone().into(), upload.bytes.clone().into()),
        };
        Self { path: upload.path.clone().into(), token: None, body }
    }

    pub(super) fn with(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) media_type: String,
    /// What `Retry-After` asks for, in seconds.
    pub(super) retry_after_s: Option<u64>,
    /// What an upload is told by.
    pub(super) upload: Vec<HttpHeader>,
    pub(super) body: Vec<u8>,
}

/// Why nothing came back.
pub(super) enum Cut {
    /// No way to the server, or it broke off: worth another attempt.
    Unreachable(String),
    /// The other end could not prove that it is the server.
    Untrusted(String),
}

/// The way to one server.
#[derive(Clone)]
pub(super) struct Wire {
    agent: ureq::Agent,
    base: String,
}

impl Wire {
    pub(super) fn new(server: &str, options: &HttpOptions) -> Result<Self, PhoneError> {
        let base = server.trim().trim_end_matches('/').to_owned();
        let bad = || PhoneError::refused("bad_server_address", &[("address", server.to_owned())]);
        let address: ureq::http::Uri = base.parse().map_err(|_| bad())?;
        let host = address.host().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        match address.scheme_str() {
            Some("https") => {}
            Some("http") if here || options.plain_http => {}
            _ => return Err(bad()),
        }
        let roots = match &options.roots_pem {
            None => RootCerts::WebPki,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // Whoever sends a POST elsewhere is a hotel's log-in page, not the server.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(Duration::from_secs(u64::from(options.timeout_s.max(1)))))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("countersign-core/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, base })
    }

    /// The server's address.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// One attempt.
    pub(super) fn once(&self, call: &Call) -> Result<Reply, Cut> {
        let url = format!("{}{}", self.base, call.path);
        let mut request = Request::builder().uri(url).header("accept-encoding", "gzip");
        if let Some(token) = &call.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let (request, bytes) = match &call.body {
            Body::Json(bytes) => (request.method("POST").header("content-type", "application/json"), bytes),
            Body::Frame(bytes) => {
                let packed = request.header("content-type", super::CBOR).header("content-encoding", "gzip");
                (packed.method("POST"), bytes)
            }
            Body::Ask => {
                let request = request.method("HEAD").body(()).map_err(|e| Cut::Unreachable(e.to_string()))?;
                return read(self.agent.run(request));
            }
            Body::Part(headers, bytes) => {
                let named = headers.iter().fold(request, |r, h| r.header(h.name.as_str(), h.value.as_str()));
                (named.method("PATCH"), bytes)
            }
        };
        let request = request.body(bytes.to_vec()).map_err(|e| Cut::Unreachable(e.to_string()))?;
        read(self.agent.run(request))
    }
}

/// What came back, whole.
fn read(response: Result<Response<ureq::Body>, ureq::Error>) -> Result<Reply, Cut> {
    let mut response = response.map_err(cut)?;
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let packed = header("content-encoding") == "gzip";
    let media_type = header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let retry_after_s = header("retry-after").parse().ok();
    let told = |name: &str| Some(header(name)).filter(|v| !v.is_empty()).map(|v| (name.to_owned(), v.to_owned()));
    let upload = ["upload-offset", "upload-complete", "retry-after"].into_iter().filter_map(told);
    let upload = upload.map(|(name, value)| HttpHeader { name, value }).collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(cut)?;
    let body = if packed { unpacked(&body)? } else { body };
    Ok(Reply { status, media_type, retry_after_s, upload, body })
}

fn unpacked(body: &[u8]) -> Result<Vec<u8>, Cut> {
    let mut out = Vec::new();
    let read = GzDecoder::new(body).take(MAX_ANSWER).read_to_end(&mut out);
    read.map_err(|e| Cut::Unreachable(format!("the answer is damaged: {e}")))?;
    Ok(out)
}

fn cut(e: ureq::Error) -> Cut {
    match &e {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Cut::Untrusted(e.to_string()),
        // A handshake that fails comes as an error of the stream.
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => Cut::Untrusted(e.to_string()),
        _ => Cut::Unreachable(e.to_string()),
    }
}

fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, PhoneError> {
    let bad = |why: String| PhoneError::refused("bad_certificates", &[("why", why)]);
    let mut all = Vec::new();
    for item in parse_pem(pem.as_bytes()) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| bad(e.to_string()))? {
            all.push(certificate);
        }
    }
    if all.is_empty() { Err(bad("there is none".into())) } else { Ok(all) }
}
