//! `wasm-bindgen` as the lock file has it: makes the JavaScript glue of a module. `cargo xtask ci wasm` runs it.

use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let Some([module, name, out]) = args.get(1..) else {
        eprintln!("mobile-webglue MODULE.wasm NAME DIRECTORY");
        return ExitCode::FAILURE;
    };
    let mut bindgen = Bindgen::new();
    let made = bindgen
        .input_path(module)
        .out_name(name)
        .typescript(true)
        .omit_default_module_path(true)
        .remove_producers_section(true)
        .web(true)
        .and_then(|bindgen| bindgen.generate(out));
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{module}: {why:#}");
            ExitCode::FAILURE
        }
    }
}
