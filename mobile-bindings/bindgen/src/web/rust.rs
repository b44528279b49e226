//! `mobile-bindings/src/skin/calls.rs`: one export per method, without logic.

use super::{Crossing, Failure, crossing, methods, optional};
use std::fmt::Write as _;
use uniffi_bindgen::ComponentInterface;
use uniffi_bindgen::interface::{Argument, AsType as _, Method, Type};

pub(super) fn source(ci: &ComponentInterface) -> Result<String, Failure> {
    let mut out = String::from(
        "// Written by `cargo xtask codegen` from the facade (mobile-bindings/bindgen/src/web): change that instead.\n\n\
         //! Every method of the facade as wasm-bindgen exports it.\n\n\
         use super::{Reply, WebPhone, beside, given, json, plain, thrown};\n\
         use wasm_bindgen::prelude::*;\n\n\
         #[wasm_bindgen]\nimpl WebPhone {\n",
    );
    for method in methods(ci)? {
        write_method(&mut out, ci, method)?;
    }
    out.push_str("}\n");
    Ok(out)
}

fn write_method(out: &mut String, ci: &ComponentInterface, method: &Method) -> Result<(), Failure> {
    let name = method.name();
    let args = method.arguments();
    let parameters: Vec<String> = args.iter().map(|a| format!(", {}: {}", a.name(), parameter(ci, a))).collect();
    let values: Vec<String> = args.iter().map(|a| value(ci, a)).collect();
    let call = format!("self.phone().{name}({})", values.join(", "));
    let (returns, body) = match crossing(ci, method.return_type()) {
        Crossing::Nothing => ("()", format!("plain({call})")),
        Crossing::Plain => (plain(method.return_type())?, format!("plain({call})")),
        Crossing::Json => ("String", format!("json({call})")),
        Crossing::Beside(field) => {
            let (returns, bind, end) = match method.return_type().is_some_and(optional) {
                true => ("Option<Reply>", "let Some(mut r) = CALL else { return Ok(None) };", ".map(Some)"),
                false => ("Reply", "let mut r = CALL;", ""),
            };
            let bind = bind.replace("CALL", &format!("{call}.map_err(thrown)?"));
            (
                returns,
                format!("{bind}\n        let bytes = std::mem::take(&mut r.{field});\n        beside(&r, bytes){end}"),
            )
        }
    };
    writeln!(out, "    /// [`Phone::{name}`](crate::facade::Phone::{name})")?;
    writeln!(out, "    pub fn {name}(&self{}) -> Result<{returns}, JsValue> {{", parameters.concat())?;
    writeln!(out, "        {body}\n    }}")?;
    Ok(())
}

fn plain(ty: Option<&Type>) -> Result<&'static str, Failure> {
    match ty {
        Some(Type::String) => Ok("String"),
        Some(Type::Bytes) => Ok("Vec<u8>"),
        Some(Type::UInt32) => Ok("u32"),
        Some(Type::Boolean) => Ok("bool"),
        other => Err(format!("{other:?} does not cross by itself").into()),
    }
}

fn parameter(ci: &ComponentInterface, argument: &Argument) -> &'static str {
    match (crossing(ci, Some(&argument.as_type())), argument.as_type()) {
        (Crossing::Plain, Type::Optional { .. }) => "Option<String>",
        (Crossing::Plain, Type::Bytes) => "Vec<u8>",
        (Crossing::Plain, Type::UInt32) => "u32",
        (Crossing::Plain, Type::Boolean) => "bool",
        (Crossing::Plain, _) => "String",
        _ => "&str",
    }
}

fn value(ci: &ComponentInterface, argument: &Argument) -> String {
    let name = argument.name();
    match crossing(ci, Some(&argument.as_type())) {
        Crossing::Plain => name.to_owned(),
        _ => format!("given({name:?}, {name})?"),
    }
}
