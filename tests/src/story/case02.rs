//! Case 2: sold five years, bought three. A server fails in the fourth year, and the engineer stays three days.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{asset, begin, customer, work_order};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "case 2: sold five years, bought three",
    coverage: "covered",
    items: &["covered"],
    flags: &["fatigue", "vendor_gap"],
    receipts: &["accepted"],
};

/// The asset whose support was promised for five years and bought for three.
pub const ASSET: &str = "RM01-SRV-02";

/// What the engineer records, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 2. A server of 江城市第一人民医院 fails in its fourth year. Five years of the manufacturer's support were \
         promised, three were bought; since then an agent of the third tier looks after it. 李娜 stays three days, and \
         nobody relieves her.",
    );
    let actor = stage.actor("li.na")?;
    actor.at("2026-09-21T07:40")?;
    let hospital = customer(&actor.phone, "RM01")?;
    let order = work_order(&actor.phone, "GD-2026-0911")?;
    let server = asset(&actor.phone, ASSET)?;
    let visit = actor.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, None))?;
    let patch = ItemPatch {
        category: Some(Category::ServerHardware),
        asset: Some(server.id),
        asset_name: Some(server.name.clone()),
        symptom: Some("服务器主板故障，无法加电，HIS 双机只剩单机运行".into()),
        ..ItemPatch::default()
    };
    let item = actor.record(visit, Command::AddItem(patch))?;
    actor.timer(visit, TimeKind::Labour, Some(item), "2026-09-21T08:00", "2026-09-21T22:30")?;
    actor.record(
        visit,
        Command::Object {
            kind: ObjectionKind::ReliefRefused,
            advice: "代理商备件要等两天，请求派人轮换".into(),
            insisted_by: "张丽（服务经理）".into(),
            words: "这两天都派出去了，你先盯着。".into(),
            supersedes: None,
        },
    )?;
    actor.timer(visit, TimeKind::Waiting, None, "2026-09-22T02:00", "2026-09-22T12:00")?;
    actor.timer(visit, TimeKind::Labour, Some(item), "2026-09-23T09:00", "2026-09-23T15:30")?;
    actor.done(visit, item, "代理商备件到场，更换主板并恢复双机", "双机恢复")?;
    actor.expense(visit, ExpenseKind::Hotel, 260, "医院对面酒店，两晚中的第一晚")?;
    actor.expense(visit, ExpenseKind::Hotel, 260, "第二晚")?;
    actor.at("2026-09-23T15:50")?;
    actor.sign(visit, Lang::ZhCn, ("刘志远", "信息科主任"), SignOffOutcome::Accepted, "")?;
    stage.told_user("li.na", visit)?;
    Ok(visit)
}
