//! Mails as managers see them: what came back, what is sent again, and who may say so.

use crate::api::BOUNCE_SECRET;
use crate::field::{Field, VISIT, story};
use axum::http::Method;
use countersign::conformance;
use serde_json::{Value, json};
use uuid::Uuid;

const ZHOU: &str = "zhou@hospital.example";

/// The mail of the first receipt of [`VISIT`] to the hospital.
async fn zhous(field: &Field, token: &str) -> Value {
    let dossier = field.api.get(&format!("/api/v1/visits/{VISIT}"), token).await.ok();
    let receipt = dossier["receipts"][0]["id"].clone();
    let mails = dossier["mails"].as_array().unwrap().clone();
    mails.into_iter().find(|m| m["recipient"] == ZHOU && m["receipt"] == receipt).unwrap()
}

fn report(message_id: &str) -> Vec<u8> {
    format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
         Final-Recipient: rfc822; {ZHOU}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 no such mailbox\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n\
         Message-ID: <{message_id}>\r\n\r\nx\r\n--x--\r\n"
    )
    .into_bytes()
}

async fn post_report(field: &Field, secret: Option<&str>, bytes: Vec<u8>) -> crate::api::Answer {
    field.api.send(Method::POST, "/api/v1/mails/bounces", secret, Some("message/rfc822"), bytes).await
}

conformance! { what_came_back_is_on_the_visit_and_on_the_list, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let sm = field.token("sm").await;
    let mail = zhous(&field, &sm).await;
    assert_eq!((&mail["state"], &mail["audience"], &mail["attempts"]), (&"queued".into(), &"customer".into(), &0.into()));
    assert_eq!(field.api.get("/api/v1/mails?state=undelivered", &sm).await.ok()["items"], json!([]));
    assert_eq!(field.api.get("/api/v1/visits?mail=undelivered", &sm).await.ok()["items"], json!([]));

    let message_id = mail["message_id"].as_str().unwrap();
    // Nobody without the secret, whoever they are.
    let boss = field.token("boss").await;
    for wrong in [None, Some("wrong"), Some(""), Some(boss.as_str())] {
        post_report(&field, wrong, report(message_id)).await.refused(401, "unauthenticated");
    }
    let secret = Some(BOUNCE_SECRET);
    post_report(&field, secret, b"Subject: thank you\r\n\r\nhello".to_vec()).await.refused(422, "not_a_bounce");
    assert_eq!(post_report(&field, secret, report("nobody@x")).await.ok()["noted"], "stranger");
    assert_eq!(post_report(&field, secret, report(message_id)).await.ok()["noted"], "bounced");
    assert_eq!(post_report(&field, secret, report(message_id)).await.ok()["noted"], "known");

    let mail = zhous(&field, &sm).await;
    assert_eq!((&mail["state"], &mail["explanation"]), (&"bounced".into(), &"5.1.1 550 no such mailbox".into()));
    let list = field.api.get("/api/v1/mails?state=undelivered", &sm).await.ok();
    assert_eq!(list["items"], json!([mail]));
    let visits = field.api.get("/api/v1/visits?mail=undelivered", &sm).await.ok();
    assert_eq!(visits["items"].as_array().unwrap().len(), 1);
    assert_eq!((&visits["items"][0]["id"], &visits["items"][0]["undelivered"]), (&json!(VISIT), &1.into()));
    // Another manager's customer.
    let sm2 = field.token("sm2").await;
    assert_eq!(field.api.get("/api/v1/mails?state=undelivered", &sm2).await.ok()["items"], json!([]));
} }

conformance! { a_manager_has_it_sent_again, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let sm = field.token("sm").await;
    let mail = zhous(&field, &sm).await;
    let path = format!("/api/v1/mails/{}/resend", mail["id"].as_str().unwrap());
    post_report(&field, Some(BOUNCE_SECRET), report(mail["message_id"].as_str().unwrap())).await.ok();
    let word = json!({ "id": Uuid::now_v7(), "reason": "地址已更正" });
    field.api.post(&path, &field.token("sm2").await, word.clone()).await.refused(404, "not_found");
    for login in ["wang", "am", "lead", "sales"] {
        field.api.post(&path, &field.token(login).await, word.clone()).await.refused(403, "forbidden");
    }
    assert_eq!(field.api.post(&path, &sm, word.clone()).await.ok()["state"], "queued");
    assert_eq!(field.api.post(&path, &sm, word.clone()).await.ok()["state"], "queued");
    let boss = field.token("boss").await;
    field.api.post(&path, &boss, word).await.refused(409, "idempotency_mismatch");

    let new = Uuid::now_v7();
    let elsewhere = json!({ "id": new, "reason": "换人了", "address": "chen@hospital.example" });
    for address in ["nobody", "a@b\r\nBcc: c@d", ZHOU] {
        let mut wrong = elsewhere.clone();
        wrong["address"] = address.into();
        wrong["id"] = json!(Uuid::now_v7());
        field.api.post(&path, &sm, wrong).await.refused(422, "invalid_record");
    }
    let sent = field.api.post(&path, &sm, elsewhere).await.ok();
    assert_eq!((&sent["id"], &sent["recipient"], &sent["state"]),
        (&json!(new), &"chen@hospital.example".into(), &"queued".into()));
    let old = zhous(&field, &sm).await;
    assert_eq!((&old["state"], &old["replaced_by"]), (&"replaced".into(), &json!(new)));
    let again = json!({ "id": Uuid::now_v7(), "reason": "x" });
    field.api.post(&path, &sm, again).await.refused(409, "mail_busy");

    let mut tx = field.api.state.db.read().await.unwrap();
    let audited = countersign::db_all!((String, Option<Uuid>), &mut tx,
        "SELECT action, user_id FROM audit WHERE action LIKE 'mail_%' ORDER BY at_ms, id").unwrap();
    let sm = crate::field::id(4);
    assert_eq!(audited, vec![("mail_bounced".into(), None), ("mail_resent".into(), Some(sm)),
        ("mail_readdressed".into(), Some(sm))]);
} }

conformance! { the_list_is_paged_and_in_sight, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let boss = field.token("boss").await;
    let all = field.api.get("/api/v1/mails", &boss).await.ok()["items"].as_array().unwrap().clone();
    assert!(all.len() > 4, "{}", all.len());
    let (mut seen, mut next) = (Vec::new(), None::<String>);
    loop {
        let path = format!("/api/v1/mails?limit=2{}", next.map(|n| format!("&after={n}")).unwrap_or_default());
        let page = field.api.get(&path, &boss).await.ok();
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(n) => next = Some(n.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, all);
    let am = field.api.get("/api/v1/mails", &field.token("am").await).await.ok()["items"].as_array().unwrap().len();
    assert!(am > 0 && am < all.len(), "only those of their customers");
    field.api.get("/api/v1/mails?after=x", &boss).await.refused(400, "bad_request");
    field.api.get("/api/v1/mails?state=sent", &boss).await.refused(400, "bad_request");
    assert!(!format!("{all:?}").contains("sealed:"), "no link leaves by this way");
} }

conformance! { the_command_line_does_the_same_at_the_machine, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let run = |args: &[&str]| {
        let all = [&["--database-url", f.url.as_str()], args].concat();
        crate::process::program(&f.dir, &all)
    };
    let ok = |args: &[&str]| {
        let (code, out, errors) = run(args);
        assert_eq!(code, 0, "{args:?}: {errors}");
        out
    };
    let list = ok(&["receipt", "list"]);
    assert!(list.lines().any(|l| l.starts_with("H01-000001\t1\t") && l.ends_with("\t0/3\t0")), "{list}");
    let mails = ok(&["receipt", "show", "--mails", "H01-000001"]);
    assert!(mails.lines().count() == 3 && mails.contains(&format!("\tqueued\t{ZHOU}\t0\t")), "{mails}");
    assert!(!mails.contains("sealed:"));

    // Nothing was given up, so nothing is sent again unless an address is named.
    assert_eq!(run(&["receipt", "resend", "H01-000001", "--reason", "x"]).0, 2);
    assert_eq!(run(&["receipt", "resend", "H01-000001"]).0, 2, "a reason is needed");
    assert_eq!(run(&["receipt", "resend", "H09-000001", "--reason", "x"]).0, 1);
    let again = ok(&["receipt", "resend", "H01-000001", "--recipient", ZHOU, "--reason", "x"]);
    assert!(again.ends_with(&format!("\tqueued\t{ZHOU}\n")), "{again}");
    let to = ["receipt", "resend", "H01-000001", "--recipient", ZHOU, "--reason", "x", "--to", "chen@hospital.example"];
    assert!(ok(&to).ends_with("\tqueued\tchen@hospital.example\n"));
    assert_eq!(run(&to).0, 2, "it was replaced");
    let mails = ok(&["receipt", "show", "--mails", "H01-000001"]);
    assert!(mails.contains(&format!("\treplaced\t{ZHOU}\t")) && mails.contains("\tqueued\tchen@hospital.example\t"));

    let all = ok(&["receipt", "verify"]);
    assert_eq!(all.lines().filter(|l| l.starts_with("ok H0")).count(), 3, "{all}");
    assert!(ok(&["receipt", "verify", "H02-000001"]).starts_with("ok H02-000001: "));
    let mut tx = field.api.state.db.begin().await.unwrap();
    countersign::db_execute!(&mut tx, "UPDATE receipts SET revision = 9 WHERE number = 'H01-000001'").unwrap();
    tx.commit().await.unwrap();
    let (code, out, _) = run(&["receipt", "verify"]);
    assert!(code == 1 && out.contains("receipt_row H01-000001"), "{out}");
} }
