//! Coverage (合同覆盖): which contract covers which minute of a visit, and which none.
//!
//! One pure function, [`assess`](fn@assess), the same on the phone (a hint before the work starts) and on the server
//! (what counts). What it does not know it never takes for covered: it says that somebody must decide.
//!
//! * `assess`: the work of each item, cut where an answer can change, and the visit's answer.
//! * `work`: what was worked on which item, and what other visits need to know of it.
//! * `place`: the customer's days and contracts, and where within the work an answer can change.
//! * `contract`: where a contract stands on a day; `reading`: what its clauses say (and **in which order**); `hours`: when
//!   they hold.
//! * `quota`: the periods of limits; `ledger`: who used them up; `quotas`: what they left for this visit.
//! * `answer`: what all that comes to, with its explanation.
//! * `flags`, `clauses`, `signals`: what a manager must look at; `clocks`: the flags about clocks and doubled time;
//!   `vendor`: promised support that was not bought; `ordinary`: hours where no contract says any.
//! * [`verdict`]: what comes out, and what goes in beside the visit and the reference data.

mod answer;
mod assess;
mod case;
mod clauses;
mod clocks;
mod contract;
mod flags;
mod hours;
mod ledger;
mod names;
mod ordinary;
mod place;
mod quota;
mod quotas;
mod reading;
mod signals;
mod vendor;
pub mod verdict;
mod work;

#[cfg(test)]
mod tests;

pub use assess::{assess, coverage};
pub use quota::quota_reach;
pub use signals::LONGEST_RUN_MS;
pub use vendor::{VendorGap, vendor_gaps};
pub use verdict::*;
pub use work::{claims, problem_key, problems};
