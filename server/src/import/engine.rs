//! From rows to records: codes become ids, records are checked against what is known and against each other, and all
//! of them are written in one transaction.

use super::{ImportError, NewPassword, Report, Row, RowError, Source, about_file, json, table};
use crate::auth::accounts::{self, Account};
use crate::auth::passwords::{Passwords, random_password};
use crate::reference::cache::load;
use crate::reference::fields::{self, FieldType, fields};
use crate::reference::validate::validate;
use crate::store::users::{self, UserRow};
use crate::store::{Db, Tx, audit, reference};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use sync_core::document::facts::Lang;
use sync_core::ids::UserId;
use sync_core::reference::{Record, RecordKind, Reference, Role};
use uuid::Uuid;

/// How it is to be done.
pub struct Plan<'a> {
    /// Into which database.
    pub db: &'a Db,
    /// Hashes new users' passwords.
    pub passwords: &'a Passwords,
    /// By whom; nobody on the command line.
    pub by: Option<Uuid>,
    /// What time it is.
    pub now_ms: i64,
    /// Only try.
    pub dry_run: bool,
    /// Told now and then how many rows of how many are done.
    pub progress: &'a (dyn Fn(usize, usize) + Send + Sync),
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}

/// Imports `source`, whole or not at all.
///
/// # Errors
/// See [`ImportError`]; then nothing was written.
pub async fn import(plan: &Plan<'_>, source: Source) -> Result<Report, ImportError> {
    let rows = tokio::task::spawn_blocking(move || read(&source))
        .await
        .map_err(|e| ImportError::Failed(e.to_string()))?
        .map_err(ImportError::rows)?;
    let mut report = Report { dry_run: plan.dry_run, ..Report::default() };
    // Before the transaction: a hash takes long, and the writer's lock is everybody's.
    let mut secrets = secrets(plan, &rows, &mut report).await?;

    let mut tx = plan.db.begin().await?;
    let mut work = Work::new(load(&mut tx).await?);
    let total = rows.len();
    for (done, row) in rows.into_iter().enumerate() {
        if done % 500 == 0 {
            (plan.progress)(done, total);
        }
        if let Some(first) = work.repeated(&row) {
            let code = code_of(&row).unwrap_or_default();
            work.errors.push(row.error(code_field(row.kind), "duplicate_code", format!("{code} stands in {first}")));
        } else if row.kind == RecordKind::Person {
            work.user(&mut tx, plan, &row, &mut secrets, &mut report).await?;
        } else {
            work.record(plan, row, &mut report);
        }
    }
    (plan.progress)(total, total);
    if !work.errors.is_empty() {
        return Err(ImportError::rows(work.errors));
    }
    if plan.dry_run {
        report.passwords.clear();
        tx.rollback().await?;
        return Ok(report);
    }
    if !work.written.is_empty() {
        let detail = json!({ "added": report.added, "changed": report.changed });
        audit::add(&mut tx, plan.now_ms, plan.by, "import", "reference", detail).await?;
        reference::put(&mut tx, &work.written, plan.by, plan.now_ms).await.map_err(|e| {
            if !e.is_unique_violation() {
                return e.into();
            }
            let detail = "two records would have one code: were codes exchanged between records? import them in turn";
            ImportError::rows(vec![about_file("code_taken", detail)])
        })?;
    }
    tx.commit().await?;
    Ok(report)
}

fn read(source: &Source) -> Result<Vec<Row>, Vec<RowError>> {
    match (source.json, source.kind) {
        (true, kind) => json::read(kind, &source.bytes),
        (false, Some(kind)) => table::read(kind, &source.bytes),
        (false, None) => Err(vec![about_file("no_kind", "a table of what? say the kind, such as --kind customers")]),
    }
}

fn code_field(kind: RecordKind) -> &'static str {
    if kind == RecordKind::Person { "login" } else { "code" }
}

fn code_of(row: &Row) -> Option<&str> {
    row.cells.get(code_field(row.kind)).and_then(Value::as_str)
}

/// The password hash of every new user, by login.
async fn secrets(plan: &Plan<'_>, rows: &[Row], report: &mut Report) -> Result<HashMap<String, String>, ImportError> {
    let mut hashes = HashMap::new();
    for row in rows.iter().filter(|row| row.kind == RecordKind::Person) {
        let Some(login) = code_of(row) else { continue };
        let mut tx = plan.db.read().await?;
        let known = users::by_login(&mut tx, login).await?.is_some();
        drop(tx);
        if known || hashes.contains_key(login) {
            continue;
        }
        let password = match row.cells.get("password").and_then(Value::as_str) {
            Some(password) => password.to_owned(),
            None => {
                let password = random_password().map_err(|e| ImportError::Failed(e.to_string()))?;
                report.passwords.push(NewPassword { login: login.to_owned(), password: password.clone() });
                password
            }
        };
        let hash = plan.passwords.hash(&password).await.map_err(|e| match e {
            crate::auth::passwords::PasswordError::Length => {
                ImportError::rows(vec![row.error("password", "bad_password", e.to_string())])
            }
            e => ImportError::Failed(e.to_string()),
        })?;
        hashes.insert(login.to_owned(), hash);
    }
    Ok(hashes)
}

/// What is known so far: the database's records and those of the rows before.
struct Work {
    known: Reference,
    by_code: HashMap<(RecordKind, String), Record>,
    seen: HashMap<(RecordKind, String), String>,
    ids: HashSet<(RecordKind, Uuid)>,
    written: Vec<Record>,
    errors: Vec<RowError>,
}

impl Work {
    fn new(known: Reference) -> Self {
        let mut records: Vec<Record> = Vec::new();
        records.extend(known.customers.values().cloned().map(Record::Customer));
        records.extend(known.contacts.values().flat_map(|m| m.values().cloned().map(Record::Contact)));
        records.extend(known.packages.values().cloned().map(Record::Package));
        records.extend(known.contracts.values().flat_map(|m| m.values().cloned().map(Record::Contract)));
        records.extend(known.assets.values().cloned().map(Record::Asset));
        records.extend(known.work_orders.values().cloned().map(Record::WorkOrder));
        records.extend(known.people.values().cloned().map(Record::Person));
        let ids = records.iter().map(|r| (r.kind(), r.id())).collect();
        let by_code = records.into_iter().map(|r| ((r.kind(), r.code().to_owned()), r)).collect();
        Self { known, by_code, ids, seen: HashMap::new(), written: Vec::new(), errors: Vec::new() }
    }

    /// Where the row's code stood before in this file.
    fn repeated(&mut self, row: &Row) -> Option<String> {
        let code = code_of(row)?.to_owned();
        self.seen.insert((row.kind, code), row.place.clone())
    }

    fn take_in(&mut self, record: Record) {
        self.known.put(record.clone());
        self.ids.insert((record.kind(), record.id()));
        self.by_code.insert((record.kind(), record.code().to_owned()), record.clone());
        self.written.push(record);
    }

    fn record(&mut self, plan: &Plan<'_>, mut row: Row, report: &mut Report) {
        let old = code_of(&row).and_then(|code| self.by_code.get(&(row.kind, code.to_owned()))).cloned();
        let mut errors = self.resolve(&mut row);
        self.complete(plan, &mut row, old.as_ref(), &mut errors);
        let record = match fields::read(row.kind, row.cells.clone()) {
            Ok(record) => Some(record),
            Err(found) => {
                errors.extend(found.into_iter().map(|e| row.error(&e.field, e.code, e.detail)));
                None
            }
        };
        if let Some(record) = record.filter(|_| errors.is_empty()) {
            let found = validate(&record, &self.known);
            if !found.is_empty() {
                errors.extend(found.into_iter().map(|e| row.error(&e.field, e.code, e.detail)));
            } else if old.as_ref() == Some(&record) {
                report.unchanged += 1;
            } else {
                *(if old.is_some() { &mut report.changed } else { &mut report.added }) += 1;
                self.take_in(record);
            }
        }
        self.errors.extend(errors);
    }

    /// Codes become ids. An id is taken as it is, if it is one that is known.
    fn resolve(&self, row: &mut Row) -> Vec<RowError> {
        let mut errors = Vec::new();
        for field in fields(row.kind) {
            let (kind, many) = match field.kind {
                FieldType::Ref(kind) => (kind, false),
                FieldType::Refs(kind) => (kind, true),
                _ => continue,
            };
            let Some(value) = row.cells.get(field.name).cloned() else { continue };
            let mut one = |value: &Value| -> Value {
                let Some(code) = value.as_str() else { return value.clone() };
                if let Some(record) = self.by_code.get(&(kind, code.to_owned())) {
                    return json!(record.id());
                }
                if Uuid::parse_str(code).is_ok_and(|id| self.ids.contains(&(kind, id))) {
                    return value.clone();
                }
                errors.push(row.error(field.name, "unknown_reference", format!("no {kind} with the code {code}")));
                // Any id: the row is refused anyway, and its other fields can still be looked at.
                json!(Uuid::nil())
            };
            let resolved = match (&value, many) {
                (Value::Array(values), true) => Value::Array(values.iter().map(&mut one).collect()),
                _ => one(&value),
            };
            row.cells.insert(field.name.to_owned(), resolved);
        }
        errors
    }

    /// Fills in what a row need not say.
    fn complete(&self, plan: &Plan<'_>, row: &mut Row, old: Option<&Record>, errors: &mut Vec<RowError>) {
        let said = row.cells.get("id").and_then(Value::as_str).map(str::to_owned);
        let id = match (old, said.as_deref().map(Uuid::parse_str)) {
            (Some(old), None) => old.id(),
            (Some(old), Some(Ok(said))) if said == old.id() => said,
            (Some(_), Some(Ok(_))) => {
                errors.push(row.error("id", "write_once", "the record with this code has another id"));
                Uuid::nil()
            }
            (None, Some(Ok(said))) if self.ids.contains(&(row.kind, said)) => {
                errors.push(row.error("id", "id_taken", "the record with this id has another code"));
                said
            }
            (None, Some(Ok(said))) => said,
            (None, None) => Uuid::now_v7(),
            (_, Some(Err(_))) => {
                errors.push(row.error("id", "wrong_form", "no UUID"));
                Uuid::nil()
            }
        };
        row.cells.insert("id".into(), json!(id));
        let mut default = |name: &str, value: Value| {
            row.cells.entry(name).or_insert(value);
        };
        match (row.kind, old) {
            (RecordKind::WorkOrder, Some(Record::WorkOrder(old))) => {
                default("visit", json!(old.visit));
                default("issued_by", json!(old.issued_by));
                default("issued_at_ms", json!(old.issued_at_ms));
            }
            (RecordKind::WorkOrder, _) => {
                default("visit", json!(Uuid::now_v7()));
                default("issued_at_ms", json!(plan.now_ms));
                if let Some(by) = plan.by {
                    default("issued_by", json!(by));
                }
            }
            (RecordKind::Contact, _) => default("language", json!(Lang::ZhCn)),
            (RecordKind::Package, _) => default("clauses", json!([])),
            _ => {}
        }
        if let (Some(Record::WorkOrder(old)), Some(visit)) = (old, row.cells.get("visit"))
            && *visit != json!(old.visit)
        {
            errors.push(row.error("visit", "write_once", "a work order's visit does not change"));
        }
    }

    async fn user(
        &mut self,
        tx: &mut Tx,
        plan: &Plan<'_>,
        row: &Row,
        secrets: &mut HashMap<String, String>,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let account = match account(row) {
            Ok(account) => account,
            Err(errors) => {
                self.errors.extend(errors);
                return Ok(());
            }
        };
        let old = users::by_login(tx, &account.login).await?;
        if old.as_ref().is_some_and(|old| same(old, &account)) {
            report.unchanged += 1;
            return Ok(());
        }
        let written = match (&old, secrets.remove(&account.login)) {
            (Some(old), _) => accounts::change(tx, UserId(old.id), &account, plan.by, plan.now_ms).await,
            (None, Some(hash)) => {
                let must_change = row.cells.get("must_change_password").and_then(Value::as_bool).unwrap_or(true);
                accounts::insert(tx, &account, &hash, must_change, plan.by, plan.now_ms).await
            }
            (None, None) => return Err(ImportError::Failed(format!("{} vanished meanwhile", account.login))),
        };
        match written {
            Ok(person) => {
                *(if old.is_some() { &mut report.changed } else { &mut report.added }) += 1;
                self.take_in(person);
            }
            Err(accounts::AccountError::Store(e)) => return Err(e.into()),
            Err(e) => self.errors.push(row.error("", "invalid_record", e.to_string())),
        }
        Ok(())
    }
}

fn same(old: &UserRow, new: &Account) -> bool {
    old.name == new.name
        && old.email == new.email
        && old.language == new.language.as_str()
        && old.roles.0 == new.roles
        && old.disabled_ms.is_some() == new.disabled
}

/// Reads a user's row.
fn account(row: &Row) -> Result<Account, Vec<RowError>> {
    let mut errors = Vec::new();
    let known = fields(RecordKind::Person);
    for name in row.cells.keys().filter(|name| !known.iter().any(|field| field.name == name.as_str())) {
        errors.push(row.error(name, "unknown_field", "no such field"));
    }
    let text = |name: &str| row.cells.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut needed = |name: &str| {
        text(name).filter(|text| !text.trim().is_empty()).unwrap_or_else(|| {
            errors.push(row.error(name, "missing", format!("{name} is missing")));
            String::new()
        })
    };
    let (login, name) = (needed("login"), needed("name"));
    let language = text("language").map_or(Ok(Lang::ZhCn), |text| text.parse::<Lang>());
    let language = language.unwrap_or_else(|e| {
        errors.push(row.error("language", "wrong_form", e));
        Lang::ZhCn
    });
    let mut roles = Vec::new();
    for word in row.cells.get("roles").and_then(Value::as_array).into_iter().flatten() {
        match word.as_str().map(str::parse::<Role>) {
            Some(Ok(role)) => roles.push(role),
            _ => errors.push(row.error("roles", "unknown_role", format!("no such role: {word}"))),
        }
    }
    if roles.is_empty() && errors.is_empty() {
        errors.push(row.error("roles", "missing", "a user has at least one role"));
    }
    let disabled = row.cells.get("disabled").and_then(Value::as_bool).unwrap_or(false);
    let account = Account { login, name, email: text("email"), language, roles, disabled };
    if errors.is_empty() { Ok(account) } else { Err(errors) }
}
