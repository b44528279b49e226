//! How the story is printed: numbered chapters, paragraphs wrapped at a readable width (Chinese characters take two
//! columns), colour only on a terminal.

use std::io::{IsTerminal as _, Write};

/// Columns that a line may take.
const WIDTH: usize = 98;

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// A heading.
    Heading,
    /// Beside the point.
    Quiet,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look: flags, faults.
    Look,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Heading => "\u{1b}[1;36m",
            Self::Quiet => "\u{1b}[2m",
            Self::Good => "\u{1b}[32m",
            Self::Bad => "\u{1b}[1;31m",
            Self::Look => "\u{1b}[33m",
        }
    }
}

/// Tells the story.
pub struct Narrator {
    out: Box<dyn Write + Send>,
    colour: bool,
    chapter: u32,
}

impl Narrator {
    /// To standard output, in colour when that is a terminal and `NO_COLOR` (no-color.org) is not set.
    pub fn stdout() -> Self {
        let out = std::io::stdout();
        let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Self { out: Box::new(out), colour, chapter: 0 }
    }

    /// To nobody: for tests.
    pub fn silent() -> Self {
        Self { out: Box::new(std::io::sink()), colour: false, chapter: 0 }
    }

    /// Begins a chapter.
    pub fn chapter(&mut self, title: &str) {
        self.chapter += 1;
        let head = format!("── {}  {title} ", self.chapter);
        let rule = "─".repeat(WIDTH.saturating_sub(columns(&head)));
        self.put(Tone::Plain, "");
        self.put(Tone::Heading, &format!("{head}{rule}"));
    }

    /// A paragraph of narration.
    pub fn say(&mut self, text: &str) {
        self.block(Tone::Plain, "   ", "   ", text);
    }

    /// A line that belongs to something: `label` in a column of its own, the text wrapped beside it.
    pub fn line(&mut self, tone: Tone, label: &str, text: &str) {
        self.column(tone, label, 20, text);
    }

    /// As [`Narrator::line`], with another width of the label's column.
    pub fn column(&mut self, tone: Tone, label: &str, width: usize, text: &str) {
        let first = format!("   {} ", pad(label, width));
        self.block(tone, &first, &" ".repeat(columns(&first)), text);
    }

    /// A line under another one.
    pub fn detail(&mut self, tone: Tone, mark: &str, text: &str) {
        let first = format!("     {mark} ");
        self.block(tone, &first, &" ".repeat(columns(&first)), text);
    }

    /// What a program printed.
    pub fn output(&mut self, tone: Tone, text: &str) {
        for line in text.lines() {
            self.block(tone, "   ", "     ", line);
        }
    }

    /// A text as it is, framed on the left.
    pub fn quote(&mut self, text: &str) {
        for line in text.lines() {
            self.block(Tone::Plain, "   │ ", "   │   ", line);
        }
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.put(Tone::Plain, "");
    }

    /// A line as it is, for programs to read.
    pub fn raw(&mut self, text: &str) {
        self.put(Tone::Plain, text);
    }

    fn block(&mut self, tone: Tone, first: &str, next: &str, text: &str) {
        for (n, line) in wrap(text, WIDTH.saturating_sub(columns(first))).into_iter().enumerate() {
            let lead = if n == 0 { first } else { next };
            self.put(tone, &format!("{lead}{line}"));
        }
    }

    fn put(&mut self, tone: Tone, line: &str) {
        let line = line.trim_end();
        // A reader that went away (`| head`) must not end the story: the server has still to be stopped.
        let _ = if self.colour && !line.is_empty() && tone != Tone::Plain {
            writeln!(self.out, "{}{line}\u{1b}[0m", tone.code())
        } else {
            writeln!(self.out, "{line}")
        };
        let _ = self.out.flush();
    }
}

/// `text` filled up with blanks to `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// How many columns a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// East Asian wide characters, as far as they occur here (Unicode TR 11).
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x2_0000..=0x3_FFFD)
}

/// Marks that may not begin a line.
fn clings(c: char) -> bool {
    "，。；：、！？）》”’」".contains(c)
}

/// Marks that may not end a line.
fn opens(c: char) -> bool {
    "（《“‘「".contains(c)
}

/// Breaks a text into lines: between words, and between Chinese characters.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let (mut breakable, mut opened) = (true, false);
    for c in text.chars() {
        let alone = is_wide(c) && !clings(c) && !opened;
        match pieces.last_mut() {
            Some(last) if c == ' ' || clings(c) || !(breakable || alone) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        opened = opens(c);
        breakable = c == ' ' || (is_wide(c) && !opened);
    }
    let mut lines = vec![String::new()];
    for piece in pieces {
        let full = lines.last().is_some_and(|l| !l.is_empty() && columns(l) + columns(piece.trim_end()) > width);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&piece);
        }
    }
    lines.into_iter().map(|l| l.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_between_chinese_characters() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("数据库无法启动", 6), ["数据库", "无法启", "动"]);
        assert_eq!(wrap("无法启动，恢复", 8), ["无法启", "动，恢复"]);
        assert_eq!(wrap("他说：“无法启动”", 8), ["他说：", "“无法启", "动”"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(columns("HIS 数据"), 8);
    }
}
