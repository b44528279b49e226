use super::*;

fn verify_files(keys: Option<&Path>, files: &[PathBuf]) -> Result<Report, Failure> {
    super::verify_files(keys, files, &Renderer::open(None).unwrap())
}

use crate::receipts::samples::{Case, keys};
use sync_core::document::facts::SignOffOutcome;

struct Folder {
    dir: tempfile::TempDir,
    keys: crate::keys::Keys,
}

impl Folder {
    fn new() -> Self {
        let (dir, keys) = keys();
        std::fs::write(dir.path().join("jwks.json"), serde_json::to_string(&keys.jwks()).unwrap()).unwrap();
        Self { dir, keys }
    }
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
    /// A chain of `n` receipts of one visit.
    fn chain(&self, n: u64) -> Vec<Receipt> {
        let mut previous = CHAIN_START.to_owned();
        let case = Case::of(SignOffOutcome::Refused);
        (1..=n)
            .map(|no| {
                let receipt = case.receipt(&self.keys.receipt, no, no as u32, &previous);
                previous = receipt.sha256().unwrap();
                receipt
            })
            .collect()
    }
    fn files(&self, receipts: &[Receipt]) -> Vec<PathBuf> {
        receipts.iter().enumerate().map(|(n, r)| self.put(&format!("{n}.json"), &r.to_json().unwrap())).collect()
    }
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.files.iter().map(|f| f.code).chain(report.chains.iter().map(|f| f.code)).collect()
}

#[test]
fn a_chain_holds_in_any_order() {
    let folder = Folder::new();
    let mut files = folder.files(&folder.chain(3));
    files.reverse();
    files.push(files[0].clone());
    let report = verify_files(None, &files).unwrap();
    assert!(report.holds() && report.exit_code() == 0, "{report}");
    assert_eq!(codes(&report), ["ok"; 5]);
    let text = report.to_string();
    assert!(text.contains("receipt QS2-000002, revision 2, 青山市第二人民医院, refused; no. 2 of its chain"), "{text}");
    assert!(text.contains("3 receipts, nos. 1 to 3, without a gap or a fork"), "{text}");
}

#[test]
fn a_gap_a_fork_and_a_broken_link_are_found() {
    let folder = Folder::new();
    let mut chain = folder.chain(4);
    let files = folder.files(&chain);
    let report = verify_files(None, &[files[0].clone(), files[3].clone()]).unwrap();
    assert_eq!((codes(&report), report.exit_code()), (vec!["ok", "ok", "chain_gap"], 1));
    assert!(report.to_string().contains("nos. 2 to 3"));
    // What comes before is only said to be missing.
    let report = verify_files(None, &files[2..]).unwrap();
    assert_eq!((codes(&report), report.holds()), (vec!["ok", "ok", "ok", "chain_before"], true));

    let other = Case::of(SignOffOutcome::Accepted).receipt(&folder.keys.receipt, 3, 9, &chain[1].sha256().unwrap());
    chain.push(other);
    let report = verify_files(None, &folder.files(&chain)).unwrap();
    assert!(codes(&report).contains(&"chain_fork") && codes(&report).contains(&"number_twice"), "{report}");

    let twice = Case::default().receipt(&folder.keys.receipt, 2, 1, &chain[0].sha256().unwrap());
    let report = verify_files(None, &folder.files(&[chain[0].clone(), twice])).unwrap();
    assert_eq!(codes(&report), ["ok", "ok", "ok", "revision_twice"]);
    assert!(!report.holds());

    let loose = Case::default().receipt(&folder.keys.receipt, 2, 2, &"ab".repeat(32));
    let headless = Case::default().receipt(&folder.keys.receipt, 1, 1, &"ab".repeat(32));
    let report = verify_files(None, &folder.files(&[chain[0].clone(), loose])).unwrap();
    assert!(codes(&report).contains(&"chain_link"), "{report}");
    let report = verify_files(None, &folder.files(&[headless])).unwrap();
    assert_eq!(codes(&report), ["ok", "chain_start"]);
}

#[test]
fn what_was_changed_does_not_hold() {
    let folder = Folder::new();
    let good = folder.chain(1)[0].to_json().unwrap();
    let files = [
        ("good.json", good.clone(), "ok"),
        ("named.json", good.replace("刘芳", "刘方"), "receipt_signature"),
        ("added.json", good.replacen('{', "{\"extra\":1,", 1), "receipt_signature"),
        ("cut.json", good.chars().take(1000).collect(), "receipt_malformed"),
        ("empty.json", String::new(), "receipt_malformed"),
        ("stranger.json", good.replace(&folder.keys.receipt.kid, "stranger"), "receipt_key_unknown"),
    ];
    for (name, text, code) in files {
        let path = folder.put(name, &text);
        // A file cut inside a character is no text at all.
        let report = verify_files(None, &[path]).unwrap();
        assert_eq!(report.files[0].code, code, "{report}");
        assert_eq!(report.holds(), code == "ok");
        assert_eq!(report.to_string().lines().next().unwrap().split(' ').next(), Some(code));
    }
    let gone = verify_files(None, &[folder.dir.path().join("gone.json")]).unwrap();
    assert_eq!(gone.files[0].code, "receipt_unreadable");
    std::fs::write(folder.dir.path().join("binary.json"), [0xff, 0xfe]).unwrap();
    let binary = verify_files(None, &[folder.dir.path().join("binary.json")]).unwrap();
    assert_eq!(binary.files[0].code, "receipt_unreadable");
}

#[test]
fn keys_are_needed() {
    let folder = Folder::new();
    let file = folder.files(&folder.chain(1)).remove(0);
    let jwks = folder.dir.path().join("jwks.json");
    let elsewhere = folder.dir.path().join("other.json");
    std::fs::rename(&jwks, &elsewhere).unwrap();
    let failure = verify_files(None, std::slice::from_ref(&file)).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(failure.to_string().contains("--keys"), "{failure}");
    assert!(verify_files(Some(&elsewhere), std::slice::from_ref(&file)).unwrap().holds());
    assert!(verify_files(Some(&jwks), std::slice::from_ref(&file)).unwrap_err().to_string().contains("jwks.json"));
    assert_eq!(verify_files(Some(&elsewhere), &[]).unwrap_err().code(), 2);

    // Another server's keys: nothing of it is ours.
    let (_other, strangers) = keys();
    std::fs::write(&jwks, serde_json::to_string(&strangers.jwks()).unwrap()).unwrap();
    assert_eq!(verify_files(Some(&jwks), &[file]).unwrap().files[0].code, "receipt_key_unknown");
}

/// A receipt that the server itself signed, with something else in it.
fn resigned(folder: &Folder, change: impl FnOnce(&mut sync_core::receipt::ReceiptBody)) -> String {
    let mut body = folder.chain(1).remove(0).body;
    change(&mut body);
    let key = &folder.keys.receipt;
    Receipt::sign(body, &key.kid, key.software()).unwrap().to_json().unwrap()
}

#[test]
fn a_drawing_that_nobody_signed_with_does_not_hold() {
    let folder = Folder::new();
    for strokes in ["00", "no hex"] {
        let file = folder.put("strokes.json", &resigned(&folder, |b| b.sign_off.strokes = Some(strokes.into())));
        assert_eq!(verify_files(None, &[file]).unwrap().files[0].code, "receipt_strokes", "{strokes}");
    }
}

#[test]
fn receipts_of_before_the_drawing_and_the_classes_hold() {
    let folder = Folder::new();
    let old = resigned(&folder, |b| {
        b.sign_off.strokes = None;
        b.day_classes.clear();
    });
    assert!(!old.contains("strokes\":") && !old.contains("day_classes"));
    assert!(verify_files(None, &[folder.put("old.json", &old)]).unwrap().holds());
}
