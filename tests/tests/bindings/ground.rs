//! What every language stands on: a server that already knows the story's phones, copied for each of them, and the built
//! library.

use countersign_tests::company::Company;
use countersign_tests::process::server_binary;
use countersign_tests::{Failure, ServerProcess};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The library that was built with this test.
pub(crate) fn library() -> Result<PathBuf, Failure> {
    let exe = std::env::current_exe()?;
    let library = exe.with_file_name("libcountersign_core.so");
    if library.is_file() { Ok(library) } else { Err(format!("{} was not built", library.display()).into()) }
}

/// Copies a directory.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A server with the demo company that does not run. Ids that the server gives are the same in every copy of it.
pub(crate) struct Template(tempfile::TempDir);

impl Template {
    /// Founds the company, and lets `meet` make phones known to it: the same key is the same device ever after.
    pub(crate) fn new(meet: impl FnOnce(&str) -> Result<(), Failure>) -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let server = ServerProcess::new(&server_binary()?, &dir.path().join("data"), &[])?;
        let mut company = Company::found(server)?;
        meet(&company.server.base())?;
        company.server.stop()?;
        Ok(Self(dir))
    }

    /// A running copy.
    pub(crate) fn start(&self, directory: &Path) -> Result<ServerProcess, Failure> {
        let data = directory.join("data");
        copy(&self.0.path().join("data"), &data)?;
        ServerProcess::start(&server_binary()?, &data, &[])
    }
}

/// Python with the module `countersign` as a wheel would install it.
pub(crate) struct Python {
    packages: PathBuf,
    tests: PathBuf,
}

impl Python {
    /// Puts the module together in `directory`.
    pub(crate) fn new(directory: &Path) -> Result<Self, Failure> {
        let sources = root().join("mobile-bindings/python");
        let packages = directory.join("site-packages");
        copy(&sources.join("countersign"), &packages.join("countersign"))?;
        let library = library()?;
        std::os::unix::fs::symlink(&library, packages.join("countersign/libcountersign_core.so"))?;
        Ok(Self { packages, tests: sources.join("tests") })
    }

    /// Python running one of the tests' programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &self.packages).env("PYTHONDONTWRITEBYTECODE", "1").arg(self.tests.join(program));
        command
    }
}

/// Maven with the Kotlin sources.
pub(crate) struct Maven(PathBuf);

impl Maven {
    /// The one that `cargo xtask test` names; none with `--quick`.
    pub(crate) fn find() -> Result<Option<Self>, Failure> {
        match std::env::var_os("COUNTERSIGN_TEST_MAVEN") {
            Some(maven) => Ok(Some(Self(maven.into()))),
            None if std::env::var_os("COUNTERSIGN_QUICK").is_some() => Ok(None),
            None => Err("COUNTERSIGN_TEST_MAVEN names no Maven; run this by `cargo xtask test`".into()),
        }
    }

    /// Maven running every test of the package, which is copied into `directory`.
    pub(crate) fn test(&self, directory: &Path) -> Result<Command, Failure> {
        let sources = root().join("mobile-bindings/kotlin");
        let package = directory.join("kotlin");
        std::fs::create_dir_all(&package)?;
        std::fs::copy(sources.join("pom.xml"), package.join("pom.xml"))?;
        copy(&sources.join("src"), &package.join("src"))?;
        let library = library()?;
        let beside = library.parent().unwrap_or(Path::new("/"));
        let mut command = Command::new(&self.0);
        command
            .args(["--batch-mode", "--quiet", "test"])
            .arg(format!("-Dcountersign.library.path={}", beside.display()))
            .current_dir(package);
        Ok(command)
    }
}

/// Node.js with the built npm package and its tests.
pub(crate) struct Node {
    node: PathBuf,
    tests: PathBuf,
}

impl Node {
    /// The one that `cargo xtask test` names; none with `--quick`.
    pub(crate) fn find() -> Result<Option<Self>, Failure> {
        let node = match std::env::var_os("COUNTERSIGN_TEST_NODE") {
            Some(node) => node.into(),
            None if std::env::var_os("COUNTERSIGN_QUICK").is_some() => return Ok(None),
            None => return Err("COUNTERSIGN_TEST_NODE names no Node.js; run this by `cargo xtask test`".into()),
        };
        Ok(Some(Self { node, tests: root().join("mobile-bindings/web/tests") }))
    }

    /// Node running one of the package's test programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.program(&self.tests.join(program))
    }

    /// Node running any program.
    pub(crate) fn program(&self, path: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(path);
        command
    }
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{command:?} ended with {}:\n{out}{err}", output.status).into())
}
