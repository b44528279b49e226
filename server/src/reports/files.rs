//! A report as a file.

use super::ReportError;
use super::table::{Cell, ColumnKind, Table, digits};
use rust_xlsxwriter::{Format, Workbook};
use sync_core::document::facts::Lang;
use sync_core::message::Message;

/// As CSV: UTF-8 with a byte order mark (Excel would read it as the computer's own encoding without), and with what a
/// spreadsheet would take for a formula made text by an apostrophe
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
///
/// # Errors
/// When it cannot be written.
pub fn csv(table: &Table, lang: Lang) -> Result<Vec<u8>, ReportError> {
    let failed = |e: &dyn std::fmt::Display| ReportError::Failed(format!("the CSV cannot be written: {e}"));
    let mut writer = csv::WriterBuilder::new().from_writer(b"\xef\xbb\xbf".to_vec());
    let titles = table.columns.iter().map(|c| c.title(lang));
    writer.write_record(titles).map_err(|e| failed(&e))?;
    for (row, is_total) in lines(table) {
        let texts = table.words(row, lang).into_iter().zip(row).map(|(text, cell)| match cell {
            Cell::Text(_) => harmless(text),
            Cell::None | Cell::Int(_) => text,
        });
        writer.write_record(marked(texts.collect(), is_total, lang)).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|e| failed(&e))
}

/// As a workbook with one sheet, written row by row without being held in memory.
///
/// # Errors
/// When it cannot be written.
pub fn xlsx(table: &Table, lang: Lang) -> Result<Vec<u8>, ReportError> {
    write(table, lang).map_err(|e| ReportError::Failed(format!("the workbook cannot be written: {e}")))
}

fn write(table: &Table, lang: Lang) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(table.name)?;
    let bold = Format::new().set_bold();
    for (n, column) in (0_u16..).zip(&table.columns) {
        sheet.set_column_width(n, 18)?;
        sheet.write_with_format(0, n, column.title(lang), &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    let amounts: Vec<Format> = ["0", "0.0", "0.00", "0.000"].map(|f| Format::new().set_num_format(f)).to_vec();
    for (line, (row, is_total)) in (1_u32..).zip(lines(table)) {
        let currency = match table.cell(row, "currency") {
            Cell::Text(c) => digits(c),
            Cell::None | Cell::Int(_) => 2,
        };
        let texts = marked(table.words(row, lang), is_total, lang);
        for (n, (text, (cell, column))) in (0_u16..).zip(texts.iter().zip(row.iter().zip(&table.columns))) {
            // A spreadsheet's numbers are floats; up to 15 digits they show the very decimal that was written.
            let number = match (column.kind, cell) {
                (ColumnKind::Money | ColumnKind::Count, Cell::Int(n)) if n.unsigned_abs() < 1_000_000_000_000_000 => {
                    text.parse::<f64>().ok()
                }
                _ => None,
            };
            let format =
                if column.kind == ColumnKind::Money { amounts.get(currency as usize) } else { amounts.first() };
            match (number, format) {
                (Some(number), Some(format)) => sheet.write_number_with_format(line, n, number, format)?,
                _ if text.is_empty() => continue,
                _ => sheet.write_string(line, n, text)?,
            };
        }
    }
    book.save_to_buffer()
}

/// Rows, then totals.
fn lines(table: &Table) -> impl Iterator<Item = (&Vec<Cell>, bool)> {
    table.rows.iter().map(|r| (r, false)).chain(table.totals.iter().map(|r| (r, true)))
}

/// A total says so in its first column, which is never summed.
fn marked(mut texts: Vec<String>, is_total: bool, lang: Lang) -> Vec<String> {
    if let Some(first) = texts.first_mut().filter(|_| is_total) {
        *first = Message::new("report-total").render(lang);
    }
    texts
}

fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::table::Column;

    fn table() -> Table {
        let columns = vec![
            Column::new("customer_name", ColumnKind::Text),
            Column::new("category", ColumnKind::Word("category")),
            Column::new("currency", ColumnKind::Text),
            Column::new("cost", ColumnKind::Money),
            Column::new("time", ColumnKind::Duration),
        ];
        let mut table = Table::new("given-away", columns);
        let row = |name: &str, cost| {
            vec![
                Cell::text(Some(name)),
                Cell::text(Some("database")),
                Cell::text(Some("CNY")),
                Cell::Int(cost),
                Cell::Int(3_723_999),
            ]
        };
        table.rows = vec![row("=HYPERLINK(\"x\")", 5), row("第一医院", -150)];
        table.add_up(&["cost", "time"])
    }

    #[test]
    fn csv_has_a_mark_titles_and_no_formulas() {
        let text = String::from_utf8(csv(&table(), Lang::En).unwrap()).unwrap();
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        assert!(text.starts_with('\u{feff}'));
        assert_eq!(
            lines,
            [
                "customer,category,currency,at cost,time",
                "\"'=HYPERLINK(\"\"x\"\")\",database,CNY,0.05,1:02:03",
                "第一医院,database,CNY,-1.50,1:02:03",
                "total,,CNY,-1.45,2:04:07",
            ]
        );
        let chinese = String::from_utf8(csv(&table(), Lang::ZhCn).unwrap()).unwrap();
        assert!(chinese.contains("客户,服务类别,币种") && chinese.contains("合计"), "{chinese}");
    }

    #[test]
    fn a_workbook_is_a_zip_with_the_numbers_in_it() {
        let bytes = xlsx(&table(), Lang::ZhCn).unwrap();
        assert!(bytes.starts_with(b"PK\x03\x04") && bytes.len() > 1000);
    }
}
