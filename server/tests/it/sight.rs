//! What reaches a phone, in the very answers of the sync: neither what a contract costs nor other people's contacts.

use crate::field::{Field, HOSPITAL, LIS_PHONE, MORNING, ORDER, OTHER_HOSPITAL, WANGS_PHONE, begin, id};
use axum::http::Method;
use countersign::conformance;
use countersign::reference::cache::Asker;
use countersign::store::reference;
use countersign::sync::news;
use serde_json::{Value, json};
use sync_core::document::facts::{Category, CustomerRef, Lang};
use sync_core::ids::*;
use sync_core::reference::*;
use sync_core::sync::{PROTOCOL, Request};

const SM2S_PHONE: DeviceId = DeviceId(id(0x53));

fn contact(n: u128, customer: CustomerId, single_interface: bool) -> Record {
    Record::Contact(Contact {
        id: ContactId(id(n)),
        code: format!("K-{n:x}"),
        customer,
        name: "某".into(),
        position: String::new(),
        phone: Some(format!("138-{n:x}")),
        email: Some(format!("k{n:x}@hospital.example")),
        language: Lang::ZhCn,
        receives_receipts: true,
        single_interface,
    })
}

fn order(n: u128, customer: CustomerId, engineers: &[u128], status: WorkOrderStatus) -> Record {
    Record::WorkOrder(WorkOrder {
        id: WorkOrderId(id(n)),
        code: format!("W-{n:x}"),
        customer,
        visit: VisitId(id(n + 0x1000)),
        issued_by: UserId(id(5)),
        issued_at_ms: MORNING,
        engineers: engineers.iter().map(|n| UserId(id(*n))).collect(),
        task: String::new(),
        triage: None,
        retroactive: None,
        status,
    })
}

/// The customers' other contacts, an order for Li at the other hospital, and everything that costs money.
async fn costly(field: &Field) {
    let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    let by_class = ByDayClass { normal: 777_001, evening: 777_002, rest_day: 777_003, holiday: 777_004 };
    let rate = Rate { first_day: day("2026-01-01"), currency: "CNY".into(), cost: by_class, list: by_class };
    let price = Price { amount_minor: 777_005, currency: "CNY".into(), per: PriceUnit::Hour };
    let clause = Clause {
        code: "P-1".into(),
        effect: Effect::Price,
        category: None,
        mode: None,
        hours: None,
        quota: None,
        price: Some(price),
        text: String::new(),
        text_en: String::new(),
    };
    let package = PackageId(id(0x70));
    let records = vec![
        contact(0x60, HOSPITAL, false),
        contact(0x61, OTHER_HOSPITAL, false),
        contact(0x62, OTHER_HOSPITAL, true),
        order(0x63, OTHER_HOSPITAL, &[2], WorkOrderStatus::Open),
        Record::Grade(Grade {
            id: GradeId(id(0x64)),
            code: "E1".into(),
            name: "工程师".into(),
            rates: vec![rate],
            holders: vec![Holder { user: UserId(id(1)), first_day: day("2026-01-01") }],
        }),
        Record::Package(Package {
            id: package,
            code: "P".into(),
            name: "P".into(),
            name_en: String::new(),
            family: None,
            sold_from: None,
            sold_until: None,
            hours: None,
            clauses: vec![clause.clone()],
            expenses: None,
        }),
        Record::Contract(Contract {
            id: ContractId(id(0x71)),
            code: "C-71".into(),
            customer: HOSPITAL,
            kind: ContractKind::Software,
            status: ContractStatus::Signed,
            package,
            extras: vec![clause],
            hours: None,
            first_day: day("2026-01-01"),
            last_day: day("2026-12-31"),
            signed_on: None,
            ended_on: None,
            annual_fee_minor: Some(777_006),
            modules: vec![FeeModule { code: "M".into(), name: "M".into(), annual_fee_minor: 777_006 }],
            currency: Some("CNY".into()),
        }),
        Record::Asset(Asset {
            id: AssetId(id(0x72)),
            code: "S-72".into(),
            customer: HOSPITAL,
            name: "S".into(),
            category: Category::Storage,
            promised: vec![Promise {
                first_day: day("2026-01-01"),
                last_day: day("2026-12-31"),
                tier: SupportTier::Manufacturer,
                annual_cost_minor: Some(777_007),
                currency: Some("CNY".into()),
            }],
            bought: vec![],
        }),
        Record::Policy(Policy { id: PolicyId(id(0x73)), target_permille: 7770, ..Policy::default() }),
    ];
    let mut tx = field.api.state.db.begin().await.unwrap();
    reference::put(&mut tx, &records, None, 1).await.unwrap();
    tx.commit().await.unwrap();
}

/// What the server answers to a phone of `user` whose cursor is `cursor`, in pages: the records' JSON and the cursor.
async fn answer(field: &Field, user: u128, device: DeviceId, cursor: u64) -> (Vec<Value>, u64) {
    let state = &field.api.state;
    let asker = Asker { cache: &state.reference, user: UserId(id(user)), now_ms: MORNING };
    let (mut records, mut cursor) = (Vec::new(), cursor);
    loop {
        let request = Request {
            protocol: PROTOCOL,
            device,
            wall_ms: MORNING,
            epoch: 0,
            cursor,
            documents: vec![],
            attestation: Vec::new().into(),
        };
        let news = news(&state.db, device, asker, &request, &[]).await.unwrap();
        records.extend(news.reference.iter().map(|text| serde_json::from_str::<Value>(text).unwrap()));
        assert!(news.cursor >= cursor);
        cursor = news.cursor;
        if !news.more {
            return (records, cursor);
        }
    }
}

fn codes(records: &[Value], kind: &str) -> Vec<String> {
    let mut codes: Vec<String> =
        records.iter().filter(|r| r["record"] == kind).map(|r| r["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

conformance! { neither_fees_nor_foreign_contacts_leave_the_server, |f| async {
    let field = Field::new(f).await;
    costly(&field).await;
    let (wangs, _) = answer(&field, 1, WANGS_PHONE, 0).await;
    let (lis, _) = answer(&field, 2, LIS_PHONE, 0).await;
    for answer in [&wangs, &lis] {
        let text = json!(answer).to_string();
        assert!(!text.contains("777"), "money: {text}");
        assert_eq!(codes(answer, "grade"), [""; 0]);
        // What is needed to serve anybody in an emergency.
        assert_eq!(codes(answer, "customer"), ["H01", "H02"]);
        assert_eq!(codes(answer, "package"), ["A-2026", "P"]);
        assert_eq!(codes(answer, "contract"), ["C-1", "C-71"]);
        assert_eq!((codes(answer, "asset"), codes(answer, "policy")), (vec!["S-72".to_owned()], vec!["default".to_owned()]));
        assert_eq!(codes(answer, "person").len(), 9);
    }
    // Wang is sent to the first hospital, Li to the other; both know each hospital's single interface.
    assert_eq!(codes(&wangs, "contact"), ["K-60", "K-62", "K1"]);
    assert_eq!(codes(&lis, "contact"), ["K-61", "K-62", "K1"]);
    assert!(!json!(wangs).to_string().contains("k61@hospital.example"));
    assert_eq!((codes(&wangs, "work_order"), codes(&lis, "work_order")), (vec!["W-1".to_owned()], vec!["W-63".to_owned()]));
    // The other hospital's service manager: its orders and contacts.
    let (sm2s, _) = answer(&field, 5, SM2S_PHONE, 0).await;
    assert_eq!((codes(&sm2s, "contact"), codes(&sm2s, "work_order")), (vec!["K-61".into(), "K-62".into(), "K1".into()], vec!["W-63".to_owned()]));
    assert!(!json!(sm2s).to_string().contains("777"), "a manager's phone is a phone");

    // An engineer asks the API: the same.
    let wang = field.token("wang").await;
    let listed = field.api.get("/api/v1/contacts", &wang).await.ok();
    assert!(!listed.to_string().contains("k61@hospital.example") && listed.to_string().contains("k60@hospital.example"));
    field.api.get(&format!("/api/v1/contacts/{}", id(0x61)), &wang).await.refused(404, "not_found");
    field.api.get("/api/v1/grades", &wang).await.refused(403, "forbidden");
    let packages = field.api.get("/api/v1/packages", &wang).await.ok();
    assert!(!packages.to_string().contains("777005"));
} }

conformance! { the_cursor_advances_over_what_is_left_out, |f| async {
    let field = Field::new(f).await;
    let foreign: Vec<Record> = (0..2500).map(|n| contact(0x10_000 + n, OTHER_HOSPITAL, false)).collect();
    let mut tx = field.api.state.db.begin().await.unwrap();
    let last = reference::put(&mut tx, &foreign, None, 1).await.unwrap();
    tx.commit().await.unwrap();
    let (wangs, cursor) = answer(&field, 1, WANGS_PHONE, 0).await;
    assert_eq!((codes(&wangs, "contact").len(), cursor), (1, last.unsigned_abs()));
    let (sm2s, _) = answer(&field, 5, SM2S_PHONE, 0).await;
    assert_eq!(codes(&sm2s, "contact").len(), 2501);
} }

conformance! { who_gains_sight_gets_what_lies_before, |f| async {
    let field = Field::new(f).await;
    costly(&field).await;
    let manager = field.token("sm2").await;
    let boss = field.token("boss").await;
    let (first, cursor) = answer(&field, 1, WANGS_PHONE, 0).await;
    assert!(!codes(&first, "contact").contains(&"K-61".into()));
    // An order names Wang: the contacts of that hospital come, though they are older than the cursor.
    let body = json!({ "code": "W-9", "customer": OTHER_HOSPITAL.0, "engineers": [id(1)] });
    let made = field.api.post("/api/v1/work-orders", &manager, body.clone()).await.ok();
    let (news, after) = answer(&field, 1, WANGS_PHONE, cursor).await;
    assert_eq!((codes(&news, "contact"), codes(&news, "work_order")), (vec!["K-61".to_owned()], vec!["W-9".to_owned()]));
    let history = reference::history(&mut field.api.state.db.read().await.unwrap(), RecordKind::Contact, id(0x61)).await.unwrap();
    assert_eq!(history.len(), 1, "nothing changed, so nothing is history");
    // It is given to Li: Wang learns that, once, and nothing of it after that.
    let path = format!("/api/v1/work-orders/{}", made["id"].as_str().unwrap());
    let mut moved = body.clone();
    moved["engineers"] = json!([id(2)]);
    field.api.call(Method::PUT, &path, Some(&manager), Some(moved.clone())).await.ok();
    let (news, cursor) = answer(&field, 1, WANGS_PHONE, after).await;
    assert_eq!(codes(&news, "work_order"), ["W-9"]);
    assert_eq!(news[0]["engineers"], json!([id(2)]));
    moved["task"] = "重启".into();
    field.api.call(Method::PUT, &path, Some(&manager), Some(moved)).await.ok();
    let (news, cursor) = answer(&field, 1, WANGS_PHONE, cursor).await;
    assert_eq!(codes(&news, "work_order"), [""; 0]);

    // A contact is no single interface any more: who knew it as such learns that, without the address.
    let mut former = serde_json::to_value(contact(0x62, OTHER_HOSPITAL, false)).unwrap();
    former.as_object_mut().unwrap().remove("record");
    field.api.call(Method::PUT, &format!("/api/v1/contacts/{}", id(0x62)), Some(&boss), Some(former)).await.ok();
    let (news, cursor) = answer(&field, 1, WANGS_PHONE, cursor).await;
    assert_eq!(codes(&news, "contact"), ["K-62"]);
    assert_eq!((&news[0]["single_interface"], &news[0]["email"]), (&json!(false), &Value::Null));

    // Another service manager: orders and contacts of the hospital come to them.
    let (_, sms) = answer(&field, 4, SM2S_PHONE, 0).await;
    let path = format!("/api/v1/customers/{}", OTHER_HOSPITAL.0);
    let mut customer = field.api.get(&path, &boss).await.ok();
    // The account manager of the fixture has another role.
    customer["account_manager"] = json!(id(6));
    customer["service_manager"] = json!(id(4));
    field.api.call(Method::PUT, &path, Some(&boss), Some(customer)).await.ok();
    let (news, _) = answer(&field, 4, SM2S_PHONE, sms).await;
    assert_eq!(codes(&news, "work_order"), ["W-63", "W-9"]);
    assert_eq!(codes(&news, "contact"), ["K-61", "K-62"]);
    // Wang, who has nothing to do with it, gets the customer alone.
    let (news, _) = answer(&field, 1, WANGS_PHONE, cursor).await;
    assert_eq!((codes(&news, "customer"), news.len()), (vec!["H02".to_owned()], 1));

    let handovers = field.api.get(&format!("{path}/handovers"), &boss).await.ok();
    let told: Vec<_> = handovers.as_array().unwrap().iter()
        .map(|t| (t["role"].as_str().unwrap(), t["user"].clone(), t["until_ms"].is_null(), t["by_name"].as_str())).collect();
    assert_eq!(told, [
        ("service_manager", json!(id(5)), false, None),
        ("service_manager", json!(id(4)), true, Some("boss 某")),
        ("account_manager", json!(id(9)), false, None),
        ("account_manager", json!(id(6)), true, Some("boss 某")),
    ]);
    assert_eq!(handovers[0]["until_ms"], handovers[1]["from_ms"]);
    field.api.get(&format!("/api/v1/customers/{}/handovers", id(0x999)), &boss).await.refused(404, "not_found");
} }

conformance! { a_visit_gives_sight_of_the_contacts, |f| async {
    let field = Field::new(f).await;
    costly(&field).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let has = |phone: &sim_phone::SimPhone, n: u128| {
        phone.phone.reference().contacts.get(&OTHER_HOSPITAL).is_some_and(|of| of.contains_key(&ContactId(id(n))))
    };
    assert!(!has(&wang, 0x61) && has(&wang, 0x62));
    wang.begin(begin(CustomerRef::Listed(OTHER_HOSPITAL), "H02 医院", false)).unwrap();
    let wang = field.sync(wang).await;
    assert!(has(&wang, 0x61));
} }

conformance! { a_phone_loses_what_is_no_longer_its_engineers, |f| async {
    let field = Field::new(f).await;
    costly(&field).await;
    let (manager, boss) = (field.token("sm").await, field.token("boss").await);
    let wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    let order = |phone: &sim_phone::SimPhone| phone.phone.reference().work_orders[&ORDER].clone();
    let contact = |phone: &sim_phone::SimPhone, n: u128| {
        phone.phone.reference().contacts[&OTHER_HOSPITAL].get(&ContactId(id(n))).cloned()
    };
    assert!(order(&wang).engineers.contains(&UserId(id(1))));
    assert_eq!(contact(&wang, 0x62).unwrap().phone.as_deref(), Some("138-62"));

    // The order is Zhao's alone, and gets another task after that.
    let path = format!("/api/v1/work-orders/{ORDER}");
    let mut moved = field.api.get(&path, &manager).await.ok();
    moved["engineers"] = json!([id(3)]);
    field.api.call(Method::PUT, &path, Some(&manager), Some(moved.clone())).await.ok();
    let wang = field.sync(wang).await;
    assert_eq!(order(&wang).engineers, [UserId(id(3))], "it is no longer among his");
    moved["task"] = "不关他的事".into();
    field.api.call(Method::PUT, &path, Some(&manager), Some(moved)).await.ok();
    let wang = field.sync(wang).await;
    assert_ne!(order(&wang).task, "不关他的事");

    // A hospital where he has nothing to do has another single interface: he keeps no number of the former one.
    let path = |n: u128| format!("/api/v1/contacts/{}", id(n));
    let mut next = field.api.get(&path(0x61), &boss).await.ok();
    next["single_interface"] = true.into();
    let refused = field.api.call(Method::PUT, &path(0x61), Some(&boss), Some(next.clone())).await;
    refused.refused(422, "invalid_record");
    let error = &refused.body["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/single_interface"), &json!("second_interface")));
    let mut former = field.api.get(&path(0x62), &boss).await.ok();
    former["single_interface"] = false.into();
    field.api.call(Method::PUT, &path(0x62), Some(&boss), Some(former)).await.ok();
    field.api.call(Method::PUT, &path(0x61), Some(&boss), Some(next)).await.ok();
    let wang = field.sync(wang).await;
    let (old, new) = (contact(&wang, 0x62).unwrap(), contact(&wang, 0x61).unwrap());
    assert_eq!((old.phone, old.email, old.single_interface), (None, None, false));
    assert_eq!((new.phone.as_deref(), new.single_interface), (Some("138-61"), true));
} }
