//! Empty tables to fill in.

use super::ExportError;
use super::sheet::{guide, table};
use super::table::layout;
use rust_xlsxwriter::Workbook;
use sync_core::document::facts::Lang;
use sync_core::reference::RecordKind;

/// A text table with a heading and nothing else, in UTF-8 with a byte order mark.
///
/// # Errors
/// When it cannot be put together.
pub fn template_csv(kind: RecordKind, lang: Lang) -> Result<Vec<u8>, ExportError> {
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![0xEF, 0xBB, 0xBF]);
    let headings = layout(kind, true).into_iter().map(|shown| shown.heading(lang));
    writer.write_record(headings).map_err(ExportError::failed)?;
    writer.into_inner().map_err(ExportError::failed)
}

/// A workbook with drop-downs, and a sheet that explains the columns.
///
/// # Errors
/// When it cannot be put together.
pub fn template_xlsx(kind: RecordKind, lang: Lang) -> Result<Vec<u8>, ExportError> {
    let mut book = Workbook::new();
    let layout = layout(kind, true);
    table(book.add_worksheet(), kind, &layout, std::iter::empty(), lang)?;
    guide(book.add_worksheet(), &[(kind, layout)])?;
    book.save_to_buffer().map_err(ExportError::failed)
}
