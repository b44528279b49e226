//! The steps of CI, in order. Each can be run alone: `cargo xtask ci STEP`.

use crate::proc::{Failure, Result, announce, cargo, fail, run};
use crate::{tasks, wasm};
use clap::ValueEnum;
use std::time::Instant;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// `cargo fmt --check`
    Fmt,
    /// `cargo clippy`, warnings are errors
    Clippy,
    /// `cargo xtask test`
    Test,
    /// The core compiles to wasm, imports nothing from its host, and works there
    Wasm,
    /// The checked-in generated files are what the code generates
    Codegen,
    /// `cargo xtask demo --check`
    Demo,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self) -> Result {
        match self {
            Self::Fmt => run(cargo().args(["fmt", "--all", "--check"])),
            Self::Clippy => run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])),
            Self::Test => match tasks::test(false, &[])?.passed {
                0 => fail("no test ran"),
                _ => Ok(()),
            },
            Self::Wasm => wasm::check(),
            Self::Codegen => tasks::codegen(true),
            Self::Demo => tasks::demo(true, None),
        }
    }
}

/// Runs `steps`, or all of them, and stops at the first that fails.
pub(crate) fn run_all(steps: &[Step]) -> Result {
    let steps = if steps.is_empty() { Step::value_variants() } else { steps };
    let mut took = Vec::new();
    for &step in steps {
        announce(format_args!("step {}", step.name()));
        let began = Instant::now();
        step.run().map_err(|Failure(why)| {
            Failure(format!(
                "step {} failed: {why}\nto repeat this step:\n    cargo xtask ci {}",
                step.name(),
                step.name()
            ))
        })?;
        took.push((step.name(), began.elapsed().as_secs()));
    }
    for (name, seconds) in took {
        announce(format_args!("{name:8} ok {seconds:5} s"));
    }
    Ok(())
}
