//! Case 7: from package A to C plus the database service. Verdicts differ on the right day, to the minute.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer, work_order};
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// The night of the change: the database is not covered before midnight, and is from then on.
pub const EXPECTED: Expected = Expected {
    title: "case 7: the night from package A to C plus the database service",
    coverage: "not_covered",
    items: &["not_covered", "covered"],
    flags: &["out_of_scope"],
    receipts: &["accepted"],
};

/// What the engineer records, without a network: work on the database across midnight, then on the software.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 7. 江北区第二医院 had package A until 30 September and has package C with the database service from \
         1 October. In that night its database stands still from 22:30 until 01:10.",
    );
    let actor = stage.actor("wang.jianguo")?;
    actor.at("2026-09-30T22:20")?;
    let hospital = customer(&actor.phone, "EY06")?;
    let order = work_order(&actor.phone, "GD-2026-0917")?;
    let visit = actor.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, None))?;
    let database = actor.item(visit, Category::Database, "HIS 数据库锁等待，全院停顿")?;
    actor.timer(visit, TimeKind::Labour, Some(database), "2026-09-30T22:30", "2026-10-01T01:10")?;
    actor.done(visit, database, "终止阻塞会话，重建失效索引，调整统计信息任务", "锁等待消失")?;
    let software = actor.item(visit, Category::ApplicationSoftware, "停顿期间 17 张处方重复提交")?;
    actor.timer(visit, TimeKind::Labour, Some(software), "2026-10-01T01:15", "2026-10-01T01:55")?;
    actor.done(visit, software, "比对并作废重复处方", "账实相符")?;
    actor.at("2026-10-01T02:05")?;
    actor.sign(visit, Lang::ZhCn, ("孔维", "信息科值班"), SignOffOutcome::Accepted, "")?;
    stage.told_user("wang.jianguo", visit)?;
    Ok(visit)
}
