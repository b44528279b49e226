//! Header injection: hostile names, subjects and addresses by the ten thousand, over a socket. Nothing may reach the mail
//! server but the expected commands and headers.

use super::*;
use crate::mail::compose::{mailbox, part, written};
use crate::mail::outcome::Outcome;
use crate::mail::smtp::Smtp;
use lettre::message::header::ContentType;
use lettre::message::{MultiPart, MultiPartKind};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender as Channel, channel};
use std::time::{Duration, UNIX_EPOCH};

const ROUNDS: usize = 50_000;

/// What texts are put together from: all that ends a line, a header, a command, a mail or a quotation somewhere.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\r\n\r\n",
    "\r\n.\r\n",
    "\n.\n",
    ".",
    "..",
    "Bcc: all@evil.example",
    "RCPT TO:<x@evil.example>",
    "DATA",
    "RSET",
    "QUIT",
    "Content-Type: text/html",
    "From: boss@x",
    "Message-ID: <1@evil>",
    "\r\nBcc: x@evil.example\r\n",
    "=?utf-8?B?DQpCY2M6IHg=?=",
    "=?utf-8?Q?=0D=0ABcc:?=",
    "%0d%0aBcc:",
    "\"",
    "\\",
    "'",
    "<",
    ">",
    "(",
    ")",
    ",",
    ";",
    ":",
    "@",
    " ",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{200b}",
    "\u{202e}",
    "\u{feff}",
    "\u{ffff}",
    "𠮷",
    "医院",
    "é",
    "🏥",
    "\u{1b}[2J",
    "--=_alternative",
    "a",
    "Z",
    "9",
    "liu",
    "hospital.example",
    "user@host",
];

/// A generator of its own, so that a failure can be repeated by its number.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n
    }
    fn text(&mut self, longest: usize) -> String {
        let n = self.below(longest + 1);
        let mut text: String = (0..n).map(|_| PIECES[self.below(PIECES.len())]).collect();
        if self.below(50) == 0 {
            text = text.repeat(40);
        }
        text
    }
    fn address(&mut self) -> String {
        match self.below(4) {
            0 => format!("{}@hospital.example", self.text(3)),
            1 => format!("liu@{}", self.text(3)),
            2 => self.text(6),
            _ => format!("u{}@hospital.example", self.below(1000)),
        }
    }
}

/// One mail as the server saw it: every command line, and the data, byte for byte.
struct Session {
    commands: Vec<Vec<u8>>,
    data: Vec<u8>,
}

fn serve(listener: &TcpListener, seen: &Channel<Session>) {
    for stream in listener.incoming().map_while(Result::ok) {
        // A client that hangs up is done.
        let _ = talk(stream, seen);
    }
}

fn talk(stream: TcpStream, seen: &Channel<Session>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    out.write_all(b"220 test\r\n")?;
    let mut commands = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        commands.push(line.clone());
        if line.starts_with(b"EHLO") {
            commands.clear();
            out.write_all(b"250-test\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n")?;
        } else if line.starts_with(b"NOOP") {
            // Whether an idle connection still answers; it comes before a mail.
            commands.pop();
            out.write_all(b"250 ok\r\n")?;
        } else if line == b"DATA\r\n" {
            out.write_all(b"354 go\r\n")?;
            let mut data = Vec::new();
            loop {
                let mut line = Vec::new();
                if input.read_until(b'\n', &mut line)? == 0 {
                    return Ok(());
                }
                if line == b".\r\n" {
                    break;
                }
                data.extend(line);
            }
            let commands = std::mem::take(&mut commands);
            if seen.send(Session { commands, data }).is_err() {
                return Ok(());
            }
            out.write_all(b"250 ok\r\n")?;
        } else {
            out.write_all(b"250 ok\r\n")?;
        }
    }
}

/// The names of the headers in order; anything else on a line of its own fails.
fn headers(data: &[u8], what: &str) -> Vec<String> {
    assert!(!data.contains(&0), "{what}: NUL");
    for (at, byte) in data.iter().enumerate() {
        match byte {
            b'\n' => assert!(at > 0 && data[at - 1] == b'\r', "{what}: a bare LF"),
            b'\r' => assert_eq!(data.get(at + 1), Some(&b'\n'), "{what}: a bare CR"),
            _ => {}
        }
    }
    let text = std::str::from_utf8(data).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{what}: no end of the headers"));
    let own = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    own.map(|line| {
        assert!(line.len() < 998, "{what}: a line of {}", line.len());
        line.split_once(':').unwrap_or_else(|| panic!("{what}: {line:?}")).0.to_owned()
    })
    .collect()
}

async fn hostile(smtp: &Smtp, seen: &Mutex<Receiver<Session>>, n: usize) -> bool {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ ((n as u64 + 1) << 20));
    let (name, subject, recipient) = (dice.text(6), dice.text(8), dice.address());
    let boss = mailbox(&dice.text(5), "zhao@company.example".parse().unwrap());
    let what = format!("no. {n}: {name:?} {subject:?} {recipient:?}");
    let row = OutboxRow { name, recipient: recipient.clone(), ..outbox_row(Lang::ZhCn, "customer") };
    let body = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary("=_alternative_1")
        .singlepart(part(ContentType::TEXT_PLAIN, dice.text(6)));
    let date = UNIX_EPOCH + Duration::from_secs(1_795_385_459);
    // An address that is none never comes this far.
    let Ok(letter) = written(&row, &subject, date, Some(&boss), &sender(), body) else { return false };
    assert!(!recipient.contains(['\r', '\n', '\0', '\u{85}', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}']), "{what}");
    let outcome = smtp.send(&letter).await;
    assert_eq!(outcome, Outcome::Accepted, "{what}");
    // It is there already: the reply came after it.
    let session = seen.lock().unwrap().recv_timeout(Duration::from_secs(10)).unwrap();
    let commands: Vec<String> = session.commands.iter().map(|c| String::from_utf8(c.clone()).unwrap()).collect();
    let utf8 = if recipient.is_ascii() { "" } else { " SMTPUTF8" };
    let expected = [
        format!("MAIL FROM:<countersign@localhost>{utf8}\r\n"),
        format!("RCPT TO:<{recipient}>\r\n"),
        "DATA\r\n".to_owned(),
    ];
    assert_eq!(commands, expected, "{what}");
    let names = headers(&session.data, &what);
    let expected =
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Reply-To", "MIME-Version", "Content-Type"];
    assert_eq!(names, expected, "{what}");
    true
}

/// The library's client waits for the system between the data and their end, so many go side by side.
const LANES: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_but_the_expected_commands_and_headers() {
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let smtp = Smtp::from_url(&format!("smtp://{}", listener.local_addr().unwrap())).unwrap();
            let (tell, seen) = channel();
            let seen = Mutex::new(seen);
            std::thread::spawn(move || serve(&listener, &tell));
            tokio::spawn(async move {
                let mut sent = 0;
                for n in (lane..ROUNDS).step_by(LANES) {
                    sent += usize::from(hostile(&smtp, &seen, n).await);
                }
                (sent, seen)
            })
        })
        .collect();
    let mut sent = 0;
    for lane in lanes {
        sent += lane.await.unwrap().0;
    }
    // Enough of both: a generator whose addresses all fail would show nothing.
    println!("{sent} of {ROUNDS} hostile mails had an address that is one");
    assert!(sent > ROUNDS / 4 && sent < ROUNDS * 9 / 10, "{sent}");
}

#[test]
fn whole_receipts_with_hostile_texts() {
    let (_dir, keys) = keys();
    for n in 0..200 {
        let mut dice = Dice(77 ^ ((n + 1) << 20));
        let case = Case { filler: dice.text(8), customer: dice.text(8), ..Case::of(SignOffOutcome::Refused) };
        let receipt = case.receipt(&keys.receipt, 1, 1, CHAIN_START).to_json().unwrap();
        let row = OutboxRow { name: dice.text(6), ..outbox_row(Lang::En, "company") };
        let letter = compose(&row, &receipt, None, None, &sender()).unwrap();
        let names = headers(&letter.bytes, &format!("no. {n}"));
        let expected =
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert_eq!(names, expected, "no. {n}");
        assert_eq!(parse(&letter.bytes).json, receipt);
    }
}
