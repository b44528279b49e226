//! What a fact's JSON says, as far as the gate asks.

use super::Sender;
use super::refusal::{Refusal, RefusalCode, ensure};
use crate::blob::is_sha256;
use crate::document::facts::{Crew, Note, Objection, Origin, Photo, SignOff, Supersedes, TimeEnd, TimeStart};
use crate::document::schema::Collection;
use crate::ids::{DeviceId, FactId, VisitId};
use crate::signoff;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Who says it, and where.
#[derive(Clone, Copy)]
pub(super) struct Speaker {
    pub(super) visit: VisitId,
    pub(super) device: DeviceId,
    pub(super) sender: Sender,
}

/// What a rule has to look at further.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The fact that it corrects.
    pub(super) supersedes: Option<FactId>,
    /// A time entry that was written down afterwards.
    pub(super) manual: bool,
    /// For a sign-off that could be read: the SHA-256 of its strokes, if it has any.
    pub(super) strokes: Option<Option<String>>,
}

/// Reads a fact. One that is not what its collection holds is refused; from a relay, any JSON object will do, since it
/// may come from a newer version.
pub(super) fn read(collection: Collection, json: &str, speaker: &Speaker) -> Result<Said, Refusal> {
    match typed(collection, json, speaker) {
        Err(refusal) if refusal.code == RefusalCode::FactMalformed && speaker.sender == Sender::Relay => {
            // The depth is bounded by serde_json's own limit of 128.
            let fact: Map<String, Value> = serde_json::from_str(json).map_err(|_| refusal)?;
            let supersedes = fact.get("supersedes").and_then(|s| Supersedes::deserialize(s).ok());
            Ok(Said { supersedes: supersedes.map(|s| s.fact), manual: is_set(&fact, "manual"), strokes: None })
        }
        other => other,
    }
}

fn typed(collection: Collection, json: &str, speaker: &Speaker) -> Result<Said, Refusal> {
    let correction = |s: Option<Supersedes>| Said { supersedes: s.map(|s| s.fact), ..Said::default() };
    match collection {
        Collection::Origins => {
            let origin: Origin = parse(json)?;
            of_visit(origin.visit, speaker)?;
        }
        Collection::Crew => {
            parse::<Crew>(json)?;
        }
        Collection::Ends => {
            parse::<TimeEnd>(json)?;
        }
        Collection::Time => {
            let time: TimeStart = parse(json)?;
            return Ok(Said { manual: time.manual.is_some(), ..correction(time.supersedes) });
        }
        Collection::Objections => return Ok(correction(parse::<Objection>(json)?.supersedes)),
        Collection::Notes => return Ok(correction(parse::<Note>(json)?.supersedes)),
        Collection::Photos => {
            let photo: Photo = parse(json)?;
            ensure(is_sha256(&photo.sha256), RefusalCode::FactMalformed, || "the photo's hash is not SHA-256".into())?;
            return Ok(correction(photo.supersedes));
        }
        Collection::SignOffs => {
            let sign_off: SignOff = parse(json)?;
            of_visit(sign_off.visit, speaker)?;
            ensure(sign_off.signature.device == speaker.device, RefusalCode::ForeignSignature, || {
                format!("signed by device {}, written by {}", sign_off.signature.device, speaker.device)
            })?;
            if let Err(e) = signoff::check::check(sign_off.outcome, &sign_off.signer, sign_off.rating.as_ref()) {
                return Err(Refusal::new(RefusalCode::FactMalformed, format!("{}: {e}", e.code())));
            }
            return Ok(Said { strokes: Some(sign_off.strokes_sha256), ..Said::default() });
        }
        // These hold no facts.
        Collection::Items | Collection::Expenses | Collection::Strokes | Collection::Ext => {}
    }
    Ok(Said::default())
}

fn of_visit(visit: VisitId, speaker: &Speaker) -> Result<(), Refusal> {
    ensure(visit == speaker.visit, RefusalCode::ForeignVisit, || format!("it names visit {visit}"))
}

/// Reads a JSON value of this type; fields that it does not have are passed over.
pub(super) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Refusal> {
    serde_json::from_str(json).map_err(|e| Refusal::new(RefusalCode::FactMalformed, e.to_string()))
}

/// Whether the JSON of a time entry says that it was written down afterwards, whatever else it says.
pub(super) fn is_manual(json: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(json).is_ok_and(|fact| is_set(&fact, "manual"))
}

fn is_set(fact: &Map<String, Value>, field: &str) -> bool {
    fact.get(field).is_some_and(|v| !v.is_null())
}
