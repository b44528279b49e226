//! Stories through real phones and a real server.

mod stories {
    mod cases;
    mod contracts;
    mod demo;
    mod late;
    mod office;
    mod root_cause;
    mod scanned;
    mod smoke;
}

#[test]
fn no_file_was_forgotten() -> Result<(), Box<dyn std::error::Error>> {
    let here = include_str!("stories.rs");
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories"))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let module = name.trim_end_matches(".rs");
        assert!(here.contains(&format!("    mod {module};")), "{name} is no module of stories.rs");
    }
    Ok(())
}
