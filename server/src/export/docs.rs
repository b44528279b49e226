//! The documentation's tables of columns are made of the table of fields, so the two cannot drift apart.

use crate::import::KINDS;
use crate::reference::fields::{FieldType, columns};
use std::fmt::Write as _;
use std::path::Path;
use sync_core::document::facts::Lang;
use sync_core::message::Message;

const BEGIN: &str = "<!-- columns: begin (made of the table of fields; see server/src/export/docs.rs) -->\n";
const END: &str = "<!-- columns: end -->\n";

fn tables(lang: Lang) -> String {
    let zh = lang == Lang::ZhCn;
    let mut text = String::new();
    for (plural, kind) in KINDS {
        let word = Message::new(format!("record_kind-{kind}")).render(lang);
        let head = if zh {
            "| 列名 | column | 必填 | 内容 |"
        } else {
            "| column | 列名 | needed | what stands there |"
        };
        let _ = writeln!(text, "\n### {plural} ({word})\n\n{head}\n| --- | --- | --- | --- |");
        for column in columns(*kind) {
            let needed = match (column.field.needed, column.list.is_some(), zh) {
                (false, ..) => "",
                (true, false, false) => "yes",
                (true, true, false) => "in each entry",
                (true, false, true) => "是",
                (true, true, true) => "每条必填",
            };
            let about = column.explained(false, lang);
            let (one, other) = if zh { (&column.zh, &column.heading) } else { (&column.heading, &column.zh) };
            let code = |name: &str, english: bool| if english { format!("`{name}`") } else { name.to_owned() };
            let _ = writeln!(text, "| {} | {} | {needed} | {about} |", code(one, !zh), code(other, zh));
            if let (FieldType::Money, Some((en, own))) = (column.field.kind, &column.major) {
                let (one, other) = if zh { (own, en) } else { (en, own) };
                let about = column.explained(true, lang);
                let _ = writeln!(text, "| {} | {} | | {about} |", code(one, !zh), code(other, zh));
            }
        }
    }
    text.push('\n');
    text
}

/// With `COUNTERSIGN_WRITE_DOCS=1` the documents are written instead of compared.
#[test]
fn the_documents_name_every_column() {
    for (file, lang) in [("import.md", Lang::En), ("import.zh-CN.md", Lang::ZhCn)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let wanted = format!("{before}{BEGIN}{}{END}{after}", tables(lang));
        if std::env::var("COUNTERSIGN_WRITE_DOCS").is_ok_and(|v| v == "1") {
            std::fs::write(&path, wanted).unwrap();
        } else {
            assert_eq!(text, wanted, "run this test once with COUNTERSIGN_WRITE_DOCS=1");
        }
    }
}
