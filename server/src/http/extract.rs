//! Extractors whose refusals are problem documents.

use super::problem::{FieldProblem, Problem};
use crate::auth::Principal;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, SocketAddr};

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(json_problem(&rejection)),
        }
    }
}

fn json_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonSyntaxError(e) => Problem::new(StatusCode::BAD_REQUEST, "bad_json", innermost(e)),
        JsonRejection::JsonDataError(e) => {
            let detail = innermost(e);
            // serde_json's path, `a.b[0].c: …`, as far as it is one.
            let pointer = detail.split_once(": ").map_or("", |(path, _)| path);
            let pointer = if pointer.contains(' ') {
                String::new()
            } else {
                format!("/{}", pointer.replace(['.', '['], "/").replace(']', ""))
            };
            let field = FieldProblem { pointer, code: "wrong_form".into(), detail: detail.clone() };
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", detail).with_errors(vec![field])
        }
        other => Problem::of_status(other.status()),
    }
}

fn innermost(e: &dyn std::error::Error) -> String {
    let mut cause = e;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The parameters in the path. What does not parse names nothing, so it is not found.
#[derive(Debug)]
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        found.map(|Path(value)| Self(value)).map_err(|_| Problem::of_status(StatusCode::NOT_FOUND))
    }
}

/// The query.
#[derive(Debug)]
pub struct InQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = Query::<T>::from_request_parts(parts, state).await;
        found
            .map(|Query(value)| Self(value))
            .map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad_request", innermost(&e)))
    }
}

/// The address of who is connected, where there is one (a test without a socket has none).
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The guard put it there; on a public route there is nobody.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::of_status(StatusCode::UNAUTHORIZED))
    }
}
