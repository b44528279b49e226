//! Rows from a CSV table: UTF-8 with or without a byte order mark, UTF-16 with one, or GB18030 (what Excel writes in
//! China).

use super::{Row, RowError, about_file};
use crate::reference::fields::{CLAUSE, Field, FieldType, fields};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use sync_core::reference::RecordKind;

/// In a table of packages, a clause's fields stand in columns of this prefix; a package has as many rows as clauses.
const CLAUSE_PREFIX: &str = "clause_";

/// What a column means.
#[derive(Clone, Copy)]
enum Column {
    Own(Field),
    OfClause(Field),
}

/// Reads the rows of a table of `kind`.
pub(super) fn read(kind: RecordKind, bytes: &[u8]) -> Result<Vec<Row>, Vec<RowError>> {
    let text = decode(bytes).map_err(|e| vec![e])?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| vec![unreadable(&e)])?.clone();
    let columns = columns(kind, &header)?;
    let (mut rows, mut errors): (Vec<Row>, Vec<RowError>) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                errors.push(unreadable(&e));
                continue;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row {
            kind,
            place: format!("line {line}"),
            columns: header.iter().enumerate().map(|(i, name)| (own_name(name), i + 1)).collect(),
            cells: Map::new(),
        };
        if record.len() != header.len() {
            let detail = format!("{} cells under {} headings", record.len(), header.len());
            errors.push(row.error("", "wrong_width", detail));
            continue;
        }
        let mut clause = Map::new();
        for ((cell, column), name) in record.iter().zip(&columns).zip(header.iter()) {
            if cell.is_empty() {
                continue;
            }
            let (field, target) = match column {
                Column::Own(field) => (field, &mut row.cells),
                Column::OfClause(field) => (field, &mut clause),
            };
            match typed(field.kind, cell) {
                Ok(value) => {
                    target.insert(field.name.to_owned(), value);
                }
                Err((code, detail)) => errors.push(row.error(&own_name(name), code, detail)),
            }
        }
        take_in(&mut rows, row, clause, &mut errors);
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// A clause joins the package of the row before, when that has the same code.
fn take_in(rows: &mut Vec<Row>, mut row: Row, clause: Map<String, Value>, errors: &mut Vec<RowError>) {
    if row.kind != RecordKind::Package || clause.is_empty() {
        rows.push(row);
        return;
    }
    if let Some(last) = rows.last_mut()
        && last.cells.get("code") == row.cells.get("code")
    {
        let contradiction = row.cells.iter().find(|(name, value)| last.cells.get(*name) != Some(value));
        if let Some((name, _)) = contradiction {
            errors.push(row.error(name, "contradiction", format!("another value than in {}", last.place)));
        }
        if let Some(Value::Array(clauses)) = last.cells.get_mut("clauses") {
            clauses.push(Value::Object(clause));
            return;
        }
    }
    row.cells.insert("clauses".into(), json!([clause]));
    rows.push(row);
}

fn own_name(heading: &str) -> String {
    heading.trim().to_ascii_lowercase()
}

fn columns(kind: RecordKind, header: &csv::StringRecord) -> Result<Vec<Column>, Vec<RowError>> {
    let find = |list: &'static [Field], name: &str| list.iter().find(|field| field.name == name).copied();
    let mut errors = Vec::new();
    let mut columns = Vec::new();
    for (i, heading) in header.iter().enumerate() {
        let name = own_name(heading);
        let own = find(fields(kind), &name).map(Column::Own);
        let clause = name.strip_prefix(CLAUSE_PREFIX).filter(|_| kind == RecordKind::Package);
        let column = own.or_else(|| clause.and_then(|name| find(CLAUSE, name)).map(Column::OfClause));
        let at = |code, detail: String| RowError {
            place: "line 1".into(),
            column: Some(i + 1),
            field: heading.to_owned(),
            code,
            detail,
        };
        if header.iter().take(i).any(|other| own_name(other) == name) {
            errors.push(at("duplicate_column", "this column stands there twice".into()));
        }
        match column {
            Some(column) => columns.push(column),
            None => {
                let names: Vec<_> = fields(kind).iter().map(|field| field.name).collect();
                errors.push(at("unknown_column", format!("the columns are {}", names.join(", "))));
            }
        }
    }
    if header.is_empty() || header.iter().all(str::is_empty) {
        errors.push(about_file("empty", "no heading"));
    }
    if errors.is_empty() { Ok(columns) } else { Err(errors) }
}

fn typed(kind: FieldType, cell: &str) -> Result<Value, (&'static str, String)> {
    Ok(match kind {
        FieldType::Text | FieldType::Ref(_) => json!(cell),
        FieldType::Int => {
            json!(cell.parse::<i64>().map_err(|_| ("not_a_number", format!("no whole number: {cell}")))?)
        }
        FieldType::Bool => match cell.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" | "是" => json!(true),
            "false" | "no" | "n" | "0" | "否" => json!(false),
            _ => return Err(("not_a_bool", format!("neither yes nor no: {cell}"))),
        },
        FieldType::Refs(_) | FieldType::Words => {
            let parts = cell.split([';', '；', '、']).map(str::trim).filter(|part| !part.is_empty());
            json!(parts.collect::<Vec<_>>())
        }
        FieldType::Clauses => serde_json::from_str(cell).map_err(|e| ("bad_json", e.to_string()))?,
    })
}

fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, RowError> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if bad { Err(bad_encoding()) } else { Ok(text) };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => {
            let (text, bad) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
            if bad { Err(bad_encoding()) } else { Ok(text) }
        }
    }
}

fn bad_encoding() -> RowError {
    about_file("bad_encoding", "neither UTF-8 nor GB18030")
}

fn unreadable(e: &csv::Error) -> RowError {
    let place = e.position().map_or_else(|| "the file".to_owned(), |p| format!("line {}", p.line()));
    RowError { place, column: None, field: String::new(), code: "bad_csv", detail: e.to_string() }
}
