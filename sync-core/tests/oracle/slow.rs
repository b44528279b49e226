//! What the rules say, worked out minute by minute and in the plainest way. It shares nothing with the engine but the
//! types: days, clocks, calendars, clauses and quotas are read anew.

use crate::world::{CUSTOMER, DAYS, MINUTE_MS, VISIT, World};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::coverage::{Cause, Coverage};
use sync_core::document::facts::*;
use sync_core::document::view::{Item, TimeEntry, VisitView};
use sync_core::ids::*;
use sync_core::reference::*;

/// The answer for one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) coverage: Coverage,
    pub(crate) cause: Cause,
    pub(crate) contract: Option<ContractId>,
    /// The clause, where the question has one case only and the contract is named.
    pub(crate) clause: Option<String>,
}

type Case = (Category, Mode);
pub(crate) type Question = (BTreeSet<Category>, BTreeSet<Mode>);

/// Days since 1970 of a date.
fn number(date: jiff::civil::Date) -> i64 {
    let (y, m, d) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let years: i64 = (1970..y).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let months: i64 = (1..m).map(|m| length(y, m)).sum();
    years + months + d - 1
}

fn length(y: i64, m: i64) -> i64 {
    match m {
        2 if y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of a number of days since 1970.
fn civil(mut number: i64) -> (i64, i64, i64) {
    let mut y = 1970;
    while number >= (1..=12).map(|m| length(y, m)).sum() {
        number -= (1..=12).map(|m| length(y, m)).sum::<i64>();
        y += 1;
    }
    let mut m = 1;
    while number >= length(y, m) {
        number -= length(y, m);
        m += 1;
    }
    (y, m, number + 1)
}

/// What is to be known of a day of the world.
struct Day {
    number: i64,
    civil: (i64, i64, i64),
    kind: Option<DayKind>,
}

/// What a contract says to one case.
enum Says<'a> {
    Missing,
    Unclear,
    Own(&'a str),
    Priced(&'a str),
    Nothing,
    Grants(Vec<(&'a str, Option<&'a ServiceHours>)>),
}

struct Limit<'a> {
    clause: &'a Clause,
    amount: i64,
    visits: bool,
    /// The number of the period by day of the world.
    periods: Vec<i64>,
}

/// A contract as a question sees it.
struct Seen<'a> {
    id: ContractId,
    held: Option<(i64, i64)>,
    cases: Vec<(Case, Says<'a>)>,
    limits: Vec<Limit<'a>>,
}

/// At one minute.
#[derive(PartialEq, Clone, Copy)]
enum Hour<'a> {
    Granted(&'a str),
    Outside(&'a str),
    Unknown,
    No,
}

/// Whom a minute may draw on: contract, and the period of each of its limits.
type Offers = Vec<(usize, Vec<i64>)>;

/// An elementary stretch: its beginning, whose it is, whether it was measured, its minutes and whom it may draw on; in
/// the order in which they draw.
type Draw<'q> = (i64, VisitId, &'q Question, bool, Vec<i64>, Offers);

pub(crate) struct Slow<'a> {
    world: &'a World,
    contracts: Vec<&'a Contract>,
    days: Vec<Day>,
    /// When Berlin has summer time, in minutes since 1970 UTC.
    summer: std::ops::Range<i64>,
}

impl<'a> Slow<'a> {
    pub(crate) fn new(world: &'a World, china: &BTreeMap<(i64, i64, i64), DayKind>) -> Self {
        let own = world.reference.contracts.get(&CUSTOMER);
        let mut contracts: Vec<&Contract> = own.into_iter().flat_map(|m| m.values()).collect();
        contracts.sort_by_key(|c| (c.code.clone(), c.id));
        let first = number(world.first_day);
        let calendar = OwnDays::of(world);
        let days = (first..first + DAYS + 4).map(|number| {
            let civil = civil(number);
            Day { number, civil, kind: kind(world, number, civil, china, calendar.as_ref()) }
        });
        Self { world, contracts, days: days.collect(), summer: summer(i64::from(world.first_day.year())) }
    }

    /// The world's day and the minute of that day on the wall clock.
    fn local(&self, minute: i64) -> (usize, i64) {
        let utc = self.world.first_minute + minute;
        let ahead = match (self.world.berlin, self.summer.contains(&utc)) {
            (false, _) => 8 * 60,
            (true, true) => 120,
            (true, false) => 60,
        };
        let local = utc + ahead;
        (usize::try_from(local.div_euclid(1440) - self.days[0].number).unwrap(), local.rem_euclid(1440))
    }

    fn see(&self, question: &Question) -> Vec<Seen<'a>> {
        let cases: Vec<Case> = question.0.iter().flat_map(|c| question.1.iter().map(|m| (*c, *m))).collect();
        let see = |contract: &&'a Contract| {
            let package = self.world.reference.packages.get(&contract.package);
            let held = match contract.status {
                ContractStatus::Draft => None,
                ContractStatus::Signed => Some(contract.last_day),
                ContractStatus::Terminated => contract.ended_on.map(|ended| ended.min(contract.last_day)),
            };
            let limits = package.into_iter().flat_map(|p| contract.extras.iter().chain(&p.clauses));
            let limits = limits.filter(|c| c.effect == Effect::Limit && cases.iter().any(|case| speaks(c, *case)));
            let limits = limits.filter_map(|clause| {
                let quota = clause.quota.as_ref()?;
                let periods = self.days.iter().map(|day| period(quota.period, contract, day.civil)).collect();
                Some(Limit { clause, amount: quota.amount, visits: quota.unit == QuotaUnit::Visits, periods })
            });
            Seen {
                id: contract.id,
                held: held.map(|last| (number(contract.first_day), number(last))),
                cases: cases.iter().map(|case| (*case, says(contract, package, *case))).collect(),
                limits: limits.collect(),
            }
        };
        self.contracts.iter().map(see).collect()
    }

    fn in_force(&self, seen: &Seen<'_>, day: usize) -> bool {
        let day = self.days[day].number;
        seen.held.is_some_and(|(first, last)| first <= day && day <= last)
    }

    fn hour<'s>(&self, says: &'s Says<'a>, day: usize, clock: i64) -> Hour<'a> {
        let Says::Grants(grants) = says else { return Hour::No };
        let mut told = Hour::No;
        for (code, hours) in grants {
            let same = |h: &ServiceHours| h.workdays == h.rest_days && h.rest_days == h.holidays;
            let windows = match (hours, self.days[day].kind) {
                (None, _) => return Hour::Granted(code),
                (Some(hours), _) if same(hours) => &hours.workdays,
                (Some(hours), Some(DayKind::Workday)) => &hours.workdays,
                (Some(hours), Some(DayKind::RestDay)) => &hours.rest_days,
                (Some(hours), Some(DayKind::Holiday)) => &hours.holidays,
                (Some(hours), None) => {
                    // Around the clock on every kind of day is always, whatever the day.
                    let whole = |w: &Vec<Window>| (0..1440).all(|m| inside(w, m));
                    if whole(&hours.workdays) && whole(&hours.rest_days) && whole(&hours.holidays) {
                        return Hour::Granted(code);
                    }
                    told = Hour::Unknown;
                    continue;
                }
            };
            if inside(windows, clock) {
                return Hour::Granted(code);
            }
            if told == Hour::No {
                told = Hour::Outside(code);
            }
        }
        told
    }

    /// The first contract that grants without a limit, or those that do with one.
    fn offers(&self, seen: &[Seen<'a>], minute: i64) -> (Option<usize>, Offers) {
        let (day, clock) = self.local(minute);
        let mut offers = Vec::new();
        for (n, contract) in seen.iter().enumerate() {
            let granted = |(_, says): &(Case, Says<'a>)| matches!(self.hour(says, day, clock), Hour::Granted(_));
            if !self.in_force(contract, day) || contract.cases.is_empty() || !contract.cases.iter().all(granted) {
                continue;
            }
            if contract.limits.is_empty() {
                return (Some(n), Vec::new());
            }
            offers.push((n, contract.limits.iter().map(|l| l.periods[day]).collect()));
        }
        (None, offers)
    }

    /// The answer where no contract grants, or what they allow is used up.
    fn refused(&self, question: &Question, seen: &[Seen<'a>], minute: i64, used_up: &[(usize, Vec<usize>)]) -> Told {
        let (day, clock) = self.local(minute);
        let told = |coverage, cause, by: Option<(&Seen<'_>, &str)>| Told {
            coverage,
            cause,
            contract: by.map(|(c, _)| c.id),
            clause: by.map(|(_, clause)| clause.to_owned()),
        };
        let open = told(Coverage::NeedsDecision, Cause::Undecided, None);
        let not = |cause, by| told(Coverage::NotCovered, cause, by);
        if question.0.len() != 1 {
            return open;
        }
        let in_force: Vec<(usize, &Seen<'a>)> =
            seen.iter().enumerate().filter(|(_, c)| self.in_force(c, day)).collect();
        let cases = || in_force.iter().flat_map(|(n, c)| c.cases.iter().map(move |case| (*n, *c, case)));
        for (n, contract, (case, says)) in cases() {
            let hour = self.hour(says, day, clock);
            let spent = used_up.iter().filter(|(other, _)| *other == n).flat_map(|(_, limits)| limits);
            let spent = spent.map(|limit| &contract.limits[*limit]).any(|limit| speaks(limit.clause, *case));
            let either = question.1.len() > 1 && matches!(hour, Hour::Granted(_)) && !spent;
            if either || hour == Hour::Unknown || matches!(says, Says::Missing | Says::Unclear) {
                return open;
            }
        }
        if let Some((n, limits)) = used_up.first() {
            // The extra items' limits and the package's come by number, the package's letter before the extras'.
            let clause = limits.iter().map(|l| seen[*n].limits[*l].clause.code.as_str()).min().unwrap();
            return not(Cause::QuotaExhausted, Some((&seen[*n], clause)));
        }
        for (_, contract, (_, says)) in cases() {
            if let Hour::Outside(clause) = self.hour(says, day, clock) {
                return not(Cause::OutsideServiceHours, Some((contract, clause)));
            }
        }
        for (_, contract, (_, says)) in cases() {
            if let Says::Priced(clause) = says {
                return not(Cause::Priced, Some((contract, clause)));
            }
        }
        for (_, contract, (_, says)) in cases() {
            if let Says::Own(clause) = says {
                return not(Cause::CustomersOwnWork, Some((contract, clause)));
            }
        }
        if question.0.contains(&Category::DataEntry) {
            return not(Cause::CustomersOwnWork, None);
        }
        not(if in_force.is_empty() { Cause::NoContract } else { Cause::OutOfScope }, None)
    }

    fn granted(&self, seen: &[Seen<'a>], contract: usize, minute: i64) -> Told {
        let (day, clock) = self.local(minute);
        let found = &seen[contract];
        let clause = match found.cases.as_slice() {
            [(_, says)] => match self.hour(says, day, clock) {
                Hour::Granted(code) => Some(code.to_owned()),
                _ => None,
            },
            _ => None,
        };
        Told { coverage: Coverage::Covered, cause: Cause::Granted, contract: Some(found.id), clause }
    }

    /// The answers for the own visit: by question, for each minute and each moment (true) of its work.
    pub(crate) fn judge(&self) -> BTreeMap<Question, BTreeMap<(i64, bool), Told>> {
        let view = &self.world.view;
        let modes: BTreeSet<Mode> = view.origins.iter().map(|o| o.value.mode).collect();
        let mut work: BTreeMap<(VisitId, Question), BTreeSet<(i64, bool)>> = BTreeMap::new();
        for item in &view.items {
            let question = (item.category.0.iter().map(|w| w.value).collect(), modes.clone());
            work.entry((VISIT, question)).or_default().extend(worked(self.world, view, item));
        }
        for claim in &self.world.evidence.claims {
            let question = (claim.categories.clone(), claim.modes.clone());
            let minute = |ms: i64| ms / MINUTE_MS - self.world.first_minute;
            let minutes = work.entry((claim.visit, question)).or_default();
            minutes.extend((minute(claim.from_ms)..minute(claim.until_ms)).map(|m| (m, false)));
            if claim.from_ms == claim.until_ms {
                minutes.insert((minute(claim.from_ms), true));
            }
        }

        let mut seen: BTreeMap<Question, Vec<Seen<'a>>> = BTreeMap::new();
        for (_, question) in work.keys() {
            seen.entry(question.clone()).or_insert_with(|| self.see(question));
        }
        let mut told: BTreeMap<Question, BTreeMap<(i64, bool), Told>> = BTreeMap::new();
        // Elementary stretches with who draws on what, in the order in which they draw.
        let mut draws: Vec<Draw<'_>> = Vec::new();
        for ((visit, question), minutes) in &work {
            let contracts = &seen[question];
            if *visit != VISIT && contracts.iter().all(|c| c.limits.is_empty()) {
                continue;
            }
            let mut run: Option<(i64, Vec<i64>, Offers)> = None;
            for (minute, moment) in
                minutes.iter().filter(|(_, moment)| !moment).chain(minutes.iter().filter(|(_, m)| *m))
            {
                let (freely, offers) = self.offers(contracts, *minute);
                let extends = |(_, run, before): &(i64, Vec<i64>, Offers)| {
                    !moment && run.last() == Some(&(minute - 1)) && *before == offers
                };
                if *visit == VISIT && offers.is_empty() {
                    let answer = match freely {
                        Some(contract) => self.granted(contracts, contract, *minute),
                        None => self.refused(question, contracts, *minute, &[]),
                    };
                    told.entry(question.clone()).or_default().insert((*minute, *moment), answer);
                }
                match &mut run {
                    Some(run) if extends(run) => run.1.push(*minute),
                    _ => {
                        if let Some((start, run, offers)) = run.take() {
                            draws.push((start, *visit, question, true, run, offers));
                        }
                        if *moment {
                            draws.push((*minute, *visit, question, false, vec![*minute], offers));
                        } else {
                            run = Some((*minute, vec![*minute], offers));
                        }
                    }
                }
            }
            if let Some((start, run, offers)) = run {
                draws.push((start, *visit, question, true, run, offers));
            }
        }
        draws.sort();
        self.settle(draws, &seen, &mut told);
        told
    }

    fn settle(
        &self,
        draws: Vec<Draw<'_>>,
        seen: &BTreeMap<Question, Vec<Seen<'a>>>,
        told: &mut BTreeMap<Question, BTreeMap<(i64, bool), Told>>,
    ) {
        // A limit is known by where its clause is in memory: the same for every question.
        let known = |limit: &Limit<'a>| std::ptr::from_ref(limit.clause) as usize;
        let mut used: BTreeMap<(ContractId, usize, i64), i64> = BTreeMap::new();
        let mut minutes: BTreeSet<(ContractId, usize, VisitId, i64)> = BTreeSet::new();
        let mut visits: BTreeSet<(ContractId, usize, VisitId)> = BTreeSet::new();
        for (_, visit, question, measured, run, offers) in draws {
            let contracts = &seen[question];
            for minute in run {
                let mut used_up = Vec::new();
                let mut answer = None;
                for (n, periods) in &offers {
                    let contract = &contracts[*n];
                    let account = |limit: usize| (contract.id, known(&contract.limits[limit]), periods[limit]);
                    let mut spent = Vec::new();
                    for (l, limit) in contract.limits.iter().enumerate() {
                        let key = known(limit);
                        let free = if limit.visits {
                            visits.contains(&(contract.id, key, visit))
                        } else {
                            measured && minutes.contains(&(contract.id, key, visit, minute))
                        };
                        if !free && used.get(&account(l)).copied().unwrap_or(0) >= limit.amount {
                            spent.push(l);
                        }
                    }
                    if !spent.is_empty() {
                        used_up.push((*n, spent));
                        continue;
                    }
                    for (l, limit) in contract.limits.iter().enumerate() {
                        let key = known(limit);
                        let counts = if limit.visits {
                            visits.insert((contract.id, key, visit))
                        } else {
                            measured && minutes.insert((contract.id, key, visit, minute))
                        };
                        *used.entry(account(l)).or_default() += i64::from(counts);
                    }
                    answer = Some(*n);
                    break;
                }
                if visit == VISIT && !offers.is_empty() {
                    let answer = match answer {
                        Some(contract) => self.granted(contracts, contract, minute),
                        None => self.refused(question, contracts, minute, &used_up),
                    };
                    told.entry(question.clone()).or_default().insert((minute, !measured), answer);
                }
            }
        }
    }
}

fn inside(windows: &[Window], clock: i64) -> bool {
    windows.iter().any(|w| i64::from(w.from()) <= clock && clock < i64::from(w.until()))
}

/// Berlin's summer time: from 01:00 UTC on the last Sunday of March until that of October.
fn summer(year: i64) -> std::ops::Range<i64> {
    let last_sunday = |month: i8| {
        let last = number(jiff::civil::date(i16::try_from(year).unwrap(), month, 31));
        // 1 January 1970 was a Thursday.
        (last - (last + 4).rem_euclid(7)) * 1440 + 60
    };
    last_sunday(3)..last_sunday(10)
}

/// The customer's own calendar in numbers of days.
struct OwnDays {
    listed: Vec<(i64, DayKind)>,
    knows: Option<(i64, i64)>,
    chinese: bool,
}

impl OwnDays {
    fn of(world: &World) -> Option<Self> {
        let own = world.reference.calendars.get(&world.reference.customers[&CUSTOMER].calendar?)?;
        Some(Self {
            listed: own.days.iter().map(|d| (number(d.date), d.kind)).collect(),
            knows: own.first_day.map(number).zip(own.last_day.map(number)),
            chinese: own.base.is_some(),
        })
    }
}

fn kind(
    world: &World,
    day: i64,
    civil: (i64, i64, i64),
    china: &BTreeMap<(i64, i64, i64), DayKind>,
    own: Option<&OwnDays>,
) -> Option<DayKind> {
    let weekday = if (day + 4).rem_euclid(7) % 6 == 0 { DayKind::RestDay } else { DayKind::Workday };
    let chinese = || (2024..=2027).contains(&civil.0).then(|| china.get(&civil).copied().unwrap_or(weekday));
    if world.reference.customers[&CUSTOMER].calendar.is_none() {
        return if world.berlin { None } else { chinese() };
    }
    let own = own?;
    let mut told = None;
    own.listed.iter().filter(|(listed, _)| *listed == day).for_each(|(_, kind)| told = Some(*kind));
    let from_base = if own.chinese { chinese() } else { None };
    let knows = own.knows.is_some_and(|(first, last)| first <= day && day <= last);
    told.or(from_base).or(knows.then_some(weekday))
}

fn speaks(clause: &Clause, (category, mode): Case) -> bool {
    (clause.category.is_none() || clause.category == Some(category))
        && (clause.mode.is_none() || clause.mode == Some(mode))
}

fn says<'a>(contract: &'a Contract, package: Option<&'a Package>, case: Case) -> Says<'a> {
    let Some(package) = package else { return Says::Missing };
    let first = |clauses: &'a [Clause], effects: &[Effect]| {
        let mut found: Vec<&Clause> =
            clauses.iter().filter(|c| effects.contains(&c.effect) && speaks(c, case)).collect();
        found.sort_by_key(|c| c.code.clone());
        found
    };
    let (extras, basic) = (contract.extras.as_slice(), package.clauses.as_slice());
    let out = [Effect::Exclude, Effect::CustomersOwn];
    let taken_out = |clause: &'a Clause| match clause.effect {
        Effect::CustomersOwn => Says::Own(&clause.code),
        _ => Says::Nothing,
    };
    if let Some(clause) = first(extras, &out).first() {
        return taken_out(clause);
    }
    let mut grants = first(extras, &[Effect::Grant]);
    let price = first(extras, &[Effect::Price]);
    let basic_out = first(basic, &out);
    if grants.is_empty() {
        if let Some(clause) = price.first() {
            return Says::Priced(&clause.code);
        }
        if let Some(clause) = basic_out.first() {
            return taken_out(clause);
        }
    }
    if price.is_empty() && basic_out.is_empty() {
        grants.extend(first(basic, &[Effect::Grant]));
    }
    if grants.is_empty() {
        return first(basic, &[Effect::Price]).first().map_or(Says::Nothing, |clause| Says::Priced(&clause.code));
    }
    if extras.iter().chain(basic).any(|c| c.effect == Effect::Limit && c.quota.is_none() && speaks(c, case)) {
        return Says::Unclear;
    }
    let hours = |clause: &'a Clause| clause.hours.as_ref().or(contract.hours.as_ref()).or(package.hours.as_ref());
    Says::Grants(grants.into_iter().map(|clause| (clause.code.as_str(), hours(clause))).collect())
}

/// Which period of its kind the day is in: equal numbers, equal periods.
fn period(kind: QuotaPeriod, contract: &Contract, (y, m, d): (i64, i64, i64)) -> i64 {
    let first = contract.first_day;
    let (fy, fm, fd) = (i64::from(first.year()), i64::from(first.month()), i64::from(first.day()));
    match kind {
        QuotaPeriod::Contract => 0,
        QuotaPeriod::ContractYear => y - fy - i64::from((m, d) < (fm, fd.min(length(y, fm)))),
        QuotaPeriod::CalendarYear => y,
        QuotaPeriod::Quarter => y * 4 + (m - 1) / 3,
        QuotaPeriod::Month => y * 12 + m,
    }
}

/// The minutes (and moments) that are an item's work.
pub(crate) fn worked(world: &World, view: &VisitView, item: &Item) -> Vec<(i64, bool)> {
    let minute = |ms: i64| ms / MINUTE_MS - world.first_minute;
    let span = |e: &TimeEntry| {
        let manual = e.start.value.manual.as_ref().unwrap_or_else(|| panic!("every entry is by hand"));
        minute(manual.from_ms)..minute(manual.until_ms)
    };
    let labour = |linked: bool| {
        let entries = view.time.iter().filter(|e| e.start.value.kind == TimeKind::Labour);
        let entries: Vec<&TimeEntry> = entries.filter(|e| !linked || e.start.value.item == Some(item.id)).collect();
        let mut minutes = BTreeSet::new();
        for entry in &entries {
            let who = entry.start.value.user;
            let breaks =
                view.time.iter().filter(|e| e.start.value.kind == TimeKind::Break && e.start.value.user == who);
            let breaks: Vec<_> = breaks.map(span).collect();
            minutes.extend(span(entry).filter(|m| !breaks.iter().any(|b| b.contains(m))).map(|m| (m, false)));
        }
        if minutes.is_empty() {
            minutes.extend(entries.iter().map(|e| (span(e).start, true)));
        }
        minutes.into_iter().collect::<Vec<_>>()
    };
    let own = labour(true);
    if !own.is_empty() {
        return own;
    }
    let all = labour(false);
    if !all.is_empty() {
        return all;
    }
    let at = item.at.unwrap_or(view.origins[0].value.at);
    vec![(minute(at.wall_ms), true)]
}
