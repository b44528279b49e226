//! What a page gives to the facade: its clocks, its randomness, and the public half of its key.

use crate::error::HostError;
use crate::host::{Clock, ClockReading, Entropy, Signer};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The wrapper's object with the page's callbacks. What it throws is text.
    pub type Hands;

    /// The clocks as JSON: `[wall_ms, mono_ms, "boot"]`.
    #[wasm_bindgen(method, catch)]
    fn now(this: &Hands) -> Result<String, JsValue>;

    /// So many random bytes.
    #[wasm_bindgen(method, catch)]
    fn random(this: &Hands, count: u32) -> Result<Vec<u8>, JsValue>;

    /// The public key, where the platform holds the device's key.
    #[wasm_bindgen(method, js_name = publicKey)]
    pub(super) fn public_key(this: &Hands) -> Option<Vec<u8>>;
}

/// Clocks and randomness from the page.
pub(super) struct Given(pub(super) Hands);

fn failed(why: JsValue) -> HostError {
    HostError::Failed { reason: why.as_string().unwrap_or_else(|| "a callback failed".into()) }
}

impl Clock for Given {
    fn now(&self) -> Result<ClockReading, HostError> {
        let json = self.0.now().map_err(failed)?;
        let (wall_ms, mono_ms, boot) =
            serde_json::from_str(&json).map_err(|e| HostError::Failed { reason: format!("clock: {e}") })?;
        Ok(ClockReading { wall_ms, mono_ms, boot })
    }
}

impl Entropy for Given {
    fn fill(&self, count: u32) -> Result<Vec<u8>, HostError> {
        self.0.random(count).map_err(failed)
    }
}

/// A key that signs in its own time only: the facade's halves are called instead.
pub(super) struct Key(pub(super) Vec<u8>);

impl Signer for Key {
    fn public_key(&self) -> Result<Vec<u8>, HostError> {
        Ok(self.0.clone())
    }

    fn sign(&self, _: Vec<u8>) -> Result<Vec<u8>, HostError> {
        Err(HostError::Failed { reason: "the platform signs in its own time: call the two halves".into() })
    }
}
