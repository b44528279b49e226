//! The table of fields, kind by kind.

use super::FieldType::{Bool, Count, Date, Group, Hours, Id, Int, List, Money, Ref, Refs, Text, Window};
use super::{Field, FieldType, Words};
use sync_core::document::facts::{Category, Lang, Mode, TriageOutcome};
use sync_core::reference::{
    ContractKind, ContractStatus, Country, DayKind, Effect, ExpenseTerms, PriceUnit, QuotaPeriod, QuotaUnit,
    ReceiptLanguages, RecordKind, Role, SupportTier, Tier, WorkOrderStatus,
};

/// The words of an enum of the core.
macro_rules! words {
    ($kind:ident, $list:ident, $name:literal) => {
        FieldType::$kind(Words { name: $name, codes: || $list::ALL.iter().map(|word| word.as_str()).collect() })
    };
}

const fn field(name: &'static str, zh: &'static str, kind: FieldType) -> Field {
    Field { name, zh, kind, needed: false, note: ("", "") }
}

impl Field {
    const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }
    const fn note(self, en: &'static str, zh: &'static str) -> Self {
        Self { note: (en, zh), ..self }
    }
}

const ID: Field = field("id", "标识", Id).note("given by the server; need not be said", "由服务器生成，可不填");
const CODE: Field = field("code", "编号", Text)
    .needed()
    .note("unique; decides which record a row changes", "唯一；据此判断修改哪条记录");
const NAME: Field = field("name", "名称", Text).needed();
const CUSTOMER_REF: Field = field("customer", "客户", Ref(RecordKind::Customer)).needed();
const CURRENCY: Field = field("currency", "币种", Text).note("ISO 4217, such as CNY", "ISO 4217 代码，如 CNY");

const CUSTOMER: &[Field] = &[
    ID,
    CODE.note("unique; part of receipt numbers", "唯一；用于回执编号"),
    NAME,
    field("name_en", "英文名称", Text),
    field("tier", "等级", words!(Word, Tier, "tier")).needed(),
    field("time_zone", "时区", Text).needed().note("IANA name, such as Asia/Shanghai", "IANA 时区名，如 Asia/Shanghai"),
    field("service_manager", "服务经理", Ref(RecordKind::Person)).needed().note("exactly one", "有且只有一位"),
    field("account_manager", "客户经理", Ref(RecordKind::Person)).needed().note("exactly one", "有且只有一位"),
    field("calendar", "日历", Ref(RecordKind::Calendar))
        .note("empty: the public holidays of the time zone's country", "不填则按时区所在国家的法定节假日"),
    field("receipt_languages", "回执语言", words!(Word, ReceiptLanguages, "receipt_languages"))
        .note("of receipts' PDFs; empty: as the server is set", "回执 PDF 的语言；不填则按服务器设置"),
];

const CONTACT: &[Field] = &[
    ID,
    CODE,
    CUSTOMER_REF,
    field("name", "姓名", Text).needed(),
    field("position", "职务", Text),
    field("phone", "电话", Text),
    field("email", "邮箱", Text),
    field("language", "语言", words!(Word, Lang, "lang")).note("zh-CN when empty", "不填为中文"),
    field("receives_receipts", "接收回执", Bool),
    field("single_interface", "唯一接口人", Bool),
];

const QUOTA: &[Field] = &[
    field("unit", "单位", words!(Word, QuotaUnit, "quota_unit")).needed(),
    field("amount", "数量", Int).needed(),
    field("period", "周期", words!(Word, QuotaPeriod, "quota_period")).needed(),
];
const PRICE: &[Field] = &[
    field("amount_minor", "金额", Money).needed(),
    field("currency", "币种", Text).needed().note("ISO 4217, such as CNY", "ISO 4217 代码，如 CNY"),
    field("per", "单位", words!(Word, PriceUnit, "price_unit")).needed(),
];
/// One clause, in rows of its own or in JSON.
const CLAUSE: &[Field] = &[
    field("code", "编号", Text).needed(),
    field("effect", "作用", words!(Word, Effect, "effect")).needed(),
    field("category", "服务类别", words!(Word, Category, "category"))
        .note("empty, where the clause limits or prices: every category", "限量或计价条款不填表示全部类别"),
    field("mode", "方式", words!(Word, Mode, "mode")).note("empty: both", "不填表示两种方式"),
    field("hours", "服务时段", Hours).note("only where the clause grants", "仅用于“包含”条款"),
    field("quota", "限量", Group(QUOTA, "quota_")),
    field("price", "价格", Group(PRICE, "price_")),
    field("text", "条款内容", Text),
    field("text_en", "条款英文内容", Text),
];

const PACKAGE: &[Field] = &[
    ID,
    CODE,
    NAME,
    field("name_en", "英文名称", Text),
    field("family", "系列", Text).note("what versions have in common, such as B", "各版本共用的系列，如 B"),
    field("sold_from", "开始销售日", Date),
    field("sold_until", "停止销售日", Date),
    field("hours", "服务时段", Hours).note("empty: at any time", "不填表示任何时间"),
    field("expenses", "费用", words!(Word, ExpenseTerms, "expense_terms")).note(
        "of visits that it covers; empty: receipts show them as they are",
        "指覆盖范围内的上门费用；不填则在回执上照列",
    ),
    field("clauses", "条款", List(CLAUSE, "clause_")),
];

const MODULE: &[Field] = &[
    field("code", "编号", Text).needed(),
    field("name", "名称", Text),
    field("annual_fee_minor", "年费", Money).needed(),
];

const CONTRACT: &[Field] = &[
    ID,
    CODE,
    CUSTOMER_REF,
    field("kind", "类型", words!(Word, ContractKind, "contract_kind")).needed(),
    field("status", "状态", words!(Word, ContractStatus, "contract_status")).needed(),
    field("package", "服务包", Ref(RecordKind::Package)).needed(),
    field("hours", "服务时段", Hours).note("empty: the package's", "不填则按服务包"),
    field("first_day", "开始日", Date).needed().note("inclusive", "含当日"),
    field("last_day", "结束日", Date).needed().note("inclusive", "含当日"),
    field("signed_on", "签订日", Date),
    field("ended_on", "终止日", Date).note("only of a terminated contract", "仅用于已终止的合同"),
    field("annual_fee_minor", "年费", Money).note("empty: the sum of the modules", "不填则为各模块之和"),
    CURRENCY,
    field("extras", "专项", List(CLAUSE, "extra_")),
    field("modules", "模块", List(MODULE, "module_")),
];

const PROMISE: &[Field] = &[
    field("first_day", "开始日", Date).needed(),
    field("last_day", "结束日", Date).needed(),
    field("tier", "级别", words!(Word, SupportTier, "support_tier")).needed(),
    field("annual_cost_minor", "年成本", Money),
    CURRENCY,
];
const SEGMENT: &[Field] = &[
    field("provider", "服务商", Text).needed(),
    field("tier", "级别", words!(Word, SupportTier, "support_tier")).needed(),
    field("first_day", "开始日", Date).needed(),
    field("last_day", "结束日", Date).needed(),
    field("reference", "凭据号", Text),
];

const ASSET: &[Field] = &[
    ID,
    CODE,
    CUSTOMER_REF,
    NAME,
    field("category", "服务类别", words!(Word, Category, "category")).needed(),
    field("promised", "承诺", List(PROMISE, "promised_")),
    field("bought", "已购", List(SEGMENT, "bought_")),
];

const ANSWER: &[Field] = &[field("question", "问题", Text).needed(), field("answer", "回答", Text).needed()];
const TRIAGE: &[Field] = &[
    field("outcome", "结论", words!(Word, TriageOutcome, "triage_outcome")).needed(),
    field("answers", "问答", List(ANSWER, "")),
];

const WORK_ORDER: &[Field] = &[
    ID,
    CODE,
    CUSTOMER_REF,
    field("visit", "上门标识", Id).note("given by the server; never changes", "由服务器生成，不再改变"),
    field("issued_by", "签发人", Ref(RecordKind::Person)).note("a service manager", "服务经理"),
    field("issued_at_ms", "签发时间", Int)
        .note("milliseconds since 1970 UTC; now when empty", "UTC 1970 年以来的毫秒数；不填为当前时间"),
    field("engineers", "工程师", Refs(RecordKind::Person)),
    field("task", "任务", Text),
    field("triage", "分诊", Group(TRIAGE, "triage_")),
    field("retroactive", "补单原因", Text),
    field("status", "状态", words!(Word, WorkOrderStatus, "work_order_status")).note("open when empty", "不填为未完成"),
];

/// Users are imported with their private half; `login` is their code.
const USER: &[Field] = &[
    field("login", "登录名", Text)
        .needed()
        .note("unique; decides which user a row changes", "唯一；据此判断修改哪位用户"),
    field("name", "姓名", Text).needed(),
    field("email", "邮箱", Text),
    field("language", "语言", words!(Word, Lang, "lang")).note("zh-CN when empty", "不填为中文"),
    field("roles", "角色", words!(Words, Role, "role")).needed(),
    field("password", "初始密码", Text).note("of new users; one is made when empty", "仅用于新用户；不填则自动生成"),
    field("must_change_password", "须修改密码", Bool),
    field("disabled", "停用", Bool),
];

const DAY: &[Field] = &[
    field("date", "日期", Date).needed(),
    field("kind", "类型", words!(Word, DayKind, "day_kind")).needed(),
    field("name", "名称", Text),
];
const CALENDAR: &[Field] = &[
    ID,
    CODE,
    NAME,
    field("base", "内置日历", words!(Word, Country, "country"))
        .note("the built-in calendar that it changes", "在其基础上修改的内置日历"),
    field("first_day", "首日", Date).note("from here its weekdays are known", "从该日起按星期判断"),
    field("last_day", "末日", Date).note("up to here its weekdays are known", "到该日止按星期判断"),
    field("days", "特殊日", List(DAY, "day_")),
];

const CLASSES: &[Field] = &[
    field("normal", "工作日", Money).needed(),
    field("evening", "晚间", Money).needed(),
    field("rest_day", "休息日", Money).needed(),
    field("holiday", "节假日", Money).needed(),
];
const RATE: &[Field] = &[
    field("first_day", "起始日", Date).needed().note("it holds until the next one begins", "有效至下一费率开始"),
    CURRENCY.needed(),
    field("cost", "成本", Group(CLASSES, "cost_")).needed(),
    field("list", "定价", Group(CLASSES, "list_")).needed(),
];
const HOLDER: &[Field] =
    &[field("user", "工程师", Ref(RecordKind::Person)).needed(), field("first_day", "起始日", Date).needed()];
const GRADE: &[Field] =
    &[ID, CODE, NAME, field("rates", "费率", List(RATE, "rate_")), field("holders", "人员", List(HOLDER, "holder_"))];

const POLICY: &[Field] = &[
    ID,
    CODE,
    field("repeat_count", "重复次数", Count).note("2 to 100; 3 when empty", "2 至 100；不填为 3"),
    field("repeat_days", "重复天数", Count).note("1 to 3650; 60 when empty", "1 至 3650；不填为 60"),
    field("fatigue_minutes", "疲劳分钟数", Count).note("60 to 10080; 720 when empty", "60 至 10080；不填为 720"),
    field("rest_minutes", "休息分钟数", Count).note("30 to 2880; 480 when empty", "30 至 2880；不填为 480"),
    field("daytime", "日间时段", Window).note("08:00-18:00 when empty", "不填为 08:00-18:00"),
    field("target_permille", "目标比率", Count)
        .note("1 to 100000; thousandths: 2000 is twice", "1 至 100000；千分数：2000 为两倍"),
];

/// The fields of `kind`; a person's are those of a user.
pub fn fields(kind: RecordKind) -> &'static [Field] {
    match kind {
        RecordKind::Customer => CUSTOMER,
        RecordKind::Contact => CONTACT,
        RecordKind::Package => PACKAGE,
        RecordKind::Contract => CONTRACT,
        RecordKind::Asset => ASSET,
        RecordKind::WorkOrder => WORK_ORDER,
        RecordKind::Person => USER,
        RecordKind::Calendar => CALENDAR,
        RecordKind::Grade => GRADE,
        RecordKind::Policy => POLICY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_every_list_has_its_texts() {
        fn walk(fields: &[Field]) {
            for field in fields {
                if let FieldType::Word(words) | FieldType::Words(words) = field.kind {
                    for code in (words.codes)() {
                        for lang in [Lang::ZhCn, Lang::En] {
                            let shown = words.shown(code, lang);
                            assert!(!shown.contains('-') || lang == Lang::En, "{}: {shown}", field.name);
                            assert_eq!(words.code(&shown), Some(code), "{} {shown}", words.name);
                        }
                    }
                }
                field.parts().into_iter().for_each(|(parts, _)| walk(parts));
            }
        }
        for kind in RecordKind::ALL {
            walk(fields(*kind));
        }
    }
}
