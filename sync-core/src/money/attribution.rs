//! Which answer of the verdict each minute of an engineer has.
//!
//! * An engineer's time is united, breaks out: labour and waiting first, then the travel that is left. No minute of one
//!   engineer counts twice; two engineers are two costs.
//! * Time that is linked to a work item has that item's answer at that minute (the item's whole answer where that minute
//!   was not judged by itself). Linked to several items at once, the worst of their answers.
//! * Time that is linked to none has the worst answer of the visit's items at that minute: not covered before needs a
//!   decision before covered; of equal ones, the first item's by id.
//! * Minutes at which nothing was judged, travel and expenses have the visit's answer: the first stretch, by item and
//!   time, that says what the whole visit's verdict says. With no item, somebody must decide.

use crate::coverage::{Cause, Coverage, Stretch, Verdict};
use crate::document::facts::{Category, TimeKind};
use crate::document::view::VisitView;
use crate::ids::{ContractId, FactId, UserId};
use crate::time::intervals::{subtract, union};
use crate::time::{Interval, Spans};
use std::collections::{BTreeMap, BTreeSet};

/// What a minute or an expense is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Under {
    pub coverage: Coverage,
    pub cause: Cause,
    pub item: Option<FactId>,
    pub category: Option<Category>,
    pub contract: Option<ContractId>,
}

/// A part of an engineer's time with one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub user: UserId,
    pub travel: bool,
    pub interval: Interval,
    pub under: Under,
}

/// The worse an answer, the smaller; ties by item, then by time.
type Rank = (u8, usize, usize);

fn badness(coverage: Coverage) -> u8 {
    match coverage {
        Coverage::NotCovered => 0,
        Coverage::NeedsDecision => 1,
        Coverage::Covered => 2,
    }
}

/// A verdict, ready to be asked.
pub(super) struct Judged {
    /// By item and stretch.
    items: Vec<(FactId, Vec<(Interval, Under)>)>,
    index: BTreeMap<FactId, usize>,
    /// The worst stretch of each item.
    worst: Vec<Option<Rank>>,
    whole: Under,
}

impl Judged {
    pub(super) fn new(view: &VisitView, verdict: &Verdict) -> Self {
        let categories: BTreeMap<FactId, Option<Category>> =
            view.live_items().map(|i| (i.id, i.category.get().copied())).collect();
        let under = |item: FactId, s: &Stretch| {
            let Stretch { coverage, cause, contract, .. } = *s;
            let category = categories.get(&item).copied().flatten();
            (Interval::new(s.from_ms, s.until_ms), Under { coverage, cause, item: Some(item), category, contract })
        };
        let items: Vec<_> = verdict
            .items
            .iter()
            .map(|i| (i.item, i.stretches.iter().map(|s| under(i.item, s)).collect::<Vec<_>>()))
            .collect();
        let index = items.iter().enumerate().map(|(n, (id, _))| (*id, n)).collect();
        let worst = items
            .iter()
            .enumerate()
            .map(|(item, (_, all))| all.iter().enumerate().map(|(n, (_, u))| (badness(u.coverage), item, n)).min())
            .collect();
        let decided = items.iter().flat_map(|(_, all)| all).find(|(_, u)| u.coverage == verdict.coverage);
        let open = Under {
            coverage: Coverage::NeedsDecision,
            cause: Cause::Undecided,
            item: None,
            category: None,
            contract: None,
        };
        let whole = decided.map_or(open, |(_, under)| *under);
        Self { items, index, worst, whole }
    }

    /// The answer of the visit as a whole.
    pub(super) fn whole(&self) -> Under {
        self.whole
    }

    fn at(&self, rank: Rank) -> Under {
        let found = self.items.get(rank.1).and_then(|(_, all)| all.get(rank.2));
        found.map_or(self.whole, |(_, under)| *under)
    }

    /// Everybody's time, cut where the answer changes; by engineer, labour before travel, then by time.
    pub(super) fn pieces(&self, spans: &Spans) -> Vec<Piece> {
        let users: BTreeSet<UserId> = spans.spans.iter().map(|s| s.user).collect();
        let mut pieces = Vec::new();
        for user in users {
            let own = |kinds: &[TimeKind]| {
                union(spans.spans.iter().filter(|s| s.user == user && kinds.contains(&s.kind)).map(|s| s.interval()))
            };
            let breaks = own(&[TimeKind::Break]);
            let work = subtract(&own(&[TimeKind::Labour, TimeKind::Waiting]), &breaks);
            let travel = subtract(&subtract(&own(&[TimeKind::Travel]), &breaks), &work);
            self.work(user, &work, spans, &mut pieces);
            let under = self.whole;
            pieces.extend(travel.into_iter().map(|interval| Piece { user, travel: true, interval, under }));
        }
        pieces
    }

    /// One sweep over everything that begins or ends.
    fn work(&self, user: UserId, work: &[Interval], spans: &Spans, pieces: &mut Vec<Piece>) {
        let mut turns: Vec<(i64, Turn)> = Vec::new();
        let mut turn = |i: &Interval, on: Turn, off: Turn| {
            if !i.is_empty() {
                turns.extend([(i.from_ms, on), (i.until_ms, off)]);
            }
        };
        for part in work {
            turn(part, Turn::Work(true), Turn::Work(false));
        }
        for (item, (_, stretches)) in self.items.iter().enumerate() {
            for (n, (interval, under)) in stretches.iter().enumerate() {
                let rank = (badness(under.coverage), item, n);
                turn(interval, Turn::Stretch(rank, true), Turn::Stretch(rank, false));
            }
        }
        let paid = |kind| matches!(kind, TimeKind::Labour | TimeKind::Waiting);
        for span in spans.spans.iter().filter(|s| s.user == user && paid(s.kind)) {
            if let Some(item) = span.item.and_then(|id| self.index.get(&id)) {
                turn(&span.interval(), Turn::Link(*item, true), Turn::Link(*item, false));
            }
        }
        turns.sort_unstable_by_key(|(at, _)| *at);
        let mut now = Now::default();
        let mut from = None;
        let mut rest = turns.as_slice();
        while let Some((at, _)) = rest.first().copied() {
            if let Some(from_ms) = from.filter(|from| now.working > 0 && *from < at) {
                let under = now.answer().map_or(self.whole, |rank| self.at(rank));
                push(pieces, Piece { user, travel: false, interval: Interval::new(from_ms, at), under });
            }
            while let Some((same, turn)) = rest.first().filter(|(t, _)| *t == at) {
                now.take(self, *turn);
                from = Some(*same);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
}

/// Adds a piece, or makes the last one longer.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if let Some(last) = pieces.last_mut()
        && (last.user, last.travel, last.under) == (piece.user, piece.travel, piece.under)
        && last.interval.until_ms == piece.interval.from_ms
    {
        last.interval.until_ms = piece.interval.until_ms;
        return;
    }
    pieces.push(piece);
}

/// Something begins or ends.
#[derive(Clone, Copy)]
enum Turn {
    Work(bool),
    Stretch(Rank, bool),
    Link(usize, bool),
}

/// What holds at one moment of the sweep.
#[derive(Default)]
struct Now {
    working: u32,
    /// Stretches of all items.
    open: BTreeSet<Rank>,
    /// The stretch of each item (an item's stretches do not overlap).
    current: BTreeMap<usize, Rank>,
    /// How many entries are linked to each item.
    links: BTreeMap<usize, u32>,
    /// The answers of the linked items.
    linked: BTreeSet<Rank>,
}

impl Now {
    fn take(&mut self, judged: &Judged, turn: Turn) {
        match turn {
            Turn::Work(on) => self.working = if on { self.working + 1 } else { self.working.saturating_sub(1) },
            Turn::Stretch(rank, on) => {
                let item = rank.1;
                self.unlink(judged, item);
                if on {
                    self.open.insert(rank);
                    self.current.insert(item, rank);
                } else {
                    self.open.remove(&rank);
                    // The next stretch of this item may have begun at the same moment.
                    if self.current.get(&item) == Some(&rank) {
                        self.current.remove(&item);
                    }
                }
                self.link(judged, item);
            }
            Turn::Link(item, on) => {
                self.unlink(judged, item);
                let count = self.links.entry(item).or_default();
                *count = if on { *count + 1 } else { count.saturating_sub(1) };
                self.link(judged, item);
            }
        }
    }

    fn rank(&self, judged: &Judged, item: usize) -> Option<Rank> {
        self.current.get(&item).copied().or_else(|| judged.worst.get(item).copied().flatten())
    }

    fn unlink(&mut self, judged: &Judged, item: usize) {
        if let Some(rank) = self.rank(judged, item) {
            self.linked.remove(&rank);
        }
    }

    fn link(&mut self, judged: &Judged, item: usize) {
        if self.links.get(&item).is_some_and(|n| *n > 0)
            && let Some(rank) = self.rank(judged, item)
        {
            self.linked.insert(rank);
        }
    }

    fn answer(&self) -> Option<Rank> {
        self.linked.first().or_else(|| self.open.first()).copied()
    }
}
