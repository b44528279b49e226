//! Which device wrote which change, whose it is, and when the server got it.

use crate::store::dossier::{LogRow, OwnerRow};
use serde::Serialize;
use std::collections::HashMap;
use sync_core::document::Document;
use sync_core::document::history::{Wrote, change_hash, history};
use sync_core::ids::DeviceId;
use sync_core::sync::{ByteVec, decode};
use uuid::Uuid;

/// A device and the person who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Hand {
    /// The device.
    pub device: Uuid,
    /// What its owner calls it; absent for a device that this server does not know.
    pub device_name: Option<String>,
    /// Its owner.
    pub user: Option<Uuid>,
    /// Their name.
    pub user_name: Option<String>,
}

/// One change of a visit's document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Provenance {
    /// Its number in the order in which the server got them, from 1. Every change comes after those it stands on.
    pub number: u64,
    /// Its hash, hex.
    pub hash: String,
    /// Who wrote it.
    #[serde(flatten)]
    pub by: Hand,
    /// When, by the device's clock, to the second. Milliseconds since 1970 UTC.
    pub written_ms: i64,
    /// When the server got it.
    pub received_ms: i64,
    /// The device that brought it: another one's change may come by a colleague's phone.
    pub brought_by: Uuid,
}

/// A change as the document and the log tell it, before names are known.
pub(super) struct Told {
    pub(super) number: u64,
    pub(super) wrote: Wrote,
    pub(super) received_ms: i64,
    pub(super) brought_by: Uuid,
}

impl Told {
    pub(super) fn provenance(&self, hands: &Hands) -> Provenance {
        Provenance {
            number: self.number,
            hash: hex::encode(self.wrote.hash),
            by: hands.of(self.wrote.device.0),
            written_ms: self.wrote.time_s.saturating_mul(1000),
            received_ms: self.received_ms,
            brought_by: self.brought_by,
        }
    }
}

/// The document's changes in the order of the log.
pub(super) fn told(document: &Document, log: &[LogRow]) -> Result<Vec<Told>, String> {
    let mut wrote: HashMap<[u8; 32], Wrote> = history(document).into_iter().map(|w| (w.hash, w)).collect();
    let mut out = Vec::with_capacity(wrote.len());
    for row in log {
        let changes: Vec<ByteVec> = decode(&row.changes).map_err(|e| e.to_string())?;
        for hash in changes.iter().filter_map(|bytes| change_hash(bytes)) {
            // What is in the log twice is told once.
            let Some(wrote) = wrote.remove(&hash) else { continue };
            let number = out.len() as u64 + 1;
            out.push(Told { number, wrote, received_ms: row.received_ms, brought_by: row.device_id });
        }
    }
    Ok(out)
}

/// Devices with their owners.
pub(super) struct Hands(HashMap<Uuid, OwnerRow>);

impl Hands {
    pub(super) fn new(rows: Vec<OwnerRow>) -> Self {
        Self(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    pub(super) fn of(&self, device: Uuid) -> Hand {
        let row = self.0.get(&device);
        Hand {
            device,
            device_name: row.map(|r| r.name.clone()),
            user: row.map(|r| r.user_id),
            user_name: row.map(|r| r.user_name.clone()),
        }
    }

    pub(super) fn wrote(&self, device: DeviceId) -> Hand {
        self.of(device.0)
    }
}
