//! Mails with one-time codes: what they say, and that nobody sends them once the code is of no use.

use super::worker::{queue, rows, worker};
use super::*;
use crate::clock::Clock;
use crate::conformance;
use crate::db_execute;
use crate::mail::transport::{Transport, file_name};
use crate::store::Db;
use crate::testing::Fixture;

/// A mail with the code 012345 in the outbox; gives its receipt.
async fn queued(db: &Db, clock: &Clock, language: &str) -> Uuid {
    let receipt = queue(db, clock, &["liu@hospital.example"]).await;
    let sealed = seal().seal_token("012345").unwrap();
    let make = "UPDATE outbox SET kind = 'code', link_token = $1, language = $2";
    let mut tx = db.begin().await.unwrap();
    db_execute!(&mut tx, make, sealed.as_str(), language).unwrap();
    tx.commit().await.unwrap();
    receipt
}

async fn sent(f: &Fixture, language: &str) -> (String, String, String) {
    let (clock, dir) = (Clock::default(), f.dir.join("mails"));
    let receipt = queued(&f.db, &clock, language).await;
    let worker = worker(&f.db, Transport::open(&format!("file://{}", dir.display())).unwrap(), &clock);
    assert_eq!(worker.round().await.unwrap().sent, 1);
    let row = rows(&f.db, receipt).await.remove(0);
    let raw = std::fs::read(dir.join(file_name(&row.message_id))).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let head = String::from_utf8_lossy(&raw).split("\r\n\r\n").next().unwrap().to_owned();
    assert!(head.contains("Auto-Submitted: auto-generated"));
    assert_eq!(mail.attachment_count(), 0);
    let subject = mail.subject().unwrap().to_owned();
    (subject, mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned())
}

conformance! { a_code_is_told_with_what_it_is_for_and_without_a_link, |f| async {
    let (subject, text, html) = sent(f, "zh-CN").await;
    assert!(subject.contains("QS2-000001") && !subject.contains("012345"), "phones show subjects on locked screens");
    for body in [&text, &html] {
        assert!(body.contains("012345") && body.contains("10 分钟") && body.contains("不要把验证码告诉任何人"), "{body}");
        assert!(!body.contains("/r/") && !body.contains("href"), "{body}");
    }
} }

conformance! { it_is_given_up_when_the_code_is_of_no_use, |f| async {
    let clock = Clock::default();
    let receipt = queued(&f.db, &clock, "en").await;
    let worker = worker(&f.db, Transport::open("smtp://127.0.0.1:1").unwrap(), &clock);
    let mut rounds = 0;
    while rows(&f.db, receipt).await[0].state != "failed" {
        worker.round().await.unwrap();
        clock.advance(60_000);
        rounds += 1;
        assert!(rounds <= 10, "within ten minutes");
    }
    assert!(rounds > 1, "not at once");
} }
