//! The demo's story: five cases of the trade played with simulated phones over a bad network, a server that is killed
//! under them, managers who decide, receipts and mails. Told by the `demo` program, and proven by the story tests.

pub mod actor;
pub mod books;
pub mod case01;
pub mod case02;
pub mod case03;
pub mod case04;
pub mod case05;
pub mod case06;
pub mod case07;
pub mod case08;
pub mod case09;
pub mod case10;
pub mod checks;
pub mod export;
pub mod folder;
pub mod mails;
pub mod managers;
pub mod narration;
pub mod receipts;
pub mod script;
pub mod show;
pub mod signature;
pub mod stage;
pub mod tally;
pub mod unlisted;
pub mod weather;

pub use narration::{Narrator, Tone};
pub use script::{Told, tell};
pub use stage::{CREW, Stage};
