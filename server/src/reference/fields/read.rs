//! Reading a record from JSON, with an error for every field that is wrong, at any depth.

use super::{Field, FieldError, FieldType, date_from_text, fields, hours_from_text};
use serde_json::{Map, Value, json};
use sync_core::reference::{Record, RecordKind, ServiceHours, Window};
use uuid::Uuid;

/// The longest text of any field, in characters.
const LONGEST: usize = 2000;
/// Entries of one list.
const MOST: usize = 5000;

/// Reads a record of `kind`. Fields that the kind does not have are errors: a misspelt one would be lost in silence.
///
/// # Errors
/// One per field that is wrong.
pub fn read(kind: RecordKind, mut object: Map<String, Value>) -> Result<Record, Vec<FieldError>> {
    let mut errors = Vec::new();
    check_object(&mut object, fields(kind), "", &mut errors);
    // What may be left out and is kept as an empty list.
    if kind == RecordKind::Package {
        object.entry("clauses").or_insert_with(|| json!([]));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let value = Value::Object(object);
    let read = match kind {
        RecordKind::Customer => serde_json::from_value(value).map(Record::Customer),
        RecordKind::Contact => serde_json::from_value(value).map(Record::Contact),
        RecordKind::Package => serde_json::from_value(value).map(Record::Package),
        RecordKind::Contract => serde_json::from_value(value).map(Record::Contract),
        RecordKind::Asset => serde_json::from_value(value).map(Record::Asset),
        RecordKind::WorkOrder => serde_json::from_value(value).map(Record::WorkOrder),
        RecordKind::Person => serde_json::from_value(value).map(Record::Person),
        RecordKind::Calendar => serde_json::from_value(value).map(Record::Calendar),
        RecordKind::Grade => serde_json::from_value(value).map(Record::Grade),
        RecordKind::Policy => serde_json::from_value(value).map(Record::Policy),
    };
    let mut record = read.map_err(|e| vec![FieldError::new("", "wrong_form", e.to_string())])?;
    sum_up(&mut record);
    Ok(record)
}

/// The annual fee is the sum of the modules where it is not said.
fn sum_up(record: &mut Record) {
    if let Record::Contract(contract) = record
        && contract.annual_fee_minor.is_none()
        && !contract.modules.is_empty()
    {
        contract.annual_fee_minor =
            contract.modules.iter().try_fold(0_i64, |sum, module| sum.checked_add(module.annual_fee_minor));
    }
}

fn check_object(object: &mut Map<String, Value>, known: &[Field], prefix: &str, errors: &mut Vec<FieldError>) {
    // An absent field may be written as null; an absent text as an empty one.
    object.retain(|name, value| {
        let text_left_out = || known.iter().any(|f| f.name == name && !f.needed) && value.as_str() == Some("");
        !value.is_null() && !text_left_out()
    });
    for name in object.keys().filter(|name| !known.iter().any(|field| field.name == name.as_str())) {
        let names: Vec<_> = known.iter().map(|field| field.name).collect();
        let detail = format!("the fields are {}", names.join(", "));
        errors.push(FieldError::new(&format!("{prefix}{name}"), "unknown_field", detail));
    }
    for field in known {
        let at = format!("{prefix}{}", field.name);
        match object.get_mut(field.name) {
            None if field.needed => errors.push(FieldError::new(&at, "missing", format!("{} is missing", field.name))),
            None => {}
            Some(value) => check(value, field, &at, errors),
        }
    }
}

fn check(value: &mut Value, field: &Field, at: &str, errors: &mut Vec<FieldError>) {
    let wrong = |detail: &str| FieldError::new(at, "wrong_form", detail);
    match field.kind {
        FieldType::Text => match value.as_str() {
            None => errors.push(wrong("no text")),
            Some(text) => match clean(text) {
                Ok(text) => *value = json!(text),
                Err((code, detail)) => errors.push(FieldError::new(at, code, detail)),
            },
        },
        FieldType::Id | FieldType::Ref(_) => {
            if value.as_str().is_none_or(|text| Uuid::parse_str(text).is_err()) {
                errors.push(wrong("no id (a UUID)"));
            }
        }
        FieldType::Refs(_) => {
            let ids = value.as_array();
            if ids.is_none_or(|ids| ids.iter().any(|id| id.as_str().is_none_or(|id| Uuid::parse_str(id).is_err()))) {
                errors.push(wrong("no list of ids"));
            }
        }
        FieldType::Int | FieldType::Money => {
            if value.as_i64().is_none() {
                errors.push(wrong("no whole number"));
            }
        }
        FieldType::Count => {
            if value.as_i64().is_none() {
                errors.push(wrong("no whole number"));
            } else if value.as_u64().is_none_or(|n| u32::try_from(n).is_err()) {
                errors.push(FieldError::new(at, "out_of_range", "neither negative nor above 4294967295"));
            }
        }
        FieldType::Bool => {
            if !value.is_boolean() {
                errors.push(wrong("neither true nor false"));
            }
        }
        FieldType::Date => match value.as_str().and_then(date_from_text) {
            Some(day) => *value = json!(day),
            None => errors.push(FieldError::new(at, "not_a_date", "a day, such as 2026-01-31")),
        },
        FieldType::Window => {
            if let Err(e) = value.as_str().unwrap_or_default().parse::<Window>() {
                errors.push(wrong(&e));
            }
        }
        FieldType::Hours => check_hours(value, at, errors),
        FieldType::Word(words) => {
            let codes = (words.codes)();
            if value.as_str().is_none_or(|word| !codes.contains(&word)) {
                let detail = format!("{value} is none of {}", codes.join(", "));
                errors.push(FieldError::new(at, "unknown_word", detail));
            }
        }
        FieldType::Words(words) => {
            let codes = (words.codes)();
            let known = |word: &Value| word.as_str().is_some_and(|word| codes.contains(&word));
            if value.as_array().is_none_or(|list| !list.iter().all(known)) {
                errors.push(FieldError::new(at, "unknown_word", format!("a list of some of {}", codes.join(", "))));
            }
        }
        FieldType::Group(parts, _) => match value.as_object_mut() {
            Some(object) => check_object(object, parts, &format!("{at}."), errors),
            None => errors.push(wrong("no object")),
        },
        FieldType::List(parts, _) => match value.as_array_mut() {
            Some(list) if list.len() > MOST => {
                errors.push(FieldError::new(at, "too_many", format!("at most {MOST} entries")));
            }
            Some(list) => {
                for (i, entry) in list.iter_mut().enumerate() {
                    match entry.as_object_mut() {
                        Some(object) => check_object(object, parts, &format!("{at}.{i}."), errors),
                        None => errors.push(FieldError::new(&format!("{at}.{i}"), "wrong_form", "no object")),
                    }
                }
            }
            None => errors.push(wrong("no list")),
        },
    }
}

/// As JSON or as text; as JSON afterwards.
fn check_hours(value: &mut Value, at: &str, errors: &mut Vec<FieldError>) {
    let hours = match value.as_str() {
        Some(text) => hours_from_text(text),
        None => serde_json::from_value::<ServiceHours>(value.take()).map_err(|e| e.to_string()),
    };
    match hours {
        Ok(hours) => {
            for (name, windows) in
                [("workdays", &hours.workdays), ("rest_days", &hours.rest_days), ("holidays", &hours.holidays)]
            {
                if windows.windows(2).any(|pair| pair[1].from() < pair[0].until()) {
                    let detail = format!("the windows of {name} are sorted and do not overlap");
                    errors.push(FieldError::new(&format!("{at}.{name}"), "overlapping_windows", detail));
                }
            }
            *value = json!(hours);
        }
        Err(e) => errors.push(FieldError::new(at, "bad_hours", e)),
    }
}

/// One kind of line end; no characters that no person types.
fn clean(text: &str) -> Result<String, (&'static str, String)> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.chars().count() > LONGEST {
        return Err(("too_long", format!("at most {LONGEST} characters")));
    }
    if text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        return Err(("bad_text", "control characters".into()));
    }
    Ok(text)
}
