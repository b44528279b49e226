//! What an engineer records.

use super::words::*;
use super::{id, maybe_id, patches, records, safe};
use crate::error::PhoneError;
use sync_core::document::facts;
use sync_core::phone::Question;

records! {
    /// Who demanded the visit, and in which words.
    pub struct Demand {
        /// The person's name.
        pub name: String,
        /// Their role.
        pub role: RequesterRole,
        /// How they asked.
        pub channel: Channel,
        /// What they said, as closely as the engineer remembers.
        pub words: String,
        /// When, by the engineer's account: milliseconds since 1970 UTC.
        pub at_ms: Option<i64>,
    }

    /// A question of the triage with the customer's answer.
    pub struct TriageAnswer {
        /// What was asked.
        pub question: String,
        /// What was answered.
        pub answer: String,
    }

    /// 分诊: what was asked before the work, and whether somebody must be there for it.
    pub struct Triage {
        /// What came out.
        pub outcome: TriageOutcome,
        /// What was asked and answered.
        pub answers: Vec<TriageAnswer>,
    }

    /// Which fact a correction replaces, and why. The old one stays visible.
    pub struct Correction {
        /// The fact that no longer counts.
        pub fact: String,
        /// Why; never empty.
        pub reason: String,
    }

    /// One sampled point of a drawn signature.
    pub struct StrokePoint {
        /// Horizontal position, in any unit that the host keeps to.
        pub x: i32,
        /// Vertical position, downwards.
        pub y: i32,
        /// Milliseconds since the drawing's first point.
        pub t_ms: u32,
        /// 0 (none or unknown) to 255.
        pub pressure: u8,
    }

    /// One line of a drawn signature, from pen down to pen up.
    pub struct Stroke {
        /// Its points, in order.
        pub points: Vec<StrokePoint>,
    }

    /// How the customer answered what was shown.
    pub struct Answer {
        /// Accepted, refused, …
        pub outcome: SignOffOutcome,
        /// The reservation or the reason, in the customer's words; needed unless accepted or nobody was there.
        pub reason: String,
        /// Who answered; empty when nobody was there.
        pub signer_name: String,
        /// Their position, such as 信息科主任.
        pub signer_position: String,
        /// The drawn signature; a typed name alone is allowed.
        pub strokes: Vec<Stroke>,
        /// Their department, such as 信息科; empty when not given.
        #[serde(default)]
        #[cfg_attr(not(target_arch = "wasm32"), uniffi(default = ""))]
        pub signer_department: String,
        /// Their own mail address: the receipt goes there, and one-time codes can; empty when not given.
        #[serde(default)]
        #[cfg_attr(not(target_arch = "wasm32"), uniffi(default = ""))]
        pub signer_mail: String,
        /// Their own telephone, for one-time codes; empty when not given.
        #[serde(default)]
        #[cfg_attr(not(target_arch = "wasm32"), uniffi(default = ""))]
        pub signer_phone: String,
        /// How they rate the service, 1 to 5, where they say so.
        #[cfg_attr(not(target_arch = "wasm32"), uniffi(default = None))]
        pub rating: Option<u8>,
        /// What they say with it; empty without a rating.
        #[serde(default)]
        #[cfg_attr(not(target_arch = "wasm32"), uniffi(default = ""))]
        pub rating_comment: String,
    }

    /// What somebody asks about before anything is recorded.
    pub struct AdviceQuestion {
        /// Where: a customer's id.
        pub customer: String,
        /// What kind of work.
        pub category: Category,
        /// On site or remote.
        pub mode: Mode,
        /// On which asset.
        pub asset: Option<String>,
        /// By which work order.
        pub work_order: Option<String>,
    }
}

patches! {
    /// How a visit begins. Name exactly one of `work_order`, `customer` and `unlisted_customer`.
    pub struct BeginVisit {
        /// A work order of this phone: it names the customer, and the visit ahead of time.
        pub work_order: Option<String>,
        /// A listed customer's id.
        pub customer: Option<String>,
        /// The name of a hospital that the phone does not know, as typed.
        pub unlisted_customer: Option<String>,
        /// On site unless it is said.
        pub mode: Option<Mode>,
        /// On whose demand.
        pub demand: Option<Demand>,
        /// What was asked before the work.
        pub triage: Option<Triage>,
    }

    /// Fields of a work item to write; the others stay as they are.
    pub struct ItemPatch {
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
        /// The item no longer counts, and why.
        pub removed: Option<String>,
    }

    /// Fields of an expense to write; the others stay as they are.
    pub struct ExpensePatch {
        /// Taxi, hotel, …
        pub kind: Option<ExpenseKind>,
        /// In minor units (fen, cents); never negative.
        pub amount_minor: Option<i64>,
        /// ISO 4217 code, such as `CNY`.
        pub currency: Option<String>,
        /// What for.
        pub note: Option<String>,
        /// The expense no longer counts, and why.
        pub removed: Option<String>,
    }
}

impl TryFrom<Demand> for facts::Demand {
    type Error = PhoneError;
    fn try_from(d: Demand) -> Result<Self, PhoneError> {
        let at_ms = d.at_ms.map(|ms| safe("at_ms", ms)).transpose()?;
        Ok(Self { name: d.name, role: d.role.into(), channel: d.channel.into(), words: d.words, at_ms })
    }
}

impl From<facts::Demand> for Demand {
    fn from(d: facts::Demand) -> Self {
        Self { name: d.name, role: d.role.into(), channel: d.channel.into(), words: d.words, at_ms: d.at_ms }
    }
}

impl From<Triage> for facts::Triage {
    fn from(t: Triage) -> Self {
        let answer = |a: TriageAnswer| facts::TriageAnswer { question: a.question, answer: a.answer };
        Self { outcome: t.outcome.into(), answers: t.answers.into_iter().map(answer).collect() }
    }
}

impl From<facts::Triage> for Triage {
    fn from(t: facts::Triage) -> Self {
        let answer = |a: facts::TriageAnswer| TriageAnswer { question: a.question, answer: a.answer };
        Self { outcome: t.outcome.into(), answers: t.answers.into_iter().map(answer).collect() }
    }
}

impl TryFrom<Correction> for facts::Supersedes {
    type Error = PhoneError;
    fn try_from(c: Correction) -> Result<Self, PhoneError> {
        Ok(Self { fact: id(&c.fact)?, reason: c.reason })
    }
}

impl From<facts::Supersedes> for Correction {
    fn from(s: facts::Supersedes) -> Self {
        Self { fact: s.fact.to_string(), reason: s.reason }
    }
}

impl TryFrom<ItemPatch> for facts::ItemPatch {
    type Error = PhoneError;
    fn try_from(p: ItemPatch) -> Result<Self, PhoneError> {
        Ok(Self {
            category: p.category.map(Into::into),
            asset: maybe_id(p.asset.as_deref())?,
            asset_name: p.asset_name,
            symptom: p.symptom,
            action: p.action,
            outcome: p.outcome,
            removed: p.removed,
        })
    }
}

impl TryFrom<ExpensePatch> for facts::ExpensePatch {
    type Error = PhoneError;
    fn try_from(p: ExpensePatch) -> Result<Self, PhoneError> {
        Ok(Self {
            kind: p.kind.map(Into::into),
            amount_minor: p.amount_minor.map(|n| safe("amount_minor", n)).transpose()?,
            currency: p.currency,
            note: p.note,
            removed: p.removed,
        })
    }
}

impl From<Answer> for sync_core::signoff::Answer {
    fn from(a: Answer) -> Self {
        use sync_core::signoff::strokes;
        let point = |p: &StrokePoint| strokes::Point { x: p.x, y: p.y, t_ms: p.t_ms, pressure: p.pressure };
        let drawn: Vec<Vec<strokes::Point>> = a.strokes.iter().map(|s| s.points.iter().map(point).collect()).collect();
        // Words without a rating are refused as a rating of nothing, and not dropped.
        let rated = a.rating.is_some() || !a.rating_comment.is_empty();
        let rating = rated.then(|| facts::Rating { stars: a.rating.unwrap_or_default(), comment: a.rating_comment });
        Self {
            outcome: a.outcome.into(),
            reason: a.reason,
            signer: facts::Signer {
                name: a.signer_name,
                position: a.signer_position,
                department: a.signer_department,
                mail: a.signer_mail,
                phone: a.signer_phone,
            },
            rating,
            strokes: (!drawn.is_empty()).then(|| strokes::encode(&drawn)),
        }
    }
}

impl TryFrom<AdviceQuestion> for Question {
    type Error = PhoneError;
    fn try_from(q: AdviceQuestion) -> Result<Self, PhoneError> {
        Ok(Self {
            customer: id(&q.customer)?,
            category: q.category.into(),
            mode: q.mode.into(),
            asset: maybe_id(q.asset.as_deref())?,
            work_order: maybe_id(q.work_order.as_deref())?,
        })
    }
}
