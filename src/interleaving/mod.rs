//! Interleavings: the steps of a few sessions in every order, one step at a time, as PostgreSQL's isolation tester
//! takes them (`src/test/isolation` in its source).

mod history;
mod monitor;
mod orders;
mod run;
mod running;
mod script;

pub use history::{History, Performed, StepOutcome};
pub use orders::{count, orders};
pub use script::{Actor, Interleavings, Step};
