//! What the host platform gives: its clocks, its randomness, its key, its network.

use crate::error::{HostError, PhoneError};
use std::sync::Arc;
use zeroize::Zeroizing;

/// One reading of the phone's clocks, all taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Record))]
pub struct ClockReading {
    /// The wall clock: milliseconds since 1970 UTC.
    pub wall_ms: i64,
    /// Milliseconds since the phone was booted, *including* the time that it slept: Android's
    /// `SystemClock.elapsedRealtime()`, iOS's `mach_continuous_time`.
    pub mono_ms: i64,
    /// What names this boot and no other: a UUID where the platform has one, otherwise any text, such as Android's
    /// `Settings.Global.BOOT_COUNT` with the app's installation id.
    pub boot: String,
}

/// The phone's clocks.
#[cfg_attr(not(target_arch = "wasm32"), uniffi::export(with_foreign))]
pub trait Clock: Send + Sync {
    /// Reads them.
    ///
    /// # Errors
    /// When they cannot be read; the call that needed the time is refused then.
    fn now(&self) -> Result<ClockReading, HostError>;
}

/// A source of unpredictable bytes, where the operating system's own is not to be used.
#[cfg_attr(not(target_arch = "wasm32"), uniffi::export(with_foreign))]
pub trait Entropy: Send + Sync {
    /// Exactly `count` bytes.
    ///
    /// # Errors
    /// When there are none; the call that needed them is refused then.
    fn fill(&self, count: u32) -> Result<Vec<u8>, HostError>;
}

/// The device's key in the platform's hardware: ECDSA with P-256 and SHA-256 (ES256).
#[cfg_attr(not(target_arch = "wasm32"), uniffi::export(with_foreign))]
pub trait Signer: Send + Sync {
    /// The public key, an SEC1 point of 33 or 65 bytes.
    ///
    /// # Errors
    /// When there is none.
    fn public_key(&self) -> Result<Vec<u8>, HostError>;
    /// The signature over `message`: the 64 bytes r ‖ s, or the DER form that Android and iOS give.
    ///
    /// # Errors
    /// When the platform refuses, because the user did not unlock it for example.
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, HostError>;
}

/// The way to the server, which the host owns: it adds the device's token, compresses, and retries as it likes.
#[cfg_attr(not(target_arch = "wasm32"), uniffi::export(with_foreign))]
pub trait Transport: Send + Sync {
    /// Posts a frame (`application/cbor`) to `/api/v1/sync` and returns the body of a 200 answer.
    ///
    /// # Errors
    /// For anything else; the phone keeps everything and tries again when it is asked to. The code `cancelled` ends a sync
    /// without an error.
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, HostError>;
}

/// Who wants to know how far a sync has come, and may end it.
#[cfg_attr(not(target_arch = "wasm32"), uniffi::export(with_foreign))]
pub trait SyncObserver: Send + Sync {
    /// Called before every round. `false` ends the sync there; everything confirmed so far stays confirmed.
    ///
    /// # Errors
    /// Ends the sync with this error.
    fn progress(&self, rounds_done: u32, changes_left: u32) -> Result<bool, HostError>;
}

/// The clocks of a Linux machine: `/proc/uptime`, which goes on through sleep, and the kernel's boot id. On systems
/// without these, Android among them, every reading fails.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Default, uniffi::Object)]
pub struct LinuxClock;

#[cfg(not(target_arch = "wasm32"))]
#[uniffi::export]
impl LinuxClock {
    /// The clocks of this machine.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[uniffi::export]
impl Clock for LinuxClock {
    fn now(&self) -> Result<ClockReading, HostError> {
        let read = |path: &str| std::fs::read_to_string(path).map_err(|e| failed(format!("{path}: {e}")));
        let uptime = read("/proc/uptime")?;
        let boot = read("/proc/sys/kernel/random/boot_id")?;
        let since_1970 = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_err(|_| failed("the wall clock is before 1970".into()))?;
        Ok(ClockReading {
            wall_ms: i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX),
            mono_ms: hundredths(&uptime).ok_or_else(|| failed("/proc/uptime has another form".into()))? * 10,
            boot: boot.trim().to_owned(),
        })
    }
}

/// `12345.67 …` as 1234567.
#[cfg(not(target_arch = "wasm32"))]
fn hundredths(uptime: &str) -> Option<i64> {
    let (seconds, rest) = uptime.split_whitespace().next()?.split_once('.')?;
    let fraction: i64 = rest.get(..2)?.parse().ok()?;
    seconds.parse::<i64>().ok()?.checked_mul(100)?.checked_add(fraction)
}

#[cfg(not(target_arch = "wasm32"))]
fn failed(reason: String) -> HostError {
    HostError::Failed { reason }
}

/// Everything that the host gives to one phone.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) signer: Option<Arc<dyn Signer>>,
}

impl Host {
    /// The clocks now, as the engine wants them.
    pub(crate) fn stamp(&self) -> Result<sync_core::clock::Stamp, PhoneError> {
        let reading = self.clock.now()?;
        let boot = reading.boot.parse().unwrap_or_else(|_| named_boot(&reading.boot));
        Ok(sync_core::clock::Stamp { wall_ms: reading.wall_ms, mono_ms: reading.mono_ms, boot, server: None })
    }

    /// Secret bytes.
    pub(crate) fn secret(&self) -> Result<Zeroizing<[u8; 32]>, PhoneError> {
        let mut out = Zeroizing::new([0u8; 32]);
        let bytes = Zeroizing::new(self.entropy.fill(32)?);
        if bytes.len() != out.len() {
            return Err(PhoneError::host(format!("{} random bytes instead of 32", bytes.len())));
        }
        out.copy_from_slice(&bytes);
        Ok(out)
    }
}

/// The operating system's randomness. Not on the web: what getrandom answers there is a counter
/// (`sync-core/src/wasm_entropy.rs`), and this crate does without it.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct SystemEntropy;

#[cfg(not(target_arch = "wasm32"))]
impl Entropy for SystemEntropy {
    fn fill(&self, count: u32) -> Result<Vec<u8>, HostError> {
        let mut out = vec![0; count as usize];
        getrandom::fill(&mut out).map_err(|e| failed(e.to_string()))?;
        Ok(out)
    }
}

/// A UUID for a boot that the platform names otherwise: the same name is the same boot.
fn named_boot(name: &str) -> uuid::Uuid {
    let digest = sync_core::canonical::sha256(format!("countersign/boot/1\n{name}").as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uptime_is_read_without_floats() {
        assert_eq!(hundredths("12345.67 99.10\n"), Some(1_234_567));
        assert_eq!(hundredths("0.05 0.00"), Some(5));
        assert_eq!(hundredths("12345 1"), None);
    }

    #[test]
    fn a_boot_has_one_name_and_another_boot_another() {
        assert_eq!(named_boot("17/abc"), named_boot("17/abc"));
        assert_ne!(named_boot("17/abc"), named_boot("18/abc"));
    }

    #[test]
    fn this_machines_clocks_go_forward() {
        let clock = LinuxClock;
        let (a, b) = (clock.now().unwrap(), clock.now().unwrap());
        assert!(a.mono_ms <= b.mono_ms && a.boot == b.boot && a.wall_ms > 1_700_000_000_000);
    }
}
