//! Every operation against the schema, and against what stood there for its author.

use super::Sender;
use super::change::{Action, Header, Op, Scalar};
use super::facts::{self, Said, Speaker};
use super::history::{History, Seen};
use super::place::{Kept, Object, OpKey, Pending};
use super::refusal::{Refusal, RefusalCode, ensure};
use crate::clock::Stamp;
use crate::document::schema::{Collection, FieldType, Holds, MAX_FIELD_NAME, field_type};
use crate::ids::UserId;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Longest key in `/ext`.
const MAX_EXT_KEY: usize = 96;
/// Largest amount in minor units: ten million millions of the currency.
const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// Judges the operations of a change and returns what they write.
pub(super) fn judge(
    header: &Header,
    ops: &[Op<'_>],
    speaker: Speaker,
    seen: &Seen,
    history: &mut History<'_>,
) -> Result<(Pending, usize), Refusal> {
    let author = history.number(&header.actor);
    let mut actors = vec![author];
    for other in &header.others {
        actors.push(history.number(other));
    }
    let mut judge = Judge { speaker, seen, history, pending: Pending::default(), signed: BTreeMap::new() };
    for (op, counter) in ops.iter().zip(header.start_op..) {
        judge.op(op, OpKey { counter, actor: author }, &actors)?;
    }
    judge.strokes()?;
    Ok((judge.pending, author))
}

/// A sign-off and its strokes, which must come together.
#[derive(Default)]
struct Signed {
    /// The hash that the sign-off names, where there is a sign-off that could be read.
    named: Option<Option<String>>,
    /// Whether there is a sign-off.
    sign_off: bool,
    /// The hash of the strokes, where there are any.
    strokes: Option<String>,
}

struct Judge<'a, 'd> {
    speaker: Speaker,
    seen: &'a Seen,
    history: &'a mut History<'d>,
    pending: Pending,
    signed: BTreeMap<String, Signed>,
}

impl Judge<'_, '_> {
    fn op(&mut self, op: &Op<'_>, id: OpKey, actors: &[usize]) -> Result<(), Refusal> {
        let unknown = || Refusal::new(RefusalCode::UnknownObject, format!("object {}", op.object.counter));
        let object_id = op.object.key(actors).ok_or_else(unknown)?;
        // A map of this same change first: its id is larger than any that stood before.
        let (object, fresh) = match self.pending.map(object_id) {
            Some(map) => (map, true),
            None => (self.history.object(object_id, self.seen).ok_or_else(unknown)?, false),
        };
        let mut kept = Kept::Other;
        let once = match object {
            Object::Collection(collection) => self.entry(collection, op, &mut kept)?,
            Object::Map(collection, _) => self.field(collection, op, fresh)?,
        };

        let mut standing = self.history.visible(object, op.key, self.seen, &self.pending);
        if once && !standing.is_empty() {
            return Err(Refusal::new(RefusalCode::WriteOnce, format!("{} stands already", op.key)));
        }
        // Sorted as Automerge sorts them: by counter, then by the actors' bytes.
        standing.sort_by(|(a, _), (b, _)| {
            a.counter.cmp(&b.counter).then_with(|| self.history.name(a.actor).cmp(&self.history.name(b.actor)))
        });
        let mut replaced = standing.as_slice();
        if op.action == Action::Delete {
            // The winner of several stays: a key that held something never becomes empty.
            ensure(standing.len() > 1, RefusalCode::ForbiddenAction, || format!("{}: it deletes", op.key))?;
            replaced = standing.split_last().map_or(replaced, |(_, others)| others);
        }
        let preds: Vec<OpKey> = op.preds.iter().filter_map(|p| p.key(actors)).collect();
        ensure(preds.iter().eq(replaced.iter().map(|(id, _)| id)), RefusalCode::WrongPredecessors, || {
            format!("{}: it replaces {} operations where {} stand", op.key, op.preds.len(), replaced.len())
        })?;

        if let (Object::Collection(collection), Action::MakeMap) = (object, op.action) {
            self.pending.make(id, collection);
        }
        standing.drain(..preds.len());
        if op.action != Action::Delete {
            standing.push((id, kept));
        }
        self.pending.write(object, op.key, preds, standing);
        Ok(())
    }

    /// A write into one of the genesis' maps. Returns whether it is written once.
    fn entry(&mut self, collection: Collection, op: &Op<'_>, kept: &mut Kept) -> Result<bool, Refusal> {
        match (collection.holds(), op.action) {
            (Holds::Fields, Action::MakeMap) => uuid_key(op.key).map(|()| true),
            (Holds::FactJson { max }, Action::Set(Scalar::Text(json))) => {
                uuid_key(op.key)?;
                sized(op.key, json.len(), max)?;
                let said = facts::read(collection, json, &self.speaker)?;
                if said.manual {
                    *kept = Kept::ManualTime;
                }
                self.refers(collection, op.key, said).map(|()| true)
            }
            (Holds::Bytes { max }, Action::Set(Scalar::Bytes(bytes))) => {
                uuid_key(op.key)?;
                sized(op.key, bytes.len(), max)?;
                let hash = hex::encode(Sha256::digest(bytes));
                self.signed.entry(op.key.to_owned()).or_default().strokes = Some(hash);
                Ok(true)
            }
            (Holds::Extension { max }, Action::Set(Scalar::Text(text))) => {
                let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b':' | b'.' | b'-');
                plain_key(op.key, MAX_EXT_KEY, allowed)?;
                sized(op.key, text.len(), max)?;
                Ok(false)
            }
            (Holds::Extension { .. }, Action::Delete) => Ok(false),
            (_, Action::Delete) => Err(deletion(op.key)),
            (Holds::Fields, Action::Set(_)) | (_, Action::MakeMap) => {
                Err(Refusal::new(RefusalCode::ForbiddenPath, format!("{}/{}", collection.key(), op.key)))
            }
            (_, Action::Set(_)) => Err(bad_value(collection, op.key)),
        }
    }

    /// What a fact refers to must exist, as of the change's own writes too.
    fn refers(&mut self, collection: Collection, key: &str, said: Said) -> Result<(), Refusal> {
        if let Some(old) = said.supersedes {
            let old = old.to_string();
            let exists = old != key && !self.standing(collection, &old).is_empty();
            ensure(exists, RefusalCode::UnknownFact, || format!("{}/{old}", collection.key()))?;
        }
        match collection {
            Collection::Ends => {
                let starts = self.standing(Collection::Time, key);
                ensure(!starts.is_empty(), RefusalCode::UnknownFact, || format!("time/{key}"))?;
                ensure(starts.iter().all(|k| *k == Kept::Other), RefusalCode::NotATimer, || format!("time/{key}"))?;
            }
            Collection::SignOffs => {
                let signed = self.signed.entry(key.to_owned()).or_default();
                signed.sign_off = true;
                signed.named = said.strokes;
            }
            _ => {}
        }
        Ok(())
    }

    fn standing(&mut self, collection: Collection, key: &str) -> Vec<Kept> {
        let found = self.history.visible(Object::Collection(collection), key, self.seen, &self.pending);
        found.into_iter().map(|(_, kept)| kept).collect()
    }

    /// A write into a work item or an expense. Returns whether it is written once.
    fn field(&self, collection: Collection, op: &Op<'_>, fresh: bool) -> Result<bool, Refusal> {
        let value = match op.action {
            Action::Set(value) => value,
            Action::Delete => match field_type(collection, op.key) {
                FieldType::Once { .. } => return Err(deletion(op.key)),
                FieldType::Text { .. } | FieldType::Amount => return Ok(false),
            },
            Action::MakeMap => {
                return Err(Refusal::new(RefusalCode::ForbiddenPath, format!("a map in {}", collection.key())));
            }
        };
        plain_key(op.key, MAX_FIELD_NAME, |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))?;
        match (field_type(collection, op.key), value) {
            (FieldType::Text { max }, Scalar::Text(text)) => sized(op.key, text.len(), max).map(|()| false),
            (FieldType::Amount, Scalar::Int(n)) if (0..=MAX_AMOUNT).contains(&n) => Ok(false),
            (FieldType::Once { max }, Scalar::Text(text)) => {
                ensure(fresh, RefusalCode::WriteOnce, || format!("{} is written when the map is made", op.key))?;
                sized(op.key, text.len(), max)?;
                let readable = match op.key {
                    "by" => text.parse::<UserId>().is_ok_and(|id| id.to_string() == text),
                    _ => facts::parse::<Stamp>(text).is_ok(),
                };
                ensure(readable || self.speaker.sender == Sender::Relay, RefusalCode::FactMalformed, || {
                    format!("{} is not readable", op.key)
                })?;
                Ok(true)
            }
            _ => Err(bad_value(collection, op.key)),
        }
    }

    /// Strokes come with the sign-off that names them, and the other way round.
    fn strokes(&self) -> Result<(), Refusal> {
        for (id, signed) in &self.signed {
            let fits = match &signed.named {
                Some(named) => *named == signed.strokes,
                // From a newer version: it cannot be read, but it must be there.
                None => signed.sign_off,
            };
            ensure(fits, RefusalCode::StrokesMismatch, || format!("signoffs/{id}"))?;
        }
        Ok(())
    }
}

fn uuid_key(key: &str) -> Result<(), Refusal> {
    let canonical = uuid::Uuid::try_parse(key).is_ok_and(|id| id.hyphenated().to_string() == key);
    ensure(canonical, RefusalCode::BadKey, || format!("{key:?} is not a UUID in its usual form"))
}

fn plain_key(key: &str, max: usize, allowed: impl Fn(u8) -> bool) -> Result<(), Refusal> {
    let good = !key.is_empty() && key.len() <= max && key.bytes().all(allowed);
    ensure(good, RefusalCode::BadKey, || format!("{:?}", key.chars().take(120).collect::<String>()))
}

fn sized(key: &str, len: usize, max: usize) -> Result<(), Refusal> {
    ensure(len <= max, RefusalCode::ValueTooLarge, || format!("{key}: {len} bytes of {max}"))
}

fn deletion(key: &str) -> Refusal {
    Refusal::new(RefusalCode::ForbiddenAction, format!("{key}: it deletes"))
}

fn bad_value(collection: Collection, key: &str) -> Refusal {
    Refusal::new(RefusalCode::BadValue, format!("{}/{key}", collection.key()))
}
