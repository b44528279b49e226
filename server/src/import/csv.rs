//! Tables as text: UTF-8 with or without a byte order mark, UTF-16 with one, or GB18030 (what Excel writes in China).

use super::cell::Cell;
use super::table::{Line, Sheet};
use super::{RowError, about_file};
use std::borrow::Cow;

/// The text of a table.
///
/// # Errors
/// When it is in no encoding that is known here.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, RowError> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if bad { Err(bad_encoding()) } else { Ok(text) };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => {
            let (text, bad) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
            if bad { Err(bad_encoding()) } else { Ok(text) }
        }
    }
}

fn bad_encoding() -> RowError {
    about_file("bad_encoding", "neither UTF-8 nor GB18030, nor UTF-16 with a byte order mark")
}

/// A reader that leaves cells as they are. Excel in some countries, and on paste, sets columns apart by tabs or
/// semicolons: the heading tells.
pub(super) fn reader(text: &str) -> ::csv::Reader<&[u8]> {
    let heading = text.lines().next().unwrap_or_default();
    let count = |c: char| heading.matches(c).count();
    let delimiter = [',', '\t', ';'].into_iter().max_by_key(|c| (count(*c), *c == ',')).unwrap_or(',');
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    ::csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes())
}

/// Runs `with` on the table.
pub(super) fn sheet<T>(
    bytes: &[u8],
    with: impl FnOnce(Sheet<'_>) -> Result<T, Vec<RowError>>,
) -> Result<T, Vec<RowError>> {
    let text = decode(bytes).map_err(|e| vec![e])?;
    let mut reader = reader(&text);
    let header = reader.headers().map_err(|e| vec![unreadable(&e)])?.iter().map(str::to_owned).collect();
    let lines = reader.into_records().map(|record| {
        let record = record.map_err(|e| unreadable(&e))?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        Ok(Line { line, cells: record.iter().map(Cell::text).collect() })
    });
    with(Sheet { name: None, header, header_line: 1, lines: Box::new(lines), flexible: false })
}

fn unreadable(e: &::csv::Error) -> RowError {
    let line = e.position().and_then(|p| usize::try_from(p.line()).ok());
    let place = line.map_or_else(|| "the file".to_owned(), |line| format!("line {line}"));
    RowError { place, line, column: None, field: String::new(), code: "bad_csv", detail: e.to_string() }
}
