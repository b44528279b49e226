//! The columns in which a table says the fields of a kind: nested ones under their prefixes.

use super::{Field, FieldType, Words, fields, half_width};
use sync_core::document::facts::Lang;
use sync_core::message::Message;
use sync_core::reference::RecordKind;

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading, such as `clause_quota_amount`.
    pub heading: String,
    /// Its heading in Chinese.
    pub zh: String,
    /// The steps to the value in JSON, without positions in lists: `clauses`, `quota`, `amount`.
    pub path: Vec<&'static str>,
    /// How many of the steps lead to the list whose entries have rows of their own, if there is one.
    pub list: Option<usize>,
    /// What stands in it.
    pub field: &'static Field,
    /// The headings under which the amount may stand in the currency's unit instead.
    pub major: Option<(String, String)>,
}

impl Column {
    /// The path as errors name it, without positions.
    pub fn name(&self) -> String {
        self.path.join(".")
    }

    /// Whether `heading` is one of this column: as itself (false), or in the currency's unit (true).
    pub fn is_called(&self, heading: &str) -> Option<bool> {
        let same = |name: &str| tidy(name) == heading;
        if same(&self.heading) || same(&self.zh) {
            return Some(false);
        }
        let (en, zh) = self.major.as_ref()?;
        (same(en) || same(zh) || same(&format!("{zh}(元)"))).then_some(true)
    }
}

impl Column {
    /// What stands in it, in words; `major` where amounts stand in the currency's unit.
    pub fn explained(&self, major: bool, lang: Lang) -> String {
        let zh = lang == Lang::ZhCn;
        let record = |kind: RecordKind| Message::new(format!("record_kind-{kind}")).render(lang);
        let words = |words: Words| {
            let shown = |code: &&'static str| if zh { words.shown(code, lang) } else { (*code).to_owned() };
            (words.codes)().iter().map(shown).collect::<Vec<_>>().join(if zh { "、" } else { ", " })
        };
        let kind = match (self.field.kind, zh) {
            (FieldType::Text, true) => "文字".to_owned(),
            (FieldType::Text, false) => "text".to_owned(),
            (FieldType::Id, _) => "UUID".to_owned(),
            (FieldType::Int | FieldType::Count, true) => "整数".to_owned(),
            (FieldType::Int | FieldType::Count, false) => "a whole number".to_owned(),
            (FieldType::Money, true) if major => "金额（元），如 60000.00".to_owned(),
            (FieldType::Money, false) if major => "an amount, such as 60000.00".to_owned(),
            (FieldType::Money, true) => "金额（分）".to_owned(),
            (FieldType::Money, false) => "an amount in minor units".to_owned(),
            (FieldType::Bool, true) => "是、否".to_owned(),
            (FieldType::Bool, false) => "true, false".to_owned(),
            (FieldType::Date, true) => "日期，如 2026-01-31、2026/1/31、2026年1月31日".to_owned(),
            (FieldType::Date, false) => "a day, such as 2026-01-31 or 2026/1/31".to_owned(),
            (FieldType::Window, true) => "一天中的一段，如 08:00-18:00".to_owned(),
            (FieldType::Window, false) => "a part of a day, such as 08:00-18:00".to_owned(),
            (FieldType::Hours, true) => {
                "5x8、7x24，或如 workdays 08:30-12:00,13:30-17:30; rest_days -; holidays -".to_owned()
            }
            (FieldType::Hours, false) => {
                "5x8, 7x24, or such as workdays 08:30-12:00,13:30-17:30; rest_days -; holidays -".to_owned()
            }
            (FieldType::Word(list), true) => format!("以下之一：{}", words(list)),
            (FieldType::Word(list), false) => format!("one of {}", words(list)),
            (FieldType::Words(list), true) => format!("以下若干，用分号隔开：{}", words(list)),
            (FieldType::Words(list), false) => format!("some of these, with semicolons between them: {}", words(list)),
            (FieldType::Ref(kind), true) => format!("{}的编号", record(kind)),
            (FieldType::Ref(kind), false) => format!("the code of a record: {}", record(kind)),
            (FieldType::Refs(kind), true) => format!("{}的编号，用分号隔开", record(kind)),
            (FieldType::Refs(kind), false) => {
                format!("codes of records, with semicolons between them: {}", record(kind))
            }
            (FieldType::Group(..) | FieldType::List(..), _) => "JSON".to_owned(),
        };
        let note = if zh { self.field.note.1 } else { self.field.note.0 };
        match (note.is_empty(), zh) {
            (true, _) => kind,
            (false, true) => format!("{kind}；{note}"),
            (false, false) => format!("{kind}; {note}"),
        }
    }
}

/// Other words for a heading that people use.
const SYNONYMS: &[(&str, &str)] = &[
    ("编码", "编号"),
    ("代码", "编号"),
    ("合同编号", "编号"),
    ("医院", "客户"),
    ("医院名称", "名称"),
    ("医院等级", "等级"),
    ("开始日期", "开始日"),
    ("结束日期", "结束日"),
    ("终止日期", "终止日"),
    ("签订日期", "签订日"),
    ("电子邮箱", "邮箱"),
    ("手机", "电话"),
];

fn tidy(heading: &str) -> String {
    half_width(heading.trim()).to_lowercase().replace([' ', '*'], "")
}

/// The columns of `kind` in the order of its fields.
pub fn columns(kind: RecordKind) -> Vec<Column> {
    let mut found = Vec::new();
    walk(fields(kind), "", "", &[], None, &mut found);
    found
}

fn walk(
    list: &'static [Field],
    prefix: &str,
    zh: &str,
    path: &[&'static str],
    entries: Option<usize>,
    found: &mut Vec<Column>,
) {
    for field in list {
        let path: Vec<&'static str> = path.iter().copied().chain([field.name]).collect();
        let zh = format!("{zh}{}", field.zh);
        if let Some((parts, own)) = field.parts() {
            let entries = if matches!(field.kind, FieldType::List(..)) { Some(path.len()) } else { entries };
            walk(parts, &format!("{prefix}{own}"), &zh, &path, entries, found);
            continue;
        }
        let major = field.major_column().map(|name| (format!("{prefix}{name}"), zh.clone()));
        let zh = if major.is_some() { format!("{zh}（分）") } else { zh };
        let heading = format!("{prefix}{}", field.column());
        found.push(Column { heading, zh, path, list: entries, field, major });
    }
}

/// Finds the column that `heading` names, and whether its amounts are in the currency's unit.
pub(crate) fn called<'a>(columns: &'a [Column], heading: &str) -> Option<(&'a Column, bool)> {
    let find = |name: &str| columns.iter().find_map(|column| Some((column, column.is_called(name)?)));
    let name = tidy(heading);
    find(&name).or_else(|| SYNONYMS.iter().find(|(other, _)| *other == name).and_then(|(_, usual)| find(usual)))
}

/// Finds the list or group that `heading` names: its cells hold JSON.
pub(crate) fn whole(kind: RecordKind, heading: &str) -> Option<&'static Field> {
    let name = tidy(heading);
    fields(kind).iter().find(|field| field.parts().is_some() && field.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_columns_have_one_heading() {
        for kind in RecordKind::ALL {
            let mut seen = HashSet::new();
            for column in columns(*kind) {
                let (heading, zh) = (tidy(&column.heading), tidy(&column.zh));
                assert!(seen.insert(heading), "{kind}: {}", column.heading);
                assert!(seen.insert(zh), "{kind}: {}", column.zh);
                if let Some((en, zh)) = &column.major {
                    assert!(seen.insert(tidy(en)) && seen.insert(tidy(zh)), "{kind}: {en} {zh}");
                }
            }
            for field in fields(*kind).iter().filter(|f| f.parts().is_some()) {
                assert!(!seen.contains(field.name), "{kind}: {}", field.name);
            }
        }
        let all = columns(RecordKind::Package);
        let quota = called(&all, " 条款限量数量 ").unwrap();
        assert_eq!((quota.0.heading.as_str(), quota.0.list), ("clause_quota_amount", Some(1)));
        let all = columns(RecordKind::Contract);
        assert_eq!(
            called(&all, "Annual_Fee").map(|(c, major)| (c.heading.as_str(), major)),
            Some(("annual_fee_minor", true))
        );
        assert_eq!(called(&all, "年费（元）").map(|(_, major)| major), Some(true));
        assert_eq!(called(&all, "年费(分)").map(|(_, major)| major), Some(false));
        assert_eq!(called(&all, "合同编号").map(|(c, _)| c.heading.as_str()), Some("code"));
    }
}
