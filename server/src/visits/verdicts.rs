//! Every verdict that a visit had: who caused each, when, and what it changed.

use super::answers::{FlagAnswer, VerdictAnswer, flag_answer, verdict_answer};
use super::provenance::Hands;
use super::{Hand, VisitError, Words, compute, sight};
use crate::auth::Principal;
use crate::state::AppState;
use crate::store::verdicts::{self as rows, AdviceRow, Cause, CauseKind, Judging, Spoken, VerdictRow};
use crate::store::{StoreError, Tx, dossier, queue};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use sync_core::coverage::{ItemVerdict, Verdict};
use sync_core::document::Document;
use sync_core::document::read::view;
use sync_core::ids::FactId;
use sync_core::message::Message;
use uuid::Uuid;

/// What made the server judge a visit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CauseAnswer {
    /// `merge`, `visit`, `reference`, `manual` or `upgrade`.
    pub kind: CauseKind,
    /// Who: the engineer whose phone brought it, who entered the record, who asked.
    pub user: Option<Uuid>,
    /// Their name.
    pub user_name: Option<String>,
    /// The phone that brought it.
    pub device: Option<Uuid>,
    /// The other visit that changed.
    pub visit: Option<Uuid>,
    /// The record that was entered or corrected: its kind.
    pub record: Option<String>,
    /// The record: its id.
    pub record_id: Option<Uuid>,
    /// The record: its code.
    pub code: Option<String>,
    /// The run in which it was judged again.
    pub rejudgement: Option<Uuid>,
}

/// When and why a verdict was reached.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct JudgedAnswer {
    /// Its number among the verdicts of the visit, from 1.
    pub no: i64,
    /// When.
    pub at_ms: i64,
    /// Why, and by whom.
    pub cause: CauseAnswer,
    /// The same in words.
    pub because: Words,
}

/// A verdict of a visit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VerdictStep {
    /// When and why.
    #[serde(flatten)]
    pub judged: JudgedAnswer,
    /// Whether it is the one that counts.
    pub present: bool,
    /// What it says.
    pub verdict: VerdictAnswer,
    /// What had to be looked at.
    pub flags: Vec<FlagAnswer>,
    /// What it changed; nothing for the first one.
    pub changes: Vec<Words>,
}

/// Where a phone judged otherwise than the server.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AdviceAnswer {
    /// Whose phone.
    #[serde(flatten)]
    pub by: Hand,
    /// When the server got it.
    pub at_ms: i64,
    /// What the phone said.
    pub said: Spoken,
    /// What the server said at that moment.
    pub judged: Spoken,
}

impl AdviceAnswer {
    pub(super) fn new(row: AdviceRow, hands: &Hands) -> Self {
        Self { by: hands.of(row.device_id), at_ms: row.at_ms, said: row.said.0, judged: row.judged.0 }
    }
}

/// Every verdict of a visit, the first one first.
///
/// # Errors
/// See [`VisitError`].
pub async fn history(state: &AppState, principal: &Principal, id: Uuid) -> Result<Vec<VerdictStep>, VisitError> {
    let (mut tx, scope, _) = sight::open(state, principal).await?;
    queue::visit(&mut tx, &scope, id).await?.ok_or(VisitError::Unknown)?;
    let stored = dossier::stored(&mut tx, id).await?.ok_or(VisitError::Unknown)?;
    let all = rows::history(&mut tx, id).await?;
    let judgings: Vec<Judging> = all.iter().map(judging).collect();
    let names = names(&mut tx, judgings.iter().map(|j| &j.cause)).await?;
    compute(move || {
        let document = Document::load(&stored.snapshot).map_err(|e| e.to_string())?;
        let numbers = view(&document).items.iter().zip(1..).map(|(item, n)| (item.id, n)).collect();
        let last = all.len().saturating_sub(1);
        let before = std::iter::once(None).chain(all.iter().map(|row| Some(&row.verdict.0)));
        let steps =
            all.iter().zip(before).zip(&judgings).enumerate().map(|(i, ((row, before), judging))| VerdictStep {
                judged: judged_answer(judging, &names),
                present: i == last,
                verdict: verdict_answer(&row.verdict.0),
                flags: row.verdict.flags.iter().map(flag_answer).collect(),
                changes: before
                    .map(|before| changes(before, &row.verdict, &numbers).iter().map(Into::into).collect())
                    .unwrap_or_default(),
            });
        Ok(steps.collect())
    })
    .await
}

fn judging(row: &VerdictRow) -> Judging {
    row.judged.as_ref().map_or_else(|| Judging::unknown(row.at_ms), |j| j.0.clone())
}

/// The present verdict's part of the dossier.
pub(super) async fn present(tx: &mut Tx, id: Uuid) -> Result<Option<JudgedAnswer>, StoreError> {
    let Some(row) = rows::present(tx, id).await? else { return Ok(None) };
    let judging = judging(&row);
    let names = names(tx, [&judging.cause]).await?;
    Ok(Some(judged_answer(&judging, &names)))
}

async fn names<'a>(
    tx: &mut Tx,
    causes: impl IntoIterator<Item = &'a Cause>,
) -> Result<HashMap<Uuid, String>, StoreError> {
    let ids: BTreeSet<Uuid> = causes.into_iter().filter_map(|c| c.user).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    Ok(rows::names(tx, &ids).await?.into_iter().collect())
}

fn judged_answer(judging: &Judging, names: &HashMap<Uuid, String>) -> JudgedAnswer {
    let Judging { no, at_ms, cause } = judging;
    JudgedAnswer { no: *no, at_ms: *at_ms, because: (&because(cause, names)).into(), cause: cause_answer(cause, names) }
}

/// The cause with the name of whoever it was.
pub(crate) fn cause_answer(cause: &Cause, names: &HashMap<Uuid, String>) -> CauseAnswer {
    CauseAnswer {
        kind: cause.kind,
        user: cause.user,
        user_name: cause.user.and_then(|u| names.get(&u).cloned()),
        device: cause.device,
        visit: cause.visit,
        record: cause.record.clone(),
        record_id: cause.record_id,
        code: cause.code.clone(),
        rejudgement: cause.rejudgement,
    }
}

/// The cause in words.
pub(crate) fn because(cause: &Cause, names: &HashMap<Uuid, String>) -> Message {
    let who = |message: Message| match cause.user {
        Some(user) => message.with("who", names.get(&user).cloned().unwrap_or_else(|| user.to_string())),
        None => message.with("who", Message::new("judged-nobody")),
    };
    match cause.kind {
        CauseKind::Merge => who(Message::new("judged-merge")),
        CauseKind::Visit => {
            let visit = cause.visit.map(|v| v.to_string()).unwrap_or_default();
            who(Message::new("judged-visit")).with("visit", visit)
        }
        CauseKind::Reference => {
            let kind = cause.record.as_ref().map(|kind| Message::new(format!("record_kind-{kind}")));
            let message = who(Message::new("judged-reference"));
            let message = message.with("code", cause.code.clone().unwrap_or_default());
            match kind {
                Some(kind) => message.with("kind", kind),
                None => message.with("kind", ""),
            }
        }
        CauseKind::Manual => {
            who(Message::new("judged-manual")).with("reason", cause.reason.clone().unwrap_or_default())
        }
        CauseKind::Upgrade => Message::new("judged-upgrade"),
    }
}

/// What `after` says otherwise than `before`. `numbers`: the work items' places in the record, from 1.
fn changes(before: &Verdict, after: &Verdict, numbers: &BTreeMap<FactId, i64>) -> Vec<Message> {
    let coverage = |coverage: sync_core::coverage::Coverage| Message::new(format!("coverage-{coverage}"));
    let mut found = Vec::new();
    if before.coverage != after.coverage {
        let message = Message::new("changed-coverage").with("before", coverage(before.coverage));
        found.push(message.with("after", coverage(after.coverage)));
    }
    let old: BTreeMap<FactId, &ItemVerdict> = before.items.iter().map(|i| (i.item, i)).collect();
    for item in &after.items {
        let about = |id: &str| {
            // Of several stretches, the first that is not covered says most.
            let worst = item.stretches.iter().find(|s| s.coverage == item.coverage).or(item.stretches.first());
            let message = Message::new(id).with("number", numbers.get(&item.item).copied().unwrap_or_default());
            let message = message.with("after", coverage(item.coverage));
            match worst {
                Some(stretch) => message.with("reason", stretch.reason.clone()),
                None => message.with("reason", ""),
            }
        };
        match old.get(&item.item) {
            None => found.push(about("changed-item-new")),
            Some(old) if old.coverage != item.coverage => {
                found.push(about("changed-item").with("before", coverage(old.coverage)));
            }
            Some(old) if *old != item => found.push(about("changed-item-reason")),
            Some(_) => {}
        }
    }
    let kept: BTreeSet<FactId> = after.items.iter().map(|i| i.item).collect();
    for gone in before.items.iter().filter(|i| !kept.contains(&i.item)) {
        found.push(Message::new("changed-item-gone").with("before", coverage(gone.coverage)));
    }
    let flags = |id: &str, of: &Verdict, not_in: &Verdict| -> Vec<Message> {
        let news = of.flags.iter().filter(|f| !not_in.flags.contains(f));
        news.map(|f| Message::new(id).with("flag", f.message.clone())).collect()
    };
    found.extend(flags("changed-flag-raised", after, before));
    found.extend(flags("changed-flag-gone", before, after));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::coverage::{self, Coverage, Flag, FlagCode, Severity, Stretch};
    use sync_core::document::facts::Lang;

    fn item(n: u128, coverage: Coverage, reason: &str) -> ItemVerdict {
        let stretch = Stretch {
            from_ms: 0,
            until_ms: 1,
            day: None,
            coverage,
            cause: coverage::Cause::Undecided,
            contract: None,
            clause: None,
            reason: Message::new(reason),
            looked_at: vec![],
        };
        ItemVerdict { item: FactId(Uuid::from_u128(n)), coverage, stretches: vec![stretch] }
    }

    #[test]
    fn what_changed_is_said_in_both_languages() {
        let flag = Flag {
            code: FlagCode::Unsigned,
            severity: Severity::Warning,
            item: None,
            message: Message::new("flag-unsigned"),
        };
        let before = Verdict {
            reference_version: 1,
            coverage: Coverage::NotCovered,
            items: vec![
                item(1, Coverage::NotCovered, "not_covered-no_contract"),
                item(2, Coverage::NeedsDecision, "needs-no_category"),
                item(3, Coverage::Covered, "needs-no_date"),
            ],
            flags: vec![flag],
        };
        let after = Verdict {
            reference_version: 2,
            coverage: Coverage::NeedsDecision,
            items: vec![
                item(1, Coverage::Covered, "needs-no_date"),
                item(2, Coverage::NeedsDecision, "needs-no_customer"),
                item(4, Coverage::Covered, "needs-no_date"),
            ],
            flags: vec![],
        };
        let numbers = (1..=4).map(|n| (FactId(Uuid::from_u128(n)), n as i64)).collect();
        let found = changes(&before, &after, &numbers);
        let ids: Vec<&str> = found.iter().map(|m| m.id.as_str()).collect();
        let want = [
            "changed-coverage",
            "changed-item",
            "changed-item-reason",
            "changed-item-new",
            "changed-item-gone",
            "changed-flag-gone",
        ];
        assert_eq!(ids, want);
        let english = found[1].render(Lang::En);
        assert!(english.starts_with("Work item 1: not covered → covered."), "{english}");
        assert_eq!(changes(&after, &after, &numbers), []);
    }
}
