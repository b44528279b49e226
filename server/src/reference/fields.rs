//! The fields of each kind of record, and reading a record from JSON with an error per field.

use serde_json::{Map, Value};
use sync_core::reference::{Record, RecordKind};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, or empty when it is about the record.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: &str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code, detail: detail.into() }
    }
}

/// The type of a field, as far as a cell of a table must be turned into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// As it is.
    Text,
    /// A whole number.
    Int,
    /// true/false, yes/no, 1/0, 是/否.
    Bool,
    /// The code (or id) of a record of this kind.
    Ref(RecordKind),
    /// Several codes, separated by semicolons.
    Refs(RecordKind),
    /// Several words, separated by semicolons.
    Words,
    /// Clauses: JSON, or rows of their own.
    Clauses,
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON and in a table's header.
    pub name: &'static str,
    /// Its type.
    pub kind: FieldType,
}

const fn field(name: &'static str, kind: FieldType) -> Field {
    Field { name, kind }
}

use FieldType::{Bool, Clauses, Int, Ref, Refs, Text, Words};

const CUSTOMER: &[Field] = &[
    field("id", Text),
    field("code", Text),
    field("name", Text),
    field("name_en", Text),
    field("tier", Text),
    field("time_zone", Text),
    field("service_manager", Ref(RecordKind::Person)),
    field("account_manager", Ref(RecordKind::Person)),
];
const CONTACT: &[Field] = &[
    field("id", Text),
    field("code", Text),
    field("customer", Ref(RecordKind::Customer)),
    field("name", Text),
    field("position", Text),
    field("phone", Text),
    field("email", Text),
    field("language", Text),
    field("receives_receipts", Bool),
    field("single_interface", Bool),
];
const PACKAGE: &[Field] =
    &[field("id", Text), field("code", Text), field("name", Text), field("name_en", Text), field("clauses", Clauses)];
const CONTRACT: &[Field] = &[
    field("id", Text),
    field("code", Text),
    field("customer", Ref(RecordKind::Customer)),
    field("kind", Text),
    field("status", Text),
    field("package", Ref(RecordKind::Package)),
    field("extras", Clauses),
    field("first_day", Text),
    field("last_day", Text),
    field("annual_fee_minor", Int),
    field("currency", Text),
];
const ASSET: &[Field] = &[
    field("id", Text),
    field("code", Text),
    field("customer", Ref(RecordKind::Customer)),
    field("name", Text),
    field("category", Text),
];
const WORK_ORDER: &[Field] = &[
    field("id", Text),
    field("code", Text),
    field("customer", Ref(RecordKind::Customer)),
    field("visit", Text),
    field("issued_by", Ref(RecordKind::Person)),
    field("issued_at_ms", Int),
    field("engineers", Refs(RecordKind::Person)),
    field("task", Text),
    field("retroactive", Text),
];
/// Users are imported with their private half; `code` is their login.
const USER: &[Field] = &[
    field("login", Text),
    field("name", Text),
    field("email", Text),
    field("language", Text),
    field("roles", Words),
    field("password", Text),
    field("must_change_password", Bool),
    field("disabled", Bool),
];
/// One clause, in a package's rows or in JSON.
pub const CLAUSE: &[Field] = &[
    field("code", Text),
    field("effect", Text),
    field("category", Text),
    field("mode", Text),
    field("text", Text),
    field("text_en", Text),
];

/// The fields of `kind`; a person's are those of a user.
pub fn fields(kind: RecordKind) -> &'static [Field] {
    match kind {
        RecordKind::Customer => CUSTOMER,
        RecordKind::Contact => CONTACT,
        RecordKind::Package => PACKAGE,
        RecordKind::Contract => CONTRACT,
        RecordKind::Asset => ASSET,
        RecordKind::WorkOrder => WORK_ORDER,
        RecordKind::Person => USER,
        RecordKind::Calendar | RecordKind::Grade | RecordKind::Policy => &[],
    }
}

/// Reads a record of `kind`. Fields that the kind does not have are errors: a misspelt one would be lost in silence.
///
/// # Errors
/// One per field that is wrong, as far as they can be told at once.
pub fn read(kind: RecordKind, mut object: Map<String, Value>) -> Result<Record, Vec<FieldError>> {
    let mut errors = unknown(&object, fields(kind), "");
    for list in ["clauses", "extras"] {
        for (i, clause) in object.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let prefix = format!("{list}.{i}.");
            errors.extend(clause.as_object().into_iter().flat_map(|clause| unknown(clause, CLAUSE, &prefix)));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    // An absent field may be written as null or as nothing.
    object.retain(|_, value| !value.is_null());
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
    read.map_err(|e| vec![wrong_form(kind, &e.to_string())])
}

fn unknown(object: &Map<String, Value>, known: &[Field], prefix: &str) -> Vec<FieldError> {
    object
        .keys()
        .filter(|name| !known.iter().any(|field| field.name == name.as_str()))
        .map(|name| {
            let names: Vec<_> = known.iter().map(|field| field.name).collect();
            FieldError::new(&format!("{prefix}{name}"), "unknown_field", format!("the fields are {}", names.join(", ")))
        })
        .collect()
}

/// serde names the field in back quotes where it can.
fn wrong_form(kind: RecordKind, message: &str) -> FieldError {
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let field = fields(kind).iter().find(|field| field.name == quoted).map_or("", |field| field.name);
    let code = if message.starts_with("missing field") { "missing" } else { "wrong_form" };
    FieldError::new(field, code, message)
}
