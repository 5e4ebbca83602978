//! What a bundle must look like: which drills, in which order, and what is known of each.

use std::collections::BTreeMap;

/// The last key of every bundle.
pub const DECISION_KEY: &str = "release_decision";

/// The drills of one bundle, in the order of its keys. The drills' catalogue supplies it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BundleShape {
    /// Name of its files in a run's folder, without the ending.
    pub name: String,
    /// One entry a drill; `release_decision` follows the last.
    pub drills: Vec<DrillMeta>,
}

/// What the decision needs to know of a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillMeta {
    /// The drill's id, which is its key in the bundle.
    pub id: String,
    /// The lesson that teaches the habit.
    pub lesson: u8,
    /// The habit that the drill shows, in a few words.
    pub habit: String,
    /// What to change when the drill fails and no claim's remedy is known.
    pub remedy: Option<String>,
    /// Claim id to the smallest change that makes the claim hold. Its keys are the drill's claims.
    pub remedies: BTreeMap<String, String>,
}

impl DrillMeta {
    /// A drill without remedies.
    pub fn new(id: impl Into<String>, lesson: u8, habit: impl Into<String>) -> Self {
        Self { id: id.into(), lesson, habit: habit.into(), remedy: None, remedies: BTreeMap::new() }
    }

    /// Adds the remedy of one claim.
    #[must_use]
    pub fn claim(mut self, claim: impl Into<String>, remedy: impl Into<String>) -> Self {
        self.remedies.insert(claim.into(), remedy.into());
        self
    }

    /// The habit with its lesson: `run journal (Lesson 2)`.
    pub fn habit_with_lesson(&self) -> String {
        format!("{} (Lesson {})", self.habit, self.lesson)
    }
}

impl BundleShape {
    /// The keys in their order, `release_decision` last.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.drills.iter().map(|drill| drill.id.as_str()).chain([DECISION_KEY])
    }

    /// Name of the bundle's file.
    pub fn file(&self) -> String {
        format!("{}.json", self.name)
    }

    /// Name of the file that tells it to people.
    pub fn page(&self) -> String {
        format!("{}.md", self.name)
    }

    /// The drill of this id.
    pub fn drill(&self, id: &str) -> Option<&DrillMeta> {
        self.drills.iter().find(|drill| drill.id == id)
    }
}

/// The candidate most like `word`, if any is like it at all.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 100;
    const ALIKE: f64 = 0.6;
    if word.len() > LONGEST {
        return None;
    }
    let word = word.trim().to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
