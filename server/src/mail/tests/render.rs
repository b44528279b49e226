//! Writes mails and pages into the folder that `COUNTERSIGN_LOOK` names, for eyes and screenshots.

use super::*;
use crate::receipts::jwks::KeySet;
use crate::receipts::page::{Found, render};
use crate::receipts::samples::row;

#[test]
fn mails_and_pages_to_look_at() {
    let Some(dir) = std::env::var_os("COUNTERSIGN_LOOK").map(std::path::PathBuf::from) else { return };
    std::fs::create_dir_all(&dir).unwrap();
    let write = |name: String, text: &str| std::fs::write(dir.join(name), text).unwrap();
    let (_dir, keys) = keys();
    let set = KeySet::one(&keys.receipt.kid, keys.receipt.public());
    for outcome in SignOffOutcome::ALL {
        let case = Case { outside: 3, ..Case::of(*outcome) };
        let receipt = case.receipt(&keys.receipt, 12, 2, &"ab".repeat(32));
        for lang in Lang::ALL {
            for audience in ["customer", "company"] {
                let file = receipt.to_json().unwrap();
                let letter = compose(&outbox_row(*lang, audience), &file, None, &sender()).unwrap();
                let mail = parse(&letter.bytes);
                write(format!("{outcome}-{lang}-{audience}.html"), &mail.html);
                write(format!("{outcome}-{lang}-{audience}.txt"), &mail.text);
                std::fs::write(dir.join(format!("{outcome}-{lang}-{audience}.eml")), &mail.raw).unwrap();
            }
            let found = Found { receipt: row(&receipt, "t"), later: vec!["QS2-000013".into()] };
            let page = render(&found, "TOKEN", &set, "https://service.example", |_| *lang).unwrap();
            write(format!("{outcome}-{lang}-page.html"), &page);
        }
    }
}
