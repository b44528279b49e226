//! The templates: strict about names that are missing, and escaping everything that they are not told is markup.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, context, escape_formatter,
};
use serde::Serialize;
use std::sync::LazyLock;
use sync_core::document::facts::Lang;
use sync_core::message::{Arg, Message};

use super::sheet::{Sheet, Tone};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

static ENVIRONMENT: LazyLock<Result<Environment<'static>, String>> =
    LazyLock::new(|| environment().map_err(|e| e.to_string()));

/// A template could not be rendered: a mistake in the program, found by the tests.
#[derive(Debug, Clone, thiserror::Error)]
#[error("template: {0}")]
pub struct TemplateError(String);

impl From<Error> for TemplateError {
    fn from(e: Error) -> Self {
        // With its causes: minijinja's first line alone names no line number.
        Self(format!("{e:#}"))
    }
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe() => {
            Ok(out.write_str(&escape(text))?)
        }
        _ => escape_formatter(out, state, value),
    });
    env.add_function("t", translate);
    env.add_filter("br", line_breaks);
    env.add_filter("initial", super::words::initial);
    env.add_filter("indent_lines", indent_lines);
    env.add_template("receipt.html", include_str!("templates/receipt.html"))?;
    env.add_template("mail.html", include_str!("templates/mail.html"))?;
    env.add_template("mail.txt", include_str!("templates/mail.txt"))?;
    env.add_template("notice.html", include_str!("templates/notice.html"))?;
    env.add_template("notice.txt", include_str!("templates/notice.txt"))?;
    env.add_template("code.html", include_str!("templates/code.html"))?;
    env.add_template("code.txt", include_str!("templates/code.txt"))?;
    env.add_template("plain.html", include_str!("templates/plain.html"))?;
    env.add_template("page.html", include_str!("templates/page.html"))?;
    Ok(env)
}

/// `t("mail-item", n=1)`: a text of the catalogue in the template's `lang`. An id that the catalogue lacks is an error.
fn translate(state: &State<'_, '_>, id: &str, args: Kwargs) -> Result<String, Error> {
    let lang = state.lookup("lang").and_then(|v| v.as_str().and_then(Lang::parse)).unwrap_or(Lang::En);
    let mut message = Message::new(id);
    for name in args.args() {
        let value: Value = args.get(name)?;
        let arg = match value.kind() {
            ValueKind::Number => Arg::Int(i64::try_from(value).map_err(|_| bad_argument(id, name))?),
            _ => Arg::Text(value.as_str().ok_or_else(|| bad_argument(id, name))?.to_owned()),
        };
        message = message.with(name, arg);
    }
    let text = message.render(lang);
    if text == id {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("the catalogue has no {id}")));
    }
    Ok(text)
}

fn bad_argument(id: &str, name: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{id}: {name} is neither a text nor a number"))
}

/// Escapes a text and keeps its line breaks: mail programs drop `white-space: pre-line`.
fn line_breaks(text: &str) -> Value {
    let lines: Vec<String> = text.lines().map(escape).collect();
    Value::from_safe_string(lines.join("<br>"))
}

/// Escapes what could end a text or a quoted attribute. The library's own escape also turns `/` into a reference, which
/// makes links unreadable in a mail's source; our attributes are all quoted, so nothing needs that.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// In the text part, the second line and those after it stand under the first.
fn indent_lines(text: &str, by: usize) -> String {
    text.lines().collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(by)))
}

fn render(name: &str, context: Value) -> Result<String, TemplateError> {
    let env = ENVIRONMENT.as_ref().map_err(|e| TemplateError(e.clone()))?;
    Ok(env.get_template(name)?.render(context)?)
}

/// The receipt as a fragment of HTML: what the mail and the page have in common.
fn fragment(sheet: &Sheet, page: bool) -> Result<Value, TemplateError> {
    render("receipt.html", context! { lang => sheet.lang, s => Value::from(Serde(sheet)), page })
        .map(Value::from_safe_string)
}

/// The mail's HTML part.
///
/// # Errors
/// When a template asks for what it is not given.
pub fn mail_html(sheet: &Sheet, can_answer: bool) -> Result<String, TemplateError> {
    let body = fragment(sheet, false)?;
    render("mail.html", context! { lang => sheet.lang, s => Value::from(Serde(sheet)), body, can_answer })
}

/// The mail's text part.
///
/// # Errors
/// As [`mail_html`].
pub fn mail_text(sheet: &Sheet, can_answer: bool) -> Result<String, TemplateError> {
    render("mail.txt", context! { lang => sheet.lang, s => Value::from(Serde(sheet)), can_answer })
}

/// Word to a manager that a receipt is disputed.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// `zh-CN` or `en`.
    pub lang: &'static str,
    /// What the mail is about, in a line.
    pub title: String,
    /// The receipt's number.
    pub number: String,
    /// The customer's name.
    pub customer: String,
    /// Who disputes it.
    pub by: String,
    /// What they are at the hospital; may be empty.
    pub role: String,
    /// In their words.
    pub text: String,
    /// The dispute's id.
    pub dispute: String,
    /// The receipt's page.
    pub link: Option<String>,
}

/// The HTML part of a notice.
///
/// # Errors
/// As [`mail_html`].
pub fn notice_html(notice: &Notice) -> Result<String, TemplateError> {
    render("notice.html", context! { lang => notice.lang, n => Value::from(Serde(notice)) })
}

/// The text part of a notice.
///
/// # Errors
/// As [`mail_html`].
pub fn notice_text(notice: &Notice) -> Result<String, TemplateError> {
    render("notice.txt", context! { lang => notice.lang, n => Value::from(Serde(notice)) })
}

/// A one-time code in a mail.
#[derive(Clone, Serialize)]
pub struct CodeNotice {
    /// `zh-CN` or `en`.
    pub lang: &'static str,
    /// What the mail is about, in a line.
    pub title: String,
    /// The receipt's number.
    pub number: String,
    /// The code.
    pub code: String,
}

/// The HTML part of a code's mail.
///
/// # Errors
/// As [`mail_html`].
pub fn code_html(notice: &CodeNotice) -> Result<String, TemplateError> {
    render("code.html", context! { lang => notice.lang, n => Value::from(Serde(notice)) })
}

/// The text part of a code's mail.
///
/// # Errors
/// As [`mail_html`].
pub fn code_text(notice: &CodeNotice) -> Result<String, TemplateError> {
    render("code.txt", context! { lang => notice.lang, n => Value::from(Serde(notice)) })
}

/// A form of the page.
#[derive(Clone, Debug, Serialize)]
pub struct PageForm {
    /// What it does.
    pub action: &'static str,
    /// The id of what it says.
    pub key: String,
    /// That this server wrote it.
    pub proof: String,
    /// Whether it is unfolded: it has to be corrected.
    pub open: bool,
    /// As it was filled in.
    pub name: String,
    /// As it was filled in.
    pub role: String,
    /// As it was filled in.
    pub text: String,
    /// As it was filled in.
    pub stars: String,
}

/// Somebody whom a code can be sent to.
#[derive(Clone, Debug, Serialize)]
pub struct PageChoice {
    /// What the form sends.
    pub value: String,
    /// Name and address, as far as it is told.
    pub label: String,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// Something that was said on the page.
#[derive(Clone, Debug, Serialize)]
pub struct PageEntry {
    /// `dispute`, `answer`, `rating` or `confirmation`.
    pub kind: String,
    /// When.
    pub at: String,
    /// Who.
    pub name: String,
    /// What they are at the hospital; may be empty.
    pub role: String,
    /// What they said.
    pub text: String,
    /// Of a rating: drawn, and as a number.
    pub stars: Option<(String, usize)>,
    /// Of a rating: where it was given, in words.
    pub origin: Option<String>,
    /// What an answer comes to, in words.
    pub resolution: Option<String>,
    /// Of a confirmation with a code: what was checked, and where its file is.
    pub code: Option<(String, Option<String>)>,
    /// The answer to a dispute.
    pub answer: Option<Box<PageEntry>>,
}

/// A photo or file of the record.
#[derive(Clone, Debug, Serialize)]
pub struct PageFile {
    /// What it is, in a word.
    pub kind: String,
    /// What it shows; may be empty.
    pub caption: String,
    /// Since when it is here, in words.
    pub state: String,
    /// Where it is, if it is here.
    pub href: Option<String>,
}

/// What the page knows beside the receipt itself.
#[derive(Clone, Debug, Serialize)]
pub struct PageState {
    /// Why the receipt does not hold; `None`: it does.
    pub broken: Option<String>,
    /// What the log says of it, and its tone.
    pub logged: (String, Tone),
    /// Where the proof of that is.
    pub proof: Option<String>,
    /// Where the head is that it leads to.
    pub head: Option<String>,
    /// Numbers of the visit's later receipts.
    pub later: String,
    /// The same page in the other language.
    pub other_language: String,
    /// The other language.
    pub other_lang: &'static str,
    /// Where the receipt's file is.
    pub download: String,
    /// Where its PDF is, in the page's language.
    pub pdf: String,
    /// Where its PDF is in both languages.
    pub pdf_both: String,
    /// Where forms go.
    pub send: String,
    /// Where files to check go.
    pub verify: String,
    /// Until when the link opens the page.
    pub until: String,
    /// What was just taken in: the id of the text that says so.
    pub done: Option<String>,
    /// What is wrong with a form: the id of the text that says so.
    pub problem: Option<&'static str>,
    /// What was found about a file, and its tone.
    pub finding: Option<(String, Tone)>,
    /// The forms.
    pub forms: Vec<PageForm>,
    /// Whom a one-time code can be sent to.
    pub choices: Vec<PageChoice>,
    /// The code that can be entered: where it went, and until when.
    pub pending: Option<(String, String)>,
    /// What was said.
    pub said: Vec<PageEntry>,
    /// The photos and files of the record.
    pub files: Vec<PageFile>,
    /// Where the photo of the customer's seal is, if it is here.
    pub seal: Option<String>,
    /// The customer's unanswered disputes.
    pub open: Vec<String>,
    /// The customer's open work orders.
    pub orders: Vec<String>,
    /// Whether the hospital is a customer in the list.
    pub listed: bool,
}

/// The page's only style sheet. It stands in the page itself, which names its hash: nothing else styles anything.
const STYLE: &str = include_str!("templates/page.css");

/// What the content security policy says of styles: this sheet and no other.
pub fn style_source() -> &'static str {
    static SOURCE: LazyLock<String> =
        LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(sync_core::canonical::sha256(STYLE.as_bytes()))));
    &SOURCE
}

/// The hospital's page.
///
/// # Errors
/// As [`mail_html`].
pub fn page_html(sheet: &Sheet, page: &PageState) -> Result<String, TemplateError> {
    let body = fragment(sheet, true)?;
    // Mail programs want every style inline; the page's policy forbids them. No text can look like one: its quotation
    // marks are escaped.
    let body = Value::from_safe_string(without_styles(&body.to_string()));
    let style = Value::from_safe_string(STYLE.to_owned());
    render(
        "page.html",
        context! {
            lang => sheet.lang, s => Value::from(Serde(sheet)), body, style, page => Value::from(Serde(page)),
        },
    )
}

fn without_styles(html: &str) -> String {
    let mut parts = html.split(" style=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    out
}

/// The answer to a link that is unknown or has expired: which of the two, it does not say.
///
/// # Errors
/// As [`mail_html`].
pub fn gone_html(lang: Lang) -> Result<String, TemplateError> {
    plain_html(lang, "page-gone-title", "page-gone")
}

/// The answer to whoever tried too many links.
///
/// # Errors
/// As [`mail_html`].
pub fn slow_html(lang: Lang) -> Result<String, TemplateError> {
    plain_html(lang, "page-slow-title", "page-slow")
}

fn plain_html(lang: Lang, title: &str, text: &str) -> Result<String, TemplateError> {
    let style = Value::from_safe_string(STYLE.to_owned());
    render("plain.html", context! { lang => lang.as_str(), title, text, style })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_go_and_texts_stay() {
        let html = r#"<td class="a" style="color:#fff;">style=&quot;x&quot; style='y'</td><col width="3" style="w">"#;
        assert_eq!(without_styles(html), r#"<td class="a">style=&quot;x&quot; style='y'</td><col width="3">"#);
        assert!(STYLE.is_ascii() && !STYLE.contains("</") && !STYLE.contains("url("));
    }
}
