//! The table of all routes: method, path, who may, and the documentation, in one entry each. The router is built from
//! it and from nothing else, so a route without an access rule cannot exist.

use super::guard::{Access, guard};
use super::{openapi, routes};
use crate::state::AppState;
use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, SecurityRequirement};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// One route as [`route_table`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path, with `{names}` of its parameters.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// One route on its way into the router.
pub struct Entry {
    access: Access,
    item: UtoipaMethodRouter<AppState>,
}

impl Entry {
    /// `Entry::new(Access::…, routes!(handler))`, with one handler that has `#[utoipa::path]`.
    pub fn new(access: Access, item: UtoipaMethodRouter<AppState>) -> Self {
        Self { access, item }
    }

    /// With a limit of its own for the body, in bytes.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.item.2 = self.item.2.layer(axum::extract::DefaultBodyLimit::max(bytes));
        self
    }

    fn infos(&self) -> Vec<RouteInfo> {
        let info = |path: &str, method| RouteInfo { method, path: path.to_owned(), access: self.access };
        let paths = &self.item.1.paths;
        paths.iter().flat_map(|(path, item)| methods(item).map(move |m| info(path, m))).collect()
    }
}

/// All routes. Each module under `routes` has its own part.
fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    entries.extend(routes::health::routes());
    entries.extend(routes::auth::routes());
    entries.extend(routes::devices::routes());
    entries.extend(routes::users::routes());
    entries.extend(routes::reference::routes());
    entries.extend(routes::import::routes());
    entries.extend(routes::export::routes());
    entries.extend(routes::app::routes());
    entries.extend(routes::sync::routes());
    entries.extend(routes::page::routes());
    entries.extend(routes::visits::routes());
    entries.extend(routes::quarantine::routes());
    entries.extend(routes::receipts::routes());
    entries.extend(routes::mails::routes());
    entries.extend(routes::disputes::routes());
    entries.extend(routes::reports::routes());
    entries.extend(routes::leads::routes());
    entries.extend(routes::root_causes::routes());
    entries.extend(routes::rejudgements::routes());
    entries
}

/// Every route with its access.
pub fn route_table() -> Vec<RouteInfo> {
    entries().iter().flat_map(Entry::infos).collect()
}

/// The API's description.
pub fn openapi() -> OpenApi {
    let mut router: OpenApiRouter<AppState> = OpenApiRouter::with_openapi(openapi::head());
    for entry in entries() {
        let documented = Entry { item: (entry.item.0, document(entry.item.1, entry.access), entry.item.2), ..entry };
        router = router.routes(documented.item);
    }
    router.into_openapi()
}

/// The router, each route behind its guard.
pub fn build(state: &AppState) -> (Router, OpenApi) {
    let mut router: OpenApiRouter<AppState> = OpenApiRouter::with_openapi(openapi::head());
    for Entry { access, item: (schemas, paths, methods) } in entries() {
        let guarded = methods.route_layer(from_fn_with_state((state.clone(), access), guard));
        router = router.routes((schemas, document(paths, access), guarded));
    }
    let (router, api) = router.split_for_parts();
    (router.with_state(state.clone()), api)
}

/// Adds to the documentation what the table knows: who may, and with what.
fn document(mut paths: utoipa::openapi::Paths, access: Access) -> utoipa::openapi::Paths {
    for item in paths.paths.values_mut() {
        for operation in operations(item) {
            let text = operation.description.take().unwrap_or_default();
            operation.description = Some(format!("{text}\n\nFor: {access}.").trim().to_owned());
            if access != Access::Public {
                operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
            }
            openapi::add_problem(operation);
        }
    }
    paths
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn methods(item: &PathItem) -> impl Iterator<Item = Method> {
    [
        (&item.get, Method::GET),
        (&item.put, Method::PUT),
        (&item.post, Method::POST),
        (&item.delete, Method::DELETE),
        (&item.patch, Method::PATCH),
    ]
    .into_iter()
    .filter_map(|(operation, method)| operation.as_ref().map(|_| method))
}
