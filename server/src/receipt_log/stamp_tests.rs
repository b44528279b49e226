//! An authority behind HTTP that does as it is told.

use super::seal::{GRACE_MS, seal_due};
use super::stamp::{Authority, Stamped};
use super::tests::{DAY, SUNDAY, issue};
use super::tsp::Roots;
use super::tsp::authority::OpenSsl;
use crate::conformance;
use crate::receipts::samples::keys;
use crate::store::{log, stamps};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Answer,
    /// The first answer again, whatever is asked.
    Replay,
    Garbage,
    Unavailable,
    Elsewhere,
    Slow,
    Flood,
}

struct Desk {
    openssl: OpenSsl,
    act: Mutex<Act>,
    first: Mutex<Option<Vec<u8>>>,
    asked: Mutex<u32>,
}

async fn answer(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["content-type"], "application/timestamp-query");
    *desk.asked.lock().unwrap() += 1;
    let act = *desk.act.lock().unwrap();
    match act {
        Act::Answer => {
            let reply = desk.openssl.reply(&body);
            desk.first.lock().unwrap().get_or_insert(reply.clone());
            reply.into_response()
        }
        Act::Replay => desk.first.lock().unwrap().clone().unwrap_or_else(|| desk.openssl.reply(&[])).into_response(),
        Act::Garbage => "<html>Welcome</html>".into_response(),
        Act::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Act::Elsewhere => (StatusCode::FOUND, [("location", "http://127.0.0.1:1/")]).into_response(),
        Act::Slow => {
            tokio::time::sleep(Duration::from_secs(3)).await;
            "too late".into_response()
        }
        Act::Flood => vec![0x30; 1 << 20].into_response(),
    }
}

conformance! { heads_are_stamped_and_nothing_else_is_kept, |f| async {
    let desk = Arc::new(Desk { openssl: OpenSsl::usual(), act: Mutex::new(Act::Garbage), first: Mutex::default(),
        asked: Mutex::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/tsa", listener.local_addr().unwrap());
    let app = Router::new().route("/tsa", post(answer)).with_state(desk.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let roots = Roots::open(&desk.openssl.path("ca.pem")).unwrap();
    let authority = Authority::new(&url, Some(roots)).patience(Duration::from_secs(2));
    let (_dir, keys) = keys();
    issue(&f.db, 1, 4, SUNDAY).await;
    let mut now = SUNDAY + DAY + GRACE_MS;
    let stamp = async |now| authority.stamp_due(&f.db, now).await.unwrap();
    assert_eq!(stamp(now).await, Stamped::default(), "nothing to stamp");
    seal_due(&f.db, &keys.receipt, now).await.unwrap();
    let standing = async |number| stamps::between(&mut f.db.read().await.unwrap(), number, number).await.unwrap().remove(0);

    let failures = [
        (Act::Garbage, "tsa_malformed"), (Act::Unavailable, "tsa_http_status"), (Act::Elsewhere, "tsa_http_status"),
        (Act::Slow, "tsa_unreachable"), (Act::Flood, "tsa_too_large"),
    ];
    let mut wait = 60_000;
    for (n, (act, code)) in (1..).zip(failures) {
        *desk.act.lock().unwrap() = act;
        assert_eq!(stamp(now).await, Stamped { stamped: 0, failed: 1 }, "{code}");
        let row = standing(1).await;
        assert_eq!((row.problem.as_deref(), row.attempts, row.stamped_ms), (Some(code), n, None));
        assert_eq!(stamp(now + wait - 1).await, Stamped::default(), "it waits");
        now += wait;
        wait *= 2;
    }
    *desk.act.lock().unwrap() = Act::Answer;
    assert_eq!(stamp(now).await, Stamped { stamped: 1, failed: 0 });
    let row = standing(1).await;
    assert!(row.problem.is_none() && row.stamped_ms.is_some());
    let mut tx = f.db.read().await.unwrap();
    let head = log::last_head(&mut tx).await.unwrap().unwrap();
    let kept = stamps::answer(&mut tx, 1).await.unwrap().unwrap();
    drop(tx);
    assert!(desk.openssl.verify(head.body.as_bytes(), &kept), "openssl ts -verify takes it");
    let asked = *desk.asked.lock().unwrap();
    assert_eq!(stamp(now + DAY).await, Stamped::default());
    assert_eq!(*desk.asked.lock().unwrap(), asked, "nobody asks twice");
    let mut tx = f.db.begin().await.unwrap();
    assert!(!stamps::keep(&mut tx, 1, b"another", 1, 1).await.unwrap(), "what is kept is never written over");
    tx.commit().await.unwrap();

    // An old answer, sent again; an authority that nobody trusts; a port where nobody is.
    now = SUNDAY + 2 * DAY + GRACE_MS;
    seal_due(&f.db, &keys.receipt, now).await.unwrap();
    *desk.act.lock().unwrap() = Act::Replay;
    assert_eq!(stamp(now).await, Stamped { stamped: 0, failed: 1 });
    assert_eq!(standing(2).await.problem.as_deref(), Some("tsa_imprint"));
    *desk.act.lock().unwrap() = Act::Answer;
    let stranger = Roots::open(&OpenSsl::usual().path("ca.pem")).unwrap();
    now += 60_000;
    Authority::new(&url, Some(stranger)).stamp_due(&f.db, now).await.unwrap();
    assert_eq!(standing(2).await.problem.as_deref(), Some("tsa_untrusted"));
    now += 120_000;
    Authority::new("http://127.0.0.1:1/", None).stamp_due(&f.db, now).await.unwrap();
    assert_eq!(standing(2).await.problem.as_deref(), Some("tsa_unreachable"));
    now += 240_000;
    // Two servers at once: one asks.
    let asked = *desk.asked.lock().unwrap();
    let (one, two) = tokio::join!(stamp(now), stamp(now));
    assert_eq!((one.stamped + two.stamped, *desk.asked.lock().unwrap()), (1, asked + 1));
    serving.abort();
} }
