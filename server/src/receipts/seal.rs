//! The customer's seal (公章): a photo of the record that is marked as one, drawn beside the signature where its bytes are here.
//!
//! It comes from a phone, so it is not believed: only the photo that the signed record names by its digest is taken, it is
//! decoded within bounds, and what is drawn is a picture painted anew, without whatever else the file held. A broken one is
//! as if there were none.

use crate::store::{StoreError, Tx, blobs};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ImageFormat, ImageReader, Limits};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use sync_core::blob::MediaType;
use sync_core::canonical::sha256_hex;
use sync_core::document::facts::{Photo, SignOffOutcome};
use sync_core::receipt::{Receipt, ReceiptBody};

/// Larger ones are listed with the other photos and not drawn: the file goes with every PDF.
const LARGEST: usize = 4 << 20;
/// Most pixels to a side before it is decoded.
const MOST_PIXELS: u32 = 8_000;
/// Most memory that decoding takes, in bytes.
const MOST_MEMORY: u64 = 256 << 20;
/// Pixels to the longer side as it is drawn: 4 cm at 300 dpi, and some.
const DRAWN: u32 = 600;

/// A seal's photo, as the phone sent it.
#[derive(Clone, PartialEq, Eq)]
pub struct Seal {
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("sha256", &self.sha256).finish_non_exhaustive()
    }
}

/// The photo of the seal that belongs beside this receipt's signature: the last one recorded. Nobody seals what was refused.
pub fn named(receipt: &ReceiptBody) -> Option<&Photo> {
    let sealed = matches!(
        receipt.sign_off.sign_off.outcome,
        SignOffOutcome::Accepted | SignOffOutcome::AcceptedWithReservations
    );
    let live = receipt.summary.record.photos.iter().filter(|p| p.superseded_by.is_none() && p.value.seal);
    live.max_by_key(|p| p.id).map(|p| &p.value).filter(|p| {
        let drawn = [MediaType::Jpeg, MediaType::Png, MediaType::Webp].map(MediaType::as_str);
        sealed && drawn.contains(&p.media_type.as_str()) && p.size <= LARGEST as u64
    })
}

/// The seal of a receipt's file, as far as its bytes are here.
///
/// # Errors
/// When the database refuses.
pub async fn of(tx: &mut Tx, file: &str) -> Result<Option<Seal>, StoreError> {
    // What cannot be read is said by whoever sets it.
    let Ok(receipt) = serde_json::from_str::<Receipt>(file) else { return Ok(None) };
    let Some(photo) = named(&receipt.body) else { return Ok(None) };
    let Some(blob) = blobs::blob(tx, &photo.sha256).await? else { return Ok(None) };
    let bytes = blobs::bytes(tx, blob.upload_id).await?.into();
    Ok(Some(Seal { sha256: photo.sha256.clone(), bytes }))
}

impl Seal {
    /// The seal of a receipt from bytes of anywhere; `None` where they are not the photo that the record names.
    pub fn claimed(receipt: &ReceiptBody, bytes: Vec<u8>) -> Option<Self> {
        let sha256 = sha256_hex(&bytes);
        named(receipt).filter(|p| p.sha256 == sha256)?;
        Some(Self { sha256, bytes: bytes.into() })
    }

    /// The picture to be drawn, as a PNG of no more than 600 pixels to a side; `None` where it cannot be decoded. The same
    /// bytes give the same picture.
    pub fn drawn(&self) -> Option<Vec<u8>> {
        // Decoders of pictures from anywhere have given up in every way there is.
        catch_unwind(AssertUnwindSafe(|| painted(&self.bytes))).ok().flatten()
    }
}

fn painted(bytes: &[u8]) -> Option<Vec<u8>> {
    let format = match MediaType::sniff(bytes)? {
        MediaType::Jpeg => ImageFormat::Jpeg,
        MediaType::Png => ImageFormat::Png,
        MediaType::Webp => ImageFormat::WebP,
        MediaType::Heic | MediaType::Pdf => return None,
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let picture = reader.decode().ok()?.thumbnail(DRAWN, DRAWN).into_rgb8();
    let mut png = Vec::new();
    picture
        .write_with_encoder(PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Sub))
        .ok()?;
    Some(png)
}

#[cfg(test)]
pub(crate) mod tests;
