//! What a drill is about, so that a record can be read without the gate that made it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drill::{DrillSpec, Suite};
use crate::release::{BundleShape, DrillMeta};

/// A drill in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillAbout {
    /// Id of the drill.
    pub id: String,
    /// The suite whose bundle lists it.
    pub suite: Suite,
    /// The lesson that teaches the habit.
    pub lesson: u8,
    /// The habit that it shows.
    pub habit: String,
    /// Its claims, in the order in which they are reported.
    pub claims: Vec<ClaimAbout>,
}

/// A claim in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimAbout {
    /// Id of the claim within its drill.
    pub id: String,
    /// The claim in one sentence.
    pub statement: String,
    /// The smallest change that makes a subject hold it.
    pub remedy: String,
}

impl From<&DrillSpec> for DrillAbout {
    fn from(spec: &DrillSpec) -> Self {
        let claims = spec.claims.iter().map(|claim| ClaimAbout {
            id: claim.id.into(),
            statement: claim.statement.into(),
            remedy: claim.remedy.into(),
        });
        Self {
            id: spec.id.into(),
            suite: spec.suite,
            lesson: spec.lesson,
            habit: spec.habit.into(),
            claims: claims.collect(),
        }
    }
}

/// The shape of a suite's bundle, which lists its drills among these.
pub fn shape(suite: Suite, drills: &[DrillAbout]) -> BundleShape {
    let meta = |drill: &DrillAbout| {
        let bare = DrillMeta::new(&drill.id, drill.lesson, &drill.habit);
        drill.claims.iter().fold(bare, |meta, claim| meta.claim(&claim.id, &claim.remedy))
    };
    let own = drills.iter().filter(|drill| drill.suite == suite);
    BundleShape { name: suite.bundle().into(), drills: own.map(meta).collect() }
}
