//! What came back, from a maildir that the company's mail server delivers into: read from `new`, and moved to `cur` when it was
//! dealt with. A mail that says nothing about ours is moved all the same, with the flag for it: nobody deletes anything here.

use super::bounce;
use super::mailroom::{Noted, note};
use crate::clock::Clock;
use crate::failure::Failure;
use crate::store::Db;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Larger mails are no notifications; their beginning says all that is wanted.
const LARGEST: u64 = 4 << 20;
/// How often to look.
const PAUSE: Duration = Duration::from_secs(30);
/// Mails in one look, so that a flood does not fill the memory with names.
const AT_ONCE: usize = 500;

/// The folder with what came back.
#[derive(Clone, Debug)]
pub struct Maildir {
    dir: PathBuf,
}

impl Maildir {
    /// Opens it; `new`, `cur` and `tmp` are made where they are missing.
    ///
    /// # Errors
    /// In one line with a hint.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(dir.join(part)).map_err(|e| {
                Failure::new(format!("the maildir {} cannot be used: {e}", dir.display())).hint("see bounce_maildir")
            })?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Looks from time to time, until `stop`.
    pub async fn run(self, db: Db, clock: Clock, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(e) = self.look(&db, &clock).await {
                tracing::error!(error = %e, "what came back cannot be read");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Deals with what is there; returns how many of our mails came back. A mail that was noted and not moved (the process
    /// ended in between) is noted once.
    ///
    /// # Errors
    /// When the folder cannot be read or the database refuses; the mail in hand stays in `new`.
    pub async fn look(&self, db: &Db, clock: &Clock) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
        let dir = self.dir.clone();
        let names = tokio::task::spawn_blocking(move || waiting(&dir)).await??;
        let mut bounced = 0;
        for name in names {
            let path = self.dir.join("new").join(&name);
            let read = tokio::task::spawn_blocking({
                let path = path.clone();
                move || beginning(&path).map(|bytes| bounce::read(&bytes))
            });
            let flag = match read.await?? {
                Ok(notification) => {
                    let noted = note(db, &notification, clock.now_ms()).await?;
                    bounced += usize::from(noted == Noted::Bounced);
                    if noted == Noted::Stranger { "F" } else { "S" }
                }
                // For a person to look at.
                Err(e) => {
                    tracing::info!(mail = ?name, why = %e, "a mail that is no notification");
                    "F"
                }
            };
            // Readers of maildirs know what was seen (S) and what is flagged (F) by the end of its name.
            let mut done = name.clone();
            done.push(format!(":2,{flag}"));
            let to = self.dir.join("cur").join(done);
            tokio::task::spawn_blocking(move || std::fs::rename(path, to)).await??;
        }
        Ok(bounced)
    }
}

/// The names in `new`, in their order, which is about that of their arrival.
fn waiting(dir: &Path) -> std::io::Result<Vec<std::ffi::OsString>> {
    let mut names: Vec<_> = std::fs::read_dir(dir.join("new"))?
        .filter_map(Result::ok)
        .filter(|e| e.file_type().is_ok_and(|t| t.is_file()))
        .map(|e| e.file_name())
        .filter(|n| !n.to_string_lossy().starts_with('.'))
        .take(AT_ONCE)
        .collect();
    names.sort();
    Ok(names)
}

fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
