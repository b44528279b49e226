//! What the facade asks of whatever keeps its bytes.

use crate::error::PhoneError;
use sync_core::phone::Write;

/// Where a phone's bytes are kept.
pub(crate) trait Disk: Send {
    /// Everything but photos' bytes, in the order of the names.
    fn load(&mut self) -> Result<Vec<(String, Vec<u8>)>, PhoneError>;
    /// Writes all of it or nothing, and returns when it is durable. After an error it is closed until it is reopened,
    /// because only then is it known what was written.
    fn write(&mut self, writes: &[Write]) -> Result<(), PhoneError>;
    /// One photo's bytes.
    fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, PhoneError>;
    /// From now on another host key opens it. After an error it is closed, and one of the two keys opens it.
    #[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "a page keeps its bytes under no key of ours"))]
    fn rotate(&mut self, host_key: &[u8]) -> Result<(), PhoneError>;
    /// Whether it can be used.
    fn is_open(&self) -> bool;
    /// Opens it again after a failure.
    fn reopen(&mut self) -> Result<(), PhoneError>;
    /// Whether everything written is durable: where the host writes, that is when it says so.
    fn is_settled(&self) -> bool {
        true
    }
}
