//! What managers decide at the console, and what phones show of it after their next sync.

use super::Tone;
use super::stage::Stage;
use crate::Failure;
use serde_json::json;
use sync_core::canonical::sha256;
use sync_core::ids::VisitId;

/// A manager's decision.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Who decides.
    pub by: &'static str,
    /// `approve`, `return`, `bill`, `waive` or `approve_dispatch`.
    pub action: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Whose phone shows it.
    pub seen_by: &'static str,
    /// What that phone shows: the review's state.
    pub review: &'static str,
}

/// Case 8.
pub const APPROVE: Decision = Decision {
    by: "zhang.li",
    action: "approve",
    reason: "两条处理记录均属实，客户签收时已看到，予以认可",
    seen_by: "zhou.wei",
    review: "approved",
};
/// Case 3.
pub const BILL: Decision = Decision {
    by: "zhang.li",
    action: "bill",
    reason: "网络与数据库不在软件合同内，按次计费，已与何静科长确认",
    seen_by: "chen.xiaodong",
    review: "billed",
};
/// Case 9, before the second signature.
pub const RETURN: Decision = Decision {
    by: "zhang.li",
    action: "return",
    reason: "签收后又补录了培训，请客户就修改后的内容重新签收",
    seen_by: "maimaiti",
    review: "returned",
};
/// Case 9, after the second signature.
pub const APPROVE_AGAIN: Decision =
    Decision { action: "approve", reason: "客户已重新签收，予以认可", review: "approved", ..RETURN };
/// Case 10.
pub const WAIVE: Decision = Decision {
    by: "emma.wood",
    action: "waive",
    reason: "One hour and a half as goodwill while renewal HT-2026-118 is on Dr. Gao's desk",
    seen_by: "liu.yang",
    review: "waived",
};
/// Case 1: nobody may dispatch but a service manager, and be it afterwards, by name and with a reason.
pub const DISPATCH: Decision = Decision {
    by: "emma.wood",
    action: "approve_dispatch",
    reason: "Emergency: the county's only hospital stood still. Sales has been told to ask me first",
    seen_by: "wang.jianguo",
    review: "open",
};

/// Decides, syncs the phone and tells what it shows.
///
/// # Errors
/// When the server refuses.
pub fn decide(stage: &mut Stage, visit: VisitId, decision: Decision) -> Result<(), Failure> {
    let api = stage.manager(decision.by)?;
    // The same decision sent twice is taken once: its id is made of what it says.
    let mut id = [0u8; 16];
    id.copy_from_slice(&sha256(format!("{visit} {} {}", decision.action, decision.reason).as_bytes())[..16]);
    let id = uuid::Builder::from_random_bytes(id).into_uuid();
    let body = json!({ "id": id, "action": decision.action, "reason": decision.reason });
    api.post(&format!("/api/v1/visits/{visit}/review"), &body)?.ok()?;
    let actor = stage.actor(decision.seen_by)?;
    actor.sync()?;
    let name = actor.name.clone();
    let state = actor.told(visit).ok_or("the phone was told nothing of the visit")?;
    let me = api.get("/api/v1/auth/me")?.ok()?;
    let manager = me["name"].as_str().unwrap_or(decision.by).to_owned();
    stage.narrator.line(Tone::Plain, &manager, &format!("{}: “{}”", decision.action, decision.reason));
    let dispatch = if state.dispatch_approved { ", dispatch approved afterwards" } else { "" };
    let by = state.by.clone().unwrap_or_default();
    let text = format!("{}{dispatch} by {by}; receipts {}", state.review, state.receipts.join(", "));
    stage.narrator.detail(Tone::Quiet, &format!("{name}'s phone shows:"), &text);
    stage.checks.hold(
        format!("{name}'s phone shows what {manager} decided ({})", decision.action),
        state.review == decision.review
            && state.reason.as_deref() == Some(decision.reason)
            && by == manager
            && (decision.action != "approve_dispatch" || state.dispatch_approved),
    );
    Ok(())
}
