//! Two phones without a network meet in one visit: one shows a code, the other scans it.

use super::{Phone, PhoneError};
use crate::canonical::to_canonical_json;
use crate::document::command::Command;
use crate::document::facts::{CustomerRef, Mode};
use crate::ids::VisitId;
use serde::{Deserialize, Serialize};

/// What the code says: the visit and its customer, as JSON with one-letter keys (it has to fit into a QR code).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinCode {
    /// The visit.
    #[serde(rename = "v")]
    pub visit: VisitId,
    /// The customer.
    #[serde(rename = "c")]
    pub customer: CustomerRef,
    /// The customer's name.
    #[serde(rename = "n")]
    pub customer_name: String,
    /// On site or remote.
    #[serde(rename = "m")]
    pub mode: Mode,
}

/// Longest code that is read.
const LONGEST: usize = 1_000;

impl JoinCode {
    /// Reads what was scanned.
    ///
    /// # Errors
    /// [`PhoneError::BadCode`] for anything that is no such code.
    pub fn read(text: &str) -> Result<Self, PhoneError> {
        if text.len() > LONGEST {
            return Err(PhoneError::BadCode);
        }
        serde_json::from_str(text).map_err(|_| PhoneError::BadCode)
    }

    /// The command that begins this visit on the phone that scanned it.
    pub fn begin(&self) -> Command {
        Command::Begin {
            customer: self.customer.clone(),
            customer_name: self.customer_name.clone(),
            work_order: None,
            mode: self.mode,
            demand: None,
            triage: None,
        }
    }
}

impl Phone {
    /// The code for another phone to scan.
    ///
    /// # Errors
    /// When this phone has no such visit.
    pub fn join_code(&self, visit: VisitId) -> Result<String, PhoneError> {
        let view = self.view(visit)?;
        let origin = view.origin().ok_or(PhoneError::UnknownVisit(visit))?;
        let code = JoinCode {
            visit,
            customer: origin.customer.clone(),
            customer_name: origin.customer_name.clone(),
            mode: origin.mode,
        };
        Ok(to_canonical_json(&code)?)
    }
}
