//! What a manager must look at beside the contracts: support that was not bought, problems that come again, journeys
//! that were not needed, and engineers who had no rest.

use super::case::Case;
use super::flags::{dispatched, flag};
use super::names::{hms, person, word};
use super::vendor::{VendorGap, vendor_gaps};
use super::verdict::*;
use super::{clocks, work};
use crate::document::facts::{Mode, ObjectionKind, TimeKind, Triage, TriageOutcome};
use crate::document::view::Item;
use crate::ids::{FactId, UserId, VisitId};
use crate::message::Message;
use crate::reference::{Asset, Policy};
use crate::time::days::{self, DayPart};
use crate::time::intervals::{intersect, subtract, union};
use crate::time::{Interval, Span};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// An engineer's work without a rest is followed so far to either side of a visit, in milliseconds: what a verdict says of
/// it depends on nothing that lies further away.
pub const LONGEST_RUN_MS: i64 = 7 * DAY_MS;

/// Most earlier visits that a repeated problem names: the newest ones.
const MAX_NAMED: usize = 10;

pub(super) fn all(case: &Case<'_>) -> Vec<Flag> {
    let policy = case.reference.policy();
    let mut found: Vec<Flag> = case.view.live_items().flat_map(|item| gaps(case, item)).collect();
    found.extend(repeats(case, &policy));
    found.extend(remote(case));
    found.extend(fatigue(case, &policy));
    found
}

/// `vendor_gap`: support was promised for the item's asset on a day of the work, and none that keeps the promise had
/// been bought.
fn gaps(case: &Case<'_>, item: &Item) -> Vec<Flag> {
    let Ok(place) = &case.place else { return Vec::new() };
    // Every asset that a phone recorded.
    let assets: BTreeSet<_> = item.asset.0.iter().map(|w| w.value).collect();
    let mut assets = assets.into_iter().filter_map(|id| case.reference.assets.get(&id)).peekable();
    if assets.peek().is_none() {
        return Vec::new();
    }
    let day = |at: i64| days::day_of(at, &place.zone).ok();
    let worked: Vec<(Date, Date)> = case
        .work
        .on(item)
        .iter()
        .filter_map(|i| Some((day(i.from_ms)?, day(i.until_ms.saturating_sub(1).max(i.from_ms))?)))
        .collect();
    let (Some((first, _)), Some((_, last))) = (worked.first(), worked.last()) else { return Vec::new() };
    let mut found = Vec::new();
    for asset in assets {
        for gap in vendor_gaps(asset, *first, *last) {
            let on = worked.iter().find(|(from, until)| *from <= gap.last_day && gap.first_day <= *until);
            if let Some((from, _)) = on {
                let message = gap_message(asset, &gap, gap.first_day.max(*from));
                found.push(Flag { item: Some(item.id), ..flag(FlagCode::VendorGap, message) });
            }
        }
    }
    found
}

/// What was promised for that day, what was bought instead, and until when.
fn gap_message(asset: &Asset, gap: &VendorGap, day: Date) -> Message {
    let holds = |first: Date, last: Date| first <= day && day <= last;
    let promised = asset.promised.iter().filter(|p| p.tier == gap.promised && holds(p.first_day, p.last_day));
    let promised = promised.map(|p| p.last_day).max().unwrap_or(day);
    let base = |id: &str| {
        let message = Message::new(id).with("asset", asset.name.as_str()).with("code", asset.code.as_str());
        let message = message.with("promised", word("support_tier", gap.promised.as_str()));
        message.with("promised_until", promised.to_string()).with("day", day.to_string())
    };
    let now = asset.bought.iter().filter(|s| Some(s.tier) == gap.bought && holds(s.first_day, s.last_day));
    let ended = asset.bought.iter().filter(|s| s.first_day <= s.last_day && s.last_day < day);
    let longest = |a: &&crate::reference::Segment, b: &&crate::reference::Segment| {
        (a.last_day, &b.provider, b.tier).cmp(&(b.last_day, &a.provider, a.tier))
    };
    let (id, segment) = match (now.max_by(longest), ended.max_by(longest)) {
        (Some(lower), _) => ("flag-vendor_gap-lower", lower),
        (None, Some(last)) => ("flag-vendor_gap-ended", last),
        (None, None) => return base("flag-vendor_gap"),
    };
    let message = base(id).with("bought", word("support_tier", segment.tier.as_str()));
    message.with("provider", segment.provider.as_str()).with("until", segment.last_day.to_string())
}

/// `repeat_problem`: this visit's problems that other visits at the customer had before it, within the window.
fn repeats(case: &Case<'_>, policy: &Policy) -> Vec<Flag> {
    let visit = case.view.visit.unwrap_or(VisitId(uuid::Uuid::nil()));
    if case.evidence.problems.is_empty() && policy.repeat_count > 1 {
        return Vec::new();
    }
    // Several items with one problem are one; the first of them is flagged.
    let mut own: BTreeMap<String, (i64, FactId)> = BTreeMap::new();
    for Problem { item, key, at_ms, .. } in work::problems(visit, case.view, &case.spans) {
        let first = own.entry(key).or_insert((at_ms, item));
        *first = (at_ms, item).min(*first);
    }
    let window = i64::from(policy.repeat_days).saturating_mul(DAY_MS);
    let mut found = Vec::new();
    for (key, (at_ms, item)) in own {
        let mut before: BTreeMap<VisitId, i64> = BTreeMap::new();
        for p in case.evidence.problems.iter().filter(|p| p.visit != visit && p.key == key) {
            if p.at_ms >= at_ms.saturating_sub(window) && (p.at_ms, p.visit) < (at_ms, visit) {
                let first = before.entry(p.visit).or_insert(p.at_ms);
                *first = p.at_ms.min(*first);
            }
        }
        let times = before.len() + 1;
        // One time is no repetition, whatever the company's rule says.
        if times < 2 || u32::try_from(times).is_ok_and(|n| n < policy.repeat_count) {
            continue;
        }
        let mut before: Vec<(i64, VisitId)> = before.into_iter().map(|(visit, at)| (at, visit)).collect();
        before.sort_unstable();
        let named = before.iter().rev().take(MAX_NAMED).map(|(at, visit)| match local_day(case, *at) {
            Some(day) => format!("{day} {visit}"),
            None => visit.to_string(),
        });
        let message = Message::new("flag-repeat_problem").with("times", i64::try_from(times).unwrap_or(i64::MAX));
        let message = message.with("days", i64::from(policy.repeat_days));
        let message = message.with("visits", named.collect::<Vec<_>>().join(", "));
        found.push(Flag { item: Some(item), ..flag(FlagCode::RepeatProblem, message) });
    }
    found
}

fn local_day(case: &Case<'_>, at_ms: i64) -> Option<Date> {
    let place = case.place.as_ref().ok()?;
    let DayPart { day, .. } = place.parts(&Interval::new(at_ms, at_ms))?.first().copied()?;
    Some(day)
}

/// `remote_possible`: somebody went although triage had said that it could be done remotely, or went undispatched and
/// without any triage.
fn remote(case: &Case<'_>) -> Option<Flag> {
    if !case.origins.iter().any(|o| o.value.mode == Mode::OnSite) {
        return None;
    }
    let orders = case.origins.iter().filter_map(|o| case.reference.work_orders.get(&o.value.work_order?));
    let at_orders = orders.filter_map(|order| order.triage.as_ref());
    let triages: Vec<&Triage> = case.origins.iter().filter_map(|o| o.value.triage.as_ref()).chain(at_orders).collect();
    let sent = || case.origins.iter().any(|o| dispatched(case, &o.value).is_ok());
    let id = if triages.iter().any(|t| t.outcome == TriageOutcome::Remote) {
        "flag-remote_possible"
    } else if triages.is_empty() && !sent() {
        "flag-remote_possible-skipped"
    } else {
        return None;
    };
    Some(flag(FlagCode::RemotePossible, Message::new(id)))
}

/// `fatigue`: engineers who worked on without a rest, here and before or after elsewhere.
fn fatigue(case: &Case<'_>, policy: &Policy) -> Vec<Flag> {
    let (mut here, mut all, mut breaks) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let add = |map: &mut BTreeMap<UserId, Vec<Interval>>, user: UserId, part: Interval| {
        map.entry(user).or_default().push(part);
    };
    for span in &case.spans.spans {
        if span.kind == TimeKind::Break {
            add(&mut breaks, span.user, Span::interval(span));
        } else {
            add(&mut here, span.user, Span::interval(span));
            add(&mut all, span.user, Span::interval(span));
        }
    }
    for n in clocks::neighbours(case) {
        let part = Interval::new(n.from_ms, n.until_ms);
        if n.kind == TimeKind::Break {
            add(&mut breaks, n.user, part);
        } else if here.contains_key(&n.user) {
            add(&mut all, n.user, part);
        }
    }
    let limit = i64::from(policy.fatigue_minutes).saturating_mul(MINUTE_MS);
    let rest = i64::from(policy.rest_minutes).saturating_mul(MINUTE_MS);
    let refusal = refused_relief(case);
    let mut found = Vec::new();
    for (user, here) in here {
        let pauses = union(breaks.remove(&user).unwrap_or_default());
        let net = |parts: Vec<Interval>| subtract(&union(parts), &pauses);
        let reach = |part: &Interval| {
            Interval::new(part.from_ms.saturating_sub(LONGEST_RUN_MS), part.until_ms.saturating_add(LONGEST_RUN_MS))
        };
        let near = union(here.iter().map(reach));
        let (here, all) = (net(here), intersect(&net(all.remove(&user).unwrap_or_default()), &near));
        let longest = runs(&all, rest).into_iter().filter(|run| !intersect(&[run.time], &here).is_empty());
        let longest = longest.map(|run| run.worked_ms).max().unwrap_or(0);
        if longest > limit {
            let who = person(user, case.view, case.reference);
            let message = match &refusal {
                Some(by) => Message::new("flag-fatigue-refused").with("by", by.as_str()),
                None => Message::new("flag-fatigue"),
            };
            found.push(flag(FlagCode::Fatigue, message.with("who", who).with("time", hms(longest))));
        }
    }
    found
}

/// Work without a rest in between.
struct Run {
    time: Interval,
    worked_ms: i64,
}

/// Joins a set of work into runs that no rest interrupts.
fn runs(worked: &[Interval], rest_ms: i64) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    for part in worked {
        match found.last_mut() {
            Some(run) if part.from_ms.saturating_sub(run.time.until_ms) < rest_ms => {
                run.time.until_ms = part.until_ms;
                run.worked_ms = run.worked_ms.saturating_add(part.len_ms());
            }
            _ => found.push(Run { time: *part, worked_ms: part.len_ms() }),
        }
    }
    found
}

/// Who refused relief in this visit, if it was asked for.
fn refused_relief(case: &Case<'_>) -> Option<String> {
    let refused = case.view.objections.iter().filter(|o| o.superseded_by.is_none());
    let refused = refused.filter(|o| o.value.kind == ObjectionKind::ReliefRefused);
    let names: BTreeSet<&str> = refused.map(|o| o.value.insisted_by.as_str()).collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(", "))
}
