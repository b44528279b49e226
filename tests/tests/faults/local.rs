//! A server in this process, without a socket: its clock can be set, and devices can have the same ids on several.

use super::ground::Ground;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use countersign::config::Config;
use countersign::state::AppState;
use countersign::store::sqlx::types::Json;
use countersign::store::{devices, reference, users};
use countersign_tests::{Company, Failure};
use sim_phone::{Clock, Link, LinkError, Seeded, SimPhone};
use sync_core::crypto::SoftwareKey;
use sync_core::env::Entropy as _;
use sync_core::ids::{DeviceId, UserId};
use sync_core::phone::Identity;
use sync_core::reference::{Record, Role};
use tower::ServiceExt as _;

/// The demo company's people and reference data, to be put into any number of databases with the same ids.
pub(crate) struct Template {
    users: Vec<users::UserRow>,
    records: Vec<Record>,
}

impl Template {
    pub(crate) fn new() -> Result<Self, Failure> {
        let ground = Ground::sqlite()?;
        Company::found(ground.server("data")?)?.server.stop()?;
        ground.runtime.block_on(async {
            let db = countersign::store::Db::open(&ground.url).await?;
            let mut tx = db.read().await?;
            let users = users::list(&mut tx, uuid::Uuid::nil(), 1000).await?;
            let rows = reference::delta(&mut tx, 0, 1000).await?;
            Ok(Self { users, records: rows.into_iter().map(|r| r.body.0).collect() })
        })
    }

    pub(crate) fn user(&self, login: &str) -> Result<&users::UserRow, Failure> {
        self.users.iter().find(|u| u.login == login).ok_or_else(|| format!("no user {login}").into())
    }

    /// A phone of `login`, not yet known to any server.
    pub(crate) fn phone(
        &self,
        login: &str,
        seed: u64,
        wall_ms: i64,
    ) -> Result<(SimPhone, devices::DeviceRow), Failure> {
        let user = self.user(login)?;
        let mut rng = Seeded::new(seed);
        let (mut secret, mut id) = ([0u8; 32], [0u8; 16]);
        rng.fill(&mut secret);
        rng.fill(&mut id);
        let key = SoftwareKey::from_seed(secret);
        let public = key.public();
        let row = devices::DeviceRow {
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            user_id: user.id,
            name: format!("{login} {seed}"),
            alg: public.alg.as_str().to_owned(),
            public_key: public.key.clone(),
            enrolled_ms: wall_ms,
            revoked_ms: None,
            last_seen_ms: None,
        };
        let identity =
            Identity { device: DeviceId(row.id), user: UserId(user.id), name: user.name.clone(), key: public };
        let clock = Clock::at(wall_ms, &mut rng);
        Ok((SimPhone::new(identity, key, clock, rng), row))
    }
}

/// A server in this process.
pub(crate) struct Local<'g> {
    pub(crate) ground: &'g Ground,
    pub(crate) state: AppState,
    router: Router,
}

/// What it answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The stable code of a problem document; empty when it is none.
    pub(crate) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.get("code").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    }
}

impl<'g> Local<'g> {
    /// A server on `ground`, with the template's people and reference data and these devices.
    pub(crate) fn open(ground: &'g Ground, company: &Template, phones: &[devices::DeviceRow]) -> Result<Self, Failure> {
        let mut config = Config::embedded(&ground.path("local"));
        config.database_url.clone_from(&ground.url);
        config.keys_dir = ground.path("keys");
        let state = ground.runtime.block_on(async {
            let state = AppState::open(config, "http://test.example").await.map_err(|e| e.to_string())?;
            let mut tx = state.db.begin().await?;
            for user in &company.users {
                users::add(&mut tx, user).await?;
            }
            for phone in phones {
                devices::add(&mut tx, phone).await?;
            }
            reference::put(&mut tx, &company.records, None, 0).await?;
            tx.commit().await?;
            Ok::<_, Failure>(state)
        })?;
        let router = {
            let _in_runtime = ground.runtime.enter();
            countersign::http::router(&state)
        };
        Ok(Self { ground, state, router })
    }

    /// Sets the server's clock.
    pub(crate) fn set_clock(&self, now_ms: i64) {
        self.state.clock.advance(now_ms - self.state.clock.now_ms());
    }

    /// An access token for a phone.
    pub(crate) fn token(&self, phone: &SimPhone) -> Result<String, Failure> {
        let who = phone.phone.identity();
        Ok(self.state.tokens.issue(who.user, &[Role::Engineer], Some(who.device)).map_err(|e| e.to_string())?)
    }

    /// `POST /api/v1/sync` with these headers.
    pub(crate) fn post(&self, token: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, Failure> {
        let mut request = Request::post("/api/v1/sync").header(header::CONTENT_TYPE, "application/cbor");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_vec()))?;
        self.ground.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await?;
            let status = response.status().as_u16();
            Ok(Answer { status, body: to_bytes(response.into_body(), usize::MAX).await?.to_vec() })
        })
    }

    /// A good link for a phone.
    pub(crate) fn link(&self, phone: &SimPhone) -> Result<LocalLink<'_>, Failure> {
        Ok(LocalLink { local: self, token: self.token(phone)? })
    }

    /// Projections that must be the same on every database with the same changes, as text.
    pub(crate) fn projection(&self) -> Result<Vec<String>, Failure> {
        type Visit = (
            uuid::Uuid,
            Option<uuid::Uuid>,
            String,
            Option<uuid::Uuid>,
            String,
            i64,
            Option<i64>,
            i64,
            Option<String>,
            String,
            i64,
            Json<serde_json::Value>,
            i64,
        );
        type Flag = (uuid::Uuid, String, String, Option<uuid::Uuid>, Json<serde_json::Value>);
        type Span = (uuid::Uuid, uuid::Uuid, uuid::Uuid, Option<uuid::Uuid>, String, i64, i64);
        const VISITS: &str = "SELECT id, customer_id, customer_name, work_order_id, mode, began_ms, ended_ms, labour_s, \
                              sign_off, coverage, reference_version, verdict, conflicts FROM visits";
        const SPANS: &str = "SELECT visit_id, entry_id, user_id, customer_id, kind, from_ms, until_ms FROM spans";
        self.ground.runtime.block_on(async {
            let tx = &mut self.state.db.read().await?;
            let mut lines = Vec::new();
            for v in countersign::db_all!(Visit, tx, VISITS)? {
                let verdict = sync_core::canonical::to_canonical_json(&v.11.0)?;
                lines.push(format!(
                    "visit {:?} {verdict}",
                    (v.0, v.1, v.2, v.3, v.4, v.5, v.6, v.7, v.8, v.9, v.10, v.12)
                ));
            }
            for f in countersign::db_all!(Flag, tx, "SELECT visit_id, code, severity, item, message FROM flags")? {
                let message = sync_core::canonical::to_canonical_json(&f.4.0)?;
                lines.push(format!("flag {:?} {message}", (f.0, f.1, f.2, f.3)));
            }
            for s in countersign::db_all!(Span, tx, SPANS)? {
                lines.push(format!("span {s:?}"));
            }
            let crew = "SELECT visit_id, user_id FROM visit_engineers";
            for e in countersign::db_all!((uuid::Uuid, uuid::Uuid), tx, crew)? {
                lines.push(format!("engineer {e:?}"));
            }
            lines.sort();
            Ok(lines)
        })
    }
}

/// A link to a server in this process.
pub(crate) struct LocalLink<'l> {
    local: &'l Local<'l>,
    token: String,
}

impl Link for LocalLink<'_> {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        let answer = self.local.post(&self.token, &[], request).map_err(|e| LinkError::Unreachable(e.to_string()))?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(LinkError::Refused { status, code: answer.code(), detail: String::new() }),
        }
    }
}
