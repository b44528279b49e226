//! Photos' bytes: uploaded in parts, checked, kept, and shown to those who may see them.

use crate::api::Answer;
use crate::field::{Field, HOSPITAL, LIS_PHONE, VISIT, WANGS_PHONE, begin, id, sign, token};
use axum::body::Body;
use axum::http::{Method, Request, header};
use countersign::blobs::{self, MOST_PER_DAY, PATIENCE_MS};
use countersign::config::Config;
use countersign::conformance;
use countersign::serve::Server;
use countersign::store::blobs as rows;
use sim_phone::SimPhone;
use sync_core::blob::MAX_CHUNK_BYTES;
use sync_core::canonical::sha256_hex;
use sync_core::document::command::Command;
use sync_core::document::facts::CustomerRef;
use sync_core::ids::{DeviceId, VisitId};
use sync_core::receipt::Receipt;

const ZHAOS_PHONE: DeviceId = DeviceId(id(0x53));
const PART: usize = 400_000;

/// Bytes that pass for a JPEG.
pub(crate) fn jpeg(size: usize, salt: u8) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0];
    bytes.extend((4..size).map(|n| (n % 251) as u8 ^ salt));
    bytes
}

pub(crate) fn photo(bytes: &[u8], media_type: &str) -> Command {
    Command::Photo {
        sha256: sha256_hex(bytes),
        size: bytes.len() as u64,
        media_type: media_type.into(),
        caption: "机柜".into(),
        seal: false,
        about: None,
        supersedes: None,
    }
}

fn path(sha256: &str) -> String {
    format!("/api/v1/blobs/{sha256}")
}

/// A phone and the token with which it uploads.
pub(crate) struct Uploader {
    pub(crate) token: String,
}

impl Uploader {
    pub(crate) async fn of(field: &Field, login: &str, device: DeviceId) -> Self {
        Self { token: token(&field.api.state, login, Some(device)).await }
    }

    pub(crate) async fn head(&self, field: &Field, sha256: &str) -> Answer {
        field.api.send(Method::HEAD, &path(sha256), Some(&self.token), None, Vec::new()).await
    }

    pub(crate) async fn patch(&self, field: &Field, sha256: &str, offset: impl ToString, part: &[u8]) -> Answer {
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(path(sha256))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header("upload-offset", offset.to_string());
        field.api.answer(request.body(Body::from(part.to_vec())).unwrap()).await
    }

    /// All of it, in parts.
    pub(crate) async fn upload(&self, field: &Field, bytes: &[u8]) {
        let sha256 = sha256_hex(bytes);
        for (n, part) in bytes.chunks(PART).enumerate() {
            assert_eq!(self.patch(field, &sha256, n * PART, part).await.status, 204);
        }
        assert_eq!(at(&self.head(field, &sha256).await), (bytes.len(), true));
    }
}

/// What an answer says of the upload.
fn at(answer: &Answer) -> (usize, bool) {
    let text = |name| answer.headers.get(name).unwrap_or_else(|| panic!("{}", answer.body)).to_str().unwrap();
    (text("upload-offset").parse().unwrap(), text("upload-complete") == "?1")
}

/// A field where Wang has begun the visit and recorded these photos in it.
async fn recorded(f: &countersign::testing::Fixture, photos: &[Command]) -> (Field, SimPhone) {
    let field = Field::new(f).await;
    let mut wang = field.sync(field.phone("wang", WANGS_PHONE).await).await;
    wang.record(VISIT, &[begin(CustomerRef::Listed(HOSPITAL), "H01 医院", true)]).unwrap();
    for photo in photos {
        wang.one(VISIT, photo.clone()).unwrap();
    }
    (field, wang)
}

async fn awaited(field: &Field, device: DeviceId) -> Vec<String> {
    rows::awaited(&mut field.api.state.db.read().await.unwrap(), device.0, 9).await.unwrap()
}

conformance! { a_photo_arrives_in_parts_and_is_shown_to_those_who_see_the_visit, |f| async {
    let bytes = jpeg(900_000, 1);
    let sha256 = sha256_hex(&bytes);
    let (field, wang) = recorded(f, &[photo(&bytes, "image/jpeg")]).await;
    let phone = Uploader::of(&field, "wang", WANGS_PHONE).await;
    // The record is not here yet, so neither may be its photo.
    assert_eq!(phone.head(&field, &sha256).await.status, 404);
    phone.patch(&field, &sha256, 0, &bytes[..PART]).await.refused(404, "not_found");
    field.sync(wang).await;
    assert_eq!(awaited(&field, WANGS_PHONE).await, std::slice::from_ref(&sha256));

    assert_eq!(at(&phone.head(&field, &sha256).await), (0, false));
    assert_eq!(at(&phone.patch(&field, &sha256, 0, &bytes[..PART]).await), (PART, false));
    // Its answer was lost: the same again changes nothing and says where to go on.
    let again = phone.patch(&field, &sha256, 0, &bytes[..PART]).await;
    again.refused(409, "upload_offset");
    assert_eq!(at(&again), (PART, false));
    assert_eq!(at(&phone.head(&field, &sha256).await), (PART, false));
    let engineer = field.token("wang").await;
    field.api.get(&path(&sha256), &engineer).await.refused(404, "not_found");
    assert_eq!(at(&phone.patch(&field, &sha256, PART, &bytes[PART..2 * PART]).await), (2 * PART, false));
    assert_eq!(at(&phone.patch(&field, &sha256, 2 * PART, &bytes[2 * PART..]).await), (bytes.len(), true));
    // Whatever comes after is told that it is here.
    for offset in [0, PART, bytes.len()] {
        assert_eq!(at(&phone.patch(&field, &sha256, offset, &bytes[..9]).await), (bytes.len(), true));
    }
    assert_eq!(at(&phone.head(&field, &sha256).await), (bytes.len(), true));
    assert!(awaited(&field, WANGS_PHONE).await.is_empty());

    for (login, sees) in [("wang", true), ("zhao", true), ("sm", true), ("am", true), ("lead", true), ("li", false), ("sm2", false)] {
        let got = field.api.get(&path(&sha256), &field.token(login).await).await;
        if sees { assert_eq!((got.status.as_u16(), &got.bytes), (200, &bytes), "{login}") } else { got.refused(404, "not_found") }
    }
    let got = field.api.get(&path(&sha256), &engineer).await;
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("content-disposition", &format!("inline; filename=\"{}.jpg\"", &sha256[..16])),
    ] {
        assert_eq!(got.headers[name], value);
    }
    let tag = got.headers["etag"].to_str().unwrap().to_owned();
    let known = field.api.get_if_none_match(&path(&sha256), &engineer, &tag).await;
    assert_eq!((known.status.as_u16(), known.bytes.len()), (304, 0));
} }

conformance! { what_is_not_as_the_record_says_is_forgotten, |f| async {
    let (right, page) = (jpeg(1000, 1), b"<html><script>alert(1)</script></html>".to_vec());
    let lying = Command::Photo { sha256: "ab".repeat(32), size: 1000, media_type: "image/jpeg".into(),
        caption: String::new(), seal: false, about: None, supersedes: None };
    let all = [photo(&right, "image/jpeg"), photo(&page, "image/png"), photo(&right, "image/png"), lying];
    let (field, wang) = recorded(f, &all).await;
    let field_wang = field.sync(wang).await;
    let phone = Uploader::of(&field, "wang", WANGS_PHONE).await;

    phone.patch(&field, &"ab".repeat(32), 0, &right).await.refused(422, "photo_digest");
    assert_eq!(at(&phone.head(&field, &"ab".repeat(32)).await), (0, false), "nothing of it was kept");
    // In small parts its kind shows only at the end.
    let sha256 = sha256_hex(&page);
    phone.patch(&field, &sha256, 0, &page[..10]).await.ok();
    phone.patch(&field, &sha256, 10, &page[10..]).await.refused(415, "photo_type");
    assert_eq!(at(&phone.head(&field, &sha256).await), (0, false));
    phone.patch(&field, &sha256, 0, &page).await.refused(415, "photo_type");
    assert_eq!(at(&phone.head(&field, &sha256).await), (0, false));
    let sha256 = sha256_hex(&right);
    let longer = [&right[..], b"more"].concat();
    phone.patch(&field, &sha256, 0, &longer).await.refused(422, "upload_too_long");
    phone.patch(&field, &sha256, 0, &vec![0; MAX_CHUNK_BYTES + 1]).await.refused(413, "too_large");
    for offset in ["-1", "+0", "0x10", "", "1e3", "9223372036854775808"] {
        phone.patch(&field, &sha256, offset, &right).await.refused(400, "bad_request");
    }
    for offset in ["1", "999", "9223372036854775807"] {
        phone.patch(&field, &sha256, offset, &right).await.refused(409, "upload_offset");
    }
    phone.patch(&field, &sha256, 0, b"").await.ok();
    assert_eq!(at(&phone.head(&field, &sha256).await), (0, false));
    drop(field_wang);
} }

conformance! { a_digest_is_no_path_and_no_business_of_others, |f| async {
    let bytes = jpeg(1000, 1);
    let sha256 = sha256_hex(&bytes);
    let (field, wang) = recorded(f, &[photo(&bytes, "image/jpeg")]).await;
    field.sync(wang).await;
    field.sync(field.phone("li", LIS_PHONE).await).await;
    let (phone, stranger) = (Uploader::of(&field, "wang", WANGS_PHONE).await, Uploader::of(&field, "li", LIS_PHONE).await);
    for name in ["..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5c..", "%00", &sha256.to_uppercase(), &format!("{sha256}%00"),
        &format!("%20{sha256}"), &sha256[..63], &format!("{sha256}.jpg")] {
        assert_eq!(phone.head(&field, name).await.status, 404, "{name}");
        phone.patch(&field, name, 0, &bytes).await.refused(404, "not_found");
        field.api.get(&path(name), &field.token("boss").await).await.refused(404, "not_found");
    }
    // An engineer of another visit, with the very bytes in hand.
    assert_eq!(stranger.head(&field, &sha256).await.status, 404);
    stranger.patch(&field, &sha256, 0, &bytes).await.refused(404, "not_found");
    phone.upload(&field, &bytes).await;
    assert_eq!(stranger.head(&field, &sha256).await.status, 404);
    field.api.get(&path(&sha256), &stranger.token).await.refused(404, "not_found");
} }

conformance! { uploads_of_the_same_photo_at_once_do_not_spoil_each_other, |f| async {
    let bytes = jpeg(300_000, 1);
    let sha256 = sha256_hex(&bytes);
    let (field, wang) = recorded(f, &[photo(&bytes, "image/jpeg")]).await;
    field.sync(wang).await;
    let mut zhao = field.sync(field.phone("zhao", ZHAOS_PHONE).await).await;
    zhao.record(VISIT, &[begin(CustomerRef::Listed(HOSPITAL), "H01 医院", true)]).unwrap();
    field.sync(zhao).await;
    let wang = Uploader::of(&field, "wang", WANGS_PHONE).await;
    let zhao = Uploader::of(&field, "zhao", ZHAOS_PHONE).await;
    let mut rubbish = vec![7; 100_000];
    rubbish[..3].copy_from_slice(&[0xFF, 0xD8, 0xFF]);
    // Zhao's phone sends other bytes under the same name: only his own upload suffers.
    let (mine, same, his) = tokio::join!(
        wang.patch(&field, &sha256, 0, &bytes[..100_000]),
        wang.patch(&field, &sha256, 0, &bytes[..100_000]),
        zhao.patch(&field, &sha256, 0, &rubbish),
    );
    let mut both = [mine.status.as_u16(), same.status.as_u16()];
    both.sort();
    assert_eq!((both, his.status.as_u16()), ([204, 409], 204));
    for offset in [100_000, 200_000] {
        let end = offset + 100_000;
        let parts = tokio::join!(
            wang.patch(&field, &sha256, offset, &bytes[offset..end]),
            zhao.patch(&field, &sha256, offset, &bytes[offset..end]),
        );
        assert_eq!(parts.0.status, 204);
    }
    assert_eq!(at(&zhao.head(&field, &sha256).await), (300_000, true));
    let got = field.api.get(&path(&sha256), &field.token("sm").await).await;
    assert_eq!(got.bytes, bytes);
    let mut tx = field.api.state.db.read().await.unwrap();
    assert_eq!(rows::under_way(&mut tx, WANGS_PHONE.0).await.unwrap(), 0);
} }

conformance! { a_device_has_its_bounds, |f| async {
    let declared: Vec<Command> = (0..4).map(|n| Command::Photo { sha256: format!("{n:064x}"), size: 20 << 20,
        media_type: "image/jpeg".into(), caption: String::new(), seal: false, about: None, supersedes: None }).collect();
    let (field, wang) = recorded(f, &declared).await;
    field.sync(wang).await;
    let phone = Uploader::of(&field, "wang", WANGS_PHONE).await;
    for n in 0..3 {
        phone.patch(&field, &format!("{n:064x}"), 0, &jpeg(1000, 0)).await.ok();
    }
    let refused = phone.patch(&field, &format!("{:064x}", 3), 0, &jpeg(1000, 0)).await;
    refused.refused(429, "upload_quota");
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    // What nobody goes on with is forgotten after its time, and not before.
    let (db, now) = (&field.api.state.db, field.api.state.clock.now_ms());
    assert_eq!(blobs::forget_stale(db, now + PATIENCE_MS - 60_000).await.unwrap(), 0);
    assert_eq!(at(&phone.head(&field, &format!("{:064x}", 0)).await), (1000, false));
    assert_eq!(blobs::forget_stale(db, now + PATIENCE_MS + 60_000).await.unwrap(), 3);
    assert_eq!(at(&phone.head(&field, &format!("{:064x}", 0)).await), (0, false));
    phone.patch(&field, &format!("{:064x}", 3), 0, &jpeg(1000, 0)).await.ok();

    let mut tx = db.begin().await.unwrap();
    rows::spend(&mut tx, WANGS_PHONE.0, now.div_euclid(86_400_000), MOST_PER_DAY).await.unwrap();
    tx.commit().await.unwrap();
    let refused = phone.patch(&field, &format!("{:064x}", 3), 1000, &jpeg(1000, 0)).await;
    refused.refused(429, "upload_quota");
    let wait: i64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    assert_eq!(at(&phone.head(&field, &format!("{:064x}", 3)).await), (1000, false));
} }

conformance! { a_receipt_says_which_photos_were_here, |f| async {
    let (early, late) = (jpeg(1000, 1), jpeg(1000, 2));
    let (field, wang) = recorded(f, &[photo(&early, "image/jpeg"), photo(&late, "image/jpeg")]).await;
    let mut wang = field.sync(wang).await;
    let phone = Uploader::of(&field, "wang", WANGS_PHONE).await;
    phone.upload(&field, &early).await;
    sign(&mut wang, VISIT);
    field.sync(wang).await;
    phone.upload(&field, &late).await;
    let receipt = issued(&field, VISIT).await;
    assert_eq!(receipt.body.attachments.present, [sha256_hex(&early)]);
    assert_eq!(receipt.body.attachments.pending, [sha256_hex(&late)]);
} }

/// The visit's only receipt.
pub(crate) async fn issued(field: &Field, visit: VisitId) -> Receipt {
    let mut tx = field.api.state.db.read().await.unwrap();
    let all = countersign::store::receipts::of_visit(&mut tx, visit.0).await.unwrap();
    assert_eq!(all.len(), 1);
    serde_json::from_str(&all[0].body).unwrap()
}

conformance! { the_hospital_sees_its_receipts_photos_and_nobody_elses, |f| async {
    let (early, late) = (jpeg(1000, 1), jpeg(1000, 2));
    let (field, wang) = recorded(f, &[photo(&early, "image/jpeg"), photo(&late, "image/jpeg")]).await;
    let mut wang = field.sync(wang).await;
    let phone = Uploader::of(&field, "wang", WANGS_PHONE).await;
    phone.upload(&field, &early).await;
    sign(&mut wang, VISIT);
    wang = field.sync(wang).await;
    // Recorded after the signature: no business of this receipt.
    let foreign = jpeg(1000, 3);
    wang.one(VISIT, photo(&foreign, "image/jpeg")).unwrap();
    field.sync(wang).await;
    phone.upload(&field, &foreign).await;

    let token = crate::hospital::token(&field, "H01-000001").await;
    let get = async |path: &str| field.api.call(Method::GET, path, None, None).await;
    let page = async || String::from_utf8(get(&format!("/r/{token}?lang=en")).await.bytes).unwrap();
    let of = |bytes: &[u8]| format!("/r/{token}/a/{}", sha256_hex(bytes));
    let before = page().await;
    assert!(before.contains(&of(&early)) && before.contains("held when this receipt was issued"));
    assert!(!before.contains(&of(&late)) && before.contains("not here yet"));
    assert_eq!(get(&of(&late)).await.status, 404);
    phone.upload(&field, &late).await;
    let after = page().await;
    assert!(after.contains(&of(&late)) && after.contains("arrived after this receipt was issued"));

    let got = get(&of(&late)).await;
    assert_eq!((got.status.as_u16(), &got.bytes), (200, &late));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
    ] {
        assert_eq!(got.headers[name], value);
    }
    // Neither what is not the receipt's, nor with a link that is none, nor anything that is no digest.
    assert_eq!(get(&of(&foreign)).await.status, 404);
    let early_sha = sha256_hex(&early);
    for wrong in [format!("/r/{}/a/{early_sha}", "A".repeat(43)), format!("/r/{token}/a/..%2f..%2fetc"),
        format!("/r/{token}/a/{}", early_sha.to_uppercase()), format!("/r/{token}/a/")] {
        assert_eq!(get(&wrong).await.status, 404, "{wrong}");
    }
    // The receipt itself says what it said.
    let file = get(&format!("/r/{token}.json")).await;
    let receipt: Receipt = serde_json::from_slice(&file.bytes).unwrap();
    assert_eq!(receipt.body.attachments.pending, [sha256_hex(&late)]);
} }

/// Writes bytes to a server's socket, and what it answered. `cut`: nothing more will come.
async fn raw(addr: std::net::SocketAddr, bytes: &[u8], cut: bool) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    if cut {
        stream.shutdown().await.unwrap();
    }
    let mut answer = Vec::new();
    // A server that waits for more has said what it had to say.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

conformance! { a_length_that_is_not_so_brings_nothing_that_was_not_sent, |f| async {
    let bytes = jpeg(1000, 1);
    let sha256 = sha256_hex(&bytes);
    let (field, wang) = recorded(f, &[photo(&bytes, "image/jpeg")]).await;
    field.sync(wang).await;
    let phone = Uploader::of(&field, "wang", WANGS_PHONE).await;
    let mut config = Config::embedded(&f.dir);
    config.database_url.clone_from(&f.url);
    config.listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Server::start(config).await.unwrap();
    let request = |length: usize, part: &[u8]| {
        let head = format!(
            "PATCH {} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\nupload-offset: 0\r\ncontent-length: {length}\r\n\r\n",
            path(&sha256), phone.token
        );
        [head.as_bytes(), part].concat()
    };
    // Cut in the middle: it says a thousand bytes, and six hundred come.
    let answer = raw(running.addr, &request(1000, &bytes[..600]), true).await;
    assert!(!answer.contains(" 204 "), "{answer}");
    assert_eq!(at(&phone.head(&field, &sha256).await), (0, false));
    // More than a part may have, by its word alone.
    let answer = raw(running.addr, &request(MAX_CHUNK_BYTES + 1, &bytes), true).await;
    assert!(!answer.contains(" 204 "), "{answer}");
    assert_eq!(at(&phone.head(&field, &sha256).await), (0, false));
    // It says three hundred: what comes after them is no part of it.
    let answer = raw(running.addr, &request(300, &bytes), false).await;
    assert!(answer.contains(" 204 "), "{answer}");
    assert_eq!(at(&phone.head(&field, &sha256).await), (300, false));
    running.shutdown().await;
} }
