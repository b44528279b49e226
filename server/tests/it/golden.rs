//! Golden receipts: what the trade's ten cases come to, from the phone's first touch to the words on the page. Issued by the
//! server's own code; only what differs from run to run – the receipt's id, its hour, the key – is set, and signed anew.
//!
//! `COUNTERSIGN_GOLDEN=1` writes the files in `tests/golden` instead of comparing them.

mod cases;

use crate::field::Field;
use countersign::conformance;
use countersign::receipts::pdf::{Layout, Renderer};
use countersign::receipts::sheet::{Audience, Limits, Reader, Sheet};
use countersign::receipts::template::mail_text;
use countersign::store::receipts;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use sync_core::canonical::{sha256_hex, to_canonical_json};
use sync_core::coverage::Coverage;
use sync_core::crypto::SoftwareKey;
use sync_core::document::facts::Lang;
use sync_core::ids::{ReceiptId, VisitId};
use sync_core::message::Message;
use sync_core::receipt::{CHAIN_START, Receipt};
use uuid::Uuid;

/// A case and the visits whose receipts tell it.
pub(crate) struct Told {
    pub(crate) case: &'static str,
    pub(crate) visits: Vec<VisitId>,
}

const TOKEN: &str = "S5bTq0R2bV7l1xk3nB9d_0aZ4cY6eW8fU1hG2iJ3kL4";
const URL: &str = "https://service.example";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The receipts of a visit with everything in them that chance gave set to what never changes.
async fn settled(field: &Field, visit: VisitId, n: &mut u128) -> Vec<Receipt> {
    let mut tx = field.api.state.db.read().await.unwrap();
    let rows = receipts::of_visit(&mut tx, visit.0).await.unwrap();
    let key = SoftwareKey::from_seed([42; 32]);
    let one = |row: receipts::ReceiptRow| {
        *n += 1;
        let mut body = serde_json::from_str::<Receipt>(&row.body).unwrap().body;
        body.id = ReceiptId(Uuid::from_u128(0x01a2_0000_0000_7000_8000_0000_0000_0000 + *n));
        body.issued_ms = body.sign_off.sign_off.at.wall_ms + 90_000;
        if body.previous_sha256 != CHAIN_START {
            body.previous_sha256 = sha256_hex(format!("before {}", body.number).as_bytes());
        }
        Receipt::sign(body, "golden", &key).unwrap()
    };
    rows.into_iter().map(one).collect()
}

/// Lines as a reader sees them: how wide the gaps are is the typesetter's business.
fn lines(text: &str) -> String {
    let line = |l: &str| l.replace('\u{200b}', "").split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Vec<String> = text.lines().map(line).filter(|l| !l.is_empty()).collect();
    all.join("\n") + "\n"
}

fn pdf_text(renderer: &Renderer, file: &str, lang: Lang, name: &str) -> String {
    let layout = Layout { languages: lang.into(), public_url: URL.into(), token: Some(TOKEN.into()), seal: None };
    let pdf = renderer.render(file, &layout).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.pdf");
    std::fs::write(&path, &pdf).unwrap();
    if let Some(dir) = std::env::var_os("COUNTERSIGN_LOOK").map(PathBuf::from) {
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::copy(&path, dir.join(format!("{name}-{lang}.pdf"))).unwrap();
    }
    let said = Process::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&path).arg("-").output();
    let said =
        said.unwrap_or_else(|e| panic!("the tests need pdftotext (poppler-utils; cargo xtask installs it): {e}"));
    lines(&String::from_utf8(said.stdout).unwrap())
}

fn mail(receipt: &Receipt, lang: Lang) -> String {
    let sha256 = receipt.sha256().unwrap();
    let reader =
        Reader { lang, audience: Audience::Customer, limits: Limits::WHOLE, public_url: URL, token: Some(TOKEN) };
    mail_text(&Sheet::new(&receipt.body, &sha256, &reader), true).unwrap()
}

/// Where the verdict is open, nothing may sound as if it were settled.
fn is_honest(receipt: &Receipt, lang: Lang, text: &str, name: &str) {
    let word = |coverage: Coverage| Message::new(format!("coverage-{coverage}")).render(lang);
    let covered = receipt.body.verdict.items.iter().flat_map(|i| &i.stretches).any(|s| s.coverage == Coverage::Covered);
    let rest = text.to_lowercase().replace(&word(Coverage::NotCovered), "").replace(&word(Coverage::NeedsDecision), "");
    if !covered {
        assert!(!rest.contains(&word(Coverage::Covered)), "{name} {lang}: says covered\n{text}");
    }
    let whole = receipt.body.verdict.coverage;
    assert!(text.to_lowercase().contains(&word(whole)), "{name} {lang}: does not say {whole}\n{text}");
}

/// Compares with what is stored, or stores it.
fn compare(name: &str, text: &str, wrong: &mut Vec<String>) {
    let path = folder().join(name);
    if std::env::var_os("COUNTERSIGN_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    if stored == text {
        return;
    }
    let (mut a, mut b) = (stored.lines(), text.lines());
    let mut differing = Vec::new();
    for n in 1.. {
        match (a.next(), b.next()) {
            (None, None) => break,
            (a, b) if a != b => {
                differing.push(format!("  line {n}\n  - {}\n  + {}", a.unwrap_or_default(), b.unwrap_or_default()));
            }
            _ => {}
        }
    }
    differing.truncate(5);
    wrong.push(format!("{name}\n{}", differing.join("\n")));
}

conformance! { the_ten_cases_read_as_they_are_stored, |f| async {
    let field = Field::new(f).await;
    let told = cases::all(&field).await;
    let renderer = Renderer::open(None).unwrap();
    let (mut wrong, mut n, mut open) = (Vec::new(), 0, 0);
    for Told { case, visits } in told {
        let mut receipts = Vec::new();
        for visit in visits {
            receipts.extend(settled(&field, visit, &mut n).await);
        }
        assert!(!receipts.is_empty(), "{case} has no receipt");
        for (i, receipt) in receipts.iter().enumerate() {
            let name = format!("{case}/{}", i + 1);
            let file = receipt.to_json().unwrap();
            let body: serde_json::Value = serde_json::from_str(&to_canonical_json(&receipt.body).unwrap()).unwrap();
            compare(&format!("{name}.json"), &(serde_json::to_string_pretty(&body).unwrap() + "\n"), &mut wrong);
            open += usize::from(receipt.body.verdict.coverage == Coverage::NeedsDecision);
            for lang in Lang::ALL {
                let (pdf, mail) = (pdf_text(&renderer, &file, *lang, &name.replace('/', "-")), mail(receipt, *lang));
                is_honest(receipt, *lang, &pdf, &name);
                is_honest(receipt, *lang, &mail, &name);
                compare(&format!("{name}.{lang}.pdf.txt"), &pdf, &mut wrong);
                compare(&format!("{name}.{lang}.mail.txt"), &mail, &mut wrong);
            }
        }
    }
    assert!(open > 0, "no case needs a decision: nothing was tried");
    let hint = "if this is what they should say: COUNTERSIGN_GOLDEN=1";
    assert!(wrong.is_empty(), "{} golden files differ ({hint})\n{}", wrong.len(), wrong.join("\n"));
} }
