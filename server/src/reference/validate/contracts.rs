//! Packages, their clauses, and contracts.

use super::Check;
use jiff::civil::Date;
use sync_core::reference::{Clause, Contract, ContractStatus, Effect, Package, Record, ServiceHours};

impl Check<'_> {
    pub(super) fn package(&mut self, r: &Package, before: Option<&Record>) {
        self.name("name", &r.name);
        self.clauses("clauses", &r.clauses);
        self.hours("hours", r.hours.as_ref());
        if let (Some(from), Some(until)) = (r.sold_from, r.sold_until) {
            self.days("sold_until", from, until);
        }
        if let Some(family) = &r.family {
            self.code("family", family);
            let siblings = self.index.families.get(family).into_iter().flatten();
            let others = siblings.filter(|id| **id != r.id).filter_map(|id| self.known.packages.get(id));
            let overlapping: Vec<String> = others.filter(|other| overlap(r, other)).map(|o| o.code.clone()).collect();
            for code in overlapping {
                let detail = format!("{code} of the family {family} is sold on some of these days, too");
                self.error("sold_from", "overlapping_versions", detail);
            }
        }
        if let Some(Record::Package(old)) = before
            && self.index.in_use.contains(&r.id)
        {
            for (field, changed) in [("clauses", old.clauses != r.clauses), ("hours", old.hours != r.hours)] {
                if changed {
                    let detail = "a signed contract keeps the version that it names; make a new version instead";
                    self.error(field, "package_in_use", detail);
                }
            }
        }
    }

    pub(super) fn contract(&mut self, r: &Contract) {
        self.customer(r.customer);
        if !self.known.packages.contains_key(&r.package) {
            self.error("package", "unknown_reference", "no such package");
        }
        self.clauses("extras", &r.extras);
        self.hours("hours", r.hours.as_ref());
        self.days("last_day", r.first_day, r.last_day);
        if let Some(ended) = r.ended_on {
            if r.status != ContractStatus::Terminated {
                self.error("ended_on", "not_terminated", "only a terminated contract ended early");
            } else if ended < r.first_day || r.last_day < ended {
                let detail = format!("{ended} is not within {} to {}", r.first_day, r.last_day);
                self.error("ended_on", "out_of_term", detail);
            }
        }
        self.fee(r);
    }

    fn fee(&mut self, r: &Contract) {
        if let Some(fee) = r.annual_fee_minor {
            self.amount("annual_fee_minor", fee);
        }
        let mut sum = Some(0_i64);
        for (i, module) in r.modules.iter().enumerate() {
            self.code(&format!("modules.{i}.code"), &module.code);
            if r.modules[..i].iter().any(|other| other.code == module.code) {
                let detail = format!("two modules have the code {}", module.code);
                self.error(&format!("modules.{i}.code"), "duplicate", detail);
            }
            self.amount(&format!("modules.{i}.annual_fee_minor"), module.annual_fee_minor);
            sum = sum.and_then(|sum| sum.checked_add(module.annual_fee_minor));
        }
        if !r.modules.is_empty() && sum != r.annual_fee_minor {
            match (sum, r.annual_fee_minor) {
                (Some(sum), Some(fee)) => {
                    let detail = format!("the modules make {sum}, the fee is {fee}");
                    self.error("annual_fee_minor", "sum_mismatch", detail);
                }
                _ => self.error("modules", "out_of_range", "the sum is too large"),
            }
        }
        self.currency("currency", r.currency.as_deref(), r.annual_fee_minor.is_some() || !r.modules.is_empty());
    }

    fn clauses(&mut self, field: &str, clauses: &[Clause]) {
        let mut seen = std::collections::HashSet::new();
        for (i, clause) in clauses.iter().enumerate() {
            let at = |name: &str| format!("{field}.{i}.{name}");
            self.code(&at("code"), &clause.code);
            if !seen.insert(&clause.code) {
                self.error(&at("code"), "duplicate", format!("two clauses have the code {}", clause.code));
            }
            self.clause(&at, clause);
        }
    }

    fn clause(&mut self, at: &dyn Fn(&str) -> String, clause: &Clause) {
        let effect = clause.effect;
        let names_one = matches!(effect, Effect::Grant | Effect::Exclude | Effect::CustomersOwn);
        if names_one && clause.category.is_none() {
            self.error(&at("category"), "missing", format!("{effect} needs a category"));
        }
        match &clause.quota {
            Some(_) if effect != Effect::Limit => self.not_allowed(&at("quota"), effect),
            Some(quota) => self.amount(&at("quota.amount"), quota.amount),
            None if effect == Effect::Limit => self.error(&at("quota"), "missing", "a limit needs a quota"),
            None => {}
        }
        match &clause.price {
            Some(_) if effect != Effect::Price => self.not_allowed(&at("price"), effect),
            Some(price) => {
                self.amount(&at("price.amount_minor"), price.amount_minor);
                self.currency(&at("price.currency"), Some(&price.currency), true);
            }
            None if effect == Effect::Price => self.error(&at("price"), "missing", "it needs a price"),
            None => {}
        }
        if clause.hours.is_some() && effect != Effect::Grant {
            self.not_allowed(&at("hours"), effect);
        }
        self.hours(&at("hours"), clause.hours.as_ref());
    }

    fn not_allowed(&mut self, field: &str, effect: Effect) {
        self.error(field, "not_allowed", format!("a clause of the effect {effect} has none"));
    }

    /// Hours that reach no minute of any day would promise nothing, which nobody means.
    fn hours(&mut self, field: &str, hours: Option<&ServiceHours>) {
        if hours.is_some_and(|h| h.workdays.is_empty() && h.rest_days.is_empty() && h.holidays.is_empty()) {
            self.error(field, "empty", "service hours without any hour");
        }
    }
}

/// Whether both are sold on one day.
fn overlap(a: &Package, b: &Package) -> bool {
    let from = |p: &Package| p.sold_from.unwrap_or(Date::MIN);
    let until = |p: &Package| p.sold_until.unwrap_or(Date::MAX);
    from(a) <= until(b) && from(b) <= until(a)
}
