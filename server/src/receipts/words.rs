//! Times, amounts and texts as a reader sees them: in their language, in the customer's time zone, and cut to bounds.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cell::Cell;
use sync_core::document::facts::Lang;
use sync_core::message::Message;

/// How much of the free text is shown. The receipt's file always holds all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest text, in characters.
    pub text: usize,
    /// Longest list.
    pub list: usize,
}

impl Limits {
    /// Everything that admission lets in.
    pub const WHOLE: Self = Self { text: usize::MAX, list: usize::MAX };
    /// From generous to tight: a mail takes the first that fits.
    pub const MAIL: [Self; 4] = [
        Self { text: 2000, list: 60 },
        Self { text: 500, list: 30 },
        Self { text: 160, list: 12 },
        Self { text: 60, list: 4 },
    ];
}

/// Renders for one reader.
pub(super) struct Words {
    pub(super) lang: Lang,
    zone: TimeZone,
    limits: Limits,
    shortened: Cell<bool>,
}

impl Words {
    pub(super) fn new(lang: Lang, zone: TimeZone, limits: Limits) -> Self {
        Self { lang, zone, limits, shortened: Cell::new(false) }
    }

    /// Whether anything was left out so far.
    pub(super) fn shortened(&self) -> bool {
        self.shortened.get()
    }

    pub(super) fn t(&self, id: &str) -> String {
        Message::new(id).render(self.lang)
    }

    /// A word of an enum.
    pub(super) fn word(&self, kind: &str, value: &str) -> String {
        Message::new(format!("{kind}-{value}")).render(self.lang)
    }

    pub(super) fn say(&self, message: Message) -> String {
        message.render(self.lang)
    }

    /// A text with something said beside it, in brackets.
    pub(super) fn more(&self, text: &str, more: &str) -> String {
        self.say(Message::new("mail-more").with("text", text).with("more", more))
    }

    /// A label and its text on one line.
    pub(super) fn line(&self, label: &str, text: &str) -> String {
        self.say(Message::new("mail-line").with("label", label).with("text", text))
    }

    /// An instant in the customer's time zone, to the minute.
    pub(super) fn at(&self, ms: i64) -> String {
        let Ok(instant) = Timestamp::from_millisecond(ms) else { return String::new() };
        let local = instant.to_zoned(self.zone.clone());
        match self.lang {
            Lang::ZhCn => local.strftime("%Y年%-m月%-d日 %H:%M").to_string(),
            Lang::En => local.strftime("%-d %b %Y, %H:%M").to_string(),
        }
    }

    /// An instant in the customer's time zone, to the second.
    pub(super) fn at_second(&self, ms: i64) -> String {
        let Ok(instant) = Timestamp::from_millisecond(ms) else { return String::new() };
        format!("{}{}", self.at(ms), instant.to_zoned(self.zone.clone()).strftime(":%S"))
    }

    /// A span; the second day is left out when it is the first.
    pub(super) fn span(&self, from_ms: i64, until_ms: i64) -> String {
        let day = |ms| Timestamp::from_millisecond(ms).map(|t| t.to_zoned(self.zone.clone()).date()).ok();
        let until = match Timestamp::from_millisecond(until_ms) {
            Ok(t) if day(from_ms) == day(until_ms) => t.to_zoned(self.zone.clone()).strftime("%H:%M").to_string(),
            _ => self.at(until_ms),
        };
        self.say(Message::new("mail-from-until").with("from", self.at(from_ms)).with("until", until))
    }

    /// How far the zone is from UTC at an instant, such as `+08:00`.
    pub(super) fn offset(&self, ms: i64) -> String {
        let instant = Timestamp::from_millisecond(ms).unwrap_or_default();
        instant.to_zoned(self.zone.clone()).strftime("%:z").to_string()
    }

    /// Whole seconds as hours and minutes; the started minute is dropped, except where nothing else would be left.
    pub(super) fn duration(&self, seconds: i64) -> String {
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        self.say(match (hours, minutes) {
            (0, 0) => Message::new("mail-seconds").with("seconds", seconds),
            (0, _) => Message::new("mail-duration-short").with("minutes", minutes),
            _ => Message::new("mail-duration").with("hours", hours).with("minutes", minutes),
        })
    }

    /// Free text, made harmless and cut.
    pub(super) fn text(&self, text: &str) -> String {
        let text = clean(text);
        match text.char_indices().nth(self.limits.text) {
            Some((end, _)) => {
                self.shortened.set(true);
                format!("{}…", text.get(..end).unwrap_or_default().trim_end())
            }
            None => text,
        }
    }

    /// A list, cut.
    pub(super) fn list<T>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut items = items.into_iter();
        let shown = items.by_ref().take(self.limits.list).collect();
        if items.next().is_some() {
            self.shortened.set(true);
        }
        shown
    }
}

/// Minor units as a decimal number with two places, as in the text that was signed.
pub(super) fn money(minor: i64, currency: &str) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02} {currency}", minor / 100, minor % 100).trim_end().to_owned()
}

/// With a capital letter first: for headings.
pub(super) fn initial(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Hex in groups of four characters.
pub(super) fn groups(hex: &str) -> Vec<String> {
    hex.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect()
}

/// Without control characters and without marks that turn the direction of writing: both could make a reader see
/// something else than what was written. They are shown as replacement characters, not dropped.
pub(crate) fn clean(text: &str) -> String {
    let harmful = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    text.trim().chars().map(|c| if harmful(c) { '\u{fffd}' } else { c }).collect()
}

/// [`clean`], on one line: for subjects and names.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lang: Lang, zone: &str) -> Words {
        Words::new(lang, TimeZone::get(zone).unwrap(), Limits { text: 5, list: 2 })
    }

    #[test]
    fn times_are_the_customers() {
        // 2026-11-22T22:10:59Z
        let ms = 1_795_385_459_000;
        let (zh, en) = (words(Lang::ZhCn, "Asia/Shanghai"), words(Lang::En, "Asia/Shanghai"));
        assert_eq!(zh.at(ms), "2026年11月23日 06:10");
        assert_eq!(en.at(ms), "23 Nov 2026, 06:10");
        assert_eq!(en.span(ms, ms + 3_600_000), "23 Nov 2026, 06:10 to 07:10");
        assert_eq!(zh.span(ms - 7 * 3_600_000, ms), "2026年11月22日 23:10 至 2026年11月23日 06:10");
        assert_eq!(words(Lang::En, "Asia/Kathmandu").offset(ms), "+05:45");
        assert_eq!((en.at(i64::MAX), en.at_second(i64::MAX)), (String::new(), String::new()));
        assert_eq!(en.at_second(ms), "23 Nov 2026, 06:10:59");
    }

    #[test]
    fn durations_and_amounts() {
        let en = words(Lang::En, "UTC");
        assert_eq!(
            (en.duration(59), en.duration(60), en.duration(3600)),
            ("59 s".into(), "1 min".into(), "1 h 0 min".into())
        );
        assert_eq!((money(5, "CNY"), money(-12_345, "")), ("0.05 CNY".to_owned(), "-123.45".to_owned()));
        assert_eq!(groups("aabbccddee"), ["aabb", "ccdd", "ee"]);
    }

    #[test]
    fn texts_are_cut_by_characters_and_made_harmless() {
        let zh = words(Lang::ZhCn, "UTC");
        assert_eq!(zh.text("医院信息科"), "医院信息科");
        assert!(!zh.shortened());
        assert_eq!(zh.text("医院信息科主任"), "医院信息科…");
        assert!(zh.shortened());
        assert_eq!(clean("a\r\nb\tc\u{202e}d\u{0}"), "a\nb c\u{fffd}d\u{fffd}");
        assert_eq!(one_line(" a\n\n b "), "a b");
        assert_eq!(zh.list(0..3), [0, 1]);
    }
}
