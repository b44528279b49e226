//! Set-based writes: one statement per table and batch, whatever the number of rows.
//!
//! Statement by statement the driver costs more than merging the visit that is being stored (measured; see
//! docs/ARCHITECTURE.md). So the rows travel as one JSON array of arrays in one bind, and the database unpacks it.
//! Bytes and long texts travel beside it, all in one blob in a second bind; their places in it stand in the JSON. As
//! hexadecimal or escaped text inside it they would be written, copied and parsed several times over.

use super::{Sql, StoreError, Tx};
use crate::db_execute;
use std::fmt::Write as _;
use std::sync::OnceLock;
use uuid::Uuid;

/// Each row parsed once. Straight from `json_each`, SQLite writes the row out anew for every column that is read of it; the
/// limit keeps it from merging the two queries into that again.
const SQLITE_ROWS: &str = "(SELECT jsonb(value) AS value FROM json_each($1) LIMIT -1) AS row";

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A UUID.
    Uuid,
    /// Bytes.
    Bytes,
    /// A 64-bit integer.
    Int,
    /// A text. PostgreSQL cannot store U+0000: the admission gate refuses it long before.
    Text,
    /// A text that may be long: it travels beside the JSON. In all else as [`Kind::Text`].
    LongText,
    /// A JSON document.
    Json,
    /// A JSON document that may be long: it travels beside the others. In all else as [`Kind::Json`], but a JSON null stays
    /// one.
    LongJson,
    /// True or false.
    Bool,
}

/// A statement that inserts any number of rows. Declare it as a `static`: its text is made once.
#[derive(Debug)]
pub struct Bulk {
    table: &'static str,
    columns: &'static [(&'static str, Kind)],
    tail: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Bulk {
    /// Inserts into `table`; `tail` is what follows, such as `ON CONFLICT (id) DO UPDATE SET …`, or nothing.
    pub const fn new(table: &'static str, columns: &'static [(&'static str, Kind)], tail: &'static str) -> Self {
        Self { table, columns, tail, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// Writes `rows`; returns how many were inserted or updated. No rows, no statement.
    ///
    /// # Errors
    /// When the rows do not have the statement's width, or the database refuses one of them (then none is written).
    pub async fn run(&'static self, tx: &mut Tx, rows: &Rows) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        if rows.width != self.columns.len() {
            return Err(StoreError::BulkWidth { table: self.table, want: self.columns.len(), got: rows.width });
        }
        let sql = Sql {
            sqlite: self.sqlite.get_or_init(|| self.statement(sqlite_value, SQLITE_ROWS)),
            postgres: self
                .postgres
                .get_or_init(|| self.statement(postgres_value, "jsonb_array_elements($1::jsonb) AS row(value)")),
        };
        if self.columns.iter().any(|(_, kind)| kind.is_beside()) {
            db_execute!(tx, sql, rows.to_json(), rows.beside.as_slice())
        } else {
            db_execute!(tx, sql, rows.to_json())
        }
    }

    fn statement(&self, value: fn(usize, Kind) -> String, source: &str) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = self.columns.iter().enumerate().map(|(i, (_, kind))| value(i, *kind)).collect();
        // WHERE true: SQLite would otherwise read ON CONFLICT as the ON of a join.
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {source} WHERE true {}",
            self.table,
            names.join(", "),
            values.join(", "),
            self.tail
        )
    }
}

fn sqlite_value(i: usize, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("unhex(row.value->>{i}, '-')"),
        Kind::Bytes => format!("substr($2, row.value->>'$[{i}][0]', row.value->>'$[{i}][1]')"),
        Kind::LongText | Kind::LongJson => {
            format!("CAST(substr($2, row.value->>'$[{i}][0]', row.value->>'$[{i}][1]') AS TEXT)")
        }
        Kind::Int | Kind::Text | Kind::Bool => format!("row.value->>{i}"),
        Kind::Json => format!("NULLIF(row.value->{i}, 'null')"),
    }
}

impl Kind {
    /// Whether its values travel beside the JSON.
    fn is_beside(self) -> bool {
        matches!(self, Self::Bytes | Self::LongText | Self::LongJson)
    }
}

fn postgres_value(i: usize, kind: Kind) -> String {
    match kind {
        Kind::Uuid => format!("(row.value->>{i})::uuid"),
        Kind::Bytes => beside(i),
        Kind::LongText => format!("convert_from({}, 'UTF8')", beside(i)),
        Kind::LongJson => format!("convert_from({}, 'UTF8')::jsonb", beside(i)),
        Kind::Int => format!("(row.value->>{i})::bigint"),
        Kind::Text => format!("row.value->>{i}"),
        Kind::Bool => format!("(row.value->>{i})::boolean"),
        Kind::Json => format!("NULLIF(row.value->{i}, 'null'::jsonb)"),
    }
}

/// A part of PostgreSQL's second bind.
fn beside(i: usize) -> String {
    format!("substring($2::bytea FROM (row.value->{i}->>0)::int FOR (row.value->{i}->>1)::int)")
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// For [`Kind::Uuid`].
    Uuid(Uuid),
    /// For [`Kind::Bytes`].
    Bytes(&'a [u8]),
    /// For [`Kind::Int`].
    Int(i64),
    /// For [`Kind::Text`].
    Text(&'a str),
    /// For [`Kind::LongText`], and for [`Kind::LongJson`]: a text that is already JSON.
    LongText(&'a str),
    /// For [`Kind::Json`]: a text that is already JSON.
    Json(&'a str),
    /// For [`Kind::Bool`].
    Bool(bool),
    /// For every kind.
    Null,
}

macro_rules! from {
    ($($type:ty => $variant:ident),*) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from(value: $type) -> Self { Self::$variant(value) }
        }
    )*};
}
from!(Uuid => Uuid, &'a [u8] => Bytes, i64 => Int, &'a str => Text, bool => Bool);

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

/// Rows on their way into a [`Bulk`] statement, already encoded.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    json: String,
    beside: Vec<u8>,
    width: usize,
    count: usize,
}

impl Rows {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a row: its values in the order of the statement's columns.
    pub fn push(&mut self, values: &[Value<'_>]) {
        if self.count > 0 {
            self.json.push(',');
        }
        // A row of another width than the first is reported by `run` as the width 0 that no statement has.
        self.width = if self.count == 0 || self.width == values.len() { values.len() } else { 0 };
        self.count += 1;
        self.json.push('[');
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                self.json.push(',');
            }
            self.write_value(value);
        }
        self.json.push(']');
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
    fn to_json(&self) -> String {
        format!("[{}]", self.json)
    }

    fn write_value(&mut self, value: &Value<'_>) {
        let out = &mut self.json;
        // Writing into a String cannot fail.
        let _ = match value {
            Value::Uuid(id) => write!(out, "\"{id}\""),
            Value::Bytes(bytes) => self.put_beside(bytes),
            Value::LongText(text) => self.put_beside(text.as_bytes()),
            Value::Int(n) => write!(out, "{n}"),
            Value::Text(text) => write!(out, "{}", serde_json::Value::from(*text)),
            Value::Json(json) => out.write_str(json),
            Value::Bool(b) => write!(out, "{b}"),
            Value::Null => out.write_str("null"),
        };
    }

    /// The place in the second bind, counted from 1 as SQL does, and the length.
    fn put_beside(&mut self, bytes: &[u8]) -> std::fmt::Result {
        let from = self.beside.len() + 1;
        self.beside.extend_from_slice(bytes);
        write!(self.json, "[{from},{}]", bytes.len())
    }
}

/// The bind for a [`with_ids!`](crate::with_ids) statement.
pub fn ids_json(ids: impl IntoIterator<Item = Uuid>) -> String {
    let mut json = String::from("[");
    for (i, id) in ids.into_iter().enumerate() {
        let _ = write!(json, "{}\"{id}\"", if i > 0 { "," } else { "" });
    }
    json.push(']');
    json
}
