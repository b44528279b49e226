//! The server under measurement: a release process on a fresh database, with a company that is large enough.

use countersign_tests::company::{FILE, PASSWORD};
use countersign_tests::{Failure, ServerProcess};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Hospitals: so many that few engineers meet by chance.
const HOSPITALS: usize = 200;

/// How large the company is.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// Its engineers' log-ins.
    pub(crate) logins: Vec<String>,
    /// How many hospitals, beside those of the demo.
    pub(crate) hospitals: usize,
    /// How many contracts each of them has, one or two.
    pub(crate) contracts: usize,
}

impl Size {
    /// `engineers` engineers (`bench1`, `bench2`, …) for the workloads of syncing.
    pub(crate) fn of(engineers: usize) -> Self {
        let logins = (1..=engineers).map(|n| format!("bench{n}")).collect();
        Self { logins, hospitals: HOSPITALS, contracts: 1 }
    }
}

/// Which database.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    /// A file, with `synchronous=FULL`: the server's own default.
    Sqlite,
    /// A schema of its own on the server that COUNTERSIGN_TEST_POSTGRES names.
    Postgres,
}

impl Database {
    /// Its name in the table.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A running server, and where it keeps its things.
pub(crate) struct Bench {
    /// The process.
    pub(crate) server: ServerProcess,
    _dir: tempfile::TempDir,
    schema: Option<countersign::testing::Fixture>,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    /// Starts a server for a company of this size.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn start(binary: &Path, database: &Database, size: &Size, dir: &Path) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Runtime::new()?;
        let dir = tempfile::tempdir_in(dir)?;
        let schema = match database {
            Database::Sqlite => None,
            Database::Postgres => runtime.block_on(countersign::testing::Fixture::postgres())?,
        };
        // Setting pages goes on for minutes after the phones have gone; it would be counted with whatever is measured then.
        let mut variables = vec![("COUNTERSIGN_MAIL_PDF", "none")];
        if let Some(schema) = &schema {
            variables.push(("COUNTERSIGN_DATABASE_URL", schema.url.as_str()));
        }
        let mut server = ServerProcess::new(binary, &dir.path().join("data"), &variables)?;
        std::fs::create_dir_all(server.data())?;
        let file = dir.path().join("company.json");
        std::fs::write(&file, company(size)?)?;
        server.run_command(&["import", &file.to_string_lossy()])?;
        server.run()?;
        Ok(Self { server, _dir: dir, schema, runtime })
    }

    /// Who the phones log in as.
    pub(crate) fn options(&self, phones: usize, visits: usize, seed: u64) -> countersign::load::Options {
        countersign::load::Options {
            server: self.server.base(),
            login: "bench{}".into(),
            password: PASSWORD.into(),
            phones,
            visits,
            seed,
            begin_ms: countersign::load::BEGIN_MS,
        }
    }

    /// Stops the server and takes its database away.
    ///
    /// # Errors
    /// When one of the two fails.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        self.server.stop()?;
        if let Some(schema) = self.schema {
            // What is left behind is a schema in a test database.
            let _ = self.runtime.block_on(schema.clear());
        }
        Ok(())
    }

    /// What the process has used so far.
    ///
    /// # Errors
    /// When it does not run.
    pub(crate) fn usage(&self) -> Result<Usage, Failure> {
        Usage::of(self.server.pid().ok_or("the server does not run")?)
    }

    /// Lets the peak of the memory begin anew (Linux: `clear_refs`).
    pub(crate) fn reset_peak(&self) {
        if let Some(pid) = self.server.pid() {
            // Where that is not allowed the peak is that of the whole process: too large, never too small.
            let _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
    }
}

/// CPU time and peak memory of a process, from /proc.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// User and system time of all threads, those that ended included, microseconds.
    pub(crate) cpu_us: u64,
    /// Peak of the resident set, kB.
    pub(crate) peak_kb: u64,
}

impl Usage {
    fn of(pid: u32) -> Result<Self, Failure> {
        // 100 ticks a second: what Linux shows to programs on every platform.
        const TICK_US: u64 = 10_000;
        let proc = PathBuf::from(format!("/proc/{pid}"));
        let stat = std::fs::read_to_string(proc.join("stat"))?;
        // The second field is the name, in parentheses, and may hold anything; utime and stime are fields 14 and 15.
        let after = stat.rsplit(") ").next().unwrap_or_default();
        let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
        let status = std::fs::read_to_string(proc.join("status"))?;
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        let peak_kb = peak.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        Ok(Self { cpu_us: ticks * TICK_US, peak_kb })
    }
}

/// The demo company, grown: engineers and hospitals by the hundred, each hospital with a contact and its contracts.
fn company(size: &Size) -> Result<String, Failure> {
    let mut company: Value = serde_json::from_str(FILE)?;
    let mut add = |kind: &str, records: Vec<Value>| -> Result<(), Failure> {
        let list = company.get_mut(kind).and_then(Value::as_array_mut).ok_or("the demo company lacks a kind")?;
        list.extend(records);
        Ok(())
    };
    let engineer = |login: &String| {
        json!({"login": login, "name": format!("工程师 {login}"), "language": "zh-CN",
               "email": format!("{login}@huaxin-it.example"), "roles": ["engineer"], "password": PASSWORD,
               "must_change_password": false})
    };
    let code = |n: usize| format!("H{n:04}");
    let hospital = |n: usize| {
        json!({"code": code(n), "name": format!("第{n}人民医院"), "name_en": format!("People's Hospital No. {n}"),
               "tier": "secondary", "time_zone": "Asia/Shanghai", "service_manager": "zhang.li",
               "account_manager": "zhao.min"})
    };
    let contact = |n: usize| {
        json!({"code": format!("{}-1", code(n)), "customer": code(n), "name": "刘志远", "position": "信息科主任",
               "phone": "138 0000 0000", "email": format!("xinxike@h{n:04}.example"), "language": "zh-CN",
               "receives_receipts": true, "single_interface": true})
    };
    let contract = |n: usize| {
        let package = ["A-2026", "B-2026", "C-2026", "SW-2026"][n % 4];
        json!({"code": format!("HT-{n:04}"), "customer": code(n), "kind": "service_maintenance", "status": "signed",
               "package": package, "first_day": "2024-01-01", "last_day": "2036-12-31",
               "annual_fee_minor": 9_000_000, "currency": "CNY"})
    };
    let second = |n: usize| {
        json!({"code": format!("HT-{n:04}-2"), "customer": code(n), "kind": "hardware", "status": "signed",
               "package": "HW-2026", "first_day": "2024-01-01", "last_day": "2036-12-31",
               "annual_fee_minor": 4_000_000, "currency": "CNY"})
    };
    add("users", size.logins.iter().map(engineer).collect())?;
    add("customers", (1..=size.hospitals).map(hospital).collect())?;
    add("contacts", (1..=size.hospitals).map(contact).collect())?;
    add("contracts", (1..=size.hospitals).map(contract).collect())?;
    if size.contracts > 1 {
        add("contracts", (1..=size.hospitals).map(second).collect())?;
    }
    Ok(company.to_string())
}
