//! A hospital that is in no list: typed in by the engineer, never judged *covered* in silence. Signed, and amended by a
//! taxi that nobody has countersigned yet.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "one more: a hospital that is in no list",
    coverage: "needs_decision",
    items: &["needs_decision"],
    flags: &["after_sign_off", "no_work_order", "remote_possible"],
    receipts: &["accepted"],
};

/// What the engineer records, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "One more. On the way back 刘洋 is stopped at 青山镇卫生院, which is in no list: its name is typed in. Signed, and \
         then a taxi is added that nobody has countersigned.",
    );
    let actor = stage.actor("liu.yang")?;
    actor.at("2026-09-22T10:00")?;
    let name = "青山镇卫生院";
    let demand = Demand {
        name: "田院长".into(),
        role: RequesterRole::Customer,
        channel: Channel::InPerson,
        words: "师傅，顺便帮我们看一眼吧。".into(),
        at_ms: None,
    };
    let command = Command::Begin {
        customer: CustomerRef::Unlisted(name.into()),
        customer_name: name.into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: Some(demand),
        triage: None,
    };
    let visit = actor.begin(None, command)?;
    let item = actor.item(visit, Category::OperatingSystem, "挂号电脑无法开机进入系统")?;
    actor.timer(visit, TimeKind::Labour, Some(item), "2026-09-22T10:10", "2026-09-22T11:00")?;
    actor.done(visit, item, "修复引导分区", "可正常开机")?;
    actor.at("2026-09-22T11:05")?;
    actor.sign(visit, Lang::ZhCn, ("田志明", "院长"), SignOffOutcome::Accepted, "")?;
    actor.at("2026-09-22T11:40")?;
    actor.expense(visit, ExpenseKind::Taxi, 35, "青山镇返回江城")?;
    stage.told_user("liu.yang", visit)?;
    Ok(visit)
}
