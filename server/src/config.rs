//! Configuration: a TOML file, overridden by `COUNTERSIGN_*` variables, overridden by flags. Nothing is ignored in
//! silence: an unknown key is an error, and `countersign config` shows where each value came from.

use crate::failure::Failure;
use serde::Deserialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What flags and variables say, as far as they say anything.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Configuration file (TOML). Default: countersign.toml in the data directory, if it is there.
    #[arg(long, global = true, env = "COUNTERSIGN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where database, keys and mails are kept unless said otherwise. Default: ./countersign-data
    #[arg(long, global = true, env = "COUNTERSIGN_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// sqlite://PATH or postgres://… Default: countersign.db in the data directory.
    #[arg(long, global = true, env = "COUNTERSIGN_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Address and port to listen on. Default: 127.0.0.1:8090
    #[arg(long, global = true, env = "COUNTERSIGN_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// How the world reaches this server; links in mails begin with it. Default: http://<listen>
    #[arg(long, global = true, env = "COUNTERSIGN_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// smtp://, smtps:// or file://DIR. Default: the folder mails in the data directory.
    #[arg(long, global = true, env = "COUNTERSIGN_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Who mails are from. Default: Countersign <countersign@localhost>
    #[arg(long, global = true, env = "COUNTERSIGN_MAIL_FROM", value_name = "MAILBOX")]
    pub mail_from: Option<String>,
    /// Where the server's keys are. Several servers on one PostgreSQL must share them. Default: keys in the data
    /// directory.
    #[arg(long, global = true, env = "COUNTERSIGN_KEYS_DIR", value_name = "DIR")]
    pub keys_dir: Option<PathBuf>,
    /// A folder with the company's own template for receipts: see docs/receipt.md. Default: the program's own.
    #[arg(long, global = true, env = "COUNTERSIGN_RECEIPT_TEMPLATE", value_name = "DIR")]
    pub receipt_template: Option<PathBuf>,
    /// The folder with the engineers' app as it was built. Default: app, beside the program.
    #[arg(long, global = true, env = "COUNTERSIGN_APP_DIR", value_name = "DIR")]
    pub app_dir: Option<PathBuf>,
    /// The PDF that goes with mails: recipient (in the recipient's language), both (languages side by side) or none.
    /// Default: recipient
    #[arg(long, global = true, env = "COUNTERSIGN_MAIL_PDF", value_name = "PDF")]
    pub mail_pdf: Option<String>,
    /// How many mails to one domain may be under way at once. Default: 2
    #[arg(long, global = true, env = "COUNTERSIGN_MAIL_DOMAIN_AT_ONCE", value_name = "N")]
    pub mail_domain_at_once: Option<u32>,
    /// How many attempts for one domain there may be in a minute. Default: 60
    #[arg(long, global = true, env = "COUNTERSIGN_MAIL_DOMAIN_PER_MINUTE", value_name = "N")]
    pub mail_domain_per_minute: Option<u32>,
    /// A private key (PEM, RSA or Ed25519) to sign mails with (DKIM). Default: mails are not signed.
    #[arg(long, global = true, env = "COUNTERSIGN_DKIM_KEY", value_name = "FILE")]
    pub dkim_key: Option<PathBuf>,
    /// The selector under which the public key stands in the DNS. Default: countersign
    #[arg(long, global = true, env = "COUNTERSIGN_DKIM_SELECTOR", value_name = "NAME")]
    pub dkim_selector: Option<String>,
    /// The domain that signs. Default: that of mail_from
    #[arg(long, global = true, env = "COUNTERSIGN_DKIM_DOMAIN", value_name = "DOMAIN")]
    pub dkim_domain: Option<String>,
    /// A maildir into which the company's mail server delivers what comes back. Default: none is read.
    #[arg(long, global = true, env = "COUNTERSIGN_BOUNCE_MAILDIR", value_name = "DIR")]
    pub bounce_maildir: Option<PathBuf>,
    /// The secret with which a mail server may post what comes back to /api/v1/mails/bounces. Default: nobody may.
    #[arg(long, global = true, env = "COUNTERSIGN_BOUNCE_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub bounce_secret: Option<String>,
    /// A time-stamping authority (RFC 3161) for the heads of the log of receipts, http:// or https://. Default: none
    #[arg(long, global = true, env = "COUNTERSIGN_TSA_URL", value_name = "URL", hide_env_values = true)]
    pub tsa_url: Option<String>,
    /// The certificates (PEM) that time stamps must lead to: of the authority, or of its root. Default: any.
    #[arg(long, global = true, env = "COUNTERSIGN_TSA_CA", value_name = "FILE")]
    pub tsa_ca: Option<PathBuf>,
    /// Where one-time codes for text messages (SMS) are posted as JSON, http:// or https://. Default: codes go by mail only.
    #[arg(long, global = true, env = "COUNTERSIGN_SMS_HOOK_URL", value_name = "URL", hide_env_values = true)]
    pub sms_hook_url: Option<String>,
    /// The bearer token that is shown to it. Default: none
    #[arg(long, global = true, env = "COUNTERSIGN_SMS_HOOK_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub sms_hook_secret: Option<String>,
    /// text or json. Default: text
    #[arg(long, global = true, env = "COUNTERSIGN_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// The names of the values that came from variables, not from flags.
    #[arg(skip)]
    pub from_environment: Vec<String>,
}

/// The keys of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    database_url: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    smtp_url: Option<String>,
    mail_from: Option<String>,
    keys_dir: Option<PathBuf>,
    receipt_template: Option<PathBuf>,
    app_dir: Option<PathBuf>,
    mail_pdf: Option<String>,
    mail_domain_at_once: Option<u32>,
    mail_domain_per_minute: Option<u32>,
    dkim_key: Option<PathBuf>,
    dkim_selector: Option<String>,
    dkim_domain: Option<String>,
    bounce_maildir: Option<PathBuf>,
    bounce_secret: Option<String>,
    tsa_url: Option<String>,
    tsa_ca: Option<PathBuf>,
    sms_hook_url: Option<String>,
    sms_hook_secret: Option<String>,
    log_format: Option<String>,
}

const DEFAULT_FROM: &str = "Countersign <countersign@localhost>";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The file.
    File(PathBuf),
    /// A `COUNTERSIGN_*` variable.
    Environment,
    /// A flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Which PDF goes with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPdf {
    /// In the recipient's language.
    Recipient,
    /// In both languages, side by side.
    Both,
    /// None: the mail says what the receipt says, and the record is attached as JSON.
    None,
}

impl MailPdf {
    /// The name of the setting's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

/// How mails are sent, beside where to. Its `Debug` leaves the secret out.
#[derive(Clone)]
pub struct MailConfig {
    /// How many mails to one domain may be under way at once.
    pub domain_at_once: u32,
    /// How many attempts for one domain there may be in a minute.
    pub domain_per_minute: u32,
    /// The private key to sign with.
    pub dkim_key: Option<PathBuf>,
    /// Under which name the public key stands in the DNS.
    pub dkim_selector: String,
    /// The domain that signs; `None`: that of the sender.
    pub dkim_domain: Option<String>,
    /// Where what comes back is delivered.
    pub bounce_maildir: Option<PathBuf>,
    /// With what it may be posted.
    pub bounce_secret: Option<String>,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            domain_at_once: 2,
            domain_per_minute: 60,
            dkim_key: None,
            dkim_selector: "countersign".to_owned(),
            dkim_domain: None,
            bounce_maildir: None,
            bounce_secret: None,
        }
    }
}

/// Services outside that are asked. Its `Debug` leaves addresses and secrets out.
#[derive(Clone, Default)]
pub struct OutsideConfig {
    /// A time-stamping authority.
    pub tsa_url: Option<String>,
    /// The certificates that its stamps must lead to.
    pub tsa_ca: Option<PathBuf>,
    /// Where codes for text messages are posted.
    pub sms_hook_url: Option<String>,
    /// What is shown to it.
    pub sms_hook_secret: Option<String>,
}

impl OutsideConfig {
    fn check(&self) -> Result<(), Failure> {
        for (name, url) in [("tsa_url", &self.tsa_url), ("sms_hook_url", &self.sms_hook_url)] {
            if let Some(url) = url
                && !(url.starts_with("https://") || url.starts_with("http://"))
            {
                return Err(Failure::usage(format!("{name} must begin with https:// or http://")));
            }
        }
        // What cannot stand in a header would be found out by the first message only.
        if self.sms_hook_secret.as_ref().is_some_and(|s| s.is_empty() || !s.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Failure::usage("sms_hook_secret must be letters, digits and signs without spaces"));
        }
        Ok(())
    }
}

/// Shorter secrets can be guessed.
const SHORTEST_SECRET: usize = 16;

/// The configuration as it is in force. Its `Debug` leaves passwords out.
#[derive(Clone)]
pub struct Config {
    /// Database URL.
    pub database_url: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the world reaches the server, without a slash at the end; `None`: `http://` and the bound address.
    pub public_url: Option<String>,
    /// Where mails go.
    pub smtp_url: String,
    /// Who mails are from.
    pub mail_from: String,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// Where the keys are.
    pub keys_dir: PathBuf,
    /// The folder with the company's own template for receipts.
    pub receipt_template: Option<PathBuf>,
    /// The folder with the engineers' app; it may not exist.
    pub app_dir: PathBuf,
    /// Which PDF goes with a mail.
    pub mail_pdf: MailPdf,
    /// How mails are sent, and how what comes back is read.
    pub mail: MailConfig,
    /// Services outside.
    pub outside: OutsideConfig,
    /// How log lines look.
    pub log_format: LogFormat,
    origins: Vec<(&'static str, Origin)>,
}

impl Config {
    /// Works out the configuration.
    ///
    /// # Errors
    /// In one line with a hint: a file that cannot be read, an unknown key, a value that makes no sense.
    pub fn load(overrides: &Overrides) -> Result<Self, Failure> {
        let default_dir = PathBuf::from("./countersign-data");
        let named = overrides.config.clone();
        let probe = overrides.data_dir.clone().unwrap_or_else(|| default_dir.clone()).join("countersign.toml");
        let path = named.or_else(|| probe.is_file().then_some(probe));
        let file = path.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let mut pick = Picker { overrides, file: path, origins: Vec::new() };

        let data_dir = pick.value("data_dir", &overrides.data_dir, file.data_dir, || default_dir);
        let database_url = pick.value("database_url", &overrides.database_url, file.database_url, || {
            format!("sqlite://{}", data_dir.join("countersign.db").display())
        });
        let listen = pick.value("listen", &overrides.listen, file.listen, || "127.0.0.1:8090".to_owned());
        let listen = listen.parse().map_err(|_| {
            Failure::usage(format!("listen is no address: {listen}")).hint("such as 127.0.0.1:8090 or [::]:8090")
        })?;
        let public_url =
            pick.value("public_url", &overrides.public_url.clone().map(Some), file.public_url.map(Some), || None);
        if let Some(url) = &public_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            return Err(Failure::usage(format!("public_url is no web address: {url}"))
                .hint("such as https://service.example.com"));
        }
        let smtp_url = pick.value("smtp_url", &overrides.smtp_url, file.smtp_url, || {
            format!("file://{}", data_dir.join("mails").display())
        });
        if !["smtp://", "smtps://", "file://"].iter().any(|scheme| smtp_url.starts_with(scheme)) {
            return Err(Failure::usage("smtp_url must begin with smtp://, smtps:// or file://")
                .hint("file://DIR writes mails into a folder"));
        }
        let mail_from = pick.value("mail_from", &overrides.mail_from, file.mail_from, || DEFAULT_FROM.to_owned());
        let keys_dir = pick.value("keys_dir", &overrides.keys_dir, file.keys_dir, || data_dir.join("keys"));
        let receipt_template = pick.value(
            "receipt_template",
            &overrides.receipt_template.clone().map(Some),
            file.receipt_template.map(Some),
            || None,
        );
        let app_dir = pick.value("app_dir", &overrides.app_dir, file.app_dir, beside_the_program);
        let mail_pdf = pick.value("mail_pdf", &overrides.mail_pdf, file.mail_pdf, || "recipient".to_owned());
        let mail_pdf = [MailPdf::Recipient, MailPdf::Both, MailPdf::None]
            .into_iter()
            .find(|choice| choice.as_str() == mail_pdf)
            .ok_or_else(|| Failure::usage(format!("unknown mail_pdf: {mail_pdf}")).hint("recipient, both or none"))?;
        let usual = MailConfig::default();
        let mail = MailConfig {
            domain_at_once: pick.value(
                "mail_domain_at_once",
                &overrides.mail_domain_at_once,
                file.mail_domain_at_once,
                || usual.domain_at_once,
            ),
            domain_per_minute: pick.value(
                "mail_domain_per_minute",
                &overrides.mail_domain_per_minute,
                file.mail_domain_per_minute,
                || usual.domain_per_minute,
            ),
            dkim_key: pick.value("dkim_key", &overrides.dkim_key.clone().map(Some), file.dkim_key.map(Some), || None),
            dkim_selector: pick
                .value("dkim_selector", &overrides.dkim_selector, file.dkim_selector, || usual.dkim_selector),
            dkim_domain: pick.value(
                "dkim_domain",
                &overrides.dkim_domain.clone().map(Some),
                file.dkim_domain.map(Some),
                || None,
            ),
            bounce_maildir: pick.value(
                "bounce_maildir",
                &overrides.bounce_maildir.clone().map(Some),
                file.bounce_maildir.map(Some),
                || None,
            ),
            bounce_secret: pick.value(
                "bounce_secret",
                &overrides.bounce_secret.clone().map(Some),
                file.bounce_secret.map(Some),
                || None,
            ),
        };
        if mail.domain_at_once == 0 || mail.domain_per_minute == 0 {
            return Err(Failure::usage("mail_domain_at_once and mail_domain_per_minute must be at least 1")
                .hint("a server that sends no mails at all writes them into a folder: smtp_url = file://DIR"));
        }
        if mail.bounce_secret.as_ref().is_some_and(|s| s.len() < SHORTEST_SECRET) {
            return Err(Failure::usage(format!("bounce_secret has fewer than {SHORTEST_SECRET} bytes"))
                .hint("such as the output of: openssl rand -base64 32"));
        }
        let outside = OutsideConfig {
            tsa_url: pick.value("tsa_url", &overrides.tsa_url.clone().map(Some), file.tsa_url.map(Some), || None),
            tsa_ca: pick.value("tsa_ca", &overrides.tsa_ca.clone().map(Some), file.tsa_ca.map(Some), || None),
            sms_hook_url: pick.value(
                "sms_hook_url",
                &overrides.sms_hook_url.clone().map(Some),
                file.sms_hook_url.map(Some),
                || None,
            ),
            sms_hook_secret: pick.value(
                "sms_hook_secret",
                &overrides.sms_hook_secret.clone().map(Some),
                file.sms_hook_secret.map(Some),
                || None,
            ),
        };
        outside.check()?;
        let log_format = pick.value("log_format", &overrides.log_format, file.log_format, || "text".to_owned());
        let log_format = match log_format.as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            other => return Err(Failure::usage(format!("unknown log_format: {other}")).hint("text or json")),
        };
        Ok(Self {
            database_url,
            listen,
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            smtp_url,
            mail_from,
            data_dir,
            keys_dir,
            receipt_template,
            app_dir,
            mail_pdf,
            mail,
            outside,
            log_format,
            origins: pick.origins,
        })
    }

    /// Everything below `data_dir`, listening on a free port of this machine: for tests and tools.
    pub fn embedded(data_dir: &Path) -> Self {
        Self {
            database_url: format!("sqlite://{}", data_dir.join("countersign.db").display()),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            smtp_url: format!("file://{}", data_dir.join("mails").display()),
            mail_from: DEFAULT_FROM.to_owned(),
            data_dir: data_dir.to_owned(),
            keys_dir: data_dir.join("keys"),
            receipt_template: None,
            app_dir: beside_the_program(),
            mail_pdf: MailPdf::Recipient,
            mail: MailConfig::default(),
            outside: OutsideConfig::default(),
            log_format: LogFormat::Text,
            origins: Vec::new(),
        }
    }

    /// Makes the data directory and sees whether it can be written to.
    ///
    /// # Errors
    /// In one line with a hint.
    pub fn prepare_data_dir(&self) -> Result<(), Failure> {
        let refuse = |e: std::io::Error| {
            Failure::new(format!("the data directory {} cannot be written to: {e}", self.data_dir.display()))
                .hint("choose another with --data-dir, or change its owner")
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        // Password hashes and hospitals' records are in there.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.data_dir).map_err(refuse)?;
        let probe = self.data_dir.join(format!(".probe-{}", uuid::Uuid::now_v7()));
        std::fs::write(&probe, b"").map_err(refuse)?;
        std::fs::remove_file(&probe).map_err(refuse)
    }

    /// Each value, passwords left out, with its origin.
    pub fn explain(&self) -> Vec<(&'static str, String, String)> {
        let value = |name: &str| match name {
            "data_dir" => self.data_dir.display().to_string(),
            "database_url" => redact(&self.database_url),
            "listen" => self.listen.to_string(),
            "public_url" => self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen)),
            "smtp_url" => redact(&self.smtp_url),
            "mail_from" => self.mail_from.clone(),
            "keys_dir" => self.keys_dir.display().to_string(),
            "receipt_template" => match &self.receipt_template {
                Some(folder) => folder.display().to_string(),
                None => "the program's own".to_owned(),
            },
            "app_dir" => self.app_dir.display().to_string(),
            "mail_pdf" => self.mail_pdf.as_str().to_owned(),
            "mail_domain_at_once" => self.mail.domain_at_once.to_string(),
            "mail_domain_per_minute" => self.mail.domain_per_minute.to_string(),
            "dkim_key" => shown(&self.mail.dkim_key),
            "dkim_selector" => self.mail.dkim_selector.clone(),
            "dkim_domain" => self.mail.dkim_domain.clone().unwrap_or_else(|| "(that of mail_from)".to_owned()),
            "bounce_maildir" => shown(&self.mail.bounce_maildir),
            "bounce_secret" => self.mail.bounce_secret.as_ref().map_or("(none)", |_| "…").to_owned(),
            "tsa_url" => hidden_path(&self.outside.tsa_url),
            "tsa_ca" => shown(&self.outside.tsa_ca),
            "sms_hook_url" => hidden_path(&self.outside.sms_hook_url),
            "sms_hook_secret" => self.outside.sms_hook_secret.as_ref().map_or("(none)", |_| "…").to_owned(),
            "log_format" => format!("{:?}", self.log_format).to_lowercase(),
            _ => String::new(),
        };
        self.origins.iter().map(|(name, origin)| (*name, value(name), origin.to_string())).collect()
    }
}

/// Where the app is unless somebody says otherwise.
fn beside_the_program() -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name("app")
}

fn shown(path: &Option<PathBuf>) -> String {
    path.as_ref().map_or_else(|| "(none)".to_owned(), |p| p.display().to_string())
}

/// An address as far as its host: what follows may be a secret.
fn hidden_path(url: &Option<String>) -> String {
    let Some(url) = url else { return "(none)".to_owned() };
    let shown = redact(url);
    let (scheme, rest) = shown.split_once("://").unwrap_or(("", &shown));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.len() < rest.len() { format!("{scheme}://{host}/…") } else { shown }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("database_url", &redact(&self.database_url))
            .field("listen", &self.listen)
            .field("public_url", &self.public_url)
            .field("smtp_url", &redact(&self.smtp_url))
            .field("mail_from", &self.mail_from)
            .field("data_dir", &self.data_dir)
            .field("keys_dir", &self.keys_dir)
            .field("receipt_template", &self.receipt_template)
            .field("app_dir", &self.app_dir)
            .field("mail_pdf", &self.mail_pdf)
            .field("log_format", &self.log_format)
            .finish_non_exhaustive()
    }
}

struct Picker<'a> {
    overrides: &'a Overrides,
    file: Option<PathBuf>,
    origins: Vec<(&'static str, Origin)>,
}

impl Picker<'_> {
    fn value<T: Clone>(
        &mut self,
        name: &'static str,
        said: &Option<T>,
        filed: Option<T>,
        default: impl FnOnce() -> T,
    ) -> T {
        let (value, origin) = match (said, filed) {
            (Some(value), _) if self.overrides.from_environment.iter().any(|n| n == name) => {
                (value.clone(), Origin::Environment)
            }
            (Some(value), _) => (value.clone(), Origin::Flag),
            (None, Some(value)) => (value, Origin::File(self.file.clone().unwrap_or_default())),
            (None, None) => (default(), Origin::Default),
        };
        self.origins.push((name, origin));
        value
    }
}

fn read_file(path: &Path) -> Result<File, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::usage(format!("the configuration {} cannot be read: {e}", path.display())).hint("see --config")
    })?;
    toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
        Failure::usage(format!("{}, line {line}: {}", path.display(), e.message()))
            .hint("correct the file, or name another with --config")
    })
}

/// A URL without its password and query.
pub fn redact(url: &str) -> String {
    let (url, query) = url.split_once('?').map_or((url, ""), |(url, _)| (url, "?…"));
    let Some((scheme, rest)) = url.split_once("://") else {
        return "…".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split_once(':').map_or(user.to_owned(), |(name, _)| format!("{name}:…"));
            format!("{scheme}://{name}@{host}{query}")
        }
        None => format!("{scheme}://{rest}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> (tempfile::TempDir, Overrides) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("countersign.toml"), text).unwrap();
        let overrides = Overrides { data_dir: Some(dir.path().to_owned()), ..Overrides::default() };
        (dir, overrides)
    }

    #[test]
    fn flags_beat_variables_beat_the_file_beats_defaults() {
        let (_dir, mut overrides) = with_file("listen = \"0.0.0.0:1\"\npublic_url = \"https://a.example/\"\n");
        overrides.smtp_url = Some("smtp://mail".into());
        overrides.from_environment = vec!["smtp_url".into()];
        let config = Config::load(&overrides).unwrap();
        assert_eq!(config.listen.to_string(), "0.0.0.0:1");
        assert_eq!(config.public_url.as_deref(), Some("https://a.example"));
        let origin = |name: &str| config.explain().into_iter().find(|(n, ..)| *n == name).unwrap().2;
        assert!(origin("listen").ends_with("countersign.toml"));
        assert_eq!(origin("smtp_url"), "environment");
        assert_eq!(origin("data_dir"), "flag");
        assert_eq!(origin("log_format"), "default");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let (_dir, overrides) = with_file("listen = \"0.0.0.0:1\"\nlisten_on = 3\n");
        let failure = Config::load(&overrides).unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("line 2") && text.contains("listen_on") && text.contains("hint"), "{text}");
        assert!(!text.contains('\n'));
        assert_eq!(failure.code(), 2);
    }

    #[test]
    fn values_that_make_no_sense_are_errors() {
        for text in [
            "listen = \"here\"",
            "public_url = \"ftp://x\"",
            "smtp_url = \"x\"",
            "mail_pdf = \"all\"",
            "bounce_secret = \"short\"",
            "mail_domain_at_once = 0",
            "log_format = \"xml\"",
            "tsa_url = \"ftp://x\"",
            "sms_hook_url = \"x\"",
            "sms_hook_secret = \"a b\"",
        ] {
            let (_dir, overrides) = with_file(text);
            assert_eq!(Config::load(&overrides).unwrap_err().code(), 2, "{text}");
        }
    }

    #[test]
    fn passwords_stay_out_of_debug() {
        let (_dir, mut overrides) = with_file("");
        overrides.database_url = Some("postgres://u:hunter2@db/x?password=hunter2".into());
        overrides.smtp_url = Some("smtps://me:hunter2@mail".into());
        overrides.bounce_secret = Some("hunter2-hunter2-hunter2".into());
        let config = Config::load(&overrides).unwrap();
        assert!(!format!("{config:?}{:?}", config.explain()).contains("hunter2"));
        assert!(format!("{config:?}").contains("postgres://u:…@db/x?…"));
    }

    #[test]
    fn a_data_directory_that_is_a_file_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let failure = Config::embedded(file.path()).prepare_data_dir().unwrap_err();
        assert!(failure.to_string().contains("cannot be written to"));
    }
}
