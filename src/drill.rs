//! What a drill is: its claims, its breaks and how it is run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::Result;
use crate::evidence::Evidence;
use crate::stage::Stage;
use crate::subject::Subject;

pub use futures::future::BoxFuture;

/// Which suite a drill belongs to; each suite has its own bundle.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Suite {
    /// The nine drills of the release gate.
    SystemOfRecord,
    /// The six drills of data integrity.
    DataIntegrity,
}

impl Suite {
    /// Every suite, in the order in which a run tells of them.
    pub const ALL: [Self; 2] = [Self::SystemOfRecord, Self::DataIntegrity];

    /// Name of its bundle in a run's folder, without the ending.
    pub fn bundle(self) -> &'static str {
        match self {
            Self::SystemOfRecord => "bundle",
            Self::DataIntegrity => "data_integrity",
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemOfRecord => "system-of-record",
            Self::DataIntegrity => "data-integrity",
        }
    }
}

/// One thing that must be shown to hold.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Snake-case id, unique within the drill.
    pub id: &'static str,
    /// The claim in one sentence.
    pub statement: &'static str,
    /// The smallest change that makes a subject hold it.
    pub remedy: &'static str,
    /// Claims without which this one cannot hold: when one of them is broken, a failure here follows from it and is
    /// not a finding of its own. Only for what follows by logic, never for what merely tends to fail together.
    pub rests_on: &'static [&'static str],
}

/// A deliberate sabotage of the subject under which exactly one claim must turn red.
#[derive(Clone, Copy)]
pub struct Break {
    /// Snake-case id, unique within the drill; also the name of its file.
    pub id: &'static str,
    /// The claim that must notice.
    pub claim: &'static str,
    /// What is done to the subject, in one line.
    pub summary: &'static str,
    /// Does it, or says why it does not apply here.
    pub apply: for<'a> fn(&'a mut Stage<'_>) -> BoxFuture<'a, Result<Applied>>,
}

/// Whether a break could be made, with its proof or the reason why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Done; the text says what was changed.
    Done(String),
    /// The subject has nothing that this break could act on.
    Unviable(String),
}

/// Everything fixed about a drill.
pub struct DrillSpec {
    /// Folder name, command-line argument and bundle key.
    pub id: &'static str,
    /// The suite whose bundle lists it.
    pub suite: Suite,
    /// The lesson that teaches the habit.
    pub lesson: u8,
    /// The habit that the drill proves.
    pub habit: &'static str,
    /// The claims, in the order in which they are reported.
    pub claims: &'static [Claim],
    /// The breaks; `--prove one` takes the first.
    pub breaks: &'static [Break],
    /// The drill's page, the text of `explain` (Markdown).
    pub page: &'static str,
}

impl DrillSpec {
    /// Looks a claim up by id.
    pub fn claim(&self, id: &str) -> Option<&'static Claim> {
        self.claims.iter().find(|claim| claim.id == id)
    }

    /// Looks a break up by id.
    pub fn find_break(&self, id: &str) -> Option<&'static Break> {
        self.breaks.iter().find(|candidate| candidate.id == id)
    }
}

/// A drill: does the deed on a database of its own and hands back what it found.
///
/// An `Err` is a step of the harness that failed: the drill's verdict is then `error`, never a pass.
#[async_trait::async_trait]
pub trait Drill: Send + Sync {
    /// What is fixed about it.
    fn spec(&self) -> &'static DrillSpec;

    /// Rows that the drill wants to find in place, beyond the subject's own: SQL that admin runs after the seed, with
    /// triggers and foreign keys off where admin may. The state is kept as a template, so that only the first run pays
    /// for it. Under a break that aims at another claim than the one that needs them, fewer may do.
    fn stock(&self, _subject: &Subject, _sabotage: Option<&Break>) -> Option<String> {
        None
    }

    /// Whether it takes long beside the others, so that it had better begin first.
    fn lengthy(&self) -> bool {
        false
    }

    /// Whether it can go through the whole history of migrations (`drill ID --all`).
    fn reads_history(&self) -> bool {
        false
    }

    /// Runs it once, on the subject as the context hands it over (sabotaged or not).
    async fn run(&self, cx: &Context) -> Result<Evidence>;
}

/// All drills, in the order in which bundles list them.
pub struct Catalogue(pub Vec<Box<dyn Drill>>);

impl Catalogue {
    /// The drills of a suite, in order.
    pub fn suite(&self, suite: Suite) -> impl Iterator<Item = &dyn Drill> {
        self.0.iter().map(AsRef::as_ref).filter(move |drill| drill.spec().suite == suite)
    }

    /// All drills, in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Drill> {
        self.0.iter().map(AsRef::as_ref)
    }
}
