//! The fonts that receipts are set in: found on the system, read when the first receipt is set.
//!
//! Found by the names of their files, in an order of preference, so that a start needs to open none of them and two
//! machines with the same packages set the same pages.

use memmap2::Mmap;
use sha2::{Digest as _, Sha256};
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use sync_core::canonical::sha256_hex;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

/// Chinese fonts: the files of one family, the regular face first, and the faces of interest in them.
const CHINESE: &[(&[&str], &str)] = &[
    (&["NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"], "Noto Sans CJK SC"),
    (&["NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"], "Noto Sans CJK SC"),
    (&["SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"], "Source Han Sans SC"),
    (&["SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"], "Source Han Sans CN"),
    (&["wqy-microhei.ttc"], "WenQuanYi Micro Hei"),
    (&["wqy-zenhei.ttc"], "WenQuanYi Zen Hei"),
    (&["msyh.ttc", "msyhbd.ttc"], "Microsoft YaHei"),
    (&["DroidSansFallbackFull.ttf"], "Droid Sans Fallback"),
];

/// What else is taken where it is there: figures of one width, and scripts and rare characters that the first lacks.
const BESIDE: &[&str] = &["DejaVuSansMono.ttf", "DejaVuSans.ttf"];

/// Large fonts of rare characters: read only for a receipt that needs them.
const RARE: &[&str] = &["NotoSerifCJK-Regular.ttc", "HanaMinA.ttf", "HanaMinB.ttf", "BabelStoneHan.ttf"];

/// Deeper than any distribution puts its fonts.
const DEEPEST: usize = 5;
/// More than any system has; a folder that is a loop ends here.
const MOST_FILES: usize = 20_000;
/// Larger than any font.
const LARGEST: u64 = 128 * 1024 * 1024;

/// There is no font with Chinese characters on this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no font with Chinese characters on this system")]
pub struct FontMissing;

/// Where the fonts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    family: &'static str,
    chinese: Vec<PathBuf>,
    beside: Vec<PathBuf>,
    rare: Vec<PathBuf>,
}

impl Found {
    /// Looks in these folders.
    pub(super) fn look(folders: &[PathBuf]) -> Result<Self, FontMissing> {
        let mut files = Vec::new();
        for folder in folders {
            collect(folder, DEEPEST, &mut files);
        }
        Self::among(&files)
    }

    fn among(files: &[PathBuf]) -> Result<Self, FontMissing> {
        let named = |name: &str| files.iter().find(|f| f.file_name().is_some_and(|n| n == name)).cloned();
        let all = |names: &[&str]| names.iter().filter_map(|name| named(name)).collect::<Vec<_>>();
        // The regular face must be there; without the bold one, headings are set in it too.
        let (family, chinese) = CHINESE
            .iter()
            .find(|(names, _)| names.first().is_some_and(|name| named(name).is_some()))
            .map(|(names, family)| (*family, all(names)))
            .ok_or(FontMissing)?;
        Ok(Self { family, chinese, beside: all(BESIDE), rare: all(RARE) })
    }
}

/// Fonts in memory.
#[derive(Debug)]
pub(super) struct Fonts {
    /// Families in the order in which a character is looked for.
    pub(super) families: Vec<String>,
    /// What the typesetter knows of them.
    pub(super) book: LazyHash<FontBook>,
    /// The faces, as the book numbers them.
    pub(super) faces: Vec<Font>,
    /// SHA-256 over the files' digests, lower-case hex: two machines with the same one set the same pages.
    pub(super) digest: String,
}

impl Fonts {
    /// Reads them; with those of rare characters or without.
    ///
    /// # Errors
    /// When the regular Chinese face cannot be read any more.
    pub(super) fn read(found: &Found, rare: bool) -> Result<Self, FontMissing> {
        let mut faces: Vec<Font> = Vec::new();
        let mut digests = String::new();
        let rare = if rare { found.rare.as_slice() } else { &[] };
        for path in found.chinese.iter().chain(&found.beside).chain(rare) {
            let Some((bytes, digest)) = open(path) else { continue };
            digests.push_str(&digest);
            // A collection holds a face for every country; theirs for Japan draws some characters otherwise.
            let collection = path.extension().is_some_and(|e| e == "ttc");
            for face in Font::iter(bytes) {
                let name = face.info().family.as_str();
                let wanted = !collection || name == found.family || name.ends_with(" SC");
                if wanted && !name.contains("Mono CJK") {
                    faces.push(face);
                }
            }
        }
        if !faces.iter().any(|f| f.info().family == found.family) {
            return Err(FontMissing);
        }
        let mut families: Vec<String> = vec![found.family.to_owned()];
        for face in &faces {
            let name = &face.info().family;
            if !families.contains(name) {
                families.push(name.clone());
            }
        }
        let book = LazyHash::new(FontBook::from_fonts(&faces));
        Ok(Self { families, book, faces, digest: sha256_hex(digests.as_bytes()) })
    }

    /// Whether some face draws this character.
    pub(super) fn draws(&self, c: char) -> bool {
        self.faces.iter().any(|f| f.info().coverage.contains(u32::from(c)))
    }
}

/// A font's file and its SHA-256.
fn open(path: &Path) -> Option<(Bytes, String)> {
    let mut file = File::open(path).ok()?;
    let about = file.metadata().ok()?;
    if about.len() > LARGEST {
        return None;
    }
    if !is_the_systems(&about) {
        let bytes = std::fs::read(path).ok()?;
        let digest = sha256_hex(&bytes);
        return Some((Bytes::new(bytes), digest));
    }
    // Read through a small buffer, and not through the map: that would keep all of it in this process.
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => break,
            n => hasher.update(buffer.get(..n)?),
        }
    }
    let map = map(&file).ok()?;
    Some((Bytes::new(map), hex::encode(hasher.finalize())))
}

/// Whether only the system's administrator may write to it.
#[cfg(unix)]
fn is_the_systems(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    about.uid() == 0 && about.mode() & 0o022 == 0 && about.len() > 0
}

#[cfg(not(unix))]
fn is_the_systems(_: &Metadata) -> bool {
    false
}

/// A large font stays on the disk: of its 20 MB a receipt needs the outlines of some hundred characters.
#[expect(unsafe_code, reason = "whoever shortened the file would end this process, and only the administrator can")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the bytes do not change while they are mapped. Only the administrator may write to the file, and package
    // managers put a new file in the place of an old one; they do not write into it.
    unsafe { Mmap::map(file) }
}

/// Where systems have their fonts.
pub(super) fn system_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        ["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:\\Windows\\Fonts"]
            .iter()
            .map(PathBuf::from)
            .collect();
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
        folders.extend([home.join(".local/share/fonts"), home.join(".fonts"), home.join("Library/Fonts")]);
    }
    folders
}

/// Files below a folder, in the order of their names: that of the disk differs from machine to machine.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if files.len() >= MOST_FILES {
            return;
        }
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files);
            }
        } else {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_family_is_taken_and_a_bold_face_is_not_a_must() {
        let paths = |names: &[&str]| names.iter().map(|n| Path::new("/f").join(n)).collect::<Vec<_>>();
        let found = Found::among(&paths(&["wqy-microhei.ttc", "NotoSansCJK-Bold.ttc", "DejaVuSans.ttf"])).unwrap();
        assert_eq!((found.family, found.chinese.len()), ("WenQuanYi Micro Hei", 1));
        assert_eq!(found.beside, paths(&["DejaVuSans.ttf"]));
        let found = Found::among(&paths(&["wqy-microhei.ttc", "NotoSansCJK-Regular.ttc"])).unwrap();
        assert_eq!((found.family, found.chinese.len()), ("Noto Sans CJK SC", 1));
        assert_eq!(Found::among(&paths(&["DejaVuSans.ttf"])), Err(FontMissing));
    }
}
