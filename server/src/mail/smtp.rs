//! An SMTP client on the mail library's connections, with a small pool of its own.
//!
//! The library's transport connects, logs in and sends in one call, and its errors do not say how far it came. That is not
//! enough here: a 5xx reply to our log-in must not fail a mail for ever, and a connection that was cut after the data must
//! not be taken for one that was never made. It also waits for replies without end. So each stage is taken by itself.

use super::compose::Letter;
use super::outcome::Outcome;
use crate::failure::Failure;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For the connection with its greeting and log-in, and for each command before the data. RFC 5321, 4.5.3.2, asks for
/// up to 5 minutes; a mail server that takes one is not well, and the mail is tried again.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// For the data and the reply to them; giving up early here is what makes duplicates.
const DATA_TIMEOUT: Duration = Duration::from_secs(300);
/// Servers hang up on idle clients after a minute or more.
const LONGEST_IDLE: Duration = Duration::from_secs(30);
const MOST_IDLE: usize = 4;

/// A mail server and how to get in.
#[derive(Clone)]
pub struct Smtp {
    host: String,
    port: u16,
    hello: ClientId,
    tls: Tls,
    credentials: Option<Credentials>,
    idle: Arc<Mutex<Vec<(Instant, AsyncSmtpConnection)>>>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Smtp {
    /// From `smtps://…` (TLS from the start, port 465) or `smtp://…` (port 25), with `?tls=required` or
    /// `?tls=opportunistic` for STARTTLS (port 587). `ca=FILE` (PEM) names an authority that is believed beside the usual ones:
    /// that of a mail server within the house. A path is the name to say in EHLO.
    ///
    /// # Errors
    /// In one line with a hint, without the password.
    pub fn from_url(url: &str) -> Result<Self, Failure> {
        let refuse = |why: &str| {
            Failure::usage(format!("smtp_url {}: {why}", crate::config::redact(url)))
                .hint("such as smtps://USER:PASSWORD@HOST or smtp://HOST:25; special characters percent-encoded")
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refuse("it is no URL"))?;
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, address) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let (host, port) = host_and_port(address).ok_or_else(|| refuse("it names no host, or no port"))?;
        let (mut tls, mut authority_file) = (None, None);
        for pair in query.into_iter().flat_map(|q| q.split('&')) {
            match pair.split_once('=') {
                Some(("tls", how @ ("required" | "opportunistic"))) if scheme == "smtp" => tls = Some(how),
                Some(("ca", file)) => {
                    let file = percent_decoded(file).ok_or_else(|| refuse("ca is not percent-encoded"))?;
                    authority_file = Some(file);
                }
                _ => {
                    return Err(refuse(
                        "what follows the question mark can only be tls=required or tls=opportunistic, and ca=FILE",
                    ));
                }
            }
        }
        let parameters = || parameters(host, authority_file.as_deref()).map_err(|why| refuse(&why));
        let (tls, usual) = match (scheme, tls) {
            ("smtps", _) => (Tls::Wrapper(parameters()?), 465),
            ("smtp", None) => (Tls::None, 25),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), 587),
            ("smtp", Some(_)) => (Tls::Opportunistic(parameters()?), 587),
            _ => return Err(refuse("it must begin with smtp:// or smtps://")),
        };
        let credentials = match user {
            None => None,
            Some(user) => {
                let (user, password) = user.split_once(':').ok_or_else(|| refuse("the password is missing"))?;
                let decoded = percent_decoded(user).zip(percent_decoded(password));
                let (user, password) = decoded.ok_or_else(|| refuse("user or password are not percent-encoded"))?;
                Some(Credentials::new(user, password))
            }
        };
        let hello = if path.is_empty() { ClientId::default() } else { ClientId::Domain(path.to_owned()) };
        let port = port.unwrap_or(usual);
        Ok(Self { host: host.to_owned(), port, hello, tls, credentials, idle: Arc::default() })
    }

    /// Sends one mail, and says how far it came.
    pub async fn send(&self, letter: &Letter) -> Outcome {
        let mut connection = match within(COMMAND_TIMEOUT, self.connection()).await {
            Ok(connection) => connection,
            Err(why) => return Outcome::Unreachable(why),
        };
        if let Err(outcome) = announce(&mut connection, letter).await {
            return outcome;
        }
        match tokio::time::timeout(DATA_TIMEOUT, connection.message(&letter.bytes)).await {
            Ok(Ok(_)) => {
                self.park(connection);
                Outcome::Accepted
            }
            Ok(Err(e)) => replied(&e).unwrap_or_else(|| Outcome::Unknown(told(&e))),
            Err(_) => Outcome::Unknown("no reply to the mail in time".to_owned()),
        }
    }

    /// Says goodbye on the idle connections.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, mut connection) in idle {
            // A courtesy: whether the server answers is all the same.
            let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        }
    }

    /// An idle connection that still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((since, mut connection)) = idle else { break };
            if since.elapsed() < LONGEST_IDLE && connection.test_connected().await {
                return Ok(connection);
            }
        }
        let wrapped = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let at = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(at, Some(COMMAND_TIMEOUT), &self.hello, wrapped, None).await?;
        match &self.tls {
            Tls::Opportunistic(parameters) if connection.can_starttls() => {
                connection.starttls(parameters.clone(), &self.hello).await?;
            }
            // Also where the server does not offer it: then this fails, rather than send a password in the clear.
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &self.hello).await?,
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push((Instant::now(), connection));
        }
    }
}

/// Whom TLS believes: the usual authorities, and those in `authority_file` (PEM).
fn parameters(host: &str, authority_file: Option<&str>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = authority_file {
        let pem = std::fs::read(file).map_err(|e| format!("ca={file}: {e}"))?;
        let certificate = Certificate::from_pem(&pem).map_err(|e| format!("ca={file}: {e}"))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|e| format!("no TLS with this host: {e}"))
}

/// Sender, recipients, and that the data come: until the server says "go on" it has nothing of the mail.
async fn announce(connection: &mut AsyncSmtpConnection, letter: &Letter) -> Result<(), Outcome> {
    let (from, to) = (letter.envelope.from(), letter.envelope.to());
    let mut options = Vec::new();
    if from.into_iter().chain(to).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Outcome::Permanent("the mail server takes no addresses beyond ASCII".to_owned()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    // A refusal at this stage is about us as sender, not about this mail: somebody has to set `mail_from` right.
    let mail = connection.command(Mail::new(from.cloned(), options));
    within(COMMAND_TIMEOUT, mail).await.map_err(Outcome::Unreachable)?;
    for address in to {
        command(connection.command(Rcpt::new(address.clone(), Vec::new()))).await?;
    }
    command(connection.command(Data)).await
}

async fn command<T>(reply: impl Future<Output = Result<T, SmtpError>>) -> Result<(), Outcome> {
    match tokio::time::timeout(COMMAND_TIMEOUT, reply).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(replied(&e).unwrap_or_else(|| Outcome::Unreachable(told(&e)))),
        Err(_) => Err(Outcome::Unreachable("the mail server does not answer".to_owned())),
    }
}

/// What a reply of the server means for the mail; `None` when there was no reply.
fn replied(e: &SmtpError) -> Option<Outcome> {
    // 530, 534, 535, 538 (RFC 4954): it is our log-in that is refused, and every mail would be.
    if e.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538)) {
        return Some(Outcome::Unreachable(told(e)));
    }
    match (e.is_transient(), e.is_permanent()) {
        (true, _) => Some(Outcome::Temporary(told(e))),
        (_, true) => Some(Outcome::Permanent(told(e))),
        _ => None,
    }
}

async fn within<T>(time: Duration, step: impl Future<Output = Result<T, SmtpError>>) -> Result<T, String> {
    match tokio::time::timeout(time, step).await {
        Ok(done) => done.map_err(|e| told(&e)),
        Err(_) => Err("the mail server does not answer".to_owned()),
    }
}

/// In one line of bounded length: a server may say anything.
fn told(e: &SmtpError) -> String {
    crate::receipts::sheet::one_line(&e.to_string()).chars().take(500).collect()
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_and_port(address: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']')?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => None,
    };
    (!host.is_empty()).then_some((host, port))
}

/// RFC 3986, 2.1.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (pair, after) = after.split_at_checked(2)?;
            bytes.extend(hex::decode(pair).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let smtp = Smtp::from_url("smtp://me%40x:p%3a%e5%8c%bb@mail.example:2525/here?tls=required").unwrap();
        assert_eq!(
            (smtp.host.as_str(), smtp.port, smtp.hello),
            ("mail.example", 2525, ClientId::Domain("here".into()))
        );
        assert_eq!(smtp.credentials, Some(Credentials::new("me@x".into(), "p:医".into())));
        for (url, host, port) in [
            ("smtp://h", "h", 25),
            ("smtps://h", "h", 465),
            ("smtp://h?tls=opportunistic", "h", 587),
            ("smtp://[::1]:26", "::1", 26),
            ("smtp://[::1]", "::1", 25),
        ] {
            let smtp = Smtp::from_url(url).unwrap();
            assert_eq!((smtp.host.as_str(), smtp.port), (host, port), "{url}");
        }
        for url in [
            "smtp://u:hunter2@h?tls=perhaps",
            "smtps://u:hunter2@h?tls=required",
            "smtps://u:hunter2@h?ca=/nowhere/at/all.pem",
            "smtp://u:hunter2@h?tls=required&ca=%zz",
            "http://u:hunter2@h",
            "smtp://",
            "smtp://u:hunter2@",
            "smtp://h:port",
            "smtp://hunter2@h",
            "smtp://u:%zz@h",
            "smtp://u:%f@h",
        ] {
            let failure = Smtp::from_url(url).unwrap_err();
            assert_eq!(failure.code(), 2);
            assert!(
                !failure.to_string().contains("hunter2:") && !format!("{failure}").contains(":hunter2"),
                "{failure}"
            );
        }
        let smtp = Smtp::from_url("smtp://u:hunter2@h").unwrap();
        assert!(!format!("{smtp:?}").contains("hunter2"));
    }
}
