//! Photos: the record names them by hash, their bytes are kept until the server has them.

use super::Phone;
use super::known::Touched;
use super::record::recorded;
use crate::dto::{Correction, PendingPhoto, Recorded, held, id};
use crate::error::PhoneError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use sync_core::canonical::sha256_hex;
use sync_core::document::command::Command;
use sync_core::ids::VisitId;
use sync_core::phone::{Write, from_json};

/// A photo that waits for the server, as it stands in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) size: u64,
    pub(super) media_type: String,
    pub(super) visit: String,
    /// The device that recorded it, where that is another phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<String>,
}

impl Pending {
    pub(super) fn listed(&self, sha256: &str) -> PendingPhoto {
        PendingPhoto {
            sha256: sha256.to_owned(),
            size: held(self.size),
            media_type: self.media_type.clone(),
            visit: self.visit.clone(),
        }
    }

    /// What keeps it and its bytes.
    pub(super) fn writes(&self, sha256: &str, bytes: Vec<u8>) -> Vec<Write> {
        let about = serde_json::to_vec(self).unwrap_or_default();
        vec![Write::Put(bytes_key(sha256), bytes), Write::Put(format!("p/{sha256}"), about)]
    }
}

pub(super) fn bytes_key(sha256: &str) -> String {
    format!("b/{sha256}")
}

/// The photos that wait, from the store.
pub(super) fn read(records: &[(String, Vec<u8>)]) -> Result<BTreeMap<String, Pending>, PhoneError> {
    let mut all = BTreeMap::new();
    for (name, value) in records {
        let Some(sha256) = name.strip_prefix("p/") else { continue };
        let pending = from_json(value).map_err(|_| PhoneError::store("store_damaged", &[("what", name.clone())]))?;
        all.insert(sha256.to_owned(), pending);
    }
    Ok(all)
}

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// Records a photo or file: a JPEG, PNG, WebP or HEIC image or a PDF of at most 20 MiB. Its bytes are on disk with the
    /// record, and stay until the server has them ([`Phone::next_upload`]).
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
    pub fn add_photo(
        &self,
        visit: String,
        bytes: Vec<u8>,
        media_type: String,
        caption: String,
        corrects: Option<Correction>,
    ) -> Result<Recorded, PhoneError> {
        self.photo(visit, bytes, media_type, Said { caption, corrects, ..Said::default() })
    }

    /// Records a photo or file that belongs to a work item or an expense: `about` is its id.
    ///
    /// # Errors
    /// As [`Phone::add_photo`].
    pub fn add_photo_about(
        &self,
        visit: String,
        about: String,
        bytes: Vec<u8>,
        media_type: String,
        caption: String,
        corrects: Option<Correction>,
    ) -> Result<Recorded, PhoneError> {
        self.photo(visit, bytes, media_type, Said { caption, about: Some(about), corrects, seal: false })
    }

    /// Records a photo of the customer's seal (公章), to be drawn beside the signature. It has to be there before the
    /// customer signs: what is added later is not part of what was signed.
    ///
    /// # Errors
    /// As [`Phone::add_photo`].
    pub fn add_seal(
        &self,
        visit: String,
        bytes: Vec<u8>,
        media_type: String,
        caption: String,
        corrects: Option<Correction>,
    ) -> Result<Recorded, PhoneError> {
        self.photo(visit, bytes, media_type, Said { caption, corrects, about: None, seal: true })
    }

    /// The bytes of a photo that waits on this phone.
    ///
    /// # Errors
    /// `photo_unknown`, `store_failed`, `store_damaged`.
    pub fn photo_bytes(&self, sha256: String) -> Result<Vec<u8>, PhoneError> {
        let found = self.state()?.disk.bytes(&bytes_key(&sha256))?;
        found.ok_or_else(|| PhoneError::refused("photo_unknown", &[("sha256", sha256)]))
    }

    /// The server has this photo: its bytes are forgotten here, the record stays. [`Phone::uploaded`] does so by itself; this
    /// is for hosts that know it in another way.
    ///
    /// # Errors
    /// `photo_unknown`, `store_failed`.
    pub fn photo_confirmed(&self, sha256: String) -> Result<(), PhoneError> {
        let mut state = self.state()?;
        if !state.waiting.photos.contains_key(&sha256) {
            return Err(PhoneError::refused("photo_unknown", &[("sha256", sha256)]));
        }
        state.forget_photo(&sha256)
    }
}

/// What is said of a photo beside its bytes.
#[derive(Default)]
struct Said {
    caption: String,
    about: Option<String>,
    corrects: Option<Correction>,
    seal: bool,
}

impl Phone {
    fn photo(&self, visit: String, bytes: Vec<u8>, media_type: String, said: Said) -> Result<Recorded, PhoneError> {
        let visit: VisitId = id(&visit)?;
        let (sha256, size) = (sha256_hex(&bytes), bytes.len() as u64);
        let Said { caption, about, corrects, seal } = said;
        let about = about.map(|a| id(&a)).transpose()?;
        let supersedes = corrects.map(TryInto::try_into).transpose()?;
        let command = Command::Photo {
            sha256: sha256.clone(),
            size,
            media_type: media_type.clone(),
            caption,
            seal,
            about,
            supersedes,
        };
        let pending = Pending { size, media_type, visit: visit.to_string(), device: None };
        let mut moment = self.moment()?;
        let mut state = self.state()?;
        let staged = state.engine_mut()?.record(visit, &mut moment.env(), &[command])?;
        let ack = state.commit(staged, pending.writes(&sha256, bytes), &Touched::Visit(visit))?;
        state.waiting.take(sha256, pending);
        recorded(ack)
    }
}
