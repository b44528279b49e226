//! Reports as JSON, CSV and XLSX.

use crate::auth::Principal;
use crate::http::entry::Entry;
use crate::http::envelope::reader_language;
use crate::http::extract::InQuery;
use crate::http::guard::Access;
use crate::http::problem::Problem;
use crate::reports::{self, Ask, Desk, Format, READERS, ReportError, Table};
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sync_core::document::facts::Lang;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use utoipa_axum::routes;

/// This module's part of the table.
pub(crate) fn routes() -> Vec<Entry> {
    const ALL: Access = Access::Roles(READERS);
    vec![
        Entry::new(ALL, routes!(cost)),
        Entry::new(ALL, routes!(given_away)),
        Entry::new(ALL, routes!(profitability)),
        Entry::new(ALL, routes!(break_even)),
        Entry::new(ALL, routes!(repeat_problems)),
        Entry::new(ALL, routes!(vendor_gaps)),
        Entry::new(ALL, routes!(own_work)),
        Entry::new(ALL, routes!(what_if)),
    ]
}

impl IntoResponse for ReportError {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match &self {
            Self::Query(_) => Problem::new(StatusCode::BAD_REQUEST, "bad_request", text),
            Self::TooLarge(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "report_too_large", text),
            Self::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "not_found", text),
            Self::Failed(_) | Self::Store(_) => Problem::internal(&self),
        }
        .into_response()
    }
}

/// A column of a report.
#[derive(Serialize, utoipa::ToSchema)]
struct ReportColumn {
    /// Its stable name: the key in rows and totals.
    id: String,
    /// Its title in the reader's language.
    title: String,
    /// `text`, `id`, `word` (a stable code), `day`, `count`, `milliseconds` or `minor_units`.
    kind: String,
}

/// A report as JSON.
#[derive(Serialize, utoipa::ToSchema)]
struct ReportAnswer {
    /// Its name.
    report: String,
    /// The columns in their order.
    columns: Vec<ReportColumn>,
    /// The rows: by column. Amounts are integers in minor units of the row's `currency`; what is not known is null.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<serde_json::Value>,
    /// Sums of the rows, one for each currency.
    #[schema(value_type = Vec<Object>)]
    totals: Vec<serde_json::Value>,
}

type Pairs = InQuery<Vec<(String, String)>>;

/// Days, form and filters that every report over cost lines takes.
const COMMON: [&str; 4] = ["from", "to", "format", "lang"];

fn read(pairs: Vec<(String, String)>, more: &[&str]) -> Result<Ask, ReportError> {
    Ask::read(pairs, &[&COMMON[..], more].concat())
}

/// The table in the form that was asked for.
async fn answer(table: Table, ask: &Ask, headers: &HeaderMap) -> Result<Response, ReportError> {
    let lang = ask.lang.unwrap_or_else(|| reader_language(headers));
    let (format, name) = (ask.format, table.name);
    let (kind, ending) = match format {
        Format::Json => return Ok(Json(table.json(lang)).into_response()),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    };
    let write = move |lang: Lang| match format {
        Format::Xlsx => reports::xlsx(&table, lang),
        Format::Json | Format::Csv => reports::csv(&table, lang),
    };
    let written = tokio::task::spawn_blocking(move || write(lang)).await;
    let bytes = written.map_err(|e| ReportError::Failed(e.to_string()))??;
    let name = format!("attachment; filename=\"{name}.{ending}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// What a report takes, for the description of the API.
fn documented(more: &[&str]) -> Vec<Parameter> {
    let names = COMMON.iter().chain(more);
    let known = names.filter_map(|name| reports::PARAMETERS.iter().find(|(known, _)| known == name));
    let text = || ObjectBuilder::new().schema_type(Type::String).build();
    let made = known.map(|(name, description)| {
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query);
        parameter.required(Required::False).description(Some(*description)).schema(Some(text())).build()
    });
    made.collect()
}

/// A report's route: its handler, its address, and what it takes beside days and form.
macro_rules! report {
    ($(#[$doc:meta])* $name:ident, $params:ident, $path:literal, [$($more:literal),*]) => {
        struct $params;

        impl IntoParams for $params {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                documented(&[$($more),*])
            }
        }

        $(#[$doc])*
        #[utoipa::path(get, path = $path, tag = "reports", params($params),
            responses((status = 200, body = ReportAnswer), (status = 400, description = "bad_request"),
                (status = 422, description = "report_too_large")))]
        async fn $name(
            State(state): State<AppState>,
            principal: Principal,
            headers: HeaderMap,
            InQuery(pairs): Pairs,
        ) -> Result<Response, ReportError> {
            let ask = read(pairs, &[$($more),*])?;
            let mut desk = Desk::open(&state, &principal).await?;
            let table = reports::$name(&mut desk, &ask).await?;
            drop(desk);
            answer(table, &ask, &headers).await
        }
    };
}

report! {
    /// What all work and expenses cost: per visit, customer, contract, requester, engineer, or by whatever `group_by` says.
    cost, Cost, "/api/v1/reports/cost",
    ["customer", "engineer", "category", "coverage", "cause", "requester_role", "review", "group_by"]
}
report! {
    /// Uncovered work and expenses, at cost and at list price.
    given_away, GivenAway, "/api/v1/reports/given-away",
    ["customer", "engineer", "category", "cause", "requester_role", "review", "group_by"]
}
report! {
    /// Fees recognised per day against the cost of all visits, per customer or (`group_by=contract`) per contract.
    profitability, Profitability, "/api/v1/reports/profitability", ["customer", "group_by"]
}
report! {
    /// Margin against what direct labour should bring. With `labour_minor` or `margin_minor` (and `currency`): what if.
    break_even, BreakEven, "/api/v1/reports/break-even",
    ["customer", "target_permille", "labour_minor", "margin_minor", "headcount", "currency"]
}
report! {
    /// Problems that came again, with their root causes.
    repeat_problems, RepeatProblems, "/api/v1/reports/repeat-problems", ["customer", "least"]
}
report! {
    /// Support that was promised and not bought, from a day (today) and twelve months ahead.
    vendor_gaps, VendorGaps, "/api/v1/reports/vendor-gaps", ["customer"]
}
report! {
    /// How often customers asked for what is their own work.
    own_work, OwnWork, "/api/v1/reports/own-work", ["customer"]
}
report! {
    /// What of a customer's uncovered work another package and other extra items would have covered.
    what_if, WhatIf, "/api/v1/reports/what-if", ["customer", "package", "extras", "contract"]
}
