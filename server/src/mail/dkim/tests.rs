use super::*;
use crate::mail::compose::{Sender, compose};
use crate::mail::tests::{outbox_row, sender};
use crate::receipts::samples::{Case, keys};
use ring::signature::{ED25519 as ED25519_CHECK, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use std::sync::Arc;
use sync_core::canonical::sha256;
use sync_core::document::facts::Lang;
use sync_core::receipt::CHAIN_START;

/// A mail signed with `pem`.
fn signed(pem: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("dkim.pem");
    std::fs::write(&file, pem).unwrap();
    let dkim = Dkim::open(&file, "s1", "company.example").unwrap();
    assert!(!format!("{dkim:?}").contains("KEY"));
    let (_dir, keys) = keys();
    let receipt = Case::default().receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
    let sender = Sender { dkim: Some(Arc::new(dkim)), ..sender() };
    let manager = "\"赵, 服务经理\" <zhao@company.example>".parse().unwrap();
    let letter = compose(&outbox_row(Lang::ZhCn, "customer"), &receipt, None, Some(&manager), &sender).unwrap();
    String::from_utf8(letter.bytes).unwrap()
}

/// RFC 6376, 3.4.2: names in lower case, unfolded, white space as one space.
fn relaxed(name: &str, value: &str) -> String {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}:{value}\r\n", name.to_ascii_lowercase())
}

/// RFC 6376, 3.7, by hand: what the signature is over, and the signature. Fails where the body's hash does not fit.
fn taken_apart(mail: &str) -> (Vec<u8>, Vec<u8>) {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match line.strip_prefix([' ', '\t']) {
            Some(_) => headers.last_mut().unwrap().1.push_str(&format!("\r\n{line}")),
            None => {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    let find = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
    let signature = find("DKIM-Signature").unwrap();
    let tag = |name: &str| {
        let value = signature.split(';').find_map(|t| t.trim().strip_prefix(&format!("{name}=")).map(str::to_owned));
        value.unwrap_or_else(|| panic!("no {name} in {signature}")).split_whitespace().collect::<String>()
    };
    assert_eq!((tag("d").as_str(), tag("s").as_str(), tag("c").as_str()), ("company.example", "s1", "relaxed/relaxed"));

    let lines = body.split("\r\n").map(|l| {
        let squeezed = l.split([' ', '\t']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        if l.starts_with([' ', '\t']) && !squeezed.is_empty() { format!(" {squeezed}") } else { squeezed }
    });
    let body = format!("{}\r\n", lines.collect::<Vec<_>>().join("\r\n").trim_end_matches("\r\n"));
    assert_eq!(tag("bh"), STANDARD.encode(sha256(body.as_bytes())), "the body's hash");

    let mut over = String::new();
    let names: Vec<String> = tag("h").split(':').map(str::to_owned).collect();
    for must in ["from", "to", "subject", "date", "message-id", "reply-to", "auto-submitted"] {
        assert!(names.iter().any(|n| n == must), "{must} is not signed");
    }
    for name in &names {
        over.push_str(&relaxed(name, &find(name).unwrap_or_else(|| panic!("{name} is signed and not there"))));
    }
    let b = signature.rfind("b=").unwrap();
    over.push_str(relaxed("dkim-signature", &signature[..b + 2]).trim_end());
    (over.into_bytes(), STANDARD.decode(tag("b")).unwrap())
}

fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {args:?}");
    output.stdout
}

#[test]
fn an_rsa_signature_holds_until_anything_is_changed() {
    let pem = openssl(&["genrsa", "-traditional", "2048"], b"");
    let public = openssl(&["rsa", "-RSAPublicKey_out", "-outform", "DER"], &pem);
    let mail = signed(&String::from_utf8(pem).unwrap());
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
    let (over, signature) = taken_apart(&mail);
    key.verify(&over, &signature).unwrap();
    for (from, to) in [("Auto-Submitted: auto-generated", "Auto-Submitted: no"), ("Message-ID: <5@", "Message-ID: <6@")]
    {
        assert!(mail.contains(from));
        let (over, signature) = taken_apart(&mail.replacen(from, to, 1));
        assert!(key.verify(&over, &signature).is_err(), "{to}");
    }
}

#[test]
fn an_ed25519_signature_holds() {
    let pem = openssl(&["genpkey", "-algorithm", "ed25519"], b"");
    let der = openssl(&["pkey", "-pubout", "-outform", "DER"], &pem);
    let (over, signature) = taken_apart(&signed(&String::from_utf8(pem).unwrap()));
    // RFC 8463: the hash is signed, not the text.
    UnparsedPublicKey::new(&ED25519_CHECK, &der[der.len() - 32..]).verify(&sha256(&over), &signature).unwrap();
}

#[test]
fn what_is_no_key_is_told_without_telling_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("dkim.pem");
    for bad in ["", "hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"] {
        std::fs::write(&file, bad).unwrap();
        let failure = Dkim::open(&file, "s1", "company.example").unwrap_err();
        assert!(failure.code() == 2 && !failure.to_string().contains("hunter2"), "{failure}");
    }
    for (selector, domain) in [("", "x"), ("s", "医院.example"), ("s;x", "x"), ("s", "x\r\nBcc: y")] {
        assert_eq!(Dkim::open(&file, selector, domain).unwrap_err().code(), 2);
    }
}
