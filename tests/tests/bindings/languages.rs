//! Every language tells the story; all tell it alike.

use super::ground::{Maven, Node, Python, Template, root, run};
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
    run(node.command("story.mjs").arg(server.base()).arg(&output))?;
    equal("JavaScript", &read(&output)?, &plain);
    drop(server);

    let Some(maven) = Maven::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let server = template.start(dir.path())?;
    let output = dir.path().join("told.json");
    run(maven
        .test(dir.path())?
        .env("STORY_SERVER", server.base())
        .env("STORY_DIRECTORY", dir.path())
        .env("STORY_OUTPUT", &output))?;
    equal("Kotlin", &read(&output)?, &plain);
    Ok(())
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
    let chromium = std::env::var_os("COUNTERSIGN_TEST_CHROMIUM").ok_or("COUNTERSIGN_TEST_CHROMIUM names no browser")?;
    let dir = tempfile::tempdir()?;
    run(node.command("browser.mjs").arg(chromium).arg(dir.path()))
}

/// The first program in this language on a page of the documentation.
fn program(page: &str, language: &str) -> Result<String, Failure> {
    let text = std::fs::read_to_string(root().join(page))?;
    let (_, rest) = text.split_once(&format!("```{language}\n")).ok_or_else(|| format!("no {language} in {page}"))?;
    Ok(rest.split_once("```").ok_or("the program has no end")?.0.to_owned())
}

#[test]
fn the_quick_start_for_browsers_is_right() -> Result<(), Failure> {
    let Some(node) = Node::find()? else { return Ok(()) };
    let code = program("docs/phones.md", "js")?;
    assert_eq!(program("docs/phones.zh-CN.md", "js")?, code, "both languages show the same program");
    let dir = tempfile::tempdir()?;
    let template = Template::new(|_| Ok(()))?;
    let server = template.start(dir.path())?;
    // Installed as an app has it: nothing but the package itself is there.
    let scope = dir.path().join("node_modules/@countersign");
    std::fs::create_dir_all(&scope)?;
    std::os::unix::fs::symlink(root().join("mobile-bindings/web"), scope.join("core"))?;
    let path = dir.path().join("quick_start.mjs");
    std::fs::write(&path, code)?;
    run(node.program(&path).env("SERVER", server.base()))
}

#[test]
fn the_quick_start_is_right() -> Result<(), Failure> {
    let python_code = program("docs/phones.md", "python")?;
    assert_eq!(program("docs/phones.zh-CN.md", "python")?, python_code, "both languages show the same program");
    let dir = tempfile::tempdir()?;
    let template = Template::new(|_| Ok(()))?;
    let server = template.start(dir.path())?;
    let program = dir.path().join("quick_start.py");
    std::fs::write(&program, python_code)?;
    let mut command = Python::new(dir.path())?.command("host.py");
    // The program stands alone: nothing of the tests' own is on its path.
    let path = command.get_envs().find(|(k, _)| *k == "PYTHONPATH").and_then(|(_, v)| v).ok_or("no path")?.to_owned();
    command = std::process::Command::new("python3");
    command.env("PYTHONPATH", path).env("SERVER", server.base()).current_dir(dir.path()).arg(&program);
    run(&mut command)
}

#[test]
fn swift_compiles_where_there_is_a_swift() -> Result<(), Failure> {
    if std::process::Command::new("swift").arg("--version").output().is_err() {
        println!("skipped: Swift (there is no swift on the path)");
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    let package = dir.path().join("swift");
    super::ground::copy(&root().join("mobile-bindings/swift"), &package)?;
    let library = super::ground::library()?;
    let beside = library.parent().ok_or("the library is nowhere")?;
    let mut build = std::process::Command::new("swift");
    run(build.arg("build").arg("-Xlinker").arg(format!("-L{}", beside.display())).current_dir(package))
}
