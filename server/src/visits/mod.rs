//! Visits as managers see them: the queue, one visit with everything around it, and their decisions.
//!
//! [`sight`] says who may see which visits, [`dossier`], [`history`] and [`verdicts`] read, [`review`] decides. Nothing here writes
//! into a visit's document: what a manager decides is the server's own row, with a trail.

pub mod answers;
pub mod dossier;
pub mod history;
mod provenance;
pub mod review;
pub mod sight;
pub mod verdicts;

pub use provenance::{Hand, Provenance};

use crate::store::StoreError;
use serde::Serialize;
use sync_core::document::facts::Lang;
use sync_core::message::Message;

/// Why a visit was not read.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// There is none, or the reader may not see it: for them it is the same.
    #[error("no such visit")]
    Unknown,
    /// What is stored cannot be read: a defect, or a damaged database.
    #[error("the stored visit cannot be read: {0}")]
    Unreadable(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Words {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// English.
    pub en: String,
}

impl From<&Message> for Words {
    fn from(message: &Message) -> Self {
        Self { zh_cn: message.render(Lang::ZhCn), en: message.render(Lang::En) }
    }
}

/// Computes away from the async workers; a panic there fails this request only.
async fn compute<R: Send + 'static>(f: impl FnOnce() -> Result<R, String> + Send + 'static) -> Result<R, VisitError> {
    let done = tokio::task::spawn_blocking(f).await.map_err(|e| VisitError::Unreadable(e.to_string()))?;
    done.map_err(VisitError::Unreadable)
}
