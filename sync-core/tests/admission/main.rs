//! The gate, from the outside: hostile changes one by one, honest changes damaged at random, honest histories.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests may fail as tests do")]
#![expect(unreachable_pub, reason = "the modules of one test share their helpers")]

mod cost;
mod forge;
mod honest;
mod hostile_bytes;
mod hostile_rules;
mod mutations;
mod world;

use std::cell::Cell;

thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });

/// Runs `f` without the panics that the gate contains being printed; those of the tests themselves still are.
fn quietly<T>(f: impl FnOnce() -> T) -> T {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                usual(info);
            }
        }));
    });
    QUIET.set(true);
    let result = f();
    QUIET.set(false);
    result
}
