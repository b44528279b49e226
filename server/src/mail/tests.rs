//! Mails as they leave: every kind of receipt, to both audiences, in both languages.

use super::compose::*;
use super::message_id;
use super::seal::Sealer;
use crate::receipts::samples::{Case, keys};
use crate::store::outbox::OutboxRow;
use base64::Engine as _;
use lettre::message::Mailbox;
use sync_core::coverage::Coverage;
use sync_core::document::facts::{Lang, SignOffOutcome};
use sync_core::message::Message;
use sync_core::receipt::CHAIN_START;
use uuid::Uuid;

mod bounces;
mod codes;
mod faults;
mod injection;
mod limits;
mod render;
mod server;
mod worker;

pub(super) fn outbox_row(lang: Lang, audience: &str) -> OutboxRow {
    OutboxRow {
        id: Uuid::from_u128(5),
        receipt_id: Uuid::from_u128(6),
        recipient: "liu@hospital.example".into(),
        name: "刘芳".into(),
        language: lang.as_str().into(),
        audience: audience.into(),
        message_id: "5@service.example".into(),
        link_token: "TOKEN".into(),
        state: "leased".into(),
        attempts: 1,
        next_ms: 0,
        lease_until_ms: None,
        lease_owner: None,
        last_error: None,
        created_ms: 0,
        sent_ms: None,
        kind: "receipt".into(),
        about: None,
        domain: "hospital.example".into(),
        outcome: None,
        unknowns: 0,
        resent_ms: None,
        resent_after: 0,
        bounced_ms: None,
        bounce: None,
        replaced_by: None,
    }
}

pub(super) fn sender() -> Sender {
    Sender {
        from: "Countersign <countersign@localhost>".parse().unwrap(),
        public_url: "https://service.example".into(),
        pdf: None,
        dkim: None,
    }
}

pub(super) fn seal() -> Sealer {
    Sealer::new(&[7; 32]).unwrap()
}

/// A mail taken apart again, by hand: what the library wrote must be readable without it.
pub(super) struct Parsed {
    pub(super) head: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) json: String,
    pub(super) raw: Vec<u8>,
}

pub(super) fn parse(raw: &[u8]) -> Parsed {
    let mail = std::str::from_utf8(raw).unwrap();
    assert!(mail.is_ascii() && mail.lines().all(|l| l.len() < 998), "as every mail server takes it");
    let (head, rest) = mail.split_once("\r\n\r\n").unwrap();
    let part = |kind: &str| {
        let at = rest.find(&format!("Content-Type: {kind}")).unwrap_or_else(|| panic!("no {kind}"));
        let (_, body) = rest[at..].split_once("\r\n\r\n").unwrap();
        let encoded: String = body.split("\r\n--").next().unwrap().split_whitespace().collect();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap()
    };
    let head = head.replace("\r\n ", " ");
    Parsed {
        text: part("text/plain"),
        html: part("text/html"),
        json: part("application/json"),
        head,
        raw: raw.to_vec(),
    }
}

pub(super) fn mail(case: &Case, lang: Lang, audience: &str) -> Parsed {
    let (_dir, keys) = keys();
    let receipt = case.receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
    let letter = compose(&outbox_row(lang, audience), &receipt, None, None, &sender()).unwrap();
    let parsed = parse(&letter.bytes);
    assert_eq!(parsed.json, receipt, "the attachment is the receipt, byte for byte");
    parsed
}

fn say(lang: Lang, id: &str) -> String {
    Message::new(id).render(lang)
}

#[test]
fn every_outcome_says_what_it_was() {
    for outcome in SignOffOutcome::ALL {
        for lang in Lang::ALL {
            for audience in ["customer", "company"] {
                let mail = mail(&Case::of(*outcome), *lang, audience);
                for part in [&mail.text, &mail.html] {
                    for other in SignOffOutcome::ALL {
                        let answer = say(*lang, &format!("mail-answer-{other}"));
                        let said = part.contains(&answer) || part.contains(&answer.replace('\'', "&#39;"));
                        assert_eq!(said, other == outcome, "{outcome} {lang}: {answer}");
                    }
                    assert!(part.contains("QS2-000001") && part.contains("青山市第二人民医院"));
                    assert!(part.contains("https://service.example/r/TOKEN"));
                    assert!(part.contains("HIS 主数据库服务器") && part.contains("先备份再重建索引。"));
                    // 15:40 UTC is 23:40 where the hospital is.
                    let began = if *lang == Lang::En { "22 Nov 2026, 23:40" } else { "2026年11月22日 23:40" };
                    assert!(part.contains(began), "{began}");
                    // What nobody translated would stand there as its id.
                    for unknown in ["mail-", "record-", "flag-name", "outcome-", "coverage-", "time_kind-", "page-"] {
                        assert!(!part.contains(unknown), "{unknown} in {part}");
                    }
                }
                let statement = say(Lang::ZhCn, "record-sign-statement");
                let signed = matches!(outcome, SignOffOutcome::Accepted | SignOffOutcome::AcceptedWithReservations);
                assert_eq!(mail.html.contains(&statement), signed);
                assert_eq!(mail.html.contains("刘芳"), *outcome != SignOffOutcome::NobodyPresent);
            }
        }
    }
}

#[test]
fn flags_are_the_companys() {
    for lang in Lang::ALL {
        let customer = mail(&Case::default(), *lang, "customer");
        let company = mail(&Case::default(), *lang, "company");
        for (customer, company) in [(&customer.text, &company.text), (&customer.html, &company.html)] {
            let flag = say(*lang, "flag-name-no_work_order");
            assert!(company.contains("no_work_order") && company.to_lowercase().contains(&flag));
            assert!(!customer.contains("no_work_order") && !customer.contains(&say(*lang, "mail-flags")));
        }
    }
}

#[test]
fn conflicts_show_every_value() {
    for lang in Lang::ALL {
        let mail = mail(&Case::default(), *lang, "customer");
        for part in [&mail.text, &mail.html] {
            let place = format!(
                "{} · {}",
                Message::new("mail-item").with("n", 1).render(*lang),
                say(*lang, "record-item-action")
            );
            assert!(part.contains(&place), "{place}");
            assert!(part.matches("重启监听服务，恢复连接。").count() >= 2);
            assert!(part.matches("清理归档日志后重启数据库。").count() >= 2);
        }
    }
}

#[test]
fn nothing_is_called_covered_that_needs_a_decision() {
    let unlisted = Case {
        listed: false,
        customer: "无名镇卫生院".into(),
        time_zone: "UTC".into(),
        coverage: Coverage::NeedsDecision,
        conflict: false,
        ..Case::default()
    };
    for lang in Lang::ALL {
        let mail = mail(&unlisted, *lang, "customer");
        for part in [&mail.text, &mail.html] {
            assert!(part.contains(&say(*lang, "coverage-needs_decision")));
            let covered = say(*lang, "coverage-covered");
            let said = |c: char| !c.is_alphanumeric();
            assert!(!part.to_lowercase().split(said).any(|word| word == covered), "{covered} in {part}");
            assert!(part.contains("UTC+00:00") || part.contains("UTC"));
            assert!(part.contains(if *lang == Lang::En { "not a listed customer" } else { "不在客户名单中" }));
        }
    }
}

#[test]
fn markup_in_any_text_stays_text() {
    let evil = "<script>alert(1)</script><img src=x onerror=1>\" onmouseover=\"x' &lt; \u{202e}{{ 7*7 }}{% raw %}\r\nBcc: all@x";
    let case = Case {
        filler: evil.into(),
        customer: format!("医院{evil}"),
        ..Case::of(SignOffOutcome::AcceptedWithReservations)
    };
    for lang in Lang::ALL {
        for audience in ["customer", "company"] {
            let mail = mail(&case, *lang, audience);
            for harmful in ["<script", "<img", "onerror=1>", "\u{202e}"] {
                assert!(!mail.html.contains(harmful), "{harmful}");
            }
            // No attribute was closed by a text: every quote of it is escaped.
            assert!(!mail.html.contains("\" onmouseover=\""));
            assert!(mail.html.contains("{{ 7*7 }}") && !mail.html.contains("49{%"));
            assert!(!mail.head.lines().any(|line| line.starts_with("Bcc")), "{}", mail.head);
            assert!(!mail.text.contains('\u{202e}'));
        }
    }
}

#[test]
fn long_texts_and_lists_stay_under_the_bound() {
    let case = Case { filler: "长".repeat(4000), items: 120, ..Case::of(SignOffOutcome::Refused) };
    for lang in Lang::ALL {
        let mail = mail(&case, *lang, "company");
        assert!(mail.html.len() < LARGEST_HTML, "{}", mail.html.len());
        assert!(mail.html.contains(&say(*lang, "mail-shortened")) && mail.text.contains(&say(*lang, "mail-shortened")));
        assert!(mail.html.ends_with("</html>"));
    }
    let plain = mail(&Case::default(), Lang::ZhCn, "company");
    assert!(plain.html.len() < LARGEST_HTML && !plain.html.contains(&say(Lang::ZhCn, "mail-shortened")));
}

#[test]
fn the_headers_are_stable_and_say_what_it_is() {
    let (_dir, keys) = keys();
    let receipt = Case::of(SignOffOutcome::Refused).receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
    let manager: Mailbox = "\"赵, 服务经理\" <zhao@company.example>".parse().unwrap();
    let row = outbox_row(Lang::En, "customer");
    let first = compose(&row, &receipt, None, Some(&manager), &sender()).unwrap();
    let again = compose(&OutboxRow { attempts: 7, ..row }, &receipt, None, Some(&manager), &sender()).unwrap();
    assert_eq!(first.bytes, again.bytes, "a mail that is sent again is the same mail");
    let head = parse(&first.bytes).head;
    for line in [
        "Message-ID: <5@service.example>",
        "Auto-Submitted: auto-generated",
        "From: Countersign <countersign@localhost>",
        "Date: Sun, 22 Nov 2026 22:20:00 +0000",
        "MIME-Version: 1.0",
    ] {
        assert!(head.lines().any(|l| l == line), "{line} in\n{head}");
    }
    assert!(head.contains("zhao@company.example") && head.contains("Reply-To:"));
    assert!(head.contains("liu@hospital.example") && head.contains("Subject: Service receipt QS2-000001"), "{head}");
}

#[test]
fn what_cannot_be_composed_is_told() {
    let (_dir, keys) = keys();
    let receipt = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
    let bad = OutboxRow { recipient: "nobody at all".into(), ..outbox_row(Lang::En, "customer") };
    assert!(matches!(compose(&bad, &receipt, None, None, &sender()), Err(ComposeError::Address(..))));
    let bad = OutboxRow { recipient: "a@x\r\nRCPT TO:<b@x>".into(), ..outbox_row(Lang::En, "customer") };
    assert!(matches!(compose(&bad, &receipt, None, None, &sender()), Err(ComposeError::Address(..))));
    let bad = OutboxRow { language: "fr".into(), ..outbox_row(Lang::En, "customer") };
    assert!(matches!(compose(&bad, &receipt, None, None, &sender()), Err(ComposeError::Row(_))));
    let row = outbox_row(Lang::En, "customer");
    assert!(matches!(compose(&row, "{}", None, None, &sender()), Err(ComposeError::Receipt(_))));
}

#[test]
fn message_ids_name_the_server() {
    let id = Uuid::from_u128(1);
    for (url, host) in [
        ("https://service.example/a", "service.example"),
        ("http://127.0.0.1:8090", "127.0.0.1"),
        ("http://[::1]:8090", "--1"),
        ("http://u@h:1", "h"),
        ("http://", "localhost"),
        ("http://医院", "localhost"),
    ] {
        let want = host.trim_matches('-');
        assert_eq!(message_id(id, url), format!("00000000000000000000000000000001@{want}"), "{url}");
    }
}

/// What is attached to the PDF of a mail, and what its pages were set with.
pub(super) fn pdf_in(mail: &[u8]) -> (crate::receipts::pdf::embedded::Embedded, crate::receipts::pdf::Rendering) {
    let raw = std::str::from_utf8(mail).unwrap();
    let (_, part) = raw.split_once("Content-Disposition: attachment; filename=\"QS2-000001.pdf\"").unwrap();
    let (_, body) = part.split_once("\r\n\r\n").unwrap();
    let encoded: String = body.split("\r\n--").next().unwrap().split_whitespace().collect();
    let pdf = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    let inside = crate::receipts::pdf::embedded::extract(pdf).unwrap();
    let said = serde_json::from_str(inside.rendering.as_deref().unwrap()).unwrap();
    (inside, said)
}

#[test]
fn the_pdf_goes_along_in_the_recipients_language() {
    use crate::receipts::pdf::{Languages, Renderer};
    let (_dir, keys) = keys();
    let receipt = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
    let renderer = std::sync::Arc::new(Renderer::open(None).unwrap());
    for (wanted, languages) in [(None, "en"), (Some(Languages::Both), "both"), (Some(Languages::ZhCn), "zh-CN")] {
        let pdf = Some(MailedPdf { renderer: renderer.clone(), languages: wanted });
        let letter =
            compose(&outbox_row(Lang::En, "customer"), &receipt, None, None, &Sender { pdf, ..sender() }).unwrap();
        let (inside, said) = pdf_in(&letter.bytes);
        assert_eq!(inside.receipt, receipt);
        assert_eq!((said.layout.languages.as_str(), said.layout.token.as_deref()), (languages, Some("TOKEN")));
        assert_eq!(parse(&letter.bytes).json, receipt, "the record is attached by itself as well");
    }
}

#[test]
fn a_mail_goes_out_where_no_pdf_can_be_set() {
    use crate::receipts::pdf::Renderer;
    let (_dir, keys) = keys();
    let receipt = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
    let pdf = Some(MailedPdf { renderer: std::sync::Arc::new(Renderer::without_fonts()), languages: None });
    let letter = compose(&outbox_row(Lang::En, "customer"), &receipt, None, None, &Sender { pdf, ..sender() }).unwrap();
    let mail = parse(&letter.bytes);
    assert_eq!(mail.json, receipt);
    assert!(!String::from_utf8(mail.raw).unwrap().contains("application/pdf"));
}
