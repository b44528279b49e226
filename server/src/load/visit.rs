//! One visit of workload W: 20 changes, as an engineer records them in an afternoon.

use sim_phone::SimPhone;
use sync_core::document::command::Command;
use sync_core::document::facts::Channel;
use sync_core::document::facts::{
    Category, CustomerRef, Demand, ExpenseKind, ExpensePatch, ItemPatch, Lang, Mode, RequesterRole, SignOffOutcome,
    Signer, TimeKind,
};
use sync_core::ids::VisitId;
use sync_core::phone::PhoneError;
use sync_core::reference::Customer;
use sync_core::signoff::Answer;
use sync_core::signoff::strokes::{Point, encode};

/// Changes of one visit.
pub const CHANGES: usize = 20;
/// Points of the drawn signature.
const POINTS: u64 = 400;
const MINUTE_MS: i64 = 60_000;

const WORK: [(Category, &str, &str, &str); 6] = [
    (
        Category::Database,
        "门诊挂号系统打开缓慢,医生站查询超过二十秒",
        "清理归档日志,重建索引,重启数据库实例",
        "查询恢复到一秒以内",
    ),
    (
        Category::ApplicationSoftware,
        "住院收费窗口打印发票时报错",
        "更新打印组件并重新配置发票模板",
        "打印正常,已由收费处确认",
    ),
    (Category::Network, "三楼护士站无法连接服务器", "更换接入交换机上的光模块,检查链路", "网络恢复,丢包为零"),
    (Category::InterfaceDevelopment, "检验结果未能传到电子病历", "修正接口字段映射,补传两天的数据", "已补传,抽查无误"),
    (Category::OperatingSystem, "备份服务器磁盘空间不足", "扩展卷并调整备份保留策略", "剩余空间充足"),
    (Category::Training, "新入职护士不熟悉医嘱执行流程", "现场培训并发放操作手册", "已签到,现场考核通过"),
];

/// Records a whole visit on `phone`, from the origin to the signature, and lets the phone's clock run with it.
///
/// # Errors
/// The engine's.
pub fn record(phone: &mut SimPhone, customer: Option<&Customer>) -> Result<VisitId, PhoneError> {
    let name = customer.map_or("未登记医院", |c| c.name.as_str()).to_owned();
    let begin = Command::Begin {
        customer: customer.map_or_else(|| CustomerRef::Unlisted(name.clone()), |c| CustomerRef::Listed(c.id)),
        customer_name: name,
        work_order: None,
        mode: Mode::OnSite,
        demand: Some(Demand {
            name: "刘志远".into(),
            role: RequesterRole::Customer,
            channel: Channel::Phone,
            words: "系统很慢,请尽快来人处理".into(),
            at_ms: None,
        }),
        triage: None,
    };
    let visit = phone.begin(begin)?;
    let mut items = Vec::new();
    for (n, (category, symptom, action, _)) in WORK.into_iter().enumerate() {
        // Four of the six are worked on by the clock.
        let patch = ItemPatch {
            category: Some(category),
            symptom: Some(symptom.into()),
            action: Some(action.into()),
            ..ItemPatch::default()
        };
        let item = phone.one(visit, Command::AddItem(patch))?;
        items.push(item);
        pass(phone, 2);
        if n < 4 {
            let timer = phone.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: Some(item) })?;
            pass(phone, 15);
            phone.one(visit, Command::StopTimer { entry: timer })?;
        }
    }
    for (kind, amount, note) in [
        (ExpenseKind::Taxi, 3_650, "公司到医院往返"),
        (ExpenseKind::Meal, 2_800, "加班工作餐"),
        (ExpenseKind::Part, 41_000, "光模块一只"),
    ] {
        let patch = ExpensePatch {
            kind: Some(kind),
            amount_minor: Some(amount),
            currency: Some("CNY".into()),
            note: Some(note.into()),
            ..ExpensePatch::default()
        };
        phone.one(visit, Command::AddExpense(patch))?;
        pass(phone, 1);
    }
    // How each ended is written down at the end, in one change.
    let edits: Vec<Command> = items
        .into_iter()
        .zip(WORK)
        .map(|(item, (_, _, _, outcome))| Command::EditItem {
            item,
            patch: ItemPatch { outcome: Some(outcome.into()), ..ItemPatch::default() },
        })
        .collect();
    phone.record(visit, &edits)?;
    pass(phone, 3);
    let shown = phone.show(visit, Lang::ZhCn)?;
    let strokes = vec![signature(phone)];
    let answer = Answer {
        outcome: SignOffOutcome::Accepted,
        reason: String::new(),
        signer: Signer::new("刘志远", "信息科主任"),
        rating: None,
        strokes: Some(encode(&strokes)),
    };
    phone.sign(visit, &shown, &answer)?;
    // The way to the next hospital.
    pass(phone, 40);
    Ok(visit)
}

fn pass(phone: &mut SimPhone, minutes: i64) {
    // People are not punctual.
    let jitter = i64::try_from(phone.rng.below(45_000)).unwrap_or_default();
    phone.clock.advance_ms(minutes * MINUTE_MS + jitter);
}

/// A hand that wanders: every point a few units from the last, sampled every 8 to 16 ms.
fn signature(phone: &mut SimPhone) -> Vec<Point> {
    let rng = &mut phone.rng;
    let mut step = |n: u64| i32::try_from(rng.below(n)).unwrap_or_default();
    let mut p = Point { x: 1_000, y: 2_000, t_ms: 0, pressure: 90 };
    (0..POINTS)
        .map(|_| {
            p.x += step(61) - 25;
            p.y += step(61) - 30;
            p.t_ms += 8 + step(9).unsigned_abs();
            p.pressure = u8::try_from(80 + step(60)).unwrap_or(80);
            p
        })
        .collect()
}
