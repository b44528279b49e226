//! What getrandom answers on bare WebAssembly (`--cfg getrandom_backend="custom"`): a counter, and no randomness.
//!
//! The core is handed its randomness ([`crate::env::Entropy`]) and draws none. Automerge draws a throw-away actor id
//! whenever a document is created or loaded, and seeds a skip list; the core replaces that actor before it writes
//! anything, so nothing that is stored, sent or signed depends on these bytes. Refusing instead would panic inside
//! Automerge, and its `wasm` feature would import the host's JavaScript, which the core must do without.
//!
//! mobile-bindings draws its secrets from what the page gives (`host.rs`). That nothing but Automerge comes to draw from here
//! is checked by `cargo xtask ci wasm`.

use core::sync::atomic::{AtomicU64, Ordering};

/// Distinct on every call, so that two throw-away actors in one document never meet.
static CALLS: AtomicU64 = AtomicU64::new(1);

/// getrandom's custom backend (its name keeps the version of getrandom that it was introduced with, 0.3).
#[expect(unsafe_code, reason = "getrandom finds its backend by this symbol and hands over a raw buffer")]
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(dest: *mut u8, len: usize) -> Result<(), getrandom::Error> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: getrandom hands over a buffer of `len` bytes that it owns and that may be uninitialised, so it is
    // filled before a slice is made of it.
    let out = unsafe {
        core::ptr::write_bytes(dest, 0, len);
        core::slice::from_raw_parts_mut(dest, len)
    };
    for chunk in out.chunks_mut(8) {
        // splitmix64: spreads the counter over all bits, as seeds of small generators want it.
        let mut x = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        chunk.copy_from_slice(&x.to_le_bytes()[..chunk.len()]);
    }
    Ok(())
}
