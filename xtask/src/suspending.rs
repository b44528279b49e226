//! Kotlin's coroutines: for each object that blocks a twin whose calls suspend, written from the generated interface, so
//! that no call can be without its twin.

use crate::proc::{Failure, Result};
use std::fmt::Write as _;

/// The objects that have one, and what they are.
const OBJECTS: [&str; 2] = ["Phone", "HttpTransport"];

/// The twins' source, from the generated Kotlin.
pub(crate) fn twins(kotlin: &str) -> Result<String> {
    let mut out = String::from(
        "// Written by `cargo xtask codegen` from countersign.kt.\n\npackage dev.countersign\n\n\
         import kotlinx.coroutines.CoroutineDispatcher\nimport kotlinx.coroutines.Dispatchers\n\
         import kotlinx.coroutines.withContext\n",
    );
    for object in OBJECTS {
        twin(kotlin, object, &mut out).ok_or_else(|| Failure(format!("the generated Kotlin has no {object}")))?;
    }
    Ok(out)
}

fn twin(kotlin: &str, object: &str, out: &mut String) -> Option<()> {
    let (_, rest) = kotlin.split_once(&format!("public interface {object}Interface"))?;
    let (_, rest) = rest.split_once("{\n")?;
    let body = rest.split("\n    companion object").next()?.split("\n}\n").next()?;
    write!(
        out,
        "\n/**\n * [{object}] for coroutines: the same calls, each on a thread of [dispatcher], which may wait for the disk and \
         the\n * network. A coroutine that is cancelled meanwhile does not undo what its call has recorded.\n */\n\
         public class Suspending{object}(\n    /** The same object. */\n    public val blocking: {object},\n    \
         private val dispatcher: CoroutineDispatcher = Dispatchers.IO,\n) {{\n"
    )
    .ok()?;
    let mut first = true;
    for line in body.lines() {
        let text = line.trim();
        let Some(call) = text.strip_prefix("fun ") else {
            match text {
                "" => {}
                "/**" => {
                    out.push_str(if std::mem::take(&mut first) { "" } else { "\n" });
                    out.push_str("    /**\n");
                }
                // The documentation of the call that follows.
                _ => writeln!(out, "     {text}").ok()?,
            }
            continue;
        };
        let (name, rest) = call.split_once('(')?;
        let (parameters, returned) = rest.rsplit_once(')')?;
        let arguments: Vec<&str> = parameters.split(", ").filter_map(|p| p.split(':').next()).collect();
        let arguments = arguments.join(", ");
        writeln!(
            out,
            "    public suspend fun {name}({parameters}){returned} =\n        \
             withContext(dispatcher) {{ blocking.{name}({arguments}) }}"
        )
        .ok()?;
    }
    out.push_str("}\n");
    Some(())
}

#[cfg(test)]
mod tests {
    use super::twins;

    #[test]
    fn every_call_has_its_twin() {
        let object = |name: &str| {
            format!(
                "public interface {name}Interface {{\n    \n    /**\n     * What.\n     */\n    fun `note`(`visit`: \
                 kotlin.String, `at`: kotlin.Long?): Recorded\n    \n    /**\n     * That.\n     */\n    fun `shutDown`()\n    \n    \
                 companion object\n}}\n"
            )
        };
        let kotlin = twins(&(object("Phone") + &object("HttpTransport"))).unwrap();
        assert_eq!(kotlin.matches("suspend fun").count(), 4, "{kotlin}");
        assert!(kotlin.contains(
            "    public suspend fun `note`(`visit`: kotlin.String, `at`: kotlin.Long?): Recorded =\n        \
             withContext(dispatcher) { blocking.`note`(`visit`, `at`) }\n"
        ));
        assert!(kotlin.contains("    /**\n     * That.\n     */\n    public suspend fun `shutDown`() =\n"));
        assert!(twins("").is_err());
    }
}
