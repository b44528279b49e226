//! The worker, with a folder, with a mail server that follows a script, and with a real one.

use super::server::{Act, Scripted};
use super::*;
use crate::clock::Clock;
use crate::conformance;
use crate::mail::transport::{Transport, file_name};
use crate::mail::worker::{Round, Schedule, Worker};
use crate::receipts::samples::row;
use crate::store::outbox::{self, NewMail, Wanted};
use crate::store::{Db, receipts, reference, users};
use crate::testing::Fixture;
use crate::{db_all, db_one};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sync_core::ids::{CustomerId, UserId};
use sync_core::reference::{Customer, ReceiptLanguages, Record, Tier};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const SENT: Round = Round { sent: 1, later: 0, failed: 0 };
const LATER: Round = Round { sent: 0, later: 1, failed: 0 };
const FAILED: Round = Round { sent: 0, later: 0, failed: 1 };
const NOTHING: Round = Round { sent: 0, later: 0, failed: 0 };

/// A database with one receipt and mails to `recipients`; gives the receipt's id.
pub(super) async fn queue(db: &Db, clock: &Clock, recipients: &[&str]) -> Uuid {
    let (_dir, keys) = keys();
    let receipt = row(&Case::of(SignOffOutcome::Refused).receipt(&keys.receipt, 1, 1, CHAIN_START), "t");
    let ids: Vec<Uuid> = recipients.iter().map(|_| Uuid::now_v7()).collect();
    let message_ids: Vec<String> = ids.iter().map(|id| message_id(*id, "https://service.example")).collect();
    let sealed = seal().seal_token("TOKEN").unwrap();
    let mails = recipients.iter().zip(&ids).zip(&message_ids).map(|((recipient, id), message_id)| NewMail {
        id: *id,
        receipt_id: receipt.id,
        recipient,
        name: "刘芳",
        language: "zh-CN",
        audience: "customer",
        message_id,
        link_token: &sealed,
        kind: "receipt",
        about: None,
        created_ms: clock.now_ms(),
    });
    let mut tx = db.begin().await.unwrap();
    receipts::add_all(&mut tx, std::slice::from_ref(&receipt)).await.unwrap();
    outbox::add_all(&mut tx, &mails.collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    receipt.id
}

pub(super) fn wanted(now_ms: i64, lease_until_ms: i64, owner: &str, limit: i64) -> Wanted<'_> {
    Wanted { now_ms, lease_until_ms, owner, limit, per_domain: 1000, per_minute: 1000 }
}

/// A worker whom no domain's limits hold back.
pub(super) fn worker(db: &Db, transport: Transport, clock: &Clock) -> Worker {
    let schedule = Schedule { per_domain: 1000, per_minute: 10_000, ..Schedule::default() };
    Worker::new(db.clone(), transport, (sender(), seal()), clock.clone(), schedule, Arc::new(Notify::new()))
}

pub(super) async fn rows(db: &Db, receipt: Uuid) -> Vec<OutboxRow> {
    outbox::of_receipt(&mut db.read().await.unwrap(), receipt).await.unwrap()
}

pub(super) async fn rows_of_all(db: &Db) -> Vec<OutboxRow> {
    db_all!(OutboxRow, &mut db.read().await.unwrap(), "SELECT * FROM outbox").unwrap()
}

fn mails_in(dir: &Path) -> Vec<Vec<u8>> {
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    assert!(names.iter().all(|n| n.extension().is_some_and(|e| e == "eml")), "{names:?}");
    names.iter().map(|n| std::fs::read(n).unwrap()).collect()
}

/// Sends one mail by a script and tells what each round came to; the clock goes on to the next attempt in between.
async fn played(f: &Fixture, script: &[Act], rounds: usize) -> (Vec<Round>, OutboxRow, Scripted) {
    let server = Scripted::start(script.iter().copied()).await;
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["liu@hospital.example"]).await;
    let worker = worker(&f.db, Transport::open(&server.url).unwrap(), &clock);
    let mut told = Vec::new();
    for n in 0..rounds {
        told.push(worker.round().await.unwrap());
        assert_eq!(worker.round().await.unwrap(), NOTHING, "not before its time");
        clock.advance(Schedule::default().wait_ms(n as i64 + 1));
    }
    let row = rows(&f.db, receipt).await.remove(0);
    (told, row, server)
}

conformance! { a_folder_gets_one_file_per_mail, |f| async {
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["a@x.example", "b@x.example", "c@x.example"]).await;
    let dir = f.dir.join("mails");
    let worker = worker(&f.db, Transport::open(&format!("file://{}", dir.display())).unwrap(), &clock);
    assert_eq!(worker.round().await.unwrap(), Round { sent: 3, ..NOTHING });
    assert_eq!(worker.round().await.unwrap(), NOTHING);
    assert_eq!(mails_in(&dir).len(), 3);
    for row in rows(&f.db, receipt).await {
        assert_eq!((row.state.as_str(), row.attempts), ("sent", 1));
        let mail = parse(&std::fs::read(dir.join(file_name(&row.message_id))).unwrap());
        assert!(mail.head.contains(&format!("Message-ID: <{}>", row.message_id)) && mail.head.contains(&row.recipient));
    }
} }

conformance! { a_crash_after_sending_repeats_the_same_mail, |f| async {
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["a@x.example"]).await;
    let dir = f.dir.join("mails");
    let folder = || Transport::open(&format!("file://{}", dir.display())).unwrap();
    // A worker takes the mail and writes it, and dies before it can say so.
    let now = clock.now_ms();
    let mut tx = f.db.begin().await.unwrap();
    let taken = outbox::claim(&mut tx, wanted(now, now + 600_000, "the dead one", 9)).await.unwrap();
    tx.commit().await.unwrap();
    let file = receipts::by_id(&mut f.db.read().await.unwrap(), receipt).await.unwrap().unwrap().body;
    let open = OutboxRow { link_token: seal().open_token(&taken[0].link_token).unwrap(), ..taken[0].clone() };
    folder().send(compose(&open, &file, None, None, &sender()).unwrap()).await;
    let first = mails_in(&dir);
    assert_eq!(first.len(), 1);

    let worker = worker(&f.db, folder(), &clock);
    assert_eq!(worker.round().await.unwrap(), NOTHING, "the lease still runs");
    clock.advance(600_001);
    assert_eq!(worker.round().await.unwrap(), SENT);
    assert_eq!(mails_in(&dir), first, "one file, and the same bytes");
    let row = rows(&f.db, receipt).await.remove(0);
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 2));
} }

/// Writes the customer of the sample's receipt, and its service manager.
async fn known_customer(db: &Db, receipt_languages: Option<ReceiptLanguages>) {
    let zhao = Uuid::now_v7();
    let mut tx = db.begin().await.unwrap();
    users::add(
        &mut tx,
        &users::UserRow {
            id: zhao,
            login: "zhao".into(),
            name: "赵敏".into(),
            email: Some("zhao@company.example".into()),
            language: "zh-CN".into(),
            roles: sqlx::types::Json(vec![]),
            password_hash: "$argon2id$…".into(),
            must_change: false,
            created_ms: 1,
            disabled_ms: None,
        },
    )
    .await
    .unwrap();
    let (_dir, keys) = keys();
    let id = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START).body.customer.id.unwrap();
    let customer = Customer {
        id: CustomerId(id.0),
        code: "QS2".into(),
        name: "青山市第二人民医院".into(),
        name_en: None,
        tier: Tier::Secondary,
        time_zone: "Asia/Shanghai".into(),
        service_manager: UserId(zhao),
        account_manager: UserId(zhao),
        calendar: None,
        receipt_languages,
    };
    reference::put(&mut tx, &[Record::Customer(customer)], None, 1).await.unwrap();
    tx.commit().await.unwrap();
}

conformance! { a_customer_gets_receipts_in_its_own_languages, |f| async {
    let renderer = Arc::new(crate::receipts::pdf::Renderer::open(None).unwrap());
    let clock = Clock::default();
    known_customer(&f.db, Some(ReceiptLanguages::Both)).await;
    let receipt = queue(&f.db, &clock, &["a@x.example", "b@x.example"]).await;
    // One of the two is the company's own: what the customer wants says nothing of it.
    let mut tx = f.db.begin().await.unwrap();
    let company = "UPDATE outbox SET audience = 'company' WHERE recipient = 'b@x.example'";
    crate::db_execute!(&mut tx, company).unwrap();
    tx.commit().await.unwrap();
    let dir = f.dir.join("mails");
    let transport = Transport::open(&format!("file://{}", dir.display())).unwrap();
    let pdf = Some(MailedPdf { renderer, languages: None });
    let (sender, woken) = (Sender { pdf, ..sender() }, Arc::new(Notify::new()));
    let worker = Worker::new(f.db.clone(), transport, (sender, seal()), clock, Schedule::default(), woken);
    assert_eq!(worker.round().await.unwrap(), Round { sent: 2, ..NOTHING });
    for row in rows(&f.db, receipt).await {
        let mail = std::fs::read(dir.join(file_name(&row.message_id))).unwrap();
        let wanted = if row.audience == "customer" { "both" } else { "zh-CN" };
        assert_eq!(pdf_in(&mail).1.layout.languages.as_str(), wanted, "{}", row.recipient);
    }
} }

conformance! { answers_go_to_the_service_manager, |f| async {
    let clock = Clock::default();
    known_customer(&f.db, None).await;
    queue(&f.db, &clock, &["a@x.example"]).await;
    let dir = f.dir.join("mails");
    let worker = worker(&f.db, Transport::open(&format!("file://{}", dir.display())).unwrap(), &clock);
    assert_eq!(worker.round().await.unwrap(), SENT);
    let mail = parse(&mails_in(&dir)[0]);
    assert!(mail.head.contains("Reply-To:") && mail.head.contains("zhao@company.example"), "{}", mail.head);
    assert!(mail.text.contains("回复将送达服务经理"));
} }

conformance! { accepted, |f| async {
    let (told, row, server) = played(f, &[Act::Accept], 1).await;
    assert_eq!((told, row.state.as_str()), (vec![SENT], "sent"));
    assert_eq!(server.seen.lock().unwrap().accepted, 1);
} }

conformance! { refused_for_now_and_then_accepted, |f| async {
    let script = [Act::AtRecipient("451 4.2.0 later"), Act::AtEnd("452 4.3.1 full"), Act::Greet("421 busy"), Act::Accept];
    let (told, row, server) = played(f, &script, 4).await;
    assert_eq!(told, [LATER, LATER, LATER, SENT]);
    assert_eq!((row.state.as_str(), row.attempts, row.last_error), ("sent", 4, None));
    let ids = server.message_ids();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    assert_eq!(server.seen.lock().unwrap().accepted, 1);
} }

conformance! { refused_for_good, |f| async {
    let (told, row, server) = played(f, &[Act::AtRecipient("550 5.1.1 no such mailbox")], 2).await;
    assert_eq!(told, [FAILED, NOTHING]);
    assert_eq!(row.state, "failed");
    assert!(row.last_error.unwrap().contains("no such mailbox"));
    assert!(server.seen.lock().unwrap().data.is_empty());
    let mut tx = f.db.read().await.unwrap();
    let sql = "SELECT subject, detail FROM audit WHERE action = 'mail_failed'";
    let (subject, detail) = db_one!((String, sqlx::types::Json<serde_json::Value>), &mut tx, sql).unwrap();
    assert_eq!(subject, format!("receipt/{}", row.receipt_id));
    assert_eq!(detail.0["recipient"], "liu@hospital.example");
} }

conformance! { a_cut_after_the_data_is_neither, |f| async {
    let (told, row, server) = played(f, &[Act::CutAfterData], 1).await;
    assert_eq!(told, [LATER]);
    assert!(row.last_error.unwrap().starts_with("unknown:"), "nobody knows whether the server has it");
    assert_eq!(server.seen.lock().unwrap().data.len(), 1);
} }

conformance! { a_cut_before_the_data_is_no_delivery, |f| async {
    let (told, row, server) = played(f, &[Act::CutAtData], 1).await;
    assert_eq!(told, [LATER]);
    assert!(row.last_error.unwrap().starts_with("unreachable:"));
    assert!(server.seen.lock().unwrap().data.is_empty());
} }

conformance! { after_cuts_it_is_sent_again_with_the_same_id, |f| async {
    let (told, row, server) = played(f, &[Act::CutAfterData, Act::CutAtData, Act::Accept], 3).await;
    assert_eq!((told, row.state.as_str()), (vec![LATER, LATER, SENT], "sent"));
    let ids = server.message_ids();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.data[0], seen.data[1], "the same mail");
} }

conformance! { a_log_in_that_is_refused_fails_no_mail, |f| async {
    let script = [Act::AtRecipient("530 5.7.0 authentication required"), Act::Greet("554 5.7.1 not you"), Act::Accept];
    let (told, row, _server) = played(f, &script, 3).await;
    assert_eq!((told, row.state.as_str()), (vec![LATER, LATER, SENT], "sent"));
} }

conformance! { nobody_there, |f| async {
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["a@x.example"]).await;
    // A port that was free a moment ago.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let worker = worker(&f.db, Transport::open(&format!("smtp://127.0.0.1:{port}")).unwrap(), &clock);
    let (mut waits, mut last) = (Vec::new(), NOTHING);
    for _ in 0..60 {
        last = worker.round().await.unwrap();
        let row = rows(&f.db, receipt).await.remove(0);
        if last != LATER {
            assert!(row.last_error.unwrap().starts_with("unreachable:"));
            break;
        }
        let wait = row.next_ms - clock.now_ms();
        waits.push((wait + 500) / 60_000);
        clock.advance(wait);
    }
    assert_eq!(waits[..9], [1, 2, 4, 8, 16, 32, 64, 128, 240], "in minutes, up to four hours");
    assert_eq!(last, FAILED, "given up");
    let days: i64 = waits.iter().sum::<i64>() / 1440;
    assert_eq!(days, 4, "within the fifth day");
    let mut tx = f.db.read().await.unwrap();
    assert_eq!(db_all!((String,), &mut tx, "SELECT action FROM audit").unwrap(), [("mail_failed".to_owned(),)]);
} }

conformance! { what_cannot_be_composed_fails_alone, |f| async {
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["no address", "good@x.example"]).await;
    let dir = f.dir.join("mails");
    let worker = worker(&f.db, Transport::open(&format!("file://{}", dir.display())).unwrap(), &clock);
    assert_eq!(worker.round().await.unwrap(), Round { sent: 1, later: 0, failed: 1 });
    let rows = rows(&f.db, receipt).await;
    assert!(rows[0].last_error.as_ref().unwrap().contains("no address"));
} }

conformance! { a_disk_that_refuses_is_tried_again, |f| async {
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["a@x.example"]).await;
    let dir = f.dir.join("mails");
    let worker = worker(&f.db, Transport::open(&format!("file://{}", dir.display())).unwrap(), &clock);
    std::fs::remove_dir(&dir).unwrap();
    assert_eq!(worker.round().await.unwrap(), LATER);
    std::fs::create_dir(&dir).unwrap();
    clock.advance(60_001);
    assert_eq!(worker.round().await.unwrap(), SENT);
    assert_eq!((rows(&f.db, receipt).await[0].state.as_str(), mails_in(&dir).len()), ("sent", 1));
} }

conformance! { it_is_woken_and_stops_with_the_mail_in_hand, |f| async {
    let clock = Clock::default();
    let dir = f.dir.join("mails");
    let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let schedule = Schedule { timer: Duration::from_secs(3600), ..Schedule::default() };
    let transport = Transport::open(&format!("file://{}", dir.display())).unwrap();
    let worker = Worker::new(f.db.clone(), transport, (sender(), seal()), clock.clone(), schedule, Arc::clone(&wake));
    let running = tokio::spawn(worker.run(stop.clone()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let receipt = queue(&f.db, &clock, &["a@x.example"; 9]).await;
    wake.notify_one();
    let mut left = 200;
    while rows(&f.db, receipt).await.iter().any(|r| r.state != "sent") {
        left -= 1;
        assert!(left > 0, "it was not woken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap();
    assert_eq!(mails_in(&dir).len(), 9);
} }

#[tokio::test]
async fn a_new_process_takes_over_at_once_where_there_is_only_one() {
    let f = Fixture::sqlite().await.unwrap();
    let clock = Clock::default();
    let receipt = queue(&f.db, &clock, &["a@x.example"]).await;
    let mut tx = f.db.begin().await.unwrap();
    let now = clock.now_ms();
    assert_eq!(outbox::claim(&mut tx, wanted(now, now + 600_000, "the dead one", 9)).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    let stop = CancellationToken::new();
    let folder = Transport::open(&format!("file://{}", f.dir.join("mails").display())).unwrap();
    let running = tokio::spawn(worker(&f.db, folder, &clock).run(stop.clone()));
    let mut left = 200;
    while rows(&f.db, receipt).await[0].state != "sent" {
        left -= 1;
        assert!(left > 0, "it waits for the lease of a process that is dead");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    running.await.unwrap();
    f.clear().await.unwrap();
}

/// Where the real mail server is, and where it delivers; `None` where `COUNTERSIGN_QUICK=1` says to do without.
fn real_server() -> Option<(String, std::path::PathBuf)> {
    match (std::env::var("COUNTERSIGN_TEST_SMTP"), std::env::var_os("COUNTERSIGN_TEST_SMTP_DIR")) {
        (Ok(url), Some(dir)) => Some((url, dir.into())),
        _ if std::env::var("COUNTERSIGN_QUICK").is_ok_and(|v| v == "1") => None,
        _ => panic!(
            "COUNTERSIGN_TEST_SMTP (a URL) and COUNTERSIGN_TEST_SMTP_DIR (where it delivers) are not set: no mail was \
             sent to a real server. `cargo xtask test` starts one; COUNTERSIGN_QUICK=1 does without"
        ),
    }
}

/// The delivered mails with this Message-ID, in any folder below `dir`.
fn delivered(dir: &Path, message_id: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            found.extend(delivered(&entry.path(), message_id));
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.extend(text.contains(&format!("Message-ID: <{message_id}>")).then_some(text));
        }
    }
    found
}

#[tokio::test]
async fn a_real_server_takes_holds_and_refuses() {
    let Some((url, dir)) = real_server() else { return };
    let f = Fixture::sqlite().await.unwrap();
    let clock = Clock::default();
    let held = format!("held-{}", Uuid::now_v7().simple());
    let hold = dir.parent().unwrap().join("hold").join(&held);
    std::fs::write(&hold, "").unwrap();
    let recipients = [
        "good@hospital.example".to_owned(),
        format!("{held}@hospital.example"),
        "reject-me@hospital.example".to_owned(),
    ];
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let receipt = queue(&f.db, &clock, &recipients).await;
    let worker = worker(&f.db, Transport::open(&url).unwrap(), &clock);
    assert_eq!(worker.round().await.unwrap(), Round { sent: 1, later: 1, failed: 1 });
    std::fs::remove_file(&hold).unwrap();
    clock.advance(60_001);
    assert_eq!(worker.round().await.unwrap(), SENT);

    let rows = rows(&f.db, receipt).await;
    assert_eq!(rows.iter().map(|r| r.state.as_str()).collect::<Vec<_>>(), ["sent", "sent", "failed"]);
    for (row, want) in rows.iter().zip([1, 1, 0]) {
        let mut found = delivered(&dir, &row.message_id);
        for _ in 0..100 {
            if found.len() >= want {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            found = delivered(&dir, &row.message_id);
        }
        assert_eq!(found.len(), want, "{}", row.recipient);
        for mail in found {
            let mail = parse(mail.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes());
            assert!(mail.text.contains("拒绝签收") && mail.json.contains("\"outcome\":\"refused\""));
        }
    }
    f.clear().await.unwrap();
}

#[tokio::test]
async fn a_real_server_with_tls_and_a_log_in() {
    let Some((clear, dir)) = real_server() else { return };
    let urls = ["COUNTERSIGN_TEST_SMTP_STARTTLS", "COUNTERSIGN_TEST_SMTP_TLS"];
    for url in
        urls.map(|name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see xtask/src/smtp.rs")))
    {
        let f = Fixture::sqlite().await.unwrap();
        let clock = Clock::default();
        let receipt = queue(&f.db, &clock, &["good@hospital.example"]).await;
        let scheme = url.split("://").next().unwrap();
        let (login, rest) = url.split_once('@').unwrap();
        let refused = [
            // A wrong password, and none: nothing of the mail is lost by it.
            format!("{}0@{rest}", login),
            format!("{scheme}://{rest}"),
            // A certificate that nobody vouches for, and a name that is not in it.
            url.split("ca=").next().unwrap().trim_end_matches(['?', '&']).to_owned(),
            url.replace("@localhost", "@127.0.0.1"),
            // A server that offers no TLS: no password is sent in the clear.
            format!("{login}@{}?tls=required", clear.trim_start_matches("smtp://")).replace("smtps://", "smtp://"),
        ];
        for wrong in refused {
            let worker = worker(&f.db, Transport::open(&wrong).unwrap(), &clock);
            let told = worker.round().await.unwrap();
            let row = rows(&f.db, receipt).await.remove(0);
            // Without a log-in it is the recipient that Exim refuses: for good, as far as anybody can tell.
            let expected = if wrong.contains(login) || wrong.contains("127.0.0.1") { LATER } else { FAILED };
            assert_eq!(told, expected, "{wrong}: {:?}", row.last_error);
            let again = "UPDATE outbox SET state = 'queued', next_ms = 0";
            let mut tx = f.db.begin().await.unwrap();
            crate::db_execute!(&mut tx, again).unwrap();
            tx.commit().await.unwrap();
        }
        let worker = worker(&f.db, Transport::open(&url).unwrap(), &clock);
        assert_eq!(worker.round().await.unwrap(), SENT, "{:?}", rows(&f.db, receipt).await[0].last_error);
        let id = rows(&f.db, receipt).await[0].message_id.clone();
        let mut found = delivered(&dir, &id);
        for _ in 0..100 {
            if !found.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            found = delivered(&dir, &id);
        }
        assert_eq!(found.len(), 1);
        // S: by TLS; A: after AUTH (RFC 3848).
        let with = found[0].lines().find_map(|l| l.strip_prefix("X-Received-With: ")).unwrap();
        assert!(with.ends_with("sa"), "{with}");
        f.clear().await.unwrap();
    }
}
