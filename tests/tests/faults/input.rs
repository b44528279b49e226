//! What comes in over sync and is not what it should be.

use super::field::{START_MS, Scene, sign};
use super::ground::{Ground, rounds, seed};
use super::local::{Answer, Local, Template};
use countersign::store::devices;
use countersign_tests::Failure;
use countersign_tests::company::{begin, customer};
use sim_phone::{Link as _, Seeded, SimPhone};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::*;
use sync_core::env::Entropy as _;
use sync_core::ids::VisitId;
use sync_core::sync::{DocumentUp, Hash, Outcome, Request, Response, attested_bytes, decode, encode};

struct World<'g> {
    server: Local<'g>,
    wang: SimPhone,
    li: SimPhone,
    zhou: SimPhone,
    scene: Scene,
}

fn world(ground: &Ground) -> Result<World<'_>, Failure> {
    let company = Template::new()?;
    let (mut wang, a) = company.phone("wang.jianguo", 61, START_MS)?;
    let (mut li, b) = company.phone("li.na", 62, START_MS)?;
    let (mut zhou, c) = company.phone("zhou.wei", 63, START_MS)?;
    let server = Local::open(ground, &company, &[a, b, c])?;
    server.set_clock(START_MS);
    for p in [&mut wang, &mut li, &mut zhou] {
        p.sync_until_quiet(&mut server.link(p)?, 50)?;
    }
    let scene = Scene { customers: vec![customer(&wang, "RM01")?], shared: Vec::new(), own: 1 };
    Ok(World { server, wang, li, zhou, scene })
}

/// A visit with some work in it, not yet synced.
fn record(p: &mut SimPhone, scene: &Scene) -> Result<VisitId, Failure> {
    let visit = p.begin(begin(&scene.customers[0], None, Mode::OnSite, None))?;
    let timer = p.one(visit, Command::StartTimer { kind: TimeKind::Labour, item: None })?;
    p.clock.advance_ms(600_000);
    p.one(visit, Command::StopTimer { entry: timer })?;
    sign(p, visit, SignOffOutcome::Accepted)?;
    Ok(visit)
}

fn frame(p: &SimPhone) -> Result<Vec<u8>, Failure> {
    Ok(p.phone.signed_frame(p.clock.now())?)
}

fn refused(what: &str, answer: &Answer, status: u16, code: &str) -> Result<(), Failure> {
    if (answer.status, answer.code().as_str()) == (status, code) {
        Ok(())
    } else {
        Err(format!("{what}: {} {} instead of {status} {code}", answer.status, answer.code()).into())
    }
}

/// The frame's parts changed, sealed again by `key`.
fn resealed(frame: &[u8], key: &SoftwareKey, change: impl FnOnce(&mut Request)) -> Result<Vec<u8>, Failure> {
    let mut request = Request::read(frame)?;
    change(&mut request);
    let message = attested_bytes(request.device, &request.documents);
    request.attestation = key.sign(&message).to_vec().into();
    Ok(encode(&request))
}

/// The key that `Template::phone` gives to this seed.
fn key(seed: u64) -> SoftwareKey {
    let mut secret = [0u8; 32];
    Seeded::new(seed).fill(&mut secret);
    SoftwareKey::from_seed(secret)
}

#[test]
fn what_is_no_message_is_refused_with_its_code() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mut w = world(&ground)?;
    record(&mut w.wang, &w.scene)?;
    let (token, good) = (w.server.token(&w.wang)?, frame(&w.wang)?);
    let post = |headers: &[(&str, &str)], body: &[u8]| w.server.post(&token, headers, body);
    let began = Instant::now();
    for body in [&b""[..], b"hello", b"{\"protocol\":1}", &[0xff; 64], &[0x9f; 200_000], &[0x81; 200_000]] {
        refused("no CBOR", &post(&[], body)?, 400, "malformed_message")?;
    }
    let step = rounds(1, 7) as usize;
    for at in (0..good.len()).step_by(step) {
        refused(&format!("cut at byte {at}"), &post(&[], &good[..at])?, 400, "malformed_message")?;
    }
    let mut longer = good.clone();
    longer.push(0);
    refused("bytes after it", &post(&[], &longer)?, 400, "malformed_message")?;
    let random = rounds(400, 60);
    let mut rng = Seeded::new(seed(64));
    for n in 0..random {
        let mut noise = vec![0u8; rng.below(4096) as usize];
        rng.fill(&mut noise);
        let answer = post(&[], &noise)?;
        if !matches!(answer.status, 400 | 413 | 426) {
            return Err(format!("noise {n}: {} {}", answer.status, answer.code()).into());
        }
    }
    for encoding in ["zstd", "gzip"] {
        refused(encoding, &post(&[("content-encoding", encoding)], b"no archive at all")?, 400, "broken_body")?;
        let packed = pack(encoding, &good)?;
        for at in [1, packed.len() / 2, packed.len() - 1] {
            let answer = post(&[("content-encoding", encoding)], &packed[..at])?;
            if answer.status != 400 {
                return Err(format!("{encoding} cut at {at}: {} {}", answer.status, answer.code()).into());
            }
        }
    }
    refused("brotli", &post(&[("content-encoding", "br")], &good)?, 415, "unknown_encoding")?;
    refused("a body too large", &post(&[], &vec![0u8; 3 << 20])?, 413, "too_large")?;
    if !ground.checked_books()?.documents.is_empty() {
        return Err("something of it was stored".into());
    }
    w.wang.sync_until_quiet(&mut w.server.link(&w.wang)?, 10)?;
    let books = ground.checked_books()?;
    let (cuts, ms) = (good.len() / step, began.elapsed().as_millis());
    println!("{cuts} cuts, {random} times noise in {ms} ms; lost {}", books.missing(&w.wang.ledger).len());
    if books.missing(&w.wang.ledger).is_empty() { Ok(()) } else { Err("the phone lost something".into()) }
}

fn pack(encoding: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    if encoding == "zstd" {
        return Ok(zstd::bulk::compress(bytes, 3)?);
    }
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

#[test]
fn a_bomb_is_stopped_while_it_unfolds() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let w = world(&ground)?;
    let token = w.server.token(&w.wang)?;
    let mut zstd_bomb = zstd::stream::read::Encoder::new(std::io::repeat(0).take(1 << 30), 3)?;
    let mut bomb = Vec::new();
    zstd_bomb.read_to_end(&mut bomb)?;
    let gzip_bomb = pack("gzip", &vec![0u8; 256 << 20])?;
    for (encoding, bomb) in [("zstd", &bomb), ("gzip", &gzip_bomb)] {
        let began = Instant::now();
        let answer = w.server.post(&token, &[("content-encoding", encoding)], bomb)?;
        refused(encoding, &answer, 413, "too_large")?;
        let took = began.elapsed();
        println!("a {encoding} bomb of {} bytes was refused after {} ms", bomb.len(), took.as_millis());
        if took > Duration::from_secs(5) {
            return Err(format!("{encoding}: {took:?}").into());
        }
    }
    // A window of 128 MiB would have to be held in memory.
    let mut wide = zstd::stream::write::Encoder::new(Vec::new(), 3)?;
    wide.long_distance_matching(true)?;
    wide.window_log(27)?;
    wide.write_all(&vec![7u8; 1 << 20])?;
    let answer = w.server.post(&token, &[("content-encoding", "zstd")], &wide.finish()?)?;
    refused("a wide window", &answer, 400, "broken_body")
}

#[test]
fn what_another_device_signed_or_sent_is_refused() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mut w = world(&ground)?;
    let visit = record(&mut w.wang, &w.scene)?;
    let (token, good) = (w.server.token(&w.wang)?, frame(&w.wang)?);
    let send = |what: &str, body: &[u8], status: u16, code: &str| -> Result<(), Failure> {
        refused(what, &w.server.post(&token, &[], body)?, status, code)
    };
    let li = w.li.phone.identity().device;
    send("another device's id", &resealed(&good, &key(61), |r| r.device = li)?, 403, "foreign_device")?;
    let stranger = w.server.token(&w.li)?;
    refused("another device's token", &w.server.post(&stranger, &[], &good)?, 403, "foreign_device")?;
    send("another key", &resealed(&good, &key(62), |_| ())?, 403, "bad_attestation")?;
    for change in [
        |r: &mut Request| r.attestation = Vec::new().into(),
        |r: &mut Request| r.attestation = vec![0; 64].into(),
        |r: &mut Request| r.documents[0].heads[0] = Hash([9; 32]),
        |r: &mut Request| r.documents[0].visit = VisitId(uuid::Uuid::from_u128(5)),
    ] {
        let mut request = Request::read(&good)?;
        change(&mut request);
        send("what was not signed", &encode(&request), 403, "bad_attestation")?;
    }
    for protocol in [0, 2, u16::MAX] {
        let mut request = Request::read(&good)?;
        request.protocol = protocol;
        send("another protocol", &encode(&request), 426, "protocol_version")?;
    }
    let many = resealed(&good, &key(61), |r| r.documents = vec![r.documents[0].clone(); 65])?;
    send("too many documents", &many, 413, "too_much")?;
    let many = resealed(&good, &key(61), |r| r.documents[0].since = vec![Hash([1; 32]); 513])?;
    send("too many heads", &many, 413, "too_much")?;
    if !ground.checked_books()?.documents.is_empty() {
        return Err("something of it was stored".into());
    }

    // One document twice in a request, and every change twice: taken once.
    let doubled = resealed(&good, &key(61), |r| {
        let twice = r.documents[0].changes.clone();
        r.documents[0].changes.extend(twice);
        r.documents.push(r.documents[0].clone());
    })?;
    let answer: Response = decode(&w.server.post(&token, &[], &doubled)?.body)?;
    let books = ground.checked_books()?;
    if books.change_count() != w.wang.ledger.len() || books.receipt_count() != 1 || answer.documents.len() != 2 {
        return Err(format!("doubled: {} changes, {} receipts", books.change_count(), books.receipt_count()).into());
    }

    // Old frames again, between newer ones.
    let before = books.change_count();
    let mut old = vec![good];
    for n in 0..5 {
        w.wang.one(visit, Command::Note { text: format!("{n}"), supersedes: None })?;
        old.push(frame(&w.wang)?);
        w.wang.sync_until_quiet(&mut w.server.link(&w.wang)?, 10)?;
        for replay in &old {
            if w.server.post(&token, &[], replay)?.status != 200 {
                return Err("an old frame was refused".into());
            }
        }
    }
    let books = ground.checked_books()?;
    if books.change_count() != before + 5 || books.receipt_count() != 1 {
        return Err("an old frame did something".into());
    }
    println!("refused all that was not this device's; {} old frames did nothing", old.len() * 5);
    Ok(())
}

#[test]
fn mutated_frames_never_harm() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mut w = world(&ground)?;
    let seed = seed(65);
    let mut rng = Seeded::new(seed);
    let (mut taken, mut refused, tries) = (0u64, 0u64, rounds(1500, 150));
    let token = w.server.token(&w.wang)?;
    let mut visit = record(&mut w.wang, &w.scene)?;
    for n in 0..tries {
        if n % 100 == 99 {
            w.wang.sync_until_quiet(&mut w.server.link(&w.wang)?, 10)?;
            visit = record(&mut w.wang, &w.scene)?;
        }
        let mut bad = frame(&w.wang)?;
        for _ in 0..=rng.below(3) {
            let at = rng.below(bad.len() as u64) as usize;
            match rng.below(3) {
                0 => bad[at] ^= 1 << rng.below(8),
                1 => bad[at] = rng.next_u64() as u8,
                _ => {
                    bad.remove(at);
                }
            }
        }
        match w.server.post(&token, &[], &bad)?.status {
            200 => taken += 1,
            400 | 403 | 413 | 426 => refused += 1,
            status => return Err(format!("seed {seed}, mutation {n}: {status}").into()),
        }
    }
    w.wang.sync_until_quiet(&mut w.server.link(&w.wang)?, 20)?;
    let books = ground.checked_books()?;
    println!("{tries} mutations: {refused} refused, {taken} taken in part; {} in quarantine", books.quarantine.len());
    if books.missing(&w.wang.ledger).is_empty() && books.change_count() == w.wang.ledger.len() {
        Ok(())
    } else {
        Err(format!("seed {seed}: {visit} was harmed").into())
    }
}

#[test]
fn nobody_learns_of_visits_they_have_no_part_in() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mut w = world(&ground)?;
    let visit = record(&mut w.wang, &w.scene)?;
    w.wang.sync_until_quiet(&mut w.server.link(&w.wang)?, 10)?;
    let heads: Vec<Hash> = w.wang.phone.document(visit)?.heads().into_iter().map(Hash::from).collect();
    let token = w.server.token(&w.zhou)?;
    let unknown = VisitId(uuid::Uuid::from_u128(77));
    let mut told = Vec::new();
    // The same question about a visit that is there and one that is not must have the same answer.
    for id in [visit, unknown] {
        for (since, have) in [(Vec::new(), Vec::new()), (heads.clone(), Vec::new()), (Vec::new(), heads.clone())] {
            let asked = resealed(&frame(&w.zhou)?, &key(63), |r| {
                r.cursor = 0;
                r.documents = vec![DocumentUp { visit: id, since, heads: have, changes: Vec::new(), advice: None }];
            })?;
            let answer: Response = decode(&w.server.post(&token, &[], &asked)?.body)?;
            let about = |text: &String| text.contains(&visit.to_string());
            if answer.states.iter().any(about) || answer.documents.len() != 1 {
                return Err("a stranger learns of a visit".into());
            }
            let down = &answer.documents[0];
            if !down.changes.is_empty() || !down.heads.is_empty() {
                return Err("a stranger gets a visit by its id".into());
            }
            told.push((id, down.outcome));
        }
    }
    let (there, not) = told.split_at(3);
    if there.iter().map(|t| t.1).ne(not.iter().map(|t| t.1)) {
        return Err(format!("the outcome tells whether a visit exists: {told:?}").into());
    }
    Ok(())
}

#[test]
fn a_revoked_device_is_heard_and_told_nothing() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mut w = world(&ground)?;
    let visit = record(&mut w.li, &w.scene)?;
    w.li.sync_until_quiet(&mut w.server.link(&w.li)?, 10)?;
    let device = w.li.phone.identity().device;
    ground.runtime.block_on(async {
        let mut tx = w.server.state.db.begin().await?;
        devices::revoke(&mut tx, device.0, START_MS).await?;
        tx.commit().await
    })?;
    let before = ground.checked_books()?.change_count();
    w.li.one(visit, Command::Note { text: "after the theft".into(), supersedes: None })?;
    let other = record(&mut w.li, &w.scene)?;
    let waiting = w.li.phone.unsynced_changes();
    let mut sent = Request::read(&frame(&w.li)?)?;
    sent.cursor = 0;
    for _ in 0..2 {
        let answer: Response = decode(&w.server.link(&w.li)?.exchange(&encode(&sent))?)?;
        let silent = answer.reference.is_empty() && answer.states.is_empty() && answer.documents.len() == 2;
        let nothing = |d: &sync_core::sync::DocumentDown| {
            d.outcome == Outcome::Quarantined && d.heads.is_empty() && d.changes.is_empty()
        };
        if !silent || !answer.documents.iter().all(nothing) {
            return Err("a revoked device is told something".into());
        }
    }
    let books = ground.checked_books()?;
    let kept = books.quarantine.iter().filter(|q| q.1 == "device_revoked").count() as u64;
    if books.change_count() != before || kept != waiting || books.documents.contains_key(&other) {
        return Err(format!("{kept} of {waiting} changes in quarantine").into());
    }
    // The phone keeps its own and knows that they were refused.
    let report = w.li.sync_once(&mut w.server.link(&w.li)?)?;
    if report.refused.len() as u64 != waiting || w.li.phone.unsynced_changes() != waiting {
        return Err("the phone forgot what was refused".into());
    }
    println!("{kept} changes of a revoked device in quarantine, each once");
    Ok(())
}

#[test]
fn tokens_that_do_not_hold_are_refused() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mut w = world(&ground)?;
    record(&mut w.wang, &w.scene)?;
    let (token, good) = (w.server.token(&w.wang)?, frame(&w.wang)?);
    let strange = Ground::sqlite()?;
    let elsewhere = Local::open(&strange, &Template::new()?, &[])?;
    elsewhere.set_clock(START_MS);
    for bad in ["", "x", "a.b.c", &token[..token.len() - 3], &elsewhere.token(&w.wang)?] {
        refused("no token of ours", &w.server.post(bad, &[], &good)?, 401, "unauthenticated")?;
    }
    w.server.state.clock.advance(16 * 60_000);
    refused("an old token", &w.server.post(&token, &[], &good)?, 401, "token_expired")?;
    if !ground.checked_books()?.documents.is_empty() {
        return Err("something of it was stored".into());
    }
    w.wang.sync_until_quiet(&mut w.server.link(&w.wang)?, 10)?;
    if w.wang.phone.unsynced_changes() == 0 { Ok(()) } else { Err("a new token did not help".into()) }
}
