//! The phone's own verdict: before work starts, by what its other visits used up, and in few bytes on the way.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use sim_phone::{Clock, Link, LinkError, Seeded, SimPhone};
use std::time::Instant;
use sync_core::coverage::{Coverage, FlagCode};
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::*;
use sync_core::phone::{Identity, Question};
use sync_core::reference::*;
use sync_core::sync::{Advice, PROTOCOL, Request, Response, encode};
use uuid::Uuid;

/// 2026-11-23T02:00:00Z.
const MORNING: i64 = 1_795_399_200_000;
const HOUR: i64 = 3_600_000;
const ME: UserId = UserId(Uuid::from_u128(1));

const fn hospital(n: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(0x1000 + n))
}

/// Hands out reference data, and keeps what it is sent.
struct Office {
    records: Vec<Record>,
    sent: Vec<Request>,
}

impl Link for Office {
    fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>, LinkError> {
        let request = Request::read(bytes).unwrap();
        let answer = Response {
            protocol: PROTOCOL,
            server_ms: request.wall_ms,
            epoch: 1,
            cursor: 77,
            more: false,
            documents: vec![],
            reference: self.records.drain(..).map(|r| serde_json::to_string(&r).unwrap()).collect(),
            states: vec![],
            missing_blobs: vec![],
        };
        self.sent.push(request);
        Ok(encode(&answer))
    }
}

/// Application software for two visits in the contract, at every hospital with an even number.
fn records(hospitals: u128, contracts_each: u128) -> Vec<Record> {
    let category = Some(Category::ApplicationSoftware);
    let clause = |code: &str, effect, quota| Clause {
        code: code.into(),
        effect,
        category,
        mode: None,
        hours: None,
        quota,
        price: None,
        text: String::new(),
        text_en: String::new(),
    };
    let quota = Quota { unit: QuotaUnit::Visits, amount: 2, period: QuotaPeriod::Contract };
    let package = PackageId(Uuid::from_u128(2));
    let mut records = vec![Record::Package(Package {
        id: package,
        code: "A".into(),
        name: "基础版".into(),
        name_en: String::new(),
        family: None,
        sold_from: None,
        sold_until: None,
        hours: None,
        clauses: vec![clause("A-1", Effect::Grant, None), clause("A-2", Effect::Limit, Some(quota))],
        expenses: None,
    })];
    for n in 0..hospitals {
        records.push(Record::Customer(Customer {
            id: hospital(n),
            code: format!("H{n}"),
            name: format!("医院 {n}"),
            name_en: None,
            tier: Tier::Secondary,
            time_zone: "Asia/Shanghai".into(),
            service_manager: ME,
            account_manager: ME,
            calendar: None,
            receipt_languages: None,
        }));
        for c in (0..contracts_each).filter(|_| n % 2 == 0) {
            let year = 2026 - i16::try_from(c).unwrap();
            records.push(Record::Contract(Contract {
                id: ContractId(Uuid::from_u128(0x10_0000 + n * 16 + c)),
                code: format!("C-{n}-{c}"),
                customer: hospital(n),
                kind: ContractKind::Software,
                status: ContractStatus::Signed,
                package,
                extras: vec![],
                hours: None,
                first_day: format!("{year}-01-01").parse().unwrap(),
                last_day: format!("{year}-12-31").parse().unwrap(),
                signed_on: None,
                ended_on: None,
                annual_fee_minor: None,
                modules: vec![],
                currency: None,
            }));
        }
    }
    records
}

fn phone(records: Vec<Record>) -> (SimPhone, Office) {
    let key = SoftwareKey::from_seed([7; 32]);
    let device = DeviceId(Uuid::from_u128(3));
    let identity = Identity { device, user: ME, name: "王建国".into(), key: key.public() };
    let mut rng = Seeded::new(1);
    let clock = Clock::at(MORNING, &mut rng);
    let mut phone = SimPhone::new(identity, key, clock, rng);
    let mut office = Office { records, sent: vec![] };
    phone.sync_once(&mut office).unwrap();
    (phone, office)
}

fn question(customer: CustomerId, category: Category) -> Question {
    Question { customer, category, mode: Mode::OnSite, asset: None, work_order: None }
}

fn visit(phone: &mut SimPhone, customer: CustomerId) -> VisitId {
    let begin = Command::Begin {
        customer: CustomerRef::Listed(customer),
        customer_name: "医院".into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    };
    let visit = phone.begin(begin).unwrap();
    let patch = ItemPatch { category: Some(Category::ApplicationSoftware), ..ItemPatch::default() };
    let item = phone.one(visit, Command::AddItem(patch)).unwrap();
    let entry = phone.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) }).unwrap();
    phone.clock.advance_ms(HOUR);
    phone.one(visit, Command::StopTimer { entry }).unwrap();
    phone.clock.advance_ms(HOUR);
    visit
}

#[test]
fn before_work_starts_it_is_known_what_is_covered_and_nothing_is_recorded() {
    let (mut phone, _) = phone(records(2, 1));
    let ask =
        |phone: &SimPhone, customer, category| phone.phone.advice(&question(customer, category), phone.clock.now());
    let software = ask(&phone, hospital(0), Category::ApplicationSoftware);
    assert_eq!((software.coverage, software.reference_version), (Coverage::Covered, 77));
    assert_eq!(ask(&phone, hospital(0), Category::Database).coverage, Coverage::NotCovered);
    let without = ask(&phone, hospital(1), Category::ApplicationSoftware);
    assert!(without.flags.iter().any(|f| f.code == FlagCode::NoContract), "{without:?}");
    assert_eq!(ask(&phone, hospital(9), Category::Database).coverage, Coverage::NeedsDecision);
    assert!(phone.phone.visits().is_empty());

    // What the other visits on this phone used up is gone.
    let first = visit(&mut phone, hospital(0));
    assert_eq!(ask(&phone, hospital(0), Category::ApplicationSoftware).coverage, Coverage::Covered);
    visit(&mut phone, hospital(0));
    let third = ask(&phone, hospital(0), Category::ApplicationSoftware);
    assert_eq!(third.coverage, Coverage::NotCovered);
    assert!(third.flags.iter().any(|f| f.code == FlagCode::QuotaExhausted), "{third:?}");
    assert_eq!(phone.phone.assess(first).unwrap().coverage, Coverage::Covered);
    let last = visit(&mut phone, hospital(0));
    assert_eq!(phone.phone.assess(last).unwrap().coverage, Coverage::NotCovered);
}

#[test]
fn a_visit_that_has_only_begun_is_judged() {
    let (mut phone, mut office) = phone(records(2, 1));
    let begin = Command::Begin {
        customer: CustomerRef::Listed(hospital(1)),
        customer_name: "医院".into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    };
    let visit = phone.begin(begin).unwrap();
    let verdict = phone.phone.assess(visit).unwrap();
    assert!(verdict.flags.iter().any(|f| f.code == FlagCode::NoContract), "{verdict:?}");
    phone.sync_once(&mut office).unwrap();
    assert_eq!(office.sent.last().unwrap().documents[0].advice, None, "there is nothing to judge yet");
}

#[test]
fn advice_goes_with_changes_and_takes_few_bytes() {
    let (mut phone, mut office) = phone(records(2, 1));
    let visit = visit(&mut phone, hospital(0));
    phone.sync_once(&mut office).unwrap();
    let sent = &office.sent.last().unwrap().documents[0];
    assert_eq!(sent.advice, Some(Advice::of(&phone.phone.assess(visit).unwrap())));
    let bare = sync_core::sync::DocumentUp { advice: None, ..sent.clone() };
    let bytes = encode(sent).len() - encode(&bare).len();
    assert!(bytes <= 16, "{bytes} bytes");
}

#[test]
fn a_thousand_customers_are_no_burden() {
    let (mut phone, _) = phone(records(1000, 4));
    for n in 0..20 {
        visit(&mut phone, hospital(n % 4 * 2));
    }
    let at = phone.clock.now();
    let began = Instant::now();
    const TIMES: u32 = 10;
    for n in 0..TIMES {
        let verdict = phone.phone.advice(&question(hospital(u128::from(n) * 2), Category::ApplicationSoftware), at);
        assert!(!verdict.items.is_empty());
    }
    // Built without optimisation, and beside other tests: far more than the 50 ms that count.
    let each = began.elapsed() / TIMES;
    assert!(each.as_millis() < 50, "{each:?}");
}
