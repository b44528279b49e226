//! The template: three files in the program, each of which a company's folder may replace, and what that folder holds
//! beside (a logo).

use std::collections::BTreeMap;
use std::path::Path;
use sync_core::canonical::sha256_hex;
use typst::foundations::Bytes;
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};

/// The file that is set; it imports the others.
const MAIN: &str = "receipt.typ";

/// The template that is in the program, by file.
pub const OWN: [(&str, &str); 3] = [
    (MAIN, include_str!("template/receipt.typ")),
    ("parts.typ", include_str!("template/parts.typ")),
    ("brand.typ", include_str!("template/brand.typ")),
];

/// Larger than any logo; a folder that was named by mistake is noticed.
const LARGEST: u64 = 8 * 1024 * 1024;
/// More than any template.
const MOST_FILES: usize = 100;

/// The number of a file in the typesetter's root.
///
/// # Errors
/// When the name leads out of it.
fn id(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|e| format!("{name}: {e:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// A template in memory.
#[derive(Clone, Debug)]
pub(super) struct Template {
    sources: BTreeMap<String, Source>,
    files: BTreeMap<String, Bytes>,
    main: FileId,
    digest: String,
}

impl Template {
    /// The program's own, with the files of `folder` in their place.
    ///
    /// # Errors
    /// In a line: a folder that cannot be read, a file that is too large or no text.
    pub(super) fn open(folder: Option<&Path>) -> Result<Self, String> {
        let mut files: BTreeMap<String, Vec<u8>> =
            OWN.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        if let Some(folder) = folder {
            let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            for entry in entries {
                let path = entry.map_err(|e| format!("{}: {e}", folder.display()))?.path();
                let refuse = |why: String| format!("{}: {why}", path.display());
                let meta = path.metadata().map_err(|e| refuse(e.to_string()))?;
                let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|n| !n.starts_with('.')) else {
                    continue;
                };
                if !meta.is_file() {
                    continue;
                }
                if meta.len() > LARGEST || files.len() >= MOST_FILES {
                    return Err(refuse(format!("a template has at most {MOST_FILES} files of {LARGEST} bytes")));
                }
                files.insert(name.to_owned(), std::fs::read(&path).map_err(|e| refuse(e.to_string()))?);
            }
        }
        let mut digests = String::new();
        let mut sources = BTreeMap::new();
        for (name, bytes) in &files {
            digests.push_str(&format!("{name}\n{}\n", sha256_hex(bytes)));
            if name.ends_with(".typ") {
                let text = String::from_utf8(bytes.clone()).map_err(|_| format!("{name} is no UTF-8 text"))?;
                sources.insert(name.clone(), Source::new(id(name)?, text));
            }
        }
        let files = files.into_iter().map(|(name, bytes)| (name, Bytes::new(bytes))).collect();
        Ok(Self { sources, files, main: id(MAIN)?, digest: sha256_hex(digests.as_bytes()) })
    }

    pub(super) fn main(&self) -> FileId {
        self.main
    }
    pub(super) fn source(&self, name: &str) -> Option<Source> {
        self.sources.get(name).cloned()
    }
    pub(super) fn file(&self, name: &str) -> Option<Bytes> {
        self.files.get(name).cloned()
    }
    /// SHA-256 over the names and digests of its files, lower-case hex.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }
}
