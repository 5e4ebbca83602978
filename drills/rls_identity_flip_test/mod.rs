//! Drill 7: a tenant sees and changes his own rows and no others, whoever was served before him.

mod breaks;
mod doors;
mod judge;
mod pool;
mod reader;
mod sight;
mod standing;
mod storm;
mod writes;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::{Evidence, ExhibitKind};

use judge::{LEAST, Seen};
use reader::Reader;

/// Row-level security.
pub struct RlsIdentityFlipTest;

/// Nothing is hidden from whom no policy binds, or where there is none.
const WALL: &[&str] = &["forced_for_owner", "coverage"];

const SPEC: DrillSpec = DrillSpec {
    id: "rls_identity_flip_test",
    suite: Suite::SystemOfRecord,
    lesson: 7,
    habit: "row-level security",
    claims: &[
        Claim {
            id: "alice_only",
            statement: "the first tenant sees exactly her rows",
            remedy: "let the policy compare the tenant column with the session's tenant, for every tenant alike",
            rests_on: WALL,
        },
        Claim {
            id: "bob_only",
            statement: "the second tenant sees exactly his rows",
            remedy: "let the policy compare the tenant column with the session's tenant, for every tenant alike",
            rests_on: WALL,
        },
        Claim {
            id: "unset_sees_none",
            statement: "without a tenant, never set or reset, no row is seen",
            remedy: "compare with current_setting('…', true) alone: NULL matches no row; do not treat unset as all",
            // A custom setting that was reset is '' (manual, 20.16): the two cannot be told apart by a policy.
            rests_on: &["forced_for_owner", "coverage", "empty_sees_none"],
        },
        Claim {
            id: "empty_sees_none",
            statement: "with the tenant set to '' no row is seen",
            remedy: "compare with NULLIF(current_setting('…', true), '') and forbid '' as a tenant",
            rests_on: WALL,
        },
        Claim {
            id: "unknown_sees_none",
            statement: "a tenant who does not exist sees no row",
            remedy: "let the policy compare for equality only",
            rests_on: WALL,
        },
        Claim {
            id: "no_cross_write",
            statement: "rows for, into and of another tenant cannot be inserted, updated or deleted",
            remedy: "give the policy a WITH CHECK like its USING, and revoke TRUNCATE, which no policy stops",
            rests_on: WALL,
        },
        Claim {
            id: "pool_leak",
            statement: "a connection used again after COMMIT, ROLLBACK or an error carries no tenant over",
            remedy: "set the tenant with SET LOCAL or set_config(…, true)",
            rests_on: WALL,
        },
        Claim {
            id: "plan_reuse",
            statement: "one prepared statement shows each tenant his own rows, beyond the switch to a generic plan",
            remedy: "declare functions that read the session's tenant STABLE, never IMMUTABLE",
            rests_on: WALL,
        },
        Claim {
            id: "forced_for_owner",
            statement: "row-level security binds the Worker's role: forced, or the role neither owner, superuser nor BYPASSRLS",
            remedy: "ALTER TABLE … FORCE ROW LEVEL SECURITY, and a Worker's role that owns nothing and bypasses nothing",
            rests_on: &[],
        },
        Claim {
            id: "coverage",
            statement: "every table of tenants has row-level security",
            remedy: "ALTER TABLE … ENABLE ROW LEVEL SECURITY in the migration that creates the table",
            rests_on: &[],
        },
        Claim {
            id: "side_doors",
            statement: "no view, function, child table or partition shows a tenant another one's rows",
            remedy: "create views WITH (security_invoker), and grant the role no definer function, child or partition",
            rests_on: WALL,
        },
        Claim {
            id: "storm",
            statement: "64 tenants served by 16 sessions at random each see exactly their rows",
            remedy: "keep the tenant in a setting of the transaction, and compare the whole id",
            rests_on: WALL,
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for RlsIdentityFlipTest {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(tenancy) = &cx.subject.tenancy else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [tenancy]"));
        };
        let reader = Reader::new(cx, tenancy).await?;
        let [alice, bob] = &tenancy.tenants;
        reader.seed(alice, 1, LEAST[0]).await?;
        reader.open_calibration().await?;
        let session = cx.worker_session("flipping").await?;
        let standing = reader.standing(&session).await?;
        let mut doors = reader.find_doors(&standing).await?;
        doors.before = reader.through_doors(&session, &doors).await?;
        reader.seed(bob, 1_001, LEAST[1]).await?;
        doors.after = reader.through_doors(&session, &doors).await?;
        reader.close_calibration(&doors).await?;
        let truth = reader.truth().await?;
        let fresh = cx.worker_session("new connection").await?;
        let seen = Seen {
            tenants: tenancy.tenants.clone(),
            stranger: tenancy.stranger.clone(),
            truth,
            identities: reader.identities(&fresh).await?,
            leak: reader.pool(&session).await?,
            plan: reader.prepared(&session).await?,
            storm: reader.storm().await?,
            writes: reader.cross_writes(&session).await?,
            standing,
            doors,
        };
        let ids = &seen.identities;
        let line = format!(
            "Admin saw {} rows. {alice} saw {}, {bob} {}. Unset, empty and unknown saw {}, {} and {}.{}",
            seen.truth.total(),
            ids.alice.total(),
            ids.bob.total(),
            ids.never.total().max(ids.reset.total()),
            ids.empty.total(),
            ids.stranger.total(),
            seen.storm.as_ref().map_or_else(String::new, |storm| format!(
                " {} reads under flipping identities, {} wrong.",
                storm.reads,
                storm.wrong.len()
            )),
        );
        Ok(Evidence::new(line, judge::judge(&seen)).with_exhibit(
            "The Worker's role and the tables of tenants",
            ExhibitKind::Text,
            seen.standing.tell(),
        ))
    }
}
