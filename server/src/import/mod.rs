//! Importing reference data and users from CSV or JSON, by the command line and the API alike.
//!
//! Records are known by their codes: a row whose code exists changes that record, any other adds one, and a row that
//! says what is there already writes nothing. A file is taken in whole or not at all; every row that is wrong is named
//! with its place, its column and a stable code.

pub mod engine;
mod json;
mod table;

use sync_core::reference::RecordKind;

/// Errors that are reported one by one; beyond that only their number is.
const MOST_ERRORS: usize = 200;

/// What is imported, and from what.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's content.
    pub bytes: Vec<u8>,
    /// JSON rather than CSV.
    pub json: bool,
    /// What it holds; a JSON object with a key per kind needs none.
    pub kind: Option<RecordKind>,
}

impl Source {
    /// From a file's name and content: the extension says the form, the name the kind unless `kind` does
    /// (`customers.csv`, `work-orders-2026.json`).
    pub fn from_file(name: &str, bytes: Vec<u8>, kind: Option<RecordKind>) -> Self {
        let name = name.to_ascii_lowercase();
        let guessed = KINDS.iter().find(|(plural, _)| name.replace('_', "-").starts_with(plural)).map(|(_, k)| *k);
        Self { json: name.ends_with(".json"), kind: kind.or(guessed), bytes }
    }
}

/// The kinds by the names that people use, in the order in which they refer to each other.
pub const KINDS: &[(&str, RecordKind)] = &[
    ("users", RecordKind::Person),
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

/// What is wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Where: `line 3` of a table, `customers, record 2` of JSON.
    pub place: String,
    /// The column's number, counted from 1, in a table.
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
    /// Rows are wrong: the first of them, and how many there are in all.
    #[error("{total} errors; nothing was imported")]
    Rows {
        /// At most 200 of them.
        errors: Vec<RowError>,
        /// All of them.
        total: usize,
    },
    /// The database, or a password's hash.
    #[error("{0}")]
    Failed(String),
}

impl ImportError {
    fn rows(mut errors: Vec<RowError>) -> Self {
        let total = errors.len();
        errors.truncate(MOST_ERRORS);
        Self::Rows { errors, total }
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

/// One row, read but not yet understood: its fields as JSON, codes where ids will be.
#[derive(Clone, Debug)]
struct Row {
    kind: RecordKind,
    place: String,
    columns: Vec<(String, usize)>,
    cells: serde_json::Map<String, serde_json::Value>,
}

impl Row {
    fn error(&self, field: &str, code: &'static str, detail: impl Into<String>) -> RowError {
        // `clauses.2.effect` stands in the column of the field it begins with.
        let top = field.split('.').next().unwrap_or_default();
        let column = self.columns.iter().find(|(name, _)| name == top).map(|(_, column)| *column);
        RowError { place: self.place.clone(), column, field: field.to_owned(), code, detail: detail.into() }
    }
}

fn about_file(code: &'static str, detail: impl Into<String>) -> RowError {
    RowError { place: "the file".into(), column: None, field: String::new(), code, detail: detail.into() }
}
