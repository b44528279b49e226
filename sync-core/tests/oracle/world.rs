//! Random customers, contracts, calendars, quotas, visits and other visits' claims, each from one number.

use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use sync_core::clock::Stamp;
use sync_core::coverage::{Claim, Evidence};
use sync_core::document::facts::*;
use sync_core::document::view::*;
use sync_core::ids::*;
use sync_core::reference::*;
use uuid::Uuid;

pub(crate) const MINUTE_MS: i64 = 60_000;
/// How many days a world has.
pub(crate) const DAYS: i64 = 32;

const CATEGORIES: [Category; 3] = [Category::ApplicationSoftware, Category::Database, Category::DataEntry];

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// From `low` to `high`, both possible.
    pub(crate) fn int(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.next() % (high - low + 1).unsigned_abs()).unwrap()
    }
    /// So often in a hundred.
    pub(crate) fn often(&mut self, percent: i64) -> bool {
        self.int(1, 100) <= percent
    }
    /// One of the first two, so often in a hundred, or of all.
    fn mostly<T: Copy>(&mut self, percent: i64, from: &[T]) -> T {
        let some = if self.often(percent) { &from[..2] } else { from };
        self.of(some)
    }
    fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.int(0, from.len() as i64 - 1)).unwrap()]
    }
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for n in (1..list.len()).rev() {
            list.swap(n, usize::try_from(self.int(0, n as i64)).unwrap());
        }
    }
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) struct World {
    pub(crate) reference: Reference,
    pub(crate) view: VisitView,
    pub(crate) evidence: Evidence,
    /// The first day, and its first minute there, in minutes since 1970 UTC.
    pub(crate) first_day: Date,
    pub(crate) first_minute: i64,
    pub(crate) berlin: bool,
}

pub(crate) const CUSTOMER: CustomerId = CustomerId(Uuid::from_u128(1));
pub(crate) const VISIT: VisitId = VisitId(Uuid::from_u128(900));

/// First days with something to them: Spring Festival with its make-up days; summer time that begins and ends; a year's
/// end; the 29th of February.
const SCENES: [(Date, bool, i64); 6] = [
    // At 16:00 UTC the day before, or 23:00, or (in summer) 22:00.
    (date(2026, 2, 8), false, 8 * 60),
    (date(2026, 3, 16), true, 60),
    (date(2026, 10, 12), true, 120),
    (date(2026, 12, 14), false, 8 * 60),
    (date(2028, 2, 14), true, 60),
    (date(2026, 9, 20), false, 8 * 60),
];

pub(crate) fn world(seed: u64) -> World {
    let mut d = Dice::new(seed);
    let (first_day, berlin, ahead) = d.of(&SCENES);
    let since_1970 = date(1970, 1, 1).until(first_day).unwrap().get_days();
    let first_minute = i64::from(since_1970) * 24 * 60 - ahead;

    let mut reference = Reference { version: 7, ..Reference::default() };
    let calendar = d.often(50).then_some(CalendarId(id(60)));
    reference.put(Record::Customer(Customer {
        id: CUSTOMER,
        code: "H1".into(),
        name: "医院".into(),
        name_en: None,
        tier: Tier::Secondary,
        time_zone: if berlin { "Europe/Berlin" } else { "Asia/Shanghai" }.into(),
        service_manager: UserId(id(10)),
        account_manager: UserId(id(10)),
        calendar,
        receipt_languages: None,
    }));
    if d.often(97) {
        reference.put(Record::Calendar(own_calendar(&mut d, first_day)));
    }
    for package in 30..32 {
        let code = format!("P-{package}");
        let count = d.int(1, 5);
        let clauses = clauses(&mut d, count, 'P');
        let hours = d.often(35).then(|| hours(&mut d));
        let package = PackageId(id(package));
        let (name, name_en) = (code.clone(), String::new());
        let (family, sold_from, sold_until) = (None, None, None);
        reference.put(Record::Package(Package {
            id: package,
            code,
            name,
            name_en,
            family,
            sold_from,
            sold_until,
            hours,
            clauses,
            expenses: None,
        }));
    }
    let contracts = if d.often(5) { 0 } else { d.int(1, 3) };
    for n in 0..contracts {
        reference.put(Record::Contract(contract(&mut d, n, first_day)));
    }
    let view = visit(&mut d, first_minute);
    let mut evidence = Evidence::default();
    for visit in 0..d.int(0, 4) {
        // Before and after the own one in the order of ids.
        let visit = VisitId(id(897 + 2 * u128::try_from(visit).unwrap()));
        let modes = modes(&mut d);
        for _ in 0..d.int(1, 2) {
            let (from, long) = span(&mut d);
            let categories = categories(&mut d);
            let from_ms = (first_minute + from) * MINUTE_MS;
            evidence.claims.push(Claim {
                visit,
                categories,
                modes: modes.clone(),
                from_ms,
                until_ms: from_ms + long * MINUTE_MS,
            });
        }
    }
    World { reference, view, evidence, first_day, first_minute, berlin }
}

/// Beginning and length in minutes, mostly hours and at times days; at times nothing at all.
fn span(d: &mut Dice) -> (i64, i64) {
    let long = match d.int(1, 24) {
        1 => 0,
        2 => d.int(400, 2_400),
        _ => d.int(1, 150),
    };
    // Near the middle, so that visits meet.
    let from = if d.often(70) { d.int(9 * 1440, 18 * 1440) } else { d.int(0, (DAYS - 3) * 1440) };
    (from, long)
}

fn modes(d: &mut Dice) -> BTreeSet<Mode> {
    let count = if d.often(8) { 2 } else { 1 };
    (0..count).map(|_| d.of(Mode::ALL)).collect()
}

fn categories(d: &mut Dice) -> BTreeSet<Category> {
    match d.int(1, 20) {
        1 => BTreeSet::new(),
        2 => [d.of(&CATEGORIES), d.of(&CATEGORIES)].into(),
        _ => [d.mostly(80, &CATEGORIES)].into(),
    }
}

fn hours(d: &mut Dice) -> ServiceHours {
    let mut windows = || {
        let mut edges: Vec<u16> = (0..2 * d.int(0, 2)).map(|_| u16::try_from(d.int(0, 48) * 30).unwrap()).collect();
        edges.sort_unstable();
        edges.dedup();
        edges.chunks_exact(2).filter_map(|w| Window::new(w[0], w[1])).collect::<Vec<_>>()
    };
    let (workdays, rest_days, holidays) = (windows(), windows(), windows());
    match d.int(1, 6) {
        1 => ServiceHours::always(),
        2 => ServiceHours { rest_days: workdays.clone(), holidays: workdays.clone(), workdays },
        3 => ServiceHours { workdays, rest_days, holidays },
        _ => ServiceHours::office(),
    }
}

fn clauses(d: &mut Dice, count: i64, letter: char) -> Vec<Clause> {
    let mut numbers: Vec<i64> = (0..count).collect();
    d.shuffle(&mut numbers);
    numbers.into_iter().map(|n| clause(d, format!("{letter}-{n}"))).collect()
}

fn clause(d: &mut Dice, code: String) -> Clause {
    use Effect::*;
    let effect = d.of(&[Grant, Grant, Grant, Grant, Limit, Limit, Limit, Exclude, CustomersOwn, Price]);
    let every = effect == Limit && d.often(40);
    Clause {
        code,
        effect,
        category: (!every).then(|| d.mostly(85, &CATEGORIES)),
        mode: d.often(25).then(|| d.of(Mode::ALL)),
        hours: (effect == Grant && d.often(20)).then(|| hours(d)),
        quota: (effect == Limit && d.often(97)).then(|| {
            let unit = d.of(QuotaUnit::ALL);
            let amount = if unit == QuotaUnit::Visits { d.int(0, 3) } else { d.int(0, 40) * 15 };
            Quota { unit, amount, period: d.of(QuotaPeriod::ALL) }
        }),
        price: None,
        text: String::new(),
        text_en: String::new(),
    }
}

fn contract(d: &mut Dice, n: i64, first_day: Date) -> Contract {
    let day = |from: Date, by: i64| from.checked_add(jiff::Span::new().days(by)).unwrap();
    let begins = if d.often(8) {
        date(2024, 2, 29)
    } else {
        day(first_day, if d.often(65) { d.int(-900, -1) } else { d.int(0, 20) })
    };
    let ends = if d.often(75) { day(first_day, d.int(DAYS, 800)) } else { day(first_day, d.int(0, DAYS)) };
    let count = d.int(0, 3);
    Contract {
        id: ContractId(id(50 + u128::try_from(n).unwrap())),
        code: format!("C-{}", d.int(0, 2)),
        customer: CUSTOMER,
        kind: ContractKind::Software,
        status: d.of(&[
            ContractStatus::Signed,
            ContractStatus::Signed,
            ContractStatus::Signed,
            ContractStatus::Signed,
            ContractStatus::Signed,
            ContractStatus::Draft,
            ContractStatus::Terminated,
        ]),
        package: PackageId(id(u128::try_from(if d.often(3) { 33 } else { d.int(30, 31) }).unwrap())),
        extras: clauses(d, count, 'X'),
        hours: d.often(15).then(|| hours(d)),
        first_day: begins,
        last_day: ends,
        signed_on: None,
        ended_on: d.often(80).then(|| day(first_day, d.int(0, DAYS))),
        annual_fee_minor: None,
        modules: vec![],
        currency: None,
    }
}

fn own_calendar(d: &mut Dice, first_day: Date) -> Calendar {
    let mut days = Vec::new();
    for _ in 0..d.int(0, 8) {
        let date = first_day.checked_add(jiff::Span::new().days(d.int(0, DAYS))).unwrap();
        days.push(CalendarDay { date, kind: d.of(DayKind::ALL), name: String::new() });
    }
    let base = d.often(50).then_some(Country::China);
    let known = d.often(60);
    let bound = |by: i64| known.then(|| first_day.checked_add(jiff::Span::new().days(by)).unwrap());
    let (first_day, last_day) = (bound(d.int(-3, 12)), bound(d.int(13, 40)));
    Calendar { id: CalendarId(id(60)), code: "K".into(), name: "日历".into(), base, first_day, last_day, days }
}

fn stamp(minute: i64) -> Stamp {
    Stamp { wall_ms: minute * MINUTE_MS, mono_ms: 0, boot: id(3), server: None }
}

fn fact<T>(n: u128, value: T) -> Fact<T> {
    Fact { id: FactId(id(n)), value, device: DeviceId(id(4)), superseded_by: None }
}

fn visit(d: &mut Dice, first_minute: i64) -> VisitView {
    let (begun, _) = span(d);
    let mut view = VisitView { visit: Some(VISIT), ..VisitView::default() };
    for (n, mode) in modes(d).into_iter().enumerate() {
        let origin = Origin {
            visit: VISIT,
            customer: CustomerRef::Listed(CUSTOMER),
            customer_name: String::new(),
            time_zone: None,
            work_order: None,
            work_order_code: None,
            mode,
            demand: None,
            triage: None,
            at: stamp(first_minute + begun),
            by: UserId(id(11)),
        };
        view.origins.push(fact(100 + n as u128, origin));
    }
    for n in 0..d.int(1, 3) {
        let written = |value| Written { value, device: DeviceId(id(4)) };
        let (at, _) = span(d);
        view.items.push(Item {
            id: FactId(id(200 + u128::try_from(n).unwrap())),
            at: d.often(50).then(|| stamp(first_minute + at)),
            by: None,
            category: Field(categories(d).into_iter().map(written).collect()),
            asset: Field::default(),
            asset_name: Field::default(),
            symptom: Field::default(),
            action: Field::default(),
            outcome: Field::default(),
            removed: Field::default(),
        });
    }
    for n in 0..d.int(0, 4) {
        let (from, long) = span(d);
        let from = if d.often(60) { (begun + d.int(0, 400)).min((DAYS - 3) * 1440) } else { from };
        let kind = d.of(&[TimeKind::Labour, TimeKind::Labour, TimeKind::Labour, TimeKind::Break, TimeKind::Travel]);
        let from_ms = (first_minute + from) * MINUTE_MS;
        let start = TimeStart {
            kind,
            user: UserId(id(u128::try_from(d.int(11, 12)).unwrap())),
            item: d.often(50).then(|| FactId(id(u128::try_from(d.int(200, 203)).unwrap()))),
            at: stamp(first_minute + from),
            manual: Some(ManualSpan { from_ms, until_ms: from_ms + long * MINUTE_MS }),
            supersedes: None,
        };
        view.time.push(TimeEntry { start: fact(300 + u128::try_from(n).unwrap(), start), end: Field::default() });
    }
    view
}
