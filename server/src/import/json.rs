//! Rows from JSON: an array of records, or an object with an array per kind.

use super::{KINDS, MOST_ROWS, Row, RowError, about_file, kind_called};
use serde_json::Value;
use sync_core::reference::RecordKind;

/// Reads the rows; those of an object in the order in which kinds refer to each other.
pub(super) fn read(kind: Option<RecordKind>, bytes: &[u8]) -> Result<Vec<Row>, Vec<RowError>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|e| vec![about_file("bad_json", e.to_string())])?;
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    match (value, kind) {
        (Value::Array(records), Some(kind)) => take_in(kind, records, &mut rows, &mut errors),
        (Value::Array(_), None) => errors.push(about_file("no_kind", "an array of what? say the kind")),
        (Value::Object(mut parts), _) => {
            for name in parts.keys().filter(|name| kind_called(name).is_none()) {
                let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
                errors.push(about_file("unknown_field", format!("{name}: the kinds are {}", names.join(", "))));
            }
            for (name, kind) in KINDS {
                let part = parts.remove(*name).or_else(|| parts.remove(&name.replace('-', "_")));
                match part {
                    None => {}
                    Some(Value::Array(records)) => take_in(*kind, records, &mut rows, &mut errors),
                    Some(_) => errors.push(about_file("wrong_form", format!("{name} is no array"))),
                }
            }
        }
        _ => errors.push(about_file("wrong_form", "an array of records, or an object with an array per kind")),
    }
    if rows.len() > MOST_ROWS {
        errors.push(about_file("too_many_rows", format!("{} records; at most {MOST_ROWS} in one file", rows.len())));
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

fn take_in(kind: RecordKind, records: Vec<Value>, rows: &mut Vec<Row>, errors: &mut Vec<RowError>) {
    let name = KINDS.iter().find(|(_, k)| *k == kind).map_or("", |(name, _)| *name);
    for (i, record) in records.into_iter().enumerate() {
        let place = format!("{name}, record {}", i + 1);
        match record {
            Value::Object(cells) => rows.push(Row::of_json(kind, place, cells)),
            _ => errors.push(RowError {
                place,
                line: None,
                column: None,
                field: String::new(),
                code: "wrong_form",
                detail: "a record is an object".into(),
            }),
        }
    }
}
