//! The outbox worker: takes mails that are due, sends them, and says what became of them.
//!
//! No transaction is open while a mail is under way. What a crash can do is repeat a mail whose acceptance was not
//! yet marked; the lease runs out, and whoever takes it next sends the same bytes under the same Message-ID.

use super::compose::{ComposeError, Letter, Sender, compose};
use super::transport::{Outcome, Transport};
use crate::clock::Clock;
use crate::store::outbox::{self, Lease, OutboxRow};
use crate::store::{Db, StoreError, Tx, audit, receipts, reference, users};
use lettre::message::Mailbox;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use sync_core::receipt::Receipt;
use sync_core::reference::{Record, RecordKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// When a mail is tried again, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// After the first failure, in milliseconds; doubled after each further one.
    pub first_ms: i64,
    /// The longest wait.
    pub longest_ms: i64,
    /// How long after it was queued a mail is given up.
    pub give_up_ms: i64,
    /// How long a worker owns a mail. Longer than sending one may take.
    pub lease_ms: i64,
    /// How many mails are under way at once.
    pub at_once: i64,
    /// How often to look without being woken.
    pub timer: Duration,
}

impl Default for Schedule {
    /// 1 min, 2, 4 … up to 4 h, for 5 days (RFC 5321, 4.5.4.1, asks for 4 to 5); leases of 10 min; 4 at once; a look
    /// every 30 s.
    fn default() -> Self {
        Self {
            first_ms: 60_000,
            longest_ms: 4 * 3_600_000,
            give_up_ms: 5 * 86_400_000,
            lease_ms: 600_000,
            at_once: 4,
            timer: Duration::from_secs(30),
        }
    }
}

impl Schedule {
    /// How long to wait after attempt number `attempts` (from 1).
    pub fn wait_ms(&self, attempts: i64) -> i64 {
        let doublings = u32::try_from(attempts.clamp(1, 40) - 1).unwrap_or(0);
        self.first_ms.saturating_mul(1_i64 << doublings).min(self.longest_ms)
    }
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Mails that the server has.
    pub sent: u32,
    /// Mails to be tried again.
    pub later: u32,
    /// Mails that were given up.
    pub failed: u32,
}

impl Round {
    /// Whether there was nothing to do.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// An outbox worker. Any number may run on one database.
#[derive(Clone, Debug)]
pub struct Worker {
    db: Db,
    transport: Transport,
    sender: Arc<Sender>,
    clock: Clock,
    schedule: Schedule,
    wake: Arc<Notify>,
    owner: String,
}

/// A mail with all that it is made from.
struct Job {
    row: OutboxRow,
    receipt: Option<String>,
    reply_to: Option<Mailbox>,
}

impl Worker {
    /// A worker that looks when `wake` is notified (after a commit that queued mails) and every `schedule.timer`.
    pub fn new(
        db: Db,
        transport: Transport,
        sender: Sender,
        clock: Clock,
        schedule: Schedule,
        wake: Arc<Notify>,
    ) -> Self {
        let owner = Uuid::now_v7().to_string();
        Self { db, transport, sender: Arc::new(sender), clock, schedule, wake, owner }
    }

    /// Works until `stop`; then finishes the mails in hand and returns.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(e) = self.take_over().await {
            tracing::error!(error = %e, "leases of an earlier run stay until they end");
        }
        while !stop.is_cancelled() {
            match self.round().await {
                // There may be more.
                Ok(round) if !round.is_empty() => continue,
                Ok(_) => {}
                Err(e) => tracing::error!(error = %e, "the outbox cannot be worked on"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.pause().await) => {}
            }
        }
        self.transport.close().await;
    }

    /// On SQLite there is one process: leases that are there at its start are those of one that was killed.
    async fn take_over(&self) -> Result<(), StoreError> {
        if matches!(self.db, Db::Sqlite { .. }) {
            let mut tx = self.db.begin().await?;
            outbox::release_all(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Until the next mail is due, at most the timer.
    async fn pause(&self) -> Duration {
        let due = async { outbox::next_due(&mut self.db.read().await?).await }.await;
        match due {
            Ok(Some(at)) => {
                let wait = at.saturating_sub(self.clock.now_ms()).max(100).unsigned_abs();
                Duration::from_millis(wait).min(self.schedule.timer)
            }
            Ok(None) | Err(_) => self.schedule.timer,
        }
    }

    /// Takes the mails that are due, as many as may be under way at once, and sends them.
    ///
    /// # Errors
    /// When the database refuses. Mails that were taken and not marked are taken again when their lease runs out.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let jobs = self.take().await?;
        let mut under_way = JoinSet::new();
        for job in jobs {
            let worker = self.clone();
            under_way.spawn(async move {
                let outcome = worker.send(&job).await;
                (job.row, outcome)
            });
        }
        let mut round = Round::default();
        while let Some(done) = under_way.join_next().await {
            // Those that happen to be ready too share the commit.
            let mut results = vec![done];
            while let Some(done) = under_way.try_join_next() {
                results.push(done);
            }
            crate::failpoint::pass("mail_sent_before_mark");
            let mut tx = self.db.begin().await?;
            for result in results {
                match result {
                    Ok((row, outcome)) => self.mark(&mut tx, &row, outcome, &mut round).await?,
                    // The lease will run out.
                    Err(e) => tracing::error!(error = %e, "sending a mail was broken off"),
                }
            }
            tx.commit().await?;
            crate::failpoint::pass("mail_marked");
        }
        Ok(round)
    }

    /// Leases what is due. The commit comes before anything is sent: only a durable lease keeps others away.
    async fn take(&self) -> Result<Vec<Job>, StoreError> {
        let now = self.clock.now_ms();
        // A look first: an idle worker must not take SQLite's only write lock every time it is woken.
        let mut tx = self.db.read().await?;
        if outbox::next_due(&mut tx).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        drop(tx);
        let mut tx = self.db.begin().await?;
        let until = now.saturating_add(self.schedule.lease_ms);
        let rows = outbox::claim(&mut tx, now, until, &self.owner, self.schedule.at_once).await?;
        tx.commit().await?;
        crate::failpoint::pass("mail_leased");

        let mut tx = self.db.read().await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in rows {
            let receipt = receipts::by_id(&mut tx, row.receipt_id).await?.map(|r| r.body);
            let reply_to = match &receipt {
                Some(body) => service_manager(&mut tx, body).await?,
                None => None,
            };
            jobs.push(Job { row, receipt, reply_to });
        }
        Ok(jobs)
    }

    async fn send(&self, job: &Job) -> Outcome {
        let letter = match self.compose(job).await {
            Ok(letter) => letter,
            Err(e) => return Outcome::Permanent(e.to_string()),
        };
        // Shorter than the lease: nobody else may take the mail while this one is still sending it.
        let limit = Duration::from_millis(self.schedule.lease_ms.max(0).unsigned_abs() / 4 * 3);
        match tokio::time::timeout(limit, self.transport.send(letter)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown("the mail server did not answer in time".to_owned()),
        }
    }

    async fn compose(&self, job: &Job) -> Result<Letter, ComposeError> {
        let Some(receipt) = job.receipt.clone() else {
            return Err(ComposeError::Receipt("it is not there".to_owned()));
        };
        let (row, reply_to, sender) = (job.row.clone(), job.reply_to.clone(), Arc::clone(&self.sender));
        let composed = tokio::task::spawn_blocking(move || compose(&row, &receipt, reply_to.as_ref(), &sender)).await;
        composed.unwrap_or_else(|e| Err(ComposeError::Mail(e.to_string())))
    }

    /// Writes down what became of a mail.
    async fn mark(&self, tx: &mut Tx, row: &OutboxRow, outcome: Outcome, round: &mut Round) -> Result<(), StoreError> {
        let lease = Lease { id: row.id, owner: &self.owner, attempts: row.attempts };
        let now = self.clock.now_ms();
        let (code, why) = match outcome {
            Outcome::Accepted => {
                if outbox::sent(tx, lease, now).await? {
                    round.sent += 1;
                }
                return Ok(());
            }
            Outcome::Permanent(why) => return self.give_up(tx, row, "permanent", &why, round).await,
            Outcome::Temporary(why) => ("temporary", why),
            Outcome::Unknown(why) => ("unknown", why),
            Outcome::Unreachable(why) => ("unreachable", why),
        };
        let next = now.saturating_add(self.schedule.wait_ms(row.attempts));
        if next > row.created_ms.saturating_add(self.schedule.give_up_ms) {
            return self.give_up(tx, row, code, &why, round).await;
        }
        if outbox::later(tx, lease, next, &format!("{code}: {why}")).await? {
            round.later += 1;
            tracing::warn!(mail = %row.id, attempt = row.attempts, outcome = code, why, "a mail is tried again later");
        }
        Ok(())
    }

    /// Marks a mail as failed, with an audit entry: a manager has to find another way to the customer.
    async fn give_up(
        &self,
        tx: &mut Tx,
        row: &OutboxRow,
        code: &str,
        why: &str,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let lease = Lease { id: row.id, owner: &self.owner, attempts: row.attempts };
        if outbox::failed(tx, lease, &format!("{code}: {why}")).await? {
            round.failed += 1;
            let detail = json!({
                "mail": row.id, "recipient": row.recipient, "outcome": code, "why": why, "attempts": row.attempts,
            });
            let subject = format!("receipt/{}", row.receipt_id);
            audit::add(tx, self.clock.now_ms(), None, "mail_failed", &subject, detail).await?;
            tracing::error!(mail = %row.id, receipt = %row.receipt_id, outcome = code, why, "a mail was given up");
        }
        Ok(())
    }
}

/// Where answers go: to the customer's service manager, when there is one with a usable address.
async fn service_manager(tx: &mut Tx, receipt: &str) -> Result<Option<Mailbox>, StoreError> {
    let Ok(receipt) = serde_json::from_str::<Receipt>(receipt) else { return Ok(None) };
    let Some(id) = receipt.body.customer.id else { return Ok(None) };
    let Some(row) = reference::by_id(tx, RecordKind::Customer, id.0).await? else { return Ok(None) };
    let Record::Customer(customer) = row.body.0 else { return Ok(None) };
    let Some(user) = users::by_id(tx, customer.service_manager.0).await? else { return Ok(None) };
    if user.disabled_ms.is_some() {
        return Ok(None);
    }
    let address = user.email.and_then(|email| email.parse().ok());
    Ok(address.map(|address| Mailbox::new(Some(crate::receipts::sheet::one_line(&user.name)), address)))
}
