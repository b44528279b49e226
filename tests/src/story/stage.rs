//! The stage: a server with the demo company, the engineers with their phones, the managers, and who tells the story.

use super::Tone;
use super::actor::Actor;
use super::checks::Checks;
use super::narration::Narrator;
use super::show::many;
use super::weather::Weather;
use crate::company::Company;
use crate::{Failure, ServerProcess};
use sim_phone::http::Api;
use std::sync::Arc;
use sync_core::ids::VisitId;

/// The engineers who take part; each has a phone.
pub const CREW: [&str; 6] = ["wang.jianguo", "chen.xiaodong", "li.na", "zhou.wei", "maimaiti", "liu.yang"];

/// Everything that a story needs.
pub struct Stage {
    /// The server and its company.
    pub company: Company,
    /// The engineers.
    pub actors: Vec<Actor>,
    /// What reached the server's door.
    pub weather: Arc<Weather>,
    /// Who tells the story.
    pub narrator: Narrator,
    /// What is expected of it.
    pub checks: Checks,
}

impl Stage {
    /// Founds the company on a server that does not run yet, and enrols these engineers' phones.
    ///
    /// # Errors
    /// When the server does not start, or refuses.
    pub fn build(server: ServerProcess, crew: &[&'static str], narrator: Narrator) -> Result<Self, Failure> {
        let company = Company::found(server)?;
        let weather = Arc::new(Weather::default());
        let mut actors = Vec::new();
        for (login, seed) in crew.iter().zip(2026..) {
            actors.push(Actor::enrol(&company, login, seed, &weather)?);
        }
        Ok(Self { company, actors, weather, narrator, checks: Checks::default() })
    }

    /// An engineer.
    ///
    /// # Errors
    /// When this story is told without them.
    pub fn actor(&mut self, login: &str) -> Result<&mut Actor, Failure> {
        self.actors.iter_mut().find(|a| a.login == login).ok_or_else(|| format!("{login} is not on stage").into())
    }

    /// A manager at the console.
    ///
    /// # Errors
    /// When the log-in fails.
    pub fn manager(&self, login: &str) -> Result<Api, Failure> {
        self.company.login(login)
    }

    /// Where the server puts its mails.
    pub fn mail_folder(&self) -> std::path::PathBuf {
        self.company.server.data().join("mails")
    }

    /// Tells what a phone holds of a visit and has not yet sent.
    ///
    /// # Errors
    /// When the phone has no such visit.
    pub fn told_user(&mut self, login: &str, visit: VisitId) -> Result<(), Failure> {
        let actor = self.actor(login)?;
        let view = actor.phone.phone.view(visit)?;
        let minutes = sync_core::time::spans(&view).totals().labour_union_ms / 60_000;
        let sum: i64 = view.live_expenses().filter_map(|e| e.amount_minor.get()).sum();
        let mut parts = vec![many(view.live_items().count(), "work item"), format!("{minutes} min of labour")];
        if sum > 0 {
            parts.push(format!("¥{}.{:02} of expenses", sum / 100, sum % 100));
        }
        if !view.objections.is_empty() {
            parts.push(many(view.objections.len(), "objection"));
        }
        for s in &view.sign_offs {
            let points = sync_core::document::read::strokes(&actor.phone.phone.document(visit)?, s.id)
                .and_then(|b| sync_core::signoff::strokes::decode(&b))
                .map_or(0, |s| s.iter().map(Vec::len).sum::<usize>());
            let drawn = if points > 0 { format!(", signature of {points} points") } else { String::new() };
            parts.push(format!("{}: {}{drawn}", s.value.signer.name, s.value.outcome));
        }
        let unsent = actor.phone.phone.visits().iter().find(|l| l.visit == visit).map_or(0, |l| l.unsynced_changes);
        let label = format!("{}'s phone", actor.name);
        let unsent = many(usize::try_from(unsent)?, "change");
        let text = format!("{}. Only on this phone: {unsent}.", parts.join(", "));
        self.narrator.detail(Tone::Quiet, &format!("{label}:"), &text);
        Ok(())
    }
}
