//! The hospital's page: read, disputed, answered, rated, confirmed, checked, by whoever has the link and nobody else.

use crate::api::Answer;
use crate::field::{Field, VISIT, id, story};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use countersign::conformance;
use countersign::receipts::page::LINK_MS;
use countersign::store::{outbox, page, receipts};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use sync_core::canonical::sha256;
use uuid::Uuid;

const FORM: &str = "application/x-www-form-urlencoded";

/// Names and values of a form's fields.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// The token of the link that the hospital got with the receipt `number`.
pub(crate) async fn token(field: &Field, number: &str) -> String {
    let state = &field.api.state;
    let mut tx = state.db.read().await.unwrap();
    let receipt = receipts::by_number(&mut tx, number).await.unwrap().unwrap();
    let mail = outbox::of_receipt(&mut tx, receipt.id).await.unwrap().remove(0);
    state.keys.seal.open_token(&mail.link_token).unwrap()
}

pub(crate) async fn get(field: &Field, path: &str) -> Answer {
    field.api.call(Method::GET, path, None, None).await
}

pub(crate) fn text(answer: &Answer) -> String {
    assert!(answer.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    String::from_utf8(answer.bytes.clone()).unwrap()
}

/// The value of a field of the form that does `action`.
pub(crate) fn hidden(html: &str, action: &str, name: &str) -> String {
    let form = html.split(&format!("name=\"action\" value=\"{action}\"")).nth(1).unwrap();
    let field = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    field.split('"').next().unwrap().to_owned()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    fields.iter().map(|(n, v)| format!("{n}={}", escape(v))).collect::<Vec<_>>().join("&")
}

/// A form of the page, filled in.
pub(crate) async fn filled(field: &Field, token: &str, action: &str, fields: &[(&str, &str)]) -> String {
    let html = text(&get(field, &format!("/r/{token}?lang=en")).await);
    let (key, proof) = (hidden(&html, action, "key"), hidden(&html, action, "proof"));
    let mut all = vec![("action", action), ("key", key.as_str()), ("proof", proof.as_str())];
    all.extend(fields);
    encoded(&all)
}

pub(crate) async fn post(field: &Field, token: &str, form: &str) -> Answer {
    let path = format!("/r/{token}?lang=en");
    field.api.send(Method::POST, &path, None, Some(FORM), form.as_bytes().to_vec()).await
}

const WRONG: &[(&str, &str)] = &[("name", "陈晓"), ("role", "科长"), ("text", "第二天早上又停了一次")];

pub(crate) async fn counts(field: &Field) -> (i64, i64, i64) {
    let mut tx = field.api.state.db.read().await.unwrap();
    let count =
        "SELECT (SELECT COUNT(*) FROM page_entries), (SELECT COUNT(*) FROM audit), (SELECT COUNT(*) FROM outbox)";
    countersign::db_one!((i64, i64, i64), &mut tx, count).unwrap()
}

conformance! { reading_changes_nothing_and_nothing_foreign_works_on_it, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let before = counts(&field).await;
    for path in ["", ".json", "?lang=en", "?lang=zh-CN&done=dispute", "?done=rating"] {
        let answer = get(&field, &format!("/r/{token}{path}")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    assert_eq!(counts(&field).await, before);
    for lang in ["en", "zh-CN"] {
        let answer = get(&field, &format!("/r/{token}?lang={lang}")).await;
        let html = text(&answer);
        let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        use base64_of::encode;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy, format!("default-src 'none'; style-src 'sha256-{}'; img-src 'self'; form-action 'self'; base-uri 'none'; \
            frame-ancestors 'none'", encode(&sha256(style.as_bytes()))));
        for nothing in ["<script", "<img", "<iframe", "<link", " style=", " onclick=", "javascript:", "http-equiv"] {
            assert!(!html.contains(nothing), "{nothing}");
        }
        assert!(html.contains("H01-000002"), "the later receipt is named");
        // Of the customer's own orders the number, and nothing of what is for the company's eyes.
        assert!(html.contains("W-1") && !html.contains("日报打不出来"));
    }
} }

/// Base64 without a library of its own.
mod base64_of {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub(super) fn encode(bytes: &[u8]) -> String {
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let n = chunk.iter().fold(0_u32, |n, b| (n << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
            for i in 0..4 {
                let digit = DIGITS[(n >> (18 - 6 * i)) as usize & 63];
                out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
            }
        }
        out
    }
}

conformance! { a_dispute_is_told_answered_and_stays, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let mails = counts(&field).await.2;
    let form = filled(&field, &token, "dispute", WRONG).await;
    let answer = post(&field, &token, &form).await;
    assert_eq!(answer.status, 303);
    let to = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(to, format!("/r/{token}?done=dispute&lang=en#said"));
    let html = text(&get(&field, to.split('#').next().unwrap()).await);
    assert!(html.contains("第二天早上又停了一次") && html.contains("has been received") && html.contains("Not answered yet"));
    assert!(html.contains("<li>H01-000001 ("), "among the open disputes");

    // By mail: to the customer's service manager, with what was said.
    assert_eq!(counts(&field).await.2, mails + 1);
    let mut tx = field.api.state.db.read().await.unwrap();
    let receipt = receipts::by_number(&mut tx, "H01-000001").await.unwrap().unwrap();
    let mail = outbox::of_receipt(&mut tx, receipt.id).await.unwrap().into_iter().find(|m| m.kind == "dispute").unwrap();
    assert_eq!((mail.recipient.as_str(), mail.audience.as_str()), ("sm@example.com", "company"));
    drop(tx);

    // By the API: to whoever sees the visit.
    let sm = field.token("sm").await;
    let open = field.api.get("/api/v1/disputes?state=open", &sm).await.ok();
    let dispute = &open["items"][0];
    assert_eq!((&dispute["number"], &dispute["name"], &dispute["role"], &dispute["text"]),
        (&"H01-000001".into(), &"陈晓".into(), &"科长".into(), &"第二天早上又停了一次".into()));
    assert_eq!(dispute["answer"], Value::Null);
    assert_eq!(mail.about, Some(dispute["id"].as_str().unwrap().parse::<Uuid>().unwrap()));
    let visits = field.api.get("/api/v1/visits?dispute=open", &sm).await.ok();
    assert_eq!((visits["items"].as_array().unwrap().len(), &visits["items"][0]["disputes"]), (1, &1.into()));
    let dossier = field.api.get(&format!("/api/v1/visits/{VISIT}"), &sm).await.ok();
    assert_eq!(dossier["disputes"], json!([dispute]));
    assert_eq!(field.api.get("/api/v1/disputes", &field.token("sm2").await).await.ok()["items"], json!([]));

    let one = format!("/api/v1/disputes/{}", dispute["id"].as_str().unwrap());
    let path = format!("{one}/answer");
    let body = json!({ "id": Uuid::now_v7(), "resolution": "explained", "text": " 第二次是机房断电。 " });
    field.api.post(&path, &field.token("sm2").await, body.clone()).await.refused(404, "not_found");
    for login in ["wang", "am", "lead", "sales"] {
        field.api.post(&path, &field.token(login).await, body.clone()).await.refused(403, "forbidden");
    }
    for (name, value) in [("text", " "), ("text", "\u{0}"), ("resolution", "won")] {
        let mut wrong = body.clone();
        wrong[name] = value.into();
        assert_eq!(field.api.post(&path, &sm, wrong).await.status, 422);
    }
    let answered = field.api.post(&path, &sm, body.clone()).await.ok();
    assert_eq!((&answered["answer"]["text"], &answered["answer"]["user_name"]), (&"第二次是机房断电。".into(), &"sm 某".into()));
    assert_eq!(field.api.post(&path, &sm, body.clone()).await.ok(), answered, "said twice");
    let mut other = body.clone();
    other["text"] = "别的".into();
    field.api.post(&path, &sm, other.clone()).await.refused(409, "idempotency_mismatch");
    other["id"] = json!(Uuid::now_v7());
    field.api.post(&path, &sm, other).await.refused(409, "already_answered");
    assert_eq!(field.api.get(&one, &sm).await.ok(), answered);
    assert_eq!(field.api.get("/api/v1/disputes?state=open", &sm).await.ok()["items"], json!([]));
    assert_eq!(field.api.get("/api/v1/disputes?state=answered", &sm).await.ok()["items"], json!([answered]));

    // On the page of this receipt, and on that of the visit's other one: the history stays.
    for number in ["H01-000001", "H01-000002"] {
        let html = text(&get(&field, &format!("/r/{}?lang=en", self::token(&field, number).await)).await);
        assert!(html.contains("第二天早上又停了一次") && html.contains("第二次是机房断电。") && html.contains("sm 某"));
        assert!(html.contains("The record stands") && !html.contains("Not answered yet"));
    }
    let elsewhere = self::token(&field, "H02-000001").await;
    assert!(!text(&get(&field, &format!("/r/{elsewhere}")).await).contains("第二天早上又停了一次"));
    let mut tx = field.api.state.db.read().await.unwrap();
    let audited = countersign::db_all!((String, Option<Uuid>), &mut tx,
        "SELECT action, user_id FROM audit WHERE action IN ('page_dispute', 'dispute_answered') ORDER BY at_ms, id").unwrap();
    assert_eq!(audited, vec![("page_dispute".into(), None), ("dispute_answered".into(), Some(id(4)))]);
} }

conformance! { a_hundred_at_once_have_one_effect, |f| async {
    let field = Arc::new(Field::new(f).await);
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let before = counts(&field).await;
    let form = filled(&field, &token, "dispute", WRONG).await;
    let tasks: Vec<_> = (0..100).map(|_| {
        let (field, token, form) = (field.clone(), token.clone(), form.clone());
        tokio::spawn(async move { post(&field, &token, &form).await.status.as_u16() })
    }).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 303);
    }
    assert_eq!(counts(&field).await, (before.0 + 1, before.1 + 1, before.2 + 1));
} }

conformance! { a_form_is_only_taken_from_its_page, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let (one, two) = (token(&field, "H01-000001").await, token(&field, "H02-000001").await);
    let before = counts(&field).await;
    let form = filled(&field, &one, "dispute", WRONG).await;
    let strangers = [
        // For another page, for another action, under another id, without a proof, and no form at all.
        (two.as_str(), form.clone()),
        (one.as_str(), form.replace(&encoded(&[("action", "dispute")]), &encoded(&[("action", "rating")]))),
        (one.as_str(), encoded(&[("action", "dispute"), ("key", &Uuid::now_v7().to_string()), ("proof", "x"), ("text", "x")])),
        (one.as_str(), encoded(&[("action", "dispute"), ("text", "x")])),
        (one.as_str(), "{}".to_owned()),
    ];
    for (token, form) in strangers {
        let answer = post(&field, token, &form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(text(&answer).contains("did not come from this page"));
    }
    // By another site, as the browser tells.
    let request = Request::builder().method(Method::POST).uri(format!("/r/{one}"));
    let request = request.header(header::CONTENT_TYPE, FORM).header("sec-fetch-site", "cross-site");
    assert_eq!(field.api.answer(request.body(Body::from(form.clone())).unwrap()).await.status, 422);
    let large = format!("{form}&more={}", "x".repeat(70_000));
    assert_eq!(post(&field, &one, &large).await.status, 422);
    assert_eq!(counts(&field).await, before);
    assert_eq!(post(&field, &one, &form).await.status, 303);
} }

conformance! { what_is_missing_is_said_and_nothing_typed_is_lost, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let before = counts(&field).await;
    let long = "长".repeat(2001);
    let wrong: [(&str, Fields<'_>, &str); 6] = [
        ("dispute", &[("text", "写了一半")], "the name is missing"),
        ("dispute", &[("name", "陈晓"), ("text", " \r\n ")], "the reason is missing"),
        ("dispute", &[("name", "陈晓"), ("text", &long)], "That is too long"),
        ("confirmation", &[("name", "陈晓")], "what your position is"),
        ("rating", &[("text", "写了一半")], "one of the five answers"),
        ("rating", &[("stars", "6"), ("text", "写了一半")], "one of the five answers"),
    ];
    for (action, fields, says) in wrong {
        let form = filled(&field, &token, action, fields).await;
        let answer = post(&field, &token, &form).await;
        let html = text(&answer);
        assert_eq!(answer.status, 422);
        assert!(html.contains(says), "{says}");
        for (_, value) in fields {
            assert!(html.contains(value.trim()), "{value} is lost");
        }
        // Corrected, it is still the same form.
        assert!(form.contains(&encoded(&[("key", &hidden(&html, action, "key"))])));
        assert!(html.contains("<details open>"));
    }
    assert_eq!(counts(&field).await, before);
} }

conformance! { rated_and_confirmed, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let rating = filled(&field, &token, "rating", &[("stars", "4"), ("text", "来得很快"), ("name", ""), ("role", "")]).await;
    let confirmation = filled(&field, &token, "confirmation", &[("name", "林 <b>静</b>"), ("role", "护理部")]).await;
    for form in [&rating, &confirmation, &rating] {
        assert_eq!(post(&field, &token, form).await.status, 303);
    }
    let html = text(&get(&field, &format!("/r/{token}?lang=en")).await);
    assert!(html.contains("4 of 5") && html.contains("来得很快") && html.contains("no name given"));
    assert!(html.contains("林 &lt;b&gt;静&lt;/b&gt; (护理部)"));
    let mut tx = field.api.state.db.read().await.unwrap();
    let kinds: Vec<String> = page::of_visit(&mut tx, VISIT.0).await.unwrap().into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["rating", "confirmation"]);
    drop(tx);
    // Thirty of a kind are enough.
    for _ in 1..30 {
        let form = filled(&field, &token, "rating", &[("stars", "1")]).await;
        assert_eq!(post(&field, &token, &form).await.status, 303);
    }
    let form = filled(&field, &token, "rating", &[("stars", "1")]).await;
    let answer = post(&field, &token, &form).await;
    assert_eq!(answer.status, 422);
    assert!(text(&answer).contains("takes no more"));
} }

conformance! { an_expired_link_and_a_strangers_answer_the_same, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let form = filled(&field, &token, "dispute", WRONG).await;
    let sm = field.token("sm").await;
    let mail = field.api.get(&format!("/api/v1/visits/{VISIT}"), &sm).await.ok()["mails"][0]["id"].as_str().unwrap().to_owned();
    // Long after, a manager has the mail sent again: its link works for two more years.
    let until = {
        let mut tx = field.api.state.db.read().await.unwrap();
        receipts::by_number(&mut tx, "H01-000001").await.unwrap().unwrap().issued_ms + LINK_MS
    };
    let clock = &field.api.state.clock;
    clock.advance(until - clock.now_ms());
    let stranger = "A".repeat(43);
    let before = counts(&field).await;
    for lang in ["en", "zh-CN"] {
        let mut answers = Vec::new();
        for token in [token.as_str(), &stranger, "x"] {
            let read = get(&field, &format!("/r/{token}?lang={lang}")).await;
            let file = get(&field, &format!("/r/{token}.json?lang={lang}")).await;
            let path = format!("/r/{token}?lang={lang}");
            let said = field.api.send(Method::POST, &path, None, Some(FORM), form.clone().into_bytes()).await;
            let path = format!("/r/{token}/verify?lang={lang}");
            let checked = field.api.send(Method::POST, &path, None, Some("multipart/form-data; boundary=x"), vec![]).await;
            for answer in [read, file, said, checked] {
                assert_eq!(answer.status, 404);
                let mut headers = answer.headers.clone();
                headers.remove("x-request-id");
                answers.push((headers, answer.bytes));
            }
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    }
    assert_eq!(counts(&field).await, before);
    // Log-ins have ended meanwhile too.
    let sm = field.token("sm").await;
    let word = json!({ "id": Uuid::now_v7(), "reason": "他们找不到了" });
    field.api.post(&format!("/api/v1/mails/{mail}/resend"), &sm, word).await.ok();
    assert_eq!(get(&field, &format!("/r/{token}")).await.status, 200);
} }

conformance! { whoever_tries_many_links_waits, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let token = token(&field, "H01-000001").await;
    let ask = async |last: u8, token: &str| {
        let mut request = Request::builder().uri(format!("/r/{token}?lang=en")).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, last], 1))));
        field.api.answer(request).await
    };
    for n in 0..100 {
        assert_eq!(ask(1, &format!("{n:0>43}")).await.status, 404);
        assert_eq!(ask(2, &token).await.status, 200, "what is there may be read as often as one likes");
    }
    let answer = ask(1, &token).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key(header::RETRY_AFTER) && text(&answer).contains("quarter of an hour"));
    assert_eq!(ask(2, &token).await.status, 200);
    field.api.state.clock.advance(15 * 60_000 + 1);
    assert_eq!(ask(1, &token).await.status, 200);
} }

conformance! { a_file_is_checked_and_not_kept, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let (one, two) = (token(&field, "H01-000001").await, token(&field, "H01-000002").await);
    let file = async |token: &str| get(&field, &format!("/r/{token}.json")).await.bytes;
    let check = async |file: &[u8], name: &str| {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"r.json\"\r\n\r\n");
        let body = [head.as_bytes(), file, b"\r\n--x--\r\n"].concat();
        let path = format!("/r/{one}/verify?lang=en");
        field.api.send(Method::POST, &path, None, Some("multipart/form-data; boundary=x"), body).await
    };
    let before = counts(&field).await;
    let says = async |file: &[u8], words: &[&str]| {
        let answer = check(file, "file").await;
        let html = text(&answer);
        assert_eq!(answer.status, 200);
        for word in words {
            assert!(html.contains(word), "{word}");
        }
    };
    let (first, second) = (file(&one).await, file(&two).await);
    says(&first, &["This file is this receipt: H01-000001, revision 1", "later receipt: H01-000002"]).await;
    says(&second, &["another receipt of ours: H01-000002, revision 2", "the last receipt of its visit"]).await;
    let changed = String::from_utf8(first.clone()).unwrap().replace("周主任", "王主任").into_bytes();
    assert_ne!(changed, first);
    says(&changed, &["This file does NOT hold"]).await;
    says(b"%PDF-1.7 but no PDF", &["no receipt that can be read"]).await;
    for (bytes, name) in [(&b""[..], "file"), (&first, "other"), (&vec![b' '; (8 << 20) + 1], "file")] {
        let answer = check(bytes, name).await;
        assert_eq!(answer.status, 422);
        assert!(text(&answer).contains("There was no file"));
    }
    assert_eq!(counts(&field).await, before);
} }
