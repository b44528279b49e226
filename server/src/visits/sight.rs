//! Who may see which visits.
//!
//! | role | sees |
//! | --- | --- |
//! | administrator, leadership | every visit |
//! | service manager | visits at their customers, and at hospitals that are in no list |
//! | account manager | visits at their customers |
//! | engineer | visits that they work on, or that a work order sends them to |
//! | sales | none |
//!
//! Who has several roles sees what any of them sees.

use crate::auth::Principal;
use crate::state::AppState;
use crate::store::queue::{Scope, VisitRow};
use crate::store::{StoreError, Tx};
use std::sync::Arc;
use sync_core::ids::CustomerId;
use sync_core::reference::{Customer, Reference, Role};

/// Roles that see any visit at all.
pub const READERS: &[Role] =
    &[Role::Engineer, Role::ServiceManager, Role::AccountManager, Role::Leadership, Role::Admin];
/// Roles that may decide about a visit.
pub const DECIDERS: &[Role] = &[Role::ServiceManager, Role::Admin];

/// What `principal` sees, by the reference data of this moment.
pub fn scope(principal: &Principal, known: &Reference) -> Scope {
    if principal.has_any(&[Role::Admin, Role::Leadership]) {
        return Scope { all: true, ..Scope::default() };
    }
    let (services, accounts) = (principal.has(Role::ServiceManager), principal.has(Role::AccountManager));
    let theirs = |c: &&Customer| {
        (services && c.service_manager == principal.user) || (accounts && c.account_manager == principal.user)
    };
    let engineer = principal.has(Role::Engineer);
    let sent = known.work_orders.values().filter(|w| engineer && w.engineers.contains(&principal.user));
    Scope {
        all: false,
        customers: known.customers.values().filter(theirs).map(|c| c.id.0).collect(),
        unlisted: services,
        engineer: engineer.then_some(principal.user.0),
        dispatched: sent.map(|w| w.visit.0).collect(),
    }
}

/// Whether `principal` may decide about a visit: administrators, the customer's own service manager, and every service
/// manager where there is no such customer.
pub fn may_decide(principal: &Principal, visit: &VisitRow, known: &Reference) -> bool {
    let listed = visit.customer_id.and_then(|id| known.customers.get(&CustomerId(id)));
    principal.has(Role::Admin)
        || (principal.has(Role::ServiceManager) && listed.is_none_or(|c| c.service_manager == principal.user))
}

/// A transaction to read in, and what `principal` may see in it.
///
/// # Errors
/// When the database does not answer.
pub async fn open(state: &AppState, principal: &Principal) -> Result<(Tx, Scope, Arc<Reference>), StoreError> {
    let mut tx = state.db.read().await?;
    let known = state.reference.refresh(&mut tx).await?;
    Ok((tx, scope(principal, &known), known))
}
