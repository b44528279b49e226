//! Random visits under random contracts, compared with an answer worked out minute by minute and clause by clause.

use super::kit::*;
use crate::coverage::*;
use crate::document::facts::*;
use crate::document::view::*;
use crate::reference::*;
use proptest::prelude::*;

const CATEGORIES: [Category; 4] =
    [Category::ApplicationSoftware, Category::Database, Category::Network, Category::Other];
const MIN: i64 = 60_000;
/// 1 March 2026, 00:00 in Shanghai.
const MARCH_MS: i64 = 1_772_294_400_000;

fn any_clause() -> impl Strategy<Value = Clause> {
    let mode = prop_oneof![3 => Just(None), 1 => Just(Some(Mode::OnSite)), 1 => Just(Some(Mode::Remote))];
    let effect = prop_oneof![3 => Just(Effect::Grant), 1 => Just(Effect::Exclude)];
    (0u32..9, effect, prop::sample::select(CATEGORIES.to_vec()), mode)
        .prop_map(|(n, effect, category, mode)| clause(&format!("K-{n}"), effect, category, mode))
}

fn any_contract(id: u128) -> impl Strategy<Value = Contract> {
    let status = prop_oneof![
        4 => Just(ContractStatus::Signed), 1 => Just(ContractStatus::Draft), 1 => Just(ContractStatus::Terminated)
    ];
    (status, 1i8..8, 0i8..8, prop::collection::vec(any_clause(), 0..3), 30u128..33, 0u32..3).prop_map(
        move |(status, first, days, extras, package, code)| {
            let days = format!("2026-03-0{first}..2026-03-{:02}", (first + days).min(31));
            let mut made = contract(id, SHANGHAI, &format!("C-{code}"), status, &days);
            made.extras = extras;
            made.package = crate::ids::PackageId(uuid(package));
            made
        },
    )
}

#[derive(Clone, Debug)]
struct World {
    contracts: Vec<Contract>,
    packages: Vec<Vec<Clause>>,
    view: VisitView,
}

/// Contracts of the first days of March, work within them, packages 30 and 31 (32 is missing).
fn world() -> impl Strategy<Value = World> {
    let contracts = (any_contract(50), any_contract(51), any_contract(52), 0usize..4);
    let packages = prop::collection::vec(prop::collection::vec(any_clause(), 0..5), 2);
    let category = prop::sample::select(CATEGORIES.to_vec());
    let categories = prop_oneof![
        1 => Just(vec![]),
        6 => category.clone().prop_map(|c| vec![c]),
        2 => prop::collection::vec(category, 2..3),
    ];
    let entry = (0i64..9 * 24 * 60, 0i64..2_000, ZHAO..=QIAN, prop::option::of(200u128..203), 0usize..4);
    let items = prop::collection::vec(categories, 1..3);
    let modes = prop::collection::vec(prop::sample::select(Mode::ALL.to_vec()), 1..3);
    (contracts, packages, items, prop::collection::vec(entry, 0..6), modes).prop_map(
        |((a, b, c, count), packages, items, entries, modes)| {
            let mut view = visit(SHANGHAI, "2026-03-03T01:23:00Z");
            for (n, mode) in modes.into_iter().enumerate() {
                let mut origin = view.origins[0].clone();
                origin.id = fact(100 + n as u128);
                origin.value.mode = mode;
                if n == 0 { view.origins[0] = origin } else { view.origins.push(origin) }
            }
            view.items = items.iter().enumerate().map(|(n, c)| item(200 + n as u128, c)).collect();
            for (n, (from, minutes, who, item, kind)) in entries.into_iter().enumerate() {
                let (from, until) = (MARCH_MS + from * MIN, MARCH_MS + (from + minutes) * MIN);
                let mut entry = manual(300 + n as u128, who, TimeKind::ALL[kind % 4], from, until);
                entry.start.value.item = item.map(fact);
                view.time.push(entry);
            }
            World { contracts: [a, b, c].into_iter().take(count).collect(), packages, view }
        },
    )
}

fn reference_of(world: &World) -> Reference {
    let mut all = reference(world.contracts.clone());
    for (n, clauses) in world.packages.iter().enumerate() {
        let id = crate::ids::PackageId(uuid(30 + n as u128));
        let (name, clauses) = (format!("P-{n}"), clauses.clone());
        all.put(Record::Package(Package {
            id,
            code: name.clone(),
            name,
            name_en: String::new(),
            clauses,
            family: None,
            sold_from: None,
            sold_until: None,
            hours: None,
            expenses: None,
        }));
    }
    all
}

/// What the contract says to this category and mode, read off the rules: `None` when its package is missing.
fn grants(world: &World, contract: &Contract, category: Category, mode: Mode) -> Option<bool> {
    let n = contract.package.0.as_u128() - 30;
    let package = world.packages.get(n as usize)?;
    let says = |clauses: &[Clause], effect| {
        clauses
            .iter()
            .any(|c| c.effect == effect && c.category == Some(category) && (c.mode.is_none() || c.mode == Some(mode)))
    };
    let (extra, basic) = (&contract.extras, package);
    let excluded = says(extra, Effect::Exclude) || says(basic, Effect::Exclude) && !says(extra, Effect::Grant);
    Some((says(extra, Effect::Grant) || says(basic, Effect::Grant)) && !excluded)
}

/// The answer for one instant, in the plainest words.
fn expected(world: &World, item: &Item, at_ms: i64) -> Coverage {
    // Shanghai has been eight hours ahead of UTC all year since 1992.
    let day = i8::try_from((at_ms - MARCH_MS).div_euclid(24 * 60 * MIN) + 1).unwrap();
    let on = |c: &&Contract| {
        let inside = c.first_day.day() <= day && day <= c.last_day.day();
        c.status == ContractStatus::Signed && inside
    };
    let in_force: Vec<&Contract> = world.contracts.iter().filter(on).collect();
    let mut cases = Vec::new();
    for category in &item.category.0 {
        for origin in &world.view.origins {
            cases.push((category.value, origin.value.mode));
        }
    }
    let says = |c: &Contract, (category, mode): (Category, Mode)| grants(world, c, category, mode);
    if cases.is_empty() {
        return Coverage::NeedsDecision;
    }
    if in_force.iter().any(|c| cases.iter().all(|case| says(c, *case) == Some(true))) {
        return Coverage::Covered;
    }
    let unclear = cases.iter().any(|(c, _)| *c != cases[0].0)
        || in_force.iter().any(|c| says(c, cases[0]).is_none())
        || in_force.iter().any(|c| cases.iter().any(|case| says(c, *case) == Some(true)));
    if unclear { Coverage::NeedsDecision } else { Coverage::NotCovered }
}

/// The minutes (from 1 March) that are an item's measured work, by marking them off.
fn minutes(view: &VisitView, item: &Item) -> Vec<i64> {
    let own = |e: &&TimeEntry, at: i64| {
        let span = e.start.value.manual.as_ref().unwrap();
        span.from_ms <= at && at < span.until_ms
    };
    let labour = |linked: bool, at: i64| {
        [ZHAO, QIAN].into_iter().any(|who| {
            let mine = || view.time.iter().filter(move |e| e.start.value.user == user(who));
            let works = mine()
                .filter(|e| e.start.value.kind == TimeKind::Labour && (!linked || e.start.value.item == Some(item.id)))
                .any(|e| own(&e, at));
            works && !mine().filter(|e| e.start.value.kind == TimeKind::Break).any(|e| own(&e, at))
        })
    };
    let all = |linked: bool| (0..11 * 24 * 60).filter(|m| labour(linked, MARCH_MS + m * MIN)).collect::<Vec<_>>();
    let own = all(true);
    if own.is_empty() { all(false) } else { own }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_minute_has_the_answer_that_the_rules_give_it(world in world()) {
        let verdict = judge(&world.view, &reference_of(&world));
        prop_assert_eq!(verdict.items.len(), world.view.items.len());
        for (item, judged) in world.view.items.iter().zip(&verdict.items) {
            for s in &judged.stretches {
                if s.from_ms == s.until_ms {
                    prop_assert_eq!(s.coverage, expected(&world, item, s.from_ms));
                }
            }
            let long: Vec<_> = judged.stretches.iter().filter(|s| s.from_ms < s.until_ms).collect();
            prop_assert!(long.windows(2).all(|w| w[0].until_ms <= w[1].from_ms));
            let own = minutes(&world.view, item);
            // A linked entry without any net length is judged at its beginning, not by the visit's other labour.
            let moments_only = long.is_empty();
            if !moments_only {
                let counted: i64 = long.iter().map(|s| s.until_ms - s.from_ms).sum();
                prop_assert_eq!(counted, own.len() as i64 * MIN);
                for minute in own {
                    let at = MARCH_MS + minute * MIN;
                    let stretch = long.iter().find(|s| s.from_ms <= at && at < s.until_ms).unwrap();
                    prop_assert_eq!(stretch.coverage, expected(&world, item, at), "minute {}", minute);
                }
            }
        }
    }

    #[test]
    fn nothing_is_covered_without_a_clause_that_grants_it(world in world()) {
        let verdict = judge(&world.view, &reference_of(&world));
        for stretch in verdict.items.iter().flat_map(|i| &i.stretches) {
            prop_assert_eq!(stretch.contract.is_some(), stretch.coverage == Coverage::Covered);
            if stretch.coverage != Coverage::Covered {
                prop_assert_eq!(stretch.looked_at.len(), world.contracts.len());
                continue;
            }
            let contract = world.contracts.iter().find(|c| Some(c.id) == stretch.contract).unwrap();
            prop_assert_eq!(contract.status, ContractStatus::Signed);
            let named = format!("{:?}", stretch.reason);
            let package = &world.packages[(contract.package.0.as_u128() - 30) as usize];
            let mut clauses = contract.extras.iter().chain(package).filter(|c| c.effect == Effect::Grant);
            prop_assert!(named.contains(&contract.code) && clauses.any(|c| named.contains(&c.code)));
        }
        let all = verdict.items.iter().all(|i| i.coverage == Coverage::Covered);
        prop_assert_eq!(verdict.coverage == Coverage::Covered, all && !verdict.items.is_empty());
    }

    #[test]
    fn the_order_of_the_lists_does_not_matter(world in world(), turn in 0usize..6, n in 0u32..3) {
        let neighbours: Vec<Neighbour> = (0..3)
            .map(|k| Neighbour { kind: TimeKind::Labour,
                visit: crate::ids::VisitId(uuid(901 + k % 2)),
                customer: Some(crate::ids::CustomerId(uuid(SHANGHAI))),
                work_order: None,
                user: user(ZHAO + k % 2),
                from_ms: MARCH_MS + k as i64 * MIN * 700,
                until_ms: MARCH_MS + k as i64 * MIN * 900 + MIN,
            })
            .collect();
        let mut evidence = Evidence { neighbours, quarantined: n, ..Evidence::default() };
        let mut view = world.view.clone();
        for (id, hour) in [(400, 3), (401, 5), (402, 4)] {
            let outcome = SignOffOutcome::ALL[(id as usize + turn) % 4];
            view.sign_offs.push(sign_off(id, &format!("2026-03-09T0{hour}:00:00Z"), outcome, "理由"));
            evidence.sign_offs.push(SignOffEvidence { sign_off: fact(id), mismatch: None, changes_outside: n });
        }
        let reference = reference_of(&world);
        let plain = assess(&view, &reference, &evidence);

        let mut other = world.clone();
        other.contracts.reverse();
        other.contracts.iter_mut().for_each(|c| c.extras.reverse());
        other.packages.iter_mut().for_each(|p| p.reverse());
        view.origins.reverse();
        view.items.reverse();
        view.items.iter_mut().for_each(|i| i.category.0.reverse());
        view.sign_offs.rotate_left(turn % 3);
        evidence.sign_offs.rotate_left((turn + 1) % 3);
        evidence.neighbours.rotate_left(turn % 3);
        let len = view.time.len().max(1);
        view.time.rotate_left(turn % len);
        prop_assert_eq!(assess(&view, &reference_of(&other), &evidence), plain.clone());
        // Lists ask for no more than that.
        let claims = Evidence { claims: evidence.claims.clone(), ..Evidence::default() };
        prop_assert_eq!(coverage(&view, &reference, &claims), plain.coverage);

        let mut sorted = plain.flags.clone();
        sorted.sort_by(|a, b| (a.code, a.item, &a.message).cmp(&(b.code, b.item, &b.message)));
        sorted.dedup();
        prop_assert_eq!(sorted, plain.flags);
    }
}
