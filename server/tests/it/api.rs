//! A server without a socket, and a client for it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use countersign::auth::accounts::{self, Account};
use countersign::config::Config;
use countersign::state::AppState;
use countersign::testing::Fixture;
use serde_json::{Value, json};
use sync_core::document::facts::Lang;
use sync_core::ids::UserId;
use sync_core::reference::Role;
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// What the company's mail server posts with.
pub(crate) const BOUNCE_SECRET: &str = "a secret of the mail server";

pub(crate) struct Api {
    pub(crate) state: AppState,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The stable code of a refusal, after checking its form.
    pub(crate) fn code(&self) -> &str {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.body);
        assert_eq!(self.body["status"], self.status.as_u16());
        assert!(self.body["instance"].is_string() && self.body["title"].is_string());
        self.body["code"].as_str().unwrap()
    }
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.body);
        self.body
    }
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.body);
    }
}

impl Api {
    pub(crate) async fn new(f: &Fixture) -> Self {
        Self::with(f, |_| {}).await
    }

    pub(crate) async fn with(f: &Fixture, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::embedded(&f.dir);
        config.database_url.clone_from(&f.url);
        config.mail.bounce_secret = Some(BOUNCE_SECRET.to_owned());
        change(&mut config);
        let state = AppState::open(config, "http://test").await.unwrap();
        Self { router: countersign::http::router(&state), state }
    }

    pub(crate) async fn user(&self, login: &str, roles: &[Role]) -> UserId {
        let account = Account {
            login: login.into(),
            name: format!("{login} 某"),
            email: None,
            language: Lang::ZhCn,
            roles: roles.to_vec(),
            disabled: false,
        };
        let now = self.state.clock.now_ms();
        accounts::add(&self.state.db, &self.state.passwords, &account, PASSWORD, false, now).await.unwrap()
    }

    pub(crate) async fn login(&self, login: &str) -> Value {
        let body = json!({ "login": login, "password": PASSWORD });
        self.call(Method::POST, "/api/v1/auth/login", None, Some(body)).await.ok()
    }

    /// A user with one role, logged in; returns the access token.
    pub(crate) async fn token(&self, login: &str, role: Role) -> String {
        self.user(login, &[role]).await;
        self.login(login).await["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let (kind, bytes) = body.map_or((None, Vec::new()), |v| (Some("application/json"), v.to_string().into_bytes()));
        self.send(method, path, token, kind, bytes).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(token), Some(body)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        content_type: Option<&str>,
        bytes: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(kind) = content_type {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        self.answer(request.body(Body::from(bytes)).unwrap()).await
    }

    pub(crate) async fn get_if_none_match(&self, path: &str, token: &str, tag: &str) -> Answer {
        let request = Request::builder().uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.answer(request.header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body, bytes: bytes.to_vec() }
    }
}
