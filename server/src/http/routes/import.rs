//! Import by the API: the same engine as on the command line.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::InQuery;
use crate::http::guard::Access;
use crate::http::problem::{FieldProblem, Problem};
use crate::import::engine::{Plan, import as run};
use crate::import::{Form, ImportError, MOST_SHOWN, Report, Source, kind_called};
use crate::state::AppState;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sync_core::reference::Role;
use utoipa_axum::routes;

/// The largest file.
const LIMIT: usize = 32 << 20;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Access::Roles(&[Role::Admin]), routes!(import)).body_limit(LIMIT)]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportRouteError {
    #[error("unknown kind: {0}")]
    UnknownKind(String),
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl IntoResponse for ImportRouteError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::UnknownKind(_) => Problem::new(StatusCode::BAD_REQUEST, "bad_request", text),
            Self::Import(ImportError::Rows { errors }) => {
                let errors = errors
                    .into_iter()
                    .take(MOST_SHOWN)
                    .map(|e| FieldProblem {
                        // The body is a table: a pointer into it would say less than the place does.
                        pointer: String::new(),
                        code: e.code.to_owned(),
                        detail: e.to_string(),
                    })
                    .collect();
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "import_failed", text).with_errors(errors)
            }
            Self::Import(ImportError::Failed(e)) => Problem::internal(&e),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// users, policies, calendars, grades, packages, customers, contacts, contracts, assets or work-orders; not needed
    /// for a JSON object with a key per kind, nor for a workbook with a sheet per kind.
    kind: Option<String>,
    /// Only try.
    dry_run: Option<bool>,
}

/// Import a CSV table, a workbook (.xlsx) or a JSON file, whole or not at all.
#[utoipa::path(post, path = "/api/v1/import", tag = "import", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Report), (status = 422, description = "import_failed")))]
async fn import(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<ImportQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Report>, ImportRouteError> {
    let kind = match query.kind {
        Some(name) => Some(kind_called(&name).ok_or(ImportRouteError::UnknownKind(name))?),
        None => None,
    };
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.to_ascii_lowercase().starts_with("application/json"));
    let plan = Plan {
        db: &state.db,
        passwords: &state.passwords,
        by: Some(principal.user.0),
        now_ms: state.clock.now_ms(),
        dry_run: query.dry_run.unwrap_or(false),
        progress: &|_, _| {},
    };
    Ok(Json(run(&plan, Source { form: Form::of(&body, json), bytes: body.to_vec(), kind }).await?))
}
