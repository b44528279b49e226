//! Cases 2 and 4 to 7: contracts that answer, on the phone before the work and on the server after it.

use super::cases::{look, stage, verified};
use countersign_tests::Failure;
use countersign_tests::story::{case02, case04, case05, case06, case07};
use sync_core::document::facts::Mode;

#[test]
fn case_2_sold_five_years_bought_three() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["li.na"])?;
    let visit = case02::play(&mut stage)?;
    // The phone says so before anybody has a network.
    let advice = stage.actor("li.na")?.phone.phone.assess(visit)?;
    assert!(advice.flags.iter().any(|f| f.code.as_str() == "vendor_gap"), "{:?}", advice.flags);
    stage.actor("li.na")?.sync()?;
    let found = look(&mut stage, visit, &case02::EXPECTED)?;
    let text = |code: &str| found.flags.iter().find(|f| f.code == code).map(|f| f.text.clone()).unwrap_or_default();
    let gap = text("vendor_gap");
    assert!(gap.en.contains("2027-09-30") && gap.zh_cn.contains("三级代理"), "{gap:?}");
    let fatigue = text("fatigue");
    assert!(fatigue.en.contains("24:30:00") && fatigue.zh_cn.contains("张丽（服务经理）"), "{fatigue:?}");
    verified(&mut stage, &dir, 1).map(drop)
}

#[test]
fn case_4_triage_first() -> Result<(), Failure> {
    let (mut stage, _dir) = stage(&["chen.xiaodong"])?;
    let visit = case04::play(&mut stage, Mode::Remote)?;
    stage.actor("chen.xiaodong")?.sync()?;
    let found = look(&mut stage, visit, &case04::REMOTE)?;
    assert_eq!(found.totals.person_s.get("travel"), None, "resolved remotely: nobody travelled");
    stage.checks.verdict()?;

    let (mut stage, _dir) = self::stage(&["chen.xiaodong"])?;
    let visit = case04::play(&mut stage, Mode::OnSite)?;
    stage.actor("chen.xiaodong")?.sync()?;
    look(&mut stage, visit, &case04::WENT)?;
    stage.checks.verdict()
}

#[test]
fn case_5_the_customers_own_work_is_refused_and_taught() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["maimaiti"])?;
    let visit = case05::play(&mut stage)?;
    stage.actor("maimaiti")?.sync()?;
    let found = look(&mut stage, visit, &case05::EXPECTED)?;
    let own = &found.verdict.items[0].stretches[0].reason;
    assert!(own.en.contains("B-4") || own.en.contains("customer's own"), "{own:?}");
    verified(&mut stage, &dir, 1).map(drop)
}

#[test]
fn case_6_the_third_time_is_a_problem() -> Result<(), Failure> {
    let (mut stage, _dir) = stage(&["zhou.wei"])?;
    for (n, time) in case06::TIMES.into_iter().enumerate() {
        let visit = case06::play(&mut stage, time)?;
        stage.actor("zhou.wei")?.sync()?;
        look(&mut stage, visit, if n == 2 { &case06::THIRD } else { &case06::AGAIN })?;
    }
    stage.checks.verdict()
}

#[test]
fn case_7_the_verdict_changes_with_the_contract_at_midnight() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["wang.jianguo"])?;
    let visit = case07::play(&mut stage)?;
    stage.actor("wang.jianguo")?.sync()?;
    let found = look(&mut stage, visit, &case07::EXPECTED)?;
    let days: Vec<(Option<&str>, bool)> = found.verdict.items[0]
        .stretches
        .iter()
        .map(|s| (s.day.as_deref(), s.reason.en.contains("HT-2026-202") && s.reason.en.contains("DB-1")))
        .collect();
    assert_eq!(days, [(Some("2026-09-30"), false), (Some("2026-10-01"), true)]);
    verified(&mut stage, &dir, 1).map(drop)
}
