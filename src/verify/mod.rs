//! Checks evidence offline: digests, chain, signature, and the decision recomputed.

mod attested;
mod chain;
mod difference;
mod pair;
mod run;

use schemars::JsonSchema;
use serde::Serialize;

pub use chain::folder;
pub use pair::{Pair, disagreements};
pub use run::run;

/// What was found of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checked {
    /// The run's id, or the name of its folder where it has none.
    pub run_id: String,
    /// What it decided, as far as that can be read.
    pub decision: Option<String>,
    /// Everything that is missing, too much or changed, one line each; empty when it is intact.
    pub defects: Vec<String>,
    /// What could not be checked, and why.
    pub notes: Vec<String>,
}

impl Checked {
    /// Intact, and the release was permitted.
    pub fn permits(&self) -> bool {
        self.defects.is_empty() && self.decision.as_deref() == Some("PERMITTED")
    }
}
