//! A bad way to a good server: every request passes here, and the test says what becomes of it.

use countersign_tests::Failure;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A request that came by.
pub(crate) struct Seen {
    pub(crate) path: String,
    /// As sent, compressed or not.
    pub(crate) body: Vec<u8>,
}

/// What becomes of a request.
pub(crate) enum Fate {
    /// It goes there and the answer comes back.
    Pass,
    /// It goes there, and the connection breaks after this many bytes of the answer.
    Cut(usize),
    /// It does not arrive; this is the answer.
    Answer(&'static str),
    /// It does not arrive, and there is no answer for so long.
    Silence(Duration),
}

type Script = dyn FnMut(&Seen) -> Fate + Send;

/// The way; closed when it is dropped.
pub(crate) struct Proxy {
    port: u16,
    script: Arc<Mutex<Box<Script>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    closed: Arc<AtomicBool>,
}

impl Proxy {
    /// A way to the server at `base` on which nothing goes wrong yet.
    pub(crate) fn new(base: &str) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let script: Arc<Mutex<Box<Script>>> = Arc::new(Mutex::new(Box::new(|_: &Seen| Fate::Pass)));
        let proxy = Self { port, script, seen: Arc::default(), closed: Arc::default() };
        let server = base.trim_start_matches("http://").to_owned();
        let (script, seen, closed) = (proxy.script.clone(), proxy.seen.clone(), proxy.closed.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let (script, seen, server) = (script.clone(), seen.clone(), server.clone());
                // A connection that breaks is what this is for.
                std::thread::spawn(move || {
                    stream.map_err(Failure::from).and_then(|s| carry(s, &server, &script, &seen))
                });
            }
        });
        Ok(proxy)
    }

    /// Where phones find it.
    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on `script` decides; what was seen is forgotten.
    pub(crate) fn play(&self, script: impl FnMut(&Seen) -> Fate + Send + 'static) {
        *lock(&self.script) = Box::new(script);
        lock(&self.seen).clear();
    }

    /// How many requests to `path` came by since the script began.
    pub(crate) fn count(&self, path: &str) -> usize {
        lock(&self.seen).iter().filter(|s| s.path == path).count()
    }

    /// The body of the last request to `path`.
    pub(crate) fn last(&self, path: &str) -> Option<Vec<u8>> {
        lock(&self.seen).iter().rev().find(|s| s.path == path).map(|s| s.body.clone())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn lock<T: ?Sized>(it: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request and its answer, over connections of their own.
fn carry(
    mut phone: TcpStream,
    server: &str,
    script: &Mutex<Box<Script>>,
    seen: &Mutex<Vec<Seen>>,
) -> Result<(), Failure> {
    let mut reader = BufReader::new(phone.try_clone()?);
    let (mut head, mut length, mut path) = (String::new(), 0usize, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
        }
        if line == "\r\n" {
            break;
        }
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if name == "content-length" {
            length = line.split(':').nth(1).unwrap_or_default().trim().parse()?;
        }
        if name != "connection" {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let one = Seen { path, body };
    let fate = (lock(script))(&one);
    let body = one.body.clone();
    lock(seen).push(one);
    let there_and_back = || -> Result<Vec<u8>, Failure> {
        let mut stream = TcpStream::connect(server)?;
        stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes())?;
        stream.write_all(&body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    match fate {
        Fate::Pass => phone.write_all(&there_and_back()?)?,
        Fate::Cut(at) => {
            let answer = there_and_back()?;
            phone.write_all(&answer[..at.min(answer.len().saturating_sub(1))])?;
        }
        Fate::Answer(answer) => phone.write_all(answer.as_bytes())?,
        Fate::Silence(long) => std::thread::sleep(long),
    }
    Ok(())
}
