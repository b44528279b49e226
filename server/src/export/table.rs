//! Records as lines of a table: an entry of a list has a line of its own.

use super::{ExportError, Part};
use crate::import::{guarded, has_hundredths};
use crate::reference::fields::{Column, FieldType, columns, hours_to_text};
use serde_json::{Map, Value};
use sync_core::document::facts::Lang;
use sync_core::reference::{RecordKind, ServiceHours};

/// A column of the file.
pub(super) struct Shown {
    pub(super) column: Column,
    /// Whether amounts stand in the currency's unit.
    pub(super) major: bool,
}

impl Shown {
    pub(super) fn heading(&self, lang: Lang) -> String {
        let (en, zh) = match (&self.column.major, self.major) {
            (Some(major), true) => major,
            _ => return if lang == Lang::En { self.column.heading.clone() } else { self.column.zh.clone() },
        };
        if lang == Lang::En { en.clone() } else { zh.clone() }
    }
}

/// The columns that people fill in: no ids, except of a work order's visit.
pub(super) fn layout(kind: RecordKind, major: bool) -> Vec<Shown> {
    let shown = columns(kind).into_iter().filter(|column| column.heading != "id");
    shown.map(|column| Shown { major: major && column.major.is_some(), column }).collect()
}

/// The layout of an export: without what is never exported; with amounts as people write them, where every currency in
/// it has hundredths.
pub(super) fn layout_for(part: &Part) -> Vec<Shown> {
    fn plain(value: &Value) -> bool {
        match value {
            Value::Object(object) => object.iter().all(|(name, value)| match value {
                Value::String(code) if name == "currency" => has_hundredths(code),
                value => plain(value),
            }),
            Value::Array(list) => list.iter().all(plain),
            _ => true,
        }
    }
    let top = |record: &Map<String, Value>| record.get("currency").and_then(Value::as_str).is_none_or(has_hundredths);
    let major = part.records.iter().all(|record| top(record) && record.values().all(plain));
    let mut layout = layout(part.kind, major);
    if part.kind == RecordKind::Person {
        layout.retain(|shown| !matches!(shown.column.heading.as_str(), "password" | "must_change_password"));
    }
    layout
}

/// The lines of one record, cell by cell, not yet guarded.
pub(super) fn lines(record: &Map<String, Value>, layout: &[Shown], lang: Lang) -> Vec<Vec<String>> {
    let mut lists: Vec<&[&'static str]> = Vec::new();
    for shown in layout {
        if let Some(list) = shown.column.list.map(|n| &shown.column.path[..n])
            && !lists.contains(&list)
        {
            lists.push(list);
        }
    }
    let count = lists.iter().filter_map(|list| at(record, list)?.as_array()).map(Vec::len).max();
    let line = |n: usize| {
        let cell = |shown: &Shown| {
            let path = &shown.column.path;
            let value = match shown.column.list {
                None if n == 0 || path == &["code"] => at(record, path),
                None => None,
                Some(split) => {
                    let entry = at(record, &path[..split]).and_then(Value::as_array).and_then(|list| list.get(n));
                    entry.and_then(Value::as_object).and_then(|entry| at(entry, &path[split..]))
                }
            };
            value.map(|value| text(value, shown, lang)).unwrap_or_default()
        };
        layout.iter().map(cell).collect()
    };
    (0..count.unwrap_or(0).max(1)).map(line).collect()
}

fn at<'a>(object: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = object.get(*first)?;
    if rest.is_empty() { Some(value) } else { at(value.as_object()?, rest) }
}

fn text(value: &Value, shown: &Shown, lang: Lang) -> String {
    let word = |code: &str| match shown.column.field.kind {
        FieldType::Word(words) | FieldType::Words(words) if lang == Lang::ZhCn => words.shown(code, lang),
        _ => code.to_owned(),
    };
    match (shown.column.field.kind, value) {
        (FieldType::Hours, value) => {
            serde_json::from_value::<ServiceHours>(value.clone()).map(|hours| hours_to_text(&hours)).unwrap_or_default()
        }
        (FieldType::Bool, Value::Bool(b)) if lang == Lang::ZhCn => if *b { "是" } else { "否" }.to_owned(),
        (_, Value::String(text)) => word(text),
        (_, Value::Array(list)) => list.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join("; "),
        (_, Value::Number(number)) if shown.major => number.as_i64().map(decimal).unwrap_or_default(),
        (_, value) => value.to_string(),
    }
}

/// Hundredths with a decimal point.
fn decimal(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let n = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", n / 100, n % 100)
}

/// Before what a spreadsheet would take for a formula stands an apostrophe.
pub(super) fn cell(text: String, kind: FieldType) -> String {
    // Numbers are numbers: a negative one is no formula.
    let number = matches!(kind, FieldType::Int | FieldType::Count | FieldType::Money);
    if !number && guarded(&text) { format!("'{text}") } else { text }
}

/// As a text table in UTF-8 with a byte order mark, which is how Excel knows it; headings and words in `lang`.
///
/// # Errors
/// When it cannot be put together.
pub fn csv(part: &Part, lang: Lang) -> Result<Vec<u8>, ExportError> {
    let layout = layout_for(part);
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![0xEF, 0xBB, 0xBF]);
    writer.write_record(layout.iter().map(|shown| shown.heading(lang))).map_err(ExportError::failed)?;
    for record in &part.records {
        for line in lines(record, &layout, lang) {
            let cells = line.into_iter().zip(&layout).map(|(text, shown)| cell(text, shown.column.field.kind));
            writer.write_record(cells).map_err(ExportError::failed)?;
        }
    }
    writer.into_inner().map_err(ExportError::failed)
}
