//! Reports (报表): what the database and the reference data say in money, as tables.
//!
//! A report is a [`Table`]: typed columns, rows, and totals per currency. It is written as JSON, CSV or XLSX by one
//! writer each (`table`, `files`). How each figure comes about is in docs/money.md.
//!
//! | role | sees |
//! | --- | --- |
//! | leadership, administrator | everything, hospitals in no list among it |
//! | service manager, account manager | their own customers |
//! | engineer, sales | nothing |

mod ask;
mod cost;
mod files;
mod gaps;
mod problems;
mod table;
mod what_if;

pub use ask::{Ask, Format, PARAMETERS};
pub use cost::{break_even, cost, given_away, profitability};
pub use files::{csv, xlsx};
pub use gaps::vendor_gaps;
pub use problems::{own_work, repeat_problems};
pub use table::{Cell, Column, ColumnKind, Table};
pub use what_if::what_if;

use crate::auth::Principal;
use crate::state::AppState;
use crate::store::{StoreError, Tx};
use std::sync::Arc;
use sync_core::ids::{ContractId, CustomerId, UserId};
use sync_core::reference::{Reference, Role};
use uuid::Uuid;

/// Roles that read any report.
pub const READERS: &[Role] = &[Role::ServiceManager, Role::AccountManager, Role::Leadership, Role::Admin];

/// Rows of a report at most. What has more must be asked for in parts.
pub const MOST_ROWS: usize = 20_000;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The question is not understood.
    #[error("{0}")]
    Query(String),
    /// It would have more than [`MOST_ROWS`] rows, or looks at too many visits.
    #[error("this is more than a report holds ({0} at most): ask for fewer days or set a filter")]
    TooLarge(usize),
    /// Something that the question names does not exist, or is not the reader's to see.
    #[error("{0}")]
    Unknown(String),
    /// Something stored cannot be read, or a file cannot be written.
    #[error("{0}")]
    Failed(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The customers that `principal` may read reports about; `None`: all.
pub fn scope(principal: &Principal, known: &Reference) -> Option<Vec<Uuid>> {
    if principal.has_any(&[Role::Admin, Role::Leadership]) {
        return None;
    }
    let (services, accounts) = (principal.has(Role::ServiceManager), principal.has(Role::AccountManager));
    let theirs = known.customers.values().filter(|c| {
        (services && c.service_manager == principal.user) || (accounts && c.account_manager == principal.user)
    });
    Some(theirs.map(|c| c.id.0).collect())
}

/// What a report is made from.
pub struct Desk {
    /// One state of the database.
    pub tx: Tx,
    /// The reference data.
    pub known: Arc<Reference>,
    /// See [`scope`].
    pub scope: Option<Vec<Uuid>>,
    /// What time it is.
    pub now_ms: i64,
}

impl Desk {
    /// For this reader.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(state: &AppState, principal: &Principal) -> Result<Self, StoreError> {
        let mut tx = state.db.read().await?;
        let known = state.reference.refresh(&mut tx).await?;
        Ok(Self { tx, scope: scope(principal, &known), known, now_ms: state.clock.now_ms() })
    }

    fn sees(&self, customer: CustomerId) -> bool {
        self.scope.as_ref().is_none_or(|s| s.contains(&customer.0))
    }

    fn customer(&self, id: Option<Uuid>, as_known: Option<String>) -> Cell {
        let listed = id.and_then(|id| self.known.customers.get(&CustomerId(id)));
        Cell::text(listed.map(|c| c.name.clone()).or(as_known))
    }

    fn person(&self, id: Option<Uuid>) -> Cell {
        Cell::text(id.and_then(|id| self.known.people.get(&UserId(id))).map(|p| p.name.clone()))
    }

    fn contract(&self, id: Option<Uuid>) -> Cell {
        let all = id.and_then(|id| self.known.contracts.values().find_map(|of| of.get(&ContractId(id))));
        Cell::text(all.map(|c| c.code.clone()))
    }
}

/// Fails for more rows than a report holds.
fn bounded<T>(rows: Vec<T>) -> Result<Vec<T>, ReportError> {
    if rows.len() > MOST_ROWS { Err(ReportError::TooLarge(MOST_ROWS)) } else { Ok(rows) }
}

/// One more than the most, for statements.
fn limit() -> i64 {
    i64::try_from(MOST_ROWS).unwrap_or(i64::MAX - 1) + 1
}
