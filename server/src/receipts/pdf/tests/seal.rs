//! The customer's seal beside the signature.

use super::verified::Bench;
use super::*;
use crate::receipts::seal::tests::stamp;
use crate::receipts::seal::{Seal, named};
use sync_core::canonical::sha256_hex;

fn sealed(bytes: &[u8], media_type: &'static str, case: Case) -> (Receipt, KeySet, Option<Seal>) {
    let (receipt, keys) = receipt(&Case { seal: Some((sha256_hex(bytes), media_type)), ..case });
    let seal = Seal::claimed(&receipt.body, bytes.to_vec());
    (receipt, keys, seal)
}

/// How many pictures the pages hold, by a program that knows nothing of ours.
fn pictures(pdf: &[u8]) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.pdf");
    std::fs::write(&path, pdf).unwrap();
    let said = Command::new("pdfimages").arg("-list").arg(&path).output().unwrap();
    String::from_utf8(said.stdout).unwrap().lines().filter(|l| l.contains(" image ")).count()
}

#[test]
fn the_seal_is_drawn_where_its_photo_is_here_and_the_place_for_it_otherwise() {
    let photo = stamp(800, 600);
    let (receipt, _, seal) = sealed(&photo, "image/png", Case::default());
    let (renderer, file) = (renderer(), receipt.to_json().unwrap());
    let without = renderer.render(&file, &layout(Languages::En)).unwrap();
    let with = renderer.render_sealed(&file, &layout(Languages::En), seal.as_ref()).unwrap();
    golden::look("sealed-en", &with);
    assert_eq!((pictures(&without), pictures(&with)), (0, 1));
    let place = squeezed("Place for the customer's seal");
    assert!(squeezed(&text(&without)).contains(&place) && !squeezed(&text(&with)).contains(&place));
    assert!(squeezed(&text(&with)).contains(&squeezed("As photographed on site")));
    let again = Renderer::open(None).unwrap().render_sealed(&file, &layout(Languages::En), seal.as_ref()).unwrap();
    assert!(with == again, "the same receipt and the same photo give the same bytes");
    assert_eq!(extract(with.to_vec()).unwrap().seal.unwrap(), photo);
    // What was set before the photo came is what it was.
    assert!(without == renderer.render(&file, &layout(Languages::En)).unwrap());
}

#[test]
fn a_broken_seal_breaks_no_receipt() {
    let (plain, _) = receipt(&Case::default());
    assert!(named(&plain.body).is_none());
    let mut broken = stamp(300, 300);
    broken.truncate(200);
    for (bytes, media_type) in [(broken, "image/png"), (b"\xFF\xD8\xFF\xE0 rubbish".to_vec(), "image/jpeg")] {
        let (receipt, _, seal) = sealed(&bytes, media_type, Case::default());
        let (renderer, file) = (renderer(), receipt.to_json().unwrap());
        assert!(seal.is_some());
        let with = renderer.render_sealed(&file, &layout(Languages::ZhCn), seal.as_ref()).unwrap();
        assert!(with == renderer.render(&file, &layout(Languages::ZhCn)).unwrap(), "as if there were none");
    }
}

#[test]
fn only_the_photo_that_was_signed_for_is_a_seal() {
    let photo = stamp(300, 300);
    let (receipt, _, seal) = sealed(&photo, "image/png", Case::default());
    assert!(seal.is_some());
    assert!(Seal::claimed(&receipt.body, stamp(301, 300)).is_none());
    // Nobody seals what was refused, and what is no picture is not drawn.
    assert!(sealed(&photo, "image/png", Case::of(SignOffOutcome::Refused)).2.is_none());
    assert!(sealed(&photo, "image/heic", Case::default()).2.is_none());
}

#[test]
fn a_sealed_pdf_holds_and_one_with_another_seal_does_not() {
    let photo = stamp(300, 300);
    let bench = Bench::of(&Case { seal: Some((sha256_hex(&photo), "image/png")), ..Case::default() });
    let receipt: Receipt = serde_json::from_str(&bench.file).unwrap();
    let seal = Seal::claimed(&receipt.body, photo).unwrap();
    let pdf = bench.renderer.render_sealed(&bench.file, &layout(Languages::Both), Some(&seal)).unwrap();
    let report = bench.verify(&pdf);
    assert_eq!(report.files[0].pages.as_ref().unwrap().code, "pages_identical", "{report}");
    // Somebody else's stamp under the name of this one.
    let other = Seal { sha256: seal.sha256, bytes: stamp(280, 300).into() };
    // A renderer of their own: this one knows the right one by its digest.
    let forged = renderer().render_sealed(&bench.file, &layout(Languages::Both), Some(&other));
    let report = bench.verify(&forged.unwrap());
    assert_eq!((report.files[0].pages.as_ref().unwrap().code, report.holds()), ("pages_differ", false), "{report}");
}
