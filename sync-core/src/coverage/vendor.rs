//! Back-to-back support: where support was promised for an asset and none that keeps the promise was bought.

use crate::reference::{Asset, SupportTier};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days on which a promise of support is not backed by what was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorGap {
    /// First day, inclusive.
    pub first_day: Date,
    /// Last day, inclusive.
    pub last_day: Date,
    /// The best tier that is promised on these days.
    pub promised: SupportTier,
    /// The best tier that was bought for them, which is a lower one; `None` where nothing was.
    pub bought: Option<SupportTier>,
}

/// How many promises (or segments) of each tier hold; in the order of [`SupportTier::ALL`].
type Held = [i64; SupportTier::ALL.len()];

/// The best tier of which there is any.
fn best(held: &Held) -> Option<SupportTier> {
    SupportTier::ALL.iter().zip(held).find(|(_, n)| **n > 0).map(|(tier, _)| *tier)
}

/// The stretches of days within `from` and `until` (both inclusive) on which support is promised for the asset but no
/// bought segment of a tier that keeps the promise covers it. Of several promises the highest counts. In order of time;
/// a stretch is as long as promise and purchase stay what they are. The work depends on the number of promises and
/// segments, not on the number of days.
pub fn vendor_gaps(asset: &Asset, from: Date, until: Date) -> Vec<VendorGap> {
    // What begins (+1) and what has ended (-1) on each day on which something changes.
    let mut changes: BTreeMap<Date, (Held, Held)> = BTreeMap::new();
    let mut hold = |first: Date, last: Date, tier: SupportTier, promised: bool| {
        let (first, last) = (first.max(from), last.min(until));
        if first > last {
            return;
        }
        let mut change = |day: Date, by: i64| {
            let (promises, segments) = changes.entry(day).or_default();
            let held = if promised { promises } else { segments };
            if let Some(place) = SupportTier::ALL.iter().position(|t| *t == tier).and_then(|n| held.get_mut(n)) {
                *place += by;
            }
        };
        change(first, 1);
        // What holds until the calendar's last day never ends.
        if let Ok(after) = last.tomorrow() {
            change(after, -1);
        }
    };
    asset.promised.iter().for_each(|p| hold(p.first_day, p.last_day, p.tier, true));
    asset.bought.iter().for_each(|s| hold(s.first_day, s.last_day, s.tier, false));

    let mut gaps: Vec<VendorGap> = Vec::new();
    let (mut promises, mut segments) = (Held::default(), Held::default());
    let mut changes = changes.into_iter().peekable();
    while let Some((first_day, change)) = changes.next() {
        promises.iter_mut().zip(change.0).for_each(|(held, by)| *held += by);
        segments.iter_mut().zip(change.1).for_each(|(held, by)| *held += by);
        let last_day = match changes.peek() {
            Some((next, _)) => next.yesterday().unwrap_or(*next),
            None => until,
        };
        let (Some(promised), bought) = (best(&promises), best(&segments)) else { continue };
        if bought.is_some_and(|tier| tier.keeps(promised)) {
            continue;
        }
        match gaps.last_mut() {
            Some(gap)
                if gap.last_day.tomorrow().is_ok_and(|next| next == first_day)
                    && (gap.promised, gap.bought) == (promised, bought) =>
            {
                gap.last_day = last_day;
            }
            _ => gaps.push(VendorGap { first_day, last_day, promised, bought }),
        }
    }
    gaps
}
