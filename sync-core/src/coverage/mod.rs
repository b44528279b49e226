//! Coverage (合同覆盖): which contract covers which minute of a visit, and which none.
//!
//! One pure function, [`assess`](fn@assess), the same on the phone (a hint before the work starts) and on the server
//! (what counts). What it does not know it never takes for covered: it says that somebody must decide.
//!
//! * `assess`: the work of each item, cut where an answer can change, and the visit's answer.
//! * `work`: what was worked on which item, and what other visits need to know of it.
//! * `contract`: one local day under a customer's contracts.
//! * `flags`: what a manager must look at; `clocks`: the flags about clocks and doubled time.
//! * `quota`: the periods of quotas; `vendor`: promised support that was not bought.
//! * [`verdict`]: what comes out, and what goes in beside the visit and the reference data.

mod assess;
mod clocks;
mod contract;
mod flags;
mod names;
mod quota;
mod vendor;
pub mod verdict;
mod work;

#[cfg(test)]
mod tests;

pub use assess::assess;
pub use quota::quota_reach;
pub use vendor::{VendorGap, vendor_gaps};
pub use verdict::*;
pub use work::{claims, problem_key, problems};
