//! Where a visit was: the customer's days, contracts and hours, and where within the work an answer can change.

use super::answer::State;
use super::contract::{Standing, by_code, standing};
use super::hours::{self, Local};
use super::ledger::{Bound, Offer};
use super::quota::Period;
use super::reading::{Question, Reading, read};
use crate::document::facts::{CustomerRef, Origin};
use crate::document::view::Fact;
use crate::message::Message;
use crate::reference::{Contract, Customer, QuotaUnit, Reference, ServiceHours};
use crate::time::Interval;
use crate::time::days::{self, DayPart, TimeZone};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A listed customer with what judging a day there takes.
pub(super) struct Place<'a> {
    pub(super) customer: &'a Customer,
    pub(super) zone: TimeZone,
    reference: &'a Reference,
    /// By number.
    pub(super) contracts: Vec<&'a Contract>,
    /// The days on which a contract begins or has ended: its first, and the one after its last.
    turns: BTreeSet<Date>,
}

/// Where the visit was. Several phones may each have said so; they must agree.
pub(super) fn place<'a>(origins: &[&'a Fact<Origin>], reference: &'a Reference) -> Result<Place<'a>, Message> {
    let mut said = origins.iter().map(|o| &o.value.customer);
    let Some(first) = said.next() else { return Err(Message::new("needs-no_customer")) };
    if said.any(|other| other != first) {
        return Err(Message::new("needs-several_customers"));
    }
    let id = match first {
        CustomerRef::Listed(id) => *id,
        CustomerRef::Unlisted(name) => return Err(Message::new("needs-unlisted_customer").with("name", name.as_str())),
    };
    let Some(customer) = reference.customers.get(&id) else { return Err(Message::new("needs-unknown_customer")) };
    let Ok(zone) = days::zone(&customer.time_zone) else {
        return Err(Message::new("needs-unknown_zone").with("zone", customer.time_zone.as_str()));
    };
    let contracts = by_code(reference, id);
    let after_last = |last: Date| last.tomorrow().ok();
    let turns = contracts.iter().flat_map(|c| {
        [Some(c.first_day), after_last(c.last_day), c.ended_on.and_then(after_last)].into_iter().flatten()
    });
    let turns = turns.collect();
    Ok(Place { customer, zone, reference, contracts, turns })
}

/// Who would grant a part of the work.
pub(super) enum Open {
    Nobody,
    /// This contract, without any limit.
    Freely(usize),
    /// These, as long as something is left.
    Limited(Vec<Offer>),
}

impl<'a> Place<'a> {
    /// What the contracts say to a question, in their order.
    pub(super) fn readings(&self, question: &Question) -> Vec<Reading<'a>> {
        self.contracts.iter().map(|contract| read(contract, self.reference, question)).collect()
    }

    /// The interval, cut where contracts begin or end; `None` when it lies outside the calendar.
    pub(super) fn parts(&self, interval: &Interval) -> Option<Vec<DayPart>> {
        let Interval { from_ms, until_ms } = *interval;
        if interval.is_empty() {
            let day = days::day_of(from_ms, &self.zone).ok()?;
            return Some(vec![DayPart { day, from_ms, until_ms: from_ms }]);
        }
        days::split_at(from_ms, until_ms, &self.zone, &self.turns).ok()
    }

    /// A part between such cuts, cut further wherever hours or a limit's period may change an answer. `None` when that
    /// would be more than `most` parts.
    pub(super) fn fine(&self, part: DayPart, readings: &[Reading<'_>], most: usize) -> Option<Vec<DayPart>> {
        if part.from_ms == part.until_ms {
            return Some(vec![part]);
        }
        let in_force = || readings.iter().filter(|r| standing(r.contract, part.day) == Standing::InForce);
        let freely = |r: &&Reading<'_>| r.may_cover() && r.limits.is_empty();
        // One that always covers settles it, but for those before it that are named while they do.
        let settled = in_force().position(|r| freely(&r) && r.hours().next().is_none());
        let asked: Vec<&Reading<'_>> = match settled {
            Some(place) => in_force().take(place).filter(freely).collect(),
            None => in_force().collect(),
        };
        let mut hours: Vec<&ServiceHours> = Vec::new();
        for more in asked.iter().flat_map(|r| r.hours()) {
            if !hours.contains(&more) {
                hours.push(more);
            }
        }
        if !hours.is_empty() {
            let kind_of = |day| self.kind_of(day, &hours);
            return hours::cut(part, &hours, &kind_of, &self.zone, most);
        }
        let mut cuts = BTreeSet::new();
        for reading in asked.into_iter().filter(|r| r.may_cover()) {
            for limit in &reading.limits {
                let mut period = self.period(reading, limit.quota.period, part.day);
                while let Some(next) = period.next {
                    let Ok(at) = days::day_start_ms(next, &self.zone) else { break };
                    if at >= part.until_ms {
                        break;
                    }
                    if cuts.len() >= most {
                        return None;
                    }
                    cuts.insert(at);
                    period = self.period(reading, limit.quota.period, next);
                }
            }
        }
        hours::at(part, cuts.into_iter(), &self.zone)
    }

    fn period(&self, reading: &Reading<'_>, kind: crate::reference::QuotaPeriod, day: Date) -> Period {
        Period::of(kind, reading.contract.first_day, day)
    }

    /// What kind of day it is; not looked up where these hours do not ask.
    fn kind_of(&self, day: Date, hours: &[&ServiceHours]) -> Option<crate::reference::DayKind> {
        if hours.iter().all(|h| h.same_every_day()) {
            return None;
        }
        self.reference.day_kind(self.customer, day)
    }

    /// What the contracts come to at the beginning of a part, but for their limits.
    pub(super) fn states<'r>(&self, part: DayPart, readings: &'r [Reading<'a>]) -> Vec<State<'r, 'a>> {
        let hours: Vec<&ServiceHours> = readings
            .iter()
            .filter(|r| standing(r.contract, part.day) == Standing::InForce)
            .flat_map(Reading::hours)
            .collect();
        let local = || {
            let kind = self.kind_of(part.day, &hours);
            Local::at(part.from_ms, part.day, kind, &self.zone)
        };
        let local = if hours.is_empty() { None } else { local() };
        readings.iter().map(|reading| State::of(reading, standing(reading.contract, part.day), local)).collect()
    }

    /// Who would grant it: the first contract without a limit, else all those with one.
    pub(super) fn open(&self, states: &[State<'_, '_>], day: Date) -> Open {
        let open = || states.iter().enumerate().filter(|(_, s)| s.grants_all());
        if let Some((place, _)) = open().find(|(_, s)| s.reading.limits.is_empty()) {
            return Open::Freely(place);
        }
        let offers = open().map(|(contract, state)| {
            let bounds = state.reading.limits.iter().map(|limit| {
                let quota = limit.quota;
                let amount = match quota.unit {
                    QuotaUnit::Visits => quota.amount,
                    QuotaUnit::Minutes => quota.amount.saturating_mul(60_000),
                };
                let period = self.period(state.reading, quota.period, day);
                Bound { limit: limit.number, period, unit: quota.unit, amount }
            });
            Offer { contract, bounds: bounds.collect() }
        });
        let offers: Vec<Offer> = offers.collect();
        if offers.is_empty() { Open::Nobody } else { Open::Limited(offers) }
    }
}
