//! Photos' bytes to the server, as requests and answers: the host owns the network.

use super::{Phone, State, photos};
use crate::dto::{HttpHeader, Upload, UploadReport, held};
use crate::error::PhoneError;
use sync_core::phone::{Answered, Part, Write};

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// The next request that brings a photo of this phone's own to the server, part by part; `None` when there is nothing to
    /// send, or nothing before the next sync. Making it changes nothing: it may be lost, cut, doubled or sent late, and a
    /// phone that was killed goes on where the server is.
    ///
    /// # Errors
    /// `store_closed`, `store_failed`, `store_damaged`.
    pub fn next_upload(&self) -> Result<Option<Upload>, PhoneError> {
        self.state()?.upload(None)
    }

    /// As [`Phone::next_upload`], for the photos that came in another phone's file of unsent work: they go with that
    /// device's token, and after the frames that refer to them ([`Phone::carried_frame`]).
    ///
    /// # Errors
    /// As [`Phone::next_upload`].
    pub fn carried_upload(&self, id: String) -> Result<Option<Upload>, PhoneError> {
        let state = self.state()?;
        let Some(device) = state.carried_device(&id)? else { return Ok(None) };
        state.upload(Some(&device))
    }

    /// Takes in the server's answer to [`Phone::next_upload`] or [`Phone::carried_upload`], whatever its status: all its
    /// headers, or at least `Upload-Offset`, `Upload-Complete` and `Retry-After`. On disk when this returns. A request that
    /// had no answer is simply made again.
    ///
    /// # Errors
    /// `store_closed`, `store_failed`.
    pub fn uploaded(&self, sha256: String, status: u16, headers: Vec<HttpHeader>) -> Result<UploadReport, PhoneError> {
        let find = |name: &str| headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str());
        let (offset, complete, retry) = (find("upload-offset"), find("upload-complete"), find("retry-after"));
        let mut state = self.state()?;
        let device = state.waiting.photos.get(&sha256).and_then(|p| p.device.clone());
        let mut uploads = state.waiting.uploads.clone();
        let answered = uploads.answered(&sha256, status, offset, complete, retry);
        if answered == Answered::Confirmed {
            state.forget_photo(&sha256)?;
        }
        state.waiting.uploads = uploads;
        let (photos_left, bytes_left) = state.left(device.as_deref());
        let wait_s = if let Answered::Later { seconds } = answered { seconds } else { None };
        let later = matches!(answered, Answered::Later { .. });
        let next = state.waiting.uploads.next_of(|sha256| state.goes_with(sha256, device.as_deref()));
        Ok(UploadReport {
            confirmed: answered == Answered::Confirmed,
            refused: answered == Answered::Refused,
            again: next.is_some() && (!later || status == 404),
            wait_s,
            photos_left,
            bytes_left,
        })
    }
}

impl Phone {
    /// The photo whose bytes the next request of that kind carries: a page reads them from its own store first.
    ///
    /// # Errors
    /// As [`Phone::next_upload`].
    #[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "native hosts read the store themselves"))]
    pub(crate) fn upload_wants(&self, carried: Option<&str>) -> Result<Option<String>, PhoneError> {
        let state = self.state()?;
        let device = match carried {
            None => None,
            Some(id) => match state.carried_device(id)? {
                Some(device) => Some(device),
                None => return Ok(None),
            },
        };
        Ok(match state.waiting.uploads.next_of(|sha256| state.goes_with(sha256, device.as_deref())) {
            Some(Part::Send { sha256, .. }) => Some(sha256),
            Some(Part::Ask { .. }) | None => None,
        })
    }
}

impl State {
    /// The next request that goes with the token of `device`, or this phone's own.
    fn upload(&self, device: Option<&str>) -> Result<Option<Upload>, PhoneError> {
        let Some(part) = self.waiting.uploads.next_of(|sha256| self.goes_with(sha256, device)) else { return Ok(None) };
        let header = |name: &str, value: String| HttpHeader { name: name.into(), value };
        let (sha256, method, headers, bytes) = match part {
            Part::Ask { sha256 } => (sha256, "HEAD", vec![], vec![]),
            Part::Send { sha256, from, until } => {
                let whole = self.disk.bytes(&photos::bytes_key(&sha256))?;
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
        let (photos_left, bytes_left) = self.left(device);
        let (method, path) = (method.to_owned(), format!("/api/v1/blobs/{sha256}"));
        Ok(Some(Upload { sha256, method, path, headers, bytes, photos_left, bytes_left }))
    }

    /// Whether this photo goes with the token of `device`, or this phone's own.
    fn goes_with(&self, sha256: &str, device: Option<&str>) -> bool {
        self.waiting.photos.get(sha256).is_some_and(|p| p.device.as_deref() == device)
    }

    /// How many photos of that device wait here, and how many bytes of them.
    pub(super) fn left(&self, device: Option<&str>) -> (u32, i64) {
        let (photos, bytes) = self.waiting.uploads.left_of(|sha256| self.goes_with(sha256, device));
        (u32::try_from(photos).unwrap_or(u32::MAX), held(bytes))
    }

    /// The server has it: first the disk, then the memory. With the last photo of another phone's file the file goes, too.
    pub(super) fn forget_photo(&mut self, sha256: &str) -> Result<(), PhoneError> {
        let mut writes = vec![Write::Delete(photos::bytes_key(sha256)), Write::Delete(format!("p/{sha256}"))];
        let done = self.done_with(sha256)?;
        writes.extend(done.iter().map(|id| Write::Delete(format!("x/{id}"))));
        self.disk.write(&writes)?;
        self.waiting.photos.remove(sha256);
        self.waiting.uploads.remove(sha256);
        self.waiting.carried.retain(|id, _| !done.contains(id));
        Ok(())
    }
}
