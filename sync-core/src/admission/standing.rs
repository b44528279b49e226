//! Whether a change may stand where it says: its author, its number, its dependencies, its first operation.

use super::change::Header;
use super::history::{History, Seen};
use super::refusal::{Refusal, RefusalCode, ensure};
use super::{Limits, Sender};
use crate::document::actor_device;
use crate::document::write::CHANGE_TIME;
use crate::ids::DeviceId;
use automerge::ChangeHash;

/// What can be said of a header without knowing the document. Returns the device that wrote it.
pub(super) fn alone(header: &Header, sender: &Sender) -> Result<DeviceId, Refusal> {
    let device = actor_device(&header.actor)
        .ok_or_else(|| Refusal::new(RefusalCode::MalformedActor, format!("{} bytes", header.actor.to_bytes().len())))?;
    if let Sender::Device(sender) = sender {
        ensure(device == *sender, RefusalCode::ForeignActor, || format!("it was written by device {device}"))?;
    }
    ensure(CHANGE_TIME.contains(&header.time), RefusalCode::TimeOutOfRange, || {
        format!("{} seconds since 1970", header.time)
    })?;
    ensure(!header.deps.is_empty(), RefusalCode::NoDependencies, || "it stands on nothing".into())?;
    ensure(ascending(&header.deps), RefusalCode::DependenciesUnordered, || "they are not sorted and unique".into())?;
    let others = ascending(&header.others) && !header.others.contains(&header.actor);
    ensure(others, RefusalCode::NotCanonical, || "the other actors are not sorted and unique".into())?;
    Ok(device)
}

/// The rest, once all dependencies are in `history`. Returns the state that the change was written on.
pub(super) fn in_place(
    header: &Header,
    device: DeviceId,
    sender: &Sender,
    history: &mut History<'_>,
    limits: &Limits,
) -> Result<Seen, Refusal> {
    if matches!(sender, Sender::Device(_)) {
        quotas(header, device, history, limits)?;
    }
    if let Some(unknown) = header.others.iter().find(|a| history.known(a).is_none()) {
        return Err(Refusal::new(RefusalCode::UnknownActor, unknown.to_hex_string()));
    }
    let tip = history.tip(&header.actor);
    ensure(header.seq > tip, RefusalCode::SequenceTaken, || format!("number {} of {tip}", header.seq))?;
    ensure(header.seq == tip + 1, RefusalCode::SequenceGap, || format!("number {} after {tip}", header.seq))?;
    let seen = history.seen(&header.deps);
    // The clocks of Automerge, and of this gate, take for granted that an actor's changes stand on one another.
    let own = history.known(&header.actor).and_then(|n| seen.clock.get(n)).copied().unwrap_or(0);
    ensure(own == tip, RefusalCode::MissingOwnChange, || format!("it stands on number {own} of its own, not {tip}"))?;
    ensure(header.start_op == seen.max_op.saturating_add(1), RefusalCode::WrongStartOp, || {
        format!("it begins with operation {} where {} is next", header.start_op, seen.max_op.saturating_add(1))
    })?;
    Ok(seen)
}

fn quotas(header: &Header, device: DeviceId, history: &History<'_>, limits: &Limits) -> Result<(), Refusal> {
    ensure(history.change_count() < limits.changes_per_document, RefusalCode::DocumentFull, || {
        format!("{} changes", history.change_count())
    })?;
    let own = history.tips().filter(|(actor, seq)| *seq > 0 && actor_device(actor) == Some(device));
    let (actors, changes) = own.fold((0, 0), |(actors, changes), (_, seq)| (actors + 1, changes + seq));
    ensure(changes < limits.changes_per_device, RefusalCode::DeviceQuota, || format!("{changes} changes"))?;
    ensure(
        actors < limits.actors_per_device || history.known(&header.actor).is_some(),
        RefusalCode::DeviceQuota,
        || format!("{actors} actors"),
    )
}

fn ascending<T: Ord>(values: &[T]) -> bool {
    values.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
}

/// The first dependency that is not in `history`, if any.
pub(super) fn missing(deps: &[ChangeHash], history: &History<'_>) -> Option<ChangeHash> {
    deps.iter().find(|h| !history.has(h)).copied()
}
