//! Photos' and files' bytes on the server: named by their SHA-256, uploaded in parts that may be lost or repeated, and never
//! taken unless a visit refers to them (docs/protocol.md).
//!
//! Every part is one transaction, so whatever was acknowledged is on disk, and what was cut off was never there.

use crate::failpoint;
use crate::store::blobs::{self, BlobRow, PhotoRow, UploadRow};
use crate::store::queue::Scope;
use crate::store::{Db, StoreError, Tx};
use sync_core::blob::{MAX_BLOB_BYTES, MediaType};
use sync_core::canonical::sha256_hex;
use sync_core::document::view::VisitView;
use sync_core::ids::{DeviceId, UserId};
use sync_core::reference::Reference;

/// What one device may have on its way at once, in bytes: some of the largest photos. A phone sends one after the other.
pub const MOST_UNDER_WAY: i64 = 3 * (20 << 20);
/// What one device may send in a day (UTC), in bytes. An engineer takes some dozens of photos of half a megabyte.
pub const MOST_PER_DAY: i64 = 1 << 30;
/// How long an upload that nobody goes on with is kept, in milliseconds: a week without a network is a long one.
pub const PATIENCE_MS: i64 = 7 * DAY_MS;

const DAY_MS: i64 = 86_400_000;
/// From so many bytes on, the kind of a file is known by its beginning.
const SIGNATURE: usize = 16;

/// How far the server has come with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are on the server's disk; the next part begins there.
    pub offset: i64,
    /// Whether that is all, and it has the digest that it is named by.
    pub complete: bool,
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// No visit that the asker has to do with refers to it.
    #[error("no visit of yours refers to such a photo")]
    Unknown,
    /// The part does not begin where the server has come to.
    #[error("the next part begins at {0}")]
    Offset(i64),
    /// It is longer than the record says.
    #[error("this is more than the {0} bytes that the record says")]
    TooLong(i64),
    /// It is whole, and is not what the record names. Nothing of it was kept.
    #[error("these are not the bytes that the record names; nothing of them was kept")]
    Digest,
    /// It is not of the kind that the record says. Nothing of it was kept.
    #[error("this is not the {0} that the record says; nothing of it was kept")]
    Kind(String),
    /// The device has too much on its way, or has sent too much today.
    #[error("this device has sent too much; go on in {0} seconds")]
    Quota(u64),
    /// The work could not be done.
    #[error("{0}")]
    Failed(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// From which device.
    pub device: DeviceId,
    /// Who.
    pub user: UserId,
    /// For the work orders that send them somewhere.
    pub known: &'a Reference,
}

impl Sender<'_> {
    /// The visits that they work on, whatever other roles they have.
    fn scope(&self) -> Scope {
        let sent = self.known.work_orders.values().filter(|w| w.engineers.contains(&self.user));
        Scope { engineer: Some(self.user.0), dispatched: sent.map(|w| w.visit.0).collect(), ..Scope::default() }
    }

    /// What the record says of the photo: this device's own word before others'.
    async fn photo(&self, tx: &mut Tx, sha256: &str) -> Result<PhotoRow, BlobError> {
        let mut records = blobs::referred(tx, &self.scope(), sha256).await?;
        records.sort_by_key(|r| r.device_id != self.device.0);
        records.into_iter().next().ok_or(BlobError::Unknown)
    }
}

/// Photos of a visit as the database lists them: fact, device, digest, size and kind. One that the server would not take –
/// too large, empty, of another kind – is in the record and nowhere else.
pub(crate) fn listed(view: &VisitView) -> impl Iterator<Item = (uuid::Uuid, uuid::Uuid, &str, i64, MediaType)> {
    view.photos.iter().filter_map(|p| {
        let kind = MediaType::parse(&p.value.media_type)?;
        let size = i64::try_from(p.value.size).ok().filter(|size| (1..=MAX_BLOB_BYTES as i64).contains(size))?;
        Some((p.id.0, p.device.0, p.value.sha256.as_str(), size, kind))
    })
}

/// How far the server has come with a photo of this sender.
///
/// # Errors
/// [`BlobError::Unknown`], or when the database refuses.
pub async fn progress(db: &Db, sender: Sender<'_>, sha256: &str) -> Result<Progress, BlobError> {
    let mut tx = db.read().await?;
    sender.photo(&mut tx, sha256).await?;
    if let Some(blob) = blobs::blob(&mut tx, sha256).await? {
        return Ok(Progress { offset: blob.size, complete: true });
    }
    let upload = blobs::upload(&mut tx, sender.device.0, sha256).await?;
    Ok(Progress { offset: upload.map_or(0, |u| u.received), complete: false })
}

/// Takes a part of a photo that begins at `offset`. What it returns is on disk. The part that makes it whole is followed by a
/// look at all of it.
///
/// # Errors
/// See [`BlobError`].
pub async fn append(
    db: &Db,
    sender: Sender<'_>,
    sha256: &str,
    offset: i64,
    part: &[u8],
    now_ms: i64,
) -> Result<Progress, BlobError> {
    if part.is_empty() {
        return progress(db, sender, sha256).await;
    }
    let mut tx = db.begin().await?;
    let photo = sender.photo(&mut tx, sha256).await?;
    if let Some(blob) = blobs::blob(&mut tx, sha256).await? {
        return Ok(Progress { offset: blob.size, complete: true });
    }
    let length = i64::try_from(part.len()).unwrap_or(i64::MAX);
    let spent = blobs::spend(&mut tx, sender.device.0, now_ms.div_euclid(DAY_MS), length).await?;
    if spent > MOST_PER_DAY {
        let left = DAY_MS - now_ms.rem_euclid(DAY_MS);
        return Err(BlobError::Quota(left.unsigned_abs().div_ceil(1000)));
    }
    let upload = blobs::begin(&mut tx, sender.device.0, sha256, photo.size, now_ms).await?;
    if upload.received != offset {
        return Err(BlobError::Offset(upload.received));
    }
    if length > upload.size - upload.received {
        return Err(BlobError::TooLong(upload.size));
    }
    if upload.received == 0 && blobs::under_way(&mut tx, sender.device.0).await? > MOST_UNDER_WAY {
        return Err(BlobError::Quota(3600));
    }
    if offset == 0 && part.len() >= SIGNATURE && !is_kind(part, &photo.media_type) {
        return Err(BlobError::Kind(photo.media_type));
    }
    blobs::append(&mut tx, &upload, part).await?;
    let offset = upload.received + length;
    let complete = offset == upload.size;
    let refused = if complete { finish(&mut tx, &upload, sha256, photo, now_ms).await? } else { None };
    failpoint::pass("blob_in_transaction");
    tx.commit().await?;
    failpoint::pass("blob_after_commit");
    refused.map_or(Ok(Progress { offset, complete }), Err)
}

/// Looks at all of it; what is not as the record says is forgotten.
async fn finish(
    tx: &mut Tx,
    upload: &UploadRow,
    sha256: &str,
    photo: PhotoRow,
    now_ms: i64,
) -> Result<Option<BlobError>, BlobError> {
    let bytes = blobs::bytes(tx, upload.id).await?;
    let name = sha256.to_owned();
    let (right, is_kind) = tokio::task::spawn_blocking({
        let kind = photo.media_type.clone();
        move || (sha256_hex(&bytes) == name, is_kind(&bytes, &kind))
    })
    .await
    .map_err(|e| BlobError::Failed(e.to_string()))?;
    if right && is_kind {
        let (sha256, size) = (sha256.to_owned(), upload.size);
        let blob = BlobRow { sha256, upload_id: upload.id, size, media_type: photo.media_type, held_ms: now_ms };
        blobs::hold(tx, &blob).await?;
        return Ok(None);
    }
    blobs::discard(tx, upload.id).await?;
    Ok(Some(if right { BlobError::Kind(photo.media_type) } else { BlobError::Digest }))
}

fn is_kind(bytes: &[u8], media_type: &str) -> bool {
    MediaType::sniff(bytes).is_some_and(|kind| kind.as_str() == media_type)
}

/// A photo that is here, with its bytes, for whoever sees a visit that refers to it.
///
/// # Errors
/// [`BlobError::Unknown`], or when the database refuses.
pub async fn open(tx: &mut Tx, scope: &Scope, sha256: &str) -> Result<(MediaType, Vec<u8>), BlobError> {
    if blobs::referred(tx, scope, sha256).await?.is_empty() {
        return Err(BlobError::Unknown);
    }
    read(tx, sha256).await?.ok_or(BlobError::Unknown)
}

/// A photo that is here, with its bytes. Who may see it is the caller's to know.
///
/// # Errors
/// When the database refuses.
pub async fn read(tx: &mut Tx, sha256: &str) -> Result<Option<(MediaType, Vec<u8>)>, StoreError> {
    let Some(blob) = blobs::blob(tx, sha256).await? else { return Ok(None) };
    let Some(kind) = MediaType::parse(&blob.media_type) else { return Ok(None) };
    Ok(Some((kind, blobs::bytes(tx, blob.upload_id).await?)))
}

/// Forgets uploads that nobody went on with.
///
/// # Errors
/// When the database refuses.
pub async fn forget_stale(db: &Db, now_ms: i64) -> Result<usize, StoreError> {
    let mut tx = db.begin().await?;
    let forgotten = blobs::forget_stale(&mut tx, now_ms - PATIENCE_MS, now_ms.div_euclid(DAY_MS) - 1).await?;
    tx.commit().await?;
    Ok(forgotten)
}
