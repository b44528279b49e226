//! Plain data that crosses the border: no references, no generics, no unsigned 64-bit integers.

mod input;
mod outcome;
mod place;
mod upload;
mod verdict;
mod visit;
mod words;

pub use input::*;
pub use outcome::*;
pub use place::*;
pub use upload::*;
pub use verdict::*;
pub use visit::*;
pub use words::*;

use crate::error::PhoneError;

/// Declares records: plain structs that every skin carries across by value.
macro_rules! records {
    ($($(#[$doc:meta])* pub struct $name:ident { $($(#[$fdoc:meta])* pub $field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Record))]
        pub struct $name { $($(#[$fdoc])* pub $field: $type),* }
    )*};
}
pub(crate) use records;

/// Declares records whose every field may be left out.
macro_rules! patches {
    ($($(#[$doc:meta])* pub struct $name:ident { $($(#[$fdoc:meta])* pub $field:ident: Option<$type:ty>),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[cfg_attr(not(target_arch = "wasm32"), derive(uniffi::Record))]
        pub struct $name {
            $($(#[$fdoc])* #[cfg_attr(not(target_arch = "wasm32"), uniffi(default = None))] pub $field: Option<$type>),*
        }
    )*};
}
pub(crate) use patches;

/// The largest whole number that JavaScript holds exactly.
const SAFE: i64 = (1 << 53) - 1;

/// Reads an id as the core types it.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, PhoneError> {
    text.parse().map_err(|_| PhoneError::refused("bad_id", &[("value", text.chars().take(80).collect())]))
}

/// As [`id`], where there may be none.
pub(crate) fn maybe_id<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, PhoneError> {
    text.map(id).transpose()
}

/// A number from the host that every platform can hold.
pub(crate) fn safe(field: &str, n: i64) -> Result<i64, PhoneError> {
    if (-SAFE..=SAFE).contains(&n) {
        Ok(n)
    } else {
        Err(PhoneError::refused("bad_number", &[("field", field.to_owned())]))
    }
}

/// A number for the host, held within what every platform can hold. None that the engine gives comes near.
pub(crate) fn held<T: TryInto<i64>>(n: T) -> i64 {
    n.try_into().unwrap_or(SAFE).clamp(-SAFE, SAFE)
}
