//! Importing reference data and users from CSV, XLSX or JSON, by the command line and the API alike.
//!
//! Records are known by their codes: a row whose code exists changes that record, any other adds one, and a row that
//! says what is there already writes nothing. A file is taken in whole or not at all; every row that is wrong is named
//! with its place, its column and a stable code.

mod cell;
mod csv;
pub mod engine;
pub mod errors_file;
mod json;
mod row;
mod table;
mod xlsx;

pub(crate) use self::cell::is_guarded as guarded;
pub use self::csv::decode;
pub(crate) use self::table::has_hundredths;
use row::Row;
use sync_core::reference::RecordKind;

/// Errors and warnings that are shown one by one; beyond that only their number is.
pub const MOST_SHOWN: usize = 200;
/// Errors that are gathered; more of them would help nobody.
const MOST_ERRORS: usize = 10_000;
/// Rows of a file.
pub const MOST_ROWS: usize = 200_000;
/// Bytes of a file, and of what a workbook unpacks to.
pub const MOST_BYTES: usize = 64 << 20;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table as text.
    Csv,
    /// A workbook.
    Xlsx,
    /// Records.
    Json,
}

/// What is imported, and from what.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's content.
    pub bytes: Vec<u8>,
    /// Its form.
    pub form: Form,
    /// What it holds; a JSON object with a key per kind needs none, nor does a workbook with a sheet per kind.
    pub kind: Option<RecordKind>,
}

impl Source {
    /// From a file's name and content: the content says that it is a workbook and the extension that it is JSON, the
    /// name says the kind unless `kind` does (`customers.csv`, `work-orders-2026.json`).
    pub fn from_file(name: &str, bytes: Vec<u8>, kind: Option<RecordKind>) -> Self {
        let name = name.to_ascii_lowercase();
        let guessed = KINDS.iter().find(|(plural, _)| name.replace('_', "-").starts_with(plural)).map(|(_, k)| *k);
        Self { form: Form::of(&bytes, name.ends_with(".json")), kind: kind.or(guessed), bytes }
    }
}

impl Form {
    /// Of these bytes; `json` is whether they are said to be JSON.
    pub fn of(bytes: &[u8], json: bool) -> Self {
        if bytes.starts_with(b"PK\x03\x04") {
            Self::Xlsx
        } else if json {
            Self::Json
        } else {
            Self::Csv
        }
    }
}

/// The kinds by the names that people use, in the order in which they refer to each other.
pub const KINDS: &[(&str, RecordKind)] = &[
    ("users", RecordKind::Person),
    ("policies", RecordKind::Policy),
    ("calendars", RecordKind::Calendar),
    ("grades", RecordKind::Grade),
    ("packages", RecordKind::Package),
    ("customers", RecordKind::Customer),
    ("contacts", RecordKind::Contact),
    ("contracts", RecordKind::Contract),
    ("assets", RecordKind::Asset),
    ("work-orders", RecordKind::WorkOrder),
];

/// The kind called `name`, such as `work-orders` or `work_orders`.
pub fn kind_called(name: &str) -> Option<RecordKind> {
    let name = name.replace('_', "-");
    KINDS.iter().find(|(plural, _)| *plural == name).map(|(_, kind)| *kind)
}

/// What people call `kind`.
pub fn name_of(kind: RecordKind) -> &'static str {
    KINDS.iter().find(|(_, k)| *k == kind).map_or("", |(name, _)| *name)
}

/// What is wrong with one row, or worth knowing of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RowError {
    /// Where: `line 3` of a table, `customers, record 2` of JSON.
    pub place: String,
    /// The line's number in a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column's number, counted from 1, in a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The field; empty when it is about the row.
    pub field: String,
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub detail: String,
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        if !self.field.is_empty() {
            write!(f, " ({})", self.field)?;
        }
        write!(f, ": {} [{}]", self.detail, self.code)
    }
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows are wrong.
    #[error("{} errors; nothing was imported", errors.len())]
    Rows {
        /// At most 10,000 of them, in the order of rows.
        errors: Vec<RowError>,
    },
    /// The database, or a password's hash.
    #[error("{0}")]
    Failed(String),
}

impl ImportError {
    fn rows(mut errors: Vec<RowError>) -> Self {
        errors.sort_by_key(|e| e.line);
        errors.truncate(MOST_ERRORS);
        Self::Rows { errors }
    }
}

impl From<crate::store::StoreError> for ImportError {
    fn from(e: crate::store::StoreError) -> Self {
        Self::Failed(e.to_string())
    }
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Report {
    /// New records.
    pub added: usize,
    /// Records with a newer state.
    pub changed: usize,
    /// Rows that said what was there already.
    pub unchanged: usize,
    /// What is strange about rows that were taken in all the same: at most 200.
    pub warnings: Vec<RowError>,
    /// How many there are.
    pub warnings_total: usize,
    /// New users without a password got one; it is told here and nowhere else, and must be changed.
    pub passwords: Vec<NewPassword>,
    /// Whether it was only tried.
    pub dry_run: bool,
}

/// A password that was made for a new user.
#[derive(Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct NewPassword {
    /// Whose.
    pub login: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewPassword({}, …)", self.login)
    }
}

fn about_file(code: &'static str, detail: impl Into<String>) -> RowError {
    RowError { place: "the file".into(), line: None, column: None, field: String::new(), code, detail: detail.into() }
}
