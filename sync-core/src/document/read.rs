//! Reads a visit document into its typed view, as it is now or as it was at given heads.

use super::facts::*;
use super::genesis::collection_object;
use super::schema::Collection;
use super::view::*;
use super::{Document, actor_device};
use crate::ids::{AssetId, DeviceId, FactId, UserId};
use automerge::{ChangeHash, ObjId, ObjType, ReadDoc, ScalarValue, Value};
use serde::de::DeserializeOwned;
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
        let time = starts
            .into_iter()
            .map(|start| {
                let end = self.ends(start.id);
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

    /// The keys of a map that are ids, in the order of the ids.
    fn ids(&mut self, collection: Collection) -> Vec<FactId> {
        let object = collection_object(collection);
        let keys: Vec<String> = match self.heads {
            None => self.doc.automerge().keys(object).collect(),
            Some(heads) => self.doc.automerge().keys_at(object, heads).collect(),
        };
        let mut ids: Vec<FactId> = keys.iter().filter_map(|k| FactId::from_str(k).ok()).collect();
        ids.sort();
        ids
    }

    /// Every value that stands under a key, the winner first.
    fn all(&self, object: &ObjId, key: &str) -> Vec<(Value<'_>, ObjId)> {
        let doc = self.doc.automerge();
        let values = match self.heads {
            None => doc.get_all(object, key),
            Some(heads) => doc.get_all_at(object, key, heads),
        };
        let mut values = values.unwrap_or_default();
        // Automerge lists them in Lamport order; its winner is the last.
        values.reverse();
        values
    }

    fn facts<T: DeserializeOwned>(&mut self, collection: Collection) -> Vec<Fact<T>> {
        let object = collection_object(collection);
        let mut facts = Vec::new();
        for id in self.ids(collection) {
            let path = format!("{}/{id}", collection.key());
            let field: Field<T> = self.field(&object, &id.to_string(), &path, json);
            if let Some(first) = field.0.into_iter().next() {
                facts.push(Fact { id, value: first.value, device: first.device, superseded_by: None });
            }
        }
        facts
    }

    fn ends(&mut self, entry: FactId) -> Field<TimeEnd> {
        let path = format!("{}/{entry}", Collection::Ends.key());
        let object = collection_object(Collection::Ends);
        let field = self.field::<TimeEnd>(&object, &entry.to_string(), &path, json);
        // A person compares times, not JSON.
        if let Some(conflict) = self.conflicts.iter_mut().find(|c| c.path == path) {
            for value in &mut conflict.values {
                if let Ok(end) = serde_json::from_str::<TimeEnd>(&value.value) {
                    value.value = instant_text(end.at.instant_ms());
                }
            }
        }
        field
    }

    /// A field with all its values; notes a conflict where they differ, and what cannot be read.
    fn field<T>(
        &mut self,
        object: &ObjId,
        key: &str,
        path: &str,
        parse: impl Fn(&ScalarValue) -> Option<T>,
    ) -> Field<T> {
        let mut field = Field::default();
        let mut texts: Vec<Written<String>> = Vec::new();
        let mut unread = false;
        for (value, id) in self.all(object, key) {
            let Value::Scalar(scalar) = &value else { continue };
            let Some(device) = writer(&id) else { continue };
            texts.push(Written { value: text_of(scalar), device });
            match parse(scalar) {
                Some(value) => field.0.push(Written { value, device }),
                None => unread = true,
            }
        }
        if texts.iter().any(|t| t.value != texts[0].value) {
            self.conflicts.push(Conflict { path: path.to_owned(), values: texts });
        }
        if unread {
            self.unread.push(path.to_owned());
        }
        field
    }

    fn maps(&mut self, collection: Collection) -> Vec<(FactId, ObjId)> {
        let object = collection_object(collection);
        let mut maps = Vec::new();
        for id in self.ids(collection) {
            let found = self
                .all(&object, &id.to_string())
                .into_iter()
                .find_map(|(value, map)| matches!(value, Value::Object(ObjType::Map)).then_some(map));
            maps.extend(found.map(|map| (id, map)));
        }
        maps
    }

    fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        for (id, map) in self.maps(Collection::Items) {
            let path = |f: &str| format!("items/{id}/{f}");
            items.push(Item {
                id,
                at: self.field(&map, "at", &path("at"), json).0.into_iter().next().map(|w| w.value),
                by: self.field(&map, "by", &path("by"), parsed::<UserId>).0.into_iter().next().map(|w| w.value),
                category: self.field(&map, "category", &path("category"), parsed::<Category>),
                asset: self.field(&map, "asset", &path("asset"), parsed::<AssetId>),
                asset_name: self.field(&map, "asset_name", &path("asset_name"), parsed::<String>),
                symptom: self.field(&map, "symptom", &path("symptom"), parsed::<String>),
                action: self.field(&map, "action", &path("action"), parsed::<String>),
                outcome: self.field(&map, "outcome", &path("outcome"), parsed::<String>),
                removed: self.field(&map, "removed", &path("removed"), parsed::<String>),
            });
        }
        items
    }

    fn expenses(&mut self) -> Vec<Expense> {
        let mut expenses = Vec::new();
        for (id, map) in self.maps(Collection::Expenses) {
            let path = |f: &str| format!("expenses/{id}/{f}");
            expenses.push(Expense {
                id,
                at: self.field(&map, "at", &path("at"), json).0.into_iter().next().map(|w| w.value),
                by: self.field(&map, "by", &path("by"), parsed::<UserId>).0.into_iter().next().map(|w| w.value),
                kind: self.field(&map, "kind", &path("kind"), parsed::<ExpenseKind>),
                amount_minor: self.field(&map, "amount_minor", &path("amount_minor"), integer),
                currency: self.field(&map, "currency", &path("currency"), parsed::<String>),
                note: self.field(&map, "note", &path("note"), parsed::<String>),
                removed: self.field(&map, "removed", &path("removed"), parsed::<String>),
            });
        }
        expenses
    }
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
    jiff::Timestamp::from_millisecond(ms).map(|t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
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
