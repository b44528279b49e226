//! Each report in each form and language, empty and full, as whoever opens the file sees it.

use crate::field::{Field, HOSPITAL, HOUR, MORNING, WANGS_PHONE, begin, id};
use crate::reports::{company, visit};
use calamine::{Data, Reader as _, Xlsx};
use countersign::conformance;
use serde_json::Value;
use std::io::Cursor;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::*;

const DAYS: &str = "from=2026-11-01&to=2026-11-30";

/// Every report with what it needs to answer.
fn all() -> Vec<String> {
    let plain = ["cost", "given-away", "profitability", "break-even", "repeat-problems", "vendor-gaps", "own-work"];
    let mut all: Vec<String> = plain.iter().map(|name| format!("{name}?{DAYS}")).collect();
    all.push(format!("what-if?{DAYS}&customer={HOSPITAL}&package=A-2026"));
    all.push(format!(
        "cost?{DAYS}&group_by=visit,customer,requester,engineer,contract,category,cause,kind,day,class,coverage,review"
    ));
    all.push(format!("profitability?{DAYS}&group_by=contract"));
    all
}

/// The first sheet as text.
fn sheet(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let width = range.width();
    let text = |cell: &Data| match cell {
        // Amounts are numbers there; their decimals are a format.
        Data::Float(n) => format!("{n}"),
        other => other.to_string(),
    };
    range.rows().map(|row| (0..width).map(|n| row.get(n).map(text).unwrap_or_default()).collect()).collect()
}

fn table(bytes: &[u8]) -> Vec<Vec<String>> {
    assert!(bytes.starts_with(b"\xef\xbb\xbf"), "Excel takes it for the computer's own encoding without the mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[3..]);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// One report in all forms: equal in titles, number of rows and every cell. Returns the JSON.
async fn told(field: &Field, token: &str, question: &str, lang: &str) -> Value {
    let get = async |format: &str| {
        let path = format!("/api/v1/reports/{question}&lang={lang}&format={format}");
        field.api.get(&path, token).await
    };
    let json = get("json").await.ok();
    let count = |part: &str| json[part].as_array().unwrap().len();
    let titles: Vec<&str> = json["columns"].as_array().unwrap().iter().map(|c| c["title"].as_str().unwrap()).collect();
    assert!(titles.iter().all(|t| !t.starts_with("report-")), "{question} {lang}: {titles:?}");
    let (csv, xlsx) = (table(&get("csv").await.bytes), sheet(get("xlsx").await.bytes));
    for file in [&csv, &xlsx] {
        assert_eq!(file.len(), 1 + count("rows") + count("totals"), "{question} {lang}");
        assert_eq!(file[0], titles, "{question} {lang}");
    }
    for (a, b) in csv.iter().zip(&xlsx).skip(1) {
        for (a, b) in a.iter().zip(b) {
            // 200.00 and 200 are the same amount; a formula made harmless is plain text in a workbook.
            let same = a == b || a.strip_prefix('\'') == Some(b) || a.parse::<f64>().is_ok_and(|a| Ok(a) == b.parse());
            assert!(same, "{question} {lang}: {a} in the CSV is {b} in the workbook");
            assert!(!a.contains('{') && !a.contains("category-") && !a.contains("cause-"), "no word for {a}");
        }
    }
    json
}

conformance! { an_empty_report_is_a_table_without_rows, |f| async {
    let field = Field::new(f).await;
    let lead = field.token("lead").await;
    for question in all() {
        for lang in ["zh-CN", "en"] {
            let report = told(&field, &lead, &question, lang).await;
            assert_eq!((&report["rows"], &report["totals"]), (&serde_json::json!([]), &serde_json::json!([])), "{question}");
        }
    }
} }

conformance! { every_form_says_the_same, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    for n in 0..3 {
        visit(&mut wang, Category::Network, 24 * n);
    }
    visit(&mut wang, Category::DataEntry, 3);
    visit(&mut wang, Category::ApplicationSoftware, 27);
    let _wang = field.sync(wang).await;
    let lead = field.token("lead").await;
    for question in all() {
        let (zh, en) = (told(&field, &lead, &question, "zh-CN").await, told(&field, &lead, &question, "en").await);
        assert_ne!(zh["rows"], serde_json::json!([]), "{question}");
        // Only titles are translated: codes, amounts and names are the same for a program.
        assert_eq!((&zh["rows"], &zh["totals"]), (&en["rows"], &en["totals"]), "{question}");
        assert_ne!(zh["columns"], en["columns"], "{question}");
    }
} }

conformance! { what_has_no_price_is_told_in_every_report_of_money, |f| async {
    let field = Field::new(f).await;
    // Nobody has a rate here.
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let v = visit(&mut wang, Category::Network, 0);
    wang.one(v, Command::AddExpense(ExpensePatch { kind: Some(ExpenseKind::Taxi), ..ExpensePatch::default() })).unwrap();
    let _wang = field.sync(wang).await;
    let lead = field.token("lead").await;
    for name in ["cost", "given-away", "profitability", "break-even"] {
        let report = field.api.get(&format!("/api/v1/reports/{name}?{DAYS}"), &lead).await.ok();
        let sum = |column: &str| -> i64 {
            report["rows"].as_array().unwrap().iter().map(|r| r[column].as_i64().unwrap()).sum()
        };
        assert_eq!((sum("unpriced_time"), sum("unpriced_expenses")), (7_200_000, 1), "{name}: {report}");
        assert!(report["rows"].as_array().unwrap().iter().all(|r| r["currency"].is_null()), "{name}");
    }
} }

conformance! { a_problem_is_counted_on_the_day_that_it_was_there, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    // 1 November, 06:00 in Shanghai: still October at Greenwich.
    let from_ms = MORNING - 22 * 24 * HOUR - 4 * HOUR;
    wang.travel_to(from_ms);
    let v = wang.begin(begin(CustomerRef::Listed(HOSPITAL), "H01 医院", false)).unwrap();
    let patch = ItemPatch { category: Some(Category::DataEntry), symptom: Some("建字典".into()), ..ItemPatch::default() };
    let span = ManualSpan { from_ms, until_ms: from_ms + HOUR };
    let time = Command::AddTime { kind: TimeKind::Labour, user: UserId(id(1)), item: None, span, supersedes: None };
    wang.record(v, &[Command::AddItem(patch), time]).unwrap();
    let _wang = field.sync(wang).await;
    let lead = field.token("lead").await;
    for report in ["repeat-problems?least=1&", "own-work?", "given-away?"] {
        for (days, count) in [("from=2026-10-01&to=2026-10-31", 0), ("from=2026-11-01&to=2026-11-01", 1)] {
            let answer = field.api.get(&format!("/api/v1/reports/{report}{days}"), &lead).await.ok();
            assert_eq!(answer["rows"].as_array().unwrap().len(), count, "{report}{days}: {answer}");
        }
    }
} }

conformance! { days_at_the_ends_of_the_calendar_are_no_trouble, |f| async {
    let field = Field::new(f).await;
    company(&field).await;
    let lead = field.token("lead").await;
    for days in ["from=0001-01-01&to=0001-12-31", "from=9999-01-01&to=9999-12-31", "from=9999-12-31&to=9999-12-31"] {
        for question in all() {
            let question = question.replace(DAYS, days);
            let answer = field.api.get(&format!("/api/v1/reports/{question}"), &lead).await;
            // A day whose end no calendar has is refused; nothing breaks.
            assert!(matches!(answer.status.as_u16(), 200 | 400), "{question}: {} {}", answer.status, answer.body);
        }
    }
    for days in ["from=-009999-01-01&to=-009999-12-31", "from=0001-01-01&to=9999-12-31", "from=2026-02-30&to=2026-03-01"] {
        for question in all() {
            let question = question.replace(DAYS, days);
            field.api.get(&format!("/api/v1/reports/{question}"), &lead).await.refused(400, "bad_request");
        }
    }
} }
