//! Who wrote what: the changes of a document, and the paths that each of them wrote.

use super::{Document, actor_device, genesis};
use crate::ids::DeviceId;
use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{ActorId, Change};
use std::collections::HashMap;

/// One change of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrote {
    /// Its hash.
    pub hash: [u8; 32],
    /// The device that wrote it.
    pub device: DeviceId,
    /// Its number among its actor's changes, from 1.
    pub seq: u64,
    /// Seconds since 1970 UTC, by the device's clock.
    pub time_s: i64,
    /// What it wrote, such as `notes/0190…` or `items/0190…/action`: each path once, in the order of writing.
    pub paths: Vec<String>,
}

/// The document's changes, each after those it stands on. The genesis is not among them: nobody wrote it.
pub fn history(doc: &Document) -> Vec<Wrote> {
    let mut maps: HashMap<(u64, ActorId), String> = HashMap::new();
    let mut out = Vec::new();
    for change in doc.changes_since(&[]) {
        let hash = change.hash();
        let paths = paths(&change, &mut maps);
        if Some(hash) == *genesis::GENESIS_HASH {
            continue;
        }
        // Every other change passed the gate, which admits devices only.
        let Some(device) = actor_device(change.actor_id()) else { continue };
        out.push(Wrote { hash: hash.0, device, seq: change.seq(), time_s: change.timestamp(), paths });
    }
    out
}

/// The hash of a change from its bytes; `None` when they are no change.
pub fn change_hash(bytes: &[u8]) -> Option<[u8; 32]> {
    Change::try_from(bytes).ok().map(|c| c.hash().0)
}

/// What `change` wrote. Maps that it makes are added to `maps`, under the operation that made them.
fn paths(change: &Change, maps: &mut HashMap<(u64, ActorId), String>) -> Vec<String> {
    let actor = change.actor_id().clone();
    let mut paths: Vec<String> = Vec::new();
    for (op, counter) in change.decode().operations.into_iter().zip(change.start_op().get()..) {
        let Key::Map(key) = op.key else { continue };
        let path = match op.obj {
            ObjectId::Root => key.to_string(),
            ObjectId::Id(id) => match maps.get(&(id.0, id.1)) {
                Some(parent) => format!("{parent}/{key}"),
                None => continue,
            },
        };
        if matches!(op.action, OpType::Make(_)) {
            maps.insert((counter, actor.clone()), path);
        } else if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::command::Command;
    use crate::document::facts::{CustomerRef, ItemPatch, Mode};
    use crate::document::write::{Author, record};
    use crate::env::Env;
    use crate::ids::{UserId, VisitId};
    use crate::time::testkit::{device, user, uuid, wall};

    struct Count(u8);
    impl crate::env::Entropy for Count {
        fn fill(&mut self, out: &mut [u8]) {
            self.0 = self.0.wrapping_add(1);
            out.fill(self.0);
        }
    }

    #[test]
    fn every_change_names_what_it_wrote_and_who() {
        let mut doc = Document::new().unwrap();
        let mut entropy = Count(0);
        let author = |n: u8, who: UserId| Author {
            device: device(u128::from(n)),
            suffix: [n; 8],
            user: who,
            name: "王".into(),
            time_zone: None,
        };
        let begin = Command::Begin {
            customer: CustomerRef::Unlisted("H".into()),
            customer_name: "H".into(),
            work_order: None,
            mode: Mode::OnSite,
            demand: None,
            triage: None,
        };
        let visit = VisitId(uuid(9));
        let item = ItemPatch { symptom: Some("黑屏".into()), ..ItemPatch::default() };
        let mut env = Env { now: wall(5_000), entropy: &mut entropy };
        let first = author(1, user(1));
        record(&mut doc, visit, &first, &mut env, &[begin]).unwrap();
        let made = record(&mut doc, visit, &first, &mut env, &[Command::AddItem(item)]).unwrap();
        let id = made.facts[0];
        let patch = ItemPatch { outcome: Some("好".into()), ..ItemPatch::default() };
        let second = author(2, user(2));
        record(&mut doc, visit, &second, &mut env, &[Command::EditItem { item: id, patch }]).unwrap();

        let all = history(&Document::load(&doc.save()).unwrap());
        assert_eq!(all.len(), 3);
        assert!(
            all[0].paths.iter().any(|p| p.starts_with("origins/"))
                && all[0].paths.iter().any(|p| p.starts_with("crew/"))
        );
        assert!(all[1].paths.contains(&format!("items/{id}/symptom")), "{:?}", all[1].paths);
        assert_eq!(all[2].paths, vec![format!("items/{id}/outcome")]);
        assert_eq!((all[2].device, all[2].seq, all[2].time_s), (device(2), 1, 5));
        assert_eq!(change_hash(made.change.raw_bytes()), Some(all[1].hash));
        assert_eq!(change_hash(b"no change"), None);
    }
}
