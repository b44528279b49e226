//! Text as people and spreadsheets write it.

use jiff::civil::Date;

/// Full-width letters, digits and punctuation (１２３，．：) as their half-width twins.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            // The block of full-width forms has the order of ASCII.
            '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
            '\u{3000}' | '\u{a0}' => ' ',
            '、' => ',',
            '。' => '.',
            '–' | '—' | '−' => '-',
            '×' => 'x',
            '￥' => '¥',
            c => c,
        })
        .collect()
}

/// A day as people write it: 2026-01-31, 2026/1/31, 2026.1.31, 2026年1月31日, 20260131; a time of day only at midnight.
pub fn date_from_text(text: &str) -> Option<Date> {
    let text = half_width(text.trim());
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, time.trim()),
        None => (text.as_str(), ""),
    };
    let midnight = time.trim_end_matches('Z').chars().all(|c| matches!(c, '0' | ':' | '.'));
    if !midnight {
        return None;
    }
    if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) {
        return date(&day[..4], &day[4..6], &day[6..]);
    }
    let day = day.strip_suffix(['日', '号']).unwrap_or(day);
    let parts: Vec<&str> = day.split(['-', '/', '.', '年', '月']).collect();
    match parts[..] {
        [year, month, day] if year.len() == 4 => date(year, month, day),
        _ => None,
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits = |s: &str| !s.is_empty() && s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit());
    if ![year, month, day].into_iter().all(digits) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_people_write_them() {
        let day = Date::constant(2026, 1, 31);
        for text in [
            "2026-01-31",
            "2026/1/31",
            "2026.1.31",
            "2026年1月31日",
            "２０２６年１月３１日",
            "20260131",
            " 2026-1-31 ",
            "2026-01-31 00:00:00",
            "2026-01-31T00:00:00",
            "２０２６／０１／３１",
        ] {
            assert_eq!(date_from_text(text), Some(day), "{text}");
        }
        for text in ["", "2026-02-30", "26-1-31", "31/1/2026", "2026-01-31 08:00", "2026-1", "2026-1-31-1", "+2026-1-1"]
        {
            assert_eq!(date_from_text(text), None, "{text}");
        }
    }
}
