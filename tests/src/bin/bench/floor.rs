//! The floor: what one new visit costs when nothing is done but what cannot be left out, measured in the same run on the
//! same machine. One thread; CPU time, not time by the clock.
//!
//! Unpacking the frame, checking the device's signature, loading the changes into a new document, reading its
//! fields, saving it, and writing the document, the log, the visit and its spans, 50 visits to a commit. No gate, no
//! trial, no verdict, no receipt, no mail, no HTTP.
//!
//! It is taken twice: on our own documents, and on plain ones that hold the same facts (see `plain`).

use crate::plain;
use automerge::{Automerge, Change, ReadDoc as _};
use countersign::load::record_visit;
use countersign::store::Db;
use countersign::store::bulk::{Rows, Value};
use countersign::store::visits::{DOCUMENT_ROWS, ENGINEERS, LOG, SPANS, VISITS};
use countersign_tests::Failure;
use sim_phone::{Clock, Seeded, SimPhone};
use std::path::Path;
use sync_core::crypto::SoftwareKey;
use sync_core::document::genesis::GENESIS;
use sync_core::document::{Document, read::view};
use sync_core::ids::{DeviceId, UserId};
use sync_core::phone::Identity;
use sync_core::sync::{Request, attested_bytes, decode, encode};
use uuid::Uuid;

/// Visits in a frame and in a commit.
const PER_COMMIT: usize = 50;

/// CPU time per visit, nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Floor {
    /// zstd and CBOR.
    pub(crate) unpack: u64,
    /// One Ed25519 signature.
    pub(crate) verify: u64,
    /// Changes into a new document.
    pub(crate) load: u64,
    /// The typed view of it.
    pub(crate) read: u64,
    /// The document as one chunk, uncompressed.
    pub(crate) save: u64,
    /// Rows and commit.
    pub(crate) store: u64,
    /// Bytes of a visit's changes.
    pub(crate) raw_bytes: u64,
    /// Bytes of its document.
    pub(crate) saved_bytes: u64,
}

impl Floor {
    /// All of it, nanoseconds.
    pub(crate) fn total(&self) -> u64 {
        self.unpack + self.verify + self.load + self.read + self.save + self.store
    }
}

/// CPU time of this process's threads, nanoseconds.
fn cpu_ns() -> u64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    tasks
        .filter_map(|t| std::fs::read_to_string(t.ok()?.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

/// Whose documents it is measured on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Ours.
    Own,
    /// Nested maps of scalars.
    Plain,
}

/// Every value of a plain document, read into memory; how many there are.
fn read_plain(document: &Automerge) -> usize {
    let mut maps = vec![automerge::ROOT];
    let mut values = Vec::new();
    while let Some(map) = maps.pop() {
        for item in document.map_range(&map, ..) {
            match item.value.clone().into_value() {
                automerge::Value::Object(_) => maps.push(item.id()),
                automerge::Value::Scalar(value) => values.push((item.key.into_owned(), value.into_owned())),
            }
        }
    }
    values.len()
}

/// Measures it with `frames` frames of 50 visits.
pub(crate) fn floor(dir: &Path, frames: usize, shape: Shape) -> Result<Floor, Failure> {
    let mut rng = Seeded::new(5);
    let key = SoftwareKey::from_seed([5; 32]);
    let id = |n: u64| Uuid::from_u64_pair(n, n);
    let identity = Identity {
        device: DeviceId(id(1)),
        user: UserId(id(2)),
        name: "工程师1".into(),
        key: sync_core::crypto::PublicKey { ..key.public() },
    };
    let clock = Clock::at(1_788_220_800_000, &mut rng);
    let mut phone = SimPhone::new(identity.clone(), key.clone(), clock, rng);
    let mut packed = Vec::new();
    for _ in 0..frames {
        for _ in 0..PER_COMMIT {
            record_visit(&mut phone, None)?;
        }
        let mut frame = phone.phone.signed_frame(phone.clock.now())?;
        if shape == Shape::Plain {
            // The same frame around other changes.
            let mut request: Request = decode(&frame)?;
            for up in &mut request.documents {
                up.changes = plain::changes(&mut phone.rng)?.into_iter().map(Into::into).collect();
            }
            frame = encode(&request);
        }
        packed.push(zstd::bulk::compress(&frame, 3)?);
        let (clock, rng) = (phone.clock.clone(), phone.rng.clone());
        phone = SimPhone::new(identity.clone(), key.clone(), clock, rng);
    }
    let visits = (frames * PER_COMMIT) as u64;
    let mut floor = Floor::default();
    let mut since = cpu_ns();
    let mut lap = || {
        let now = cpu_ns();
        let spent = now.saturating_sub(since);
        since = cpu_ns();
        spent / visits
    };

    let mut requests: Vec<Request> = Vec::new();
    for bytes in &packed {
        requests.push(decode(&zstd::bulk::decompress(bytes, 16 << 20)?)?);
    }
    floor.unpack = lap();

    let public = key.public();
    let messages: Vec<Vec<u8>> = requests.iter().map(|r| attested_bytes(r.device, &r.documents)).collect();
    lap();
    for (request, message) in requests.iter().zip(&messages) {
        for _ in 0..PER_COMMIT {
            public.verify(message, &request.attestation)?;
        }
    }
    floor.verify = lap();

    let mut documents: Vec<Automerge> = Vec::new();
    for up in requests.iter().flat_map(|r| &r.documents) {
        let mut document = Automerge::new();
        let genesis = (shape == Shape::Own).then_some(GENESIS);
        let changes = genesis.into_iter().chain(up.changes.iter().map(|c| &c[..]));
        document.apply_changes(changes.map(Change::try_from).collect::<Result<Vec<_>, _>>()?)?;
        documents.push(document);
    }
    floor.load = lap();
    let saved: Vec<Vec<u8>> = documents.iter().map(Automerge::save_nocompress).collect();
    floor.save = lap();

    let ours: Vec<Document> = match shape {
        Shape::Own => saved.iter().map(|bytes| Document::load(bytes)).collect::<Result<_, _>>()?,
        Shape::Plain => Vec::new(),
    };
    lap();
    let facts: usize = match shape {
        Shape::Own => ours.iter().map(|d| view(d).items.len()).sum(),
        Shape::Plain => documents.iter().map(read_plain).sum(),
    };
    floor.read = lap();
    if facts == 0 || (shape == Shape::Own && facts != 6 * frames * PER_COMMIT) {
        return Err("the floor read other documents than it should".into());
    }

    let ups: Vec<_> = requests.iter().flat_map(|r| &r.documents).collect();
    floor.raw_bytes = ups.iter().flat_map(|up| &up.changes).map(|c| c.len() as u64).sum::<u64>() / visits;
    floor.saved_bytes = saved.iter().map(|s| s.len() as u64).sum::<u64>() / visits;
    let heads: Vec<String> = documents.iter().map(|d| format!("[\"{}\"]", d.get_heads()[0])).collect();
    let log: Vec<Vec<u8>> = ups.iter().map(|up| encode(&up.changes)).collect();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let db = runtime.block_on(async {
        let db = Db::open(&format!("sqlite://{}", dir.join("floor.db").display())).await?;
        db.migrate().await.map(|()| db)
    })?;
    lap();
    runtime.block_on(async {
        let mut position = 0i64;
        for start in (0..saved.len()).step_by(PER_COMMIT) {
            let mut tx = db.begin().await?;
            let (mut docs, mut logs, mut visits) = (Rows::new(), Rows::new(), Rows::new());
            let (mut spans, mut engineers) = (Rows::new(), Rows::new());
            for n in start..(start + PER_COMMIT).min(saved.len()) {
                let (visit, device): (Value<'_>, Value<'_>) = (ups[n].visit.0.into(), requests[0].device.0.into());
                position += 1;
                let at = 1_788_220_800_000 + position * 7_200_000;
                docs.push(&[visit, 1i64.into(), Value::Json(&heads[n]), saved[n].as_slice().into()]);
                logs.push(&[
                    Uuid::now_v7().into(),
                    visit,
                    device,
                    Value::Null,
                    position.into(),
                    at.into(),
                    20i64.into(),
                    log[n].as_slice().into(),
                ]);
                engineers.push(&[visit, identity.user.0.into()]);
                for part in 0..4i64 {
                    let from = at + part * 900_000;
                    spans.push(&[
                        visit,
                        Uuid::now_v7().into(),
                        identity.user.0.into(),
                        Value::Null,
                        Value::Null,
                        "labour".into(),
                        from.into(),
                        (from + 900_000).into(),
                    ]);
                }
                visits.push(&[
                    visit,
                    1i64.into(),
                    position.into(),
                    Value::Null,
                    "第1人民医院".into(),
                    Value::Null,
                    "on_site".into(),
                    at.into(),
                    (at + 3_600_000).into(),
                    3_600i64.into(),
                    "accepted".into(),
                    "open".into(),
                    false.into(),
                    "covered".into(),
                    1i64.into(),
                    Value::LongText("{}"),
                    0i64.into(),
                    at.into(),
                    Value::Null,
                ]);
            }
            DOCUMENT_ROWS.run(&mut tx, &docs).await?;
            ENGINEERS.run(&mut tx, &engineers).await?;
            SPANS.run(&mut tx, &spans).await?;
            LOG.run(&mut tx, &logs).await?;
            VISITS.run(&mut tx, &visits).await?;
            tx.commit().await?;
        }
        Ok::<_, countersign::store::StoreError>(())
    })?;
    floor.store = lap();
    runtime.block_on(db.close());
    Ok(floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows here are written by hand, and tables grow.
    #[test]
    fn both_floors_can_be_measured() -> Result<(), Failure> {
        for shape in [Shape::Own, Shape::Plain] {
            assert!(floor(tempfile::tempdir()?.path(), 1, shape)?.total() > 0);
        }
        Ok(())
    }
}
