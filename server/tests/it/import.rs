//! Import: what is told about bad files, and that good ones can be repeated.

use crate::api::Api;
use axum::http::Method;
use countersign::auth::passwords::Passwords;
use countersign::conformance;
use countersign::import::engine::{Plan, import};
use countersign::import::{ImportError, Report, RowError, Source};
use countersign::reference::cache::load;
use countersign::testing::Fixture;
use serde_json::json;
use sync_core::reference::{Reference, Role};

const USERS: &str = "login,name,roles,password\nsm,张经理,service_manager,correct horse battery\n\
                     am,赵客户,account_manager,correct horse battery\nwang,王建国,engineer;sales,\n";
const CUSTOMERS: &str = "code,name,tier,time_zone,service_manager,account_manager\n\
                         H01,市第一人民医院,tertiary,Asia/Shanghai,sm,am\n";
const PACKAGES: &str = "code,name,clause_code,clause_effect,clause_category,clause_text\n\
                        B-2026,增强版,B-1,grant,application_software,应用软件\n\
                        B-2026,增强版,B-2,grant,database,数据库\n\
                        A-2026,基础版,A-1,grant,application_software,应用软件\n";

async fn run(f: &Fixture, name: &str, bytes: &[u8], dry_run: bool) -> Result<Report, ImportError> {
    let passwords = Passwords::new().unwrap();
    let plan =
        Plan { db: &f.db, passwords: &passwords, by: None, now_ms: 1_700_000_000_000, dry_run, progress: &|_, _| {} };
    import(&plan, Source::from_file(name, bytes.to_vec(), None)).await
}

async fn good(f: &Fixture, name: &str, text: &str) -> Report {
    run(f, name, text.as_bytes(), false).await.unwrap()
}

async fn errors(f: &Fixture, name: &str, bytes: &[u8]) -> Vec<RowError> {
    match run(f, name, bytes, false).await {
        Err(ImportError::Rows { errors }) => errors,
        other => panic!("{other:?}"),
    }
}

async fn known(f: &Fixture) -> Reference {
    load(&mut f.db.read().await.unwrap()).await.unwrap()
}

conformance! { files_are_taken_in_once, |f| async {
    let report = good(f, "users.csv", USERS).await;
    assert_eq!((report.added, report.passwords.len(), report.passwords[0].login.as_str()), (3, 1, "wang"));
    assert_eq!(good(f, "users.csv", USERS).await.unchanged, 3);
    // A byte order mark, as Excel writes it.
    assert_eq!(good(f, "customers.csv", &format!("\u{feff}{CUSTOMERS}")).await.added, 1);
    assert_eq!(good(f, "packages.csv", PACKAGES).await.added, 2);
    let before = known(f).await;
    let again = good(f, "packages-neu.csv", PACKAGES).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 2));
    assert_eq!(known(f).await, before, "nothing said twice is written twice");
    let b = before.packages.values().find(|p| p.code == "B-2026").unwrap();
    assert_eq!(b.clauses.len(), 2);

    let renamed = CUSTOMERS.replace("市第一人民医院", "市一院");
    assert_eq!(run(f, "customers.csv", renamed.as_bytes(), true).await.unwrap().changed, 1);
    assert_eq!(known(f).await, before, "a dry run writes nothing");
    let (gb, _, _) = encoding_rs::GB18030.encode(&renamed);
    assert_eq!(run(f, "customers.csv", &gb, false).await.unwrap().changed, 1);
    let after = known(f).await;
    assert_eq!(after.customers.values().next().unwrap().name, "市一院");
    assert_eq!(after.customers.keys().next(), before.customers.keys().next());
    assert!(after.version > before.version);
} }

conformance! { one_json_file_holds_a_company, |f| async {
    let company = json!({
        // In the order of the alphabet: the import goes by who refers to whom.
        "assets": [{ "code": "PACS-1", "customer": "H01", "name": "存储", "category": "storage" }],
        "contacts": [{ "code": "P1", "customer": "H01", "name": "刘主任", "email": "liu@example.com",
            "receives_receipts": true }],
        "contracts": [{ "code": "C1", "customer": "H01", "kind": "software", "status": "signed", "package": "A",
            "first_day": "2026-01-01", "last_day": "2026-12-31" }],
        "customers": [{ "code": "H01", "name": "医院", "tier": "county", "time_zone": "Asia/Urumqi",
            "service_manager": "sm", "account_manager": "am" }],
        "packages": [{ "code": "A", "name": "基础版",
            "clauses": [{ "code": "A-1", "effect": "grant", "category": "database" }] }],
        "users": [{ "login": "sm", "name": "张", "roles": ["service_manager"] },
            { "login": "am", "name": "赵", "roles": ["account_manager"] },
            { "login": "wang", "name": "王", "roles": ["engineer"] }],
        "work_orders": [{ "code": "W1", "customer": "H01", "issued_by": "sm", "engineers": ["wang"] }],
    })
    .to_string();
    let report = good(f, "company.json", &company).await;
    assert_eq!((report.added, report.passwords.len()), (9, 3));
    let again = good(f, "company.json", &company).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 9));
    let known = known(f).await;
    assert_eq!((known.work_orders.len(), known.contacts.len(), known.contracts.len()), (1, 1, 1));
} }

conformance! { every_bad_row_is_named_and_nothing_is_written, |f| async {
    good(f, "users.csv", USERS).await;
    let before = known(f).await;
    let bad = "code,name,tier,time_zone,service_manager,account_manager\n\
               H01,一院,tertiary,Asia/Shanghai,sm,am\n\
               H02,二院,quaternary,Asia/Shanghai,sm,am\n\
               H03,三院,county,Mars/Base,nobody,am\n\
               H01,一院,tertiary,Asia/Shanghai,sm,am\n\
               H05,五院,county,Asia/Shanghai,wang,am\n\
               H06,六院\n\
               ,七院,county,Asia/Shanghai,sm,am\n";
    let found = errors(f, "customers.csv", bad.as_bytes()).await;
    let told: Vec<_> = found.iter().map(|e| (e.place.as_str(), e.column, e.code)).collect();
    assert_eq!(told, [
        ("line 3", Some(3), "unknown_word"),
        ("line 4", Some(5), "unknown_reference"),
        ("line 5", Some(1), "duplicate_code"),
        ("line 6", Some(5), "wrong_role"),
        ("line 7", None, "wrong_width"),
        ("line 8", Some(1), "missing"),
    ]);
    assert!(found[1].to_string().contains("line 4, column 5 (service_manager)"), "{}", found[1]);
    assert_eq!(known(f).await, before, "all or nothing");
} }

conformance! { bad_files_are_named, |f| async {
    let code = async |name: &str, bytes: &[u8]| errors(f, name, bytes).await[0].code;
    assert_eq!(code("customers.csv", b"code,naem\n1,2\n").await, "unknown_column");
    assert_eq!(code("customers.csv", b"code,code\n1,2\n").await, "duplicate_column");
    assert_eq!(code("customers.csv", b"").await, "empty");
    assert_eq!(code("customers.csv", b"code,name\n\xff\xff\xff,x\n").await, "bad_encoding");
    assert_eq!(code("whatever.csv", b"code\n1\n").await, "no_kind");
    assert_eq!(code("customers.json", b"{").await, "bad_json");
    assert_eq!(code("x.json", b"[]").await, "no_kind");
    assert_eq!(code("x.json", b"{\"hospitals\":[]}").await, "unknown_field");
    assert_eq!(code("customers.json", b"[3]").await, "wrong_form");
    assert_eq!(code("customers.json", b"[{\"code\":\"1\",\"nmae\":\"2\"}]").await, "unknown_field");
    assert_eq!(code("users.csv", "login,name,roles,password\nx,y,engineer,short\n".as_bytes()).await, "bad_password");
    assert_eq!(code("users.csv", "login,name,roles\nx,y,king\n".as_bytes()).await, "unknown_role");
    assert_eq!(code("contacts.csv", "code,receives_receipts\nx,maybe\n".as_bytes()).await, "not_a_bool");
    assert!(known(f).await.people.is_empty());
} }

conformance! { the_api_imports_too, |f| async {
    let api = Api::new(f).await;
    let admin = api.token("boss", Role::Admin).await;
    let send = async |path: &str, text: &str, token: &str| {
        api.send(Method::POST, path, Some(token), Some("text/csv"), text.as_bytes().to_vec()).await
    };
    let report = send("/api/v1/import?kind=users", USERS, &admin).await.ok();
    assert_eq!(report["added"], 3);
    send("/api/v1/import?kind=customers", CUSTOMERS, &admin).await.ok();
    let bad = send("/api/v1/import?kind=customers", "code,name\nH9,x\n", &admin).await;
    bad.refused(422, "import_failed");
    assert!(bad.body["errors"][0]["detail"].as_str().unwrap().starts_with("line 2"));
    send("/api/v1/import?kind=hospitals", CUSTOMERS, &admin).await.refused(400, "bad_request");
    let wang = api.login("am").await;
    let token = wang["access_token"].as_str().unwrap();
    send("/api/v1/import?kind=users", USERS, token).await.refused(403, "password_change_required");
} }
