//! Reads what judging needs, adds the visits nearby whose verdict this batch may change, and notes which others are to be
//! judged again later.

use super::cache::{Cache, load};
use super::computing::{Trouble, compute, parallel};
use super::evidence::{Around, Asked, Before, Outside, Reach, Runs};
use super::judging::{Judged, Knowledge, because_of, touched};
use super::reading::Read;
use crate::store::evidence as rows;
use crate::store::verdicts::{self, Cause};
use crate::store::visits::{self, SpanRow};
use crate::store::{StoreError, Tx, reference as reference_rows};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use sync_core::crypto::{Alg, PublicKey};
use sync_core::ids::{DeviceId, VisitId};
use sync_core::reference::{Effect, Reference};
use uuid::Uuid;

/// What gathering starts from.
pub(super) struct Ground<'a> {
    pub reference: Arc<Reference>,
    pub locked: &'a BTreeSet<Uuid>,
    /// Visits that the next attempt has to lock from the start.
    pub wanted: &'a mut BTreeSet<Uuid>,
    /// Why each visit in hand is judged.
    pub causes: HashMap<Uuid, Cause>,
    pub now_ms: i64,
}

/// What was gathered.
pub(super) struct Gathered {
    pub reads: Vec<Read>,
    pub known: Knowledge,
    pub vicinity: Vicinity,
}

/// What is around the visits in hand, as it was when they were judged.
pub(super) struct Vicinity {
    asked: Asked,
    outside: Outside,
    /// What the visits in hand had before; of those that were only judged because they are near, nothing is here, since
    /// nothing of them is projected anew.
    pub before: HashMap<Uuid, Before>,
    /// Other visits that may be judged otherwise now, and why.
    pub affected: BTreeMap<Uuid, Cause>,
}

impl Vicinity {
    /// Whether another server's commit changed anything that the visits in hand were judged by.
    pub(super) async fn is_overtaken(
        &self,
        tx: &mut Tx,
        judged: &[Judged],
        reference: &Reference,
    ) -> Result<bool, StoreError> {
        let version = i64::try_from(reference.version).unwrap_or(i64::MAX);
        if reference_rows::is_newer(tx, version).await? {
            return Ok(true);
        }
        let in_hand: HashSet<Uuid> = judged.iter().map(|j| j.read.visit.0).collect();
        Ok(self.asked.again(tx, &in_hand).await? != self.outside)
    }

    /// Whether what is projected from a visit's time differs from what is stored.
    pub(super) fn is_moved(&self, read: &Read) -> bool {
        read.changed || self.before.get(&read.visit.0).is_some_and(|b| !same(&b.spans, read.own_spans()))
    }

    pub(super) fn has_other_problems(&self, read: &Read) -> bool {
        self.before.get(&read.visit.0).is_some_and(|b| !same(&b.problems, read.problem_rows()))
    }

    pub(super) fn has_other_claims(&self, read: &Read) -> bool {
        self.before.get(&read.visit.0).is_some_and(|b| !same(&b.claims, read.claim_rows()))
    }
}

fn same<T: Ord>(stored: &BTreeSet<T>, now: Vec<T>) -> bool {
    now.into_iter().collect::<BTreeSet<T>>() == *stored
}

/// Reads what the visits are judged by.
pub(super) async fn gather(
    tx: &mut Tx,
    cache: &mut Cache,
    mut reads: Vec<Read>,
    ground: Ground<'_>,
) -> Result<Gathered, Trouble> {
    let Ground { reference, locked, wanted, mut causes, now_ms } = ground;
    let reach = Reach::of(&reference.policy());
    let mut in_hand: HashSet<Uuid> = reads.iter().map(|r| r.visit.0).collect();
    // Time that is no longer where it was counts, too: what it overlapped with is judged again without it.
    let before = before(tx, &reads, &reference).await?;
    let mut asked = Asked::default();
    let mut own: Vec<SpanRow> = reads.iter().flat_map(Read::own_spans).collect();
    asked.spans(own.iter().chain(before.values().flat_map(|b| &b.spans)), &reach);
    for read in &reads {
        asked.read(read, &reach);
    }
    asked.problems(before.values().flat_map(|b| &b.problems), &reach);
    asked.claims(before.values().flat_map(|b| &b.claims), &reference);
    let mut spans = asked.time(tx, &in_hand).await?;

    let nearby = touched(&moved(&own, &before), &spans);
    if !nearby.is_empty() {
        for (visit, by) in &nearby {
            let cause = because_of(*by, &causes);
            causes.entry(*visit).or_insert(cause);
        }
        let found = near(tx, cache, nearby.into_keys().collect(), locked, wanted, &reference).await?;
        in_hand.extend(found.iter().map(|r| r.visit.0));
        let mut more = Asked::default();
        let theirs: Vec<SpanRow> = found.iter().flat_map(Read::own_spans).collect();
        more.spans(&theirs, &reach);
        for read in &found {
            more.read(read, &reach);
        }
        spans.extend(more.time(tx, &in_hand).await?);
        // Of visits in hand, the spans just read count, not those stored before.
        spans.retain(|s| !in_hand.contains(&s.visit_id));
        asked.extend(more);
        own.extend(theirs);
        reads.extend(found);
    }
    asked.follow(tx, &own, &mut spans, &in_hand, &reach).await?;
    let (problems, claims) = asked.rest(tx, &in_hand).await?;
    let outside = Outside { spans, problems, claims };

    let mut known = knowledge(tx, &reads, reference, reach, now_ms).await?;
    known.learn(&reads, &own, &outside);
    let around = Around { runs: &known.runs, problems: &known.problems, claims: &known.claims, reach };
    let mut affected = BTreeMap::new();
    let none = Before::default();
    for read in reads.iter().filter(|r| r.changed || before.contains_key(&r.visit.0)) {
        let was = before.get(&read.visit.0).unwrap_or(&none);
        for visit in around.affected(read, was).into_iter().filter(|v| !in_hand.contains(v)) {
            affected.entry(visit).or_insert_with(|| because_of(read.visit.0, &causes));
        }
    }
    known.causes = causes;
    Ok(Gathered { reads, known, vicinity: Vicinity { asked, outside, before, affected } })
}

/// What is stored of the visits that are here already.
async fn before(tx: &mut Tx, reads: &[Read], reference: &Reference) -> Result<HashMap<Uuid, Before>, StoreError> {
    let ids: Vec<Uuid> = reads.iter().filter(|r| r.version > 0).map(|r| r.visit.0).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut before: HashMap<Uuid, Before> = ids.iter().map(|id| (*id, Before::default())).collect();
    for s in visits::spans_of(tx, &ids).await? {
        before.entry(s.visit_id).or_default().spans.insert(s);
    }
    for p in rows::problems_of(tx, &ids).await? {
        before.entry(p.visit_id).or_default().problems.insert(p);
    }
    let mut clauses = reference.packages.values().flat_map(|p| &p.clauses);
    let mut extras = reference.contracts.values().flat_map(|c| c.values()).flat_map(|c| &c.extras);
    if clauses.any(|c| c.effect == Effect::Limit) || extras.any(|c| c.effect == Effect::Limit) {
        for c in rows::claims_of(tx, &ids).await? {
            before.entry(c.visit_id).or_default().claims.insert(c);
        }
    }
    Ok(before)
}

/// Time that is new, or no longer there.
fn moved(own: &[SpanRow], before: &HashMap<Uuid, Before>) -> Vec<SpanRow> {
    let now: BTreeSet<&SpanRow> = own.iter().collect();
    let then: BTreeSet<&SpanRow> = before.values().flat_map(|b| &b.spans).collect();
    now.symmetric_difference(&then).map(|s| (*s).clone()).collect()
}

/// Locks and reads visits nearby.
async fn near(
    tx: &mut Tx,
    cache: &mut Cache,
    nearby: BTreeSet<Uuid>,
    locked: &BTreeSet<Uuid>,
    wanted: &mut BTreeSet<Uuid>,
    reference: &Arc<Reference>,
) -> Result<Vec<Read>, Trouble> {
    let free: Vec<Uuid> = nearby.difference(locked).copied().collect();
    if !visits::try_lock(tx, &free).await? {
        // Waiting here, out of order, would be a deadlock sooner or later.
        wanted.extend(nearby);
        return Err(Trouble::Overtaken("another server has visits nearby"));
    }
    let nearby: Vec<Uuid> = nearby.into_iter().collect();
    let documents: Vec<_> = load(tx, cache, &nearby).await?.into_iter().collect();
    let reference = reference.clone();
    let mut found = compute(move || {
        Ok(parallel(documents, |(visit, (version, document))| {
            Read::new(VisitId(visit), version, document, false, &reference)
        }))
    })
    .await?;
    found.sort_by_key(|r| r.visit);
    Ok(found)
}

async fn knowledge(
    tx: &mut Tx,
    reads: &[Read],
    reference: Arc<Reference>,
    reach: Reach,
    now_ms: i64,
) -> Result<Knowledge, StoreError> {
    let ids: Vec<Uuid> = reads.iter().map(|r| r.visit.0).collect();
    let stored: Vec<Uuid> = reads.iter().filter(|r| r.version > 0).map(|r| r.visit.0).collect();
    let quarantined = visits::quarantined(tx, &ids).await?;
    let standing = verdicts::standing(tx, &stored).await?;
    let devices: BTreeSet<Uuid> = reads.iter().flat_map(|r| r.view.sign_offs.iter().map(|s| s.device.0)).collect();
    let devices: Vec<Uuid> = devices.into_iter().collect();
    let keys = if devices.is_empty() { Vec::new() } else { visits::device_keys(tx, &devices).await? };
    Ok(Knowledge {
        reference,
        keys: keys.into_iter().filter_map(|(id, alg, key)| Some((DeviceId(id), public_key(&alg, key)?))).collect(),
        quarantined: quarantined.into_iter().map(|(v, n)| (v, u32::try_from(n).unwrap_or(u32::MAX))).collect(),
        standing: standing.into_iter().map(|row| (row.id, row)).collect(),
        causes: HashMap::new(),
        reach,
        runs: Runs::default(),
        by_customer: HashMap::new(),
        by_order: HashMap::new(),
        problems: HashMap::new(),
        claims: HashMap::new(),
        now_ms,
    })
}

fn public_key(alg: &str, key: String) -> Option<PublicKey> {
    let alg = [Alg::EdDSA, Alg::ES256].into_iter().find(|a| a.as_str() == alg)?;
    Some(PublicKey { alg, key })
}
