use super::*;
use image::{Rgb, RgbImage};

/// A red stamp on paper, as a PNG.
pub(crate) fn stamp(width: u32, height: u32) -> Vec<u8> {
    let side = width.min(height);
    let picture = RgbImage::from_fn(width, height, |x, y| {
        // The square of the distance from the middle, in hundredths of the shorter side.
        let far = |at: u32, length: u32| u64::from(at.abs_diff(length / 2)) * 100 / u64::from(side);
        let d = far(x, width).pow(2) + far(y, height).pow(2);
        if (1450..1750).contains(&d) || d < 70 { Rgb([200, 30, 30]) } else { Rgb([250, 248, 244]) }
    });
    let mut png = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut png)).unwrap();
    png
}

fn seal(bytes: Vec<u8>) -> Seal {
    Seal { sha256: sha256_hex(&bytes), bytes: bytes.into() }
}

#[test]
fn a_picture_is_painted_anew_small_and_always_the_same() {
    let drawn = seal(stamp(1600, 1200)).drawn().unwrap();
    assert_eq!(drawn, seal(stamp(1600, 1200)).drawn().unwrap());
    let again = image::load_from_memory(&drawn).unwrap();
    assert_eq!((again.width(), again.height()), (600, 450));
    // What else was in the file is not in the picture.
    let mut with_more = stamp(100, 100);
    with_more.extend_from_slice(b"GPS 31.2304 121.4737 <script>");
    let drawn = seal(with_more).drawn().unwrap();
    assert!(!drawn.windows(3).any(|w| w == b"GPS"));
}

#[test]
fn what_is_broken_or_too_much_is_as_if_there_were_none() {
    let good = stamp(300, 300);
    for cut in [0, 1, 8, 20, 33, 60, good.len() / 2] {
        assert_eq!(seal(good[..cut].to_vec()).drawn(), None, "cut at {cut}");
    }
    // A picture that says it is huge: the header of a PNG, with a right checksum.
    let mut bomb = good.clone();
    bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    assert_eq!(seal(bomb).drawn(), None);
    for other in [
        b"%PDF-1.7 not drawn".to_vec(),
        b"\0\0\0\x18ftypheic".to_vec(),
        vec![0xFF; 5000],
        b"RIFF\0\0\0\0WEBPVP8L".to_vec(),
    ] {
        assert_eq!(seal(other).drawn(), None);
    }
    // Whatever a byte may be, it is survived.
    for n in (8..good.len()).step_by(37) {
        let mut flipped = good.clone();
        flipped[n] ^= 0x5A;
        let _ = seal(flipped).drawn();
    }
}
