//! Failures as the command line tells them: one line, and a hint what to do.

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    message: String,
    hint: Option<String>,
    code: u8,
}

impl Failure {
    /// Something that went wrong (exit code 1).
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: one_line(message.into()), hint: None, code: 1 }
    }
    /// Something that was asked for wrongly: configuration or arguments (exit code 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, ..Self::new(message) }
    }
    /// With a hint what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(one_line(hint.into()));
        self
    }
    /// The process's exit code; never 0.
    pub fn code(&self) -> u8 {
        self.code
    }
}

/// Drivers like to answer in several lines.
fn one_line(text: String) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<crate::store::StoreError> for Failure {
    fn from(e: crate::store::StoreError) -> Self {
        use crate::store::StoreError as E;
        let hint = match &e {
            E::UnknownScheme | E::BadUrl(_) => {
                return Self::usage(e.to_string())
                    .hint("database_url is sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE");
            }
            E::OldSqlite { .. } => "build against a newer SQLite",
            E::Migrate(_) => "was this database made by a newer version? restore the backup, or upgrade the program",
            E::BulkWidth { .. } => "this is a mistake in the program: please report it",
            E::Sqlx(_) => "does database_url name a database that is there, and may this user read and write it?",
        };
        Self::new(e.to_string()).hint(hint)
    }
}
