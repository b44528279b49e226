//! The columns of a change's operations: run-length encoded numbers and texts, deltas, booleans.
//!
//! Runs are counted before they are expanded: ten bytes may claim a billion values. Every column of a visit's change is
//! without nulls, so a run of nulls is refused where it is met.

use super::reader::{Reader, write_sleb, write_uleb};
use super::refusal::{Refusal, RefusalCode};

/// At most this many values may come out of a column.
#[derive(Clone, Copy)]
pub(super) struct Cap {
    /// How many.
    pub(super) values: usize,
    /// What a null in the column means for the change.
    pub(super) null: RefusalCode,
}

/// Reads the values of a run-length encoded column.
pub(super) fn rle<'a, T: Copy>(
    column: &'a [u8],
    cap: Cap,
    read: impl Fn(&mut Reader<'a>) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    let mut reader = Reader::new(column);
    let mut values = Vec::new();
    while !reader.is_empty() {
        let run = reader.sleb()?;
        if run == 0 {
            grow(values.len(), reader.uleb()?, cap)?;
            return Err(Refusal::new(cap.null, "a value is missing in a column"));
        }
        let count = grow(values.len(), run.unsigned_abs(), cap)?;
        if run > 0 {
            let value = read(&mut reader)?;
            values.resize(values.len() + count, value);
        } else {
            for _ in 0..count {
                values.push(read(&mut reader)?);
            }
        }
    }
    Ok(values)
}

fn grow(have: usize, more: u64, cap: Cap) -> Result<usize, Refusal> {
    usize::try_from(more)
        .ok()
        .filter(|n| have.checked_add(*n).is_some_and(|all| all <= cap.values))
        .ok_or_else(|| Refusal::new(RefusalCode::TooManyOperations, format!("a run of {more} values")))
}

/// Reads a column of numbers that are stored as differences.
pub(super) fn delta(column: &[u8], cap: Cap) -> Result<Vec<u64>, Refusal> {
    let mut last = 0i64;
    rle(column, cap, |r| r.sleb())?
        .into_iter()
        .map(|step| {
            last = last.checked_add(step).ok_or_else(|| Refusal::malformed("a sum of differences beyond 64 bits"))?;
            u64::try_from(last).map_err(|_| Refusal::malformed("a negative operation number"))
        })
        .collect()
}

/// Reads a column of booleans that must all be false, and says how many there are.
pub(super) fn all_false(column: &[u8], cap: Cap) -> Result<usize, Refusal> {
    let mut reader = Reader::new(column);
    let count = grow(0, if reader.is_empty() { 0 } else { reader.uleb()? }, cap)?;
    if reader.is_empty() { Ok(count) } else { Err(Refusal::new(cap.null, "a flag is set in a column")) }
}

/// Writes values the one way Automerge does: two equal neighbours begin a run, all others stand in literal runs.
pub(super) fn write_rle<T: PartialEq>(out: &mut Vec<u8>, values: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    let mut literal: &[T] = &[];
    let mut rest = values;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|v| *v == first).count();
        if run == 1 {
            // Literals are always a prefix of what has not been written yet.
            let start = values.len() - rest.len() - literal.len();
            literal = values.get(start..=start + literal.len()).unwrap_or(&[]);
        } else {
            write_literal(out, literal, &write);
            literal = &[];
            write_sleb(out, run as i64);
            write(out, first);
        }
        rest = rest.get(run..).unwrap_or(&[]);
    }
    write_literal(out, literal, &write);
}

fn write_literal<T>(out: &mut Vec<u8>, values: &[T], write: &impl Fn(&mut Vec<u8>, &T)) {
    if !values.is_empty() {
        write_sleb(out, -(values.len() as i64));
        for value in values {
            write(out, value);
        }
    }
}

/// Writes numbers as differences.
pub(super) fn write_delta(out: &mut Vec<u8>, values: &[u64]) {
    let mut last = 0u64;
    let steps: Vec<i64> = values
        .iter()
        .map(|v| {
            let step = v.wrapping_sub(last) as i64;
            last = *v;
            step
        })
        .collect();
    write_rle(out, &steps, |out, v| write_sleb(out, *v));
}

/// Writes `count` times false.
pub(super) fn write_all_false(out: &mut Vec<u8>, count: usize) {
    if count > 0 {
        write_uleb(out, count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: Cap = Cap { values: 100, null: RefusalCode::Malformed };

    #[test]
    fn runs_are_written_the_one_way() {
        let mut out = Vec::new();
        write_rle(&mut out, &[1u64, 2, 2, 3, 4, 4], |o, v| write_uleb(o, *v));
        assert_eq!(out, [0x7f, 1, 2, 2, 0x7f, 3, 2, 4]);
        assert_eq!(rle(&out, CAP, |r| r.uleb()).unwrap(), [1, 2, 2, 3, 4, 4]);
        let mut out = Vec::new();
        write_rle(&mut out, &[5u64, 6, 7], |o, v| write_uleb(o, *v));
        assert_eq!(out, [0x7d, 5, 6, 7]);
        let mut out = Vec::new();
        write_delta(&mut out, &[3, 4, 5, 5, 1]);
        assert_eq!(delta(&out, CAP).unwrap(), [3, 4, 5, 5, 1]);
    }

    #[test]
    fn runs_are_counted_before_they_are_expanded() {
        let mut bomb = Vec::new();
        write_sleb(&mut bomb, i64::MAX);
        bomb.push(1);
        let code = |r: Result<Vec<u64>, Refusal>| r.unwrap_err().code;
        assert_eq!(code(rle(&bomb, CAP, |r| r.uleb())), RefusalCode::TooManyOperations);
        assert_eq!(code(delta(&bomb, CAP)), RefusalCode::TooManyOperations);
        let mut nulls = vec![0];
        write_uleb(&mut nulls, u64::MAX);
        assert_eq!(code(rle(&nulls, CAP, |r| r.uleb())), RefusalCode::TooManyOperations);
        assert_eq!(code(rle(&[0, 5], CAP, |r| r.uleb())), RefusalCode::Malformed);
        let mut least = Vec::new();
        write_sleb(&mut least, i64::MIN);
        assert_eq!(code(rle(&least, CAP, |r| r.uleb())), RefusalCode::TooManyOperations);
    }
}
