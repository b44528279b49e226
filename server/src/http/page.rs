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

/// One page of a list that is not in the order of ids.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CursorPage<T> {
    /// The items.
    pub items: Vec<T>,
    /// The `after` of the next page; absent on the last one. What is in it is nobody's business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> CursorPage<T> {
    /// A page from `items`, read with a limit of one more than `limit`, so that the last page is known as such.
    pub fn new<C: Serialize>(mut items: Vec<T>, limit: i64, place: impl Fn(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| seal(&place(last)));
        Self { items, next }
    }
}

/// A place in a list as a cursor.
fn seal<C: Serialize>(place: &C) -> String {
    use base64::Engine as _;
    // A place is plain data: it always has a JSON form.
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a cursor names; `None` when it is none of this list's.
pub fn unseal<C: serde::de::DeserializeOwned>(cursor: &str) -> Option<C> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).ok()?;
    serde_json::from_slice(&bytes).ok()
}
