//! Phones' own verdicts: kept where they differ from the server's.

use super::judging::Judged;
use super::merging::MergedVisit;
use super::push::Push;
use crate::store::bulk::{Rows, Value};
use crate::store::verdicts::Spoken;
use std::collections::{BTreeMap, HashMap};
use sync_core::sync::Advice;
use uuid::Uuid;

/// What is to be stored and what is to be forgotten.
#[derive(Default)]
pub(super) struct Compared {
    pub differing: Rows,
    /// Visit and device: what these said before no longer holds.
    pub agreed: Vec<(Uuid, Uuid)>,
}

/// Compares what devices said of the visits that they brought something for. Advice from anybody else, or beyond all
/// bounds, is nothing.
pub(super) fn compare(pushes: &[Push], merged: &[MergedVisit], judged: &[Judged], now_ms: i64) -> Compared {
    let verdicts: HashMap<Uuid, &Judged> = judged.iter().map(|j| (j.read.visit.0, j)).collect();
    let mut said: BTreeMap<(Uuid, Uuid), &Advice> = BTreeMap::new();
    for m in merged.iter().filter(|m| m.changed) {
        for (p, _) in &m.admitted {
            let Some(push) = pushes.get(*p) else { continue };
            let mut advice = push.documents.iter().filter(|d| d.visit == m.visit).filter_map(|d| d.advice.as_ref());
            // A later request of the same device speaks of more.
            if let Some(advice) = advice.rfind(|a| a.is_bounded()) {
                said.insert((m.visit.0, push.device.0), advice);
            }
        }
    }
    let mut out = Compared::default();
    for ((visit, device), advice) in said {
        let Some(judged) = verdicts.get(&visit) else { continue };
        let own = Advice::of(&judged.verdict);
        if !advice.differs(&own) {
            if judged.read.version > 0 {
                out.agreed.push((visit, device));
            }
            continue;
        }
        let json = |advice: &Advice| serde_json::to_string(&spoken(advice)).unwrap_or_default();
        out.differing.push(&[
            visit.into(),
            device.into(),
            now_ms.into(),
            i64::try_from(advice.reference_version).unwrap_or(i64::MAX).into(),
            Value::Json(&json(advice)),
            Value::Json(&json(&own)),
        ]);
    }
    out
}

fn spoken(advice: &Advice) -> Spoken {
    Spoken {
        reference_version: advice.reference_version,
        coverage: advice.coverage().to_owned(),
        items: advice.items().map(str::to_owned).collect(),
        flags: advice.flags().map(str::to_owned).collect(),
    }
}
