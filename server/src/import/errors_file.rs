//! A text table given back with what was wrong in each line: to be corrected and imported again as it is.

use super::csv::{decode, reader};
use super::table::ERRORS;
use super::{ImportError, RowError};
use std::collections::HashMap;

/// The table of `bytes` with one more column at its end, in UTF-8 with a byte order mark. Errors that are about the whole
/// file or its heading stand in the first line after it.
///
/// # Errors
/// When `bytes` are no text table.
pub fn with_errors(bytes: &[u8], errors: &[RowError]) -> Result<Vec<u8>, ImportError> {
    let failed = |e: &dyn std::fmt::Display| ImportError::Failed(e.to_string());
    let text = decode(bytes).map_err(|e| failed(&e))?;
    let mut by_line: HashMap<usize, Vec<String>> = HashMap::new();
    for error in errors {
        let column = error.column.map(|column| format!("{column} ")).unwrap_or_default();
        let told = format!("{column}{}: {} [{}]", error.field, error.detail, error.code);
        by_line.entry(error.line.unwrap_or(1)).or_default().push(told.trim_start_matches(": ").to_owned());
    }
    let mut reader = reader(&text);
    let header = reader.headers().map_err(|e| failed(&e))?.clone();
    // A file that was given back before has the column already.
    let old = header.iter().position(|heading| ERRORS.contains(&heading.trim()));
    let width = header.len() - usize::from(old.is_some());
    let mut writer = ::csv::WriterBuilder::new().flexible(true).from_writer(vec![0xEF, 0xBB, 0xBF]);
    let mut line_of = |cells: Vec<&str>, told: Option<Vec<String>>, heading: bool| {
        let mut cells: Vec<String> = cells.into_iter().map(str::to_owned).collect();
        if !heading {
            cells.resize(cells.len().max(width), String::new());
        }
        let told = told.map(|told| told.join("; ")).unwrap_or_default();
        cells.push(if heading { ERRORS[0].to_owned() } else { told });
        writer.write_record(&cells)
    };
    let kept = |record: &::csv::StringRecord| -> Vec<String> {
        let cells = record.iter().enumerate().filter(|(i, _)| Some(*i) != old);
        cells.map(|(_, cell)| cell.to_owned()).collect()
    };
    let heading = kept(&header);
    line_of(heading.iter().map(String::as_str).collect(), None, true).map_err(|e| failed(&e))?;
    let mut about_all = by_line.remove(&1);
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let line = record.position().and_then(|p| usize::try_from(p.line()).ok()).unwrap_or(0);
        let mut told = by_line.remove(&line);
        if let Some(first) = about_all.take() {
            told.get_or_insert_default().splice(0..0, first);
        }
        let cells = kept(&record);
        line_of(cells.iter().map(String::as_str).collect(), told, false).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|e| failed(&e))
}
