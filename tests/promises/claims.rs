//! Claims: rescue by a program, batches, and the policy's bound.

use crate::ground::System;

const DRILL: &str = "concurrency_claim_test";
/// Eight Workers are fleet enough.
const SMALL: [&str; 5] = [DRILL, "--workers", "8", "--rows", "32"];

/// Claims of `desk` that take no row of a dead Worker; whatever is to bring it back is `command`.
fn rescued_by(command: &str) -> System {
    let without = (" OR (state = 'claimed' AND lease < clock_timestamp())", "");
    System::design(
        "desk",
        &[without],
        &format!("[claims.rescue_program]\ntimeout_s = 5\ncommand = {command}"),
    )
}

const RESCUE: &str = "SET desk.org = '${tenant}'; UPDATE jobs SET state = 'pending' WHERE state = 'claimed' AND lease < clock_timestamp()";

#[test]
fn a_command_brings_the_work_of_the_dead_back() {
    let system = rescued_by(&format!(
        r#"["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", "{RESCUE}", "${{database_url}}"]"#
    ));
    system.checks();
    system.drill(&SMALL).all_pass();
}

#[test]
fn a_program_that_goes_on_for_ever_does_too_and_is_stopped() {
    let script = format!("while :; do psql -qX -c \\\"{RESCUE}\\\" \\\"$0\\\"; sleep 0.05; done");
    rescued_by(&format!(r#"["sh", "-c", "{script}", "${{database_url}}"]"#)).drill(&SMALL).all_pass();
}

#[test]
fn a_command_that_brings_nothing_back_is_noticed() {
    rescued_by(r#"["true"]"#).drill(&SMALL).fail(&["dead_claimer"]);
}

#[test]
fn a_command_that_ends_badly_proves_nothing() {
    let told = rescued_by(r#"["sh", "-c", "echo no such queue >&2; exit 3"]"#).drill(&SMALL);
    assert_eq!(told.with("error").len(), 7, "{}", told.said);
    told.says("no such queue");
}

/// `desk` with a claim that takes five rows.
fn batches(changes: &[(&str, &str)]) -> System {
    let one = "WHERE id = (SELECT id FROM jobs WHERE state = 'pending' OR (state = 'claimed' AND lease < clock_timestamp())\n            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)\nRETURNING id\"\"\"";
    let five = "WHERE id = ANY (ARRAY(SELECT id FROM jobs WHERE state = 'pending' OR (state = 'claimed' AND lease < clock_timestamp())\n            ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED))\nRETURNING id\"\"\"\nbatch = 5";
    System::design("desk", &[&[(one, five)], changes].concat(), "")
}

#[test]
fn batches_are_claimed_as_one() {
    let system = batches(&[]);
    system.checks();
    system.drill(&SMALL).all_pass();
    for sabotage in ["skip_locked_removed", "locking_removed", "claim_does_not_mark", "lease_never_ends"] {
        system
            .drill(&[&SMALL[..], &["--break", sabotage]].concat())
            .says(&format!("caught: under {sabotage}"));
    }
}

#[test]
fn a_batch_of_which_one_row_is_not_marked_is_noticed() {
    let marks = (
        "UPDATE jobs SET state = 'claimed',",
        "UPDATE jobs SET state = CASE WHEN id % 7 = 0 THEN state ELSE 'claimed' END,",
    );
    let told = batches(&[marks]).drill(&SMALL);
    assert!(told.with("fail").contains(&"all_interleavings"), "{}", told.said);
}

#[test]
fn a_claim_that_takes_more_than_it_is_said_to_is_an_error() {
    let told = batches(&[("batch = 5", "batch = 4")]).drill(&SMALL);
    told.says("a claim answered 5 rows, and claims.batch is 4");
}

#[test]
fn the_policy_bounds_the_rescue() {
    let within = |seconds: u32, more: &[(&str, &str)]| {
        System::design("desk", more, &format!("[policy]\nrescue_s = {seconds}")).drill(&SMALL)
    };
    let late = within(5, &[]);
    late.fail(&["dead_claimer"]);
    late.says("was claimable 30.0 s after the kill, and policy.rescue_s allows 5 s");
    within(30, &[]).all_pass();
    // It keeps its word better than it says.
    within(5, &[("interval '30 s'", "interval '3 s'")]).all_pass();
}
