//! Two servers on one database that open the same thing at the same moment.

use crate::api::Api;
use crate::field::{Field, HOSPITAL, LIS_PHONE, WANGS_PHONE};
use crate::reports::{company, visit};
use countersign::conformance;
use serde_json::Value;
use std::collections::BTreeMap;
use sync_core::document::facts::Category;

/// Categories that nothing covers: one for each round, so that each begins without a lead.
const ROUNDS: [Category; 6] = [
    Category::Network,
    Category::Database,
    Category::Storage,
    Category::Security,
    Category::OperatingSystem,
    Category::ServerHardware,
];
/// Visits of one round on each phone: enough for both together to make a problem of it, and for neither alone.
const EACH: i64 = 2;

conformance! { two_servers_open_one_lead_and_one_root_cause, |f| async {
    let one = Field::new(f).await;
    company(&one).await;
    let two = Field { api: Api::new(f).await };
    let mut wang = one.sync(one.phone("wang", WANGS_PHONE).await).await;
    let mut li = two.sync(one.phone("li", LIS_PHONE).await).await;
    for (round, category) in (0..).zip(ROUNDS) {
        for n in 0..EACH {
            // One Monday each, one after the other in the daytime: every hour has the same price.
            visit(&mut wang, category, 168 * round + 2 * n);
            visit(&mut li, category, 168 * round + 2 * (EACH + n));
        }
        (wang, li) = tokio::join!(one.sync(wang), two.sync(li));
    }
    for field in [&one, &two] {
        let boss = field.token("boss").await;
        let found = |page: Value| page["items"].as_array().unwrap().clone();
        let leads = found(field.api.get("/api/v1/leads?limit=100", &boss).await.ok());
        let by_category: BTreeMap<&str, (&Value, &Value)> =
            leads.iter().map(|l| (l["category"].as_str().unwrap(), (&l["state"], &l["visits"]))).collect();
        assert_eq!((leads.len(), by_category.len()), (ROUNDS.len(), ROUNDS.len()), "one for each category: {leads:?}");
        assert!(by_category.values().all(|told| *told == (&"open".into(), &(2 * EACH).into())), "{by_category:?}");
        assert!(leads.iter().all(|l| l["customer"] == HOSPITAL.to_string()));
        for lead in &leads {
            // Two hours each, at 100.00.
            assert_eq!(lead["value"][0]["cost_minor"], 2 * EACH * 20_000, "{lead}");
        }
    }
    // A visit that another server had in hand is judged again by whoever comes first.
    crate::rejudge::drain(&one).await;
    let boss = two.token("boss").await;
    let page = two.api.get("/api/v1/root-causes?limit=100", &boss).await.ok();
    let causes = page["items"].as_array().unwrap();
    assert_eq!(causes.len(), ROUNDS.len(), "{causes:?}");
    for cause in causes {
        let dossier = two.api.get(&format!("/api/v1/root-causes/{}", cause["id"].as_str().unwrap()), &boss).await.ok();
        assert_eq!(dossier["visits"].as_array().unwrap().len() as i64, 2 * EACH, "{dossier}");
    }
} }
