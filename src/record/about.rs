//! What a drill is about, so that a record can be read without the gate that made it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drill::DrillSpec;
use crate::release::{BundleShape, DrillMeta};

/// A drill in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillAbout {
    /// Id of the drill.
    pub id: String,
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
        Self { id: spec.id.into(), lesson: spec.lesson, habit: spec.habit.into(), claims: claims.collect() }
    }
}

/// The shape of the bundle that lists these drills.
pub fn shape(drills: &[DrillAbout]) -> BundleShape {
    let meta = |drill: &DrillAbout| {
        let bare = DrillMeta::new(&drill.id, drill.lesson, &drill.habit);
        drill.claims.iter().fold(bare, |meta, claim| meta.claim(&claim.id, &claim.remedy))
    };
    BundleShape { drills: drills.iter().map(meta).collect() }
}
