//! Case 8: two engineers, two phones, one visit; both offline for a day, both editing the same work item, both stopping
//! the same timer.

use super::books::{Expected, Visit};
use super::checks::Checks;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer, work_order};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::{FactId, VisitId};

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "case 8: two engineers, two phones, one visit",
    coverage: "covered",
    items: &["covered", "covered"],
    flags: &["conflict", "conflict"],
    receipts: &["accepted"],
};

/// Before anybody has signed.
pub const UNSIGNED: Expected = Expected {
    title: "case 8, unsigned: two engineers, two phones, one visit",
    flags: &["conflict", "conflict", "unsigned"],
    receipts: &[],
    ..EXPECTED
};

/// What 李娜 writes about the item that both edit.
pub const BY_LI_NA: &str = "更换核心交换机光模块，清空端口错误计数";
/// What 周伟 writes about it.
pub const BY_ZHOU_WEI: &str = "重做跳线并升级交换机固件，错误包消失";

/// The visit, the item that both edit and the timer that both stop.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    /// The visit.
    pub visit: VisitId,
    /// The work item.
    pub item: FactId,
    /// The timer.
    pub timer: FactId,
}

/// At reception, where there is a network: both phones begin the visit apart, under the same work order, and meet.
///
/// # Errors
/// The phones', and the network's.
pub fn meet(stage: &mut Stage) -> Result<Shared, Failure> {
    stage.narrator.say(
        "Case 8. 李娜 and 周伟 are sent to 江城市第一人民医院 under one work order, GD-2026-0901. Each begins the visit \
         on their own phone; the order carries the visit's id, so both phones mean the same one. At reception there is \
         a network, and the two phones meet.",
    );
    let first = stage.actor("li.na")?;
    first.at("2026-09-21T08:50")?;
    let order = work_order(&first.phone, "GD-2026-0901")?;
    let hospital = customer(&first.phone, "RM01")?;
    let visit = first.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, None))?;
    let item = first.item(visit, Category::Network, "核心交换机端口错误包持续增长，PACS 调片缓慢")?;
    first.at("2026-09-21T09:00")?;
    let timer = first.record(visit, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) })?;
    first.sync()?;
    let second = stage.actor("zhou.wei")?;
    second.at("2026-09-21T08:55")?;
    second.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, None))?;
    second.sync()?;
    let known = second.phone.phone.view(visit)?;
    stage.checks.hold("two phones began one visit apart and met in it", known.origins.len() == 2);
    stage.checks.hold("the second phone sees the first one's work item", known.items.iter().any(|i| i.id == item));
    Ok(Shared { visit, item, timer })
}

/// In the basement: neither phone hears of the other for a day.
///
/// # Errors
/// The phones'.
pub fn apart(stage: &mut Stage, shared: Shared) -> Result<(), Failure> {
    let Shared { visit, item, timer } = shared;
    stage.narrator.say(
        "Case 8, in the basement. No network for a day. Both write what was done about the switch, each in their own \
         words, and both stop the timer that 李娜 had started.",
    );
    let first = stage.actor("li.na")?;
    first.at("2026-09-21T11:30")?;
    first.done(visit, item, BY_LI_NA, "")?;
    first.at("2026-09-21T12:00")?;
    first.record(visit, Command::StopTimer { entry: timer })?;
    let database = first.item(visit, Category::Database, "HIS 数据库例行巡检")?;
    first.timer(visit, TimeKind::Labour, Some(database), "2026-09-21T13:00", "2026-09-21T17:30")?;
    first.done(visit, database, "检查表空间、归档与备份，扩容 1 个表空间", "正常")?;

    let second = stage.actor("zhou.wei")?;
    second.timer(visit, TimeKind::Labour, Some(item), "2026-09-21T09:10", "2026-09-21T12:20")?;
    second.done(visit, item, BY_ZHOU_WEI, "")?;
    // He sees that her timer still runs, and thinks that she forgot it.
    second.record(visit, Command::StopTimer { entry: timer })?;
    second.timer(visit, TimeKind::Labour, None, "2026-09-21T14:00", "2026-09-21T17:40")?;
    let text = "协助李娜核对备份；地下机房全天无信号".to_owned();
    second.record(visit, Command::Note { text, supersedes: None })?;
    stage.told_user("li.na", visit)?;
    stage.told_user("zhou.wei", visit)?;
    Ok(())
}

/// The next morning, with both records merged: the customer is shown both values, and signs.
///
/// # Errors
/// The phone's, and the network's.
pub fn sign(stage: &mut Stage, shared: Shared) -> Result<String, Failure> {
    let first = stage.actor("li.na")?;
    first.sync()?;
    first.at("2026-09-22T08:40")?;
    let signer = ("刘志远", "信息科主任");
    let shown = first.sign(shared.visit, Lang::ZhCn, signer, SignOffOutcome::Accepted, "")?;
    first.sync()?;
    stage.checks.hold(
        "the signer was shown both values of the conflict",
        shown.text.contains(BY_LI_NA) && shown.text.contains(BY_ZHOU_WEI),
    );
    Ok(shown.text)
}

/// What must be true of the merged record.
pub fn check_merged(visit: &Visit, checks: &mut Checks) {
    let shown = |text: &str| visit.conflicts.iter().flat_map(|c| &c.values).find(|v| v.value.contains(text));
    checks.hold(
        "both values of the conflict are shown, each with its author",
        shown(BY_LI_NA).is_some_and(|v| v.user_name.as_deref() == Some("李娜"))
            && shown(BY_ZHOU_WEI).is_some_and(|v| v.user_name.as_deref() == Some("周伟")),
    );
    // 李娜 09:00–12:00 and 13:00–17:30; 周伟 09:10–12:20 and 14:00–17:40.
    checks.same("minutes of labour, counted once", &(visit.totals.labour_s / 60), &480);
    let sum = visit.totals.person_s.get("labour").copied().unwrap_or_default() / 60;
    checks.same("minutes of labour, added up over both engineers", &sum, &860);
}
