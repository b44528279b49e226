//! A mail server for one test run: a real Exim, unpacked from Debian's package and not installed (mail servers push each
//! other out), on a loopback port, without root, delivering everything into one maildir.
//!
//! How a test makes it refuse:
//!
//! | recipient | answer to `RCPT TO` |
//! | --- | --- |
//! | `reject-…@any.domain` | 550, for ever |
//! | any whose local part is the name of a file in the `hold` directory | 451 until the file is removed |
//! | any other | accepted and delivered |
//!
//! A connection that is cut before the reply cannot be had from an honest server: a test puts a proxy of its own between.

use crate::apt;
use crate::proc::{At, Failure, Result, Service, User, announce, fail, free_port, quiet};
use crate::scratch::Scratch;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `smtp://127.0.0.1:PORT`.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_TEST_SMTP";
/// The maildir: delivered mails are the files in its `new/`; its sibling `hold/` is described above.
pub(crate) const DIR_VARIABLE: &str = "COUNTERSIGN_TEST_SMTP_DIR";

/// The running server. Fields are dropped in this order: it stops before its directory goes.
pub(crate) struct Smtp {
    _service: Service,
    scratch: Scratch,
    port: u16,
}

impl Smtp {
    /// Fetches Exim if need be and starts it.
    pub(crate) fn start() -> Result<Self> {
        let package = apt::unpack("exim", &["exim4-daemon-light", "libnss-wrapper"])?;
        let user = User::unprivileged(&["nobody"])?;
        let scratch = Scratch::new("smtp", &user)?;
        let dir = scratch.path();
        // Copied, for two reasons: the user must reach it wherever the repository lies, and the copy is not setuid.
        let exim = dir.join("exim");
        std::fs::copy(package.join("usr/sbin/exim4"), &exim).at(&exim)?;
        std::fs::set_permissions(&exim, std::fs::Permissions::from_mode(0o755)).at(&exim)?;
        let wrapper = dir.join("libnss_wrapper.so");
        std::fs::copy(find(&package.join("usr/lib"), "libnss_wrapper.so")?, &wrapper).at(&wrapper)?;
        libraries(&exim)?;

        for name in ["hold", "mail", "mail/new", "mail/cur", "mail/tmp"] {
            std::fs::create_dir(dir.join(name)).at(dir.join(name))?;
            scratch.give(&dir.join(name), &user)?;
        }
        let port = free_port()?;
        let conf = dir.join("exim.conf");
        std::fs::write(&conf, configuration(dir, port, &user)).at(&conf)?;
        // Debian's Exim does not start where its own user is unknown, which only the installed package creates: here
        // that name is another one for the user that it runs as anyway.
        let as_passwd = format!("Debian-exim:x:{}:{}::/nonexistent:/bin/false\n", user.uid, user.gid);
        let as_group = format!("Debian-exim:x:{}:\n", user.gid);
        for (database, line) in [("passwd", as_passwd), ("group", as_group)] {
            let real = Path::new("/etc").join(database);
            let known = std::fs::read_to_string(&real).at(&real)?;
            std::fs::write(dir.join(database), known + &line).at(dir)?;
        }

        announce(format_args!("starting a private Exim on 127.0.0.1:{port}, as {}", user.name));
        let log = dir.join("exim.out");
        let mut service = Service::start(
            "Exim",
            user.command("TERM", &exim)
                .arg("-C")
                .arg(&conf)
                .arg("-bdf")
                .env("LD_PRELOAD", &wrapper)
                .env("NSS_WRAPPER_PASSWD", dir.join("passwd"))
                .env("NSS_WRAPPER_GROUP", dir.join("group"))
                .current_dir(dir),
            &log,
            "TERM",
        )?;
        service.wait_until(&log, || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        Ok(Self { _service: service, scratch, port })
    }

    /// What [`VARIABLE`] is set to.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What [`DIR_VARIABLE`] is set to.
    pub(crate) fn maildir(&self) -> PathBuf {
        self.scratch.path().join("mail")
    }
}

fn configuration(dir: &Path, port: u16, user: &User) -> String {
    let (dir, uid, gid) = (dir.display(), user.uid, user.gid);
    format!(
        "\
exim_path = {dir}/exim
exim_user = {uid}
exim_group = {gid}
primary_hostname = mail.test
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
pid_file_path = {dir}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
keep_environment = LD_PRELOAD:NSS_WRAPPER_PASSWD:NSS_WRAPPER_GROUP
never_users =
deliver_drop_privilege = true
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = recipient
acl_smtp_data = accept

begin acl
recipient:
  deny  local_parts = ^reject-
        message = 5.1.1 no such mailbox here
  defer condition = ${{if exists{{{dir}/hold/$local_part}}}}
        message = 4.2.0 not now, try again
  accept

begin routers
everything:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  user = {uid}
  group = {gid}
  directory = {dir}/mail
  maildir_format
  return_path_add
  envelope_to_add
"
    )
}

/// The libraries that the machine lacks are installed: they conflict with nothing.
fn libraries(exim: &Path) -> Result {
    let missing = |linked: &str| linked.lines().any(|line| line.contains("not found"));
    if missing(&quiet(Command::new("ldd").arg(exim))?) {
        apt::ensure(&[
            "libcrypt1",
            "libdb5.3",
            "libgnutls-dane0",
            "libgnutls30",
            "libidn12",
            "libidn2-0",
            "libnsl2",
            "libpcre2-8-0",
        ])?;
        let linked = quiet(Command::new("ldd").arg(exim))?;
        if missing(&linked) {
            return fail(format!("Exim misses libraries:\n{linked}"));
        }
    }
    Ok(())
}

/// The file called `name` below `dir` (the directory between them is the machine's architecture).
fn find(dir: &Path, name: &str) -> Result<PathBuf> {
    std::fs::read_dir(dir)
        .at(dir)?
        .flatten()
        .map(|entry| entry.path().join(name))
        .find(|path| path.exists())
        .ok_or_else(|| Failure(format!("no {name} below {}", dir.display())))
}
