//! The policy's bound on locks; those on rescue and resume stand beside the claims and the journal.

use crate::ground::System;

/// The reference with a policy that lets nobody wait at all.
fn impatient() -> System {
    let system = System::reference();
    let text = system.text("sor-gate.toml");
    system.write("sor-gate.toml", &format!("{text}\n[policy]\nlock_wait_ms = 0\n"));
    system
}

#[test]
fn a_migration_waits_no_longer_than_the_policy_says_unless_it_says_so_itself() {
    let system = impatient();
    let told = system.drill(&["migration_review"]);
    told.fail(&["lock_safe"]);
    told.says("readers and writers wait at most 0 ms");
    system.change("branch = \"cap-migration-1\"", "branch = \"cap-migration-1\"\nlock_wait_ms = 60000");
    system.drill(&["migration_review"]).all_pass();
}

#[test]
fn the_policy_holds_for_the_whole_history() {
    let told = impatient().drill(&["migration_review", "--all"]);
    assert_eq!(told.with("fail"), ["lock_safe"], "{}", told.said);
}
