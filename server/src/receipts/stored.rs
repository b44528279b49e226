//! `countersign receipt verify`: the receipts in the database, checked as anybody would check their files, and beside that
//! whether the rows around them say the same.

use super::jwks::KeySet;
use super::verify::{Checked, Report, chains, describe};
use super::words::one_line;
use crate::store::receipts::ReceiptRow;
use std::path::PathBuf;
use sync_core::canonical::sha256_hex;
use sync_core::receipt::Receipt;

/// Checks `rows` by `keys`. CPU work of a millisecond for each.
pub fn verify_rows(keys: &KeySet, rows: &[ReceiptRow]) -> Report {
    let mut report = Report::default();
    let mut good = Vec::new();
    for row in rows {
        let path = PathBuf::from(one_line(&row.number));
        match check(keys, row) {
            Ok(receipt) => {
                report.files.push(Checked { path, code: "ok", text: describe(&receipt), pages: None });
                good.push(receipt);
            }
            Err((code, text)) => report.files.push(Checked { path, code, text, pages: None }),
        }
    }
    report.chains = chains(&good);
    report
}

fn check(keys: &KeySet, row: &ReceiptRow) -> Result<Receipt, (&'static str, String)> {
    let receipt = Receipt::verify(&row.body, &|kid| keys.get(kid)).map_err(|e| (e.code(), one_line(&e.to_string())))?;
    let body = &receipt.body;
    let same = body.id.0 == row.id
        && body.visit.0 == row.visit_id
        && body.sign_off.id.0 == row.sign_off_id
        && body.number == row.number
        && i64::from(body.revision) == row.revision
        && body.chain == row.chain
        && i64::try_from(body.chain_no) == Ok(row.chain_no)
        && body.issued_ms == row.issued_ms
        && body.previous_sha256 == row.previous_sha256
        && sha256_hex(row.body.as_bytes()) == row.sha256;
    if same { Ok(receipt) } else { Err(("receipt_row", "its row in the database says something else".to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipts::samples::{Case, keys, row};
    use sync_core::receipt::CHAIN_START;

    #[test]
    fn rows_must_say_what_their_receipts_say() {
        let (_dir, keys) = keys();
        let set = KeySet::one(&keys.receipt.kid, keys.receipt.public());
        let receipt = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START);
        let good = row(&receipt, "t");
        assert!(verify_rows(&set, std::slice::from_ref(&good)).holds());
        let wrong = [
            ReceiptRow { revision: 2, ..good.clone() },
            ReceiptRow { chain_no: 2, ..good.clone() },
            ReceiptRow { number: "QS2-000009".into(), ..good.clone() },
            ReceiptRow { sha256: "ab".repeat(32), ..good.clone() },
            ReceiptRow { issued_ms: 1, ..good.clone() },
        ];
        for row in wrong {
            let report = verify_rows(&set, &[row]);
            assert!(!report.holds() && report.files[0].code == "receipt_row", "{report}");
        }
        let changed = ReceiptRow { body: good.body.replacen("QS2-000001", "QS2-000002", 1), ..good };
        assert_eq!(verify_rows(&set, &[changed]).files[0].code, "receipt_signature");
    }
}
