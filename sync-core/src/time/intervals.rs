//! Sets of half-open intervals. A set is sorted, disjoint, and its members neither touch nor are empty, so that one set
//! of instants has exactly one form.

use serde::{Deserialize, Serialize};

/// `[from_ms, until_ms)` in milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// From.
    pub from_ms: i64,
    /// Until (exclusive).
    pub until_ms: i64,
}

impl Interval {
    /// The interval from `from_ms` until `until_ms`.
    pub fn new(from_ms: i64, until_ms: i64) -> Self {
        Self { from_ms, until_ms }
    }
    /// Whether it holds no instant.
    pub fn is_empty(&self) -> bool {
        self.until_ms <= self.from_ms
    }
    /// Its length in milliseconds, never negative. Saturates: clocks of hostile phones reach `i64`'s ends.
    pub fn len_ms(&self) -> i64 {
        self.until_ms.saturating_sub(self.from_ms).max(0)
    }
    /// What it shares with `other`, if they share anything.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let both = Self::new(self.from_ms.max(other.from_ms), self.until_ms.min(other.until_ms));
        (!both.is_empty()).then_some(both)
    }
}

/// The set of the instants that are in any of `parts`, whatever their order, overlaps and repetitions.
pub fn union(parts: impl IntoIterator<Item = Interval>) -> Vec<Interval> {
    let mut parts: Vec<Interval> = parts.into_iter().filter(|i| !i.is_empty()).collect();
    parts.sort_unstable();
    let mut set: Vec<Interval> = Vec::with_capacity(parts.len());
    for part in parts {
        match set.last_mut() {
            Some(last) if part.from_ms <= last.until_ms => last.until_ms = last.until_ms.max(part.until_ms),
            _ => set.push(part),
        }
    }
    set
}

/// What of the set `a` is not in the set `b`.
pub fn subtract(a: &[Interval], b: &[Interval]) -> Vec<Interval> {
    let mut rest = Vec::with_capacity(a.len());
    // Many short sets may be asked against one long one, so its beginning is not walked through.
    let skipped = a.first().map_or(0, |first| b.partition_point(|cut| cut.until_ms <= first.from_ms));
    let mut cuts = b.get(skipped..).unwrap_or_default();
    for part in a {
        let mut from_ms = part.from_ms;
        // A cut that ended before this part cannot reach any later one.
        while let [cut, later @ ..] = cuts
            && cut.until_ms <= from_ms
        {
            cuts = later;
        }
        for cut in cuts.iter().take_while(|cut| cut.from_ms < part.until_ms) {
            if from_ms < cut.from_ms {
                rest.push(Interval::new(from_ms, cut.from_ms));
            }
            from_ms = from_ms.max(cut.until_ms);
        }
        if from_ms < part.until_ms {
            rest.push(Interval::new(from_ms, part.until_ms));
        }
    }
    rest
}

/// What the sets `a` and `b` share.
pub fn intersect(a: &[Interval], b: &[Interval]) -> Vec<Interval> {
    let (mut i, mut j, mut shared) = (0, 0, Vec::new());
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        shared.extend(x.meet(y));
        if x.until_ms <= y.until_ms {
            i += 1;
        } else {
            j += 1;
        }
    }
    shared
}

/// The summed length of a set, in milliseconds.
pub fn total_ms(set: &[Interval]) -> i64 {
    set.iter().fold(0, |sum, part| sum.saturating_add(part.len_ms()))
}
