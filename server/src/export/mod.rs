//! Export of reference data and users, in the forms that the import reads: what is exported and imported again is the
//! same state.
//!
//! Records are known by their codes, as in the import: ids are not exported, because they mean nothing elsewhere. (The
//! visit of a work order is: phones begin the visit by it.) Passwords are never exported.

#[cfg(test)]
mod docs;
mod sheet;
mod table;
mod template;

pub use table::csv;
pub use template::{template_csv, template_xlsx};

use crate::import::KINDS;
use crate::reference::fields::{Field, FieldType, fields};
use crate::store::{StoreError, Tx, reference as rows, users};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use sync_core::document::facts::Lang;
use sync_core::reference::{Record, RecordKind};
use uuid::Uuid;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be put together.
    #[error("the file could not be made: {0}")]
    Failed(String),
}

impl ExportError {
    fn failed(e: impl std::fmt::Display) -> Self {
        Self::Failed(e.to_string())
    }
}

/// The records of one kind in the form that the import reads: codes instead of ids, nothing that says nothing.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which kind.
    pub kind: RecordKind,
    /// The records in the order of codes.
    pub records: Vec<Map<String, Value>>,
}

/// Reads everything of `kinds`, or of every kind.
///
/// # Errors
/// When the database does not answer.
pub async fn read(tx: &mut Tx, only: Option<RecordKind>) -> Result<Vec<Part>, ExportError> {
    let mut codes = Codes::default();
    let mut parts = Vec::new();
    for (_, kind) in KINDS {
        let found: Vec<Record> = rows::all_of(tx, *kind).await?.into_iter().map(|row| row.body.0).collect();
        codes.0.extend(found.iter().map(|r| ((r.kind(), r.id()), r.code().to_owned())));
        if only.is_some_and(|only| only != *kind) {
            continue;
        }
        parts.push((*kind, found));
    }
    let mut done = Vec::new();
    for (kind, found) in parts {
        let mut records: Vec<Map<String, Value>> = match kind {
            RecordKind::Person => everybody(tx).await?.iter().map(user).collect(),
            _ => found.iter().map(|record| codes.said(record)).collect(),
        };
        // The databases sort texts in different ways.
        let code = if kind == RecordKind::Person { "login" } else { "code" };
        records.sort_by(|a, b| a.get(code).and_then(Value::as_str).cmp(&b.get(code).and_then(Value::as_str)));
        done.push(Part { kind, records });
    }
    Ok(done)
}

async fn everybody(tx: &mut Tx) -> Result<Vec<users::UserRow>, StoreError> {
    const PAGE: i64 = 1000;
    let mut all: Vec<users::UserRow> = Vec::new();
    loop {
        let page = users::list(tx, all.last().map_or(Uuid::nil(), |last| last.id), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn user(row: &users::UserRow) -> Map<String, Value> {
    let mut said = Map::new();
    said.insert("login".into(), json!(row.login));
    said.insert("name".into(), json!(row.name));
    said.insert("language".into(), json!(row.language));
    said.insert("roles".into(), json!(row.roles.0));
    said.extend(row.email.as_ref().map(|email| ("email".to_owned(), json!(email))));
    if row.disabled_ms.is_some() {
        said.insert("disabled".into(), json!(true));
    }
    said
}

#[derive(Default)]
struct Codes(HashMap<(RecordKind, Uuid), String>);

impl Codes {
    fn said(&self, record: &Record) -> Map<String, Value> {
        // Plain data with text keys always has a JSON form.
        let Ok(Value::Object(mut said)) = serde_json::to_value(record) else { return Map::new() };
        // The tag of the record's kind and its id.
        said.remove("record");
        said.remove("id");
        self.named(&mut said, fields(record.kind()));
        said
    }

    fn named(&self, said: &mut Map<String, Value>, known: &[Field]) {
        let empty = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            _ => false,
        };
        said.retain(|name, value| !empty(value) || known.iter().any(|f| f.name == name && f.needed));
        for field in known {
            let Some(value) = said.get_mut(field.name) else { continue };
            match (field.kind, value) {
                (FieldType::Ref(kind), value) => *value = self.code(kind, value),
                (FieldType::Refs(kind), Value::Array(list)) => {
                    list.iter_mut().for_each(|value| *value = self.code(kind, value));
                }
                (FieldType::Group(parts, _), Value::Object(inner)) => self.named(inner, parts),
                (FieldType::List(parts, _), Value::Array(list)) => {
                    list.iter_mut().filter_map(Value::as_object_mut).for_each(|inner| self.named(inner, parts));
                }
                _ => {}
            }
        }
    }

    fn code(&self, kind: RecordKind, id: &Value) -> Value {
        let known = id.as_str().and_then(|id| Uuid::parse_str(id).ok()).and_then(|id| self.0.get(&(kind, id)));
        known.map_or_else(|| id.clone(), |code| json!(code))
    }
}

/// As JSON: an array of one kind, or an object with an array per kind.
pub fn json(parts: &[Part], one: bool) -> String {
    let value = match parts {
        [part] if one => json!(part.records),
        parts => {
            let named = |part: &Part| (crate::import::name_of(part.kind).to_owned(), json!(part.records));
            Value::Object(parts.iter().filter(|part| !part.records.is_empty()).map(named).collect())
        }
    };
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// As a workbook with a sheet per kind, headings and words in `lang`.
///
/// # Errors
/// When it does not fit into a workbook.
pub fn xlsx(parts: &[Part], lang: Lang) -> Result<Vec<u8>, ExportError> {
    sheet::workbook(parts, lang)
}
