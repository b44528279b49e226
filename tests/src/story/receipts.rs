//! Every receipt, fetched as a file and checked twice: by `countersign verify`, as a hospital would, and by the core.

use super::Tone;
use super::books;
use super::stage::Stage;
use crate::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sync_core::crypto::{Alg, PublicKey};
use sync_core::receipt::Receipt;

/// The receipts in a folder, with the key set beside them.
#[derive(Debug, Default)]
pub struct Files {
    /// The key set.
    pub keys: PathBuf,
    /// One file per receipt, by number.
    pub receipts: Vec<(PathBuf, Receipt)>,
    /// One PDF per receipt, in both languages.
    pub pdfs: Vec<PathBuf>,
    /// How many hold by both ways of checking.
    pub verified: u64,
}

/// Fetches the key set and every receipt into `folder`, and checks them by the core.
///
/// # Errors
/// When the server does not answer.
pub fn fetch(stage: &mut Stage, folder: &Path) -> Result<Files, Failure> {
    let api = stage.manager("chen.zong")?;
    let set = api.get_bytes("/.well-known/jwks.json")?;
    let keys = folder.join("jwks.json");
    std::fs::write(&keys, &set)?;
    let set: Value = serde_json::from_slice(&set)?;
    let published = public_keys(&set);
    let receipts = super::folder::inside(folder, "receipts")?;
    let mut files = Files { keys, ..Files::default() };
    for id in books::receipt_ids(&api)? {
        let text = String::from_utf8(api.get_bytes(&format!("/api/v1/receipts/{id}.json"))?)?;
        match Receipt::verify(&text, &|kid| published.get(kid).cloned()) {
            Ok(receipt) => {
                let path = receipts.join(format!("{}.json", receipt.body.number));
                std::fs::write(&path, &text)?;
                let pdf = receipts.join(format!("{}.pdf", receipt.body.number));
                std::fs::write(&pdf, api.get_bytes(&format!("/api/v1/receipts/{id}.pdf?lang=both"))?)?;
                files.pdfs.push(pdf);
                files.receipts.push((path, receipt));
            }
            Err(e) => stage.checks.hold(format!("receipt {id} verifies: {e}"), false),
        }
    }
    files.receipts.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

/// The receipt keys of a JWK set (RFC 7517, RFC 8037) by their `kid`.
fn public_keys(set: &Value) -> BTreeMap<String, PublicKey> {
    let mut keys = BTreeMap::new();
    for key in set["keys"].as_array().into_iter().flatten() {
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        if let Ok(bytes) = URL_SAFE_NO_PAD.decode(text("x")) {
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            keys.insert(text("kid").to_owned(), PublicKey { alg: Alg::EdDSA, key: hex });
        }
    }
    keys
}

/// Runs `countersign verify` over all files, and over a copy in which one figure was changed.
///
/// # Errors
/// When a file cannot be written.
pub fn verify(stage: &mut Stage, files: &mut Files, scratch: &Path) -> Result<(), Failure> {
    let server = &stage.company.server;
    let keys = files.keys.to_string_lossy().into_owned();
    let paths: Vec<String> = files.receipts.iter().map(|(p, _)| p.to_string_lossy().into_owned()).collect();
    let mut arguments = vec!["verify", "--keys", &keys];
    arguments.extend(paths.iter().map(String::as_str));
    stage.narrator.say(&format!("$ countersign verify --keys jwks.json receipts/*.json    ({} files)", paths.len()));
    let said = server.run_command(&arguments);
    let (text, held) = match said {
        Ok(text) => (text, true),
        Err(e) => (e.to_string(), false),
    };
    let mut good = 0;
    for line in text.lines() {
        // Folders are long and say nothing here.
        let line = paths.iter().fold(line.to_owned(), |l, p| l.replace(p.as_str(), file_name(p)));
        if line.starts_with("ok") && paths.iter().any(|p| line.contains(file_name(p))) {
            good += 1;
        }
        stage.narrator.output(if line.starts_with("ok") { Tone::Good } else { Tone::Bad }, &line);
    }
    files.verified = if held { good } else { 0 };
    stage.checks.hold("`countersign verify` accepts every receipt", held && good == paths.len() as u64);

    let pdfs: Vec<String> = files.pdfs.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let mut arguments = vec!["verify", "--keys", &keys];
    arguments.extend(pdfs.iter().map(String::as_str));
    let said = server.run_command(&arguments).unwrap_or_default();
    let identical = said.lines().filter(|l| l.starts_with("pages_identical")).count();
    stage.narrator.gap();
    stage.narrator.say(&format!("$ countersign verify --keys jwks.json receipts/*.pdf    ({} files)", pdfs.len()));
    stage.narrator.say(&format!("{identical} hold, and their pages are what the attached record sets, byte for byte."));
    stage.checks.hold("`countersign verify` accepts every PDF, pages included", identical == pdfs.len());

    let Some((path, receipt)) = files.receipts.first() else { return Ok(()) };
    let labour = format!("\"labour_s\":{}", receipt.body.summary.labour_s);
    let more = format!("\"labour_s\":{}", receipt.body.summary.labour_s + 3600);
    let tampered = scratch.join(format!("{}-one-hour-more.json", receipt.body.number));
    std::fs::write(&tampered, std::fs::read_to_string(path)?.replacen(&labour, &more, 1))?;
    let shown = file_name(&tampered.to_string_lossy()).to_owned();
    stage.narrator.gap();
    stage.narrator.say("The same with a copy that claims one hour of labour more:");
    stage.narrator.say(&format!("$ countersign verify --keys jwks.json {shown}"));
    let refused = stage.company.server.run_command(&["verify", "--keys", &keys, &tampered.to_string_lossy()]);
    let why = refused.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let why = why.lines().find(|l| l.contains("receipt_signature")).unwrap_or("(accepted!)").to_owned();
    let why = why.rsplit_once("receipt_signature").map_or(why.clone(), |(_, w)| format!("receipt_signature{w}"));
    let why = why.replace(tampered.to_string_lossy().as_ref(), &shown);
    stage.narrator.output(Tone::Look, &why);
    stage.checks.hold("a tampered copy is refused", why.starts_with("receipt_signature"));
    std::fs::remove_file(&tampered)?;
    Ok(())
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
