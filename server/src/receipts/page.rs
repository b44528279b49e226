//! The hospital's page (`/r/{token}`): what the receipt says, whether it holds, and the file itself. No log-in, no
//! script; the token in the address is the only key, and the database only knows its hash.

use super::jwks::KeySet;
use super::sheet::{Audience, Limits, Reader, Sheet};
use super::template::{PageState, TemplateError, page_html};
use super::words::one_line;
use crate::store::receipts::{self, ReceiptRow};
use crate::store::{Db, StoreError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sync_core::canonical::{sha256, sha256_hex};
use sync_core::document::facts::Lang;
use sync_core::receipt::Receipt;

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

/// How long after its issue a receipt's link opens its page, in milliseconds: two years, as long as what was done may be
/// asked about. Sending the mail again lengthens it.
pub const LINK_MS: i64 = 730 * 86_400_000;

/// A receipt found by its link.
#[derive(Clone, Debug)]
pub struct Found {
    /// The receipt.
    pub receipt: ReceiptRow,
    /// Numbers of the same visit's later receipts, in order.
    pub later: Vec<String>,
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// What is stored is no receipt that this version can read.
    #[error("the stored receipt cannot be read: {0}")]
    Unreadable(String),
    /// A mistake in the program.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// A fresh token for a receipt's link, from 32 bytes of the operating system's randomness: base64url, 43 characters.
pub fn token(random: &[u8; TOKEN_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What the database holds of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// The receipt behind a link. What has not the form of a token is not looked up.
///
/// # Errors
/// When the database refuses.
pub async fn by_token(db: &Db, token: &str) -> Result<Option<Found>, StoreError> {
    if URL_SAFE_NO_PAD.decode(token).ok().is_none_or(|bytes| bytes.len() != TOKEN_BYTES) {
        return Ok(None);
    }
    let mut tx = db.read().await?;
    let Some(receipt) = receipts::by_token_hash(&mut tx, &token_hash(token)).await? else { return Ok(None) };
    let of_visit = receipts::of_visit(&mut tx, receipt.visit_id).await?;
    let later = of_visit.into_iter().filter(|r| r.revision > receipt.revision).map(|r| r.number).collect();
    Ok(Some(Found { receipt, later }))
}

/// The language to show the page in: the one asked for, else the first of `Accept-Language` that there is, else the one
/// in which it was signed.
pub fn language(asked: Option<&str>, accept_language: Option<&str>, signed: Lang) -> Lang {
    let named = |tag: &str| match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("zh") => Some(Lang::ZhCn),
        Some("en") => Some(Lang::En),
        _ => None,
    };
    let accepted = accept_language.unwrap_or_default().split(',').find_map(|tag| named(tag.split(';').next()?));
    asked.and_then(named).or(accepted).unwrap_or(signed)
}

/// Renders the page: CPU work of some milliseconds (it checks both signatures), so not for an async worker. `lang` gets
/// the language in which the receipt was signed and says which to use; see [`language`].
///
/// The links on it are `?lang=…`, `{public_url}/r/{token}.json` for the file and `.pdf` for its PDF.
///
/// # Errors
/// See [`PageError`]. A receipt that does not hold is no error: the page says so.
pub fn render(
    found: &Found,
    token: &str,
    keys: &KeySet,
    public_url: &str,
    lang: impl FnOnce(Lang) -> Lang,
) -> Result<String, PageError> {
    let file = &found.receipt.body;
    let receipt: Receipt = serde_json::from_str(file).map_err(|e| PageError::Unreadable(e.to_string()))?;
    let lang = lang(receipt.body.sign_off.sign_off.text_lang);
    let broken = Receipt::verify(file, &|kid| keys.get(kid)).err().map(|e| one_line(&e.to_string()));
    let reader = Reader { lang, audience: Audience::Customer, limits: Limits::WHOLE, public_url, token: Some(token) };
    let sheet = Sheet::new(&receipt.body, &sha256_hex(file.as_bytes()), &reader);
    let other = match lang {
        Lang::ZhCn => Lang::En,
        Lang::En => Lang::ZhCn,
    };
    let later: Vec<String> = found.later.iter().map(|n| one_line(n)).collect();
    let state = PageState {
        broken,
        later: later.join(", "),
        other_language: format!("?lang={other}"),
        other_lang: other.as_str(),
        download: format!("{public_url}/r/{token}.json"),
        pdf: format!("{public_url}/r/{token}.pdf?lang={lang}"),
        pdf_both: format!("{public_url}/r/{token}.pdf?lang=both"),
    };
    Ok(page_html(&sheet, &state)?)
}

#[cfg(test)]
mod tests;
