//! What stands in a cell, and what it means in a column of some type.

use crate::reference::fields::{FieldType, date_from_text, half_width};
use jiff::civil::Date;
use serde_json::{Value, json};

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    /// A number as its cell shows it, in decimal.
    Number(String),
    Bool(bool),
    Day(Date),
    /// A day with a time of day, or only a time: nothing here is one.
    Moment(String),
}

impl Cell {
    /// A text cell. An apostrophe that an export put before what a spreadsheet would take for a formula is taken off.
    pub(super) fn text(text: &str) -> Self {
        let text = match text.strip_prefix('\'').filter(|rest| is_guarded(rest)) {
            Some(rest) => rest,
            None => text.trim(),
        };
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Number(text) | Self::Moment(text) => text.clone(),
            Self::Bool(b) => b.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// Whether an export puts an apostrophe before this text: it begins like a formula or like such an apostrophe, or has
/// blanks around it that reading takes off.
pub(crate) fn is_guarded(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) || text.trim() != text
}

/// Why a cell does not fit its column: a stable code, and words.
pub(super) type Misfit = (&'static str, String);

/// The value of a cell that is not empty. What is left as text is looked at again where records are read.
pub(super) fn value(kind: FieldType, cell: &Cell) -> Result<Value, Misfit> {
    let text = cell.written();
    Ok(match kind {
        FieldType::Text | FieldType::Id => json!(text),
        FieldType::Hours | FieldType::Window => json!(half_width(&text)),
        FieldType::Int | FieldType::Count | FieldType::Money => {
            let number = number(&text).filter(|(_, decimals)| decimals.is_empty());
            let whole = number.and_then(|(whole, _)| whole.parse::<i64>().ok());
            json!(whole.ok_or_else(|| ("not_a_number", format!("no whole number: {text}")))?)
        }
        FieldType::Bool => match half_width(&text).to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" | "是" => json!(true),
            "false" | "no" | "n" | "0" | "否" => json!(false),
            _ => return Err(("not_a_bool", format!("neither yes nor no: {text}"))),
        },
        FieldType::Date => match day(cell) {
            Some(day) => json!(day),
            None => return Err(("not_a_date", format!("no day, such as 2026-01-31: {text}"))),
        },
        FieldType::Word(words) => json!(words.code(&text).unwrap_or(&text)),
        FieldType::Words(words) => {
            json!(several(&text).iter().map(|word| words.code(word).unwrap_or(word)).collect::<Vec<_>>())
        }
        FieldType::Ref(kind) => {
            if several(&text).len() > 1 {
                return Err(("more_than_one", format!("exactly one {kind} stands here: {text}")));
            }
            json!(text)
        }
        FieldType::Refs(_) => json!(several(&text)),
        FieldType::Group(..) | FieldType::List(..) => {
            serde_json::from_str(&text).map_err(|e| ("bad_json", e.to_string()))?
        }
    })
}

/// An amount in the currency's unit, as minor units: hundredths.
pub(super) fn hundredths(cell: &Cell) -> Result<i64, Misfit> {
    let text = cell.written();
    let wrong = || ("not_an_amount", format!("no amount, such as 60000.00: {text}"));
    let (whole, decimals) = number(&text).ok_or_else(wrong)?;
    if decimals.len() > 2 {
        return Err(("not_whole_minor", format!("more than two decimals: {text}")));
    }
    format!("{whole}{decimals:0<2}").parse().map_err(|_| wrong())
}

fn several(text: &str) -> Vec<&str> {
    text.split([';', '；', '、']).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The digits before (with their sign) and after the decimal point, without zeros at the end. Thousands may be set
/// apart, and a yuan sign may stand around it.
fn number(text: &str) -> Option<(String, String)> {
    let text = half_width(text.trim());
    let text = text.trim_start_matches('¥').trim_end_matches('元').trim();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    if groups[0].is_empty() || !grouped || !groups.iter().all(|group| all_digits(group)) || !all_digits(decimals) {
        return None;
    }
    Some((format!("{sign}{}", groups.concat()), decimals.trim_end_matches('0').to_owned()))
}

/// A day as a date cell, as text, or as the number of days by which spreadsheets count.
fn day(cell: &Cell) -> Option<Date> {
    match cell {
        Cell::Day(day) => Some(*day),
        Cell::Text(text) | Cell::Number(text) => date_from_text(text).or_else(|| serial(text)),
        _ => None,
    }
}

/// Day 1 is 1 January 1900, and there is a 29 February 1900 that never was: from then on day 0 is 30 December 1899.
/// Only five digits, 1927 to 2173: anything else is more likely to be something else.
fn serial(text: &str) -> Option<Date> {
    let text = half_width(text.trim());
    let days: i32 = text.parse().ok().filter(|days| (10_000..100_000).contains(days))?;
    Date::constant(1899, 12, 30).checked_add(jiff::Span::new().days(days)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::text(text)
    }

    #[test]
    fn amounts_are_read_digit_by_digit() {
        for (written, minor) in [
            ("60000", 6_000_000),
            ("60,000.00", 6_000_000),
            ("￥６０，０００．５０", 6_000_050),
            ("0.1", 10),
            ("200000.000", 20_000_000),
            ("199999.99 元", 19_999_999),
            ("-1.01", -101),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(hundredths(&text(written)), Ok(minor), "{written}");
        }
        for (written, code) in [
            ("199999.995", "not_whole_minor"),
            ("1,00", "not_an_amount"),
            ("1.2.3", "not_an_amount"),
            ("6万", "not_an_amount"),
            (".5", "not_an_amount"),
            ("1e5", "not_an_amount"),
            ("92233720368547758.08", "not_an_amount"),
        ] {
            assert_eq!(hundredths(&text(written)).unwrap_err().0, code, "{written}");
        }
    }

    #[test]
    fn numbers_and_days() {
        let whole = |written: &str| value(FieldType::Int, &text(written)).map_err(|e| e.0);
        assert_eq!(whole("１２３"), Ok(json!(123)));
        assert_eq!(whole("1,000.0"), Ok(json!(1000)));
        assert_eq!(whole("1.5"), Err("not_a_number"));
        let day = |cell: Cell| value(FieldType::Date, &cell).map_err(|e| e.0);
        assert_eq!(day(text("46053")), Ok(json!("2026-01-31")));
        assert_eq!(day(Cell::Number("46053".into())), Ok(json!("2026-01-31")));
        assert_eq!(day(text("２０２６年１月３１日")), Ok(json!("2026-01-31")));
        assert_eq!(day(Cell::Moment("2026-01-31 08:00".into())), Err("not_a_date"));
        assert_eq!(day(text("123")), Err("not_a_date"));
    }

    #[test]
    fn an_apostrophe_is_taken_off_where_one_was_put() {
        for original in ["=1+1", "+86 138", "-5", "@x", "\tx", "'quoted'", "''", " blank ", "x\n"] {
            assert!(is_guarded(original));
            assert_eq!(text(&format!("'{original}")), Cell::Text(original.into()));
        }
        assert_eq!(text("'tis"), Cell::Text("'tis".into()));
        assert!(!is_guarded("x'y"));
    }
}
