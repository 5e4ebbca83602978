//! A drill whose fault did not fire, whose race did not overlap or whose control failed says so, and is no pass: here each
//! is taken away by a subject under which it cannot come about, and the drill is run through the binary.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The whole reference system, written out and changed: `(file, what stands there, what is to stand there)`.
fn reference(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    Command::cargo_bin("sor-gate").unwrap().args(["init", "--reference", into]).assert().success();
    for (file, was, is) in changes {
        let file = folder.path().join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(was), "{} has no {was:?}", file.display());
        std::fs::write(&file, text.replacen(was, is, 1)).unwrap();
    }
    folder
}

/// What a command says of a drill, which must not let it pass.
fn gate(command: &str, id: &str, folder: &Path) -> Value {
    let mut gate = Command::cargo_bin("sor-gate").unwrap();
    gate.args([command, id, "--postgres", "local", "--format", "json", "--no-progress"]);
    let output = gate.current_dir(folder).env_remove("SOR_GATE_SUBJECT").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each of these claims is not proven, and says what is missing.
fn unproven(id: &str, changes: &[(&str, &str, &str)], claims: &[(&str, &str)]) {
    let folder = reference(changes);
    let drill = &gate("drill", id, folder.path())[0];
    assert_ne!(drill["verdict"], "pass");
    let findings = drill["findings"].as_array().unwrap();
    for (claim, why) in claims {
        let finding = findings.iter().find(|finding| finding["claim"] == *claim).unwrap();
        let observed = finding["observed"].as_str().unwrap();
        assert_eq!(finding["verdict"], "error", "{claim}: {finding:#}");
        assert!(observed.contains("not proven") && observed.contains(why), "{claim}: {observed}");
    }
}

const SUBJECT: &str = "sor-gate.toml";

#[test]
fn a_worker_that_nothing_holds_is_not_killed_in_mid_turn() {
    let hold = "LOCK TABLE public.expenses IN SHARE ROW EXCLUSIVE MODE";
    let why = "the Worker had ended before the kill";
    unproven(
        "run_journal_resume_drill",
        &[(SUBJECT, hold, "SELECT 1")],
        &[
            ("crash_signature", why),
            ("resumes_at_gap", why),
            ("no_lost_turn", why),
            ("exactly_once_effects", why),
            ("one_resumer", why),
            ("crash_while_resuming", why),
        ],
    );
}

/// Finds out where the server really is, and goes there.
const AROUND: &str = r#"command = ["sh", "-c", "DATABASE_URL=$(psql -qXAt $DATABASE_URL -c \"SELECT format('postgresql://%s@/%s?host=%s&port=%s', current_user, current_database(), current_setting('unix_socket_directories'), current_setting('port'))\") exec $0 \"$@\"", "#;

#[test]
fn a_program_that_goes_around_the_proxy_is_not_struck() {
    let read = "\nALTER ROLE reconciler_worker INHERIT;\nALTER ROLE reconciler_relay INHERIT;
                GRANT pg_read_all_settings TO reconciler_worker, reconciler_relay;\n";
    let roles = std::fs::read_to_string(reference(&[]).path().join("roles.sql")).unwrap();
    let told = format!("{roles}{read}");
    let [mcp, relay] = ["mcp", "relay"].map(|program| {
        let words = format!(r#""${{sor_gate}}", "reference", "reconciler", "{program}""#);
        (format!("command = [{words}"), format!("{AROUND}{words}"))
    });
    let changes = [
        (SUBJECT, &*mcp.0, &*mcp.1),
        (SUBJECT, &*relay.0, &*relay.1),
        ("roles.sql", roles.as_str(), told.as_str()),
    ];
    let why = "another way than the URL";
    unproven("run_journal_resume_drill", &changes, &[("every_crash_point", why)]);
    unproven("outbox_relay_retry_test", &changes, &[("dedup_on_redelivery", "kills landed")]);
}

#[test]
fn sessions_that_queue_elsewhere_do_not_race() {
    let write = "write = [\n  \"\"\"\nINSERT INTO public.expenses\n    (tenant_id, idempotency_key, run_id";
    let queue = "write = [\n  \"SELECT CASE WHEN ${key} = 'concurrent' THEN pg_advisory_xact_lock(1) END\",\n  \"\"\"\n\
                 INSERT INTO public.expenses\n    (tenant_id, idempotency_key, run_id";
    unproven(
        "idempotency_retry_test",
        &[(SUBJECT, write, queue)],
        &[("concurrent_retry", "only 1 of 16 sessions overlapped")],
    );
}

#[test]
fn claims_that_wait_for_each_other_are_no_fleet() {
    let (was, is) = ("    LIMIT 1\n    FOR UPDATE SKIP LOCKED", "    LIMIT 1\n    FOR UPDATE");
    unproven(
        "concurrency_claim_test",
        &[(SUBJECT, was, is)],
        &[("all_interleavings", "no two claims were open"), ("fleet", "could not hold them at once")],
    );
}

#[test]
fn a_relay_that_never_calls_meets_no_fault() {
    let (was, is) = ("\"--sink\", \"${sink_url}\"", "\"--sink\", \"http://127.0.0.1:9/\"");
    unproven("outbox_relay_retry_test", &[(SUBJECT, was, is)], &[("stays_pending", "faults fired for 5")]);
}

#[test]
fn identities_that_nothing_is_hidden_from_prove_nothing() {
    let (was, is) =
        ("100 + ${n}::bigint, 'USD')\"\"\"", "100 + ${n}::bigint, 'USD') ON CONFLICT DO NOTHING\"\"\"");
    let key = ("'row-' || ${n}::text", "'row-' || (${n}::bigint % 3)::text");
    let why = "too few rows to hide";
    unproven(
        "rls_identity_flip_test",
        &[(SUBJECT, was, is), (SUBJECT, key.0, key.1)],
        &[
            ("alice_only", why),
            ("bob_only", why),
            ("unset_sees_none", why),
            ("empty_sees_none", why),
            ("unknown_sees_none", why),
        ],
    );
}

#[test]
fn queries_among_few_events_prove_nothing_at_scale() {
    let was = "1 + n % (${rows} / 100), 1, 'turn_finished', '{}' FROM generate_series(1, ${rows}) AS n;";
    let is = &was.replace("generate_series(1, ${rows}) AS n", "generate_series(1, ${rows} / 100) AS n");
    let unheld = ("LOCK TABLE public.expenses IN SHARE ROW EXCLUSIVE MODE", "SELECT 1");
    unproven(
        "forensics_drill",
        &[(SUBJECT, was, is), (SUBJECT, unheld.0, unheld.1)],
        &[("at_scale", "events are there"), ("scoped", "in mid-turn at one moment")],
    );
}

#[test]
fn a_break_that_finds_nothing_to_break_is_unviable_and_the_proof_fails() {
    // A payload that differs is refused, so that no column needs to tell of it.
    let select = "SELECT id, transaction_id, merchant, amount_cents, currency\nFROM public.expenses\nWHERE tenant_id = ${tenant} AND idempotency_key";
    let refuse = select
        .replace("transaction_id, merchant, amount_cents", "1 / (amount_cents = ${amount}::bigint)::int");
    let folder = reference(&[(SUBJECT, select, &refuse), (SUBJECT, "echo = \"amount_cents\"\n", "")]);
    let matrix = gate("prove", "idempotency_retry_test", folder.path());
    assert_eq!(matrix["baseline"], "pass");
    for entry in matrix["breaks"].as_array().unwrap() {
        let wanted = if entry["break"] == "overwrite_on_conflict" { "unviable" } else { "caught" };
        assert_eq!(entry["proof"], wanted, "{entry:#}");
    }
}
