//! The fields of each kind of record: one table for JSON, tables, templates, exports and the documentation.

mod columns;
mod hours;
mod read;
mod tables;
mod text;

pub use columns::{Column, columns};
pub(crate) use columns::{called, whole};
pub use hours::{hours_from_text, hours_to_text};
pub use read::read;
pub use tables::fields;
pub use text::{date_from_text, half_width};

use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::reference::RecordKind;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field, with dots between the steps (`clauses.2.code`), or empty when it is about the record.
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

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum FieldType {
    /// A text.
    Text,
    /// An id.
    Id,
    /// A whole number.
    Int,
    /// A whole number from 0 to 2³²-1.
    Count,
    /// An amount in minor units. A table may say it in the currency's unit with decimals instead.
    Money,
    /// true/false, yes/no, 1/0, 是/否.
    Bool,
    /// A day.
    Date,
    /// A part of a day.
    Window,
    /// Service hours.
    Hours,
    /// One of a list's words.
    Word(Words),
    /// Several of a list's words; separated by semicolons in a table.
    Words(Words),
    /// The code (or id) of a record of this kind.
    Ref(RecordKind),
    /// Several codes; separated by semicolons in a table.
    Refs(RecordKind),
    /// One object, its fields in columns of this prefix.
    Group(&'static [Field], &'static str),
    /// Objects, each in a row of its own in a table, its fields in columns of this prefix.
    List(&'static [Field], &'static str),
}

/// A list of words: its name in the catalogue and its codes.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// As in the catalogue's ids, such as `tier`.
    pub name: &'static str,
    /// The codes.
    pub codes: fn() -> Vec<&'static str>,
}

impl Words {
    /// The word for `code` in `lang`.
    pub fn shown(&self, code: &str, lang: Lang) -> String {
        Message::new(format!("{}-{code}", self.name)).render(lang)
    }

    /// The code for a word as a person wrote it: the code itself, or the catalogue's word in either language.
    pub fn code(&self, written: &str) -> Option<&'static str> {
        let written = half_width(written.trim());
        let is = |shown: &str| half_width(shown).eq_ignore_ascii_case(&written);
        (self.codes)()
            .into_iter()
            .find(|code| is(code) || is(&self.shown(code, Lang::ZhCn)) || is(&self.shown(code, Lang::En)))
    }
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON, and (after its prefix) in a table's heading.
    pub name: &'static str,
    /// Its heading in Chinese.
    pub zh: &'static str,
    /// Its type.
    pub kind: FieldType,
    /// Whether a new record must have it.
    pub needed: bool,
    /// What else is to be known of it, in English and Chinese.
    pub note: (&'static str, &'static str),
}

impl Field {
    /// The fields and the prefix of what it is made of.
    pub fn parts(&self) -> Option<(&'static [Field], &'static str)> {
        match self.kind {
            FieldType::Group(fields, prefix) | FieldType::List(fields, prefix) => Some((fields, prefix)),
            _ => None,
        }
    }
    /// The name of its column without the prefix: amounts in minor units say so.
    pub fn column(&self) -> String {
        match self.kind {
            FieldType::Money if !self.name.ends_with("_minor") => format!("{}_minor", self.name),
            _ => self.name.to_owned(),
        }
    }
    /// The name of the column for the amount in the currency's unit.
    pub fn major_column(&self) -> Option<&'static str> {
        matches!(self.kind, FieldType::Money).then(|| self.name.strip_suffix("_minor").unwrap_or(self.name))
    }
}
