//! The feed goes on while a request is answered.

use super::field::START_MS;
use super::ground::Ground;
use super::local::{Local, Template};
use countersign::reference::cache::Asker;
use countersign::sync::{Push, join, news};
use countersign_tests::Failure;
use countersign_tests::company::{begin, customer};
use sync_core::document::command::Command;
use sync_core::document::facts::Mode;
use sync_core::ids::VisitId;
use sync_core::sync::{Request, attested_bytes};

/// Another phone writes into the same visit after a request was merged and before its news are read (or in the same
/// batch, after it). The cursor goes past that change: the answer must bring it.
#[test]
fn what_comes_while_a_request_is_answered_is_in_the_answer() -> Result<(), Failure> {
    for ground in [Some(Ground::sqlite()?), Ground::postgres()?].into_iter().flatten() {
        race(&ground)?;
        ground.clear()?;
    }
    Ok(())
}

fn race(ground: &Ground) -> Result<(), Failure> {
    let company = Template::new()?;
    let (mut li, a) = company.phone("li.na", 71, START_MS)?;
    let (mut wang, b) = company.phone("wang.jianguo", 72, START_MS)?;
    let server = Local::open(ground, &company, &[a, b])?;
    server.set_clock(START_MS);
    let visit = VisitId(uuid::Uuid::from_u128(0x7000_8000 << 64 | 71));
    for p in [&mut li, &mut wang] {
        p.sync_until_quiet(&mut server.link(p)?, 20)?;
        let place = customer(p, "RM01")?;
        p.record(visit, &[begin(&place, None, Mode::OnSite, None)])?;
    }
    for _ in 0..3 {
        for p in [&mut li, &mut wang] {
            p.sync_until_quiet(&mut server.link(p)?, 20)?;
        }
    }

    li.one(visit, Command::Note { text: "li".into(), supersedes: None })?;
    wang.one(visit, Command::Note { text: "wang".into(), supersedes: None })?;
    let request = Request::read(&li.phone.signed_frame(li.clock.now())?)?;
    let who = li.phone.identity().clone();
    let push = Push {
        device: who.device,
        user: who.user,
        revoked: false,
        documents: request.documents.clone(),
        attested: attested_bytes(who.device, &request.documents),
        signature: request.attestation.to_vec(),
    };
    let mut answered = ground.runtime.block_on(server.state.merger.push(push))?;
    wang.sync_until_quiet(&mut server.link(&wang)?, 20)?;
    let came = wang.ledger.last().ok_or("nothing was written")?.1;
    let asker = Asker { cache: &server.state.reference, user: who.user, now_ms: START_MS };
    let feed = ground
        .runtime
        .block_on(news(&server.state.db, who.device, asker, &request, &answered))
        .map_err(|e| e.to_string())?;
    join(&mut answered, feed.documents);
    let change = wang.phone.document(visit)?.changes_since(&[]).into_iter().find(|c| c.hash().0 == came);
    let raw = change.ok_or("the change is not on its phone")?.raw_bytes().to_vec();
    let brought = answered.iter().filter(|d| d.visit == visit).flat_map(|d| &d.changes).any(|c| c[..] == raw[..]);
    if answered.len() != 1 || !brought {
        return Err(format!("{}: the cursor passed a change that the phone never got", server.state.db.name()).into());
    }
    // Where nothing came, nothing is said twice.
    let mut again = request.clone();
    again.cursor = feed.cursor;
    let quiet = ground.runtime.block_on(news(&server.state.db, who.device, asker, &again, &answered));
    if quiet.map_err(|e| e.to_string())?.documents.is_empty() { Ok(()) } else { Err("it comes twice".into()) }
}
