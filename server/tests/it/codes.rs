//! One-time codes: asked for and entered on the hospital's page, or read to the engineer; bounded, and with one effect.

use crate::api::{Answer, Api};
use crate::field::{Field, HOSPITAL, VISIT, id, story};
use crate::hospital::{counts, filled, get, hidden, post, text, token};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post as posting;
use countersign::conformance;
use countersign::receipts::codes::{MOST_TRIES, VALID_MS};
use countersign::receipts::pdf::Renderer;
use countersign::receipts::verify::{Report, verify_files};
use countersign::store::{codes, outbox, receipts, reference};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use sync_core::document::facts::Lang;
use sync_core::ids::ContactId;
use sync_core::receipt::Receipt;
use sync_core::reference::{Contact, Record};
use uuid::Uuid;

const ZHOU: Uuid = id(0x12);
const MINUTE: i64 = 60_000;

/// The receipt's id.
pub(crate) async fn receipt(field: &Field, number: &str) -> Uuid {
    let mut tx = field.api.state.db.read().await.unwrap();
    receipts::by_number(&mut tx, number).await.unwrap().unwrap().id
}

/// The code that was mailed under this id.
pub(crate) async fn mailed(field: &Field, receipt: Uuid, code: Uuid) -> (String, String) {
    let state = &field.api.state;
    let mails = outbox::of_receipt(&mut state.db.read().await.unwrap(), receipt).await.unwrap();
    let mut mails = mails.into_iter().filter(|m| m.kind == "code" && m.about == Some(code));
    let mail = mails.next().unwrap();
    assert!(mails.next().is_none(), "one mail for one code");
    assert!(!mail.link_token.is_empty() && mail.link_token.parse::<u32>().is_err(), "sealed");
    (mail.recipient, state.keys.seal.open_token(&mail.link_token).unwrap())
}

async fn tries(field: &Field, code: Uuid) -> i64 {
    codes::by_id(&mut field.api.state.db.read().await.unwrap(), code).await.unwrap().unwrap().tries
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

pub(crate) async fn ask(field: &Field, receipt: Uuid, login: &str, body: Value) -> Answer {
    field.api.post(&format!("/api/v1/receipts/{receipt}/codes"), &field.token(login).await, body).await
}

pub(crate) async fn confirm(field: &Field, receipt: Uuid, login: &str, code: Uuid, digits: &str) -> Answer {
    let body = json!({ "code_id": code, "code": digits });
    field.api.post(&format!("/api/v1/receipts/{receipt}/confirm"), &field.token(login).await, body).await
}

conformance! { a_code_confirms_a_receipt_on_its_page, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let link = token(&field, "H01-000001").await;
    let number_one = receipt(&field, "H01-000001").await;
    let before = counts(&field).await;
    let html = text(&get(&field, &format!("/r/{link}?lang=en")).await);
    // The signer is on the list of contacts: nobody else is offered, and little is told of the address.
    assert!(html.contains("周主任 (信息科主任): by mail to z***@h***.example") && !html.contains("zhou@"));
    assert!(!html.contains("name=\"code\""), "no code was asked for");
    let value = format!("{ZHOU}/mail");
    let form = filled(&field, &link, "code", &[("to", &value)]).await;
    assert_eq!(counts(&field).await, before, "reading changes nothing");
    for _ in 0..3 {
        let answer = post(&field, &link, &form).await;
        assert_eq!(answer.status, 303);
        assert!(answer.headers[header::LOCATION].to_str().unwrap().contains("?done=code"));
    }
    assert_eq!(counts(&field).await, (before.0, before.1 + 1, before.2 + 1), "sent three times, one code");

    let page = text(&get(&field, &format!("/r/{link}?lang=en&done=code")).await);
    let code: Uuid = hidden(&page, "entered", "key").parse().unwrap();
    let (to, digits) = mailed(&field, number_one, code).await;
    assert_eq!(to, "zhou@hospital.example");
    assert!(!page.contains(&digits) && page.contains("at most five times"));
    let enter = async |digits: &str| {
        let form = filled(&field, &link, "entered", &[("code", digits)]).await;
        post(&field, &link, &form).await
    };
    for bad in ["", "12345", "1234567", "abcdef", "12 34 5x", &"1".repeat(5000)] {
        assert_eq!(enter(bad).await.status, 422, "{bad}");
    }
    assert_eq!(tries(&field, code).await, 0, "what is no code is no try");
    let answer = enter(&wrong(&digits)).await;
    assert!(answer.status == 422 && text(&answer).contains("This code is not valid"));
    assert_eq!(tries(&field, code).await, 1);
    // As people type it, and as an input method does.
    let wide: String = digits.chars().map(|c| char::from_u32(u32::from(c) - 48 + 0xff10).unwrap()).collect();
    let form = filled(&field, &link, "entered", &[("code", &format!(" {}-{} ", &wide[..9], &wide[9..]))]).await;
    for _ in 0..2 {
        let answer = post(&field, &link, &form).await;
        assert_eq!(answer.status, 303, "{}", text(&answer));
    }
    let html = text(&get(&field, &format!("/r/{link}?lang=en&done=entered")).await);
    assert!(html.contains("went by mail to z***@h***.example and was entered on this page"));
    assert!(!html.contains("value=\"entered\"") && !html.contains("value=\"code\""), "there is nothing left to confirm");
    let zh = text(&get(&field, &format!("/r/{link}?lang=zh-CN")).await);
    assert!(zh.contains("验证码以邮件发送至 z***@h***.example"));
    // The visit's other receipt has it in its thread, and its own code is still to be had.
    let other = text(&get(&field, &format!("/r/{}?lang=en", token(&field, "H01-000002").await)).await);
    assert!(other.contains("entered on this page") && other.contains("value=\"code\"") && !other.contains("/confirmations/"));

    // Its own file: for whoever has the link, and for the company.
    let file = get(&field, &format!("/r/{link}/confirmations/{code}")).await;
    assert_eq!((file.status.as_u16(), &file.headers[header::CACHE_CONTROL]), (200, &"private, no-store".parse().unwrap()));
    let sm = field.token("sm").await;
    let path = format!("/api/v1/receipts/{number_one}/confirmations/{code}");
    assert_eq!(field.api.get(&path, &sm).await.bytes, file.bytes);
    field.api.get(&path, &field.token("sm2").await).await.refused(404, "not_found");
    let two = receipt(&field, "H01-000002").await;
    field.api.get(&format!("/api/v1/receipts/{two}/confirmations/{code}"), &sm).await.refused(404, "not_found");
    for nothing in [Uuid::nil().to_string(), "x".into(), "%00".into()] {
        assert_eq!(get(&field, &format!("/r/{link}/confirmations/{nothing}")).await.status, 404);
    }
    let dossier = field.api.get(&format!("/api/v1/visits/{VISIT}"), &sm).await.ok();
    let told = &dossier["confirmations"][0];
    assert_eq!((&told["name"], &told["code"]["address"], &told["code"]["entered"], &told["code"]["is_signer"]),
        (&"周主任".into(), &"z***@h***.example".into(), &"page".into(), &true.into()));
    statement_verifies(&field, &f.dir, &link, &file.bytes).await;
} }

async fn statement_verifies(field: &Field, dir: &std::path::Path, link: &str, statement: &[u8]) {
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let bytes = get(field, &format!("/r/{link}.json")).await.bytes;
    let (confirmation, receipt) = (file("c.json", statement), file("r.json", &bytes));
    file("jwks.json", &get(field, "/.well-known/jwks.json").await.bytes);
    let verify = |files: &[PathBuf]| -> Report { verify_files(None, files, &Renderer::open(None).unwrap()).unwrap() };
    let report = verify(&[confirmation.clone(), receipt]);
    assert!(report.holds() && report.to_string().contains("confirmed receipt H01-000001 is the one"), "{report}");
    let changed = String::from_utf8(statement.to_vec()).unwrap().replace("z***@h***.example", "l***@h***.example");
    let report = verify(&[file("changed.json", changed.as_bytes())]);
    assert_eq!((report.files[0].code, report.holds()), ("statement_signature", false));
    // Another receipt under the same id, signed by the same key.
    let mut other: Receipt = serde_json::from_slice(&bytes).unwrap();
    other.body.issued_ms += 1;
    let key = &field.api.state.keys.receipt;
    let other = Receipt::sign(other.body, &key.kid, key.software()).unwrap().to_json().unwrap();
    let report = verify(&[confirmation, file("other.json", other.as_bytes())]);
    assert!(!report.holds() && report.to_string().contains("confirmation_other_receipt"), "{report}");
}

conformance! { the_signer_reads_a_code_to_the_engineer, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let one = receipt(&field, "H01-000001").await;
    let path = format!("/api/v1/receipts/{one}/codes");
    let body = |n: u128| json!({ "id": id(n), "contact": ZHOU, "channel": "mail" });
    for login in ["sales", "lead"] {
        ask(&field, one, login, body(1)).await.refused(403, "forbidden");
        confirm(&field, one, login, id(1), "123456").await.refused(403, "forbidden");
    }
    // Somebody else's customer: as if there were no such receipt.
    ask(&field, one, "sm2", body(1)).await.refused(404, "not_found");
    confirm(&field, one, "sm2", id(1), "123456").await.refused(404, "not_found");
    field.api.get(&path, &field.token("sm2").await).await.refused(404, "not_found");
    let choices = field.api.get(&path, &field.token("wang").await).await.ok();
    assert_eq!(choices["items"], json!([{ "contact": ZHOU, "address_from": "contacts", "channel": "mail", "name": "周主任",
        "role": "信息科主任", "address": "z***@h***.example", "is_signer": true }]));
    for (wrong, code) in [
        (json!({ "id": id(1), "contact": id(0x99) }), "no_address"),
        (json!({ "id": id(1), "channel": "sms" }), "no_address"),
        (json!({ "id": id(1), "channel": "fax" }), "unprocessable"),
        (json!({ "id": id(1), "address": "me@evil.example" }), "unprocessable"),
    ] {
        ask(&field, one, "wang", wrong).await.refused(422, code);
    }
    let sent = ask(&field, one, "wang", body(1)).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let sent = sent.ok();
    assert_eq!((&sent["address"], &sent["name"]), (&"z***@h***.example".into(), &"周主任".into()));
    assert_eq!(ask(&field, one, "wang", body(1)).await.ok(), sent, "asked twice");
    let two = receipt(&field, "H01-000002").await;
    ask(&field, two, "wang", body(1)).await.refused(409, "idempotency_mismatch");
    let (_, digits) = mailed(&field, one, id(1)).await;

    // Every reason has one answer.
    let answers = [
        confirm(&field, one, "wang", id(1), &wrong(&digits)).await,
        confirm(&field, one, "wang", id(77), &digits).await,
        confirm(&field, two, "wang", id(1), &digits).await,
        confirm(&field, one, "wang", id(1), "none").await,
    ];
    for answer in &answers {
        answer.refused(422, "code_wrong");
        assert_eq!(answer.body["detail"], answers[0].body["detail"]);
    }
    let statement = confirm(&field, one, "wang", id(1), &digits).await.ok();
    assert_eq!((&statement["kind"], &statement["entered"], &statement["number"]),
        (&"confirmation".into(), &"company".into(), &"H01-000001".into()));
    let sha = field.api.get(&format!("/api/v1/receipts/{one}"), &field.token("sm").await).await.ok()["sha256"].clone();
    assert_eq!(statement["receipt_sha256"], sha, "bound to this very file");
    assert_eq!(confirm(&field, one, "wang", id(1), &digits).await.ok(), statement, "entered twice");
    confirm(&field, one, "wang", id(1), &wrong(&digits)).await.refused(422, "code_wrong");
    let dossier = field.api.get(&format!("/api/v1/visits/{VISIT}"), &field.token("sm").await).await.ok();
    assert_eq!(dossier["confirmations"].as_array().unwrap().len(), 1);
    assert_eq!(dossier["confirmations"][0]["code"]["entered_by"], json!(id(1)));

    // Its mail is no mail to send again, least of all to somebody else.
    let mail = dossier["mails"].as_array().unwrap().iter().find(|m| m["kind"] == "code").unwrap()["id"].clone();
    let path = format!("/api/v1/mails/{}/resend", mail.as_str().unwrap());
    let word = json!({ "id": Uuid::now_v7(), "reason": "x", "address": "me@evil.example" });
    field.api.post(&path, &field.token("sm").await, word).await.refused(409, "one_time_code");
    let mut tx = field.api.state.db.read().await.unwrap();
    let audited = countersign::db_all!((String, Option<Uuid>, String), &mut tx,
        "SELECT action, user_id, CAST(detail AS TEXT) FROM audit WHERE action LIKE 'code_%' ORDER BY at_ms, id").unwrap();
    let actions: Vec<&str> = audited.iter().map(|(action, ..)| action.as_str()).collect();
    assert_eq!(actions, ["code_asked", "code_confirmed"]);
    assert!(audited.iter().all(|(_, user, detail)| *user == Some(id(1)) && !detail.contains(&digits)));
} }

conformance! { a_code_has_its_time_its_tries_and_its_limits, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let (one, two) = (receipt(&field, "H01-000001").await, receipt(&field, "H01-000002").await);
    let clock = &field.api.state.clock;
    let body = |n: u128| json!({ "id": id(n) });
    ask(&field, one, "wang", body(1)).await.ok();
    let (_, digits) = mailed(&field, one, id(1)).await;
    let early = ask(&field, one, "wang", body(2)).await;
    early.refused(429, "too_many_attempts");
    assert!(early.headers.contains_key(header::RETRY_AFTER));
    for _ in 0..MOST_TRIES {
        confirm(&field, one, "wang", id(1), &wrong(&digits)).await.refused(422, "code_wrong");
    }
    confirm(&field, one, "wang", id(1), &digits).await.refused(422, "code_wrong");

    clock.advance(MINUTE);
    ask(&field, one, "wang", body(3)).await.ok();
    let (_, late) = mailed(&field, one, id(3)).await;
    clock.advance(VALID_MS);
    confirm(&field, one, "wang", id(3), &late).await.refused(422, "code_wrong");
    ask(&field, one, "wang", body(4)).await.ok();
    let (_, old) = mailed(&field, one, id(4)).await;
    clock.advance(MINUTE);
    ask(&field, one, "wang", body(5)).await.ok();
    confirm(&field, one, "wang", id(4), &old).await.refused(422, "code_wrong");
    // Five in an hour for one receipt, ten to one address, whichever receipt they are for.
    clock.advance(MINUTE);
    ask(&field, one, "wang", body(6)).await.ok();
    clock.advance(MINUTE);
    ask(&field, one, "wang", body(7)).await.refused(429, "too_many_attempts");
    for n in 10..15 {
        clock.advance(MINUTE);
        ask(&field, two, "wang", body(n)).await.ok();
    }
    clock.advance(MINUTE);
    ask(&field, two, "wang", body(20)).await.refused(429, "too_many_attempts");
    // Twenty for one receipt, ever.
    let mut sent = 5;
    for n in 100..140 {
        clock.advance(40 * MINUTE);
        sent += i64::from(ask(&field, one, "wang", body(n)).await.status == StatusCode::ACCEPTED);
    }
    assert_eq!(sent, 20);
    clock.advance(30 * 24 * 60 * MINUTE);
    ask(&field, one, "wang", body(200)).await.refused(429, "too_many_attempts");
    // The page says the same in words.
    let link = token(&field, "H01-000001").await;
    let form = filled(&field, &link, "code", &[("to", &format!("{ZHOU}/mail"))]).await;
    let answer = post(&field, &link, &form).await;
    assert!(answer.status == 429 && text(&answer).contains("Codes were asked for too often"));
    for to in ["", "x", &format!("{ZHOU}/fax"), &format!("{}/mail", id(9)), &"/".repeat(999)] {
        let form = filled(&field, &link, "code", &[("to", to)]).await;
        assert_eq!(post(&field, &link, &form).await.status, 422, "{to}");
    }
} }

conformance! { what_comes_at_once_has_one_effect, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let field = Arc::new(field);
    let one = receipt(&field, "H01-000001").await;
    let wang = field.token("wang").await;
    // A hundred ask at once, each for a code of its own: one is sent.
    let asking = (0..100_u128).map(|n| {
        let (field, wang) = (field.clone(), wang.clone());
        tokio::spawn(async move {
            let path = format!("/api/v1/receipts/{one}/codes");
            field.api.post(&path, &wang, json!({ "id": id(0x1000 + n) })).await.status
        })
    });
    let mut accepted = Vec::new();
    for (n, task) in (0x1000..).zip(asking.collect::<Vec<_>>()) {
        match task.await.unwrap() {
            StatusCode::ACCEPTED => accepted.push(id(n)),
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(accepted.len(), 1);
    let guess = async |code: Uuid, digits: Vec<String>| {
        let tasks = digits.into_iter().map(|digits| {
            let (field, wang) = (field.clone(), wang.clone());
            tokio::spawn(async move {
                let body = json!({ "code_id": code, "code": digits });
                field.api.post(&format!("/api/v1/receipts/{one}/confirm"), &wang, body).await.status
            })
        });
        let mut right = 0;
        for task in tasks.collect::<Vec<_>>() {
            right += usize::from(task.await.unwrap() == StatusCode::OK);
        }
        right
    };
    let (_, digits) = mailed(&field, one, accepted[0]).await;
    // A hundred wrong ones at once use up the tries, and the right one comes too late.
    let others: Vec<String> = (1..=100).map(|n| format!("{:06}", (digits.parse::<u32>().unwrap() + n) % 1_000_000)).collect();
    assert_eq!(guess(accepted[0], others).await, 0);
    assert_eq!((tries(&field, accepted[0]).await, guess(accepted[0], vec![digits]).await), (MOST_TRIES, 0));

    field.api.state.clock.advance(MINUTE);
    ask(&field, one, "wang", json!({ "id": id(2) })).await.ok();
    let (_, digits) = mailed(&field, one, id(2)).await;
    let before = counts(&field).await;
    assert_eq!(guess(id(2), vec![digits; 100]).await, 100, "the same answer to everybody");
    assert_eq!(counts(&field).await, (before.0 + 1, before.1 + 1, before.2), "one confirmation");
} }

conformance! { a_hospital_without_contacts_gets_no_codes, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let other = receipt(&field, "H02-000001").await;
    ask(&field, other, "boss", json!({ "id": id(1) })).await.refused(422, "no_address");
    let link = token(&field, "H02-000001").await;
    let html = text(&get(&field, &format!("/r/{link}?lang=en")).await);
    assert!(!html.contains("value=\"code\""));
} }

type Seen = Arc<Mutex<Vec<(Option<String>, Value)>>>;

conformance! { a_text_message_goes_to_the_hook, |f| async {
    let seen = Seen::default();
    let refuse = Arc::new(Mutex::new(false));
    let (hook_seen, hook_refuse) = (seen.clone(), refuse.clone());
    let hook = move |headers: HeaderMap, body: Bytes| async move {
        let bearer = headers.get("authorization").map(|v| v.to_str().unwrap().to_owned());
        hook_seen.lock().unwrap().push((bearer, serde_json::from_slice(&body).unwrap()));
        if *hook_refuse.lock().unwrap() { StatusCode::BAD_GATEWAY } else { StatusCode::OK }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sms?key=hidden", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/sms", posting(hook))).await.unwrap();
    });
    let api = Api::with(f, |config| {
        config.outside.sms_hook_url = Some(url.clone());
        config.outside.sms_hook_secret = Some("bearer-of-the-hook".into());
    }).await;
    let field = Field::of(api).await;
    story(&field).await;
    let contact = Contact {
        id: ContactId(ZHOU), code: "K1".into(), customer: HOSPITAL, name: "周主任".into(), position: "信息科主任".into(),
        phone: Some("+86 138 0000 5678".into()), email: None, language: Lang::ZhCn, receives_receipts: true,
        single_interface: true,
    };
    let mut tx = field.api.state.db.begin().await.unwrap();
    reference::put(&mut tx, &[Record::Contact(contact)], None, 2).await.unwrap();
    tx.commit().await.unwrap();
    let one = receipt(&field, "H01-000001").await;
    ask(&field, one, "wang", json!({ "id": id(1), "channel": "mail" })).await.refused(422, "no_address");
    let sent = ask(&field, one, "wang", json!({ "id": id(1), "channel": "sms" })).await.ok();
    assert_eq!((&sent["address"], &sent["channel"]), (&"***5678".into(), &"sms".into()));
    let (bearer, posted) = seen.lock().unwrap().pop().unwrap();
    assert_eq!((bearer.as_deref(), &posted["to"]), (Some("Bearer bearer-of-the-hook"), &"+86 138 0000 5678".into()));
    let digits = posted["code"].as_str().unwrap().to_owned();
    assert!(posted["text"].as_str().unwrap().contains(&digits) && posted["text"].as_str().unwrap().contains("10 分钟"));
    let statement = confirm(&field, one, "wang", id(1), &digits).await.ok();
    assert_eq!((&statement["channel"], &statement["address"]), (&"sms".into(), &"***5678".into()));

    *refuse.lock().unwrap() = true;
    field.api.state.clock.advance(MINUTE);
    ask(&field, one, "wang", json!({ "id": id(2), "channel": "sms" })).await.refused(502, "sms_not_sent");
    serving.abort();
    field.api.state.clock.advance(MINUTE);
    ask(&field, one, "wang", json!({ "id": id(3), "channel": "sms" })).await.refused(502, "sms_not_sent");
    let explained = format!("{:?}", field.api.state.config);
    assert!(!explained.contains("hidden") && !explained.contains("bearer-of-the-hook"));
} }
