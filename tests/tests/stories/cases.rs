//! The demo's cases, each by itself: the same code that the demo tells, over the same bad network.

use super::office::{customer, figures, items, only, report};
use countersign_tests::process::server_binary;
use countersign_tests::story::books::{self, Expected};
use countersign_tests::story::managers::{self, decide};
use countersign_tests::story::{Narrator, Stage, case01, case03, case08, case09, case10, receipts, unlisted};
use countersign_tests::{Failure, ServerProcess};
use serde_json::json;
use sync_core::ids::VisitId;

/// A company with these engineers, in a folder that goes away with the test.
pub(super) fn stage(crew: &[&'static str]) -> Result<(Stage, tempfile::TempDir), Failure> {
    let dir = tempfile::tempdir()?;
    let server = ServerProcess::new(&server_binary()?, &dir.path().join("data"), &[])?;
    Ok((Stage::build(server, crew, Narrator::silent())?, dir))
}

/// Compares the visit with what is expected, and gives it back.
pub(super) fn look(stage: &mut Stage, visit: VisitId, expected: &Expected) -> Result<books::Visit, Failure> {
    let found = books::visit(&stage.manager("chen.zong")?, visit)?;
    expected.check(&found, &mut stage.checks);
    Ok(found)
}

/// Every receipt is fetched as a file and verified, by the core and by the command.
pub(super) fn verified(stage: &mut Stage, dir: &tempfile::TempDir, count: u64) -> Result<receipts::Files, Failure> {
    let mut files = receipts::fetch(stage, dir.path())?;
    receipts::verify(stage, &mut files, dir.path())?;
    stage.checks.same("receipts that hold", &files.verified, &count);
    stage.checks.verdict()?;
    Ok(files)
}

#[test]
fn case_1_no_contract_and_nobody_dispatched() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["wang.jianguo"])?;
    let visit = case01::play(&mut stage)?;
    stage.actor("wang.jianguo")?.sync()?;
    let found = look(&mut stage, visit, &case01::EXPECTED)?;
    let order = found.flags.iter().find(|f| f.code == "no_work_order").ok_or("no flag")?;
    for said in ["孙强", "院长亲自打的电话，你先去，合同回头再说！"] {
        assert!(order.text.zh_cn.contains(said) && order.text.en.contains(said), "{:?}", order.text);
    }
    // Nobody's word is lost: what was advised against, and who insisted, is on the receipt.
    let files = verified(&mut stage, &dir, 1)?;
    let record = &files.receipts[0].1.body.summary.record;
    assert_eq!(record.objections.len(), 2);
    assert!(record.objections.iter().any(|o| o.value.insisted_by.contains("马国栋")));
    decide(&mut stage, visit, managers::DISPATCH)?;
    stage.checks.verdict()?;

    // Who gave it away: 9 h 40 in the evening and 7 h 40 in the daytime of a senior engineer, and 1,032.00 of expenses.
    let days = "from=2026-09-01&to=2026-09-30";
    let given = report(&stage, "chen.zong", &format!("given-away?{days}&group_by=requester"))?;
    let row = only(&given);
    assert_eq!((&row["requester_role"], &row["requester_name"]), (&json!("sales"), &json!("孙强")));
    let cost = 217_500 + 115_000 + 103_200;
    assert_eq!(figures(row, ["visits", "cost", "list"]), [1, cost, 725_000 + 383_333 + 103_200]);
    assert_eq!(figures(&given["totals"][0], ["cost"]), [cost]);
    // Without a contract there is no fee that would have paid for any of it.
    let profit = report(&stage, "emma.wood", &format!("profitability?{days}&customer={}", customer(&stage, "XY04")?))?;
    let columns = ["fees", "covered_cost", "given_away_cost", "undecided_cost", "margin"];
    assert_eq!(figures(only(&profit), columns), [0, 0, cost, 0, -cost]);
    Ok(())
}

#[test]
fn case_3_a_software_contract_covers_software_only() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["chen.xiaodong"])?;
    let visit = case03::play(&mut stage)?;
    stage.actor("chen.xiaodong")?.sync()?;
    let found = look(&mut stage, visit, &case03::EXPECTED)?;
    let covered = found.verdict.items.last().ok_or("no items")?;
    assert!(covered.stretches[0].reason.en.contains("HT-2026-023"), "{covered:?}");
    assert!(found.flags.iter().any(|f| f.text.en.contains("clause SW-2")), "{:?}", found.flags);
    let files = verified(&mut stage, &dir, 1)?;
    assert_eq!(files.receipts[0].1.body.sign_off.sign_off.reason, "网络和数据库的费用需另行商定");
    decide(&mut stage, visit, managers::BILL)?;
    stage.checks.verdict()?;
    leads(&stage, visit)
}

/// The account manager of case 3 gets a lead for each category that nothing covered: worth what it cost, with the clause
/// that would have covered it.
fn leads(stage: &Stage, visit: VisitId) -> Result<(), Failure> {
    let account = stage.manager("zhao.min")?;
    let me = account.get("/api/v1/auth/me")?.ok()?;
    let found = items(&account, "leads?state=open")?;
    let lead = |category: &str| found.iter().find(|l| l["category"] == category).ok_or("no lead");
    assert_eq!(found.len(), 2, "{found:?}");
    let (database, network) = (lead("database")?, lead("network")?);
    for lead in &found {
        assert_eq!((&lead["account_manager"], &lead["customer_name"]), (&me["id"], &json!("江城市中医院")));
    }
    // 105 and 110 minutes at 100.00 an hour, each rounded to the fen; by the list 320.00.
    let columns = ["ms", "cost_minor", "list_minor", "unpriced_ms"];
    assert_eq!(figures(&database["value"][0], columns), [215 * 60_000, 17_500 + 18_333, 56_000 + 58_667, 0]);
    // An extra item is sold beside the contract that they have.
    assert_eq!((&database["offer"]["clause"], &database["offer"]["package"]), (&json!("DB-1"), &json!(null)));
    assert_eq!(database["offer"]["text"], "数据库专项服务");
    // 85 minutes, and the way there, which is the visit's.
    assert_eq!(figures(&network["value"][0], columns), [85 * 60_000, 14_167 + 1_200, 45_333 + 1_200, 0]);
    assert_eq!((&network["offer"]["clause"], &network["offer"]["package"]), (&json!("C-6"), &json!("C-2026")));

    let path = format!("/api/v1/leads/{}", database["id"].as_str().ok_or("a lead without an id")?);
    assert_eq!(account.get(&path)?.ok()?["visit_ids"], json!([visit]));
    let won = json!({ "outcome": "won", "reason": "签订数据库专项", "version": database["version"] });
    let decided = account.post(&format!("{path}/decision"), &won)?.ok()?;
    assert_eq!((&decided["state"], &decided["trail"][0]["user_name"]), (&json!("won"), &json!("赵敏")));
    assert_eq!(items(&account, "leads?state=open")?.len(), 1, "the network is still to be sold");
    Ok(())
}

#[test]
fn case_8_two_phones_one_visit_both_values_shown() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["li.na", "zhou.wei"])?;
    let shared = case08::meet(&mut stage)?;
    case08::apart(&mut stage, shared)?;
    for login in ["zhou.wei", "li.na", "zhou.wei"] {
        stage.actor(login)?.sync()?;
    }
    let found = look(&mut stage, shared.visit, &case08::UNSIGNED)?;
    case08::check_merged(&found, &mut stage.checks);
    case08::sign(&mut stage, shared)?;
    look(&mut stage, shared.visit, &case08::EXPECTED)?;
    assert_eq!(books::visit_ids(&stage.manager("chen.zong")?)?, [shared.visit]);
    decide(&mut stage, shared.visit, managers::APPROVE)?;
    let views = ["li.na", "zhou.wei"].map(|login| stage.actor(login).map(|a| a.phone.phone.view(shared.visit)));
    let [first, second] = views;
    assert_eq!(first??, second??);
    verified(&mut stage, &dir, 1).map(drop)
}

#[test]
fn case_9_an_amendment_needs_a_second_signature() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["maimaiti"])?;
    let visit = case09::play(&mut stage)?;
    stage.actor("maimaiti")?.sync()?;
    look(&mut stage, visit, &case09::AMENDED)?;
    decide(&mut stage, visit, managers::RETURN)?;
    case09::sign_again(&mut stage, visit)?;
    look(&mut stage, visit, &case09::EXPECTED)?;
    let files = verified(&mut stage, &dir, 2)?;
    // The first receipt stands and says what was signed then.
    let items: Vec<usize> = files.receipts.iter().map(|(_, r)| r.body.summary.record.items.len()).collect();
    assert_eq!(items, [1, 2]);
    assert_eq!(files.receipts[1].1.body.previous_sha256, files.receipts[0].1.sha256()?);
    assert_eq!(files.receipts[0].1.body.customer.time_zone, "Asia/Urumqi");
    Ok(())
}

#[test]
fn case_10_a_refusal_is_receipted_with_its_reason() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["liu.yang"])?;
    let visit = case10::play(&mut stage)?;
    stage.actor("liu.yang")?.sync()?;
    let found = look(&mut stage, visit, &case10::EXPECTED)?;
    let lapsed = found.flags.iter().find(|f| f.code == "contract_lapsed").ok_or("no flag")?;
    assert!(lapsed.text.en.contains("HT-2025-107") && lapsed.text.en.contains("HT-2026-118"), "{:?}", lapsed.text);
    let files = verified(&mut stage, &dir, 1)?;
    assert_eq!(files.receipts[0].1.body.sign_off.sign_off.reason, case10::REASON);
    decide(&mut stage, visit, managers::WAIVE)?;
    stage.checks.verdict()
}

#[test]
fn a_hospital_in_no_list_is_never_covered_in_silence() -> Result<(), Failure> {
    let (mut stage, dir) = stage(&["liu.yang"])?;
    let visit = unlisted::play(&mut stage)?;
    stage.actor("liu.yang")?.sync()?;
    look(&mut stage, visit, &unlisted::EXPECTED)?;
    let files = verified(&mut stage, &dir, 1)?;
    assert_eq!(files.receipts[0].1.body.number, "UNLISTED-000001");
    Ok(())
}
