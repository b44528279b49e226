//! Leads (商机): uncovered work as something to sell. They open and void themselves with the verdicts (see `money`); here
//! they are read and decided about.
//!
//! Account managers see and decide about those of their customers; leadership and administrators see all, and
//! administrators decide.

use crate::auth::Principal;
use crate::state::AppState;
use crate::store::leads::{self as rows, LeadFilter, LeadRow, ValueRow};
use crate::store::{StoreError, Tx, audit};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use sync_core::document::facts::Category;
use sync_core::ids::CustomerId;
use sync_core::money;
use sync_core::reference::{Reference, Role};
use sync_core::time::days::{TimeZone, day_of, day_start_ms, zone};
use uuid::Uuid;

/// Who sees leads.
pub const READERS: &[Role] = &[Role::AccountManager, Role::Leadership, Role::Admin];
/// Who decides about them.
pub const DECIDERS: &[Role] = &[Role::AccountManager, Role::Admin];
/// Longest reason, in characters.
pub const MAX_REASON: usize = 2000;

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LeadOutcome)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Sold.
    Won,
    /// Not to be sold.
    Lost,
    /// Not now: it returns on a day.
    Postponed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Postponed => "postponed",
        }
    }
}

/// What a lead is worth in one currency, by the cost lines of this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = LeadValue)]
pub struct Value {
    /// ISO 4217; absent for time and expenses without a price.
    pub currency: Option<String>,
    /// At cost, minor units.
    pub cost_minor: Option<i64>,
    /// At list price, minor units.
    pub list_minor: Option<i64>,
    /// Milliseconds of labour and travel.
    pub ms: i64,
    /// Of them, without a price.
    pub unpriced_ms: i64,
}

impl From<ValueRow> for Value {
    fn from(v: ValueRow) -> Self {
        let ValueRow { currency, cost_minor, list_minor, ms, unpriced_ms, .. } = v;
        Self { currency, cost_minor, list_minor, ms, unpriced_ms }
    }
}

/// The clause that would have covered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OfferAnswer {
    /// The package's code; absent for an extra item, which is sold beside any package.
    pub package: Option<String>,
    /// The package's name.
    pub package_name: String,
    /// Its name in English.
    pub package_name_en: String,
    /// The clause's number.
    pub clause: String,
    /// Its wording.
    pub text: String,
    /// Its wording in English.
    pub text_en: String,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Lead {
    /// Its id.
    pub id: Uuid,
    /// The customer.
    pub customer: Uuid,
    /// Its name.
    pub customer_name: String,
    /// The customer's account manager of today.
    pub account_manager: Option<Uuid>,
    /// The service category that nothing covered.
    pub category: String,
    /// `open` (postponed ones that are due among them), `postponed`, `won`, `lost` or `void` (its work is covered now).
    pub state: String,
    /// When it was opened.
    pub opened_ms: i64,
    /// What it is worth, by currency.
    pub value: Vec<Value>,
    /// How many visits are in it.
    pub visits: usize,
    /// Which clause would have covered it, where one is known.
    pub offer: Option<OfferAnswer>,
    /// Why it was decided like that.
    pub reason: String,
    /// Until which day it was postponed.
    pub due: Option<String>,
    /// Who decided.
    pub decided_by: Option<Uuid>,
    /// When.
    pub decided_ms: Option<i64>,
    /// To be sent with a decision.
    pub version: i64,
}

/// Something that was done to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TrailStep)]
pub struct Step {
    /// When.
    pub at_ms: i64,
    /// Who; absent: the server itself.
    pub user: Option<Uuid>,
    /// Their name.
    pub user_name: Option<String>,
    /// What, such as `lead.won`.
    pub action: String,
    /// More about it.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

/// A lead with its visits and its trail.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LeadDossier {
    /// The lead.
    #[serde(flatten)]
    pub lead: Lead,
    /// The visits whose uncovered work is in it.
    pub visit_ids: Vec<Uuid>,
    /// What was done to it, the oldest first.
    pub trail: Vec<Step>,
}

/// A decision.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = LeadDecision)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What.
    pub outcome: Outcome,
    /// Why, 1 to 2000 characters.
    pub reason: String,
    /// The day on which a postponed lead returns, at the customer's; only and always with `postponed`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub due: Option<Date>,
    /// The version that was looked at.
    pub version: i64,
}

/// Why a decision was not taken. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LeadError {
    /// No such lead, or not the reader's.
    #[error("there is no such lead")]
    Unknown,
    /// A field is wrong: pointer and what is wrong.
    #[error("{1}")]
    Field(&'static str, String),
    /// It changed since.
    #[error("the lead changed: it has version {0} now; look at it again")]
    Version(i64),
    /// It is won, lost or void.
    #[error("this lead is closed")]
    Closed,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The customers whose leads `principal` sees; `None`: all.
pub fn scope(principal: &Principal, known: &Reference) -> Option<Vec<Uuid>> {
    if principal.has_any(&[Role::Admin, Role::Leadership]) {
        return None;
    }
    let theirs = known.customers.values().filter(|c| c.account_manager == principal.user);
    Some(theirs.map(|c| c.id.0).collect())
}

/// Whether `principal` may decide about a customer's leads.
fn may_decide(principal: &Principal, known: &Reference, customer: Uuid) -> bool {
    let own = known.customers.get(&CustomerId(customer)).is_some_and(|c| c.account_manager == principal.user);
    principal.has(Role::Admin) || (principal.has(Role::AccountManager) && own)
}

/// Leads with their values.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, known: &Reference, filter: &LeadFilter) -> Result<Vec<Lead>, StoreError> {
    let found = rows::list(tx, filter).await?;
    told(tx, known, found, filter.now_ms).await
}

async fn told(tx: &mut Tx, known: &Reference, found: Vec<LeadRow>, now_ms: i64) -> Result<Vec<Lead>, StoreError> {
    let ids: Vec<Uuid> = found.iter().map(|l| l.id).collect();
    let mut values: HashMap<Uuid, Vec<Value>> = HashMap::new();
    for row in rows::values(tx, &ids).await? {
        values.entry(row.lead_id).or_default().push(row.into());
    }
    let mut visits: HashMap<Uuid, usize> = HashMap::new();
    for (lead, _) in rows::visits(tx, &ids).await? {
        *visits.entry(lead).or_default() += 1;
    }
    let made = found.into_iter().map(|row| {
        let (value, visits) = (values.remove(&row.id).unwrap_or_default(), visits.get(&row.id).copied().unwrap_or(0));
        lead(known, row, value, visits, now_ms)
    });
    Ok(made.collect())
}

fn lead(known: &Reference, row: LeadRow, value: Vec<Value>, visits: usize, now_ms: i64) -> Lead {
    let customer = known.customers.get(&CustomerId(row.customer_id));
    let tz = customer.and_then(|c| zone(&c.time_zone).ok()).unwrap_or(TimeZone::UTC);
    let today = day_of(now_ms, &tz).ok();
    let offer = Category::parse(&row.category).zip(today).and_then(|(c, today)| money::offer(known, c, today));
    let is_due = row.state == "postponed" && row.due_ms.is_some_and(|due| due <= now_ms);
    Lead {
        id: row.id,
        customer: row.customer_id,
        customer_name: customer.map_or_else(String::new, |c| c.name.clone()),
        account_manager: customer.map(|c| c.account_manager.0),
        category: row.category,
        state: if is_due { "open".to_owned() } else { row.state },
        opened_ms: row.opened_ms,
        value,
        visits,
        offer: offer.map(|o| OfferAnswer {
            package: o.package,
            package_name: o.package_name.0,
            package_name_en: o.package_name.1,
            clause: o.clause,
            text: o.text.0,
            text_en: o.text.1,
        }),
        reason: row.reason,
        due: row.due,
        decided_by: row.decided_by,
        decided_ms: row.decided_ms,
        version: row.version,
    }
}

/// One lead.
///
/// # Errors
/// See [`LeadError`].
pub async fn one(state: &AppState, principal: &Principal, id: Uuid) -> Result<LeadDossier, LeadError> {
    let mut tx = state.db.read().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let filter = LeadFilter {
        scope: scope(principal, &known),
        one: Some(id),
        now_ms: state.clock.now_ms(),
        limit: 1,
        ..LeadFilter::default()
    };
    let lead = list(&mut tx, &known, &filter).await?.pop().ok_or(LeadError::Unknown)?;
    let visit_ids = rows::visits(&mut tx, &[id]).await?.into_iter().map(|(_, visit)| visit).collect();
    Ok(LeadDossier { lead, visit_ids, trail: trail(&mut tx, &format!("lead/{id}")).await? })
}

/// What was done to one thing.
///
/// # Errors
/// When the database refuses.
pub async fn trail(tx: &mut Tx, subject: &str) -> Result<Vec<Step>, StoreError> {
    let steps = rows::trail(tx, subject).await?.into_iter().map(|t| Step {
        at_ms: t.at_ms,
        user: t.user_id,
        user_name: t.user_name,
        action: t.action,
        detail: t.detail.0,
    });
    Ok(steps.collect())
}

/// A text that a person wrote: trimmed, 1 to [`MAX_REASON`] characters.
pub(crate) fn written<'a>(pointer: &'static str, text: &'a str) -> Result<&'a str, (&'static str, String)> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_REASON || text.contains('\0') {
        return Err((pointer, format!("1 to {MAX_REASON} characters are needed")));
    }
    Ok(text)
}

/// Decides about a lead, in one transaction with its entry in the audit trail, which keeps the value of that moment.
///
/// # Errors
/// See [`LeadError`].
pub async fn decide(
    state: &AppState,
    principal: &Principal,
    id: Uuid,
    decision: &Decision,
) -> Result<LeadDossier, LeadError> {
    let reason = written("/reason", &decision.reason).map_err(|(at, text)| LeadError::Field(at, text))?;
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin().await?;
    let known = state.reference.refresh(&mut tx).await?;
    let mut row = rows::lock(&mut tx, id).await?.ok_or(LeadError::Unknown)?;
    if !may_decide(principal, &known, row.customer_id) {
        return Err(LeadError::Unknown);
    }
    if !matches!(row.state.as_str(), "open" | "postponed") {
        return Err(LeadError::Closed);
    }
    if row.version != decision.version {
        return Err(LeadError::Version(row.version));
    }
    (row.due, row.due_ms) = match (decision.outcome, decision.due) {
        (Outcome::Postponed, Some(due)) => {
            let customer = known.customers.get(&CustomerId(row.customer_id));
            let tz = customer.and_then(|c| zone(&c.time_zone).ok()).unwrap_or(TimeZone::UTC);
            let due_ms = day_start_ms(due, &tz).ok().filter(|ms| *ms > now_ms);
            let due_ms = due_ms.ok_or_else(|| LeadError::Field("/due", "a day to come is needed".to_owned()))?;
            (Some(due.to_string()), Some(due_ms))
        }
        (Outcome::Postponed, None) => return Err(LeadError::Field("/due", "a day is needed".to_owned())),
        (_, Some(_)) => return Err(LeadError::Field("/due", "only when postponed".to_owned())),
        (_, None) => (None, None),
    };
    let before = row.state.clone();
    row.state = decision.outcome.as_str().to_owned();
    row.reason = reason.to_owned();
    (row.decided_by, row.decided_ms) = (Some(principal.user.0), Some(now_ms));
    if !rows::decide(&mut tx, &row).await? {
        return Err(LeadError::Version(row.version + 1));
    }
    let value: Vec<Value> = rows::values(&mut tx, &[id]).await?.into_iter().map(Value::from).collect();
    let detail = json!({ "before": before, "reason": reason, "due": row.due, "value": value });
    audit::add(&mut tx, now_ms, row.decided_by, &format!("lead.{}", row.state), &format!("lead/{id}"), detail).await?;
    tx.commit().await?;
    one(state, principal, id).await
}
