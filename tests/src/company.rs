//! The demo company: engineers, managers, hospitals of all four tiers, and contracts of every sort.

use crate::{Failure, ServerProcess};
use sim_phone::http::{Api, HttpLink};
use sim_phone::{Clock, Seeded, SimPhone};
use sync_core::crypto::SoftwareKey;
use sync_core::document::command::Command;
use sync_core::document::facts::{CustomerRef, Demand, Mode};
use sync_core::env::Entropy;
use sync_core::reference::{Asset, Customer, WorkOrder};

/// Everybody's password in the demo company.
pub const PASSWORD: &str = "countersign demo";

/// The company's file, for `countersign import`.
pub const FILE: &str = include_str!("../company/demo.json");

/// A server that knows the demo company.
pub struct Company {
    /// The server.
    pub server: ServerProcess,
}

impl Company {
    /// Imports the company into a server that does not run yet, and starts it.
    ///
    /// # Errors
    /// When one of the two fails.
    pub fn found(mut server: ServerProcess) -> Result<Self, Failure> {
        std::fs::create_dir_all(server.data())?;
        let file = server.data().join("demo-company.json");
        std::fs::write(&file, FILE)?;
        server.run_command(&["import", &file.to_string_lossy()])?;
        server.run()?;
        Ok(Self { server })
    }

    /// A client of the API, logged in.
    ///
    /// # Errors
    /// When the log-in fails.
    pub fn login(&self, login: &str) -> Result<Api, Failure> {
        Ok(Api::new(&self.server.base()).login(login, PASSWORD)?.0)
    }

    /// Enrols a phone for an engineer and lets it fetch the reference data.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn phone(&self, login: &str, seed: u64, wall_ms: i64) -> Result<(SimPhone, HttpLink), Failure> {
        let mut rng = Seeded::new(seed);
        let mut secret = [0u8; 32];
        rng.fill(&mut secret);
        let key = SoftwareKey::from_seed(secret);
        let (identity, mut link) = self.login(login)?.enrol(&format!("{login} phone {seed}"), &key)?;
        let clock = Clock::at(wall_ms, &mut rng);
        let mut phone = SimPhone::new(identity, key, clock, rng);
        if !phone.sync_until_quiet(&mut link, 50)? {
            return Err("the first sync did not come to an end".into());
        }
        Ok((phone, link))
    }
}

/// The customer with this code, as the phone knows it.
///
/// # Errors
/// When the phone does not know it.
pub fn customer(phone: &SimPhone, code: &str) -> Result<Customer, Failure> {
    let known = &phone.phone.reference().customers;
    known.values().find(|c| c.code == code).cloned().ok_or_else(|| format!("no customer {code} on the phone").into())
}

/// The work order with this number, as the phone knows it.
///
/// # Errors
/// When the phone does not know it.
pub fn work_order(phone: &SimPhone, code: &str) -> Result<WorkOrder, Failure> {
    let known = &phone.phone.reference().work_orders;
    known.values().find(|w| w.code == code).cloned().ok_or_else(|| format!("no work order {code} on the phone").into())
}

/// The asset with this number, as the phone knows it.
///
/// # Errors
/// When the phone does not know it.
pub fn asset(phone: &SimPhone, code: &str) -> Result<Asset, Failure> {
    let known = &phone.phone.reference().assets;
    known.values().find(|a| a.code == code).cloned().ok_or_else(|| format!("no asset {code} on the phone").into())
}

/// The beginning of a visit at a listed customer.
pub fn begin(customer: &Customer, order: Option<&WorkOrder>, mode: Mode, demand: Option<Demand>) -> Command {
    Command::Begin {
        customer: CustomerRef::Listed(customer.id),
        customer_name: customer.name.clone(),
        work_order: order.map(|w| (w.id, w.code.clone())),
        mode,
        demand,
        triage: None,
    }
}
