//! Customers, contacts, packages, contracts, assets, work orders, calendars, grades and policies: four routes each, all
//! alike.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{Body, InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{Page, Paging};
use crate::http::problem::{FieldProblem, Problem};
use crate::reference::cache::Asker;
use crate::reference::fields::FieldError;
use crate::reference::handovers::Tenure;
use crate::reference::service::{self, ReferenceError};
use crate::reference::sight::Sight;
use crate::state::AppState;
use crate::store::{StoreError, Tx, reference as rows};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use sync_core::ids::CustomerId;
use sync_core::reference::{Record, RecordKind, Role};
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const ADMIN: Access = Access::Roles(&[Role::Admin]);
    const DISPATCHERS: Access = Access::Roles(&[Role::Admin, Role::ServiceManager]);
    // What an hour costs is between leadership and whoever keeps the data.
    const LEADERSHIP: Access = Access::Roles(&[Role::Admin, Role::Leadership]);
    const ALL: Access = Access::SignedIn;
    let mut entries = Vec::new();
    entries.extend(customers::routes(ALL, ADMIN));
    entries.push(Entry::new(ALL, routes!(handovers)));
    entries.extend(contacts::routes(ALL, ADMIN));
    entries.extend(packages::routes(ALL, ADMIN));
    entries.extend(contracts::routes(ALL, ADMIN));
    entries.extend(assets::routes(ALL, ADMIN));
    entries.extend(work_orders::routes(ALL, DISPATCHERS));
    entries.extend(calendars::routes(ALL, ADMIN));
    entries.extend(grades::routes(LEADERSHIP, ADMIN));
    entries.extend(policies::routes(ALL, ADMIN));
    entries
}

impl From<FieldError> for FieldProblem {
    fn from(e: FieldError) -> Self {
        let pointer = if e.field.is_empty() { String::new() } else { format!("/{}", e.field.replace('.', "/")) };
        Self { pointer, code: e.code.to_owned(), detail: e.detail }
    }
}

impl IntoResponse for ReferenceError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::Invalid(errors) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_record", text)
                .with_errors(errors.into_iter().map(Into::into).collect()),
            Self::CodeTaken(_) => Problem::new(StatusCode::CONFLICT, "code_taken", text),
            Self::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::NotTheirCustomer => Problem::new(StatusCode::FORBIDDEN, "forbidden", text),
            Self::Store(e) => Problem::internal(&e),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only of this customer.
    customer: Option<Uuid>,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// How many, 1 to 500.
    limit: Option<i64>,
}

/// A record as this reader may see it, without the tag of its kind: the address says it.
fn shown(record: Record, principal: &Principal) -> Value {
    let record = if service::may_see_fees(principal) { Some(record) } else { record.for_phone() };
    let Some(record) = record else { return Value::Null };
    let value = match record {
        Record::Customer(r) => serde_json::to_value(r),
        Record::Contact(r) => serde_json::to_value(r),
        Record::Package(r) => serde_json::to_value(r),
        Record::Contract(r) => serde_json::to_value(r),
        Record::Asset(r) => serde_json::to_value(r),
        Record::WorkOrder(r) => serde_json::to_value(r),
        Record::Person(r) => serde_json::to_value(r),
        Record::Calendar(r) => serde_json::to_value(r),
        Record::Grade(r) => serde_json::to_value(r),
        Record::Policy(r) => serde_json::to_value(r),
    };
    value.unwrap_or_default()
}

/// What an engineer may see of contacts and work orders is what their phone gets; `None` for whoever sees all.
async fn sight_of(
    kind: RecordKind,
    state: &AppState,
    principal: &Principal,
    tx: &mut Tx,
) -> Result<Option<Sight>, StoreError> {
    if service::may_see_fees(principal) || !matches!(kind, RecordKind::Contact | RecordKind::WorkOrder) {
        return Ok(None);
    }
    let asker = Asker { cache: &state.reference, user: principal.user, now_ms: state.clock.now_ms() };
    Ok(Some(asker.sight(tx).await?.0))
}

async fn list_of(
    kind: RecordKind,
    state: &AppState,
    principal: &Principal,
    query: &ListQuery,
) -> Result<Json<Page<Value>>, StoreError> {
    let paging = Paging { after: query.after, limit: query.limit };
    let mut tx = state.db.read().await?;
    let found = rows::list(&mut tx, kind, query.customer, paging.after(), paging.limit() + 1).await?;
    let page = Page::new(found, paging, |row| row.body.0.id());
    let sight = sight_of(kind, state, principal, &mut tx).await?;
    let records = page.items.into_iter().map(|row| row.body.0);
    // A page may be shorter than asked for, and even empty, and still have a next one.
    let records = records.filter(|record| sight.as_ref().is_none_or(|sight| sight.shows(record)));
    let items = records.map(|record| shown(record, principal)).collect();
    Ok(Json(Page { items, next: page.next }))
}

async fn one(
    kind: RecordKind,
    state: &AppState,
    principal: &Principal,
    id: Uuid,
) -> Result<Json<Value>, ReferenceError> {
    let mut tx = state.db.read().await?;
    let row = rows::by_id(&mut tx, kind, id).await?.ok_or(ReferenceError::Unknown)?;
    let sight = sight_of(kind, state, principal, &mut tx).await?;
    if sight.is_some_and(|sight| !sight.shows(&row.body.0)) {
        return Err(ReferenceError::Unknown);
    }
    Ok(Json(shown(row.body.0, principal)))
}

/// The four routes of one kind. `$tag` is also the plural in the path.
macro_rules! kind {
    ($module:ident, $kind:ident, $tag:literal, $collection:literal, $item:literal) => {
        mod $module {
            use super::*;

            pub(super) fn routes(readers: Access, writers: Access) -> Vec<Entry> {
                vec![
                    Entry::new(readers, routes!(list)),
                    Entry::new(readers, routes!(get)),
                    Entry::new(writers, routes!(add)),
                    Entry::new(writers, routes!(change)),
                ]
            }

            /// A page of all of them.
            #[utoipa::path(get, path = $collection, tag = $tag, params(ListQuery),
                operation_id = concat!("list ", $tag), responses((status = 200, body = Page<Value>)))]
            async fn list(
                State(state): State<AppState>,
                principal: Principal,
                InQuery(query): InQuery<ListQuery>,
            ) -> Result<Json<Page<Value>>, ReferenceError> {
                Ok(list_of(RecordKind::$kind, &state, &principal, &query).await?)
            }

            /// One of them.
            #[utoipa::path(get, path = $item, tag = $tag, params(("id" = Uuid, Path)),
                operation_id = concat!("get ", $tag),
                responses((status = 200, body = Value), (status = 404, description = "not_found")))]
            async fn get(
                State(state): State<AppState>,
                principal: Principal,
                InPath(id): InPath<Uuid>,
            ) -> Result<Json<Value>, ReferenceError> {
                one(RecordKind::$kind, &state, &principal, id).await
            }

            /// Add one. The server gives it its id.
            #[utoipa::path(post, path = $collection, tag = $tag, request_body = Object,
                operation_id = concat!("add ", $tag),
                responses((status = 201, body = Value), (status = 409, description = "code_taken"),
                    (status = 422, description = "invalid_record")))]
            async fn add(
                State(state): State<AppState>,
                principal: Principal,
                Body(body): Body<Map<String, Value>>,
            ) -> Result<(StatusCode, Json<Value>), ReferenceError> {
                let record = service::write(&state, &principal, RecordKind::$kind, None, body).await?;
                Ok((StatusCode::CREATED, Json(shown(record, &principal))))
            }

            /// Write a newer state of one: all of its fields.
            #[utoipa::path(put, path = $item, tag = $tag, params(("id" = Uuid, Path)), request_body = Object,
                operation_id = concat!("change ", $tag),
                responses((status = 200, body = Value), (status = 404, description = "not_found"),
                    (status = 409, description = "code_taken"), (status = 422, description = "invalid_record")))]
            async fn change(
                State(state): State<AppState>,
                principal: Principal,
                InPath(id): InPath<Uuid>,
                Body(body): Body<Map<String, Value>>,
            ) -> Result<Json<Value>, ReferenceError> {
                let record = service::write(&state, &principal, RecordKind::$kind, Some(id), body).await?;
                Ok(Json(shown(record, &principal)))
            }
        }
    };
}

kind!(customers, Customer, "customers", "/api/v1/customers", "/api/v1/customers/{id}");
kind!(contacts, Contact, "contacts", "/api/v1/contacts", "/api/v1/contacts/{id}");
kind!(packages, Package, "packages", "/api/v1/packages", "/api/v1/packages/{id}");
kind!(contracts, Contract, "contracts", "/api/v1/contracts", "/api/v1/contracts/{id}");
kind!(assets, Asset, "assets", "/api/v1/assets", "/api/v1/assets/{id}");
kind!(work_orders, WorkOrder, "work-orders", "/api/v1/work-orders", "/api/v1/work-orders/{id}");
kind!(calendars, Calendar, "calendars", "/api/v1/calendars", "/api/v1/calendars/{id}");
kind!(grades, Grade, "grades", "/api/v1/grades", "/api/v1/grades/{id}");
kind!(policies, Policy, "policies", "/api/v1/policies", "/api/v1/policies/{id}");

/// Who was a customer's service manager and account manager from when to when, and who wrote it down.
#[utoipa::path(get, path = "/api/v1/customers/{id}/handovers", tag = "customers", params(("id" = Uuid, Path)),
    operation_id = "list handovers of a customer",
    responses((status = 200, body = Vec<Tenure>), (status = 404, description = "not_found")))]
async fn handovers(
    State(state): State<AppState>,
    InPath(id): InPath<Uuid>,
) -> Result<Json<Vec<Tenure>>, ReferenceError> {
    let mut tx = state.db.read().await?;
    Ok(Json(crate::reference::handovers::handovers(&mut tx, CustomerId(id)).await?))
}
