use super::*;
use crate::conformance;
use crate::receipts::samples::{Case, keys, row};
use crate::store::receipts::add_all;
use sync_core::document::facts::SignOffOutcome;
use sync_core::receipt::CHAIN_START;

fn found(case: &Case) -> (Found, KeySet) {
    let (_dir, keys) = keys();
    let receipt = case.receipt(&keys.receipt, 1, 1, CHAIN_START);
    (Found { receipt: row(&receipt, "t"), later: Vec::new() }, KeySet::one(&keys.receipt.kid, keys.receipt.public()))
}

fn page(found: &Found, keys: &KeySet, lang: Lang) -> String {
    render(found, "TOKEN", keys, "https://service.example", |_| lang).unwrap()
}

#[test]
fn every_outcome_in_both_languages() {
    for outcome in SignOffOutcome::ALL {
        let (found, keys) = found(&Case::of(*outcome));
        for lang in Lang::ALL {
            let html = page(&found, &keys, *lang);
            let word = sync_core::message::Message::new(format!("outcome-{outcome}")).render(*lang);
            assert!(html.to_lowercase().contains(&word) && html.contains("QS2-000001"));
            assert!(html.contains("https://service.example/r/TOKEN.json"));
            assert!(!html.contains("<script") && !html.contains("<img"));
            // Internal flags and their words are not the customer's to see.
            assert!(!html.contains("no_contract") && !html.contains("仅供公司内部"));
            assert!(html.contains(if *lang == Lang::En { "the signatures fit" } else { "签名相符" }));
        }
    }
}

#[test]
fn a_receipt_that_does_not_hold_is_shown_as_such() {
    let (mut found, keys) = found(&Case::default());
    found.receipt.body = found.receipt.body.replace("刘芳", "刘方");
    let html = page(&found, &keys, Lang::En);
    assert!(html.contains("does NOT hold") && !html.contains("the signatures fit"));
    found.receipt.body = "{}".into();
    let unreadable = render(&found, "T", &keys, "https://x", |_| Lang::En);
    assert!(matches!(unreadable, Err(PageError::Unreadable(_))));
}

#[test]
fn a_later_receipt_is_named() {
    let (mut found, keys) = found(&Case::default());
    found.later = vec!["QS2-000009".into()];
    assert!(page(&found, &keys, Lang::En).contains("later receipt: QS2-000009"));
}

#[test]
fn languages_are_chosen_in_order() {
    assert_eq!(language(Some("en"), Some("zh-CN"), Lang::ZhCn), Lang::En);
    assert_eq!(language(Some("fr"), Some("fr,en;q=0.8"), Lang::ZhCn), Lang::En);
    assert_eq!(language(None, Some("zh-TW,en"), Lang::En), Lang::ZhCn);
    assert_eq!(language(None, None, Lang::ZhCn), Lang::ZhCn);
    assert_eq!(language(Some("中"), Some("é"), Lang::En), Lang::En);
}

conformance! { a_token_opens_its_receipt_and_no_other, |f| async {
    let (_dir, keys) = keys();
    let (one, two) = (token(&[1; 32]), token(&[2; 32]));
    let first = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START);
    let second = Case::of(SignOffOutcome::Refused).receipt(&keys.receipt, 2, 2, &first.sha256().unwrap());
    let mut tx = f.db.begin().await.unwrap();
    add_all(&mut tx, &[row(&first, &one), row(&second, &two)]).await.unwrap();
    tx.commit().await.unwrap();
    let got = by_token(&f.db, &one).await.unwrap().unwrap();
    assert_eq!((got.receipt.number.as_str(), got.later), ("QS2-000001", vec!["QS2-000002".to_owned()]));
    assert!(by_token(&f.db, &two).await.unwrap().unwrap().later.is_empty());
    let hash = hex::encode(token_hash(&one));
    for wrong in [token(&[3; 32]).as_str(), "", "x", hash.as_str(), "\u{0}'; --", &one[..42]] {
        assert!(by_token(&f.db, wrong).await.unwrap().is_none(), "{wrong}");
    }
} }
