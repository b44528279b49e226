//! Workload W2: one phone that knows many visits comes back into the network with one that has changed.

use super::report::{Meter, Progress};
use super::{Options, customers, enrol, pick, visit};
use crate::failure::Failure;
use sim_phone::SimPhone;
use sim_phone::http::{HttpLink, Traffic};
use std::time::Instant;
use sync_core::document::command::Command;
use sync_core::ids::VisitId;

/// After so many visits the phone lets go of the documents in its memory, as an app that is opened anew.
const FORGET_EVERY: usize = 100;

/// A phone that has synced `visits` visits.
pub struct Reconnect {
    phone: SimPhone,
    link: HttpLink,
    server: String,
    visits: Vec<VisitId>,
}

/// One reconnection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Round {
    /// From the request to the answer's being taken in, microseconds; a new connection included.
    pub us: u64,
    /// Bytes and requests.
    pub traffic: Traffic,
}

impl Reconnect {
    /// Enrols the first phone, records and syncs its visits.
    ///
    /// # Errors
    /// When the server refuses anything.
    pub fn prepare(options: &Options, progress: &dyn Fn(Progress)) -> Result<Self, Failure> {
        let meter = Meter::new("recorded and synced", options.visits);
        meter.watch(progress, || {
            let told = |e: &dyn std::fmt::Display| Failure::new(format!("the reconnecting phone: {e}"));
            let (mut phone, mut link, _, _) = enrol(options, 0)?;
            let known = customers(&phone);
            let mut visits = Vec::new();
            for n in 1..=options.visits {
                let customer = pick(&known, &mut phone).cloned();
                visits.push(visit::record(&mut phone, customer.as_ref()).map_err(|e| told(&e))?);
                if n % FORGET_EVERY == 0 || n == options.visits {
                    if !phone.sync_until_quiet(&mut link, 200).map_err(|e| told(&e))? {
                        return Err(told(&"its visits were not all confirmed"));
                    }
                    phone.restart().map_err(|e| told(&e))?;
                }
                meter.add(1);
            }
            Ok(Self { phone, link, server: options.server.clone(), visits })
        })
    }

    /// Changes one visit, and syncs over a new connection.
    ///
    /// # Errors
    /// When it is not confirmed in that one exchange.
    pub fn round(&mut self, n: usize) -> Result<Round, Failure> {
        let told = |e: &dyn std::fmt::Display| Failure::new(format!("reconnection {n}: {e}"));
        let visit = *self.visits.get(n % self.visits.len().max(1)).ok_or_else(|| told(&"there is no visit"))?;
        let note = Command::Note { text: format!("第 {n} 次回访:运行正常"), supersedes: None };
        self.phone.one(visit, note).map_err(|e| told(&e))?;
        self.phone.clock.advance_ms(60_000);
        self.link.set_base(&self.server);
        self.link.traffic = Traffic::default();
        let began = Instant::now();
        let report = self.phone.sync_once(&mut self.link).map_err(|e| told(&e))?;
        let us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        if report.again || self.phone.phone.unsynced_changes() > 0 {
            return Err(told(&"one exchange was not enough"));
        }
        Ok(Round { us, traffic: self.link.traffic })
    }
}
