//! The documents are Automerge's own: npm's package, which knows nothing of ours, reads the same content, and what it writes
//! for an enrolled device is admitted.

use super::ground::{Node, run};
use countersign_core::{BeginVisit, Category, Clock, ItemPatch, LinuxClock, Phone, TimeKind, Transport};
use countersign_tests::Failure;
use countersign_tests::company::PASSWORD;
use serde_json::Value;
use sim_phone::Link as _;
use sim_phone::http::{Api, HttpLink};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use sync_core::crypto::SoftwareKey;
use sync_core::sync::{DocumentUp, Hash, Outcome, PROTOCOL, Request, Response, attested_bytes, decode, encode};

struct Server(Mutex<HttpLink>);

impl Transport for Server {
    fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, countersign_core::HostError> {
        let mut link = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        link.exchange(&frame).map_err(|e| countersign_core::HostError::Failed { reason: e.to_string() })
    }
}

/// What npm's Automerge finds in a document.
fn read(node: &Node, directory: &Path, document: &[u8]) -> Result<Value, Failure> {
    let (input, output) = (directory.join("document"), directory.join("read.json"));
    std::fs::write(&input, document)?;
    run(node.command("automerge.mjs").arg("read").arg(&input).arg(&output))?;
    Ok(serde_json::from_slice(&std::fs::read(output)?)?)
}

#[test]
fn npms_automerge_reads_a_visit_and_writes_into_it() -> Result<(), Failure> {
    let Some(node) = Node::find()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let template = super::ground::Template::new(|_| Ok(()))?;
    let server = template.start(dir.path())?;

    // A phone records and syncs.
    let path = dir.path().join("phone.db").to_string_lossy().into_owned();
    let phone = Phone::open(path, vec![b'k'; 32], LinuxClock::new(), None, None)?;
    let (api, _) = Api::new(&server.base()).login("wang.jianguo", PASSWORD)?;
    let me = api.get("/api/v1/auth/me")?.ok()?;
    let text = |v: &Value, k: &str| v[k].as_str().unwrap_or_default().to_owned();
    let request = phone.begin_enrolment(text(&me, "id"), "phone".into())?;
    let enrolled = api.post(&request.path, &serde_json::from_str(&request.body)?)?.ok()?;
    phone.finish_enrolment(text(&me, "id"), text(&me, "name"), text(&enrolled, "device_id"))?;
    let link = HttpLink::new(&server.base(), &text(&enrolled, "access_token"), &text(&enrolled, "refresh_token"));
    let link = Arc::new(Server(Mutex::new(link)));
    phone.sync(link.clone(), None, 20)?;
    let hospital = phone.customers()?.into_iter().next().ok_or("no hospital")?;
    let begin = BeginVisit { customer: Some(hospital.id), ..BeginVisit::default() };
    let visit = phone.begin_visit(begin)?.visit;
    let fields = ItemPatch {
        category: Some(Category::Database),
        symptom: Some("数据库无法启动 🗄".into()),
        ..ItemPatch::default()
    };
    let item = phone.add_item(visit.clone(), fields)?.fact;
    let timer = phone.start_timer(visit.clone(), TimeKind::Labour, Some(item.clone()))?.fact;
    let note = phone.add_note(visit.clone(), "第一行\n第二行".into(), None)?.fact;
    phone.sync(link.clone(), None, 20)?;

    // It reads the same from the phone and from the server, and what our own view says.
    let document = phone.visit_document(visit.clone())?;
    let from_phone = read(&node, dir.path(), &document)?;
    let from_server = read(&node, dir.path(), &api.get_bytes(&format!("/api/v1/visits/{visit}/document"))?)?;
    assert_eq!(from_phone["content"], from_server["content"]);
    assert_eq!(from_phone["heads"], from_server["heads"]);
    let content = &from_phone["content"];
    let view: Value = serde_json::from_str(&phone.visit_json(visit.clone())?)?;
    assert_eq!(content["schema"], 1);
    assert_eq!(content["items"][&item]["symptom"], "数据库无法启动 🗄");
    assert_eq!(content["items"][&item]["category"], "database");
    for (collection, id, ours) in [("notes", &note, &view["notes"][0]), ("time", &timer, &view["time"][0])] {
        let fact: Value = serde_json::from_str(content[collection][id].as_str().unwrap_or_default())?;
        let fields = fact.as_object().ok_or("a fact is an object")?;
        assert!(fields.len() > 2 && fields.iter().all(|(field, value)| ours[field] == *value), "{fact} {ours}");
    }
    for collection in ["origins", "items", "time", "notes"] {
        let there = content[collection].as_object().map(serde_json::Map::len);
        assert_eq!(there, view[collection].as_array().map(Vec::len), "{collection}");
    }

    // A second device of the same engineer, whose only software is npm's.
    let key = SoftwareKey::from_seed([7; 32]);
    let (identity, mut other) = api.enrol("npm", &key)?;
    let change = |device: &str, outcome: &str| -> Result<(Vec<u8>, Vec<Hash>), Failure> {
        let (input, output) = (dir.path().join("document"), dir.path().join("change"));
        std::fs::write(&input, &document)?;
        let actor = format!("{}0011223344556677", device.replace('-', ""));
        run(node.command("automerge.mjs").arg("change").arg(&input).args([&actor, &item, outcome]).arg(&output))?;
        let heads: Vec<String> = serde_json::from_slice(&std::fs::read(dir.path().join("change.heads"))?)?;
        Ok((std::fs::read(output)?, heads.iter().map(|h| hash(h)).collect::<Result<_, _>>()?))
    };
    let since: Vec<Hash> = serde_json::from_value::<Vec<String>>(from_phone["heads"].clone())?
        .iter()
        .map(|h| hash(h))
        .collect::<Result<_, _>>()?;
    let wall_ms = LinuxClock::new().now()?.wall_ms;
    let mut send = |(change, heads): (Vec<u8>, Vec<Hash>)| -> Result<(Outcome, Vec<String>), Failure> {
        let visit = visit.parse().map_err(|_| "a visit's id")?;
        let up = DocumentUp { visit, since: since.clone(), heads, changes: vec![change.into()], advice: None };
        let documents = vec![up];
        let attestation = key.sign(&attested_bytes(identity.device, &documents)).to_vec().into();
        let device = identity.device;
        let request = Request { protocol: PROTOCOL, device, wall_ms, cursor: 0, epoch: 0, documents, attestation };
        let answer: Response = decode(&other.exchange(&encode(&request))?)?;
        let down = answer.documents.iter().find(|d| d.visit == visit && d.outcome != Outcome::News);
        let down = down.ok_or("the answer does not mention the visit")?;
        Ok((down.outcome, down.refused.iter().map(|r| r.code.clone()).collect()))
    };

    // In another device's name it is refused; in its own it is merged, and the first phone sees it.
    let foreign = send(change(&text(&enrolled, "device_id"), "not mine")?)?;
    assert_eq!(foreign.0, Outcome::Quarantined, "{foreign:?}");
    let own = send(change(&identity.device.to_string(), "已恢复")?)?;
    assert_eq!(own, (Outcome::Merged, vec![]));
    phone.sync(link, None, 20)?;
    let items = phone.visit(visit)?.items;
    assert_eq!(items.iter().find(|i| i.id == item).and_then(|i| i.outcome.clone()), Some("已恢复".into()));
    Ok(())
}

fn hash(hex: &str) -> Result<Hash, Failure> {
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or_default(), 16);
    let bytes = (0..64).step_by(2).map(byte).collect::<Result<Vec<u8>, _>>()?;
    Ok(Hash(bytes.try_into().map_err(|_| "a hash has 32 bytes")?))
}
