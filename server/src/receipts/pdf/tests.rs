//! Receipts as pages: what they say, in which languages, and that the record comes out as it went in.

use super::*;
use crate::config::Config;
use crate::conformance;
use crate::receipts::jwks::KeySet;
use crate::receipts::pdf::embedded::{EmbeddedError, extract};
use crate::receipts::samples::{Case, keys, row};
use crate::state::AppState;
use crate::store::receipts::add_all;
use axum::body::Body;
use axum::http::Request;
use std::process::Command;
use sync_core::coverage::Coverage;
use sync_core::document::facts::SignOffOutcome;
use sync_core::receipt::CHAIN_START;
use tower::ServiceExt as _;

mod golden;
mod seal;
mod verified;

fn renderer() -> Renderer {
    let renderer = Renderer::open(None).unwrap();
    renderer.look_for_fonts().expect("the tests need a Chinese font: cargo xtask installs it");
    renderer
}

fn layout(languages: Languages) -> Layout {
    let token = Some("S5bTq0R2bV7l1xk3nB9d_0aZ4cY6eW8fU1hG2iJ3kL4".to_owned());
    Layout { languages, public_url: "https://service.example".to_owned(), token, seal: None }
}

fn receipt(case: &Case) -> (Receipt, KeySet) {
    let (_dir, keys) = keys();
    let receipt = case.receipt(&keys.receipt, 1, 1, CHAIN_START);
    (receipt, KeySet::one(&keys.receipt.kid, keys.receipt.public()))
}

/// The pages' text, by a program that knows nothing of ours.
fn text(pdf: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.pdf");
    std::fs::write(&path, pdf).unwrap();
    let said = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&path).arg("-").output();
    let said = said.expect("the tests need pdftotext (poppler-utils): cargo xtask installs it");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

/// Without any white space: lines break where there is room.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

#[test]
fn the_same_receipt_gives_the_same_bytes() {
    let (receipt, _) = receipt(&Case::default());
    let file = receipt.to_json().unwrap();
    let first = renderer().render(&file, &layout(Languages::Both)).unwrap();
    let again = renderer().render(&file, &layout(Languages::Both)).unwrap();
    assert!(first == again && first.starts_with(b"%PDF-1.7"));
    let english = renderer().render(&file, &layout(Languages::En)).unwrap();
    assert_ne!(first, english);
}

#[test]
fn the_record_comes_out_as_it_went_in() {
    let (receipt, _) = receipt(&Case::default());
    let file = receipt.to_json().unwrap();
    let renderer = renderer();
    let pdf = renderer.render(&file, &layout(Languages::ZhCn)).unwrap();
    let inside = extract(pdf.to_vec()).unwrap();
    assert_eq!(inside.receipt, file);
    let said: Rendering = serde_json::from_str(&inside.rendering.unwrap()).unwrap();
    assert_eq!(said, renderer.rendering(&layout(Languages::ZhCn)).unwrap());
    let xmp = String::from_utf8_lossy(&pdf).into_owned();
    assert!(xmp.contains("<pdfaid:part>3</pdfaid:part>") && xmp.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
}

#[test]
fn what_is_no_pdf_of_ours_is_told() {
    assert_eq!(extract(b"%PDF-1.7 and nothing else".to_vec()), Err(EmbeddedError::Unreadable));
    assert_eq!(extract(Vec::new()), Err(EmbeddedError::Unreadable));
}

#[test]
fn without_a_font_there_is_a_code_and_no_page() {
    let (receipt, _) = receipt(&Case::default());
    let poor = Renderer::without_fonts();
    assert!(poor.look_for_fonts().is_err());
    let why = poor.render(&receipt.to_json().unwrap(), &layout(Languages::En)).unwrap_err();
    assert_eq!(why.code(), "pdf_font_missing");
}

conformance! { without_a_font_the_page_says_so_and_the_record_is_there, |f| async {
    let mut config = Config::embedded(&f.dir);
    config.database_url.clone_from(&f.url);
    let mut state = AppState::open(config, "http://test").await.unwrap();
    state.pdf = Arc::new(Renderer::without_fonts());
    let (receipt, _) = receipt(&Case::default());
    let link = crate::receipts::page::token(&[7; 32]);
    let mut tx = f.db.begin().await.unwrap();
    add_all(&mut tx, &[row(&receipt, &link)]).await.unwrap();
    crate::store::page::extend_link(&mut tx, receipt.body.id.0, i64::MAX).await.unwrap();
    tx.commit().await.unwrap();
    for (ending, status) in [(".pdf", 503), (".pdf?lang=both", 503), (".json", 200), ("", 200)] {
        let request = Request::builder().uri(format!("/r/{link}{ending}")).body(Body::empty()).unwrap();
        let answer = crate::http::router(&state).oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{ending}");
        if status == 503 {
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["code"], "pdf_font_missing");
            assert!(!problem["title"].as_str().unwrap().is_empty());
        }
    }
} }

#[test]
fn the_template_of_the_start_is_tried_with_a_receipt_that_can_be_read() {
    if let Some(dir) = std::env::var_os("COUNTERSIGN_LOOK").map(PathBuf::from) {
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("example.json"), receipt(&Case::default()).0.to_json().unwrap()).unwrap();
    }
    renderer().try_template().unwrap();
    // It is the first of the samples, as it was when the file was made.
    let example: Receipt = serde_json::from_str(include_str!("template/example.json")).unwrap();
    assert_eq!(example.body.number, "QS2-000001");
}

#[test]
fn a_companys_own_template_replaces_what_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let own = template::OWN[2].1.replace("#let company = none", "#let company = [华信信息技术有限公司]");
    let own = own.replace("zh-CN: none", "zh-CN: [本回执一式两份。]").replace("#let seal = true", "#let seal = false");
    std::fs::write(dir.path().join("brand.typ"), &own).unwrap();
    let (receipt, _) = receipt(&Case::default());
    let file = receipt.to_json().unwrap();
    let branded = Renderer::open(Some(dir.path())).unwrap();
    let said = squeezed(&text(&branded.render(&file, &layout(Languages::ZhCn)).unwrap()));
    assert!(said.contains("华信信息技术有限公司") && said.contains("本回执一式两份"), "{said}");
    assert!(!said.contains("公章"), "{said}");

    std::fs::write(dir.path().join("brand.typ"), own.replace("#let seal", "#let #seal")).unwrap();
    let broken = Renderer::open(Some(dir.path())).unwrap();
    let why = broken.try_template().unwrap_err();
    assert_eq!(why.code(), "pdf_template");
    assert!(why.to_string().contains("brand.typ, line"), "{why}");
    assert!(Renderer::open(Some(&dir.path().join("gone"))).is_err());
}

#[test]
fn a_template_reaches_nothing_but_its_own_folder() {
    let (receipt, _) = receipt(&Case::default());
    let file = receipt.to_json().unwrap();
    for reaching in ["#read(\"/etc/passwd\")", "#read(\"../secret\")", "#import \"@preview/cetz:0.3.0\": *"] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("receipt.typ"), reaching).unwrap();
        let outcome = Renderer::open(Some(dir.path())).unwrap().render(&file, &layout(Languages::En));
        assert!(matches!(outcome, Err(PdfError::Template(_))), "{reaching}");
    }
}

#[test]
fn what_people_wrote_is_no_markup() {
    let hostile = "#panic() *b* $x$ [c] <l> @r \\ // /* `raw` #read(\"signed.json\") \u{202e}x\u{0}";
    let case = Case { filler: hostile.into(), conflict: false, ..Case::default() };
    let (receipt, _) = receipt(&case);
    let pdf = renderer().render(&receipt.to_json().unwrap(), &layout(Languages::Both)).unwrap();
    let said = squeezed(&text(&pdf));
    assert!(said.contains(&squeezed("#panic() *b* $x$ [c] <l> @r \\ // /* `raw` #read(\"signed.json\")")), "{said}");
}

#[test]
fn a_character_that_no_font_has_is_named() {
    // A private character, as hospitals make them for rare names, and a rare one that is in Unicode.
    let case = Case { filler: "\u{e123}𠮷".into(), ..Case::default() };
    let (receipt, _) = receipt(&case);
    let said = text(&renderer().render(&receipt.to_json().unwrap(), &layout(Languages::En)).unwrap());
    assert!(said.contains('〓') && said.contains("U+E123"), "{said}");
    assert!(said.contains('𠮷') && !said.contains("U+20BB7"), "{said}");
}

#[test]
fn a_flood_of_words_does_not_flood_the_pages() {
    let case = Case { filler: "服务器重启后仍然报错。".repeat(300), items: 200, ..Case::default() };
    let (receipt, _) = receipt(&case);
    let file = receipt.to_json().unwrap();
    assert!(file.len() > 5_000_000);
    let pdf = renderer().render(&file, &layout(Languages::Both)).unwrap();
    let said = text(&pdf);
    assert!(said.matches('\u{c}').count() < 100, "{} pages", said.matches('\u{c}').count());
    assert!(squeezed(&said).contains("附件中为完整内容") && said.contains('…'), "it says so");
    assert_eq!(extract(pdf.to_vec()).unwrap().receipt, file, "the record is whole");
}
