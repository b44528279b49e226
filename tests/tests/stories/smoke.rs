//! One visit from the glass to the receipt.

use countersign_tests::company::{Company, begin, customer};
use countersign_tests::process::server_binary;
use countersign_tests::{Failure, ServerProcess};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::signoff::Answer;

#[test]
fn a_visit_is_recorded_signed_synced_and_receipted() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let server = ServerProcess::new(&server_binary()?, &dir.path().join("data"), &[])?;
    let company = Company::found(server)?;
    let (mut phone, mut link) = company.phone("wang.jianguo", 1, 1_790_000_000_000)?;
    phone.travel_to(1_789_900_000_000);
    let hospital = customer(&phone, "RM01")?;
    let visit = phone.begin(begin(&hospital, None, Mode::OnSite, None))?;
    let patch = ItemPatch {
        category: Some(Category::Database),
        symptom: Some("数据库无法启动".into()),
        action: Some("清理归档日志并重启实例".into()),
        outcome: Some("恢复".into()),
        ..ItemPatch::default()
    };
    let item = phone.one(visit, Command::AddItem(patch))?;
    let timer = phone.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) })?;
    phone.clock.advance_ms(45 * 60_000);
    phone.one(visit, Command::StopTimer { entry: timer })?;
    let shown = phone.show(visit, Lang::ZhCn)?;
    let signer = Signer::new("刘志远", "信息科主任");
    let answer = Answer {
        outcome: SignOffOutcome::Accepted,
        reason: String::new(),
        signer,
        rating: None,
        strokes: Some(vec![1, 0]),
    };
    phone.sign(visit, &shown, &answer)?;
    assert_eq!(phone.phone.unsynced_changes(), 5);
    assert!(phone.sync_until_quiet(&mut link, 10)?);
    let listed = phone.phone.visits();
    let state = listed[0].state.clone().ok_or("the phone was told nothing")?;
    assert_eq!(state.coverage, "covered");
    assert_eq!(state.receipts, ["RM01-000001"]);
    assert_eq!(state.flags, ["no_work_order", "remote_possible"]);
    // Both parties get it: the hospital's contact, the service manager and the account manager.
    let mails = dir.path().join("data/mails");
    let count = || {
        std::fs::read_dir(&mails).map_or(0, |d| {
            d.filter_map(Result::ok).filter(|e| e.path().extension().is_some_and(|x| x == "eml")).count()
        })
    };
    for _ in 0..200 {
        if count() == 3 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(count(), 3);
    Ok(())
}
