//! Case 10: refused to sign. The contract has lapsed, its renewal is a draft, and the customer reads English.

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer, work_order};
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// What the server must make of it.
pub const EXPECTED: Expected = Expected {
    title: "case 10: refused to sign",
    coverage: "not_covered",
    items: &["not_covered"],
    flags: &["contract_lapsed", "refused"],
    receipts: &["refused"],
};

/// Why the director does not sign.
pub const REASON: &str =
    "Sales told us the new contract was as good as signed. I will not put my name to anything I may be billed for.";

/// What the engineer records, without a network.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 10. 滨河社区卫生服务中心 (Binhe Community Health Centre): the contract ended three weeks ago, the renewal lies \
         in a drawer as a draft. 刘洋 is sent (GD-2026-0903), mends the log-in, and Dr. Helen Gao refuses to sign.",
    );
    let actor = stage.actor("liu.yang")?;
    actor.at("2026-09-21T13:50")?;
    let centre = customer(&actor.phone, "SQ03")?;
    let order = work_order(&actor.phone, "GD-2026-0903")?;
    let visit = actor.begin(Some(order.visit), begin(&centre, Some(&order), Mode::OnSite, None))?;
    let item = actor.item(visit, Category::ApplicationSoftware, "Registration desk cannot log in (挂号台无法登录)")?;
    actor.timer(visit, TimeKind::Labour, Some(item), "2026-09-21T14:00", "2026-09-21T15:35")?;
    actor.done(
        visit,
        item,
        "Renewed the expired service certificate (更新过期的服务证书)",
        "Two desks log in again",
    )?;
    actor.expense(visit, ExpenseKind::Taxi, 41, "Taxi both ways (往返出租车)")?;
    actor.at("2026-09-21T15:45")?;
    actor.sign(visit, Lang::En, ("Dr. Helen Gao", "Director"), SignOffOutcome::Refused, REASON)?;
    stage.told_user("liu.yang", visit)?;
    Ok(visit)
}
