//! Photos of a simulated phone: their bytes on its disk until the server has them.

use crate::host::{SimPhone, SyncError};
use crate::link::LinkError;
use sync_core::canonical::sha256_hex;
use sync_core::document::command::Command;
use sync_core::ids::{FactId, VisitId};
use sync_core::phone::{Answered, Part, PhoneError, Uploads, Write};

/// A photo to be recorded.
#[derive(Clone, Debug)]
pub struct NewPhoto {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// What it shows.
    pub caption: String,
    /// Whether that is the customer's seal.
    pub seal: bool,
}

/// A server's answer about a photo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlobAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Upload-Offset`
    pub offset: Option<String>,
    /// `Upload-Complete`
    pub complete: Option<String>,
    /// `Retry-After`
    pub retry_after: Option<String>,
}

/// A way to a server for photos' bytes.
pub trait BlobLink {
    /// Asks how far the server has come, or brings it a part that begins at the given byte.
    ///
    /// # Errors
    /// When there is no answer; what the server has got is then unknown.
    fn blob(&mut self, sha256: &str, part: Option<(u64, &[u8])>) -> Result<BlobAnswer, LinkError>;
}

fn key(sha256: &str) -> String {
    format!("b/{sha256}")
}

impl SimPhone {
    /// Records a photo; its bytes are on the disk with it.
    ///
    /// # Errors
    /// The engine's.
    pub fn add_photo(&mut self, visit: VisitId, photo: NewPhoto) -> Result<FactId, PhoneError> {
        let NewPhoto { bytes, media_type, caption, seal } = photo;
        let sha256 = sha256_hex(&bytes);
        let (size, media_type) = (bytes.len() as u64, media_type.to_owned());
        let fact = self.one(
            visit,
            Command::Photo { sha256: sha256.clone(), size, media_type, caption, seal, about: None, supersedes: None },
        )?;
        self.write(vec![Write::Put(key(&sha256), bytes)]);
        self.uploads.add(&sha256, size);
        Ok(fact)
    }

    /// How many photos the server is not known to have, and how many bytes of them.
    pub fn photos_left(&self) -> (usize, u64) {
        self.uploads.left()
    }

    /// Uploads until nothing is left that can be sent now, with at most `tries` requests. True when the server has all.
    /// Failures of the link are tried again.
    ///
    /// # Errors
    /// [`LinkError::Refused`] when the server will not take a photo.
    pub fn upload_until_quiet(&mut self, link: &mut dyn BlobLink, tries: usize) -> Result<bool, SyncError> {
        for _ in 0..tries {
            let Some(part) = self.uploads.next() else { break };
            let (sha256, sent) = match &part {
                Part::Ask { sha256 } => (sha256.clone(), link.blob(sha256, None)),
                Part::Send { sha256, from, until } => {
                    let lost = SyncError::Link(LinkError::Lost("the photo"));
                    let bytes = self.disk.get(&key(sha256)).and_then(|b| b.get(*from as usize..*until as usize));
                    (sha256.clone(), link.blob(sha256, Some((*from, bytes.ok_or(lost)?))))
                }
            };
            let Ok(answer) = sent else { continue };
            let BlobAnswer { status, offset, complete, retry_after } = answer;
            let (offset, complete, retry) = (offset.as_deref(), complete.as_deref(), retry_after.as_deref());
            match self.uploads.answered(&sha256, status, offset, complete, retry) {
                Answered::Confirmed => self.write(vec![Write::Delete(key(&sha256))]),
                Answered::GoOn | Answered::Later { .. } => {}
                Answered::Refused => {
                    let (code, detail) = ("refused".to_owned(), sha256);
                    return Err(SyncError::Link(LinkError::Refused { status, code, detail }));
                }
            }
        }
        Ok(self.uploads.left().0 == 0)
    }

    /// What is on the disk still has to go.
    pub(crate) fn reopen_uploads(&mut self) {
        self.uploads = Uploads::default();
        for (name, bytes) in &self.disk {
            if let Some(sha256) = name.strip_prefix("b/") {
                self.uploads.add(sha256, bytes.len() as u64);
            }
        }
    }
}
