//! Tables as people make them: Chinese headings and words, yuan, dates of every sort, workbooks; and what is told when
//! one is wrong.

use countersign::auth::passwords::Passwords;
use countersign::conformance;
use countersign::import::engine::{Plan, import};
use countersign::import::errors_file::with_errors;
use countersign::import::{Form, ImportError, MOST_BYTES, MOST_ROWS, Report, RowError, Source};
use countersign::reference::cache::load;
use countersign::testing::Fixture;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use sync_core::reference::*;

const COMPANY: &str = include_str!("../../../tests/company/demo.json");

async fn run(f: &Fixture, name: &str, bytes: &[u8]) -> Result<Report, ImportError> {
    let passwords = Passwords::new().unwrap();
    let now_ms = 1_700_000_000_000;
    let plan = Plan { db: &f.db, passwords: &passwords, by: None, now_ms, dry_run: false, progress: &|_, _| {} };
    import(&plan, Source::from_file(name, bytes.to_vec(), None)).await
}

async fn errors(f: &Fixture, name: &str, bytes: &[u8]) -> Vec<RowError> {
    match run(f, name, bytes).await {
        Err(ImportError::Rows { errors }) => errors,
        other => panic!("{other:?}"),
    }
}

/// Line, column and code of each error.
async fn told(f: &Fixture, name: &str, text: &str) -> Vec<(usize, usize, &'static str)> {
    let errors = errors(f, name, text.as_bytes()).await;
    errors.iter().map(|e| (e.line.unwrap_or(0), e.column.unwrap_or(0), e.code)).collect()
}

async fn known(f: &Fixture) -> Reference {
    load(&mut f.db.read().await.unwrap()).await.unwrap()
}

async fn company(f: &Fixture) {
    run(f, "company.json", COMPANY.as_bytes()).await.unwrap();
}

fn contract(known: &Reference, code: &str) -> Contract {
    known.contracts.values().flat_map(|m| m.values()).find(|c| c.code == code).unwrap().clone()
}

conformance! { a_table_in_chinese_is_read_as_meant, |f| async {
    company(f).await;
    let text = "合同编号,医院,类型,状态,服务包,开始日期,结束日期,年费,币种,模块编号,模块名称,模块年费\n\
                HT-9,RM01,软件合同,已签订,SW-2026,２０２６年１月１日,2026/12/31,\"￥60,000.50\",CNY,M1,门诊,40000.5\n\
                HT-9,,,,,,,,,M2,住院,２００００\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    assert_eq!(run(f, "contracts.csv", &gb).await.unwrap().added, 1);
    let made = contract(&known(f).await, "HT-9");
    assert_eq!((made.kind, made.status), (ContractKind::Software, ContractStatus::Signed));
    assert_eq!((made.first_day.to_string(), made.last_day.to_string()), ("2026-01-01".into(), "2026-12-31".into()));
    assert_eq!(made.annual_fee_minor, Some(6_000_050));
    assert_eq!(made.modules.iter().map(|m| m.annual_fee_minor).collect::<Vec<_>>(), [4_000_050, 2_000_000]);
    // The same in UTF-16, as Excel's "Unicode text" has it: with tabs.
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.replace("\"￥60,000.50\"", "60000.50").replace(',', "\t").encode_utf16())
        .flat_map(u16::to_le_bytes).collect();
    assert_eq!(run(f, "contracts.csv", &utf16).await.unwrap().unchanged, 1);
    // What a table has no column for stays as it is.
    assert_eq!(run(f, "contracts.csv", "code,last_day\nHT-9,2026-11-30\n".as_bytes()).await.unwrap().changed, 1);
    let changed = contract(&known(f).await, "HT-9");
    assert_eq!(Contract { last_day: made.last_day, ..changed.clone() }, made);
    assert_ne!(changed.last_day, made.last_day);
} }

conformance! { a_workbook_is_read_as_it_is_shown, |f| async {
    company(f).await;
    let book = |fee: f64, first: Option<ExcelDateTime>| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (i, heading) in (0_u16..).zip(["code", "customer", "kind", "status", "package", "first_day", "last_day", "annual_fee", "currency"]) {
            sheet.write(0, i, heading).unwrap();
        }
        for (i, text) in [(0, "HT-9"), (1, "RM01"), (2, "software"), (3, "signed"), (4, "SW-2026"), (8, "CNY")] {
            sheet.write(1, i, text).unwrap();
        }
        let date = Format::new().set_num_format("yyyy/m/d");
        match first {
            Some(first) => { sheet.write_with_format(1, 5, &first, &date).unwrap(); }
            // 1 January 2026, as a bare number.
            None => { sheet.write(1, 5, 46_023).unwrap(); }
        }
        sheet.write(1, 6, "2026年12月31日").unwrap();
        sheet.write(1, 7, fee).unwrap();
        book.save_to_buffer().unwrap()
    };
    let day = ExcelDateTime::from_ymd(2026, 1, 1).unwrap();
    assert_eq!(run(f, "contracts.xlsx", &book(200_000.0, Some(day.clone()))).await.unwrap().added, 1);
    let made = contract(&known(f).await, "HT-9");
    assert_eq!((made.first_day.to_string().as_str(), made.annual_fee_minor), ("2026-01-01", Some(20_000_000)));
    assert_eq!(run(f, "contracts.xlsx", &book(200_000.0, None)).await.unwrap().unchanged, 1);
    assert_eq!(run(f, "contracts.xlsx", &book(199_999.99, None)).await.unwrap().changed, 1);
    let code = async |bytes: &[u8]| errors(f, "contracts.xlsx", bytes).await.iter().map(|e| (e.line, e.column, e.code)).collect::<Vec<_>>();
    assert_eq!(code(&book(199_999.995, None)).await, [(Some(2), Some(8), "not_whole_minor")]);
    let noon = day.and_hms(12, 0, 0).unwrap();
    assert_eq!(code(&book(1.0, Some(noon))).await[0], (Some(2), Some(6), "not_a_date"));
    assert_eq!(code(b"PK\x03\x04 and then nothing").await, [(None, None, "bad_workbook")]);
    assert_eq!(code(b"\xD0\xCF\x11\xE0 an old one").await, [(None, None, "unsupported_format")]);
} }

conformance! { what_contradicts_itself_is_told_by_row_and_column, |f| async {
    company(f).await;
    let before = known(f).await;
    let head = "code,customer,kind,status,package,first_day,last_day,ended_on,annual_fee,annual_fee_minor,currency,module_code,module_annual_fee\n";
    let told = async |name: &str, text: String| told(f, name, &text).await;
    let bad = |row: &str| format!("{head}{row}\n");
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-02-01,2026-01-01,,,,,,")).await, [(2, 7, "dates_reversed")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,2026-06-01,,,,,")).await, [(2, 8, "not_terminated")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,terminated,SW-2026,2026-01-01,2026-12-31,2027-06-01,,,,,")).await, [(2, 8, "out_of_term")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,100,,,,")).await, [(2, 11, "missing")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,-1,,CNY,,")).await, [(2, 9, "negative")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,100,1000,CNY,,")).await, [(2, 9, "contradiction")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,100,,JPY,,")).await, [(2, 9, "use_minor")]);
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,100,,CNY,M1,40\nC,,,,,,,,,,,M2,-5")).await,
        [(2, 9, "sum_mismatch"), (3, 13, "negative")]);
    // Without a fee it is the sum; with two rows of one code and nothing to add, the second is one too many.
    assert_eq!(told("contracts.csv", bad("C,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,,,CNY,M1,40\nC,RM01,software,signed,SW-2026,2026-01-01,2026-12-31,,,,CNY,,")).await,
        [(3, 1, "duplicate_code")]);

    let managers = "code,name,tier,time_zone,service_manager,account_manager\nH9,九院,三级医院,Asia/Shanghai,zhang.li;emma.wood,zhao.min\n";
    assert_eq!(told("customers.csv", managers.into()).await, [(2, 5, "more_than_one")]);
    let contacts = "code,customer,name,single_interface\nK-1,BS06,甲,是\nBS06-1,BS06,彭海燕,否\nK-2,BS06,乙,是\n";
    assert_eq!(told("contacts.csv", contacts.into()).await, [(2, 4, "second_interface"), (4, 4, "second_interface")]);
    assert_eq!(told("contacts.csv", "code,customer,name,single_interface\nK-1,BS06,甲,是\n".into()).await, [(2, 4, "second_interface")]);
    let clauses = |row: &str| format!("code,name,clause_code,clause_effect,clause_category,clause_quota_unit,clause_quota_amount,clause_quota_period,clause_hours,clause_price_amount,clause_price_currency,clause_price_per\n{row}\n");
    assert_eq!(told("packages.csv", clauses("P,p,1,grant,magic,,,,,,,")).await, [(2, 5, "unknown_word")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,grant,,,,,,,,")).await, [(2, 5, "missing")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,limit,,,,,,,,")).await, [(2, 6, "missing")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,limit,,visits,-1,month,,,,")).await, [(2, 7, "negative")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,exclude,database,visits,1,month,,,,")).await, [(2, 6, "not_allowed")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,price,,,,,,,,")).await, [(2, 10, "missing")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,price,,,,,5x8,1,CNY,hour")).await, [(2, 9, "not_allowed")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,grant,database,,,,\"workdays 09:00-12:00,11:00-17:00\",,,")).await, [(2, 9, "overlapping_windows")]);
    assert_eq!(told("packages.csv", clauses("P,p,1,grant,database,,,,sometimes,,,\nP,,2,grant,magic,,,,,,,")).await,
        [(2, 9, "bad_hours"), (3, 5, "unknown_word")]);
    assert_eq!(told("packages.csv", "code,name,family,sold_from,sold_until\nA,a,F,2026-01-01,2026-12-31\nB,b,F,2026-12-31,\nC,c,F,2025-02-01,2025-01-01\n".into()).await,
        [(2, 4, "overlapping_versions"), (3, 4, "overlapping_versions"), (4, 5, "dates_reversed")]);
    let rates = |row: &str| format!("code,name,rate_first_day,rate_currency,rate_cost_normal,rate_cost_evening,rate_cost_rest_day,rate_cost_holiday,rate_list_normal,rate_list_evening,rate_list_rest_day,rate_list_holiday,holder_user,holder_first_day\n{row}\n");
    assert_eq!(told("grades.csv", rates("G,g,,CNY,1,1,1,1,1,1,1,1,,")).await, [(2, 3, "missing")]);
    assert_eq!(told("grades.csv", rates("G,g,2026-02-01,CNY,1,1,1,1,1,1,1,1,,\nG,,2026-01-01,CNY,1,1,1,1,1,1,1,1,,")).await, [(3, 3, "not_sorted")]);
    assert_eq!(told("grades.csv", rates("G,g,,,,,,,,,,,li.na,2025-01-01")).await, [(2, 14, "two_grades")]);
    assert_eq!(told("grades.csv", rates("G,g,,,,,,,,,,,zhao.min,2025-01-01")).await, [(2, 13, "wrong_role")]);
    assert_eq!(told("assets.csv", "code,customer,name,category,bought_provider,bought_tier,bought_first_day,bought_last_day\nS,RM01,s,存储,P,原厂,2026-02-01,2026-01-01\n".into()).await,
        [(2, 8, "dates_reversed")]);
    assert_eq!(told("calendars.csv", "code,name,day_date,day_kind\nK,k,2026-01-01,holiday\nK,,2026-01-01,workday\n".into()).await, [(3, 3, "duplicate")]);
    assert_eq!(told("policies.csv", "code,repeat_count,daytime\ndefault,1,08:00-18:00\n".into()).await, [(2, 2, "out_of_range")]);
    assert_eq!(known(f).await, before, "nothing of all this was written");
} }

conformance! { the_single_interface_is_handed_over_in_one_file, |f| async {
    company(f).await;
    let table = "code,customer,name,single_interface\nK-1,BS06,甲,是\nBS06-1,BS06,彭海燕,否\n";
    let report = run(f, "contacts.csv", table.as_bytes()).await.unwrap();
    assert_eq!((report.added, report.changed), (1, 1));
    let known = known(f).await;
    let all = known.contacts.values().flat_map(|of| of.values());
    let mut single: Vec<&str> = all.filter(|c| c.single_interface).map(|c| c.code.as_str()).collect();
    single.sort_unstable();
    assert_eq!(single, ["EY06-1", "K-1", "RM01-1", "SQ03-1", "XJ05-1", "XY04-1", "ZY02-1"]);
} }

conformance! { a_package_that_a_contract_names_stays_as_it_is, |f| async {
    company(f).await;
    let clauses = "code,clause_code,clause_effect,clause_category\n";
    assert_eq!(told(f, "packages.csv", &format!("{clauses}SW-2026,SW-1,grant,storage\n")).await, [(2, 2, "package_in_use")]);
    assert_eq!(told(f, "packages.csv", "code,hours\nHW-2026,7x24\n").await, [(2, 2, "package_in_use")]);
    assert_eq!(run(f, "packages.csv", "code,name,hours\nHW-2026,硬件,5x8\n".as_bytes()).await.unwrap().changed, 1);
    // Its name may change.
    assert_eq!(run(f, "packages.csv", "code,name\nC-2026,全面\n".as_bytes()).await.unwrap().changed, 1);
    // Two versions change places in one file: what counts is the end.
    let family = "code,name,family,sold_from,sold_until\nF1,f,F,2026-01-01,\n";
    assert_eq!(run(f, "packages.csv", family.as_bytes()).await.unwrap().added, 1);
    let next = "code,name,family,sold_from,sold_until\nF2,f,F,2027-01-01,\nF1,f,F,2026-01-01,2026-12-31\n";
    let report = run(f, "packages.csv", next.as_bytes()).await.unwrap();
    assert_eq!((report.added, report.changed), (1, 1));
} }

conformance! { a_file_comes_back_with_its_errors, |f| async {
    company(f).await;
    let text = "code,name,tier,time_zone,service_manager,account_manager\nH9,九院,三级医院,Asia/Shanghai,zhang.li,zhao.min\n\
                H10,\"十\n院\",三级医院,Mars/Base,zhang.li,nobody\n";
    let found = errors(f, "customers.csv", text.as_bytes()).await;
    let back = with_errors(text.as_bytes(), &found).unwrap();
    let table = String::from_utf8(back[3..].to_vec()).unwrap();
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().next_back(), Some("import_errors"));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((&rows[0][6], rows[1][1].as_ref()), ("", "十\n院"));
    assert!(rows[1][6].contains("account_manager") && rows[1][6].contains("[unknown_reference]"), "{}", &rows[1][6]);
    // Corrected, it is imported as it is; the column is passed over.
    let corrected = table.replace("Mars/Base", "Asia/Shanghai").replace("nobody", "zhao.min");
    assert_eq!(run(f, "customers.csv", corrected.as_bytes()).await.unwrap().added, 2);
} }

conformance! { there_is_an_end_to_what_a_file_holds, |f| async {
    let mut rows = String::from("code,name\n");
    for i in 0..=MOST_ROWS {
        rows.push_str(&format!("{i},x\n"));
    }
    assert_eq!(errors(f, "packages.csv", rows.as_bytes()).await[0].code, "too_many_rows");
    assert_eq!(errors(f, "packages.csv", &vec![b'x'; MOST_BYTES + 1]).await[0].code, "too_large");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..200 {
        std::io::Write::write_all(&mut zip, &block).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    assert_eq!(Source::from_file("packages.xlsx", bomb.clone(), None).form, Form::Xlsx);
    assert_eq!(errors(f, "packages.xlsx", &bomb).await[0].code, "too_large");
} }
