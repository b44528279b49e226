//! Reference data: what the company knows before the visit. The same types are imported by the server, sent to phones
//! as deltas and read by the coverage engine.

use crate::document::facts::{Category, Lang, Mode, words};
use crate::ids::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// 医院等级
    Tier { Tertiary = "tertiary", Secondary = "secondary", Community = "community", County = "county" }

    /// What a contract is about.
    ContractKind {
        Software = "software", Hardware = "hardware", Integration = "integration",
        ServiceMaintenance = "service_maintenance",
    }

    /// Where a contract stands.
    ContractStatus { Draft = "draft", Signed = "signed", Terminated = "terminated" }

    /// What a clause does to its category.
    Effect { Grant = "grant", Exclude = "exclude" }

    /// What a person of the company may do.
    Role {
        Engineer = "engineer", ServiceManager = "service_manager", AccountManager = "account_manager",
        Sales = "sales", Leadership = "leadership", Admin = "admin",
    }
}

/// 医院/客户
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The company's own short code; unique; part of receipt numbers.
    pub code: String,
    /// Its name, usually Chinese.
    pub name: String,
    /// Its name in English, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// 三级、二级、社区、县级
    pub tier: Tier,
    /// IANA time zone name, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// Answers for everything there. Exactly one.
    pub service_manager: UserId,
    /// Renewals and follow-ups. Exactly one.
    pub account_manager: UserId,
}

/// 联系人
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Unique among contacts.
    pub code: String,
    /// Where they work.
    pub customer: CustomerId,
    /// Their name.
    pub name: String,
    /// Position, such as 信息科主任.
    #[serde(default)]
    pub position: String,
    /// Telephone, as dialled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Which language to write to them in.
    pub language: Lang,
    /// Whether they get receipts.
    #[serde(default)]
    pub receives_receipts: bool,
    /// Whether they are the single interface for requests.
    #[serde(default)]
    pub single_interface: bool,
}

/// 条款: what a package or an extra item says about one service category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Its number in the package or contract, such as `B-3`.
    pub code: String,
    /// Grants or excludes.
    pub effect: Effect,
    /// The category it speaks of.
    pub category: Category,
    /// Only for this mode; both when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The clause's wording in Chinese.
    #[serde(default)]
    pub text: String,
    /// Its wording in English.
    #[serde(default)]
    pub text_en: String,
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
    /// What it grants and excludes. A category that no clause names is not granted.
    pub clauses: Vec<Clause>,
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
    /// Draft, signed or terminated. Only a signed contract covers anything.
    pub status: ContractStatus,
    /// Its package, in the version it was signed with.
    pub package: PackageId,
    /// 专项: extra items sold beside the package, above all the database service.
    #[serde(default)]
    pub extras: Vec<Clause>,
    /// First day, inclusive, in the customer's time zone.
    pub first_day: jiff::civil::Date,
    /// Last day, inclusive, in the customer's time zone.
    pub last_day: jiff::civil::Date,
    /// Annual fee in minor units. Never sent to phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annual_fee_minor: Option<i64>,
    /// The fee's currency, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// 设备/资产
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// Unique, such as a serial or inventory number.
    pub code: String,
    /// Where it stands.
    pub customer: CustomerId,
    /// What it is called.
    pub name: String,
    /// What kind of thing it is.
    pub category: Category,
}

/// 工单: the only thing that dispatches an engineer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// Its id.
    pub id: WorkOrderId,
    /// Its number; unique.
    pub code: String,
    /// Where to.
    pub customer: CustomerId,
    /// The visit it dispatches: known ahead of time, so that two phones without a network meet in one visit.
    pub visit: VisitId,
    /// Who issued it. Only a service manager's (or an administrator's) order dispatches.
    pub issued_by: UserId,
    /// When: milliseconds since 1970 UTC.
    pub issued_at_ms: i64,
    /// Who is sent.
    #[serde(default)]
    pub engineers: Vec<UserId>,
    /// What for.
    #[serde(default)]
    pub task: String,
    /// 补单: issued after the work began; the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive: Option<String>,
}

/// A person of the company, as phones know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Their log-in name; unique.
    pub code: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
}

/// One entry of the reference data, of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// The tag is not "kind": a contract has a field of that name.
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A customer.
    Customer(Customer),
    /// A contact.
    Contact(Contact),
    /// A package version.
    Package(Package),
    /// A contract.
    Contract(Contract),
    /// An asset.
    Asset(Asset),
    /// A work order.
    WorkOrder(WorkOrder),
    /// A person.
    Person(Person),
}

words! {
    /// The kinds of [`Record`].
    RecordKind {
        Customer = "customer", Contact = "contact", Package = "package", Contract = "contract",
        Asset = "asset", WorkOrder = "work_order", Person = "person",
    }
}

impl Record {
    /// Its kind.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Customer(_) => RecordKind::Customer,
            Self::Contact(_) => RecordKind::Contact,
            Self::Package(_) => RecordKind::Package,
            Self::Contract(_) => RecordKind::Contract,
            Self::Asset(_) => RecordKind::Asset,
            Self::WorkOrder(_) => RecordKind::WorkOrder,
            Self::Person(_) => RecordKind::Person,
        }
    }
    /// Its id.
    pub fn id(&self) -> uuid::Uuid {
        match self {
            Self::Customer(r) => r.id.0,
            Self::Contact(r) => r.id.0,
            Self::Package(r) => r.id.0,
            Self::Contract(r) => r.id.0,
            Self::Asset(r) => r.id.0,
            Self::WorkOrder(r) => r.id.0,
            Self::Person(r) => r.id.0,
        }
    }
    /// Its code: what people and imports know it by, unique within its kind.
    pub fn code(&self) -> &str {
        match self {
            Self::Customer(r) => &r.code,
            Self::Contact(r) => &r.code,
            Self::Package(r) => &r.code,
            Self::Contract(r) => &r.code,
            Self::Asset(r) => &r.code,
            Self::WorkOrder(r) => &r.code,
            Self::Person(r) => &r.code,
        }
    }
    /// The customer it belongs to, if it belongs to one.
    pub fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer(r) => Some(r.id),
            Self::Contact(r) => Some(r.customer),
            Self::Contract(r) => Some(r.customer),
            Self::Asset(r) => Some(r.customer),
            Self::WorkOrder(r) => Some(r.customer),
            Self::Package(_) | Self::Person(_) => None,
        }
    }
    /// What a phone may know of it: fees stay on the server.
    #[must_use]
    pub fn for_phone(mut self) -> Self {
        if let Self::Contract(c) = &mut self {
            c.annual_fee_minor = None;
            c.currency = None;
        }
        self
    }
}

/// The reference data as of one version, indexed for the coverage engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The version: the server's sequence number of the newest entry in it; 0 when empty.
    pub version: u64,
    /// By id.
    pub customers: BTreeMap<CustomerId, Customer>,
    /// By customer, then id.
    pub contacts: BTreeMap<CustomerId, BTreeMap<ContactId, Contact>>,
    /// By id.
    pub packages: BTreeMap<PackageId, Package>,
    /// By customer, then id.
    pub contracts: BTreeMap<CustomerId, BTreeMap<ContractId, Contract>>,
    /// By id.
    pub assets: BTreeMap<AssetId, Asset>,
    /// By id.
    pub work_orders: BTreeMap<WorkOrderId, WorkOrder>,
    /// By id.
    pub people: BTreeMap<UserId, Person>,
}

impl Reference {
    /// Takes in one entry: a new one, or a newer state of one it has.
    pub fn put(&mut self, record: Record) {
        match record {
            Record::Customer(r) => {
                self.customers.insert(r.id, r);
            }
            Record::Contact(r) => {
                self.contacts.values_mut().for_each(|m| {
                    m.remove(&r.id);
                });
                self.contacts.entry(r.customer).or_default().insert(r.id, r);
            }
            Record::Package(r) => {
                self.packages.insert(r.id, r);
            }
            Record::Contract(r) => {
                self.contracts.values_mut().for_each(|m| {
                    m.remove(&r.id);
                });
                self.contracts.entry(r.customer).or_default().insert(r.id, r);
            }
            Record::Asset(r) => {
                self.assets.insert(r.id, r);
            }
            Record::WorkOrder(r) => {
                self.work_orders.insert(r.id, r);
            }
            Record::Person(r) => {
                self.people.insert(r.id, r);
            }
        }
    }

    /// Whether `user` has `role`.
    pub fn has_role(&self, user: UserId, role: Role) -> bool {
        self.people.get(&user).is_some_and(|p| p.roles.contains(&role))
    }
}
