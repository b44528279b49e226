//! What lists show of each visit beyond the engine's own line, kept so that its document need not be read for every look.

use super::State;
use crate::error::PhoneError;
use std::collections::BTreeMap;
use sync_core::clock::Stamp;
use sync_core::coverage::Coverage;
use sync_core::ids::VisitId;
use sync_core::phone::Listed;
use sync_core::time::{self, Running};

/// By visit; what is not in it is worked out at the next look.
pub(super) type Known = BTreeMap<VisitId, Looked>;

/// What a look at a visit's document showed.
#[derive(Clone)]
pub(super) struct Looked {
    pub(super) advice: Option<Coverage>,
    /// Timers that run, each with the clocks at its start.
    pub(super) running: Vec<(Running, Stamp)>,
}

/// What a commit changed.
pub(super) enum Touched {
    /// Nothing that a list shows.
    Nothing,
    /// One visit, and by what it uses up perhaps the verdicts on its customer's others.
    Visit(VisitId),
    /// Anything.
    All,
}

impl State {
    /// These visits with what is known of them; what is not is worked out now.
    pub(super) fn looked(&mut self, of: impl IntoIterator<Item = Listed>) -> Result<Vec<(Listed, Looked)>, PhoneError> {
        let engine = self.engine.as_ref().ok_or_else(|| PhoneError::refused("not_enrolled", &[]))?;
        let mut lister = engine.lister();
        let mut all = Vec::new();
        for listed in of {
            let looked = match self.known.get(&listed.visit) {
                Some(looked) => looked.clone(),
                None => {
                    // A visit that cannot be read stays in the list; opening it says why.
                    let read = engine.view(listed.visit);
                    let advice = read.as_ref().ok().map(|view| lister.coverage(view));
                    let view = read.unwrap_or_default();
                    let start = |r: Running| {
                        let at = view.time.iter().find(|t| t.start.id == r.entry)?.start.value.at;
                        Some((r, at))
                    };
                    let running = time::spans(&view).running.into_iter().filter_map(start).collect();
                    self.known.entry(listed.visit).or_insert(Looked { advice, running }).clone()
                }
            };
            all.push((listed, looked));
        }
        Ok(all)
    }

    pub(super) fn forget(&mut self, touched: &Touched) {
        match touched {
            Touched::Nothing => {}
            Touched::All => self.known.clear(),
            Touched::Visit(visit) => {
                let listed = self.engine.as_ref().map(|e| e.visits()).unwrap_or_default();
                let customer = listed.iter().find(|l| l.visit == *visit).map(|l| &l.customer);
                for other in listed.iter().filter(|l| Some(&l.customer) == customer) {
                    self.known.remove(&other.visit);
                }
            }
        }
    }
}
