//! Where mails go: a folder of `.eml` files, or an SMTP server.

use super::compose::Letter;
use super::outcome::Outcome;
use super::smtp::Smtp;
use crate::failure::Failure;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use sync_core::canonical::sha256_hex;
use uuid::Uuid;

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Transport {
    /// One file per mail in this folder.
    Folder(PathBuf),
    /// An SMTP server, with a pool of connections.
    Smtp(Smtp),
}

impl Transport {
    /// From `file://DIR`, `smtp://[user:password@]host[:port][?tls=required|opportunistic]` or `smtps://…`. A folder is
    /// made if it is missing.
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
        Smtp::from_url(url).map(Self::Smtp)
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
            Self::Smtp(smtp) => smtp.send(&letter).await,
        }
    }

    /// Closes the connections.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }
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

    #[test]
    fn urls() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("a/b");
        assert!(matches!(Transport::open(&format!("file://{}", below.display())), Ok(Transport::Folder(_))));
        assert!(below.is_dir());
        assert!(matches!(Transport::open("smtps://h"), Ok(Transport::Smtp(_))));
        assert_eq!(Transport::open("http://h").unwrap_err().code(), 2);
    }
}
