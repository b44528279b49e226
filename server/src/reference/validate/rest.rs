//! Customers, contacts, assets, work orders, calendars, grades and the policy.

use super::Check;
use crate::reference::fields::FieldError;
use jiff::civil::Date;
use sync_core::address::is_mail;
use sync_core::reference::{
    Asset, ByDayClass, Calendar, Contact, Customer, Grade, Policy, Record, Role, WorkOrder, WorkOrderStatus,
};

impl Check<'_> {
    pub(super) fn customer_record(&mut self, r: &Customer) {
        self.name("name", &r.name);
        if jiff::tz::TimeZone::get(&r.time_zone).is_err() {
            self.error("time_zone", "unknown_time_zone", format!("no IANA time zone: {}", r.time_zone));
        }
        self.role("service_manager", r.service_manager, Role::ServiceManager, false);
        self.role("account_manager", r.account_manager, Role::AccountManager, false);
        if r.calendar.is_some_and(|id| !self.known.calendars.contains_key(&id)) {
            self.error("calendar", "unknown_reference", "no such calendar");
        }
    }

    pub(super) fn contact(&mut self, r: &Contact) {
        self.name("name", &r.name);
        self.customer(r.customer);
        if r.email.as_deref().is_some_and(|email| !is_mail(email)) {
            self.error("email", "bad_email", "no mail address");
        }
        if r.receives_receipts && r.email.is_none() {
            self.error("email", "missing", "who receives receipts needs a mail address");
        }
        let mut others = self.index.interfaces.get(&r.customer).into_iter().flatten();
        if r.single_interface && others.any(|other| *other != r.id) {
            let detail = "another contact is the single interface to this customer; say first that it is not any more";
            self.error("single_interface", "second_interface", detail);
        }
    }

    pub(super) fn asset(&mut self, r: &Asset) {
        self.name("name", &r.name);
        self.customer(r.customer);
        for (i, promise) in r.promised.iter().enumerate() {
            let at = |name: &str| format!("promised.{i}.{name}");
            self.days(&at("last_day"), promise.first_day, promise.last_day);
            if let Some(cost) = promise.annual_cost_minor {
                self.amount(&at("annual_cost_minor"), cost);
            }
            self.currency(&at("currency"), promise.currency.as_deref(), promise.annual_cost_minor.is_some());
        }
        for (i, segment) in r.bought.iter().enumerate() {
            self.name(&format!("bought.{i}.provider"), &segment.provider);
            self.days(&format!("bought.{i}.last_day"), segment.first_day, segment.last_day);
        }
        if self.found.errors.is_empty() {
            for (i, first, last) in gaps(r) {
                let detail = format!("support is promised from {first} to {last}, but none of that tier was bought");
                self.found.warnings.push(FieldError::new(&format!("promised.{i}"), "vendor_gap", detail));
            }
        }
    }

    pub(super) fn work_order(&mut self, r: &WorkOrder, before: Option<&Record>) {
        self.customer(r.customer);
        // Who has left meanwhile may stand in an order that is closed, or that they stood in before.
        let closed = r.status == WorkOrderStatus::Closed;
        let old = match before {
            Some(Record::WorkOrder(old)) => Some(old),
            _ => None,
        };
        let left = closed && self.known.people.get(&r.issued_by).is_some_and(|p| p.roles.is_empty());
        let dispatches = [Role::ServiceManager, Role::Admin].iter().any(|role| self.known.has_role(r.issued_by, *role));
        if !dispatches && !left && old.is_none_or(|old| old.issued_by != r.issued_by) {
            self.error("issued_by", "wrong_role", "only a service manager's order dispatches");
        }
        for (i, engineer) in r.engineers.iter().enumerate() {
            let left = closed || old.is_some_and(|old| old.engineers.contains(engineer));
            self.role(&format!("engineers.{i}"), *engineer, Role::Engineer, left);
            if r.engineers[..i].contains(engineer) {
                self.error(&format!("engineers.{i}"), "duplicate", "this engineer stands there twice");
            }
        }
        if self.index.visits.get(&r.visit).into_iter().flatten().any(|other| *other != r.id) {
            self.error("visit", "visit_taken", "another work order dispatches to this visit");
        }
        if r.retroactive.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
            self.error("retroactive", "empty", "a retroactive order says why");
        }
    }

    pub(super) fn calendar(&mut self, r: &Calendar) {
        self.name("name", &r.name);
        match (r.first_day, r.last_day) {
            (Some(first), Some(last)) => self.days("last_day", first, last),
            (Some(_), None) => self.error("last_day", "missing", "a first day needs a last day"),
            (None, Some(_)) => self.error("first_day", "missing", "a last day needs a first day"),
            (None, None) => {}
        }
        let mut seen = std::collections::HashSet::new();
        for (i, day) in r.days.iter().enumerate() {
            if !seen.insert(day.date) {
                let detail = format!("{} stands there twice", day.date);
                self.error(&format!("days.{i}.date"), "duplicate", detail);
            }
        }
    }

    pub(super) fn grade(&mut self, r: &Grade) {
        self.name("name", &r.name);
        for (i, rate) in r.rates.iter().enumerate() {
            if i > 0 && rate.first_day <= r.rates[i - 1].first_day {
                let detail = "rates are sorted by their first day, and no two begin on one";
                self.error(&format!("rates.{i}.first_day"), "not_sorted", detail);
            }
            self.currency(&format!("rates.{i}.currency"), Some(&rate.currency), true);
            self.classes(&format!("rates.{i}.cost"), &rate.cost);
            self.classes(&format!("rates.{i}.list"), &rate.list);
        }
        for (i, holder) in r.holders.iter().enumerate() {
            self.role(&format!("holders.{i}.user"), holder.user, Role::Engineer, true);
            let twice = r.holders[..i].contains(holder);
            let grades = self.index.holders.get(&(holder.user, holder.first_day));
            if twice || grades.into_iter().flatten().any(|other| *other != r.id) {
                let detail = format!("from {} on this person holds another grade, or this one twice", holder.first_day);
                self.error(&format!("holders.{i}.first_day"), "two_grades", detail);
            }
        }
    }

    fn classes(&mut self, field: &str, amounts: &ByDayClass) {
        let ByDayClass { normal, evening, rest_day, holiday } = *amounts;
        for (name, amount) in [("normal", normal), ("evening", evening), ("rest_day", rest_day), ("holiday", holiday)] {
            self.amount(&format!("{field}.{name}"), amount);
        }
    }

    pub(super) fn policy(&mut self, r: &Policy) {
        // Below two nothing is repeated; the upper bounds keep a slip of the finger from switching a flag off.
        self.within("repeat_count", r.repeat_count, 2, 100);
        self.within("repeat_days", r.repeat_days, 1, 3650);
        self.within("fatigue_minutes", r.fatigue_minutes, 60, 10_080);
        self.within("rest_minutes", r.rest_minutes, 30, 2880);
        self.within("target_permille", r.target_permille, 1, 100_000);
    }
}

/// Days of each promise that nothing bought covers, as (promise, first, last).
fn gaps(asset: &Asset) -> Vec<(usize, Date, Date)> {
    let mut found = Vec::new();
    for (i, promise) in asset.promised.iter().enumerate() {
        let mut kept: Vec<_> = asset.bought.iter().filter(|s| s.tier.keeps(promise.tier)).collect();
        kept.sort_by_key(|s| s.first_day);
        // The first day that is not known to be covered; `None` once the calendar has no day after it.
        let mut next = Some(promise.first_day);
        for segment in kept {
            let Some(from) = next.filter(|from| *from <= promise.last_day) else { break };
            if segment.first_day > promise.last_day || segment.last_day < from {
                continue;
            }
            if segment.first_day > from {
                found.extend(segment.first_day.yesterday().ok().map(|last| (i, from, last)));
            }
            next = segment.last_day.tomorrow().ok();
        }
        if let Some(from) = next.filter(|from| *from <= promise.last_day) {
            found.push((i, from, promise.last_day));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::document::facts::Category;
    use sync_core::ids::{AssetId, CustomerId};
    use sync_core::reference::{Promise, Segment, SupportTier};
    use uuid::Uuid;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_promise_without_support_is_found_to_the_day() {
        let segment = |tier, first: &str, last: &str| Segment {
            provider: "P".into(),
            tier,
            first_day: day(first),
            last_day: day(last),
            reference: String::new(),
        };
        let mut asset = Asset {
            id: AssetId(Uuid::nil()),
            code: "S".into(),
            customer: CustomerId(Uuid::nil()),
            name: "S".into(),
            category: Category::Storage,
            promised: vec![Promise {
                first_day: day("2022-01-01"),
                last_day: day("2026-12-31"),
                tier: SupportTier::Authorised,
                annual_cost_minor: None,
                currency: None,
            }],
            bought: vec![],
        };
        assert_eq!(gaps(&asset), [(0, day("2022-01-01"), day("2026-12-31"))]);
        asset.bought = vec![
            segment(SupportTier::ThirdParty, "2025-01-01", "2025-12-31"),
            segment(SupportTier::Manufacturer, "2021-06-01", "2023-12-31"),
            segment(SupportTier::Authorised, "2022-03-01", "2024-12-31"),
            segment(SupportTier::Authorised, "2026-02-01", "2027-01-31"),
        ];
        assert_eq!(gaps(&asset), [(0, day("2025-01-01"), day("2026-01-31"))]);
        asset.bought.push(segment(SupportTier::Authorised, "2025-01-01", "2026-01-31"));
        assert_eq!(gaps(&asset), []);
    }
}
