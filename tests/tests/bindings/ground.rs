//! What every language stands on: a server that already knows the story's phones, copied for each of them, and the built
//! library.

use countersign_tests::company::Company;
pub(crate) use countersign_tests::folder::{copy, root};
use countersign_tests::process::server_binary;
use countersign_tests::{Failure, ServerProcess};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that was built with this test.
pub(crate) fn library() -> Result<PathBuf, Failure> {
    let exe = std::env::current_exe()?;
    let library = exe.with_file_name("libcountersign_core.so");
    if library.is_file() { Ok(library) } else { Err(format!("{} was not built", library.display()).into()) }
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
        std::os::unix::fs::symlink(&library, packages.join("countersign/_native/libcountersign_core.so"))?;
        Ok(Self { packages, tests: sources.join("tests") })
    }

    /// Python running one of the tests' programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &self.packages).env("PYTHONDONTWRITEBYTECODE", "1").arg(self.tests.join(program));
        command
    }
}

/// The programs that build a wheel and check types.
pub(crate) struct PythonTools(PathBuf);

impl PythonTools {
    /// The ones that `cargo xtask test` names; none with `--quick`.
    pub(crate) fn find() -> Result<Option<Self>, Failure> {
        match std::env::var_os("COUNTERSIGN_TEST_PYTHON_TOOLS") {
            Some(directory) => Ok(Some(Self(directory.into()))),
            None if std::env::var_os("COUNTERSIGN_QUICK").is_some() => Ok(None),
            None => Err("COUNTERSIGN_TEST_PYTHON_TOOLS names no directory; run this by `cargo xtask test`".into()),
        }
    }

    /// One of them.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.0.join(name))
    }

    /// Builds the wheel around the library of this test, and installs it into a new environment in `directory`. Returns
    /// its Python.
    pub(crate) fn install_wheel(&self, directory: &Path) -> Result<PathBuf, Failure> {
        let package = root().join("mobile-bindings/python");
        let wheels = directory.join("wheels");
        std::fs::create_dir_all(directory.join("prebuilt"))?;
        let library = directory.join("prebuilt/libcountersign_core.so");
        stripped(&library)?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let first = [package.join("tools"), package.join("tools/prebuilt"), self.0.clone()];
        run(self
            .program("maturin")
            .args(["build", "--profile", "dev", "--offline", "--out"])
            .arg(&wheels)
            .env("REAL_CARGO", std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .env("PREBUILT_LIBRARY", library)
            .env("PATH", std::env::join_paths(first.into_iter().chain(std::env::split_paths(&path)))?)
            .env("CARGO_TARGET_DIR", directory.join("target"))
            .env_remove("CARGO")
            .current_dir(package))?;
        let built = std::fs::read_dir(&wheels)?.next().ok_or("no wheel")??;
        // An unoptimised library; with what a debugger reads it would be twice as large.
        assert!(
            built.metadata()?.len() < 10_000_000,
            "{} has {} bytes",
            built.path().display(),
            built.metadata()?.len()
        );
        let environment = directory.join("environment");
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let python = environment.join("bin/python");
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", "--find-links"])
            .arg(&wheels)
            .arg("countersign"))?;
        Ok(python)
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

    /// Maven running every test of the package and installing it under a version of its own, out of a copy in
    /// `directory`.
    pub(crate) fn install(&self, directory: &Path) -> Result<(Command, Installed), Failure> {
        let sources = root().join("mobile-bindings/kotlin");
        let package = directory.join("kotlin");
        std::fs::create_dir_all(&package)?;
        let installed = Installed(format!("0.1.0-test-{}", std::process::id()));
        let pom = std::fs::read_to_string(sources.join("pom.xml"))?;
        let pom = pom.replacen("<version>0.1.0</version>", &format!("<version>{}</version>", installed.0), 1);
        std::fs::write(package.join("pom.xml"), pom)?;
        copy(&sources.join("src"), &package.join("src"))?;
        let natives = directory.join("natives");
        std::fs::create_dir_all(natives.join("linux-x86-64"))?;
        stripped(&natives.join("linux-x86-64/libcountersign_core.so"))?;
        let mut command = Command::new(&self.0);
        command
            .args(["--batch-mode", "--quiet", "install"])
            .arg(format!("-Dcountersign.natives={}", natives.display()))
            .current_dir(package);
        Ok((command, installed))
    }

    /// Maven running the sample, which depends on what was installed, and on nothing else of ours.
    pub(crate) fn sample(&self, directory: &Path, installed: &Installed) -> Result<Command, Failure> {
        let package = directory.join("sample");
        copy(&root().join("mobile-bindings/samples/kotlin"), &package)?;
        let mut command = Command::new(&self.0);
        command
            .args(["--batch-mode", "--quiet", "compile", "exec:java"])
            .arg(format!("-Dcountersign.version={}", installed.0))
            .current_dir(package);
        Ok(command)
    }
}

/// A package in the local Maven repository, removed when this is dropped.
pub(crate) struct Installed(String);

impl Drop for Installed {
    fn drop(&mut self) {
        let Some(home) = std::env::home_dir() else { return };
        let _ = std::fs::remove_dir_all(home.join(".m2/repository/dev/countersign/countersign-core").join(&self.0));
    }
}

/// The library without what only a debugger reads, as packages carry it.
pub(crate) fn stripped(to: &Path) -> Result<(), Failure> {
    run(Command::new("strip").args(["--strip-unneeded", "-o"]).arg(to).arg(library()?))
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
