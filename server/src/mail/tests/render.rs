//! Writes mails and pages into the folder that `COUNTERSIGN_LOOK` names, for eyes and screenshots.

use super::*;
use crate::receipts::check::Finding;
use crate::receipts::jwks::KeySet;
use crate::receipts::page::Shown;
use crate::receipts::page::tests::{entry, forms, shown};
use crate::receipts::page::{Found, LINK_MS, render};
use crate::receipts::samples::row;
use crate::store::page::{EntryRow, OpenRow};
use sync_core::reference::Reference;

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
                let letter = compose(&outbox_row(*lang, audience), &file, None, None, &sender()).unwrap();
                let mail = parse(&letter.bytes);
                write(format!("{outcome}-{lang}-{audience}.html"), &mail.html);
                write(format!("{outcome}-{lang}-{audience}.txt"), &mail.text);
                std::fs::write(dir.join(format!("{outcome}-{lang}-{audience}.eml")), &mail.raw).unwrap();
            }
            let row = row(&receipt, "t");
            let dispute = entry(1, "dispute", "第二天早上又停了一次，没有写在里面。\n请补上。");
            let answer = EntryRow {
                dispute_id: Some(dispute.id),
                resolution: Some("explained".into()),
                name: "赵敏".into(),
                role: String::new(),
                ..entry(2, "answer", "第二次是机房断电，另有记录 QS2-000013。")
            };
            let rating = EntryRow { stars: Some(4), ..entry(3, "rating", "来得很快") };
            let said =
                vec![dispute, answer, rating, entry(4, "confirmation", ""), entry(5, "dispute", "住宿费没有票据")];
            let open = vec![OpenRow { number: "QS2-000012".into(), at_ms: row.issued_ms }];
            let (until_ms, later) = (row.issued_ms + LINK_MS, vec!["QS2-000013".into()]);
            let found = Found {
                receipt: row,
                later,
                said,
                sign_offs: Default::default(),
                open,
                held: Default::default(),
                until_ms,
                proven: None,
                pending: None,
            };
            let (known, forms) = (Reference::default(), forms());
            let (number, logged) = ("QS2-000012".into(), Some("2026-11-23".into()));
            let finding = Finding::Ours { number, revision: 2, same: true, current: None, logged };
            let shown = Shown { finding: Some(&finding), ..shown(&set, &known, &forms) };
            let page = render(&found, &shown, |_| *lang).unwrap();
            write(format!("{outcome}-{lang}-page.html"), &page);
            write(format!("{outcome}-{lang}-open.html"), &page.replace("<details>", "<details open>"));
        }
    }
}
