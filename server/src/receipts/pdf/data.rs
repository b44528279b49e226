//! What the template is given: the receipt in words, once per language, with the words around it and what is drawn.

use super::fonts::Fonts;
use super::shapes::{Code, Drawing};
use super::{Languages, Layout, SEAL_FILE};
use crate::receipts::seal::Seal;
use crate::receipts::sheet::{Audience, Limits, Reader, Sheet, pdf_name};
use crate::receipts::words::clean;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::blob::MediaType;
use sync_core::document::facts::{Lang, SignOffOutcome};
use sync_core::message::Message;
use sync_core::receipt::ReceiptBody;

/// How much of the free text is set: the first of these with which it is no more than [`LARGEST`]. That is more than any
/// honest visit has. Pages must not take minutes to set, and keep others waiting, because somebody wrote a million
/// characters; the attached record has all of it.
const LIMITS: [Limits; 4] = [
    Limits { text: 4_000, list: 300 },
    Limits { text: 1_000, list: 150 },
    Limits { text: 300, list: 80 },
    Limits { text: 80, list: 40 },
];

/// Most bytes of JSON that are set: some fifty pages.
const LARGEST: usize = 240_000;

/// Stands for a character that no font has: the printer's own sign for a missing type.
const GETA: char = '〓';

/// Words of the catalogue that the template uses.
const WORDS: [&str; 50] = [
    "mail-advised",
    "mail-also",
    "mail-chain",
    "mail-conflicts",
    "mail-conflicts-explained",
    "mail-coverage",
    "mail-coverage-explained",
    "mail-coverage-later",
    "mail-coverage-visit",
    "mail-digest",
    "mail-issued",
    "mail-number",
    "mail-parties",
    "mail-remarks",
    "mail-revision",
    "mail-shortened",
    "mail-signing",
    "mail-times",
    "mail-title",
    "mail-total",
    "mail-total-explained",
    "mail-verify",
    "mail-verify-keys",
    "pdf-amount",
    "pdf-class",
    "pdf-copy",
    "pdf-digest-explained",
    "pdf-expense",
    "pdf-file-of",
    "pdf-kind",
    "pdf-length",
    "pdf-link",
    "pdf-note",
    "pdf-page",
    "pdf-photo",
    "pdf-photo-state",
    "pdf-seal",
    "pdf-seal-explained",
    "pdf-seal-photo",
    "pdf-signature",
    "pdf-span",
    "pdf-who",
    "pdf-classes",
    "record-demand",
    "record-engineers",
    "record-expenses",
    "record-items",
    "record-notes",
    "record-objections",
    "record-photos",
];

/// The template's `/data.json`.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// The languages, the one that leads first.
    languages: Vec<&'static str>,
    /// The receipt in words, in each of them.
    sheets: Vec<Sheet>,
    /// The words around it, in each of them.
    words: BTreeMap<String, Vec<String>>,
    /// The outcome's code.
    outcome: &'static str,
    /// Which receipt of its visit.
    revision: u32,
    /// The signature, where somebody drew one.
    drawing: Option<Drawing>,
    /// The photo of the customer's seal, where it is drawn: the name under which it is attached, and its media type.
    seal: Option<(String, &'static str)>,
    /// The QR code of the receipt's page, where this copy has its address.
    code: Option<Code>,
    /// The name of the attached record.
    file: String,
    /// Font families in the order in which a character is looked for.
    fonts: Vec<String>,
    /// Characters that no font has, as `U+…`.
    missing: Vec<String>,
}

impl Data {
    pub(super) fn new(receipt: &ReceiptBody, sha256: &str, layout: &Layout, seal: Option<&Seal>) -> Self {
        let languages = layout.languages.list();
        let reader = |lang, limits| Reader {
            lang,
            audience: Audience::Customer,
            limits,
            public_url: &layout.public_url,
            token: layout.token.as_deref(),
        };
        let mut sheets: Vec<Sheet> = Vec::new();
        for limits in LIMITS {
            sheets = languages.iter().map(|lang| Sheet::new(receipt, sha256, &reader(*lang, limits))).collect();
            if serde_json::to_vec(&sheets).is_ok_and(|json| json.len() <= LARGEST) {
                break;
            }
        }
        let in_all = |message: Message| languages.iter().map(|lang| message.clone().render(*lang)).collect::<Vec<_>>();
        let mut words: BTreeMap<String, Vec<String>> =
            WORDS.iter().map(|id| ((*id).to_owned(), in_all(Message::new(*id)))).collect();
        let sheet = sheets.first();
        let file = sheet.map(|s| s.file.clone()).unwrap_or_default();
        let attached =
            Message::new("pdf-attached").with("file", file.as_str()).with("pdf", pdf_name(&receipt.number).as_str());
        words.insert("pdf-attached".to_owned(), in_all(attached));
        words.insert("pdf-unsigned".to_owned(), in_all(unsigned(receipt)));
        if receipt.revision > 1 {
            let later = Message::new("mail-revision-later").with("revision", i64::from(receipt.revision));
            words.insert("pdf-amended".to_owned(), in_all(later));
        }
        Self {
            languages: languages.iter().map(|lang| lang.as_str()).collect(),
            code: sheet.and_then(|s| s.link.as_deref()).and_then(Code::of),
            sheets,
            words,
            outcome: receipt.sign_off.sign_off.outcome.as_str(),
            revision: receipt.revision,
            drawing: Drawing::of(&receipt.sign_off),
            seal: seal
                .and_then(|s| MediaType::sniff(&s.bytes))
                .map(|kind| (format!("{SEAL_FILE}{}", kind.ending()), kind.as_str())),
            file,
            fonts: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The file, with a sign in the place of every character that no font draws: an archived page must not have an empty
    /// box where something was written, and the page names what it stands for.
    ///
    /// # Errors
    /// Never for what [`Data::new`] makes.
    pub(super) fn to_json(&self, fonts: &Fonts) -> Result<(Vec<u8>, bool), serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        let mut missing = BTreeSet::new();
        replace(&mut value, fonts, &mut missing);
        let any = !missing.is_empty();
        if let Value::Object(map) = &mut value {
            map.insert("fonts".to_owned(), serde_json::to_value(&fonts.families)?);
            let codes: Vec<String> = missing.iter().take(60).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
            let texts: Vec<String> = match codes.is_empty() {
                true => Vec::new(),
                false => {
                    let message = Message::new("pdf-missing").with("codes", codes.join(" "));
                    self.languages.iter().filter_map(|l| Lang::parse(l)).map(|l| message.clone().render(l)).collect()
                }
            };
            map.insert("missing".to_owned(), serde_json::to_value(texts)?);
        }
        Ok((serde_json::to_vec(&value)?, any))
    }
}

fn replace(value: &mut Value, fonts: &Fonts, missing: &mut BTreeSet<char>) {
    match value {
        Value::String(text) => {
            let unknown = |c: char| c != '\n' && !fonts.draws(c);
            if text.chars().any(unknown) {
                missing.extend(text.chars().filter(|c| unknown(*c)));
                *text = clean(text).chars().map(|c| if unknown(c) { GETA } else { c }).collect();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|v| replace(v, fonts, missing)),
        Value::Object(map) => map.values_mut().for_each(|v| replace(v, fonts, missing)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Why there is no drawing, for the place where it would be.
fn unsigned(receipt: &ReceiptBody) -> Message {
    let sign_off = &receipt.sign_off.sign_off;
    Message::new(match (sign_off.outcome, &sign_off.strokes_sha256, &receipt.sign_off.strokes) {
        (SignOffOutcome::Refused, ..) => "pdf-unsigned-refused",
        (SignOffOutcome::NobodyPresent, ..) => "pdf-unsigned-nobody",
        (_, None, _) => "pdf-unsigned-typed",
        // Receipts of before the strokes were kept in them.
        (_, Some(_), _) => "pdf-unsigned-elsewhere",
    })
}

impl Languages {
    pub(super) fn list(self) -> &'static [Lang] {
        match self {
            Self::ZhCn => &[Lang::ZhCn],
            Self::En => &[Lang::En],
            Self::Both => &[Lang::ZhCn, Lang::En],
        }
    }
}
