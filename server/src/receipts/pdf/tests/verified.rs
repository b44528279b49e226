//! `countersign verify` on PDFs: the record is what counts, and what happened to the pages is said.

use super::*;
use crate::receipts::verify::{Report, verify_files};

pub(super) struct Bench {
    dir: tempfile::TempDir,
    pub(super) renderer: Renderer,
    pub(super) file: String,
}

impl Bench {
    fn new() -> Self {
        Self::of(&Case::default())
    }
    pub(super) fn of(case: &Case) -> Self {
        let (dir, keys) = keys();
        std::fs::write(dir.path().join("jwks.json"), serde_json::to_string(&keys.jwks()).unwrap()).unwrap();
        let receipt = case.receipt(&keys.receipt, 1, 1, CHAIN_START);
        Self { dir, renderer: renderer(), file: receipt.to_json().unwrap() }
    }
    fn pdf(&self) -> Vec<u8> {
        self.renderer.render(&self.file, &layout(Languages::Both)).unwrap().to_vec()
    }
    pub(super) fn verify(&self, pdf: &[u8]) -> Report {
        let path = self.dir.path().join("r.pdf");
        std::fs::write(&path, pdf).unwrap();
        verify_files(None, &[path], &self.renderer).unwrap()
    }
}

#[test]
fn a_pdf_as_it_was_sent_holds_to_the_last_byte() {
    let bench = Bench::new();
    let report = bench.verify(&bench.pdf());
    assert!(report.holds(), "{report}");
    assert_eq!(report.files[0].pages.as_ref().unwrap().code, "pages_identical");
    let said = report.to_string();
    assert!(said.contains("receipt QS2-000001") && said.contains("byte-identical rendering"), "{said}");
    assert!(said.contains("https://service.example"), "where its QR code leads: {said}");
}

#[test]
fn pages_that_were_changed_around_an_intact_record_are_told() {
    let bench = Bench::new();
    let mut pdf = bench.pdf();
    // A viewer sees another title; the record is not touched.
    let at = pdf.windows(8).position(|w| w == b"/Creator").unwrap();
    pdf[at + 12] ^= 1;
    let report = bench.verify(&pdf);
    assert_eq!(report.files[0].code, "ok", "{report}");
    let pages = report.files[0].pages.as_ref().unwrap();
    assert_eq!((pages.code, pages.fails, report.holds()), ("pages_differ", true, false));
    assert!(pages.text.contains("NOT"), "{report}");
}

#[test]
fn pages_of_another_template_are_not_vouched_for() {
    let bench = Bench::new();
    let dir = tempfile::tempdir().unwrap();
    let own = template::OWN[2].1.replace("#let seal = true", "#let seal = false");
    std::fs::write(dir.path().join("brand.typ"), own).unwrap();
    let other = Renderer::open(Some(dir.path())).unwrap();
    let pdf = other.render(&bench.file, &layout(Languages::En)).unwrap();
    let report = bench.verify(&pdf);
    assert!(report.holds(), "{report}");
    let pages = report.files[0].pages.as_ref().unwrap();
    assert_eq!(pages.code, "pages_not_compared");
    assert!(
        pages.text.contains("only the attached record was verified") && pages.text.contains("template"),
        "{report}"
    );
}

#[test]
fn pages_of_another_build_are_not_called_forged() {
    let bench = Bench::new();
    let dir = tempfile::tempdir().unwrap();
    // A template that says that another build was at work, as a PDF of last year does, and looks otherwise.
    let main = template::OWN[0].1.replace("read(\"rendering.json\", encoding: none)", "bytes(read(\"other.json\"))");
    let main = main.replace("size: 20pt", "size: 21pt");
    let said = bench.renderer.rendering(&layout(Languages::En)).unwrap();
    let said = Rendering { program: "0.0.9+0123456789abcdef".to_owned(), ..said };
    std::fs::write(dir.path().join("receipt.typ"), main).unwrap();
    std::fs::write(dir.path().join("other.json"), serde_json::to_string(&said).unwrap()).unwrap();
    let pdf = Renderer::open(Some(dir.path())).unwrap().render(&bench.file, &layout(Languages::En)).unwrap();
    let report = bench.verify(&pdf);
    let pages = report.files[0].pages.as_ref().unwrap();
    assert_eq!((pages.code, report.holds()), ("pages_not_compared", true), "{report}");
    assert!(pages.text.contains("another build"), "{report}");
}

#[test]
fn a_changed_record_inside_an_honest_pdf_does_not_hold() {
    let bench = Bench::new();
    for (from, to) in [("刘芳", "刘方"), ("\"labour_s\":", "\"labour_s\":1"), ("8650", "9650")] {
        let forged = bench.file.replacen(from, to, 1);
        assert_ne!(forged, bench.file);
        let pdf = bench.renderer.render(&forged, &layout(Languages::Both)).unwrap();
        let report = bench.verify(&pdf);
        assert_eq!(report.files[0].code, "receipt_signature", "{from}: {report}");
        assert!(!report.holds());
    }
}

#[test]
fn flips_in_the_attached_record_are_found() {
    let bench = Bench::new();
    let pdf = bench.pdf();
    // Where the record lies, packed, in the file: the largest stream that unpacks to it.
    let (from, until) = packed(&pdf, &bench.file);
    let step = ((until - from) / 60).max(1);
    for at in (from..until).step_by(step) {
        let mut flipped = pdf.clone();
        flipped[at] ^= 1 << (at % 8);
        let report = bench.verify(&flipped);
        assert!(!report.holds(), "byte {at}: {report}");
    }
}

/// The bytes of the stream that unpacks to `text`.
fn packed(pdf: &[u8], text: &str) -> (usize, usize) {
    use std::io::Read as _;
    let starts = pdf.windows(7).enumerate().filter(|(_, w)| *w == b"stream\n" || *w == b"stream\r");
    for (at, _) in starts {
        let from = at + 7;
        let mut decoder = flate2::read::ZlibDecoder::new(&pdf[from..]);
        let mut out = Vec::new();
        if decoder.read_to_end(&mut out).is_ok() && out == text.as_bytes() {
            return (from, from + usize::try_from(decoder.total_in()).unwrap());
        }
    }
    panic!("the record is in no stream");
}

#[test]
fn a_pdf_without_a_record_is_told() {
    let bench = Bench::new();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("receipt.typ"), "Nothing attached.").unwrap();
    let bare = Renderer::open(Some(dir.path())).unwrap().render(&bench.file, &layout(Languages::En)).unwrap();
    assert_eq!(bench.verify(&bare).files[0].code, "pdf_without_receipt");
    let twice = "#pdf.attach(\"/a.json\", read(\"signed.json\", encoding: none), relationship: \"source\", mime-type: \"application/json\", description: \"x\")
#pdf.attach(\"/b.json\", read(\"signed.json\", encoding: none), relationship: \"source\", mime-type: \"application/json\", description: \"x\")";
    std::fs::write(dir.path().join("receipt.typ"), twice).unwrap();
    let double = Renderer::open(Some(dir.path())).unwrap().render(&bench.file, &layout(Languages::En)).unwrap();
    assert_eq!(bench.verify(&double).files[0].code, "pdf_several_receipts");
    assert_eq!(bench.verify(b"%PDF-1.7 torn").files[0].code, "pdf_unreadable");
}
