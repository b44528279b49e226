//! Unsent work of a dying phone: to a file, and from there to the server by way of another phone.
//!
//! The file holds finished requests, signed by the phone that made the records, and the proof with which the server
//! recognises it. So it works for keys that never leave their hardware, no key is in the file, and whoever carries it can
//! only deliver it.

use super::enrol::{challenge, checked, request};
use super::{Phone, State, Ticket, photos};
use crate::dto::{Carried, EnrolmentRequest, Frame, SyncReport, ToSign};
use crate::error::PhoneError;
use crate::seal;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use sync_core::canonical::sha256_hex;
use sync_core::clock::Stamp;
use sync_core::phone::{self as engine, FrameDraft, Write};
use sync_core::sync::{DocumentDown, Outcome, PROTOCOL, Request, Response, decode, encode};

/// How the file begins: what it is and its form, for whoever finds it.
const MAGIC: &[u8] = b"countersign unsent work 1\n";

/// What is in the file, sealed.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
struct Parcel {
    /// `Identity`, JSON.
    #[n(0)]
    identity: String,
    /// The enrolment request's body.
    #[n(1)]
    enrolment: String,
    #[n(2)]
    visits: Vec<String>,
    #[n(3)]
    frames: Vec<ByteVec>,
    #[n(4)]
    photos: Vec<ParcelPhoto>,
}

#[derive(Clone, Debug, Encode, Decode)]
#[cbor(map)]
struct ParcelPhoto {
    #[n(0)]
    visit: String,
    #[n(1)]
    media_type: String,
    #[n(2)]
    bytes: ByteVec,
}

/// A parcel on its way, as this phone keeps it; its photos are among this phone's own.
#[derive(Clone)]
pub(super) struct Carrying(Parcel);

/// The parcels on their way, from the store.
pub(super) fn read(records: &[(String, Vec<u8>)]) -> Result<BTreeMap<String, Carrying>, PhoneError> {
    let mut all = BTreeMap::new();
    for (name, value) in records {
        let Some(id) = name.strip_prefix("x/") else { continue };
        let parcel =
            minicbor::decode(value).map_err(|_| PhoneError::store("store_damaged", &[("what", name.clone())]))?;
        all.insert(id.to_owned(), Carrying(parcel));
    }
    Ok(all)
}

/// Unsent work on its way into a file: what it holds, and the signatures that were made so far.
pub(super) struct Export {
    identity: engine::Identity,
    visits: Vec<String>,
    photos: Vec<ParcelPhoto>,
    drafts: Vec<FrameDraft>,
    /// Of the drafts, in their order, and at last of the enrolment.
    signatures: Vec<Vec<u8>>,
}

impl Export {
    /// What the device's key must sign next.
    fn unsigned(&self) -> Option<Vec<u8>> {
        match self.drafts.get(self.signatures.len()) {
            // Every draft carries documents, or the export had ended before it.
            Some(draft) => draft.message(),
            None if self.signatures.len() == self.drafts.len() => {
                Some(challenge(self.identity.user, &self.identity.key))
            }
            None => None,
        }
    }
}

impl State {
    fn waits(&mut self, export: Export) -> ToSign {
        let message = export.unsigned().unwrap_or_default();
        ToSign { ticket: self.ticket(Ticket::Export(Box::new(export))), message }
    }
}

impl Phone {
    fn gathered(&self) -> Result<Export, PhoneError> {
        let now = self.host.stamp()?;
        // A second engine over the same bytes plays both sides of the sync; the real one learns nothing of it.
        let (mut copy, visits, photos) = {
            let mut state = self.state()?;
            let copy = engine::Phone::open(state.disk.load()?, None)?;
            let visits: Vec<_> = copy.visits().into_iter().filter(|l| l.unsynced_changes > 0).collect();
            let mut photos = Vec::new();
            // What came from another phone is in that phone's file.
            for (sha256, pending) in state.waiting.photos.iter().filter(|(_, p)| p.device.is_none()) {
                let Some(bytes) = state.disk.bytes(&photos::bytes_key(sha256))? else { continue };
                let (visit, media_type) = (pending.visit.clone(), pending.media_type.clone());
                photos.push(ParcelPhoto { visit, media_type, bytes: bytes.into() });
            }
            (copy, visits, photos)
        };
        // By then the server may have been restored from a backup: the whole of each visit goes along.
        let forgotten = visits.iter().map(|l| down(l.visit, Outcome::NeedAll, vec![])).collect();
        answer(&mut copy, now, forgotten)?;
        let mut drafts = Vec::new();
        while copy.unsynced_changes() > 0 {
            let draft = copy.frame(now)?;
            let frame = draft.clone().seal(&[]);
            let sent = Request::read(&frame).map_err(|e| engine::PhoneError::Answer(e.to_string()))?;
            let merged = sent.documents.into_iter().map(|d| down(d.visit, Outcome::Merged, d.heads)).collect();
            answer(&mut copy, now, merged)?;
            drafts.push(draft);
        }
        Ok(Export {
            identity: copy.identity().clone(),
            visits: visits.iter().map(|l| l.visit.to_string()).collect(),
            photos,
            drafts,
            signatures: Vec::new(),
        })
    }

    fn packed(&self, export: Export, key: &seal::Key) -> Result<Vec<u8>, PhoneError> {
        let Export { identity, visits, photos, drafts, signatures } = export;
        let proof = signatures.last().map_or(&[][..], Vec::as_slice);
        let parcel = Parcel {
            identity: serde_json::to_string(&identity).unwrap_or_default(),
            enrolment: request(&identity.name, &identity.key, proof).body,
            visits,
            frames: drafts.into_iter().zip(&signatures).map(|(draft, signed)| draft.seal(signed).into()).collect(),
            photos,
        };
        let mut nonce = [0u8; seal::NONCE];
        nonce.copy_from_slice(&self.host.secret()?[..seal::NONCE]);
        Ok([MAGIC, &seal::seal(nonce, key, MAGIC, &encode(&parcel))?].concat())
    }
}

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// Everything that has not reached the server, photos included, as the bytes of a file, encrypted with `key` (32
    /// bytes, which the host shows or sends some other way). Changes nothing on this phone; delivering it twice, or
    /// syncing as well, does no harm.
    ///
    /// # Errors
    /// `bad_key_length`, `not_enrolled`, `host_failed`, `document_unreadable`, `store_failed`.
    pub fn export_unsynced(&self, key: Vec<u8>) -> Result<Vec<u8>, PhoneError> {
        let key = seal::key(&key)?;
        let mut export = self.gathered()?;
        while let Some(message) = export.unsigned() {
            let signature = self.device_signs(message)?;
            export.signatures.push(signature);
        }
        self.packed(export, &key)
    }

    /// [`Phone::export_unsynced`] for platforms that sign in their own time: the first message for the device's key.
    ///
    /// # Errors
    /// As [`Phone::export_unsynced`].
    pub fn prepare_export(&self) -> Result<ToSign, PhoneError> {
        let export = self.gathered()?;
        Ok(self.state()?.waits(export))
    }

    /// With its signature, the next message; an empty one when nothing is left to sign.
    ///
    /// # Errors
    /// `bad_signature`, also when the ticket is none, or was used.
    pub fn sign_export(&self, ticket: u32, signature: Vec<u8>) -> Result<ToSign, PhoneError> {
        let mut state = self.state()?;
        let Some(Ticket::Export(mut export)) = state.tickets.remove(&ticket) else {
            return Err(PhoneError::refused("bad_signature", &[]));
        };
        if let Some(message) = export.unsigned() {
            export.signatures.push(checked(&export.identity.key, &message, signature)?);
        }
        Ok(state.waits(*export))
    }

    /// When everything is signed, the file of [`Phone::export_unsynced`].
    ///
    /// # Errors
    /// `bad_key_length`, `host_failed`; `bad_signature` when something was not signed, and when the ticket is none, or was
    /// used.
    pub fn finish_export(&self, ticket: u32, key: Vec<u8>) -> Result<Vec<u8>, PhoneError> {
        let key = seal::key(&key)?;
        let ticket = self.state()?.tickets.remove(&ticket);
        match ticket {
            Some(Ticket::Export(export)) if export.unsigned().is_none() => self.packed(*export, &key),
            _ => Err(PhoneError::refused("bad_signature", &[])),
        }
    }

    /// Takes in the file of another phone. On disk when this returns; importing it again changes nothing. Deliver it:
    /// post [`Carried::enrolment`] as the engineer who recorded it, and with those tokens sync
    /// [`Phone::carried_frame`] until none is left, and then [`Phone::carried_upload`]. Its photos are among
    /// [`Phone::unsynced`]'s. It is kept until the server has all of it.
    ///
    /// # Errors
    /// `rescue_unreadable`, `rescue_wrong_key`, `bad_key_length`, `store_failed`.
    pub fn import_unsynced(&self, file: Vec<u8>, key: Vec<u8>) -> Result<Carried, PhoneError> {
        let key = seal::key(&key)?;
        let unreadable = || PhoneError::refused("rescue_unreadable", &[]);
        let sealed = file.strip_prefix(MAGIC).ok_or_else(unreadable)?;
        let plain = seal::open(&key, MAGIC, sealed).ok_or_else(|| PhoneError::refused("rescue_wrong_key", &[]))?;
        let mut parcel: Parcel = minicbor::decode(&plain).map_err(|_| unreadable())?;
        let id = sha256_hex(&plain);
        let mut state = self.state()?;
        if let Some(known) = state.waiting.carried.get(&id) {
            return state.listed(&id, known);
        }
        let from: engine::Identity = serde_json::from_str(&parcel.identity).map_err(|_| unreadable())?;
        // Only with its own tokens: this phone's engineer may have nothing to do with the visit.
        let own = state.engine.as_ref().is_some_and(|e| e.identity().device == from.device);
        let device = (!own).then(|| from.device.to_string());
        let mut writes = Vec::new();
        let mut waiting = Vec::new();
        for ParcelPhoto { visit, media_type, bytes } in std::mem::take(&mut parcel.photos) {
            let (sha256, size) = (sha256_hex(&bytes), bytes.len() as u64);
            let pending = photos::Pending { size, media_type, visit, device: device.clone() };
            writes.extend(pending.writes(&sha256, bytes.into()));
            waiting.push((sha256, pending));
        }
        let carrying = Carrying(parcel);
        let kept = !carrying.0.frames.is_empty() || waiting.iter().any(|(_, p)| p.device.is_some());
        if kept {
            writes.push(carrying.write(&id));
        }
        state.disk.write(&writes)?;
        for (sha256, pending) in waiting {
            state.waiting.take(sha256, pending);
        }
        let listed = state.listed(&id, &carrying)?;
        if kept {
            state.waiting.carried.insert(id, carrying);
        }
        Ok(listed)
    }

    /// Unsent work of other phones that this one has yet to deliver, or the photos of it.
    ///
    /// # Errors
    /// `store_closed`.
    pub fn carried(&self) -> Result<Vec<Carried>, PhoneError> {
        let state = self.state()?;
        state.waiting.carried.iter().map(|(id, c)| state.listed(id, c)).collect()
    }

    /// The next request of carried work; `None` when all of it is delivered but perhaps its photos.
    ///
    /// # Errors
    /// `store_closed`.
    pub fn carried_frame(&self, id: String) -> Result<Option<Frame>, PhoneError> {
        let state = self.state()?;
        let Some(Carrying(parcel)) = state.waiting.carried.get(&id) else { return Ok(None) };
        let Some(bytes) = parcel.frames.first().map(|f| f.to_vec()) else { return Ok(None) };
        let visits = Request::read(&bytes).map_or(0, |r| u32::try_from(r.documents.len()).unwrap_or(u32::MAX));
        Ok(Some(Frame { bytes, visits, complete: parcel.frames.len() == 1 }))
    }

    /// Takes in the server's answer to [`Phone::carried_frame`]. What waits there for another phone's changes stays here,
    /// to be tried again later.
    ///
    /// # Errors
    /// `answer_unreadable`, `store_failed`.
    pub fn receive_carried(&self, id: String, answer: Vec<u8>) -> Result<SyncReport, PhoneError> {
        let unreadable = |why: String| PhoneError::from(engine::PhoneError::Answer(why));
        let answer: Response = decode(&answer).map_err(|e| unreadable(e.to_string()))?;
        let mut state = self.state()?;
        let Some(mut carrying) = state.waiting.carried.get(&id).cloned() else { return Ok(SyncReport::none()) };
        let Some(frame) = carrying.0.frames.first() else { return Ok(SyncReport::none()) };
        let sent = Request::read(frame).map_err(|e| unreadable(e.to_string()))?;
        let mut report = SyncReport::from(engine::SyncReport::default());
        for document in &sent.documents {
            let found = answer.documents.iter().find(|d| d.visit == document.visit && d.outcome != Outcome::News);
            let down = found.ok_or_else(|| unreadable(format!("it says nothing of visit {}", document.visit)))?;
            match down.outcome {
                Outcome::Merged => report.confirmed.push(document.visit.to_string()),
                Outcome::Quarantined => report.refused.extend(
                    down.refused
                        .iter()
                        .map(|r| crate::dto::RefusedVisit { visit: document.visit.to_string(), code: r.code.clone() }),
                ),
                Outcome::NeedAll | Outcome::Waiting | Outcome::News => report.again = true,
            }
        }
        if report.again {
            return Ok(report);
        }
        carrying.0.frames.remove(0);
        state.waiting.uploads.heard(&[]);
        report.again = !carrying.0.frames.is_empty();
        if report.again || state.left(Some(&carrying.identity()?.device.to_string())).0 > 0 {
            state.disk.write(&[carrying.write(&id)])?;
            state.waiting.carried.insert(id, carrying);
        } else {
            state.disk.write(&[Write::Delete(format!("x/{id}"))])?;
            state.waiting.carried.remove(&id);
        }
        Ok(report)
    }
}

impl Carrying {
    fn write(&self, id: &str) -> Write {
        Write::Put(format!("x/{id}"), encode(&self.0))
    }

    fn identity(&self) -> Result<engine::Identity, PhoneError> {
        serde_json::from_str(&self.0.identity).map_err(|_| PhoneError::refused("rescue_unreadable", &[]))
    }
}

impl State {
    fn listed(&self, id: &str, carrying: &Carrying) -> Result<Carried, PhoneError> {
        let from = carrying.identity()?;
        let Parcel { visits, frames, enrolment, .. } = &carrying.0;
        let (photos_left, bytes_left) = self.left(Some(&from.device.to_string()));
        Ok(Carried {
            id: id.to_owned(),
            device: from.device.to_string(),
            user: from.user.to_string(),
            name: from.name,
            visits: visits.clone(),
            frames_left: u32::try_from(frames.len()).unwrap_or(u32::MAX),
            photos_left,
            bytes_left,
            enrolment: EnrolmentRequest { path: "/api/v1/devices".into(), body: enrolment.clone() },
        })
    }

    /// The device that made this parcel, if it is still on its way.
    pub(super) fn carried_device(&self, id: &str) -> Result<Option<String>, PhoneError> {
        self.waiting.carried.get(id).map(|c| Ok(c.identity()?.device.to_string())).transpose()
    }

    /// The parcels of which nothing is left when the server has this photo.
    pub(super) fn done_with(&self, sha256: &str) -> Result<Vec<String>, PhoneError> {
        let device = self.waiting.photos.get(sha256).and_then(|p| p.device.as_deref());
        let mut done = Vec::new();
        for (id, carrying) in &self.waiting.carried {
            let from = carrying.identity()?.device.to_string();
            let last = device == Some(&from) && self.left(device).0 <= 1;
            if last && carrying.0.frames.is_empty() {
                done.push(id.clone());
            }
        }
        Ok(done)
    }
}

fn down(visit: sync_core::ids::VisitId, outcome: Outcome, heads: Vec<sync_core::sync::Hash>) -> DocumentDown {
    DocumentDown { visit, outcome, heads, changes: vec![], refused: vec![] }
}

/// Lets `copy` believe that a server answered this.
fn answer(copy: &mut engine::Phone, now: Stamp, documents: Vec<DocumentDown>) -> Result<(), PhoneError> {
    // A frame says which feed and epoch the phone follows: nothing of that is to change.
    let asked = Request::read(&copy.frame(now)?.seal(&[])).map_err(|e| engine::PhoneError::Answer(e.to_string()))?;
    let answer = Response {
        protocol: PROTOCOL,
        server_ms: now.wall_ms,
        epoch: asked.epoch,
        cursor: asked.cursor,
        more: false,
        documents,
        reference: vec![],
        states: vec![],
        missing_blobs: vec![],
    };
    let staged = copy.receive(now, &encode(&answer))?;
    copy.commit(staged);
    Ok(())
}
