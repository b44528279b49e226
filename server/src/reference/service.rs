//! Writing one record: checked, with history, audit entry and feed position, in one transaction.

use super::fields::{self, FieldError};
use super::sight::newly_seen;
use super::validate::{Index, validate};
use crate::auth::Principal;
use crate::state::AppState;
use crate::store::{StoreError, audit, reference as rows};
use serde_json::{Map, Value, json};
use sync_core::ids::CustomerId;
use sync_core::reference::{Record, RecordKind, Reference, Role};
use uuid::Uuid;

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// One or more fields are wrong.
    #[error("the record is not valid")]
    Invalid(Vec<FieldError>),
    /// Another record of the kind has this code.
    #[error("the code {0} is taken")]
    CodeTaken(String),
    /// No such record.
    #[error("no such record")]
    Unknown,
    /// A service manager writes work orders for the customers they manage only.
    #[error("this customer has another service manager")]
    NotTheirCustomer,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether `principal` may see what a contract costs.
pub fn may_see_fees(principal: &Principal) -> bool {
    principal.has_any(&[Role::Admin, Role::Leadership, Role::AccountManager, Role::ServiceManager, Role::Sales])
}

/// Writes a new record (`id` is `None`) or a newer state of one, from `body` as a client sent it.
///
/// # Errors
/// See [`ReferenceError`].
pub async fn write(
    state: &AppState,
    principal: &Principal,
    kind: RecordKind,
    id: Option<Uuid>,
    body: Map<String, Value>,
) -> Result<Record, ReferenceError> {
    let now = state.clock.now_ms();
    let mut tx = state.db.begin().await?;
    // Within the transaction, before anything is written: what others committed until now counts.
    let known = state.reference.refresh(&mut tx).await?;
    let before = match id {
        Some(id) => Some(rows::by_id(&mut tx, kind, id).await?.ok_or(ReferenceError::Unknown)?.body.0),
        None => None,
    };
    let record = complete(kind, body, before.as_ref(), principal, now)?;
    if kind == RecordKind::WorkOrder && !principal.has(Role::Admin) {
        for touched in before.iter().chain([&record]) {
            if !manages(&known, principal, touched.customer()) {
                return Err(ReferenceError::NotTheirCustomer);
            }
        }
    }
    let index = Index::new(&known, &known);
    let mut errors = validate(&record, &known, &index, before.as_ref()).errors;
    if let (Some(Record::WorkOrder(old)), Record::WorkOrder(new)) = (&before, &record)
        && old.visit != new.visit
    {
        // Phones may have begun this visit already.
        errors.push(FieldError::new("visit", "write_once", "a work order's visit does not change"));
    }
    if !errors.is_empty() {
        return Err(ReferenceError::Invalid(errors));
    }
    if let Some(other) = rows::by_code(&mut tx, kind, record.code()).await?
        && other.body.0.id() != record.id()
    {
        return Err(ReferenceError::CodeTaken(record.code().to_owned()));
    }
    let action = if before.is_some() { "reference.changed" } else { "reference.added" };
    let subject = format!("{kind}/{}", record.id());
    audit::add(&mut tx, now, Some(principal.user.0), action, &subject, json!({ "code": record.code() })).await?;
    let records = std::slice::from_ref(&record);
    let again = newly_seen(&known, records);
    let put = rows::put_again(&mut tx, records, &again, Some(principal.user.0), now).await;
    put.map_err(
        |e| {
            if e.is_unique_violation() { ReferenceError::CodeTaken(record.code().to_owned()) } else { e.into() }
        },
    )?;
    tx.commit().await?;
    state.rejudge.notify_one();
    Ok(record)
}

/// Fills in what the server knows better than the client, and reads the record.
fn complete(
    kind: RecordKind,
    mut body: Map<String, Value>,
    before: Option<&Record>,
    principal: &Principal,
    now_ms: i64,
) -> Result<Record, ReferenceError> {
    let id = match (before, body.get("id").and_then(Value::as_str)) {
        (Some(old), None) => old.id(),
        (Some(old), Some(said)) if said == old.id().to_string() => old.id(),
        (Some(_), Some(_)) => {
            let e = FieldError::new("id", "write_once", "a record's id does not change");
            return Err(ReferenceError::Invalid(vec![e]));
        }
        // Ids are the server's: a client's could be another record's.
        (None, _) => Uuid::now_v7(),
    };
    body.insert("id".into(), json!(id));
    if kind == RecordKind::WorkOrder {
        let old = match before {
            Some(Record::WorkOrder(old)) => Some(old),
            _ => None,
        };
        let mut default = |name: &str, value: Value| {
            body.entry(name).or_insert(value);
        };
        default("visit", json!(old.map_or_else(Uuid::now_v7, |o| o.visit.0)));
        default("issued_by", json!(old.map_or(principal.user, |o| o.issued_by)));
        default("issued_at_ms", json!(old.map_or(now_ms, |o| o.issued_at_ms)));
        // Nobody issues in another's name, save an administrator.
        if !principal.has(Role::Admin) && old.is_none() {
            body.insert("issued_by".into(), json!(principal.user));
            body.insert("issued_at_ms".into(), json!(now_ms));
        }
    }
    fields::read(kind, body).map_err(ReferenceError::Invalid)
}

fn manages(known: &Reference, principal: &Principal, customer: Option<CustomerId>) -> bool {
    // An unknown customer is left to the validation, which says so.
    customer.and_then(|id| known.customers.get(&id)).is_none_or(|customer| customer.service_manager == principal.user)
}
