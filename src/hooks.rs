//! Where a break may interfere while its drill runs: at named moments, and on the wire.

use std::collections::BTreeMap;

use crate::fault::proxy::Rewrite;

/// SQL by the name of the moment, and rewrites of what the subject's programs send.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    moments: BTreeMap<&'static str, Vec<String>>,
    rewrites: Vec<Rewrite>,
}

impl Hooks {
    /// Has admin run `sql` when the drill reaches `moment`; its placeholders are those of the moment.
    pub fn at(&mut self, moment: &'static str, sql: impl Into<String>) {
        self.moments.entry(moment).or_default().push(sql.into());
    }

    /// Has the statements of the subject's own programs rewritten on their way to the server.
    pub fn on_the_wire(&mut self, rewrite: Rewrite) {
        self.rewrites.push(rewrite);
    }

    /// What is to be run at a moment.
    pub fn scripts(&self, moment: &str) -> &[String] {
        self.moments.get(moment).map_or(&[], Vec::as_slice)
    }

    /// What is rewritten on the wire.
    pub fn rewrites(&self) -> &[Rewrite] {
        &self.rewrites
    }
}
