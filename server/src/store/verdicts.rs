//! How verdicts came about, those that were replaced, and where a phone's own verdict differed.

use super::bulk::{Bulk, Kind, ids_json};
use super::{Sql, StoreError, Tx};
use crate::{db_all, with_ids};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sync_core::coverage::Verdict;
use uuid::Uuid;

/// Why a visit was judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// Phones brought something for it.
    #[default]
    Merge,
    /// Another visit changed, and it uses up what this one may use, repeats its problem, or is by the same engineer.
    Visit,
    /// Reference data were entered or corrected.
    Reference,
    /// An administrator asked for it.
    Manual,
    /// The rules by which this program judges are newer.
    Upgrade,
}

/// What made the server judge a visit, and who stood behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Why.
    pub kind: CauseKind,
    /// Who: the engineer whose phone brought it, who entered the record, who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// The phone that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Uuid>,
    /// The other visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Uuid>,
    /// The record: its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The record: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_id: Option<Uuid>,
    /// The record: its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The record's position in its history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Why an administrator asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejudgement: Option<Uuid>,
}

impl Cause {
    /// As it is stored.
    pub fn json(&self) -> String {
        // Plain data with text keys always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// How a verdict came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judging {
    /// Its number among the verdicts of its visit, from 1.
    pub no: i64,
    /// When, milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Why, and by whom.
    #[serde(flatten)]
    pub cause: Cause,
}

impl Judging {
    /// Of a verdict that an earlier version of the program reached: all that is known is when it was stored.
    pub fn unknown(at_ms: i64) -> Self {
        Self { no: 1, at_ms, cause: Cause::default() }
    }

    /// As it is stored.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The verdict that a visit has, as text: it is read away from the async workers.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StandingRow {
    /// The visit.
    pub id: Uuid,
    /// The verdict, JSON.
    pub verdict: String,
    /// How it came about.
    pub judged: Option<Json<Judging>>,
    /// When the visit's row was last written.
    pub updated_ms: i64,
}

/// A verdict and how it came about.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VerdictRow {
    /// How it came about.
    pub judged: Option<Json<Judging>>,
    /// When it was stored.
    pub at_ms: i64,
    /// The verdict.
    pub verdict: Json<Verdict>,
}

/// A phone's verdict that differed from the server's.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AdviceRow {
    /// Whose.
    pub device_id: Uuid,
    /// When it came.
    pub at_ms: i64,
    /// What the phone said.
    pub said: Json<Spoken>,
    /// What the server said then.
    pub judged: Json<Spoken>,
}

/// A verdict in short, as phone and server compare it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Spoken {
    /// The version of the reference data.
    pub reference_version: u64,
    /// `covered`, `not_covered` or `needs_decision`.
    pub coverage: String,
    /// The same for each work item that counts, in the order of their ids.
    pub items: Vec<String>,
    /// Codes of the flags.
    pub flags: Vec<String>,
}

/// Verdicts that were replaced.
pub static REPLACED: Bulk = Bulk::new(
    "verdicts",
    &[
        ("visit_id", Kind::Uuid),
        ("no", Kind::Int),
        ("at_ms", Kind::Int),
        ("judged", Kind::Json),
        ("reference_version", Kind::Int),
        ("coverage", Kind::Text),
        ("verdict", Kind::Json),
    ],
    "",
);

/// Phones' verdicts that differ.
pub static ADVICE: Bulk = Bulk::new(
    "advice",
    &[
        ("visit_id", Kind::Uuid),
        ("device_id", Kind::Uuid),
        ("at_ms", Kind::Int),
        ("reference_version", Kind::Int),
        ("said", Kind::Json),
        ("judged", Kind::Json),
    ],
    "ON CONFLICT (visit_id, device_id) DO UPDATE SET at_ms = excluded.at_ms, \
     reference_version = excluded.reference_version, said = excluded.said, judged = excluded.judged",
);

const STANDING: Sql = Sql {
    sqlite: "SELECT id, verdict, judged, updated_ms FROM visits \
             WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
    postgres: "SELECT id, verdict::text AS verdict, judged, updated_ms FROM visits \
               WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb))",
};
const HISTORY: &str = "SELECT judged, at_ms, verdict FROM verdicts WHERE visit_id = $1 ORDER BY no";
const NEWEST: &str = "SELECT judged, updated_ms AS at_ms, verdict FROM visits WHERE id = $1";
const ADVICE_OF: &str =
    "SELECT device_id, at_ms, said, judged FROM advice WHERE visit_id = $1 ORDER BY at_ms, device_id";
const DELETE_ADVICE: Sql = Sql {
    sqlite: "DELETE FROM advice WHERE (visit_id, device_id) IN \
             (SELECT unhex(value->>0, '-'), unhex(value->>1, '-') FROM json_each($1))",
    postgres: "DELETE FROM advice WHERE (visit_id, device_id) IN \
               (SELECT (value->>0)::uuid, (value->>1)::uuid FROM jsonb_array_elements($1::jsonb))",
};
const NAMES: Sql = with_ids!("SELECT id, name FROM users WHERE id IN ", " ORDER BY id");

/// The verdicts that visits have.
///
/// # Errors
/// When the database refuses.
pub async fn standing(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<StandingRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    db_all!(StandingRow, tx, STANDING, ids_json(ids.iter().copied()))
}

/// Every verdict of a visit, the one that counts last.
///
/// # Errors
/// When the database refuses.
pub async fn history(tx: &mut Tx, visit: Uuid) -> Result<Vec<VerdictRow>, StoreError> {
    let mut rows = db_all!(VerdictRow, tx, HISTORY, visit)?;
    rows.extend(db_all!(VerdictRow, tx, NEWEST, visit)?);
    Ok(rows)
}

/// The verdict of a visit that counts.
///
/// # Errors
/// When the database refuses.
pub async fn present(tx: &mut Tx, visit: Uuid) -> Result<Option<VerdictRow>, StoreError> {
    crate::db_optional!(VerdictRow, tx, NEWEST, visit)
}

/// Where phones judged a visit otherwise.
///
/// # Errors
/// When the database refuses.
pub async fn advice(tx: &mut Tx, visit: Uuid) -> Result<Vec<AdviceRow>, StoreError> {
    db_all!(AdviceRow, tx, ADVICE_OF, visit)
}

/// Forgets what these devices said of these visits, as (visit, device): they say something else now.
///
/// # Errors
/// When the database refuses.
pub async fn forget_advice(tx: &mut Tx, which: &[(Uuid, Uuid)]) -> Result<(), StoreError> {
    if which.is_empty() {
        return Ok(());
    }
    crate::db_execute!(tx, DELETE_ADVICE, Json(which)).map(|_| ())
}

/// Names of people with a log-in, by id.
///
/// # Errors
/// When the database refuses.
pub async fn names(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, StoreError> {
    db_all!((Uuid, String), tx, NAMES, ids_json(ids.iter().copied()))
}
