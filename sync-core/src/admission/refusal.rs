//! Why a change was not admitted. Each reason has a stable code: the server stores it beside the quarantined bytes, and
//! the phone shows it.

use crate::document::facts::words;

words! {
    /// The reason for which a change was refused.
    RefusalCode {
        /// More bytes than one change may have on the wire.
        ChangeTooLarge = "change_too_large",
        /// It does not begin as an Automerge chunk does.
        NotAChunk = "not_a_chunk",
        /// A chunk of another kind: a whole document, a bundle, an unknown one.
        ForbiddenChunk = "forbidden_chunk",
        /// The chunk ends before its own length.
        Truncated = "truncated",
        /// The chunk is followed by other bytes.
        TrailingBytes = "trailing_bytes",
        /// The checksum is not the one of the content.
        WrongChecksum = "wrong_checksum",
        /// It unpacks to more than is allowed.
        InflatedTooLarge = "inflated_too_large",
        /// A number, length or text inside it is not well-formed.
        Malformed = "malformed",
        /// It says the same as another sequence of bytes that Automerge would write: Automerge would not read it back.
        NotCanonical = "not_canonical",
        /// Bytes after the last column.
        ExtraBytes = "extra_bytes",
        /// A column that no visit needs, or columns out of order.
        UnknownColumn = "unknown_column",
        /// A column that is compressed by itself.
        CompressedColumn = "compressed_column",
        /// More operations than are allowed, as the run lengths say.
        TooManyOperations = "too_many_operations",
        /// No operation at all.
        NoOperations = "no_operations",
        /// An operation on a list or a text; a visit has neither.
        ListOperation = "list_operation",
        /// A mark on a text.
        MarkOperation = "mark_operation",
        /// Any action but making a map, writing a value and settling a conflict: delete, increment, make a list …
        ForbiddenAction = "forbidden_action",
        /// The message is too long.
        MessageTooLong = "message_too_long",
        /// The time is not between 1970 and 2100.
        TimeOutOfRange = "time_out_of_range",
        /// The actor is not a device with a suffix.
        MalformedActor = "malformed_actor",
        /// The actor belongs to another device than the one that sent it.
        ForeignActor = "foreign_actor",
        /// It names an actor that has written nothing here.
        UnknownActor = "unknown_actor",
        /// The device has written more changes, or under more names, than is allowed.
        DeviceQuota = "device_quota",
        /// The visit has more changes than is allowed.
        DocumentFull = "document_full",
        /// It stands on nothing, not even on the genesis.
        NoDependencies = "no_dependencies",
        /// Its dependencies are not sorted, or one is named twice.
        DependenciesUnordered = "dependencies_unordered",
        /// It stands on a change that was refused.
        MissingDependency = "missing_dependency",
        /// Its actor's change with this number is another one.
        SequenceTaken = "sequence_taken",
        /// Its number is not the next of its actor.
        SequenceGap = "sequence_gap",
        /// It does not stand on its actor's previous change.
        MissingOwnChange = "missing_own_change",
        /// Its operations are not numbered from the first free number: backdated, or inflated so as to win.
        WrongStartOp = "wrong_start_op",
        /// The numbers of operations are used up.
        OperationsExhausted = "operations_exhausted",
        /// It writes into an object that does not exist as of its dependencies.
        UnknownObject = "unknown_object",
        /// It writes where the schema has no place.
        ForbiddenPath = "forbidden_path",
        /// A key that the schema does not allow.
        BadKey = "bad_key",
        /// A value of another type than the schema's.
        BadValue = "bad_value",
        /// A value larger than the schema allows.
        ValueTooLarge = "value_too_large",
        /// It writes over a fact that is written once.
        WriteOnce = "write_once",
        /// The operations that it says to replace are not those that stand there.
        WrongPredecessors = "wrong_predecessors",
        /// A fact that is not what its collection holds.
        FactMalformed = "fact_malformed",
        /// A fact of another visit.
        ForeignVisit = "foreign_visit",
        /// It refers to a fact that does not exist as of its dependencies.
        UnknownFact = "unknown_fact",
        /// It ends a time entry that was written down afterwards and has its end already.
        NotATimer = "not_a_timer",
        /// The strokes are not those that their sign-off names, or do not come with it.
        StrokesMismatch = "strokes_mismatch",
        /// A sign-off that another device signed.
        ForeignSignature = "foreign_signature",
        /// It passed every rule, and yet the document could not be saved and read again with it.
        TrialFailed = "trial_failed",
        /// The program panicked over it; the panic was contained.
        ContainedPanic = "contained_panic",
    }
}

/// A reason with what was seen. The text is for people who look into a quarantined change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: RefusalCode,
    pub(super) detail: String,
}

/// Longest [`Refusal::detail`] in characters: it may quote what was sent.
const MAX_DETAIL: usize = 200;

impl Refusal {
    pub(super) fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        let mut detail: String = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(MAX_DETAIL) {
            detail.truncate(end);
        }
        Self { code, detail }
    }

    pub(super) fn malformed(detail: &str) -> Self {
        Self::new(RefusalCode::Malformed, detail)
    }
}

/// `Err` with this reason unless `holds`.
pub(super) fn ensure(holds: bool, code: RefusalCode, detail: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(code, detail())) }
}
