//! A WebAssembly module that really links the core and can say whether it works there.
//!
//! `cargo xtask ci wasm` builds it, asserts that it imports nothing, and runs [`self_check`] under Node.js with an empty
//! import object: whatever the core does without the help of a host, it does here.

mod contracts;
mod story;

use sync_core::canonical::sha256_hex;
use sync_core::document::Document;

/// Zero, or the number of the first check that failed.
#[expect(unsafe_code, reason = "the name by which the host calls it; there is no other symbol of that name")]
#[unsafe(no_mangle)]
pub extern "C" fn self_check() -> u32 {
    match checks() {
        Ok(()) => 0,
        Err(number) => number,
    }
}

fn checks() -> Result<(), u32> {
    // A visit begins, is saved, and is the same when it is loaded again.
    let document = Document::new().map_err(|_| 1u32)?;
    let saved = document.save();
    let loaded = Document::load(&saved).map_err(|_| 2u32)?;
    ensure(3, loaded.heads() == document.heads() && !loaded.heads().is_empty())?;
    ensure(4, loaded.save() == saved)?;
    // Every other visit begins with the same change, although the library drew other throw-away actors meanwhile.
    let other = Document::new().map_err(|_| 5u32)?;
    ensure(6, other.heads() == document.heads())?;
    // FIPS 180-4, the empty message.
    ensure(7, sha256_hex(b"").starts_with("e3b0c44298fc1c149afbf4c8996fb924"))?;
    // A whole visit comes to the same bytes here as everywhere; the same digest is expected by this crate's test.
    ensure(8, story::digest()? == story::EXPECTED)
}

fn ensure(number: u32, holds: bool) -> Result<(), u32> {
    if holds { Ok(()) } else { Err(number) }
}
