//! Rows that many edit, each on the version that he has seen: nobody's edit is overwritten unseen.

mod background;
mod breaks;
mod door;
mod editors;
mod http;
mod judge;
mod rows;
mod service;
mod stale;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;

use rows::Ground;

/// Optimistic locking by a version column, with ETag and If-Match.
pub struct VersionConflict;

/// The parts in which breaks may have rewrites of their own.
const SERVICE: &str = "service";
const BACKGROUND: &str = "background";
const CROWD: &str = "crowd";

const SPEC: DrillSpec = DrillSpec {
    id: "version_conflict",
    suite: Suite::DataIntegrity,
    lesson: 4,
    habit: "optimistic locking with a version column",
    claims: &[
        Claim {
            id: "stale_write_refused",
            statement: "an edit on a version that is no longer current answers no row and changes nothing",
            remedy: "UPDATE … WHERE id = … AND version = … RETURNING version, and take no row as the conflict",
            rests_on: &["bump_guaranteed"],
        },
        Claim {
            id: "conflict_answered",
            statement: "over HTTP a stale If-Match is answered 412 with the current version, and changes nothing",
            remedy: "compare If-Match in the UPDATE itself, and answer 412 with the current ETag when it finds no row",
            rests_on: &["bump_guaranteed"],
        },
        Claim {
            id: "bump_guaranteed",
            statement: "every change raises the version, also one whose statement forgets it",
            remedy: "CREATE TRIGGER … BEFORE UPDATE … FOR EACH ROW that sets NEW.version := OLD.version + 1",
            rests_on: &[],
        },
        Claim {
            id: "background_gives_up",
            statement: "the background updater pauses longer and longer, ends after its last attempt, and overwrites nothing",
            remedy: "read anew after each conflict, pause between attempts, and stop after the last",
            rests_on: &["bump_guaranteed"],
        },
        Claim {
            id: "no_lost_update",
            statement: "many editors of one row at once: no edit is lost",
            remedy: "let every editor write on the version that he has read, and read anew after a conflict",
            rests_on: &["bump_guaranteed", "stale_write_refused"],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for VersionConflict {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    fn lengthy(&self) -> bool {
        true
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.versions else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [versions]"));
        };
        let ground = Ground::open(cx, binding).await?;
        // Each part has rows of its own.
        let (tables, served, editors, background) =
            tokio::try_join!(ground.tables(), ground.served(), ground.editors(), ground.background())?;
        let seen = judge::Seen { tables, served, editors, background };
        Ok(Evidence::new(judge::line(&seen), judge::judge(&seen)))
    }
}
