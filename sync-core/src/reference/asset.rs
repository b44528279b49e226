//! Assets (设备/资产): what was installed, what support we promised for it, and what support we bought.

use crate::document::facts::{Category, words};
use crate::ids::{AssetId, CustomerId};
use crate::time::text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

words! {
    /// Who supports, the best first (原厂、授权服务商、第三方).
    SupportTier { Manufacturer = "manufacturer", Authorised = "authorised", ThirdParty = "third_party" }
}

impl SupportTier {
    /// Whether support of this tier keeps a promise of `promised`.
    pub fn keeps(self, promised: Self) -> bool {
        // Declared best first.
        self <= promised
    }
}

/// Support that the customer was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// First day, inclusive.
    #[serde(deserialize_with = "text::day")]
    pub first_day: Date,
    /// Last day, inclusive.
    #[serde(deserialize_with = "text::day")]
    pub last_day: Date,
    /// Of which tier at least.
    pub tier: SupportTier,
    /// What buying it costs per year, minor units: the exposure while it is not bought. Never sent to phones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annual_cost_minor: Option<i64>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// Support that was bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// From whom.
    pub provider: String,
    /// Of which tier.
    pub tier: SupportTier,
    /// First day, inclusive.
    #[serde(deserialize_with = "text::day")]
    pub first_day: Date,
    /// Last day, inclusive.
    #[serde(deserialize_with = "text::day")]
    pub last_day: Date,
    /// The provider's reference, such as a support contract's number.
    #[serde(default)]
    pub reference: String,
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
    /// What support was promised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promised: Vec<Promise>,
    /// What support was bought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bought: Vec<Segment>,
}
