//! `countersign load`.

use super::print_line;
use crate::failure::Failure;
use crate::load::{BEGIN_MS, Fleet, Options, Progress, Reconnect};
use std::io::IsTerminal as _;

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Scenario {
    /// Every phone brings new visits, all at once.
    W,
    /// One phone that knows --visits visits reconnects with one changed, --rounds times.
    W2,
    /// Every phone asks for news, --visits times.
    Poll,
}

#[derive(Debug, clap::Args)]
pub(super) struct LoadArgs {
    /// The server, such as http://127.0.0.1:8090.
    #[arg(long)]
    server: String,
    /// An engineer's log-in; {} in it stands for the phone's number from 1. Phones of one engineer get each other's
    /// visits as news, as they should; for phones of different engineers, each needs a log-in of their own.
    #[arg(long)]
    login: String,
    /// The password of all of them.
    #[arg(long)]
    password: String,
    /// How many phones.
    #[arg(long, default_value_t = 20)]
    phones: usize,
    /// Visits of each phone.
    #[arg(long, default_value_t = 50)]
    visits: usize,
    /// How often the phone of scenario w2 reconnects.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// What the phones do.
    #[arg(long, value_enum, default_value = "w")]
    scenario: Scenario,
}

/// Progress goes to standard error, the one line of JSON at the end to standard output.
pub(super) fn run(args: LoadArgs) -> Result<(), Failure> {
    let mut options = Options {
        server: args.server,
        login: args.login,
        password: args.password,
        phones: args.phones,
        visits: args.visits,
        seed: 1,
        begin_ms: BEGIN_MS,
    };
    match args.scenario {
        Scenario::W => {
            let report = Fleet::prepare(&options, &tell)?.run(&tell)?;
            print_line(&report.to_json("w"))?;
            failed(report.errors, report.faults.first())
        }
        Scenario::Poll => {
            options.visits = 1;
            let report = Fleet::prepare(&options, &tell)?.poll(args.visits, &tell)?;
            print_line(&report.to_json("poll"))?;
            failed(report.errors, report.faults.first())
        }
        Scenario::W2 => {
            let mut phone = Reconnect::prepare(&options, &tell)?;
            let mut rounds = (0..args.rounds).map(|n| phone.round(n)).collect::<Result<Vec<_>, Failure>>()?;
            rounds.sort_by_key(|r| r.us);
            let median = rounds.get(rounds.len() / 2).copied().unwrap_or_default();
            let most = |f: fn(&crate::load::Round) -> u64| rounds.iter().map(f).max().unwrap_or_default();
            let line = serde_json::json!({
                "scenario": "w2",
                "known": options.visits,
                "rounds": rounds.len(),
                "median_us": median.us,
                "round_trips": most(|r| r.traffic.requests),
                "bytes_up": most(|r| r.traffic.up),
                "bytes_down": most(|r| r.traffic.down),
                "errors": 0,
            });
            print_line(&line.to_string())
        }
    }
}

fn failed(errors: usize, first: Option<&String>) -> Result<(), Failure> {
    match first {
        None => Ok(()),
        Some(first) => Err(Failure::new(format!("{errors} errors; the first: {first}"))),
    }
}

fn tell(p: Progress) {
    let line = format!("{} {} of {}, {}/s, {} s to go", p.what, p.done, p.total, p.per_s, p.remaining_s);
    if std::io::stderr().is_terminal() {
        let end = if p.done >= p.total { "\n" } else { "" };
        eprint!("\r\x1b[K{line}{end}");
    } else {
        eprintln!("{line}");
    }
}
