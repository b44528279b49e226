//! Whose contacts and work orders a phone gets.
//!
//! Everything that is needed to serve any customer in an emergency goes to every phone; what a contract costs goes to
//! none ([`Record::for_phone`]). Contacts and work orders are about persons, so they go only to those who have to do
//! with the customer:
//!
//! | record | goes to |
//! | --- | --- |
//! | contact | the customer's managers; engineers whom an open work order sends there, or who were there in the last 180 days; the single interface to everybody |
//! | work order | the engineers it names, who issued it, the customer's managers |
//!
//! Who is no longer to have a record that their phone got before learns of its new state once: an order that is
//! somebody else's now as it is, a contact without its address.

use crate::store::reference::{ReferenceRow, states_until};
use crate::store::{StoreError, Tx};
use std::collections::{HashMap, HashSet};
use sync_core::ids::{CustomerId, UserId};
use sync_core::reference::{Contact, Customer, Record, RecordKind, Reference, WorkOrder, WorkOrderStatus};
use uuid::Uuid;

/// How long a visit gives sight of the customer's contacts.
pub const VISITED_MS: i64 = 180 * 24 * 60 * 60 * 1000;

/// What one user may see.
#[derive(Clone, Debug)]
pub struct Sight {
    user: UserId,
    managed: HashSet<CustomerId>,
    sent_to: HashSet<CustomerId>,
    visited: HashSet<CustomerId>,
}

impl Sight {
    /// Of `user`, who was at the customers `visited`.
    pub fn new(user: UserId, known: &Reference, visited: impl IntoIterator<Item = Uuid>) -> Self {
        let open = |w: &&WorkOrder| w.status == WorkOrderStatus::Open && w.engineers.contains(&user);
        Self {
            user,
            managed: known.customers.values().filter(|c| manages(user, c)).map(|c| c.id).collect(),
            sent_to: known.work_orders.values().filter(open).map(|w| w.customer).collect(),
            visited: visited.into_iter().map(CustomerId).collect(),
        }
    }

    /// Whether they have had sight of the customer's contacts all along, visit or not.
    pub fn is_theirs(&self, customer: CustomerId) -> bool {
        self.managed.contains(&customer) || self.sent_to.contains(&customer)
    }

    /// Whether they see `record`.
    pub fn shows(&self, record: &Record) -> bool {
        match record {
            Record::Contact(c) => {
                c.single_interface || self.is_theirs(c.customer) || self.visited.contains(&c.customer)
            }
            Record::WorkOrder(w) => names(w, self.user) || self.managed.contains(&w.customer),
            Record::Grade(_) => false,
            _ => true,
        }
    }

    /// What they get of `record` now that it is no longer theirs, if they had `old`.
    fn last_word(&self, old: &Record, record: Record) -> Option<Record> {
        match (old, record) {
            (Record::WorkOrder(old), Record::WorkOrder(now)) if names(old, self.user) => Some(Record::WorkOrder(now)),
            (Record::Contact(_), Record::Contact(now)) if self.shows(old) => {
                Some(Record::Contact(Contact { phone: None, email: None, receives_receipts: false, ..now }))
            }
            _ => None,
        }
    }

    /// What a phone that has everything up to `after` gets of `rows`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pick(&self, tx: &mut Tx, after: i64, rows: Vec<ReferenceRow>) -> Result<Vec<Record>, StoreError> {
        let records: Vec<Record> = rows.into_iter().map(|row| row.body.0).collect();
        let hidden: Vec<Uuid> = records.iter().filter(|r| is_personal(r) && !self.shows(r)).map(Record::id).collect();
        let mut old: HashMap<(RecordKind, Uuid), Record> = HashMap::new();
        if after > 0 && !hidden.is_empty() {
            // In the order of positions: the last one stays.
            for row in states_until(tx, &hidden, after).await? {
                let state = row.body.0;
                old.insert((state.kind(), state.id()), state);
            }
        }
        let mut picked = Vec::with_capacity(records.len());
        for record in records {
            let given = if self.shows(&record) {
                Some(record)
            } else {
                old.get(&(record.kind(), record.id())).and_then(|old| self.last_word(old, record))
            };
            picked.extend(given.and_then(Record::for_phone));
        }
        Ok(picked)
    }
}

/// Whether not everybody sees it.
pub fn is_personal(record: &Record) -> bool {
    matches!(record, Record::Contact(_) | Record::WorkOrder(_))
}

fn names(order: &WorkOrder, user: UserId) -> bool {
    order.issued_by == user || order.engineers.contains(&user)
}

fn manages(user: UserId, customer: &Customer) -> bool {
    customer.service_manager == user || customer.account_manager == user
}

/// Records that somebody gains sight of when `written` is written over what is known, and that their phone may have
/// passed over before: they need a fresh position in the feed. (Those gained by a visit go out with the visit's own
/// news, see `sync/feed.rs`: a visit is no reason to send everybody's phone through these records again.)
pub fn newly_seen(known: &Reference, written: &[Record]) -> Vec<Record> {
    let mut sent: HashSet<(UserId, CustomerId)> = HashSet::new();
    if written.iter().any(|r| r.kind() == RecordKind::WorkOrder) {
        for order in known.work_orders.values().filter(|w| w.status == WorkOrderStatus::Open) {
            sent.extend(order.engineers.iter().map(|e| (*e, order.customer)));
        }
    }
    let (mut contacts, mut orders) = (HashSet::new(), HashSet::new());
    for record in written {
        match record {
            Record::WorkOrder(w) if w.status == WorkOrderStatus::Open => {
                let customer = known.customers.get(&w.customer);
                let new =
                    |e: &&UserId| !sent.contains(&(**e, w.customer)) && !customer.is_some_and(|c| manages(**e, c));
                if w.engineers.iter().any(|e| new(&e)) {
                    contacts.insert(w.customer);
                }
            }
            Record::Customer(c) => {
                let old = known.customers.get(&c.id);
                if [c.service_manager, c.account_manager].iter().any(|m| !old.is_some_and(|old| manages(*m, old))) {
                    contacts.insert(c.id);
                    orders.insert(c.id);
                }
            }
            _ => {}
        }
    }
    let fresh: HashSet<(RecordKind, Uuid)> = written.iter().map(|r| (r.kind(), r.id())).collect();
    let contacts = contacts.iter().filter_map(|c| known.contacts.get(c)).flat_map(|of| of.values());
    let contacts = contacts.filter(|c| !c.single_interface).cloned().map(Record::Contact);
    let orders = known.work_orders.values().filter(|w| orders.contains(&w.customer)).cloned().map(Record::WorkOrder);
    contacts.chain(orders).filter(|r| !fresh.contains(&(r.kind(), r.id()))).collect()
}
