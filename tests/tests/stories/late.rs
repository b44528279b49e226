//! A contract that is entered after the work: what was judged without it is judged again, and both verdicts stay.

use super::cases::{look, stage};
use super::office::{administrator, customer, figures, items, only, record, report, verdicts};
use countersign_tests::Failure;
use countersign_tests::story::{books, case01};
use serde_json::json;

#[test]
fn a_contract_entered_late_leaves_both_verdicts_with_their_causes() -> Result<(), Failure> {
    let (mut stage, _dir) = stage(&["wang.jianguo"])?;
    let visit = case01::play(&mut stage)?;
    stage.actor("wang.jianguo")?.sync()?;
    look(&mut stage, visit, &case01::EXPECTED)?;
    stage.checks.verdict()?;
    let days = "from=2026-09-01&to=2026-09-30";
    let given = report(&stage, "chen.zong", &format!("given-away?{days}&group_by=customer"))?;
    let [cost] = figures(only(&given), ["cost"]);
    assert_eq!(cost, 435_700);

    // "We signed it in August, it only lay in a drawer."
    let (admin, hospital) = (administrator(&stage)?, customer(&stage, "XY04")?);
    let contract = json!({
        "code": "HT-2026-077", "customer": hospital, "kind": "service_maintenance", "status": "signed",
        "package": record(&admin, "packages", "C-2026")?["id"], "signed_on": "2026-08-28",
        "first_day": "2026-09-01", "last_day": "2027-08-31", "annual_fee_minor": 3_650_000, "currency": "CNY",
    });
    admin.post("/api/v1/contracts", &contract)?.ok()?;

    let manager = stage.manager("emma.wood")?;
    let all = verdicts(&manager, visit, 2)?;
    let told: Vec<_> = all
        .iter()
        .map(|v| {
            [&v["verdict"]["coverage"], &v["cause"]["kind"], &v["cause"]["user_name"], &v["present"]]
                .map(ToString::to_string)
        })
        .collect();
    let want = |coverage: &str, kind: &str, who: &str, present: bool| {
        [json!(coverage), json!(kind), json!(who), json!(present)].map(|v| v.to_string())
    };
    assert_eq!(told, [want("not_covered", "merge", "王建国", false), want("covered", "reference", "管理员", true)]);
    assert_eq!((&all[1]["cause"]["record"], &all[1]["cause"]["code"]), (&json!("contract"), &json!("HT-2026-077")));
    for lang in ["zh-CN", "en"] {
        assert!(all[1]["because"][lang].as_str().is_some_and(|t| t.contains("HT-2026-077")), "{}", all[1]["because"]);
    }
    let runs = items(&manager, "rejudgements")?;
    assert_eq!((runs.len(), figures(&runs[0], ["total", "done", "changed"])), (1, [1, 1, 1]));

    // The receipt stands and says what was said then; the visit and the money say what holds now.
    let found = books::visit(&manager, visit)?;
    assert_eq!((found.verdict.coverage.as_str(), found.receipts.len()), ("covered", 1));
    let flags: Vec<&str> = found.flags.iter().map(|f| f.code.as_str()).collect();
    assert!(!flags.contains(&"no_contract") && flags.contains(&"no_work_order"), "{flags:?}");
    let given = report(&stage, "chen.zong", &format!("given-away?{days}"))?;
    assert_eq!((&given["rows"], &given["totals"]), (&json!([]), &json!([])));
    let profit = report(&stage, "chen.zong", &format!("profitability?{days}&customer={hospital}"))?;
    // Thirty days of 100.00.
    let columns = ["fees", "covered_cost", "given_away_cost", "margin"];
    assert_eq!(figures(only(&profit), columns), [300_000, cost, 0, 300_000 - cost]);
    Ok(())
}
