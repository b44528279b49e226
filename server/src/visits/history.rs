//! A visit's changes one by one.

use super::provenance::{Hands, told};
use super::{Provenance, VisitError, compute, sight};
use crate::auth::Principal;
use crate::state::AppState;
use crate::store::{dossier as rows, queue};
use serde::Serialize;
use std::collections::BTreeSet;
use sync_core::document::Document;
use uuid::Uuid;

/// One change and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Step {
    /// Who and when.
    #[serde(flatten)]
    pub change: Provenance,
    /// The paths that it wrote, such as `items/0190…/action`.
    pub paths: Vec<String>,
}

/// At most `limit` changes after number `after`, and whether there are more. The order is that in which the server got
/// them; nothing is ever put in between, so a reader who goes on misses nothing.
///
/// # Errors
/// See [`VisitError`].
pub async fn page(
    state: &AppState,
    principal: &Principal,
    id: Uuid,
    after: u64,
    limit: usize,
) -> Result<(Vec<Step>, bool), VisitError> {
    let (mut tx, scope, _) = sight::open(state, principal).await?;
    queue::visit(&mut tx, &scope, id).await?.ok_or(VisitError::Unknown)?;
    let stored = rows::stored(&mut tx, id).await?.ok_or(VisitError::Unknown)?;
    let log = rows::log(&mut tx, id).await?;
    let mut page = compute(move || {
        let document = Document::load(&stored.snapshot).map_err(|e| e.to_string())?;
        Ok(told(&document, &log)?.into_iter().filter(|t| t.number > after).take(limit + 1).collect::<Vec<_>>())
    })
    .await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let devices: BTreeSet<Uuid> = page.iter().map(|t| t.wrote.device.0).collect();
    let devices: Vec<Uuid> = devices.into_iter().collect();
    let hands = Hands::new(rows::owners(&mut tx, &devices).await?);
    let step = |t: super::provenance::Told| Step { change: t.provenance(&hands), paths: t.wrote.paths };
    Ok((page.into_iter().map(step).collect(), more))
}
