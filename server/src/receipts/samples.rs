//! Receipts for tests: the cases of the trade, with texts as people write them.

use crate::keys::ServerKey;
use crate::store::receipts::ReceiptRow;
use std::collections::BTreeMap;
use sync_core::canonical::{sha256, sha256_hex};
use sync_core::clock::Stamp;
use sync_core::coverage::*;
use sync_core::crypto::{Alg, SoftwareKey};
use sync_core::document::facts::*;
use sync_core::document::view::*;
use sync_core::document::write::Author;
use sync_core::env::{Entropy, Env};
use sync_core::ids::*;
use sync_core::message::Message;
use sync_core::money::DayClass;
use sync_core::receipt::*;
use sync_core::reference::ExpenseTerms;
use sync_core::signoff::strokes::{Point, encode};
use sync_core::signoff::{self, Answer, Shown};
use uuid::Uuid;

/// 2026-11-22T15:40:00Z: 23:40 in Shanghai.
pub(crate) const BEGAN: i64 = 1_795_362_000_000;
const MIN: i64 = 60_000;

pub(crate) struct Counting(pub(crate) u8);
impl Entropy for Counting {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_mul(73).wrapping_add(41);
            *byte = self.0;
        }
    }
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | n)
}
pub(crate) fn fact_id(n: u128) -> FactId {
    FactId(uuid(n))
}
fn stamp(ms: i64) -> Stamp {
    Stamp { wall_ms: ms, mono_ms: ms, boot: uuid(1), server: None }
}
/// Some waves with a flourish, as a hurried hand draws them.
pub(crate) fn signature() -> Vec<u8> {
    const WAVE: [i32; 8] = [0, 620, 900, 560, -80, -640, -880, -500];
    let point = |n: i32, x: i32, y: i32| Point { x, y, t_ms: n as u32 * 9, pressure: 120 };
    let wave = |from: i32, lean: i32| {
        (0..40).map(|n| point(n, from + n * lean, 1000 - WAVE[n as usize % 8] + n * 12)).collect::<Vec<_>>()
    };
    let flourish = (0..20).map(|n| point(400 + n, n * 240, 2100 - n * n)).collect();
    encode(&[wave(0, 40), wave(1900, 62), flourish])
}
fn fact<T>(n: u128, value: T) -> Fact<T> {
    Fact { id: fact_id(n), value, device: DeviceId(uuid(900)), superseded_by: None }
}
fn written<T>(device: u128, value: T) -> Written<T> {
    Written { value, device: DeviceId(uuid(device)) }
}
fn one<T>(value: T) -> Field<T> {
    Field(vec![written(900, value)])
}
fn text(t: &str) -> Field<String> {
    one(t.to_owned())
}

/// What varies from case to case.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) outcome: SignOffOutcome,
    pub(crate) reason: String,
    pub(crate) listed: bool,
    pub(crate) customer: String,
    pub(crate) time_zone: String,
    pub(crate) coverage: Coverage,
    /// The first work item was covered until midnight, and not after it.
    pub(crate) split: bool,
    /// Put into every free text.
    pub(crate) filler: String,
    pub(crate) conflict: bool,
    pub(crate) items: usize,
    /// Two always are there; more come after them.
    pub(crate) engineers: usize,
    pub(crate) photos: usize,
    pub(crate) expenses: Option<ExpenseTerms>,
    /// SHA-256 and media type of a photo of the customer's seal.
    pub(crate) seal: Option<(String, &'static str)>,
    pub(crate) lang: Lang,
    pub(crate) outside: u32,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            outcome: SignOffOutcome::Accepted,
            reason: String::new(),
            listed: true,
            customer: "青山市第二人民医院".into(),
            time_zone: "Asia/Shanghai".into(),
            coverage: Coverage::NotCovered,
            split: false,
            filler: String::new(),
            conflict: true,
            items: 2,
            engineers: 2,
            photos: 2,
            expenses: None,
            seal: None,
            lang: Lang::ZhCn,
            outside: 0,
        }
    }
}

impl Case {
    pub(crate) fn of(outcome: SignOffOutcome) -> Self {
        let reason = match outcome {
            SignOffOutcome::Accepted | SignOffOutcome::NobodyPresent => "",
            SignOffOutcome::AcceptedWithReservations => "数据库的处理结果待明早业务高峰后再确认。",
            SignOffOutcome::Refused => "费用没有事先告知，合同问题没有说清楚，不能签。",
        };
        Self { outcome, reason: reason.into(), ..Self::default() }
    }

    fn say(&self, said: &str) -> String {
        format!("{said}{}", self.filler)
    }

    pub(crate) fn view(&self) -> VisitView {
        let (wang, li) = (UserId(uuid(10)), UserId(uuid(11)));
        let demand = Demand {
            name: self.say("张敏"),
            role: RequesterRole::Sales,
            channel: Channel::WeChat,
            words: self.say("院长已经发火了，今晚必须有人到场，合同的事回头再说。"),
            at_ms: Some(BEGAN - 70 * MIN),
        };
        let origin = Origin {
            visit: VisitId(uuid(1)),
            customer: if self.listed {
                CustomerRef::Listed(CustomerId(uuid(2)))
            } else {
                CustomerRef::Unlisted(self.customer.clone())
            },
            customer_name: self.customer.clone(),
            time_zone: self.listed.then(|| "Asia/Shanghai".to_owned()),
            work_order: None,
            work_order_code: None,
            mode: Mode::OnSite,
            demand: Some(demand),
            triage: None,
            at: stamp(BEGAN),
            by: wang,
        };
        let crew = |n, user, name: &str, action, at| {
            Crew { user, name: self.say(name), action, at: stamp(at) }.pipe(|c| fact(n, c))
        };
        let mut li_joins = crew(21, li, "李卓娅", CrewAction::Join, BEGAN + 300 * MIN);
        li_joins.device = DeviceId(uuid(901));
        let items: Vec<Item> = (0..self.items).map(|n| self.item(n)).collect();
        let timer = |n, user, kind, from: i64, until: Option<i64>| TimeEntry {
            start: fact(n, TimeStart { kind, user, item: None, at: stamp(from), manual: None, supersedes: None }),
            end: until.map_or_else(Field::default, |until| one(TimeEnd { at: stamp(until), by: user })),
        };
        let mut time = vec![
            timer(30, wang, TimeKind::Travel, BEGAN - 40 * MIN, Some(BEGAN)),
            timer(31, wang, TimeKind::Labour, BEGAN, Some(BEGAN + 375 * MIN)),
            timer(32, li, TimeKind::Labour, BEGAN + 300 * MIN, Some(BEGAN + 390 * MIN)),
        ];
        let manual = ManualSpan { from_ms: BEGAN + 120 * MIN, until_ms: BEGAN + 135 * MIN };
        let mut rest = timer(33, wang, TimeKind::Break, BEGAN + 200 * MIN, None);
        rest.start.value.manual = Some(manual);
        time.push(rest);
        let more: Vec<(u128, UserId, &str)> = ["赵一鸣", "古丽·艾合买提", "欧阳文轩", "孙强"]
            .into_iter()
            .take(self.engineers.saturating_sub(2))
            .zip(0u128..)
            .map(|(name, n)| (200 + n, UserId(uuid(12 + n)), name))
            .collect();
        for (n, user, _) in &more {
            time.push(timer(*n + 20, *user, TimeKind::Travel, BEGAN + 280 * MIN, Some(BEGAN + 320 * MIN)));
            time.push(timer(*n + 40, *user, TimeKind::Labour, BEGAN + 320 * MIN, Some(BEGAN + 390 * MIN)));
            time.push(timer(*n + 60, *user, TimeKind::Waiting, BEGAN + 391 * MIN, Some(BEGAN + 399 * MIN)));
        }
        let expense = |n, kind, minor, note: &str| Expense {
            id: fact_id(n),
            at: Some(stamp(BEGAN)),
            by: Some(wang),
            kind: one(kind),
            amount_minor: one(minor),
            currency: text("CNY"),
            note: text(&self.say(note)),
            removed: Field::default(),
        };
        let objection = |n, kind, advice: &str, by: &str, words: &str| {
            fact(
                n,
                Objection {
                    kind,
                    advice: self.say(advice),
                    insisted_by: self.say(by),
                    words: self.say(words),
                    at: stamp(BEGAN + 90 * MIN),
                    by: wang,
                    supersedes: None,
                },
            )
        };
        let note = Note {
            text: self.say("机房空调告警，已口头告知信息科。\n建议尽快报修。"),
            at: stamp(BEGAN + 60 * MIN),
            by: wang,
            supersedes: None,
        };
        let photo = |n, sha: &str, caption: &str| {
            fact(
                n,
                Photo {
                    sha256: sha256_hex(sha.as_bytes()),
                    size: 184_320,
                    media_type: "image/jpeg".into(),
                    caption: self.say(caption),
                    seal: false,
                    about: None,
                    at: stamp(BEGAN),
                    by: wang,
                    supersedes: None,
                },
            )
        };
        let conflicts = if self.conflict {
            let path = format!("items/{}/action", fact_id(100));
            vec![Conflict {
                path,
                values: vec![
                    written(900, self.say("重启监听服务，恢复连接。")),
                    written(901, self.say("清理归档日志后重启数据库。")),
                ],
            }]
        } else {
            Vec::new()
        };
        VisitView {
            visit: Some(VisitId(uuid(1))),
            origins: vec![fact(5, origin)],
            crew: [
                crew(20, wang, "王建国", CrewAction::Join, BEGAN),
                li_joins,
                crew(22, wang, "王建国", CrewAction::Leave, BEGAN + 380 * MIN),
            ]
            .into_iter()
            .chain(more.iter().map(|(n, user, name)| crew(*n, *user, name, CrewAction::Join, BEGAN + 320 * MIN)))
            .collect(),
            items,
            time,
            expenses: vec![
                expense(40, ExpenseKind::Taxi, 8_650, "夜间出租车，往返"),
                expense(41, ExpenseKind::Hotel, 42_800, "住宿一晚"),
            ],
            objections: vec![
                objection(50, ObjectionKind::AgainstAdvice, "先备份再重建索引。", "信息科刘主任", "没时间了，直接弄！"),
                objection(
                    51,
                    ObjectionKind::ReliefRefused,
                    "连续工作六小时，请派人换班。",
                    "客户经理陈伟",
                    "再坚持一下。",
                ),
            ],
            notes: vec![fact(60, note)],
            photos: [photo(70, "a", "监听日志"), photo(71, "b", "机房温度")]
                .into_iter()
                .chain((2..self.photos as u128).map(|n| photo(300 + n, &n.to_string(), &format!("现场照片 {n}"))))
                .chain(self.seal.iter().map(|(sha256, kind)| {
                    let mut seal = photo(69, "", "盖章页");
                    (seal.value.sha256, seal.value.media_type) = (sha256.clone(), (*kind).into());
                    seal.value.seal = true;
                    seal
                }))
                .collect(),
            sign_offs: Vec::new(),
            conflicts,
            unread: Vec::new(),
        }
    }

    fn item(&self, n: usize) -> Item {
        let action = match (n, self.conflict) {
            (0, true) => Field(vec![
                written(900, self.say("重启监听服务，恢复连接。")),
                written(901, self.say("清理归档日志后重启数据库。")),
            ]),
            (0, false) => text(&self.say("重启监听服务，恢复连接。")),
            _ => text(&self.say("重装打印控件，修复模板。")),
        };
        Item {
            id: fact_id(100 + n as u128),
            at: Some(stamp(BEGAN)),
            by: Some(UserId(uuid(10))),
            category: one(if n == 0 { Category::Database } else { Category::ApplicationSoftware }),
            asset: Field::default(),
            asset_name: text(&self.say(if n == 0 { "HIS 主数据库服务器" } else { "门诊收费工作站" })),
            symptom: text(&self.say(if n == 0 {
                "数据库无法启动，全院业务中断。"
            } else {
                "日清单打印不出来。"
            })),
            action,
            outcome: text(&self.say("已恢复，观察三十分钟正常。")),
            removed: Field::default(),
        }
    }

    fn verdict(&self) -> (Verdict, Wording) {
        let message = match self.coverage {
            Coverage::Covered => Message::new("covered-clause").with("contract", "HT-2026-031").with("clause", "B-3"),
            Coverage::NotCovered => Message::new("not_covered-no_contract"),
            Coverage::NeedsDecision => Message::new("needs-unlisted_customer").with("name", self.customer.as_str()),
        };
        let items: Vec<ItemVerdict> = (0..self.items)
            .map(|n| ItemVerdict { item: fact_id(100 + n as u128), coverage: self.coverage, stretches: Vec::new() })
            .collect();
        let flag = |code, severity, message| Flag { code, severity, item: None, message };
        let flags = vec![
            flag(
                FlagCode::NoContract,
                Severity::Critical,
                Message::new("flag-no_contract").with("customer", self.customer.as_str()),
            ),
            flag(
                FlagCode::NoWorkOrder,
                Severity::Critical,
                Message::new("flag-no_work_order")
                    .with("why", Message::new("dispatch-none"))
                    .with("name", self.say("张敏"))
                    .with("role", Message::new("requester_role-sales"))
                    .with("channel", Message::new("channel-wechat"))
                    .with("words", self.say("今晚必须有人到场。")),
            ),
        ];
        let mut lines = vec![message; self.items];
        let mut items = items;
        if self.split {
            let covered = Message::new("covered-clause").with("contract", "HT-2026-031").with("clause", "B-3");
            let not = Message::new("not_covered-no_contract");
            let excluded = Message::new("looked-excluded")
                .with("contract", "HT-2026-031")
                .with("category", Message::new("category-database"))
                .with("clause", "B-9");
            let draft = Message::new("looked-draft")
                .with("contract", "HT-2027-DRAFT")
                .with("first", "2027-01-01")
                .with("last", "2027-12-31");
            let stretch = |from, until, coverage, cause, reason: &Message, looked_at| Stretch {
                from_ms: BEGAN + from * MIN,
                until_ms: BEGAN + until * MIN,
                day: None,
                coverage,
                cause,
                contract: None,
                clause: None,
                reason: reason.clone(),
                looked_at,
            };
            let none = || {
                stretch(20, 375, Coverage::NotCovered, Cause::NoContract, &not, vec![excluded.clone(), draft.clone()])
            };
            lines = vec![covered.clone(), not.clone()];
            for (n, item) in items.iter_mut().enumerate() {
                item.stretches = match n {
                    0 => vec![stretch(0, 20, Coverage::Covered, Cause::Granted, &covered, vec![]), none()],
                    _ => vec![none()],
                };
            }
            lines.extend(vec![not.clone(); self.items - 1]);
        }
        let wording = Wording::of(&lines);
        (Verdict { reference_version: 7, coverage: self.coverage, items, flags }, wording)
    }

    /// The whole receipt, signed by `key`, at a place in its chain.
    pub(crate) fn receipt(&self, key: &ServerKey, no: u64, revision: u32, previous: &str) -> Receipt {
        let device = SoftwareKey::from_seed([7; 32]);
        let record = self.view();
        let summary = signoff::summary::summarise(record, &[]);
        let shown = Shown {
            heads: Vec::new(),
            summary: sync_core::canonical::to_canonical_json(&summary).unwrap(),
            text: signoff::summary::text(&summary, self.lang),
            lang: self.lang,
        };
        let present = self.outcome != SignOffOutcome::NobodyPresent;
        let signed = matches!(self.outcome, SignOffOutcome::Accepted | SignOffOutcome::AcceptedWithReservations);
        let (name, position) =
            if present { (self.say("刘芳"), self.say("信息科主任")) } else { Default::default() };
        let short = |text: &str, most| text.chars().take(most).collect::<String>();
        let signer = match present {
            true => Signer {
                department: short(&self.say("信息科"), 60),
                mail: "liu.fang@hospital.example".into(),
                phone: "+86 138-0000-5678".into(),
                ..Signer::new(short(&name, 60), short(&position, 60))
            },
            false => Signer::default(),
        };
        let answer = Answer {
            outcome: self.outcome,
            reason: if self.reason.is_empty() { String::new() } else { self.say(&self.reason) },
            signer,
            rating: present.then(|| Rating { stars: 4, comment: short(&self.say("来得很快"), 600) }),
            strokes: signed.then(signature),
        };
        let answer = Answer { reason: answer.reason.chars().take(600).collect(), ..answer };
        let author = Author {
            device: DeviceId(uuid(900)),
            suffix: [0; 8],
            user: UserId(uuid(10)),
            name: "王建国".into(),
            time_zone: None,
        };
        let mut entropy = Counting(revision as u8);
        let mut env = Env { now: stamp(BEGAN + 390 * MIN + i64::from(revision)), entropy: &mut entropy };
        let draft = signoff::prepare(VisitId(uuid(1)), &shown, &answer, &author, Alg::EdDSA, &mut env).unwrap();
        let signature = device.sign(&draft.message().unwrap());
        let (id, sign_off, strokes) = draft.finish(&signature);
        let (verdict, coverage) = self.verdict();
        let customer = ReceiptCustomer {
            id: self.listed.then(|| CustomerId(uuid(2))),
            code: if self.listed { "QS2".into() } else { "U".into() },
            name: self.customer.clone(),
            time_zone: self.time_zone.clone(),
        };
        let digests = [sha256_hex(b"a"), sha256_hex(b"b")];
        let remarks = [Message::new("flag-no_work_order-undemanded").with("why", Message::new("dispatch-none"))];
        let body = ReceiptBody {
            version: RECEIPT_VERSION,
            id: ReceiptId(uuid(3000 + u128::from(no))),
            number: format!("{}-{no:06}", customer.code),
            revision,
            visit: VisitId(uuid(1)),
            chain: customer.id.map_or("unlisted".into(), |id| id.to_string()),
            customer,
            sign_off: ReceiptSignOff::new(id, sign_off, device.public(), strokes.as_deref()),
            summary,
            verdict,
            coverage,
            remarks: Wording::of(&remarks),
            expenses: self.expenses,
            day_classes: BTreeMap::from([(DayClass::Evening, 100 * 60), (DayClass::Normal, 290 * 60)]),
            changes_outside: self.outside,
            attachments: Attachments { present: vec![digests[0].clone()], pending: vec![digests[1].clone()] },
            issued_ms: BEGAN + 400 * MIN,
            chain_no: no,
            previous_sha256: previous.into(),
        };
        Receipt::sign(body, &key.kid, &SoftwareKey::from_seed(*key.seed())).unwrap()
    }
}

trait Pipe: Sized {
    fn pipe<T>(self, f: impl FnOnce(Self) -> T) -> T {
        f(self)
    }
}
impl<T> Pipe for T {}

/// The receipt as the database holds it, with `token` in its link.
pub(crate) fn row(receipt: &Receipt, token: &str) -> ReceiptRow {
    let b = &receipt.body;
    ReceiptRow {
        id: b.id.0,
        visit_id: b.visit.0,
        sign_off_id: b.sign_off.id.0,
        chain: b.chain.clone(),
        chain_no: b.chain_no as i64,
        number: b.number.clone(),
        revision: b.revision.into(),
        issued_ms: b.issued_ms,
        body: receipt.to_json().unwrap(),
        sha256: receipt.sha256().unwrap(),
        previous_sha256: b.previous_sha256.clone(),
        token_hash: sha256(token.as_bytes()).to_vec(),
    }
}

/// The server's keys, in a folder that goes with the first value.
pub(crate) fn keys() -> (tempfile::TempDir, crate::keys::Keys) {
    let dir = tempfile::tempdir().unwrap();
    let keys = crate::keys::Keys::open(dir.path()).unwrap();
    (dir, keys)
}
