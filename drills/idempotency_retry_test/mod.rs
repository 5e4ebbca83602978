//! Drill 3: a write may be retried, and lands once.

mod breaks;
mod calls;
mod judge;
mod lost_reply;
mod program;
mod program_sweep;
mod sweep;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::Evidence;
use sor_gate::subject::Tenancy;

use calls::Caller;

/// Idempotency keys.
pub struct IdempotencyRetryTest;

const SPEC: DrillSpec = DrillSpec {
    id: "idempotency_retry_test",
    suite: Suite::SystemOfRecord,
    lesson: 3,
    habit: "idempotency keys",
    claims: &[
        Claim {
            id: "serial_retry",
            statement: "the same key twice adds one row, and both calls are answered alike",
            remedy: "add a unique index over tenant and key, and INSERT … ON CONFLICT DO NOTHING",
            rests_on: &[],
        },
        Claim {
            id: "concurrent_retry",
            statement: "sixteen sessions with one key at the same moment add one row, and none sees an error",
            remedy: "let the unique index decide (INSERT … ON CONFLICT), not a SELECT before the INSERT",
            rests_on: &["serial_retry", "other_key_lands"],
        },
        Claim {
            id: "lost_commit_reply",
            statement: "COMMIT was done and its reply lost, or the write was cut off anywhere else; the caller retries: one row",
            remedy: "keep the key in the row itself under a unique index, not in a cache or a session",
            rests_on: &["serial_retry", "other_key_lands"],
        },
        Claim {
            id: "other_key_lands",
            statement: "another key adds a row",
            remedy: "put the whole key into the unique index, not only the tenant",
            rests_on: &[],
        },
        Claim {
            id: "payload_conflict",
            statement: "the same key with another payload leaves the first row unchanged, and the caller can tell",
            remedy: "use DO NOTHING instead of DO UPDATE, and answer the stored payload or an error",
            rests_on: &["serial_retry", "other_key_lands"],
        },
        Claim {
            id: "tenant_scoped",
            statement: "one tenant's key does not swallow another tenant's write",
            remedy: "make the unique index cover (tenant, key) instead of the key alone",
            rests_on: &["other_key_lands"],
        },
        Claim {
            id: "key_required",
            statement: "a write without a key is refused (23502 or 23514)",
            remedy: "declare the key column NOT NULL",
            rests_on: &["other_key_lands"],
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

/// How many sessions retry at once,
const SESSIONS: usize = 16;
/// and how many are enough under a break that aims at another claim.
const SOME_SESSIONS: usize = 4;

#[async_trait::async_trait]
impl Drill for IdempotencyRetryTest {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(binding) = &cx.subject.idempotency else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [idempotency]"));
        };
        let tenancy = cx.subject.tenancy.clone().unwrap_or_else(Tenancy::none);
        let caller = Caller::new(cx, binding, &tenancy).await?;
        let [alice, bob] = &tenancy.tenants;
        let sessions =
            if cx.aims_elsewhere(breaks::ALL, "concurrent_retry") { SOME_SESSIONS } else { SESSIONS };
        let seen = judge::Seen {
            serial: caller.twice(alice, "serial").await?,
            after_end: match cx.aims_elsewhere(breaks::ALL, "serial_retry") {
                true => Vec::new(),
                false => caller.after_end(alice, "ended").await?,
            },
            concurrent: caller.at_once(alice, "concurrent", sessions).await?,
            calibration: caller.calibrate(sessions).await?,
            lost: caller.lost_commit_reply(alice, "lost").await?,
            other: caller.other_key(alice, "serial", "other").await?,
            conflict: caller.conflict(alice, "conflict").await?,
            tenants: match cx.subject.tenancy {
                Some(_) => Some(caller.two_tenants(alice, bob, "shared").await?),
                None => None,
            },
            keyless: match binding.program {
                Some(_) => None,
                None => Some(caller.without_key(alice).await?),
            },
            // It crashes the server, and with it every session.
            sweep: caller.sweep(alice).await?,
        };
        let line = format!(
            "One key sent twice: row count delta +{}. {sessions} sessions with one key at once: delta +{}, {} error(s). \
             COMMIT reply dropped and retried: delta +{}.",
            seen.serial.added,
            seen.concurrent.added,
            seen.concurrent.errors(),
            seen.lost.added
        );
        Ok(Evidence::new(line, judge::judge(&seen)))
    }
}
