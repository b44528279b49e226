//! A mail server that does as it is told: it accepts, refuses or hangs up at the moment that the script says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What to do with the next mail.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Take it.
    Accept,
    /// Answer `RCPT TO` with this.
    AtRecipient(&'static str),
    /// Answer the end of the data with this.
    AtEnd(&'static str),
    /// Take all of it and hang up instead of answering.
    CutAfterData,
    /// Hang up when the data begin.
    CutAtData,
    /// Refuse the connection with this greeting.
    Greet(&'static str),
}

/// What the server saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Every mail whose data arrived whole, in order, accepted or not.
    pub(super) data: Vec<String>,
    /// How many it accepted.
    pub(super) accepted: usize,
}

pub(super) struct Scripted {
    pub(super) url: String,
    pub(super) seen: Arc<Mutex<Seen>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    pub(super) async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&shared));
                // A client that hangs up in the middle is none of the script's business.
                tokio::spawn(async move { session(stream, &script, &seen).await.ok() });
            }
        });
        Self { url, seen, task }
    }

    pub(super) fn message_ids(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let id = |mail: &String| mail.lines().find(|l| l.starts_with("Message-ID:")).unwrap().to_owned();
        seen.data.iter().map(id).collect()
    }
}

async fn session(stream: TcpStream, script: &Mutex<VecDeque<Act>>, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let greeting = script.lock().unwrap().pop_front_if(|act| matches!(act, Act::Greet(_)));
    if let Some(Act::Greet(refusal)) = greeting {
        write.write_all(format!("{refusal}\r\n").as_bytes()).await?;
        return Ok(());
    }
    write.write_all(b"220 test ESMTP\r\n").await?;
    let mut act = Act::Accept;
    while let Some(line) = lines.next_line().await? {
        let reply = match line.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME",
            "MAIL" => {
                act = script.lock().unwrap().pop_front().unwrap_or(Act::Accept);
                "250 ok"
            }
            "RCPT" => match act {
                Act::AtRecipient(refusal) => refusal,
                _ => "250 ok",
            },
            "DATA" => {
                if matches!(act, Act::CutAtData) {
                    return Ok(());
                }
                write.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                seen.lock().unwrap().data.push(mail);
                match act {
                    Act::CutAfterData => return Ok(()),
                    Act::AtEnd(refusal) => refusal,
                    _ => {
                        seen.lock().unwrap().accepted += 1;
                        "250 queued"
                    }
                }
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok",
        };
        write.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
    Ok(())
}
