//! Who was a customer's service manager and account manager, and since when: read from the history of its record.

use super::service::ReferenceError;
use crate::store::{Tx, reference as rows};
use serde::Serialize;
use sync_core::ids::CustomerId;
use sync_core::reference::{Record, RecordKind, Role};
use uuid::Uuid;

/// One person's time in one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Tenure {
    /// `service_manager` or `account_manager`.
    pub role: &'static str,
    /// Who.
    pub user: Uuid,
    /// Since when: milliseconds since 1970 UTC.
    pub from_ms: i64,
    /// Until when; absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Who wrote it down; absent for the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Uuid>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_name: Option<String>,
}

/// Every handover of a customer: first the service managers, then the account managers, each in the order of time.
///
/// # Errors
/// [`ReferenceError::Unknown`] when there is no such customer.
pub async fn handovers(tx: &mut Tx, customer: CustomerId) -> Result<Vec<Tenure>, ReferenceError> {
    let states = rows::history(tx, RecordKind::Customer, customer.0).await?;
    if states.is_empty() {
        return Err(ReferenceError::Unknown);
    }
    let mut all = Vec::new();
    for role in [Role::ServiceManager, Role::AccountManager] {
        let mut tenures: Vec<Tenure> = Vec::new();
        for state in &states {
            let Record::Customer(record) = &state.body.0 else { continue };
            let user = if role == Role::ServiceManager { record.service_manager } else { record.account_manager };
            let user = user.0;
            if tenures.last().is_some_and(|last| last.user == user) {
                continue;
            }
            if let Some(last) = tenures.last_mut() {
                last.until_ms = Some(state.at_ms);
            }
            tenures.push(Tenure {
                role: role.as_str(),
                user,
                from_ms: state.at_ms,
                until_ms: None,
                by: state.by_user,
                by_name: state.name.clone(),
            });
        }
        all.extend(tenures);
    }
    Ok(all)
}
