//! Two phones without a network and without a work order meet in one visit by a scanned code.

use countersign_tests::company::{Company, begin, customer};
use countersign_tests::process::server_binary;
use countersign_tests::{Failure, ServerProcess};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::phone::JoinCode;

#[test]
fn a_scanned_code_makes_one_visit_of_two_phones() -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let company = Company::found(ServerProcess::new(&server_binary()?, &dir.path().join("data"), &[])?)?;
    let (mut first, mut first_link) = company.phone("li.na", 1, 1_790_000_000_000)?;
    let (mut second, mut second_link) = company.phone("zhou.wei", 2, 1_790_000_000_000)?;
    first.travel_to(1_789_900_000_000);
    second.travel_to(1_789_900_300_000);
    let hospital = customer(&first, "RM01")?;
    let visit = first.begin(begin(&hospital, None, Mode::OnSite, None))?;
    let code = JoinCode::read(&first.phone.join_code(visit)?)?;
    assert!(JoinCode::read("{}").is_err() && JoinCode::read(&"x".repeat(5_000)).is_err());

    // From here on neither hears of the other.
    second.record(code.visit, &[code.begin()])?;
    first.one(visit, Command::Note { text: "机房温度过高".into(), supersedes: None })?;
    second.one(visit, Command::Note { text: "空调已报修".into(), supersedes: None })?;
    for _ in 0..2 {
        assert!(first.sync_until_quiet(&mut first_link, 20)?);
        assert!(second.sync_until_quiet(&mut second_link, 20)?);
    }
    let (a, b) = (first.phone.view(visit)?, second.phone.view(visit)?);
    assert_eq!(a, b);
    assert_eq!((a.origins.len(), a.crew.len(), a.notes.len()), (2, 2, 2));
    assert!(a.conflicts.is_empty());
    let list = company.login("zhang.li")?.get("/api/v1/visits")?.ok()?;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    Ok(())
}
