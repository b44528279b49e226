//! The trade's cases, told by phones with fixed seeds.

use super::Told;
use crate::field::{Field, HOSPITAL, HOUR, MORNING, OTHER_HOSPITAL, id};
use countersign::store::reference;
use sim_phone::{Seeded, SimPhone};
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::ids::*;
use sync_core::reference::*;
use sync_core::signoff::Answer;
use sync_core::signoff::strokes::{Point, encode};

const DAY: i64 = 24 * HOUR;
const MIN: i64 = 60_000;
const SERVER: AssetId = AssetId(id(0x60));
const PACS: AssetId = AssetId(id(0x61));
const GROWN: CustomerId = CustomerId(id(0x13));

/// What the field's own records lack: an asset out of support, a storage, a hospital that moves from A to C.
fn records() -> Vec<Record> {
    let asset = |id, code: &str, name: &str, category, promised, bought| {
        Record::Asset(Asset {
            id,
            code: code.into(),
            customer: HOSPITAL,
            name: name.into(),
            category,
            promised,
            bought,
        })
    };
    let day = |text: &str| text.parse().unwrap();
    let promised = Promise {
        first_day: day("2023-01-01"),
        last_day: day("2027-12-31"),
        tier: SupportTier::Manufacturer,
        annual_cost_minor: None,
        currency: None,
    };
    let bought = |provider: &str, tier, first: &str, last: &str| Segment {
        provider: provider.into(),
        tier,
        first_day: day(first),
        last_day: day(last),
        reference: String::new(),
    };
    let segments = vec![
        bought("原厂", SupportTier::Manufacturer, "2023-01-01", "2025-12-31"),
        bought("某代理商", SupportTier::ThirdParty, "2026-01-01", "2026-12-31"),
    ];
    let clause = |code: &str, category, text: &str, text_en: &str| Clause {
        code: code.into(),
        effect: Effect::Grant,
        category: Some(category),
        mode: None,
        text: text.into(),
        text_en: text_en.into(),
        hours: None,
        quota: None,
        price: None,
    };
    let package = Record::Package(Package {
        id: PackageId(id(0x22)),
        code: "C-2026".into(),
        name: "完整版".into(),
        name_en: "Complete".into(),
        clauses: vec![
            clause("C-1", Category::ApplicationSoftware, "应用软件", "Application software"),
            clause("C-2", Category::Database, "数据库", "Database"),
        ],
        family: None,
        sold_from: None,
        sold_until: None,
        hours: None,
        expenses: Some(ExpenseTerms::Included),
    });
    let contract = |n, code: &str, package, first: &str, last: &str| {
        Record::Contract(Contract {
            id: ContractId(id(n)),
            code: code.into(),
            customer: GROWN,
            kind: ContractKind::Software,
            status: ContractStatus::Signed,
            package: PackageId(id(package)),
            extras: vec![],
            first_day: day(first),
            last_day: day(last),
            annual_fee_minor: None,
            currency: None,
            hours: None,
            signed_on: None,
            ended_on: None,
            modules: vec![],
        })
    };
    let grown = Customer {
        id: GROWN,
        code: "H03".into(),
        name: "江口县第二人民医院".into(),
        name_en: None,
        tier: Tier::Secondary,
        time_zone: "Asia/Shanghai".into(),
        service_manager: UserId(id(4)),
        account_manager: UserId(id(6)),
        calendar: None,
        receipt_languages: None,
    };
    vec![
        asset(SERVER, "SRV-1", "HIS 主服务器", Category::ServerHardware, vec![promised], segments),
        asset(PACS, "PACS-1", "PACS 存储", Category::Storage, vec![], vec![]),
        Record::Customer(grown),
        package,
        contract(0x23, "HT-2026-A", 0x20, "2026-01-01", "2026-11-23"),
        contract(0x24, "HT-2026-C", 0x22, "2026-11-24", "2027-11-23"),
    ]
}

/// A name drawn as a zigzag.
fn drawn() -> Vec<u8> {
    let stroke = |n: i32| {
        (0..40_u8).map(move |i| {
            let (at, up) = (i32::from(i), i32::from((i % 8).abs_diff(4)));
            Point {
                x: n * 1800 + at * 40,
                y: up * 350 - at * 6,
                t_ms: 900 * n.unsigned_abs() + 12 * u32::from(i),
                pressure: 120,
            }
        })
    };
    encode(&(0..3).map(|n| stroke(n).collect()).collect::<Vec<Vec<Point>>>())
}

fn named(name: &str, position: &str, outcome: SignOffOutcome, reason: &str) -> Answer {
    let signer = Signer::new(name, position);
    let strokes = matches!(outcome, SignOffOutcome::Accepted | SignOffOutcome::AcceptedWithReservations).then(drawn);
    Answer { outcome, reason: reason.into(), signer, rating: None, strokes }
}

fn sign(phone: &mut SimPhone, visit: VisitId, answer: &Answer) {
    let shown = phone.show(visit, Lang::ZhCn).unwrap();
    phone.sign(visit, &shown, answer).unwrap();
}

fn accept(phone: &mut SimPhone, visit: VisitId) {
    sign(phone, visit, &named("周主任", "信息科主任", SignOffOutcome::Accepted, ""));
}

fn begin(customer: CustomerId, name: &str, mode: Mode, demand: Option<Demand>, triage: Option<Triage>) -> Command {
    Command::Begin {
        customer: CustomerRef::Listed(customer),
        customer_name: name.into(),
        work_order: None,
        mode,
        demand,
        triage,
    }
}

fn demand(name: &str, role: RequesterRole, channel: Channel, words: &str, at_ms: i64) -> Option<Demand> {
    Some(Demand { name: name.into(), role, channel, words: words.into(), at_ms: Some(at_ms) })
}

fn item(category: Category, symptom: &str, action: &str, outcome: &str) -> ItemPatch {
    ItemPatch {
        category: Some(category),
        symptom: Some(symptom.into()),
        action: Some(action.into()),
        outcome: Some(outcome.into()),
        ..ItemPatch::default()
    }
}

fn on(asset: AssetId, name: &str, patch: ItemPatch) -> ItemPatch {
    ItemPatch { asset: Some(asset), asset_name: Some(name.into()), ..patch }
}

/// A work item that took `minutes`, measured.
fn worked(phone: &mut SimPhone, visit: VisitId, patch: ItemPatch, minutes: i64) -> FactId {
    let item = phone.one(visit, Command::AddItem(patch)).unwrap();
    let timer = phone.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) }).unwrap();
    phone.clock.advance_ms(minutes * MIN);
    phone.one(visit, Command::StopTimer { entry: timer }).unwrap();
    item
}

fn expense(phone: &mut SimPhone, visit: VisitId, kind: ExpenseKind, minor: i64, note: &str) {
    let patch = ExpensePatch {
        kind: Some(kind),
        amount_minor: Some(minor),
        currency: Some("CNY".into()),
        note: Some(note.into()),
        removed: None,
    };
    phone.one(visit, Command::AddExpense(patch)).unwrap();
}

fn object(phone: &mut SimPhone, visit: VisitId, kind: ObjectionKind, advice: &str, by: &str, words: &str) {
    let (advice, insisted_by, words) = (advice.into(), by.into(), words.into());
    phone.one(visit, Command::Object { kind, advice, insisted_by, words, supersedes: None }).unwrap();
}

/// Every case, each by a phone of its own at an hour of its own.
pub(crate) async fn all(field: &Field) -> Vec<Told> {
    let mut tx = field.api.state.db.begin().await.unwrap();
    reference::put(&mut tx, &records(), None, 2).await.unwrap();
    tx.commit().await.unwrap();
    let mut told = Vec::new();
    let cases: [(&'static str, i64, Tell); 10] = [
        ("case01", -20 * DAY, no_contract),
        ("case02", -16 * DAY, sold_five_bought_three),
        ("case03", -12 * DAY, but_you_must_help),
        ("case04", -DAY, sunday_morning),
        ("case05", -9 * DAY, drug_dictionary),
        ("case06", -7 * DAY, storage_full_again),
        ("case07", 0, from_a_to_c),
        ("case09", 4 * DAY, signed_then_amended),
        ("case10", 6 * DAY, refused),
        ("undecided", 8 * DAY, in_no_list),
    ];
    for (n, (case, when, tell)) in (0_u128..).zip(cases) {
        let mut phone = field.sync(field.phone("wang", DeviceId(id(0x70 + n))).await).await;
        phone.travel_to(MORNING + when);
        let visits = tell(&mut phone);
        field.sync(phone).await;
        told.push(Told { case, visits });
    }
    told.insert(7, Told { case: "case08", visits: vec![two_phones(field).await] });
    told
}

type Tell = fn(&mut SimPhone) -> Vec<VisitId>;

fn no_contract(p: &mut SimPhone) -> Vec<VisitId> {
    let words = "院长亲自打的电话，你先去，合同回头再说！";
    let sales = demand("孙强", RequesterRole::Sales, Channel::Phone, words, p.clock.now().wall_ms - 12 * HOUR);
    let v = p.begin(begin(OTHER_HOSPITAL, "H02 医院", Mode::OnSite, sales, None)).unwrap();
    let travel = p.one(v, Command::StartTimer { kind: TimeKind::Travel, item: None }).unwrap();
    p.clock.advance_ms(150 * MIN);
    p.one(v, Command::StopTimer { entry: travel }).unwrap();
    let fix = item(Category::Database, "HIS 数据库反复宕机", "按客户要求直接重建索引", "已恢复，未做备份");
    worked(p, v, fix, 420);
    object(p, v, ObjectionKind::AgainstAdvice, "应先做完整备份再重建索引", "信息科马科长", "没时间，直接弄");
    p.clock.advance_ms(14 * HOUR);
    worked(p, v, item(Category::OperatingSystem, "磁盘空间不足", "清理日志，扩展分区", "已解决"), 300);
    p.clock.advance_ms(18 * HOUR);
    worked(p, v, item(Category::Training, "值班人员不会重启服务", "现场培训两人", "已掌握"), 120);
    expense(p, v, ExpenseKind::Taxi, 38_000, "往返出租车");
    expense(p, v, ExpenseKind::Hotel, 65_200, "住宿两晚");
    accept(p, v);
    vec![v]
}

fn sold_five_bought_three(p: &mut SimPhone) -> Vec<VisitId> {
    let words = "服务器坏了，全院停诊";
    let it = demand("刘主任", RequesterRole::Customer, Channel::Phone, words, p.clock.now().wall_ms - HOUR);
    let v = p.begin(begin(HOSPITAL, "H01 医院", Mode::OnSite, it, None)).unwrap();
    let broken = item(Category::ServerHardware, "主板故障，无法开机", "更换主板，重装固件", "恢复运行");
    worked(p, v, on(SERVER, "HIS 主服务器", broken), 16 * 60);
    object(p, v, ObjectionKind::ReliefRefused, "已连续工作十六小时，请派人换班", "客户经理陈伟", "再坚持一下");
    p.clock.advance_ms(HOUR);
    let watch = item(Category::ServerHardware, "观察运行", "监控温度和日志", "稳定");
    worked(p, v, on(SERVER, "HIS 主服务器", watch), 600);
    expense(p, v, ExpenseKind::Part, 420_000, "主板");
    let reserved = "主板的质保由谁承担，另行商定。";
    sign(p, v, &named("刘志远", "信息科主任", SignOffOutcome::AcceptedWithReservations, reserved));
    vec![v]
}

fn but_you_must_help(p: &mut SimPhone) -> Vec<VisitId> {
    let v = p.begin(begin(HOSPITAL, "H01 医院", Mode::OnSite, None, None)).unwrap();
    worked(p, v, item(Category::Network, "全院断网", "重做核心交换机跳线", "恢复"), 90);
    worked(p, v, item(Category::Database, "断网后数据库无法启动，报归档空间已满", "清理归档并启动", "恢复"), 75);
    worked(p, v, item(Category::Database, "部分表无法访问", "修复索引", "恢复"), 45);
    worked(p, v, item(Category::ApplicationSoftware, "门诊收费界面报错", "重新发布服务", "恢复"), 30);
    accept(p, v);
    vec![v]
}

fn sunday_morning(p: &mut SimPhone) -> Vec<VisitId> {
    let answers = vec![TriageAnswer { question: "有没有数据？".into(), answer: "没有".into() }];
    let triage = Some(Triage { outcome: TriageOutcome::Remote, answers });
    let words = "日清单打不出来，你必须来！";
    let it = demand("护士长", RequesterRole::Customer, Channel::Phone, words, p.clock.now().wall_ms);
    let v = p.begin(begin(HOSPITAL, "H01 医院", Mode::Remote, it, triage)).unwrap();
    let fix = item(Category::ApplicationSoftware, "日清单打不出来", "远程核对：当日无数据，重跑日结", "可以打印");
    worked(p, v, fix, 25);
    accept(p, v);
    vec![v]
}

fn drug_dictionary(p: &mut SimPhone) -> Vec<VisitId> {
    let v = p.begin(begin(HOSPITAL, "H01 医院", Mode::OnSite, None, None)).unwrap();
    let ask = item(Category::DataEntry, "要求代为录入药品字典三千条", "说明属院方自行维护，未代录", "院方自行录入");
    worked(p, v, ask, 10);
    worked(p, v, item(Category::Training, "不会批量导入", "现场教会药剂科两人批量导入", "已掌握"), 80);
    accept(p, v);
    vec![v]
}

fn storage_full_again(p: &mut SimPhone) -> Vec<VisitId> {
    let mut last = None;
    for back in [50, 25, 0] {
        let now = MORNING - 7 * DAY - back * DAY;
        p.travel_to(now);
        let v = p.begin(begin(HOSPITAL, "H01 医院", Mode::OnSite, None, None)).unwrap();
        let full = item(Category::Storage, "PACS 存储空间已满", "迁移旧影像，释放空间", "暂时恢复");
        worked(p, v, on(PACS, "PACS 存储", full), 60);
        last = Some(v);
    }
    let v = last.unwrap();
    accept(p, v);
    vec![v]
}

fn from_a_to_c(p: &mut SimPhone) -> Vec<VisitId> {
    let tell = |p: &mut SimPhone| {
        let v = p.begin(begin(GROWN, "江口县第二人民医院", Mode::OnSite, None, None)).unwrap();
        worked(p, v, item(Category::Database, "查询缓慢", "重建统计信息", "恢复正常"), 60);
        expense(p, v, ExpenseKind::Taxi, 4_600, "出租车");
        accept(p, v);
        v
    };
    // The last day of package A, and the first of package C.
    let before = tell(p);
    p.travel_to(MORNING + DAY);
    vec![before, tell(p)]
}

/// Two engineers, two phones, one visit; both were offline and wrote into one field and ended one timer.
async fn two_phones(field: &Field) -> VisitId {
    let mut wang = field.sync(field.phone("wang", DeviceId(id(0x80))).await).await;
    let mut li = field.sync(field.phone("li", DeviceId(id(0x81))).await).await;
    wang.travel_to(MORNING + 2 * DAY);
    li.travel_to(MORNING + 2 * DAY + 40 * MIN);
    let visit = VisitId(uuid_of(&mut Seeded::new(8)));
    let at = || begin(HOSPITAL, "H01 医院", Mode::OnSite, None, None);
    wang.record(visit, &[at()]).unwrap();
    let patch = ItemPatch {
        category: Some(Category::Network),
        symptom: Some("核心交换机端口错误包持续增长".into()),
        ..ItemPatch::default()
    };
    let item = wang.one(visit, Command::AddItem(patch)).unwrap();
    let timer = wang.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) }).unwrap();
    let mut wang = field.sync(wang).await;
    li.record(visit, &[at()]).unwrap();
    let mut li = field.sync(li).await;
    let edit = |action: &str| Command::EditItem {
        item,
        patch: ItemPatch { action: Some(action.into()), ..ItemPatch::default() },
    };
    wang.clock.advance_ms(3 * HOUR);
    wang.record(visit, &[edit("重做跳线并升级固件，错误包消失"), Command::StopTimer { entry: timer }]).unwrap();
    let span = ManualSpan { from_ms: MORNING + 2 * DAY + 40 * MIN, until_ms: MORNING + 2 * DAY + 4 * HOUR };
    let user = li.phone.identity().user;
    let spent = Command::AddTime { kind: TimeKind::Labour, user, item: Some(item), span, supersedes: None };
    li.clock.advance_ms(4 * HOUR);
    li.record(visit, &[edit("更换光模块，清空计数"), Command::StopTimer { entry: timer }, spent]).unwrap();
    field.sync(li).await;
    let mut wang = field.sync(wang).await;
    wang.clock.advance_ms(2 * HOUR);
    accept(&mut wang, visit);
    field.sync(wang).await;
    visit
}

fn uuid_of(rng: &mut Seeded) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(MORNING as u64, &std::array::from_fn(|_| rng.below(256) as u8))
        .into_uuid()
}

fn signed_then_amended(p: &mut SimPhone) -> Vec<VisitId> {
    let v = p.begin(begin(HOSPITAL, "H01 医院", Mode::OnSite, None, None)).unwrap();
    worked(p, v, item(Category::ApplicationSoftware, "医保接口超时", "调整连接池", "恢复"), 50);
    accept(p, v);
    p.clock.advance_ms(20 * MIN);
    worked(p, v, item(Category::ApplicationSoftware, "医保接口再次超时", "回退补丁", "恢复"), 30);
    accept(p, v);
    vec![v]
}

fn refused(p: &mut SimPhone) -> Vec<VisitId> {
    let v = p.begin(begin(OTHER_HOSPITAL, "H02 医院", Mode::OnSite, None, None)).unwrap();
    worked(p, v, item(Category::Network, "无线网络中断", "更换接入点", "恢复"), 95);
    let why = "费用没有事先告知，不能签。";
    sign(p, v, &named("陈晓", "信息科科长", SignOffOutcome::Refused, why));
    vec![v]
}

/// A hospital in no list: nobody can say what covers it.
fn in_no_list(p: &mut SimPhone) -> Vec<VisitId> {
    let begin = Command::Begin {
        customer: CustomerRef::Unlisted("云岭县中医院".into()),
        customer_name: "云岭县中医院".into(),
        work_order: None,
        mode: Mode::OnSite,
        demand: None,
        triage: None,
    };
    let v = p.begin(begin).unwrap();
    worked(p, v, item(Category::Database, "数据库无法启动", "修复并启动", "恢复"), 120);
    // Whom nobody has on a list tells how to be reached.
    let signer = Signer {
        department: "信息科".into(),
        mail: "chen.xiao@yunling.example".into(),
        phone: "+86 138-0000-5678".into(),
        ..Signer::new("陈晓", "科长")
    };
    let rating = Some(Rating { stars: 5, comment: "夜里也来了，谢谢。".into() });
    sign(p, v, &Answer { signer, rating, ..named("", "", SignOffOutcome::Accepted, "") });
    vec![v]
}
