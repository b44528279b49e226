//! What a signer is shown: the visit at given heads as canonical JSON, and the same as text in their language.
//! Both depend on the document alone, so that every platform and the server render them byte for byte alike.

use crate::canonical::{CanonicalError, sha256_hex, to_canonical_json};
use crate::clock::Stamp;
use crate::document::Document;
use crate::document::facts::{Lang, SignOff, TimeKind};
use crate::document::read::view_at;
use crate::document::view::{Field, VisitView};
use crate::message::Message;
use crate::time::days::TimeZone;
use crate::time::{self, text};
use automerge::ChangeHash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The visit as it stood at some heads, ready to be hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of this form; it changes when the same document would be summed up otherwise.
    pub version: u32,
    /// The heads, sorted, lower-case hex.
    pub heads: Vec<String>,
    /// Everything that was recorded.
    pub record: VisitView,
    /// Seconds of labour, each minute counted once however many engineers worked in it.
    pub labour_s: i64,
    /// Seconds per engineer and kind of time.
    pub engineers: BTreeMap<String, BTreeMap<String, i64>>,
}

/// A rendered visit: what goes on the glass and what goes under the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The heads that it shows.
    pub heads: Vec<ChangeHash>,
    /// The canonical summary (RFC 8785).
    pub summary: String,
    /// The text.
    pub text: String,
    /// The text's language.
    pub lang: Lang,
}

impl Shown {
    /// SHA-256 of the summary, lower-case hex.
    pub fn summary_sha256(&self) -> String {
        sha256_hex(self.summary.as_bytes())
    }
    /// SHA-256 of the text, lower-case hex.
    pub fn text_sha256(&self) -> String {
        sha256_hex(self.text.as_bytes())
    }
}

/// Renders the visit at `heads`, which must all be in the document.
///
/// # Errors
/// [`CanonicalError`] when a number does not fit into JSON.
pub fn show(doc: &Document, heads: &[ChangeHash], lang: Lang) -> Result<Shown, CanonicalError> {
    render(doc, heads, lang).map(|(shown, _)| shown)
}

/// As [`show`], with the summary that was rendered.
pub(super) fn render(doc: &Document, heads: &[ChangeHash], lang: Lang) -> Result<(Shown, Summary), CanonicalError> {
    let mut heads = heads.to_vec();
    heads.sort_unstable();
    let summary = summarise(view_at(doc, &heads), &heads);
    let shown = Shown { summary: to_canonical_json(&summary)?, text: text(&summary, lang), lang, heads };
    Ok((shown, summary))
}

/// The summary of a view. Of earlier sign-offs it has what it always had: what a signer told of themselves, how to reach them
/// and how they rated the service is not the next signer's business.
pub fn summarise(mut record: VisitView, heads: &[ChangeHash]) -> Summary {
    for earlier in &mut record.sign_offs {
        earlier.value = earlier.value.clone().in_summary();
    }
    let totals = time::spans(&record).totals();
    let mut engineers: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for (user, kinds) in totals.per_engineer {
        let named = kinds.into_iter().map(|(kind, ms)| (kind.as_str().to_owned(), time::whole_seconds(ms))).collect();
        engineers.insert(user.to_string(), named);
    }
    Summary {
        version: 1,
        heads: heads.iter().map(|h| hex::encode(h.0)).collect(),
        labour_s: time::whole_seconds(totals.labour_union_ms),
        engineers,
        record,
    }
}

/// The text that is shown, in `lang`. Ends with the sentence that the signer agrees to.
pub fn text(summary: &Summary, lang: Lang) -> String {
    let zone = summary.record.origins.iter().find_map(|o| time::days::zone(o.value.time_zone.as_deref()?).ok());
    let mut page = Page { lang, zone: zone.unwrap_or(TimeZone::UTC), out: String::new() };
    page.render(summary);
    page.out
}

struct Page {
    lang: Lang,
    /// The customer's, as the phone that began the visit knew it; UTC where none did.
    zone: TimeZone,
    out: String,
}

impl Page {
    fn word(&self, id: impl Into<String>) -> String {
        Message::new(id).render(self.lang)
    }
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }
    fn label(&mut self, id: &str, value: &str) {
        let line = format!("{}: {value}", self.word(id));
        self.line(&line);
    }

    /// An instant in the customer's time, with its offset: `2026-09-21 08:50:00 +08:00`.
    fn at(&self, stamp: &Stamp) -> String {
        let Ok(instant) = Timestamp::from_millisecond(stamp.instant_ms()) else { return String::new() };
        let offset = self.zone.to_offset(instant);
        format!("{} {}", text::to_the_second(offset.to_datetime(instant)), text::offset(offset))
    }

    fn render(&mut self, s: &Summary) {
        let title = self.word("record-title");
        self.line(&title);
        self.head(&s.record);
        self.items(&s.record);
        self.times(s);
        self.rest(&s.record);
        for sign_off in &s.record.sign_offs {
            let line = self.earlier(&sign_off.value);
            self.line(&line);
        }
        let statement = self.word("record-sign-statement");
        self.line(&statement);
    }

    fn head(&mut self, record: &VisitView) {
        if let Some(visit) = record.visit {
            self.label("record-visit", &visit.to_string());
        }
        for origin in &record.origins {
            let o = &origin.value;
            self.label("record-customer", &o.customer_name);
            let mode = self.word(format!("mode-{}", o.mode));
            self.label("record-mode", &mode);
            match &o.work_order_code {
                Some(code) => self.label("record-work-order", code),
                None => {
                    let none = self.word("record-no-work-order");
                    self.label("record-work-order", &none);
                }
            }
            if let Some(d) = &o.demand {
                let who = format!(
                    "{} ({}, {}): “{}”",
                    d.name,
                    self.word(format!("requester_role-{}", d.role)),
                    self.word(format!("channel-{}", d.channel)),
                    d.words
                );
                self.label("record-demand", &who);
            }
            let began = self.at(&o.at);
            self.label("record-began", &began);
        }
        for crew in &record.crew {
            let action = self.word(format!("crew_action-{}", crew.value.action));
            let line = format!("{} {action} {}", crew.value.name, self.at(&crew.value.at));
            self.label("record-engineers", &line);
        }
    }

    fn items(&mut self, record: &VisitView) {
        for (n, item) in record.items.iter().enumerate() {
            let category = match item.category.get() {
                Some(c) => self.word(format!("category-{c}")),
                None => self.word("record-none"),
            };
            self.label("record-items", &format!("{} {category}", n + 1));
            for (id, field) in [
                ("record-item-asset", &item.asset_name),
                ("record-item-symptom", &item.symptom),
                ("record-item-action", &item.action),
                ("record-item-outcome", &item.outcome),
                ("record-removed", &item.removed),
            ] {
                self.field(id, field);
            }
        }
    }

    /// A field with every value that stands: a signer must see that two were written.
    fn field(&mut self, id: &str, field: &Field<String>) {
        let Some(first) = field.get() else { return };
        let text = if field.is_conflict() {
            let others: Vec<&str> = field.0.iter().skip(1).map(|w| w.value.as_str()).collect();
            Message::new("record-conflict")
                .with("first", first.as_str())
                .with("others", others.join(" | "))
                .render(self.lang)
        } else {
            first.clone()
        };
        self.label(id, &text);
    }

    fn times(&mut self, s: &Summary) {
        let names: BTreeMap<String, &str> =
            s.record.crew.iter().map(|c| (c.value.user.to_string(), c.value.name.as_str())).collect();
        for (user, kinds) in &s.engineers {
            for kind in TimeKind::ALL {
                let Some(seconds) = kinds.get(kind.as_str()) else { continue };
                let name = names.get(user).copied().unwrap_or(user.as_str());
                let minutes = Message::new("record-minutes").with("minutes", seconds / 60).render(self.lang);
                let line = format!("{name} {} {minutes}", self.word(format!("time_kind-{kind}")));
                self.label("record-time", &line);
            }
        }
        for entry in s.record.live_time().filter(|t| t.end.0.is_empty() && t.start.value.manual.is_none()) {
            let line = format!("{} {}", self.word("record-running"), self.at(&entry.start.value.at));
            self.label("record-time", &line);
        }
        let total = Message::new("record-time-total").with("minutes", s.labour_s / 60).render(self.lang);
        self.line(&total);
    }

    fn rest(&mut self, record: &VisitView) {
        for e in record.live_expenses() {
            let kind = e.kind.get().map(|k| self.word(format!("expense_kind-{k}"))).unwrap_or_default();
            let line = format!(
                "{kind} {} {} {}",
                money(e.amount_minor.get().copied().unwrap_or_default()),
                e.currency.get().map(String::as_str).unwrap_or_default(),
                e.note.get().map(String::as_str).unwrap_or_default()
            );
            self.label("record-expenses", line.trim());
        }
        for o in record.objections.iter().filter(|o| o.superseded_by.is_none()) {
            let kind = self.word(format!("objection_kind-{}", o.value.kind));
            let line = format!("{kind}: {} — {}: “{}”", o.value.advice, o.value.insisted_by, o.value.words);
            self.label("record-objections", &line);
        }
        for n in record.notes.iter().filter(|n| n.superseded_by.is_none()) {
            self.label("record-notes", &n.value.text);
        }
        for p in record.photos.iter().filter(|p| p.superseded_by.is_none()) {
            let line = format!("{} ({} B, SHA-256 {})", p.value.caption, p.value.size, p.value.sha256);
            self.label(if p.value.seal { "record-seal" } else { "record-photos" }, &line);
        }
    }

    fn earlier(&self, s: &SignOff) -> String {
        format!("{}: {} {}", self.word(format!("outcome-{}", s.outcome)), s.signer.name, self.at(&s.at))
    }
}

/// Minor units as a decimal number with two places.
fn money(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
