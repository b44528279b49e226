//! Signatures as a finger draws them on glass: a few strokes, sampled every few milliseconds, pressed harder in the
//! middle than at the ends. Whole numbers only, so that the same name is drawn alike on every platform.

use sim_phone::Seeded;
use sync_core::signoff::strokes::{Point, encode};

/// One period of a sine in sixteenths of a turn, in thousandths.
const WAVE: [i32; 16] = [0, 383, 707, 924, 1000, 924, 707, 383, 0, -383, -707, -924, -1000, -924, -707, -383];

/// A drawn signature for `name`: two strokes per character, 60 to 400 points in all.
pub fn draw(name: &str, rng: &mut Seeded) -> Vec<u8> {
    let characters = name.chars().filter(|c| !c.is_whitespace()).count().clamp(2, 12);
    let per_stroke = (360 / (characters * 2)).clamp(14, 34);
    let mut strokes = Vec::new();
    let mut t_ms = 0u32;
    for n in 0..characters * 2 {
        let left = i32::try_from(n / 2).unwrap_or_default() * 900 + below(rng, 120);
        let top = 400 + i32::try_from(n % 2).unwrap_or_default() * 350 + below(rng, 160);
        let (lean, height, turn) = (18 + below(rng, 26), 160 + below(rng, 240), 1 + below(rng, 3));
        let mut stroke = Vec::new();
        for i in 0..i32::try_from(per_stroke).unwrap_or_default() {
            let phase = usize::try_from(i * turn).unwrap_or_default() % WAVE.len();
            let y = top + height * WAVE[phase] / 1000 + below(rng, 9);
            let from_end = i.min(i32::try_from(per_stroke).unwrap_or_default() - 1 - i);
            let pressure = u8::try_from((90 + from_end * 14).min(240)).unwrap_or(240);
            stroke.push(Point { x: left + i * lean, y, t_ms, pressure });
            t_ms += 8 + u32::try_from(rng.below(7)).unwrap_or_default();
        }
        t_ms += 140 + u32::try_from(rng.below(200)).unwrap_or_default();
        strokes.push(stroke);
    }
    encode(&strokes)
}

fn below(rng: &mut Seeded, n: u64) -> i32 {
    i32::try_from(rng.below(n)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::signoff::strokes::decode;

    #[test]
    fn a_signature_has_as_many_points_as_a_real_one() {
        for name in ["马国栋", "Dr. Helen Gao", "古丽·艾合买提", "李"] {
            let strokes = decode(&draw(name, &mut Seeded::new(7))).unwrap();
            let points: usize = strokes.iter().map(Vec::len).sum();
            assert!((60..=400).contains(&points), "{name}: {points}");
            assert!(strokes.iter().flatten().is_sorted_by_key(|p| p.t_ms));
        }
    }
}
