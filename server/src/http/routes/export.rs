//! Export of the reference data, and templates for the import.

use crate::export::{self, ExportError, Part, template_csv, template_xlsx};
use crate::http::entry::Entry;
use crate::http::extract::{InPath, InQuery};
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::import::kind_called;
use crate::state::AppState;
use crate::store::StoreError;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sync_core::document::facts::Lang;
use sync_core::reference::{RecordKind, Role};
use utoipa_axum::routes;

/// The media type of workbooks.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const KEEPERS: Access = Access::Roles(&[Role::Admin, Role::Leadership]);
    vec![Entry::new(KEEPERS, routes!(export)), Entry::new(KEEPERS, routes!(template))]
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportProblem {
    #[error("there is no such kind: {0}")]
    UnknownKind(String),
    #[error("no such format here: {0}")]
    UnknownFormat(String),
    #[error("no such language: {0}")]
    UnknownLanguage(String),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Failed(String),
}

impl IntoResponse for ExportProblem {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::UnknownKind(_) => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::UnknownFormat(_) | Self::UnknownLanguage(_) => {
                Problem::new(StatusCode::BAD_REQUEST, "bad_request", text)
            }
            Self::Export(_) | Self::Store(_) | Self::Failed(_) => Problem::internal(&text),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// csv, xlsx or (of an export) json; csv when it is not said.
    format: Option<String>,
    /// Headings and words: en (codes, the default) or zh-CN.
    lang: Option<String>,
}

impl FileQuery {
    fn format(&self) -> &str {
        self.format.as_deref().unwrap_or("csv")
    }
    fn lang(&self) -> Result<Lang, ExportProblem> {
        let lang = self.lang.as_deref().unwrap_or("en");
        Lang::parse(lang).ok_or_else(|| ExportProblem::UnknownLanguage(lang.to_owned()))
    }
}

fn kind(name: &str) -> Result<RecordKind, ExportProblem> {
    kind_called(name).ok_or_else(|| ExportProblem::UnknownKind(name.to_owned()))
}

fn file(bytes: Vec<u8>, media: &'static str, name: &str) -> Response {
    // The name is a kind's: nothing in it needs quoting.
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let mut response = ([(header::CONTENT_TYPE, media)], bytes).into_response();
    response.headers_mut().extend(disposition.ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    response
}

/// Makes the file away from the async workers.
async fn made<T: Send + 'static>(
    make: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, ExportProblem> {
    let done = tokio::task::spawn_blocking(make).await;
    Ok(done.map_err(|e| ExportProblem::Failed(e.to_string()))??)
}

/// Everything of one kind as a file that can be imported again: users, policies, calendars, grades, packages, customers,
/// contacts, contracts, assets or work-orders.
#[utoipa::path(get, path = "/api/v1/export/{kind}", tag = "import", params(("kind" = String, Path), FileQuery),
    operation_id = "export",
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, description = "not_found")))]
async fn export(
    State(state): State<AppState>,
    InPath(name): InPath<String>,
    InQuery(query): InQuery<FileQuery>,
) -> Result<Response, ExportProblem> {
    let (kind, lang) = (kind(&name)?, query.lang()?);
    let format = query.format().to_owned();
    if !matches!(format.as_str(), "csv" | "xlsx" | "json") {
        return Err(ExportProblem::UnknownFormat(format));
    }
    let mut tx = state.db.read().await?;
    let parts = export::read(&mut tx, Some(kind)).await?;
    drop(tx);
    let plural = crate::import::name_of(kind);
    let (bytes, media) = match format.as_str() {
        "xlsx" => (made(move || export::xlsx(&parts, lang)).await?, XLSX),
        "json" => (made(move || Ok(export::json(&parts, true).into_bytes())).await?, "application/json"),
        _ => {
            let part = parts.into_iter().next().unwrap_or(Part { kind, records: Vec::new() });
            (made(move || export::csv(&part, lang)).await?, "text/csv; charset=utf-8")
        }
    };
    Ok(file(bytes, media, &format!("{plural}.{format}")))
}

/// An empty table of one kind to fill in; as a workbook with drop-downs and a sheet that explains the columns.
#[utoipa::path(get, path = "/api/v1/templates/{kind}", tag = "import", params(("kind" = String, Path), FileQuery),
    operation_id = "template",
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, description = "not_found")))]
async fn template(InPath(name): InPath<String>, InQuery(query): InQuery<FileQuery>) -> Result<Response, ExportProblem> {
    let (kind, lang) = (kind(&name)?, query.lang()?);
    let plural = crate::import::name_of(kind);
    match query.format() {
        "csv" => Ok(file(template_csv(kind, lang)?, "text/csv; charset=utf-8", &format!("{plural}.csv"))),
        "xlsx" => Ok(file(made(move || template_xlsx(kind, lang)).await?, XLSX, &format!("{plural}.xlsx"))),
        other => Err(ExportProblem::UnknownFormat(other.to_owned())),
    }
}
