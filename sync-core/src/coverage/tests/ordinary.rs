//! Work at night and at weekends where no contract says when service is promised.

use super::kit::*;
use crate::coverage::FlagCode;
use crate::document::facts::{Category, Lang};
use crate::reference::ContractStatus;

/// What is said about hours when somebody worked in Shanghai from then until then, with a contract for March 2026.
fn said(from: &str, until: &str) -> Vec<String> {
    let company = reference(vec![contract(50, SHANGHAI, "C-1", ContractStatus::Signed, "2026-03-01..2026-03-31")]);
    let mut view = visit(SHANGHAI, from);
    view.items.push(item(200, &[Category::ApplicationSoftware]));
    view.time.push(labour(300, ZHAO, None, from, until));
    let verdict = judge(&view, &company);
    let flags = verdict.flags.iter().filter(|f| f.code == FlagCode::OutsideServiceHours);
    flags.map(|f| f.message.render(Lang::En)).collect()
}

fn outside(time: &str) -> Vec<String> {
    vec![format!(
        "{time} of the work were outside ordinary hours (working days, 08:00-18:00), and no contract was in force."
    )]
}

#[test]
fn without_a_contract_the_companys_hours_are_the_measure() {
    // Thursday, 2 April 2026 in Shanghai, 16:00 to 20:30.
    assert_eq!(said("2026-04-02T08:00:00Z", "2026-04-02T12:30:00Z"), outside("2:30:00"));
    assert_eq!(said("2026-04-02T02:00:00Z", "2026-04-02T09:00:00Z"), Vec::<String>::new());
    // From Friday 17:00 over the night to Saturday 4 April, 09:00: a weekend, and moved off for Qingming.
    assert_eq!(said("2026-04-03T09:00:00Z", "2026-04-04T01:00:00Z"), outside("15:00:00"));
    // Saturday, 9 May 2026 is worked in exchange for the days around 1 May.
    assert_eq!(said("2026-05-09T02:00:00Z", "2026-05-09T09:00:00Z"), Vec::<String>::new());
}

#[test]
fn only_the_part_without_a_contract_counts() {
    // From 31 March, 22:00, the contract's last day, until 02:00.
    assert_eq!(said("2026-03-31T14:00:00Z", "2026-03-31T18:00:00Z"), outside("2:00:00"));
    // Sunday, under the contract, whose package says nothing about hours.
    assert_eq!(said("2026-03-29T02:00:00Z", "2026-03-29T09:00:00Z"), Vec::<String>::new());
}
