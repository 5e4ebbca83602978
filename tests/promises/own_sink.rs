//! A relay that speaks no HTTP: it sends to a sink of the subject's own, one message after the other.

use super::ground::{System, Told};

const DRILL: &str = "outbox_relay_retry_test";

/// One that goes on for ever takes its time with each message.
fn drill(changes: &[(&str, &str, &str)]) -> Told {
    System::subject("post", changes).drill(&[DRILL, "--timeout", "400"])
}

#[test]
fn every_claim_holds() {
    System::subject("post", &[]).checks();
    drill(&[]).all_pass();
}

#[test]
fn so_they_do_of_one_that_goes_on_for_ever() {
    drill(&[
        ("sor-gate.toml", "\"${sink_port}\"]", "\"${sink_port}\", \"--for-ever\"]"),
        ("sor-gate.toml", "in_order = true", "in_order = true\nsettle_ms = 1100"),
    ])
    .all_pass();
}

#[test]
fn a_new_key_for_each_attempt_is_noticed() {
    let told = System::subject("post", &[]).drill(&[DRILL, "--break", "new_key_per_attempt"]);
    told.says("caught: under new_key_per_attempt");
}

#[test]
fn a_message_that_overtakes_a_failed_one_breaks_the_promise() {
    let (first, due) =
        ("WHERE state = 'pending' ORDER BY id", "WHERE state = 'pending' AND due <= now() ORDER BY id");
    let told = drill(&[("relay.py", first, due)]);
    told.fail(&["poison_isolated"]);
    told.says("overtook it: P-1, P-2, P-3");
}

#[test]
fn the_newest_first_is_no_order() {
    let told = drill(&[("relay.py", "ORDER BY id LIMIT", "ORDER BY id DESC LIMIT")]);
    assert_eq!(told.of("two_relays"), "fail", "{}", told.said);
    told.says("-6, T");
}

#[test]
fn what_the_sink_does_not_write_down_did_not_arrive() {
    let told = drill(&[("sor-gate.toml", "'^taken ", "'^sent ")]);
    assert_eq!(told.of("dispatched_once"), "fail", "{}", told.said);
}

#[test]
fn a_sink_that_is_not_there_is_told_with_its_last_words() {
    let told = drill(&[("mail_room.py", "import socket\n", "raise SystemExit('no room')\n")]);
    assert_eq!(told.with("error"), told.wrong(), "{}", told.said);
    told.says("ended before it was ready");
    told.says("no room");
}

#[test]
fn a_pattern_without_a_key_is_refused() {
    let system = System::subject("post", &[("sor-gate.toml", "(?<key>", "(?<number>")]);
    let (told, _) = system.run(&["check"]);
    assert!(told.to_string().contains("`relay.sink.pattern` has no group `key`"), "{told}");
}
