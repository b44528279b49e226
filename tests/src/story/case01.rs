//! Case 1: no contract, and nobody with the right to dispatch sent the engineer.

use super::actor::when;
use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "case 1: no contract, \"do you still want to sign one?\"",
    coverage: "not_covered",
    items: &["not_covered", "not_covered"],
    flags: &["fatigue", "no_contract", "no_work_order", "outside_service_hours"],
    receipts: &["accepted"],
};

/// What the engineer records, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 1. 云岭县人民医院 (a county hospital, no contract) calls sales at 22:30. 孙强 of sales sends 王建国, \
         without a work order: \"院长亲自打的电话，你先去，合同回头再说！\" Three days, two nights in a hotel.",
    );
    let actor = stage.actor("wang.jianguo")?;
    actor.at("2026-09-20T22:48")?;
    let hospital = customer(&actor.phone, "XY04")?;
    let demand = Demand {
        name: "孙强".into(),
        role: RequesterRole::Sales,
        channel: Channel::Phone,
        words: "院长亲自打的电话，你先去，合同回头再说！".into(),
        at_ms: Some(when("2026-09-20T22:30", "Asia/Shanghai")?),
    };
    let mut begin = begin(&hospital, None, Mode::OnSite, Some(demand));
    if let Command::Begin { triage, .. } = &mut begin {
        let answer = |question: &str, answer: &str| TriageAnswer { question: question.into(), answer: answer.into() };
        let answers = vec![
            answer("能远程登录服务器吗？", "不能，系统已经停了"),
            answer("阵列卡上有没有红灯？", "有两块硬盘亮红灯，在报警"),
        ];
        *triage = Some(Triage { outcome: TriageOutcome::OnSite, answers });
    }
    let visit = actor.begin(None, begin)?;
    let seen = actor.phone.phone.assess(visit)?;
    let warned: Vec<String> = seen.flags.iter().map(|f| f.message.render(Lang::ZhCn)).collect();
    actor.timer(visit, TimeKind::Travel, None, "2026-09-20T22:50", "2026-09-21T00:35")?;
    actor.expense(visit, ExpenseKind::Taxi, 286, "江城至云岭县，夜间出租车，有票")?;

    actor.at("2026-09-21T00:40")?;
    let server = actor.item(visit, Category::ServerHardware, "旧 HIS 服务器磁盘阵列降级，门诊、住院全部停机")?;
    actor.at("2026-09-21T01:10")?;
    actor.record(
        visit,
        Command::Object {
            kind: ObjectionKind::AgainstAdvice,
            advice: "建议先整机备份，再更换故障盘重建阵列；带病在线重建可能丢失数据".into(),
            insisted_by: "马国栋（信息科科长）".into(),
            words: "别备份了，直接重建，天亮前必须能挂号，出了问题我负责。".into(),
            supersedes: None,
        },
    )?;
    actor.timer(visit, TimeKind::Labour, Some(server), "2026-09-21T01:15", "2026-09-21T06:10")?;
    actor.done(visit, server, "按院方要求在线重建阵列，更换 2 块故障盘", "06:05 阵列恢复，业务恢复")?;
    actor.expense(visit, ExpenseKind::Hotel, 238, "云岭宾馆，第一晚")?;

    actor.at("2026-09-21T13:20")?;
    let his = actor.item(visit, Category::ApplicationSoftware, "重建后部分处方数据缺失，药房无法发药")?;
    actor.timer(visit, TimeKind::Labour, Some(his), "2026-09-21T13:30", "2026-09-21T21:00")?;
    actor.record(
        visit,
        Command::Object {
            kind: ObjectionKind::ReliefRefused,
            advice: "已连续工作近 20 小时，请求派人接替".into(),
            insisted_by: "孙强（销售）".into(),
            words: "现在派不出人，你再顶一顶。".into(),
            supersedes: None,
        },
    )?;
    actor.expense(visit, ExpenseKind::Hotel, 238, "云岭宾馆，第二晚")?;
    actor.timer(visit, TimeKind::Labour, Some(his), "2026-09-22T08:30", "2026-09-22T11:40")?;
    actor.done(visit, his, "依据纸质处方与备份日志补录 143 条处方", "药房恢复发药")?;
    actor.expense(visit, ExpenseKind::Taxi, 270, "云岭县返回江城")?;
    actor.at("2026-09-22T11:55")?;
    actor.sign(visit, Lang::ZhCn, ("马国栋", "信息科科长"), SignOffOutcome::Accepted, "")?;
    for text in warned {
        stage.narrator.detail(super::Tone::Look, "before work, on the phone:", &text);
    }
    stage.told_user("wang.jianguo", visit)?;
    Ok(visit)
}
