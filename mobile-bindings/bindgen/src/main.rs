//! Writes the Kotlin, Swift, Python and TypeScript sources of `mobile-bindings` from its built library:
//! `cargo xtask codegen` runs it.

mod web;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1..) {
        Some([mode, library, rust, typescript]) if mode == "web" => match web::write(library, rust, typescript) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        },
        _ => {
            uniffi::uniffi_bindgen_main();
            ExitCode::SUCCESS
        }
    }
}
