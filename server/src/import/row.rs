//! One row of a file, read but not yet understood: its fields as JSON, codes where ids will be.

use super::RowError;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use sync_core::reference::RecordKind;

/// The columns of the table that rows come from: the path of each (`clauses.quota.amount`) and its number from 1.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) sheet: Option<String>,
    pub(super) columns: Vec<(String, usize)>,
}

impl Head {
    /// The column in which `field` stands, whatever the positions in it; or what it is part of.
    fn column(&self, field: &str) -> Option<usize> {
        let steps: Vec<&str> = field.split('.').filter(|step| step.parse::<usize>().is_err()).collect();
        (1..=steps.len()).rev().find_map(|n| {
            let name = steps[..n].join(".");
            let of = |path: &str| path == name || path.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'));
            self.columns.iter().find(|(path, _)| of(path)).map(|(_, column)| *column)
        })
    }

    /// Whether any column speaks of the top-level field `name`.
    pub(super) fn speaks_of(&self, name: &str) -> bool {
        self.columns.iter().any(|(path, _)| path.split('.').next() == Some(name))
    }

    /// Where a line is.
    pub(super) fn place(&self, line: usize) -> String {
        self.sheet.as_ref().map_or_else(|| format!("line {line}"), |sheet| format!("{sheet}, line {line}"))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) kind: RecordKind,
    pub(super) place: String,
    pub(super) line: Option<usize>,
    /// Only of a table.
    pub(super) head: Option<Arc<Head>>,
    pub(super) cells: Map<String, Value>,
    /// By the path of a list: the lines of its entries.
    pub(super) entries: HashMap<String, Vec<usize>>,
    /// Fields whose cells could not be read, without positions: they are not missing.
    pub(super) misfits: Vec<String>,
    /// The first amount that was said in the currency's unit, if any was.
    pub(super) major: Option<String>,
}

impl Row {
    pub(super) fn of_json(kind: RecordKind, place: String, cells: Map<String, Value>) -> Self {
        Self { kind, place, line: None, head: None, cells, entries: HashMap::new(), misfits: Vec::new(), major: None }
    }

    /// Whether an error only says again that a cell could not be read.
    pub(super) fn is_told(&self, code: &str, field: &str) -> bool {
        let steps: Vec<&str> = field.split('.').filter(|step| step.parse::<usize>().is_err()).collect();
        code == "missing" && self.misfits.contains(&steps.join("."))
    }

    /// An error in the column of `field`, and in the line of the list's entry that `field` names.
    pub(super) fn error(&self, field: &str, code: &'static str, detail: impl Into<String>) -> RowError {
        let head = self.head.as_deref();
        let entry = self.entries.iter().find_map(|(list, lines)| {
            let rest = field.strip_prefix(list.as_str())?.strip_prefix('.')?;
            lines.get(rest.split('.').next()?.parse::<usize>().ok()?).copied()
        });
        let line = entry.or(self.line);
        let place = match (head, line) {
            (Some(head), Some(line)) => head.place(line),
            _ => self.place.clone(),
        };
        let column = if field.is_empty() { None } else { head.and_then(|head| head.column(field)) };
        RowError { place, line, column, field: field.to_owned(), code, detail: detail.into() }
    }
}
