//! What the phone knows of customers, people, assets and work orders.

use super::words::*;
use super::{Triage, held, records};
use sync_core::reference as core;

records! {
    /// 医院/客户
    pub struct Customer {
        /// Its id.
        pub id: String,
        /// The company's own short code.
        pub code: String,
        /// Its name.
        pub name: String,
        /// Its name in English.
        pub name_en: Option<String>,
        /// 三级、二级、社区、县级
        pub tier: Tier,
        /// IANA time zone name.
        pub time_zone: String,
    }

    /// 联系人
    pub struct Contact {
        /// Its id.
        pub id: String,
        /// Their name.
        pub name: String,
        /// Position, such as 信息科主任.
        pub position: String,
        /// Telephone, as dialled.
        pub phone: Option<String>,
        /// Mail address.
        pub email: Option<String>,
        /// Which language to write to them in.
        pub language: Lang,
        /// Whether they get receipts.
        pub receives_receipts: bool,
        /// Whether they are the single interface for requests.
        pub single_interface: bool,
    }

    /// 设备
    pub struct Asset {
        /// Its id.
        pub id: String,
        /// Its code.
        pub code: String,
        /// What it is called.
        pub name: String,
    }

    /// 工单
    pub struct WorkOrder {
        /// Its id.
        pub id: String,
        /// Its number.
        pub code: String,
        /// Where to: the customer's id.
        pub customer: String,
        /// The customer's name, where the phone knows it.
        pub customer_name: Option<String>,
        /// The visit that it dispatches.
        pub visit: String,
        /// When it was issued, milliseconds since 1970 UTC.
        pub issued_at_ms: i64,
        /// Who is sent, by id.
        pub engineers: Vec<String>,
        /// What for.
        pub task: String,
        /// What was asked before somebody was sent.
        pub triage: Option<Triage>,
        /// Whether it still waits for its visit.
        pub open: bool,
    }
}

impl From<&core::Customer> for Customer {
    fn from(c: &core::Customer) -> Self {
        Self {
            id: c.id.to_string(),
            code: c.code.clone(),
            name: c.name.clone(),
            name_en: c.name_en.clone(),
            tier: c.tier.into(),
            time_zone: c.time_zone.clone(),
        }
    }
}

impl From<&core::Contact> for Contact {
    fn from(c: &core::Contact) -> Self {
        Self {
            id: c.id.to_string(),
            name: c.name.clone(),
            position: c.position.clone(),
            phone: c.phone.clone(),
            email: c.email.clone(),
            language: c.language.into(),
            receives_receipts: c.receives_receipts,
            single_interface: c.single_interface,
        }
    }
}

impl From<&core::Asset> for Asset {
    fn from(a: &core::Asset) -> Self {
        Self { id: a.id.to_string(), code: a.code.clone(), name: a.name.clone() }
    }
}

impl WorkOrder {
    pub(crate) fn new(w: &core::WorkOrder, reference: &core::Reference) -> Self {
        Self {
            id: w.id.to_string(),
            code: w.code.clone(),
            customer: w.customer.to_string(),
            customer_name: reference.customers.get(&w.customer).map(|c| c.name.clone()),
            visit: w.visit.to_string(),
            issued_at_ms: held(w.issued_at_ms),
            engineers: w.engineers.iter().map(ToString::to_string).collect(),
            task: w.task.clone(),
            triage: w.triage.clone().map(Into::into),
            open: w.status == core::WorkOrderStatus::Open,
        }
    }
}
