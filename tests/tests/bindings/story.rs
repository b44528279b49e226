//! The story that every language tells: start, work, pause, reboot, relief, sign, sync, amend. The same steps, clocks and
//! randomness as in mobile-bindings/python/tests/story.py and its sisters.

use countersign_core::*;
use countersign_tests::Failure;
use countersign_tests::company::PASSWORD;
use serde_json::{Value, json};
use sim_phone::Link as _;
use sim_phone::http::{Api, HttpLink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const BEGIN: i64 = 1_789_900_000_000;
const MINUTE: i64 = 60_000;
const LOGINS: [&str; 2] = ["wang.jianguo", "li.na"];

/// Clocks that pass a millisecond at every look, and otherwise when they are told to.
struct Hands {
    name: &'static str,
    boots: AtomicI64,
    wall: AtomicI64,
    mono: AtomicI64,
}

impl Hands {
    fn forward(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
        self.mono.fetch_add(ms, Ordering::SeqCst);
    }
    fn wall(&self) -> i64 {
        self.wall.load(Ordering::SeqCst)
    }
    fn reboot(&self, wall: i64) {
        self.boots.fetch_add(1, Ordering::SeqCst);
        self.wall.store(wall, Ordering::SeqCst);
        self.mono.store(0, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Result<ClockReading, HostError> {
        self.forward(1);
        let boot = format!("{} {}", self.name, self.boots.load(Ordering::SeqCst));
        Ok(ClockReading { wall_ms: self.wall(), mono_ms: self.mono.load(Ordering::SeqCst), boot })
    }
}

/// SHA-256 of a name and a counter: the same in every language. Never for real phones.
struct SeededEntropy(&'static str, AtomicU64);

impl Entropy for SeededEntropy {
    fn fill(&self, count: u32) -> Result<Vec<u8>, HostError> {
        let drawn = self.1.fetch_add(1, Ordering::SeqCst) + 1;
        let digest = sync_core::canonical::sha256(format!("{} {drawn}", self.0).as_bytes());
        Ok(digest[..count as usize].to_vec())
    }
}

struct Server(Mutex<HttpLink>);

impl Transport for Server {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError> {
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.exchange(&frame).map_err(|e| HostError::Failed { reason: e.to_string() })
    }
}

/// An engineer with a phone.
struct Actor {
    path: PathBuf,
    clock: Arc<Hands>,
    entropy: Arc<SeededEntropy>,
    phone: Arc<Phone>,
    server: Arc<Server>,
}

fn open(path: &Path, clock: &Arc<Hands>, entropy: &Arc<SeededEntropy>) -> Result<Arc<Phone>, Failure> {
    let path = path.to_string_lossy().into_owned();
    Ok(Phone::open(path, vec![b'k'; 32], clock.clone(), Some(entropy.clone()), None)?)
}

impl Actor {
    fn new(base: &str, directory: &Path, login: &'static str) -> Result<Self, Failure> {
        let path = directory.join(format!("{login}.db"));
        let at = AtomicI64::new;
        let (boots, wall, mono) = (at(0), at(1_790_000_000_000), at(3_600_000));
        let clock = Arc::new(Hands { name: login, boots, wall, mono });
        let entropy = Arc::new(SeededEntropy(login, AtomicU64::new(0)));
        let phone = open(&path, &clock, &entropy)?;
        let (api, _) = Api::new(base).login(login, PASSWORD)?;
        let me = api.get("/api/v1/auth/me")?.ok()?;
        let text = |v: &Value, k: &str| v[k].as_str().unwrap_or_default().to_owned();
        let request = phone.begin_enrolment(text(&me, "id"), format!("{login}'s phone"))?;
        let enrolled = api.post(&request.path, &serde_json::from_str(&request.body)?)?.ok()?;
        phone.finish_enrolment(text(&me, "id"), text(&me, "name"), text(&enrolled, "device_id"))?;
        let link = HttpLink::new(base, &text(&enrolled, "access_token"), &text(&enrolled, "refresh_token"));
        let actor = Self { path, clock, entropy, phone, server: Arc::new(Server(Mutex::new(link))) };
        actor.sync()?;
        Ok(actor)
    }

    fn reopen(&mut self) -> Result<(), Failure> {
        self.phone.shut_down();
        self.phone = open(&self.path, &self.clock, &self.entropy)?;
        Ok(())
    }

    fn sync(&self) -> Result<(), Failure> {
        self.phone.sync(self.server.clone(), None, 20)?;
        Ok(())
    }
}

/// Makes the story's phones known to the server.
pub(crate) fn enrol(base: &str, directory: &Path) -> Result<(), Failure> {
    for login in LOGINS {
        Actor::new(base, directory, login)?;
    }
    Ok(())
}

/// Tells the story, and what it came to on both phones.
pub(crate) fn tell(base: &str, directory: &Path) -> Result<Value, Failure> {
    let (mut wang, mut li) = (Actor::new(base, directory, LOGINS[0])?, Actor::new(base, directory, LOGINS[1])?);
    wang.clock.reboot(BEGIN);

    // Start, after a look at what is covered.
    let customers = wang.phone.customers()?;
    let hospital = customers.into_iter().find(|c| c.code == "RM01").ok_or("no hospital")?;
    let question = AdviceQuestion {
        customer: hospital.id.clone(),
        category: Category::Network,
        mode: Mode::OnSite,
        asset: None,
        work_order: None,
    };
    let advice = wang.phone.advice(question)?.canonical;
    let demand = Demand {
        name: "孙强".into(),
        role: RequesterRole::Sales,
        channel: Channel::WeChat,
        words: "你先去，合同回头再说！".into(),
        at_ms: Some(BEGIN - MINUTE),
    };
    let begin = BeginVisit { customer: Some(hospital.id), demand: Some(demand), ..BeginVisit::default() };
    let visit = wang.phone.begin_visit(begin)?.visit;

    // Work and pause.
    let fields = ItemPatch {
        category: Some(Category::Database),
        symptom: Some("数据库无法启动".into()),
        ..ItemPatch::default()
    };
    let item = wang.phone.add_item(visit.clone(), fields)?.fact;
    let timer = wang.phone.start_timer(visit.clone(), TimeKind::Labour, Some(item.clone()))?.fact;
    wang.clock.forward(25 * MINUTE);
    wang.phone.stop_timer(visit.clone(), timer)?;
    let pause = wang.phone.start_timer(visit.clone(), TimeKind::Break, None)?.fact;
    wang.clock.forward(10 * MINUTE);
    wang.phone.stop_timer(visit.clone(), pause)?;

    // The phone reboots while a timer runs.
    let timer = wang.phone.start_timer(visit.clone(), TimeKind::Labour, Some(item.clone()))?.fact;
    wang.clock.forward(20 * MINUTE);
    wang.reopen()?;
    wang.clock.reboot(wang.clock.wall() + 7 * MINUTE);
    let running: Vec<Value> = wang.phone.running_timers()?.iter().map(|t| json!([t.entry, t.elapsed_s])).collect();
    wang.phone.stop_timer(visit.clone(), timer)?;

    // Relief: the two phones meet without a network, and write one field apart.
    li.clock.reboot(wang.clock.wall());
    li.phone.join_by_code(wang.phone.join_code(visit.clone())?)?;
    // The answer gets lost.
    wang.server.exchange(wang.phone.next_frame()?.bytes)?;
    wang.sync()?;
    li.sync()?;
    wang.clock.reboot(wang.clock.wall());
    li.clock.reboot(wang.clock.wall() + MINUTE);
    let action = |text: &str| ItemPatch { action: Some(text.into()), ..ItemPatch::default() };
    wang.phone.edit_item(visit.clone(), item.clone(), action("清理归档日志"))?;
    let both = ItemPatch { outcome: Some("恢复".into()), ..action("清理归档日志并重启实例") };
    li.phone.edit_item(visit.clone(), item.clone(), both)?;
    wang.phone.leave(visit.clone())?;
    let timer = li.phone.start_timer(visit.clone(), TimeKind::Labour, Some(item.clone()))?.fact;
    li.clock.forward(35 * MINUTE);
    li.phone.stop_timer(visit.clone(), timer.clone())?;
    let taxi = ExpensePatch {
        kind: Some(ExpenseKind::Taxi),
        amount_minor: Some(4_500),
        currency: Some("CNY".into()),
        note: Some("夜间打车".into()),
        removed: None,
    };
    li.phone.add_expense(visit.clone(), taxi)?;
    let (advised, by, words) = ("先做备份", "刘志远，信息科主任", "来不及了，直接重启！");
    let kind = ObjectionKind::AgainstAdvice;
    li.phone.add_objection(visit.clone(), kind, advised.into(), by.into(), words.into(), None)?;
    let photo: Vec<u8> = (0..20).flat_map(|_| 0..=255u8).collect();
    li.phone.add_photo(visit.clone(), photo, "image/jpeg".into(), "机柜".into(), None)?;
    wang.sync()?;
    li.sync()?;
    li.clock.reboot(li.clock.wall());

    // Sign.
    let shown = li.phone.show(visit.clone(), Lang::ZhCn)?;
    let point = |n: i32| StrokePoint { x: n * 3, y: n * n % 17 - 8, t_ms: n as u32 * 9, pressure: 100 + n as u8 };
    let answer = Answer {
        outcome: SignOffOutcome::AcceptedWithReservations,
        reason: "打车费另议".into(),
        signer_name: "刘志远".into(),
        signer_position: "信息科主任".into(),
        strokes: vec![Stroke { points: (0..40).map(point).collect() }],
        signer_department: "信息科".into(),
        signer_mail: "liu.zhiyuan@hospital.example".into(),
        signer_phone: "138 0000 5678".into(),
        rating: Some(5),
        rating_comment: "处理及时".into(),
    };
    li.phone.sign_off(shown.clone(), answer)?;

    // Sync, then amend.
    li.sync()?;
    li.clock.reboot(li.clock.wall() + 5 * MINUTE);
    let note = li.phone.add_note(visit.clone(), "次日回访".into(), None)?.fact;
    let correction = |fact: String, reason: &str| Some(Correction { fact, reason: reason.into() });
    li.phone.add_note(visit.clone(), "次日上午回访".into(), correction(note, "补充时间"))?;
    let begun = li.clock.wall() - 40 * MINUTE;
    let (from, until) = (begun, begun + 30 * MINUTE);
    let corrects = correction(timer, "忘记停止计时");
    li.phone.add_time(visit.clone(), TimeKind::Labour, from, until, None, Some(item), corrects)?;
    li.sync()?;
    wang.sync()?;

    let mut out = json!({ "advice": advice, "running": running, "shown": [shown.summary, shown.text], "visit": visit });
    for (actor, name) in [(&mut wang, "wang"), (&mut li, "li")] {
        actor.reopen()?;
        let listed = actor.phone.visits()?.into_iter().find(|v| v.visit == visit).ok_or("no visit")?;
        assert_eq!(listed.sync, SyncState::Synced);
        let state = listed.state.ok_or("the server said nothing of it")?;
        let zh = actor.phone.show(visit.clone(), Lang::ZhCn)?;
        let en = actor.phone.show(visit.clone(), Lang::En)?;
        let photos: Vec<String> = actor.phone.unsynced()?.photos.into_iter().map(|p| p.sha256).collect();
        out[name] = json!({
            "visit": actor.phone.visit_json(visit.clone())?,
            "labour_s": actor.phone.visit(visit.clone())?.labour_s,
            "summaries": [zh.summary, en.summary],
            "texts": [zh.text, en.text],
            "verdict": actor.phone.assess(visit.clone())?.canonical,
            "state": [state.review, state.coverage, state.flags, state.receipts],
            "photos": photos,
        });
    }
    Ok(out)
}

/// What must be true of the story in any language.
pub(crate) fn holds(told: &Value) -> Result<(), Failure> {
    let both = |part: &str| (told["wang"][part].clone(), told["li"][part].clone());
    for part in ["visit", "summaries", "texts", "labour_s", "state"] {
        let (wang, li) = both(part);
        assert_eq!(wang, li, "the phones differ in {part}");
    }
    // 20 minutes before the reboot and 7 while it was off; then 25 and 27 of 王建国, and the 30 that 李娜 wrote down.
    assert_eq!(told["running"][0][1], 27 * 60);
    assert_eq!(told["li"]["labour_s"], (25 + 27 + 30) * 60);
    let visit: Value = serde_json::from_str(told["li"]["visit"].as_str().unwrap_or_default())?;
    assert_eq!(visit["conflicts"].as_array().map(Vec::len), Some(1), "{}", visit["conflicts"]);
    let codes = told["li"]["state"][2].to_string();
    for code in ["after_sign_off", "conflict", "no_work_order"] {
        assert!(codes.contains(code), "{codes}");
    }
    assert_eq!(told["li"]["state"][3].as_array().map(Vec::len), Some(1), "one receipt");
    assert_eq!(told["li"]["photos"].as_array().map(Vec::len), Some(1));
    Ok(())
}
