//! Phones and a server on a network that drops, cuts, doubles and reorders, run until quiescent. Every seed is a world of
//! its own; a failing one is printed and can be run alone with `COUNTERSIGN_SEED=<n>`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends when something is wrong")]

use sim_phone::{Clock, Faults, FaultyLink, Link, LinkError, Seeded, SimPhone};

use std::collections::{BTreeMap, BTreeSet, HashSet};
use sync_core::admission::Limits;
use sync_core::canonical::to_canonical_json;
use sync_core::coverage::{Evidence, assess};
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::document::{Document, read};
use sync_core::ids::*;
use sync_core::phone::Identity;
use sync_core::reference::Reference;
use sync_core::signoff::{Answer, show};
use sync_core::sync::merge::merge;
use sync_core::sync::{DocumentDown, Outcome, PROTOCOL, Request, Response, attested_bytes, encode};

const START_MS: i64 = 1_790_000_000_000;

/// A server in memory: the same merging as the real one, a log with positions, and nothing else.
#[derive(Clone, Default)]
struct Server {
    documents: BTreeMap<VisitId, Document>,
    log: Vec<(VisitId, DeviceId, Vec<u8>)>,
    members: BTreeMap<VisitId, BTreeSet<DeviceId>>,
    epoch: u64,
    keys: BTreeMap<DeviceId, sync_core::crypto::PublicKey>,
    refused: Vec<String>,
}

impl Server {
    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let request = Request::read(bytes).expect("phones send valid requests");
        if !request.documents.is_empty() {
            let signed = attested_bytes(request.device, &request.documents);
            self.keys[&request.device].verify(&signed, &request.attestation).expect("phones sign what they send");
        }
        let mut documents = Vec::new();
        for up in &request.documents {
            let merged = merge(self.documents.get(&up.visit), up, request.device, &Limits::default()).unwrap();
            self.members.entry(up.visit).or_default().insert(request.device);
            self.refused.extend(merged.refused.iter().map(|r| format!("{}: {}", r.code.as_str(), r.detail)));
            for admitted in merged.admitted {
                self.log.push((up.visit, request.device, admitted.raw));
            }
            if let Some(doc) = merged.document {
                self.documents.insert(up.visit, doc);
            }
            documents.push(merged.down);
        }
        let mut news: BTreeMap<VisitId, Vec<minicbor::bytes::ByteVec>> = BTreeMap::new();
        for (visit, device, raw) in self.log.iter().skip(request.cursor as usize) {
            let member = self.members.get(visit).is_some_and(|m| m.contains(&request.device));
            if member && *device != request.device && !request.documents.iter().any(|d| d.visit == *visit) {
                news.entry(*visit).or_default().push(raw.clone().into());
            }
        }
        for (visit, changes) in news {
            let heads = self.documents[&visit].heads().into_iter().map(Into::into).collect();
            documents.push(DocumentDown { visit, outcome: Outcome::News, heads, changes, refused: Vec::new() });
        }
        encode(&Response {
            protocol: PROTOCOL,
            server_ms: START_MS,
            epoch: self.epoch,
            cursor: self.log.len() as u64,
            more: false,
            documents,
            reference: Vec::new(),
            states: Vec::new(),
            missing_blobs: Vec::new(),
        })
    }
}

/// A link to a server that is borrowed for the time of one exchange.
struct Wire<'a>(&'a mut Server);
impl Link for Wire<'_> {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkError> {
        Ok(self.0.answer(request))
    }
}

fn phone(n: u8, rng: &mut Seeded, server: &mut Server) -> SimPhone {
    let key = SoftwareKey::from_seed([n; 32]);
    let id = uuid::Uuid::from_bytes([n; 16]);
    let identity =
        Identity { device: DeviceId(id), user: UserId(id), name: format!("工程师{n}"), key: key.public() };
    server.keys.insert(identity.device, key.public());
    let clock = Clock::at(START_MS + i64::from(n) * 777, rng);
    SimPhone::new(identity, key, clock, Seeded::new(rng.next_u64()))
}

fn begin(name: &str) -> Command {
    Command::Begin {
        customer: CustomerRef::Unlisted(name.into()),
        customer_name: name.into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    }
}

/// One random thing that an engineer does.
fn act(p: &mut SimPhone, visit: VisitId, rng: &mut Seeded) {
    p.clock.advance_ms(rng.below(3_600_000) as i64);
    match rng.below(20) {
        0 => p.clock.set_wall(START_MS + rng.below(200_000_000) as i64 - 100_000_000),
        1 => p.clock.reboot(rng.below(600_000) as i64, &mut Seeded::new(rng.next_u64())),
        _ => {}
    }
    if p.phone.view(visit).is_err() {
        p.record(visit, &[begin("县医院")]).unwrap();
        return;
    }
    let view = p.phone.view(visit).unwrap();
    let text = format!("{:x}", rng.next_u64());
    let patch = ItemPatch {
        category: rng.chance(50).then_some(Category::ALL[rng.below(13) as usize]),
        action: Some(text.clone()),
        ..ItemPatch::default()
    };
    let item = view.items.get(rng.below(3) as usize).map(|i| i.id);
    let command = match rng.below(10) {
        0 | 1 => Command::AddItem(patch),
        2 | 3 => match item {
            Some(item) => Command::EditItem { item, patch },
            None => Command::AddItem(patch),
        },
        4 => Command::StartTimer { kind: TimeKind::ALL[rng.below(4) as usize], item },
        5 | 6 => match view.time.iter().find(|t| t.end.0.is_empty() && t.start.value.manual.is_none()) {
            Some(t) => Command::StopTimer { entry: t.start.id },
            None => Command::Note { text, supersedes: None },
        },
        7 => Command::AddExpense(ExpensePatch {
            kind: Some(ExpenseKind::Taxi),
            amount_minor: Some(rng.below(100_000) as i64),
            currency: Some("CNY".into()),
            ..ExpensePatch::default()
        }),
        8 => Command::Object {
            kind: ObjectionKind::AgainstAdvice,
            advice: text,
            insisted_by: "科长".into(),
            words: "照我说的做".into(),
            supersedes: None,
        },
        _ => {
            let shown = p.show(visit, Lang::ZhCn).unwrap();
            let outcome = SignOffOutcome::ALL[rng.below(4) as usize];
            let signer = Signer::new("王主任", "信息科");
            let answer = Answer { outcome, reason: "如实".into(), signer, rating: None, strokes: Some(vec![1, 0]) };
            p.sign(visit, &shown, &answer).unwrap();
            return;
        }
    };
    p.one(visit, command).unwrap();
}

fn world(seed: u64) {
    let mut rng = Seeded::new(seed);
    let mut server = Server { epoch: 1, ..Server::default() };
    let count = 2 + rng.below(3) as u8;
    let mut phones: Vec<SimPhone> = (1..=count).map(|n| phone(n, &mut rng, &mut server)).collect();
    let visits: Vec<VisitId> = (0..2).map(|n| VisitId(uuid::Uuid::from_u128(u128::from(seed) << 8 | n))).collect();
    let faults = Faults { drop_request: 15, drop_answer: 15, cut: 10, double: 15, reorder: 15 };
    let mut late: Vec<Vec<u8>> = Vec::new();
    let mut backup: Option<Server> = None;
    for _ in 0..6 + rng.below(18) {
        let n = rng.below(phones.len() as u64) as usize;
        let visit = visits[rng.below(2) as usize];
        match rng.below(12) {
            0..=6 => act(&mut phones[n], visit, &mut rng),
            7..=9 => {
                let mut link = FaultyLink::new(Wire(&mut server), faults, rng.next_u64());
                let _ = phones[n].sync_once(&mut link);
                if rng.chance(20) {
                    late.push(phones[n].phone.signed_frame(phones[n].clock.now()).unwrap());
                }
            }
            10 => phones[n].restart().unwrap(),
            _ if rng.chance(40) => backup = Some(server.clone()),
            // The server's disk is restored from the backup: phones have confirmed what it no longer has.
            _ => {
                if let Some(old) = backup.take() {
                    let epoch = server.epoch + 1;
                    server = Server { epoch, ..old };
                }
            }
        }
    }
    // Requests from long ago arrive at last.
    for frame in late {
        let _ = server.answer(&frame);
    }
    quiesce(&mut server, &mut phones);
    assert_eq!(server.refused, Vec::<String>::new(), "honest changes were refused");
    judge(&server, &phones);
}

fn quiesce(server: &mut Server, phones: &mut [SimPhone]) {
    for _ in 0..40 {
        let (mut quiet, before) = (true, server.log.len());
        for p in phones.iter_mut() {
            let report = p.sync_once(&mut Wire(server)).unwrap();
            quiet &= !report.again && report.news.is_empty() && p.phone.unsynced_changes() == 0;
        }
        if quiet && server.log.len() == before {
            return;
        }
    }
    panic!("the network never came to rest");
}

/// After rest: nothing acknowledged is lost, and every replica shows the same, byte for byte.
fn judge(server: &Server, phones: &[SimPhone]) {
    for p in phones {
        for (visit, change) in &p.ledger {
            let doc = &server.documents[visit];
            assert!(doc.has(&automerge::ChangeHash(*change)), "acknowledged and lost: {visit}");
        }
        for listed in p.phone.visits() {
            let (here, there) = (p.phone.document(listed.visit).unwrap(), &server.documents[&listed.visit]);
            assert_eq!(here.heads(), there.heads());
            assert_eq!(rendered(&here), rendered(there));
            let again = Document::load(&there.save()).unwrap();
            assert_eq!(rendered(&again), rendered(there));
        }
    }
    let written: usize = phones.iter().map(|p| p.ledger.len()).sum();
    let unique: HashSet<_> = phones.iter().flat_map(|p| p.ledger.iter().map(|(_, c)| *c)).collect();
    let stored: usize = server.documents.values().map(|d| d.change_count() - 1).sum();
    assert_eq!((unique.len(), stored), (written, written), "a change was doubled or invented");
}

/// The view, the summary and the verdict as bytes.
fn rendered(doc: &Document) -> (String, String, String) {
    let view = read::view(doc);
    let shown = show(doc, &doc.heads(), Lang::ZhCn).unwrap();
    let verdict = assess(&view, &Reference::default(), &Evidence::default());
    (to_canonical_json(&view).unwrap(), shown.summary + &shown.text, to_canonical_json(&verdict).unwrap())
}

#[test]
fn any_network_comes_to_rest_with_nothing_lost() {
    if let Ok(seed) = std::env::var("COUNTERSIGN_SEED") {
        return world(seed.parse().expect("COUNTERSIGN_SEED is a number"));
    }
    let seeds = if std::env::var_os("COUNTERSIGN_QUICK").is_some() { 100 } else { 2_000 };
    for seed in 0..seeds {
        if let Err(panic) = std::panic::catch_unwind(|| world(seed)) {
            eprintln!("seed {seed} failed; repeat it with COUNTERSIGN_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    println!("{seeds} worlds came to rest");
}
