//! Honest phones: they record random commands, meet and part, as the real ones do.

use crate::forge::{Forged, OpRef};
use automerge::{ActorId, Automerge, Change, ChangeHash, ObjId, ReadDoc};
use sync_core::admission::{Admission, Limits, Sender, admit};
use sync_core::clock::Stamp;
use sync_core::crypto::Alg;
use sync_core::document::command::{Command, CommandError};
use sync_core::document::facts::*;
use sync_core::document::genesis::collection_object;
use sync_core::document::read::view;
use sync_core::document::schema::Collection;
use sync_core::document::view::VisitView;
use sync_core::document::write::{Author, record, record_sign_off};
use sync_core::document::{Document, device_actor};
use sync_core::env::{Entropy, Env};
use sync_core::ids::*;
use uuid::Uuid;

pub const VISIT: VisitId = VisitId(Uuid::from_bytes([0x77; 16]));

/// splitmix64 (Steele, Lea, Flood 2014): small, good enough for tests, the same everywhere.
#[derive(Clone)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

impl Entropy for Rng {
    fn fill(&mut self, out: &mut [u8]) {
        out.iter_mut().for_each(|b| *b = self.next() as u8);
    }
}

pub struct Phone {
    pub doc: Document,
    pub author: Author,
    pub rng: Rng,
    pub clock: i64,
    /// What it wrote, as sent.
    pub written: Vec<Vec<u8>>,
}

pub fn device(n: u8) -> DeviceId {
    DeviceId(Uuid::from_bytes([n; 16]))
}

impl Phone {
    pub fn new(n: u8, seed: u64) -> Self {
        Self {
            doc: Document::new().unwrap(),
            author: Author {
                device: device(n),
                suffix: [n; 8],
                user: UserId(Uuid::from_bytes([n; 16])),
                name: format!("工程师{n}"),
                time_zone: None,
            },
            rng: Rng(seed ^ u64::from(n) << 32),
            clock: 0,
            written: Vec::new(),
        }
    }

    /// A session ends and another begins.
    pub fn reopen(&mut self) {
        self.author.suffix = self.rng.next().to_be_bytes();
        self.doc = Document::load(&self.doc.save()).unwrap();
    }

    pub fn now(&mut self) -> Stamp {
        self.clock += 1 + self.rng.below(90_000) as i64;
        Stamp { wall_ms: 1_790_000_000_000 + self.clock, mono_ms: self.clock, boot: Uuid::nil(), server: None }
    }

    pub fn record(&mut self, commands: &[Command]) -> Result<Vec<FactId>, CommandError> {
        let now = self.now();
        let recorded = record(&mut self.doc, VISIT, &self.author, &mut Env { now, entropy: &mut self.rng }, commands)?;
        self.written.push(recorded.change.raw_bytes().to_vec());
        Ok(recorded.facts)
    }

    pub fn sign_off(&mut self, strokes: Option<Vec<u8>>) -> FactId {
        use sha2::{Digest, Sha256};
        let now = self.now();
        let id = FactId(Env { now, entropy: &mut self.rng }.uuid7());
        let sign_off = SignOff {
            visit: VISIT,
            outcome: SignOffOutcome::Accepted,
            reason: String::new(),
            signer: Signer::new("王主任", "信息科"),
            address: None,
            rating: None,
            heads: self.doc.heads().iter().map(|h| h.to_string()).collect(),
            summary_sha256: "0".repeat(64),
            text_lang: Lang::ZhCn,
            text_sha256: "0".repeat(64),
            strokes_sha256: strokes.as_ref().map(|s| hex::encode(Sha256::digest(s))),
            at: now,
            by: self.author.user,
            signature: DeviceSignature { device: self.author.device, alg: Alg::EdDSA, sig: "00".repeat(64) },
        };
        let mut env = Env { now, entropy: &mut self.rng };
        let recorded =
            record_sign_off(&mut self.doc, &self.author, &mut env, id, &sign_off, strokes.as_deref()).unwrap();
        self.written.push(recorded.change.raw_bytes().to_vec());
        id
    }

    /// One change of one to four random commands, or a sign-off.
    pub fn act(&mut self) {
        if self.rng.one_in(12) {
            self.reopen();
        }
        if self.rng.one_in(15) {
            let strokes = self.rng.one_in(2).then(|| vec![self.rng.next() as u8; 1 + self.rng.below(300)]);
            self.sign_off(strokes);
            return;
        }
        let view = view(&self.doc);
        let commands: Vec<Command> = (0..1 + self.rng.below(4)).map(|_| self.command(&view)).collect();
        match self.record(&commands) {
            // An edit may happen upon what stands there already.
            Ok(_) | Err(CommandError::Begun | CommandError::Ended(_) | CommandError::Empty) => {}
            Err(other) => panic!("{other}"),
        }
    }

    fn text(&mut self) -> String {
        let word = ["重启服务", "更换交换机", "打印机 driver", "PACS 存储已满", "", "x"][self.rng.below(6)];
        let most = if self.rng.one_in(20) { 30 } else { 3 };
        word.repeat(1 + self.rng.below(most)) + "."
    }

    fn item_patch(&mut self) -> ItemPatch {
        ItemPatch {
            category: self.rng.one_in(2).then(|| *self.rng.pick(Category::ALL).unwrap()),
            asset: self.rng.one_in(4).then(|| AssetId(Uuid::from_bytes([self.rng.next() as u8; 16]))),
            symptom: self.rng.one_in(3).then(|| self.text()),
            action: self.rng.one_in(2).then(|| self.text()),
            outcome: self.rng.one_in(4).then(|| self.text()),
            removed: self.rng.one_in(15).then(|| self.text()),
            ..ItemPatch::default()
        }
    }

    fn supersedes(&mut self, of: Vec<FactId>) -> Option<Supersedes> {
        let fact = *self.rng.pick(&of)?;
        self.rng.one_in(3).then(|| Supersedes { fact, reason: self.text() })
    }

    fn command(&mut self, v: &VisitView) -> Command {
        let expense = |rng: &mut Rng, note: String| ExpensePatch {
            kind: rng.one_in(2).then_some(ExpenseKind::Taxi),
            amount_minor: Some(rng.below(1_000_000) as i64),
            currency: rng.one_in(2).then(|| "CNY".into()),
            note: Some(note),
            removed: None,
        };
        let text = self.text();
        let items: Vec<FactId> = v.items.iter().map(|i| i.id).collect();
        // A whole entry made afterwards has its end already, and must not be stopped.
        let timers: Vec<FactId> = v
            .time
            .iter()
            .filter(|t| t.start.value.manual.is_none() && t.end.0.is_empty())
            .map(|t| t.start.id)
            .collect();
        let item = self.rng.pick(&items).copied();
        match self.rng.below(14) {
            0 => Command::Begin {
                customer: CustomerRef::Unlisted("无名医院".into()),
                customer_name: "无名医院".into(),
                work_order: None,
                mode: Mode::OnSite,
                demand: None,
                triage: None,
            },
            1 => Command::Join,
            2 => Command::Leave,
            3 => Command::AddItem(self.item_patch()),
            4 | 5 => match item {
                Some(item) => {
                    let patch = self.item_patch();
                    Command::EditItem { item, patch: ItemPatch { action: Some(text), ..patch } }
                }
                None => Command::AddItem(self.item_patch()),
            },
            6 => Command::StartTimer { kind: TimeKind::Labour, item },
            7 => match self.rng.pick(&timers) {
                Some(entry) => Command::StopTimer { entry: *entry },
                None => Command::StartTimer { kind: TimeKind::Travel, item },
            },
            8 => Command::AddTime {
                kind: TimeKind::Waiting,
                user: self.author.user,
                item,
                span: ManualSpan { from_ms: 1, until_ms: 60_001 },
                supersedes: self.supersedes(v.time.iter().map(|t| t.start.id).collect()),
            },
            9 => Command::AddExpense(expense(&mut self.rng, text)),
            10 => match self.rng.pick(&v.expenses).map(|e| e.id) {
                Some(id) => Command::EditExpense { expense: id, patch: expense(&mut self.rng, text) },
                None => Command::AddExpense(expense(&mut self.rng, text)),
            },
            11 => Command::Object {
                kind: ObjectionKind::AgainstAdvice,
                advice: text,
                insisted_by: "院长".into(),
                words: "必须来".into(),
                supersedes: self.supersedes(v.objections.iter().map(|o| o.id).collect()),
            },
            12 => Command::Note { text, supersedes: self.supersedes(v.notes.iter().map(|n| n.id).collect()) },
            _ => Command::Photo {
                sha256: format!("{:064x}", self.rng.next()),
                size: 1000,
                media_type: "image/jpeg".into(),
                caption: text,
                seal: false,
                about: v.items.first().map(|i| i.id),
                supersedes: self.supersedes(v.photos.iter().map(|p| p.id).collect()),
            },
        }
    }

    /// Takes all that the other has, without the gate: what honest phones wrote is judged elsewhere.
    pub fn pull(&mut self, other: &Document) {
        self.doc = merged(&self.doc, other);
    }
}

pub fn merged(a: &Document, b: &Document) -> Document {
    let mut doc: Automerge = a.automerge().clone();
    doc.merge(&mut b.automerge().clone()).unwrap();
    Document::load(&doc.save()).unwrap()
}

/// All changes of a document but the genesis.
pub fn changes(doc: &Document) -> Vec<Change> {
    doc.automerge().get_changes(&[]).into_iter().filter(|c| !c.deps().is_empty()).collect()
}

pub fn raw(changes: &[Change]) -> Vec<Vec<u8>> {
    changes.iter().map(|c| c.raw_bytes().to_vec()).collect()
}

pub fn through(doc: &Document, sender: Sender, changes: &[Vec<u8>]) -> Admission {
    crate::quietly(|| admit(doc, VISIT, &sender, changes, &Limits::default()))
}

/// A visit with something of everything in it, and a second device that is about to misbehave.
pub struct Scene {
    pub phone: Phone,
    pub item: FactId,
    pub expense: FactId,
    pub timer: FactId,
    pub manual: FactId,
    pub note: FactId,
}

pub const HOSTILE: u8 = 9;

impl Scene {
    pub fn new() -> Self {
        let mut phone = Phone::new(1, 42);
        phone
            .record(&[Command::Begin {
                customer: CustomerRef::Unlisted("无名医院".into()),
                customer_name: "无名医院".into(),
                work_order: None,
                mode: Mode::OnSite,
                demand: None,
                triage: None,
            }])
            .unwrap();
        let patch = ItemPatch { action: Some("重启".into()), symptom: Some("慢".into()), ..ItemPatch::default() };
        let item = phone.record(&[Command::AddItem(patch)]).unwrap()[0];
        let facts = phone
            .record(&[
                Command::AddExpense(ExpensePatch { amount_minor: Some(100), ..ExpensePatch::default() }),
                Command::StartTimer { kind: TimeKind::Labour, item: None },
                Command::Note { text: "到场".into(), supersedes: None },
                Command::AddTime {
                    kind: TimeKind::Travel,
                    user: phone.author.user,
                    item: None,
                    span: ManualSpan { from_ms: 1, until_ms: 2 },
                    supersedes: None,
                },
            ])
            .unwrap();
        Self { phone, item, expense: facts[0], timer: facts[1], note: facts[2], manual: facts[3] }
    }

    pub fn doc(&self) -> &Document {
        &self.phone.doc
    }

    pub fn collection(c: Collection) -> OpRef {
        op_ref(&collection_object(c))
    }

    /// The map of a work item or an expense.
    pub fn map(&self, c: Collection, id: FactId) -> OpRef {
        op_ref(&self.doc().automerge().get(collection_object(c), id.to_string()).unwrap().unwrap().1)
    }

    /// The operations that stand under a key.
    pub fn standing(&self, object: &OpRef, key: &str) -> Vec<OpRef> {
        let object = ObjId::Id(object.0, object.1.clone(), 0);
        self.doc().automerge().get_all(object, key).unwrap().iter().map(|(_, id)| op_ref(id)).collect()
    }

    /// A change of the second device, right in everything but without operations yet.
    pub fn change(&self) -> Forged {
        let max_op = self.doc().heads().iter().map(|h| self.doc().info(h).unwrap().max_op).max().unwrap();
        Forged {
            deps: self.doc().heads(),
            actor: device_actor(device(HOSTILE), [7; 8]),
            seq: 1,
            start_op: max_op + 1,
            time: 1_790_000_000,
            message: String::new(),
            ops: Vec::new(),
            more_actors: Vec::new(),
            columns: Default::default(),
            extra: Vec::new(),
        }
    }

    /// A change that adds a note: honest, if nothing is done to it.
    pub fn noted(&self) -> Forged {
        self.change().with(crate::forge::put(
            &Self::collection(Collection::Notes),
            &key(1),
            crate::forge::text(&note_json("远程", None)),
            &[],
        ))
    }
}

pub fn op_ref(id: &ObjId) -> OpRef {
    match id {
        ObjId::Id(counter, actor, _) => (*counter, actor.clone()),
        ObjId::Root => panic!("the root has no id"),
    }
}

/// A UUID as a key.
pub fn key(n: u8) -> String {
    Uuid::from_bytes([0xb0 ^ n; 16]).to_string()
}

pub fn stamp_json() -> String {
    format!(r#"{{"boot":"{}","mono_ms":1,"wall_ms":1790000000000}}"#, Uuid::nil())
}

pub fn note_json(text: &str, supersedes: Option<FactId>) -> String {
    let by = Uuid::from_bytes([HOSTILE; 16]);
    let supersedes = supersedes.map_or(String::new(), |id| format!(r#","supersedes":{{"fact":"{id}","reason":"错"}}"#));
    format!(r#"{{"at":{},"by":"{by}","text":"{text}"{supersedes}}}"#, stamp_json())
}

pub fn unknown_hash(n: u64) -> ChangeHash {
    let mut bytes = [0xee; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    ChangeHash(bytes)
}

pub fn stranger() -> ActorId {
    device_actor(device(200), [1; 8])
}
