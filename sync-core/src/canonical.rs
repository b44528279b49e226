//! Canonical JSON (RFC 8785) and SHA-256: what is hashed and signed must have one form only.
//!
//! Tests hold `writer` to the same bytes as the crate `serde_json_canonicalizer`, which keeps every entry of an object as
//! a text of its own and orders them by keys that it parses again: for a receipt that costs more than signing it.

mod writer;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The RFC 8785 form of `value`.
///
/// # Errors
/// When `value` cannot be JSON (a map with keys that are no strings) or holds a number that JSON cannot carry.
pub fn to_canonical_json<T: Serialize>(value: &T) -> Result<String, CanonicalError> {
    writer::write(value)
}

/// A value that has no canonical JSON form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no canonical JSON: {0}")]
pub struct CanonicalError(pub String);

/// SHA-256 of `bytes` as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn reference<T: Serialize>(value: &T) -> Option<String> {
        serde_json_canonicalizer::to_string(value).ok()
    }

    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            Just("引号\"、反斜杠\\、换行\n、\u{0}\u{1f}\u{7f}\u{80}\u{2028}𠮷/".to_owned()),
            proptest::collection::vec(0u8..128, 0..12).prop_map(|b| String::from_utf8_lossy(&b).into_owned()),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-100i64..100).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            let key = prop_oneof!["[a-z_A-Z0-9.]{0,6}", any::<String>()];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(key, inner, 0..6).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    /// A map whose entries come in the order, and as often, as they are listed.
    struct Entries(Vec<(String, Value)>);
    impl Serialize for Entries {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_map(self.0.iter().map(|(k, v)| (k, v)))
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_reference_writes(value in json()) {
            prop_assert_eq!(to_canonical_json(&value).ok(), reference(&value));
        }

        /// Between these exponents a number often lies in the middle of the two that are written with fewest digits.
        #[test]
        fn numbers_with_few_binary_places(exponent in 1060u64..1090, fraction in 0u64..1 << 52, negative in any::<bool>()) {
            let n = f64::from_bits(u64::from(negative) << 63 | exponent << 52 | fraction);
            prop_assert_eq!(to_canonical_json(&n).ok(), reference(&n));
        }

        #[test]
        fn entries_in_any_order_and_twice(
            entries in proptest::collection::vec((prop_oneof!["[a-c_.]{0,2}", any::<String>()], json()), 0..6)
        ) {
            let entries = Entries(entries);
            prop_assert_eq!(to_canonical_json(&entries).ok(), reference(&entries));
        }
    }

    #[derive(Serialize)]
    enum Every {
        Unit,
        New(u8),
        Tuple(i16, Option<&'static str>),
        Struct { z: char, a: (), m: [u32; 2] },
    }

    #[test]
    fn every_shape_that_serde_knows() {
        #[derive(Serialize)]
        struct Named<'a> {
            zeta: &'a str,
            #[serde(flatten)]
            inner: Inner,
            alpha: Vec<Every>,
            bytes: (bool, i8, u64),
        }
        #[derive(Serialize)]
        struct Inner {
            middle: BTreeMap<u8, i64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            absent: Option<u8>,
        }
        let every =
            || vec![Every::Unit, Every::New(1), Every::Tuple(-2, None), Every::Struct { z: '"', a: (), m: [4, 3] }];
        let inner = |keys: &[u8]| Inner { middle: keys.iter().map(|k| (*k, -1)).collect(), absent: None };
        for keys in [&[][..], &[10, 9]] {
            let value = Named { zeta: "末", inner: inner(keys), alpha: every(), bytes: (true, -8, 7) };
            assert_eq!(to_canonical_json(&value).ok(), reference(&value));
            assert!(reference(&value).is_some());
        }
    }

    #[test]
    fn what_is_no_number_of_json_is_an_error() {
        for n in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(to_canonical_json(&n).is_err());
            assert!(to_canonical_json(&BTreeMap::from([("n", Some(n))])).is_err());
        }
        assert_eq!(to_canonical_json(&-0.0f64).unwrap(), "0");
        assert_eq!(to_canonical_json(&1.5f32).unwrap(), "1.5");
    }

    #[test]
    fn whole_numbers_to_the_last_safe_one() {
        for n in [0, -1, 1 << 53, (1 << 53) - 1, -(1 << 53), -(1 << 53) + 1, i64::MAX, i64::MIN] {
            assert_eq!(to_canonical_json(&n).ok(), reference(&n), "{n}");
        }
        assert_eq!(to_canonical_json(&u64::MAX).ok(), reference(&u64::MAX));
        assert_eq!(to_canonical_json(&i128::MAX).ok(), reference(&i128::MAX));
    }

    #[test]
    fn keys_beyond_ascii_are_in_the_order_of_their_utf16_units() {
        // U+FF61 comes after U+1D306, whose first unit is U+D834.
        let map = BTreeMap::from([("\u{ff61}", 1), ("\u{1d306}", 2), ("a\n", 3)]);
        assert_eq!(to_canonical_json(&map).unwrap(), "{\"a\\n\":3,\"\u{1d306}\":2,\"\u{ff61}\":1}");
    }
}
