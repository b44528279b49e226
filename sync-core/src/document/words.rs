//! How the words of `words!` are read: one reader for all of them, because serde's own would be one for each, and all of
//! them are loaded by a browser.

use serde::Deserializer;
use serde::de::{Error, Visitor};
use std::fmt;

/// Which of `texts` comes.
pub(crate) fn position<'de, D: Deserializer<'de>>(from: D, texts: &'static [&'static str]) -> Result<usize, D::Error> {
    from.deserialize_str(Word(texts))
}

struct Word(&'static [&'static str]);

impl Visitor<'_> for Word {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of the known words")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<usize, E> {
        self.0.iter().position(|known| *known == text).ok_or_else(|| E::unknown_variant(text, self.0))
    }
}
