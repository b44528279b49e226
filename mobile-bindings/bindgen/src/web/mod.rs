//! The web's skin: what UniFFI's metadata say of the facade, once as Rust for wasm-bindgen and once as TypeScript. Every
//! record and every list crosses as JSON, bytes cross as bytes.

mod docs;
mod rust;
mod typescript;

use camino::Utf8Path;
use uniffi_bindgen::interface::{AsType as _, Method, Type};
use uniffi_bindgen::{BindgenLoader, BindgenPaths, ComponentInterface, GlobalConfig};

/// Calls that change nothing: in TypeScript they answer at once. All others are promises.
const READS: [&str; 19] = [
    "advice",
    "assess",
    "assets",
    "carried",
    "carried_frame",
    "contacts",
    "customers",
    "identity",
    "join_code",
    "listed",
    "running_timers",
    "show",
    "some_visits",
    "unsynced",
    "visit",
    "visit_document",
    "visit_json",
    "visits",
    "work_orders",
];

/// What the skin exports and the wrapper (`web/src/phone.ts`) tells in its own words: where the host signs or reads in its
/// own time, one call there is several here.
const WRAPPED: [&str; 16] = [
    "begin_enrolment",
    "prepare_enrolment",
    "seal_enrolment",
    "sign_off",
    "prepare_sign_off",
    "finish_sign_off",
    "next_frame",
    "prepare_frame",
    "seal_frame",
    "receive",
    "export_unsynced",
    "prepare_export",
    "sign_export",
    "finish_export",
    "next_upload",
    "carried_upload",
];

/// As [`WRAPPED`], for reading a photo's bytes, which the host reads in its own time.
const READ_BY_THE_HOST: &str = "photo_bytes";

/// What only a native host can call: it waits for the network, or for the file.
const NATIVE: [&str; 3] = ["sync", "rotate_key", "shut_down"];

/// What the generator could not do.
type Failure = Box<dyn std::error::Error>;

/// Reads `library` and writes both sources.
pub(crate) fn write(library: &str, rust: &str, typescript: &str) -> Result<(), Failure> {
    let loader = BindgenLoader::new(BindgenPaths::default(), GlobalConfig::default());
    let metadata = loader.load_metadata(Utf8Path::new(library))?;
    let all = loader.load_cis(metadata)?;
    let [ci] = all.as_slice() else { return Err("the library has more than one component".into()) };
    std::fs::write(rust, rust::source(ci)?)?;
    std::fs::write(typescript, typescript::source(ci)?)?;
    Ok(())
}

/// The methods that the skin has, in the order of their names.
fn methods(ci: &ComponentInterface) -> Result<Vec<&Method>, Failure> {
    let phone = ci.get_object_definition("Phone").ok_or("there is no Phone")?;
    let mut all: Vec<&Method> = phone.methods().into_iter().filter(|m| !NATIVE.contains(&m.name())).collect();
    all.sort_by_key(|m| m.name());
    let known = |name: &str| all.iter().any(|m| m.name() == name);
    match READS.iter().chain(&WRAPPED).chain([&READ_BY_THE_HOST]).find(|name| !known(name)) {
        Some(gone) => Err(format!("the facade has no {gone} any more: mobile-bindings/bindgen/src/web/mod.rs").into()),
        None => Ok(all),
    }
}

/// How a value crosses.
enum Crossing {
    /// As itself: text, bytes, small numbers, truth values.
    Plain,
    /// As JSON.
    Json,
    /// A record with bytes in this field: the rest as JSON, these beside it.
    Beside(String),
    /// Nothing.
    Nothing,
}

fn crossing(ci: &ComponentInterface, ty: Option<&Type>) -> Crossing {
    match ty {
        None => Crossing::Nothing,
        Some(Type::String | Type::Bytes | Type::UInt32 | Type::Boolean) => Crossing::Plain,
        Some(Type::Optional { inner_type }) => match &**inner_type {
            Type::String => Crossing::Plain,
            inner => crossing(ci, Some(inner)),
        },
        Some(Type::Record { name, .. }) => {
            let fields = ci.get_record_definition(name).map(|r| r.fields()).unwrap_or_default();
            match fields.iter().find(|f| f.as_type() == Type::Bytes) {
                Some(field) => Crossing::Beside(field.name().to_owned()),
                None => Crossing::Json,
            }
        }
        Some(_) => Crossing::Json,
    }
}

fn optional(ty: &Type) -> bool {
    matches!(ty, Type::Optional { .. })
}
