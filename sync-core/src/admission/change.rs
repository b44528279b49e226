//! The inside of a change: who wrote it on top of what, and its operations.
//!
//! Automerge's binary format (<https://automerge.org/automerge-binary-format-spec/>) allows far more than a visit ever
//! holds; this reads only the part that a visit uses. What remains is written again and must give the same bytes:
//! Automerge stores no change as it came but builds it anew on loading, and refuses the whole document when the
//! rebuilt bytes have another hash.

use super::Limits;
use super::columns::{Cap, all_false, delta, rle, write_all_false, write_delta, write_rle};
use super::reader::{Reader, write_prefixed, write_sleb, write_uleb};
use super::refusal::{Refusal, RefusalCode, ensure};
use automerge::{ActorId, ChangeHash};

/// Everything before the operations.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) deps: Vec<ChangeHash>,
    pub(super) actor: ActorId,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    /// The other actors that operations name, in this order, as 1, 2, 3 … (0 is the author).
    pub(super) others: Vec<ActorId>,
    /// Where in the change's data the columns begin.
    columns_at: usize,
}

/// An operation's id; the actor is an index into author and others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OpId {
    pub(super) counter: u64,
    pub(super) actor: u64,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action<'a> {
    MakeMap,
    Set(Scalar<'a>),
    /// Removes values. Automerge writes this when an author settles a conflict by writing the value that wins anyway: it
    /// removes the others instead of writing the winner again.
    Delete,
}

/// The values that a visit may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// One operation. Its own counter is the change's `start_op` plus its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Op<'a> {
    pub(super) object: OpId,
    pub(super) key: &'a str,
    pub(super) action: Action<'a>,
    pub(super) preds: Vec<OpId>,
}

impl Action<'_> {
    fn code(&self) -> u64 {
        match self {
            Self::MakeMap => 0,
            Self::Set(_) => 1,
            Self::Delete => 3,
        }
    }
}

impl Header {
    /// Reads the header of a plain change's data.
    pub(super) fn parse(data: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        let mut r = Reader::new(data);
        let count = r.length()?;
        // Each takes 32 bytes, so the data's own size bounds them.
        let deps = (0..count).map(|_| r.array().map(ChangeHash)).collect::<Result<Vec<_>, _>>()?;
        let actor = ActorId::from(r.prefixed()?);
        let (seq, start_op, time) = (r.uleb()?, r.uleb()?, r.sleb()?);
        let message = r.text()?;
        ensure(message.len() <= limits.message, RefusalCode::MessageTooLong, || format!("{} bytes", message.len()))?;
        let count = r.length()?;
        let others = (0..count).map(|_| r.prefixed().map(ActorId::from)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { deps, actor, seq, start_op, time, others, columns_at: data.len() - r.rest().len() })
    }

    /// Reads the operations of the same data.
    pub(super) fn ops<'a>(&self, data: &'a [u8], limits: &Limits) -> Result<Vec<Op<'a>>, Refusal> {
        let section = data.get(self.columns_at..).unwrap_or(&[]);
        let ops = Columns::parse(section)?.ops(limits)?;
        ensure(!ops.is_empty(), RefusalCode::NoOperations, || "it has no operation".into())?;
        let mut used = vec![false; self.others.len() + 1];
        for id in ops.iter().flat_map(|op| op.preds.iter().chain(std::iter::once(&op.object))) {
            match usize::try_from(id.actor).ok().and_then(|i| used.get_mut(i)) {
                Some(used) => *used = true,
                None => return Err(Refusal::malformed("an actor that the change does not list")),
            }
        }
        ensure(used.iter().skip(1).all(|u| *u), RefusalCode::NotCanonical, || {
            "it lists an actor that no operation names".into()
        })?;
        ensure(write_columns(&ops) == section, RefusalCode::NotCanonical, || {
            "its operations are not encoded as Automerge encodes them".into()
        })?;
        Ok(ops)
    }
}

const OBJECT_ACTOR: u32 = 0x01;
const OBJECT_COUNTER: u32 = 0x02;
const KEY_ACTOR: u32 = 0x11;
const KEY_COUNTER: u32 = 0x13;
const KEY: u32 = 0x15;
const INSERT: u32 = 0x34;
const ACTION: u32 = 0x42;
const VALUE_META: u32 = 0x56;
const VALUE: u32 = 0x57;
const PRED_COUNT: u32 = 0x70;
const PRED_ACTOR: u32 = 0x71;
const PRED_COUNTER: u32 = 0x73;
const EXPAND: u32 = 0x94;
const MARK_NAME: u32 = 0xa5;

/// The bit of a column's number that says that the column is compressed.
const COMPRESSED: u32 = 0x08;

/// The columns that a visit's change may have; the absent ones are empty.
#[derive(Default)]
struct Columns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    pred_count: &'a [u8],
    pred_actor: &'a [u8],
    pred_counter: &'a [u8],
}

impl<'a> Columns<'a> {
    fn parse(section: &'a [u8]) -> Result<Self, Refusal> {
        let mut r = Reader::new(section);
        let count = r.length()?;
        let mut specs: Vec<(u32, u64)> = Vec::new();
        for _ in 0..count {
            let (number, length) = (r.uleb()?, r.uleb()?);
            let spec =
                u32::try_from(number).map_err(|_| Refusal::new(RefusalCode::UnknownColumn, format!("{number}")))?;
            ensure(spec & COMPRESSED == 0, RefusalCode::CompressedColumn, || format!("column {spec:#x}"))?;
            ensure(specs.last().is_none_or(|(last, _)| *last < spec), RefusalCode::UnknownColumn, || {
                format!("column {spec:#x} is out of order")
            })?;
            specs.push((spec, length));
        }
        let mut columns = Self::default();
        for (spec, length) in specs {
            let length = usize::try_from(length).map_err(|_| Refusal::malformed("a column beyond the end"))?;
            let bytes = r.take(length)?;
            *columns.slot(spec)? = bytes;
        }
        ensure(r.is_empty(), RefusalCode::ExtraBytes, || format!("{} bytes", r.rest().len()))?;
        Ok(columns)
    }

    fn slot(&mut self, spec: u32) -> Result<&mut &'a [u8], Refusal> {
        Ok(match spec {
            OBJECT_ACTOR => &mut self.object_actor,
            OBJECT_COUNTER => &mut self.object_counter,
            KEY => &mut self.key,
            INSERT => &mut self.insert,
            ACTION => &mut self.action,
            VALUE_META => &mut self.value_meta,
            VALUE => &mut self.value,
            PRED_COUNT => &mut self.pred_count,
            PRED_ACTOR => &mut self.pred_actor,
            PRED_COUNTER => &mut self.pred_counter,
            KEY_ACTOR | KEY_COUNTER => {
                return Err(Refusal::new(RefusalCode::ListOperation, "a key that is an element of a list"));
            }
            EXPAND | MARK_NAME => return Err(Refusal::new(RefusalCode::MarkOperation, "a mark on a text")),
            other => return Err(Refusal::new(RefusalCode::UnknownColumn, format!("column {other:#x}"))),
        })
    }

    fn ops(&self, limits: &Limits) -> Result<Vec<Op<'a>>, Refusal> {
        let cap = |null| Cap { values: limits.operations, null };
        let actions = rle(self.action, cap(RefusalCode::Malformed), |r| r.uleb())?;
        let object_actors = rle(self.object_actor, cap(RefusalCode::ForbiddenPath), |r| r.uleb())?;
        let object_counters = rle(self.object_counter, cap(RefusalCode::ForbiddenPath), |r| r.uleb())?;
        let keys = rle(self.key, cap(RefusalCode::ListOperation), |r| r.text())?;
        let inserts = all_false(self.insert, cap(RefusalCode::ListOperation))?;
        let metas = rle(self.value_meta, cap(RefusalCode::Malformed), |r| r.uleb())?;
        let pred_counts = rle(self.pred_count, cap(RefusalCode::Malformed), |r| r.uleb())?;
        let pred_cap = Cap { values: limits.predecessors, null: RefusalCode::Malformed };
        let pred_actors = rle(self.pred_actor, pred_cap, |r| r.uleb())?;
        let pred_counters = delta(self.pred_counter, pred_cap)?;

        let n = actions.len();
        // Operations without an object are on the document's root, which only the genesis writes.
        ensure(n == 0 || !object_actors.is_empty(), RefusalCode::ForbiddenPath, || "an operation on the root".into())?;
        let same = [object_actors.len(), object_counters.len(), keys.len(), inserts, metas.len(), pred_counts.len()];
        ensure(
            same.iter().all(|m| *m == n) && pred_actors.len() == pred_counters.len(),
            RefusalCode::Malformed,
            || "its columns have different lengths".into(),
        )?;

        let mut values = Reader::new(self.value);
        let mut preds = pred_actors.into_iter().zip(pred_counters).map(|(actor, counter)| OpId { counter, actor });
        let mut ops = Vec::with_capacity(n);
        let objects = object_actors.into_iter().zip(object_counters);
        let rows = actions.into_iter().zip(objects).zip(keys).zip(metas).zip(pred_counts);
        for ((((action, (actor, counter)), key), meta), pred_count) in rows {
            let action = match (action, scalar(meta, &mut values)?) {
                (0, None) => Action::MakeMap,
                (0, Some(_)) => return Err(Refusal::new(RefusalCode::BadValue, "a map that is made with a value")),
                (1, Some(value)) => Action::Set(value),
                (3, None) => Action::Delete,
                (1, None) => return Err(Refusal::new(RefusalCode::BadValue, "a null")),
                (7, _) => return Err(Refusal::new(RefusalCode::MarkOperation, "a mark on a text")),
                (other, _) => return Err(Refusal::new(RefusalCode::ForbiddenAction, action_name(other))),
            };
            let mut of_op = Vec::new();
            for _ in 0..pred_count {
                // Ends by itself where the column does, whatever the count claims.
                of_op.push(preds.next().ok_or_else(|| Refusal::malformed("predecessors are missing"))?);
            }
            ops.push(Op { object: OpId { counter, actor }, key, action, preds: of_op });
        }
        ensure(preds.next().is_none() && values.is_empty(), RefusalCode::Malformed, || {
            "values or predecessors that belong to no operation".into()
        })?;
        Ok(ops)
    }
}

fn action_name(action: u64) -> String {
    match action {
        2 => "it makes a list".into(),
        3 => "it deletes with a value".into(),
        4 => "it makes a text".into(),
        5 => "it increments".into(),
        6 => "it makes a table".into(),
        other => format!("action {other}"),
    }
}

/// Reads one value; `None` is null. Values of other types are read over and refused.
fn scalar<'a>(meta: u64, values: &mut Reader<'a>) -> Result<Option<Scalar<'a>>, Refusal> {
    let length = usize::try_from(meta >> 4).map_err(|_| Refusal::malformed("a value beyond the end"))?;
    let bytes = values.take(length)?;
    match meta & 0x0f {
        0 if bytes.is_empty() => Ok(None),
        4 => {
            let mut r = Reader::new(bytes);
            let n = r.sleb()?;
            ensure(r.is_empty(), RefusalCode::Malformed, || "bytes after a number".into())?;
            Ok(Some(Scalar::Int(n)))
        }
        6 => {
            let text = std::str::from_utf8(bytes).map_err(|_| Refusal::malformed("a text that is not UTF-8"))?;
            Ok(Some(Scalar::Text(text)))
        }
        7 => Ok(Some(Scalar::Bytes(bytes))),
        other => Err(Refusal::new(RefusalCode::BadValue, format!("a value of type {other}"))),
    }
}

/// The columns of these operations as Automerge writes them: their directory, then their bytes.
fn write_columns(ops: &[Op<'_>]) -> Vec<u8> {
    let of = |f: &dyn Fn(&Op<'_>) -> u64| {
        let values: Vec<u64> = ops.iter().map(f).collect();
        let mut out = Vec::new();
        write_rle(&mut out, &values, |out, v| write_uleb(out, *v));
        out
    };
    let mut keys = Vec::new();
    write_rle(&mut keys, &ops.iter().map(|op| op.key).collect::<Vec<_>>(), |out, k| write_prefixed(out, k.as_bytes()));
    let mut inserts = Vec::new();
    write_all_false(&mut inserts, ops.len());
    let mut values = Vec::new();
    let mut metas = Vec::new();
    for op in ops {
        let before = values.len();
        let kind = match op.action {
            Action::MakeMap | Action::Delete => 0,
            Action::Set(Scalar::Int(n)) => {
                write_sleb(&mut values, n);
                4
            }
            Action::Set(Scalar::Text(text)) => {
                values.extend_from_slice(text.as_bytes());
                6
            }
            Action::Set(Scalar::Bytes(bytes)) => {
                values.extend_from_slice(bytes);
                7
            }
        };
        metas.push((values.len() - before) as u64 * 16 + kind);
    }
    let mut value_meta = Vec::new();
    write_rle(&mut value_meta, &metas, |out, v| write_uleb(out, *v));
    let preds: Vec<OpId> = ops.iter().flat_map(|op| op.preds.iter().copied()).collect();
    let mut pred_actor = Vec::new();
    write_rle(&mut pred_actor, &preds.iter().map(|p| p.actor).collect::<Vec<_>>(), |out, v| write_uleb(out, *v));
    let mut pred_counter = Vec::new();
    write_delta(&mut pred_counter, &preds.iter().map(|p| p.counter).collect::<Vec<_>>());
    let columns = [
        (OBJECT_ACTOR, of(&|op| op.object.actor)),
        (OBJECT_COUNTER, of(&|op| op.object.counter)),
        (KEY, keys),
        (INSERT, inserts),
        (ACTION, of(&|op| op.action.code())),
        (VALUE_META, value_meta),
        (VALUE, values),
        (PRED_COUNT, of(&|op| op.preds.len() as u64)),
        (PRED_ACTOR, pred_actor),
        (PRED_COUNTER, pred_counter),
    ];
    let mut out = Vec::new();
    write_uleb(&mut out, columns.iter().filter(|(_, bytes)| !bytes.is_empty()).count() as u64);
    for (spec, bytes) in columns.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        write_uleb(&mut out, u64::from(*spec));
        write_uleb(&mut out, bytes.len() as u64);
    }
    for (_, bytes) in &columns {
        out.extend_from_slice(bytes);
    }
    out
}
