//! Clocks: which changes a state includes, told by one number per actor.

/// Per actor, the number of the last change that is included; 0, or nothing, where none is.
pub(super) type Clock = Vec<u64>;

pub(super) fn at(clock: &Clock, actor: usize) -> u64 {
    clock.get(actor).copied().unwrap_or(0)
}

/// Makes the clock include this change.
pub(super) fn include(clock: &mut Clock, actor: usize, seq: u64) {
    if clock.len() <= actor {
        clock.resize(actor + 1, 0);
    }
    if let Some(n) = clock.get_mut(actor) {
        *n = (*n).max(seq);
    }
}

/// Makes the clock include all that the other does.
pub(super) fn merge(clock: &mut Clock, other: &Clock) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}
