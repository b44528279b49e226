//! How the module's memory begins: with its stack, and behind it everything that is written in the program. A stack of 704 KiB
//! instead of 1 MiB puts that below the addresses that need a byte more wherever they are named.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=720896");
    }
}
