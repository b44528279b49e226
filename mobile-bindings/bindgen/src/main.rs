//! Writes the Kotlin, Swift and Python sources of `mobile-bindings` from its built library: `cargo xtask codegen` runs it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
