//! Canonical JSON (RFC 8785) in one pass into one text.

use super::CanonicalError;
use serde::Serialize;
use serde::ser::{self, Error as _};
use std::fmt::Write as _;
use std::ops::Range;

/// The canonical form of `value`.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, CanonicalError> {
    let mut writer = Writer::default();
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

/// The largest whole number up to which JavaScript has them all (2^53 - 1).
const MAX_SAFE: u64 = (1 << 53) - 1;

#[derive(Default)]
struct Writer {
    out: String,
    scratch: String,
}

impl ser::Error for CanonicalError {
    fn custom<T: std::fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

type Done = Result<(), CanonicalError>;

impl Writer {
    /// A string as RFC 8785 (section 3.2.2.2) writes it: only what must be escaped is.
    fn string(&mut self, text: &str) {
        let out = &mut self.out;
        out.push('"');
        let mut from = 0;
        // Bytes of other characters are all above: what is escaped is ASCII.
        for (at, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                0x08 => "\\b",
                b'\t' => "\\t",
                b'\n' => "\\n",
                0x0c => "\\f",
                b'\r' => "\\r",
                0..0x20 => "",
                _ => continue,
            };
            out.push_str(text.get(from..at).unwrap_or_default());
            from = at + 1;
            if escape.is_empty() {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            } else {
                out.push_str(escape);
            }
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out.push('"');
    }

    fn unsigned(&mut self, n: u64) -> Done {
        if n > MAX_SAFE {
            return self.number(n as f64);
        }
        // Writing into a String cannot fail.
        let _ = write!(self.out, "{n}");
        Ok(())
    }

    fn signed(&mut self, n: i64) -> Done {
        if n.unsigned_abs() > MAX_SAFE {
            return self.number(n as f64);
        }
        let _ = write!(self.out, "{n}");
        Ok(())
    }

    /// A number as JavaScript writes it (`Number::toString` of ECMAScript). One that JSON does not have is an error.
    fn number(&mut self, n: f64) -> Done {
        if !n.is_finite() {
            return Err(CanonicalError::custom("a number that JSON does not have"));
        }
        if n < 0.0 {
            self.out.push('-');
        }
        // The fewest digits that are this number and no other, which is what JavaScript has, too.
        let text = format!("{:e}", n.abs());
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mut digits = digits.replace('.', "");
        // Of two that are as near, JavaScript takes the even one. No number of this type has more digits than these.
        let exact = format!("{:.767e}", n.abs()).replace('.', "");
        let (below, rest) = exact.split_at_checked(digits.len()).unwrap_or((&exact, ""));
        let half = rest.split_once('e').is_some_and(|(rest, _)| rest.trim_end_matches('0') == "5");
        if half && below.ends_with(['0', '2', '4', '6', '8']) {
            digits = below.to_owned();
        }
        let exponent: i32 = exponent.parse().unwrap_or_default();
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
        let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or_default().min(digits.len()));
        match exponent + 1 {
            point @ 1..=21 if count <= point => self.out.extend([&*digits, &zeros(point - count)]),
            point @ 1..=21 => self.out.extend([split(point).0, ".", split(point).1]),
            point @ -5..=0 => self.out.extend(["0.", &zeros(-point), &digits]),
            _ => {
                let dot = if count > 1 { "." } else { "" };
                self.out.extend([split(1).0, dot, split(1).1]);
                // Writing into a String cannot fail.
                let _ = write!(self.out, "e{exponent:+}");
            }
        }
        Ok(())
    }

    fn open(&mut self, bracket: char, end: &'static str) -> List<'_> {
        self.out.push(bracket);
        List { writer: self, first: true, end }
    }

    fn object(&mut self, end: &'static str) -> Object<'_> {
        self.out.push('{');
        Object { start: self.out.len(), writer: self, entries: Vec::new(), end }
    }

    /// Begins the object around an enum's variant with content.
    fn variant(&mut self, name: &str) -> Done {
        self.out.push('{');
        self.key(name)?;
        self.out.push(':');
        Ok(())
    }

    /// Writes a key; returns where it stands, with its quotes.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<Range<usize>, CanonicalError> {
        let at = self.out.len();
        key.serialize(&mut *self)?;
        match self.out.as_bytes().get(at) {
            Some(b'"') => {}
            // Numbers and truth values become texts, as serde_json has it.
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.out.insert(at, '"');
                self.out.push('"');
            }
            _ => return Err(CanonicalError::custom("a key that is no text")),
        }
        Ok(at..self.out.len())
    }
}

/// An array that is being written.
struct List<'a> {
    writer: &'a mut Writer,
    first: bool,
    end: &'static str,
}

impl List<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if !std::mem::take(&mut self.first) {
            self.writer.out.push(',');
        }
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Done {
        self.writer.out.push_str(self.end);
        Ok(())
    }
}

/// One entry of an object as it stands in the text.
struct Entry {
    key: Range<usize>,
    /// Where its value ends.
    end: usize,
}

/// An object that is being written: its entries in the order in which they come, with commas, put in order at the end.
struct Object<'a> {
    writer: &'a mut Writer,
    start: usize,
    entries: Vec<Entry>,
    end: &'static str,
}

impl Object<'_> {
    fn begin<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        if !self.entries.is_empty() {
            self.writer.out.push(',');
        }
        let key = self.writer.key(key)?;
        self.writer.out.push(':');
        self.entries.push(Entry { key, end: 0 });
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut *self.writer)?;
        if let Some(entry) = self.entries.last_mut() {
            entry.end = self.writer.out.len();
        }
        Ok(())
    }

    fn close(mut self) -> Done {
        let Writer { out, scratch } = &mut *self.writer;
        let text = |range: &Range<usize>| out.get(range.clone()).unwrap_or_default();
        // Keys are ordered by the UTF-16 units of what they say. For ASCII without escapes that is the order of the bytes.
        let plain = self.entries.iter().all(|e| text(&e.key).is_ascii() && !text(&e.key).contains('\\'));
        let order = |a: &Entry, b: &Entry| match plain {
            true => unquoted(text(&a.key)).cmp(unquoted(text(&b.key))),
            false => units(text(&a.key)).cmp(&units(text(&b.key))),
        };
        if !self.entries.is_sorted_by(|a, b| order(a, b).is_lt()) {
            self.entries.sort_unstable_by(order);
            if !self.entries.is_sorted_by(|a, b| order(a, b).is_lt()) {
                return Err(CanonicalError::custom("a key comes twice"));
            }
            scratch.clear();
            for entry in &self.entries {
                if !scratch.is_empty() {
                    scratch.push(',');
                }
                scratch.push_str(text(&(entry.key.start..entry.end)));
            }
            out.truncate(self.start);
            out.push_str(scratch);
        }
        out.push_str(self.end);
        Ok(())
    }
}

fn unquoted(key: &str) -> &str {
    key.get(1..key.len() - 1).unwrap_or_default()
}

fn units(key: &str) -> Vec<u16> {
    // What was just written can be read.
    serde_json::from_str::<String>(key).unwrap_or_default().encode_utf16().collect()
}

macro_rules! whole {
    ($($name:ident $type:ty => $write:ident $as:ty),*) => {$(
        fn $name(self, n: $type) -> Done { self.$write(<$as>::from(n)) }
    )*};
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = CanonicalError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    whole!(
        serialize_i8 i8 => signed i64, serialize_i16 i16 => signed i64, serialize_i32 i32 => signed i64,
        serialize_i64 i64 => signed i64, serialize_u8 u8 => unsigned u64, serialize_u16 u16 => unsigned u64,
        serialize_u32 u32 => unsigned u64, serialize_u64 u64 => unsigned u64
    );

    fn serialize_bool(self, b: bool) -> Done {
        self.out.push_str(if b { "true" } else { "false" });
        Ok(())
    }
    fn serialize_i128(self, n: i128) -> Done {
        self.number(n as f64)
    }
    fn serialize_u128(self, n: u128) -> Done {
        self.number(n as f64)
    }
    fn serialize_f32(self, n: f32) -> Done {
        self.number(n.into())
    }
    fn serialize_f64(self, n: f64) -> Done {
        self.number(n)
    }
    fn serialize_char(self, c: char) -> Done {
        self.string(c.encode_utf8(&mut [0; 4]));
        Ok(())
    }
    fn serialize_str(self, text: &str) -> Done {
        self.string(text);
        Ok(())
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Done {
        self.collect_seq(bytes)
    }
    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Done {
        self.out.push_str("null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.out.push('}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, CanonicalError> {
        Ok(self.open('[', "]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<List<'a>, CanonicalError> {
        Ok(self.open('[', "]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, CanonicalError> {
        Ok(self.open('[', "]"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, CanonicalError> {
        self.variant(variant)?;
        Ok(self.open('[', "]}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, CanonicalError> {
        Ok(self.object("}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, CanonicalError> {
        Ok(self.object("}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, CanonicalError> {
        self.variant(variant)?;
        Ok(self.object("}}"))
    }
}

macro_rules! list {
    ($($trait:ident $add:ident),*) => {$(
        impl ser::$trait for List<'_> {
            type Ok = ();
            type Error = CanonicalError;
            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Done { self.add(value) }
            fn end(self) -> Done { self.close() }
        }
    )*};
}
list!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
      SerializeTupleVariant serialize_field);

macro_rules! object {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Object<'_> {
            type Ok = ();
            type Error = CanonicalError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
                self.begin(key)?;
                self.value(value)
            }
            fn end(self) -> Done { self.close() }
        }
    )*};
}
object!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = CanonicalError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.begin(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.value(value)
    }
    fn end(self) -> Done {
        self.close()
    }
}
