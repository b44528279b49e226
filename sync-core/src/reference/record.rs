//! How a [`Record`] is read. serde's own way for enums that are tagged from within reads every kind from a buffer: that is a
//! second reader of each type, which a browser would load, and slower. What this program writes has its tag in front, and
//! is read in one go.

use super::{Record, RecordKind};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;

/// The field that says which kind it is.
const TAG: &str = "record";

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of the reference data")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let mut before = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key != TAG {
                before.insert(key, map.next_value()?);
                continue;
            }
            let kind: RecordKind = map.next_value()?;
            if before.is_empty() {
                return fields(kind, MapAccessDeserializer::new(map));
            }
            while let Some((key, value)) = map.next_entry()? {
                before.insert(key, value);
            }
            return late(kind, before).map_err(A::Error::custom);
        }
        Err(A::Error::missing_field(TAG))
    }
}

/// The record of this kind with the fields that follow.
fn fields<'de, D: Deserializer<'de>>(kind: RecordKind, fields: D) -> Result<Record, D::Error> {
    Ok(match kind {
        RecordKind::Customer => Record::Customer(Deserialize::deserialize(fields)?),
        RecordKind::Contact => Record::Contact(Deserialize::deserialize(fields)?),
        RecordKind::Package => Record::Package(Deserialize::deserialize(fields)?),
        RecordKind::Contract => Record::Contract(Deserialize::deserialize(fields)?),
        RecordKind::Asset => Record::Asset(Deserialize::deserialize(fields)?),
        RecordKind::WorkOrder => Record::WorkOrder(Deserialize::deserialize(fields)?),
        RecordKind::Person => Record::Person(Deserialize::deserialize(fields)?),
        RecordKind::Calendar => Record::Calendar(Deserialize::deserialize(fields)?),
        RecordKind::Grade => Record::Grade(Deserialize::deserialize(fields)?),
        RecordKind::Policy => Record::Policy(Deserialize::deserialize(fields)?),
    })
}

/// A record whose tag did not come first: PostgreSQL puts keys in an order of its own.
#[cfg(not(target_arch = "wasm32"))]
fn late(kind: RecordKind, all: Map<String, Value>) -> serde_json::Result<Record> {
    fields(kind, Value::Object(all))
}

#[cfg(target_arch = "wasm32")]
use late_as_text as late;

/// As [`late`], but as text again, with its tag in front: reading from a [`Value`] is one more reader of each type, for what
/// no server sends to a phone.
#[cfg(any(test, target_arch = "wasm32"))]
fn late_as_text(kind: RecordKind, all: Map<String, Value>) -> serde_json::Result<Record> {
    let rest = Value::Object(all).to_string();
    let comma = if rest.len() > 2 { "," } else { "" };
    serde_json::from_str(&format!("{{\"{TAG}\":\"{kind}\"{comma}{}", rest.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind, as they stand in stores.
    const STORED: [&str; 4] = [
        r#"{"record":"person","id":"00000000-0000-0000-0000-000000000001","code":"wang","name":"王建国","roles":["engineer"]}"#,
        r#"{"record":"policy","id":"00000000-0000-0000-0000-000000000002","code":"default"}"#,
        r#"{"record":"customer","id":"00000000-0000-0000-0000-000000000003","code":"H1","name":"云岭县人民医院","tier":"county","time_zone":"Asia/Shanghai","service_manager":"00000000-0000-0000-0000-000000000006","account_manager":"00000000-0000-0000-0000-000000000007"}"#,
        r#"{"record":"contract","id":"00000000-0000-0000-0000-000000000004","code":"C1","kind":"software","customer":"00000000-0000-0000-0000-000000000003","package":"00000000-0000-0000-0000-000000000005","status":"signed","first_day":"2026-01-01","last_day":"2026-12-31","extras":[{"code":"X","effect":"limit","quota":{"unit":"visits","amount":2,"period":"month"}}]}"#,
    ];

    #[test]
    fn it_is_the_same_wherever_the_tag_stands() {
        for stored in STORED {
            let first: Record = serde_json::from_str(stored).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&serde_json::to_string(&first).unwrap()).unwrap(), first);
            let Value::Object(mut all) = serde_json::from_str(stored).unwrap() else { unreachable!() };
            let sorted = serde_json::to_string(&all).unwrap();
            assert!(!sorted.starts_with(r#"{"record""#), "the tag is not first here: {sorted}");
            assert_eq!(serde_json::from_str::<Record>(&sorted).unwrap(), first);
            assert_eq!(serde_json::from_value::<Record>(Value::Object(all.clone())).unwrap(), first);
            all.remove(TAG);
            assert_eq!(late_as_text(first.kind(), all).unwrap(), first);
        }
    }

    #[test]
    fn without_a_known_tag_it_is_none() {
        for (text, why) in [
            (r#"{"code":"x"}"#, "missing field `record`"),
            (r#"{"record":"planet","code":"x"}"#, "unknown variant `planet`"),
            (r#"{"code":"x","record":"person"}"#, "missing field"),
            ("[]", "a record of the reference data"),
        ] {
            let said = serde_json::from_str::<Record>(text).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
