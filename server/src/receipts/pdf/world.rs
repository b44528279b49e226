//! All that the typesetter can see: the template's files, the receipt, the fonts. No network, no packages, no disk, and
//! the date is the receipt's.

use super::fonts::Fonts;
use super::template::Template;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use typst::diag::{FileError, FileResult, PackageError};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, Source, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// One receipt's world.
pub(super) struct Desk<'a> {
    pub(super) template: &'a Template,
    pub(super) fonts: &'a Arc<Fonts>,
    /// What the template reads beside its own files, by name. The names are the same for every receipt: the typesetter
    /// remembers each for as long as the process lives.
    pub(super) papers: BTreeMap<&'static str, Bytes>,
    /// The day of issue.
    pub(super) today: Option<Datetime>,
}

impl Desk<'_> {
    fn name(id: FileId) -> FileResult<&'static str> {
        let path = id.get();
        match path.root() {
            VirtualRoot::Project => Ok(path.vpath().get_without_slash()),
            VirtualRoot::Package(package) => Err(FileError::Package(PackageError::NotFound(package.clone()))),
        }
    }
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }
    fn main(&self) -> FileId {
        self.template.main()
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        let name = Self::name(id)?;
        self.template.source(name).ok_or_else(|| FileError::NotFound(PathBuf::from(name)))
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let name = Self::name(id)?;
        let paper = self.papers.get(name).cloned();
        paper.or_else(|| self.template.file(name)).ok_or_else(|| FileError::NotFound(PathBuf::from(name)))
    }
    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.faces.get(index).cloned()
    }
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}
