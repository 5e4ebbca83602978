//! Where a break may interfere while its drill runs: at named moments, and on the wire.

use std::collections::BTreeMap;

use crate::fault::proxy::Rewrite;

/// SQL by the name of the moment, and rewrites of what the subject's programs send.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    moments: BTreeMap<&'static str, Vec<String>>,
    rewrites: Vec<Rewrite>,
    rewrites_in: Vec<(&'static str, Rewrite)>,
    cache_commands: Vec<(&'static str, Vec<&'static str>)>,
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

    /// The same in one part of the drill alone, in which it starts the programs behind proxies of its own.
    pub fn on_the_wire_in(&mut self, part: &'static str, rewrite: Rewrite) {
        self.rewrites_in.push((part, rewrite));
    }

    /// Runs a command on the cache when the drill reaches `moment`, in the service's place; `${entry}` and `${old}` stand
    /// for the key of the entry and for what it held before, as RESTORE takes it.
    pub fn in_the_cache(&mut self, moment: &'static str, words: &[&'static str]) {
        self.cache_commands.push((moment, words.to_vec()));
    }

    /// What is to be run on the cache at a moment.
    pub fn cache_commands(&self, moment: &str) -> impl Iterator<Item = &[&'static str]> {
        self.cache_commands.iter().filter(move |(at, _)| *at == moment).map(|(_, words)| words.as_slice())
    }

    /// What is to be run at a moment.
    pub fn scripts(&self, moment: &str) -> &[String] {
        self.moments.get(moment).map_or(&[], Vec::as_slice)
    }

    /// What is rewritten on the wire everywhere.
    pub fn rewrites(&self) -> &[Rewrite] {
        &self.rewrites
    }

    /// What is rewritten on the wire in a part of the drill.
    pub fn rewrites_in(&self, part: &str) -> impl Iterator<Item = &Rewrite> {
        self.rewrites_in
            .iter()
            .filter(move |(of, _)| *of == part)
            .map(|(_, rewrite)| rewrite)
            .chain(&self.rewrites)
    }
}
