//! A file that somebody drops on a receipt's page: is it ours, unchanged, and which revision counts now?

use super::jwks::KeySet;
use super::logged::look;
use super::pdf::embedded::{extract, is_pdf};
use super::words::one_line;
use crate::receipt_log::proofs;
use crate::store::receipts;
use crate::store::{Db, StoreError};
use sync_core::receipt::Receipt;
use uuid::Uuid;

/// Largest file that is looked at.
pub const LARGEST_FILE: usize = 8 << 20;

/// What was found about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Ours and unchanged.
    Ours {
        /// Its number.
        number: String,
        /// Which receipt of its visit it is.
        revision: u32,
        /// Whether it is the receipt of this page.
        same: bool,
        /// The number of the visit's last receipt, where that is another one.
        current: Option<String>,
        /// The day of the first published head over it.
        logged: Option<String>,
    },
    /// A receipt that does not hold, by a stable code: it was changed, or somebody else issued it.
    Broken(&'static str),
    /// No receipt.
    Nothing,
}

/// The receipt in a file, as text: the file itself is one, and a PDF carries one. Of a PDF, only what is attached is
/// looked at: its pages can be drawn by anybody.
pub fn text_of(file: Vec<u8>) -> Option<String> {
    if is_pdf(&file) {
        return extract(file).ok().map(|embedded| embedded.receipt);
    }
    let text = String::from_utf8(file).ok()?;
    // Whoever opened and saved it in an editor may have left these; they are no part of what was signed.
    Some(text.trim_start_matches('\u{feff}').trim_end().to_owned())
}

/// Checks `file` for the page of the receipt `page`.
///
/// # Errors
/// When the database refuses.
pub async fn check(db: &Db, keys: KeySet, file: Vec<u8>, page: Uuid) -> Result<Finding, StoreError> {
    let set = keys.clone();
    // Signatures and canonical forms are CPU work; a panic there is a file that does not hold.
    let read = tokio::task::spawn_blocking(move || {
        let text = text_of(file).ok_or(Finding::Nothing)?;
        let read = Receipt::verify(&text, &|kid| set.get(kid)).map_err(|e| match e.code() {
            "receipt_malformed" => Finding::Nothing,
            code => Finding::Broken(code),
        });
        // Whoever formatted the file anew did not change it: what was issued is the canonical form.
        let receipt = read?;
        let text = receipt.to_json().map_err(|_| Finding::Nothing)?;
        Ok((receipt.body, text))
    })
    .await
    .unwrap_or(Err(Finding::Nothing));
    let (body, text) = match read {
        Ok(read) => read,
        Err(finding) => return Ok(finding),
    };
    let mut tx = db.read().await?;
    let logged = match proofs::first(&mut tx, body.id.0).await? {
        None => None,
        // Signed by our key and yet not what is in the log: another file stands in its place.
        Some(proven) => match look(&text, &proven, &keys) {
            Ok(head) => Some(head.day.to_string()),
            Err(code) => return Ok(Finding::Broken(code)),
        },
    };
    let of_visit = receipts::of_visit(&mut tx, body.visit.0).await?;
    let last = of_visit.iter().max_by_key(|r| (r.revision, r.chain_no)).filter(|r| r.id != body.id.0);
    Ok(Finding::Ours {
        number: one_line(&body.number),
        revision: body.revision,
        same: body.id.0 == page,
        current: last.map(|r| one_line(&r.number)),
        logged,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;
    use crate::receipts::samples::{Case, keys, row};
    use sync_core::receipt::CHAIN_START;

    conformance! { a_file_is_ours_changed_or_nothing, |f| async {
        let (_dir, keys) = keys();
        let set = || KeySet::one(&keys.receipt.kid, keys.receipt.public());
        let first = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START);
        let second = Case::default().receipt(&keys.receipt, 2, 2, &first.sha256().unwrap());
        let rows = [row(&first, "a"), row(&second, "b")];
        let mut tx = f.db.begin().await.unwrap();
        receipts::add_all(&mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
        let look = async |file: &[u8], page: Uuid| check(&f.db, set(), file.to_vec(), page).await.unwrap();
        let ours = |number: &str, revision, same, current: Option<&str>| Finding::Ours {
            number: number.into(), revision, same, current: current.map(str::to_owned), logged: None,
        };
        let (one, two) = (rows[0].body.as_bytes(), rows[1].body.as_bytes());
        let later = Some("QS2-000002");
        assert_eq!(look(one, rows[0].id).await, ours("QS2-000001", 1, true, later));
        assert_eq!(look(one, rows[1].id).await, ours("QS2-000001", 1, false, later));
        assert_eq!(look(two, rows[1].id).await, ours("QS2-000002", 2, true, None));
        let saved = [b"\xef\xbb\xbf".as_slice(), one, b"\r\n"].concat();
        assert_eq!(look(&saved, rows[0].id).await, ours("QS2-000001", 1, true, later));
        for nothing in [&b""[..], b"%PDF-1.7\xff\xfe", b"{}", b"[]", &[0xff; 100], &one[..one.len() / 2]] {
            assert_eq!(look(nothing, rows[0].id).await, Finding::Nothing);
        }
        // Every byte counts; a sample of them here, each of them in the tests of the form itself.
        for at in (0..one.len()).step_by(97) {
            let mut changed = one.to_vec();
            changed[at] ^= 1;
            let found = look(&changed, rows[0].id).await;
            assert!(matches!(found, Finding::Broken(_) | Finding::Nothing), "byte {at}: {found:?}");
        }
        let (_dir, strangers) = crate::receipts::samples::keys();
        let forged = Case::default().receipt(&strangers.receipt, 1, 1, CHAIN_START).to_json().unwrap();
        assert!(matches!(look(forged.as_bytes(), rows[0].id).await, Finding::Broken(_)));
    } }
}
