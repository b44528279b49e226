//! The cost lines of a visit.

use super::attribution::{Judged, Piece, Under};
use super::rates::{DayClass, Priced, priced, rate_on};
use crate::coverage::{Cause, Coverage, Verdict};
use crate::document::facts::{Category, CustomerRef, ExpenseKind, words};
use crate::document::view::VisitView;
use crate::ids::{ContractId, FactId, UserId};
use crate::reference::calendar::{built_in, by_weekday, country_of};
use crate::reference::{Customer, DayKind, Reference, Window};
use crate::time::days::{TimeZone, day_of, split_days, zone};
use crate::time::{Interval, Spans};
use jiff::civil::Date;
use std::collections::BTreeMap;

words! {
    /// What a line is for.
    LineKind {
        /// Labour, and waiting.
        Labour = "labour",
        Travel = "travel",
        Expense = "expense",
    }
}

/// A part of what a visit cost: everything that is equal in all but its time, added up and priced once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// Labour, travel or expense.
    pub kind: LineKind,
    /// Whose time, or who recorded the expense.
    pub engineer: Option<UserId>,
    /// The local day at the customer's; `None` outside the calendar.
    pub day: Option<Date>,
    /// The class of the day; `None` for expenses.
    pub class: Option<DayClass>,
    /// The answer of the verdict.
    pub coverage: Coverage,
    /// Why.
    pub cause: Cause,
    /// The work item that it is counted under.
    pub item: Option<FactId>,
    /// Its category.
    pub category: Option<Category>,
    /// The contract that covers it, or the one whose clause is why it does not.
    pub contract: Option<ContractId>,
    /// What kind of expense.
    pub expense: Option<ExpenseKind>,
    /// Milliseconds; 0 for expenses.
    pub ms: i64,
    /// The amount; `None` where no rate or no amount is known: unpriced, never free.
    pub price: Option<Priced>,
}

/// What makes two parts one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub travel: bool,
    pub user: UserId,
    pub day: Option<Date>,
    pub class: DayClass,
    pub under: Under,
}

/// What makes two expenses one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ExpenseKey {
    user: Option<UserId>,
    day: Option<Date>,
    kind: Option<ExpenseKind>,
    currency: Option<String>,
}

/// The cost lines of a visit under its verdict; no two equal in everything but time and amount. How time is attributed
/// to answers is said in [`attribution`](super), how it is priced at [`rate_on`](super::rate_on).
///
/// Pure and total; the order of the view's lists does not matter.
pub fn cost_lines(view: &VisitView, spans: &Spans, verdict: &Verdict, reference: &Reference) -> Vec<CostLine> {
    let place = Place::of(view, reference);
    let judged = Judged::new(view, verdict);
    let mut time: BTreeMap<Key, i64> = BTreeMap::new();
    for piece in judged.pieces(spans) {
        place.cut(&piece.interval, |day, class, part| {
            let ms = time.entry(key(&piece, day, class)).or_default();
            *ms = ms.saturating_add(part.len_ms());
        });
    }
    let mut lines: Vec<CostLine> = time.into_iter().map(|(key, ms)| line(key, ms, reference)).collect();
    expenses(view, &judged, &place, &mut lines);
    lines
}

pub(super) fn key(piece: &Piece, day: Option<Date>, class: DayClass) -> Key {
    Key { travel: piece.travel, user: piece.user, day, class, under: piece.under }
}

pub(super) fn line(key: Key, ms: i64, reference: &Reference) -> CostLine {
    let Key { travel, user, day, class, under } = key;
    let Under { coverage, cause, item, category, contract } = under;
    let price = day.and_then(|day| rate_on(reference, user, day)).map(|rate| priced(rate, class, ms));
    CostLine {
        kind: if travel { LineKind::Travel } else { LineKind::Labour },
        engineer: Some(user),
        day,
        class: Some(class),
        coverage,
        cause,
        item,
        category,
        contract,
        expense: None,
        ms,
        price,
    }
}

/// Expenses as lines, by kind, currency, person and day. They are covered as the visit is; cost and list price are the
/// amount that was paid.
pub(super) fn expenses(view: &VisitView, judged: &Judged, place: &Place<'_>, lines: &mut Vec<CostLine>) {
    let mut sums: BTreeMap<ExpenseKey, Option<i64>> = BTreeMap::new();
    for expense in view.live_expenses() {
        let day = expense.at.and_then(|at| day_of(at.instant_ms(), &place.zone).ok());
        let currency = expense.currency.get().cloned();
        // Without a currency an amount is no amount of money.
        let amount = expense.amount_minor.get().copied().filter(|_| currency.is_some());
        let currency = currency.filter(|_| amount.is_some());
        let key = ExpenseKey { user: expense.by, day, kind: expense.kind.get().copied(), currency };
        let sum = sums.entry(key).or_insert(amount.map(|_| 0));
        *sum = sum.zip(amount).map(|(sum, amount)| sum.saturating_add(amount));
    }
    let Under { coverage, cause, item, category, contract } = judged.whole();
    for (ExpenseKey { user, day, kind, currency }, amount) in sums {
        let price = amount.zip(currency);
        lines.push(CostLine {
            kind: LineKind::Expense,
            engineer: user,
            day,
            class: None,
            coverage,
            cause,
            item,
            category,
            contract,
            expense: kind,
            ms: 0,
            price: price.map(|(minor, currency)| Priced { cost_minor: minor, list_minor: minor, currency }),
        });
    }
}

/// Where local days are cut: the customer's zone and calendar; for a hospital in no list, the zone that the phone knew
/// (UTC where it knew none) and the holidays of its country.
pub(super) struct Place<'a> {
    reference: &'a Reference,
    customer: Option<&'a Customer>,
    zone_name: String,
    zone: TimeZone,
    daytime: Window,
}

impl<'a> Place<'a> {
    pub(super) fn of(view: &VisitView, reference: &'a Reference) -> Self {
        let origin = view.origin();
        let customer = origin.and_then(|o| match &o.customer {
            CustomerRef::Listed(id) => reference.customers.get(id),
            CustomerRef::Unlisted(_) => None,
        });
        let listed = customer.map(|c| c.time_zone.clone());
        let names = [listed, origin.and_then(|o| o.time_zone.clone())];
        let known = names.into_iter().flatten().find_map(|name| zone(&name).ok().map(|zone| (name, zone)));
        let (zone_name, zone) = known.unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC));
        Self { reference, customer, zone_name, zone, daytime: reference.policy().daytime }
    }

    fn kind(&self, day: Date) -> DayKind {
        let known = match self.customer {
            Some(customer) => self.reference.day_kind(customer, day),
            None => country_of(&self.zone_name).and_then(|country| built_in(country, day)),
        };
        known.unwrap_or_else(|| by_weekday(day))
    }

    /// Cuts at local midnights and, on working days, where the daytime begins and ends. What lies outside the calendar,
    /// or is longer than any visit, is one part without a day.
    pub(super) fn cut(&self, interval: &Interval, mut part: impl FnMut(Option<Date>, DayClass, Interval)) {
        let Ok(days) = split_days(interval.from_ms, interval.until_ms, &self.zone_name) else {
            return part(None, DayClass::Normal, *interval);
        };
        for d in days {
            let whole = Interval::new(d.from_ms, d.until_ms);
            match self.kind(d.day) {
                DayKind::RestDay => part(Some(d.day), DayClass::RestDay, whole),
                DayKind::Holiday => part(Some(d.day), DayClass::Holiday, whole),
                DayKind::Workday => {
                    let from = self.minute(d.day, self.daytime.from()).unwrap_or(whole.from_ms);
                    let until = self.minute(d.day, self.daytime.until()).unwrap_or(whole.until_ms);
                    let (from, until) =
                        (from.clamp(whole.from_ms, whole.until_ms), until.clamp(whole.from_ms, whole.until_ms));
                    let mut piece = |class, from, until| {
                        if from < until {
                            part(Some(d.day), class, Interval::new(from, until));
                        }
                    };
                    piece(DayClass::Evening, whole.from_ms, from);
                    piece(DayClass::Normal, from, until.max(from));
                    piece(DayClass::Evening, until.max(from), whole.until_ms);
                }
            }
        }
    }

    /// The instant of a local minute; the day's own beginning and end are `None`.
    fn minute(&self, day: Date, minute: u16) -> Option<i64> {
        if minute == 0 || minute >= crate::reference::DAY_MINUTES {
            return None;
        }
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        self.zone.to_timestamp(day.at(hour, minute, 0, 0)).ok().map(|at| at.as_millisecond())
    }
}
