//! What a judged batch becomes in SQL: one set of rows per table.

use super::gathering::Vicinity;
use super::judging::Judged;
use super::merging::MergedVisit;
use super::push::Push;
use crate::store::bulk::{Rows, Value};
use sync_core::canonical::sha256_hex;
use uuid::Uuid;

/// Rows for every table that a batch writes, apart from those that carry feed positions.
#[derive(Default)]
pub(super) struct BatchRows {
    pub attestations: Rows,
    pub quarantine: Rows,
    pub documents: Rows,
    pub engineers: Rows,
    pub spans: Rows,
    pub flags: Rows,
    pub chains: Rows,
    pub problems: Rows,
    pub claims: Rows,
    pub replaced: Rows,
    pub photos: Rows,
}

/// A row of the change log that waits for its position.
pub(super) struct LogRow {
    pub visit: Uuid,
    pub device: Uuid,
    pub attestation: Uuid,
    pub count: i64,
    pub changes: Vec<u8>,
}

impl BatchRows {
    /// What devices signed, for the requests that brought something.
    pub(super) fn attest(&mut self, id: Uuid, push: &Push, now_ms: i64) {
        self.attestations.push(&[
            id.into(),
            push.device.0.into(),
            push.attested.as_slice().into(),
            push.signature.as_slice().into(),
            now_ms.into(),
        ]);
    }

    /// What was refused.
    pub(super) fn quarantine(&mut self, merged: &MergedVisit, pushes: &[Push], now_ms: i64) {
        for q in &merged.quarantined {
            let Some(push) = pushes.get(q.push) else { continue };
            let sha = sha256_hex(&q.bytes);
            // PostgreSQL cannot store U+0000, which a hostile text may hold.
            let detail = q.detail.replace('\0', "\u{fffd}");
            self.quarantine.push(&[
                Uuid::now_v7().into(),
                merged.visit.0.into(),
                push.device.0.into(),
                q.code.into(),
                (&detail).into(),
                now_ms.into(),
                q.bytes.as_slice().into(),
                (&sha).into(),
            ]);
        }
    }

    /// The document and everything that is projected from it, as far as it is not what is stored.
    pub(super) fn visit(&mut self, j: &Judged, vicinity: &Vicinity) {
        let visit = j.read.visit.0;
        let is_first = j.read.version == 0;
        if j.read.changed {
            let heads: Vec<String> = j.read.document.heads().iter().map(|h| hex::encode(h.0)).collect();
            let heads = serde_json::Value::from(heads).to_string();
            let snapshot = j.read.document.save_uncompressed();
            self.documents.push(&[visit.into(), (j.read.version + 1).into(), Value::Json(&heads), snapshot[..].into()]);
        }
        for (fact, device, sha256, size, kind) in crate::blobs::listed(&j.read.view) {
            self.photos.push(&[
                visit.into(),
                fact.into(),
                device.into(),
                sha256.into(),
                size.into(),
                kind.as_str().into(),
                true.into(),
            ]);
        }
        let is_moved = vicinity.is_moved(&j.read);
        if is_moved {
            self.time(j);
        }
        if is_moved || j.is_new {
            self.flags(j);
        }
        if is_first || vicinity.has_other_problems(&j.read) {
            for p in j.read.problem_rows() {
                let key = (&p.key).into();
                self.problems.push(&[visit.into(), p.item_id.into(), p.customer_id.into(), key, p.at_ms.into()]);
            }
        }
        if is_first || vicinity.has_other_claims(&j.read) {
            for c in j.read.claim_rows() {
                let categories = serde_json::to_string(&c.categories.0).unwrap_or_default();
                let modes = serde_json::to_string(&c.modes.0).unwrap_or_default();
                self.claims.push(&[
                    visit.into(),
                    c.customer_id.into(),
                    c.from_ms.into(),
                    c.until_ms.into(),
                    Value::Json(&categories),
                    Value::Json(&modes),
                ]);
            }
        }
        if let Some((judging, verdict)) = &j.replaced {
            let text = serde_json::to_string(verdict).unwrap_or_default();
            self.replaced.push(&[
                visit.into(),
                judging.no.into(),
                judging.at_ms.into(),
                Value::Json(&judging.json()),
                i64::try_from(verdict.reference_version).unwrap_or(i64::MAX).into(),
                verdict.coverage.as_str().into(),
                Value::Json(&text),
            ]);
        }
    }

    fn time(&mut self, j: &Judged) {
        let visit = j.read.visit.0;
        for user in j.read.engineers() {
            self.engineers.push(&[visit.into(), user.0.into()]);
        }
        let (customer, order) = (j.read.customer().map(|c| c.0), j.read.work_order().map(|w| w.0));
        for s in &j.read.spans.spans {
            self.spans.push(&[
                visit.into(),
                s.entry.0.into(),
                s.user.0.into(),
                customer.into(),
                order.into(),
                s.kind.as_str().into(),
                s.from_ms.into(),
                s.until_ms.into(),
            ]);
        }
    }

    fn flags(&mut self, j: &Judged) {
        for f in &j.verdict.flags {
            let message = serde_json::to_string(&f.message).unwrap_or_default();
            self.flags.push(&[
                j.read.visit.0.into(),
                f.code.as_str().into(),
                f.severity.as_str().into(),
                f.item.map(|i| i.0).into(),
                Value::Json(&message),
            ]);
        }
    }
}

/// A row of `visits` at its feed position.
pub(super) fn visit_row(rows: &mut Rows, j: &Judged, position: i64, now_ms: i64) {
    let view = &j.read.view;
    let origin = view.origin();
    let verdict = serde_json::to_string(&j.verdict).unwrap_or_default();
    let judged = j.judging.json();
    rows.push(&[
        j.read.visit.0.into(),
        (j.read.version + i64::from(j.read.changed)).into(),
        position.into(),
        j.read.customer().map(|c| c.0).into(),
        origin.map_or("", |o| o.customer_name.as_str()).into(),
        j.read.work_order().map(|w| w.0).into(),
        origin.map_or("on_site", |o| o.mode.as_str()).into(),
        origin.map_or(now_ms, |o| o.at.instant_ms()).into(),
        j.read.ended_ms().into(),
        j.read.labour_s.into(),
        view.sign_offs.last().map(|s| s.value.outcome.as_str()).into(),
        "open".into(),
        false.into(),
        j.verdict.coverage.as_str().into(),
        i64::try_from(j.verdict.reference_version).unwrap_or(i64::MAX).into(),
        Value::LongText(&verdict),
        i64::try_from(view.conflicts.len()).unwrap_or(i64::MAX).into(),
        now_ms.into(),
        Value::Json(&judged),
    ]);
}

/// A row of the change log at its feed position.
pub(super) fn log_row(rows: &mut Rows, log: &LogRow, position: i64, now_ms: i64) {
    rows.push(&[
        Uuid::now_v7().into(),
        log.visit.into(),
        log.device.into(),
        log.attestation.into(),
        position.into(),
        now_ms.into(),
        log.count.into(),
        log.changes.as_slice().into(),
    ]);
}
