//! People with a log-in. Their public half (name and roles) is a `person` record of the reference data, written in
//! the same transaction, so that phones and the coverage engine know who may dispatch.

use super::passwords::{PasswordError, Passwords, random_password};
use crate::store::users::{self as rows, UserRow};
use crate::store::{Db, StoreError, Tx, audit, reference, sessions};
use sqlx::types::Json;
use sync_core::document::facts::Lang;
use sync_core::ids::UserId;
use sync_core::reference::{Person, Record, Role};
use uuid::Uuid;

/// A user as written by an administrator or an import.
#[derive(Clone, Debug)]
pub struct Account {
    /// What they type to log in.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Mail address.
    pub email: Option<String>,
    /// Which language to write to them in.
    pub language: Lang,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Whether they may not log in.
    pub disabled: bool,
}

/// Why an account was not written.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Another user has this login.
    #[error("the login is taken")]
    LoginTaken,
    /// A login has 1 to 64 characters, none of them white space or control characters.
    #[error("the login is empty, too long or has blanks in it")]
    BadLogin,
    /// Nobody can be addressed without a name.
    #[error("the name is empty")]
    NoName,
    /// No such user.
    #[error("no such user")]
    Unknown,
    /// The password may not be chosen.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Account {
    fn check(&self) -> Result<(), AccountError> {
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if self.login.is_empty() || self.login.chars().count() > 64 || self.login.contains(odd) {
            return Err(AccountError::BadLogin);
        }
        if self.name.trim().is_empty() {
            return Err(AccountError::NoName);
        }
        Ok(())
    }

    fn person(&self, id: Uuid) -> Record {
        // Somebody who may not log in may not dispatch either.
        let roles = if self.disabled { Vec::new() } else { self.roles.clone() };
        Record::Person(Person { id: UserId(id), code: self.login.clone(), name: self.name.clone(), roles })
    }
}

/// Writes the row and its audit entry, and gives back the `person` record that the caller must
/// [`reference::put`] as the last write before the commit. `hash` is the password's.
///
/// # Errors
/// See [`AccountError`].
pub async fn insert(
    tx: &mut Tx,
    account: &Account,
    hash: &str,
    must_change: bool,
    by: Option<Uuid>,
    now_ms: i64,
) -> Result<Record, AccountError> {
    account.check()?;
    if rows::by_login(tx, &account.login).await?.is_some() {
        return Err(AccountError::LoginTaken);
    }
    let row = UserRow {
        id: Uuid::now_v7(),
        login: account.login.clone(),
        name: account.name.clone(),
        email: account.email.clone(),
        language: account.language.as_str().to_owned(),
        roles: Json(account.roles.clone()),
        password_hash: hash.to_owned(),
        must_change,
        created_ms: now_ms,
        disabled_ms: account.disabled.then_some(now_ms),
    };
    rows::add(tx, &row).await.map_err(taken)?;
    let detail = serde_json::json!({ "login": account.login, "roles": account.roles });
    audit::add(tx, now_ms, by, "user.added", &format!("user/{}", row.id), detail).await?;
    Ok(account.person(row.id))
}

/// Changes everything but the password; as [`insert`] otherwise. Disabling ends all log-ins.
///
/// # Errors
/// See [`AccountError`].
pub async fn change(
    tx: &mut Tx,
    id: UserId,
    account: &Account,
    by: Option<Uuid>,
    now_ms: i64,
) -> Result<Record, AccountError> {
    account.check()?;
    let mut row = rows::by_id(tx, id.0).await?.ok_or(AccountError::Unknown)?;
    row.login.clone_from(&account.login);
    row.name.clone_from(&account.name);
    row.email.clone_from(&account.email);
    row.language = account.language.as_str().to_owned();
    row.roles = Json(account.roles.clone());
    row.disabled_ms = account.disabled.then(|| row.disabled_ms.unwrap_or(now_ms));
    rows::update(tx, &row).await.map_err(taken)?;
    if account.disabled {
        sessions::revoke_user(tx, id.0, now_ms).await?;
    }
    let detail = serde_json::json!({ "login": account.login, "roles": account.roles, "disabled": account.disabled });
    audit::add(tx, now_ms, by, "user.changed", &format!("user/{id}"), detail).await?;
    Ok(account.person(id.0))
}

fn taken(e: StoreError) -> AccountError {
    if e.is_unique_violation() { AccountError::LoginTaken } else { AccountError::Store(e) }
}

/// Sets a password and ends all log-ins: whoever knew the old one is out.
///
/// # Errors
/// See [`AccountError`].
pub async fn set_password(
    tx: &mut Tx,
    id: UserId,
    hash: &str,
    must_change: bool,
    by: Option<Uuid>,
    now_ms: i64,
) -> Result<(), AccountError> {
    rows::set_password(tx, id.0, hash, must_change).await?;
    sessions::revoke_user(tx, id.0, now_ms).await?;
    audit::add(tx, now_ms, by, "user.password_set", &format!("user/{id}"), serde_json::json!({})).await?;
    Ok(())
}

/// Adds a user in a transaction of its own.
///
/// # Errors
/// See [`AccountError`].
pub async fn add(
    db: &Db,
    passwords: &Passwords,
    account: &Account,
    password: &str,
    must_change: bool,
    now_ms: i64,
) -> Result<UserId, AccountError> {
    let hash = passwords.hash(password).await?;
    let mut tx = db.begin().await?;
    let person = insert(&mut tx, account, &hash, must_change, None, now_ms).await?;
    let id = UserId(person.id());
    reference::put(&mut tx, &[person], None, now_ms).await?;
    tx.commit().await?;
    Ok(id)
}

/// At the first start, when there is nobody: adds `admin` with a random password that must be changed, and returns it.
///
/// # Errors
/// See [`AccountError`].
pub async fn first_admin(db: &Db, passwords: &Passwords, now_ms: i64) -> Result<Option<String>, AccountError> {
    let mut tx = db.read().await?;
    let nobody = rows::count(&mut tx).await? == 0;
    drop(tx);
    if !nobody {
        return Ok(None);
    }
    let password = random_password().map_err(|e| PasswordError::Hash(e.to_string()))?;
    let account = Account {
        login: "admin".into(),
        name: "管理员".into(),
        email: None,
        language: Lang::ZhCn,
        roles: vec![Role::Admin],
        disabled: false,
    };
    match add(db, passwords, &account, &password, true, now_ms).await {
        Ok(_) => Ok(Some(password)),
        // Two servers started at once, and the other one was first.
        Err(AccountError::LoginTaken) => Ok(None),
        Err(e) => Err(e),
    }
}
