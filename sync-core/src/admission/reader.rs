//! Reads bytes in order, strictly: numbers are LEB128 in their shortest form, as Automerge demands on reading.

use super::refusal::Refusal;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(|| Refusal::malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| Refusal::malformed("it ends too early"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        self.array().map(|[b]| b)
    }

    /// An unsigned number.
    pub(super) fn uleb(&mut self) -> Result<u64, Refusal> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            // The tenth byte has room for one bit.
            if shift == 63 && byte > 1 {
                return Err(Refusal::malformed("a number larger than 64 bits"));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    Err(Refusal::malformed("a number that is not in its shortest form"))
                } else {
                    Ok(value)
                };
            }
        }
        Err(Refusal::malformed("a number larger than 64 bits"))
    }

    /// A signed number.
    pub(super) fn sleb(&mut self) -> Result<i64, Refusal> {
        let mut value = 0i64;
        let mut previous = 0u8;
        for shift in (0..64u32).step_by(7) {
            let byte = self.byte()?;
            // The tenth byte has nothing but the sign.
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(Refusal::malformed("a number larger than 64 bits"));
            }
            value |= i64::from(byte & 0x7f).wrapping_shl(shift);
            if byte & 0x80 == 0 {
                let repeats_sign = (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 0 && repeats_sign {
                    return Err(Refusal::malformed("a number that is not in its shortest form"));
                }
                if shift < 57 && byte & 0x40 != 0 {
                    value |= (-1i64).wrapping_shl(shift + 7);
                }
                return Ok(value);
            }
            previous = byte;
        }
        Err(Refusal::malformed("a number larger than 64 bits"))
    }

    /// A length that must fit into what is left.
    pub(super) fn length(&mut self) -> Result<usize, Refusal> {
        let length = self.uleb()?;
        usize::try_from(length)
            .ok()
            .filter(|n| *n <= self.0.len())
            .ok_or_else(|| Refusal::malformed("a length beyond the end"))
    }

    /// A length and that many bytes.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], Refusal> {
        let n = self.length()?;
        self.take(n)
    }

    /// A length and that many bytes of UTF-8.
    pub(super) fn text(&mut self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.prefixed()?).map_err(|_| Refusal::malformed("a text that is not UTF-8"))
    }
}

/// Appends an unsigned number in its shortest form.
pub(super) fn write_uleb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number in its shortest form.
pub(super) fn write_sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Appends a length and the bytes.
pub(super) fn write_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    write_uleb(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_and_only_in_their_shortest_form() {
        let edges = [0, 1, 63, 64, 65, 127, 128, 8191, 8192, i64::from(u32::MAX), 1 << 55, 1 << 56, 1 << 62];
        for n in edges.iter().flat_map(|n| [*n, -*n, n.saturating_sub(1)]).chain([i64::MAX, i64::MIN]) {
            let mut signed = Vec::new();
            write_sleb(&mut signed, n);
            let mut reader = Reader::new(&signed);
            assert_eq!(reader.sleb(), Ok(n), "{n}");
            assert!(reader.is_empty());
            let mut unsigned = Vec::new();
            write_uleb(&mut unsigned, n as u64);
            assert_eq!(Reader::new(&unsigned).uleb(), Ok(n as u64));
            assert_eq!(leb(&unsigned), n as u64);
            if let Some(last) = unsigned.last_mut() {
                *last |= 0x80;
            }
            unsigned.push(0);
            assert!(Reader::new(&unsigned).uleb().is_err(), "{n} with a needless byte");
        }
        assert!(Reader::new(&[0x80]).uleb().is_err());
        assert!(Reader::new(&[0xff; 11]).uleb().is_err());
        assert!(Reader::new(&[0xff, 0x7f]).sleb().is_err(), "-1 with a needless byte");
    }

    fn leb(bytes: &[u8]) -> u64 {
        bytes.iter().enumerate().fold(0, |n, (i, b)| n | u64::from(b & 0x7f) << (7 * i))
    }
}
