//! Expectations: each is told as held or failed, and none is forgotten.

/// What the story expects, and whether it held.
#[derive(Debug, Default)]
pub struct Checks(Vec<(String, bool)>);

impl Checks {
    /// Writes down whether an expectation held.
    pub fn hold(&mut self, what: impl Into<String>, held: bool) {
        self.0.push((what.into(), held));
    }

    /// Writes down whether two things are alike, and what was seen.
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, seen: &T, expected: &T) {
        let held = seen == expected;
        let text = if held { format!("{what}: {seen:?}") } else { format!("{what}: {seen:?} instead of {expected:?}") };
        self.hold(text, held);
    }

    /// All of them, in order.
    pub fn all(&self) -> &[(String, bool)] {
        &self.0
    }

    /// Those that failed.
    pub fn failed(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, held)| !held).map(|(what, _)| what.as_str()).collect()
    }

    /// `Ok` only if all held: for tests.
    ///
    /// # Errors
    /// With those that failed.
    pub fn verdict(&self) -> Result<(), crate::Failure> {
        let failed = self.failed();
        if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
    }
}
