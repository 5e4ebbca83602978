//! What happens while drills run, for whoever shows it.

use crate::context::Scenario;
use crate::runner::Ended;

/// One happening.
pub enum Event<'a> {
    /// The schema is ready; so many runs of drills follow.
    Began {
        /// Baselines and breaks together.
        jobs: usize,
    },
    /// A drill started.
    Started {
        /// Its id.
        drill: &'static str,
        /// As it came or sabotaged.
        scenario: Scenario,
    },
    /// A drill ended.
    Finished {
        /// Its id.
        drill: &'static str,
        /// As it came or sabotaged.
        scenario: Scenario,
        /// How.
        ended: &'a Ended,
    },
}

/// Is told of every event, from any thread.
pub trait Listener: Send + Sync {
    /// Takes note of an event.
    fn on(&self, event: &Event<'_>);
}
