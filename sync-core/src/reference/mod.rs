//! Reference data: what the company knows before the visit. The same types are imported by the server, sent to phones
//! as deltas and read by the coverage engine.
//!
//! One file for each thing that is known: `customer`, `contract`, `asset`, `work_order`, `people`, `calendar`, `hours`.

mod asset;
pub mod calendar;
mod contract;
mod customer;
mod hours;
mod people;
mod record;
mod work_order;

pub use asset::*;
pub use calendar::{Calendar, CalendarDay, Country, DayKind};
pub use contract::*;
pub use customer::*;
pub use hours::*;
pub use people::*;
pub use work_order::*;

use crate::document::facts::words;
use crate::ids::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// One entry of the reference data, of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
// The tag is not "kind": a contract has a field of that name. It is read by `record`.
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A customer.
    Customer(Customer),
    /// A contact.
    Contact(Contact),
    /// A package version.
    Package(Package),
    /// A contract.
    Contract(Contract),
    /// An asset.
    Asset(Asset),
    /// A work order.
    WorkOrder(WorkOrder),
    /// A person.
    Person(Person),
    /// A calendar.
    Calendar(Calendar),
    /// A grade with its rates.
    Grade(Grade),
    /// The company's own rules.
    Policy(Policy),
}

words! {
    /// The kinds of [`Record`].
    RecordKind {
        Customer = "customer", Contact = "contact", Package = "package", Contract = "contract",
        Asset = "asset", WorkOrder = "work_order", Person = "person",
        Calendar = "calendar", Grade = "grade", Policy = "policy",
    }
}

impl Record {
    /// Its kind.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Customer(_) => RecordKind::Customer,
            Self::Contact(_) => RecordKind::Contact,
            Self::Package(_) => RecordKind::Package,
            Self::Contract(_) => RecordKind::Contract,
            Self::Asset(_) => RecordKind::Asset,
            Self::WorkOrder(_) => RecordKind::WorkOrder,
            Self::Person(_) => RecordKind::Person,
            Self::Calendar(_) => RecordKind::Calendar,
            Self::Grade(_) => RecordKind::Grade,
            Self::Policy(_) => RecordKind::Policy,
        }
    }
    /// Its id.
    pub fn id(&self) -> uuid::Uuid {
        match self {
            Self::Customer(r) => r.id.0,
            Self::Contact(r) => r.id.0,
            Self::Package(r) => r.id.0,
            Self::Contract(r) => r.id.0,
            Self::Asset(r) => r.id.0,
            Self::WorkOrder(r) => r.id.0,
            Self::Person(r) => r.id.0,
            Self::Calendar(r) => r.id.0,
            Self::Grade(r) => r.id.0,
            Self::Policy(r) => r.id.0,
        }
    }
    /// Its code: what people and imports know it by, unique within its kind.
    pub fn code(&self) -> &str {
        match self {
            Self::Customer(r) => &r.code,
            Self::Contact(r) => &r.code,
            Self::Package(r) => &r.code,
            Self::Contract(r) => &r.code,
            Self::Asset(r) => &r.code,
            Self::WorkOrder(r) => &r.code,
            Self::Person(r) => &r.code,
            Self::Calendar(r) => &r.code,
            Self::Grade(r) => &r.code,
            Self::Policy(r) => &r.code,
        }
    }
    /// The customer it belongs to, if it belongs to one.
    pub fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer(r) => Some(r.id),
            Self::Contact(r) => Some(r.customer),
            Self::Contract(r) => Some(r.customer),
            Self::Asset(r) => Some(r.customer),
            Self::WorkOrder(r) => Some(r.customer),
            Self::Package(_) | Self::Person(_) | Self::Calendar(_) | Self::Grade(_) | Self::Policy(_) => None,
        }
    }
    /// What a phone may know of it: fees, prices, rates and what support costs stay on the server. `None` when nothing
    /// of it may leave. (Which customers' contacts and orders a phone gets is the server's business.)
    pub fn for_phone(mut self) -> Option<Self> {
        let unpriced = |clauses: &mut Vec<Clause>| clauses.iter_mut().for_each(|c| c.price = None);
        match &mut self {
            Self::Contract(c) => {
                (c.annual_fee_minor, c.currency) = (None, None);
                c.modules.clear();
                unpriced(&mut c.extras);
            }
            Self::Package(p) => unpriced(&mut p.clauses),
            Self::Asset(a) => a.promised.iter_mut().for_each(|p| (p.annual_cost_minor, p.currency) = (None, None)),
            Self::Policy(p) => p.target_permille = Policy::default().target_permille,
            Self::Grade(_) => return None,
            Self::Customer(_) | Self::Contact(_) | Self::WorkOrder(_) | Self::Person(_) | Self::Calendar(_) => {}
        }
        Some(self)
    }
}

/// The reference data as of one version, indexed for the coverage engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The version: the server's sequence number of the newest entry in it; 0 when empty.
    pub version: u64,
    /// By id.
    pub customers: BTreeMap<CustomerId, Customer>,
    /// By customer, then id.
    pub contacts: BTreeMap<CustomerId, BTreeMap<ContactId, Contact>>,
    /// By id.
    pub packages: BTreeMap<PackageId, Package>,
    /// By customer, then id.
    pub contracts: BTreeMap<CustomerId, BTreeMap<ContractId, Contract>>,
    /// By id.
    pub assets: BTreeMap<AssetId, Asset>,
    /// By id.
    pub work_orders: BTreeMap<WorkOrderId, WorkOrder>,
    /// By id.
    pub people: BTreeMap<UserId, Person>,
    /// By id.
    pub calendars: BTreeMap<CalendarId, Calendar>,
    /// By id. Empty on phones.
    pub grades: BTreeMap<GradeId, Grade>,
    /// By code.
    pub policies: BTreeMap<String, Policy>,
}

impl Reference {
    /// Takes in one entry: a new one, or a newer state of one it has.
    pub fn put(&mut self, record: Record) {
        match record {
            Record::Customer(r) => {
                self.customers.insert(r.id, r);
            }
            Record::Contact(r) => {
                self.contacts.values_mut().for_each(|m| {
                    m.remove(&r.id);
                });
                self.contacts.entry(r.customer).or_default().insert(r.id, r);
            }
            Record::Package(r) => {
                self.packages.insert(r.id, r);
            }
            Record::Contract(r) => {
                self.contracts.values_mut().for_each(|m| {
                    m.remove(&r.id);
                });
                self.contracts.entry(r.customer).or_default().insert(r.id, r);
            }
            Record::Asset(r) => {
                self.assets.insert(r.id, r);
            }
            Record::WorkOrder(r) => {
                self.work_orders.insert(r.id, r);
            }
            Record::Person(r) => {
                self.people.insert(r.id, r);
            }
            Record::Calendar(r) => {
                self.calendars.insert(r.id, r);
            }
            Record::Grade(r) => {
                self.grades.insert(r.id, r);
            }
            Record::Policy(r) => {
                self.policies.retain(|_, other| other.id != r.id);
                self.policies.insert(r.code.clone(), r);
            }
        }
    }

    /// Whether `user` has `role`.
    pub fn has_role(&self, user: UserId, role: Role) -> bool {
        self.people.get(&user).is_some_and(|p| p.roles.contains(&role))
    }

    /// The company's own rules.
    pub fn policy(&self) -> Policy {
        self.policies.values().next().cloned().unwrap_or_default()
    }
}
