//! The shape of a visit document, version 1: which paths exist, what may stand there and how large it may be.
//!
//! ```text
//! /schema                     1
//! /origins/<uuid>             Origin, JSON          /notes/<uuid>     Note, JSON
//! /crew/<uuid>                Crew, JSON            /photos/<uuid>    Photo, JSON
//! /time/<uuid>                TimeStart, JSON       /signoffs/<uuid>  SignOff, JSON
//! /ends/<uuid of the start>   TimeEnd, JSON         /strokes/<uuid of the sign-off>  bytes
//! /objections/<uuid>          Objection, JSON       /ext/<key>        string, kept for newer versions
//! /items/<uuid>/<field>       scalar                /expenses/<uuid>/<field>  scalar
//! ```
//!
//! There are no lists, no text objects and no counters (see docs/adr/0003): every operation in a visit is a `make map`
//! under `/items` or `/expenses`, or a `put` of one scalar. The one delete there is comes from Automerge itself: who enters
//! the value that already wins a conflict withdraws the others.

/// The only schema version so far.
pub const SCHEMA_VERSION: u64 = 1;

/// Maps that the genesis change creates, in its order.
pub const COLLECTIONS: [Collection; 12] = [
    Collection::Origins,
    Collection::Crew,
    Collection::Items,
    Collection::Time,
    Collection::Ends,
    Collection::Expenses,
    Collection::Objections,
    Collection::Notes,
    Collection::Photos,
    Collection::SignOffs,
    Collection::Strokes,
    Collection::Ext,
];

/// Largest change on the wire, in bytes.
pub const MAX_CHANGE_BYTES: usize = 64 * 1024;
/// Most operations in one change.
pub const MAX_CHANGE_OPERATIONS: usize = 2_000;

/// One of the document's top-level maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// How the visit began.
    Origins,
    /// Engineers joining and leaving.
    Crew,
    /// Work items (maps of fields).
    Items,
    /// Timers' starts.
    Time,
    /// Timers' ends, under the start's id.
    Ends,
    /// Expenses (maps of fields).
    Expenses,
    /// Objections.
    Objections,
    /// Notes.
    Notes,
    /// Photos by reference.
    Photos,
    /// Sign-offs.
    SignOffs,
    /// Signatures' strokes, under the sign-off's id.
    Strokes,
    /// Facts of newer versions.
    Ext,
}

/// What a collection holds under each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A JSON string under a UUID, written once, at most this many bytes.
    FactJson {
        /// Largest size in bytes.
        max: usize,
    },
    /// Bytes under a UUID, written once, at most this many.
    Bytes {
        /// Largest size in bytes.
        max: usize,
    },
    /// A map of fields under a UUID.
    Fields,
    /// A string under any short key, which may be overwritten.
    Extension {
        /// Largest size in bytes.
        max: usize,
    },
}

impl Collection {
    /// The key in the document's root.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Origins => "origins",
            Self::Crew => "crew",
            Self::Items => "items",
            Self::Time => "time",
            Self::Ends => "ends",
            Self::Expenses => "expenses",
            Self::Objections => "objections",
            Self::Notes => "notes",
            Self::Photos => "photos",
            Self::SignOffs => "signoffs",
            Self::Strokes => "strokes",
            Self::Ext => "ext",
        }
    }

    /// The collection with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        COLLECTIONS.into_iter().find(|c| c.key() == key)
    }

    /// What it holds.
    pub const fn holds(self) -> Holds {
        match self {
            Self::Items | Self::Expenses => Holds::Fields,
            Self::Strokes => Holds::Bytes { max: 16 * 1024 },
            Self::Ext => Holds::Extension { max: 4 * 1024 },
            Self::Origins | Self::Objections | Self::Notes => Holds::FactJson { max: 16 * 1024 },
            Self::SignOffs => Holds::FactJson { max: 8 * 1024 },
            Self::Crew | Self::Time | Self::Ends | Self::Photos => Holds::FactJson { max: 2 * 1024 },
        }
    }
}

/// The type of one field of a work item or an expense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A string of at most this many bytes.
    Text {
        /// Largest size in bytes.
        max: usize,
    },
    /// A signed integer, from zero.
    Amount,
    /// Written when the map is made and never again (JSON string).
    Once {
        /// Largest size in bytes.
        max: usize,
    },
}

/// Longest field name.
pub const MAX_FIELD_NAME: usize = 32;
/// Longest string in a field that this version does not know.
pub const MAX_UNKNOWN_FIELD: usize = 4 * 1024;

/// The type of a field of `collection` (only [`Holds::Fields`] collections have any). A field that this version does not
/// know is a [`FieldType::Text`], so that what a newer app writes survives.
pub fn field_type(collection: Collection, field: &str) -> FieldType {
    match (collection, field) {
        (_, "at") => FieldType::Once { max: 512 },
        (_, "by") => FieldType::Once { max: 64 },
        (Collection::Expenses, "amount_minor") => FieldType::Amount,
        (_, "category" | "asset" | "kind" | "currency") => FieldType::Text { max: 64 },
        (_, "asset_name") => FieldType::Text { max: 300 },
        (_, "symptom" | "action" | "outcome" | "note" | "removed") => FieldType::Text { max: 16 * 1024 },
        _ => FieldType::Text { max: MAX_UNKNOWN_FIELD },
    }
}
