use super::authority::OpenSsl;
use super::*;
use cmpv2::status::PkiStatusInfo;
use cms::content_info::ContentInfo;
use std::time::SystemTime;
use sync_core::canonical::sha256;

const DATA: &[u8] = b"a head";

fn query(random: u8) -> Query {
    Query::new(sha256(DATA), [random; 16]).unwrap()
}

fn roots(authority: &OpenSsl, name: &str) -> Roots {
    Roots::open(&authority.path(name)).unwrap()
}

fn code(answer: &[u8], query: &Query, roots: Option<&Roots>) -> &'static str {
    check(answer, query, roots).unwrap_err().code()
}

#[test]
fn what_openssl_stamps_holds_here_and_there() {
    let kinds = [
        ("ec -pkeyopt ec_paramgen_curve:P-256", "sha256", "sha256"),
        ("ec -pkeyopt ec_paramgen_curve:P-384", "sha384", "sha512"),
        ("rsa:2048", "sha512", "sha1"),
    ];
    for (n, (key, digest, ess)) in (0..).zip(kinds) {
        let authority = OpenSsl::new(key, digest, ess);
        // The nonce is an integer in its shortest form, whatever the randomness is.
        for random in [n, 0xff] {
            let query = query(random);
            let answer = authority.reply(&query.der);
            let at = check(&answer, &query, Some(&roots(&authority, "ca.pem"))).unwrap();
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as i64;
            assert!((now - at).abs() < 60_000, "{at}");
            assert_eq!(
                check(&answer, &query, Some(&roots(&authority, "tsa.pem"))),
                Ok(at),
                "its own certificate is named"
            );
            assert_eq!(check(&answer, &query, None), Ok(at));
            assert!(authority.verify(DATA, &answer) && !authority.verify(b"another head", &answer));
        }
    }
}

#[test]
fn what_does_not_answer_the_question_is_refused() {
    let authority = OpenSsl::usual();
    let own = roots(&authority, "ca.pem");
    let asked = query(1);
    let answer = authority.reply(&asked.der);
    let other = Query::new(sha256(b"something else"), [1; 16]).unwrap();
    assert_eq!(code(&authority.reply(&other.der), &asked, Some(&own)), "tsa_imprint");
    assert_eq!(code(&authority.reply(&query(2).der), &asked, Some(&own)), "tsa_nonce");
    let stranger = OpenSsl::usual();
    assert_eq!(code(&stranger.reply(&asked.der), &asked, Some(&own)), "tsa_untrusted");
    assert_eq!(code(&answer, &asked, Some(&roots(&stranger, "ca.pem"))), "tsa_untrusted");
    authority.configure("sha256", "sha256", "sha512");
    assert_eq!(code(&authority.reply(&asked.der), &asked, Some(&own)), "tsa_refused");
    for garbage in [&b""[..], b"<html>", &[0x30; 4000], &answer[..answer.len() - 1], &[&answer[..], b"x"].concat()] {
        assert_eq!(code(garbage, &asked, Some(&own)), "tsa_malformed");
    }
    assert_eq!(code(&vec![0; LARGEST + 1], &asked, None), "tsa_too_large");
    // Whatever is changed: it is refused, or it is in a place that says nothing.
    let at = check(&answer, &asked, Some(&own)).unwrap();
    let mut passed = 0;
    for place in 0..answer.len() {
        let mut changed = answer.clone();
        changed[place] ^= 1;
        match check(&changed, &asked, Some(&own)) {
            Ok(same) => {
                assert_eq!(same, at);
                passed += 1;
            }
            Err(e) => assert!(e.code().starts_with("tsa_")),
        }
    }
    // The status, versions, and the list of digests beside the signer's own.
    assert!(passed < 40, "{passed} of {}", answer.len());
}

/// An answer around a token.
fn wrapped(token: &[u8]) -> Vec<u8> {
    let status = PkiStatusInfo { status: PkiStatus::Accepted, status_string: None, fail_info: None };
    let token = ContentInfo::from_der(token).unwrap();
    TimeStampResp { status, time_stamp_token: Some(token) }.to_der().unwrap()
}

#[test]
fn a_certificate_for_something_else_stamps_nothing() {
    let authority = OpenSsl::usual();
    let own = roots(&authority, "ca.pem");
    let asked = query(3);
    let kinds = [("stamp", "ok"), ("other", "tsa_purpose"), ("both", "tsa_purpose")];
    // Before the stamp: it must be valid at that time.
    for (name, _) in kinds {
        authority.certify(name, "ec -pkeyopt ec_paramgen_curve:P-256", name);
    }
    let answer = TimeStampResp::from_der(&authority.reply(&asked.der)).unwrap().to_der().unwrap();
    let token = TimeStampResp::from_der(&answer).unwrap().time_stamp_token.unwrap();
    let signed: SignedData = token.content.decode_as().unwrap();
    let content = signed.encap_content_info.econtent.unwrap();
    for (name, code_of) in kinds {
        let again = wrapped(&authority.sign(content.value(), name, "-cades"));
        let outcome = check(&again, &asked, Some(&own));
        assert_eq!(outcome.map_or_else(|e| e.code(), |_| "ok"), code_of, "{name}");
    }
    // Nothing that was signed says by which certificate: another one for the same key could be put in its place.
    let unnamed = wrapped(&authority.sign(content.value(), "stamp", ""));
    assert_eq!(code(&unnamed, &asked, Some(&own)), "tsa_certificate");
    let absent = wrapped(&authority.sign(content.value(), "stamp", "-cades -nocerts"));
    assert_eq!(code(&absent, &asked, Some(&own)), "tsa_certificate");
}

#[test]
fn a_file_without_certificates_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    assert!(Roots::open(&path).is_err());
    for text in ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).unwrap();
        assert!(Roots::open(&path).is_err(), "{text}");
    }
}
