//! What a server's database holds, read past the server, and what must always hold in it.

use countersign::db_all;
use countersign::store::sqlx::types::Json;
use countersign::store::{Db, Tx};
use countersign_tests::Failure;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use sync_core::canonical::to_canonical_json;
use sync_core::crypto::PublicKey;
use sync_core::document::facts::Lang;
use sync_core::document::{Document, read::view};
use sync_core::ids::VisitId;
use sync_core::receipt::{CHAIN_START, Receipt};
use sync_core::signoff::show;
use sync_core::sync::{ByteVec, Hash, decode};
use uuid::Uuid;

type ReceiptRow = (Uuid, Uuid, Uuid, String, i64, String, String, String);
type OutboxRow = (Uuid, String, String, String);
/// Visit, engineer, from, until; breaks left out.
type SpanRow = (Uuid, Uuid, i64, i64);

/// A change, by its visit and hash.
pub(crate) type Change = (VisitId, [u8; 32]);

/// The database.
pub(crate) struct Books {
    pub(crate) documents: BTreeMap<VisitId, Document>,
    heads: BTreeMap<VisitId, Vec<String>>,
    versions: Vec<(Uuid, i64, i64)>,
    log: Vec<(Uuid, i64, i64, Vec<u8>)>,
    positions: Vec<(i64,)>,
    receipts: Vec<ReceiptRow>,
    chains: Vec<(String, i64, String)>,
    leaves: Vec<(i64, Uuid, String)>,
    outbox: Vec<OutboxRow>,
    spans: Vec<SpanRow>,
    flags: Vec<(Uuid, String)>,
    pub(crate) quarantine: Vec<(Uuid, String, Vec<u8>)>,
}

impl Books {
    pub(crate) async fn read(db: &Db) -> Result<Self, Failure> {
        let tx = &mut db.read().await?;
        let stored =
            db_all!((Uuid, Json<Vec<String>>, Vec<u8>), tx, "SELECT visit_id, heads, snapshot FROM documents")?;
        let mut documents = BTreeMap::new();
        let mut heads = BTreeMap::new();
        for (visit, told, snapshot) in stored {
            documents.insert(VisitId(visit), Document::load(&snapshot)?);
            heads.insert(VisitId(visit), told.0);
        }
        Self::rows(tx, documents, heads).await
    }

    async fn rows(
        tx: &mut Tx,
        documents: BTreeMap<VisitId, Document>,
        heads: BTreeMap<VisitId, Vec<String>>,
    ) -> Result<Self, Failure> {
        const VERSIONS: &str =
            "SELECT v.id, v.version, d.version FROM visits v LEFT JOIN documents d ON d.visit_id = v.id";
        const POSITIONS: &str = "SELECT position FROM change_log UNION ALL SELECT position FROM visits";
        const RECEIPTS: &str = "SELECT id, visit_id, sign_off_id, chain, chain_no, sha256, previous_sha256, body \
                                FROM receipts ORDER BY chain, chain_no";
        const SPANS: &str = "SELECT visit_id, user_id, from_ms, until_ms FROM spans WHERE kind <> 'break'";
        Ok(Self {
            documents,
            heads,
            versions: db_all!((Uuid, i64, i64), tx, VERSIONS)?,
            log: db_all!((Uuid, i64, i64, Vec<u8>), tx, "SELECT visit_id, position, count, changes FROM change_log")?,
            positions: db_all!((i64,), tx, POSITIONS)?,
            receipts: db_all!(ReceiptRow, tx, RECEIPTS)?,
            chains: db_all!((String, i64, String), tx, "SELECT chain, last_no, last_sha256 FROM chains")?,
            leaves: db_all!((i64, Uuid, String), tx, "SELECT leaf, receipt_id, sha256 FROM receipt_log ORDER BY leaf")?,
            outbox: db_all!(OutboxRow, tx, "SELECT receipt_id, recipient, message_id, audience FROM outbox")?,
            spans: db_all!(SpanRow, tx, SPANS)?,
            flags: db_all!((Uuid, String), tx, "SELECT DISTINCT visit_id, code FROM flags")?,
            quarantine: db_all!((Uuid, String, Vec<u8>), tx, "SELECT visit_id, code, change FROM quarantine")?,
        })
    }

    pub(crate) fn has(&self, (visit, change): &Change) -> bool {
        self.documents.get(visit).is_some_and(|doc| doc.has(&Hash(*change).into()))
    }

    /// How many of these are not there.
    pub(crate) fn missing<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> Vec<Change> {
        changes.into_iter().filter(|c| !self.has(c)).copied().collect()
    }

    /// Changes in all documents, without the geneses.
    pub(crate) fn change_count(&self) -> usize {
        self.documents.values().map(|d| d.change_count() - 1).sum()
    }

    pub(crate) fn receipt_count(&self) -> usize {
        self.receipts.len()
    }

    pub(crate) fn mail_count(&self) -> usize {
        self.outbox.len()
    }

    /// Sign-offs that have their receipt.
    pub(crate) fn receipted(&self) -> BTreeSet<(Uuid, Uuid)> {
        self.receipts.iter().map(|r| (r.1, r.2)).collect()
    }

    /// Everything that must hold at any moment between two commits.
    pub(crate) fn check(&self, key_of: &dyn Fn(&str) -> Option<PublicKey>) -> Result<(), Failure> {
        let mut wrong = Vec::new();
        self.check_documents(&mut wrong);
        self.check_receipts(key_of, &mut wrong);
        self.check_outbox(&mut wrong);
        self.check_neighbours(&mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    }

    fn check_documents(&self, wrong: &mut Vec<String>) {
        for (visit, doc) in &self.documents {
            let heads: BTreeSet<String> = doc.heads().iter().map(|h| hex(&h.0)).collect();
            let told: BTreeSet<String> = self.heads.get(visit).into_iter().flatten().cloned().collect();
            if heads != told {
                wrong.push(format!("{visit}: its row says other heads than its document"));
            }
            let rows: Vec<_> = self.log.iter().filter(|l| l.0 == visit.0).collect();
            let logged: i64 = rows.iter().map(|l| l.2).sum();
            let mut raw: Vec<Vec<u8>> = Vec::new();
            for row in &rows {
                let changes: Vec<ByteVec> = decode(&row.3).unwrap_or_default();
                raw.extend(changes.into_iter().map(|c| c.to_vec()));
            }
            let unique = raw.iter().collect::<HashSet<_>>().len();
            let held = doc.change_count() - 1;
            if logged != held as i64 || unique != held || raw.len() != held {
                wrong.push(format!("{visit}: {held} changes, {logged} counted and {unique} different ones logged"));
            }
        }
        if self.versions.len() != self.documents.len() || self.versions.iter().any(|(_, v, d)| v != d) {
            wrong.push("visits and documents are not of the same version".to_owned());
        }
        if self.positions.iter().collect::<HashSet<_>>().len() != self.positions.len() {
            wrong.push("two rows have the same feed position".to_owned());
        }
    }

    fn check_receipts(&self, key_of: &dyn Fn(&str) -> Option<PublicKey>, wrong: &mut Vec<String>) {
        let mut last: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
        for (_, visit, sign_off, chain, no, sha, previous, body) in &self.receipts {
            let before = last.get(chain.as_str()).copied().unwrap_or((0, CHAIN_START));
            if *no != before.0 + 1 || previous != before.1 {
                wrong.push(format!("chain {chain}: {no} does not follow {}", before.0));
            }
            last.insert(chain, (*no, sha));
            match Receipt::verify(body, key_of) {
                Ok(r) => {
                    let b = &r.body;
                    let same = (b.visit.0, b.sign_off.id.0, &b.previous_sha256) == (*visit, *sign_off, previous);
                    if !same || r.sha256().ok().as_ref() != Some(sha) {
                        wrong.push(format!("receipt {}: the row says other things than the file", b.number));
                    }
                }
                Err(e) => wrong.push(format!("receipt {no} of {chain}: {e}")),
            }
        }
        let heads: BTreeMap<&str, (i64, &str)> =
            self.chains.iter().filter(|c| c.1 > 0).map(|(c, n, s)| (c.as_str(), (*n, s.as_str()))).collect();
        if heads != last {
            wrong.push("the chains' heads are not their last receipts".to_owned());
        }
        let places = self.leaves.iter().map(|(leaf, ..)| *leaf);
        let logged: BTreeSet<_> = self.leaves.iter().map(|(_, id, sha)| (id, sha)).collect();
        if !places.eq(0..self.leaves.len() as i64) || logged != self.receipts.iter().map(|r| (&r.0, &r.5)).collect() {
            wrong.push(format!("{} receipts, and the log has {}", self.receipts.len(), self.leaves.len()));
        }
        let mut signed = BTreeSet::new();
        for (visit, doc) in &self.documents {
            signed.extend(view(doc).sign_offs.iter().map(|s| (visit.0, s.id.0)));
        }
        if signed != self.receipted() || self.receipts.len() != signed.len() {
            wrong.push(format!("{} sign-offs, {} receipts", signed.len(), self.receipts.len()));
        }
    }

    fn check_outbox(&self, wrong: &mut Vec<String>) {
        let letters: HashSet<_> = self.outbox.iter().map(|o| (o.0, &o.1)).collect();
        if letters.len() != self.outbox.len() {
            wrong.push("somebody gets the same receipt twice".to_owned());
        }
        let ids: HashSet<_> = self.outbox.iter().map(|o| &o.2).collect();
        if ids.len() != self.outbox.len() {
            wrong.push("two mails have one Message-ID".to_owned());
        }
        for r in &self.receipts {
            if !self.outbox.iter().any(|o| o.0 == r.0) {
                wrong.push(format!("nobody gets receipt {} of {}", r.4, r.3));
            }
        }
    }

    /// Whoever was in two visits at once is flagged in both, whichever server merged which.
    fn check_neighbours(&self, wrong: &mut Vec<String>) {
        let mut expected = BTreeSet::new();
        for a in &self.spans {
            // Overlaps of less than a second are not worth a flag.
            if self.spans.iter().any(|b| b.0 != a.0 && b.1 == a.1 && a.3.min(b.3) - a.2.max(b.2) >= 1000) {
                expected.insert(a.0);
            }
        }
        let flagged: BTreeSet<Uuid> =
            self.flags.iter().filter(|(_, code)| code == "overlapping_time").map(|(visit, _)| *visit).collect();
        for visit in expected.difference(&flagged) {
            wrong.push(format!("{visit}: its engineer was elsewhere at the same time, and nobody says so"));
        }
    }
}

/// The view and what a customer is shown, as bytes.
pub(crate) fn rendered(doc: &Document) -> Result<(String, String), Failure> {
    let shown = show(doc, &doc.heads(), Lang::ZhCn)?;
    Ok((to_canonical_json(&view(doc))?, shown.summary + &shown.text))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
