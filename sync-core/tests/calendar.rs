//! The built-in calendar of Chinese holidays against PyPI's chinesecalendar, day by day, for every year whose notice was
//! out. `cargo xtask test` installs it and says where; otherwise this says that nothing was compared.

use jiff::civil::date;
use std::process::Command;
use sync_core::reference::calendar::{Country, DayKind, built_in, built_in_years};

/// Prints `2026-01-01 workday|off` for each day of the years on the command line.
const SCRIPT: &str = "
import sys, datetime, chinese_calendar
for year in map(int, sys.argv[1:]):
    day = datetime.date(year, 1, 1)
    while day.year == year:
        print(day, 'workday' if chinese_calendar.is_workday(day) else 'off')
        day += datetime.timedelta(days=1)
";

#[test]
fn published_years_are_those_of_chinesecalendar() {
    let Some(python) = std::env::var_os("COUNTERSIGN_TEST_CHINESECALENDAR") else {
        println!("nothing compared: COUNTERSIGN_TEST_CHINESECALENDAR names no Python");
        return;
    };
    let years: Vec<String> =
        built_in_years(Country::China).into_iter().filter(|(_, out)| *out).map(|(y, _)| y.to_string()).collect();
    assert!(years.len() >= 3, "{years:?}");
    let output = Command::new(python).args(["-c", SCRIPT]).args(&years).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut compared = 0;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (day, theirs) = line.split_once(' ').unwrap();
        let ours = built_in(Country::China, day.parse().unwrap()).unwrap();
        assert_eq!(ours == DayKind::Workday, theirs == "workday", "{day}: {ours}");
        compared += 1;
    }
    assert_eq!(compared, 366 + 365 + 365);
}

/// The regulation on public holidays (全国年节及纪念日放假办法, State Council Order 795): 11 days until 2024, 13 since.
#[test]
fn every_year_has_its_statutory_days() {
    for (year, _) in built_in_years(Country::China) {
        let first = date(year, 1, 1);
        let days = std::iter::successors(Some(first), |d| d.tomorrow().ok()).take_while(|d| d.year() == year);
        let holidays = days.filter(|d| built_in(Country::China, *d) == Some(DayKind::Holiday)).count();
        assert_eq!(holidays, if year < 2025 { 11 } else { 13 }, "{year}");
    }
}
