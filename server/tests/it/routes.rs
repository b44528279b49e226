//! The table of routes, and what the framework refuses by itself.

use crate::api::Api;
use axum::http::{Method, header};
use countersign::conformance;
use countersign::http::guard::Access;
use countersign::http::table::{openapi, route_table};
use sync_core::reference::Role;

#[test]
fn every_route_is_documented_under_its_access() {
    let api = serde_json::to_value(openapi()).unwrap();
    let table = route_table();
    assert!(table.len() > 30);
    for route in &table {
        let operation = &api["paths"][&route.path][route.method.as_str().to_lowercase()];
        assert!(operation["description"].as_str().unwrap().contains(&format!("For: {}.", route.access)), "{route:?}");
        assert_eq!(operation["security"].is_array(), route.access != Access::Public, "{route:?}");
        assert!(operation["responses"]["default"].is_object());
    }
    let documented: usize = api["paths"].as_object().unwrap().values().map(|p| p.as_object().unwrap().len()).sum();
    assert_eq!(documented, table.len());
}

conformance! { nobody_passes_the_guard_without_a_token, |f| async {
    let api = Api::new(f).await;
    for route in route_table() {
        let path = route.path.replace("{id}", "0190a0a0-0000-7000-8000-000000000000");
        let answer = api.call(route.method.clone(), &path, None, None).await;
        if route.access == Access::Public {
            assert_ne!(answer.status, 403, "{route:?}");
        } else if route.method == Method::HEAD {
            // It has no body to say more in.
            assert_eq!(answer.status, 401, "{route:?}");
        } else {
            answer.refused(401, "unauthenticated");
        }
    }
} }

conformance! { refusals_of_the_framework_are_problems_too, |f| async {
    let api = Api::new(f).await;
    let admin = api.token("boss", Role::Admin).await;
    api.get("/nowhere", &admin).await.refused(404, "not_found");
    let wrong = api.call(Method::DELETE, "/api/v1/customers", Some(&admin), None).await;
    wrong.refused(405, "method_not_allowed");
    assert!(wrong.headers.contains_key(header::ALLOW));
    let login = "/api/v1/auth/login";
    let send = async |kind: Option<&str>, body: Vec<u8>| api.send(Method::POST, login, None, kind, body).await;
    send(Some("text/plain"), b"{}".to_vec()).await.refused(415, "unsupported_media_type");
    send(Some("application/json"), b"{".to_vec()).await.refused(400, "bad_json");
    send(Some("application/json"), b"{}".to_vec()).await.refused(422, "unprocessable");
    send(Some("application/json"), vec![b' '; 2 << 20]).await.refused(413, "too_large");
    api.get("/api/v1/customers/no-uuid", &admin).await.refused(404, "not_found");
    assert!(api.call(Method::GET, "/readyz", None, None).await.status.is_success());
    let keys = api.call(Method::GET, "/.well-known/jwks.json", None, None).await.ok();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
} }
