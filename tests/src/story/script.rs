//! The order of the story, chapter by chapter.

use super::books::{self, Expected};
use super::mails::{self, Mail};
use super::managers::{self, decide};
use super::receipts::{self, Files};
use super::stage::Stage;
use super::tally::{self, Tally};
use super::weather::storm;
use super::{Tone, case01, case03, case08, case09, case10, show, unlisted};
use crate::Failure;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use sync_core::ids::VisitId;
use sync_core::reference::Role;

/// How long the last mails may take.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);

/// The visits of the story.
#[derive(Clone, Copy, Debug)]
struct Visits {
    case01: VisitId,
    case03: VisitId,
    case08: case08::Shared,
    case09: VisitId,
    case10: VisitId,
    unlisted: VisitId,
}

/// What is left when the story is over.
#[derive(Debug)]
pub struct Told {
    /// The count.
    pub tally: Tally,
    /// Every receipt as a file.
    pub files: Files,
    /// The mails.
    pub mails: Vec<Mail>,
}

/// Tells the whole story; receipts are written into `folder`.
///
/// # Errors
/// When something does not work at all. What works otherwise than expected is in [`Stage::checks`].
pub fn tell(stage: &mut Stage, folder: &Path) -> Result<Told, Failure> {
    introduce(stage);
    let visits = on_site(stage)?;
    bad_network(stage, &visits)?;
    judged(stage, &visits)?;
    merged(stage, visits.case08)?;
    decided(stage, &visits)?;
    let files = receipted(stage, folder)?;
    let mails = mailed(stage, &files)?;
    let tally = counted(stage, &files, &mails)?;
    Ok(Told { tally, files, mails })
}

fn introduce(stage: &mut Stage) {
    let phones = stage.actors.len();
    let n = &mut stage.narrator;
    n.chapter("A company that looks after hospitals' IT");
    n.say(
        "Countersign records what was done on site, for how long, on whose demand, under which contract, and who \
         countersigned it: without a network, merged without loss. This is a real server, on SQLite, with the demo \
         company in it, and simulated phones that run the same code as real ones.",
    );
    for (label, hospital) in [
        ("  hospitals", "江城市第一人民医院: tertiary, contract C and the database service"),
        ("", "江城市中医院: secondary, a contract for the software only"),
        ("", "滨河社区卫生服务中心: community, the contract has lapsed"),
        ("", "云岭县人民医院: county, no contract"),
        ("", "喀什地区友谊医院: tertiary, contract B, in another time zone"),
    ] {
        n.line(Tone::Plain, label, hospital);
    }
    let names: Vec<&str> = stage.actors.iter().map(|a| a.name.as_str()).collect();
    n.line(Tone::Plain, &format!("  {phones} phones"), &names.join(" · "));
    n.line(Tone::Plain, "  server", &stage.company.server.base());
}

fn on_site(stage: &mut Stage) -> Result<Visits, Failure> {
    stage.narrator.chapter("On site: everything is recorded on the phone, without a network");
    let case01 = case01::play(stage)?;
    let case03 = case03::play(stage)?;
    let case08 = case08::meet(stage)?;
    case08::apart(stage, case08)?;
    let case09 = case09::play(stage)?;
    let case10 = case10::play(stage)?;
    let unlisted = unlisted::play(stage)?;
    Ok(Visits { case01, case03, case08, case09, case10, unlisted })
}

fn bad_network(stage: &mut Stage, visits: &Visits) -> Result<(), Failure> {
    stage.narrator.chapter("Back under the sky: a bad network, and a server that is killed twice");
    let waiting: u64 = stage.actors.iter().map(super::actor::Actor::waiting).sum();
    let phones = stage.actors.len();
    stage.narrator.say(&format!(
        "{phones} phones hold {waiting} changes that nobody else has. All send at once, over a link that drops, cuts, doubles \
         and reorders requests. Meanwhile the server is killed (SIGKILL) and started again, twice."
    ));
    let events = storm(&mut stage.actors, &mut stage.company.server, &stage.weather)?;
    for event in &events {
        let tone = if event.what.starts_with("SIGKILL") { Tone::Look } else { Tone::Plain };
        stage.narrator.line(tone, &format!("  {:>6.2} s", event.at.as_secs_f64()), &event.what);
    }
    let struck = show::faults(stage);
    let kills = events.iter().filter(|e| e.what.starts_with("SIGKILL")).count();
    stage.checks.hold("the server was killed twice while phones were syncing", kills == 2);
    stage.checks.hold(
        "requests were dropped, cut, doubled and reordered",
        [struck.dropped_requests + struck.dropped_answers, struck.cut, struck.doubled, struck.reordered]
            .iter()
            .all(|n| *n > 0),
    );
    // The other engineer's half may have arrived at the server after this phone's last request.
    for login in ["li.na", "zhou.wei"] {
        stage.actor(login)?.sync()?;
    }
    let left: u64 = stage.actors.iter().map(super::actor::Actor::waiting).sum();
    stage.checks.same("changes left on phones after the storm", &left, &0);
    let views = (
        stage.actor("li.na")?.phone.phone.view(visits.case08.visit)?,
        stage.actor("zhou.wei")?.phone.phone.view(visits.case08.visit)?,
    );
    stage.checks.hold("both phones of case 8 show the same visit", views.0 == views.1);
    Ok(())
}

fn look(stage: &mut Stage, id: VisitId, expected: &Expected) -> Result<books::Visit, Failure> {
    let visit = books::visit(&stage.manager("chen.zong")?, id)?;
    expected.check(&visit, &mut stage.checks);
    Ok(visit)
}

fn judged(stage: &mut Stage, visits: &Visits) -> Result<(), Failure> {
    stage.narrator.chapter("What the server makes of it: a verdict for every work item, and flags");
    stage
        .narrator
        .say("By contract, on the customer's local day; every answer says why. From GET /api/v1/visits/{id}:");
    for (id, expected) in [
        (visits.case01, &case01::EXPECTED),
        (visits.case03, &case03::EXPECTED),
        (visits.case09, &case09::AMENDED),
        (visits.case10, &case10::EXPECTED),
        (visits.unlisted, &unlisted::EXPECTED),
    ] {
        let visit = look(stage, id, expected)?;
        show::visit(&mut stage.narrator, expected.title, &visit);
    }
    Ok(())
}

fn merged(stage: &mut Stage, shared: case08::Shared) -> Result<(), Failure> {
    stage.narrator.chapter("One visit from two phones: nothing lost, nothing hidden, minutes counted once");
    let visit = look(stage, shared.visit, &case08::UNSIGNED)?;
    show::merged(&mut stage.narrator, &visit);
    case08::check_merged(&visit, &mut stage.checks);
    stage.narrator.gap();
    stage
        .narrator
        .say("The next morning 刘志远 is shown the merged record, both values included, and signs what he sees:");
    let text = case08::sign(stage, shared)?;
    stage.narrator.quote(&text);
    let visit = look(stage, shared.visit, &case08::EXPECTED)?;
    show::visit(&mut stage.narrator, case08::EXPECTED.title, &visit);
    Ok(())
}

fn decided(stage: &mut Stage, visits: &Visits) -> Result<(), Failure> {
    stage.narrator.chapter("Managers decide, each by name and with a reason; phones hear of it");
    decide(stage, visits.case08.visit, managers::APPROVE)?;
    decide(stage, visits.case03, managers::BILL)?;
    decide(stage, visits.case10, managers::WAIVE)?;
    decide(stage, visits.case01, managers::DISPATCH)?;
    decide(stage, visits.case09, managers::RETURN)?;
    stage.narrator.gap();
    stage.narrator.say("Case 9 again: 古丽·艾合买提 is shown the amended record and signs a second time.");
    case09::sign_again(stage, visits.case09)?;
    let visit = look(stage, visits.case09, &case09::EXPECTED)?;
    show::visit(&mut stage.narrator, case09::EXPECTED.title, &visit);
    stage.narrator.gap();
    decide(stage, visits.case09, managers::APPROVE_AGAIN)
}

fn receipted(stage: &mut Stage, folder: &Path) -> Result<Files, Failure> {
    stage.narrator.chapter("Receipts: one per signature, numbered and chained, checked without the server");
    let mut files = receipts::fetch(stage, folder)?;
    receipts::verify(stage, &mut files, folder)?;
    Ok(files)
}

/// How many mails these receipts make: to the customer's contacts who get receipts and to its two managers, or to every
/// service manager where the hospital is in no list.
fn letters(stage: &Stage, files: &Files) -> usize {
    let Some(actor) = stage.actors.first() else { return 0 };
    let known = actor.phone.phone.reference();
    let to = |receipt: &sync_core::receipt::Receipt| match receipt
        .body
        .customer
        .id
        .and_then(|id| known.customers.get(&id))
    {
        Some(customer) => {
            let contacts = known.contacts.get(&customer.id).into_iter().flat_map(|c| c.values());
            let managers: BTreeSet<_> = [customer.service_manager, customer.account_manager].into();
            contacts.filter(|c| c.receives_receipts && c.email.is_some()).count() + managers.len()
        }
        None => known.people.values().filter(|p| p.roles.contains(&Role::ServiceManager)).count(),
    };
    files.receipts.iter().map(|(_, receipt)| to(receipt)).sum()
}

fn mailed(stage: &mut Stage, files: &Files) -> Result<Vec<Mail>, Failure> {
    stage.narrator.chapter("Mails: both parties get every receipt, in their language");
    let expected = letters(stage, files);
    let (since, folder) = (Instant::now(), stage.mail_folder());
    let mut found = mails::read_folder(&folder)?;
    while found.len() < expected && since.elapsed() < MAIL_PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
        found = mails::read_folder(&folder)?;
    }
    // One more look: a mail too many would come now.
    std::thread::sleep(Duration::from_millis(500));
    found = mails::read_folder(&folder)?;
    found.sort_by(|a, b| (&a.subject, &a.to).cmp(&(&b.subject, &b.to)));
    stage.checks.same("mails in the folder", &found.len(), &expected);
    stage
        .checks
        .hold("every mail has a text and an HTML part", found.iter().all(|m| m.html && !m.text.trim().is_empty()));
    let english = found.iter().find(|m| m.to.contains("helen.gao@"));
    stage.checks.hold(
        "Dr. Gao is written to in English and told why she refused",
        english.is_some_and(|m| m.text.replace('\n', " ").contains("good as signed")),
    );
    show::mails(&mut stage.narrator, &found);
    if let Some(mail) = english {
        stage.narrator.gap();
        stage.narrator.say("One of them in full (its text part; there is HTML too):");
        show::mail(&mut stage.narrator, mail);
    }
    Ok(found)
}

fn counted(stage: &mut Stage, files: &Files, mails: &[Mail]) -> Result<Tally, Failure> {
    stage.narrator.chapter("The count, from what the server and the mail folder hold");
    let tally = tally::count(stage, files, mails)?;
    let c = &mut stage.checks;
    c.same("phones enrolled", &tally.phones, &(stage.actors.len() as u64));
    c.same("visits on the server", &tally.visits, &6);
    let recorded: u64 = stage.actors.iter().map(|a| a.phone.ledger.len() as u64).sum();
    c.same("changes on the server, of those that phones acknowledged", &tally.changes, &recorded);
    c.same("receipts issued", &tally.receipts_issued, &7);
    c.same("receipts verified", &tally.receipts_verified, &tally.receipts_issued);
    c.same("acknowledged changes lost", &tally.lost, &0);
    c.same("anything there twice", &tally.duplicated, &0);
    let flags: Vec<String> = tally.flags.iter().map(|(code, n)| format!("{code} {n}")).collect();
    let n = &mut stage.narrator;
    n.line(Tone::Plain, "  phones", &tally.phones.to_string());
    n.line(Tone::Plain, "  visits", &tally.visits.to_string());
    n.line(Tone::Plain, "  changes", &format!("{} ({recorded} were acknowledged by phones)", tally.changes));
    n.line(Tone::Plain, "  flags", &flags.join(", "));
    n.line(Tone::Plain, "  conflicts shown", &tally.conflicts_shown.to_string());
    n.line(
        Tone::Plain,
        "  receipts",
        &format!("{} issued, {} verified", tally.receipts_issued, tally.receipts_verified),
    );
    n.line(Tone::Plain, "  mails", &tally.mails_written.to_string());
    let tone = |n: u64| if n == 0 { Tone::Good } else { Tone::Bad };
    n.line(tone(tally.lost), "  lost", &tally.lost.to_string());
    n.line(tone(tally.duplicated), "  duplicated", &tally.duplicated.to_string());
    Ok(tally)
}

/// Prints every expectation and whether it held. True when all did.
pub fn report(stage: &mut Stage) -> bool {
    stage.narrator.chapter("What was expected, and whether it held");
    for (what, held) in stage.checks.all() {
        let (tone, word) = if *held { (Tone::Good, "ok") } else { (Tone::Bad, "FAILED") };
        stage.narrator.line(tone, &format!("  {word}"), what);
    }
    let (all, failed) = (stage.checks.all().len(), stage.checks.failed().len());
    stage.narrator.gap();
    let verdict = if failed == 0 {
        format!("All {all} expectations held.")
    } else {
        format!("{failed} of {all} expectations FAILED.")
    };
    stage.narrator.say(&verdict);
    failed == 0
}
