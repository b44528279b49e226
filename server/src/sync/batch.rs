//! One batch in one transaction: read and lock, merge, judge, issue, write, commit. All or nothing.

use super::SyncError;
use super::advice::compare;
use super::cache::{Cache, load};
use super::computing::{Trouble, compute, parallel};
use super::gathering::{Gathered, Ground, Vicinity, gather};
use super::issuing::{Colleague, Issued, Issuer, Ledger, chain_of, managers, wants_receipt};
use super::judging::{Judged, Knowledge, judge};
use super::merging::{Base, MergedVisit, merge_all};
use super::push::Push;
use super::reading::Read;
use super::rows::{BatchRows, LogRow, log_row, visit_row};
use crate::clock::Clock;
use crate::money::Costs;
use crate::reference::cache::ReferenceCache;
use crate::store::bulk::{Rows, ids_json};
use crate::store::rejudge::{self, Affected, ClaimedRow};
use crate::store::verdicts::{self, Cause, CauseKind};
use crate::store::{Db, Sql, StoreError, Tx, blobs, evidence, feed, log, outbox, page, receipts, visits};
use crate::{db_all, failpoint, with_ids};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use sync_core::ids::VisitId;
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
    /// Notified when there are visits to be judged again.
    pub rejudge: Arc<Notify>,
}

/// What one batch has to do.
#[derive(Default)]
pub(super) struct Work {
    pub pushes: Vec<Push>,
    /// Visits that are only judged again.
    pub again: Vec<ClaimedRow>,
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
    work: Arc<Work>,
) -> Result<Vec<Vec<DocumentDown>>, SyncError> {
    let mut tries = 0;
    let mut nearby = BTreeSet::new();
    loop {
        tries += 1;
        match attempt(shared, cache, work.clone(), &mut nearby).await {
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

async fn attempt(
    shared: &Shared,
    cache: &mut Cache,
    work: Arc<Work>,
    nearby: &mut BTreeSet<Uuid>,
) -> Result<Vec<Vec<DocumentDown>>, Trouble> {
    let now_ms = shared.clock.now_ms();
    let pushes = &work.pushes;
    let mut tx = shared.db.begin().await?;
    let ids: Vec<Uuid> = pushes
        .iter()
        .flat_map(|p| p.documents.iter().map(|d| d.visit.0))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    // All locks in one order. Which visits nearby are concerned is only known once these are read; those of the last
    // attempt are taken right away.
    let again = work.again.iter().map(|c| c.visit_id);
    let locked: BTreeSet<Uuid> = ids.iter().chain(nearby.iter()).copied().chain(again).collect();
    visits::lock(&mut tx, &locked.iter().copied().collect::<Vec<_>>()).await?;
    let before = feed::last_position(&mut tx).await?;
    let reference = shared.reference.refresh(&mut tx).await?;
    let bases = bases(&mut tx, cache, &ids, &reference).await?;

    let input = work.clone();
    let merged = compute(move || merge_all(&input.pushes, bases).map_err(|e| e.to_string())).await?;
    let causes = causes(&work, &merged);
    if causes.is_empty() {
        tx.rollback().await?;
        return Ok(answers(pushes, merged));
    }

    let mut rows = BatchRows::default();
    for m in &merged {
        rows.quarantine(m, pushes, now_ms);
    }
    visits::QUARANTINE.run(&mut tx, &rows.quarantine).await?;
    let reads = read(&mut tx, cache, &work, &merged, &reference).await?;
    let ground = Ground { reference: reference.clone(), locked: &locked, wanted: nearby, causes, now_ms };
    let Gathered { reads, known, vicinity } = gather(&mut tx, cache, reads, ground).await?;
    let known = Arc::new(known);
    let shared_known = known.clone();
    let judged: Vec<Judged> = compute(move || Ok(parallel(reads, |read| judge(read, &shared_known)))).await?;

    let (judged, issued) = issue(shared, &mut tx, judged, &reference, &known, now_ms, &mut rows).await?;
    let attestations = attest(&mut rows, pushes, &merged, now_ms);
    let mut costs = Costs::default();
    for j in &judged {
        rows.visit(j, &vicinity);
        costs.visit(&j.costed(), &reference);
    }
    write(&mut tx, &judged, &issued, &rows, &vicinity).await?;
    costs.write(&mut tx, now_ms).await?;
    let advice = compare(pushes, &merged, &judged, now_ms);
    verdicts::forget_advice(&mut tx, &advice.agreed).await?;
    verdicts::ADVICE.run(&mut tx, &advice.differing).await?;
    failpoint::pass("in_transaction");
    let logs = log_rows(&merged, pushes, &attestations);
    let told: Vec<&Judged> = judged.iter().filter(|j| j.is_new || vicinity.is_moved(&j.read)).collect();
    let count = i64::try_from(logs.len() + told.len()).unwrap_or(i64::MAX);
    let position = feed::take_positions(&mut tx, count).await?;
    // From here to the commit nobody else commits (see store/feed.rs). Whoever did so meanwhile may have brought what
    // the visits in hand would be judged otherwise by, in a visit that nobody here has locked: neither would see the
    // other.
    if position != before + 1 && vicinity.is_overtaken(&mut tx, &judged, &reference).await? {
        return Err(Trouble::Overtaken("another server brought something nearby"));
    }
    write_positioned(&mut tx, &told, &logs, position, now_ms).await?;
    log::append(&mut tx, issued.iter().map(|i| (i.receipt.id, i.receipt.sha256.as_str()))).await?;
    let queued = judge_later(&mut tx, &work, &judged, &vicinity, now_ms).await?;
    failpoint::pass("before_commit");
    tx.commit().await?;
    failpoint::pass("after_commit");

    for j in judged.iter().filter(|j| j.read.changed) {
        cache.put(j.read.visit.0, j.read.version + 1, j.read.document.clone());
    }
    if !issued.is_empty() {
        shared.outbox.notify_one();
    }
    if queued {
        shared.rejudge.notify_one();
    }
    Ok(answers(pushes, merged))
}

/// Why each visit of the batch is judged: those that something was brought for, and those whose turn it is.
fn causes(work: &Work, merged: &[MergedVisit]) -> HashMap<Uuid, Cause> {
    let mut causes: HashMap<Uuid, Cause> = work.again.iter().map(|c| (c.visit_id, c.cause.0.clone())).collect();
    for m in merged.iter().filter(|m| m.changed || !m.quarantined.is_empty()) {
        let admitted = m.admitted.last().map(|(p, _)| *p);
        let by = admitted.or_else(|| m.quarantined.last().map(|q| q.push)).and_then(|p| work.pushes.get(p));
        let (user, device) = (by.map(|p| p.user.0), by.map(|p| p.device.0));
        causes.insert(m.visit.0, Cause { kind: CauseKind::Merge, user, device, ..Cause::default() });
    }
    causes
}

/// Reads the visits that are judged, away from the async workers.
async fn read(
    tx: &mut Tx,
    cache: &mut Cache,
    work: &Work,
    merged: &[MergedVisit],
    reference: &Arc<Reference>,
) -> Result<Vec<Read>, Trouble> {
    // Quarantined changes raise a flag on a visit that is here.
    let here = merged.iter().filter(|m| m.changed || (!m.quarantined.is_empty() && m.version > 0));
    let mut all: Vec<_> = here.map(|m| (m.visit, m.version, m.document.clone(), m.changed)).collect();
    let taken: HashSet<Uuid> = all.iter().map(|(visit, ..)| visit.0).collect();
    let again: Vec<Uuid> = work.again.iter().map(|c| c.visit_id).filter(|v| !taken.contains(v)).collect();
    if !again.is_empty() {
        let stored = load(tx, cache, &again).await?;
        all.extend(stored.into_iter().map(|(visit, (version, document))| (VisitId(visit), version, document, false)));
        all.sort_by_key(|(visit, ..)| *visit);
    }
    let reference = reference.clone();
    compute(move || {
        Ok(parallel(all, |(visit, version, doc, changed)| Read::new(visit, version, doc, changed, &reference)))
    })
    .await
}

/// Takes out of the queue what was judged, and puts in what has to be. While the feed's lock is held: see
/// store/rejudge.rs. Whether anything was put in.
async fn judge_later(
    tx: &mut Tx,
    work: &Work,
    judged: &[Judged],
    vicinity: &Vicinity,
    now_ms: i64,
) -> Result<bool, StoreError> {
    if !work.again.is_empty() {
        let changed = judged.iter().filter(|j| j.is_new).map(|j| j.read.visit.0).collect();
        rejudge::take_out(tx, &work.again, &changed, now_ms).await?;
    }
    let Some(run) = vicinity.affected.values().next() else { return Ok(false) };
    let later: Vec<_> = vicinity.affected.iter().map(|(visit, why)| (Affected::Visit(*visit), why.clone())).collect();
    Ok(rejudge::enqueue(tx, run, &later, now_ms).await?.is_some())
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
    let photos: Vec<String> =
        wanting.iter().flat_map(|j| &j.read.view.photos).map(|p| p.value.sha256.clone()).collect();
    let held = blobs::held(tx, &photos).await?;
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
            held: &held,
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

async fn write(
    tx: &mut Tx,
    judged: &[Judged],
    issued: &[Issued],
    rows: &BatchRows,
    vicinity: &Vicinity,
) -> Result<(), StoreError> {
    let known = |which: &dyn Fn(&Judged) -> bool| -> Vec<Uuid> {
        judged.iter().filter(|j| j.read.version > 0 && which(j)).map(|j| j.read.visit.0).collect()
    };
    visits::clear_projection(tx, &known(&|j| vicinity.is_moved(&j.read))).await?;
    visits::clear_flags(tx, &known(&|j| j.is_new && !vicinity.is_moved(&j.read))).await?;
    evidence::clear_problems(tx, &known(&|j| vicinity.has_other_problems(&j.read))).await?;
    evidence::clear_claims(tx, &known(&|j| vicinity.has_other_claims(&j.read))).await?;
    evidence::PROBLEMS.run(tx, &rows.problems).await?;
    evidence::CLAIMS.run(tx, &rows.claims).await?;
    verdicts::REPLACED.run(tx, &rows.replaced).await?;
    blobs::PHOTOS.run(tx, &rows.photos).await?;
    visits::ATTESTATIONS.run(tx, &rows.attestations).await?;
    visits::DOCUMENT_ROWS.run(tx, &rows.documents).await?;
    visits::ENGINEERS.run(tx, &rows.engineers).await?;
    visits::SPANS.run(tx, &rows.spans).await?;
    visits::FLAGS.run(tx, &rows.flags).await?;
    let receipt_rows: Vec<_> = issued.iter().map(|i| i.receipt.clone()).collect();
    receipts::add_all(tx, &receipt_rows).await?;
    let mails: Vec<_> = issued.iter().flat_map(|i| i.letters.iter().map(|l| l.mail(&i.receipt))).collect();
    outbox::add_all(tx, &mails).await?;
    page::add_all(tx, issued.iter().filter_map(|i| i.rating.as_ref())).await?;
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
    judged: &[&Judged],
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
