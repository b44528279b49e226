//! Everything that is recorded of a visit.

use super::words::*;
use super::{Correction, Demand, Triage, held, records};
use std::collections::BTreeMap;
use sync_core::document::facts as core;
use sync_core::document::view::{self, Fact, Field, VisitView};
use sync_core::ids::FactId;
use sync_core::time::{self, Span};

records! {
    /// How a visit began; one per phone that began it.
    pub struct Origin {
        /// The fact's id.
        pub id: String,
        /// The customer's id, when it is a listed one.
        pub customer: Option<String>,
        /// The customer's name.
        pub customer_name: String,
        /// The customer's time zone (IANA name), where the phone knew it.
        pub time_zone: Option<String>,
        /// The work order's id.
        pub work_order: Option<String>,
        /// The work order's number.
        pub work_order_code: Option<String>,
        /// On site or remote.
        pub mode: Mode,
        /// On whose demand.
        pub demand: Option<Demand>,
        /// What was asked before the work.
        pub triage: Option<Triage>,
        /// When the record was begun, milliseconds since 1970 UTC.
        pub at_ms: i64,
        /// By whom.
        pub by: String,
    }

    /// An engineer joined or left.
    pub struct CrewChange {
        /// The fact's id.
        pub id: String,
        /// Who.
        pub user: String,
        /// Their name.
        pub name: String,
        /// Joined or left.
        pub action: CrewAction,
        /// When, milliseconds since 1970 UTC.
        pub at_ms: i64,
    }

    /// A work item. Where phones wrote a field apart, this is the value that counts; the others are in
    /// [`Visit::conflicts`].
    pub struct Item {
        /// Its id.
        pub id: String,
        /// When it was begun, milliseconds since 1970 UTC.
        pub at_ms: Option<i64>,
        /// By whom.
        pub by: Option<String>,
        /// What kind of work.
        pub category: Option<Category>,
        /// On which asset.
        pub asset: Option<String>,
        /// What the asset is called.
        pub asset_name: Option<String>,
        /// What was wrong.
        pub symptom: Option<String>,
        /// What was done.
        pub action: Option<String>,
        /// How it ended.
        pub outcome: Option<String>,
        /// Why it no longer counts.
        pub removed: Option<String>,
    }

    /// A time entry.
    pub struct TimeEntry {
        /// Its id.
        pub id: String,
        /// Labour, travel, waiting or break.
        pub kind: TimeKind,
        /// Whose time.
        pub user: String,
        /// On which work item.
        pub item: Option<String>,
        /// From, milliseconds since 1970 UTC.
        pub from_ms: i64,
        /// Until (exclusive); `None` while the timer runs.
        pub until_ms: Option<i64>,
        /// Whether it was written down afterwards.
        pub manual: bool,
        /// The entry that it corrects, and why.
        pub supersedes: Option<Correction>,
        /// The entry that corrects it: this one no longer counts.
        pub superseded_by: Option<String>,
    }

    /// A timer that runs, as of now by the phone's clocks.
    pub struct RunningTimer {
        /// The visit.
        pub visit: String,
        /// The time entry.
        pub entry: String,
        /// Labour, travel, waiting or break.
        pub kind: TimeKind,
        /// Whose time.
        pub user: String,
        /// On which work item.
        pub item: Option<String>,
        /// Since when, milliseconds since 1970 UTC.
        pub from_ms: i64,
        /// How long so far, whole seconds: by the monotonic clock within one boot, by the wall clock after a reboot.
        pub elapsed_s: i64,
    }

    /// An expense.
    pub struct Expense {
        /// Its id.
        pub id: String,
        /// When it was recorded, milliseconds since 1970 UTC.
        pub at_ms: Option<i64>,
        /// By whom.
        pub by: Option<String>,
        /// Taxi, hotel, …
        pub kind: Option<ExpenseKind>,
        /// Minor units (fen, cents).
        pub amount_minor: Option<i64>,
        /// ISO 4217.
        pub currency: Option<String>,
        /// What for.
        pub note: Option<String>,
        /// Why it no longer counts.
        pub removed: Option<String>,
    }

    /// 异议
    pub struct Objection {
        /// Its id.
        pub id: String,
        /// Which of the two.
        pub kind: ObjectionKind,
        /// What was advised, or what relief was asked for.
        pub advice: String,
        /// Who insisted or refused.
        pub insisted_by: String,
        /// In which words.
        pub words: String,
        /// When, milliseconds since 1970 UTC.
        pub at_ms: i64,
        /// Recorded by.
        pub by: String,
        /// The objection that it corrects, and why.
        pub supersedes: Option<Correction>,
        /// The one that corrects it.
        pub superseded_by: Option<String>,
    }

    /// A free note.
    pub struct Note {
        /// Its id.
        pub id: String,
        /// The text.
        pub text: String,
        /// When, milliseconds since 1970 UTC.
        pub at_ms: i64,
        /// By whom.
        pub by: String,
        /// The note that it corrects, and why.
        pub supersedes: Option<Correction>,
        /// The one that corrects it.
        pub superseded_by: Option<String>,
    }

    /// A photo or file, by reference.
    pub struct Photo {
        /// The fact's id.
        pub id: String,
        /// SHA-256 of its bytes, lower-case hex.
        pub sha256: String,
        /// Size in bytes.
        pub size: i64,
        /// Media type.
        pub media_type: String,
        /// What it shows.
        pub caption: String,
        /// Whether it shows the customer's seal.
        pub seal: bool,
        /// The work item or expense that it belongs to; the visit as a whole where there is none.
        pub about: Option<String>,
        /// When it was taken, milliseconds since 1970 UTC.
        pub at_ms: i64,
        /// By whom.
        pub by: String,
        /// The photo that it replaces, and why.
        pub supersedes: Option<Correction>,
        /// The one that replaces it.
        pub superseded_by: Option<String>,
    }

    /// 签收
    pub struct SignOff {
        /// Its id.
        pub id: String,
        /// How the customer answered.
        pub outcome: SignOffOutcome,
        /// The reservation or the reason.
        pub reason: String,
        /// Who answered.
        pub signer_name: String,
        /// Their position.
        pub signer_position: String,
        /// Their department, such as 信息科; empty when not given.
        pub signer_department: String,
        /// Their own mail address, for the receipt and one-time codes; empty when not given.
        pub signer_mail: String,
        /// Their own telephone, for one-time codes; empty when not given.
        pub signer_phone: String,
        /// How they rated the service when they signed, 1 to 5.
        pub rating: Option<u8>,
        /// What they said with it.
        pub rating_comment: String,
        /// When, milliseconds since 1970 UTC.
        pub at_ms: i64,
        /// The engineer who asked for it.
        pub by: String,
        /// SHA-256 of the summary that was signed, lower-case hex.
        pub summary_sha256: String,
    }

    /// One of several values that phones wrote apart.
    pub struct ConflictValue {
        /// As text.
        pub value: String,
        /// The device that wrote it.
        pub device: String,
    }

    /// A place where phones wrote different values: all are kept, the first counts.
    pub struct Conflict {
        /// Where, such as `items/0190…/action`.
        pub path: String,
        /// Every value, the one that counts first.
        pub values: Vec<ConflictValue>,
    }

    /// Everything that is recorded of a visit, what no longer counts included. Every list is in the order of writing.
    pub struct Visit {
        /// Its id.
        pub id: String,
        /// How it began.
        pub origins: Vec<Origin>,
        /// Engineers joining and leaving.
        pub crew: Vec<CrewChange>,
        /// Work items.
        pub items: Vec<Item>,
        /// Time entries.
        pub time: Vec<TimeEntry>,
        /// Expenses.
        pub expenses: Vec<Expense>,
        /// Objections.
        pub objections: Vec<Objection>,
        /// Notes.
        pub notes: Vec<Note>,
        /// Photos and files.
        pub photos: Vec<Photo>,
        /// Sign-offs.
        pub sign_offs: Vec<SignOff>,
        /// Where phones disagreed.
        pub conflicts: Vec<Conflict>,
        /// Seconds of labour, each minute once however many engineers worked in it.
        pub labour_s: i64,
    }
}

fn got<T: Clone>(field: &Field<T>) -> Option<T> {
    field.get().cloned()
}

fn superseded<T>(fact: &Fact<T>) -> Option<String> {
    fact.superseded_by.map(|id| id.to_string())
}

fn corrects(supersedes: &Option<core::Supersedes>) -> Option<Correction> {
    supersedes.clone().map(Into::into)
}

impl Visit {
    pub(crate) fn new(id: &str, view: &VisitView) -> Self {
        let spans = time::spans(view);
        let ends: BTreeMap<FactId, &Span> = spans.spans.iter().map(|s| (s.entry, s)).collect();
        Self {
            id: id.to_owned(),
            origins: view.origins.iter().map(origin).collect(),
            crew: view.crew.iter().map(crew).collect(),
            items: view.items.iter().map(item).collect(),
            time: view.time.iter().map(|t| entry(t, ends.get(&t.start.id).copied())).collect(),
            expenses: view.expenses.iter().map(expense).collect(),
            objections: view.objections.iter().map(objection).collect(),
            notes: view.notes.iter().map(note).collect(),
            photos: view.photos.iter().map(photo).collect(),
            sign_offs: view.sign_offs.iter().map(sign_off).collect(),
            conflicts: view.conflicts.iter().map(conflict).collect(),
            labour_s: held(time::whole_seconds(spans.totals().labour_union_ms)),
        }
    }
}

fn origin(f: &Fact<core::Origin>) -> Origin {
    let o = &f.value;
    let customer = match &o.customer {
        core::CustomerRef::Listed(id) => Some(id.to_string()),
        core::CustomerRef::Unlisted(_) => None,
    };
    Origin {
        id: f.id.to_string(),
        customer,
        customer_name: o.customer_name.clone(),
        time_zone: o.time_zone.clone(),
        work_order: o.work_order.map(|w| w.to_string()),
        work_order_code: o.work_order_code.clone(),
        mode: o.mode.into(),
        demand: o.demand.clone().map(Into::into),
        triage: o.triage.clone().map(Into::into),
        at_ms: held(o.at.instant_ms()),
        by: o.by.to_string(),
    }
}

fn crew(f: &Fact<core::Crew>) -> CrewChange {
    CrewChange {
        id: f.id.to_string(),
        user: f.value.user.to_string(),
        name: f.value.name.clone(),
        action: f.value.action.into(),
        at_ms: held(f.value.at.instant_ms()),
    }
}

fn item(i: &view::Item) -> Item {
    Item {
        id: i.id.to_string(),
        at_ms: i.at.map(|at| held(at.instant_ms())),
        by: i.by.map(|u| u.to_string()),
        category: i.category.get().map(|c| (*c).into()),
        asset: i.asset.get().map(ToString::to_string),
        asset_name: got(&i.asset_name),
        symptom: got(&i.symptom),
        action: got(&i.action),
        outcome: got(&i.outcome),
        removed: got(&i.removed),
    }
}

fn entry(t: &view::TimeEntry, span: Option<&Span>) -> TimeEntry {
    let start = &t.start.value;
    // What was superseded has no span: it is shown as it was written.
    let written = start.manual.as_ref().map(|m| (m.from_ms, Some(m.until_ms)));
    let measured = || (start.at.instant_ms(), t.end.0.iter().map(|e| e.value.at.instant_ms()).min());
    let (from_ms, until_ms) = span.map(|s| (s.from_ms, Some(s.until_ms))).or(written).unwrap_or_else(measured);
    TimeEntry {
        id: t.start.id.to_string(),
        kind: start.kind.into(),
        user: start.user.to_string(),
        item: start.item.map(|i| i.to_string()),
        from_ms: held(from_ms),
        until_ms: until_ms.map(held),
        manual: start.manual.is_some(),
        supersedes: corrects(&start.supersedes),
        superseded_by: superseded(&t.start),
    }
}

fn expense(e: &view::Expense) -> Expense {
    Expense {
        id: e.id.to_string(),
        at_ms: e.at.map(|at| held(at.instant_ms())),
        by: e.by.map(|u| u.to_string()),
        kind: e.kind.get().map(|k| (*k).into()),
        amount_minor: got(&e.amount_minor).map(held),
        currency: got(&e.currency),
        note: got(&e.note),
        removed: got(&e.removed),
    }
}

fn objection(f: &Fact<core::Objection>) -> Objection {
    let o = &f.value;
    Objection {
        id: f.id.to_string(),
        kind: o.kind.into(),
        advice: o.advice.clone(),
        insisted_by: o.insisted_by.clone(),
        words: o.words.clone(),
        at_ms: held(o.at.instant_ms()),
        by: o.by.to_string(),
        supersedes: corrects(&o.supersedes),
        superseded_by: superseded(f),
    }
}

fn note(f: &Fact<core::Note>) -> Note {
    Note {
        id: f.id.to_string(),
        text: f.value.text.clone(),
        at_ms: held(f.value.at.instant_ms()),
        by: f.value.by.to_string(),
        supersedes: corrects(&f.value.supersedes),
        superseded_by: superseded(f),
    }
}

fn photo(f: &Fact<core::Photo>) -> Photo {
    let p = &f.value;
    Photo {
        id: f.id.to_string(),
        sha256: p.sha256.clone(),
        size: held(p.size),
        media_type: p.media_type.clone(),
        caption: p.caption.clone(),
        seal: p.seal,
        about: p.about.map(|id| id.to_string()),
        at_ms: held(p.at.instant_ms()),
        by: p.by.to_string(),
        supersedes: corrects(&p.supersedes),
        superseded_by: superseded(f),
    }
}

fn sign_off(f: &Fact<core::SignOff>) -> SignOff {
    let s = &f.value;
    SignOff {
        id: f.id.to_string(),
        outcome: s.outcome.into(),
        reason: s.reason.clone(),
        signer_name: s.signer.name.clone(),
        signer_position: s.signer.position.clone(),
        signer_department: s.signer.department.clone(),
        signer_mail: s.signer.mail.clone(),
        signer_phone: s.signer.phone.clone(),
        rating: s.rating.as_ref().map(|r| r.stars),
        rating_comment: s.rating.as_ref().map(|r| r.comment.clone()).unwrap_or_default(),
        at_ms: held(s.at.instant_ms()),
        by: s.by.to_string(),
        summary_sha256: s.summary_sha256.clone(),
    }
}

fn conflict(c: &view::Conflict) -> Conflict {
    let value = |w: &view::Written<String>| ConflictValue { value: w.value.clone(), device: w.device.to_string() };
    Conflict { path: c.path.clone(), values: c.values.iter().map(value).collect() }
}
