//! Case 5: "Build our drug dictionary." The customer's own work: refused, and taught instead.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer, work_order};
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "case 5: build our drug dictionary",
    coverage: "not_covered",
    items: &["not_covered", "covered"],
    flags: &["customers_own_work"],
    receipts: &["accepted"],
};

/// What the engineer records, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 5. 喀什地区友谊医院 wants its drug dictionary built. That is the hospital's own work by clause B-4; \
         买买提 says so, and teaches the pharmacy how to do it, which contract B covers as training.",
    );
    let actor = stage.actor("maimaiti")?;
    actor.travel("Asia/Urumqi");
    actor.at("2026-09-24T10:00")?;
    let hospital = customer(&actor.phone, "XJ05")?;
    let order = work_order(&actor.phone, "GD-2026-0914")?;
    let visit = actor.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, None))?;
    let own = actor.item(visit, Category::DataEntry, "要求代建药品字典 2300 条")?;
    actor.done(visit, own, "说明属医院自理工作，未代做", "院方同意自行录入")?;
    actor.at("2026-09-24T10:15")?;
    let taught = actor.item(visit, Category::Training, "药剂科不会维护药品字典")?;
    actor.timer(visit, TimeKind::Labour, Some(taught), "2026-09-24T10:20", "2026-09-24T12:00")?;
    actor.done(visit, taught, "现场培训字典导入模板与校验，示范 20 条", "两名药师可独立操作")?;
    actor.at("2026-09-24T12:10")?;
    actor.sign(visit, Lang::ZhCn, ("古丽·艾合买提", "信息科主任"), SignOffOutcome::Accepted, "")?;
    stage.told_user("maimaiti", visit)?;
    Ok(visit)
}
