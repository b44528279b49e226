//! Recording facts. Each is on disk when its call returns.

use super::Phone;
use super::known::Touched;
use crate::dto::*;
use crate::error::PhoneError;
use sync_core::document::command::{Command, CommandError};
use sync_core::document::facts::{CustomerRef, ManualSpan, Mode as CoreMode};
use sync_core::ids::{CustomerId, VisitId, WorkOrderId};
use sync_core::phone::{self as engine, Acknowledged, JoinCode};
use sync_core::reference::Reference;

#[cfg_attr(not(target_arch = "wasm32"), uniffi::export)]
impl Phone {
    /// Begins a visit: by a work order of this phone (which names it ahead of time), at a listed customer, or at one
    /// that the phone does not know.
    ///
    /// # Errors
    /// `command_invalid` unless exactly one of the three is named; `fact_unknown` for a customer or work order that this
    /// phone does not know; `visit_begun`.
    pub fn begin_visit(&self, begin: BeginVisit) -> Result<Recorded, PhoneError> {
        let mut moment = self.moment()?;
        let mut state = self.state()?;
        let (visit, command) = begun(begin, state.engine()?.reference())?;
        let staged = match visit {
            Some(visit) => state.engine_mut()?.record(visit, &mut moment.env(), &[command]),
            None => state.engine_mut()?.begin(&mut moment.env(), command),
        }?;
        // The engine may have chosen the visit's id.
        recorded(state.commit(staged, vec![], &Touched::All)?)
    }

    /// The code that another phone scans to join this visit without a network.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`.
    pub fn join_code(&self, visit: String) -> Result<String, PhoneError> {
        Ok(self.state()?.engine()?.join_code(id(&visit)?)?)
    }

    /// Joins the visit whose code was scanned from another phone.
    ///
    /// # Errors
    /// `join_code_unreadable`.
    pub fn join_by_code(&self, code: String) -> Result<Recorded, PhoneError> {
        let code = JoinCode::read(&code)?;
        let known = self.state()?.engine()?.view(code.visit).is_ok();
        self.write(code.visit, if known { Command::Join } else { code.begin() })
    }

    /// This engineer joins a visit that is on this phone.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`.
    pub fn join(&self, visit: String) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::Join)
    }

    /// This engineer leaves.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`.
    pub fn leave(&self, visit: String) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::Leave)
    }

    /// A new work item.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `command_invalid`.
    pub fn add_item(&self, visit: String, fields: ItemPatch) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::AddItem(fields.try_into()?))
    }

    /// Writes some fields of a work item.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`, `command_empty`.
    pub fn edit_item(&self, visit: String, item: String, fields: ItemPatch) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::EditItem { item: id(&item)?, patch: fields.try_into()? })
    }

    /// Starts a timer for this engineer, on a work item or on none.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `fact_unknown`.
    pub fn start_timer(&self, visit: String, kind: TimeKind, item: Option<String>) -> Result<Recorded, PhoneError> {
        let item = maybe_id(item.as_deref())?;
        self.write(id(&visit)?, Command::StartTimer { kind: kind.into(), item })
    }

    /// Stops a timer.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `fact_unknown`, `timer_ended`.
    pub fn stop_timer(&self, visit: String, entry: String) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::StopTimer { entry: id(&entry)? })
    }

    /// Writes a time entry down afterwards, perhaps in place of another. `user` is whose time it was, this engineer's
    /// when it is not said; instants are milliseconds since 1970 UTC.
    ///
    /// # Errors
    /// `bad_id`, `bad_number`, `visit_unknown`, `fact_unknown`, `command_invalid`.
    #[expect(clippy::too_many_arguments, reason = "each is one field of the entry, named by every language")]
    pub fn add_time(
        &self,
        visit: String,
        kind: TimeKind,
        from_ms: i64,
        until_ms: i64,
        user: Option<String>,
        item: Option<String>,
        corrects: Option<Correction>,
    ) -> Result<Recorded, PhoneError> {
        let own = self.state()?.engine()?.identity().user;
        let span = ManualSpan { from_ms: safe("from_ms", from_ms)?, until_ms: safe("until_ms", until_ms)? };
        let command = Command::AddTime {
            kind: kind.into(),
            user: maybe_id(user.as_deref())?.unwrap_or(own),
            item: maybe_id(item.as_deref())?,
            span,
            supersedes: corrects.map(TryInto::try_into).transpose()?,
        };
        self.write(id(&visit)?, command)
    }

    /// A new expense.
    ///
    /// # Errors
    /// `bad_id`, `bad_number`, `visit_unknown`, `command_invalid`.
    pub fn add_expense(&self, visit: String, fields: ExpensePatch) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::AddExpense(fields.try_into()?))
    }

    /// Writes some fields of an expense.
    ///
    /// # Errors
    /// `bad_id`, `bad_number`, `visit_unknown`, `fact_unknown`, `command_invalid`, `command_empty`.
    pub fn edit_expense(&self, visit: String, expense: String, fields: ExpensePatch) -> Result<Recorded, PhoneError> {
        self.write(id(&visit)?, Command::EditExpense { expense: id(&expense)?, patch: fields.try_into()? })
    }

    /// Records what the engineer advised against and had to do, or relief that was refused.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
    pub fn add_objection(
        &self,
        visit: String,
        kind: ObjectionKind,
        advice: String,
        insisted_by: String,
        words: String,
        corrects: Option<Correction>,
    ) -> Result<Recorded, PhoneError> {
        let supersedes = corrects.map(TryInto::try_into).transpose()?;
        self.write(id(&visit)?, Command::Object { kind: kind.into(), advice, insisted_by, words, supersedes })
    }

    /// Records a note.
    ///
    /// # Errors
    /// `bad_id`, `visit_unknown`, `fact_unknown`, `command_invalid`.
    pub fn add_note(&self, visit: String, text: String, corrects: Option<Correction>) -> Result<Recorded, PhoneError> {
        let supersedes = corrects.map(TryInto::try_into).transpose()?;
        self.write(id(&visit)?, Command::Note { text, supersedes })
    }
}

impl Phone {
    fn write(&self, visit: VisitId, command: Command) -> Result<Recorded, PhoneError> {
        let mut moment = self.moment()?;
        let mut state = self.state()?;
        let staged = state.engine_mut()?.record(visit, &mut moment.env(), &[command])?;
        recorded(state.commit(staged, vec![], &Touched::Visit(visit))?)
    }
}

/// What one command's acknowledgement says.
pub(super) fn recorded(ack: Acknowledged) -> Result<Recorded, PhoneError> {
    let fact = ack.facts.first().ok_or(engine::PhoneError::Command(CommandError::Empty))?;
    Ok(Recorded { visit: ack.visit.to_string(), fact: fact.to_string(), change: hex::encode(ack.change) })
}

/// The command that begins a visit, and the visit where the work order names it.
fn begun(begin: BeginVisit, reference: &Reference) -> Result<(Option<VisitId>, Command), PhoneError> {
    let unknown = |what: &str, which: &str| {
        PhoneError::refused("fact_unknown", &[("what", what.to_owned()), ("fact", which.to_owned())])
    };
    let mode = begin.mode.map_or(CoreMode::OnSite, Into::into);
    let demand = begin.demand.map(TryInto::try_into).transpose()?;
    let triage = begin.triage.map(Into::into);
    let listed = |customer: CustomerId| {
        let known = reference.customers.get(&customer).ok_or_else(|| unknown("customer", &customer.to_string()))?;
        Ok::<_, PhoneError>((CustomerRef::Listed(customer), known.name.clone()))
    };
    let (visit, (customer, customer_name), work_order, triage) =
        match (begin.work_order, begin.customer, begin.unlisted_customer) {
            (Some(order), None, None) => {
                let order_id: WorkOrderId = id(&order)?;
                let order = reference.work_orders.get(&order_id).ok_or_else(|| unknown("work order", &order))?;
                // What the dispatcher asked is part of the record unless the engineer asked anew.
                let triage = triage.or_else(|| order.triage.clone());
                (Some(order.visit), listed(order.customer)?, Some((order_id, order.code.clone())), triage)
            }
            (None, Some(customer), None) => (None, listed(id(&customer)?)?, None, triage),
            (None, None, Some(name)) => (None, (CustomerRef::Unlisted(name.clone()), name), None, triage),
            _ => {
                let why = "exactly one of work_order, customer and unlisted_customer".to_owned();
                return Err(PhoneError::refused("command_invalid", &[("field", "begin".into()), ("why", why)]));
            }
        };
    Ok((visit, Command::Begin { customer, customer_name, work_order, mode, demand, triage }))
}
