//! What a record must fulfil before it is written, beyond having the right form.

use super::fields::FieldError;
use sync_core::ids::{CustomerId, UserId};
use sync_core::reference::{Clause, Record, Reference, Role};

/// The longest text of any field, in characters.
const LONGEST: usize = 2000;
/// The longest code.
const LONGEST_CODE: usize = 64;

/// Checks `record` against what is known (which may or may not hold an older state of it).
pub fn validate(record: &Record, known: &Reference) -> Vec<FieldError> {
    let mut check = Check { known, errors: Vec::new() };
    check.code("code", record.code());
    match record {
        Record::Customer(r) => {
            check.name("name", &r.name);
            if jiff::tz::TimeZone::get(&r.time_zone).is_err() {
                check.error("time_zone", "unknown_time_zone", format!("no IANA time zone: {}", r.time_zone));
            }
            check.role("service_manager", r.service_manager, Role::ServiceManager);
            check.role("account_manager", r.account_manager, Role::AccountManager);
        }
        Record::Contact(r) => {
            check.name("name", &r.name);
            check.customer(r.customer);
            if r.email.as_deref().is_some_and(|email| email.parse::<lettre::Address>().is_err()) {
                check.error("email", "bad_email", "no mail address");
            }
            if r.receives_receipts && r.email.is_none() {
                check.error("email", "missing", "who receives receipts needs a mail address");
            }
        }
        Record::Package(r) => {
            check.name("name", &r.name);
            check.clauses("clauses", &r.clauses);
        }
        Record::Contract(r) => {
            check.customer(r.customer);
            if !known.packages.contains_key(&r.package) {
                check.error("package", "unknown_reference", "no such package");
            }
            check.clauses("extras", &r.extras);
            if r.last_day < r.first_day {
                check.error("last_day", "dates_reversed", format!("{} is before {}", r.last_day, r.first_day));
            }
            if r.annual_fee_minor.is_some_and(i64::is_negative) {
                check.error("annual_fee_minor", "negative", "a fee is never negative");
            }
            if r.annual_fee_minor.is_some() && r.currency.is_none() {
                check.error("currency", "missing", "a fee needs a currency");
            }
            if r.currency.as_deref().is_some_and(|c| c.len() != 3 || !c.bytes().all(|b| b.is_ascii_uppercase())) {
                check.error("currency", "bad_currency", "an ISO 4217 code, such as CNY");
            }
        }
        Record::Asset(r) => {
            check.name("name", &r.name);
            check.customer(r.customer);
        }
        Record::WorkOrder(r) => {
            check.customer(r.customer);
            if !known.has_role(r.issued_by, Role::ServiceManager) && !known.has_role(r.issued_by, Role::Admin) {
                check.error("issued_by", "wrong_role", "only a service manager's order dispatches");
            }
            for (i, engineer) in r.engineers.iter().enumerate() {
                check.role(&format!("engineers.{i}"), *engineer, Role::Engineer);
            }
            if known.work_orders.values().any(|other| other.visit == r.visit && other.id != r.id) {
                check.error("visit", "visit_taken", "another work order dispatches to this visit");
            }
            if r.retroactive.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
                check.error("retroactive", "empty", "a retroactive order says why");
            }
        }
        Record::Person(r) => check.name("name", &r.name),
        Record::Calendar(r) => check.name("name", &r.name),
        Record::Grade(r) => check.name("name", &r.name),
        Record::Policy(_) => {}
    }
    check.errors
}

struct Check<'a> {
    known: &'a Reference,
    errors: Vec<FieldError>,
}

impl Check<'_> {
    fn error(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(field, code, detail));
    }

    fn code(&mut self, field: &str, code: &str) {
        if code.trim().is_empty() {
            self.error(field, "empty", "a code has at least one character");
        } else if code.trim() != code || code.chars().any(char::is_control) {
            self.error(field, "bad_code", "a code has no blanks around it and no control characters");
        } else if code.chars().count() > LONGEST_CODE {
            self.error(field, "too_long", format!("a code has at most {LONGEST_CODE} characters"));
        }
    }

    fn name(&mut self, field: &str, name: &str) {
        if name.trim().is_empty() {
            self.error(field, "empty", "must not be empty");
        } else if name.chars().count() > LONGEST || name.contains('\0') {
            self.error(field, "too_long", format!("at most {LONGEST} characters"));
        }
    }

    fn customer(&mut self, customer: CustomerId) {
        if !self.known.customers.contains_key(&customer) {
            self.error("customer", "unknown_reference", "no such customer");
        }
    }

    fn role(&mut self, field: &str, user: UserId, role: Role) {
        match self.known.people.get(&user) {
            None => self.error(field, "unknown_reference", "no such user"),
            Some(person) if !person.roles.contains(&role) => {
                self.error(field, "wrong_role", format!("{} does not have the role {role}", person.code));
            }
            Some(_) => {}
        }
    }

    fn clauses(&mut self, field: &str, clauses: &[Clause]) {
        for (i, clause) in clauses.iter().enumerate() {
            let at = format!("{field}.{i}.code");
            self.code(&at, &clause.code);
            if clauses[..i].iter().any(|other| other.code == clause.code) {
                self.error(&at, "duplicate", format!("two clauses have the code {}", clause.code));
            }
        }
    }
}
