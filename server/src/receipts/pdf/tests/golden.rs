//! What the pages say, for every outcome and verdict in every language; and the pages themselves, for eyes, in the folder
//! that `COUNTERSIGN_LOOK` names.

use super::*;
use sync_core::document::facts::Lang;
use sync_core::reference::ExpenseTerms;

pub(super) fn look(name: &str, pdf: &[u8]) {
    if let Some(dir) = std::env::var_os("COUNTERSIGN_LOOK").map(PathBuf::from) {
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(format!("{name}.pdf")), pdf).unwrap();
    }
}

const LANGUAGES: [Languages; 3] = [Languages::ZhCn, Languages::En, Languages::Both];

fn word_of(id: &str, lang: Lang) -> String {
    squeezed(&sync_core::message::Message::new(id).render(lang))
}

#[test]
fn every_outcome_has_its_own_words() {
    let renderer = renderer();
    for outcome in SignOffOutcome::ALL {
        let (receipt, _) = receipt(&Case { outside: 2, ..Case::of(*outcome) });
        let file = receipt.to_json().unwrap();
        for languages in LANGUAGES {
            let pdf = renderer.render(&file, &layout(languages)).unwrap();
            look(&format!("{outcome}-{}", languages.as_str()), &pdf);
            let said = squeezed(&text(&pdf));
            for lang in languages.list() {
                for other in SignOffOutcome::ALL {
                    let answer = word_of(&format!("mail-answer-{other}"), *lang);
                    assert_eq!(said.contains(&answer), other == outcome, "{outcome} {lang} {answer}\n{said}");
                }
                let typed = word_of("pdf-unsigned-typed", *lang);
                let why = match outcome {
                    SignOffOutcome::Refused => Some(word_of("pdf-unsigned-refused", *lang)),
                    SignOffOutcome::NobodyPresent => Some(word_of("pdf-unsigned-nobody", *lang)),
                    _ => None,
                };
                assert!(why.is_none_or(|why| said.contains(&why)) && !said.contains(&typed), "{said}");
            }
            for part in
                ["QS2-000001", "青山市第二人民医院", "王建国", "李卓娅", "数据库无法启动", "先备份再重建索引", "86.50"]
            {
                assert!(said.contains(part), "{part}\n{said}");
            }
            let sha256 = receipt.sha256().unwrap();
            assert!(said.contains(&sha256), "the whole digest, in groups\n{said}");
            let present = *outcome != SignOffOutcome::NobodyPresent;
            for told in ["刘芳", "信息科·信息科主任", "l***@h***.example,***5678", "来得很快"] {
                assert_eq!(said.contains(&squeezed(told)), present, "{outcome} {told}\n{said}");
            }
            assert!(!said.contains("liu.fang") && !file.contains("liu.fang"), "addresses are told only masked");
            // The company's own flags stay with the company.
            assert!(!said.contains("no_contract"), "{said}");
        }
    }
}

#[test]
fn nothing_is_covered_that_needs_a_decision() {
    let renderer = renderer();
    for coverage in [Coverage::Covered, Coverage::NotCovered, Coverage::NeedsDecision] {
        let (receipt, _) = receipt(&Case { coverage, ..Case::default() });
        let said = text(&renderer.render(&receipt.to_json().unwrap(), &layout(Languages::En)).unwrap());
        let words = |wanted: &str| said.contains(wanted);
        assert_eq!(words("needs a decision"), coverage == Coverage::NeedsDecision, "{said}");
        assert_eq!(words("not covered"), coverage == Coverage::NotCovered, "{said}");
        let covered = said.replace("not covered", "").contains("covered");
        assert_eq!(covered, coverage == Coverage::Covered, "{said}");
    }
}

#[test]
fn an_answer_that_changes_within_an_item_is_told_with_its_times() {
    let (receipt, _) = receipt(&Case { split: true, ..Case::default() });
    let pdf = renderer().render(&receipt.to_json().unwrap(), &layout(Languages::En)).unwrap();
    look("split-en", &pdf);
    let said = squeezed(&text(&pdf));
    for part in [
        "22 Nov 2026, 23:40 to 23 Nov 2026, 00:00",
        "23 Nov 2026, 00:00 to 05:55",
        "contract HT-2026-031, clause B-3",
        "HT-2026-031 excludes database by clause B-9",
    ] {
        assert!(said.contains(&squeezed(part)), "{part}\n{said}");
    }
    assert!(!said.contains("DRAFT"), "what is being offered is no business of a receipt");
}

#[test]
fn expenses_follow_what_the_package_says() {
    for (expenses, counted, word) in [
        (None, true, None),
        (Some(ExpenseTerms::Charged), true, Some("mail-expenses-charged")),
        (Some(ExpenseTerms::Included), false, Some("mail-expenses-included")),
    ] {
        let (receipt, _) = receipt(&Case { expenses, ..Case::default() });
        for lang in Lang::ALL {
            let pdf = renderer().render(&receipt.to_json().unwrap(), &layout((*lang).into())).unwrap();
            let said = squeezed(&text(&pdf));
            assert_eq!(said.contains("86.50"), counted, "{expenses:?} {lang}\n{said}");
            for id in ["mail-expenses-charged", "mail-expenses-included"] {
                assert_eq!(said.contains(&word_of(id, *lang)), word == Some(id), "{expenses:?} {lang} {id}\n{said}");
            }
        }
    }
}

#[test]
fn a_later_revision_says_that_an_earlier_one_stands() {
    let (_dir, keys) = keys();
    let later = Case::default().receipt(&keys.receipt, 9, 2, &"ab".repeat(32));
    let said = text(&renderer().render(&later.to_json().unwrap(), &layout(Languages::En)).unwrap());
    assert!(squeezed(&said).contains(&squeezed("an earlier receipt of this visit stands")), "{said}");
}

#[test]
fn a_long_receipt_breaks_its_pages_well() {
    let (receipt, _) = receipt(&Case { items: 40, engineers: 5, photos: 10, ..Case::default() });
    let renderer = renderer();
    for languages in LANGUAGES {
        let pdf = renderer.render(&receipt.to_json().unwrap(), &layout(languages)).unwrap();
        look(&format!("long-{}", languages.as_str()), &pdf);
        let all = text(&pdf);
        let pages: Vec<&str> = all.split('\u{c}').filter(|p| !p.trim().is_empty()).collect();
        assert!((6..=24).contains(&pages.len()), "{} pages", pages.len());
        for (n, page) in pages.iter().enumerate() {
            let folio = format!("{}/{}", n + 1, pages.len());
            assert!(squeezed(page).contains(&folio), "page {folio}\n{page}");
            assert!(squeezed(page).contains("QS2-000001"), "every page names its receipt\n{page}");
        }
        let leading = languages.list()[0];
        let label = sync_core::message::Message::new("pdf-signature").render(leading);
        let signed = pages.iter().filter(|p| p.contains(&label) && p.contains("刘芳")).count();
        assert_eq!(signed, 1, "the signature stands on one page with the signer's name");
    }
}
