//! What the checks look up across records, gathered once: a file has many rows.

use jiff::civil::Date;
use std::collections::{HashMap, HashSet};
use sync_core::ids::{ContactId, CustomerId, GradeId, PackageId, UserId, VisitId, WorkOrderId};
use sync_core::reference::{ContractStatus, Reference};

/// Made of the reference data that records are checked against.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The orders that dispatch to a visit.
    pub(super) visits: HashMap<VisitId, Vec<WorkOrderId>>,
    /// The versions of each family of packages.
    pub(super) families: HashMap<String, Vec<PackageId>>,
    /// The grades that a person holds from a day on.
    pub(super) holders: HashMap<(UserId, Date), Vec<GradeId>>,
    /// The contacts that are said to be the single interface to a customer.
    pub(super) interfaces: HashMap<CustomerId, Vec<ContactId>>,
    /// Packages that a signed or terminated contract names.
    pub(super) in_use: HashSet<PackageId>,
}

impl Index {
    /// Of `known`; which packages contracts name, of `before`: what was promised until now.
    pub fn new(known: &Reference, before: &Reference) -> Self {
        let mut index = Self::default();
        for order in known.work_orders.values() {
            index.visits.entry(order.visit).or_default().push(order.id);
        }
        for package in known.packages.values() {
            if let Some(family) = &package.family {
                index.families.entry(family.clone()).or_default().push(package.id);
            }
        }
        for grade in known.grades.values() {
            for holder in &grade.holders {
                index.holders.entry((holder.user, holder.first_day)).or_default().push(grade.id);
            }
        }
        for contact in known.contacts.values().flat_map(|of_customer| of_customer.values()) {
            if contact.single_interface {
                index.interfaces.entry(contact.customer).or_default().push(contact.id);
            }
        }
        let contracts = before.contracts.values().flat_map(|of_customer| of_customer.values());
        index.in_use = contracts.filter(|c| c.status != ContractStatus::Draft).map(|c| c.package).collect();
        index
    }
}
