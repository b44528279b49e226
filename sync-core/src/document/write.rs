//! Commands become one change of the visit document.

use super::command::{Command, CommandError};
use super::facts::*;
use super::genesis::collection_object;
use super::schema::{Collection, FieldType, Holds, MAX_CHANGE_BYTES, MAX_CHANGE_OPERATIONS, field_type};
use super::{Document, device_actor};
use crate::blob::{MAX_BLOB_BYTES, MediaType, is_sha256};
use crate::canonical::to_canonical_json;
use crate::env::Env;
use crate::ids::{DeviceId, FactId, UserId, VisitId};
use automerge::transaction::{Transactable, Transaction};
use automerge::{ActorId, Change, ObjId, ObjType, ReadDoc, ScalarValue, Value};
use serde::Serialize;

/// Who writes: the device, its session's actor and the engineer who holds it.
#[derive(Clone, Debug)]
pub struct Author {
    /// The device.
    pub device: DeviceId,
    /// The actor's suffix for this session (see [`super::ACTOR_LEN`]).
    pub suffix: [u8; 8],
    /// The engineer.
    pub user: UserId,
    /// Their name, as it will stand on the receipt.
    pub name: String,
    /// The time zone of the customer whose visit they begin, where the phone knows it.
    pub time_zone: Option<String>,
}

impl Author {
    /// The Automerge actor that they write as.
    pub fn actor(&self) -> ActorId {
        device_actor(self.device, self.suffix)
    }
}

/// What a batch of commands became.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The change, already in the document.
    pub change: Change,
    /// The fact that each command wrote or changed, in the commands' order.
    pub facts: Vec<FactId>,
}

/// Seconds since 1970 that the gate accepts in a change: until 2100.
pub const CHANGE_TIME: std::ops::RangeInclusive<i64> = 0..=4_102_444_800;

/// Records `commands` as one change.
///
/// # Errors
/// The first command that cannot be carried out; the document is unchanged then. When all together are too much for one
/// change, the document has it all the same and must be thrown away.
pub fn record(
    doc: &mut Document,
    visit: VisitId,
    author: &Author,
    env: &mut Env<'_>,
    commands: &[Command],
) -> Result<Recorded, CommandError> {
    let mut facts = Vec::with_capacity(commands.len());
    let time = change_time(env);
    let change = doc.transact(&author.actor(), time, |tx| {
        let mut w = Writer { tx, visit, author, env };
        for command in commands {
            facts.push(w.command(command)?);
        }
        Ok(())
    })?;
    finished(change, facts)
}

/// Writes a sign-off and its strokes as one change.
///
/// # Errors
/// When one of them breaks the schema's bounds.
pub fn record_sign_off(
    doc: &mut Document,
    author: &Author,
    env: &mut Env<'_>,
    id: FactId,
    sign_off: &SignOff,
    strokes: Option<&[u8]>,
) -> Result<Recorded, CommandError> {
    let time = change_time(env);
    let visit = sign_off.visit;
    let change = doc.transact(&author.actor(), time, |tx| {
        let mut w = Writer { tx, visit, author, env };
        w.fact(Collection::SignOffs, id, sign_off)?;
        if let Some(strokes) = strokes {
            bounded("strokes", strokes.len(), max_of(Collection::Strokes))?;
            w.put(&collection_object(Collection::Strokes), &id.to_string(), ScalarValue::Bytes(strokes.to_vec()))?;
        }
        Ok(())
    })?;
    finished(change, vec![id])
}

/// A change that the gate will take.
fn finished(change: Option<Change>, facts: Vec<FactId>) -> Result<Recorded, CommandError> {
    let change = change.ok_or(CommandError::Empty)?;
    if change.raw_bytes().len() > MAX_CHANGE_BYTES || change.len() > MAX_CHANGE_OPERATIONS {
        return Err(invalid("commands", "too much for one change; record it in parts"));
    }
    Ok(Recorded { change, facts })
}

fn change_time(env: &Env<'_>) -> i64 {
    (env.now.wall_ms / 1000).clamp(*CHANGE_TIME.start(), *CHANGE_TIME.end())
}

struct Writer<'a, 'd, 'e, 'v> {
    tx: &'a mut Transaction<'d>,
    visit: VisitId,
    author: &'a Author,
    env: &'e mut Env<'v>,
}

impl Writer<'_, '_, '_, '_> {
    fn command(&mut self, command: &Command) -> Result<FactId, CommandError> {
        let id = FactId(self.env.uuid7());
        let (at, by) = (self.env.now, self.author.user);
        match command {
            Command::Begin { customer, customer_name, work_order, mode, demand, triage } => {
                let mine = self.author.device;
                if self.tx.keys(collection_object(Collection::Origins)).any(|k| self.wrote_origin(&k, mine)) {
                    return Err(CommandError::Begun);
                }
                bounded("customer_name", customer_name.len(), 300)?;
                not_empty("customer_name", customer_name)?;
                let origin = Origin {
                    visit: self.visit,
                    customer: customer.clone(),
                    customer_name: customer_name.clone(),
                    time_zone: self.author.time_zone.clone(),
                    work_order: work_order.as_ref().map(|(id, _)| *id),
                    work_order_code: work_order.as_ref().map(|(_, code)| code.clone()),
                    mode: *mode,
                    demand: demand.clone(),
                    triage: triage.clone(),
                    at,
                    by,
                };
                self.fact(Collection::Origins, id, &origin)?;
                let join = FactId(self.env.uuid7());
                self.crew(join, CrewAction::Join)?;
                Ok(id)
            }
            Command::Join => self.crew(id, CrewAction::Join),
            Command::Leave => self.crew(id, CrewAction::Leave),
            Command::AddItem(patch) => {
                let map = self.new_map(Collection::Items, id)?;
                self.item_fields(&map, patch)?;
                Ok(id)
            }
            Command::EditItem { item, patch } => {
                let map = self.map(Collection::Items, "work item", *item)?;
                self.item_fields(&map, patch)?;
                Ok(*item)
            }
            Command::StartTimer { kind, item } => {
                self.known_item(*item)?;
                let start = TimeStart { kind: *kind, user: by, item: *item, at, manual: None, supersedes: None };
                self.fact(Collection::Time, id, &start)
            }
            Command::StopTimer { entry } => {
                self.running(*entry)?;
                if self.exists(Collection::Ends, *entry)? {
                    return Err(CommandError::Ended(*entry));
                }
                self.fact(Collection::Ends, *entry, &TimeEnd { at, by })
            }
            Command::AddTime { kind, user, item, span, supersedes } => {
                self.known_item(*item)?;
                self.correction(Collection::Time, "time entry", supersedes.as_ref())?;
                if span.until_ms < span.from_ms {
                    return Err(invalid("until", "it is before the beginning"));
                }
                let start = TimeStart {
                    kind: *kind,
                    user: *user,
                    item: *item,
                    at,
                    manual: Some(span.clone()),
                    supersedes: supersedes.clone(),
                };
                self.fact(Collection::Time, id, &start)
            }
            Command::AddExpense(patch) => {
                let map = self.new_map(Collection::Expenses, id)?;
                self.expense_fields(&map, patch)?;
                Ok(id)
            }
            Command::EditExpense { expense, patch } => {
                let map = self.map(Collection::Expenses, "expense", *expense)?;
                self.expense_fields(&map, patch)?;
                Ok(*expense)
            }
            Command::Object { kind, advice, insisted_by, words, supersedes } => {
                not_empty("advice", advice)?;
                self.correction(Collection::Objections, "objection", supersedes.as_ref())?;
                let objection = Objection {
                    kind: *kind,
                    advice: advice.clone(),
                    insisted_by: insisted_by.clone(),
                    words: words.clone(),
                    at,
                    by,
                    supersedes: supersedes.clone(),
                };
                self.fact(Collection::Objections, id, &objection)
            }
            Command::Note { text, supersedes } => {
                not_empty("text", text)?;
                self.correction(Collection::Notes, "note", supersedes.as_ref())?;
                let note = Note { text: text.clone(), at, by, supersedes: supersedes.clone() };
                self.fact(Collection::Notes, id, &note)
            }
            Command::Photo { sha256, size, media_type, caption, seal, about, supersedes } => {
                if !is_sha256(sha256) {
                    return Err(invalid("sha256", "not 64 lower-case hex digits"));
                }
                // What the server would not take is not recorded in the first place: it could never leave the phone.
                if MediaType::parse(media_type).is_none() {
                    return Err(invalid("media_type", "neither a JPEG, PNG, WebP or HEIC image nor a PDF"));
                }
                if !(1..=MAX_BLOB_BYTES).contains(size) {
                    return Err(invalid("size", "empty, or more than 20 MiB"));
                }
                self.belongs(*about)?;
                self.correction(Collection::Photos, "photo", supersedes.as_ref())?;
                let photo = Photo {
                    sha256: sha256.clone(),
                    size: *size,
                    media_type: media_type.clone(),
                    caption: caption.clone(),
                    seal: *seal,
                    about: *about,
                    at,
                    by,
                    supersedes: supersedes.clone(),
                };
                self.fact(Collection::Photos, id, &photo)
            }
        }
    }

    fn wrote_origin(&self, key: &str, device: DeviceId) -> bool {
        self.tx
            .get_all(collection_object(Collection::Origins), key)
            .unwrap_or_default()
            .iter()
            .any(|(_, id)| matches!(id, ObjId::Id(_, actor, _) if super::actor_device(actor) == Some(device)))
    }

    fn crew(&mut self, id: FactId, action: CrewAction) -> Result<FactId, CommandError> {
        let crew = Crew { user: self.author.user, name: self.author.name.clone(), action, at: self.env.now };
        self.fact(Collection::Crew, id, &crew)
    }

    fn fact<T: Serialize>(&mut self, collection: Collection, id: FactId, fact: &T) -> Result<FactId, CommandError> {
        let json = to_canonical_json(fact).map_err(|e| CommandError::Document(e.to_string()))?;
        bounded(collection.key(), json.len(), max_of(collection))?;
        self.put(&collection_object(collection), &id.to_string(), ScalarValue::Str(json.into()))?;
        Ok(id)
    }

    fn new_map(&mut self, collection: Collection, id: FactId) -> Result<ObjId, CommandError> {
        let map = self
            .tx
            .put_object(collection_object(collection), id.to_string(), ObjType::Map)
            .map_err(|e| CommandError::Document(e.to_string()))?;
        let at = to_canonical_json(&self.env.now).map_err(|e| CommandError::Document(e.to_string()))?;
        self.put(&map, "at", ScalarValue::Str(at.into()))?;
        self.put(&map, "by", ScalarValue::Str(self.author.user.to_string().into()))?;
        Ok(map)
    }

    fn item_fields(&mut self, map: &ObjId, p: &ItemPatch) -> Result<(), CommandError> {
        let c = Collection::Items;
        self.text(c, map, "category", p.category.map(|v| v.as_str()))?;
        self.text(c, map, "asset", p.asset.map(|v| v.to_string()).as_deref())?;
        self.text(c, map, "asset_name", p.asset_name.as_deref())?;
        self.text(c, map, "symptom", p.symptom.as_deref())?;
        self.text(c, map, "action", p.action.as_deref())?;
        self.text(c, map, "outcome", p.outcome.as_deref())?;
        self.text(c, map, "removed", p.removed.as_deref())
    }

    fn expense_fields(&mut self, map: &ObjId, p: &ExpensePatch) -> Result<(), CommandError> {
        let c = Collection::Expenses;
        self.text(c, map, "kind", p.kind.map(|v| v.as_str()))?;
        if let Some(amount) = p.amount_minor {
            if amount < 0 {
                return Err(invalid("amount_minor", "it is negative"));
            }
            self.put(map, "amount_minor", ScalarValue::Int(amount))?;
        }
        if let Some(currency) = &p.currency
            && (currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()))
        {
            return Err(invalid("currency", "not a three-letter code of ISO 4217"));
        }
        self.text(c, map, "currency", p.currency.as_deref())?;
        self.text(c, map, "note", p.note.as_deref())?;
        self.text(c, map, "removed", p.removed.as_deref())
    }

    fn text(
        &mut self,
        c: Collection,
        map: &ObjId,
        field: &'static str,
        value: Option<&str>,
    ) -> Result<(), CommandError> {
        let Some(value) = value else { return Ok(()) };
        if let FieldType::Text { max } = field_type(c, field) {
            bounded(field, value.len(), max)?;
        }
        if field == "removed" {
            not_empty("removed", value)?;
        }
        self.put(map, field, ScalarValue::Str(value.into()))
    }

    fn put(&mut self, map: &ObjId, key: &str, value: ScalarValue) -> Result<(), CommandError> {
        self.tx.put(map, key, value).map_err(|e| CommandError::Document(e.to_string()))
    }

    fn map(&self, collection: Collection, what: &'static str, id: FactId) -> Result<ObjId, CommandError> {
        match self.tx.get(collection_object(collection), id.to_string()) {
            Ok(Some((Value::Object(ObjType::Map), map))) => Ok(map),
            Ok(_) => Err(CommandError::Unknown { what, id }),
            Err(e) => Err(CommandError::Document(e.to_string())),
        }
    }

    fn exists(&self, collection: Collection, id: FactId) -> Result<bool, CommandError> {
        self.tx
            .get(collection_object(collection), id.to_string())
            .map(|v| v.is_some())
            .map_err(|e| CommandError::Document(e.to_string()))
    }

    fn known(&self, collection: Collection, what: &'static str, id: FactId) -> Result<(), CommandError> {
        if self.exists(collection, id)? { Ok(()) } else { Err(CommandError::Unknown { what, id }) }
    }

    /// The timer exists and was not written down afterwards: such an entry has its end already.
    fn running(&self, id: FactId) -> Result<(), CommandError> {
        let unknown = CommandError::Unknown { what: "time entry", id };
        match self.tx.get(collection_object(Collection::Time), id.to_string()) {
            Ok(Some((Value::Scalar(s), _))) => {
                let start: Option<TimeStart> = s.as_str().and_then(|json| serde_json::from_str(json).ok());
                let manual = start.ok_or(unknown)?.manual.is_some();
                if manual { Err(CommandError::Ended(id)) } else { Ok(()) }
            }
            Ok(_) => Err(unknown),
            Err(e) => Err(CommandError::Document(e.to_string())),
        }
    }

    fn known_item(&self, item: Option<FactId>) -> Result<(), CommandError> {
        item.map_or(Ok(()), |id| self.known(Collection::Items, "work item", id))
    }

    fn belongs(&self, about: Option<FactId>) -> Result<(), CommandError> {
        let Some(id) = about else { return Ok(()) };
        let either = self.exists(Collection::Items, id)? || self.exists(Collection::Expenses, id)?;
        if either { Ok(()) } else { Err(CommandError::Unknown { what: "work item or expense", id }) }
    }

    fn correction(
        &self,
        collection: Collection,
        what: &'static str,
        supersedes: Option<&Supersedes>,
    ) -> Result<(), CommandError> {
        let Some(s) = supersedes else { return Ok(()) };
        not_empty("reason", &s.reason)?;
        self.known(collection, what, s.fact)
    }
}

fn max_of(collection: Collection) -> usize {
    match collection.holds() {
        Holds::FactJson { max } | Holds::Bytes { max } | Holds::Extension { max } => max,
        Holds::Fields => 0,
    }
}

fn bounded(field: &'static str, len: usize, max: usize) -> Result<(), CommandError> {
    if len <= max { Ok(()) } else { Err(invalid(field, &format!("{len} bytes; at most {max} are allowed"))) }
}

fn not_empty(field: &'static str, text: &str) -> Result<(), CommandError> {
    if text.trim().is_empty() { Err(invalid(field, "it is empty")) } else { Ok(()) }
}

fn invalid(field: &'static str, why: &str) -> CommandError {
    CommandError::Invalid { field, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;
    use crate::document::read::{view, view_at};
    use crate::env::Entropy;

    struct Counter(u8);
    impl Entropy for Counter {
        fn fill(&mut self, out: &mut [u8]) {
            self.0 = self.0.wrapping_add(1);
            out.fill(self.0);
        }
    }

    fn author(n: u8) -> Author {
        let id = uuid::Uuid::from_bytes([n; 16]);
        Author {
            device: DeviceId(id), suffix: [n; 8], user: UserId(id), name: format!("工程师{n}"), time_zone: None
        }
    }

    fn run(doc: &mut Document, n: u8, at: i64, commands: &[Command]) -> Result<Recorded, CommandError> {
        let mut entropy = Counter(n.wrapping_mul(40).wrapping_add((at % 1000) as u8));
        let now = Stamp { wall_ms: 1_790_000_000_000 + at, mono_ms: at, boot: uuid::Uuid::nil(), server: None };
        record(doc, VisitId(uuid::Uuid::nil()), &author(n), &mut Env { now, entropy: &mut entropy }, commands)
    }

    #[test]
    fn two_phones_that_edit_one_field_apart_keep_both_values() {
        let mut a = Document::new().unwrap();
        let item = run(&mut a, 1, 1, &[Command::AddItem(ItemPatch::default())]).unwrap().facts[0];
        let mut b = Document::load(&a.save()).unwrap();
        let edit = |text: &str| {
            [Command::EditItem { item, patch: ItemPatch { action: Some(text.into()), ..ItemPatch::default() } }]
        };
        let ca = run(&mut a, 1, 2, &edit("重启服务")).unwrap().change;
        let cb = run(&mut b, 2, 3, &edit("更换交换机")).unwrap().change;
        let before = a.heads();
        a.apply(vec![cb]).unwrap();
        b.apply(vec![ca]).unwrap();
        assert_eq!(view(&a), view(&b));
        let v = view(&a);
        assert_eq!(v.items[0].action.0.len(), 2);
        assert_eq!(v.conflicts.len(), 1);
        assert_eq!(v.conflicts[0].values[0].value, *v.items[0].action.get().unwrap());
        let winner = a
            .automerge()
            .get(
                a.automerge().get(collection_object(Collection::Items), item.to_string()).unwrap().unwrap().1,
                "action",
            )
            .unwrap()
            .unwrap()
            .0;
        assert_eq!(winner.as_str(), Some(v.items[0].action.get().unwrap().as_str()));
        assert!(view_at(&a, &before).conflicts.is_empty(), "the past stays as it was");
        assert_eq!(view(&Document::load(&a.save()).unwrap()), v);
    }

    #[test]
    fn of_two_ends_of_one_timer_the_earlier_stands_first_whichever_wins_in_the_document() {
        for (first, second) in [(1, 2), (2, 1)] {
            let mut a = Document::new().unwrap();
            let start = Command::StartTimer { kind: TimeKind::Labour, item: None };
            let entry = run(&mut a, 1, 1, &[start]).unwrap().facts[0];
            let mut b = Document::load(&a.save()).unwrap();
            run(&mut a, first, 60_001, &[Command::StopTimer { entry }]).unwrap();
            let later = run(&mut b, second, 120_001, &[Command::StopTimer { entry }]).unwrap().change;
            a.apply(vec![later]).unwrap();
            let v = view(&a);
            let ends: Vec<_> = v.conflicts[0].values.iter().map(|w| w.value.as_str()).collect();
            assert!(ends.is_sorted() && ends[0] != ends[1], "{ends:?}");
            let counted = crate::time::spans(&v).spans[0].until_ms;
            assert_eq!(ends[0], crate::document::read::instant_text(counted));
        }
    }

    #[test]
    fn a_refused_command_writes_nothing() {
        let mut doc = Document::new().unwrap();
        let missing = FactId(uuid::Uuid::from_bytes([9; 16]));
        let heads = doc.heads();
        let commands = [Command::Note { text: "在场".into(), supersedes: None }, Command::StopTimer { entry: missing }];
        let error = run(&mut doc, 1, 1, &commands).unwrap_err();
        assert_eq!(error.code(), "fact_unknown");
        assert_eq!(doc.heads(), heads);
        assert!(view(&doc).notes.is_empty());
        assert_eq!(run(&mut doc, 1, 2, &[]).unwrap_err(), CommandError::Empty);
    }

    #[test]
    fn a_photo_says_what_it_belongs_to_only_where_it_does() {
        let mut doc = Document::new().unwrap();
        let expense = run(&mut doc, 1, 1, &[Command::AddExpense(ExpensePatch::default())]).unwrap().facts[0];
        let item = run(&mut doc, 1, 2, &[Command::AddItem(ItemPatch::default())]).unwrap().facts[0];
        let photo = |about| Command::Photo {
            sha256: "ab".repeat(32),
            size: 1000,
            media_type: "image/jpeg".into(),
            caption: "出租车发票".into(),
            seal: false,
            about,
            supersedes: None,
        };
        for (at, about) in [(3, None), (4, Some(expense)), (5, Some(item))] {
            run(&mut doc, 1, at, &[photo(about)]).unwrap();
            let last = view(&doc).photos.pop().unwrap().value;
            assert_eq!(last.about, about);
            let json = to_canonical_json(&last).unwrap();
            assert_eq!(json.contains("about"), about.is_some(), "a record of before has the bytes that it had: {json}");
        }
        let note = run(&mut doc, 1, 6, &[Command::Note { text: "在场".into(), supersedes: None }]).unwrap().facts[0];
        assert_eq!(run(&mut doc, 1, 7, &[photo(Some(note))]).unwrap_err().code(), "fact_unknown");
        assert_eq!(view(&doc).photos.len(), 3);
    }

    #[test]
    fn a_visit_begins_once_on_each_phone() {
        let mut doc = Document::new().unwrap();
        let begin = Command::Begin {
            customer: CustomerRef::Unlisted("无名医院".into()),
            customer_name: "无名医院".into(),
            work_order: None,
            mode: Mode::OnSite,
            demand: None,
            triage: None,
        };
        run(&mut doc, 1, 1, std::slice::from_ref(&begin)).unwrap();
        assert_eq!(run(&mut doc, 1, 2, std::slice::from_ref(&begin)).unwrap_err(), CommandError::Begun);
        run(&mut doc, 2, 3, &[begin]).unwrap();
        assert_eq!(view(&doc).origins.len(), 2);
    }
}
