//! The npm package `@countersign/core` (`mobile-bindings/web`): from the module to `dist`, and how large that is.

use crate::apt;
use crate::proc::{At, Result, announce, cargo, fail, on_path, quiet, root, run, target_dir};
use crate::wasm_imports::imports;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most that a browser may have to load, gzipped: the module and its JavaScript. What is in it, and why it is not less:
/// docs/adr/0020-what-a-browser-loads.md.
const LIMIT: usize = 600_000;

/// Node.js of this version has all that browsers have and the package needs.
const NODE: u32 = 20;

/// What the module may ask its host for: the callbacks of `mobile-bindings/src/skin/hands.rs`, and what wasm-bindgen
/// needs for any. All else that a page could give, a clock for instance, comes by these.
const MAY_IMPORT: [&str; 5] = ["__wbg_now_", "__wbg_random_", "__wbg_publicKey_", "__wbindgen_", "__wbg___wbindgen_"];

/// For size, with what every browser of the last years understands.
const OPTIMISE: [&str; 14] = [
    "-Oz",
    // Blocks and branches laid out anew from what they mean.
    "--flatten",
    "--rereloop",
    "-Oz",
    // Copies of one generic function stand side by side: what is most alike is found among these.
    "--reorder-functions-by-name",
    "--strip-debug",
    "--strip-producers",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What a browser need not load.
const BARE: [&str; 3] = ["--removeComments", "--declaration", "false"];

/// And how short its JavaScript may be; names that a developer sees stay.
const SHORT: [&str; 5] = ["--module", "--compress", "passes=2", "--mangle", "--keep-classnames"];

/// wasm-bindgen's JavaScript, whose types are its own.
#[rustfmt::skip]
const GLUE: [&str; 10] = [
    "--ignoreConfig", "--allowJs", "--skipLibCheck", "--types", "", "--target", "es2022", "--module", "esnext", "--outDir",
];

/// Names the Node.js that runs the package's tests.
pub(crate) const NODE_VARIABLE: &str = "COUNTERSIGN_TEST_NODE";

/// Names the browser that they run in.
pub(crate) const CHROMIUM_VARIABLE: &str = "COUNTERSIGN_TEST_CHROMIUM";

/// Chromium, installed where there is none.
pub(crate) fn chromium() -> Result<&'static Path> {
    let chromium = Path::new("/usr/bin/chromium");
    if !chromium.exists() {
        apt::ensure(&["chromium"])?;
    }
    Ok(chromium)
}

/// Node.js and npm, installed where they are missing.
pub(crate) fn node() -> Result {
    if !on_path("node") {
        apt::ensure(&["nodejs"])?;
    }
    if !on_path("npm") {
        apt::ensure(&["npm"])?;
    }
    let said = quiet(Command::new("node").arg("--version"))?;
    let major = said.trim().trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok());
    if major >= Some(NODE) { Ok(()) } else { fail(format!("node {} is older than {NODE}", said.trim())) }
}

/// The package's directory.
pub(crate) fn directory() -> PathBuf {
    root().join("mobile-bindings/web")
}

/// What the lock file in `directory` names, unless it is there already.
pub(crate) fn install(directory: &Path) -> Result {
    node()?;
    let lock = directory.join("package-lock.json");
    let installed = directory.join("node_modules/.package-lock.json");
    let made = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    if made(&installed) > made(&lock) {
        return Ok(());
    }
    quiet(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(directory)).map(drop)
}

/// Makes `dist` from the modules in `built`.
pub(crate) fn package(built: &Path) -> Result {
    install(&directory())?;
    let module = built.join("countersign_web.wasm");
    let bytes = std::fs::read(&module).at(&module)?;
    let asks = imports(&bytes).map_err(|why| crate::proc::Failure(why.to_owned()))?;
    if let Some(other) = foreign(&asks) {
        return fail(format!(
            "the package's module asks its host for {other}: it is given callbacks, and nothing else"
        ));
    }

    let glue = directory().join("src/glue");
    let dist = directory().join("dist");
    for old in [&glue, &dist] {
        let _ = std::fs::remove_dir_all(old);
    }
    std::fs::create_dir_all(dist.join("glue")).at(&dist)?;
    // As the tests build the workspace: alone it would compile the same dependencies with other features.
    run(cargo().args(["build", "--workspace", "--features", "mobile-bindgen/webglue", "--bin", "mobile-webglue"]))?;
    run(Command::new(target_dir().join("debug/mobile-webglue")).arg(&module).arg("countersign_core").arg(&glue))?;
    let tool = |name: &str| {
        let mut tool = Command::new(directory().join("node_modules/.bin").join(name));
        tool.current_dir(directory());
        tool
    };
    let small = glue.join("small.wasm");
    run(tool("wasm-opt").args(OPTIMISE).arg("--output").arg(&small).arg(glue.join("countersign_core_bg.wasm")))?;
    run(tool("tsc").arg("--emitDeclarationOnly"))?;
    // Comments stay in the types, where editors show them.
    run(tool("tsc").args(BARE))?;
    run(tool("tsc").args(BARE).args(GLUE).arg(dist.join("glue")).arg(glue.join("countersign_core.js")))?;
    std::fs::copy(glue.join("countersign_core.d.ts"), dist.join("glue/countersign_core.d.ts"))
        .at("the glue's types")?;
    // Reads what it has written by what was just compiled.
    let packed = dist.join("countersign_core_bg.wasm");
    run(Command::new("node").arg("tools/pack.mjs").arg(&small).arg(&packed).current_dir(directory()))?;
    for script in scripts(&dist)? {
        run(tool("terser").args(SHORT).arg("--output").arg(&script).arg(&script))?;
    }
    // The tests' programs are checked against the package's types.
    run(tool("tsc").args(["--project", "tests"]))
}

/// The first import that is neither one of our callbacks nor what they need.
fn foreign(imports: &[String]) -> Option<&String> {
    let known = |import: &str| {
        let field = import.split_once('.').map_or(import, |(_, field)| field);
        MAY_IMPORT.iter().any(|known| field.starts_with(known))
    };
    imports.iter().find(|import| !known(import))
}

/// Prints what a browser loads, and fails when it is too much.
pub(crate) fn small_enough() -> Result {
    let dist = &directory().join("dist");
    let module = &dist.join("countersign_core_bg.wasm");
    let wasm = gzipped(std::slice::from_ref(module))?;
    let javascript = gzipped(&scripts(dist)?)?;
    let raw = std::fs::metadata(module).at(module)?.len() / 1000;
    announce(format_args!(
        "@countersign/core: the module has {raw} kB, {} kB gzipped; with {} kB of JavaScript {} kB of {} kB",
        wasm / 1000,
        javascript / 1000,
        (wasm + javascript) / 1000,
        LIMIT / 1000
    ));
    if wasm + javascript > LIMIT {
        return fail("the package has grown: docs/adr/0020-what-a-browser-loads.md says what is in it");
    }
    Ok(())
}

/// The package's JavaScript.
fn scripts(dist: &Path) -> Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    for directory in [dist.to_owned(), dist.join("glue")] {
        let files = std::fs::read_dir(&directory).at(&directory)?.flatten().map(|entry| entry.path());
        scripts.extend(files.filter(|path| path.extension().is_some_and(|e| e == "js")));
    }
    scripts.sort();
    Ok(scripts)
}

fn gzipped(files: &[PathBuf]) -> Result<usize> {
    let mut sum = 0;
    for file in files {
        let out = Command::new("gzip").args(["--best", "--stdout"]).arg(file).output().at("gzip")?;
        if !out.status.success() {
            return fail("gzip failed");
        }
        sum += out.stdout.len();
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    #[test]
    fn callbacks_are_known_and_a_clock_is_not() {
        let import = |field: &str| format!("__wbindgen_placeholder__.{field}");
        let ours =
            ["__wbg_now_c06742eafe5fc992", "__wbindgen_object_drop_ref", "__wbg___wbindgen_throw_4c88"].map(import);
        assert_eq!(super::foreign(&ours), None);
        let clock = [import("__wbg_random_5043"), import("__wbg_getTime_14776bfb48a1bff9")];
        assert_eq!(super::foreign(&clock), Some(&clock[1]));
    }
}
