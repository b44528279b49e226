//! Reads what a WebAssembly module asks of its host: its import section, and nothing else of it.
//!
//! Format: WebAssembly Core Specification 2.0, 5.5.2 (sections) and 5.5.5 (imports).

/// `module.name` of each import, in order.
///
/// # Errors
/// A word on what is wrong with `module`.
pub(crate) fn imports(module: &[u8]) -> Result<Vec<String>, &'static str> {
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0").ok_or("no WebAssembly module of version 1")?;
    while let Some((&id, after)) = rest.split_first() {
        rest = after;
        let size = leb128(&mut rest)?;
        let (section, after) = rest.split_at_checked(size).ok_or("a section is longer than the module")?;
        rest = after;
        if id == 2 {
            return import_section(section);
        }
    }
    Ok(Vec::new())
}

fn import_section(mut section: &[u8]) -> Result<Vec<String>, &'static str> {
    let count = leb128(&mut section)?;
    let mut found = Vec::new();
    for _ in 0..count {
        let module = name(&mut section)?;
        let field = name(&mut section)?;
        found.push(format!("{module}.{field}"));
        let (&kind, after) = section.split_first().ok_or(CUT)?;
        section = after;
        match kind {
            // A function: its type.
            0 => drop(leb128(&mut section)?),
            // A table (reference type, limits), a memory (limits).
            1 => {
                section = section.get(1..).ok_or(CUT)?;
                limits(&mut section)?;
            }
            2 => limits(&mut section)?,
            // A global: value type and mutability.
            3 => section = section.get(2..).ok_or(CUT)?,
            _ => return Err("an import of an unknown kind"),
        }
    }
    Ok(found)
}

const CUT: &str = "the import section ends too early";

fn limits(input: &mut &[u8]) -> Result<(), &'static str> {
    let flags = leb128(input)?;
    leb128(input)?;
    if flags & 1 == 1 {
        leb128(input)?;
    }
    Ok(())
}

fn name(input: &mut &[u8]) -> Result<String, &'static str> {
    let length = leb128(input)?;
    let (bytes, after) = input.split_at_checked(length).ok_or(CUT)?;
    *input = after;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn leb128(input: &mut &[u8]) -> Result<usize, &'static str> {
    let mut value = 0usize;
    for shift in (0..35).step_by(7) {
        let (&byte, after) = input.split_first().ok_or(CUT)?;
        *input = after;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number is too long")
}

#[cfg(test)]
mod tests {
    use super::imports;

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [b"\0asm\x01\0\0\0".as_slice(), &sections.concat()].concat()
    }

    const TYPES: &[u8] = b"\x01\x04\x01\x60\x00\x00";

    #[test]
    fn a_module_without_an_import_section_imports_nothing() {
        assert_eq!(imports(&module(&[])), Ok(vec![]));
        assert_eq!(imports(&module(&[TYPES])), Ok(vec![]));
    }

    #[test]
    fn every_kind_of_import_is_named() {
        let section = b"\x02\x26\x04\
            \x03env\x01f\x00\x00\
            \x03env\x01t\x01\x70\x01\x01\x02\
            \x03env\x03mem\x02\x00\x80\x01\
            \x03env\x01g\x03\x7f\x00";
        let section = [&[2, u8::try_from(section.len() - 2).unwrap()], &section[2..]].concat();
        assert_eq!(
            imports(&module(&[TYPES, &section])),
            Ok(vec!["env.f".into(), "env.t".into(), "env.mem".into(), "env.g".into()])
        );
    }

    #[test]
    fn a_broken_module_is_an_error_and_no_panic() {
        assert!(imports(b"").is_err());
        assert!(imports(b"\x7fELF").is_err());
        assert!(imports(&module(&[b"\x02\x09\x01\x03env"])).is_err());
        assert!(imports(&module(&[b"\x02\x05\x01\x03env"])).is_err());
        assert!(imports(&module(&[b"\x02\xff\xff\xff\xff\xff\xff"])).is_err());
    }
}
