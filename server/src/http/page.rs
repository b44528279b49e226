//! Cursor paging: `?after=<id of the last item seen>&limit=<1 to 500>`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Items in a page when nobody says.
const USUAL: i64 = 100;
/// Items in a page at most.
const MOST: i64 = 500;

/// Which page.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The `next` of the page before; absent for the first one.
    pub after: Option<Uuid>,
    /// How many, 1 to 500.
    pub limit: Option<i64>,
}

impl Paging {
    /// Where to begin: after this id.
    pub fn after(&self) -> Uuid {
        self.after.unwrap_or(Uuid::nil())
    }
    /// How many, within the bounds.
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

impl<T> Page<T> {
    /// A page from `items`, read with a limit of one more than `paging` says, so that the last page is known as such.
    pub fn new(mut items: Vec<T>, paging: Paging, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = usize::try_from(paging.limit()).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(id) } else { None };
        Self { items, next }
    }
}
