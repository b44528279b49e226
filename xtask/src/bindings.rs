//! The generated sources of `mobile-bindings` (Kotlin, Swift, Python and the web's, from the built library), and what their
//! tests need.

use crate::apt;
use crate::generated::generated;
use crate::proc::{At, Result, fail, on_path, quiet, root, target_dir};
use crate::python::environment;
use crate::suspending::twins;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each language, and its files: as the generator names them, and where they are kept.
const LANGUAGES: [(&str, &[(&str, &str)]); 3] = [
    ("python", &[("countersign.py", "mobile-bindings/python/countersign/_native/countersign.py")]),
    (
        "kotlin",
        &[("dev/countersign/countersign.kt", "mobile-bindings/kotlin/src/main/kotlin/dev/countersign/countersign.kt")],
    ),
    (
        "swift",
        &[
            ("Countersign.swift", "mobile-bindings/swift/Sources/Countersign/Countersign.swift"),
            ("CountersignCore.h", "mobile-bindings/swift/Sources/CountersignCore/CountersignCore.h"),
            ("CountersignCore.modulemap", "mobile-bindings/swift/Sources/CountersignCore/module.modulemap"),
        ],
    ),
];

/// What is written from the generated Kotlin in turn.
const SUSPENDING: &str = "mobile-bindings/kotlin/src/main/kotlin/dev/countersign/Suspending.kt";

/// The types of the generated Python.
const STUBS: &str = "mobile-bindings/python/countersign/_native/countersign.pyi";
/// The web's two: the skin's exports, and the package's types with its calls.
const WEB: [&str; 2] = ["mobile-bindings/src/skin/calls.rs", "mobile-bindings/web/src/generated.ts"];

/// Names the Maven that runs the Kotlin tests.
pub(crate) const MAVEN_VARIABLE: &str = "COUNTERSIGN_TEST_MAVEN";

/// Maven and a JDK, installed where they are missing.
pub(crate) fn maven() -> Result<&'static str> {
    if !on_path("mvn") || !on_path("javac") {
        apt::ensure(&["maven", "openjdk-17-jdk-headless"])?;
    }
    Ok("mvn")
}

/// Names the directory of the programs that build a wheel and check its types.
pub(crate) const TOOLS_VARIABLE: &str = "COUNTERSIGN_TEST_PYTHON_TOOLS";

/// Fixed versions: what is checked today is checked tomorrow.
const TOOLS: [&str; 2] = ["maturin==1.16.0", "mypy==2.4.1"];

/// The directory of those programs, in an environment of its own under `target/`.
pub(crate) fn tools() -> Result<PathBuf> {
    Ok(environment("wheel", &TOOLS)?.join("bin"))
}

/// Python, which the tests of every binding need at least, and openssl, which makes the certificate of one.
pub(crate) fn python() -> Result {
    for program in ["python3", "openssl"] {
        if !on_path(program) {
            apt::ensure(&[program])?;
        }
    }
    Ok(())
}

/// Writes the sources from the library as it is built, or with `check` fails if the checked-in ones differ.
pub(crate) fn codegen(check: bool) -> Result {
    let library = target_dir().join("debug/libcountersign_core.so");
    let fresh = target_dir().join("bindings");
    for (language, files) in LANGUAGES {
        let out = fresh.join(language);
        let _ = std::fs::remove_dir_all(&out);
        quiet(
            Command::new(target_dir().join("debug/mobile-bindgen"))
                .args(["generate", "--no-format", "--language", language, "--out-dir"])
                .arg(&out)
                .arg(&library)
                .current_dir(root()),
        )?;
        for (name, kept) in files {
            let text = std::fs::read_to_string(out.join(name)).at(out.join(name))?;
            generated(kept, &text, check)?;
            match language {
                "kotlin" => generated(SUSPENDING, &twins(&text)?, check)?,
                "python" => generated(STUBS, &stubs(&out.join(name))?, check)?,
                _ => {}
            }
        }
        unknown(&out, &out, files)?;
    }
    let (rust, typescript) = (fresh.join("calls.rs"), fresh.join("generated.ts"));
    quiet(
        Command::new(target_dir().join("debug/mobile-bindgen"))
            .arg("web")
            .args([&library, &rust, &typescript])
            .current_dir(crate::proc::root()),
    )?;
    for (fresh, kept) in [(rust, WEB[0]), (typescript, WEB[1])] {
        generated(kept, &std::fs::read_to_string(&fresh).at(&fresh)?, check)?;
    }
    Ok(())
}

fn stubs(module: &Path) -> Result<String> {
    python()?;
    quiet(Command::new("python3").arg(root().join("mobile-bindings/python/stubs.py")).arg(module))
}

/// A file that a newer generator writes and this list does not know would be missing from the package.
fn unknown(top: &Path, dir: &Path, files: &[(&str, &str)]) -> Result {
    for entry in std::fs::read_dir(dir).at(dir)?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            unknown(top, &path, files)?;
        } else if !files.iter().any(|(name, _)| top.join(name) == path) {
            return fail(format!(
                "the generator writes {} now; xtask/src/bindings.rs must say where to",
                path.display()
            ));
        }
    }
    Ok(())
}
