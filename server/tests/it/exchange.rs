//! What is exported and imported again is the same state: the demo company, through every form.

use crate::api::Api;
use crate::process::program;
use axum::http::Method;
use countersign::auth::passwords::Passwords;
use countersign::conformance;
use countersign::export::{self, Part};
use countersign::import::engine::{Plan, import};
use countersign::import::{Form, KINDS, Report, Source, name_of};
use countersign::reference::cache::load;
use countersign::store::Db;
use countersign::testing::Fixture;
use serde_json::{Value, json};
use sync_core::document::facts::Lang;
use sync_core::reference::{RecordKind, Role};

const COMPANY: &str = include_str!("../../../tests/company/demo.json");

async fn take_in(db: &Db, form: Form, kind: Option<RecordKind>, bytes: Vec<u8>) -> Report {
    let passwords = Passwords::new().unwrap();
    let now_ms = 1_700_000_000_000;
    let plan = Plan { db, passwords: &passwords, by: None, now_ms, dry_run: false, progress: &|_, _| {} };
    import(&plan, Source { bytes, form, kind }).await.unwrap()
}

async fn all(db: &Db) -> Vec<Part> {
    export::read(&mut db.read().await.unwrap(), None).await.unwrap()
}

fn count(parts: &[Part]) -> usize {
    parts.iter().map(|part| part.records.len()).sum()
}

conformance! { an_export_imports_to_the_same_state, |f| async {
    let report = take_in(&f.db, Form::Json, None, COMPANY.into()).await;
    // Sold five years, bought three: taken in, and told.
    let gaps: Vec<_> = report.warnings.iter().map(|w| (w.code, w.field.as_str())).collect();
    assert_eq!(gaps, [("vendor_gap", "promised.0"); 2], "{:?}", report.warnings);
    for (warning, days) in
        report.warnings.iter().zip([["2025-10-01", "2027-09-30"], ["2026-01-01", "2027-12-31"]])
    {
        assert!(days.iter().all(|day| warning.detail.contains(day)), "{}", warning.detail);
    }
    let parts = all(&f.db).await;
    let first = export::json(&parts, false);
    assert_eq!(count(&parts), report.added);
    assert!(!first.contains("argon2") && !first.contains("countersign demo"), "passwords stay");

    // Into an empty database, and out again.
    let other = Fixture::sqlite().await.unwrap();
    take_in(&other.db, Form::Json, None, first.clone().into_bytes()).await;
    assert_eq!(export::json(&all(&other.db).await, false), first);
    other.clear().await.unwrap();

    // Into the same one: nothing changes, whatever the form and the language.
    let before = load(&mut f.db.read().await.unwrap()).await.unwrap();
    let again = take_in(&f.db, Form::Json, None, first.clone().into_bytes()).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, report.added));
    for lang in [Lang::En, Lang::ZhCn] {
        for part in &parts {
            let again = take_in(&f.db, Form::Csv, Some(part.kind), export::csv(part, lang).unwrap()).await;
            assert_eq!((again.added, again.changed, again.unchanged), (0, 0, part.records.len()), "{}", part.kind);
        }
        let again = take_in(&f.db, Form::Xlsx, None, export::xlsx(&parts, lang).unwrap()).await;
        assert_eq!((again.added, again.changed, again.unchanged), (0, 0, report.added));
    }
    assert_eq!(load(&mut f.db.read().await.unwrap()).await.unwrap(), before);

    // Tables carry the whole state, too, not only what changes nothing.
    let other = Fixture::sqlite().await.unwrap();
    take_in(&other.db, Form::Xlsx, None, export::xlsx(&parts, Lang::ZhCn).unwrap()).await;
    assert_eq!(export::json(&all(&other.db).await, false), first);
    other.clear().await.unwrap();
} }

conformance! { no_cell_of_an_export_is_a_formula, |f| async {
    take_in(&f.db, Form::Json, None, COMPANY.into()).await;
    let names = ["=HYPERLINK(\"http://x\")", "+86 138", "-1", "@SUM(A1)", "'quoted'", "''", "a\nb, \"c\"; d"];
    let contacts: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(i, name)| json!({ "code": format!("X{i}"), "customer": "RM01", "name": name, "position": name }))
        .collect();
    take_in(&f.db, Form::Json, Some(RecordKind::Contact), json!(contacts).to_string().into_bytes()).await;
    let parts = export::read(&mut f.db.read().await.unwrap(), Some(RecordKind::Contact)).await.unwrap();
    let table = export::csv(&parts[0], Lang::En).unwrap();
    for record in csv::Reader::from_reader(&table[3..]).records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    let again = take_in(&f.db, Form::Csv, Some(RecordKind::Contact), table).await;
    assert_eq!((again.changed, again.unchanged), (0, parts[0].records.len()));
    let again = take_in(&f.db, Form::Xlsx, None, export::xlsx(&parts, Lang::En).unwrap()).await;
    assert_eq!((again.changed, again.unchanged), (0, parts[0].records.len()));
} }

conformance! { files_go_through_the_api, |f| async {
    let api = Api::new(f).await;
    take_in(&f.db, Form::Json, None, COMPANY.into()).await;
    let admin = api.token("boss", Role::Admin).await;
    let lead = api.token("lead", Role::Leadership).await;
    for (name, kind) in KINDS {
        for format in ["csv", "xlsx"] {
            let file = api.get(&format!("/api/v1/export/{name}?format={format}&lang=zh-CN"), &lead).await;
            assert!(file.headers["content-disposition"].to_str().unwrap().contains(&format!("{name}.{format}")));
            let path = format!("/api/v1/import?kind={name}");
            let report = api.send(Method::POST, &path, Some(&admin), Some("text/csv"), file.bytes).await.ok();
            assert_eq!((&report["added"], &report["changed"]), (&json!(0), &json!(0)), "{name} {format}");
            assert!(report["unchanged"].as_u64().unwrap() > 0, "{name} {format}");

            let template = api.get(&format!("/api/v1/templates/{name}?format={format}"), &lead).await;
            assert!(template.status.is_success());
            let report = api.send(Method::POST, &path, Some(&admin), None, template.bytes).await.ok();
            assert_eq!((&report["added"], &report["unchanged"]), (&json!(0), &json!(0)), "an empty table of {kind}");
        }
        let json = api.get(&format!("/api/v1/export/{name}?format=json"), &lead).await.ok();
        assert!(!json.as_array().unwrap().is_empty(), "{}", name_of(*kind));
    }
    api.get("/api/v1/export/hospitals", &admin).await.refused(404, "not_found");
    api.get("/api/v1/export/customers?format=pdf", &admin).await.refused(400, "bad_request");
    api.get("/api/v1/templates/customers?format=json", &admin).await.refused(400, "bad_request");
} }

#[test]
fn files_come_and_go_by_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let (home, path) = (dir.path().join("data"), |name: &str| dir.path().join(name).display().to_string());
    let run = |args: &[&str]| program(&home, args);
    std::fs::write(path("company.json"), COMPANY).unwrap();
    let (code, _, told) = run(&["import", &path("company.json")]);
    assert!(
        code == 0 && told.contains("warning: assets, record 5 (promised.0)") && told.contains("[vendor_gap]"),
        "{told}"
    );
    assert_eq!(run(&["export", "--format", "csv", "--out", &path("tables")]).0, 0);
    assert_eq!(run(&["export", "--out", &path("all.xlsx")]).0, 0);
    let (code, told, _) = run(&["import", &path("all.xlsx"), &path("tables/contracts.csv")]);
    assert!(code == 0 && told.contains(": 0 added, 0 changed, 8 unchanged"), "{told}");

    let table = std::fs::read_to_string(path("tables/customers.csv")).unwrap();
    std::fs::write(path("customers.csv"), table.replace("zhao.min", "nobody")).unwrap();
    let (code, _, told) = run(&["import", "--errors", &path("again.csv"), &path("customers.csv")]);
    assert!(code == 1 && told.contains("7 errors; nothing of it was imported"), "{told}");
    let again = std::fs::read_to_string(path("again.csv")).unwrap();
    assert_eq!(again.matches("[unknown_reference]").count(), 7, "{again}");
    assert_eq!(run(&["import", "--errors", &path("x"), &path("all.xlsx")]).0, 2);
    assert_eq!(run(&["export", "--kind", "hospitals", "--out", &path("x")]).0, 2);
}
