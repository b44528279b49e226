//! Tables from a workbook: the sheets that are called after a kind, or else the first one.

use super::cell::Cell;
use super::table::{Line, Read, Sheet, read};
use super::{KINDS, MOST_BYTES, RowError, about_file, kind_called};
use calamine::{DataRef, Reader as _, Xlsx, XlsxCellReader};
use jiff::civil::Date;
use std::io::{Cursor, Read as _};
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::reference::RecordKind;

/// Columns that a table has at most: a cell far to the right is no reason to make room for all before it.
const MOST_COLUMNS: usize = 512;

/// Reads the rows of every table in the workbook, in the order in which kinds refer to each other.
pub(super) fn rows(kind: Option<RecordKind>, bytes: &[u8]) -> Result<Read, Vec<RowError>> {
    bounded(bytes).map_err(|e| vec![e])?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| vec![broken(&e)])?;
    let names = book.sheet_names();
    let mut tables: Vec<(RecordKind, String)> = Vec::new();
    for (_, kind) in KINDS {
        tables.extend(names.iter().find(|name| kind_of(name) == Some(*kind)).map(|name| (*kind, name.clone())));
    }
    match (kind, names.first()) {
        // A file of one kind: its own sheet if there is one.
        (Some(kind), Some(first)) => {
            tables.retain(|(k, _)| *k == kind);
            if tables.is_empty() {
                tables.push((kind, first.clone()));
            }
        }
        _ if tables.is_empty() => {
            let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
            let detail = format!("a workbook of what? say the kind, or call its sheets {}", names.join(", "));
            return Err(vec![about_file("no_kind", detail)]);
        }
        _ => {}
    }
    let several = tables.len() > 1;
    let (mut all, mut errors): Read = Default::default();
    for (kind, name) in tables {
        let reader = book.worksheet_cells_reader(&name).map_err(|e| vec![broken(&e)])?;
        let mut lines = Lines { reader, next: None, done: false };
        let Some(first) = lines.next() else {
            if several {
                continue;
            }
            return Err(vec![about_file("empty", "no heading")]);
        };
        let first = first.map_err(|e| vec![e])?;
        let header = first.cells.iter().map(heading).collect();
        let sheet = Sheet {
            name: several.then(|| name.clone()),
            header,
            header_line: first.line,
            lines: Box::new(lines),
            flexible: true,
        };
        let (rows, found) = read(kind, sheet)?;
        all.extend(rows);
        errors.extend(found);
    }
    Ok((all, errors))
}

/// The kind that a sheet is called after: its plural, or the catalogue's word.
fn kind_of(sheet: &str) -> Option<RecordKind> {
    let word = |kind: RecordKind, lang| Message::new(format!("record_kind-{kind}")).render(lang);
    kind_called(&sheet.trim().to_ascii_lowercase())
        .or_else(|| KINDS.iter().map(|(_, kind)| *kind).find(|kind| word(*kind, Lang::ZhCn) == sheet.trim()))
}

fn heading(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Number(text) => text.clone(),
        _ => String::new(),
    }
}

/// The lines of a sheet, cell by cell: a sheet is never in memory as a whole.
struct Lines<'a, R: std::io::Read + std::io::Seek> {
    reader: XlsxCellReader<'a, R>,
    /// The first cell of the next line.
    next: Option<(usize, usize, Cell)>,
    done: bool,
}

impl<R: std::io::Read + std::io::Seek> Lines<'_, R> {
    fn cell(&mut self) -> Result<Option<(usize, usize, Cell)>, RowError> {
        if let Some(cell) = self.next.take() {
            return Ok(Some(cell));
        }
        while let Some(cell) = self.reader.next_cell().map_err(|e| broken(&e))? {
            let (row, column) = cell.get_position();
            let (row, column) = (usize::try_from(row).unwrap_or(0), usize::try_from(column).unwrap_or(0));
            let read = content(cell.get_value());
            if read == Cell::Empty {
                continue;
            }
            if column >= MOST_COLUMNS {
                let detail = format!("line {}: something stands beyond column {MOST_COLUMNS}", row + 1);
                return Err(about_file("too_many_columns", detail));
            }
            return Ok(Some((row + 1, column, read)));
        }
        Ok(None)
    }
}

impl<R: std::io::Read + std::io::Seek> Iterator for Lines<'_, R> {
    type Item = Result<Line, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line: Option<Line> = None;
        while !self.done {
            match self.cell() {
                Ok(Some((row, column, cell))) => {
                    let current = line.get_or_insert_with(|| Line { line: row, cells: Vec::new() });
                    if current.line != row {
                        self.next = Some((row, column, cell));
                        return line.map(Ok);
                    }
                    if current.cells.len() <= column {
                        current.cells.resize(column + 1, Cell::Empty);
                    }
                    if let Some(place) = current.cells.get_mut(column) {
                        *place = cell;
                    }
                }
                Ok(None) => self.done = true,
                Err(e) => {
                    self.done = true;
                    return Some(Err(e));
                }
            }
        }
        line.map(Ok)
    }
}

fn content(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(n) => Cell::Number(n.to_string()),
        DataRef::Float(n) => Cell::Number(shown(*n)),
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(b) => Cell::Bool(*b),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (y, m, d, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            let day = i16::try_from(y).ok().zip(i8::try_from(m).ok().zip(i8::try_from(d).ok()));
            let day = day.and_then(|(y, (m, d))| Date::new(y, m, d).ok());
            match day {
                Some(day) if (hour, minute, second, milli) == (0, 0, 0, 0) => Cell::Day(day),
                _ => Cell::Moment(format!("{y}-{m:02}-{d:02} {hour:02}:{minute:02}:{second:02}")),
            }
        }
        DataRef::DateTime(duration) => Cell::Moment(shown(duration.as_f64())),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text),
        // An error such as #N/A is no value of any type.
        DataRef::Error(e) => Cell::Text(format!("{e}")),
        DataRef::Empty => Cell::Empty,
    }
}

/// A number as a spreadsheet shows it at most: fifteen significant digits, in decimal.
fn shown(n: f64) -> String {
    let scientific = format!("{n:.14e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".into();
    }
    if exponent < 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    if digits.len() <= whole {
        format!("{sign}{digits}{}", "0".repeat(whole - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
    }
}

/// A small file may unpack to any size, and its own word for that size may be a lie: it is unpacked once into nothing,
/// and counted.
fn bounded(bytes: &[u8]) -> Result<(), RowError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut left = MOST_BYTES as u64 * 2;
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(|e| broken(&e))?;
        let read = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|e| broken(&e))?;
        if read > left {
            return Err(about_file("too_large", format!("the workbook unpacks to more than {} MiB", MOST_BYTES >> 19)));
        }
        left -= read;
    }
    Ok(())
}

fn broken(e: &dyn std::fmt::Display) -> RowError {
    about_file("bad_workbook", format!("no workbook (.xlsx) that can be read: {e}"))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn numbers_are_told_as_a_spreadsheet_shows_them() {
        for (n, text) in [
            (200_000.0, "200000"),
            (199_999.995, "199999.995"),
            (0.1 + 0.2, "0.3"),
            (60_000.5, "60000.5"),
            (-1.25, "-1.25"),
            (0.0, "0"),
            (0.000_01, "0.00001"),
            (1e21, "1000000000000000000000"),
            (46_053.0, "46053"),
        ] {
            assert_eq!(shown(n), text);
        }
    }
}
