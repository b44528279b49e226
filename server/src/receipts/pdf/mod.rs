//! The receipt as a PDF/A-3 (ISO 19005-3): pages to read and print, with the signed record attached.
//!
//! Set by the typesetter from a template that a company can replace (docs/receipt.md). The same receipt in the same
//! [`Layout`] gives the same bytes, as long as template, fonts and program are the same; [`Rendering`] says which they
//! were and is attached too, so that whoever checks the file can set it again and compare.

mod cache;
mod data;
pub mod embedded;
mod fonts;
mod program;
mod shapes;
pub mod template;
mod world;

#[cfg(test)]
mod tests;

use self::cache::Cache;
use self::data::Data;
use self::fonts::{FontMissing, Fonts, Found, system_folders};
use self::program::program;
use self::template::Template;
use self::world::Desk;
use crate::failure::Failure;
use crate::receipts::seal::Seal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use sync_core::canonical::{sha256_hex, to_canonical_json};
use sync_core::document::facts::Lang;
use sync_core::receipt::Receipt;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Bytes, Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// The name under which [`Rendering`] is attached.
pub const RENDERING_FILE: &str = "rendering.json";

/// How the name begins under which the photo of the seal is attached.
pub const SEAL_FILE: &str = "seal.";

/// Results that the typesetter keeps for the next receipt; what was not used for so many is forgotten.
const REMEMBERED: usize = 4;

/// Which languages the pages are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Languages {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// English.
    #[serde(rename = "en")]
    En,
    /// Both side by side, Chinese leading.
    #[serde(rename = "both")]
    Both,
}

impl Languages {
    /// By name: `zh-CN`, `en` or `both`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "both" => Some(Self::Both),
            name => Lang::parse(name).map(Self::from),
        }
    }
    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
            Self::Both => "both",
        }
    }
}

impl From<Lang> for Languages {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::ZhCn => Self::ZhCn,
            Lang::En => Self::En,
        }
    }
}

/// How a receipt is laid out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its languages.
    pub languages: Languages,
    /// Where the server is reached, without a slash at the end.
    pub public_url: String,
    /// The token of the receipt's page; without one there is no QR code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// SHA-256 of the photo of the customer's seal that is drawn on it, lower-case hex. [`Renderer::render_sealed`] sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// What a PDF was set with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendering {
    /// How.
    pub layout: Layout,
    /// The program's version, with a digest of all in it that decides what stands on the pages.
    pub program: String,
    /// SHA-256 over the template's files, lower-case hex.
    pub template: String,
    /// SHA-256 over the fonts' files, lower-case hex.
    pub fonts: String,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// Nothing to set Chinese with.
    #[error(transparent)]
    Font(#[from] FontMissing),
    /// What is stored is no receipt that this version can read.
    #[error("the receipt cannot be read: {0}")]
    Receipt(String),
    /// The template does not do what it should; with the first mistake in it.
    #[error("the template: {0}")]
    Template(String),
    /// A mistake in the program.
    #[error("the receipt cannot be set: {0}")]
    Broken(String),
}

impl PdfError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Font(_) => "pdf_font_missing",
            Self::Receipt(_) => "receipt_malformed",
            Self::Template(_) => "pdf_template",
            Self::Broken(_) => "pdf_broken",
        }
    }
}

/// Sets receipts. One for the whole process: it holds the fonts and what was set last.
#[derive(Debug)]
pub struct Renderer {
    template: Template,
    /// Where fonts are looked for, the company's own folder first.
    font_folders: Vec<PathBuf>,
    at_work: Mutex<Workshop>,
    cache: Mutex<Cache>,
}

/// One receipt is set at a time, on one thread: it takes some hundredths of a second and all of a processor, phones must
/// not wait for it on the others, and whoever wants the same next finds it done.
#[derive(Debug, Default)]
struct Workshop {
    /// The typesetter would spread over every processor there is.
    thread: Option<Arc<rayon::ThreadPool>>,
    fonts: Option<Arc<Fonts>>,
    rare: Option<Arc<Fonts>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Renderer {
    /// With the program's own template, or that of a folder: its files replace those of the same name, fonts in its
    /// `fonts` come first. The fonts are not read yet.
    ///
    /// # Errors
    /// In one line with a hint: a folder that cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Self, Failure> {
        let template = Template::open(folder).map_err(|why| {
            Failure::usage(format!("receipt_template: {why}")).hint("docs/receipt.md says what such a folder holds")
        })?;
        let own_fonts = folder.map(|f| f.join("fonts")).filter(|f| f.is_dir());
        let font_folders = own_fonts.into_iter().chain(system_folders()).collect();
        Ok(Self { template, font_folders, at_work: Mutex::default(), cache: Mutex::default() })
    }

    /// One that finds no font.
    #[cfg(test)]
    pub(crate) fn without_fonts() -> Self {
        Self { font_folders: Vec::new(), ..Self::open(None).expect("the program's own template") }
    }

    /// Whether there is a font to set Chinese with. Looks at names only.
    ///
    /// # Errors
    /// When there is none.
    pub fn look_for_fonts(&self) -> Result<(), FontMissing> {
        Found::look(&self.font_folders).map(|_| ())
    }

    /// The PDF of a receipt's file. CPU work of some hundredths of a second the first time: not for an async worker.
    ///
    /// # Errors
    /// See [`PdfError`].
    pub fn render(&self, file: &str, layout: &Layout) -> Result<Arc<[u8]>, PdfError> {
        self.render_sealed(file, layout, None)
    }

    /// The same with the photo of the customer's seal beside the signature. One that cannot be decoded is left out.
    ///
    /// # Errors
    /// See [`PdfError`].
    pub fn render_sealed(&self, file: &str, layout: &Layout, seal: Option<&Seal>) -> Result<Arc<[u8]>, PdfError> {
        let layout = &Layout { seal: seal.map(|s| s.sha256.clone()), ..layout.clone() };
        let key = (sha256_hex(file.as_bytes()), layout.clone());
        if let Some(done) = lock(&self.cache).get(&key) {
            return Ok(done);
        }
        let mut workshop = lock(&self.at_work);
        if let Some(done) = lock(&self.cache).get(&key) {
            return Ok(done);
        }
        let thread = match &workshop.thread {
            Some(thread) => Arc::clone(thread),
            None => {
                let pool =
                    rayon::ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "typesetter".to_owned()).build();
                let pool = Arc::new(pool.map_err(|e| PdfError::Broken(e.to_string()))?);
                workshop.thread = Some(Arc::clone(&pool));
                pool
            }
        };
        let workshop = &mut *workshop;
        // The typesetter is large, and a mail must go out even where it gives up.
        let set = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            thread.install(|| self.set(workshop, file, &key.0, layout, seal))
        }));
        let pdf: Arc<[u8]> = set.unwrap_or_else(|_| Err(PdfError::Broken("the typesetter gave up".to_owned())))?.into();
        lock(&self.cache).put(key, Arc::clone(&pdf));
        Ok(pdf)
    }

    /// Sets a made-up receipt: whether the template works is found out at the start, not by the first customer.
    ///
    /// # Errors
    /// See [`PdfError`].
    pub fn try_template(&self) -> Result<(), PdfError> {
        let layout = Layout {
            languages: Languages::Both,
            public_url: "https://example.com".to_owned(),
            token: Some("x".to_owned()),
            seal: None,
        };
        self.render(include_str!("template/example.json"), &layout).map(|_| ())
    }

    /// What this process would set a receipt with.
    ///
    /// # Errors
    /// Without fonts.
    pub fn rendering(&self, layout: &Layout) -> Result<Rendering, FontMissing> {
        let fonts = self.fonts(&mut lock(&self.at_work), false)?;
        Ok(self.described(&fonts, layout))
    }

    fn described(&self, fonts: &Fonts, layout: &Layout) -> Rendering {
        Rendering {
            layout: layout.clone(),
            program: program().to_owned(),
            template: self.template.digest().to_owned(),
            fonts: fonts.digest.clone(),
        }
    }

    fn fonts(&self, workshop: &mut Workshop, rare: bool) -> Result<Arc<Fonts>, FontMissing> {
        let kept = if rare { &mut workshop.rare } else { &mut workshop.fonts };
        if let Some(fonts) = kept {
            return Ok(Arc::clone(fonts));
        }
        let fonts = Arc::new(Fonts::read(&Found::look(&self.font_folders)?, rare)?);
        // Those of rare characters are large and seldom wanted: they are read anew.
        if !rare {
            *kept = Some(Arc::clone(&fonts));
        }
        Ok(fonts)
    }

    fn set(
        &self,
        workshop: &mut Workshop,
        file: &str,
        sha256: &str,
        layout: &Layout,
        seal: Option<&Seal>,
    ) -> Result<Vec<u8>, PdfError> {
        let drawn = seal.and_then(|seal| Some((seal, seal.drawn()?)));
        let layout = &Layout { seal: layout.seal.clone().filter(|_| drawn.is_some()), ..layout.clone() };
        let receipt: Receipt = serde_json::from_str(file).map_err(|e| PdfError::Receipt(e.to_string()))?;
        let broken = |e: serde_json::Error| PdfError::Broken(e.to_string());
        let mut fonts = self.fonts(workshop, false)?;
        let rendering = self.described(&fonts, layout);
        let data = Data::new(&receipt.body, sha256, layout, drawn.as_ref().map(|(seal, _)| *seal));
        let (mut json, missing) = data.to_json(&fonts).map_err(broken)?;
        if missing {
            fonts = self.fonts(workshop, true)?;
            json = data.to_json(&fonts).map_err(broken)?.0;
        }
        let rendering = to_canonical_json(&rendering).map_err(|e| PdfError::Broken(e.to_string()))?;
        let issued = instant(receipt.body.issued_ms);
        let mut papers = BTreeMap::from([
            ("data.json", Bytes::new(json)),
            ("signed.json", Bytes::new(file.as_bytes().to_vec())),
            (RENDERING_FILE, Bytes::new(rendering.into_bytes())),
        ]);
        if let Some((seal, png)) = drawn {
            papers.insert("seal.png", Bytes::new(png));
            papers.insert("seal.photo", Bytes::new(seal.bytes.to_vec()));
        }
        let desk = Desk { template: &self.template, fonts: &fonts, papers, today: issued };
        let told = |errors: &[SourceDiagnostic]| {
            PdfError::Template(errors.first().map_or_else(String::new, |e| describe(e, &desk)))
        };
        let document = typst::compile::<PagedDocument>(&desk).output.map_err(|e| told(&e))?;
        let standards =
            PdfStandards::new(&[PdfStandard::A_3b]).map_err(|e| PdfError::Broken(e.message().to_string()))?;
        let options = PdfOptions {
            ident: Smart::Custom(match &layout.seal {
                None => format!("countersign/receipt/{sha256}/{}", layout.languages.as_str()),
                Some(seal) => format!("countersign/receipt/{sha256}/{}/{seal}", layout.languages.as_str()),
            }),
            creator: Smart::Custom(Some("Countersign".to_owned())),
            timestamp: issued.map(Timestamp::new_utc),
            page_ranges: None,
            standards,
            tagged: true,
            pretty: false,
        };
        let pdf = typst_pdf::pdf(&document, &options).map_err(|e| told(&e))?;
        typst::comemo::evict(REMEMBERED);
        Ok(pdf)
    }
}

/// Where in the template a mistake is, and what it is.
fn describe(error: &SourceDiagnostic, desk: &Desk<'_>) -> String {
    use typst::World as _;
    let place = error.span.id().and_then(|id| {
        let source = desk.source(id).ok()?;
        let line = typst::WorldExt::range(desk, error.span).and_then(|r| source.lines().byte_to_line(r.start))?;
        Some(format!("{}, line {}: ", id.get().vpath().get_without_slash(), line + 1))
    });
    format!("{}{}", place.unwrap_or_default(), error.message)
}

/// UTC, to the second.
fn instant(ms: i64) -> Option<Datetime> {
    let at = jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |n: i8| u8::try_from(n).ok();
    Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )
}
