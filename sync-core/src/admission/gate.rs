//! A batch through the gate.

use super::change::Header;
use super::chunk::Chunk;
use super::facts::Speaker;
use super::history::{History, Judged};
use super::refusal::{Refusal, RefusalCode, ensure};
use super::trial::{Passed, attempt, contained};
use super::{Admission, Admitted, Limits, Refused, Sender, rules, standing};
use crate::document::Document;
use crate::ids::{DeviceId, VisitId};
use automerge::{ChangeHash, ObjId};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// Judges `changes`, in any order, against `document`, which is not touched, and returns it with those that may enter.
///
/// `visit` is the visit that the caller takes the document for; facts of another one are refused. The answer depends on
/// nothing but the arguments. Time and memory are linear in the batch's bytes and operations, which `limits` bound, with
/// a part that grows with the document (it is copied, saved and read once).
///
/// A change that stands on a refused one is refused too; a change that stands on an unknown one waits. What waits is
/// neither stored nor held against the sender, who keeps it and sends it again with what it stands on.
pub fn admit<C: AsRef<[u8]>>(
    document: &Document,
    visit: VisitId,
    sender: &Sender,
    changes: &[C],
    limits: &Limits,
) -> Admission {
    let mut batch = Batch::open(document, sender, changes, limits);
    let passed = batch.judge(visit);
    let (document, admitted) = batch.tried(passed);
    let mut refused: Vec<Refused> = batch.refused.into_values().collect();
    refused.sort_by_key(|r| r.index);
    Admission {
        document,
        admitted,
        known: batch.known,
        refused,
        waiting: batch.waiting.into_iter().collect(),
        panics: batch.panics,
    }
}

/// A change whose header could be read and does not break a rule by itself.
struct Opened<'a> {
    index: usize,
    chunk: Chunk<'a>,
    header: Header,
    device: DeviceId,
}

struct Batch<'a, C> {
    document: &'a Document,
    sender: &'a Sender,
    changes: &'a [C],
    limits: &'a Limits,
    opened: Vec<Opened<'a>>,
    /// Hashes of the refused ones: what stands on them cannot enter.
    barred: HashSet<ChangeHash>,
    refused: HashMap<usize, Refused>,
    waiting: BTreeSet<usize>,
    known: usize,
    panics: usize,
}

impl<'a, C: AsRef<[u8]>> Batch<'a, C> {
    /// Opens every chunk and reads its header.
    fn open(document: &'a Document, sender: &'a Sender, changes: &'a [C], limits: &'a Limits) -> Self {
        let mut this = Self {
            document,
            sender,
            changes,
            limits,
            opened: Vec::new(),
            barred: HashSet::new(),
            refused: HashMap::new(),
            waiting: BTreeSet::new(),
            known: 0,
            panics: 0,
        };
        let mut hashes = HashSet::new();
        let mut inflated = 0usize;
        for (index, bytes) in changes.iter().enumerate() {
            if inflated >= limits.batch_inflated {
                this.waiting.insert(index);
                continue;
            }
            let chunk = match Chunk::open(bytes.as_ref(), limits) {
                Ok(chunk) => chunk,
                Err(refusal) => {
                    // A bomb costs what it was allowed to unpack.
                    inflated = inflated.saturating_add(match refusal.code {
                        RefusalCode::InflatedTooLarge => limits.inflated,
                        _ => bytes.as_ref().len(),
                    });
                    this.refuse(index, None, refusal);
                    continue;
                }
            };
            inflated = inflated.saturating_add(chunk.data.len());
            let hash = chunk.hash;
            if document.has(&hash) || !hashes.insert(hash) {
                this.known += 1;
                continue;
            }
            let header = Header::parse(&chunk.data, limits).and_then(|h| standing::alone(&h, sender).map(|d| (h, d)));
            match header {
                Ok((header, device)) => this.opened.push(Opened { index, chunk, header, device }),
                Err(refusal) => this.refuse(index, Some(hash), refusal),
            }
        }
        this
    }

    fn refuse(&mut self, index: usize, hash: Option<ChangeHash>, refusal: Refusal) {
        self.barred.extend(hash);
        let bytes = self.changes.get(index).map(|c| c.as_ref().to_vec()).unwrap_or_default();
        self.refused.insert(index, Refused { index, hash, code: refusal.code, detail: refusal.detail, bytes });
    }

    /// Takes the changes in an order in which each comes after those that it stands on, and applies the rules.
    fn judge(&mut self, visit: VisitId) -> Vec<Passed> {
        let opened = std::mem::take(&mut self.opened);
        let mut history = History::new(self.document);
        let mut passed = Vec::new();
        let mut operations = 0usize;
        let mut judged = 0usize;
        for place in order(&opened) {
            let Some(change) = opened.get(place) else { continue };
            let (index, hash) = (change.index, change.chunk.hash);
            if let Some(dep) = change.header.deps.iter().find(|d| self.barred.contains(d)) {
                let detail = format!("it stands on {dep}, which was refused");
                self.refuse(index, Some(hash), Refusal::new(RefusalCode::MissingDependency, detail));
                continue;
            }
            let exhausted = judged >= self.limits.batch_changes || operations >= self.limits.batch_operations;
            if exhausted || standing::missing(&change.header.deps, &history).is_some() {
                self.waiting.insert(index);
                continue;
            }
            judged += 1;
            let mut panics = 0;
            let verdict = contained(&mut panics, || self.one(change, visit, &mut history, &mut operations));
            self.panics += panics;
            match verdict {
                Ok(written) => {
                    let deps = change.header.deps.clone();
                    passed.push(Passed { index, hash, deps, written, raw: change.chunk.raw() });
                }
                Err(refusal) => self.refuse(index, Some(hash), refusal),
            }
        }
        passed
    }

    fn one(
        &self,
        change: &Opened<'_>,
        visit: VisitId,
        history: &mut History<'_>,
        operations: &mut usize,
    ) -> Result<Vec<(ObjId, String)>, Refusal> {
        let header = &change.header;
        let seen = standing::in_place(header, change.device, self.sender, history, self.limits)?;
        let ops = header.ops(&change.chunk.data, self.limits)?;
        *operations += ops.len();
        // It has at least one operation.
        let max_op = header.start_op.saturating_add(ops.len() as u64 - 1);
        ensure(max_op <= self.limits.operation_number, RefusalCode::OperationsExhausted, || format!("{max_op}"))?;
        let speaker = Speaker { visit, device: change.device, sender: *self.sender };
        let (pending, author) = rules::judge(header, &ops, speaker, &seen, history)?;
        let Header { seq, start_op, .. } = *header;
        Ok(history.add(Judged { hash: change.chunk.hash, author, seq, start_op, max_op, pending }, seen))
    }

    /// Tries the changes on a copy: all at once, as is almost always enough; else in halves until the culprits are found.
    fn tried(&mut self, passed: Vec<Passed>) -> (Option<Document>, Vec<Admitted>) {
        let mut document: Option<Document> = None;
        let mut admitted = HashSet::new();
        let mut trials = 0;
        let mut parts: VecDeque<Vec<&Passed>> = VecDeque::from([passed.iter().collect()]);
        while let Some(part) = parts.pop_front() {
            let mut fit = Vec::with_capacity(part.len());
            for change in part {
                if change.deps.iter().any(|d| self.barred.contains(d)) {
                    let refusal =
                        Refusal::new(RefusalCode::MissingDependency, "it stands on a change that was refused");
                    self.refuse(change.index, Some(change.hash), refusal);
                } else {
                    fit.push(change);
                }
            }
            if fit.is_empty() {
                continue;
            }
            if trials >= self.limits.trials {
                self.waiting.extend(fit.iter().map(|c| c.index));
                continue;
            }
            trials += 1;
            match (attempt(document.as_ref().unwrap_or(self.document), &fit, &mut self.panics), fit.as_slice()) {
                (Ok(with), _) => {
                    document = Some(with);
                    admitted.extend(fit.iter().map(|c| c.index));
                }
                (Err(refusal), [one]) => self.refuse(one.index, Some(one.hash), refusal),
                (Err(_), several) => {
                    let (first, second) = several.split_at(several.len() / 2);
                    parts.push_front(second.to_vec());
                    parts.push_front(first.to_vec());
                }
            }
        }
        let admitted = passed
            .into_iter()
            .filter(|c| admitted.contains(&c.index))
            .map(|c| Admitted { index: c.index, hash: c.hash, raw: c.raw })
            .collect();
        (document, admitted)
    }
}

/// Places of the changes, each after those of the batch that it stands on, otherwise as they came. Linear in the changes
/// and their dependencies. There can be no circle: a change would have to contain its own hash.
fn order(changes: &[Opened<'_>]) -> Vec<usize> {
    let places: HashMap<ChangeHash, usize> = changes.iter().enumerate().map(|(i, c)| (c.chunk.hash, i)).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    let mut open: Vec<usize> = vec![0; changes.len()];
    for (i, change) in changes.iter().enumerate() {
        for dep in change.header.deps.iter().filter_map(|d| places.get(d)) {
            if let (Some(list), Some(count)) = (dependents.get_mut(*dep), open.get_mut(i)) {
                list.push(i);
                *count += 1;
            }
        }
    }
    let mut ready: VecDeque<usize> = open.iter().enumerate().filter(|(_, n)| **n == 0).map(|(i, _)| i).collect();
    let mut ordered = Vec::with_capacity(changes.len());
    while let Some(i) = ready.pop_front() {
        ordered.push(i);
        for next in dependents.get(i).into_iter().flatten() {
            if let Some(count) = open.get_mut(*next) {
                *count -= 1;
                if *count == 0 {
                    ready.push_back(*next);
                }
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;
    use crate::document::command::Command;
    use crate::document::write::{Author, record};
    use crate::env::{Entropy, Env};
    use crate::ids::UserId;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&mut self, out: &mut [u8]) {
            self.0 += 1;
            out.fill(self.0);
        }
    }

    fn noted(n: u8) -> Passed {
        let id = uuid::Uuid::from_bytes([n; 16]);
        let author =
            Author { device: DeviceId(id), suffix: [n; 8], user: UserId(id), name: String::new(), time_zone: None };
        let now = Stamp { wall_ms: 1, mono_ms: 1, boot: id, server: None };
        let mut document = Document::new().unwrap();
        let mut env = Env { now, entropy: &mut Fixed(n) };
        let note = Command::Note { text: "x".into(), supersedes: None };
        let change = record(&mut document, VisitId(id), &author, &mut env, &[note]).unwrap().change;
        Passed {
            index: n.into(),
            hash: change.hash(),
            deps: change.deps().to_vec(),
            written: Vec::new(),
            raw: change.raw_bytes().to_vec(),
        }
    }

    /// A change that no rule lets through: it skips its actor's first number, which Automerge does not survive.
    fn poisonous(n: u8) -> Passed {
        let honest = noted(n);
        let mut data = Chunk::open(&honest.raw, &Limits::default()).unwrap().data.into_owned();
        let actor = data.windows(24).position(|w| w == [n; 24]).unwrap();
        data[actor + 24] = 5;
        let hash = super::super::chunk::hash_of(&data);
        let raw = Chunk { hash, data: data.into() }.raw();
        Passed { hash, raw, ..honest }
    }

    #[test]
    fn the_trial_finds_the_culprits_among_many() {
        let document = Document::new().unwrap();
        let passed: Vec<Passed> = (0..40u8).map(|n| if n % 17 == 3 { poisonous(n) } else { noted(n) }).collect();
        let changes: Vec<&[u8]> = passed.iter().map(|c| c.raw.as_slice()).collect();
        let culprits = [3, 20, 37];
        for (trials, undecided) in [(64, false), (5, true)] {
            let limits = Limits { trials, ..Limits::default() };
            let mut batch = Batch::open(&document, &Sender::Relay, &changes, &limits);
            let (with, admitted) = batch.tried((0..40).map(|n| copy(&passed[n])).collect());
            let refused: BTreeSet<usize> = batch.refused.keys().copied().collect();
            assert_eq!(admitted.len() + refused.len() + batch.waiting.len(), 40);
            assert!(refused.iter().all(|i| culprits.contains(i)), "{refused:?}");
            assert_eq!(!batch.waiting.is_empty(), undecided);
            if !undecided {
                assert_eq!(refused.len(), 3);
                assert_eq!(with.unwrap().change_count(), 38);
                assert!(batch.panics > 0 || batch.refused.values().all(|r| r.code == RefusalCode::TrialFailed));
            }
        }
        assert_eq!(document.change_count(), 1);
    }

    fn copy(c: &Passed) -> Passed {
        Passed { index: c.index, hash: c.hash, deps: c.deps.clone(), written: Vec::new(), raw: c.raw.clone() }
    }
}
