//! Writes changes byte by byte, honest or not: a small encoder of Automerge's change chunks that forbids nothing.

use automerge::{ActorId, ChangeHash};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

pub type OpRef = (u64, ActorId);

#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    Prop(String),
    /// An element of a list.
    Element(OpRef),
}

/// A value: its type code and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Val(pub u64, pub Vec<u8>);

pub fn text(s: &str) -> Val {
    Val(6, s.as_bytes().to_vec())
}
pub fn int(n: i64) -> Val {
    Val(4, sleb(n))
}
pub fn bytes(b: &[u8]) -> Val {
    Val(7, b.to_vec())
}
pub fn null() -> Val {
    Val(0, vec![])
}

#[derive(Clone, Debug)]
pub struct Op {
    pub object: Option<OpRef>,
    pub key: Key,
    pub insert: bool,
    pub action: u64,
    pub value: Val,
    pub preds: Vec<OpRef>,
    pub mark: Option<String>,
}

pub fn put(object: &OpRef, key: &str, value: Val, preds: &[OpRef]) -> Op {
    Op {
        object: Some(object.clone()),
        key: Key::Prop(key.to_owned()),
        insert: false,
        action: 1,
        value,
        preds: preds.to_vec(),
        mark: None,
    }
}

pub fn make(object: &OpRef, key: &str) -> Op {
    Op { action: 0, ..put(object, key, null(), &[]) }
}

#[derive(Clone, Debug)]
pub struct Forged {
    pub deps: Vec<ChangeHash>,
    pub actor: ActorId,
    pub seq: u64,
    pub start_op: u64,
    pub time: i64,
    pub message: String,
    pub ops: Vec<Op>,
    /// Listed besides those that the operations name.
    pub more_actors: Vec<ActorId>,
    /// Columns that replace the real ones; an empty one removes it.
    pub columns: BTreeMap<u32, Vec<u8>>,
    pub extra: Vec<u8>,
}

impl Forged {
    pub fn with(mut self, op: Op) -> Self {
        self.ops.push(op);
        self
    }

    pub fn column(mut self, spec: u32, bytes: Vec<u8>) -> Self {
        self.columns.insert(spec, bytes);
        self
    }

    /// The id that the `n`th operation will have.
    pub fn op_ref(&self, n: usize) -> OpRef {
        (self.start_op + n as u64, self.actor.clone())
    }

    pub fn data(&self) -> Vec<u8> {
        let mut others: BTreeSet<&ActorId> = self.more_actors.iter().collect();
        for op in &self.ops {
            others.extend(op.object.iter().map(|(_, a)| a));
            others.extend(op.preds.iter().map(|(_, a)| a));
            if let Key::Element((_, a)) = &op.key {
                others.insert(a);
            }
        }
        others.remove(&self.actor);
        let others: Vec<&ActorId> = others.into_iter().collect();
        let number = |a: &ActorId| others.iter().position(|o| *o == a).map_or(0, |i| i as u64 + 1);

        let mut out = uleb(self.deps.len() as u64);
        self.deps.iter().for_each(|d| out.extend(d.0));
        out.extend(prefixed(self.actor.to_bytes()));
        out.extend(uleb(self.seq));
        out.extend(uleb(self.start_op));
        out.extend(sleb(self.time));
        out.extend(prefixed(self.message.as_bytes()));
        out.extend(uleb(others.len() as u64));
        others.iter().for_each(|a| out.extend(prefixed(a.to_bytes())));

        let ops = &self.ops;
        let object = |f: &dyn Fn(&OpRef) -> u64| {
            rle(&ops.iter().map(|o| o.object.as_ref().map(|r| uleb(f(r)))).collect::<Vec<_>>())
        };
        let element = |op: &Op| match &op.key {
            Key::Element(r) => Some(r.clone()),
            Key::Prop(_) => None,
        };
        let prop = |op: &Op| match &op.key {
            Key::Prop(k) => Some(prefixed(k.as_bytes())),
            Key::Element(_) => None,
        };
        let preds: Vec<&OpRef> = ops.iter().flat_map(|o| &o.preds).collect();
        let mut columns: BTreeMap<u32, Vec<u8>> = BTreeMap::from([
            (0x01, object(&|r| number(&r.1))),
            (0x02, object(&|r| r.0)),
            (0x11, rle(&ops.iter().map(|o| element(o).map(|r| uleb(number(&r.1)))).collect::<Vec<_>>())),
            (0x13, deltas(&ops.iter().map(|o| element(o).map(|r| r.0)).collect::<Vec<_>>())),
            (0x15, rle(&ops.iter().map(prop).collect::<Vec<_>>())),
            (0x34, booleans(ops.iter().map(|o| o.insert))),
            (0x42, rle(&ops.iter().map(|o| Some(uleb(o.action))).collect::<Vec<_>>())),
            (0x56, rle(&ops.iter().map(|o| Some(uleb((o.value.1.len() as u64) << 4 | o.value.0))).collect::<Vec<_>>())),
            (0x57, ops.iter().flat_map(|o| o.value.1.clone()).collect()),
            (0x70, rle(&ops.iter().map(|o| Some(uleb(o.preds.len() as u64))).collect::<Vec<_>>())),
            (0x71, rle(&preds.iter().map(|r| Some(uleb(number(&r.1)))).collect::<Vec<_>>())),
            (0x73, deltas(&preds.iter().map(|r| Some(r.0)).collect::<Vec<_>>())),
            (0xa5, rle(&ops.iter().map(|o| o.mark.as_ref().map(|m| prefixed(m.as_bytes()))).collect::<Vec<_>>())),
        ]);
        columns.extend(self.columns.clone());
        columns.retain(|_, c| !c.is_empty());
        out.extend(uleb(columns.len() as u64));
        for (spec, column) in &columns {
            out.extend(uleb(u64::from(*spec)));
            out.extend(uleb(column.len() as u64));
        }
        columns.values().for_each(|c| out.extend(c));
        out.extend(&self.extra);
        out
    }

    pub fn chunk(&self) -> Vec<u8> {
        chunk(1, &self.data())
    }

    pub fn hash(&self) -> ChangeHash {
        hash(&self.data())
    }
}

pub fn hash(data: &[u8]) -> ChangeHash {
    let mut h = Sha256::new();
    h.update([1]);
    h.update(uleb(data.len() as u64));
    h.update(data);
    ChangeHash(h.finalize().into())
}

/// A chunk of this type around the data, with the checksum of the plain change.
pub fn chunk(kind: u8, data: &[u8]) -> Vec<u8> {
    envelope(kind, hash(data), data)
}

pub fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    envelope(2, hash(data), &encoder.finish().unwrap())
}

pub fn envelope(kind: u8, hash: ChangeHash, content: &[u8]) -> Vec<u8> {
    let mut out = vec![0x85, 0x6f, 0x4a, 0x83];
    out.extend(&hash.0[..4]);
    out.push(kind);
    out.extend(uleb(content.len() as u64));
    out.extend(content);
    out
}

/// The data of a plain chunk.
pub fn data_of(chunk: &[u8]) -> &[u8] {
    let end = 9 + chunk[9..].iter().position(|b| b & 0x80 == 0).unwrap();
    &chunk[end + 1..]
}

pub fn uleb(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

pub fn sleb(mut n: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = n as u8 & 0x7f;
        n >>= 7;
        if (n == 0 && byte & 0x40 == 0) || (n == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [uleb(bytes.len() as u64), bytes.to_vec()].concat()
}

fn rle(values: &[Option<Vec<u8>>]) -> Vec<u8> {
    if values.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let mut i = 0;
    while i < values.len() {
        let run = values[i..].iter().take_while(|v| **v == values[i]).count();
        match &values[i] {
            None => {
                out.push(0);
                out.extend(uleb(run as u64));
                i += run;
            }
            Some(value) if run > 1 => {
                out.extend(sleb(run as i64));
                out.extend(value);
                i += run;
            }
            Some(_) => {
                let mut end = i + 1;
                while end < values.len() && values[end].is_some() && values.get(end + 1) != Some(&values[end]) {
                    end += 1;
                }
                out.extend(sleb(-((end - i) as i64)));
                values[i..end].iter().flatten().for_each(|v| out.extend(v));
                i = end;
            }
        }
    }
    out
}

fn deltas(values: &[Option<u64>]) -> Vec<u8> {
    let mut last = 0;
    let steps: Vec<Option<Vec<u8>>> = values
        .iter()
        .map(|v| {
            v.map(|v| {
                let step = v.wrapping_sub(last) as i64;
                last = v;
                sleb(step)
            })
        })
        .collect();
    rle(&steps)
}

fn booleans(values: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut runs = vec![0u64];
    let mut last = false;
    for value in values {
        if value != last {
            runs.push(0);
            last = value;
        }
        *runs.last_mut().unwrap() += 1;
    }
    runs.into_iter().flat_map(uleb).collect()
}
