//! The facts of one visit of W as a plain Automerge document: nested maps of scalars in 20 changes and 427 operations, as
//! an application without a gate might write them. docs/speed.md's plain floor is measured on these.
//!
//! Our own documents hold the same facts in far fewer operations and are cheaper to load for that.

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, AutomergeError, ObjId, ObjType, ROOT, ScalarValue};
use countersign_tests::Failure;
use sim_phone::Seeded;
use sync_core::env::Entropy as _;
use uuid::Uuid;

/// Operations of a visit.
const OPERATIONS: usize = 427;
/// Changes of a visit.
const CHANGES: usize = 20;
/// How often a form saves a text anew while it is typed.
const DRAFTS: usize = 8;

/// The changes of one visit, in their order, and what is in the document then.
pub(crate) fn changes(rng: &mut Seeded) -> Result<Vec<Vec<u8>>, Failure> {
    let mut visit = Visit { document: AutoCommit::new(), changes: Vec::new(), now_ms: 1_788_220_800_000, rng };
    let actor = visit.random(24);
    visit.document.set_actor(ActorId::from(actor.as_slice()));
    let collections = visit.begin()?;
    let mut operations = 0;
    for n in 0..6 {
        let item = visit.item(&collections.items)?;
        if n < 4 {
            visit.time(&collections.time, &item)?;
        }
    }
    for _ in 0..3 {
        visit.expense(&collections.expenses)?;
    }
    visit.outcomes(&collections.items)?;
    visit.sign()?;
    for bytes in &visit.changes {
        operations += automerge::Change::try_from(bytes.as_slice())?.len();
    }
    if (visit.changes.len(), operations) != (CHANGES, OPERATIONS) {
        return Err(format!("a plain visit has {} changes and {operations} operations", visit.changes.len()).into());
    }
    Ok(visit.changes)
}

struct Collections {
    items: ObjId,
    time: ObjId,
    expenses: ObjId,
}

struct Visit<'a> {
    document: AutoCommit,
    changes: Vec<Vec<u8>>,
    now_ms: i64,
    rng: &'a mut Seeded,
}

type Done<T = ()> = Result<T, AutomergeError>;

impl Visit<'_> {
    fn random(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.rng.fill(&mut bytes);
        bytes
    }

    fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.rng.fill(&mut bytes);
        Uuid::from_bytes(bytes).to_string()
    }

    fn map(&mut self, of: &ObjId, key: &str) -> Done<ObjId> {
        self.document.put_object(of, key, ObjType::Map)
    }

    fn put(&mut self, map: &ObjId, key: &str, value: impl Into<ScalarValue>) -> Done {
        self.document.put(map, key, value)
    }

    /// Fields that hold an id.
    fn ids(&mut self, map: &ObjId, keys: &[&str]) -> Done {
        keys.iter().try_for_each(|key| {
            let id = self.uuid();
            self.put(map, key, id)
        })
    }

    fn texts(&mut self, map: &ObjId, fields: &[(&str, &str)]) -> Done {
        fields.iter().try_for_each(|(key, text)| self.put(map, key, *text))
    }

    /// When, by both clocks: seven operations.
    fn at(&mut self, map: &ObjId, key: &str) -> Done {
        let (now, at) = (self.now_ms, self.map(map, key)?);
        self.ids(&at, &["boot"])?;
        let clocks = [("wall_ms", 0), ("mono_ms", -1_788_000_000_000), ("server_ms", -60_000), ("server_mono_ms", -9)];
        clocks.iter().try_for_each(|(key, by)| self.put(&at, key, now + by))?;
        self.texts(&at, &[("zone", "Asia/Shanghai")])
    }

    /// Ends a change.
    fn done(&mut self) -> Result<(), Failure> {
        self.document.commit();
        self.changes.push(self.document.get_last_local_change().ok_or("a change wrote nothing")?.raw_bytes().to_vec());
        self.now_ms += 180_000;
        Ok(())
    }

    fn begin(&mut self) -> Result<Collections, Failure> {
        let origin = self.map(&ROOT, "origin")?;
        self.ids(&origin, &["visit", "by", "customer", "device"])?;
        self.texts(&origin, &[("by_name", "工程师1"), ("customer_name", "第1人民医院"), ("mode", "on_site")])?;
        self.at(&origin, "at")?;
        let demand = self.map(&origin, "demand")?;
        let words =
            [("name", "刘志远"), ("role", "customer"), ("channel", "phone"), ("words", "系统很慢,请尽快来人处理")];
        self.texts(&demand, &words)?;
        let crew = self.map(&ROOT, "crew")?;
        self.ids(&crew, &["user", "device"])?;
        self.at(&crew, "joined")?;
        let all = Collections {
            items: self.map(&ROOT, "items")?,
            time: self.map(&ROOT, "time")?,
            expenses: self.map(&ROOT, "expenses")?,
        };
        self.done()?;
        Ok(all)
    }

    fn item(&mut self, items: &ObjId) -> Result<String, Failure> {
        let id = self.uuid();
        let item = self.map(items, &id)?;
        self.ids(&item, &["by", "device", "asset"])?;
        self.texts(&item, &[("category", "database"), ("asset_name", "挂号数据库服务器"), ("removed", "")])?;
        self.at(&item, "at")?;
        for field in ["symptom", "action"] {
            let text: Vec<char> = "门诊挂号系统打开缓慢,清理归档日志,重建索引,重启数据库实例".chars().collect();
            for draft in 1..=DRAFTS {
                self.put(&item, field, text.iter().take(text.len() * draft / DRAFTS).collect::<String>())?;
            }
        }
        self.done()?;
        Ok(id)
    }

    fn time(&mut self, time: &ObjId, item: &str) -> Result<(), Failure> {
        let id = self.uuid();
        let entry = self.map(time, &id)?;
        self.ids(&entry, &["user", "device"])?;
        self.texts(&entry, &[("kind", "labour"), ("item", item)])?;
        self.at(&entry, "start")?;
        self.done()?;
        self.ids(&entry, &["stopped_by"])?;
        self.at(&entry, "end")?;
        self.done()
    }

    fn expense(&mut self, expenses: &ObjId) -> Result<(), Failure> {
        let id = self.uuid();
        let expense = self.map(expenses, &id)?;
        self.ids(&expense, &["by", "device"])?;
        self.texts(
            &expense,
            &[("kind", "taxi"), ("currency", "CNY"), ("note", "公司到医院往返"), ("paid", "cash"), ("removed", "")],
        )?;
        self.put(&expense, "amount_minor", 3_650)?;
        self.at(&expense, "at")?;
        self.done()
    }

    /// How each item ended, in one change.
    fn outcomes(&mut self, items: &ObjId) -> Result<(), Failure> {
        use automerge::ReadDoc as _;
        for key in self.document.keys(items).collect::<Vec<_>>() {
            let Some((_, item)) = self.document.get(items, &key)? else { continue };
            self.texts(&item, &[("outcome", "查询恢复到一秒以内"), ("follow_up", "")])?;
            self.ids(&item, &["edited_by", "edited_on"])?;
            self.at(&item, "edited")?;
        }
        self.done()
    }

    fn sign(&mut self) -> Result<(), Failure> {
        let sign_off = self.map(&ROOT, "sign_off")?;
        self.ids(&sign_off, &["by", "device"])?;
        let fields = [
            ("outcome", "accepted"),
            ("reason", ""),
            ("name", "刘志远"),
            ("position", "信息科主任"),
            ("lang", "zh-CN"),
        ];
        self.texts(&sign_off, &fields)?;
        for (key, len) in [("summary", 32), ("text", 32), ("strokes", 32), ("signature", 64), ("drawn", 1_600)] {
            // A drawing of 400 points is no random text, but neither does it compress much.
            let bytes = self.random(len);
            self.put(&sign_off, key, bytes)?;
        }
        self.at(&sign_off, "at")?;
        self.done()
    }
}
