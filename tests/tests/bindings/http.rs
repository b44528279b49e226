//! The ready-made transport against a real server, over good ways and bad ones.

use super::ground::{Python, Template, run};
use super::proxy::{Fate, Proxy};
use countersign_core::*;
use countersign_tests::company::PASSWORD;
use countersign_tests::{Failure, ServerProcess};
use serde_json::Value;
use sim_phone::http::Api;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

const SYNC: &str = "/api/v1/sync";
const REFRESH: &str = "/api/v1/auth/refresh";
const LOGIN: &str = "wang.jianguo";

/// The machine's clocks, and what the test adds.
struct Ahead(Arc<LinuxClock>, AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Result<ClockReading, HostError> {
        let by = self.1.load(Ordering::SeqCst);
        let ClockReading { wall_ms, mono_ms, boot } = self.0.now()?;
        Ok(ClockReading { wall_ms: wall_ms + by, mono_ms: mono_ms + by, boot })
    }
}

/// A server, a way to it, a phone, and what the phone reaches the server by.
struct Ground {
    server: ServerProcess,
    proxy: Proxy,
    dir: tempfile::TempDir,
    clock: Arc<Ahead>,
    phone: Arc<Phone>,
    http: Arc<HttpTransport>,
}

impl Ground {
    /// Nobody is logged in yet.
    fn new() -> Result<Self, Failure> {
        let dir = tempfile::tempdir()?;
        let server = Template::new(|_| Ok(()))?.start(dir.path())?;
        let proxy = Proxy::new(&server.base())?;
        let clock = Arc::new(Ahead(LinuxClock::new(), AtomicI64::new(0)));
        let (phone, http) = connect(dir.path(), &clock, &proxy)?;
        Ok(Self { server, proxy, dir, clock, phone, http })
    }

    /// Enrolled, with a visit that is not synced yet.
    fn working() -> Result<(Self, String), Failure> {
        let ground = Self::new()?;
        ground.http.log_in(LOGIN.into(), PASSWORD.into())?;
        ground.http.enrol("the phone".into())?;
        ground.http.sync(None, 20)?;
        let begin = BeginVisit { unlisted_customer: Some("云岭县人民医院".into()), ..BeginVisit::default() };
        let visit = ground.phone.begin_visit(begin)?.visit;
        Ok((ground, visit))
    }

    /// The app is killed and started again.
    fn restart(&mut self) -> Result<(), Failure> {
        self.phone.shut_down();
        (self.phone, self.http) = connect(self.dir.path(), &self.clock, &self.proxy)?;
        Ok(())
    }

    /// The access token has ended.
    fn later(&self) {
        self.clock.1.fetch_add(20 * 60 * 1000, Ordering::SeqCst);
    }

    /// The code that a sync fails with; everything stays on the phone.
    fn fails(&self) -> Result<PhoneError, Failure> {
        let before = self.phone.unsynced()?.changes;
        let failed = self.http.sync(None, 20).err().ok_or("it did not fail")?;
        assert_eq!(self.phone.unsynced()?.changes, before);
        Ok(failed)
    }

    fn synced(&self) -> Result<(), Failure> {
        self.http.sync(None, 20)?;
        assert_eq!(self.phone.unsynced()?.changes, 0);
        Ok(())
    }
}

fn connect(
    directory: &std::path::Path,
    clock: &Arc<Ahead>,
    proxy: &Proxy,
) -> Result<(Arc<Phone>, Arc<HttpTransport>), Failure> {
    let path = directory.join("phone.db").to_string_lossy().into_owned();
    let phone = Phone::open(path, vec![7; 32], clock.clone(), None, None)?;
    let options = HttpOptions { attempts: 3, ..HttpOptions::default() };
    let http = HttpTransport::new(phone.clone(), proxy.base(), Some(options))?;
    Ok((phone, http))
}

/// A part of a photo that arrived stays arrived, whatever becomes of its answer.
#[test]
fn photos_go_along_with_a_sync() -> Result<(), Failure> {
    let (mut ground, visit) = Ground::working()?;
    let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE0];
    photo.extend((0..700_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    ground.phone.add_photo(visit, photo.clone(), "image/jpeg".into(), "机房".into(), None)?;
    let sha256 = ground.phone.unsynced()?.photos.first().ok_or("no photo waits")?.sha256.clone();
    let path = format!("/api/v1/blobs/{sha256}");
    // One answer is cut off after each way of sending, and then there is no way at all for a while.
    let (blob, mut nth) = (path.clone(), 0);
    ground.proxy.play(move |seen| {
        nth += u32::from(seen.path == blob);
        match nth {
            2 if seen.path == blob => Fate::Cut(10),
            3.. if seen.path == blob => {
                Fate::Answer("HTTP/1.1 503 Service Unavailable\r\nretry-after: 900\r\ncontent-length: 0\r\n\r\n")
            }
            _ => Fate::Pass,
        }
    });
    // The facts are there, the photo is not.
    let _ = ground.http.sync(None, 20);
    assert_eq!((ground.phone.unsynced()?.changes, ground.phone.unsynced()?.photos.len()), (0, 1));
    ground.restart()?;
    ground.proxy.play(|_| Fate::Pass);
    ground.http.sync(None, 20)?;
    assert_eq!(ground.phone.unsynced()?.photos.len(), 0);
    let sent = ground.proxy.count(&path);
    assert!((3..=4).contains(&sent), "it goes on where the server is, not from the beginning: {sent} requests");
    let (office, _) = Api::new(&ground.server.base()).login("chen.zong", PASSWORD)?;
    assert!(office.get_bytes(&path)? == photo, "the server has other bytes");
    Ok(())
}

/// The file of a phone that died, on the phone of somebody else: its records, and then its photos, through a way that breaks.
#[test]
fn another_phones_work_is_delivered_with_its_photos() -> Result<(), Failure> {
    let (dying, visit) = Ground::working()?;
    let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE0];
    photo.extend((0..700_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    dying.phone.add_photo(visit.clone(), photo.clone(), "image/jpeg".into(), "机房".into(), None)?;
    let sha256 = dying.phone.unsynced()?.photos.first().ok_or("no photo waits")?.sha256.clone();
    let path = format!("/api/v1/blobs/{sha256}");
    let file = dying.phone.export_unsynced(vec![5; 32])?;

    let elsewhere = tempfile::tempdir()?;
    let (phone, http) = connect(elsewhere.path(), &dying.clock, &dying.proxy)?;
    http.log_in("li.na".into(), PASSWORD.into())?;
    http.enrol("another phone".into())?;
    let carried = phone.import_unsynced(file, vec![5; 32])?;
    assert_eq!((carried.frames_left, carried.photos_left), (1, 1));
    // Its own photos go with its own sync, whatever came from elsewhere.
    let begin = BeginVisit { unlisted_customer: Some("山区卫生院".into()), ..BeginVisit::default() };
    let own = phone.begin_visit(begin)?.visit;
    phone.add_photo(own, vec![0xFF, 0xD8, 0xFF, 0xE1], "image/jpeg".into(), String::new(), None)?;
    http.sync(None, 20)?;
    let left: Vec<String> = phone.unsynced()?.photos.into_iter().map(|p| p.sha256).collect();
    assert_eq!(left, std::slice::from_ref(&sha256));
    assert_eq!(http.deliver(carried.id.clone(), None).unwrap_err().code(), "carried_for_another");
    http.log_in("li.na".into(), PASSWORD.into())?;
    assert_eq!(http.deliver(carried.id.clone(), None).unwrap_err().code(), "carried_for_another");

    // The engineer logs in; the way breaks in the midst of the photo.
    http.log_in(LOGIN.into(), PASSWORD.into())?;
    let (blob, mut nth) = (path.clone(), 0);
    dying.proxy.play(move |seen| {
        nth += u32::from(seen.path == blob);
        match nth {
            3.. if seen.path == blob => {
                Fate::Answer("HTTP/1.1 503 Service Unavailable\r\nretry-after: 900\r\ncontent-length: 0\r\n\r\n")
            }
            _ => Fate::Pass,
        }
    });
    let _ = http.deliver(carried.id.clone(), None);
    let standing: Vec<(u32, u32)> = phone.carried()?.iter().map(|c| (c.frames_left, c.photos_left)).collect();
    assert_eq!(standing, [(0, 1)]);
    dying.proxy.play(|_| Fate::Pass);
    http.log_in(LOGIN.into(), PASSWORD.into())?;
    http.deliver(carried.id.clone(), None)?;
    assert!(phone.carried()?.is_empty() && phone.unsynced()?.photos.is_empty());
    assert!(http.deliver(carried.id, None)?.confirmed.is_empty(), "nothing is left to deliver");
    let sent = dying.proxy.count(&path);
    assert!((2..=3).contains(&sent), "it goes on where the server is, not from the beginning: {sent} requests");
    let (office, _) = Api::new(&dying.server.base()).login("chen.zong", PASSWORD)?;
    assert!(office.get_bytes(&path)? == photo, "the server has other bytes");
    Ok(())
}

/// A server that asks for the same part for ever does not keep a sync from ending.
#[test]
fn photos_are_not_sent_in_circles() -> Result<(), Failure> {
    let (ground, visit) = Ground::working()?;
    ground.phone.add_photo(visit, vec![0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg".into(), "机房".into(), None)?;
    let path = format!("/api/v1/blobs/{}", ground.phone.unsynced()?.photos.first().ok_or("no photo waits")?.sha256);
    let blob = path.clone();
    ground.proxy.play(move |seen| match seen.path == blob {
        true => Fate::Answer("HTTP/1.1 409 Conflict\r\nupload-offset: 0\r\ncontent-length: 0\r\n\r\n"),
        false => Fate::Pass,
    });
    ground.http.sync(None, 20)?;
    assert_eq!((ground.phone.unsynced()?.changes, ground.phone.unsynced()?.photos.len()), (0, 1));
    let sent = ground.proxy.count(&path);
    assert!((2..20).contains(&sent), "{sent} requests");
    Ok(())
}

#[test]
fn three_calls_and_the_log_in_lasts() -> Result<(), Failure> {
    let mut ground = Ground::new()?;
    assert_eq!(ground.http.sync(None, 1).unwrap_err().code(), "not_enrolled");
    assert_eq!(ground.http.enrol("early".into()).unwrap_err().code(), "unauthorized");
    assert_eq!(ground.http.log_in(LOGIN.into(), "wrong".into()).unwrap_err().code(), "credentials_wrong");
    assert_eq!(ground.http.log_in(LOGIN.into(), PASSWORD.into())?.name, "王建国");
    let identity = ground.http.enrol("my phone".into())?;
    ground.http.sync(None, 20)?;
    let hospital = ground.phone.customers()?.remove(0).id;
    let visit = ground.phone.begin_visit(BeginVisit { customer: Some(hospital), ..BeginVisit::default() })?.visit;
    ground.synced()?;

    // No password is needed after the app was killed.
    ground.restart()?;
    ground.phone.add_note(visit.clone(), "after".into(), None)?;
    ground.proxy.play(|_| Fate::Pass);
    ground.synced()?;
    assert_eq!(ground.proxy.count(REFRESH), 0, "the access token is kept as well");

    // As a plain transport too.
    ground.phone.add_note(visit.clone(), "plain".into(), None)?;
    ground.phone.sync(ground.http.clone(), None, 20)?;
    assert_eq!(ground.phone.unsynced()?.changes, 0);

    // No other server sees the tokens.
    let elsewhere = HttpTransport::new(ground.phone.clone(), ground.server.base(), None)?;
    assert_eq!(elsewhere.sync(None, 1).unwrap_err().code(), "unauthorized");

    ground.http.log_out()?;
    ground.phone.add_note(visit, "logged out".into(), None)?;
    assert_eq!(ground.fails()?.code(), "unauthorized");
    ground.http.log_in("li.na".into(), PASSWORD.into())?;
    assert_eq!(ground.http.enrol("taken".into()).unwrap_err().code(), "enrolled_for_another");
    ground.http.log_in(LOGIN.into(), PASSWORD.into())?;
    assert_eq!(ground.http.enrol("again".into())?, identity, "the same device");
    ground.synced()
}

#[test]
fn a_token_that_ended_is_renewed_and_a_lost_answer_costs_no_log_in() -> Result<(), Failure> {
    let (mut ground, visit) = Ground::working()?;
    ground.later();
    ground.proxy.play(|_| Fate::Pass);
    ground.synced()?;
    assert_eq!((ground.proxy.count(REFRESH), ground.proxy.count(SYNC)), (1, 1), "known by the clock");

    ground.phone.add_note(visit.clone(), "the server says so".into(), None)?;
    let mut told = false;
    ground.proxy.play(move |seen| {
        if seen.path == SYNC && !std::mem::replace(&mut told, true) {
            Fate::Answer("HTTP/1.1 401 Unauthorized\r\ncontent-type: application/problem+json\r\ncontent-length: 24\r\n\r\n{\"code\":\"token_expired\"}")
        } else {
            Fate::Pass
        }
    });
    ground.synced()?;
    assert_eq!((ground.proxy.count(REFRESH), ground.proxy.count(SYNC)), (1, 2));

    // The server has renewed them, and the phone does not hear of it; not even before it dies.
    ground.phone.add_note(visit, "cut".into(), None)?;
    ground.later();
    ground.proxy.play(|seen| if seen.path == REFRESH { Fate::Cut(20) } else { Fate::Pass });
    assert_eq!(ground.fails()?.code(), "server_unreachable");
    assert_eq!((ground.proxy.count(REFRESH), ground.proxy.count(SYNC)), (3, 0));
    ground.restart()?;
    ground.proxy.play(|_| Fate::Pass);
    ground.synced()
}

#[test]
fn a_copied_log_in_is_ended_and_a_revoked_device_stays_out() -> Result<(), Failure> {
    let (ground, _) = Ground::working()?;
    ground.later();
    ground.proxy.play(|_| Fate::Pass);
    ground.synced()?;
    // Whoever saw the phone's present refresh token uses it first.
    let renewal: Value = serde_json::from_slice(&ground.proxy.last(REFRESH).ok_or("no renewal")?)?;
    let thief = Api::new(&ground.server.base());
    let stolen = serde_json::json!({ "refresh_token": renewal["next_refresh_token"] });
    thief.post(REFRESH, &stolen)?.ok()?;
    ground.later();
    assert_eq!(ground.fails()?.code(), "refresh_reused");
    assert_eq!(ground.fails()?.code(), "unauthorized", "the dead tokens are gone");
    ground.http.log_in(LOGIN.into(), PASSWORD.into())?;
    let device = ground.http.enrol("again".into())?.device;
    ground.synced()?;

    ground.server.run_command(&["device", "revoke", &device])?;
    ground.later();
    assert_eq!(ground.fails()?.code(), "unauthorized");
    ground.http.log_in(LOGIN.into(), PASSWORD.into())?;
    assert_eq!(ground.http.enrol("a third time".into()).unwrap_err().code(), "device_revoked");
    Ok(())
}

#[test]
fn cut_answers_and_a_server_that_is_down_lose_nothing() -> Result<(), Failure> {
    let (mut ground, visit) = Ground::working()?;
    let every = AtomicU32::new(0);
    ground.proxy.play(move |_| match every.fetch_add(1, Ordering::SeqCst) {
        n if n % 3 < 2 => Fate::Cut(n as usize * 37),
        _ => Fate::Pass,
    });
    for n in 0..4 {
        ground.phone.add_note(visit.clone(), format!("note {n}"), None)?;
        ground.synced()?;
    }
    assert!(ground.proxy.count(SYNC) >= 12, "two of three were cut");

    ground.proxy.play(|_| Fate::Pass);
    ground.server.kill();
    ground.phone.add_note(visit.clone(), "while it is down".into(), None)?;
    assert_eq!(ground.fails()?.code(), "server_unreachable");
    ground.server.run()?;
    ground.synced()?;
    assert_eq!(ground.phone.visit(visit)?.notes.len(), 5);
    Ok(())
}

#[test]
fn a_busy_server_is_given_time_and_a_strangers_answer_is_none() -> Result<(), Failure> {
    let (ground, visit) = Ground::working()?;
    let left = AtomicU32::new(2);
    ground.proxy.play(move |_| match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) {
        Ok(_) => Fate::Answer("HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"),
        Err(_) => Fate::Pass,
    });
    let began = Instant::now();
    ground.synced()?;
    assert!(began.elapsed() >= Duration::from_secs(2), "it waits as long as it is asked to");

    ground.phone.add_note(visit, "later".into(), None)?;
    ground.proxy.play(|_| Fate::Answer("HTTP/1.1 429 Too Many\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n"));
    let busy = ground.fails()?;
    assert_eq!((busy.code(), busy.parameters()["wait_s"].as_str()), ("server_busy", "3600"));
    assert_eq!(ground.proxy.count(SYNC), 1, "nobody is kept waiting for an hour");

    let portal = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 12\r\n\r\n<h1>Wi-Fi</h1";
    let elsewhere = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/pay\r\ncontent-length: 0\r\n\r\n";
    let denied = "HTTP/1.1 401 Unauthorized\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n";
    for stranger in [portal, elsewhere, denied] {
        ground.proxy.play(move |_| Fate::Answer(stranger));
        assert_eq!(ground.fails()?.code(), "server_unreachable", "{stranger}");
    }
    ground.proxy.play(|_| Fate::Pass);
    ground.synced()
}

/// Gives up after it was asked a few times.
struct Impatient(AtomicU32);

impl SyncObserver for Impatient {
    fn progress(&self, _: u32, _: u32) -> Result<bool, HostError> {
        Ok(self.0.fetch_add(1, Ordering::SeqCst) < 5)
    }
}

#[test]
fn an_observer_ends_a_request_and_a_wait() -> Result<(), Failure> {
    let (ground, _) = Ground::working()?;
    let busy = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 50\r\ncontent-length: 0\r\n\r\n";
    for slow in [false, true] {
        let fate = move || if slow { Fate::Silence(Duration::from_secs(50)) } else { Fate::Answer(busy) };
        ground.proxy.play(move |_| fate());
        let began = Instant::now();
        let report = ground.http.sync(Some(Arc::new(Impatient(AtomicU32::new(0)))), 20)?;
        assert!(report.cancelled && began.elapsed() < Duration::from_secs(20), "slow: {slow}");
    }
    ground.proxy.play(|_| Fate::Pass);
    ground.synced()
}

/// A TLS server's own process and its certificate.
struct Tls {
    child: std::process::Child,
    port: String,
    certificate: String,
}

impl Tls {
    /// In front of the server at `base`, with a certificate that nobody but this test knows.
    fn new(directory: &std::path::Path, base: &str) -> Result<Self, Failure> {
        let (key, certificate) = (directory.join("key.pem"), directory.join("certificate.pem"));
        let mut openssl = Command::new("openssl");
        openssl
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        run(&mut openssl)?;
        let mut command = Python::new(directory)?.command("tls_proxy.py");
        let mut child = command.arg(&certificate).arg(key).arg(base).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut tls = Self { child, port: String::new(), certificate: std::fs::read_to_string(certificate)? };
        BufReader::new(out).read_line(&mut tls.port)?;
        Ok(tls)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn only_who_can_prove_to_be_the_server_is_spoken_to() -> Result<(), Failure> {
    let ground = Ground::new()?;
    let tls = Tls::new(ground.dir.path(), &ground.server.base())?;
    let connect = |host: &str, roots_pem: Option<String>| {
        let options = HttpOptions { roots_pem, ..HttpOptions::default() };
        let server = format!("https://{host}:{}", tls.port.trim());
        HttpTransport::new(ground.phone.clone(), server, Some(options)).map_err(Box::new)
    };
    let log_in = |http: &HttpTransport| http.log_in(LOGIN.into(), PASSWORD.into()).map_err(Box::new);
    let stranger = log_in(&*connect("localhost", None)?).unwrap_err();
    assert_eq!(stranger.code(), "server_untrusted", "{stranger}");
    let another_name = log_in(&*connect("127.0.0.1", Some(tls.certificate.clone()))?).unwrap_err();
    assert_eq!(another_name.code(), "server_untrusted", "{another_name}");
    let trusted = connect("localhost", Some(tls.certificate.clone()))?;
    log_in(&trusted)?;
    trusted.enrol("over TLS".into())?;
    trusted.sync(None, 20)?;
    assert!(!ground.phone.customers()?.is_empty());

    let refused = |address: &str| {
        let made = HttpTransport::new(ground.phone.clone(), address.into(), None);
        made.err().map(|e| e.code().to_owned())
    };
    for address in ["http://example.org", "ftp://example.org", "example.org", "https://", ""] {
        assert_eq!(refused(address).as_deref(), Some("bad_server_address"), "{address}");
    }
    assert_eq!(refused("https://example.org/"), None);
    let no_certificate = connect("localhost", Some("none".into())).err().map(|e| e.code().to_owned());
    assert_eq!(no_certificate.as_deref(), Some("bad_certificates"));
    Ok(())
}

#[test]
fn many_threads_renew_once() -> Result<(), Failure> {
    let (ground, visit) = Ground::working()?;
    ground.later();
    ground.proxy.play(|_| Fate::Pass);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6)
            .map(|n| {
                let (phone, http, visit) = (&ground.phone, &ground.http, visit.clone());
                scope.spawn(move || {
                    phone.add_note(visit, format!("{n}"), None)?;
                    Ok::<_, Failure>(http.sync(None, 20)?)
                })
            })
            .collect();
        for one in all {
            one.join().map_err(|_| "a thread panicked")??;
        }
        Ok::<(), Failure>(())
    })?;
    assert_eq!(ground.proxy.count(REFRESH), 1);
    assert_eq!((ground.phone.unsynced()?.changes, ground.phone.visit(visit)?.notes.len()), (0, 6));
    Ok(())
}
