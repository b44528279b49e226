//! The generated sources of `mobile-bindings` (Kotlin, Swift, Python and the web's, from the built library), and what their
//! tests need.

use crate::apt;
use crate::proc::{At, Result, fail, on_path, quiet, target_dir};
use crate::tasks::generated;
use std::path::Path;
use std::process::Command;

/// Each language, and its files: as the generator names them, and where they are kept.
const LANGUAGES: [(&str, &[(&str, &str)]); 3] = [
    ("python", &[("countersign.py", "mobile-bindings/python/countersign/_generated.py")]),
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

/// Python, which the tests of every binding need at least.
pub(crate) fn python() -> Result {
    if on_path("python3") { Ok(()) } else { apt::ensure(&["python3"]) }
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
                .current_dir(crate::proc::root()),
        )?;
        for (name, kept) in files {
            let text = std::fs::read_to_string(out.join(name)).at(out.join(name))?;
            generated(kept, &text, check)?;
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
