//! What the server holds, read through its API as a manager's console would.

use super::checks::Checks;
use crate::{Failure, ServerProcess};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sim_phone::http::Api;
use sync_core::document::facts::Lang;
use sync_core::document::view::VisitView;
use sync_core::ids::{FactId, VisitId};

/// A text in both languages.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Words {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// English.
    pub en: String,
}

/// A flag.
#[derive(Clone, Debug, Deserialize)]
pub struct Flag {
    /// Which.
    pub code: String,
    /// How loud.
    pub severity: String,
    /// About which work item.
    pub item: Option<FactId>,
    /// Why.
    pub text: Words,
}

/// A stretch of work with one answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Stretch {
    /// The local date.
    pub day: Option<String>,
    /// Why.
    pub reason: Words,
    /// Each contract that was looked at.
    pub looked_at: Vec<Words>,
}

/// The answer for one work item.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// Which.
    pub item: FactId,
    /// `covered`, `not_covered`, `needs_decision`.
    pub coverage: String,
    /// In order of time.
    pub stretches: Vec<Stretch>,
}

/// The verdict.
#[derive(Clone, Debug, Deserialize)]
pub struct Verdict {
    /// The whole visit's.
    pub coverage: String,
    /// By work item.
    pub items: Vec<Item>,
}

/// One of several values of a field.
#[derive(Clone, Debug, Deserialize)]
pub struct ConflictValue {
    /// The value as text.
    pub value: String,
    /// What its owner calls the device.
    pub device_name: Option<String>,
    /// Who wrote it.
    pub user_name: Option<String>,
}

/// A place where devices disagree.
#[derive(Clone, Debug, Deserialize)]
pub struct Conflict {
    /// Where.
    pub path: String,
    /// Every value, the winner first.
    pub values: Vec<ConflictValue>,
}

/// What a visit's time comes to.
#[derive(Clone, Debug, Deserialize)]
pub struct Totals {
    /// Seconds of labour, the same hour of two counted once.
    pub labour_s: i64,
    /// Seconds by kind, summed over the engineers.
    pub person_s: std::collections::BTreeMap<String, i64>,
}

/// A receipt in a visit's list.
#[derive(Clone, Debug, Deserialize)]
pub struct Issued {
    /// Its number.
    pub number: String,
    /// Which of the visit's.
    pub revision: i64,
    /// The sign-off that it answers.
    pub sign_off: FactId,
}

/// The customer.
#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    /// Its name.
    pub name: String,
}

/// One visit with everything around it.
#[derive(Clone, Debug, Deserialize)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Where.
    pub customer: Customer,
    /// The managers' decision.
    pub review: String,
    /// Everything that is recorded.
    #[serde(rename = "record")]
    pub view: VisitView,
    /// What its time comes to.
    pub totals: Totals,
    /// The verdict.
    pub verdict: Verdict,
    /// What must be looked at.
    pub flags: Vec<Flag>,
    /// Where devices disagree.
    pub conflicts: Vec<Conflict>,
    /// Its receipts.
    pub receipts: Vec<Issued>,
}

/// What the story expects of a visit.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// What it is called.
    pub title: &'static str,
    /// The whole visit's verdict.
    pub coverage: &'static str,
    /// Per work item, in order.
    pub items: &'static [&'static str],
    /// Every flag, sorted; nothing else may be raised.
    pub flags: &'static [&'static str],
    /// How each sign-off with a receipt was answered, by revision.
    pub receipts: &'static [&'static str],
}

impl Expected {
    /// Compares.
    pub fn check(&self, visit: &Visit, checks: &mut Checks) {
        // What stands before the colon is its name.
        let title = self.title.split(':').next().unwrap_or(self.title);
        checks.same(&format!("{title}: verdict"), &visit.verdict.coverage.as_str(), &self.coverage);
        let items: Vec<&str> = visit.verdict.items.iter().map(|i| i.coverage.as_str()).collect();
        checks.same(&format!("{title}: verdict per work item"), &items.as_slice(), &self.items);
        let mut flags: Vec<&str> = visit.flags.iter().map(|f| f.code.as_str()).collect();
        flags.sort_unstable();
        checks.same(&format!("{title}: flags"), &flags.as_slice(), &self.flags);
        let explained = visit.flags.iter().all(|f| !f.text.zh_cn.is_empty() && !f.text.en.is_empty());
        checks.hold(format!("{title}: every flag is explained in both languages"), explained);
        let answers: Vec<&str> = visit
            .receipts
            .iter()
            .filter_map(|r| visit.view.sign_offs.iter().find(|s| s.id == r.sign_off))
            .map(|s| s.value.outcome.as_str())
            .collect();
        checks.same(&format!("{title}: receipts for signatures"), &answers.as_slice(), &self.receipts);
        let in_order = visit.receipts.iter().zip(1..).all(|(receipt, n)| receipt.revision == n);
        checks.hold(format!("{title}: receipts are numbered by revision, from 1"), in_order);
    }
}

impl Visit {
    /// The category and symptom of a work item, in Chinese.
    pub fn item_name(&self, id: FactId) -> String {
        let Some(item) = self.view.items.iter().find(|i| i.id == id) else { return String::new() };
        let category = item
            .category
            .get()
            .map_or_else(String::new, |c| sync_core::message::Message::new(format!("category-{c}")).render(Lang::ZhCn));
        format!("{category}：{}", item.symptom.get().map_or("", String::as_str))
    }
}

/// Every page of a list.
fn list(api: &Api, path: &str) -> Result<Vec<Value>, Failure> {
    let mut items = Vec::new();
    let mut address = format!("{path}?limit=100");
    loop {
        let page = api.get(&address)?.ok()?;
        items.extend(page["items"].as_array().ok_or("a list without items")?.iter().cloned());
        match page["next"].as_str() {
            Some(next) => address = format!("{path}?limit=100&after={next}"),
            None => return Ok(items),
        }
    }
}

fn id_of<T: DeserializeOwned>(item: &Value) -> Result<T, Failure> {
    Ok(serde_json::from_value(item["id"].clone())?)
}

/// Every visit that the server lists.
///
/// # Errors
/// When it does not answer.
pub fn visit_ids(api: &Api) -> Result<Vec<VisitId>, Failure> {
    list(api, "/api/v1/visits")?.iter().map(id_of).collect()
}

/// Every receipt that the server lists.
///
/// # Errors
/// When it does not answer.
pub fn receipt_ids(api: &Api) -> Result<Vec<uuid::Uuid>, Failure> {
    list(api, "/api/v1/receipts")?.iter().map(id_of).collect()
}

/// One visit as the server says it.
///
/// # Errors
/// When it does not answer.
pub fn visit_json(api: &Api, id: VisitId) -> Result<Value, Failure> {
    Ok(api.get(&format!("/api/v1/visits/{id}"))?.ok()?)
}

/// One visit.
///
/// # Errors
/// As [`visit_json`].
pub fn visit(api: &Api, id: VisitId) -> Result<Visit, Failure> {
    Ok(serde_json::from_value(visit_json(api, id)?)?)
}

/// A visit's raw document.
///
/// # Errors
/// When the server does not answer.
pub fn document(api: &Api, id: VisitId) -> Result<Vec<u8>, Failure> {
    Ok(api.get_bytes(&format!("/api/v1/visits/{id}/document"))?)
}

/// How many phones are enrolled, by `countersign device list`.
///
/// # Errors
/// When the command fails.
pub fn phones(server: &ServerProcess) -> Result<u64, Failure> {
    let listed = server.run_command(&["device", "list"])?;
    Ok(listed.lines().filter(|l| l.contains(" phone ")).count() as u64)
}
