//! Procrastinate, a job queue library with SKIP LOCKED claims: the SQL of its Workers, without a tenant.

use crate::ground::Example;

#[test]
fn its_schema_is_the_one_of_the_library_and_checks_clean() {
    let example = Example::named("procrastinate");
    let theirs = example.package("procrastinate/sql/schema.sql");
    assert_eq!(example.file("schema.sql"), theirs, "run `procrastinate schema --read > schema.sql`");
    example.checks(&[]);
}

#[test]
fn its_claims_hold() {
    let told = Example::named("procrastinate").drill(&["concurrency_claim_test"]);
    assert_eq!(told.with("pass").len(), 7, "{}", told.said);
}

#[test]
fn without_its_rescue_the_work_of_the_dead_is_lost() {
    let example =
        Example::named("procrastinate").with("WHERE job.status = 'doing'", "WHERE job.status = 'todo'");
    let told = example.drill(&["concurrency_claim_test"]);
    assert_eq!(told.with("fail"), ["dead_claimer"], "{}", told.said);
}

#[test]
fn its_events_go_with_their_job() {
    let told = Example::named("procrastinate").drill(&["append_only_event_test"]);
    assert_eq!(told.with("fail"), ["upsert_merge_refused"], "{}", told.said);
}
