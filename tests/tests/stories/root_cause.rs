//! Case 6: for the third time it is a problem, with a record of its own that only a fix and its verification close.

use super::cases::{look, stage};
use super::office::items;
use countersign_tests::Failure;
use countersign_tests::story::{Stage, case06};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

#[test]
fn case_6_the_third_time_is_a_problem() -> Result<(), Failure> {
    let (mut stage, _dir) = stage(&["zhou.wei"])?;
    let manager = stage.manager("zhang.li")?;
    let mut visits = Vec::new();
    for (n, time) in case06::TIMES.into_iter().enumerate() {
        assert!(items(&manager, "root-causes")?.is_empty(), "twice is no problem yet");
        let visit = case06::play(&mut stage, time)?;
        stage.actor("zhou.wei")?.sync()?;
        look(&mut stage, visit, if n == 2 { &case06::THIRD } else { &case06::AGAIN })?;
        visits.push(json!(visit));
    }
    stage.checks.verdict()?;

    let opened = items(&manager, "root-causes?state=open")?;
    let [record] = opened.as_slice() else { return Err(format!("{opened:?}").into()) };
    let path = format!("/api/v1/root-causes/{}", record["id"].as_str().ok_or("a record without an id")?);
    let dossier = manager.get(&path)?.ok()?;
    let mut listed: Vec<Value> =
        dossier["visits"].as_array().ok_or("no visits")?.iter().map(|v| v["visit"].clone()).collect();
    listed.reverse();
    assert_eq!(listed, visits, "the first two belong to it, too");

    let write = |what: &str, text: &str| -> Result<_, Failure> {
        let version = &manager.get(&path)?.ok()?["version"];
        Ok(manager.post(&format!("{path}/{what}"), &json!({ "text": text, "version": version }))?)
    };
    let refused = write("verification", "看起来好了")?;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("fix_needed")));
    let fixed = write("fix", "近线归档改为自动，阈值 80%")?.ok()?;
    assert_eq!(fixed["state"], "fixed", "a fix alone closes nothing");
    let closed = write("verification", "两周观察，在线存储稳定在 72%")?.ok()?;
    assert_eq!((&closed["state"], &closed["verified_by"]), (&json!("closed"), &closed["fixed_by"]));
    assert!(items(&manager, "root-causes?state=open")?.is_empty());
    let again = reopened(&mut stage, fixed["fixed_ms"].as_i64().ok_or("a fix without a time")?, &path)?;
    assert_eq!((&again["state"], &again["reopened"]), (&json!("open"), &json!(1)));
    assert_eq!((&again["fix"], &again["id"]), (&fixed["fix"], &record["id"]), "it says what did not hold");
    Ok(())
}

/// The storage is full three more times, the days after the fix. (The server's clock says when that was written.)
fn reopened(stage: &mut Stage, fixed_ms: i64, path: &str) -> Result<Value, Failure> {
    let fixed = Timestamp::from_millisecond(fixed_ms)?.in_tz("Asia/Shanghai")?.date();
    for days in 1..=3 {
        let day = fixed.checked_add(days.days())?;
        let visit = case06::play(stage, (&format!("{day}T10:00"), &format!("{day}T10:30")))?;
        stage.actor("zhou.wei")?.sync()?;
        let found = countersign_tests::story::books::visit(&stage.manager("zhang.li")?, visit)?;
        if days == 3 {
            assert!(found.flags.iter().any(|f| f.code == "repeat_problem"), "{:?}", found.flags);
        }
    }
    Ok(stage.manager("zhang.li")?.get(path)?.ok()?)
}
