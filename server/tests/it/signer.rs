//! What a signer tells of themselves: the receipt and codes go to their address, nobody who holds the receipt is told it, and
//! their rating stands where ratings stand.

use crate::codes::{ask, confirm, mailed, receipt};
use crate::field::{Field, HOSPITAL, OTHER_HOSPITAL, VISIT, WANGS_PHONE, begin, id, note, story};
use crate::hospital::{counts, filled, get, post, text, token};
use countersign::conformance;
use countersign::receipts::pdf::Renderer;
use countersign::receipts::verify::{Report, verify_files};
use countersign::store::outbox::{self, OutboxRow};
use serde_json::json;
use sim_phone::{Seeded, SimPhone};
use sync_core::confirmation::{AddressFrom, Confirmation};
use sync_core::crypto::PublicKey;
use sync_core::document::facts::*;
use sync_core::document::write::{Author, record_sign_off};
use sync_core::env::Env;
use sync_core::ids::{FactId, VisitId};
use sync_core::receipt::Receipt;
use sync_core::signoff::Answer;
use sync_core::statement::Signed;
use uuid::Uuid;

const MAIL: &str = "chen.xiao@second.example";

fn answer(signer: Signer) -> Answer {
    let rating = Some(Rating { stars: 4, comment: "来得很快".into() });
    Answer { outcome: SignOffOutcome::Accepted, reason: String::new(), signer, rating, strokes: None }
}

fn chen(mail: &str) -> Signer {
    Signer {
        department: "信息科".into(),
        mail: mail.into(),
        phone: "+86 138-0000-5678".into(),
        ..Signer::new("陈晓", "科长")
    }
}

/// A visit to a hospital without contacts, signed by somebody who told all of this.
async fn signed(field: &Field, hospital: CustomerRef, lang: Lang, signer: Signer) -> (SimPhone, VisitId) {
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let visit = wang.begin(begin(hospital, "H02 医院", false)).unwrap();
    wang.one(visit, note("日报打不出来")).unwrap();
    let shown = wang.show(visit, lang).unwrap();
    wang.sign(visit, &shown, &answer(signer)).unwrap();
    (field.sync(wang).await, visit)
}

async fn mails(field: &Field, receipt: Uuid) -> Vec<OutboxRow> {
    outbox::of_receipt(&mut field.api.state.db.read().await.unwrap(), receipt).await.unwrap()
}

async fn verified(field: &Field, files: &[(&str, &[u8])]) -> Report {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("jwks.json"), get(field, "/.well-known/jwks.json").await.bytes).unwrap();
    let write = |(name, bytes): &(&str, &[u8])| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let paths: Vec<_> = files.iter().map(write).collect();
    verify_files(None, &paths, &Renderer::open(None).unwrap()).unwrap()
}

conformance! { a_hospital_without_contacts_gets_receipt_and_code_at_the_address_that_was_told, |f| async {
    let field = Field::new(f).await;
    let (phone, visit) = signed(&field, CustomerRef::Listed(OTHER_HOSPITAL), Lang::En, chen(MAIL)).await;
    let one = receipt(&field, "H02-000001").await;
    let all = mails(&field, one).await;
    let to: Vec<_> = all.iter().filter(|m| m.audience == "customer").collect();
    assert_eq!(to.iter().map(|m| m.recipient.as_str()).collect::<Vec<_>>(), [MAIL]);
    assert_eq!((to[0].kind.as_str(), to[0].name.as_str(), to[0].language.as_str()), ("receipt", "陈晓", "en"));

    // Whoever holds the file can check it, and is not told the address.
    let link = token(&field, "H02-000001").await;
    let file = get(&field, &format!("/r/{link}.json")).await.bytes;
    let json = String::from_utf8(file.clone()).unwrap();
    for secret in ["chen.xiao", "138-0000", "\"salt\""] {
        assert!(!json.contains(secret), "{secret}: {json}");
    }
    let key = field.api.state.keys.receipt.public();
    let read = Receipt::verify(&json, &|_: &str| -> Option<PublicKey> { Some(key.clone()) }).unwrap();
    let masked = read.body.sign_off.address_masked.clone().unwrap();
    assert_eq!((masked.mail.as_str(), masked.phone.as_str()), ("c***@s***.example", "***5678"));
    let signer = &read.body.sign_off.sign_off.signer;
    assert_eq!((signer.department.as_str(), signer.has_address()), ("信息科", false));
    let html = text(&get(&field, &format!("/r/{link}?lang=en")).await);
    for part in ["陈晓 (信息科 · 科长)", "c***@s***.example, ***5678", "4 of 5", "来得很快", "given at sign-off", "as told at sign-off"] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(!html.contains("chen.xiao"), "{html}");

    // A code goes there, and the statement says where the address is from.
    let path = format!("/api/v1/receipts/{one}/codes");
    let choices = field.api.get(&path, &field.token("boss").await).await.ok();
    assert_eq!(choices["items"], json!([{ "contact": read.body.sign_off.id, "address_from": "sign_off", "channel": "mail",
        "name": "陈晓", "role": "信息科 · 科长", "address": "c***@s***.example", "is_signer": true }]));
    let sent = ask(&field, one, "wang", json!({ "id": id(0x500) })).await.ok();
    assert_eq!((&sent["name"], &sent["address"]), (&"陈晓".into(), &"c***@s***.example".into()));
    let (to, digits) = mailed(&field, one, id(0x500)).await;
    assert_eq!(to, MAIL);
    let statement = confirm(&field, one, "wang", id(0x500), &digits).await;
    let told: Signed<Confirmation> = serde_json::from_slice(&statement.bytes).unwrap();
    assert_eq!((told.body.address_from, told.body.is_signer), (Some(AddressFrom::SignOff), true));
    let statement = told.to_json().unwrap();
    let report = verified(&field, &[("c.json", statement.as_bytes()), ("r.json", &file)]).await;
    let said = report.to_string();
    assert!(report.holds() && said.contains("the signer, 陈晓") && said.contains("typed on the engineer's phone"), "{said}");
    let html = text(&get(&field, &format!("/r/{link}?lang=en")).await);
    assert!(html.contains("s phone at sign-off, and is covered"), "{html}");

    // The visit's dossier has all of it, for the company's eyes.
    let dossier = field.api.get(&format!("/api/v1/visits/{visit}"), &field.token("boss").await).await.ok();
    assert_eq!(dossier["record"]["sign_offs"][0]["signer"]["mail"], MAIL);
    assert_eq!(dossier["confirmations"][0]["code"]["address_from"], "sign_off");
    let states: Vec<_> = dossier["mails"].as_array().unwrap().iter().filter(|m| m["recipient"] == MAIL).collect();
    assert_eq!(states.len(), 2, "receipt and code, each with how it stands");

    // What was sent before has no effect again.
    let before = counts(&field).await;
    field.sync(phone).await;
    assert_eq!(counts(&field).await, before);
} }

conformance! { a_rating_given_at_sign_off_stands_beside_those_of_the_page, |f| async {
    let field = Field::new(f).await;
    let (mut phone, visit) = signed(&field, CustomerRef::Listed(OTHER_HOSPITAL), Lang::ZhCn, chen("")).await;
    let link = token(&field, "H02-000001").await;
    let form = filled(&field, &link, "rating", &[("stars", "2"), ("text", "又坏了")]).await;
    assert_eq!(post(&field, &link, &form).await.status, 303);
    // Signed again, after a word more, with another rating.
    phone.one(visit, note("又检查了一次")).unwrap();
    let shown = phone.show(visit, Lang::ZhCn).unwrap();
    let again = Answer { rating: Some(Rating { stars: 5, comment: String::new() }), ..answer(chen("")) };
    phone.sign(visit, &shown, &again).unwrap();
    field.sync(phone).await;
    let dossier = field.api.get(&format!("/api/v1/visits/{visit}"), &field.token("boss").await).await.ok();
    let ratings = dossier["ratings"].as_array().unwrap();
    let mut told: Vec<_> = ratings.iter().map(|r| (r["stars"].as_i64().unwrap(), r["origin"].as_str().unwrap())).collect();
    told.sort_unstable();
    assert_eq!(told, [(2, "page"), (4, "sign_off"), (5, "sign_off")]);
    let first = ratings.iter().find(|r| r["stars"] == 4).unwrap();
    assert_eq!((&first["name"], &first["role"], &first["text"]), (&"陈晓".into(), &"信息科 · 科长".into(), &"来得很快".into()));
    let html = text(&get(&field, &format!("/r/{link}?lang=en")).await);
    assert_eq!((html.matches("given at sign-off").count(), html.matches("given on this page").count()), (2, 1), "{html}");
} }

conformance! { one_mail_goes_to_one_address, |f| async {
    let field = Field::new(f).await;
    let mut wang = story(&field).await.wang;
    let mut sign = |visit: VisitId, mail: &str| {
        let shown = wang.show(visit, Lang::En).unwrap();
        wang.clock.advance_ms(1000);
        wang.sign(visit, &shown, &answer(Signer { mail: mail.into(), ..Signer::new("周主任", "信息科主任") })).unwrap()
    };
    // On the list already, and one of our own.
    sign(VISIT, "Zhou@Hospital.example");
    sign(VISIT, "sm@example.com");
    sign(VISIT, "zhou.lin@home.example");
    field.sync(wang).await;
    let recipients = async |number: &str| {
        let all = mails(&field, receipt(&field, number).await).await;
        let mut all: Vec<_> = all.into_iter().map(|m| (m.recipient, m.audience, m.language)).collect();
        all.sort();
        all
    };
    let row = |to: &str, audience: &str, lang: &str| (to.to_owned(), audience.to_owned(), lang.to_owned());
    let usual = [
        row("am@example.com", "company", "zh-CN"),
        row("sm@example.com", "company", "zh-CN"),
        row("zhou@hospital.example", "customer", "zh-CN"),
    ];
    assert_eq!(recipients("H01-000003").await, usual);
    assert_eq!(recipients("H01-000004").await, usual);
    let more = [usual.as_slice(), &[row("zhou.lin@home.example", "customer", "en")]].concat();
    let mut told = recipients("H01-000005").await;
    told.sort_by_key(|(to, ..)| to.contains("home"));
    assert_eq!(told, more);

    // The list's word for an address counts more than what was typed; nobody's of our own is the signer's.
    let choices = async |number: &str| {
        let path = format!("/api/v1/receipts/{}/codes", receipt(&field, number).await);
        let items = field.api.get(&path, &field.token("boss").await).await.ok()["items"].clone();
        let item = |i: &serde_json::Value| format!("{} {}", i["address_from"], i["address"]).replace('"', "");
        items.as_array().unwrap().iter().map(item).collect::<Vec<_>>()
    };
    assert_eq!(choices("H01-000003").await, ["contacts z***@h***.example"]);
    assert_eq!(choices("H01-000004").await, ["contacts z***@h***.example"]);
    assert_eq!(choices("H01-000005").await, ["sign_off z***@h***.example", "contacts z***@h***.example"]);
} }

conformance! { hospitals_in_no_list_and_absent_signers, |f| async {
    let field = Field::new(f).await;
    let unlisted = CustomerRef::Unlisted("县 ABC 医院".into());
    let (mut phone, visit) = signed(&field, unlisted, Lang::ZhCn, chen(MAIL)).await;
    let one = receipt(&field, "UNLISTED-000001").await;
    assert_eq!(mails(&field, one).await.iter().filter(|m| m.audience == "customer").count(), 1);
    ask(&field, one, "boss", json!({ "id": id(1) })).await.ok();
    assert_eq!(mailed(&field, one, id(1)).await.0, MAIL);
    phone.one(visit, note("无人签收")).unwrap();
    let shown = phone.show(visit, Lang::ZhCn).unwrap();
    let nobody = Answer { outcome: SignOffOutcome::NobodyPresent, signer: Signer::default(), rating: None, ..answer(chen("")) };
    phone.sign(visit, &shown, &nobody).unwrap();
    field.sync(phone).await;
    let two = receipt(&field, "UNLISTED-000002").await;
    assert_eq!(mails(&field, two).await.iter().filter(|m| m.audience == "customer").count(), 0);
    ask(&field, two, "boss", json!({ "id": id(2) })).await.refused(422, "no_address");
    // What the first signer told of themselves is not in the record that the second one was shown.
    let link = token(&field, "UNLISTED-000002").await;
    let json = String::from_utf8(get(&field, &format!("/r/{link}.json")).await.bytes).unwrap();
    assert!(json.contains("陈晓") && !json.contains("chen.xiao") && !json.contains("来得很快"), "{json}");
} }

conformance! { a_hostile_sign_off_is_kept_aside_with_its_reason, |f| async {
    let field = Field::new(f).await;
    let (phone, visit) = signed(&field, CustomerRef::Listed(HOSPITAL), Lang::ZhCn, chen(MAIL)).await;
    let there = phone.phone.view(visit).unwrap().sign_offs[0].value.clone();
    let author = Author {
        device: WANGS_PHONE,
        suffix: [9; 8],
        user: there.by,
        name: "wang 某".into(),
        time_zone: None,
    };
    let rated = |stars| Some(Rating { stars, comment: String::new() });
    let bad: [(&str, SignOff); 3] = [
        ("bad_mail", SignOff { signer: chen("a@b.example\r\nBcc: everybody@c.example"), ..there.clone() }),
        ("bad_rating", SignOff { rating: rated(6), ..there.clone() }),
        ("too_long", SignOff { rating: Some(Rating { stars: 1, comment: "x".repeat(3000) }), ..there.clone() }),
    ];
    let before = counts(&field).await;
    for (n, (_, value)) in bad.iter().enumerate() {
        let mut doc = phone.phone.document(visit).unwrap();
        let mut env = Env { now: there.at, entropy: &mut Seeded::new(n as u64) };
        let fact = FactId(id(0x700 + n as u128));
        let change = record_sign_off(&mut doc, &author, &mut env, fact, value, None).unwrap().change;
        field.send_rubbish(visit, WANGS_PHONE, change.raw_bytes(), false).await;
    }
    assert_eq!(counts(&field).await, before, "no mail, no rating");
    let dossier = field.api.get(&format!("/api/v1/visits/{visit}"), &field.token("boss").await).await.ok();
    let mut kept: Vec<_> = dossier["quarantine"].as_array().unwrap().iter()
        .map(|q| format!("{} {}", q["code"].as_str().unwrap(), q["detail"].as_str().unwrap().split(':').next().unwrap()))
        .collect();
    kept.sort();
    assert_eq!(kept, ["fact_malformed bad_mail", "fact_malformed bad_rating", "fact_malformed too_long"]);
} }
