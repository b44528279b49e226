//! The published log: read by anybody, proven for those who may see the receipt, checked without our program.

use crate::api::Answer;
use crate::field::{Field, story};
use crate::hospital::token;
use axum::http::{Method, header};
use countersign::conformance;
use countersign::receipt_log::seal::{GRACE_MS, seal_due};
use countersign::receipts::check::{Finding, check};
use countersign::receipts::jwks::KeySet;
use countersign::receipts::pdf::Renderer;
use countersign::receipts::verify::{LogFiles, Report, verify_with_log};
use std::path::{Path, PathBuf};
use std::process::Command;
use sync_core::receipt::Receipt;
use uuid::Uuid;

const DAY: i64 = 86_400_000;
const HEADS: &str = "/.well-known/countersign/heads";

/// Seals today, as tomorrow does; returns the day.
pub(crate) async fn seal(field: &Field) -> String {
    let state = &field.api.state;
    let tomorrow = state.clock.now_ms() / DAY * DAY + DAY + GRACE_MS;
    seal_due(&state.db, &state.keys.receipt, tomorrow).await.unwrap().pop().unwrap().day
}

async fn public(field: &Field, path: &str) -> Answer {
    field.api.call(Method::GET, path, None, None).await
}

async fn page(field: &Field, token: &str, lang: &str) -> String {
    String::from_utf8(public(field, &format!("/r/{token}?lang={lang}")).await.bytes).unwrap()
}

conformance! { a_receipt_is_proven_by_a_published_head, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let (sm, sm2) = (field.token("sm").await, field.token("sm2").await);
    let list = field.api.get("/api/v1/receipts", &sm).await.ok();
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let (proof, link) = (format!("/api/v1/receipts/{id}/proof"), token(&field, "H01-000001").await);
    field.api.get(&proof, &sm).await.refused(404, "not_sealed");
    public(&field, &format!("/r/{link}.proof.json")).await.refused(404, "not_sealed");
    public(&field, &format!("{HEADS}/latest")).await.refused(404, "not_found");
    assert!(page(&field, &link, "en").await.contains("enters the published log when the day"));
    assert_eq!(public(&field, HEADS).await.ok()["items"].as_array().unwrap().len(), 0);

    let day = seal(&field).await;
    let head = public(&field, &format!("{HEADS}/{day}")).await;
    assert!(head.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!((head.body["day"].as_str().unwrap(), head.body["tree_size"].as_i64().unwrap()), (day.as_str(), 3));
    for same in ["latest", &format!("{day}.json"), "latest.json"] {
        assert_eq!(public(&field, &format!("{HEADS}/{same}")).await.bytes, head.bytes, "{same}");
    }
    for none in ["2001-01-01", "x", "2026-02-31", "%00", "..", &"9".repeat(5000)] {
        public(&field, &format!("{HEADS}/{none}")).await.refused(404, "not_found");
    }
    let heads = public(&field, &format!("{HEADS}?limit=1")).await.ok();
    assert_eq!((&heads["items"][0]["head"], heads["next"].as_str()), (&head.body, None));
    assert_eq!(heads["items"][0]["sha256"], sync_core::canonical::sha256_hex(&head.bytes));
    assert_eq!(public(&field, &format!("{HEADS}?after=1")).await.ok()["items"].as_array().unwrap().len(), 0);
    public(&field, &format!("{HEADS}?after=x")).await.refused(400, "bad_request");
    let between = public(&field, &format!("/.well-known/countersign/consistency?from={day}&to={day}")).await.ok();
    assert_eq!((between["from_size"].as_i64(), between["path"].as_array().unwrap().len()), (Some(3), 0));
    public(&field, "/.well-known/countersign/consistency?from=x&to=y").await.refused(404, "not_found");
    public(&field, "/.well-known/countersign/consistency").await.refused(400, "bad_request");

    // The company by its right to see the receipt, the hospital by its link; both get one file.
    let company = field.api.get(&proof, &sm).await;
    let hospital = public(&field, &format!("/r/{link}.proof.json")).await;
    assert_eq!((company.status.as_u16(), &company.bytes), (200, &hospital.bytes));
    assert_eq!(hospital.headers[header::CACHE_CONTROL], "private, no-store");
    field.api.get(&proof, &sm2).await.refused(404, "not_found");
    field.api.get(&format!("{proof}?day=2001-01-01"), &sm).await.refused(404, "not_found");
    field.api.get(&format!("{proof}?day=x"), &sm).await.refused(404, "not_found");
    assert_eq!(field.api.get(&format!("{proof}?day={day}"), &sm).await.bytes, company.bytes);
    let (en, zh) = (page(&field, &link, "en").await, page(&field, &link, "zh-CN").await);
    assert!(en.contains("of the 3 receipts in the published log") && zh.contains("该日志共 3 份"));
    assert!(en.contains(&format!("/r/{link}.proof.json")) && en.contains(&format!("{HEADS}/{day}\"")));

    // And without the server.
    let receipt = public(&field, &format!("/r/{link}.json")).await.bytes;
    let jwks = public(&field, "/.well-known/jwks.json").await.bytes;
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = f.dir.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let files = [file("r.json", &receipt), file("p.json", &company.bytes), file("h.json", &head.bytes)];
    let keys = file("keys.json", &jwks);
    let verify = |receipt: &Path, proof: &Path, head: &Path| -> Report {
        let log = LogFiles { proofs: vec![proof.to_owned()], heads: vec![head.to_owned()] };
        verify_with_log(Some(&keys), &[receipt.to_owned()], &log, &Renderer::open(None).unwrap()).unwrap()
    };
    let codes = |report: &Report| report.log.iter().map(|f| f.code).collect::<Vec<_>>();
    let [r, p, h] = &files;
    let report = verify(r, p, h);
    assert!(report.holds() && codes(&report) == ["ok", "in_log"], "{report}");
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    let changed = |path: &Path, name: &str, from: &str, to: &str| {
        let new = text(path).replacen(from, to, 1);
        assert_ne!(new, text(path));
        file(name, new.as_bytes())
    };
    let bad_head = changed(h, "h2.json", "\"tree_size\":3", "\"tree_size\":4");
    assert_eq!(codes(&verify(r, p, &bad_head)), ["statement_signature", "proof_other_head"]);
    let index = serde_json::from_str::<serde_json::Value>(&text(p)).unwrap()["leaf_index"].as_u64().unwrap();
    let moved = changed(p, "p2.json", &format!("\"leaf_index\":{index}"), &format!("\"leaf_index\":{}", (index + 1) % 3));
    assert_eq!(codes(&verify(r, &moved, h)), ["ok", "proof_fails"]);
    let other = public(&field, &format!("/r/{}.json", token(&field, "H01-000002").await)).await.bytes;
    let report = verify(&file("r2.json", &other), p, h);
    assert!(!report.holds() && codes(&report) == ["ok", "proof_other_receipt"], "{report}");
    // A head is checked as a file of its own, too.
    let alone = verify_with_log(Some(&keys), &[h.clone(), bad_head], &LogFiles::default(), &Renderer::open(None).unwrap());
    let alone: Vec<_> = alone.unwrap().files.iter().map(|f| f.code).collect();
    assert_eq!(alone, ["ok", "statement_signature"]);
    by_hand(&f.dir, [r, p, h, &keys]);
} }

/// The example of docs/verification.md, as somebody without our program runs it.
fn by_hand(dir: &Path, files: [&Path; 4]) {
    for doc in ["verification.md", "verification.zh-CN.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(doc);
        let text = std::fs::read_to_string(path).unwrap();
        let program = text.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
        let script = dir.join("check.py");
        std::fs::write(&script, program).unwrap();
        let run =
            |files: [&Path; 4]| Command::new("python3").arg(&script).args(files).current_dir(dir).output().unwrap();
        let output = run(files);
        assert!(output.status.success(), "{doc}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("of 3"));
        let [r, p, h, keys] = files;
        assert!(!run([&dir.join("r2.json"), p, h, keys]).status.success(), "another receipt");
        assert!(!run([r, &dir.join("p2.json"), h, keys]).status.success(), "another place");
        assert!(!run([r, p, &dir.join("h2.json"), keys]).status.success(), "another head");
    }
}

conformance! { a_receipt_that_was_exchanged_is_found_on_the_page, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let state = &field.api.state;
    let link = token(&field, "H01-000001").await;
    let file = public(&field, &format!("/r/{link}.json")).await.bytes;
    let day = seal(&field).await;
    let keys = KeySet::one(&state.keys.receipt.kid, state.keys.receipt.public());
    let look = async |file: Vec<u8>| check(&state.db, keys.clone(), file, Uuid::nil()).await.unwrap();
    assert!(matches!(look(file.clone()).await, Finding::Ours { logged, .. } if logged.as_deref() == Some(day.as_str())));
    // Whoever has the server's key can sign another one, and still cannot put it into the log that is published.
    let mut receipt: Receipt = serde_json::from_slice(&file).unwrap();
    receipt.body.issued_ms -= DAY;
    let key = &state.keys.receipt;
    let forged = Receipt::sign(receipt.body, &key.kid, key.software()).unwrap().to_json().unwrap();
    assert_eq!(look(forged.clone().into_bytes()).await, Finding::Broken("proof_other_receipt"));
    let mut tx = state.db.begin().await.unwrap();
    let sha256 = sync_core::canonical::sha256_hex(forged.as_bytes());
    let exchange = "UPDATE receipts SET body = $2, sha256 = $3 WHERE number = $1";
    countersign::db_execute!(&mut tx, exchange, "H01-000001", forged.as_str(), sha256.as_str()).unwrap();
    tx.commit().await.unwrap();
    let (en, zh) = (page(&field, &link, "en").await, page(&field, &link, "zh-CN").await);
    assert!(en.contains("does NOT confirm this receipt (proof_other_receipt)") && zh.contains("不能证实本回执"));
} }

conformance! { the_command_line_proves_and_checks, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let run = |args: &[&str]| {
        let all = [&["--database-url", f.url.as_str()], args].concat();
        crate::process::program(&f.dir, &all)
    };
    let ok = |args: &[&str]| {
        let (code, out, errors) = run(args);
        assert_eq!(code, 0, "{args:?}: {out}{errors}");
        out
    };
    assert_eq!(ok(&["heads", "list"]), "");
    assert_eq!(run(&["receipt", "proof", "H01-000001"]).0, 1, "no head is over it yet");
    let day = seal(&field).await;
    let state = &field.api.state;
    let later = state.clock.now_ms() / DAY * DAY + 2 * DAY + GRACE_MS;
    let next = seal_due(&state.db, &state.keys.receipt, later).await.unwrap().pop().unwrap().day;
    let list = ok(&["heads", "list"]);
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.starts_with(&format!("1\t{day}\t3\t")), "{list}");
    assert_eq!(run(&["heads", "show", "2001-01-01"]).0, 1);
    assert_eq!(run(&["receipt", "proof", "H09-000001"]).0, 1);
    assert_eq!(run(&["receipt", "proof", "H01-000001", "--head", "x"]).0, 2);
    let file = |name: &str, text: &str| -> String {
        let path = f.dir.join(name);
        std::fs::write(&path, text.trim_end()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let get = async |path: &str| String::from_utf8(public(&field, path).await.bytes).unwrap();
    let keys = file("jwks.json", &get("/.well-known/jwks.json").await);
    let one = file("one.json", &ok(&["heads", "show", &day]));
    let two = file("two.json", &ok(&["heads", "show", "latest"]));
    let receipt = file("r.json", &ok(&["receipt", "show", "H01-000001"]));
    let proof = file("p.json", &ok(&["receipt", "proof", "H01-000001"]));
    let between = get(&format!("/.well-known/countersign/consistency?from={day}&to={next}")).await;
    let between = file("c.json", &between);
    let told = ok(&["verify", "--keys", &keys, "--proof", &proof, "--head", &one, "--proof", &between, "--head", &two, &receipt]);
    assert!(told.contains("in_log ") && told.contains("consistent ") && told.contains("H01-000001 is no. 1 of the 3"), "{told}");
    assert!(ok(&["verify", "--keys", &keys, "--proof", &between, "--head", &one, "--head", &two]).contains("consistent "));
    let (code, out, _) = run(&["verify", "--keys", &keys, "--proof", &between, "--head", &one]);
    assert!(code == 1 && out.contains("proof_other_head"), "{out}");
    assert_eq!(run(&["verify", "--keys", &keys, "--proof", &proof, &receipt]).0, 2, "a proof leads to a head");
} }
