//! Contracts (合同), their packages (服务包) and clauses (条款).

use super::hours::ServiceHours;
use crate::document::facts::{Category, Mode, words};
use crate::ids::{ContractId, CustomerId, PackageId};
use crate::time::text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

words! {
    /// What a contract is about.
    ContractKind {
        Software = "software", Hardware = "hardware", Integration = "integration",
        ServiceMaintenance = "service_maintenance",
    }

    /// Where a contract stands.
    ContractStatus { Draft = "draft", Signed = "signed", Terminated = "terminated" }

    /// What a clause does to its category.
    Effect {
        Grant = "grant",
        Exclude = "exclude",
        /// The customer's own duty (医院自理), such as building dictionaries.
        CustomersOwn = "customers_own",
        /// Bounds what other clauses grant.
        Limit = "limit",
        /// Not in the fee, but at an agreed price.
        Price = "price",
    }

    /// What a limit counts.
    QuotaUnit { Visits = "visits", Minutes = "minutes" }

    /// How often a limit begins anew.
    QuotaPeriod {
        /// Never: once for the whole contract.
        Contract = "contract",
        /// On each anniversary of the contract's first day.
        ContractYear = "contract_year",
        CalendarYear = "calendar_year",
        Quarter = "quarter",
        Month = "month",
    }

    /// What a price is for.
    PriceUnit { Hour = "hour", Visit = "visit" }
}

/// How much a limit allows in each of its periods, counted by the customer's local dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Visits or minutes of labour.
    pub unit: QuotaUnit,
    /// How many; 0 or more.
    pub amount: i64,
    /// Per what.
    pub period: QuotaPeriod,
}

/// An agreed price. Never sent to phones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Per hour of labour, or per visit.
    pub per: PriceUnit,
}

/// 条款: what a package or an extra item says about one service category, or about all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Its number in the package or contract, such as `B-3`.
    pub code: String,
    /// What it does.
    pub effect: Effect,
    /// The category it speaks of; absent: every category (only where it limits or prices).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Only for this mode; both when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Where it grants: hours of its own instead of the contract's or the package's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<ServiceHours>,
    /// Where it limits: how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// Where it prices: at what price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// The clause's wording in Chinese.
    #[serde(default)]
    pub text: String,
    /// Its wording in English.
    #[serde(default)]
    pub text_en: String,
}

impl Clause {
    /// Whether it speaks of `category`, in whatever mode.
    pub fn names(&self, category: Category) -> bool {
        self.category.is_none_or(|c| c == category)
    }
    /// Whether it speaks of `category` in `mode`.
    pub fn speaks_of(&self, category: Category, mode: Mode) -> bool {
        self.names(category) && self.mode.is_none_or(|m| m == mode)
    }
}

words! {
    /// Whether the expenses of a visit that the package covers are in its fee or come on top.
    ExpenseTerms { Included = "included", Charged = "charged" }
}

/// One version of a service package (服务包). A signed contract keeps the version it was signed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The id of this version.
    pub id: PackageId,
    /// Unique, with the version, such as `B-2026`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Name in English.
    #[serde(default)]
    pub name_en: String,
    /// What its versions have in common, such as `B`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// First day on which this version is sold. Versions of one family do not overlap.
    #[serde(default, deserialize_with = "text::optional_day", skip_serializing_if = "Option::is_none")]
    pub sold_from: Option<Date>,
    /// Last day on which it is sold.
    #[serde(default, deserialize_with = "text::optional_day", skip_serializing_if = "Option::is_none")]
    pub sold_until: Option<Date>,
    /// When service is promised; at any time where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<ServiceHours>,
    /// Whether expenses are in the fee; unsaid, receipts show them without a word about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expenses: Option<ExpenseTerms>,
    /// What it says. A category that no clause names is not granted.
    pub clauses: Vec<Clause>,
}

/// A part of the annual fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeModule {
    /// Its code, such as `HIS`.
    pub code: String,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Per year, minor units of the contract's currency.
    pub annual_fee_minor: i64,
}

/// 合同
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its id.
    pub id: ContractId,
    /// The contract's number; unique.
    pub code: String,
    /// With whom.
    pub customer: CustomerId,
    /// About what.
    pub kind: ContractKind,
    /// Draft, signed or terminated. Only a signed contract covers anything, and a terminated one until it ended.
    pub status: ContractStatus,
    /// Its package, in the version it was signed with.
    pub package: PackageId,
    /// 专项: extra items sold beside the package, above all the database service.
    #[serde(default)]
    pub extras: Vec<Clause>,
    /// Hours bought instead of the package's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<ServiceHours>,
    /// First day, inclusive, in the customer's time zone.
    #[serde(deserialize_with = "text::day")]
    pub first_day: Date,
    /// Last day, inclusive, in the customer's time zone.
    #[serde(deserialize_with = "text::day")]
    pub last_day: Date,
    /// When it was signed, which may be after the first day.
    #[serde(default, deserialize_with = "text::optional_day", skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<Date>,
    /// The last day on which a terminated contract held; absent: it never held.
    #[serde(default, deserialize_with = "text::optional_day", skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// Annual fee in minor units; the sum of the modules where there are any. Never sent to phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annual_fee_minor: Option<i64>,
    /// The fee by modules. Never sent to phones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<FeeModule>,
    /// The fee's currency, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Contract {
    /// The days on which it holds, both inclusive; `None` for a draft and for what was terminated before it began.
    pub fn days(&self) -> Option<(Date, Date)> {
        let last = match self.status {
            ContractStatus::Draft => return None,
            ContractStatus::Signed => self.last_day,
            ContractStatus::Terminated => self.ended_on?.min(self.last_day),
        };
        (self.first_day <= last).then_some((self.first_day, last))
    }
}
