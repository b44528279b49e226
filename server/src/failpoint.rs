//! Places where a test lets the process end without a farewell, as when the power fails. Debug builds only: in a release
//! build each of them is nothing.
//!
//! `COUNTERSIGN_DIE_AT=NAME` or `COUNTERSIGN_DIE_AT=NAME:N` ends the process when it comes to NAME for the N-th time.
//! Names in use: `in_transaction`, `before_commit`, `after_commit`, `after_reply` (a phone's batch); `mail_leased`, `mail_composed`,
//! `mail_sent_before_mark`, `mail_marked` (mails); `blob_in_transaction`, `blob_after_commit` (a part of a photo).

/// Ends the process here if the test asked for it.
#[inline]
pub(crate) fn pass(name: &str) {
    #[cfg(debug_assertions)]
    if armed::hit(name) {
        std::process::abort();
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// As [`pass`], but a little later: when what the caller returns has gone out.
#[inline]
pub(crate) fn pass_later(name: &str) {
    #[cfg(debug_assertions)]
    if armed::hit(name) {
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(200));
            std::process::abort();
        });
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Armed {
        name: String,
        left: AtomicU64,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    pub(super) fn hit(name: &str) -> bool {
        let armed = ARMED.get_or_init(|| read(&std::env::var(super::VARIABLE).ok()?));
        armed.as_ref().is_some_and(|a| a.name == name && a.left.fetch_sub(1, Ordering::SeqCst) == 1)
    }

    fn read(text: &str) -> Option<Armed> {
        let (name, count) = text.split_once(':').unwrap_or((text, "1"));
        Some(Armed { name: name.to_owned(), left: AtomicU64::new(count.parse().ok()?) })
    }
}

/// The variable that arms one of them.
pub(crate) const VARIABLE: &str = "COUNTERSIGN_DIE_AT";
