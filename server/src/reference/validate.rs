//! What a record must fulfil before it is written, beyond having the right form.

mod contracts;
mod index;
mod rest;

pub use index::Index;

use super::fields::FieldError;
use jiff::civil::Date;
use sync_core::ids::{CustomerId, UserId};
use sync_core::reference::{Record, Reference, Role};

/// The longest text of any field, in characters.
const LONGEST: usize = 2000;
/// The longest code.
const LONGEST_CODE: usize = 64;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// With these it is not written.
    pub errors: Vec<FieldError>,
    /// It is written all the same, but somebody should know.
    pub warnings: Vec<FieldError>,
}

/// Checks `record` against what is known (which may or may not hold a state of it), of which `index` is made. `before`
/// is the state that it replaces.
pub fn validate(record: &Record, known: &Reference, index: &Index, before: Option<&Record>) -> Findings {
    let mut check = Check { known, index, found: Findings::default() };
    check.code("code", record.code());
    match record {
        Record::Customer(r) => check.customer_record(r),
        Record::Contact(r) => check.contact(r),
        Record::Package(r) => check.package(r, before),
        Record::Contract(r) => check.contract(r),
        Record::Asset(r) => check.asset(r),
        Record::WorkOrder(r) => check.work_order(r, before),
        Record::Person(r) => check.name("name", &r.name),
        Record::Calendar(r) => check.calendar(r),
        Record::Grade(r) => check.grade(r),
        Record::Policy(r) => check.policy(r),
    }
    check.found
}

struct Check<'a> {
    known: &'a Reference,
    index: &'a Index,
    found: Findings,
}

impl Check<'_> {
    fn error(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.found.errors.push(FieldError::new(field, code, detail));
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

    /// `user` has the role; or, where `left` allows it, is somebody who may no longer log in and has none.
    fn role(&mut self, field: &str, user: UserId, role: Role, left: bool) {
        match self.known.people.get(&user) {
            None => self.error(field, "unknown_reference", "no such user"),
            Some(person) if left && person.roles.is_empty() => {}
            Some(person) if !person.roles.contains(&role) => {
                self.error(field, "wrong_role", format!("{} does not have the role {role}", person.code));
            }
            Some(_) => {}
        }
    }

    fn days(&mut self, field: &str, first: Date, last: Date) {
        if last < first {
            self.error(field, "dates_reversed", format!("{last} is before {first}"));
        }
    }

    fn amount(&mut self, field: &str, amount: i64) {
        if amount < 0 {
            self.error(field, "negative", "an amount is never negative");
        }
    }

    fn currency(&mut self, field: &str, currency: Option<&str>, needed: bool) {
        match currency {
            None if needed => self.error(field, "missing", "an amount needs a currency"),
            Some(code) if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) => {
                self.error(field, "bad_currency", "an ISO 4217 code, such as CNY");
            }
            _ => {}
        }
    }

    fn within(&mut self, field: &str, n: u32, least: u32, most: u32) {
        if !(least..=most).contains(&n) {
            self.error(field, "out_of_range", format!("from {least} to {most}, not {n}"));
        }
    }
}
