//! Which visits a change of the reference data may affect. Too many do no harm but cost; too few would leave a verdict
//! that nobody would reach today.

use super::rejudge::Affected;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use sync_core::document::facts::Category;
use sync_core::ids::UserId;
use sync_core::reference::{Asset, Contract, Customer, Grade, Person, Policy, Record};
use uuid::Uuid;

/// Local days begin at most so long before the same day in UTC.
const EAST_MS: i64 = 15 * 3_600_000;

/// What judging would see otherwise by `new` than by `old` (`None`: there was no such record).
pub(super) fn affected(old: Option<&Record>, new: &Record) -> BTreeSet<Affected> {
    if old == Some(new) {
        return BTreeSet::new();
    }
    let found: Vec<Affected> = match (old, new) {
        (Some(Record::Contract(old)), Record::Contract(new)) if judged_contract(old) == judged_contract(new) => vec![],
        (Some(Record::Customer(old)), Record::Customer(new)) if judged_customer(old) == judged_customer(new) => vec![],
        (Some(Record::Policy(old)), Record::Policy(new)) if judged_policy(old) == judged_policy(new) => vec![],
        // Contracts that are over, or still to come, are named, too: no day of the customer's is out of reach.
        (old, Record::Customer(_) | Record::Contract(_)) => {
            let customers = old.into_iter().chain([new]).filter_map(Record::customer);
            customers.map(|c| Affected::Customer(c.0)).collect()
        }
        (old, Record::Asset(new)) => {
            let old = match old {
                Some(Record::Asset(old)) => Some(old),
                _ => None,
            };
            asset(old, new)
        }
        (old, Record::WorkOrder(new)) => {
            let mut found = vec![Affected::Order(new.id.0), Affected::Visit(new.visit.0)];
            if let Some(Record::WorkOrder(old)) = old {
                found.push(Affected::Visit(old.visit.0));
            }
            found
        }
        (old, Record::Person(new)) => {
            let old = match old {
                Some(Record::Person(old)) => Some(old),
                _ => None,
            };
            person(old, new)
        }
        (_, Record::Package(new)) => vec![Affected::Package(new.id.0)],
        (_, Record::Calendar(new)) => vec![Affected::Calendar(new.id.0)],
        (old, Record::Grade(new)) => {
            let old = match old {
                Some(Record::Grade(old)) => Some(old),
                _ => None,
            };
            grade(old, new)
        }
        (_, Record::Policy(_)) => vec![Affected::All],
        (_, Record::Contact(_)) => vec![],
    };
    found.into_iter().collect()
}

/// A contract without what only money is counted by.
fn judged_contract(contract: &Contract) -> Contract {
    Contract { annual_fee_minor: None, currency: None, modules: Vec::new(), ..contract.clone() }
}

fn judged_customer(customer: &Customer) -> Customer {
    let nobody = UserId(Uuid::nil());
    Customer { service_manager: nobody, account_manager: nobody, ..customer.clone() }
}

fn judged_policy(policy: &Policy) -> Policy {
    Policy { target_permille: Policy::default().target_permille, ..policy.clone() }
}

fn judged_asset(asset: &Asset) -> Asset {
    let mut asset = asset.clone();
    asset.promised.iter_mut().for_each(|p| (p.annual_cost_minor, p.currency) = (None, None));
    asset
}

fn asset(old: Option<&Asset>, new: &Asset) -> Vec<Affected> {
    match old {
        Some(old) if judged_asset(old) == judged_asset(new) => vec![],
        Some(old) => [old, new].into_iter().map(|a| Affected::Customer(a.customer.0)).collect(),
        // Ids are the server's, so nothing names it yet, unless a database was restored.
        None => Category::ALL
            .iter()
            .map(|category| Affected::Problem(new.customer.0, format!("{category}/{}", new.id)))
            .collect(),
    }
}

fn person(old: Option<&Person>, new: &Person) -> Vec<Affected> {
    let mut found = Vec::new();
    if old.is_none_or(|old| old.roles != new.roles || old.name != new.name) {
        found.push(Affected::IssuedBy(new.id.0));
    }
    if old.is_none_or(|old| old.name != new.name) {
        found.push(Affected::Worker(new.id.0));
    }
    found
}

/// Time of whoever's costs changed, since the first day on which they did.
fn grade(old: Option<&Grade>, new: &Grade) -> Vec<Affected> {
    let (rates, holders) = old.map_or((&[][..], &[][..]), |old| (&old.rates, &old.holders));
    let changed =
        rates.iter().filter(|r| !new.rates.contains(r)).chain(new.rates.iter().filter(|r| !rates.contains(r)));
    let rates_from: Option<Date> = changed.map(|r| r.first_day).min();
    let mut since: BTreeSet<(UserId, Date)> = BTreeSet::new();
    for holder in holders.iter().chain(&new.holders) {
        if holders.contains(holder) != new.holders.contains(holder) {
            since.insert((holder.user, holder.first_day));
        }
        if let Some(from) = rates_from {
            since.insert((holder.user, from));
        }
    }
    let from_ms =
        |day: Date| day.to_zoned(TimeZone::UTC).map_or(i64::MIN, |z| z.timestamp().as_millisecond() - EAST_MS);
    since.into_iter().map(|(user, day)| Affected::Since(user.0, from_ms(day))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use sync_core::ids::{AssetId, ContractId, CustomerId, GradeId, PackageId};
    use sync_core::reference::*;

    const HOSPITAL: CustomerId = CustomerId(Uuid::from_u128(1));

    fn contract() -> Contract {
        Contract {
            id: ContractId(Uuid::from_u128(2)),
            code: "C-1".into(),
            customer: HOSPITAL,
            kind: ContractKind::Software,
            status: ContractStatus::Signed,
            package: PackageId(Uuid::from_u128(3)),
            extras: vec![],
            hours: None,
            first_day: date(2026, 1, 1),
            last_day: date(2026, 12, 31),
            signed_on: None,
            ended_on: None,
            annual_fee_minor: Some(1),
            modules: vec![],
            currency: None,
        }
    }

    #[test]
    fn a_fee_changes_no_verdict_and_a_day_does() {
        let old = Record::Contract(contract());
        let dearer = Record::Contract(Contract { annual_fee_minor: Some(2), ..contract() });
        let longer = Record::Contract(Contract { last_day: date(2027, 1, 31), ..contract() });
        let moved = Record::Contract(Contract { customer: CustomerId(Uuid::from_u128(9)), ..contract() });
        assert_eq!(affected(Some(&old), &old), BTreeSet::new());
        assert_eq!(affected(Some(&old), &dearer), BTreeSet::new());
        assert_eq!(affected(Some(&old), &longer), [Affected::Customer(HOSPITAL.0)].into());
        assert_eq!(affected(None, &old), [Affected::Customer(HOSPITAL.0)].into());
        assert_eq!(affected(Some(&old), &moved).len(), 2);
    }

    #[test]
    fn a_new_asset_affects_only_who_names_it() {
        let asset = Asset {
            id: AssetId(Uuid::from_u128(4)),
            code: "PACS-1".into(),
            customer: HOSPITAL,
            name: "存储".into(),
            category: Category::Storage,
            promised: vec![],
            bought: vec![],
        };
        let key = format!("storage/{}", asset.id);
        let new = affected(None, &Record::Asset(asset.clone()));
        assert!(new.contains(&Affected::Problem(HOSPITAL.0, key)) && new.len() == Category::ALL.len());
        let renamed = Record::Asset(Asset { name: "影像存储".into(), ..asset.clone() });
        assert_eq!(affected(Some(&Record::Asset(asset)), &renamed), [Affected::Customer(HOSPITAL.0)].into());
    }

    #[test]
    fn a_rate_affects_its_holders_since_its_first_day() {
        let by = ByDayClass { normal: 1, evening: 1, rest_day: 1, holiday: 1 };
        let rate = |first_day| Rate { first_day, currency: "CNY".into(), cost: by, list: by };
        let holder = |n, first_day| Holder { user: UserId(Uuid::from_u128(n)), first_day };
        let old = Grade {
            id: GradeId(Uuid::from_u128(5)),
            code: "E2".into(),
            name: "高级工程师".into(),
            rates: vec![rate(date(2026, 1, 1))],
            holders: vec![holder(7, date(2026, 1, 1))],
        };
        let mut new = old.clone();
        new.rates.push(rate(date(2026, 7, 1)));
        new.holders.push(holder(8, date(2026, 9, 1)));
        let found = affected(Some(&Record::Grade(old)), &Record::Grade(new));
        // 2026-07-01 and 2026-09-01 at 00:00 UTC, less 15 hours.
        let (july, september) = (1_782_864_000_000 - EAST_MS, 1_788_220_800_000 - EAST_MS);
        let (seven, eight) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let want = [Affected::Since(seven, july), Affected::Since(eight, july), Affected::Since(eight, september)];
        assert_eq!(found, want.into());
    }
}
