//! The one public error: what kind it is, a stable code, parameters, and what to tell the user in both languages.

use std::collections::HashMap;
use sync_core::document::command::CommandError;
use sync_core::document::facts::Lang;
use sync_core::message::{Arg, Message};
use sync_core::phone as engine;

/// Why a call failed. The variant says whose matter it is; all have the same fields. Unless the code says otherwise,
/// nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Error))]
pub enum PhoneError {
    /// The call was refused: what it asked for does not fit what is recorded.
    #[error("{code}: {en}")]
    Refused {
        /// A stable code, such as `timer_ended`.
        code: String,
        /// What the text is about, by name.
        parameters: HashMap<String, String>,
        /// For a user who reads Chinese.
        zh_cn: String,
        /// For a user who reads English.
        en: String,
    },
    /// The store could not be opened, read or written.
    #[error("{code}: {en}")]
    Store {
        /// A stable code, such as `store_wrong_key`.
        code: String,
        /// What the text is about, by name.
        parameters: HashMap<String, String>,
        /// For a user who reads Chinese.
        zh_cn: String,
        /// For a user who reads English.
        en: String,
    },
    /// The server said no, or there is no way to it. Nothing that was recorded is lost: it goes with the next sync.
    #[error("{code}: {en}")]
    Server {
        /// A stable code, such as `server_unreachable`.
        code: String,
        /// What the text is about, by name.
        parameters: HashMap<String, String>,
        /// For a user who reads Chinese.
        zh_cn: String,
        /// For a user who reads English.
        en: String,
    },
    /// Something that the host gives (clock, randomness, signer, its own network) failed.
    #[error("{code}: {en}")]
    Host {
        /// A stable code: `host_failed`.
        code: String,
        /// What the text is about, by name.
        parameters: HashMap<String, String>,
        /// For a user who reads Chinese.
        zh_cn: String,
        /// For a user who reads English.
        en: String,
    },
}

/// Where a code belongs.
#[derive(Clone, Copy)]
enum Kind {
    Refused,
    Store,
    Server,
    Host,
}

/// The codes of [`PhoneError::Server`].
const SERVER_CODES: [&str; 11] = [
    "app_too_old",
    "cancelled",
    "credentials_wrong",
    "device_revoked",
    "refresh_reused",
    "server_busy",
    "server_refused",
    "server_unreachable",
    "server_untrusted",
    "too_many_attempts",
    "unauthorized",
];

/// Every code there is: each has a text in the catalogue (`error-…`).
pub const CODES: [&str; 53] = [
    "answer_unreadable",
    "app_too_old",
    "bad_certificates",
    "bad_id",
    "bad_key_length",
    "bad_mail",
    "bad_number",
    "bad_phone",
    "bad_rating",
    "bad_server_address",
    "bad_signature",
    "cancelled",
    "carried_for_another",
    "changed_since_shown",
    "command_empty",
    "command_invalid",
    "credentials_wrong",
    "device_key_differs",
    "device_revoked",
    "document_refused",
    "document_unreadable",
    "enrolled_already",
    "enrolled_for_another",
    "fact_unknown",
    "host_failed",
    "host_signs",
    "join_code_unreadable",
    "name_missing",
    "no_canonical_form",
    "nobody_present",
    "not_enrolled",
    "photo_unknown",
    "reason_missing",
    "refresh_reused",
    "rescue_unreadable",
    "rescue_wrong_key",
    "server_busy",
    "server_refused",
    "server_unreachable",
    "server_untrusted",
    "store_closed",
    "store_damaged",
    "store_failed",
    "store_in_use",
    "store_too_new",
    "store_wrong_key",
    "timer_ended",
    "too_long",
    "too_many_attempts",
    "unauthorized",
    "visit_begun",
    "visit_unknown",
    "writes_pending",
];

impl PhoneError {
    fn new(kind: Kind, code: &str, parameters: &[(&str, String)]) -> Self {
        let mut message = Message::new(format!("error-{code}"));
        for (name, value) in parameters {
            message = message.with(name, Arg::Text(value.clone()));
        }
        let (zh_cn, en) = (message.render(Lang::ZhCn), message.render(Lang::En));
        let parameters = parameters.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        let code = code.to_owned();
        match kind {
            Kind::Refused => Self::Refused { code, parameters, zh_cn, en },
            Kind::Store => Self::Store { code, parameters, zh_cn, en },
            Kind::Server => Self::Server { code, parameters, zh_cn, en },
            Kind::Host => Self::Host { code, parameters, zh_cn, en },
        }
    }

    pub(crate) fn refused(code: &str, parameters: &[(&str, String)]) -> Self {
        Self::new(Kind::Refused, code, parameters)
    }

    pub(crate) fn store(code: &str, parameters: &[(&str, String)]) -> Self {
        Self::new(Kind::Store, code, parameters)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn server(code: &str, parameters: &[(&str, String)]) -> Self {
        Self::new(Kind::Server, code, parameters)
    }

    pub(crate) fn host(why: String) -> Self {
        Self::new(Kind::Host, "host_failed", &[("why", why)])
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. }
            | Self::Store { code, .. }
            | Self::Server { code, .. }
            | Self::Host { code, .. } => code,
        }
    }

    /// The text's parameters by name.
    pub fn parameters(&self) -> &HashMap<String, String> {
        match self {
            Self::Refused { parameters, .. }
            | Self::Store { parameters, .. }
            | Self::Server { parameters, .. }
            | Self::Host { parameters, .. } => parameters,
        }
    }
}

/// Why a callback of the host failed. Whatever a callback throws arrives as this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Error))]
pub enum HostError {
    /// The callback could not do what it was asked for.
    #[error("{reason}")]
    Failed {
        /// Why, for whoever reads the log.
        reason: String,
    },
    /// The same, with one of this library's own codes: the user is told the code's text.
    #[error("{code} {parameters:?}")]
    Coded {
        /// The code, such as `server_unreachable`.
        code: String,
        /// The text's parameters by name.
        parameters: HashMap<String, String>,
    },
}

impl HostError {
    /// Whether the host ended the call itself.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Coded { code, .. } if code == "cancelled")
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(e: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: e.reason }
    }
}

impl From<HostError> for PhoneError {
    /// A code that the host gives is kept where it is one of [`CODES`].
    fn from(e: HostError) -> Self {
        let (code, parameters) = match e {
            HostError::Coded { code, parameters } if CODES.contains(&code.as_str()) => (code, parameters),
            other => return Self::host(other.to_string()),
        };
        let kind = match code.as_str() {
            "host_failed" => Kind::Host,
            known if SERVER_CODES.contains(&known) => Kind::Server,
            known if known.starts_with("store_") => Kind::Store,
            _ => Kind::Refused,
        };
        let parameters: Vec<(&str, String)> = parameters.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        Self::new(kind, &code, &parameters)
    }
}

impl From<PhoneError> for HostError {
    fn from(e: PhoneError) -> Self {
        Self::Coded { code: e.code().to_owned(), parameters: e.parameters().clone() }
    }
}

impl From<engine::PhoneError> for PhoneError {
    fn from(e: engine::PhoneError) -> Self {
        let code = e.code();
        let parameters = match &e {
            engine::PhoneError::UnknownVisit(visit) => vec![("visit", visit.to_string())],
            engine::PhoneError::Command(CommandError::Invalid { field, why }) => {
                vec![("field", (*field).to_owned()), ("why", why.clone())]
            }
            engine::PhoneError::Command(CommandError::Unknown { what, id }) => {
                vec![("what", (*what).to_owned()), ("fact", id.to_string())]
            }
            engine::PhoneError::Command(CommandError::Ended(id)) => vec![("fact", id.to_string())],
            engine::PhoneError::Command(CommandError::Begun | CommandError::Empty)
            | engine::PhoneError::HostSigns
            | engine::PhoneError::ChangedSinceShown
            | engine::PhoneError::BadCode => vec![],
            engine::PhoneError::Command(CommandError::Document(_))
            | engine::PhoneError::Document(_)
            | engine::PhoneError::SignOff(_)
            | engine::PhoneError::Canonical(_)
            | engine::PhoneError::Answer(_) => vec![("why", e.to_string())],
        };
        Self::refused(code, &parameters)
    }
}

impl From<engine::OpenError> for PhoneError {
    fn from(e: engine::OpenError) -> Self {
        match e {
            engine::OpenError::NotEnrolled => Self::refused("not_enrolled", &[]),
            engine::OpenError::Unreadable(what) => Self::store("store_damaged", &[("what", what)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_text_in_both_languages_and_no_text_is_without_its_code() {
        for lang in ["zh-CN", "en"] {
            let path = format!("{}/../sync-core/locales/{lang}/phone.ftl", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let ids: Vec<&str> = text.lines().filter_map(|l| l.split_once(" = ")?.0.strip_prefix("error-")).collect();
            assert_eq!(ids, CODES, "{lang}");
        }
    }

    #[test]
    fn an_error_is_the_same_after_a_way_through_the_host() {
        for error in [
            PhoneError::server("server_busy", &[("status", "503".into()), ("wait_s", "7".into())]),
            PhoneError::store("store_closed", &[]),
            PhoneError::refused("bad_id", &[("value", "x".into())]),
            PhoneError::host("no clock".into()),
        ] {
            assert_eq!(PhoneError::from(HostError::from(error.clone())), error);
        }
        let foreign = HostError::Coded { code: "of_the_host".into(), parameters: HashMap::new() };
        assert_eq!(PhoneError::from(foreign).code(), "host_failed");
        assert!(SERVER_CODES.iter().all(|code| CODES.contains(code)));
    }

    #[test]
    fn parameters_are_in_the_texts() {
        let e = PhoneError::store("store_too_new", &[("found", "9".into()), ("known", "1".into())]);
        let PhoneError::Store { zh_cn, en, .. } = &e else { panic!("{e}") };
        assert!(en.contains('9') && zh_cn.contains('9'), "{en} {zh_cn}");
        assert_eq!(e.parameters()["found"], "9");
        assert!(e.to_string().starts_with("store_too_new: "));
    }
}
