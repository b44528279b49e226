//! One story through every language that the bindings speak, against a real server; and processes that are killed while
//! they record through them.

mod bindings {
    mod automerge;
    mod ground;
    mod kill;
    mod languages;
    mod story;
}

#[test]
fn no_file_was_forgotten() -> Result<(), Box<dyn std::error::Error>> {
    let here = include_str!("bindings.rs");
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bindings"))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let module = name.trim_end_matches(".rs");
        assert!(here.contains(&format!("    mod {module};")), "{name} is no module of bindings.rs");
    }
    Ok(())
}
