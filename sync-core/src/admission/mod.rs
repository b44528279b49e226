//! STUB for local compile
use crate::document::Document;
use crate::ids::*;
pub enum Sender {
    Device(DeviceId),
    Relay,
}
#[derive(Default)]
pub struct Limits;
#[derive(Debug, Clone)]
pub struct Admitted {
    pub hash: automerge::ChangeHash,
    pub raw: Vec<u8>,
}
#[derive(Debug, Clone, Copy)]
pub enum RefusalCode {
    X,
}
impl RefusalCode {
    pub fn as_str(self) -> &'static str {
        "x"
    }
}
#[derive(Debug, Clone)]
pub struct Refused {
    pub index: usize,
    pub code: RefusalCode,
    pub detail: String,
    pub bytes: Vec<u8>,
}
pub struct Admission {
    pub document: Option<Document>,
    pub admitted: Vec<Admitted>,
    pub known: usize,
    pub refused: Vec<Refused>,
    pub waiting: Vec<usize>,
}
pub fn admit(document: &Document, _v: VisitId, _s: &Sender, changes: &[&[u8]], _l: &Limits) -> Admission {
    let mut d = document.clone();
    let mut admitted = vec![];
    let mut known = 0;
    let mut waiting = vec![];
    let mut todo: Vec<(usize, automerge::Change)> =
        changes.iter().enumerate().map(|(i, c)| (i, automerge::Change::try_from(*c).unwrap())).collect();
    loop {
        let n = todo.len();
        let mut rest = vec![];
        for (i, c) in todo {
            if d.has(&c.hash()) {
                known += 1;
            } else if c.deps().iter().all(|h| d.has(h)) {
                admitted.push(Admitted { hash: c.hash(), raw: c.raw_bytes().to_vec() });
                d.apply(vec![c]).unwrap();
            } else {
                rest.push((i, c));
            }
        }
        todo = rest;
        if todo.len() == n {
            break;
        }
    }
    waiting.extend(todo.iter().map(|t| t.0));
    Admission { document: (!admitted.is_empty()).then_some(d), admitted, known, refused: vec![], waiting }
}
