//! Moments in a drill at which a break may interfere.

use std::collections::BTreeMap;

/// SQL by the name of the moment.
#[derive(Debug, Clone, Default)]
pub struct Hooks(BTreeMap<&'static str, Vec<String>>);

impl Hooks {
    /// Has admin run `sql` when the drill reaches `moment`; its placeholders are those of the moment.
    pub fn at(&mut self, moment: &'static str, sql: impl Into<String>) {
        self.0.entry(moment).or_default().push(sql.into());
    }

    /// What is to be run at a moment.
    pub fn scripts(&self, moment: &str) -> &[String] {
        self.0.get(moment).map_or(&[], Vec::as_slice)
    }
}
