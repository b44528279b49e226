//! What the office reads of the cases: reports, leads, root causes and verdicts, each by whoever reads them.

use countersign_tests::Failure;
use countersign_tests::story::Stage;
use serde_json::{Value, json};
use sim_phone::http::Api;
use std::time::{Duration, Instant};
use sync_core::ids::VisitId;

/// How long the server may take to judge again.
const PATIENCE: Duration = Duration::from_secs(30);

/// A report as `login` gets it: `given-away?from=…`.
pub(super) fn report(stage: &Stage, login: &str, question: &str) -> Result<Value, Failure> {
    Ok(stage.manager(login)?.get(&format!("/api/v1/reports/{question}"))?.ok()?)
}

/// Everything on the first page of a list.
pub(super) fn items(api: &Api, path: &str) -> Result<Vec<Value>, Failure> {
    let page = api.get(&format!("/api/v1/{path}"))?.ok()?;
    Ok(page["items"].as_array().ok_or("a list without items")?.clone())
}

/// The record of this kind with this code.
pub(super) fn record(api: &Api, kind: &str, code: &str) -> Result<Value, Failure> {
    let found = items(api, &format!("{kind}?limit=500"))?.into_iter().find(|r| r["code"] == code);
    found.ok_or_else(|| format!("no {code} among {kind}").into())
}

/// The id of the customer with this code.
pub(super) fn customer(stage: &Stage, code: &str) -> Result<String, Failure> {
    let record = record(&stage.manager("chen.zong")?, "customers", code)?;
    Ok(record["id"].as_str().ok_or("a customer without an id")?.to_owned())
}

/// A report's only row.
#[track_caller]
pub(super) fn only(report: &Value) -> &Value {
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(1), "{report}");
    &report["rows"][0]
}

/// What these columns of a row hold, in minor units, milliseconds or pieces.
pub(super) fn figures<const N: usize>(row: &Value, columns: [&str; N]) -> [i64; N] {
    columns.map(|column| row[column].as_i64().unwrap_or(i64::MIN))
}

/// An administrator, added while the server runs.
pub(super) fn administrator(stage: &Stage) -> Result<Api, Failure> {
    let company = &stage.company;
    let file = company.server.data().join("administrator.json");
    let user = json!({
        "login": "guan.liyuan", "name": "管理员", "roles": ["admin"], "password": countersign_tests::PASSWORD,
        "must_change_password": false,
    });
    std::fs::write(&file, json!({ "users": [user] }).to_string())?;
    company.server.run_command(&["import", &file.to_string_lossy()])?;
    company.login("guan.liyuan")
}

/// The visit's verdicts, once there are `count` of them.
pub(super) fn verdicts(api: &Api, visit: VisitId, count: usize) -> Result<Vec<Value>, Failure> {
    let since = Instant::now();
    loop {
        let found = items(api, &format!("visits/{visit}/verdicts"))?;
        if found.len() >= count {
            return Ok(found);
        }
        if since.elapsed() > PATIENCE {
            return Err(format!("{} verdicts after {} s: {found:?}", found.len(), PATIENCE.as_secs()).into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
