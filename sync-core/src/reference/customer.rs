//! Customers (医院/客户) and the people there (联系人).

use crate::document::facts::{Lang, words};
use crate::ids::{CalendarId, ContactId, CustomerId, UserId};
use serde::{Deserialize, Serialize};

words! {
    /// 医院等级
    Tier { Tertiary = "tertiary", Secondary = "secondary", Community = "community", County = "county" }

    /// Which languages a receipt's PDF is in.
    ReceiptLanguages { ZhCn = "zh-CN", En = "en", Both = "both" }
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
    /// Which days are holidays there. Where it is not said, the built-in calendar of the zone's country holds, if there
    /// is one (see [`calendar`](super::calendar)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// Which languages its contacts get receipts' PDFs in; as the server is set where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_languages: Option<ReceiptLanguages>,
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
