//! What is drawn and not set: the signature from its strokes, and the QR code. As integers; the template scales them.

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use sync_core::receipt::ReceiptSignOff;
use sync_core::signoff::strokes::decode;

/// A drawn signature, its top left corner at the origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Drawing {
    /// How wide it is, in the unit of its points; at least 1.
    pub(super) width: i64,
    /// How high; at least 1.
    pub(super) height: i64,
    /// Points, stroke by stroke.
    pub(super) strokes: Vec<Vec<(i64, i64)>>,
}

impl Drawing {
    /// The drawing in a receipt; `None` where nobody drew one, or the bytes are no drawing.
    pub(super) fn of(sign_off: &ReceiptSignOff) -> Option<Self> {
        let bytes = hex::decode(sign_off.strokes.as_ref()?).ok()?;
        let strokes: Vec<_> = decode(&bytes)?.into_iter().filter(|stroke| !stroke.is_empty()).collect();
        let points = || strokes.iter().flatten();
        let (left, right) = (points().map(|p| p.x).min()?, points().map(|p| p.x).max()?);
        let (top, bottom) = (points().map(|p| p.y).min()?, points().map(|p| p.y).max()?);
        let from = |a: i32, b: i32| i64::from(a) - i64::from(b);
        Some(Self {
            width: from(right, left).max(1),
            height: from(bottom, top).max(1),
            strokes: strokes
                .iter()
                .map(|stroke| stroke.iter().map(|p| (from(p.x, left), from(p.y, top))).collect())
                .collect(),
        })
    }
}

/// A QR code (ISO/IEC 18004) as its dark runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Code {
    /// Modules per side, without the quiet zone.
    pub(super) size: usize,
    /// Column, row and length of every run of dark modules.
    pub(super) runs: Vec<(usize, usize, usize)>,
}

impl Code {
    /// The code of a text; `None` when it is too long for one.
    pub(super) fn of(text: &str) -> Option<Self> {
        // A quarter of it may be under a thumb or a coffee stain: receipts are printed and carried about.
        let code = QrCode::with_error_correction_level(text, EcLevel::Q).ok()?;
        let size = code.width();
        let colours = code.to_colors();
        let mut runs = Vec::new();
        for (y, row) in colours.chunks(size).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run.first() == Some(&Color::Dark) {
                    runs.push((x, y, run.len()));
                }
                x += run.len();
            }
        }
        Some(Self { size, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_are_the_code() {
        let text = "https://service.example/r/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
        let code = Code::of(text).unwrap();
        let dark = QrCode::with_error_correction_level(text, EcLevel::Q).unwrap().to_colors();
        let mut drawn = vec![Color::Light; code.size * code.size];
        for (x, y, length) in &code.runs {
            for place in &mut drawn[y * code.size + x..][..*length] {
                *place = Color::Dark;
            }
        }
        assert_eq!(drawn, dark);
        assert_eq!(Code::of(&"x".repeat(10_000)), None);
    }
}
