//! Receipts, for the company's people. The hospital has a page of its own.

use super::page::{pdf, saved_as};
use super::visits::visit_problem;
use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::extract::{InPath, InQuery};
use crate::http::guard::Access;
use crate::http::page::{CursorPage, unseal};
use crate::http::problem::Problem;
use crate::receipts::sheet::{file_name, pdf_name};
use crate::state::AppState;
use crate::store::queue::{self, ReceiptFilter};
use crate::store::{StoreError, dossier as rows};
use crate::visits::dossier::ReceiptAnswer;
use crate::visits::{VisitError, sight};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::routes;
use uuid::Uuid;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const READERS: Access = Access::Roles(sight::READERS);
    vec![Entry::new(READERS, routes!(list)), Entry::new(READERS, routes!(get))]
}

/// Why it was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptsError {
    #[error("no such receipt")]
    Unknown,
    #[error("after: this is no cursor of this list")]
    Cursor,
    #[error(transparent)]
    Visit(#[from] VisitError),
}

impl From<StoreError> for ReceiptsError {
    fn from(e: StoreError) -> Self {
        Self::Visit(e.into())
    }
}

impl IntoResponse for ReceiptsError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Unknown => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Cursor => Problem::new(StatusCode::BAD_REQUEST, "bad_request", text),
            Self::Visit(e) => visit_problem(e),
        }
        .into_response()
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only of this customer.
    customer: Option<Uuid>,
    /// Only of this visit.
    visit: Option<Uuid>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, 1 to 200; 50 when nobody says.
    limit: Option<i64>,
}

/// The receipts that one may see, chain by chain and in the order of each chain.
#[utoipa::path(get, path = "/api/v1/receipts", tag = "receipts", params(ListQuery),
    responses((status = 200, body = CursorPage<ReceiptAnswer>), (status = 400, description = "bad_request")))]
async fn list(
    State(state): State<AppState>,
    principal: Principal,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<CursorPage<ReceiptAnswer>>, ReceiptsError> {
    let after = query.after.map(|cursor| unseal(&cursor).ok_or(ReceiptsError::Cursor)).transpose()?;
    let filter = ReceiptFilter { chain: query.customer.map(|id| id.to_string()), visit: query.visit, after };
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    let found = queue::receipts(&mut tx, &scope, &filter, limit + 1).await?;
    let page = CursorPage::new(found, limit, |r| (r.chain.clone(), r.chain_no));
    Ok(Json(CursorPage { items: page.items.into_iter().map(Into::into).collect(), next: page.next }))
}

/// A receipt with what it says.
#[derive(Serialize, utoipa::ToSchema)]
struct ReceiptWithBody {
    /// What is known of it.
    #[serde(flatten)]
    receipt: ReceiptAnswer,
    /// What it says, as JSON. Only the file itself can be checked: ask for `.json`.
    #[schema(value_type = Object)]
    body: Value,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PdfQuery {
    /// For the PDF: `zh-CN`, `en` or `both`; otherwise the language in which it was signed.
    lang: Option<String>,
}

/// One receipt. With `.json` after the id: its file, exactly the bytes that were signed and chained. With `.pdf`: pages to
/// read and print, with that file attached. The address of the hospital's own page is not on them.
#[utoipa::path(get, path = "/api/v1/receipts/{id}", tag = "receipts",
    params(("id" = String, Path, description = "The receipt's id, or the id and `.json` or `.pdf`"), PdfQuery),
    responses((status = 200, body = ReceiptWithBody), (status = 404, description = "not_found"),
        (status = 503, description = "pdf_font_missing")))]
async fn get(
    State(state): State<AppState>,
    principal: Principal,
    InPath(name): InPath<String>,
    InQuery(query): InQuery<PdfQuery>,
) -> Result<Response, ReceiptsError> {
    let (id, ending) = name.rsplit_once('.').map_or((name.as_str(), ""), |(id, ending)| (id, ending));
    if !["", "json", "pdf"].contains(&ending) {
        return Err(ReceiptsError::Unknown);
    }
    let id: Uuid = id.parse().map_err(|_| ReceiptsError::Unknown)?;
    let (mut tx, scope, _) = sight::open(&state, &principal).await?;
    let receipt = queue::receipt(&mut tx, &scope, id).await?.ok_or(ReceiptsError::Unknown)?;
    let body = rows::receipt_body(&mut tx, id).await?.ok_or(ReceiptsError::Unknown)?;
    drop(tx);
    if ending == "pdf" {
        let set = pdf(&state, &body, query.lang.as_deref(), |signed| signed, None).await;
        return Ok(match set {
            Ok(pdf) => {
                let headers =
                    [(header::CONTENT_TYPE, "application/pdf".to_owned()), saved_as(&pdf_name(&receipt.number))];
                (headers, pdf.to_vec()).into_response()
            }
            Err(problem) => problem.into_response(),
        });
    }
    if ending.is_empty() {
        let body = serde_json::from_str(&body).map_err(|e| VisitError::Unreadable(e.to_string()))?;
        return Ok(Json(ReceiptWithBody { receipt: receipt.into(), body }).into_response());
    }
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        saved_as(&file_name(&receipt.number)),
        (header::ETAG, format!("W/\"{}\"", receipt.sha256)),
    ];
    Ok((headers, body).into_response())
}
