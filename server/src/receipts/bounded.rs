//! Files of which nobody knows yet what they are: read no further than is honest.

use std::io::Read as _;
use std::path::Path;

/// Why text cannot be read.
pub(super) const NO_TEXT: &str = "it is no UTF-8 text";

/// A text file of at most `largest` bytes.
pub(super) fn read_bounded(path: &Path, largest: u64) -> Result<String, String> {
    String::from_utf8(bytes_bounded(path, largest)?).map_err(|_| NO_TEXT.to_owned())
}

/// A file of at most `largest` bytes.
pub(super) fn bytes_bounded(path: &Path, largest: u64) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    file.take(largest + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > largest {
        return Err(format!("it has more than {largest} bytes"));
    }
    Ok(bytes)
}
