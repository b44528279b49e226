//! The demo: a real server, simulated phones, a whole story. `cargo xtask demo` builds and runs it.

use clap::Parser;
use countersign_tests::story::{self, CREW, Narrator, Stage, Tone, folder};
use countersign_tests::{Failure, PASSWORD, ServerProcess};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

/// Where the server is looked for by whoever tries the demo.
const PORT: u16 = 8090;
/// Where the demo keeps its data.
const DATA: &str = "demo-data";

/// Plays the main job with simulated phones against a real server.
#[derive(Parser)]
#[command(name = "demo", version)]
struct Cli {
    /// The server's program
    #[arg(long, value_name = "FILE")]
    server_binary: PathBuf,
    /// End by itself; exit 0 only if every expectation held; the last line is a JSON summary
    #[arg(long)]
    check: bool,
    /// Leave there what the demo made: database, documents, receipts, mails
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What a signal has to know.
struct Guard {
    /// The server's process id; 0 while none runs.
    pid: Arc<AtomicU32>,
    /// Whether somebody waits for the signal; otherwise it ends the story at once.
    waited_for: AtomicBool,
    /// Whom to tell.
    tell: Sender<()>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("demo: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<bool, Failure> {
    let began = Instant::now();
    let (tell, told) = channel();
    let pid = Arc::new(AtomicU32::new(0));
    let guard = Arc::new(Guard { pid: pid.clone(), waited_for: AtomicBool::new(false), tell });
    listen(&guard)?;

    let mut narrator = Narrator::stdout();
    // Removed when this ends, unless the folder was asked for.
    let scratch = tempfile::tempdir()?;
    let (home, papers) = match &cli.out {
        Some(out) => (out.clone(), out.clone()),
        None if cli.check => (scratch.path().join("demo"), scratch.path().join("demo")),
        None => (PathBuf::from(DATA), PathBuf::from(DATA)),
    };
    if folder::fresh(&home)? {
        narrator.line(Tone::Quiet, "removed", &format!("{} of an earlier demo", home.display()));
    }
    let home = std::path::absolute(&home)?;
    let mut server = ServerProcess::new(&cli.server_binary, &home.join("server"), &[])?;
    if !cli.check && TcpListener::bind(("127.0.0.1", PORT)).is_ok() {
        server.set_port(PORT);
    }
    server.tell_pid(pid);
    let mut stage = Stage::build(server, &CREW, narrator)?;
    let told_story = story::tell(&mut stage, &papers)?;
    if cli.out.is_some() {
        export(&mut stage, &papers, cli.check)?;
    }
    let mut held = story::script::report(&mut stage);
    stage.narrator.say(&format!("Told in {:.1} s.", began.elapsed().as_secs_f64()));
    if let Some(out) = &cli.out {
        stage.narrator.say(&format!("Database, documents, receipts and mails are in {}.", out.display()));
    }
    if cli.check {
        // A server that does not end in order is a failure too.
        let ended = stage.company.server.stop();
        if let Err(e) = ended {
            held = false;
            eprintln!("demo: {e}");
        }
        stage.narrator.raw(&told_story.tally.to_json().to_string());
        return Ok(held);
    }
    invite(&mut stage, &home);
    stage.narrator.raw(&told_story.tally.to_json().to_string());
    guard.waited_for.store(true, Ordering::SeqCst);
    told.recv()?;
    stage.narrator.say("Stopping the server.");
    stage.company.server.stop()?;
    Ok(held)
}

/// What `--out` asks for. The database is copied while the server is down.
fn export(stage: &mut Stage, out: &Path, ends: bool) -> Result<(), Failure> {
    story::export::papers(stage, out)?;
    stage.company.server.stop()?;
    story::export::database(stage, out)?;
    if !ends {
        stage.company.server.run()?;
    }
    Ok(())
}

/// How to go on from here.
fn invite(stage: &mut Stage, home: &Path) {
    let base = stage.company.server.base();
    let n = &mut stage.narrator;
    n.chapter("The server keeps running");
    n.line(Tone::Good, "  address", &base);
    n.line(Tone::Good, "  app", &format!("{base}/app/ (as an engineer: li.na, zhou.wei, …)"));
    n.line(
        Tone::Plain,
        "  log in as",
        "zhang.li (service manager, 中文) · emma.wood (service manager, English) · chen.zong (leadership)",
    );
    n.line(Tone::Plain, "", "zhao.min (account manager) · wang.jianguo, li.na, zhou.wei, … (engineers)");
    n.line(Tone::Plain, "  password", PASSWORD);
    n.line(Tone::Plain, "  mails", &home.join("server/mails").display().to_string());
    n.line(Tone::Plain, "  receipts", &home.join("receipts").display().to_string());
    // As it is, to be copied: a wrapped line would not be one command.
    n.say("Try:");
    n.raw(&format!("curl -s {base}/api/v1/auth/login -H 'content-type: application/json' \\"));
    n.raw(&format!("     -d '{{\"login\":\"chen.zong\",\"password\":\"{PASSWORD}\"}}'"));
    n.raw(&format!("curl -s {base}/api/v1/visits -H 'authorization: Bearer ACCESS_TOKEN'"));
    n.say("Ctrl-C stops it.");
}

/// SIGINT and SIGTERM end the server too: in order when somebody waits for the signal, at once in the middle of the story.
fn listen(guard: &Arc<Guard>) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let guard = guard.clone();
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
        });
        if guard.waited_for.load(Ordering::SeqCst) && guard.tell.send(()).is_ok() {
            return;
        }
        let pid = guard.pid.load(Ordering::SeqCst);
        if pid != 0 {
            let _ = Command::new("kill").arg("-TERM").arg(pid.to_string()).status();
        }
        std::process::exit(130);
    });
    Ok(())
}
