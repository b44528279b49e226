//! Running other programs: what is run is printed, what failed is named, what was started in the background ends.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Why a task failed, in words for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

/// What every step returns.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says which file it was: "permission denied" alone helps nobody.
pub(crate) trait At<T> {
    /// The failure with `path` named.
    fn at(self, path: impl AsRef<Path>) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| Failure(format!("{}: {error}", path.as_ref().display())))
    }
}

/// A failure with these words.
pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Failure(message.into()))
}

/// Says what begins now.
pub(crate) fn announce(what: impl fmt::Display) {
    println!("==> {what}");
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The target directory that all steps share.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The cargo that runs this task, in the repository's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Whether this process is root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// A command as a person would type it, without the paths that only this machine has.
fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).map(|arg| {
        if arg.is_empty() || arg.contains(|c: char| c.is_whitespace() || "'\"$;&|*".contains(c)) {
            format!("'{}'", arg.replace('\'', r"'\''"))
        } else {
            arg
        }
    });
    std::iter::once(program).chain(args).collect::<Vec<_>>().join(" ")
}

fn ended_badly(command: &Command, how: impl fmt::Display) -> Failure {
    Failure(format!("this failed ({how}):\n    {}", typed(command)))
}

/// Runs `command` to its end with its output shown.
pub(crate) fn run(command: &mut Command) -> Result {
    announce(typed(command));
    let status = command.stdin(Stdio::null()).status().map_err(|e| ended_badly(command, e))?;
    if status.success() { Ok(()) } else { Err(ended_badly(command, status)) }
}

/// Runs `command` silently; its output is shown only if it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| ended_badly(command, e))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Err(ended_badly(command, output.status))
    }
}

/// Runs `command` with its output shown, and hands each line of its standard output to `see` as well.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result {
    announce(typed(command));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|e| ended_badly(command, e))?;
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        // By bytes: a test may print what is no UTF-8, and that must not end the run.
        while reader.read_until(b'\n', &mut line).at(command.get_program())? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            see(text.trim_end());
            line.clear();
        }
    }
    let status = child.wait().at(command.get_program())?;
    if status.success() { Ok(()) } else { Err(ended_badly(command, status)) }
}

/// Whether a program of this name is in `PATH`.
pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// A user to run a service as.
pub(crate) struct User {
    /// Name, uid and gid.
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// The first of `names` that exists.
    pub(crate) fn first_of(names: &[&str]) -> Result<Self> {
        let passwd = std::fs::read_to_string("/etc/passwd").at("/etc/passwd")?;
        names
            .iter()
            .find_map(|name| {
                let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
                let mut fields = line.split(':').skip(2);
                let uid = fields.next()?.parse().ok()?;
                let gid = fields.next()?.parse().ok()?;
                Some(Self { name: (*name).to_owned(), uid, gid })
            })
            .ok_or_else(|| Failure(format!("none of the users {names:?} exists on this machine")))
    }

    /// This process's own user when it is not root, else the first of `names`: a test's servers never run as root.
    pub(crate) fn unprivileged(names: &[&str]) -> Result<Self> {
        if is_root() {
            return Self::first_of(names);
        }
        let me = std::fs::metadata("/proc/self").at("/proc/self")?;
        Ok(Self { name: "this user".to_owned(), uid: me.uid(), gid: me.gid() })
    }

    /// `program`, to be run as this user, and to receive `signal` when this process dies, however it dies: nothing a
    /// task has started outlives it, even when it is killed with SIGKILL.
    pub(crate) fn command(&self, signal: &str, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", signal]);
        if is_root() {
            command.args(["--reuid", &self.uid.to_string(), "--regid", &self.gid.to_string(), "--clear-groups"]);
        }
        command.arg("--").arg(program);
        command
    }
}

/// A server in the background, stopped when this is dropped.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
    stop_signal: &'static str,
}

impl Service {
    /// Starts `command`; `stop_signal` asks it to end.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        stop_signal: &'static str,
    ) -> Result<Self> {
        let out = std::fs::File::create(log).at(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().at(log)?)
            .stderr(out)
            .spawn()
            .map_err(|e| ended_badly(command, e))?;
        Ok(Self { name, child, stop_signal })
    }

    /// Waits until `ready`, at most half a minute, and not after the server has died.
    pub(crate) fn wait_until(&mut self, log: &Path, mut ready: impl FnMut() -> bool) -> Result {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(30) {
            if ready() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().at(self.name)? {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                return fail(format!("{} ended at once ({status}):\n{said}", self.name));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let said = std::fs::read_to_string(log).unwrap_or_default();
        fail(format!("{} was not ready after 30 s:\n{said}", self.name))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        // The shell's own `kill`: a minimal Debian has no program of that name.
        let _ = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", self.stop_signal, &pid]).status();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("xtask: {} did not stop when asked to, killing it", self.name);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).at("127.0.0.1")?.port())
}
