//! `/r/{token}`: the hospital's page. No log-in, no script; reading it changes nothing, since mail scanners follow links.
//!
//! A link that is unknown and one that has expired answer the same, and whoever tries many is asked to wait.

use super::blobs::served;
use crate::http::entry::Entry;
use crate::http::extract::{InQuery, Peer};
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::receipt_log::proofs::NoProof;
use crate::receipts::check::{Finding, LARGEST_FILE, check};
use crate::receipts::codes::{Choice, choices};
use crate::receipts::jwks::KeySet;
use crate::receipts::page::{Found, Shown, by_token, language, render};
use crate::receipts::pdf::{Languages, Layout, PdfError};
use crate::receipts::said::{Action, Form, SayError, proof, say};
use crate::receipts::seal;
use crate::receipts::sheet::{file_name, pdf_name};
use crate::receipts::template::{gone_html, style_source};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::page::EntryRow;
use axum::extract::rejection::FormRejection;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use sync_core::canonical::to_canonical_json;
use sync_core::document::facts::Lang;
use sync_core::receipt::Receipt;
use utoipa_axum::routes;
use uuid::Uuid;

/// The largest form: a text of two thousand characters, each percent-encoded.
const LARGEST_FORM: usize = 64 << 10;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Access::Public, routes!(page)),
        Entry::new(Access::Public, routes!(confirmation)),
        Entry::new(Access::Public, routes!(said)).body_limit(LARGEST_FORM),
        // Beside the file there is what multipart forms put around it.
        Entry::new(Access::Public, routes!(attachment)),
        Entry::new(Access::Public, routes!(verify)).body_limit(LARGEST_FILE + 4096),
    ]
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct PageQuery {
    /// `zh-CN` or `en`, for the PDF also `both`; otherwise what the browser asks for.
    lang: Option<String>,
    /// What was just taken in: `dispute`, `rating` or `confirmation`.
    done: Option<Action>,
}

/// Who asks, and how.
struct Visitor {
    token: String,
    lang: Option<String>,
    accepted: Option<String>,
    peer: Peer,
}

impl Visitor {
    fn new(token: String, query: &PageQuery, headers: &HeaderMap, peer: Peer) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self { token, lang: query.lang.clone(), accepted, peer }
    }

    fn lang(&self, signed: Lang) -> Lang {
        language(self.lang.as_deref(), self.accepted.as_deref(), signed)
    }

    /// The receipt behind the link, or the answer that there is none.
    async fn receipt(&self, state: &AppState) -> Result<Found, Box<Response>> {
        let now = state.clock.now_ms();
        if let Some(seconds) = state.guesses.blocked(self.peer.0, now) {
            return Err(Box::new(slow_down(self.lang(Lang::ZhCn), seconds)));
        }
        match by_token(&state.db, &self.token, now).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => {
                state.guesses.missed(self.peer.0, now);
                Err(Box::new(html(StatusCode::NOT_FOUND, gone_html(self.lang(Lang::ZhCn)))))
            }
            Err(e) => Err(Box::new(Problem::internal(&e).into_response())),
        }
    }

    /// The page, with what there is to say beside it.
    async fn page(self, state: &AppState, found: Found, status: StatusCode, beside: Beside) -> Response {
        let known = state.reference.get();
        let sms = state.config.outside.sms_hook_url.is_some();
        // Once it is confirmed by a code, there is no need of another.
        let confirmed = found.said.iter().any(|e| e.receipt_id == found.receipt.id && e.statement.is_some());
        let whom: Result<Vec<Choice>, StoreError> = async {
            match confirmed {
                true => Ok(Vec::new()),
                false => choices(&mut state.db.read().await?, &found.receipt, &known, sms).await,
            }
        }
        .await;
        let choices = match whom {
            Ok(choices) => choices,
            Err(e) => return Problem::internal(&e).into_response(),
        };
        let mut wanted: Vec<(Action, Option<Uuid>)> = Vec::new();
        wanted.extend(found.pending.as_ref().map(|code| (Action::Entered, Some(code.id))));
        wanted.extend((!choices.is_empty()).then_some((Action::Code, None)));
        wanted.extend(Action::ALL.map(|action| (action, None)));
        let forms: Vec<_> = wanted
            .into_iter()
            .map(|(action, key)| {
                let key = key.unwrap_or_else(|| match &beside.form {
                    // Sent again after a correction it is still the same one.
                    Some(form) if form.action == action => form.key,
                    _ => Uuid::now_v7(),
                });
                (action, key, proof(state, &self.token, action, key))
            })
            .collect();
        let keys = KeySet::one(&state.keys.receipt.kid, state.keys.receipt.public());
        let public_url = state.public_url.clone();
        // Both signatures are checked anew for every reader.
        let rendered = tokio::task::spawn_blocking(move || {
            let shown = Shown {
                token: &self.token,
                keys: &keys,
                public_url: &public_url,
                known: &known,
                forms: &forms,
                choices: &choices,
                form: beside.form.as_ref(),
                problem: beside.problem,
                done: beside.done,
                finding: beside.finding.as_ref(),
            };
            render(&found, &shown, |signed| self.lang(signed)).map_err(|e| e.to_string())
        })
        .await;
        match rendered {
            Ok(page) => html(status, page),
            Err(e) => Problem::internal(&e).into_response(),
        }
    }
}

/// What there is to say beside the receipt.
#[derive(Default)]
struct Beside {
    form: Option<Form>,
    problem: Option<&'static str>,
    done: Option<Action>,
    finding: Option<Finding>,
}

/// A page with the headers that keep it to itself: the address is the secret, so it goes to no other site and into no
/// shared cache; nothing but its own style sheet and its own forms works on it, and nobody frames it.
fn html<E: std::fmt::Display>(status: StatusCode, page: Result<String, E>) -> Response {
    let page = match page {
        Ok(page) => page,
        Err(e) => return Problem::internal(&e).into_response(),
    };
    let policy = format!(
        "default-src 'none'; style-src {}; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        style_source()
    );
    let mut response = (status, page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    guarded(headers);
    response
}

fn guarded(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn slow_down(lang: Lang, seconds: u64) -> Response {
    let mut response = html(StatusCode::TOO_MANY_REQUESTS, crate::receipts::template::slow_html(lang));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The receipt behind a link: a page to read and print, with `.json` at the end the receipt's file, with `.pdf` its PDF, with
/// `.proof.json` the proof that it is in the published log.
#[utoipa::path(get, path = "/r/{token}", tag = "receipts", params(("token" = String, Path), PageQuery),
    responses((status = 200, body = String, content_type = "text/html"),
        (status = 404, description = "an unknown link, or one that has expired", body = String, content_type = "text/html"),
        (status = 429, description = "too many unknown links", body = String, content_type = "text/html"),
        (status = 503, description = "pdf_font_missing")))]
async fn page(
    State(state): State<AppState>,
    Path(token): Path<String>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
    peer: Peer,
) -> Response {
    // No token has a dot in it.
    let (token, ending) = match token.split_once('.') {
        Some((token, ending @ ("json" | "pdf" | "proof.json"))) => (token.to_owned(), Some(ending.to_owned())),
        _ => (token, None),
    };
    let visitor = Visitor::new(token, &query, &headers, peer);
    let found = match visitor.receipt(&state).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    if ending.as_deref() == Some("json") {
        return download(&found.receipt.number, "application/json", found.receipt.body.clone().into_bytes());
    }
    if ending.as_deref() == Some("proof.json") {
        let file = found.proven.as_ref().map(|p| to_canonical_json(&p.proof));
        let name = format!("{}-proof", found.receipt.number);
        return match file {
            Some(Ok(file)) => download(&name, "application/json", file.into_bytes()),
            Some(Err(e)) => Problem::internal(&e).into_response(),
            None => NoProof::NotSealed.into_response(),
        };
    }
    if ending.is_some() {
        let (asked, lang) = (visitor.lang.as_deref(), |signed| visitor.lang(signed));
        return match pdf(&state, &found.receipt.body, asked, lang, Some(visitor.token.clone())).await {
            Ok(pdf) => download(&found.receipt.number, "application/pdf", pdf.to_vec()),
            Err(problem) => problem.into_response(),
        };
    }
    visitor.page(&state, found, StatusCode::OK, Beside { done: query.done, ..Beside::default() }).await
}

/// A photo or file of the receipt behind a link, as soon as it is here. The receipt names it by its digest.
#[utoipa::path(get, path = "/r/{token}/a/{sha256}", tag = "receipts",
    params(("token" = String, Path), ("sha256" = String, Path, description = "SHA-256 of the bytes, lower-case hex"),
        PageQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "known already"),
        (status = 404, description = "an unknown link, or none of the receipt's photos, or not here yet", body = String,
            content_type = "text/html"),
        (status = 429, description = "too many unknown links", body = String, content_type = "text/html")))]
async fn attachment(
    State(state): State<AppState>,
    Path((token, sha256)): Path<(String, String)>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
    peer: Peer,
) -> Response {
    let visitor = Visitor::new(token, &query, &headers, peer);
    let found = match visitor.receipt(&state).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let lang = visitor.lang(Lang::ZhCn);
    match found.attachment(&state.db, &sha256).await {
        Ok(Some((kind, bytes))) => {
            let mut response = served(&sha256, kind, bytes, &headers);
            let robots = HeaderValue::from_static("noindex, nofollow");
            response.headers_mut().insert(HeaderName::from_static("x-robots-tag"), robots);
            response
        }
        Ok(None) => html(StatusCode::NOT_FOUND, gone_html(lang)),
        Err(e) => Problem::internal(&e).into_response(),
    }
}

/// A form of the page: dispute, rate or confirm. Answers by leading back to the page.
#[utoipa::path(post, path = "/r/{token}", tag = "receipts", params(("token" = String, Path), PageQuery),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "taken: back to the page"),
        (status = 404, description = "an unknown link, or one that has expired", body = String, content_type = "text/html"),
        (status = 422, description = "something is missing: the page says what", body = String, content_type = "text/html"),
        (status = 429, description = "too many unknown links", body = String, content_type = "text/html")))]
async fn said(
    State(state): State<AppState>,
    Path(token): Path<String>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
    peer: Peer,
    form: Result<axum::Form<Form>, FormRejection>,
) -> Response {
    let visitor = Visitor::new(token, &query, &headers, peer);
    let found = match visitor.receipt(&state).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    // Browsers say where a form comes from; one of another site is none of ours, whatever it carries.
    let foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
    let refused = |problem| Beside { problem: Some(problem), ..Beside::default() };
    let form = match form {
        Ok(axum::Form(form)) if !foreign => form,
        _ => return visitor.page(&state, found, StatusCode::UNPROCESSABLE_ENTITY, refused("page-stranger")).await,
    };
    let (problem, form) = match say(&state, &found, &visitor.token, &form).await {
        Ok(()) => return back(&state, &visitor, form.action),
        Err(SayError::Field(id)) => (id, Some(form)),
        Err(SayError::Stranger) => ("page-stranger", None),
        Err(SayError::Full) => ("page-full", None),
        Err(SayError::Wait(seconds)) => {
            let beside = Beside { problem: Some("page-code-wait"), form: Some(form), ..Beside::default() };
            let mut answer = visitor.page(&state, found, StatusCode::TOO_MANY_REQUESTS, beside).await;
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return answer;
        }
        Err(e) => return Problem::internal(&e).into_response(),
    };
    let beside = Beside { problem: Some(problem), form, ..Beside::default() };
    visitor.page(&state, found, StatusCode::UNPROCESSABLE_ENTITY, beside).await
}

/// The signed statement about a confirmation of this receipt with a one-time code.
#[utoipa::path(get, path = "/r/{token}/confirmations/{id}", tag = "receipts",
    params(("token" = String, Path), ("id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Object),
        (status = 404, description = "an unknown link, or one that has expired", body = String, content_type = "text/html"),
        (status = 429, description = "too many unknown links", body = String, content_type = "text/html")))]
async fn confirmation(
    State(state): State<AppState>,
    Path((token, id)): Path<(String, String)>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
    peer: Peer,
) -> Response {
    let visitor = Visitor::new(token, &query, &headers, peer);
    let found = match visitor.receipt(&state).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let of_this = |e: &&EntryRow| e.receipt_id == found.receipt.id && id.parse() == Ok(e.id);
    match found.said.iter().find(of_this).and_then(|e| e.statement.as_ref()) {
        Some(file) => {
            let name = format!("{}-confirmation", found.receipt.number);
            download(&name, "application/json", file.clone().into_bytes())
        }
        None => html(StatusCode::NOT_FOUND, gone_html(visitor.lang(Lang::ZhCn))),
    }
}

/// To the page by GET, so that loading it again sends nothing again.
fn back(state: &AppState, visitor: &Visitor, action: Action) -> Response {
    let mut to = format!("{}?done={}", crate::receipts::page::path(&state.public_url, &visitor.token), action.as_str());
    // Only a language that there is goes into a header.
    if let Some(lang) = visitor.lang.as_deref().and_then(Lang::parse) {
        to.push_str(&format!("&lang={lang}"));
    }
    to.push_str("#said");
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    guarded(response.headers_mut());
    response
}

/// A file to check: is it ours, unchanged, and which revision counts? Nothing of it is kept.
#[utoipa::path(post, path = "/r/{token}/verify", tag = "receipts", params(("token" = String, Path), PageQuery),
    request_body(content = String, content_type = "multipart/form-data"),
    responses((status = 200, body = String, content_type = "text/html"),
        (status = 404, description = "an unknown link, or one that has expired", body = String, content_type = "text/html"),
        (status = 422, description = "no file, or too large", body = String, content_type = "text/html"),
        (status = 429, description = "too many unknown links", body = String, content_type = "text/html")))]
async fn verify(
    State(state): State<AppState>,
    Path(token): Path<String>,
    InQuery(query): InQuery<PageQuery>,
    headers: HeaderMap,
    peer: Peer,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let visitor = Visitor::new(token, &query, &headers, peer);
    let found = match visitor.receipt(&state).await {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let file = match form {
        Ok(form) => file(form).await,
        Err(_) => None,
    };
    let Some(file) = file else {
        let beside = Beside { problem: Some("page-no-file"), ..Beside::default() };
        return visitor.page(&state, found, StatusCode::UNPROCESSABLE_ENTITY, beside).await;
    };
    let keys = KeySet::one(&state.keys.receipt.kid, state.keys.receipt.public());
    match check(&state.db, keys, file, found.receipt.id).await {
        Ok(finding) => {
            let beside = Beside { finding: Some(finding), ..Beside::default() };
            visitor.page(&state, found, StatusCode::OK, beside).await
        }
        Err(e) => Problem::internal(&e).into_response(),
    }
}

/// The bytes of the field `file`; `None` where there is none, or it is too large.
async fn file(mut form: Multipart) -> Option<Vec<u8>> {
    while let Some(field) = form.next_field().await.ok()? {
        if field.name() == Some("file") {
            let bytes = field.bytes().await.ok()?;
            return (!bytes.is_empty() && bytes.len() <= LARGEST_FILE).then(|| bytes.to_vec());
        }
    }
    None
}

fn download(number: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let name = if kind == "application/pdf" { pdf_name(number) } else { file_name(number) };
    let mut response = ([(header::CONTENT_TYPE, kind.to_owned()), saved_as(&name)], bytes).into_response();
    guarded(response.headers_mut());
    response
}

/// `Content-Disposition` for a receipt's file, under the name that it has in the mail.
pub(super) fn saved_as(name: &str) -> (HeaderName, String) {
    (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
}

/// A receipt's PDF, set on a thread of its own. `lang` gets the language in which it was signed and says which to use
/// where `asked` does not name languages; with `token`, its page's address is on it.
pub(super) async fn pdf(
    state: &AppState,
    file: &str,
    asked: Option<&str>,
    lang: impl FnOnce(Lang) -> Lang,
    token: Option<String>,
) -> Result<Arc<[u8]>, Problem> {
    let languages = match asked.and_then(Languages::parse) {
        Some(languages) => languages,
        None => {
            let receipt: Receipt = serde_json::from_str(file).map_err(|e| Problem::internal(&e))?;
            lang(receipt.body.sign_off.sign_off.text_lang).into()
        }
    };
    let layout = Layout { languages, public_url: state.public_url.to_string(), token, seal: None };
    let mut tx = state.db.read().await.map_err(|e| Problem::internal(&e))?;
    let seal = seal::of(&mut tx, file).await.map_err(|e| Problem::internal(&e))?;
    drop(tx);
    let (renderer, file) = (Arc::clone(&state.pdf), file.to_owned());
    let set = tokio::task::spawn_blocking(move || renderer.render_sealed(&file, &layout, seal.as_ref())).await;
    set.map_err(|e| Problem::internal(&e))?.map_err(|e| match e {
        PdfError::Font(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, e.code(), e.to_string()),
        e => Problem::internal(&format!("{}: {e}", e.code())),
    })
}
