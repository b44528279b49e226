//! Case 6: PACS storage full, again. For the third time in 60 days it is no longer an incident.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{asset, begin, customer};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// The first and the second time.
pub const AGAIN: Expected = Expected {
    title: "case 6: PACS storage full, again",
    coverage: "covered",
    items: &["covered"],
    flags: &["no_work_order", "unsigned"],
    receipts: &[],
};

/// The third time.
pub const THIRD: Expected = Expected {
    title: "case 6, the third time: PACS storage full",
    flags: &["no_work_order", "repeat_problem", "unsigned"],
    ..AGAIN
};

/// The asset.
pub const ASSET: &str = "RM01-PACS-01";

/// When, each time from and until, within 60 days.
pub const TIMES: [(&str, &str); 3] = [
    ("2026-08-11T10:00", "2026-08-11T11:00"),
    ("2026-09-02T15:00", "2026-09-02T15:40"),
    ("2026-09-28T09:00", "2026-09-28T10:30"),
];

/// One of the times, remotely.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage, (from, until): (&str, &str)) -> Result<VisitId, Failure> {
    let actor = stage.actor("zhou.wei")?;
    actor.at(from)?;
    let hospital = customer(&actor.phone, "RM01")?;
    let storage = asset(&actor.phone, ASSET)?;
    let visit = actor.begin(None, begin(&hospital, None, Mode::Remote, None))?;
    let patch = ItemPatch {
        category: Some(Category::Storage),
        asset: Some(storage.id),
        asset_name: Some(storage.name.clone()),
        symptom: Some("PACS 在线存储写满，影像无法归档".into()),
        ..ItemPatch::default()
    };
    let item = actor.record(visit, Command::AddItem(patch))?;
    actor.timer(visit, TimeKind::Labour, Some(item), from, until)?;
    actor.done(visit, item, "手工迁移三个月前的影像到近线存储", "腾出 4 TB，可用约三周")?;
    Ok(visit)
}
