//! Where mails go: a folder of `.eml` files, or an SMTP server.

use super::compose::Letter;
use crate::failure::Failure;
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sync_core::canonical::sha256_hex;
use uuid::Uuid;

/// How long to wait for the mail server's answer to one command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server (or the disk) has it.
    Accepted,
    /// Not now: a 4xx reply, or a disk that is full.
    Temporary(String),
    /// Never: a 5xx reply about this mail.
    Permanent(String),
    /// The connection was cut after the mail had been begun and before the reply: the server may or may not have it.
    Unknown(String),
    /// The mail server was not reached, or does not let us in. It has not seen the mail.
    Unreachable(String),
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Transport {
    /// One file per mail in this folder.
    Folder(PathBuf),
    /// An SMTP server, with a pool of connections.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Transport {
    /// From `file://DIR`, `smtp://[user:password@]host[:port][?tls=required|opportunistic]` or `smtps://…`. A folder is
    /// made if it is missing. Must be called within the async runtime, which the pool needs.
    ///
    /// # Errors
    /// In one line with a hint, without the URL's password.
    pub fn open(url: &str) -> Result<Self, Failure> {
        if let Some(dir) = url.strip_prefix("file://") {
            let dir = PathBuf::from(dir);
            std::fs::create_dir_all(&dir).map_err(|e| {
                Failure::new(format!("the mail folder {} cannot be made: {e}", dir.display())).hint("see --smtp-url")
            })?;
            return Ok(Self::Folder(dir));
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|e| {
            Failure::usage(format!("smtp_url {} cannot be read: {e}", crate::config::redact(url)))
                .hint("such as smtps://USER:PASSWORD@HOST or smtp://HOST:25; special characters percent-encoded")
        })?;
        Ok(Self::Smtp(builder.timeout(Some(COMMAND_TIMEOUT)).build()))
    }

    /// Sends one mail.
    pub async fn send(&self, letter: Letter) -> Outcome {
        match self {
            Self::Folder(dir) => {
                let dir = dir.clone();
                let done = tokio::task::spawn_blocking(move || write(&dir, &letter)).await;
                match done {
                    Ok(Ok(())) => Outcome::Accepted,
                    Ok(Err(e)) => Outcome::Temporary(format!("the mail cannot be written: {e}")),
                    Err(e) => Outcome::Unknown(format!("writing the mail was broken off: {e}")),
                }
            }
            Self::Smtp(smtp) => send_smtp(smtp, &letter).await,
        }
    }

    /// Closes the connections.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.shutdown().await;
        }
    }
}

/// In two steps, because the library's errors do not say how far it came: connecting (which also proves a pooled
/// connection, and puts it back) has sent nothing of the mail, whatever goes wrong.
async fn send_smtp(smtp: &AsyncSmtpTransport<Tokio1Executor>, letter: &Letter) -> Outcome {
    match smtp.test_connection().await {
        Ok(true) => {}
        Ok(false) => return Outcome::Unreachable("the mail server does not answer".to_owned()),
        // Also a 5xx: it is about the greeting or the log-in, not about this mail.
        Err(e) => return Outcome::Unreachable(told(&e)),
    }
    match smtp.send_raw(&letter.envelope, &letter.bytes).await {
        Ok(_) => Outcome::Accepted,
        Err(e) if e.is_transient() => Outcome::Temporary(told(&e)),
        Err(e) if e.is_permanent() && wants_log_in(&e) => Outcome::Unreachable(told(&e)),
        Err(e) if e.is_permanent() => Outcome::Permanent(told(&e)),
        // The library refuses before it sends anything, such as an address that the server's extensions do not cover.
        Err(e) if e.is_client() => Outcome::Permanent(told(&e)),
        Err(e) if e.is_transport_shutdown() => Outcome::Unreachable(told(&e)),
        Err(e) => Outcome::Unknown(told(&e)),
    }
}

/// 530, 534, 535, 538 (RFC 4954): it is our log-in that is refused, and every mail would be.
fn wants_log_in(e: &SmtpError) -> bool {
    e.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

/// In one line of bounded length: a server may say anything.
fn told(e: &SmtpError) -> String {
    crate::receipts::sheet::one_line(&e.to_string()).chars().take(500).collect()
}

/// Writes a mail whole or not at all, under a name that depends on its Message-ID only: written again, it replaces
/// itself.
fn write(dir: &Path, letter: &Letter) -> std::io::Result<()> {
    let name = file_name(&letter.message_id);
    let draft = dir.join(format!(".{}.tmp", Uuid::now_v7().simple()));
    let written = (|| {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        // Whoever reads the mail has the link to the receipt.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
        let mut file = options.open(&draft)?;
        file.write_all(&letter.bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, dir.join(name))?;
        // The new name is only on disk when the folder is.
        std::fs::File::open(dir)?.sync_all()
    })();
    if written.is_err() {
        // Best effort: what is left is a hidden file that nobody reads.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

/// The name of a mail's file.
pub fn file_name(message_id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_') { c } else { '_' };
    let name: String = message_id.chars().take(150).map(safe).collect();
    if name == message_id && !name.starts_with('.') {
        return format!("{name}.eml");
    }
    // Ids that differ only in what was replaced must not share a file.
    let digest = sha256_hex(message_id.as_bytes());
    format!("{}-{}.eml", name.trim_start_matches('.'), digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_distinct() {
        assert_eq!(file_name("a1@host.example"), "a1@host.example.eml");
        let (a, b) = (file_name("../a"), file_name("._/a"));
        assert!(a != b && !a.contains('/') && !a.starts_with('.'), "{a} {b}");
        assert!(file_name(&"x".repeat(400)).len() < 200);
    }

    #[tokio::test]
    async fn urls() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("a/b");
        assert!(matches!(Transport::open(&format!("file://{}", below.display())), Ok(Transport::Folder(_))));
        assert!(below.is_dir());
        for url in ["smtp://h", "smtp://u:p%40@h:2525?tls=required", "smtps://h", "smtp://h:25?tls=opportunistic"] {
            assert!(matches!(Transport::open(url), Ok(Transport::Smtp(_))), "{url}");
        }
        for url in ["smtp://u:hunter2@h?tls=perhaps", "http://u:hunter2@h", "smtp://"] {
            let failure = Transport::open(url).unwrap_err();
            assert_eq!(failure.code(), 2);
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
