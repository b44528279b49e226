//! One visit from beginning to end with fixed clocks and fixed randomness: whatever runs it must come to the same bytes.

use sync_core::admission::Limits;
use sync_core::canonical::{sha256_hex, to_canonical_json};
use sync_core::clock::Stamp;
use sync_core::coverage::{Evidence, assess};
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::document::read::view;
use sync_core::env::{Entropy, Env};
use sync_core::ids::{DeviceId, UserId, VisitId};
use sync_core::phone::{Identity, Phone};
use sync_core::reference::Reference;
use sync_core::signoff::{self, Answer, strokes};
use sync_core::sync::Request;
use sync_core::sync::merge::merge;

/// SHA-256 over everything that the story shows, as every platform must compute it.
pub(crate) const EXPECTED: &str = "ea123dd18c384c83aa808cd289e5351a49f09231eadb78f38cb845d3bc205ecb";

struct Steps(u8);
impl Entropy for Steps {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        out.fill(self.0);
    }
}

/// Plays the story and returns its digest, or the number of the step that failed.
pub(crate) fn digest() -> Result<String, u32> {
    let mut entropy = Steps(0);
    let id = uuid::Uuid::from_bytes([7; 16]);
    let key = SoftwareKey::from_seed([9; 32]);
    let identity =
        Identity {
            device: DeviceId(id), user: UserId(id), name: "买买提·阿不都热合曼".into(), key: key.public()
        };
    let (mut phone, _) = Phone::enrol(identity, Some(key.clone()));
    let visit = VisitId(uuid::Uuid::from_bytes([1; 16]));
    let item =
        ItemPatch { category: Some(Category::Database), action: Some("重建索引".into()), ..ItemPatch::default() };
    let begin = Command::Begin {
        customer: CustomerRef::Unlisted("云岭县人民医院".into()),
        customer_name: "云岭县人民医院".into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    };
    let mut minute = 0;
    let mut timer = None;
    let steps: [Vec<Command>; 3] = [
        vec![begin],
        vec![Command::AddItem(item), Command::StartTimer { kind: TimeKind::Labour, item: None }],
        vec![Command::Note { text: "现场无信号".into(), supersedes: None }],
    ];
    for (n, commands) in steps.iter().enumerate() {
        minute += 25;
        let mut env = Env { now: at(minute), entropy: &mut entropy };
        let staged = phone.record(visit, &mut env, commands).map_err(|_| 20 + n as u32)?;
        let done = phone.commit(staged);
        timer = timer.or(done.facts.get(1).copied().filter(|_| n == 1));
    }
    minute += 25;
    let mut env = Env { now: at(minute), entropy: &mut entropy };
    let stop = [Command::StopTimer { entry: timer.ok_or(30u32)? }];
    let staged = phone.record(visit, &mut env, &stop).map_err(|_| 31u32)?;
    phone.commit(staged);
    let shown = phone.show(visit, Lang::ZhCn).map_err(|_| 32u32)?;
    let answer = Answer {
        outcome: SignOffOutcome::AcceptedWithReservations,
        reason: "费用另议".into(),
        signer: Signer::new("马国栋", "信息科科长"),
        rating: None,
        strokes: Some(strokes::encode(&[vec![strokes::Point { x: 1, y: -2, t_ms: 3, pressure: 4 }]])),
    };
    let mut env = Env { now: at(minute + 1), entropy: &mut entropy };
    let staged = phone.sign_off(visit, &shown, &answer, &mut env).map_err(|_| 33u32)?;
    phone.commit(staged);

    // What the phone sends passes the gate on the other side, and says the same there.
    let frame = phone.signed_frame(at(minute + 2)).map_err(|_| 40u32)?;
    let request = Request::read(&frame).map_err(|_| 41u32)?;
    let up = request.documents.first().ok_or(42u32)?;
    let merged = merge(None, up, request.device, &Limits::default()).map_err(|_| 43u32)?;
    let doc = merged.document.ok_or(44u32)?;
    let seen = view(&doc);
    let sign_offs = signoff::evidence(&doc, &seen, &|_| Some(key.public()));
    if sign_offs.iter().any(|s| s.mismatch.is_some()) || sign_offs.len() != 1 {
        return Err(45);
    }
    let verdict = assess(&seen, &Reference::default(), &Evidence { sign_offs, ..Evidence::default() });
    let mut all = String::new();
    for lang in [Lang::ZhCn, Lang::En] {
        let shown = signoff::show(&doc, &doc.heads(), lang).map_err(|_| 46u32)?;
        all.push_str(&shown.summary);
        all.push_str(&shown.text);
        for flag in &verdict.flags {
            all.push_str(&flag.message.render(lang));
        }
    }
    all.push_str(&to_canonical_json(&verdict).map_err(|_| 47u32)?);
    // What contracts say, by the hour and by what is left: the same words and the same instants.
    let (verdicts, figures) = crate::contracts::verdicts();
    for verdict in &verdicts {
        for lang in [Lang::ZhCn, Lang::En] {
            let reasons = verdict.items.iter().flat_map(|i| &i.stretches).map(|s| &s.reason);
            reasons.chain(verdict.flags.iter().map(|f| &f.message)).for_each(|m| all.push_str(&m.render(lang)));
        }
        all.push_str(&to_canonical_json(verdict).map_err(|_| 48u32)?);
    }
    all.push_str(&figures);
    all.push_str(&sha256_hex(&frame));
    all.push_str(&sha256_hex(&doc.save_uncompressed()));
    Ok(sha256_hex(all.as_bytes()))
}

fn at(minute: i64) -> Stamp {
    Stamp {
        wall_ms: 1_790_000_000_000 + minute * 60_000,
        mono_ms: minute * 60_000,
        boot: uuid::Uuid::from_bytes([3; 16]),
        server: None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_platform_comes_to_the_same_bytes() {
        assert_eq!(super::digest().as_deref(), Ok(super::EXPECTED));
    }
}
