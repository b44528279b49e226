//! Case 9: signed, then amended. At Kashgar, two hours behind Beijing time.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer, work_order};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// After the amendment, before it is signed for.
pub const AMENDED: Expected = Expected {
    title: "case 9: signed, then amended",
    coverage: "covered",
    items: &["covered", "covered"],
    flags: &["after_sign_off"],
    receipts: &["accepted"],
};

/// After the second signature.
pub const EXPECTED: Expected = Expected {
    title: "case 9, second signature: signed, amended, and signed again",
    flags: &[],
    receipts: &["accepted", "accepted"],
    ..AMENDED
};

const SIGNER: (&str, &str) = ("古丽·艾合买提", "信息科主任");

/// What the engineer records and the customer signs, and what is added afterwards, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 9. 喀什地区友谊医院, 4,000 km further west (Asia/Urumqi: 23:20 there is 01:20 in Beijing). 买买提·阿不都热合曼 \
         mends an interface late in the evening; 古丽·艾合买提 signs. In the lift it strikes him that something is missing.",
    );
    let actor = stage.actor("maimaiti")?;
    actor.travel("Asia/Urumqi");
    actor.at("2026-09-22T19:30")?;
    let hospital = customer(&actor.phone, "XJ05")?;
    let order = work_order(&actor.phone, "GD-2026-0904")?;
    let visit = actor.begin(Some(order.visit), begin(&hospital, Some(&order), Mode::OnSite, None))?;
    let item = actor.item(visit, Category::InterfaceDevelopment, "医保接口返回超时，出院结算排队")?;
    actor.timer(visit, TimeKind::Labour, Some(item), "2026-09-22T19:40", "2026-09-22T23:20")?;
    actor.done(visit, item, "调整接口重试与超时，重新签到医保前置机", "结算恢复")?;
    actor.at("2026-09-22T23:25")?;
    actor.sign(visit, Lang::ZhCn, SIGNER, SignOffOutcome::Accepted, "")?;

    actor.at("2026-09-22T23:40")?;
    let more = actor.item(visit, Category::Training, "夜班收费员不会处理医保冲正")?;
    let span = ManualSpan {
        from_ms: super::actor::when("2026-09-22T18:40", "Asia/Urumqi")?,
        until_ms: super::actor::when("2026-09-22T19:25", "Asia/Urumqi")?,
    };
    let user = actor.phone.phone.identity().user;
    let add = Command::AddTime { kind: TimeKind::Labour, user, item: Some(more), span, supersedes: None };
    actor.record(visit, add)?;
    actor.done(visit, more, "现场培训 2 名夜班收费员冲正流程", "已独立操作")?;
    stage.told_user("maimaiti", visit)?;
    Ok(visit)
}

/// The next morning: the manager returned it, and the customer signs for the amended record.
///
/// # Errors
/// The phone's, and the network's.
pub fn sign_again(stage: &mut Stage, visit: VisitId) -> Result<(), Failure> {
    let actor = stage.actor("maimaiti")?;
    actor.at("2026-09-23T10:15")?;
    actor.sign(visit, Lang::ZhCn, SIGNER, SignOffOutcome::Accepted, "")?;
    actor.sync()
}
