//! One batch in one transaction: read and lock, merge, judge, issue, write, commit. All or nothing.

use super::SyncError;
use super::cache::Cache;
use super::issuing::{Colleague, Issued, Issuer, Ledger, chain_of, managers, wants_receipt};
use super::judging::{Judged, Knowledge, Read, judge};
use super::merger::Push;
use super::merging::{Base, MergedVisit, merge_all, parallel};
use super::rows::{BatchRows, LogRow, log_row, visit_row};
use crate::clock::Clock;
use crate::reference::cache::ReferenceCache;
use crate::store::bulk::{Rows, ids_json};
use crate::store::visits::{self, SpanRow};
use crate::store::{Db, Sql, StoreError, Tx, feed, outbox, receipts};
use crate::{db_all, failpoint, with_ids};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use sync_core::crypto::{Alg, PublicKey};
use sync_core::document::Document;
use sync_core::ids::{DeviceId, VisitId};
use sync_core::receipt::CHAIN_START;
use sync_core::reference::Reference;
use sync_core::sync::{ByteVec, DocumentDown, encode};
use tokio::sync::Notify;
use uuid::Uuid;

/// What every batch uses.
pub(super) struct Shared {
    pub db: Db,
    pub reference: ReferenceCache,
    pub issuer: Arc<Issuer>,
    pub clock: Clock,
    pub outbox: Arc<Notify>,
}

/// How often a batch is tried: another server may have got in between. Each time one of the two gets on, so this is
/// reached only when something is wrong.
const TRIES: usize = 20;

const COLLEAGUES: Sql =
    with_ids!("SELECT id, name, email, language FROM users WHERE disabled_ms IS NULL AND id IN ", " ORDER BY id");

/// Runs one batch and returns the answers, one list per request, after the commit.
pub(super) async fn run(
    shared: &Shared,
    cache: &mut Cache,
    pushes: Arc<Vec<Push>>,
) -> Result<Vec<Vec<DocumentDown>>, SyncError> {
    let mut tries = 0;
    let mut nearby = BTreeSet::new();
    loop {
        tries += 1;
        match attempt(shared, cache, pushes.clone(), &mut nearby).await {
            Err(Trouble::Store(e)) if e.is_transient() && tries < TRIES => {
                tracing::warn!(error = %e, "a batch is tried again");
            }
            Err(Trouble::Overtaken(what)) if tries < TRIES => {
                tracing::debug!(what, "a batch is tried again");
            }
            Err(Trouble::Store(e)) => return Err(e.into()),
            Err(Trouble::Overtaken(what)) => return Err(SyncError::Failed(what.to_owned())),
            Err(Trouble::Failed(why)) => return Err(SyncError::Failed(why)),
            Ok(answers) => return Ok(answers),
        }
    }
}

enum Trouble {
    Store(StoreError),
    /// Another server was faster: from the beginning, with what it has written.
    Overtaken(&'static str),
    Failed(String),
}

impl From<StoreError> for Trouble {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

/// Computes away from the async workers. A panic there is contained: it fails this batch, not the process.
async fn compute<R: Send + 'static>(f: impl FnOnce() -> Result<R, String> + Send + 'static) -> Result<R, Trouble> {
    tokio::task::spawn_blocking(f).await.map_err(|e| Trouble::Failed(e.to_string()))?.map_err(Trouble::Failed)
}

async fn attempt(
    shared: &Shared,
    cache: &mut Cache,
    pushes: Arc<Vec<Push>>,
    nearby: &mut BTreeSet<Uuid>,
) -> Result<Vec<Vec<DocumentDown>>, Trouble> {
    let now_ms = shared.clock.now_ms();
    let mut tx = shared.db.begin().await?;
    let ids: Vec<Uuid> = pushes
        .iter()
        .flat_map(|p| p.documents.iter().map(|d| d.visit.0))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    // All locks in one order. Which visits nearby are concerned is only known once these are read; those of the last
    // attempt are taken right away.
    let locked: BTreeSet<Uuid> = ids.iter().chain(nearby.iter()).copied().collect();
    visits::lock(&mut tx, &locked.iter().copied().collect::<Vec<_>>()).await?;
    let before = feed::last_position(&mut tx).await?;
    let reference = shared.reference.refresh(&mut tx).await?;
    let bases = bases(&mut tx, cache, &ids, &reference).await?;

    let input = pushes.clone();
    let merged = compute(move || merge_all(&input, bases).map_err(|e| e.to_string())).await?;
    let changed: Vec<(VisitId, i64, Arc<Document>)> =
        merged.iter().filter(|m| m.changed).map(|m| (m.visit, m.version, m.document.clone())).collect();
    let touched: HashSet<Uuid> =
        merged.iter().filter(|m| m.changed || !m.quarantined.is_empty()).map(|m| m.visit.0).collect();
    if touched.is_empty() {
        tx.rollback().await?;
        return Ok(answers(&pushes, merged));
    }

    let mut rows = BatchRows::default();
    for m in &merged {
        rows.quarantine(m, &pushes, now_ms);
    }
    visits::QUARANTINE.run(&mut tx, &rows.quarantine).await?;
    let again: Vec<(VisitId, i64, Arc<Document>)> = merged
        .iter()
        // Quarantined changes raise a flag on a visit that is here.
        .filter(|m| !m.changed && !m.quarantined.is_empty() && m.version > 0)
        .map(|m| (m.visit, m.version, m.document.clone()))
        .collect();
    let reads = compute(move || {
        let changed = changed.into_iter().map(|v| (v, true));
        let work: Vec<_> = changed.chain(again.into_iter().map(|v| (v, false))).collect();
        Ok(parallel(work, |((visit, version, doc), changed)| Read::new(visit, version, doc, changed)))
    })
    .await?;
    let (reads, known, vicinity) = gather(&mut tx, cache, reads, reference.clone(), &locked, nearby).await?;
    let known = Arc::new(known);
    let shared_known = known.clone();
    let judged: Vec<Judged> = compute(move || Ok(parallel(reads, |read| judge(read, &shared_known)))).await?;

    let (judged, issued) = issue(shared, &mut tx, judged, &reference, &known, now_ms, &mut rows).await?;
    let attestations = attest(&mut rows, &pushes, &merged, now_ms);
    for j in &judged {
        rows.visit(j);
    }
    write(&mut tx, &judged, &issued, &rows).await?;
    failpoint::pass("in_transaction");
    let logs = log_rows(&merged, &pushes, &attestations);
    let count = i64::try_from(logs.len() + judged.len()).unwrap_or(i64::MAX);
    let position = feed::take_positions(&mut tx, count).await?;
    // From here to the commit nobody else commits (see store/feed.rs). Whoever did so meanwhile may have brought time
    // that overlaps with what was just judged, in a visit that nobody here has locked: neither would see the other.
    if position != before + 1 && vicinity.outside != vicinity.look(&mut tx, &judged).await? {
        return Err(Trouble::Overtaken("another server brought time nearby"));
    }
    write_positioned(&mut tx, &judged, &logs, position, now_ms).await?;
    failpoint::pass("before_commit");
    tx.commit().await?;
    failpoint::pass("after_commit");

    for j in judged.iter().filter(|j| j.read.changed) {
        cache.put(j.read.visit.0, j.read.version + 1, j.read.document.clone());
    }
    if !issued.is_empty() {
        shared.outbox.notify_one();
    }
    Ok(answers(&pushes, merged))
}

/// The documents as they are in the database, from the cache where that has the same version.
async fn bases(
    tx: &mut Tx,
    cache: &mut Cache,
    ids: &[Uuid],
    reference: &Reference,
) -> Result<HashMap<VisitId, Base>, Trouble> {
    let mut members: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for (visit, user) in visits::members(tx, ids).await? {
        members.entry(visit).or_default().insert(user);
    }
    let wanted: HashSet<Uuid> = ids.iter().copied().collect();
    for order in reference.work_orders.values().filter(|w| wanted.contains(&w.visit.0)) {
        members.entry(order.visit.0).or_default().extend(order.engineers.iter().map(|e| e.0));
    }
    let mut bases = HashMap::new();
    for (visit, (version, document)) in load(tx, cache, ids).await? {
        bases.insert(VisitId(visit), Base { version, document: Some(document), members: HashSet::new() });
    }
    for id in ids {
        let base = bases.entry(VisitId(*id)).or_insert(Base { version: 0, document: None, members: HashSet::new() });
        base.members = members.remove(id).unwrap_or_default();
    }
    Ok(bases)
}

/// Stored documents with their versions.
async fn load(tx: &mut Tx, cache: &mut Cache, ids: &[Uuid]) -> Result<HashMap<Uuid, (i64, Arc<Document>)>, Trouble> {
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for (visit, version) in visits::versions(tx, ids).await? {
        match cache.get(visit, version) {
            Some(document) => {
                found.insert(visit, (version, document));
            }
            None => missing.push(visit),
        }
    }
    if !missing.is_empty() {
        let stored = visits::documents(tx, &missing).await?;
        let read = compute(move || {
            parallel(stored, |row| {
                let document = Document::load(&row.snapshot).map_err(|e| format!("visit {}: {e}", row.visit_id))?;
                Ok((row.visit_id, (row.version, Arc::new(document))))
            })
            .into_iter()
            .collect::<Result<Vec<_>, String>>()
        })
        .await?;
        found.extend(read);
    }
    Ok(found)
}

/// Reads what judging needs, and adds the visits nearby whose verdict this batch may change.
async fn gather(
    tx: &mut Tx,
    cache: &mut Cache,
    mut reads: Vec<Read>,
    reference: Arc<Reference>,
    locked: &BTreeSet<Uuid>,
    wanted: &mut BTreeSet<Uuid>,
) -> Result<(Vec<Read>, Knowledge, Vicinity), Trouble> {
    let batch: HashSet<Uuid> = reads.iter().map(|r| r.visit.0).collect();
    let known: Vec<Uuid> = reads.iter().filter(|r| r.version > 0).map(|r| r.visit.0).collect();
    // Time that is no longer where it was counts, too: what it overlapped with is judged again without it.
    let old = visits::spans_of(tx, &known).await?;
    let mut spans = near(tx, &reads, &old).await?;
    let affected: BTreeSet<Uuid> = spans.iter().map(|s| s.visit_id).filter(|v| !batch.contains(v)).collect();
    if !affected.is_empty() {
        let affected: Vec<Uuid> = affected.into_iter().collect();
        let free: Vec<Uuid> = affected.iter().filter(|v| !locked.contains(v)).copied().collect();
        if !visits::try_lock(tx, &free).await? {
            // Waiting here, out of order, would be a deadlock sooner or later.
            wanted.extend(affected);
            return Err(Trouble::Overtaken("another server has visits nearby"));
        }
        let documents = load(tx, cache, &affected).await?;
        let mut nearby: Vec<Read> = documents
            .into_iter()
            .map(|(visit, (version, document))| Read::new(VisitId(visit), version, document, false))
            .collect();
        nearby.sort_by_key(|r| r.visit);
        spans.extend(near(tx, &nearby, &[]).await?);
        reads.extend(nearby);
    }
    // Of visits in hand, the spans just read count, not those stored before.
    let in_hand: HashSet<Uuid> = reads.iter().map(|r| r.visit.0).collect();
    spans.retain(|s| !in_hand.contains(&s.visit_id));
    let vicinity = Vicinity { old, outside: spans.iter().cloned().collect() };
    spans.extend(reads.iter().flat_map(Read::own_spans));

    let ids: Vec<Uuid> = in_hand.into_iter().collect();
    let quarantined = visits::quarantined(tx, &ids).await?;
    let devices: BTreeSet<Uuid> = reads.iter().flat_map(|r| r.view.sign_offs.iter().map(|s| s.device.0)).collect();
    let devices: Vec<Uuid> = devices.into_iter().collect();
    let keys = if devices.is_empty() { Vec::new() } else { visits::device_keys(tx, &devices).await? };
    let known = Knowledge {
        reference,
        keys: keys.into_iter().filter_map(|(id, alg, key)| Some((DeviceId(id), public_key(&alg, key)?))).collect(),
        quarantined: quarantined.into_iter().map(|(v, n)| (v, u32::try_from(n).unwrap_or(u32::MAX))).collect(),
        spans,
    };
    Ok((reads, known, vicinity))
}

/// Time around the visits in hand, as it was when they were judged.
struct Vicinity {
    /// What the visits in hand had before.
    old: Vec<SpanRow>,
    /// What other visits have.
    outside: BTreeSet<SpanRow>,
}

impl Vicinity {
    /// What other visits have now.
    async fn look(&self, tx: &mut Tx, judged: &[Judged]) -> Result<BTreeSet<SpanRow>, StoreError> {
        let in_hand: HashSet<Uuid> = judged.iter().map(|j| j.read.visit.0).collect();
        let now = near(tx, judged.iter().map(|j| &j.read), &self.old).await?;
        Ok(now.into_iter().filter(|s| !in_hand.contains(&s.visit_id)).collect())
    }
}

async fn near<'a>(
    tx: &mut Tx,
    reads: impl IntoIterator<Item = &'a Read>,
    old: &[SpanRow],
) -> Result<Vec<SpanRow>, StoreError> {
    let (mut users, mut customers, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |s: &SpanRow| {
        users.push((s.user_id, s.from_ms, s.until_ms));
        customers.extend(s.customer_id.map(|c| (c, s.from_ms, s.until_ms)));
        orders.extend(s.work_order_id);
    };
    old.iter().for_each(&mut add);
    let mut planned = Vec::new();
    for read in reads {
        read.own_spans().iter().for_each(&mut add);
        planned.extend(read.work_order().map(|w| w.0));
    }
    orders.extend(planned);
    visits::neighbours(tx, &users, &customers, &orders).await
}

fn public_key(alg: &str, key: String) -> Option<PublicKey> {
    let alg = [Alg::EdDSA, Alg::ES256].into_iter().find(|a| a.as_str() == alg)?;
    Some(PublicKey { alg, key })
}

async fn issue(
    shared: &Shared,
    tx: &mut Tx,
    judged: Vec<Judged>,
    reference: &Arc<Reference>,
    known: &Arc<Knowledge>,
    now_ms: i64,
    rows: &mut BatchRows,
) -> Result<(Vec<Judged>, Vec<Issued>), Trouble> {
    let signed: Vec<Uuid> = judged.iter().filter(|j| !j.sign_offs.is_empty()).map(|j| j.read.visit.0).collect();
    if signed.is_empty() {
        return Ok((judged, Vec::new()));
    }
    let mut issued: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for row in visits::issued(tx, &signed).await? {
        issued.entry(row.visit_id).or_default().insert(row.sign_off_id);
    }
    let wanting: Vec<&Judged> = judged.iter().filter(|j| wants_receipt(j, &issued)).collect();
    if wanting.is_empty() {
        return Ok((judged, Vec::new()));
    }
    let chains: BTreeSet<String> = wanting.iter().map(|j| chain_of(j, reference)).collect();
    let chains: Vec<String> = chains.into_iter().collect();
    let heads = visits::lock_chains(tx, &chains, CHAIN_START).await?;
    let people = managers(&wanting, reference);
    let colleagues = db_all!(Colleague, tx, COLLEAGUES, ids_json(people))?;
    let (issuer, reference, known) = (shared.issuer.clone(), reference.clone(), known.clone());
    let mut judged = judged;
    let (judged, done, chains) = compute(move || {
        let mut ledger = Ledger {
            reference: &reference,
            keys: &known.keys,
            issued,
            chains: heads.into_iter().map(|(chain, no, sha)| (chain, (no, sha))).collect(),
            colleagues: &colleagues,
            now_ms,
        };
        let mut done = Vec::new();
        for j in &mut judged {
            done.extend(issuer.issue(j, &mut ledger).map_err(|e| e.to_string())?);
        }
        let chains = ledger.chains;
        Ok((judged, done, chains))
    })
    .await?;
    for (chain, (no, sha)) in &chains {
        rows.chains.push(&[chain.into(), (*no).into(), sha.into()]);
    }
    Ok((judged, done))
}

/// An id for what each device signed, where anything of it came in.
fn attest(rows: &mut BatchRows, pushes: &[Push], merged: &[MergedVisit], now_ms: i64) -> HashMap<usize, Uuid> {
    let mut ids = HashMap::new();
    for (p, _) in merged.iter().flat_map(|m| &m.admitted) {
        if let (false, Some(push)) = (ids.contains_key(p), pushes.get(*p)) {
            let id = Uuid::now_v7();
            rows.attest(id, push, now_ms);
            ids.insert(*p, id);
        }
    }
    ids
}

async fn write(tx: &mut Tx, judged: &[Judged], issued: &[Issued], rows: &BatchRows) -> Result<(), StoreError> {
    let known: Vec<Uuid> = judged.iter().filter(|j| j.read.version > 0).map(|j| j.read.visit.0).collect();
    visits::clear_projection(tx, &known).await?;
    visits::ATTESTATIONS.run(tx, &rows.attestations).await?;
    visits::DOCUMENT_ROWS.run(tx, &rows.documents).await?;
    visits::ENGINEERS.run(tx, &rows.engineers).await?;
    visits::SPANS.run(tx, &rows.spans).await?;
    visits::FLAGS.run(tx, &rows.flags).await?;
    let receipt_rows: Vec<_> = issued.iter().map(|i| i.receipt.clone()).collect();
    receipts::add_all(tx, &receipt_rows).await?;
    let mails: Vec<_> = issued.iter().flat_map(|i| i.letters.iter().map(|l| l.mail(&i.receipt))).collect();
    outbox::add_all(tx, &mails).await?;
    visits::CHAINS.run(tx, &rows.chains).await?;
    Ok(())
}

/// What came in, per visit and request, for the log.
fn log_rows(merged: &[MergedVisit], pushes: &[Push], attestations: &HashMap<usize, Uuid>) -> Vec<LogRow> {
    let all = merged.iter().flat_map(|m| m.admitted.iter().map(move |(p, admitted)| (m.visit.0, p, admitted)));
    all.filter_map(|(visit, p, admitted)| {
        Some(LogRow {
            visit,
            device: pushes.get(*p)?.device.0,
            attestation: *attestations.get(p)?,
            count: i64::try_from(admitted.len()).unwrap_or(i64::MAX),
            changes: encode(&admitted.iter().map(|a| ByteVec::from(a.raw.clone())).collect::<Vec<_>>()),
        })
    })
    .collect()
}

/// The last writes before the commit: see store/feed.rs.
async fn write_positioned(
    tx: &mut Tx,
    judged: &[Judged],
    logs: &[LogRow],
    mut position: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (mut log_rows, mut visit_rows) = (Rows::new(), Rows::new());
    for log in logs {
        log_row(&mut log_rows, log, position, now_ms);
        position += 1;
    }
    for j in judged {
        visit_row(&mut visit_rows, j, position, now_ms);
        position += 1;
    }
    visits::LOG.run(tx, &log_rows).await?;
    visits::VISITS.run(tx, &visit_rows).await?;
    Ok(())
}

/// The answers in the order of the requests and of their documents.
fn answers(pushes: &[Push], merged: Vec<MergedVisit>) -> Vec<Vec<DocumentDown>> {
    let mut out: Vec<Vec<(usize, DocumentDown)>> =
        pushes.iter().map(|p| Vec::with_capacity(p.documents.len())).collect();
    for (p, d, down) in merged.into_iter().flat_map(|m| m.answers) {
        if let Some(list) = out.get_mut(p) {
            list.push((d, down));
        }
    }
    out.into_iter()
        .map(|mut list| {
            list.sort_by_key(|(d, _)| *d);
            list.into_iter().map(|(_, down)| down).collect()
        })
        .collect()
}
