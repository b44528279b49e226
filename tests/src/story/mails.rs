//! The mail folder, read as a mail program would: headers (RFC 5322, RFC 2047) and the plain text part (RFC 2045).

use crate::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

/// One mail of the folder.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its file.
    pub file: PathBuf,
    /// `To`.
    pub to: String,
    /// `From`.
    pub from: String,
    /// `Subject`.
    pub subject: String,
    /// `Message-ID`.
    pub message_id: String,
    /// The plain text part.
    pub text: String,
    /// Whether it has an HTML part too.
    pub html: bool,
}

/// Every finished mail in the folder, by file name.
///
/// # Errors
/// When one cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<Mail>, Failure> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "eml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.into_iter().map(|file| read(&file)).collect()
}

fn read(file: &Path) -> Result<Mail, Failure> {
    let raw = String::from_utf8_lossy(&std::fs::read(file)?).replace("\r\n", "\n");
    let (head, body) = split(&raw);
    let get = |name: &str| decode_words(&header(&head, name).unwrap_or_default());
    let mut parts = Vec::new();
    leaves(&head, body, &mut parts);
    let part = |kind: &str| parts.iter().find(|(t, _)| t.starts_with(kind)).map(|(_, text)| text.clone());
    Ok(Mail {
        file: file.to_owned(),
        to: get("to"),
        from: get("from"),
        subject: get("subject"),
        message_id: get("message-id"),
        text: part("text/plain").ok_or_else(|| format!("{} has no text part", file.display()))?,
        html: part("text/html").is_some(),
    })
}

/// Unfolded headers, and the body.
fn split(raw: &str) -> (String, &str) {
    let (head, body) = raw.split_once("\n\n").unwrap_or((raw, ""));
    (head.replace("\n ", " ").replace("\n\t", " "), body)
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// Collects the parts that hold no further parts: content type and decoded text.
fn leaves(head: &str, body: &str, out: &mut Vec<(String, String)>) {
    let kind = header(head, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let boundary = kind.split(';').find_map(|p| p.trim().strip_prefix("boundary=")).map(|b| b.trim_matches('"'));
    let Some(boundary) = boundary else {
        let encoding = header(head, "content-transfer-encoding").unwrap_or_default().to_lowercase();
        let bytes = match encoding.as_str() {
            "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap_or_default(),
            "quoted-printable" => quoted_printable(body, false),
            _ => body.as_bytes().to_vec(),
        };
        out.push((kind.to_lowercase(), String::from_utf8_lossy(&bytes).replace("\r\n", "\n")));
        return;
    };
    for part in body.split(&format!("--{boundary}")).skip(1) {
        if part.starts_with("--") {
            break;
        }
        let (head, body) = split(part.trim_start_matches('\n'));
        leaves(&head, body, out);
    }
}

/// `=E6=95=B0` and soft line breaks; in headers, `_` is a blank.
fn quoted_printable(text: &str, in_header: bool) -> Vec<u8> {
    let text = text.replace("=\n", "");
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(b) = bytes.next() {
        match b {
            b'=' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let hex = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
                out.push(hex.unwrap_or(b'?'));
            }
            b'_' if in_header => out.push(b' '),
            b => out.push(b),
        }
    }
    out
}

/// `=?utf-8?b?…?=`; the blanks between two such words are no text.
fn decode_words(value: &str) -> String {
    let mut out: Vec<u8> = Vec::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(at) = rest.find("=?") {
        let (before, word) = (&rest[..at], &rest[at + 2..]);
        let mut parts = word.splitn(3, '?');
        let (Some(_), Some(encoding), Some(tail)) = (parts.next(), parts.next(), parts.next()) else { break };
        let Some((data, next)) = tail.split_once("?=") else { break };
        if !(after_word && before.trim().is_empty()) {
            out.extend_from_slice(before.as_bytes());
        }
        if encoding.eq_ignore_ascii_case("b") {
            out.extend(STANDARD.decode(data).unwrap_or_default());
        } else {
            out.extend(quoted_printable(data, true));
        }
        (rest, after_word) = (next, true);
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_it_was_meant() {
        assert_eq!(decode_words("=?utf-8?b?5pyN5Yqh?= =?utf-8?b?5Zue5omn?= RM01"), "服务回执 RM01");
        assert_eq!(decode_words("=?utf-8?q?=E6=9C=8D_A?="), "服 A");
        let dir = tempfile::tempdir().unwrap();
        let raw = "From: a@b\r\nTo: c@d\r\nMessage-ID: <1@x>\r\nSubject: hi\r\n there\r\n\
                   Content-Type: multipart/alternative;\r\n boundary=\"XX\"\r\n\r\n--XX\r\nContent-Type: text/plain\r\n\
                   Content-Transfer-Encoding: quoted-printable\r\n\r\n=E6=95=B0=\r\n=E6=8D=AE\r\n--XX\r\n\
                   Content-Type: text/html\r\n\r\n<p>x\r\n--XX--\r\n";
        std::fs::write(dir.path().join("1.eml"), raw).unwrap();
        let mails = read_folder(dir.path()).unwrap();
        assert_eq!((mails[0].text.trim(), mails[0].subject.as_str(), mails[0].html), ("数据", "hi there", true));
    }
}
