//! The PDF over HTTP: for the company behind its log-in, for the hospital behind its link.

use crate::field::{Field, story};
use axum::http::{Method, header};
use countersign::conformance;
use countersign::receipts::check::{Finding, check};
use countersign::receipts::jwks::KeySet;
use countersign::receipts::pdf::embedded::extract;
use uuid::Uuid;

conformance! { a_receipt_is_served_as_a_pdf_with_its_record, |f| async {
    let field = Field::new(f).await;
    story(&field).await;
    let boss = field.token("boss").await;
    let list = field.api.get("/api/v1/receipts", &boss).await.ok();
    let id = list["items"][0]["id"].as_str().unwrap();
    let file = field.api.get(&format!("/api/v1/receipts/{id}.json"), &boss).await;
    let path = format!("/api/v1/receipts/{id}.pdf?lang=both");
    let pdf = field.api.get(&path, &boss).await;
    assert_eq!((pdf.status.as_u16(), &pdf.headers[header::CONTENT_TYPE]), (200, &"application/pdf".parse().unwrap()));
    assert!(pdf.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains(".pdf"));
    let inside = extract(pdf.bytes.clone()).unwrap();
    assert_eq!(inside.receipt.as_bytes(), file.bytes);
    assert_eq!(field.api.get(&path, &boss).await.bytes, pdf.bytes, "the same bytes again");
    // The hospital's own address is not the company's to hand on.
    assert!(!inside.rendering.unwrap().contains("token"));
    field.api.get(&format!("/api/v1/receipts/{id}.exe"), &boss).await.refused(404, "not_found");

    let token = crate::hospital::token(&field, "H01-000001").await;
    let page = field.api.call(Method::GET, &format!("/r/{token}"), None, None).await;
    assert!(String::from_utf8(page.bytes).unwrap().contains(&format!("/r/{token}.pdf?lang=")));
    let pdf = field.api.call(Method::GET, &format!("/r/{token}.pdf?lang=en"), None, None).await;
    assert_eq!((pdf.status.as_u16(), &pdf.headers[header::CACHE_CONTROL]), (200, &"private, no-store".parse().unwrap()));
    let keys = KeySet::one(&field.api.state.keys.receipt.kid, field.api.state.keys.receipt.public());
    let found = check(&field.api.state.db, keys, pdf.bytes.clone(), Uuid::nil()).await.unwrap();
    assert!(matches!(found, Finding::Ours { same: false, .. }), "{found:?}");
    assert!(extract(pdf.bytes).unwrap().rendering.unwrap().contains(&token));
    let wrong = format!("/r/{}.pdf", "A".repeat(43));
    assert_eq!(field.api.call(Method::GET, &wrong, None, None).await.status.as_u16(), 404);
} }
