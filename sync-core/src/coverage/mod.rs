//! Coverage (合同覆盖): which contract covers which minute of a visit, and which none.

pub mod verdict;
pub use verdict::*;
