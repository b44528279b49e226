//! Reads a visit document into its typed view, as it is now or as it was at given heads.

use super::facts::*;
use super::genesis::collection_object;
use super::schema::Collection;
use super::view::*;
use super::{Document, actor_device};
use crate::ids::{AssetId, DeviceId, FactId, UserId};
use crate::time::text;
use automerge::{ChangeHash, ObjId, ObjType, ReadDoc, ScalarValue, Value};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The view of the whole document.
pub fn view(doc: &Document) -> VisitView {
    Reader { doc, heads: None, conflicts: Vec::new(), unread: Vec::new() }.view()
}

/// The view as it was at `heads`, which must all be in the document.
pub fn view_at(doc: &Document, heads: &[ChangeHash]) -> VisitView {
    Reader { doc, heads: Some(heads), conflicts: Vec::new(), unread: Vec::new() }.view()
}

/// The strokes of a sign-off, as the phone recorded them.
pub fn strokes(doc: &Document, sign_off: FactId) -> Option<Vec<u8>> {
    match doc.automerge().get(collection_object(Collection::Strokes), sign_off.to_string()) {
        Ok(Some((Value::Scalar(s), _))) => match s.as_ref() {
            ScalarValue::Bytes(b) => Some(b.clone()),
            _ => None,
        },
        _ => None,
    }
}

struct Reader<'a> {
    doc: &'a Document,
    heads: Option<&'a [ChangeHash]>,
    conflicts: Vec<Conflict>,
    unread: Vec<String>,
}

impl Reader<'_> {
    fn view(mut self) -> VisitView {
        let mut origins = self.facts::<Origin>(Collection::Origins);
        let crew = self.facts(Collection::Crew);
        let items = self.items();
        let mut starts = self.facts::<TimeStart>(Collection::Time);
        supersede(&mut starts, |t| t.supersedes.as_ref());
        let ends: BTreeMap<FactId, Values> = self.by_id(Collection::Ends).into_iter().collect();
        let time = starts
            .into_iter()
            .map(|start| {
                let end = ends.get(&start.id).map(|values| self.ends(&start, values)).unwrap_or_default();
                TimeEntry { start, end }
            })
            .collect();
        let expenses = self.expenses();
        let mut objections = self.facts::<Objection>(Collection::Objections);
        supersede(&mut objections, |o| o.supersedes.as_ref());
        let mut notes = self.facts::<Note>(Collection::Notes);
        supersede(&mut notes, |n| n.supersedes.as_ref());
        let mut photos = self.facts::<Photo>(Collection::Photos);
        supersede(&mut photos, |p| p.supersedes.as_ref());
        let sign_offs = self.facts(Collection::SignOffs);
        origins.sort_by_key(|o| o.id);
        self.conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        self.unread.sort();
        VisitView {
            visit: origins.first().map(|o| o.value.visit),
            origins,
            crew,
            items,
            time,
            expenses,
            objections,
            notes,
            photos,
            sign_offs,
            conflicts: self.conflicts,
            unread: self.unread,
        }
    }

    /// What stands under each key of a map. One pass over the map: asking key by key takes several times as long.
    fn entries(&self, object: &ObjId) -> Vec<(String, Values)> {
        let doc = self.doc.automerge();
        let range = match self.heads {
            None => doc.map_range(object, ..),
            Some(heads) => doc.map_range_at(object, .., heads),
        };
        range
            .map(|item| {
                let values = match item.conflict {
                    // The pass brings the winner only.
                    true => self.all(object, &item.key),
                    false => vec![(item.value.clone().into_value(), item.id())],
                };
                (item.key.into_owned(), values)
            })
            .collect()
    }

    /// The entries of a collection, in the order of their ids. Keys that are no ids are passed over.
    fn by_id(&self, collection: Collection) -> Vec<(FactId, Values)> {
        let entries = self.entries(&collection_object(collection)).into_iter();
        let mut entries: Vec<(FactId, Values)> = entries
            .filter_map(|(key, values)| {
                let id = FactId::from_str(&key).ok()?;
                (id.to_string() == key).then_some((id, values))
            })
            .collect();
        entries.sort_by_key(|(id, _)| *id);
        entries
    }

    /// Every value that stands under a key, the winner first.
    fn all(&self, object: &ObjId, key: &str) -> Values {
        let doc = self.doc.automerge();
        let values = match self.heads {
            None => doc.get_all(object, key),
            Some(heads) => doc.get_all_at(object, key, heads),
        };
        // Automerge lists them in Lamport order; its winner is the last.
        values.unwrap_or_default().into_iter().rev().map(|(value, id)| (value.into_owned(), id)).collect()
    }

    fn facts<T: DeserializeOwned>(&mut self, collection: Collection) -> Vec<Fact<T>> {
        let mut facts = Vec::new();
        for (id, values) in self.by_id(collection) {
            let field: Field<T> = self.field(&values, || format!("{}/{id}", collection.key()), json);
            if let Some(first) = field.0.into_iter().next() {
                facts.push(Fact { id, value: first.value, device: first.device, superseded_by: None });
            }
        }
        facts
    }

    fn ends(&mut self, start: &Fact<TimeStart>, values: &Values) -> Field<TimeEnd> {
        let path = format!("{}/{}", Collection::Ends.key(), start.id);
        let field = self.field::<TimeEnd>(values, || path.clone(), json);
        // A person compares times, not JSON.
        if let Some(conflict) = self.conflicts.iter_mut().find(|c| c.path == path) {
            let end = |value: &Written<String>| serde_json::from_str::<TimeEnd>(&value.value).ok();
            // Of several ends the earliest counts (see `time`), whichever the document has made the winner.
            let length = |value: &Written<String>| end(value).map_or(i64::MAX, |end| start.value.at.ms_until(&end.at));
            conflict.values.sort_by_key(length);
            for value in &mut conflict.values {
                if let Some(end) = end(value) {
                    value.value = instant_text(end.at.instant_ms());
                }
            }
        }
        field
    }

    /// A field with all its values; notes a conflict where they differ, and what cannot be read.
    fn field<T>(
        &mut self,
        values: &Values,
        path: impl Fn() -> String,
        parse: impl Fn(&ScalarValue) -> Option<T>,
    ) -> Field<T> {
        let mut field = Field::default();
        let mut texts: Vec<Written<String>> = Vec::new();
        let mut unread = false;
        for (value, id) in values {
            let Value::Scalar(scalar) = value else { continue };
            let Some(device) = writer(id) else { continue };
            texts.push(Written { value: text_of(scalar), device });
            match parse(scalar) {
                Some(value) => field.0.push(Written { value, device }),
                None => unread = true,
            }
        }
        if texts.iter().any(|t| t.value != texts[0].value) {
            self.conflicts.push(Conflict { path: path(), values: texts });
        }
        if unread {
            self.unread.push(path());
        }
        field
    }

    /// The maps of a collection, each with its fields.
    fn maps(&self, collection: Collection) -> Vec<Fields> {
        let mut maps = Vec::new();
        for (id, values) in self.by_id(collection) {
            let found =
                values.into_iter().find_map(|(value, map)| matches!(value, Value::Object(ObjType::Map)).then_some(map));
            maps.extend(found.map(|map| Fields { collection, id, entries: self.entries(&map) }));
        }
        maps
    }

    fn named<T>(&mut self, of: &Fields, name: &str, parse: impl Fn(&ScalarValue) -> Option<T>) -> Field<T> {
        let Some((_, values)) = of.entries.iter().find(|(key, _)| key == name) else { return Field::default() };
        self.field(values, || format!("{}/{}/{name}", of.collection.key(), of.id), parse)
    }

    fn first<T>(&mut self, of: &Fields, name: &str, parse: impl Fn(&ScalarValue) -> Option<T>) -> Option<T> {
        self.named(of, name, parse).0.into_iter().next().map(|w| w.value)
    }

    fn items(&mut self) -> Vec<Item> {
        let maps = self.maps(Collection::Items);
        let item = |map: &Fields| Item {
            id: map.id,
            at: self.first(map, "at", json),
            by: self.first(map, "by", parsed::<UserId>),
            category: self.named(map, "category", parsed::<Category>),
            asset: self.named(map, "asset", parsed::<AssetId>),
            asset_name: self.named(map, "asset_name", parsed::<String>),
            symptom: self.named(map, "symptom", parsed::<String>),
            action: self.named(map, "action", parsed::<String>),
            outcome: self.named(map, "outcome", parsed::<String>),
            removed: self.named(map, "removed", parsed::<String>),
        };
        maps.iter().map(item).collect()
    }

    fn expenses(&mut self) -> Vec<Expense> {
        let maps = self.maps(Collection::Expenses);
        let expense = |map: &Fields| Expense {
            id: map.id,
            at: self.first(map, "at", json),
            by: self.first(map, "by", parsed::<UserId>),
            kind: self.named(map, "kind", parsed::<ExpenseKind>),
            amount_minor: self.named(map, "amount_minor", integer),
            currency: self.named(map, "currency", parsed::<String>),
            note: self.named(map, "note", parsed::<String>),
            removed: self.named(map, "removed", parsed::<String>),
        };
        maps.iter().map(expense).collect()
    }
}

/// Every value that stands under a key, the winner first, each with the operation that wrote it.
type Values = Vec<(Value<'static>, ObjId)>;

/// A map of fields, read.
struct Fields {
    collection: Collection,
    id: FactId,
    entries: Vec<(String, Values)>,
}

/// Marks the facts that a later one supersedes. Of several that supersede the same fact, the lowest id is named.
fn supersede<T>(facts: &mut [Fact<T>], of: impl Fn(&T) -> Option<&Supersedes>) {
    let links: Vec<(FactId, FactId)> = facts.iter().filter_map(|f| of(&f.value).map(|s| (s.fact, f.id))).collect();
    for fact in facts {
        fact.superseded_by =
            links.iter().filter(|(old, new)| *old == fact.id && *new != fact.id).map(|(_, n)| *n).min();
    }
}

/// An instant as text, in UTC: the document does not know where its reader is.
pub(crate) fn instant_text(ms: i64) -> String {
    let utc = |at: jiff::Timestamp| format!("{} UTC", text::to_the_second(TimeZone::UTC.to_datetime(at)));
    jiff::Timestamp::from_millisecond(ms).map(utc).unwrap_or_default()
}

fn writer(id: &ObjId) -> Option<DeviceId> {
    match id {
        ObjId::Id(_, actor, _) => actor_device(actor),
        ObjId::Root => None,
    }
}

fn text_of(scalar: &ScalarValue) -> String {
    match scalar {
        ScalarValue::Str(s) => s.to_string(),
        ScalarValue::Bytes(b) => hex::encode(b),
        other => other.to_string(),
    }
}

fn json<T: DeserializeOwned>(scalar: &ScalarValue) -> Option<T> {
    match scalar {
        ScalarValue::Str(s) => serde_json::from_str(s).ok(),
        _ => None,
    }
}

fn parsed<T: FromStr>(scalar: &ScalarValue) -> Option<T> {
    match scalar {
        ScalarValue::Str(s) => s.parse().ok(),
        _ => None,
    }
}

fn integer(scalar: &ScalarValue) -> Option<i64> {
    match scalar {
        ScalarValue::Int(n) => Some(*n),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::command::Command;
    use crate::document::schema::COLLECTIONS;
    use crate::document::write::{Author, record};
    use crate::env::{Entropy, Env};
    use crate::ids::VisitId;
    use proptest::prelude::*;

    struct Counter(u64);
    impl Entropy for Counter {
        fn fill(&mut self, out: &mut [u8]) {
            for byte in out {
                self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (self.0 >> 33) as u8;
            }
        }
    }

    /// The map asked key by key.
    fn key_by_key(reader: &Reader<'_>, object: &ObjId) -> Vec<(String, Values)> {
        let doc = reader.doc.automerge();
        let keys: Vec<String> = match reader.heads {
            None => doc.keys(object).collect(),
            Some(heads) => doc.keys_at(object, heads).collect(),
        };
        keys.into_iter().map(|key| (key.clone(), reader.all(object, &key))).collect()
    }

    proptest! {
        /// Three phones write one item apart and meet now and then: one pass over a map reads what asking for each of
        /// its keys reads, conflicts included, now and at every earlier state.
        #[test]
        fn one_pass_reads_what_every_key_says(steps in proptest::collection::vec((0usize..3, 0u8..6), 1..40)) {
            let visit = VisitId(uuid::Uuid::nil());
            let mut entropy = Counter(steps.len() as u64);
            let mut docs = vec![Document::new().unwrap(); 3];
            let mut author = |n: usize, doc: &mut Document, command: Command| {
                let id = uuid::Uuid::from_bytes([n as u8 + 1; 16]);
                let author = Author { device: DeviceId(id), suffix: [7; 8], user: UserId(id), name: "工程师".into(), time_zone: None };
                let now = crate::clock::Stamp { wall_ms: 1_790_000_000_000, mono_ms: 1, boot: id, server: None };
                record(doc, visit, &author, &mut Env { now, entropy: &mut entropy }, &[command])
                    // What writes nothing new is no change.
                    .ok()
                    .and_then(|r| r.facts.first().copied())
            };
            let item = author(0, &mut docs[0], Command::AddItem(ItemPatch::default())).unwrap();
            let timer = author(0, &mut docs[0], Command::StartTimer { kind: TimeKind::Labour, item: Some(item) }).unwrap();
            let first = docs[0].changes_since(&[]);
            for doc in &mut docs[1..] {
                doc.apply(first.clone()).unwrap();
            }
            let mut states = vec![docs[0].heads()];
            for (n, what) in steps {
                let text = |t: &str| Some(format!("{t}{n}"));
                let edit = |patch| Command::EditItem { item, patch };
                let command = match what {
                    0 => edit(ItemPatch { action: text("重启"), ..ItemPatch::default() }),
                    // Equal values of two phones are two values too.
                    1 => edit(ItemPatch { symptom: Some("慢".into()), outcome: text("好"), ..ItemPatch::default() }),
                    2 => Command::Note { text: "备注".into(), supersedes: None },
                    3 if view(&docs[n]).time[0].end.0.is_empty() => Command::StopTimer { entry: timer },
                    4 => Command::AddItem(ItemPatch { category: Some(Category::Network), ..ItemPatch::default() }),
                    _ => {
                        let from = docs[(n + 1) % 3].clone();
                        let lacking = from.changes_since(&docs[n].heads());
                        let new: Vec<_> = lacking.into_iter().filter(|c| !docs[n].has(&c.hash())).collect();
                        docs[n].apply(new).unwrap();
                        continue;
                    }
                };
                author(n, &mut docs[n], command);
                if n == 0 {
                    states.push(docs[0].heads());
                }
            }
            let all: Vec<_> = docs[1..].iter().flat_map(|d| d.changes_since(&[])).collect();
            for change in all {
                if !docs[0].has(&change.hash()) {
                    docs[0].apply(vec![change]).unwrap();
                }
            }
            let heads: Vec<Option<&[ChangeHash]>> =
                std::iter::once(None).chain(states.iter().map(|s| Some(s.as_slice()))).collect();
            for heads in heads {
                let reader = Reader { doc: &docs[0], heads, conflicts: Vec::new(), unread: Vec::new() };
                for collection in COLLECTIONS {
                    let object = collection_object(collection);
                    let entries = reader.entries(&object);
                    prop_assert_eq!(&entries, &key_by_key(&reader, &object));
                    for (_, map) in entries.into_iter().flat_map(|(_, values)| values) {
                        if matches!(docs[0].automerge().object_type(&map), Ok(ObjType::Map)) {
                            prop_assert_eq!(reader.entries(&map), key_by_key(&reader, &map));
                        }
                    }
                }
            }
        }
    }
}
