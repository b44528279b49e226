//! A phone's own verdict on its way to the server, in a few bytes. It is advice: the server judges by itself, and keeps
//! this only where it differs.

use crate::coverage::{Coverage, FlagCode, Verdict};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// Most work items that advice speaks of; a phone with more sends none, and a server ignores it.
pub const MAX_ADVICE_ITEMS: usize = 512;
/// Most flags.
pub const MAX_ADVICE_FLAGS: usize = 64;

/// Flags that one of the two cannot raise as the other does: the server sees other phones' visits, and keeps what it
/// refused; only it has every device's key.
const NOT_COMPARED: [FlagCode; 6] = [
    FlagCode::QuarantinedChanges,
    FlagCode::PossibleDuplicate,
    FlagCode::OverlappingTime,
    FlagCode::Fatigue,
    FlagCode::RepeatProblem,
    FlagCode::SignOffMismatch,
];

/// What a phone thinks of a visit at the heads that it sends. Answers and flags are numbers: their places in
/// [`Coverage::ALL`] and [`FlagCode::ALL`], which only ever grow at their ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Advice {
    /// The version of the reference data that it was judged by.
    #[n(0)]
    pub reference_version: u64,
    /// The whole visit's answer.
    #[n(1)]
    pub coverage: u8,
    /// One byte for each work item that counts, in the order of their ids.
    #[n(2)]
    pub items: ByteVec,
    /// One byte for each kind of flag, ascending.
    #[n(3)]
    pub flags: ByteVec,
}

fn coverage_number(coverage: Coverage) -> u8 {
    Coverage::ALL.iter().position(|c| *c == coverage).and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX)
}

fn flag_number(flag: FlagCode) -> u8 {
    FlagCode::ALL.iter().position(|f| *f == flag).and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX)
}

fn coverage_name(number: u8) -> &'static str {
    Coverage::ALL.get(usize::from(number)).map_or("unknown", |c| c.as_str())
}

impl Advice {
    /// A verdict in short.
    pub fn of(verdict: &Verdict) -> Self {
        let flags: BTreeSet<u8> = verdict.flags.iter().map(|f| flag_number(f.code)).collect();
        Self {
            reference_version: verdict.reference_version,
            coverage: coverage_number(verdict.coverage),
            items: verdict.items.iter().map(|i| coverage_number(i.coverage)).collect::<Vec<u8>>().into(),
            flags: flags.into_iter().collect::<Vec<u8>>().into(),
        }
    }

    /// Whether it is of a size that an honest phone sends.
    pub fn is_bounded(&self) -> bool {
        self.items.len() <= MAX_ADVICE_ITEMS && self.flags.len() <= MAX_ADVICE_FLAGS
    }

    /// Whether it says something else than `other` about what both can know. The versions may differ.
    pub fn differs(&self, other: &Self) -> bool {
        let comparable = |advice: &Self| -> BTreeSet<u8> {
            let left_out = NOT_COMPARED.map(flag_number);
            advice.flags.iter().copied().filter(|f| !left_out.contains(f)).collect()
        };
        self.coverage != other.coverage || self.items != other.items || comparable(self) != comparable(other)
    }

    /// The answer for the visit, by name.
    pub fn coverage(&self) -> &'static str {
        coverage_name(self.coverage)
    }

    /// The answer for each work item, by name.
    pub fn items(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.items.iter().map(|n| coverage_name(*n))
    }

    /// The flags' codes; those of newer versions are left out.
    pub fn flags(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.flags.iter().filter_map(|n| FlagCode::ALL.get(usize::from(*n)).map(|f| f.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::{Flag, Severity};
    use crate::ids::VisitId;
    use crate::message::Message;
    use crate::sync::{DocumentUp, Request, decode, encode};
    use uuid::Uuid;

    fn verdict(flags: &[FlagCode]) -> Verdict {
        let flag = |code: &FlagCode| Flag {
            code: *code,
            severity: Severity::Info,
            item: None,
            message: Message::new("flag-unsigned"),
        };
        Verdict {
            reference_version: 7,
            coverage: Coverage::NotCovered,
            items: vec![],
            flags: flags.iter().map(flag).collect(),
        }
    }

    /// docs/protocol.md has these numbers.
    #[test]
    fn the_numbers_stay() {
        let flags: Vec<&str> = FlagCode::ALL.iter().map(|f| f.as_str()).collect();
        let numbered = "no_contract contract_lapsed contract_not_started out_of_scope quota_exhausted \
                        outside_service_hours vendor_gap customers_own_work no_work_order repeat_problem \
                        remote_possible after_sign_off sign_off_mismatch refused unsigned clock_drift overlapping_time \
                        fatigue conflict possible_duplicate quarantined_changes";
        assert_eq!(flags.join(" "), numbered);
        assert_eq!(
            Coverage::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>(),
            ["covered", "not_covered", "needs_decision"]
        );
    }

    #[test]
    fn what_only_the_server_sees_is_no_difference() {
        let phone = Advice::of(&verdict(&[FlagCode::NoContract, FlagCode::Unsigned]));
        let server = Advice::of(&verdict(&[FlagCode::NoContract, FlagCode::Unsigned, FlagCode::PossibleDuplicate]));
        assert!(!phone.differs(&server) && phone != server);
        assert!(phone.differs(&Advice::of(&verdict(&[FlagCode::Unsigned]))));
        let newer = Advice { reference_version: 9, ..phone.clone() };
        assert!(!phone.differs(&newer), "the version alone is no difference");
        assert_eq!(phone.flags().collect::<Vec<_>>(), ["no_contract", "unsigned"]);
        let strange = Advice { coverage: 200, items: vec![0, 77].into(), flags: vec![250].into(), ..phone };
        assert_eq!((strange.coverage(), strange.items().collect::<Vec<_>>()), ("unknown", vec!["covered", "unknown"]));
        assert_eq!(strange.flags().count(), 0);
    }

    #[test]
    fn it_takes_few_bytes_and_none_when_there_is_none() {
        let up =
            |advice| DocumentUp { visit: VisitId(Uuid::nil()), since: vec![], heads: vec![], changes: vec![], advice };
        let bare = encode(&up(None));
        // Key, array, version, answer, six items, four flags.
        let advice = Advice {
            reference_version: 60_000,
            coverage: 1,
            items: vec![1; 6].into(),
            flags: vec![0, 8, 10, 14].into(),
        };
        let with = encode(&up(Some(advice.clone())));
        assert_eq!(with.len() - bare.len(), 18);
        assert_eq!(decode::<DocumentUp>(&with).unwrap().advice, Some(advice));
        assert_eq!(decode::<DocumentUp>(&bare).unwrap().advice, None, "as an older phone sends it");
        let request = Request {
            protocol: 1,
            device: crate::ids::DeviceId(Uuid::nil()),
            wall_ms: 0,
            cursor: 0,
            epoch: 0,
            documents: vec![up(Some(Advice::of(&verdict(&[]))))],
            attestation: vec![].into(),
        };
        assert_eq!(Request::read(&encode(&request)).unwrap(), request);
    }
}
