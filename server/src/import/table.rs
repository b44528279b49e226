//! Rows from a table, whatever file it stands in.
//!
//! Entries of a list (a package's clauses, a grade's rates) stand in rows of their own, one after the other: a row with
//! the code of the row before, or with none, adds its entries to the same record.

use super::cell::{Cell, Misfit, hundredths, value};
use super::row::{Head, Row};
use super::{MOST_ERRORS, MOST_ROWS, RowError, about_file, name_of};
use crate::reference::fields::{Column, FieldType, called, columns, whole};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use sync_core::reference::RecordKind;

/// The heading of the column that tells what was wrong: passed over when the file comes again.
pub(super) const ERRORS: [&str; 2] = ["import_errors", "导入错误"];

/// One line of a table.
pub(super) struct Line {
    pub(super) line: usize,
    pub(super) cells: Vec<Cell>,
}

/// A table on its way in.
pub(super) struct Sheet<'a> {
    /// Its name, where a file has several.
    pub(super) name: Option<String>,
    pub(super) header: Vec<String>,
    pub(super) header_line: usize,
    pub(super) lines: Box<dyn Iterator<Item = Result<Line, RowError>> + 'a>,
    /// Whether a line may be shorter or longer than the header where only empty cells are missing or too many.
    pub(super) flexible: bool,
}

/// What a column means here.
enum Meaning {
    /// A field; `major` when its amounts are in the currency's unit.
    Field {
        column: Column,
        major: bool,
    },
    /// A whole list or object as JSON.
    Whole(&'static str, FieldType),
    Passed,
}

/// What was read, and what could not be.
pub(super) type Read = (Vec<Row>, Vec<RowError>);

/// Reads the rows of a table of `kind`.
///
/// # Errors
/// When the heading is wrong, or there are too many rows: then nothing more can be told.
pub(super) fn read(kind: RecordKind, sheet: Sheet<'_>) -> Result<Read, Vec<RowError>> {
    let (meanings, head) = meanings(kind, &sheet)?;
    let head = Arc::new(head);
    let (mut rows, mut errors): Read = Default::default();
    let mut count = 0;
    for line in sheet.lines {
        let Line { line, mut cells } = match line {
            Ok(line) => line,
            Err(e) => {
                errors.push(e);
                if errors.len() > MOST_ERRORS {
                    break;
                }
                continue;
            }
        };
        if cells.iter().all(|cell| *cell == Cell::Empty) {
            continue;
        }
        count += 1;
        if count > MOST_ROWS {
            return Err(vec![about_file("too_many_rows", format!("more than {MOST_ROWS} rows; import it in parts"))]);
        }
        if errors.len() > MOST_ERRORS {
            break;
        }
        let mut row = Row {
            kind,
            place: head.place(line),
            line: Some(line),
            head: Some(head.clone()),
            cells: Map::new(),
            entries: HashMap::new(),
            misfits: Vec::new(),
            major: None,
        };
        if sheet.flexible {
            while cells.len() > meanings.len() && cells.last() == Some(&Cell::Empty) {
                cells.pop();
            }
            cells.resize(cells.len().max(meanings.len()), Cell::Empty);
        }
        if cells.len() != meanings.len() {
            let detail = format!("{} cells under {} headings", cells.len(), meanings.len());
            errors.push(row.error("", "wrong_width", detail));
            continue;
        }
        let before = errors.len();
        let lists = fill(&mut row, &meanings, &cells, &mut errors);
        take_in(&mut rows, row, line, lists, &mut errors, before);
    }
    for row in &rows {
        errors.extend(wrong_unit(row));
    }
    Ok((rows, errors))
}

/// Puts the cells of one line into the row, and those of its lists' entries into objects of their own.
fn fill(
    row: &mut Row,
    meanings: &[Meaning],
    cells: &[Cell],
    errors: &mut Vec<RowError>,
) -> Vec<(Vec<&'static str>, Value)> {
    let mut lists: Vec<(Vec<&'static str>, Value)> = Vec::new();
    for (cell, meaning) in cells.iter().zip(meanings).filter(|(cell, _)| **cell != Cell::Empty) {
        let (path, list, read): (Vec<&str>, _, Result<Value, Misfit>) = match meaning {
            Meaning::Passed => continue,
            Meaning::Whole(name, kind) => (vec![*name], None, value(*kind, cell)),
            Meaning::Field { column, major } => {
                if *major {
                    row.major.get_or_insert_with(|| column.name());
                }
                let read = if *major { hundredths(cell).map(Value::from) } else { value(column.field.kind, cell) };
                (column.path.clone(), column.list, read)
            }
        };
        let value = match read {
            Ok(value) => value,
            Err((code, detail)) => {
                errors.push(row.error(&path.join("."), code, detail));
                row.misfits.push(path.join("."));
                continue;
            }
        };
        let old = match list {
            None => set(&mut row.cells, &path, value),
            Some(n) => {
                let (to, rest) = path.split_at(n);
                let at = lists.iter().position(|(list, _)| list == to).unwrap_or_else(|| {
                    lists.push((to.to_vec(), json!({})));
                    lists.len() - 1
                });
                lists.get_mut(at).and_then(|(_, entry)| entry.as_object_mut()).and_then(|entry| set(entry, rest, value))
            }
        };
        if old.is_some() {
            let detail = "the amount stands there in both units, and they differ";
            errors.push(row.error(&path.join("."), "contradiction", detail));
        }
    }
    lists
}

/// Sets the value at `path`; returns what stood there, if it was something else.
fn set(object: &mut Map<String, Value>, path: &[&str], value: Value) -> Option<Value> {
    match path {
        [] => None,
        [last] => {
            let new = value.clone();
            object.insert((*last).to_owned(), value).filter(|old| *old != new)
        }
        [first, rest @ ..] => {
            let inner = object.entry(*first).or_insert_with(|| json!({}));
            inner.as_object_mut().and_then(|inner| set(inner, rest, value))
        }
    }
}

/// Entries join the record of the row before, when that has the same code.
fn take_in(
    rows: &mut Vec<Row>,
    mut row: Row,
    line: usize,
    lists: Vec<(Vec<&'static str>, Value)>,
    errors: &mut Vec<RowError>,
    told: usize,
) {
    let code = if row.kind == RecordKind::Person { "login" } else { "code" };
    let joins = |last: &Row| row.cells.is_empty() || last.cells.get(code) == row.cells.get(code);
    // A line whose only content could not be read is told already.
    let nothing = lists.is_empty() && row.cells.is_empty() && errors.len() > told;
    let target = match rows.last_mut().filter(|last| !lists.is_empty() && last.kind == row.kind && joins(last)) {
        Some(last) => {
            let contradiction = row.cells.iter().find(|(name, value)| last.cells.get(*name) != Some(value));
            if let Some((name, _)) = contradiction {
                errors.push(row.error(name, "contradiction", format!("another value than in {}", last.place)));
            }
            last.misfits.append(&mut row.misfits);
            if last.major.is_none() {
                last.major = row.major.take();
            }
            last
        }
        None if nothing => return,
        None => {
            rows.push(row);
            match rows.last_mut() {
                Some(row) => row,
                None => return,
            }
        }
    };
    for (path, entry) in lists {
        if append(&mut target.cells, &path, entry) {
            target.entries.entry(path.join(".")).or_default().push(line);
        }
    }
}

/// Adds an entry to the list at `path`; false where something else stands there.
fn append(object: &mut Map<String, Value>, path: &[&str], entry: Value) -> bool {
    match path {
        [] => false,
        [last] => match object.entry(*last).or_insert_with(|| json!([])) {
            Value::Array(list) => {
                list.push(entry);
                true
            }
            _ => false,
        },
        [first, rest @ ..] => {
            let inner = object.entry(*first).or_insert_with(|| json!({}));
            inner.as_object_mut().is_some_and(|inner| append(inner, rest, entry))
        }
    }
}

/// Amounts with two decimals are only right where the currency has hundredths.
fn wrong_unit(row: &Row) -> Option<RowError> {
    fn odd(value: &Value) -> Option<&str> {
        match value {
            Value::Object(object) => object.iter().find_map(|(name, value)| match value {
                Value::String(code) if name == "currency" && !has_hundredths(code) => Some(code.as_str()),
                value => odd(value),
            }),
            Value::Array(list) => list.iter().find_map(odd),
            _ => None,
        }
    }
    let field = row.major.as_ref()?;
    let code = row.cells.iter().find_map(|(name, value)| match value {
        Value::String(code) if name == "currency" && !has_hundredths(code) => Some(code.as_str()),
        value => odd(value),
    })?;
    let detail = format!("{code} has no hundredths: write the amount in minor units, in a column ending in _minor");
    Some(row.error(field, "use_minor", detail))
}

/// ISO 4217: the currencies whose minor unit is not the hundredth.
pub(crate) fn has_hundredths(currency: &str) -> bool {
    const OTHERS: [&str; 26] = [
        "BHD", "BIF", "CLF", "CLP", "DJF", "GNF", "IQD", "ISK", "JOD", "JPY", "KMF", "KRW", "KWD", "LYD", "OMR", "PYG",
        "RWF", "TND", "UGX", "UYI", "UYW", "VND", "VUV", "XAF", "XOF", "XPF",
    ];
    !OTHERS.contains(&currency)
}

fn meanings(kind: RecordKind, sheet: &Sheet<'_>) -> Result<(Vec<Meaning>, Head), Vec<RowError>> {
    let known = columns(kind);
    let mut head = Head { sheet: sheet.name.clone(), columns: Vec::new() };
    let (mut errors, mut found, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    if sheet.header.iter().all(|heading| heading.trim().is_empty()) {
        return Err(vec![about_file("empty", "no heading")]);
    }
    for (i, heading) in sheet.header.iter().enumerate() {
        let at = |code, detail: String| RowError {
            place: head.place(sheet.header_line),
            line: Some(sheet.header_line),
            column: Some(i + 1),
            field: heading.trim().to_owned(),
            code,
            detail,
        };
        let (path, meaning) = if let Some((column, major)) = called(&known, heading) {
            (column.name(), Meaning::Field { column: column.clone(), major })
        } else if let Some(field) = whole(kind, heading) {
            (field.name.to_owned(), Meaning::Whole(field.name, field.kind))
        } else if ERRORS.contains(&heading.trim()) || (sheet.flexible && heading.trim().is_empty()) {
            (String::new(), Meaning::Passed)
        } else {
            let names: Vec<_> = known.iter().map(|column| column.heading.as_str()).collect();
            errors.push(at("unknown_column", format!("the columns of {} are {}", name_of(kind), names.join(", "))));
            continue;
        };
        let major = matches!(meaning, Meaning::Field { major: true, .. });
        if !path.is_empty() && !seen.insert((path.clone(), major)) {
            errors.push(at("duplicate_column", "this column stands there twice".into()));
        }
        if !path.is_empty() {
            head.columns.push((path, i + 1));
        }
        found.push(meaning);
    }
    if errors.is_empty() { Ok((found, head)) } else { Err(errors) }
}
