//! What stories, kill tests and benches share: a real server as a process of its own, the demo company, and simulated
//! phones that are enrolled with it.

pub mod company;
pub mod folder;
pub mod process;
pub mod story;

pub use company::{Company, PASSWORD};
pub use process::ServerProcess;

/// What goes wrong in a story, in words.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
