//! What happened to a run, told from its id alone: four queries, and a report of six lines.

mod ask;
mod case;
mod cause;
mod report;

pub use ask::ask;
pub use case::{Call, CaseFile, Event, Messages, QUERIES, Run, queries};
pub use cause::{Cause, CauseWord};
pub use report::Report;
