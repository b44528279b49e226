//! `mobile-bindings/web/src/generated.ts`: the facade's types, and its calls over the skin.

use super::docs::{camel, comment};
use super::{Crossing, Failure, READ_BY_THE_HOST, READS, WRAPPED, crossing, methods, optional};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use uniffi_bindgen::ComponentInterface;
use uniffi_bindgen::interface::{Argument, AsType as _, Method, Type};

/// Records that a host never sees: the wrapper signs in its stead, and reads its clocks.
const INNER: [&str; 2] = ["ClockReading", "ToSign"];

/// Stable names that are not the variant's in snake case. mobile-bindings' tests compare all of them with the core's.
const NAMES: [(&str, &str); 2] = [("WeChat", "wechat"), ("ZhCn", "zh-CN")];

pub(super) fn source(ci: &ComponentInterface) -> Result<String, Failure> {
    let all = methods(ci)?;
    let names = renamed(ci, &all);
    let mut out = String::from(
        "// Written by `cargo xtask codegen` from the facade (mobile-bindings/bindgen/src/web): change that instead.\n\n\
         import type { Reply, WebPhone } from './glue/countersign_core.js';\n\n",
    );
    enums(&mut out, ci, &names)?;
    records(&mut out, ci, &names, &given(ci, &all))?;
    out.push_str(
        "/** The calls that are the same here as everywhere. */\nexport abstract class Calls {\n  \
         protected abstract reading<T>(call: (raw: WebPhone) => T): T;\n  \
         protected abstract recording<T>(call: (raw: WebPhone) => T): Promise<T>;\n",
    );
    let own = |m: &&&Method| !WRAPPED.contains(&m.name()) && m.name() != READ_BY_THE_HOST;
    for method in all.iter().filter(own) {
        call(&mut out, ci, method, &names)?;
    }
    out.push_str(
        "}\n\n/** A record of which one field came as bytes. */\n\
         export function beside<T>(reply: Reply, field: keyof T): T {\n  \
         const record = JSON.parse(reply.json()) as T;\n  \
         record[field] = reply.bytes() as T[keyof T];\n  reply.free();\n  return record;\n}\n",
    );
    Ok(out)
}

/// The codes, types and fields whose names differ here.
fn renamed(ci: &ComponentInterface, methods: &[&Method]) -> BTreeSet<String> {
    let fields = ci.record_definitions().iter().flat_map(|r| r.fields()).map(|f| f.name().to_owned());
    let args = methods.iter().flat_map(|m| m.arguments()).map(|a| a.name().to_owned());
    let calls = methods.iter().map(|m| m.name().to_owned());
    fields.chain(args).chain(calls).filter(|name| name.contains('_')).collect()
}

/// The records that a host hands in, by themselves or inside of others: what may be missing there may be left out.
fn given(ci: &ComponentInterface, methods: &[&Method]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<Type> = methods.iter().flat_map(|m| m.arguments()).map(|a| a.as_type()).collect();
    while let Some(ty) = left.pop() {
        match ty {
            Type::Optional { inner_type } | Type::Sequence { inner_type } => left.push(*inner_type),
            Type::Record { name, .. } => {
                if found.insert(name.clone())
                    && let Some(record) = ci.get_record_definition(&name)
                {
                    left.extend(record.fields().iter().map(|f| f.as_type()));
                }
            }
            _ => {}
        }
    }
    found
}

fn enums(out: &mut String, ci: &ComponentInterface, names: &BTreeSet<String>) -> Result<(), Failure> {
    for one in ci.enum_definitions().iter().filter(|e| e.is_flat() && !ci.is_name_used_as_error(e.name())) {
        out.push_str(&comment(one.docstring(), "", names));
        writeln!(out, "export type {} =", one.name())?;
        for variant in one.variants() {
            out.push_str(&comment(variant.docstring(), "  ", names));
            writeln!(out, "  | '{}'", stable(variant.name()))?;
        }
        out.truncate(out.trim_end().len());
        out.push_str(";\n\n");
    }
    Ok(())
}

fn stable(variant: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(v, _)| *v == variant) {
        return (*name).to_owned();
    }
    let mut out = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn records(
    out: &mut String,
    ci: &ComponentInterface,
    names: &BTreeSet<String>,
    given: &BTreeSet<String>,
) -> Result<(), Failure> {
    for record in ci.record_definitions().iter().filter(|r| !INNER.contains(&r.name())) {
        out.push_str(&comment(record.docstring(), "", names));
        writeln!(out, "export interface {} {{", record.name())?;
        for field in record.fields() {
            out.push_str(&comment(field.docstring(), "  ", names));
            let ty = field.as_type();
            let may_miss = if optional(&ty) && given.contains(record.name()) { "?" } else { "" };
            writeln!(out, "  {}{may_miss}: {};", camel(field.name()), typed(&ty)?)?;
        }
        out.push_str("}\n\n");
    }
    Ok(())
}

fn typed(ty: &Type) -> Result<String, Failure> {
    Ok(match ty {
        Type::UInt8 | Type::Int8 | Type::UInt16 | Type::Int16 | Type::UInt32 | Type::Int32 | Type::Int64 => {
            "number".into()
        }
        Type::Boolean => "boolean".into(),
        Type::String => "string".into(),
        Type::Bytes => "Uint8Array".into(),
        Type::Record { name, .. } | Type::Enum { name, .. } => name.clone(),
        Type::Optional { inner_type } => format!("{} | null", typed(inner_type)?),
        Type::Sequence { inner_type } => format!("{}[]", typed(inner_type)?),
        other => return Err(format!("{other:?} has no form in TypeScript").into()),
    })
}

fn call(out: &mut String, ci: &ComponentInterface, method: &Method, names: &BTreeSet<String>) -> Result<(), Failure> {
    let (name, args) = (method.name(), method.arguments());
    // Only what is last may be left out.
    let last = args.iter().rposition(|a| !optional(&a.as_type())).map_or(0, |at| at + 1);
    let mut parameters = Vec::new();
    for (at, argument) in args.iter().enumerate() {
        let may_miss = if at >= last { "?" } else { "" };
        let also = if optional(&argument.as_type()) && at < last { " | undefined" } else { "" };
        parameters.push(format!("{}{may_miss}: {}{also}", camel(argument.name()), typed(&argument.as_type())?));
    }
    let values: Vec<String> = args.iter().map(|a| value(ci, a)).collect();
    let crossed = format!("raw.{name}({})", values.join(", "));
    let returns = method.return_type().map(typed).transpose()?.unwrap_or("void".into());
    let body = match crossing(ci, method.return_type()) {
        Crossing::Plain | Crossing::Nothing => crossed,
        Crossing::Json => format!("JSON.parse({crossed}) as {returns}"),
        Crossing::Beside(field) => {
            let record = returns.trim_end_matches(" | null");
            let made = format!("beside<{record}>(reply, '{}')", camel(&field));
            let rest = if record == returns { made } else { format!("reply ? {made} : null") };
            format!("{{\n      const reply = {crossed};\n      return {rest};\n    }}")
        }
    };
    let (how, returns) =
        if READS.contains(&name) { ("reading", returns) } else { ("recording", format!("Promise<{returns}>")) };
    out.push('\n');
    out.push_str(&comment(method.docstring(), "  ", names));
    writeln!(out, "  {}({}): {returns} {{", camel(name), parameters.join(", "))?;
    writeln!(out, "    return this.{how}((raw) => {body});\n  }}")?;
    Ok(())
}

fn value(ci: &ComponentInterface, argument: &Argument) -> String {
    let name = camel(argument.name());
    match (crossing(ci, Some(&argument.as_type())), optional(&argument.as_type())) {
        (Crossing::Plain, true) => format!("{name} ?? undefined"),
        (Crossing::Plain, false) => name,
        (_, true) => format!("JSON.stringify({name} ?? null)"),
        (_, false) => format!("JSON.stringify({name})"),
    }
}
