use super::*;
use crate::conformance;
use crate::receipts::samples::{Case, keys, row};
use crate::store::receipts::add_all;
use sync_core::document::facts::SignOffOutcome;
use sync_core::receipt::CHAIN_START;

pub(crate) fn found(case: &Case) -> (Found, KeySet) {
    let (_dir, keys) = keys();
    let receipt = case.receipt(&keys.receipt, 1, 1, CHAIN_START);
    let set = KeySet::one(&keys.receipt.kid, keys.receipt.public());
    let row = row(&receipt, "t");
    let until_ms = row.issued_ms + LINK_MS;
    (
        Found {
            receipt: row,
            later: Vec::new(),
            said: Vec::new(),
            sign_offs: HashSet::new(),
            open: Vec::new(),
            held: HashSet::new(),
            until_ms,
            proven: None,
            pending: None,
        },
        set,
    )
}

/// What the page of `found` is rendered with.
pub(crate) fn shown<'a>(keys: &'a KeySet, known: &'a Reference, forms: &'a [(Action, Uuid, String)]) -> Shown<'a> {
    Shown {
        token: "TOKEN",
        keys,
        public_url: "https://service.example",
        known,
        forms,
        choices: &[],
        form: None,
        problem: None,
        done: None,
        finding: None,
    }
}

pub(crate) fn forms() -> [(Action, Uuid, String); 3] {
    Action::ALL.map(|action| (action, Uuid::from_u128(7), "PROOF".to_owned()))
}

fn page(found: &Found, keys: &KeySet, lang: Lang) -> String {
    render(found, &shown(keys, &Reference::default(), &forms()), |_| lang).unwrap()
}

pub(crate) fn entry(n: u128, kind: &str, text: &str) -> EntryRow {
    EntryRow {
        id: Uuid::from_u128(n),
        receipt_id: Uuid::from_u128(1),
        visit_id: Uuid::from_u128(2),
        kind: kind.into(),
        dispute_id: None,
        at_ms: crate::receipts::samples::BEGAN,
        user_id: None,
        name: "陈晓".into(),
        role: "信息科科长".into(),
        text: text.into(),
        stars: None,
        resolution: None,
        statement: None,
    }
}

#[test]
fn every_outcome_in_both_languages() {
    for outcome in SignOffOutcome::ALL {
        let (found, keys) = found(&Case::of(*outcome));
        for lang in Lang::ALL {
            let html = page(&found, &keys, *lang);
            let word = sync_core::message::Message::new(format!("outcome-{outcome}")).render(*lang);
            assert!(html.to_lowercase().contains(&word) && html.contains("QS2-000001"));
            assert!(html.contains("href=\"/r/TOKEN.json\""));
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
    let (known, forms) = (Reference::default(), forms());
    let unreadable = render(&found, &shown(&keys, &known, &forms), |_| Lang::En);
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
    let now = first.body.issued_ms + LINK_MS - 1;
    let got = by_token(&f.db, &one, now).await.unwrap().unwrap();
    assert_eq!((got.receipt.number.as_str(), got.later), ("QS2-000001", vec!["QS2-000002".to_owned()]));
    assert!(by_token(&f.db, &two, now).await.unwrap().unwrap().later.is_empty());
    let hash = hex::encode(token_hash(&one));
    for wrong in [token(&[3; 32]).as_str(), "", "x", hash.as_str(), "\u{0}'; --", &one[..42]] {
        assert!(by_token(&f.db, wrong, now).await.unwrap().is_none(), "{wrong}");
    }
    // The link ends with its time, unless somebody lengthened it.
    assert!(by_token(&f.db, &one, now + 1).await.unwrap().is_none());
    let mut tx = f.db.begin().await.unwrap();
    crate::store::page::extend_link(&mut tx, first.body.id.0, now + 100).await.unwrap();
    crate::store::page::extend_link(&mut tx, first.body.id.0, now + 50).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(by_token(&f.db, &one, now + 99).await.unwrap().unwrap().until_ms, now + 100);
    assert!(by_token(&f.db, &one, now + 100).await.unwrap().is_none());
} }

#[test]
fn what_was_said_stands_there_in_order_and_harmless() {
    let (mut found, keys) = found(&Case::default());
    let evil = "<script>x</script>\" onload=\"y \u{202e}第二天\n又停了";
    let dispute = EntryRow { name: evil.into(), role: evil.into(), ..entry(1, "dispute", evil) };
    let answer = EntryRow {
        dispute_id: Some(dispute.id),
        resolution: Some("explained".into()),
        name: "赵敏".into(),
        role: String::new(),
        ..entry(2, "answer", "已查明。")
    };
    let rating = EntryRow { stars: Some(4), name: String::new(), ..entry(3, "rating", "来得快") };
    found.said = vec![dispute, entry(4, "dispute", "另一处"), answer, rating, entry(5, "confirmation", "")];
    for lang in Lang::ALL {
        let html = page(&found, &keys, *lang);
        for harmful in ["<script", "\" onload", "\u{202e}", " style="] {
            assert!(!html.contains(harmful), "{harmful}");
        }
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
        let say = |id: &str| Message::new(id).render(*lang);
        assert!(at("又停了") < at("已查明。") && at("已查明。") < at("另一处") && at("另一处") < at("来得快"));
        assert!(html.contains(&say("page-resolution-explained")) && html.contains("★★★★<"));
        assert_eq!(html.matches(&say("page-unanswered")).count(), 1);
        assert!(html.contains(&say("page-anonymous")));
        // What nobody translated would stand there as its id.
        let ids = html.split("page-").skip(1).map(|rest| rest.chars().take(12).collect::<String>());
        assert_eq!(ids.collect::<Vec<_>>(), Vec::<String>::new());
    }
}

#[test]
fn addresses_on_the_page_have_no_host() {
    assert_eq!(path("https://service.example", "T"), "/r/T");
    assert_eq!(path("https://service.example/", "T"), "/r/T");
    assert_eq!(path("https://example.com/service", "T"), "/service/r/T");
}
