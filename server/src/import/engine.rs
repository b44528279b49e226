//! From rows to records: codes become ids, records are checked against what is known and against each other, and all
//! of them are written in one transaction.

use super::{
    Form, ImportError, MOST_BYTES, MOST_ERRORS, MOST_SHOWN, NewPassword, Report, Row, RowError, Source, about_file,
    csv, json, table, xlsx,
};
use crate::auth::accounts::{self, Account};
use crate::auth::passwords::{Passwords, random_password};
use crate::reference::cache::load;
use crate::reference::fields::{self, Field, FieldError, FieldType, fields};
use crate::reference::sight::newly_seen;
use crate::reference::validate::{Index, validate};
use crate::store::users::{self, UserRow};
use crate::store::{Db, Tx, audit, reference};
use serde_json::{Map, Value, json};
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
    let (rows, errors) = tokio::task::spawn_blocking(move || read(&source))
        .await
        .map_err(|e| ImportError::Failed(e.to_string()))?
        .map_err(ImportError::rows)?;
    if !errors.is_empty() && rows.iter().any(|row| row.kind == RecordKind::Person) {
        // Making passwords for nothing would take long.
        return Err(ImportError::rows(errors));
    }
    let mut report = Report { dry_run: plan.dry_run, ..Report::default() };
    // Before the transaction: a hash takes long, and the writer's lock is everybody's.
    let mut secrets = secrets(plan, &rows, &mut report).await?;

    let mut tx = plan.db.begin().await?;
    let mut work = Work::new(load(&mut tx).await?, errors);
    let total = rows.len();
    for (done, row) in rows.into_iter().enumerate() {
        if done % 500 == 0 {
            (plan.progress)(done, total);
        }
        if work.errors.len() > MOST_ERRORS {
            break;
        }
        if let Some(first) = work.repeated(&row) {
            let code = code_of(&row).unwrap_or_default();
            work.errors.push(row.error(code_field(row.kind), "duplicate_code", format!("{code} stands in {first}")));
        } else if row.kind == RecordKind::Person {
            work.user(&mut tx, plan, row, &mut secrets, &mut report).await?;
        } else {
            work.record(plan, row, &mut report);
        }
    }
    work.check(&mut report);
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
        let again = newly_seen(&work.before, &work.written);
        reference::put_again(&mut tx, &work.written, &again, plan.by, plan.now_ms).await.map_err(|e| {
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

fn read(source: &Source) -> Result<(Vec<Row>, Vec<RowError>), Vec<RowError>> {
    if source.bytes.len() > MOST_BYTES {
        let detail = format!("{} bytes; at most {MOST_BYTES} in one file", source.bytes.len());
        return Err(vec![about_file("too_large", detail)]);
    }
    if source.bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        let detail = "a workbook of the old form (.xls): save it as .xlsx";
        return Err(vec![about_file("unsupported_format", detail)]);
    }
    match (source.form, source.kind) {
        (Form::Json, kind) => json::read(kind, &source.bytes).map(|rows| (rows, Vec::new())),
        (Form::Xlsx, kind) => xlsx::rows(kind, &source.bytes),
        (Form::Csv, Some(kind)) => csv::sheet(&source.bytes, |sheet| table::read(kind, sheet)),
        (Form::Csv, None) => {
            Err(vec![about_file("no_kind", "a table of what? say the kind, such as --kind customers")])
        }
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

/// A record that a row made, to be checked once all rows are read.
struct Made {
    row: Row,
    record: Record,
    old: Option<Record>,
}

/// What is known so far: the database's records and those of the rows before.
struct Work {
    /// What the database has.
    before: Reference,
    known: Reference,
    by_code: HashMap<(RecordKind, String), Record>,
    seen: HashMap<(RecordKind, String), String>,
    ids: HashSet<(RecordKind, Uuid)>,
    made: Vec<Made>,
    written: Vec<Record>,
    errors: Vec<RowError>,
}

impl Work {
    fn new(known: Reference, errors: Vec<RowError>) -> Self {
        let mut records: Vec<Record> = Vec::new();
        records.extend(known.customers.values().cloned().map(Record::Customer));
        records.extend(known.contacts.values().flat_map(|m| m.values().cloned().map(Record::Contact)));
        records.extend(known.packages.values().cloned().map(Record::Package));
        records.extend(known.contracts.values().flat_map(|m| m.values().cloned().map(Record::Contract)));
        records.extend(known.assets.values().cloned().map(Record::Asset));
        records.extend(known.work_orders.values().cloned().map(Record::WorkOrder));
        records.extend(known.people.values().cloned().map(Record::Person));
        records.extend(known.calendars.values().cloned().map(Record::Calendar));
        records.extend(known.grades.values().cloned().map(Record::Grade));
        records.extend(known.policies.values().cloned().map(Record::Policy));
        let ids = records.iter().map(|r| (r.kind(), r.id())).collect();
        let by_code = records.into_iter().map(|r| ((r.kind(), r.code().to_owned()), r)).collect();
        Self {
            before: known.clone(),
            known,
            by_code,
            ids,
            seen: HashMap::new(),
            made: Vec::new(),
            written: Vec::new(),
            errors,
        }
    }

    /// Where the row's code stood before in this file.
    fn repeated(&mut self, row: &Row) -> Option<String> {
        let code = code_of(row)?.to_owned();
        self.seen.insert((row.kind, code), row.place.clone())
    }

    fn take_in(&mut self, record: Record) {
        match &record {
            // `put` looks for the old state at every customer: too long for a file of many rows.
            Record::Contact(new) => {
                if let Some(old) = self.by_code.get(&(RecordKind::Contact, new.code.clone())).and_then(Record::customer)
                    && let Some(of_customer) = self.known.contacts.get_mut(&old)
                {
                    of_customer.remove(&new.id);
                }
                self.known.contacts.entry(new.customer).or_default().insert(new.id, new.clone());
            }
            Record::Contract(new) => {
                if let Some(old) =
                    self.by_code.get(&(RecordKind::Contract, new.code.clone())).and_then(Record::customer)
                    && let Some(of_customer) = self.known.contracts.get_mut(&old)
                {
                    of_customer.remove(&new.id);
                }
                self.known.contracts.entry(new.customer).or_default().insert(new.id, new.clone());
            }
            _ => self.known.put(record.clone()),
        }
        self.ids.insert((record.kind(), record.id()));
        self.by_code.insert((record.kind(), record.code().to_owned()), record);
    }

    fn record(&mut self, plan: &Plan<'_>, mut row: Row, report: &mut Report) {
        let old = code_of(&row).and_then(|code| self.by_code.get(&(row.kind, code.to_owned()))).cloned();
        let mut errors = self.resolve(&mut row);
        self.complete(plan, &mut row, old.as_ref(), &mut errors);
        let cells = std::mem::take(&mut row.cells);
        match fields::read(row.kind, cells) {
            Ok(record) if errors.is_empty() && row.misfits.is_empty() => {
                if old.as_ref() == Some(&record) {
                    report.unchanged += 1;
                } else {
                    *(if old.is_some() { &mut report.changed } else { &mut report.added }) += 1;
                    self.take_in(record.clone());
                }
                self.made.push(Made { row, record, old });
            }
            Ok(_) => {}
            Err(found) => {
                let found = found.into_iter().filter(|e| !row.is_told(e.code, &e.field));
                errors.extend(found.map(|e| row.error(&e.field, e.code, e.detail)));
            }
        }
        self.errors.extend(errors);
    }

    /// Checks every record against all of them: what a row further down says counts, too.
    fn check(&mut self, report: &mut Report) {
        let index = Index::new(&self.known, &self.before);
        for Made { row, record, old } in std::mem::take(&mut self.made) {
            let found = validate(&record, &self.known, &index, old.as_ref());
            report.warnings_total += found.warnings.len();
            let room = MOST_SHOWN.saturating_sub(report.warnings.len());
            report
                .warnings
                .extend(found.warnings.iter().take(room).map(|w| row.error(&w.field, w.code, w.detail.clone())));
            // What is there already is not judged again by rules that came later.
            if old.as_ref() == Some(&record) {
                continue;
            }
            self.errors.extend(found.errors.into_iter().map(|e| row.error(&e.field, e.code, e.detail)));
            self.written.push(record);
        }
    }

    /// Codes become ids, at any depth. An id is taken as it is, if it is one that is known.
    fn resolve(&self, row: &mut Row) -> Vec<RowError> {
        let mut found = Vec::new();
        let mut cells = std::mem::take(&mut row.cells);
        self.resolve_in(&mut cells, fields(row.kind), "", &mut found);
        row.cells = cells;
        found.into_iter().map(|e| row.error(&e.field, e.code, e.detail)).collect()
    }

    fn resolve_in(&self, cells: &mut Map<String, Value>, known: &[Field], prefix: &str, errors: &mut Vec<FieldError>) {
        for field in known {
            let Some(value) = cells.get_mut(field.name) else { continue };
            let at = format!("{prefix}{}", field.name);
            match (field.kind, value) {
                (FieldType::Ref(kind), value @ Value::String(_)) => self.resolve_one(kind, value, &at, errors),
                (FieldType::Ref(kind), Value::Array(_)) => {
                    errors.push(FieldError::new(&at, "more_than_one", format!("exactly one {kind} stands here")));
                }
                (FieldType::Refs(kind), Value::Array(values)) => {
                    for (i, value) in values.iter_mut().enumerate() {
                        self.resolve_one(kind, value, &format!("{at}.{i}"), errors);
                    }
                }
                (FieldType::Group(parts, _), Value::Object(inner)) => {
                    self.resolve_in(inner, parts, &format!("{at}."), errors);
                }
                (FieldType::List(parts, _), Value::Array(entries)) => {
                    for (i, entry) in entries.iter_mut().enumerate() {
                        if let Value::Object(inner) = entry {
                            self.resolve_in(inner, parts, &format!("{at}.{i}."), errors);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn resolve_one(&self, kind: RecordKind, value: &mut Value, at: &str, errors: &mut Vec<FieldError>) {
        let Some(code) = value.as_str().filter(|code| !code.is_empty()) else { return };
        if let Some(record) = self.by_code.get(&(kind, code.to_owned())) {
            *value = json!(record.id());
        } else if !Uuid::parse_str(code).is_ok_and(|id| self.ids.contains(&(kind, id))) {
            errors.push(FieldError::new(at, "unknown_reference", format!("no {kind} with the code {code}")));
            // Any id: the row is refused anyway, and its other fields can still be looked at.
            *value = json!(Uuid::nil());
        }
    }

    /// What a table has no column for stays as it is.
    fn keep(row: &mut Row, old: Value) {
        let (Some(head), Value::Object(old)) = (&row.head, old) else { return };
        for (name, value) in old {
            // The fee goes with the modules.
            let said = head.speaks_of(&name) || (name == "annual_fee_minor" && head.speaks_of("modules"));
            if !said && fields(row.kind).iter().any(|field| field.name == name) {
                row.cells.entry(name).or_insert(value);
            }
        }
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
        if let Some(old) = old {
            Self::keep(row, serde_json::to_value(old).unwrap_or_default());
        }
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
        mut row: Row,
        secrets: &mut HashMap<String, String>,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let old = match code_of(&row) {
            Some(login) => users::by_login(tx, login).await?,
            None => None,
        };
        if let Some(old) = &old {
            let disabled = old.disabled_ms.is_some();
            let (name, email, language, roles) = (&old.name, &old.email, &old.language, &old.roles.0);
            let said =
                json!({ "name": name, "email": email, "language": language, "roles": roles, "disabled": disabled });
            Self::keep(&mut row, said);
        }
        let account = match account(&row) {
            Ok(account) => account,
            Err(errors) => {
                self.errors.extend(errors);
                return Ok(());
            }
        };
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
                self.take_in(person.clone());
                self.written.push(person);
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
