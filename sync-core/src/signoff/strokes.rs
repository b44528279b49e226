//! A drawn signature as one compact byte string: delta varints of x, y, time and pressure, stroke by stroke. As a list of
//! maps in the document the same 400 points would take three times the space and five times the time to load.
//!
//! ```text
//! 1, number of strokes, then per stroke: number of points, then per point
//!    zigzag(x - previous x), zigzag(y - previous y), milliseconds since the previous point, pressure
//! ```
//! All are LEB128 varints; x, y are in hundredths of a millimetre or any unit the host keeps to; pressure is 0–255.

/// One sampled point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Horizontal position.
    pub x: i32,
    /// Vertical position, downwards.
    pub y: i32,
    /// Milliseconds since the first point of the drawing.
    pub t_ms: u32,
    /// 0 (none or unknown) to 255.
    pub pressure: u8,
}

/// The most points of one signature; more is no signature but an attack or a drawing.
pub const MAX_POINTS: usize = 4_000;

const VERSION: u64 = 1;

/// Encodes strokes. Times that run backwards are recorded as no time passed.
pub fn encode(strokes: &[Vec<Point>]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, VERSION);
    varint(&mut out, strokes.len() as u64);
    let mut last = Point { x: 0, y: 0, t_ms: 0, pressure: 0 };
    for stroke in strokes {
        varint(&mut out, stroke.len() as u64);
        for p in stroke {
            varint(&mut out, zigzag(i64::from(p.x) - i64::from(last.x)));
            varint(&mut out, zigzag(i64::from(p.y) - i64::from(last.y)));
            varint(&mut out, u64::from(p.t_ms.saturating_sub(last.t_ms)));
            varint(&mut out, u64::from(p.pressure));
            last = *p;
        }
    }
    out
}

/// Decodes strokes; `None` for anything that [`encode`] does not write, or more than [`MAX_POINTS`] points.
pub fn decode(bytes: &[u8]) -> Option<Vec<Vec<Point>>> {
    let mut rest = bytes;
    if read(&mut rest)? != VERSION {
        return None;
    }
    let count = usize::try_from(read(&mut rest)?).ok().filter(|n| *n <= MAX_POINTS)?;
    let mut strokes = Vec::new();
    let mut points = 0usize;
    let (mut x, mut y, mut t) = (0i64, 0i64, 0u64);
    for _ in 0..count {
        let n = usize::try_from(read(&mut rest)?).ok()?;
        points = points.checked_add(n).filter(|p| *p <= MAX_POINTS)?;
        let mut stroke = Vec::new();
        for _ in 0..n {
            x = x.checked_add(unzigzag(read(&mut rest)?))?;
            y = y.checked_add(unzigzag(read(&mut rest)?))?;
            t = t.checked_add(read(&mut rest)?)?;
            stroke.push(Point {
                x: i32::try_from(x).ok()?,
                y: i32::try_from(y).ok()?,
                t_ms: u32::try_from(t).ok()?,
                pressure: u8::try_from(read(&mut rest)?).ok()?,
            });
        }
        strokes.push(stroke);
    }
    rest.is_empty().then_some(strokes)
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

fn unzigzag(n: u64) -> i64 {
    ((n >> 1) as i64) ^ -((n & 1) as i64)
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8 & 0x7f) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(raw in proptest::collection::vec(
            proptest::collection::vec((any::<i32>(), any::<i32>(), 0u32..50, any::<u8>()), 0..30), 0..10))
        {
            let mut t = 0;
            let strokes: Vec<Vec<Point>> = raw.iter().map(|s| s.iter().map(|(x, y, dt, p)| {
                t += dt;
                Point { x: *x, y: *y, t_ms: t, pressure: *p }
            }).collect()).collect();
            prop_assert_eq!(decode(&encode(&strokes)), Some(strokes));
        }

        #[test]
        fn no_bytes_panic_or_grow(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(strokes) = decode(&bytes) {
                prop_assert!(strokes.iter().map(Vec::len).sum::<usize>() <= MAX_POINTS);
            }
        }
    }
}
