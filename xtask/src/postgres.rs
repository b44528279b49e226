//! A PostgreSQL cluster for one test run: its own data directory, its own loopback port, gone at the end.

use crate::apt;
use crate::proc::{Failure, Result, Service, User, announce, free_port, quiet};
use crate::scratch::Scratch;
use std::path::PathBuf;
use std::process::Command;

/// Where the tests find it.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES";

const UNSAFE: [&str; 6] = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];

/// The running cluster. Fields are dropped in this order: the server stops before its directory goes.
pub(crate) struct Postgres {
    _service: Service,
    _scratch: Scratch,
    url: String,
}

impl Postgres {
    /// Initialises a cluster and starts it. Unless it is `durable`, it does not wait for the disk: what the tests look at
    /// is what the server asks of the database, and the durability tests kill the server, not the database.
    pub(crate) fn start(durable: bool) -> Result<Self> {
        let programs = match programs() {
            Some(found) => found,
            None => {
                apt::ensure(&["postgresql"])?;
                programs().ok_or_else(|| Failure("no PostgreSQL under /usr/lib/postgresql".to_owned()))?
            }
        };
        // PostgreSQL refuses to run as root.
        let user = User::unprivileged(&["postgres", "nobody"])?;
        let scratch = Scratch::new("postgres", &user)?;
        let data = scratch.path().join("data");
        let port = free_port()?;
        announce(format_args!("starting a private PostgreSQL on 127.0.0.1:{port}, as {}", user.name));
        quiet(
            user.command("KILL", &programs.join("initdb"))
                .args(["--auth=trust", "--username=countersign", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
                .arg("--pgdata")
                .arg(&data)
                .current_dir(scratch.path()),
        )?;
        let log = scratch.path().join("log");
        let mut service = Service::start(
            "PostgreSQL",
            user.command("INT", &programs.join("postgres"))
                .arg("-D")
                .arg(&data)
                .args(["-p", &port.to_string()])
                .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
                .args(["-c", "max_connections=300"])
                .args(if durable { &[][..] } else { &UNSAFE })
                .args(["-c", "jit=off", "-c", "autovacuum_naptime=10min"])
                .current_dir(scratch.path()),
            &log,
            // Fast shutdown: disconnects clients.
            "INT",
        )?;
        let pg_isready = programs.join("pg_isready");
        service.wait_until(&log, || {
            Command::new(&pg_isready)
                .args(["--quiet", "--host=127.0.0.1", "--username=countersign", "--dbname=postgres"])
                .arg(format!("--port={port}"))
                .status()
                .is_ok_and(|status| status.success())
        })?;
        Ok(Self {
            _service: service,
            _scratch: scratch,
            url: format!("postgres://countersign@127.0.0.1:{port}/postgres"),
        })
    }

    /// What [`VARIABLE`] is set to: a superuser's URL; each test makes and drops databases of its own.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// The directory of the newest PostgreSQL that Debian's packages installed.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| ["postgres", "initdb", "pg_isready"].iter().all(|program| bin.join(program).exists()))
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}
