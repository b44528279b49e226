//! Texts by id: what the core has to say to a person is a message id with parameters, rendered from one catalogue
//! (`locales/`, Fluent) in the reader's language.

use crate::document::facts::Lang;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// A parameter of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Arg {
    /// A whole number.
    Int(i64),
    /// A text, inserted as it is.
    Text(String),
    /// Another message, rendered in the same language before it is inserted.
    Message(Message),
}

impl<'de> Deserialize<'de> for Arg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgVisitor)
    }
}

/// Reads it by what it looks like. serde's own way for enums without a tag tries one after the other from a buffer.
struct ArgVisitor;

impl<'de> Visitor<'de> for ArgVisitor {
    type Value = Arg;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, a text or a message")
    }
    fn visit_i64<E: Error>(self, n: i64) -> Result<Arg, E> {
        Ok(Arg::Int(n))
    }
    fn visit_u64<E: Error>(self, n: u64) -> Result<Arg, E> {
        i64::try_from(n).map(Arg::Int).map_err(|_| E::invalid_value(Unexpected::Unsigned(n), &self))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Arg, E> {
        Ok(Arg::Text(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Arg, A::Error> {
        Message::deserialize(MapAccessDeserializer::new(map)).map(Arg::Message)
    }
}

/// A text to be rendered: its id in the catalogue and its parameters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Message {
    /// The id, such as `flag-no_contract`.
    pub id: String,
    /// The parameters by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Arg>,
}

impl Message {
    /// A message without parameters.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), args: BTreeMap::new() }
    }
    /// With one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Arg>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
    /// The text in `lang`. An id that the catalogue lacks renders as the id itself, so that nothing is hidden.
    pub fn render(&self, lang: Lang) -> String {
        let mut out = String::new();
        self.write(lang, &mut out);
        out
    }

    fn write(&self, lang: Lang, out: &mut String) {
        let Some(mut rest) = catalogue(lang).text(&self.id) else { return out.push_str(&self.id) };
        while let Some((before, (name, after))) =
            rest.split_once(OPEN).and_then(|(before, after)| Some((before, after.split_once(CLOSE)?)))
        {
            out.push_str(before);
            match self.args.get(name) {
                // As it is, not as a Fluent number: 2026 must not become "2,026".
                Some(Arg::Int(n)) => out.push_str(&n.to_string()),
                Some(Arg::Text(text)) => out.push_str(text),
                Some(Arg::Message(message)) => message.write(lang, out),
                // As Fluent shows what it was not given.
                None => out.extend(["{$", name, "}"]),
            }
            rest = after;
        }
        out.push_str(rest);
    }
}

impl From<i64> for Arg {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<&str> for Arg {
    fn from(s: &str) -> Self {
        Self::Text(s.to_owned())
    }
}
impl From<String> for Arg {
    fn from(s: String) -> Self {
        Self::Text(s)
    }
}
impl From<Message> for Arg {
    fn from(m: Message) -> Self {
        Self::Message(m)
    }
}

/// The catalogue files of one language, each with one subject. What only the server says is not loaded by a browser.
const ZH_CN_FILES: &[&str] = &[
    include_str!("../locales/zh-CN/words.ftl"),
    include_str!("../locales/zh-CN/coverage.ftl"),
    include_str!("../locales/zh-CN/record.ftl"),
    include_str!("../locales/zh-CN/signoff.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/zh-CN/mail.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/zh-CN/hospital.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/zh-CN/money.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/zh-CN/judging.ftl"),
    include_str!("../locales/zh-CN/phone.ftl"),
];
const EN_FILES: &[&str] = &[
    include_str!("../locales/en/words.ftl"),
    include_str!("../locales/en/coverage.ftl"),
    include_str!("../locales/en/record.ftl"),
    include_str!("../locales/en/signoff.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/en/mail.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/en/hospital.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/en/money.ftl"),
    #[cfg(not(target_arch = "wasm32"))]
    include_str!("../locales/en/judging.ftl"),
    include_str!("../locales/en/phone.ftl"),
];

/// What stands around a parameter's name.
const OPEN: &str = "{ $";
const CLOSE: &str = " }";

/// Id and text of each message, in the order of the ids.
struct Catalogue(Vec<(&'static str, &'static str)>);

static ZH_CN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(ZH_CN_FILES));
static EN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(EN_FILES));

fn catalogue(lang: Lang) -> &'static Catalogue {
    match lang {
        Lang::ZhCn => &ZH_CN,
        Lang::En => &EN,
    }
}

impl Catalogue {
    /// What these files use of Fluent is a text on one line with parameters in it; a browser need not load the rest of it.
    /// A test holds what this makes of them to what `fluent-bundle` does.
    fn read(files: &[&'static str]) -> Self {
        let lines = files.iter().flat_map(|file| file.lines()).filter(|line| !line.starts_with('#'));
        let mut all: Vec<_> = lines.filter_map(|line| line.split_once(" = ")).collect();
        all.sort_unstable();
        Self(all)
    }

    fn text(&self, id: &str) -> Option<&'static str> {
        let at = self.0.binary_search_by_key(&id, |(id, _)| id).ok()?;
        self.0.get(at).map(|(_, text)| *text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
    use fluent_syntax::ast::Entry;

    fn fluent(lang: &str, files: &[&str]) -> (FluentBundle<FluentResource>, Vec<String>) {
        let mut bundle = FluentBundle::new(vec![lang.parse().unwrap()]);
        // Isolation marks around parameters would end up in signed text and in file names.
        bundle.set_use_isolating(false);
        let mut ids = Vec::new();
        for file in files {
            let resource = FluentResource::try_new((*file).to_owned()).unwrap();
            for entry in resource.entries() {
                match entry {
                    Entry::Message(message) => ids.push(message.id.name.to_owned()),
                    Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            bundle.add_resource(resource).unwrap();
        }
        (bundle, ids)
    }

    #[test]
    fn every_message_is_what_fluent_makes_of_it() {
        let values = [
            Arg::Int(-2_026),
            "{ $why } 上门 \"".into(),
            Message::new("mode-on_site").into(),
            Message::new("?").into(),
        ];
        for (lang, name, files) in [(Lang::ZhCn, "zh-CN", ZH_CN_FILES), (Lang::En, "en", EN_FILES)] {
            let (bundle, ids) = fluent(name, files);
            assert_eq!(ids.len(), catalogue(lang).0.len());
            for id in ids {
                let names: Vec<&str> = catalogue(lang)
                    .text(&id)
                    .unwrap()
                    .split(OPEN)
                    .skip(1)
                    .map(|s| s.split_once(CLOSE).unwrap().0)
                    .collect();
                // Each parameter is left out once.
                for (absent, start) in (0..=names.len()).zip((0..values.len()).cycle()) {
                    let given = names.iter().enumerate().filter(|(i, _)| *i != absent);
                    let values = values.iter().cycle().skip(start);
                    let mut message = Message::new(id.as_str());
                    let mut args = FluentArgs::new();
                    for ((_, name), value) in given.zip(values) {
                        message.args.insert((*name).to_owned(), value.clone());
                    }
                    for (name, value) in &message.args {
                        let text = match value {
                            Arg::Int(n) => n.to_string(),
                            Arg::Text(text) => text.clone(),
                            Arg::Message(inner) => inner.render(lang),
                        };
                        args.set(name.clone(), FluentValue::from(text));
                    }
                    let pattern = bundle.get_message(&id).and_then(|m| m.value()).unwrap();
                    let expected = bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned();
                    assert_eq!(message.render(lang), expected, "{id}");
                }
            }
        }
    }

    #[test]
    fn parameters_read_as_they_were_written() {
        let message = Message::new("x").with("n", -7).with("t", "七").with("m", Message::new("y").with("z", 1));
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(json, r#"{"id":"x","args":{"m":{"id":"y","args":{"z":1}},"n":-7,"t":"七"}}"#);
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
        assert_eq!(serde_json::from_value::<Message>(serde_json::from_str(&json).unwrap()).unwrap(), message);
        for bad in ["1.5", "true", "null", "[]", "9223372036854775808", r#"{"id":1}"#] {
            assert!(serde_json::from_str::<Arg>(bad).is_err(), "{bad}");
        }
        assert_eq!(serde_json::from_str::<Arg>("9223372036854775807").unwrap(), Arg::Int(i64::MAX));
    }
}
