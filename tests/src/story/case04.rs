//! Case 4: "You must come!" on a Sunday morning. Triage first: is there any data?

use super::books::Expected;
use super::stage::Stage;
use crate::Failure;
use crate::company::{begin, customer};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;

/// Resolved remotely.
pub const REMOTE: Expected = Expected {
    title: "case 4: \"you must come!\", resolved remotely",
    coverage: "covered",
    items: &["covered"],
    flags: &["no_work_order", "unsigned"],
    receipts: &[],
};

/// Had someone gone.
pub const WENT: Expected = Expected {
    title: "case 4, had someone gone",
    coverage: "covered",
    items: &["covered"],
    flags: &["no_work_order", "remote_possible", "unsigned"],
    receipts: &[],
};

/// What was asked on the telephone.
pub fn triage() -> Triage {
    let answer = |question: &str, answer: &str| TriageAnswer { question: question.into(), answer: answer.into() };
    Triage {
        outcome: TriageOutcome::Remote,
        answers: vec![
            answer("打印的清单里有没有数据？", "没有，是空白的一页"),
            answer("系统里当天有没有费用记录？", "周日凌晨的计费任务没有跑"),
        ],
    }
}

/// What the engineer records, remotely or there.
///
/// # Errors
/// The phone's.
pub fn play(stage: &mut Stage, mode: Mode) -> Result<VisitId, Failure> {
    stage.narrator.say(
        "Case 4. Sunday, 7:20: \"每日清单打不出来，你们必须来人！\" 陈晓东 asks first: is there any data? There is none; \
         the night's billing job did not run.",
    );
    let actor = stage.actor("chen.xiaodong")?;
    actor.at("2026-09-27T07:25")?;
    let hospital = customer(&actor.phone, "ZY02")?;
    let demand = Demand {
        name: "何静".into(),
        role: RequesterRole::Customer,
        channel: Channel::Phone,
        words: "每日清单打不出来，你们必须来人！".into(),
        at_ms: None,
    };
    let mut begin = begin(&hospital, None, mode, Some(demand));
    if let Command::Begin { triage: asked, .. } = &mut begin {
        *asked = Some(triage());
    }
    let visit = actor.begin(None, begin)?;
    let item = actor.item(visit, Category::ApplicationSoftware, "住院每日清单打印为空白")?;
    if mode == Mode::OnSite {
        actor.timer(visit, TimeKind::Travel, None, "2026-09-27T07:30", "2026-09-27T08:10")?;
    }
    actor.timer(visit, TimeKind::Labour, Some(item), "2026-09-27T08:15", "2026-09-27T08:40")?;
    actor.done(visit, item, "重启计费任务并补跑周日凌晨批次", "清单打印正常")?;
    Ok(visit)
}
