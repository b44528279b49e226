//! What comes back, and what is sent again: the same bytes, or to another address.

use super::server::{Act, Scripted};
use super::worker::{queue, rows, worker};
use super::*;
use crate::clock::Clock;
use crate::conformance;
use crate::mail::bounce::{Fate, Notification, read};
use crate::mail::maildir::Maildir;
use crate::mail::mailroom::{Again, AgainError, Ground, Noted, note, send_again};
use crate::mail::transport::Transport;
use crate::mail::worker::Round;
use crate::store::{letters, page};
use crate::testing::Fixture;
use crate::{db_all, db_execute};

const SENT: Round = Round { sent: 1, later: 0, failed: 0 };

async fn resend(f: &Fixture, clock: &Clock, again: &Again) -> Result<OutboxRow, AgainError> {
    let mut tx = f.db.begin().await.unwrap();
    let mail = letters::mail(&mut tx, again.mail).await.unwrap().unwrap();
    let ground = Ground { user: None, public_url: "https://service.example", now_ms: clock.now_ms() };
    let done = send_again(&mut tx, mail, again, &ground).await?;
    tx.commit().await.unwrap();
    Ok(done)
}

fn again(mail: Uuid, address: Option<&str>) -> Again {
    Again { id: Uuid::now_v7(), mail, address: address.map(str::to_owned), reason: "他没收到".into() }
}

fn returned(message_id: &str) -> Notification {
    let fate = Fate {
        recipient: "somebody.else@hospital.example".into(),
        failed: true,
        action: "failed".into(),
        status: "5.1.1".into(),
        diagnostic: "no such mailbox".into(),
    };
    Notification { message_id: message_id.into(), fates: vec![fate] }
}

async fn audited(f: &Fixture) -> Vec<String> {
    let mut tx = f.db.read().await.unwrap();
    db_all!((String,), &mut tx, "SELECT action FROM audit ORDER BY at_ms, id")
        .unwrap()
        .into_iter()
        .map(|a| a.0)
        .collect()
}

conformance! { what_came_back_is_marked_once, |f| async {
    let server = Scripted::start([]).await;
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    assert_eq!(worker(&f.db, Transport::open(&server.url).unwrap(), &clock).round().await.unwrap(), SENT);
    let mail = rows(&f.db, receipt).await.remove(0);
    assert_eq!((mail.standing(), mail.outcome.as_deref()), ("sent", Some("accepted")));
    assert_eq!(note(&f.db, &returned("nobody@elsewhere"), 5).await.unwrap(), Noted::Stranger);
    let mut delayed = returned(&mail.message_id);
    delayed.fates[0].failed = false;
    assert_eq!(note(&f.db, &delayed, 5).await.unwrap(), Noted::Underway);
    assert_eq!(rows(&f.db, receipt).await[0].standing(), "sent");
    assert_eq!(note(&f.db, &returned(&mail.message_id), 6).await.unwrap(), Noted::Bounced);
    assert_eq!(note(&f.db, &returned(&mail.message_id), 7).await.unwrap(), Noted::Known);
    let mail = rows(&f.db, receipt).await.remove(0);
    assert_eq!((mail.standing(), mail.bounced_ms, mail.bounce.as_deref()),
        ("bounced", Some(6), Some("5.1.1 no such mailbox")));
    assert!(mail.undelivered());
    assert_eq!(audited(f).await, ["mail_bounced"]);
} }

conformance! { what_is_sent_again_is_the_same_mail, |f| async {
    let server = Scripted::start([]).await;
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    let transport = || Transport::open(&server.url).unwrap();
    assert_eq!(worker(&f.db, transport(), &clock).round().await.unwrap(), SENT);
    let mail = rows(&f.db, receipt).await.remove(0);
    note(&f.db, &returned(&mail.message_id), 6).await.unwrap();
    // Everything that the mail was made from changes.
    let mut tx = f.db.begin().await.unwrap();
    db_execute!(&mut tx, "UPDATE outbox SET name = 'X', language = 'en', audience = 'company', link_token = ''").unwrap();
    db_execute!(&mut tx, "UPDATE receipts SET body = '{}'").unwrap();
    tx.commit().await.unwrap();
    let word = again(mail.id, None);
    assert_eq!(resend(f, &clock, &word).await.unwrap().standing(), "queued");
    assert_eq!(resend(f, &clock, &word).await.unwrap().standing(), "queued", "said twice");
    assert!(matches!(resend(f, &clock, &Again { reason: "别的".into(), ..word.clone() }).await, Err(AgainError::Mismatch)));
    assert!(matches!(resend(f, &clock, &Again { id: Uuid::now_v7(), reason: " ".into(), ..word.clone() }).await,
        Err(AgainError::Field("/reason", _))));
    assert_eq!(worker(&f.db, transport(), &clock).round().await.unwrap(), SENT);
    let seen = server.seen.lock().unwrap().data.clone();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0], seen[1], "byte for byte");
    let mail = rows(&f.db, receipt).await.remove(0);
    assert_eq!((mail.standing(), mail.bounced_ms, mail.attempts), ("sent", None, 2));
    assert_eq!(audited(f).await, ["mail_bounced", "mail_resent"]);
    let until = page::link_expires(&mut f.db.read().await.unwrap(), receipt).await.unwrap().unwrap();
    assert!(until >= clock.now_ms() + crate::receipts::page::LINK_MS - 60_000, "the link in it opens its page");
} }

conformance! { after_a_resend_the_waits_begin_anew, |f| async {
    let server = Scripted::start([Act::AtRecipient("451 later"); 12]).await;
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    let worker = worker(&f.db, Transport::open(&server.url).unwrap(), &clock);
    for _ in 0..9 {
        worker.round().await.unwrap();
        clock.advance(4 * 3_600_000);
    }
    let mail = rows(&f.db, receipt).await.remove(0);
    assert_eq!((mail.standing(), mail.outcome.as_deref()), ("retrying", Some("temporary")));
    resend(f, &clock, &again(mail.id, None)).await.unwrap();
    worker.round().await.unwrap();
    let mail = rows(&f.db, receipt).await.remove(0);
    assert!(mail.next_ms - clock.now_ms() <= 60_000, "a minute, not four hours");
} }

conformance! { another_address_gets_a_mail_of_its_own, |f| async {
    let server = Scripted::start([Act::AtRecipient("550 5.1.1 no")]).await;
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    let transport = || Transport::open(&server.url).unwrap();
    worker(&f.db, transport(), &clock).round().await.unwrap();
    let old = rows(&f.db, receipt).await.remove(0);
    assert_eq!((old.standing(), old.outcome.as_deref()), ("failed", Some("permanent")));
    for wrong in ["nobody", "a@b\r\nRCPT TO:<x@y>", "", "LIU@hospital.example"] {
        let refused = resend(f, &clock, &again(old.id, Some(wrong))).await;
        assert!(matches!(refused, Err(AgainError::Field("/address", _))), "{wrong:?}");
    }
    let word = again(old.id, Some("chen@hospital.example"));
    let new = resend(f, &clock, &word).await.unwrap();
    assert_eq!((new.id, new.recipient.as_str(), new.standing()), (word.id, "chen@hospital.example", "queued"));
    assert_ne!(new.message_id, old.message_id);
    assert_eq!(resend(f, &clock, &word).await.unwrap().id, new.id, "said twice");
    assert_eq!(worker(&f.db, transport(), &clock).round().await.unwrap(), SENT);
    let all = rows(&f.db, receipt).await;
    assert_eq!(all.iter().map(|m| m.standing()).collect::<Vec<_>>(), ["replaced", "sent"]);
    assert!(!all[0].undelivered());
    // What was replaced is not sent again.
    assert!(matches!(resend(f, &clock, &again(old.id, None)).await, Err(AgainError::Busy)));
    let mail = parse(server.seen.lock().unwrap().data[0].replace('\n', "\r\n").as_bytes());
    assert!(mail.head.contains("chen@hospital.example") && mail.text.contains("/r/TOKEN"));
    assert_eq!(audited(f).await, ["mail_failed", "mail_readdressed"]);
} }

conformance! { a_maildir_is_read_and_nothing_in_it_is_lost, |f| async {
    let server = Scripted::start([]).await;
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    worker(&f.db, Transport::open(&server.url).unwrap(), &clock).round().await.unwrap();
    let id = rows(&f.db, receipt).await[0].message_id.clone();
    let dir = f.dir.join("returned");
    let maildir = Maildir::open(&dir).unwrap();
    let report = format!("Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n\
        --x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
        Final-Recipient: rfc822; liu@hospital.example\r\nAction: failed\r\nStatus: 5.2.2\r\n\
        Diagnostic-Code: smtp; 552 full\r\n\r\n\
        --x\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{id}>\r\n\r\nx\r\n--x--\r\n");
    assert_eq!(read(report.as_bytes()).unwrap().message_id, id);
    std::fs::write(dir.join("new/1.M1.host"), &report).unwrap();
    std::fs::write(dir.join("new/2.M2.host"), report.replace(&id, "stranger@x")).unwrap();
    std::fs::write(dir.join("new/3.M3.host"), "Subject: thanks\r\n\r\nthanks").unwrap();
    assert_eq!(maildir.look(&f.db, &clock).await.unwrap(), 1);
    assert_eq!(maildir.look(&f.db, &clock).await.unwrap(), 0);
    let mut kept: Vec<String> =
        std::fs::read_dir(dir.join("cur")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort();
    assert_eq!(kept, ["1.M1.host:2,S", "2.M2.host:2,F", "3.M3.host:2,F"]);
    let mail = rows(&f.db, receipt).await.remove(0);
    assert_eq!((mail.standing(), mail.bounce.as_deref()), ("bounced", Some("5.2.2 552 full")));
} }

conformance! { bytes_are_kept_before_they_are_sent_and_sealed, |f| async {
    // The mail server is not there: nothing was sent, and the bytes are there all the same.
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    worker(&f.db, Transport::open("smtp://127.0.0.1:1").unwrap(), &clock).round().await.unwrap();
    let mail = rows(&f.db, receipt).await.remove(0);
    assert_eq!((mail.standing(), mail.outcome.as_deref()), ("retrying", Some("unreachable")));
    let kept = letters::of(&mut f.db.read().await.unwrap(), &[mail.id]).await.unwrap().remove(0);
    let bytes = seal().open(&mail.id.to_string(), &kept.sealed).unwrap();
    assert!(parse(&bytes).text.contains("https://service.example/r/TOKEN"));
    let hidden = |text: &[u8]| !text.windows(5).any(|w| w == b"TOKEN" || w == b"Messa");
    assert!(hidden(&kept.sealed) && hidden(mail.link_token.as_bytes()));
} }
