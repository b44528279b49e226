//! Every language tells the story; all tell it alike.

use super::ground::{Maven, Node, Python, PythonTools, Template, root, run};
use super::story;
use countersign_tests::Failure;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What the story comes to in plain Rust, and the server to tell it to.
fn plain() -> Result<(Template, Value), Failure> {
    let phones = tempfile::tempdir()?;
    let template = Template::new(|base| story::enrol(base, phones.path()))?;
    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    let told = story::tell(&server.base(), dir.path())?;
    Ok((template, told))
}

/// The browser that `cargo xtask test` names.
fn chromium() -> Result<std::ffi::OsString, Failure> {
    Ok(std::env::var_os("COUNTERSIGN_TEST_CHROMIUM").ok_or("COUNTERSIGN_TEST_CHROMIUM names no browser")?)
}

/// Says which part differs: the whole is too long to be read.
fn equal(language: &str, told: &Value, plain: &Value) {
    let parts = |told: &Value| -> BTreeMap<String, Value> {
        told.as_object().into_iter().flatten().map(|(part, value)| (part.clone(), value.clone())).collect()
    };
    let (told, plain) = (parts(told), parts(plain));
    assert!(told.keys().eq(plain.keys()), "{language}: {:?}", told.keys());
    for (part, value) in plain {
        assert_eq!(told[&part], value, "{language}: “{part}” differs");
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

#[test]
fn every_language_tells_the_same_story() -> Result<(), Failure> {
    let (template, plain) = plain()?;
    story::holds(&plain)?;

    // A second time in Rust: the story does not depend on anything that the test does not hold.
    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    equal("Rust again", &story::tell(&server.base(), dir.path())?, &plain);
    drop(server);

    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    let output = dir.path().join("told.json");
    let python = Python::new(dir.path())?;
    run(python.command("story.py").arg(server.base()).arg(dir.path()).arg(&output))?;
    equal("Python", &read(&output)?, &plain);
    drop(server);

    let Some(node) = Node::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    let output = dir.path().join("told.json");
    run(node.command("tell.mjs").arg(server.base()).arg(&output))?;
    equal("JavaScript", &read(&output)?, &plain);
    drop(server);

    // What an app loads, in the browser that it loads it in: equal to Python's and every other's, byte for byte.
    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    let output = dir.path().join("told.json");
    let mut page = node.command("tell-in-browser.mjs");
    run(page.arg(chromium()?).arg(dir.path()).arg(server.base()).arg(&output))?;
    equal("the browser", &read(&output)?, &plain);
    drop(server);

    let Some(maven) = Maven::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    let output = dir.path().join("told.json");
    let (mut command, installed) = maven.install(dir.path())?;
    run(command.env("STORY_SERVER", server.base()).env("STORY_DIRECTORY", dir.path()).env("STORY_OUTPUT", &output))?;
    equal("Kotlin", &read(&output)?, &plain);
    drop(server);

    // An app that has nothing but the installed package.
    let dir = tempfile::tempdir()?;
    let server = Template::new(|_| Ok(()))?.start(dir.path())?;
    run(maven.sample(dir.path(), &installed)?.env("SERVER", server.base()))
}

#[test]
fn what_only_a_binding_can_get_wrong() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    run(&mut Python::new(dir.path())?.command("test_binding.py"))?;
    let Some(node) = Node::find()? else { return Ok(()) };
    run(&mut node.command("core.mjs"))
}

#[test]
fn the_package_works_in_a_browser() -> Result<(), Failure> {
    let Some(node) = Node::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    run(node.command("browser.mjs").arg(chromium()?).arg(dir.path()))
}

#[test]
fn the_npm_package_is_all_that_an_app_needs() -> Result<(), Failure> {
    let Some(node) = Node::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let template = Template::new(|_| Ok(()))?;
    let server = template.start(dir.path())?;
    // Installed as an app has it: nothing but the package itself is there.
    let scope = dir.path().join("node_modules/@countersign");
    std::fs::create_dir_all(&scope)?;
    std::os::unix::fs::symlink(root().join("mobile-bindings/web"), scope.join("core"))?;
    let path = dir.path().join("visit.mjs");
    std::fs::copy(root().join("mobile-bindings/samples/web/visit.mjs"), &path)?;
    run(node.program(&path).env("SERVER", server.base()))
}

#[test]
fn the_quick_starts_are_the_samples() -> Result<(), Failure> {
    let samples = root().join("mobile-bindings/samples");
    for (language, sample) in [
        ("python", "python/visit.py"),
        ("kotlin", "kotlin/src/main/kotlin/Visit.kt"),
        ("swift", "swift/Sources/Visit/main.swift"),
        ("js", "web/visit.mjs"),
    ] {
        let program = std::fs::read_to_string(samples.join(sample))?;
        for page in ["docs/phones.md", "docs/phones.zh-CN.md"] {
            let text = std::fs::read_to_string(root().join(page))?;
            let shown = text.contains(&format!("```{language}\n{program}```"));
            assert!(shown, "{page} does not show mobile-bindings/samples/{sample} as it is");
        }
    }
    Ok(())
}

#[test]
fn the_wheel_is_all_that_an_app_needs() -> Result<(), Failure> {
    let Some(tools) = PythonTools::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let python = tools.install_wheel(dir.path())?;
    let sample = root().join("mobile-bindings/samples/python/visit.py");
    // The types are in it too: a checker that knows nothing else follows them, and finds what is wrong.
    let check = |program: &Path| {
        let mut mypy = tools.program("mypy");
        mypy.args(["--strict", "--python-executable"]).arg(&python).arg(program).current_dir(dir.path());
        mypy
    };
    run(&mut check(&sample))?;
    let wrong = dir.path().join("wrong.py");
    let program = "import countersign as cs\n\ncs.Phone.open('x', b'', cs.LinuxClock()).add_note(1, 'x', None)\n\
                   try:\n    pass\nexcept cs.PhoneError.Nobody:\n    pass\n";
    std::fs::write(&wrong, program)?;
    let said = String::from_utf8(check(&wrong).output()?.stdout)?;
    assert!(said.contains("Found 2 errors"), "{said}");
    let server = Template::new(|_| Ok(()))?.start(dir.path())?;
    // The program stands alone: nothing of the repository is on its path.
    run(std::process::Command::new(python).arg(sample).env("SERVER", server.base()).current_dir(dir.path()))
}

/// Swift compiles the package, and runs the sample, where there is a Swift.
#[test]
fn swift_tells_it_where_there_is_a_swift() -> Result<(), Failure> {
    let version = std::process::Command::new("swift").arg("--version").output();
    if !version.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("Swift version")) {
        println!("skipped: Swift (there is no swift on the path)");
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let bindings = root().join("mobile-bindings");
    super::ground::copy(&bindings.join("swift"), &dir.path().join("swift"))?;
    super::ground::copy(&bindings.join("samples/swift"), &dir.path().join("samples/swift"))?;
    let library = super::ground::library()?;
    let beside = library.parent().ok_or("the library is nowhere")?;
    let server = Template::new(|_| Ok(()))?.start(dir.path())?;
    let mut sample = std::process::Command::new("swift");
    run(sample
        .args(["run", "-Xlinker"])
        .arg(format!("-L{}", beside.display()))
        .env("LD_LIBRARY_PATH", beside)
        .env("SERVER", server.base())
        .current_dir(dir.path().join("samples/swift")))
}
