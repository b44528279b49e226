//! The server ends while it sends mails: each is sent, and twice only where the end fell between the mail server's word
//! and the commit; then with the same bytes.

use super::field::{Engineer, rest, scene, sign};
use super::ground::Ground;
use countersign_tests::company::begin;
use countersign_tests::{Company, Failure};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use sync_core::document::facts::{Mode, SignOffOutcome};

/// A mail server that takes everything and keeps it.
struct Mailbox {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Mailbox {
    fn open() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (mails, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, ended) = (mails.clone(), over.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(SeqCst) {
                    return;
                }
                let kept = kept.clone();
                // A client that is killed breaks off: what it had not ended with a dot is no mail.
                std::thread::spawn(move || drop(talk(stream, &kept)));
            }
        });
        Ok(Self { port, mails, over })
    }

    /// What came, by Message-ID.
    fn by_id(&self) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mail in self.mails.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let id = mail.lines().find(|l| l.to_ascii_lowercase().starts_with("message-id:"));
            all.entry(id.ok_or("a mail without a Message-ID")?.to_owned()).or_default().push(mail.clone());
        }
        Ok(all)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
        // Wakes the listener, which sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn talk(stream: TcpStream, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    out.write_all(b"220 mailbox.example\r\n")?;
    while let Some(line) = lines.next() {
        let reply = match line?.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-mailbox.example\r\n250 8BITMIME\r\n",
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                loop {
                    // The end of the stream is an end without a dot.
                    let line = lines.next().ok_or(std::io::ErrorKind::UnexpectedEof)??;
                    if line == "." {
                        break;
                    }
                    mail += &line;
                    mail.push('\n');
                }
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                "250 taken\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        out.write_all(reply.as_bytes())?;
    }
    Ok(())
}

#[test]
fn a_server_that_ends_while_sending_loses_no_mail() -> Result<(), Failure> {
    let ground = Ground::sqlite()?;
    let mailbox = Mailbox::open()?;
    let mut server = ground.server("data")?;
    server.set_variable("COUNTERSIGN_SMTP_URL", Some(&format!("smtp://127.0.0.1:{}?tls=opportunistic", mailbox.port)));
    let mut company = Company::found(server)?;
    let mut team = [Engineer::enrol(&company, "li.na", 81)?];
    let place = scene(&team[0].sim, 0, 0)?.customers.swap_remove(0);
    let mut twice = 0;
    for point in ["mail_leased", "mail_composed", "mail_sent_before_mark", "mail_marked"] {
        company.server.stop()?;
        company.server.set_variable("COUNTERSIGN_DIE_AT", Some(point));
        company.server.run()?;
        let visit = team[0].sim.begin(begin(&place, None, Mode::OnSite, None))?;
        sign(&mut team[0].sim, visit, SignOffOutcome::Accepted)?;
        team[0].sync()?;
        if !company.server.ends_within(Duration::from_secs(20))? {
            return Err(format!("the server did not end at {point}: is it a debug build?").into());
        }
        company.server.set_variable("COUNTERSIGN_DIE_AT", None);
        company.server.run()?;
        rest(&mut team)?;
        let since = Instant::now();
        while ground.unsent_mails()? > 0 {
            if since.elapsed() > Duration::from_secs(30) {
                return Err(format!("{point}: {} mails are never sent", ground.unsent_mails()?).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let all = mailbox.by_id()?;
        let books = ground.checked_books()?;
        if all.len() != books.mail_count() {
            return Err(format!("{point}: {} mails of {} came", all.len(), books.mail_count()).into());
        }
        let doubled = all.values().filter(|m| m.len() > 1).count();
        let wrong = match point {
            "mail_leased" | "mail_composed" => doubled > twice,
            "mail_sent_before_mark" => doubled == twice,
            // Others of the same receipt may be under way while the first is marked.
            _ => false,
        };
        if wrong {
            return Err(format!("{point}: {doubled} mails came twice, {twice} before").into());
        }
        if all.values().any(|copies| copies.windows(2).any(|pair| pair[0] != pair[1])) {
            return Err(format!("{point}: a mail came twice and is not the same").into());
        }
        twice = doubled;
    }
    println!("4 ends while sending, {} mails, 0 lost, {twice} sent twice with the same bytes", mailbox.by_id()?.len());
    company.server.stop()?;
    ground.clear()
}
