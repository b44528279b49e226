//! Photos' bytes to the server, as requests and answers: the host owns the network.

use super::{Phone, State, photos};
use crate::dto::{HttpHeader, Upload, UploadReport, held};
use crate::error::PhoneError;
use sync_core::phone::{Answered, Part, Write};

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// The next request that brings a photo to the server, part by part; `None` when there is nothing to send, or nothing
    /// before the next sync. Making it changes nothing: it may be lost, cut, doubled or sent late, and a phone that was
    /// killed goes on where the server is.
    ///
    /// # Errors
    /// `store_closed`, `store_failed`, `store_damaged`.
    pub fn next_upload(&self) -> Result<Option<Upload>, PhoneError> {
        let state = self.state()?;
        let Some(part) = state.waiting.uploads.next() else { return Ok(None) };
        let header = |name: &str, value: String| HttpHeader { name: name.into(), value };
        let (sha256, method, headers, bytes) = match part {
            Part::Ask { sha256 } => (sha256, "HEAD", vec![], vec![]),
            Part::Send { sha256, from, until } => {
                let whole = state.disk.bytes(&photos::bytes_key(&sha256))?;
                let place = usize::try_from(from).ok().zip(usize::try_from(until).ok());
                let bytes = place.and_then(|(from, until)| whole?.get(from..until).map(<[u8]>::to_vec));
                let damaged = || PhoneError::store("store_damaged", &[("what", photos::bytes_key(&sha256))]);
                let bytes = bytes.ok_or_else(damaged)?;
                let headers = vec![
                    header("Upload-Offset", from.to_string()),
                    header("Content-Type", "application/partial-upload".into()),
                ];
                (sha256, "PATCH", headers, bytes)
            }
        };
        let device = state.waiting.photos.get(&sha256).and_then(|p| p.device.clone());
        let (photos_left, bytes_left) = state.left();
        let (method, path) = (method.to_owned(), format!("/api/v1/blobs/{sha256}"));
        Ok(Some(Upload { sha256, method, path, headers, bytes, device, photos_left, bytes_left }))
    }

    /// Takes in the server's answer to [`Phone::next_upload`], whatever its status: all its headers, or at least
    /// `Upload-Offset`, `Upload-Complete` and `Retry-After`. On disk when this returns. A request that had no answer is
    /// simply made again.
    ///
    /// # Errors
    /// `store_closed`, `store_failed`.
    pub fn uploaded(&self, sha256: String, status: u16, headers: Vec<HttpHeader>) -> Result<UploadReport, PhoneError> {
        let find = |name: &str| headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str());
        let (offset, complete, retry) = (find("upload-offset"), find("upload-complete"), find("retry-after"));
        let mut state = self.state()?;
        let mut uploads = state.waiting.uploads.clone();
        let answered = uploads.answered(&sha256, status, offset, complete, retry);
        if answered == Answered::Confirmed {
            state.forget_photo(&sha256)?;
        }
        state.waiting.uploads = uploads;
        let (photos_left, bytes_left) = state.left();
        let wait_s = if let Answered::Later { seconds } = answered { seconds } else { None };
        let later = matches!(answered, Answered::Later { .. });
        Ok(UploadReport {
            confirmed: answered == Answered::Confirmed,
            refused: answered == Answered::Refused,
            again: state.waiting.uploads.next().is_some() && (!later || status == 404),
            wait_s,
            photos_left,
            bytes_left,
        })
    }
}

impl State {
    fn left(&self) -> (u32, i64) {
        let (photos, bytes) = self.waiting.uploads.left();
        (u32::try_from(photos).unwrap_or(u32::MAX), held(bytes))
    }

    /// The server has it: first the disk, then the memory.
    pub(super) fn forget_photo(&mut self, sha256: &str) -> Result<(), PhoneError> {
        self.disk.write(&[Write::Delete(photos::bytes_key(sha256)), Write::Delete(format!("p/{sha256}"))])?;
        self.waiting.photos.remove(sha256);
        self.waiting.uploads.remove(sha256);
        Ok(())
    }
}
