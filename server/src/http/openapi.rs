//! The frame of the OpenAPI description: what is said once for all routes.

use super::problem::{FieldProblem, ProblemDocument};
use std::sync::Arc;
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};

/// The finished description, on its way to the route that hands it out.
#[derive(Clone)]
pub struct Described(pub Arc<OpenApi>);

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Countersign",
        description = "The on-site service record that holds up afterwards. Refusals are problem documents (RFC 9457) \
                       with a stable `code`. Instants are milliseconds since 1970 UTC."
    ),
    components(schemas(ProblemDocument, FieldProblem))
)]
struct Head;

/// The description without any route.
pub fn head() -> OpenApi {
    let mut api = Head::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    api.components
        .get_or_insert_default()
        .security_schemes
        .insert("bearer".into(), SecurityScheme::Http(bearer).into());
    api
}

/// Every operation can be refused in one form.
pub fn add_problem(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description("Refused").content("application/problem+json", content).build();
    operation.responses.responses.entry("default".into()).or_insert(response.into());
}
