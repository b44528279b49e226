//! Delivery status notifications (RFC 3464): what mail servers send back when they give up, read into what it says about
//! which of our mails.

use crate::receipts::sheet::one_line;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders as _, PartType};

/// Longest explanation that is kept, in characters.
const LONGEST: usize = 500;
/// A notification is about one mail; more recipients than this are none of ours.
const MOST_RECIPIENTS: usize = 50;

/// What became of a mail for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The address, as the mail server names it.
    pub recipient: String,
    /// Whether it was given up (`Action: failed`). Otherwise it is delayed, relayed or delivered.
    pub failed: bool,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// The status (RFC 3463), such as `5.1.1`.
    pub status: String,
    /// In the mail server's words.
    pub diagnostic: String,
}

impl Fate {
    /// In one line.
    pub fn told(&self) -> String {
        let text = [self.status.as_str(), self.diagnostic.as_str()].join(" ");
        one_line(&text).chars().take(LONGEST).collect()
    }
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The Message-ID of the mail that it is about, without angle brackets.
    pub message_id: String,
    /// What became of it, by recipient.
    pub fates: Vec<Fate>,
}

/// Why bytes are no notification about a mail of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BounceError {
    /// No mail, or one that reports nothing: an answer of a person, an out-of-office note.
    #[error("this is no delivery status notification (RFC 3464)")]
    NoReport,
    /// It does not say about which mail.
    #[error("the notification does not name the mail that it is about")]
    NoOriginal,
}

/// Reads a mail.
///
/// # Errors
/// See [`BounceError`].
pub fn read(bytes: &[u8]) -> Result<Notification, BounceError> {
    let mail = MessageParser::default().parse(bytes).ok_or(BounceError::NoReport)?;
    let status = mail.parts.iter().find(|p| is(p, "message", &["delivery-status", "global-delivery-status"]));
    let fates = fates(&String::from_utf8_lossy(status.ok_or(BounceError::NoReport)?.contents()));
    if fates.is_empty() {
        return Err(BounceError::NoReport);
    }
    Ok(Notification { message_id: original(&mail).ok_or(BounceError::NoOriginal)?, fates })
}

fn is(part: &MessagePart<'_>, kind: &str, subkinds: &[&str]) -> bool {
    part.content_type().is_some_and(|c| {
        c.ctype().eq_ignore_ascii_case(kind)
            && c.subtype().is_some_and(|s| subkinds.iter().any(|k| s.eq_ignore_ascii_case(k)))
    })
}

/// The first group is about the message, each further one about a recipient.
fn fates(report: &str) -> Vec<Fate> {
    let report = report.replace("\r\n", "\n");
    let groups = report.split("\n\n").map(str::trim_start).filter(|g| !g.is_empty());
    let fate = |group: &str| {
        // Without the empty line at their end the parser would wait for a body.
        let group = format!("{group}\n\n");
        let fields = MessageParser::default().parse_headers(group.as_bytes())?;
        let field = |name: &'static str| fields.header_raw(name).map(one_line).unwrap_or_default();
        // `rfc822; liu@hospital.example`: the type says nothing that we do not know.
        let bare = |text: String| text.split_once(';').map_or(text.clone(), |(_, rest)| rest.trim().to_owned());
        let action = field("Action").to_ascii_lowercase();
        let recipient = Some(field("Original-Recipient")).filter(|r| !r.is_empty());
        let recipient = bare(recipient.unwrap_or_else(|| field("Final-Recipient")));
        (!action.is_empty() && !recipient.is_empty()).then(|| Fate {
            recipient,
            failed: action == "failed",
            action,
            status: field("Status"),
            diagnostic: bare(field("Diagnostic-Code")),
        })
    };
    groups.take(MOST_RECIPIENTS + 1).filter_map(fate).take(MOST_RECIPIENTS).collect()
}

/// The Message-ID in the mail that came back, whole or only its headers. Servers that send neither back still name it as
/// what they answer.
fn original(mail: &Message<'_>) -> Option<String> {
    let returned = mail.parts.iter().find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(str::to_owned),
        _ if is(part, "text", &["rfc822-headers"]) || is(part, "message", &["rfc822-headers", "global-headers"]) => {
            let headers = [part.contents(), b"\r\n\r\n"].concat();
            MessageParser::default().parse_headers(&headers)?.message_id().map(str::to_owned)
        }
        _ => None,
    });
    let named = || {
        let references = mail.references().as_text_list().and_then(|l| l.last().cloned());
        let references = references.or_else(|| mail.references().as_text().map(|t| t.to_owned().into()));
        mail.in_reply_to().as_text().map(str::to_owned).or_else(|| references.map(|r| r.into_owned()))
    };
    returned.or_else(named).map(|id| id.trim_matches(['<', '>', ' ']).to_owned()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests;
