//! Rows of photos and files: which ones visits refer to, their bytes in chunks, and what is on its way.

use super::bulk::{Bulk, Kind};
use super::queue::Scope;
use super::select::Select;
use super::{Sql, StoreError, Tx};
use crate::{db_all, db_execute, db_one, db_optional};
use serde::Serialize;
use std::collections::HashSet;
use uuid::Uuid;

/// Which photos visits refer to. A photo's record never changes, so what is there stays.
pub static PHOTOS: Bulk = Bulk::new(
    "photos",
    &[
        ("visit_id", Kind::Uuid),
        ("fact_id", Kind::Uuid),
        ("device_id", Kind::Uuid),
        ("sha256", Kind::Text),
        ("size", Kind::Int),
        ("media_type", Kind::Text),
        ("awaited", Kind::Bool),
    ],
    "ON CONFLICT DO NOTHING",
);

/// What a record says of a photo.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PhotoRow {
    /// The device that recorded it.
    pub device_id: Uuid,
    /// Its size in bytes.
    pub size: i64,
    /// Its media type; one of those that are taken.
    pub media_type: String,
}

/// A photo that is here.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BlobRow {
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// The upload that brought it: what its chunks are found by.
    pub upload_id: Uuid,
    /// Its size in bytes.
    pub size: i64,
    /// What its bytes are.
    pub media_type: String,
    /// Since when it is here, milliseconds since 1970 UTC.
    pub held_ms: i64,
}

/// A photo that is on its way.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UploadRow {
    /// Its id.
    pub id: Uuid,
    /// Its size by the record.
    pub size: i64,
    /// How many bytes of it are on the server's disk.
    pub received: i64,
}

/// Most records that are looked at for one photo.
const MOST_RECORDS: i64 = 100;

#[derive(Serialize)]
struct Question<'a> {
    #[serde(flatten)]
    scope: &'a Scope,
    sha256: &'a str,
    limit: i64,
}

/// What visits within `scope` say of a photo; empty when none refers to it.
///
/// # Errors
/// When the database refuses.
pub async fn referred(tx: &mut Tx, scope: &Scope, sha256: &str) -> Result<Vec<PhotoRow>, StoreError> {
    let mut select = Select::from(
        "SELECT DISTINCT p.device_id, p.size, p.media_type FROM photos p JOIN visits v ON v.id = p.visit_id",
    );
    select.text(" AND p.sha256 = ", "sha256", "");
    select.scope(scope);
    select.int(" LIMIT ", "limit", "");
    let question = Question { scope, sha256, limit: MOST_RECORDS };
    // Plain data with text keys always has a JSON form.
    select.rows(tx, serde_json::to_string(&question).unwrap_or_default()).await
}

/// Photos recorded by `device` whose bytes are not here, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn awaited(tx: &mut Tx, device: Uuid, limit: i64) -> Result<Vec<String>, StoreError> {
    const AWAITED: &str = "SELECT DISTINCT p.sha256 FROM photos p WHERE p.device_id = $1 AND p.awaited AND NOT EXISTS \
                           (SELECT 1 FROM blobs b WHERE b.sha256 = p.sha256) ORDER BY p.sha256 LIMIT $2";
    Ok(db_all!((String,), tx, AWAITED, device, limit)?.into_iter().map(|(sha,)| sha).collect())
}

/// A photo that is here.
///
/// # Errors
/// When the database refuses.
pub async fn blob(tx: &mut Tx, sha256: &str) -> Result<Option<BlobRow>, StoreError> {
    db_optional!(BlobRow, tx, "SELECT * FROM blobs WHERE sha256 = $1", sha256)
}

/// Those of these photos that are here.
///
/// # Errors
/// When the database refuses.
pub async fn held(tx: &mut Tx, sha256: &[String]) -> Result<HashSet<String>, StoreError> {
    const HELD: Sql = Sql {
        sqlite: "SELECT sha256 FROM blobs WHERE sha256 IN (SELECT value FROM json_each($1))",
        postgres: "SELECT sha256 FROM blobs WHERE sha256 IN (SELECT value FROM jsonb_array_elements_text($1::jsonb))",
    };
    if sha256.is_empty() {
        return Ok(HashSet::new());
    }
    let list = serde_json::Value::from(sha256.to_vec()).to_string();
    Ok(db_all!((String,), tx, HELD, list)?.into_iter().map(|(sha,)| sha).collect())
}

/// The bytes of an upload, whole or as far as they have come.
///
/// # Errors
/// When the database refuses.
pub async fn bytes(tx: &mut Tx, upload: Uuid) -> Result<Vec<u8>, StoreError> {
    const CHUNKS: &str = "SELECT bytes FROM blob_chunks WHERE upload_id = $1 ORDER BY start_at";
    Ok(db_all!((Vec<u8>,), tx, CHUNKS, upload)?.into_iter().flat_map(|(chunk,)| chunk).collect())
}

/// How far a device's upload has come.
///
/// # Errors
/// When the database refuses.
pub async fn upload(tx: &mut Tx, device: Uuid, sha256: &str) -> Result<Option<UploadRow>, StoreError> {
    const UPLOAD: &str = "SELECT id, size, received FROM uploads WHERE device_id = $1 AND sha256 = $2";
    db_optional!(UploadRow, tx, UPLOAD, device, sha256)
}

/// Counts `bytes` to what the device sent on `day` and returns the sum. Until the commit nobody else counts for the same
/// device and day: a device's uploads take turns.
///
/// # Errors
/// When the database refuses.
pub async fn spend(tx: &mut Tx, device: Uuid, day: i64, bytes: i64) -> Result<i64, StoreError> {
    const SPEND: &str = "INSERT INTO upload_days (device_id, day, bytes) VALUES ($1, $2, $3) ON CONFLICT (device_id, day) \
                         DO UPDATE SET bytes = upload_days.bytes + excluded.bytes RETURNING bytes";
    Ok(db_one!((i64,), tx, SPEND, device, day, bytes)?.0)
}

/// The device's upload of this photo, begun now if there is none, and locked until the commit.
///
/// # Errors
/// When the database refuses.
pub async fn begin(tx: &mut Tx, device: Uuid, sha256: &str, size: i64, now_ms: i64) -> Result<UploadRow, StoreError> {
    const BEGIN: &str = "INSERT INTO uploads (id, device_id, sha256, size, received, touched_ms) \
                         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (device_id, sha256) \
                         DO UPDATE SET touched_ms = excluded.touched_ms RETURNING id, size, received";
    db_one!(UploadRow, tx, BEGIN, Uuid::now_v7(), device, sha256, size, now_ms)
}

/// The sizes of all that is on its way from a device, in bytes.
///
/// # Errors
/// When the database refuses.
pub async fn under_way(tx: &mut Tx, device: Uuid) -> Result<i64, StoreError> {
    const UNDER_WAY: &str = "SELECT COALESCE(CAST(SUM(size) AS BIGINT), 0) FROM uploads WHERE device_id = $1";
    Ok(db_one!((i64,), tx, UNDER_WAY, device)?.0)
}

/// Adds a chunk to an upload.
///
/// # Errors
/// When the database refuses.
pub async fn append(tx: &mut Tx, upload: &UploadRow, chunk: &[u8]) -> Result<(), StoreError> {
    const CHUNK: &str = "INSERT INTO blob_chunks (upload_id, start_at, bytes) VALUES ($1, $2, $3)";
    const RECEIVED: &str = "UPDATE uploads SET received = $2 WHERE id = $1";
    db_execute!(tx, CHUNK, upload.id, upload.received, chunk)?;
    let received = upload.received + i64::try_from(chunk.len()).unwrap_or(i64::MAX);
    db_execute!(tx, RECEIVED, upload.id, received).map(|_| ())
}

/// Forgets an upload with all that came of it.
///
/// # Errors
/// When the database refuses.
pub async fn discard(tx: &mut Tx, upload: Uuid) -> Result<(), StoreError> {
    db_execute!(tx, "DELETE FROM blob_chunks WHERE upload_id = $1", upload)?;
    db_execute!(tx, "DELETE FROM uploads WHERE id = $1", upload).map(|_| ())
}

/// Makes a whole upload the photo. Where another device was faster, its bytes – the same – stay, and these go.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &mut Tx, blob: &BlobRow) -> Result<(), StoreError> {
    const HOLD: &str = "INSERT INTO blobs (sha256, upload_id, size, media_type, held_ms) VALUES ($1, $2, $3, $4, $5) \
                        ON CONFLICT DO NOTHING";
    let (sha256, upload) = (blob.sha256.as_str(), blob.upload_id);
    let added = db_execute!(tx, HOLD, sha256, upload, blob.size, blob.media_type.as_str(), blob.held_ms)?;
    if added == 0 {
        return discard(tx, upload).await;
    }
    db_execute!(tx, "DELETE FROM uploads WHERE id = $1", upload)?;
    db_execute!(tx, "UPDATE photos SET awaited = false WHERE sha256 = $1 AND awaited", sha256).map(|_| ())
}

/// Forgets uploads that nobody went on with since `before_ms`, and what was counted before `before_day`. Returns how many
/// uploads.
///
/// # Errors
/// When the database refuses.
pub async fn forget_stale(tx: &mut Tx, before_ms: i64, before_day: i64) -> Result<usize, StoreError> {
    const STALE: &str = "SELECT id FROM uploads WHERE touched_ms < $1 ORDER BY touched_ms LIMIT 1000";
    db_execute!(tx, "DELETE FROM upload_days WHERE day < $1", before_day)?;
    let stale = db_all!((Uuid,), tx, STALE, before_ms)?;
    for (upload,) in &stale {
        discard(tx, *upload).await?;
    }
    Ok(stale.len())
}
