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
//! Two further ports want TLS and a log-in, with a certificate that is made for the run: one by STARTTLS, one from the first
//! byte. There a mail without AUTH is refused.
//!
//! A connection that is cut before the reply cannot be had from an honest server: a test puts a proxy of its own between.

use crate::apt;
use crate::proc::{At, Failure, Result, Service, User, announce, fail, free_port, on_path, quiet};
use crate::scratch::Scratch;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `smtp://127.0.0.1:PORT`.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_TEST_SMTP";
/// `smtp://USER:PASSWORD@localhost:PORT?tls=required&ca=FILE`.
pub(crate) const STARTTLS_VARIABLE: &str = "COUNTERSIGN_TEST_SMTP_STARTTLS";
/// `smtps://USER:PASSWORD@localhost:PORT?ca=FILE`.
pub(crate) const TLS_VARIABLE: &str = "COUNTERSIGN_TEST_SMTP_TLS";
/// The maildir: delivered mails are the files in its `new/`; its sibling `hold/` is described above.
pub(crate) const DIR_VARIABLE: &str = "COUNTERSIGN_TEST_SMTP_DIR";

/// The running server. Fields are dropped in this order: it stops before its directory goes.
pub(crate) struct Smtp {
    _service: Service,
    scratch: Scratch,
    ports: Ports,
}

/// Where it listens: in the clear, with STARTTLS, and with TLS from the first byte.
#[derive(Clone, Copy)]
struct Ports {
    clear: u16,
    starttls: u16,
    tls: u16,
}

/// The log-in at the ports with TLS; the `@` in it must be encoded in a URL.
const LOGIN: (&str, &str) = ("service@company.example", "correct horse");

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
        let ports = Ports { clear: free_port()?, starttls: free_port()?, tls: free_port()? };
        certificate(dir, &scratch, &user)?;
        let conf = dir.join("exim.conf");
        std::fs::write(&conf, configuration(dir, ports, &user)).at(&conf)?;
        // Debian's Exim does not start where its own user is unknown, which only the installed package creates: here
        // that name is another one for the user that it runs as anyway.
        let as_passwd = format!("Debian-exim:x:{}:{}::/nonexistent:/bin/false\n", user.uid, user.gid);
        let as_group = format!("Debian-exim:x:{}:\n", user.gid);
        for (database, line) in [("passwd", as_passwd), ("group", as_group)] {
            let real = Path::new("/etc").join(database);
            let known = std::fs::read_to_string(&real).at(&real)?;
            std::fs::write(dir.join(database), known + &line).at(dir)?;
        }

        let Ports { clear, starttls, tls } = ports;
        announce(format_args!(
            "starting a private Exim on 127.0.0.1:{clear}, with TLS on {starttls} and {tls}, as {}",
            user.name
        ));
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
        let all = [clear, starttls, tls];
        service.wait_until(&log, || all.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()))?;
        Ok(Self { _service: service, scratch, ports })
    }

    /// What [`VARIABLE`] is set to.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.ports.clear)
    }

    /// What [`STARTTLS_VARIABLE`] and [`TLS_VARIABLE`] are set to.
    pub(crate) fn tls_urls(&self) -> (String, String) {
        let escaped = |text: &str| text.replace('@', "%40").replace(' ', "%20");
        let login = format!("{}:{}@localhost", escaped(LOGIN.0), escaped(LOGIN.1));
        let ca = self.scratch.path().join("cert.pem").display().to_string();
        (
            format!("smtp://{login}:{}?tls=required&ca={ca}", self.ports.starttls),
            format!("smtps://{login}:{}?ca={ca}", self.ports.tls),
        )
    }

    /// What [`DIR_VARIABLE`] is set to.
    pub(crate) fn maildir(&self) -> PathBuf {
        self.scratch.path().join("mail")
    }
}

/// A certificate for `localhost` that signs itself, and its key, which only `user` may read.
fn certificate(dir: &Path, scratch: &Scratch, user: &User) -> Result {
    if !on_path("openssl") {
        apt::ensure(&["openssl"])?;
    }
    let (key, certificate) = (dir.join("key.pem"), dir.join("cert.pem"));
    quiet(
        Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            // An end certificate, not an authority: rustls refuses to be served by one.
            .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate),
    )?;
    scratch.give(&key, user)?;
    scratch.give(&certificate, user)
}

fn configuration(dir: &Path, ports: Ports, user: &User) -> String {
    let (dir, uid, gid) = (dir.display(), user.uid, user.gid);
    let Ports { clear, starttls, tls } = ports;
    let (login, password) = LOGIN;
    format!(
        "\
exim_path = {dir}/exim
exim_user = {uid}
exim_group = {gid}
primary_hostname = mail.test
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
pid_file_path = {dir}/exim.pid
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = {clear} : {starttls} : {tls}
tls_on_connect_ports = {tls}
tls_advertise_hosts = ${{if eq{{$received_port}}{{{starttls}}}{{*}}}}
tls_certificate = {dir}/cert.pem
tls_privatekey = {dir}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
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
  deny  !condition = ${{if eq{{$received_port}}{{{clear}}}}}
        !authenticated = *
        message = 5.7.1 log in first
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
  headers_add = X-Received-With: $received_protocol

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{login}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{{{eq{{$auth1}}{{{login}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
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
