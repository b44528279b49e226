//! Workbooks: a sheet per kind, with drop-downs for words, and one that explains the columns in both languages.

use super::table::{Shown, cell, layout_for, lines};
use super::{ExportError, Part};
use crate::import::name_of;
use crate::reference::fields::FieldType;
use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Workbook, Worksheet};
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::reference::RecordKind;

/// Lines below the heading that have drop-downs, beyond those that are filled.
const ROOM: u32 = 5000;
/// The longest list that a drop-down holds by itself.
const LONGEST_LIST: usize = 255;

pub(super) fn workbook(parts: &[Part], lang: Lang) -> Result<Vec<u8>, ExportError> {
    let mut book = Workbook::new();
    let mut explained = Vec::new();
    for part in parts {
        let layout = layout_for(part);
        let records = part.records.iter().flat_map(|record| lines(record, &layout, lang));
        table(book.add_worksheet(), part.kind, &layout, records, lang)?;
        explained.push((part.kind, layout));
    }
    guide(book.add_worksheet(), &explained)?;
    book.save_to_buffer().map_err(ExportError::failed)
}

/// One table. Every cell is a text, so that nothing is taken for a date or loses its zeros.
pub(super) fn table(
    sheet: &mut Worksheet,
    kind: RecordKind,
    layout: &[Shown],
    lines: impl Iterator<Item = Vec<String>>,
    lang: Lang,
) -> Result<(), ExportError> {
    let (text, head) = (Format::new().set_num_format("@"), Format::new().set_bold().set_num_format("@"));
    sheet.set_name(name_of(kind)).map_err(ExportError::failed)?;
    sheet.set_freeze_panes(1, 0).map_err(ExportError::failed)?;
    for (i, shown) in (0_u16..).zip(layout) {
        sheet.set_column_format(i, &text).map_err(ExportError::failed)?;
        sheet.set_column_width(i, 18).map_err(ExportError::failed)?;
        sheet.write_string_with_format(0, i, shown.heading(lang), &head).map_err(ExportError::failed)?;
    }
    let mut last = 0;
    for (row, line) in (1_u32..).zip(lines) {
        for ((i, cell_text), shown) in (0_u16..).zip(line).zip(layout) {
            if !cell_text.is_empty() {
                let guarded = cell(cell_text, shown.column.field.kind);
                sheet.write_string_with_format(row, i, guarded, &text).map_err(ExportError::failed)?;
            }
        }
        last = row;
    }
    for (i, shown) in (0_u16..).zip(layout) {
        let Some(choices) = choices(shown, lang) else { continue };
        if choices.iter().map(|c| c.chars().count() + 1).sum::<usize>() > LONGEST_LIST {
            continue;
        }
        let rule = DataValidation::new().allow_list_strings(&choices).map_err(ExportError::failed)?;
        sheet.add_data_validation(1, i, last + ROOM, i, &rule).map_err(ExportError::failed)?;
    }
    Ok(())
}

/// What may stand in the column, where that is one of a few words.
fn choices(shown: &Shown, lang: Lang) -> Option<Vec<String>> {
    match shown.column.field.kind {
        FieldType::Word(words) => {
            let word = |code: &'static str| if lang == Lang::ZhCn { words.shown(code, lang) } else { code.to_owned() };
            Some((words.codes)().into_iter().map(word).collect())
        }
        FieldType::Bool if lang == Lang::ZhCn => Some(vec!["是".into(), "否".into()]),
        FieldType::Bool => Some(vec!["true".into(), "false".into()]),
        _ => None,
    }
}

/// The sheet that explains the columns.
pub(super) fn guide(sheet: &mut Worksheet, tables: &[(RecordKind, Vec<Shown>)]) -> Result<(), ExportError> {
    let (wrap, head) = (Format::new().set_text_wrap().set_align(FormatAlign::Top), Format::new().set_bold());
    sheet.set_name("说明 Guide").map_err(ExportError::failed)?;
    sheet.set_freeze_panes(1, 0).map_err(ExportError::failed)?;
    let headings = ["sheet 工作表", "column", "列名", "needed 必填", "what stands there", "内容"];
    for (i, (text, width)) in (0_u16..).zip(headings.into_iter().zip([18_u16, 26, 22, 12, 60, 60])) {
        sheet.write_string_with_format(0, i, text, &head).map_err(ExportError::failed)?;
        sheet.set_column_width(i, width).map_err(ExportError::failed)?;
    }
    let mut row = 1;
    for (kind, layout) in tables {
        let word = Message::new(format!("record_kind-{kind}")).render(Lang::ZhCn);
        for shown in layout {
            let needed = if shown.column.field.needed { "yes 是" } else { "" };
            let texts = [
                format!("{} {word}", name_of(*kind)),
                shown.heading(Lang::En),
                shown.heading(Lang::ZhCn),
                needed.to_owned(),
                shown.column.explained(shown.major, Lang::En),
                shown.column.explained(shown.major, Lang::ZhCn),
            ];
            for (i, text) in (0_u16..).zip(texts) {
                sheet.write_string_with_format(row, i, text, &wrap).map_err(ExportError::failed)?;
            }
            row += 1;
        }
    }
    Ok(())
}
