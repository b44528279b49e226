//! The skin for the web: wasm-bindgen over the facade, without logic. `calls.rs` is generated; here is what it stands on.
//! Apps use it through the package `@countersign/core` (`web/src`), never directly.
//!
//! Records and lists cross as JSON, which the core speaks anyway: a converter of their own (serde-wasm-bindgen, tsify)
//! would be as large again. Text and bytes cross as they are.

#[rustfmt::skip]
mod calls;
mod hands;

use crate::dto::SyncReport;
use crate::error::PhoneError;
use crate::facade::Phone;
use crate::host::{Host, Signer};
use crate::host_disk::HostDisk;
use hands::{Given, Hands, Key};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use sync_core::phone::Write;
use wasm_bindgen::prelude::*;

/// What the host keeps, on its way in.
#[wasm_bindgen]
#[derive(Default)]
pub struct Entries(Vec<(String, Vec<u8>)>);

#[wasm_bindgen]
impl Entries {
    /// None yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn put(&mut self, name: String, value: Vec<u8>) {
        self.0.push((name, value));
    }
}

/// What the host must make durable in one step, on its way out.
#[wasm_bindgen]
pub struct Batch(std::vec::IntoIter<Write>);

/// One of a batch's writes.
#[wasm_bindgen]
pub struct BatchWrite(Write);

#[wasm_bindgen]
impl Batch {
    /// The next write, in their order.
    #[expect(clippy::should_implement_trait, reason = "JavaScript calls it by this name")]
    pub fn next(&mut self) -> Option<BatchWrite> {
        self.0.next().map(BatchWrite)
    }
}

#[wasm_bindgen]
impl BatchWrite {
    /// Under which name.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.0 {
            Write::Put(name, _) | Write::Delete(name) => name.clone(),
        }
    }

    /// Its bytes; none when the entry is to be deleted.
    pub fn value(&mut self) -> Option<Vec<u8>> {
        match &mut self.0 {
            Write::Put(_, value) => Some(std::mem::take(value)),
            Write::Delete(_) => None,
        }
    }
}

/// A record of which one field is bytes.
#[wasm_bindgen]
pub struct Reply {
    json: String,
    bytes: Vec<u8>,
}

#[wasm_bindgen]
impl Reply {
    /// The record, that field left empty.
    pub fn json(&mut self) -> String {
        std::mem::take(&mut self.json)
    }

    /// The field.
    pub fn bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// The facade over a host that keeps the bytes itself.
#[wasm_bindgen]
pub struct WebPhone {
    phone: Phone,
    disk: HostDisk,
}

#[wasm_bindgen]
impl WebPhone {
    /// Opens what the host keeps.
    ///
    /// # Errors
    /// As [`Phone`]'s calls, JSON.
    pub fn open(entries: Entries, hands: Hands) -> Result<WebPhone, JsValue> {
        let disk = HostDisk::new(entries.0);
        let key = hands.public_key();
        let given = Arc::new(Given(hands));
        let signer = key.map(|key| Arc::new(Key(key)) as Arc<dyn Signer>);
        let host = Host { clock: given.clone(), entropy: given, signer };
        let phone = Phone::over(Box::new(disk.clone()), host).map_err(thrown)?;
        Ok(Self { phone, disk })
    }

    /// What the last call wrote; the host makes it durable and says so.
    #[must_use]
    pub fn take(&self) -> Batch {
        Batch(self.disk.take().into_iter())
    }

    /// What was taken is durable.
    pub fn settled(&self) {
        self.disk.settled();
    }

    /// It could not be made durable.
    pub fn failed(&self) {
        self.disk.failed();
    }

    /// Everything that the host keeps, read anew: after a failure, and before an export.
    pub fn hand(&self, entries: Entries) {
        self.disk.hand(entries.0);
    }

    /// One photo, for the call to come.
    pub fn hand_photo(&self, name: String, bytes: Vec<u8>) {
        self.disk.hand_photo(name, bytes);
    }

    /// The call for which photos were handed over is done.
    pub fn drop_photos(&self) {
        self.disk.drop_photos();
    }

    /// The photo whose bytes the next request brings to the server, where it brings any: of this phone's own, or of that
    /// file of unsent work.
    ///
    /// # Errors
    /// As [`Phone`]'s calls, JSON.
    pub fn upload_wants(&self, carried: Option<String>) -> Result<Option<String>, JsValue> {
        plain(self.phone.upload_wants(carried.as_deref()))
    }

    fn phone(&self) -> &Phone {
        &self.phone
    }
}

/// An error as the wrapper reads it.
#[derive(Serialize)]
struct Thrown<'a> {
    kind: &'static str,
    code: &'a str,
    parameters: &'a std::collections::HashMap<String, String>,
    text: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    zh_cn: &'a str,
    en: &'a str,
}

fn thrown(e: PhoneError) -> JsValue {
    JsValue::from_str(&told(&e))
}

fn told(e: &PhoneError) -> String {
    let (kind, code, parameters, zh_cn, en) = match e {
        PhoneError::Refused { code, parameters, zh_cn, en } => ("refused", code, parameters, zh_cn, en),
        PhoneError::Store { code, parameters, zh_cn, en } => ("store", code, parameters, zh_cn, en),
        PhoneError::Server { code, parameters, zh_cn, en } => ("server", code, parameters, zh_cn, en),
        PhoneError::Host { code, parameters, zh_cn, en } => ("host", code, parameters, zh_cn, en),
    };
    let text = Text { zh_cn, en };
    // Maps of text always have a form in JSON.
    serde_json::to_string(&Thrown { kind, code, parameters, text }).unwrap_or_default()
}

/// The error of something that failed outside of the engine, JSON.
#[wasm_bindgen]
#[must_use]
pub fn failure(code: &str, why: String) -> String {
    match code {
        "store_failed" => told(&PhoneError::store(code, &[("why", why)])),
        "store_closed" => told(&PhoneError::store(code, &[])),
        _ => told(&PhoneError::host(why)),
    }
}

/// What several answers of one sync brought together, JSON; `null` is nothing.
///
/// # Errors
/// When one of them is no report.
#[wasm_bindgen]
pub fn joined(total: &str, later: &str) -> Result<String, JsValue> {
    let mut all = given::<Option<SyncReport>>("total", total)?.unwrap_or_else(SyncReport::none);
    if let Some(later) = given::<Option<SyncReport>>("later", later)? {
        all.join(later);
    }
    json(Ok(all))
}

/// An argument that crossed as JSON.
fn given<T: DeserializeOwned>(name: &str, json: &str) -> Result<T, JsValue> {
    serde_json::from_str(json).map_err(|e| {
        thrown(PhoneError::refused("command_invalid", &[("field", name.to_owned()), ("why", e.to_string())]))
    })
}

/// A result that crosses as JSON.
fn json<T: Serialize>(result: Result<T, PhoneError>) -> Result<String, JsValue> {
    let value = result.map_err(thrown)?;
    serde_json::to_string(&value).map_err(|e| thrown(PhoneError::host(e.to_string())))
}

/// A result that crosses as it is.
fn plain<T>(result: Result<T, PhoneError>) -> Result<T, JsValue> {
    result.map_err(thrown)
}

/// A record whose bytes cross beside it.
fn beside<T: Serialize>(record: &T, bytes: Vec<u8>) -> Result<Reply, JsValue> {
    Ok(Reply { json: json(Ok(record))?, bytes })
}
