//! The other way: the signed record, out of a PDF.
//!
//! A PDF from anywhere is not to be believed: its size is bounded, and so is what an attachment unpacks to.

use super::{RENDERING_FILE, SEAL_FILE};
use flate2::read::ZlibDecoder;
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, Stream, String as Text};
use std::io::Read as _;

/// Larger than any receipt that a visit within its bounds can give.
const LARGEST: u64 = 64 * 1024 * 1024;
/// More than any honest PDF of ours attaches.
const MOST_FILES: usize = 16;

/// What a PDF has attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The receipt's file.
    pub receipt: String,
    /// What the pages were set with, as far as the PDF says so: it is not signed.
    pub rendering: Option<String>,
    /// The photo of the customer's seal. Whether it is the one that the record names is the reader's to ask.
    pub seal: Option<Vec<u8>>,
}

/// Why nothing could be taken out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddedError {
    /// It is no PDF, or a broken one.
    #[error("this is no PDF that can be read")]
    Unreadable,
    /// No record is attached to it.
    #[error("no receipt is attached to this PDF")]
    None,
    /// More than one is, and nothing says which is meant.
    #[error("more than one record is attached to this PDF")]
    Several,
}

impl EmbeddedError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "pdf_unreadable",
            Self::None => "pdf_without_receipt",
            Self::Several => "pdf_several_receipts",
        }
    }
}

/// Whether these are the first bytes of a PDF.
pub fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

/// Takes the receipt out of a PDF.
///
/// # Errors
/// See [`EmbeddedError`].
pub fn extract(pdf: Vec<u8>) -> Result<Embedded, EmbeddedError> {
    // The reader is made to survive broken files; this is a net under it.
    let read = std::panic::catch_unwind(|| attachments(pdf)).unwrap_or(None).ok_or(EmbeddedError::Unreadable)?;
    let (mut receipt, mut rendering, mut seal) = (None, None, None);
    for (name, bytes) in read {
        if name.starts_with(SEAL_FILE.as_bytes()) {
            if seal.replace(bytes).is_some() {
                return Err(EmbeddedError::Several);
            }
            continue;
        }
        let text = String::from_utf8(bytes).map_err(|_| EmbeddedError::Unreadable)?;
        let place = if name == RENDERING_FILE.as_bytes() { &mut rendering } else { &mut receipt };
        if place.replace(text).is_some() {
            return Err(EmbeddedError::Several);
        }
    }
    Ok(Embedded { receipt: receipt.ok_or(EmbeddedError::None)?, rendering, seal })
}

/// Every associated file of the document (ISO 19005-3, 6.8): its name and bytes.
fn attachments(pdf: Vec<u8>) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let pdf = Pdf::new(pdf).ok()?;
    let root: Dict<'_> = pdf.xref().get(pdf.xref().root_id())?;
    let Some(list) = root.get::<Array<'_>>("AF") else { return Some(Vec::new()) };
    let mut found = Vec::new();
    for file in list.iter::<Dict<'_>>().take(MOST_FILES) {
        let name = file.get::<Text<'_>>("UF").or_else(|| file.get::<Text<'_>>("F"))?;
        let stream: Stream<'_> = file.get::<Dict<'_>>("EF")?.get("F")?;
        found.push((name.as_bytes().to_vec(), unpacked(&stream)?));
    }
    Some(found)
}

fn unpacked(stream: &Stream<'_>) -> Option<Vec<u8>> {
    let raw = stream.raw_data();
    let filter = stream.dict().get::<Name<'_>>("Filter");
    let mut bytes = Vec::new();
    match filter.as_ref().map(Name::as_str) {
        None if !stream.dict().contains_key("Filter") => bytes.extend_from_slice(&raw),
        Some("FlateDecode") => {
            ZlibDecoder::new(raw.as_ref()).take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
        }
        _ => return None,
    }
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}
