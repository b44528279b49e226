//! The outbox worker: takes mails that are due, sends them, and says what became of them.
//!
//! No transaction is open while a mail is under way. What a crash can do is repeat a mail whose acceptance was not
//! yet marked; the lease runs out, and whoever takes it next sends the bytes that were kept before the first attempt.

use super::code;
use super::compose::{ComposeError, Letter, MailedPdf, Sender, compose, envelope, mailbox};
use super::notice;
use super::outcome::Outcome;
use super::seal::Sealer;
use super::transport::Transport;
use crate::backoff;
use crate::clock::Clock;
use crate::receipts::codes::VALID_MS;
use crate::receipts::pdf::Languages;
use crate::receipts::seal::{self, Seal};
use crate::store::letters::{self, LetterRow};
use crate::store::outbox::{self, Lease, OutboxRow, Wanted};
use crate::store::page::EntryRow;
use crate::store::{Db, StoreError, Tx, audit, page, receipts, reference, users};
use lettre::message::Mailbox;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use sync_core::receipt::Receipt;
use sync_core::reference::{Customer, Record, RecordKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long to wait before looking again whether a domain takes more.
const HELD_BACK_MS: i64 = 1000;

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
    /// How many mails to one domain may be under way at once, over all servers.
    pub per_domain: i64,
    /// How many attempts for one domain there may be in a minute, over all servers.
    pub per_minute: i64,
}

impl Default for Schedule {
    /// 1 min, 2, 4 … up to 4 h, for 5 days (RFC 5321, 4.5.4.1, asks for 4 to 5); leases of 10 min; 4 at once; a look
    /// every 30 s; for one domain 2 at once and 60 in a minute.
    fn default() -> Self {
        Self {
            first_ms: 60_000,
            longest_ms: 4 * 3_600_000,
            give_up_ms: 5 * 86_400_000,
            lease_ms: 600_000,
            at_once: 4,
            timer: Duration::from_secs(30),
            per_domain: 2,
            per_minute: 60,
        }
    }
}

impl Schedule {
    /// How long to wait after attempt number `attempts` (from 1).
    pub fn wait_ms(&self, attempts: i64) -> i64 {
        backoff::wait_ms(self.first_ms, self.longest_ms, attempts)
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
    seal: Sealer,
    clock: Clock,
    schedule: Schedule,
    wake: Arc<Notify>,
    owner: String,
}

/// A mail and its bytes, or why there are none.
struct Job {
    row: OutboxRow,
    bytes: Result<Vec<u8>, String>,
}

/// What a mail is made from.
struct Material {
    row: OutboxRow,
    receipt: Option<String>,
    /// The customer's, for its PDF.
    seal: Option<Seal>,
    /// The languages in which the customer wants it.
    languages: Option<Languages>,
    reply_to: Option<Mailbox>,
    dispute: Option<EntryRow>,
}

impl Worker {
    /// A worker that looks when `wake` is notified (after a commit that queued mails) and every `schedule.timer`. Into a
    /// folder it writes without the limits of domains: they are there to spare other people's mail servers.
    pub fn new(
        db: Db,
        transport: Transport,
        (sender, seal): (Sender, Sealer),
        clock: Clock,
        mut schedule: Schedule,
        wake: Arc<Notify>,
    ) -> Self {
        let owner = Uuid::now_v7().to_string();
        if matches!(transport, Transport::Folder(_)) {
            (schedule.per_domain, schedule.per_minute) = (i64::MAX, i64::MAX);
        }
        Self { db, transport, sender: Arc::new(sender), seal, clock, schedule, wake, owner }
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
                let wait = at.saturating_sub(self.clock.now_ms());
                // What is due and was not taken is held back by the limits of its domain.
                let wait = if wait <= 0 { HELD_BACK_MS } else { wait.max(100) };
                Duration::from_millis(wait.unsigned_abs()).min(self.schedule.timer)
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
        for Job { row, bytes } in jobs {
            let worker = self.clone();
            under_way.spawn(async move {
                let outcome = worker.send(&row, bytes).await;
                (row, outcome)
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
        let wanted = Wanted {
            now_ms: now,
            lease_until_ms: now.saturating_add(self.schedule.lease_ms),
            owner: &self.owner,
            limit: self.schedule.at_once,
            per_domain: self.schedule.per_domain,
            per_minute: self.schedule.per_minute,
        };
        let rows = outbox::claim(&mut tx, wanted).await?;
        tx.commit().await?;
        crate::failpoint::pass("mail_leased");
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.with_bytes(rows).await
    }

    /// Puts the kept bytes to each mail. Those that have none yet are composed, and kept before anything is sent: whatever
    /// happens to the receipt's words, the templates or the keys later, what is sent again is what was sent.
    async fn with_bytes(&self, rows: Vec<OutboxRow>) -> Result<Vec<Job>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
        let mut tx = self.db.read().await?;
        let mut kept = letters::of(&mut tx, &ids).await?;
        let mut fresh = Vec::new();
        for row in rows.iter().filter(|r| !kept.iter().any(|l| l.outbox_id == r.id)) {
            fresh.push(material(&mut tx, row.clone()).await?);
        }
        drop(tx);
        let mut failed = HashMap::new();
        if !fresh.is_empty() {
            let made: Vec<Uuid> = fresh.iter().map(|m| m.row.id).collect();
            let (sender, seal) = (Arc::clone(&self.sender), self.seal.clone());
            let composed = tokio::task::spawn_blocking(move || compose_all(fresh, &sender, &seal)).await;
            let mut sealed = Vec::new();
            for (id, letter) in composed.unwrap_or_else(|e| made.iter().map(|id| (*id, Err(e.to_string()))).collect()) {
                match letter {
                    Ok(letter) => sealed.push(letter),
                    Err(why) => drop(failed.insert(id, why)),
                }
            }
            let mut tx = self.db.begin().await?;
            letters::add_all(&mut tx, &sealed, self.clock.now_ms()).await?;
            kept.extend(letters::of(&mut tx, &made).await?);
            tx.commit().await?;
            crate::failpoint::pass("mail_composed");
        }
        let mut kept: HashMap<Uuid, Vec<u8>> = kept.into_iter().map(|l| (l.outbox_id, l.sealed)).collect();
        let jobs = rows.into_iter().map(|row| {
            let bytes = match (kept.remove(&row.id), failed.remove(&row.id)) {
                (Some(sealed), _) => self.seal.open(&row.id.to_string(), &sealed).map_err(|e| e.to_string()),
                (None, why) => Err(why.unwrap_or_else(|| "its bytes were not kept".to_owned())),
            };
            Job { row, bytes }
        });
        Ok(jobs.collect())
    }

    async fn send(&self, row: &OutboxRow, bytes: Result<Vec<u8>, String>) -> Outcome {
        let letter = bytes.and_then(|bytes| {
            let envelope = envelope(&row.recipient, &self.sender).map_err(|e| e.to_string())?;
            Ok(Letter { envelope, message_id: row.message_id.clone(), bytes })
        });
        let letter = match letter {
            Ok(letter) => letter,
            Err(why) => return Outcome::Permanent(why),
        };
        // Shorter than the lease: nobody else may take the mail while this one is still sending it.
        let limit = Duration::from_millis(self.schedule.lease_ms.max(0).unsigned_abs() / 4 * 3);
        match tokio::time::timeout(limit, self.transport.send(letter)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown("the mail server did not answer in time".to_owned()),
        }
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
        let next = now.saturating_add(self.schedule.wait_ms(row.attempts - row.resent_after));
        let since = row.resent_ms.unwrap_or(row.created_ms);
        // Once its code is of no use any more, nobody wants the mail.
        let longest = if row.kind == "code" { VALID_MS } else { self.schedule.give_up_ms };
        if next > since.saturating_add(longest) {
            return self.give_up(tx, row, code, &why, round).await;
        }
        if outbox::later(tx, lease, next, code, &format!("{code}: {why}")).await? {
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
        if outbox::failed(tx, lease, code, &format!("{code}: {why}")).await? {
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

/// Reads what a mail is made from.
async fn material(tx: &mut Tx, row: OutboxRow) -> Result<Material, StoreError> {
    let receipt = receipts::by_id(tx, row.receipt_id).await?.map(|r| r.body);
    let customer = match &receipt {
        Some(body) if row.kind == "receipt" => customer_of(tx, body).await?,
        _ => None,
    };
    let reply_to = match &customer {
        Some(customer) => service_manager(tx, customer).await?,
        None => None,
    };
    let languages = customer.filter(|_| row.audience == "customer").and_then(|c| c.receipt_languages);
    let languages = languages.and_then(|l| Languages::parse(l.as_str()));
    let seal = match &receipt {
        Some(body) if row.kind == "receipt" => seal::of(tx, body).await?,
        _ => None,
    };
    let dispute = match row.about {
        Some(id) => page::entry(tx, id).await?,
        None => None,
    };
    Ok(Material { row, receipt, seal, languages, reply_to, dispute })
}

/// Composes and seals: CPU work of some milliseconds for each.
fn compose_all(all: Vec<Material>, sender: &Sender, seal: &Sealer) -> Vec<(Uuid, Result<LetterRow, String>)> {
    let one = |m: Material| {
        let id = m.row.id;
        let letter = compose_one(m, sender, seal).map_err(|e| e.to_string());
        let sealed = letter.and_then(|l| seal.seal(&id.to_string(), &l.bytes).map_err(|e| e.to_string()));
        (id, sealed.map(|sealed| LetterRow { outbox_id: id, sealed }))
    };
    all.into_iter().map(one).collect()
}

fn compose_one(material: Material, sender: &Sender, seal: &Sealer) -> Result<Letter, ComposeError> {
    let Material { mut row, receipt, seal: stamp, languages, reply_to, dispute } = material;
    // What the customer wants goes before what the server does for everybody; without PDFs there are none.
    let own = languages.and_then(|l| {
        let pdf = sender.pdf.clone().map(|pdf| MailedPdf { languages: Some(l), ..pdf })?;
        Some(Sender { pdf: Some(pdf), ..sender.clone() })
    });
    let sender = own.as_ref().unwrap_or(sender);
    let receipt = receipt.ok_or_else(|| ComposeError::Receipt("it is not there".to_owned()))?;
    row.link_token = seal.open_token(&row.link_token).map_err(|e| ComposeError::Row(e.to_string()))?;
    match (row.kind.as_str(), dispute) {
        ("receipt", _) => compose(&row, &receipt, stamp.as_ref(), reply_to.as_ref(), sender),
        ("code", _) => code::compose(&row, &receipt, sender),
        ("dispute", Some(dispute)) => notice::compose(&row, &receipt, &dispute, sender),
        _ => Err(ComposeError::Row(row.kind)),
    }
}

/// The customer of a receipt's file as it is known now.
async fn customer_of(tx: &mut Tx, receipt: &str) -> Result<Option<Customer>, StoreError> {
    let Ok(receipt) = serde_json::from_str::<Receipt>(receipt) else { return Ok(None) };
    let Some(id) = receipt.body.customer.id else { return Ok(None) };
    let Some(row) = reference::by_id(tx, RecordKind::Customer, id.0).await? else { return Ok(None) };
    Ok(match row.body.0 {
        Record::Customer(customer) => Some(customer),
        _ => None,
    })
}

/// Where answers go: to the customer's service manager, when there is one with a usable address.
async fn service_manager(tx: &mut Tx, customer: &Customer) -> Result<Option<Mailbox>, StoreError> {
    let Some(user) = users::by_id(tx, customer.service_manager.0).await? else { return Ok(None) };
    if user.disabled_ms.is_some() {
        return Ok(None);
    }
    let address = user.email.and_then(|email| email.parse().ok());
    Ok(address.map(|address| mailbox(&user.name, address)))
}
