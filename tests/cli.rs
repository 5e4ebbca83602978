//! The command line through the binary: what is said, where, and with which exit code.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use insta::assert_snapshot;

/// The gate without anything of the surroundings that changes what it says.
fn gate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sor-gate"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("SOR_GATE_")) {
        command.env_remove(name);
    }
    command.args(args).env("COLUMNS", "100").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Standard error of a usage error: exit code 2, nothing on standard output.
fn usage_error(args: &[&str]) -> String {
    let output = gate(args).assert().code(2).stdout("").get_output().clone();
    String::from_utf8(output.stderr).unwrap()
}

fn stdout(args: &[&str], code: i32) -> String {
    let output = gate(args).assert().code(code).stderr("").get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn bundle(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bundles").join(name).display().to_string()
}

#[test]
fn help_shows_commands_and_exit_codes() {
    let help = stdout(&["-h"], 0);
    for line in ["run", "drill", "decide", "list", "explain"] {
        assert!(help.lines().any(|found| found.trim_start().starts_with(line)), "{line}: {help}");
    }
    let codes = help.split("Exit codes:").nth(1).unwrap();
    for code in ["0", "1", "2", "3", "4", "130"] {
        assert!(codes.lines().any(|line| line.trim_start().starts_with(&format!("{code} "))), "{code}");
    }
    assert!(codes.ends_with("Anything but 0 must close the gate.\n"), "{codes}");
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    let output = gate(&[]).assert().code(2).get_output().clone();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), help);
    assert_eq!(stdout(&["--version"], 0), format!("sor-gate {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_option_has_a_variable() {
    for command in ["run", "drill"] {
        let help = stdout(&[command, "-h"], 0).split_whitespace().collect::<Vec<_>>().join(" ");
        for name in
            ["SUBJECT", "POSTGRES", "PG_VERSION", "JOBS", "WORKERS", "SEED", "TIMEOUT", "FORMAT", "COLOR"]
        {
            assert!(help.contains(&format!("[env: SOR_GATE_{name}")), "{command} {name}");
        }
    }
    gate(&["list"]).env("SOR_GATE_FORMAT", "xml").assert().code(2);
    let json = gate(&["list"]).env("SOR_GATE_FORMAT", "json").assert().code(0).get_output().clone();
    assert!(json.stdout.starts_with(b"["));
}

#[test]
fn list_shows_what_the_json_holds() {
    let people = stdout(&["list"], 0);
    let drills: serde_json::Value = serde_json::from_str(&stdout(&["list", "--format", "json"], 0)).unwrap();
    for drill in drills.as_array().unwrap() {
        let heading = format!(
            "{}  lesson {}: {}",
            drill["id"].as_str().unwrap(),
            drill["lesson"],
            drill["habit"].as_str().unwrap()
        );
        assert!(people.contains(&heading), "{heading}");
        for claim in drill["claims"].as_array().unwrap() {
            assert!(people.contains(claim["statement"].as_str().unwrap()), "{claim}");
        }
        for one in drill["breaks"].as_array().unwrap() {
            assert!(people.contains(one["summary"].as_str().unwrap()), "{one}");
        }
    }
    assert!(!people.contains('\u{1b}'));
    let colourful = gate(&["list", "--color", "always"]).env_remove("NO_COLOR").assert().code(0);
    assert!(colourful.get_output().stdout.contains(&0x1b));
}

#[test]
fn explain_shows_the_page_under_every_name() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("drills/idempotency_retry_test/README.md");
    let page = std::fs::read_to_string(page).unwrap();
    let heading = |line: &str| line.trim_start_matches('#').trim_start().to_owned();
    let line = |line: &str| if line.starts_with('#') { heading(line) } else { line.to_owned() };
    let expected: String = page.lines().map(|text| line(text) + "\n").collect();
    for name in ["idempotency_retry_test", "idempotency_retry", "idempotency-retry", "idem", "idempotency"] {
        assert_eq!(stdout(&["explain", name], 0), expected, "{name}");
    }
}

#[test]
fn unknown_drills_are_answered_with_a_suggestion() {
    assert_snapshot!(usage_error(&["explain", "idempotency_rety_test"]), @r"
    error: unknown drill `idempotency_rety_test`
      try: did you mean `idempotency_retry_test`?
    ");
    assert_snapshot!(usage_error(&["drill", "zzz"]), @r"
    error: unknown drill `zzz`
      try: `sor-gate list` shows them all
    ");
    assert_snapshot!(usage_error(&["drill", "r"]), @r"
    error: `r` fits several drills
      try: say which: run_journal_resume_drill, rls_identity_flip_test
    ");
}

#[test]
fn breaks_are_asked_for_rightly_or_not_at_all() {
    assert_snapshot!(usage_error(&["drill", "idem", "--break", "unique_key_droped"]), @r"
    error: unknown break of idempotency_retry_test `unique_key_droped`
      try: did you mean `unique_key_dropped`?
    ");
    assert_snapshot!(usage_error(&["drill", "idem", "concurrency", "--break", "unique_key_dropped"]), @r"
    error: --break goes with one drill
      try: name a single drill
    ");
    assert_snapshot!(usage_error(&["run", "--break", "unique_key_droped"]), @r"
    error: unknown break `unique_key_droped`
      try: did you mean `unique_key_dropped`?
    ");
    assert_snapshot!(usage_error(&["run", "--break", "concurrency.unique_key_dropped"]), @r"
    error: unknown break of concurrency_claim_test `unique_key_dropped`
      try: `sor-gate list` shows them all
    ");
}

#[test]
fn bad_options_are_usage_errors() {
    for args in [
        &["rnu"][..],
        &["drill"],
        &["run", "--jobs", "0"],
        &["run", "--seed", "lucky"],
        &["run", "--prove", "some"],
        &["run", "--suite", "resilence"],
        &["run", "--pg-version", "fifteen"],
        &["run", "--timeout", "0"],
        &["run", "--workers", "1"],
        &["run", "-q", "-v"],
        &["run", "--no-such-option"],
        &["run", "--postgres", "contaner"],
        &["drill", "idem", "--repeat", "0"],
    ] {
        let told = usage_error(args);
        assert!(told.starts_with("error: ") && !told.contains("panicked"), "{args:?}: {told}");
    }
    assert_snapshot!(usage_error(&["run", "--jobs", "0"]), @r"
    error: invalid value '0' for '--jobs <N>': 0 is not in 1..=64

    For more information, try '--help'.
    ");
}

#[test]
fn bundles_are_decided_with_the_right_exit_code() {
    let decided = stdout(&["decide", &bundle("permitted.json")], 0);
    assert!(decided.starts_with("PERMITTED: ") && decided.lines().count() == 1, "{decided}");
    for name in ["blocked.json", "truncated.json", "missing-key.json", "permitted-with-failing-line.json"] {
        let decided = stdout(&["decide", &bundle(name)], 1);
        assert!(decided.starts_with("BLOCKED: ") && decided.lines().count() == 1, "{name}: {decided}");
        let json: serde_json::Value =
            serde_json::from_str(&stdout(&["decide", "--format", "json", &bundle(name)], 1)).unwrap();
        assert_eq!(json["decision"], "BLOCKED");
        assert!(!json["reasons"].as_array().unwrap().is_empty());
    }
    assert_snapshot!(usage_error(&["decide", "no/such/bundle.json"]), @r"
    error: the bundle cannot be read: No such file or directory (os error 2) (no/such/bundle.json)
      try: name the `bundle.json` that a run left behind
    ");
}

#[test]
fn a_reader_that_stops_reading_is_nobodys_error() {
    let permitted = bundle("permitted.json");
    for args in
        [&["list"][..], &["list", "--format", "json"], &["explain", "idem"], &["-h"], &["decide", &permitted]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = gate(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn output_that_cannot_be_kept_is_an_error() {
    for args in [&["list"][..], &["list", "--format", "json"], &["explain", "idem"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = gate(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.starts_with("error: cannot write to standard output: No space left"), "{told}");
    }
}
