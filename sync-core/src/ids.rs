//! Identifiers. Each is a UUID of its own type, so that a visit's id can never be passed for a customer's.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares an id newtype over a UUID: ordered, hashable, printed and serialised as the hyphenated UUID,
/// and sent over the wire (CBOR) as its 16 bytes.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The 16 bytes of the UUID, big-endian as RFC 9562 prints them.
            pub fn as_bytes(&self) -> &[u8; 16] { self.0.as_bytes() }
        }
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { Self(id) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Self { id.0 } }
        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> { Uuid::parse_str(s).map(Self) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(&self, e: &mut minicbor::Encoder<W>, _: &mut C)
                -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(self.0.as_bytes())?.ok()
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Uuid::from_slice(d.bytes()?).map(Self)
                    .map_err(|_| minicbor::decode::Error::message("an id is 16 bytes"))
            }
        }
    )*};
}

ids! {
    /// One piece of service, on site or remote: one Automerge document.
    VisitId;
    /// One enrolled phone (or other host) with its own signing key.
    DeviceId;
    /// A person of the company with a log-in.
    UserId;
    /// A hospital or clinic.
    CustomerId;
    /// A person at a customer.
    ContactId;
    /// A dated agreement with a customer.
    ContractId;
    /// One version of a service package.
    PackageId;
    /// Something that was installed at a customer.
    AssetId;
    /// The only thing that dispatches an engineer.
    WorkOrderId;
    /// Which days are worked, rested or celebrated.
    CalendarId;
    /// A grade of engineers with its rates.
    GradeId;
    /// The company's own rules.
    PolicyId;
    /// One fact inside a visit document: a work item, a time entry, a sign-off.
    FactId;
    /// A receipt, issued once per sign-off.
    ReceiptId;
}
