//! A Worker on DBOS, a library for durable execution: its journal lies in the library's own tables.

use crate::ground::Example;

/// The sweep of all crash points takes longer: it ends early, and what was seen before keeps its verdict.
const DRILL: [&str; 3] = ["run_journal_resume_drill", "--timeout", "230"];

#[test]
fn its_subject_file_checks_clean() {
    Example::named("dbos").checks(&[]);
}

#[test]
fn killed_it_goes_on_where_it_stopped() {
    let told = Example::named("dbos").drill(&DRILL);
    let proven =
        ["crash_signature", "crash_while_resuming", "exactly_once_effects", "no_lost_turn", "resumes_at_gap"];
    assert_eq!(told.with("pass"), proven, "{}", told.said);
    assert_eq!(told.verdicts["one_resumer"], "error", "the other waits for the first: {}", told.said);
    assert_eq!(told.verdicts["zombie_fenced"], "error", "{}", told.said);
}
