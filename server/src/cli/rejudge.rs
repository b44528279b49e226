//! `countersign rejudge`.

use super::print_line;
use crate::config::Config;
use crate::failure::Failure;
use crate::rejudge::{self, Schedule, Wish, Worker};
use crate::state::AppState;
use crate::store::rejudge::{self as rows, RejudgementRow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::civil::Date;
use std::io::IsTerminal as _;
use std::time::Duration;

/// Lines instead of a bar come so often.
const LINE_MS: i64 = 2000;

#[derive(Debug, clap::Args)]
pub(super) struct RejudgeArgs {
    /// Only visits at this customer: its code (or id).
    #[arg(long)]
    customer: Option<String>,
    /// Only visits that began on or after this day, such as 2026-11-23.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Only visits that began on or before this day.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Why; it stands beside every verdict that changes.
    #[arg(long, default_value = "countersign rejudge")]
    reason: String,
    /// Help to judge them, show how far it is, and end when it is done. Otherwise a running server does it, or the next
    /// one that is started.
    #[arg(long)]
    wait: bool,
}

/// Works beside a running server, and without one.
pub(super) async fn run(config: Config, args: RejudgeArgs) -> Result<(), Failure> {
    config.prepare_data_dir()?;
    let public_url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let state = AppState::open(config, &public_url).await?;
    let wish = Wish { customer: args.customer, from: args.from, until: args.to, reason: args.reason };
    let told = |e: &dyn std::fmt::Display| Failure::usage(e.to_string());
    let (which, cause) = rejudge::wish(&wish, &state.reference.get(), None).map_err(|e| told(&e))?;
    let row = rejudge::ask(&state.db, which, cause, state.clock.now_ms()).await?;
    if args.wait {
        let row = wait(&state, row).await?;
        print_line(&format!("{} visits judged again, {} with another verdict", row.done, row.changed))?;
    } else {
        print_line(&format!("{} visits are in the queue to be judged again (run {})", row.total, row.id))?;
    }
    state.merger.flush().await;
    state.db.close().await;
    Ok(())
}

async fn wait(state: &AppState, mut row: RejudgementRow) -> Result<RejudgementRow, Failure> {
    let (db, merger, clock) = (state.db.clone(), state.merger.clone(), state.clock.clone());
    let worker = Worker::new(db, merger, clock, Schedule::default(), state.rejudge.clone());
    let bar = bar(&row)?;
    let mut said = 0;
    while row.finished_ms.is_none() {
        let judged = worker.round().await.map_err(|e| Failure::new(e.to_string()))?;
        let mut tx = state.db.read().await?;
        row = rows::by_id(&mut tx, row.id).await?.ok_or_else(|| Failure::new("the run is gone"))?;
        drop(tx);
        bar.set_position(row.done.unsigned_abs());
        let now = state.clock.now_ms();
        if bar.is_hidden() && now - said >= LINE_MS {
            said = now;
            let progress = rejudge::progress(&row, now);
            let left = progress.remaining_s.map_or_else(|| "?".to_owned(), |s| s.to_string());
            eprintln!("{} of {} visits, {} per minute, {left} s to go", row.done, row.total, progress.per_minute);
        }
        if judged == 0 && row.finished_ms.is_none() {
            // The rest is in other hands.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    bar.finish_and_clear();
    Ok(row)
}

fn bar(row: &RejudgementRow) -> Result<ProgressBar, Failure> {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} visits  {per_sec}  {eta} to go")
        .map_err(|e| Failure::new(e.to_string()))?;
    Ok(ProgressBar::with_draw_target(Some(row.total.unsigned_abs()), target).with_style(style))
}
