//! Cases 2, 4, 5 and 7: contracts that answer, on the phone before the work and on the server after it.

use super::cases::{look, stage, verified};
use super::office::{customer, figures, only, record, report};
use countersign_tests::Failure;
use countersign_tests::story::{case02, case04, case05, case07};
use serde_json::{Value, json};
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
    verified(&mut stage, &dir, 1)?;

    // A year ahead, before anything fails: until the agent's segment ends, and from then on with nobody at all.
    let ahead = report(&stage, "zhang.li", "vendor-gaps?from=2026-09-21")?;
    let rows = ahead["rows"].as_array().ok_or("no rows")?;
    let gaps: Vec<&Value> = rows.iter().filter(|r| r["asset_code"] == case02::ASSET).collect();
    let told: Vec<_> = gaps.iter().map(|r| [&r["first_day"], &r["last_day"], &r["promised"], &r["bought"]]).collect();
    assert_eq!(
        told,
        [
            [&json!("2026-09-21"), &json!("2026-12-31"), &json!("manufacturer"), &json!("third_party")],
            [&json!("2027-01-01"), &json!("2027-09-20"), &json!("manufacturer"), &json!(null)],
        ]
    );
    // 18,250.00 a year are 50.00 a day.
    let exposures: Vec<_> = gaps.iter().map(|r| figures(r, ["days", "exposure"])).collect();
    assert_eq!(exposures, [[102, 510_000], [263, 1_315_000]]);
    let all: i64 = rows.iter().filter_map(|r| r["exposure"].as_i64()).sum();
    assert_eq!(figures(&ahead["totals"][0], ["exposure"]), [all]);
    Ok(())
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
    verified(&mut stage, &dir, 1)?;
    // The demand is counted although not a minute was worked on it.
    let counted = report(&stage, "zhang.li", "own-work?from=2026-09-01&to=2026-09-30")?;
    let row = only(&counted);
    assert_eq!((&row["customer_name"], figures(row, ["demands", "visits"])), (&json!("喀什地区友谊医院"), [1, 1]));
    let before = report(&stage, "zhang.li", "own-work?from=2026-08-01&to=2026-08-31")?;
    assert_eq!(before["rows"], json!([]));
    Ok(())
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
    verified(&mut stage, &dir, 1)?;

    // What would C with the database service have covered of the year under A? The hour and a half before midnight.
    let hospital = customer(&stage, "EY06")?;
    let year = "from=2025-10-01&to=2026-09-30";
    let tried = |package: &str| report(&stage, "zhao.min", &format!("what-if?{year}&customer={hospital}&{package}"));
    let columns = ["time", "cost", "list", "covered_time", "covered_cost", "covered_list"];
    let hours = 90 * 60_000;
    let with_service = tried("package=C-2026&extras=DB-1")?;
    assert_eq!(figures(only(&with_service), columns), [hours, 33_750, 112_500, hours, 33_750, 112_500]);
    let as_sold = tried("package=C-2026&contract=HT-2026-202")?;
    assert_eq!(as_sold["rows"], with_service["rows"], "that is what they bought");
    assert_eq!(figures(only(&tried("package=C-2026")?), columns), [hours, 33_750, 112_500, 0, 0, 0]);
    let given = report(&stage, "zhao.min", &format!("given-away?{year}&customer={hospital}&group_by=customer"))?;
    assert_eq!(figures(only(&given), ["cost", "list"]), [33_750, 112_500], "the two reports agree");

    // The fee by modules is what the year brought; the next year's is five times as much.
    let contract = record(&stage.manager("zhao.min")?, "contracts", "HT-2025-201")?;
    let modules = contract["modules"].as_array().ok_or("a contract without modules")?;
    let fees: Vec<_> = modules.iter().filter_map(|m| m["annual_fee_minor"].as_i64()).collect();
    assert_eq!(fees, [3_600_000, 1_500_000, 900_000]);
    for (days, contract, fee) in
        [(year, "HT-2025-201", fees.iter().sum()), ("from=2026-10-01&to=2027-09-30", "HT-2026-202", 30_000_000)]
    {
        let question = format!("profitability?{days}&customer={hospital}&group_by=contract");
        let profit = report(&stage, "zhao.min", &question)?;
        let rows = profit["rows"].as_array().ok_or("no rows")?;
        let row = rows.iter().find(|r| r["contract_code"] == contract).ok_or("no row of the contract")?;
        assert_eq!(figures(row, ["fees"]), [fee], "{contract}");
    }
    Ok(())
}
