//! The server as a process: started, killed without warning, started again on the same data.

use crate::Failure;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to answer after its start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `countersign serve` that ends when this is dropped.
pub struct ServerProcess {
    binary: PathBuf,
    data: PathBuf,
    port: u16,
    variables: Vec<(String, String)>,
    child: Option<Child>,
    told: Arc<AtomicU32>,
}

impl ServerProcess {
    /// Starts `binary serve` on `data` and a free port, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(binary: &Path, data: &Path, variables: &[(&str, &str)]) -> Result<Self, Failure> {
        let mut server = Self::new(binary, data, variables)?;
        server.run()?;
        Ok(server)
    }

    /// A server that does not run yet: its data directory may be filled first (`run_command`).
    ///
    /// # Errors
    /// When there is no free port.
    pub fn new(binary: &Path, data: &Path, variables: &[(&str, &str)]) -> Result<Self, Failure> {
        // The port stays the same over restarts, as an address does that phones know. Between this look and the
        // start somebody else could take it; then the start fails with a clear word.
        let port = free_port()?;
        Ok(Self {
            binary: binary.to_owned(),
            data: data.to_owned(),
            port,
            variables: variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            child: None,
            told: Arc::default(),
        })
    }

    /// From now on the running process's id is kept here, 0 while none runs: for whoever has to end it when this process
    /// is told to end.
    pub fn tell_pid(&mut self, told: Arc<AtomicU32>) {
        told.store(self.pid().unwrap_or(0), Ordering::SeqCst);
        self.told = told;
    }

    /// Another port than the one that was free.
    pub fn set_port(&mut self, port: u16) {
        self.port = port;
    }

    /// Sets a variable of its environment from the next start on; `None` takes it away.
    pub fn set_variable(&mut self, name: &str, value: Option<&str>) {
        self.variables.retain(|(k, _)| k != name);
        self.variables.extend(value.map(|v| (name.to_owned(), v.to_owned())));
    }

    /// Waits until it has ended by itself; true when it did in time.
    ///
    /// # Errors
    /// When its state cannot be asked for.
    pub fn ends_within(&mut self, patience: Duration) -> Result<bool, Failure> {
        let since = Instant::now();
        while let Some(child) = &mut self.child {
            if child.try_wait()?.is_some() {
                self.child = None;
            } else if since.elapsed() > patience {
                return Ok(false);
            } else {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(true)
    }

    /// Where it answers.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env("COUNTERSIGN_DATA_DIR", &self.data)
            .env("COUNTERSIGN_LISTEN", format!("127.0.0.1:{}", self.port))
            .envs(self.variables.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null());
        command
    }

    /// Runs another command of the program (`import …`) with the same configuration and returns what it printed.
    ///
    /// # Errors
    /// When it fails; with what it said.
    pub fn run_command(&self, arguments: &[&str]) -> Result<String, Failure> {
        let output = self.command().args(arguments).output()?;
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(out)
        } else {
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(format!("countersign {}: {out}{err}", arguments.join(" ")).into())
        }
    }

    /// Starts it (again).
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn run(&mut self) -> Result<(), Failure> {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file())?;
        let mut child = self.command().arg("serve").stdout(log.try_clone()?).stderr(log).spawn()?;
        self.told.store(child.id(), Ordering::SeqCst);
        let since = Instant::now();
        let api = sim_phone::http::Api::new(&self.base());
        loop {
            if let Some(status) = child.try_wait()? {
                return Err(format!("the server ended at once ({status}):\n{}", self.log_tail()).into());
            }
            if api.get("/readyz").is_ok_and(|a| a.status == 200) {
                break;
            }
            if since.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("the server was not ready in time:\n{}", self.log_tail()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child = Some(child);
        Ok(())
    }

    /// SIGKILL: no farewell.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
            self.told.store(0, Ordering::SeqCst);
        }
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// When it does not end, or ends with an error.
    pub fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let told = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status()?;
        if !told.success() {
            let _ = child.kill();
        }
        let status = child.wait()?;
        self.told.store(0, Ordering::SeqCst);
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status}:\n{}", self.log_tail()).into())
        }
    }

    /// Leaves it running after this process: its id.
    pub fn leave_running(mut self) -> Option<u32> {
        self.child.take().map(|c| c.id())
    }

    /// All of its log, over every start.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn log(&self) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&std::fs::read(self.log_file())?).into_owned())
    }

    fn log_file(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let Ok(file) = std::fs::File::open(self.log_file()) else { return String::new() };
        let lines: Vec<String> = BufReader::new(file).lines().map_while(Result::ok).collect();
        lines.iter().skip(lines.len().saturating_sub(30)).cloned().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A free port below those that the system gives to outgoing connections: while a server is down, a phone that knocks on
/// its door would otherwise get the same port for its own end one day, talk to itself and keep the server out.
fn free_port() -> Result<u16, Failure> {
    const FROM: u32 = 15_000;
    const COUNT: u32 = 17_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..200 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = std::process::id().wrapping_mul(7919).wrapping_add(step.wrapping_mul(31)) % COUNT;
        let port = u16::try_from(FROM + offset)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no free port".into())
}

/// The server's binary: `COUNTERSIGN_BIN`, or the one built beside this test.
///
/// # Errors
/// When neither is there.
pub fn server_binary() -> Result<PathBuf, Failure> {
    if let Ok(path) = std::env::var("COUNTERSIGN_BIN") {
        return Ok(path.into());
    }
    let mut dir = std::env::current_exe()?;
    while dir.pop() {
        let candidate = dir.join("countersign");
        if candidate.is_file() {
            return Ok(candidate);
        }
    }
    Err("the countersign binary was not found; build it with `cargo build --bin countersign`".into())
}
