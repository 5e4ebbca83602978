//! `[policy]`: what the owner of the release allows: how long things may take, and what may be missing for a while.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::release::ReleasePolicy;

/// How long things may take, and what a release may lack, until when, and by whose word. All drills gate: what is not to count
/// needs a waiver.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Longest time in milliseconds that a migration may keep a concurrent reader or writer waiting, where
    /// `migration.lock_wait_ms` says nothing; 1000 by default. It holds for each migration of `--all` too.
    pub lock_wait_ms: Option<u64>,
    /// Within how many seconds the work of a dead claimer must be claimable again, whatever `claims.lease` says.
    #[schemars(extend("minimum" = 1))]
    pub rescue_s: Option<u32>,
    /// Within how many seconds a crashed run must be complete: its lease (`journal.lease`), its rescue, and the time of the Worker
    /// that takes it up.
    #[schemars(extend("minimum" = 1))]
    pub resume_s: Option<u32>,
    /// What may be `not testable` for a while. A waiver never covers a claim that was put to the test and broke.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
}

/// Lets a drill or a claim be not testable for a while. All four keys are needed, and the decision names each.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// A drill, or one of its claims: `forensics_drill`, `forensics_drill.four_queries`.
    pub covers: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub approver: String,
    /// The last day on which it holds, UTC, as `"2027-01-31"`. From the next day on the release is blocked.
    #[serde(deserialize_with = "date")]
    #[schemars(with = "String", extend("format" = "date"))]
    pub expires: Date,
}

impl Policy {
    /// As the release step takes it.
    pub fn release(&self) -> ReleasePolicy {
        let waivers = self.waivers.iter().cloned().map(|waiver| {
            let Waiver { covers, reason, approver, expires } = waiver;
            crate::release::Waiver { covers, reason, approver, expires }
        });
        ReleasePolicy { waivers: waivers.collect(), ..ReleasePolicy::default() }
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| serde::de::Error::custom(format!("`{text}` is no day; write it as \"2027-01-31\""));
    text.parse().map_err(wrong)
}
