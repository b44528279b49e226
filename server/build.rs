//! Rebuilds when a migration changes: they are embedded in the binary, and cargo does not see that by itself.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
