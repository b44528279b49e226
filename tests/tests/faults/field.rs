//! Engineers in the field: what they do at random, over links that fail, and what must hold when all has come to rest.

use super::books::{Books, Change, rendered};
use countersign_tests::Failure;
use countersign_tests::company::{Company, begin, customer};
use sim_phone::http::HttpLink;
use sim_phone::{Faults, FaultyLink, Link, LinkError, Seeded, SimPhone, SyncError};
use std::collections::BTreeSet;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::VisitId;
use sync_core::phone::SyncReport;
use sync_core::reference::Customer;
use sync_core::signoff::Answer;

pub(crate) const START_MS: i64 = 1_790_000_000_000;

/// Trouble on every way, beside what the test does to the servers.
pub(crate) const TROUBLE: Faults = Faults { drop_request: 3, drop_answer: 6, cut: 4, double: 6, reorder: 6 };

/// Where engineers can be.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) customers: Vec<Customer>,
    /// Visits that everybody takes part in.
    pub(crate) shared: Vec<VisitId>,
    /// How many visits of their own one phone begins at most.
    pub(crate) own: usize,
}

/// An engineer with a phone.
pub(crate) struct Engineer {
    pub(crate) login: String,
    pub(crate) sim: SimPhone,
    pub(crate) link: FaultyLink<HttpLink>,
    pub(crate) rng: Seeded,
    own: Vec<VisitId>,
    /// What the server confirmed, in the order of confirmation.
    pub(crate) confirmed: BTreeSet<Change>,
    pub(crate) failures: u64,
    /// Answers of 503 or the like: the server said "later".
    pub(crate) put_off: u64,
}

impl Engineer {
    /// Enrols with the company's server. The link is good until told otherwise.
    pub(crate) fn enrol(company: &Company, login: &str, seed: u64) -> Result<Self, Failure> {
        let (mut sim, link) = company.phone(login, seed, START_MS)?;
        sim.travel_to(START_MS);
        Ok(Self {
            login: login.to_owned(),
            sim,
            link: FaultyLink::new(link, Faults::default(), seed ^ 0x5EED),
            rng: Seeded::new(seed ^ 0xAC7),
            own: Vec::new(),
            confirmed: BTreeSet::new(),
            failures: 0,
            put_off: 0,
        })
    }

    /// One random thing to do.
    pub(crate) fn act(&mut self, scene: &Scene) -> Result<(), Failure> {
        act(&mut self.sim, scene, &mut self.own, &mut self.rng)
    }

    /// One round with the server; a bad link is no error.
    pub(crate) fn sync(&mut self) -> Result<bool, Failure> {
        match self.sim.sync_once(&mut self.link) {
            Ok(report) => {
                if let Some((visit, code)) = report.refused.first() {
                    return Err(format!("{}: an honest change of {visit} was refused: {code}", self.login).into());
                }
                for visit in &report.confirmed {
                    let mine = self.sim.ledger.iter().filter(|(v, _)| v == visit);
                    self.confirmed.extend(mine.copied());
                }
                Ok(at_rest(&report) && self.sim.phone.unsynced_changes() == 0)
            }
            Err(SyncError::Link(e @ (LinkError::Unreachable(_) | LinkError::Lost(_)))) => {
                self.failures += 1;
                self.put_off += u64::from(e.to_string().contains("the server answered"));
                Ok(false)
            }
            Err(e) => Err(format!("{}: {e}", self.login).into()),
        }
    }
}

/// Whether a round moved nothing in either direction.
pub(crate) fn at_rest(report: &SyncReport) -> bool {
    !report.again && report.news.is_empty() && report.confirmed.is_empty()
}

/// One random thing that an engineer does.
pub(crate) fn act(p: &mut SimPhone, scene: &Scene, own: &mut Vec<VisitId>, rng: &mut Seeded) -> Result<(), Failure> {
    p.clock.advance_ms(rng.below(1_200_000) as i64);
    let pick = rng.below((own.len() + scene.shared.len()) as u64 + 1) as usize;
    let visit = if pick < scene.shared.len() {
        scene.shared[pick]
    } else if let Some(visit) = own.get(pick - scene.shared.len()).copied() {
        visit
    } else if own.len() < scene.own || scene.shared.is_empty() {
        let place = &scene.customers[rng.below(scene.customers.len() as u64) as usize];
        own.push(p.begin(begin(place, None, Mode::OnSite, None))?);
        return Ok(());
    } else {
        scene.shared[0]
    };
    if p.phone.view(visit).is_err() {
        // The same hospital for everybody who comes to a shared visit.
        let place = &scene.customers[usize::from(visit.0.as_bytes()[15]) % scene.customers.len()];
        p.record(visit, &[begin(place, None, Mode::OnSite, None)])?;
        return Ok(());
    }
    let view = p.phone.view(visit)?;
    let text = format!("{:x}", rng.next_u64());
    let patch = ItemPatch {
        category: rng.chance(50).then_some(Category::ALL[rng.below(13) as usize]),
        action: Some(text.clone()),
        ..ItemPatch::default()
    };
    let item = view.items.get(rng.below(3) as usize).map(|i| i.id);
    let command = match rng.below(12) {
        0 | 1 => Command::AddItem(patch),
        2 | 3 => match item {
            Some(item) => Command::EditItem { item, patch },
            None => Command::AddItem(patch),
        },
        4..=6 => match view.time.iter().find(|t| t.end.0.is_empty() && t.start.value.manual.is_none()) {
            Some(t) => Command::StopTimer { entry: t.start.id },
            None => Command::StartTimer { kind: TimeKind::ALL[rng.below(4) as usize], item },
        },
        7 => Command::AddExpense(ExpensePatch {
            kind: Some(ExpenseKind::Taxi),
            amount_minor: Some(rng.below(100_000) as i64),
            currency: Some("CNY".into()),
            ..ExpensePatch::default()
        }),
        8 => Command::Note { text, supersedes: None },
        9 => Command::Object {
            kind: ObjectionKind::AgainstAdvice,
            advice: text,
            insisted_by: "科长".into(),
            words: "照我说的做".into(),
            supersedes: None,
        },
        _ => return sign(p, visit, SignOffOutcome::ALL[rng.below(4) as usize]),
    };
    p.one(visit, command)?;
    Ok(())
}

/// The customer signs.
pub(crate) fn sign(p: &mut SimPhone, visit: VisitId, outcome: SignOffOutcome) -> Result<(), Failure> {
    let shown = p.show(visit, Lang::ZhCn)?;
    let signer = Signer::new("王主任", "信息科");
    p.sign(visit, &shown, &Answer { outcome, reason: "如实".into(), signer, rating: None, strokes: Some(vec![1, 0]) })?;
    Ok(())
}

/// A scene at the demo company's hospitals.
pub(crate) fn scene(phone: &SimPhone, shared: u8, own: usize) -> Result<Scene, Failure> {
    let customers = ["RM01", "ZY02", "SQ03"].iter().map(|code| customer(phone, code)).collect::<Result<_, _>>()?;
    let shared = (0..shared).map(|n| VisitId(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000 << 48 | u128::from(n))));
    Ok(Scene { customers, shared: shared.collect(), own })
}

/// Everybody syncs over good links until nobody has anything to say.
pub(crate) fn rest(team: &mut [Engineer]) -> Result<(), Failure> {
    for e in team.iter_mut() {
        e.link.set_faults(Faults::default());
        e.link.release();
    }
    for _ in 0..100 {
        let mut quiet = true;
        for e in team.iter_mut() {
            quiet &= e.sync()?;
        }
        if quiet {
            return Ok(());
        }
    }
    let last: Vec<_> = team.iter_mut().map(|e| e.sim.sync_once(&mut e.link).map(|r| at_rest(&r))).collect();
    Err(format!("the phones never came to rest: {last:?}").into())
}

/// After rest: nothing acknowledged is lost or doubled, and phones and server show the same. Returns figures.
pub(crate) fn judge(team: &[Engineer], books: &Books) -> Result<String, Failure> {
    let mut written = 0;
    for e in team {
        let lost = books.missing(&e.sim.ledger);
        if !lost.is_empty() {
            return Err(format!("{}: {} acknowledged changes are lost: {lost:?}", e.login, lost.len()).into());
        }
        written += e.sim.ledger.len();
        for listed in e.sim.phone.visits() {
            let here = e.sim.phone.document(listed.visit)?;
            let there = books.documents.get(&listed.visit).ok_or("the server lacks a visit")?;
            if here.heads() != there.heads() || rendered(&here)? != rendered(there)? {
                return Err(format!("{}: {} is not the same on phone and server", e.login, listed.visit).into());
            }
        }
    }
    if books.change_count() != written {
        return Err(format!("{written} changes were written, {} are stored", books.change_count()).into());
    }
    if let Some((visit, code, _)) = books.quarantine.first() {
        return Err(format!("an honest change of {visit} is in quarantine: {code}").into());
    }
    let (visits, receipts, mails) = (books.documents.len(), books.receipt_count(), books.mail_count());
    Ok(format!(
        "{visits} visits, {written} changes acknowledged, 0 lost, 0 doubled, {receipts} receipts, {mails} mails"
    ))
}

/// A new phone of the same engineer ends with every visit of the old one.
pub(crate) fn fresh_phone_has_all(company: &Company, old: &Engineer, seed: u64) -> Result<(), Failure> {
    let (mut sim, mut link) = company.phone(&old.login, seed, START_MS)?;
    for _ in 0..20 {
        if sim.sync_until_quiet(&mut link as &mut dyn Link, 50)? {
            break;
        }
    }
    for listed in old.sim.phone.visits() {
        let (here, there) = (sim.phone.document(listed.visit), old.sim.phone.document(listed.visit)?);
        if !here.is_ok_and(|doc| doc.heads() == there.heads()) {
            return Err(format!("{}: the new phone has not all of {}", old.login, listed.visit).into());
        }
    }
    Ok(())
}
