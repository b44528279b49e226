//! Sync frames: what the phone sends, and what it does with the answer.

use super::entry::Entry;
use super::{Effect, Phone, PhoneError, Seen, Staged, SyncMemory, keys};
use crate::admission::{self, Limits, Sender};
use crate::clock::{ServerSeen, Stamp};
use crate::document::{Document, actor_device};
use crate::ids::VisitId;
use crate::reference::Record;
use crate::sync::{
    Advice, DocumentDown, DocumentUp, MAX_CHANGES, MAX_DOCUMENTS, MAX_FRAME_BYTES, Outcome, PROTOCOL, Request,
    Response, VisitState, attested_bytes, decode, encode,
};
use automerge::ChangeHash;
use minicbor::bytes::ByteVec;

/// A request that waits for the device's signature.
#[derive(Clone, Debug)]
pub struct FrameDraft {
    request: Request,
    complete: bool,
}

impl FrameDraft {
    /// What the device signs; `None` when there is nothing to sign because only news are asked for.
    pub fn message(&self) -> Option<Vec<u8>> {
        (!self.request.documents.is_empty()).then(|| attested_bytes(self.request.device, &self.request.documents))
    }
    /// The request's bytes, with the signature over [`FrameDraft::message`].
    pub fn seal(mut self, signature: &[u8]) -> Vec<u8> {
        self.request.attestation = ByteVec::from(signature.to_vec());
        encode(&self.request)
    }
    /// Whether it holds everything that waits on the phone; if not, another frame follows.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
    /// How many documents it carries.
    pub fn documents(&self) -> usize {
        self.request.documents.len()
    }
}

/// What an answer brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Visits whose changes the server has confirmed.
    pub confirmed: Vec<VisitId>,
    /// Visits that others changed.
    pub news: Vec<VisitId>,
    /// What the server refused: visit and code.
    pub refused: Vec<(VisitId, String)>,
    /// Decisions about visits.
    pub states: Vec<VisitState>,
    /// How many reference records arrived.
    pub reference: usize,
    /// SHA-256 of photos that this phone recorded and the server waits for, lower-case hex.
    pub awaited: Vec<String>,
    /// Whether another round is worth it now: more news, or something to ask for.
    pub again: bool,
}

impl Phone {
    /// The next request: what the server lacks, as far as the bounds allow, and what this phone wants to know.
    ///
    /// # Errors
    /// When a stored document cannot be read.
    pub fn frame(&self, now: Stamp) -> Result<FrameDraft, PhoneError> {
        let mut documents = Vec::new();
        let (mut bytes, mut complete) = (0usize, true);
        for (visit, entry) in self.visits.iter().filter(|(_, e)| e.meta.unsynced > 0 || e.meta.ask) {
            if documents.len() >= MAX_DOCUMENTS || bytes >= MAX_FRAME_BYTES {
                complete = false;
                break;
            }
            let (up, whole) = self.up(*visit, entry, MAX_FRAME_BYTES - bytes)?;
            complete &= whole;
            bytes += up.changes.iter().map(|c| c.len()).sum::<usize>();
            documents.push(up);
        }
        let request = Request {
            protocol: PROTOCOL,
            device: self.identity.device,
            wall_ms: now.wall_ms,
            cursor: self.sync.cursor,
            epoch: self.sync.epoch,
            documents,
            attestation: ByteVec::from(Vec::new()),
        };
        Ok(FrameDraft { request, complete })
    }

    /// The next request, signed, for phones whose key is in software.
    ///
    /// # Errors
    /// As [`Phone::frame`], and [`PhoneError::HostSigns`].
    pub fn signed_frame(&self, now: Stamp) -> Result<Vec<u8>, PhoneError> {
        let key = self.software_key.as_ref().ok_or(PhoneError::HostSigns)?;
        let draft = self.frame(now)?;
        let signature = draft.message().map(|m| key.sign(&m).to_vec()).unwrap_or_default();
        Ok(draft.seal(&signature))
    }

    fn up(&self, visit: VisitId, entry: &Entry, room: usize) -> Result<(DocumentUp, bool), PhoneError> {
        let doc = entry.document()?;
        let since = entry.server_heads();
        let mine = self.identity.device;
        let genesis = *crate::document::genesis::GENESIS_HASH;
        let (mut changes, mut size, mut whole) = (Vec::new(), 0usize, true);
        let mut sent: Vec<ChangeHash> = Vec::new();
        let own = doc
            .changes_since(&since)
            .into_iter()
            .filter(|c| Some(c.hash()) != genesis && actor_device(c.actor_id()) == Some(mine));
        for change in own {
            let raw = change.raw_bytes();
            // One change always goes, however large: the bound is on what is packed together.
            if changes.len() >= MAX_CHANGES || (size + raw.len() > room && !changes.is_empty()) {
                whole = false;
                break;
            }
            size += raw.len();
            sent.push(change.hash());
            changes.push(ByteVec::from(raw.to_vec()));
        }
        // Only what is sent is attested: the heads of a part are the changes that no other of the part stands on.
        let heads = if whole {
            doc.heads()
        } else {
            let below: std::collections::HashSet<ChangeHash> =
                sent.iter().filter_map(|h| doc.info(h)).flat_map(|i| i.deps.iter().copied()).collect();
            sent.iter().copied().filter(|h| !below.contains(h)).collect()
        };
        // Of a part there is no verdict: what is left would change it.
        let advice = if whole && !changes.is_empty() { self.short_advice(visit, &doc) } else { None };
        let up = DocumentUp {
            visit,
            advice,
            since: since.into_iter().map(Into::into).collect(),
            heads: heads.into_iter().map(Into::into).collect(),
            changes,
        };
        Ok((up, whole))
    }

    /// The verdict on what is sent, where there is something to judge.
    fn short_advice(&self, visit: VisitId, doc: &Document) -> Option<Advice> {
        let verdict = self.judge(visit, doc);
        Some(Advice::of(&verdict)).filter(|advice| !verdict.items.is_empty() && advice.is_bounded())
    }

    /// Takes in the server's answer. `now` is read when it arrived.
    ///
    /// # Errors
    /// [`PhoneError::Answer`] when it cannot be read; nothing is staged then.
    pub fn receive(&self, now: Stamp, answer: &[u8]) -> Result<Staged<SyncReport>, PhoneError> {
        let answer: Response = decode(answer).map_err(|e| PhoneError::Answer(e.to_string()))?;
        let mut writes = Vec::new();
        let awaited = answer.missing_blobs.iter().map(|hash| hex::encode(hash.0)).collect();
        let mut report = SyncReport { again: answer.more, awaited, ..SyncReport::default() };
        let mut effect = Effect::default();
        let mut entries: std::collections::BTreeMap<VisitId, Entry> = std::collections::BTreeMap::new();
        for down in &answer.documents {
            let before = entries.remove(&down.visit).or_else(|| self.visits.get(&down.visit).cloned());
            let mut entry = before.unwrap_or_default();
            writes.extend(self.take(down, &mut entry, &mut report)?);
            entries.insert(down.visit, entry);
        }
        for state in &answer.states {
            let state: VisitState = serde_json::from_str(state).map_err(|e| PhoneError::Answer(e.to_string()))?;
            let known = entries.remove(&state.visit).or_else(|| self.visits.get(&state.visit).cloned());
            if let Some(mut entry) = known {
                entry.meta.state = Some(state.clone());
                writes.push(entry.write_meta(state.visit));
                entries.insert(state.visit, entry);
                report.states.push(state);
            }
        }
        // A server restored from a backup may lack what it once confirmed: every document's heads are compared again.
        if answer.epoch != self.sync.epoch && self.sync.epoch != 0 {
            for (visit, entry) in &self.visits {
                let mut entry = entries.remove(visit).unwrap_or_else(|| entry.clone());
                entry.meta.ask = true;
                writes.push(entry.write_meta(*visit));
                entries.insert(*visit, entry);
            }
            report.again = true;
        }
        if !answer.reference.is_empty() {
            let mut reference = self.reference.clone();
            for text in &answer.reference {
                // A record of a kind that this version does not know is left out; the next version asks anew.
                if let Ok(record) = serde_json::from_str::<Record>(text) {
                    writes.push(keys::record(&record));
                    reference.put(record);
                    report.reference += 1;
                }
            }
            reference.version = answer.cursor;
            effect.reference = Some(reference);
        }
        let memory = SyncMemory {
            cursor: answer.cursor,
            epoch: answer.epoch,
            server: Some(Seen { boot: now.boot, seen: ServerSeen { at_ms: answer.server_ms, mono_ms: now.mono_ms } }),
        };
        if memory != self.sync {
            writes.push(keys::sync(&memory));
        }
        report.again |= entries.values().any(|e| e.meta.ask);
        effect.sync = Some(memory);
        effect.entries = entries.into_iter().collect();
        Ok(Staged { writes, effect, ack: report })
    }

    /// One document of an answer.
    fn take(
        &self,
        down: &DocumentDown,
        entry: &mut Entry,
        report: &mut SyncReport,
    ) -> Result<Vec<super::Write>, PhoneError> {
        let mut doc = entry.document()?;
        let mut new: Vec<Vec<u8>> = Vec::new();
        let mut lacking = false;
        if !down.changes.is_empty() {
            let changes: Vec<&[u8]> = down.changes.iter().map(|c| &c[..]).collect();
            let admission = admission::admit(&doc, down.visit, &Sender::Relay, &changes, &Limits::default());
            lacking = !admission.waiting.is_empty() || !admission.refused.is_empty();
            new.extend(admission.admitted.into_iter().map(|a| a.raw));
            if let Some(next) = admission.document {
                doc = next;
            }
        }
        if !new.is_empty() {
            report.news.push(down.visit);
        }
        let heads: Vec<ChangeHash> = down.heads.iter().map(|h| (*h).into()).collect();
        let has_all = heads.iter().all(|h| doc.has(h));
        entry.meta.ask = !has_all || lacking;
        match down.outcome {
            Outcome::NeedAll => {
                entry.meta.server_heads.clear();
                report.again = true;
            }
            // News without heads are a part of what is to come.
            Outcome::Merged | Outcome::News if has_all && !heads.is_empty() => entry.set_server_heads(&down.heads),
            _ => {}
        }
        if down.outcome == Outcome::Merged {
            entry.meta.refused.clear();
        }
        for refused in &down.refused {
            entry.meta.refused.insert(hex::encode(refused.sha256.0), refused.code.clone());
            report.refused.push((down.visit, refused.code.clone()));
        }
        let mine = self.identity.device;
        let left = doc
            .changes_since(&entry.server_heads())
            .iter()
            .filter(|c| actor_device(c.actor_id()) == Some(mine))
            .count();
        entry.meta.unsynced = u32::try_from(left).unwrap_or(u32::MAX);
        if left == 0 {
            entry.meta.unsynced_since_ms = None;
            if down.outcome == Outcome::Merged {
                report.confirmed.push(down.visit);
            }
        }
        Ok(entry.advance(down.visit, doc, &new))
    }
}
