//! One route: its handler with its documentation, and who may use it.

use super::guard::{Access, guard};
use super::openapi;
use crate::state::AppState;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::SecurityRequirement;
use utoipa::openapi::path::{Operation, PathItem, Paths};
use utoipa_axum::router::UtoipaMethodRouter;

/// One route, without its handler.
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

    /// What it is, by method and path.
    pub(super) fn infos(&self) -> Vec<RouteInfo> {
        let info = |path: &str, method| RouteInfo { method, path: path.to_owned(), access: self.access };
        let paths = &self.item.1.paths;
        paths.iter().flat_map(|(path, item)| methods(item).map(move |m| info(path, m))).collect()
    }

    /// Its documentation with what the table knows: who may, and with what.
    pub(super) fn documented(self) -> UtoipaMethodRouter<AppState> {
        let (schemas, paths, methods) = self.item;
        (schemas, document(paths, self.access), methods)
    }

    /// The same behind its guard.
    pub(super) fn guarded(mut self, state: &AppState) -> UtoipaMethodRouter<AppState> {
        self.item.2 = self.item.2.route_layer(from_fn_with_state((state.clone(), self.access), guard));
        self.documented()
    }
}

fn document(mut paths: Paths, access: Access) -> Paths {
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
    let PathItem { get, put, post, delete, patch, head, .. } = item;
    [get, put, post, delete, patch, head].into_iter().flatten()
}

fn methods(item: &PathItem) -> impl Iterator<Item = Method> {
    [
        (&item.get, Method::GET),
        (&item.put, Method::PUT),
        (&item.post, Method::POST),
        (&item.delete, Method::DELETE),
        (&item.patch, Method::PATCH),
        (&item.head, Method::HEAD),
    ]
    .into_iter()
    .filter_map(|(operation, method)| operation.as_ref().map(|_| method))
}
