//! Who may use which route: the table that the server must agree with, asked of a real server over a socket.

use crate::field::{PEOPLE, enrolled, people, token};
use countersign::config::Config;
use countersign::conformance;
use countersign::http::table::route_table;
use countersign::serve::Server;
use countersign::state::AppState;
use countersign::store::{devices, users};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use sync_core::crypto::SoftwareKey;
use sync_core::ids::DeviceId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Everybody who asks, by a letter each.
const ASKERS: &str = "n nobody, e engineer, s service manager, c account manager, v sales, l leadership, \
                      a administrator, \
                      p engineer on an enrolled phone, r on a revoked phone, d disabled";
const EVERYBODY: &str = "nescvlaprd";
const SIGNED_IN: &str = "escvlap";
const ADMIN: &str = "a";
const DISPATCHERS: &str = "sa";
const MANAGERS: &str = "scla";
const KEEPERS: &str = "la";
const PHONES: &str = "pr";
/// Who asks for one-time codes and enters them.
const CODES: &str = "escap";
/// Who sees any visit; which ones is another table (`visits::everybody_sees_what_is_theirs`).
const READERS: &str = "esclap";
/// Who reads any report.
const REPORTS: &str = "scla";

/// None of them: only the company's mail server, which has a secret of its own and no log-in.
const MAIL_SERVER: &str = "";

/// Method, path, and who is let in. A route that is not here fails the test.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("GET", "/healthz", EVERYBODY),
    ("GET", "/readyz", EVERYBODY),
    ("GET", "/.well-known/jwks.json", EVERYBODY),
    ("GET", "/api/v1/openapi.json", EVERYBODY),
    ("POST", "/api/v1/auth/login", EVERYBODY),
    ("POST", "/api/v1/auth/refresh", EVERYBODY),
    ("POST", "/api/v1/auth/logout", EVERYBODY),
    ("POST", "/api/v1/auth/password", SIGNED_IN),
    ("GET", "/api/v1/auth/me", SIGNED_IN),
    ("POST", "/api/v1/devices", SIGNED_IN),
    ("GET", "/api/v1/devices", SIGNED_IN),
    ("DELETE", "/api/v1/devices/{id}", SIGNED_IN),
    ("POST", "/api/v1/sync", PHONES),
    ("GET", "/api/v1/users", ADMIN),
    ("POST", "/api/v1/users", ADMIN),
    ("PUT", "/api/v1/users/{id}", ADMIN),
    ("POST", "/api/v1/import", ADMIN),
    ("GET", "/api/v1/customers", SIGNED_IN),
    ("GET", "/api/v1/customers/{id}", SIGNED_IN),
    ("POST", "/api/v1/customers", ADMIN),
    ("PUT", "/api/v1/customers/{id}", ADMIN),
    ("GET", "/api/v1/contacts", SIGNED_IN),
    ("GET", "/api/v1/contacts/{id}", SIGNED_IN),
    ("POST", "/api/v1/contacts", ADMIN),
    ("PUT", "/api/v1/contacts/{id}", ADMIN),
    ("GET", "/api/v1/packages", SIGNED_IN),
    ("GET", "/api/v1/packages/{id}", SIGNED_IN),
    ("POST", "/api/v1/packages", ADMIN),
    ("PUT", "/api/v1/packages/{id}", ADMIN),
    ("GET", "/api/v1/contracts", SIGNED_IN),
    ("GET", "/api/v1/contracts/{id}", SIGNED_IN),
    ("POST", "/api/v1/contracts", ADMIN),
    ("PUT", "/api/v1/contracts/{id}", ADMIN),
    ("GET", "/api/v1/assets", SIGNED_IN),
    ("GET", "/api/v1/assets/{id}", SIGNED_IN),
    ("POST", "/api/v1/assets", ADMIN),
    ("PUT", "/api/v1/assets/{id}", ADMIN),
    ("GET", "/api/v1/work-orders", SIGNED_IN),
    ("GET", "/api/v1/work-orders/{id}", SIGNED_IN),
    ("POST", "/api/v1/work-orders", DISPATCHERS),
    ("PUT", "/api/v1/work-orders/{id}", DISPATCHERS),
    ("GET", "/api/v1/customers/{id}/handovers", SIGNED_IN),
    ("GET", "/api/v1/calendars", SIGNED_IN),
    ("GET", "/api/v1/calendars/{id}", SIGNED_IN),
    ("POST", "/api/v1/calendars", ADMIN),
    ("PUT", "/api/v1/calendars/{id}", ADMIN),
    ("GET", "/api/v1/grades", KEEPERS),
    ("GET", "/api/v1/grades/{id}", KEEPERS),
    ("POST", "/api/v1/grades", ADMIN),
    ("PUT", "/api/v1/grades/{id}", ADMIN),
    ("GET", "/api/v1/policies", SIGNED_IN),
    ("GET", "/api/v1/policies/{id}", SIGNED_IN),
    ("POST", "/api/v1/policies", ADMIN),
    ("PUT", "/api/v1/policies/{id}", ADMIN),
    ("GET", "/api/v1/export/{kind}", KEEPERS),
    ("GET", "/api/v1/templates/{kind}", KEEPERS),
    ("GET", "/api/v1/visits", READERS),
    ("GET", "/api/v1/visits/{id}", READERS),
    ("GET", "/api/v1/visits/{id}/history", READERS),
    ("GET", "/api/v1/visits/{id}/verdicts", READERS),
    ("GET", "/api/v1/visits/{id}/document", READERS),
    ("POST", "/api/v1/visits/{id}/review", DISPATCHERS),
    ("GET", "/api/v1/visits/{id}/quarantine/{change}", ADMIN),
    ("GET", "/api/v1/quarantine", ADMIN),
    ("GET", "/api/v1/receipts", READERS),
    ("GET", "/api/v1/receipts/{id}", READERS),
    ("GET", "/api/v1/receipts/{id}/proof", READERS),
    ("GET", "/api/v1/receipts/{id}/codes", READERS),
    ("POST", "/api/v1/receipts/{id}/codes", CODES),
    ("POST", "/api/v1/receipts/{id}/confirm", CODES),
    ("GET", "/api/v1/receipts/{id}/confirmations/{confirmation}", READERS),
    ("GET", "/r/{token}/confirmations/{id}", EVERYBODY),
    ("GET", "/.well-known/countersign/heads", EVERYBODY),
    ("GET", "/.well-known/countersign/heads/{day}", EVERYBODY),
    ("GET", "/.well-known/countersign/consistency", EVERYBODY),
    ("GET", "/api/v1/reports/cost", REPORTS),
    ("GET", "/api/v1/mails", READERS),
    ("POST", "/api/v1/mails/{id}/resend", DISPATCHERS),
    ("POST", "/api/v1/mails/bounces", MAIL_SERVER),
    ("GET", "/api/v1/disputes", READERS),
    ("GET", "/api/v1/disputes/{id}", READERS),
    ("POST", "/api/v1/disputes/{id}/answer", DISPATCHERS),
    ("GET", "/api/v1/reports/given-away", REPORTS),
    ("GET", "/api/v1/reports/profitability", REPORTS),
    ("GET", "/api/v1/reports/break-even", REPORTS),
    ("GET", "/api/v1/reports/repeat-problems", REPORTS),
    ("GET", "/api/v1/reports/vendor-gaps", REPORTS),
    ("GET", "/api/v1/reports/own-work", REPORTS),
    ("GET", "/api/v1/reports/what-if", REPORTS),
    ("GET", "/api/v1/leads", "cla"),
    ("GET", "/api/v1/leads/{id}", "cla"),
    ("POST", "/api/v1/leads/{id}/decision", "ca"),
    ("GET", "/api/v1/root-causes", "sla"),
    ("GET", "/api/v1/root-causes/{id}", "sla"),
    ("POST", "/api/v1/root-causes/{id}/fix", DISPATCHERS),
    ("POST", "/api/v1/root-causes/{id}/verification", DISPATCHERS),
    ("GET", "/api/v1/rejudgements", MANAGERS),
    ("GET", "/api/v1/rejudgements/{id}", MANAGERS),
    ("POST", "/api/v1/rejudgements", ADMIN),
    ("GET", "/api/v1/blobs/{sha256}", READERS),
    ("HEAD", "/api/v1/blobs/{sha256}", "p"),
    ("PATCH", "/api/v1/blobs/{sha256}", "p"),
    ("GET", "/app", EVERYBODY),
    ("GET", "/app/", EVERYBODY),
    ("GET", "/app/{file}", EVERYBODY),
    ("GET", "/app/assets/{file}", EVERYBODY),
    ("GET", "/r/{token}", EVERYBODY),
    ("POST", "/r/{token}", EVERYBODY),
    ("GET", "/r/{token}/a/{sha256}", EVERYBODY),
    ("POST", "/r/{token}/verify", EVERYBODY),
];

#[test]
fn every_route_has_its_line_and_every_line_its_route() {
    let there: BTreeSet<(String, String)> = route_table().into_iter().map(|r| (r.method.to_string(), r.path)).collect();
    let expected: BTreeSet<(String, String)> =
        EXPECTED.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(expected.len(), EXPECTED.len(), "a line stands twice");
    assert_eq!(there, expected, "left: the routes there are; right: the table of this test");
}

/// A token for each letter.
async fn tokens(state: &AppState) -> BTreeMap<char, Option<String>> {
    people(state).await;
    let mut all = BTreeMap::from([('n', None)]);
    for (letter, login) in [('e', "wang"), ('s', "sm"), ('c', "am"), ('v', "sales"), ('l', "lead"), ('a', "boss")] {
        all.insert(letter, Some(token(state, login, None).await));
    }
    for (letter, n) in [('p', 1_u8), ('r', 2)] {
        let device = DeviceId(Uuid::from_u128(0x100 + u128::from(n)));
        enrolled(state, "wang", device, &SoftwareKey::from_seed([n; 32])).await;
        all.insert(letter, Some(token(state, "wang", Some(device)).await));
    }
    all.insert('d', Some(token(state, "li", None).await));
    let mut tx = state.db.begin().await.unwrap();
    devices::revoke(&mut tx, Uuid::from_u128(0x102), 1).await.unwrap();
    let mut li = users::by_login(&mut tx, "li").await.unwrap().unwrap();
    li.disabled_ms = Some(1);
    users::update(&mut tx, &li).await.unwrap();
    tx.commit().await.unwrap();
    all
}

/// The status and code of a request over a socket of its own.
async fn ask(addr: SocketAddr, method: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let auth = token.map(|t| format!("authorization: Bearer {t}\r\n")).unwrap_or_default();
    let body = if method == "GET" || method == "HEAD" { "" } else { "{}" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{auth}content-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no answer: {text}"));
    let code = text.split("\"code\":\"").nth(1).and_then(|s| s.split('"').next()).unwrap_or_default().to_owned();
    (status, code)
}

conformance! { the_table_holds, |f| async {
    let mut config = Config::embedded(&f.dir);
    config.database_url.clone_from(&f.url);
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Server::start(config).await.unwrap();
    let tokens = tokens(&running.state).await;
    assert_eq!(tokens.len(), EVERYBODY.len());
    let mut wrong = Vec::new();
    for (method, path, allowed) in EXPECTED {
        let real = path.replace("{id}", &Uuid::from_u128(7).to_string()).replace("{change}", &Uuid::nil().to_string());
        let real = real.replace("{token}", "nobodys").replace("{kind}", "customers").replace("{day}", "latest");
        let real = real.replace("{confirmation}", &Uuid::nil().to_string());
        let real = real.replace("{sha256}", &"0".repeat(64));
        for (letter, token) in &tokens {
            let (status, mut code) = ask(running.addr, method, &real, token.as_deref()).await;
            if *method == "HEAD" {
                // Its answers have no body to say it in: what the same refusal says elsewhere.
                (_, code) = ask(running.addr, "PATCH", &real, token.as_deref()).await;
            }
            let unknown = token.is_none() || *letter == 'd';
            let right = if allowed == &MAIL_SERVER {
                (status, code.as_str()) == (401, "unauthenticated")
            } else if allowed.contains(*letter) {
                !matches!(status, 401 | 403) && status < 500
            } else if unknown {
                (status, code.as_str()) == (401, "unauthenticated")
            } else if *letter == 'r' {
                (status, code.as_str()) == (403, "device_revoked")
            } else {
                status == 403 && matches!(code.as_str(), "forbidden" | "device_required")
            };
            if !right {
                wrong.push(format!("{method} {path} as {letter}: {status} {code}"));
            }
        }
    }
    running.shutdown().await;
    assert!(wrong.is_empty(), "{}\n({ASKERS})", wrong.join("\n"));
} }

#[test]
fn every_role_is_asked() {
    let asked: BTreeSet<&str> = PEOPLE.iter().map(|(_, _, role)| role.as_str()).collect();
    assert_eq!(asked, sync_core::reference::Role::ALL.iter().map(|r| r.as_str()).collect());
}
