//! Texts by id: what the core has to say to a person is a message id with parameters, rendered from one catalogue
//! (`locales/`, Fluent) in the reader's language.

use crate::document::facts::Lang;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A parameter of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A whole number.
    Int(i64),
    /// A text, inserted as it is.
    Text(String),
    /// Another message, rendered in the same language before it is inserted.
    Message(Message),
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
        let bundle = match lang {
            Lang::ZhCn => &*ZH_CN,
            Lang::En => &*EN,
        };
        let mut args = FluentArgs::new();
        for (name, value) in &self.args {
            let value: FluentValue<'_> = match value {
                // As text, not as a Fluent number: 2026 must not become "2,026".
                Arg::Int(n) => n.to_string().into(),
                Arg::Text(s) => s.clone().into(),
                Arg::Message(m) => m.render(lang).into(),
            };
            args.set(name.clone(), value);
        }
        let Some(pattern) = bundle.get_message(&self.id).and_then(|m| m.value()) else {
            return self.id.clone();
        };
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
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

static ZH_CN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("zh-CN", ZH_CN_FILES));
static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("en", EN_FILES));

fn bundle(lang: &str, files: &[&str]) -> FluentBundle<FluentResource> {
    let id: unic_langid::LanguageIdentifier = lang.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks around parameters would end up in signed text and in file names.
    bundle.set_use_isolating(false);
    for file in files {
        // A message that does not parse is left out here and found by the catalogue's test.
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
    }
    bundle
}
