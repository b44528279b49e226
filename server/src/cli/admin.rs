//! `countersign user …` and `countersign device …`: what an administrator does at the machine itself.

use super::print_line;
use crate::auth::accounts::{self, Account};
use crate::auth::devices;
use crate::auth::passwords::{PasswordError, Passwords, random_password};
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::store::users::UserRow;
use crate::store::{Db, Tx, devices as device_rows, reference, users};
use clap::Subcommand;
use std::io::BufRead as _;
use sync_core::document::facts::Lang;
use sync_core::ids::{DeviceId, UserId};
use sync_core::reference::Role;
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user. Without --password-stdin, a random password is made, shown once, and must be changed.
    Add {
        /// What they type to log in.
        login: String,
        /// Their name.
        #[arg(long)]
        name: String,
        /// What they may do: engineer, service_manager, account_manager, sales, leadership, admin. May be repeated.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// Mail address.
        #[arg(long)]
        email: Option<String>,
        /// zh-CN or en.
        #[arg(long, default_value = "zh-CN")]
        language: Lang,
        /// Read the password from the first line of standard input; it need not be changed.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all users.
    List,
    /// Set a new password; all log-ins end.
    Passwd {
        /// Whose.
        login: String,
        /// Read the password from the first line of standard input; it need not be changed.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Disable a user; all log-ins end.
    Disable {
        /// Who.
        login: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// List all devices.
    List,
    /// Revoke a device: a lost or stolen phone.
    Revoke {
        /// Its id, as `device list` shows it.
        id: Uuid,
    },
}

async fn open(config: &Config) -> Result<Db, Failure> {
    config.prepare_data_dir()?;
    let db = Db::open(&config.database_url).await?;
    db.migrate().await?;
    Ok(db)
}

fn told(e: impl std::fmt::Display) -> Failure {
    Failure::new(e.to_string())
}

/// The password and whether it must be changed.
fn password(from_stdin: bool) -> Result<(String, bool), Failure> {
    if !from_stdin {
        return Ok((random_password().map_err(told)?, true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(told)?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

async fn hashed(password: &str) -> Result<String, Failure> {
    let passwords = Passwords::new().map_err(told)?;
    passwords.hash(password).await.map_err(|e| match e {
        PasswordError::Length => Failure::usage(e.to_string()),
        PasswordError::Hash(_) => told(e),
    })
}

async fn by_login(tx: &mut Tx, login: &str) -> Result<UserRow, Failure> {
    users::by_login(tx, login)
        .await?
        .ok_or_else(|| Failure::new(format!("there is no user {login}")).hint("see: countersign user list"))
}

pub(super) async fn user(config: Config, command: UserCommand) -> Result<(), Failure> {
    let db = open(&config).await?;
    let now = Clock::default().now_ms();
    match command {
        UserCommand::Add { login, name, roles, email, language, password_stdin } => {
            let (password, must_change) = password(password_stdin)?;
            let hash = hashed(&password).await?;
            let account = Account { login, name, email, language, roles, disabled: false };
            let mut tx = db.begin().await?;
            let person = accounts::insert(&mut tx, &account, &hash, must_change, None, now).await.map_err(told)?;
            let id = person.id();
            reference::put(&mut tx, &[person], None, now).await?;
            tx.commit().await?;
            print_line(&format!("{id}  {}", account.login))?;
            if must_change {
                print_line(&format!("password (shown once, to be changed): {password}"))?;
            }
        }
        UserCommand::List => {
            let mut tx = db.read().await?;
            let mut after = Uuid::nil();
            loop {
                let page = users::list(&mut tx, after, 500).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                for u in page {
                    let roles: Vec<_> = u.roles.0.iter().map(|r| r.as_str()).collect();
                    let state = if u.disabled_ms.is_some() { "  disabled" } else { "" };
                    print_line(&format!("{}  {:<16} {}  {}{state}", u.id, u.login, u.name, roles.join(",")))?;
                }
            }
        }
        UserCommand::Passwd { login, password_stdin } => {
            let (password, must_change) = password(password_stdin)?;
            let hash = hashed(&password).await?;
            let mut tx = db.begin().await?;
            let user = by_login(&mut tx, &login).await?;
            accounts::set_password(&mut tx, UserId(user.id), &hash, must_change, None, now).await.map_err(told)?;
            tx.commit().await?;
            if must_change {
                print_line(&format!("password (shown once, to be changed): {password}"))?;
            }
        }
        UserCommand::Disable { login } => {
            let mut tx = db.begin().await?;
            let u = by_login(&mut tx, &login).await?;
            let account = Account {
                login: u.login,
                name: u.name,
                email: u.email,
                language: u.language.parse().unwrap_or(Lang::ZhCn),
                roles: u.roles.0,
                disabled: true,
            };
            let person = accounts::change(&mut tx, UserId(u.id), &account, None, now).await.map_err(told)?;
            reference::put(&mut tx, &[person], None, now).await?;
            tx.commit().await?;
        }
    }
    db.close().await;
    Ok(())
}

pub(super) async fn device(config: Config, command: DeviceCommand) -> Result<(), Failure> {
    let db = open(&config).await?;
    match command {
        DeviceCommand::List => {
            let mut tx = db.read().await?;
            let mut after = Uuid::nil();
            loop {
                let page = device_rows::list(&mut tx, None, after, 500).await?;
                let Some(last) = page.last() else { break };
                after = last.id;
                for d in page {
                    let owner = users::by_id(&mut tx, d.user_id).await?.map_or_else(String::new, |u| u.login);
                    let state = if d.revoked_ms.is_some() { "  revoked" } else { "" };
                    print_line(&format!("{}  {owner:<16} {}  {}{state}", d.id, d.alg, d.name))?;
                }
            }
        }
        DeviceCommand::Revoke { id } => {
            let now = Clock::default().now_ms();
            let mut tx = db.begin().await?;
            devices::revoke(&mut tx, DeviceId(id), None, None, now).await.map_err(told)?;
            tx.commit().await?;
        }
    }
    db.close().await;
    Ok(())
}
