//! Drill 6: what happened is written down once and never changed.

mod attacks;
mod bench;
mod breaks;
mod copy;
mod follow;
mod judge;
mod replay;
mod targets;

use sor_gate::context::Context;
use sor_gate::drill::{Claim, Drill, DrillSpec, Suite};
use sor_gate::error::Result;
use sor_gate::evidence::{Evidence, ExhibitKind};
use sor_gate::standing;

use bench::Bench;
use judge::{Attacks, Seen};

/// Append-only events.
pub struct AppendOnlyEventTest;

/// Without an event there is nothing to attack, to tell or to follow.
const APPENDED: &[&str] = &["insert_allowed"];

const SPEC: DrillSpec = DrillSpec {
    id: "append_only_event_test",
    suite: Suite::SystemOfRecord,
    lesson: 6,
    habit: "append-only events",
    claims: &[
        Claim {
            id: "insert_allowed",
            statement: "the Worker's role can append an event",
            remedy: "grant the role INSERT on the events",
            rests_on: &[],
        },
        Claim {
            id: "update_refused",
            statement: "no column of an event can be updated",
            remedy: "revoke UPDATE, and add a trigger that raises on it",
            rests_on: APPENDED,
        },
        Claim {
            id: "delete_refused",
            statement: "no event can be deleted",
            remedy: "revoke DELETE, and add a trigger that raises on it",
            rests_on: APPENDED,
        },
        Claim {
            id: "truncate_refused",
            statement: "the events cannot be truncated",
            remedy: "revoke TRUNCATE, and add a statement trigger that raises on it: row triggers do not see it",
            rests_on: APPENDED,
        },
        Claim {
            id: "upsert_merge_refused",
            statement: "upserts, MERGE, COPY, views, foreign keys, partitions and settings lead to no change either",
            remedy: "grant nothing but SELECT and INSERT on views, partitions and children too, and let no foreign key cascade",
            rests_on: &["insert_allowed", "update_refused", "delete_refused"],
        },
        Claim {
            id: "not_owner",
            statement: "the role is not the owner, cannot become him, and can do nothing that only he can",
            remedy: "let a role of its own own the tables, which no program logs in as or may assume",
            rests_on: APPENDED,
        },
        Claim {
            id: "replay",
            statement: "a whole run can be rebuilt from its events alone, in the order of their ids",
            remedy: "append an event in the transaction of every change, with all that is needed to tell it",
            rests_on: APPENDED,
        },
        Claim {
            id: "commit_order_gap",
            statement: "a follower misses no event, though the one with the smaller id commits last",
            remedy: "follow by (xact_id, id) below pg_snapshot_xmin(pg_current_snapshot()), not by the greatest id seen",
            rests_on: APPENDED,
        },
    ],
    breaks: breaks::ALL,
    page: include_str!("README.md"),
};

#[async_trait::async_trait]
impl Drill for AppendOnlyEventTest {
    fn spec(&self) -> &'static DrillSpec {
        &SPEC
    }

    async fn run(&self, cx: &Context) -> Result<Evidence> {
        let Some(events) = &cx.subject.events else {
            return Ok(Evidence::not_testable(SPEC.claims, "the section [events]"));
        };
        let bench = Bench::new(cx, events, cx.subject.tenancy.as_ref()).await?;
        let role = cx.subject.events_role();
        let held = standing::held_roles(&bench.admin, role).await?;
        let session = cx.session(role, "attacker").await?;
        let first = bench.table(&session).await?;
        let landed = first.attacks.is_some();
        let replayed =
            cx.subject.worker.as_ref().and(events.told.as_deref()).filter(|_| !events.snapshot.is_empty());
        let replay = match replayed {
            Some(told) => Ok(bench.replay(told, bench.work().await?).await?),
            None => Err("[worker], events.told and events.snapshot"),
        };
        let gap = match &events.follow {
            Some(rule) if landed => Ok(Some(bench.gap(rule).await?)),
            Some(_) => Ok(None),
            None => Err("events.follow"),
        };
        let mut tables = vec![first];
        for table in events.tables().iter().skip(1) {
            let bench = Bench::new(cx, table, cx.subject.tenancy.as_ref()).await?;
            tables.push(bench.table(&session).await?);
        }
        let seen = Seen { worker: role.to_owned(), held, tables, replay, gap };
        let mut evidence = Evidence::new(tell(&seen), judge::judge(&seen)).with_exhibit(
            "The Worker's role",
            ExhibitKind::Text,
            standing::tell(&seen.held),
        );
        if let Ok(replay) = &seen.replay {
            evidence = evidence.with_exhibit(
                "The run, told from its events alone",
                ExhibitKind::Text,
                replay.story(),
            );
        }
        Ok(evidence)
    }
}

/// The evidence line, from what was seen.
fn tell(seen: &Seen) -> String {
    let word = |refusals: Option<bool>| match refusals {
        Some(true) => "refused",
        Some(false) => "not refused",
        None => "not tried",
    };
    let all = |pick: fn(&Attacks) -> &[judge::Attempt]| {
        let refused =
            |attacks: &Attacks| pick(attacks).iter().all(|attempt| attempt.outcome.refusal().is_some());
        let each: Option<Vec<bool>> =
            seen.tables.iter().map(|table| table.attacks.as_ref().map(refused)).collect();
        word(each.map(|each| each.iter().all(|refused| *refused)))
    };
    let added: u64 = seen.tables.iter().map(|table| table.append.added).sum();
    let replayed = match &seen.replay {
        Ok(replay) => format!(" One run retold from {} events.", replay.count()),
        Err(_) => String::new(),
    };
    format!(
        "As {}: INSERT added {added} event(s), UPDATE {}, DELETE {}, TRUNCATE {}.{replayed}",
        seen.worker,
        all(|attacks| &attacks.updates),
        all(|attacks| &attacks.deletes),
        all(|attacks| &attacks.truncates),
    )
}
