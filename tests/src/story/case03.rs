//! Case 3: a software contract, "but you must help".

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer, work_order};
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "case 3: a software contract, \"but you must help\"",
    coverage: "not_covered",
    items: &["not_covered", "not_covered", "not_covered", "covered"],
    flags: &["out_of_scope", "out_of_scope", "out_of_scope"],
    receipts: &["accepted_with_reservations"],
};

/// The work items: what was wrong, what was done, how it ended, from when to when.
const ITEMS: [(Category, &str, &str, &str, &str, &str); 4] = [
    (
        Category::Network,
        "门诊楼网络中断，所有窗口掉线",
        "定位到汇聚交换机环路，拔除私接的小交换机",
        "网络恢复",
        "2026-09-21T09:20",
        "2026-09-21T10:45",
    ),
    (
        Category::Database,
        "断网后数据库无法启动，报归档空间已满",
        "清理归档日志，实例恢复后启动",
        "数据库启动",
        "2026-09-21T10:50",
        "2026-09-21T12:35",
    ),
    (
        Category::Database,
        "收费明细表无法访问，数据文件离线",
        "介质恢复后数据文件联机，核对 3 张表行数",
        "表可访问",
        "2026-09-21T13:30",
        "2026-09-21T15:20",
    ),
    (
        Category::ApplicationSoftware,
        "门诊收费窗口打印异常，发票错位",
        "修正打印模板的纸张偏移，补丁 3 个窗口",
        "打印正常",
        "2026-09-21T15:30",
        "2026-09-21T16:25",
    ),
];

/// What the engineer records, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 3. 江城市中医院 has a contract for the software only. 陈晓东 is sent (GD-2026-0902) for a printing \
         fault; but the network is down, the database does not start, tables cannot be reached: \"你们不管谁管？\"",
    );
    let actor = stage.actor("chen.xiaodong")?;
    actor.at("2026-09-21T09:05")?;
    let hospital = customer(&actor.phone, "ZY02")?;
    let order = work_order(&actor.phone, "GD-2026-0902")?;
    let demand = Demand {
        name: "何静".into(),
        role: RequesterRole::Customer,
        channel: Channel::WeChat,
        words: "网络也断了，库也起不来，你们不管谁管？".into(),
        at_ms: None,
    };
    let visit = actor.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, Some(demand)))?;
    for (category, symptom, action, outcome, from, until) in ITEMS {
        actor.at(from)?;
        let item = actor.item(visit, category, symptom)?;
        actor.timer(visit, TimeKind::Labour, Some(item), from, until)?;
        actor.done(visit, item, action, outcome)?;
    }
    actor.expense(visit, ExpenseKind::Transport, 12, "地铁往返")?;
    actor.at("2026-09-21T16:40")?;
    let reservation = "网络和数据库的费用需另行商定";
    let outcome = SignOffOutcome::AcceptedWithReservations;
    actor.sign(visit, Lang::ZhCn, ("何静", "信息科科长"), outcome, reservation)?;
    stage.told_user("chen.xiaodong", visit)?;
    Ok(visit)
}
