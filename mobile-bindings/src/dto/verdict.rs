//! 合同覆盖结论, in words.

use super::words::*;
use super::{held, records};
use crate::error::PhoneError;
use sync_core::canonical::to_canonical_json;
use sync_core::coverage as core;
use sync_core::document::facts::Lang as CoreLang;
use sync_core::message::Message;

records! {
    /// A text in both languages.
    pub struct Text {
        /// 简体中文
        pub zh_cn: String,
        /// English.
        pub en: String,
    }

    /// A stretch of the work with one answer.
    pub struct Stretch {
        /// From, milliseconds since 1970 UTC.
        pub from_ms: i64,
        /// Until (exclusive).
        pub until_ms: i64,
        /// The answer.
        pub coverage: Coverage,
        /// Why, as a stable code such as `out_of_scope`.
        pub cause: String,
        /// Why, in words.
        pub reason: Text,
        /// Each contract that was looked at, and why it did not serve.
        pub looked_at: Vec<Text>,
    }

    /// The answer for one work item.
    pub struct ItemVerdict {
        /// Which.
        pub item: String,
        /// The whole item's answer.
        pub coverage: Coverage,
        /// In the order of time.
        pub stretches: Vec<Stretch>,
    }

    /// 标记: something a manager will look at.
    pub struct Flag {
        /// A stable code such as `no_contract`.
        pub code: String,
        /// How loud.
        pub severity: Severity,
        /// The work item it is about.
        pub item: Option<String>,
        /// Why, in words.
        pub message: Text,
    }

    /// The phone's own verdict; advisory, the server judges again.
    pub struct Verdict {
        /// The version of the reference data that it was judged by.
        pub reference_version: i64,
        /// The whole visit's answer.
        pub coverage: Coverage,
        /// One per work item that counts.
        pub items: Vec<ItemVerdict>,
        /// What a manager will look at.
        pub flags: Vec<Flag>,
        /// All of it as the core says it, in canonical JSON (RFC 8785): equal bytes on every platform.
        pub canonical: String,
    }
}

impl From<&Message> for Text {
    fn from(m: &Message) -> Self {
        Self { zh_cn: m.render(CoreLang::ZhCn), en: m.render(CoreLang::En) }
    }
}

impl From<&core::Stretch> for Stretch {
    fn from(s: &core::Stretch) -> Self {
        Self {
            from_ms: held(s.from_ms),
            until_ms: held(s.until_ms),
            coverage: s.coverage.into(),
            cause: s.cause.as_str().to_owned(),
            reason: (&s.reason).into(),
            looked_at: s.looked_at.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<&core::Verdict> for Verdict {
    type Error = PhoneError;
    fn try_from(v: &core::Verdict) -> Result<Self, PhoneError> {
        let item = |i: &core::ItemVerdict| ItemVerdict {
            item: i.item.to_string(),
            coverage: i.coverage.into(),
            stretches: i.stretches.iter().map(Into::into).collect(),
        };
        let flag = |f: &core::Flag| Flag {
            code: f.code.as_str().to_owned(),
            severity: f.severity.into(),
            item: f.item.map(|i| i.to_string()),
            message: (&f.message).into(),
        };
        let canonical = to_canonical_json(v).map_err(sync_core::phone::PhoneError::from)?;
        Ok(Self {
            reference_version: held(v.reference_version),
            coverage: v.coverage.into(),
            items: v.items.iter().map(item).collect(),
            flags: v.flags.iter().map(flag).collect(),
            canonical,
        })
    }
}
