//! Promised and bought support, by hand and compared with an answer worked out day by day.

use super::kit::*;
use crate::coverage::{VendorGap, vendor_gaps};
use crate::document::facts::Category;
use crate::ids::*;
use crate::reference::*;
use SupportTier::*;
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

fn promise(tier: SupportTier, days: &str) -> Promise {
    let (first, last) = days.split_once("..").unwrap();
    Promise { first_day: date(first), last_day: date(last), tier, annual_cost_minor: None, currency: None }
}

fn segment(tier: SupportTier, days: &str) -> Segment {
    let (first, last) = days.split_once("..").unwrap();
    let (provider, reference) = ("原厂".to_owned(), String::new());
    Segment { provider, tier, first_day: date(first), last_day: date(last), reference }
}

fn asset(promised: Vec<Promise>, bought: Vec<Segment>) -> Asset {
    let (id, customer) = (AssetId(uuid(70)), CustomerId(uuid(SHANGHAI)));
    Asset { id, code: "SN-1".into(), customer, name: "服务器".into(), category: Category::Storage, promised, bought }
}

fn gap(days: &str, promised: SupportTier, bought: Option<SupportTier>) -> VendorGap {
    let (first, last) = days.split_once("..").unwrap();
    VendorGap { first_day: date(first), last_day: date(last), promised, bought }
}

#[test]
fn sold_five_years_bought_three_then_a_third_partys() {
    let server = asset(
        vec![promise(Authorised, "2022-03-01..2027-02-28")],
        vec![segment(Manufacturer, "2022-03-01..2025-02-28"), segment(ThirdParty, "2025-06-01..2026-05-31")],
    );
    let all = [
        gap("2025-03-01..2025-05-31", Authorised, None),
        gap("2025-06-01..2026-05-31", Authorised, Some(ThirdParty)),
        gap("2026-06-01..2027-02-28", Authorised, None),
    ];
    assert_eq!(vendor_gaps(&server, Date::MIN, Date::MAX), all);
    // Only what lies in the days that were asked about, both inclusive.
    assert_eq!(vendor_gaps(&server, date("2024-01-01"), date("2025-02-28")), []);
    let one = [gap("2025-03-01..2025-03-01", Authorised, None)];
    assert_eq!(vendor_gaps(&server, date("2025-02-28"), date("2025-03-01")), one);
    assert_eq!(vendor_gaps(&server, date("2027-03-01"), date("2029-01-01")), []);
    assert_eq!(vendor_gaps(&server, date("2026-01-02"), date("2026-01-01")), []);
}

#[test]
fn nothing_promised_or_a_promise_without_an_end() {
    assert_eq!(vendor_gaps(&asset(vec![], vec![]), Date::MIN, Date::MAX), []);
    let for_ever = asset(vec![promise(ThirdParty, "2026-01-01..9999-12-31")], vec![]);
    assert_eq!(vendor_gaps(&for_ever, Date::MIN, Date::MAX), [gap("2026-01-01..9999-12-31", ThirdParty, None)]);
    let mut kept = for_ever;
    kept.bought = vec![segment(Authorised, "2026-01-01..9999-12-31")];
    assert_eq!(vendor_gaps(&kept, Date::MIN, Date::MAX), []);
}

fn days() -> impl Strategy<Value = String> {
    (0i64..40, -2i64..20).prop_map(|(from, len)| {
        let day = |n: i64| date("2026-01-01").checked_add(n.days()).unwrap();
        format!("{}..{}", day(from), day(from + len))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_day_is_told_as_it_is(
        promised in prop::collection::vec((prop::sample::select(SupportTier::ALL.to_vec()), days()), 0..4),
        bought in prop::collection::vec((prop::sample::select(SupportTier::ALL.to_vec()), days()), 0..4),
        from in 0i64..60, len in -1i64..60,
    ) {
        let asset = asset(
            promised.iter().map(|(tier, days)| promise(*tier, days)).collect(),
            bought.iter().map(|(tier, days)| segment(*tier, days)).collect(),
        );
        let day = |n: i64| date("2026-01-01").checked_add(n.days()).unwrap();
        let found = vendor_gaps(&asset, day(from), day(from + len));
        let mut expected: Vec<(Date, SupportTier, Option<SupportTier>)> = Vec::new();
        for n in from..=from + len {
            let on = day(n);
            let promised = asset.promised.iter().filter(|p| p.first_day <= on && on <= p.last_day).map(|p| p.tier).min();
            let bought = asset.bought.iter().filter(|s| s.first_day <= on && on <= s.last_day).map(|s| s.tier).min();
            if let Some(promised) = promised && bought.is_none_or(|tier| tier > promised) {
                expected.push((on, promised, bought));
            }
        }
        let mut told = Vec::new();
        for gap in &found {
            let mut on = gap.first_day;
            while on <= gap.last_day {
                told.push((on, gap.promised, gap.bought));
                on = on.tomorrow().unwrap();
            }
        }
        prop_assert_eq!(told, expected);
        // As long as they can be.
        prop_assert!(found.windows(2).all(|w| w[0].last_day.tomorrow().unwrap() < w[1].first_day
            || (w[0].promised, w[0].bought) != (w[1].promised, w[1].bought)));
    }
}
