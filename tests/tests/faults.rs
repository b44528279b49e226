//! What must hold when things go wrong: processes killed at any moment, frames in any order, several servers on one
//! database, hostile and broken input, full disks, backups put back.

mod faults {
    mod books;
    mod cli;
    mod disk;
    mod failpoints;
    mod feed;
    mod field;
    mod ground;
    mod input;
    mod interleaving;
    mod kill;
    mod local;
    mod mails;
    mod nodes;
    mod photos;
    mod restore;
}

#[test]
fn no_file_was_forgotten() -> Result<(), Box<dyn std::error::Error>> {
    let here = include_str!("faults.rs");
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults"))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let module = name.trim_end_matches(".rs");
        assert!(here.contains(&format!("    mod {module};")), "{name} is no module of faults.rs");
    }
    Ok(())
}
