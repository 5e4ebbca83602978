//! Sudden ends: of a server, by Ctrl-C, by SIGKILL.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ground::{Ground, names};

/// Moments after the gate has begun, spread over the set-up and the drills, in milliseconds.
const MOMENTS: [u64; 9] = [0, 3, 10, 30, 60, 100, 170, 300, 700];

#[test]
fn a_server_that_dies_while_the_schema_is_set_up() {
    let ground = Ground::new();
    let migrations = ground.path("migrations");
    std::fs::create_dir(&migrations).unwrap();
    for (name, sql) in [("1_waits", "SELECT pg_sleep(600)"), ("2_proposed", "CREATE TABLE proposed ()")] {
        std::fs::write(migrations.join(format!("{name}.up.sql")), sql).unwrap();
        std::fs::write(migrations.join(format!("{name}.down.sql")), "SELECT 1").unwrap();
    }
    let subject =
        "name = \"waits\"\n[database]\nmigrations = \"migrations\"\n[roles]\nworker = \"postgres\"\n";
    std::fs::write(ground.path("sor-gate.toml"), subject).unwrap();
    let gate = ground.start(&["run"]);
    kill(Pid::from_raw(gate.server()), Signal::SIGKILL).unwrap();
    let (status, told) = gate.wait();
    assert_eq!(status.code(), Some(3), "{told}");
    assert!(told.contains("error: the Postgres server ended with signal: 9"), "{told}");
    ground.assert_nothing_left("a dead server");
}

#[test]
fn a_server_that_dies_under_a_drill() {
    let ground = Ground::new();
    // The first server is then that of a drill, not one on which the schema is set up.
    assert!(ground.gate(&["drill", "idem"]).status().unwrap().success());
    let gate = ground.start(&["drill", "idem", "--repeat", "5"]);
    kill(Pid::from_raw(gate.server()), Signal::SIGKILL).unwrap();
    let (status, told) = gate.wait();
    assert_eq!(status.code(), Some(1), "{told}");
    assert!(told.contains("not proven: ") && told.contains("signal: 9"), "{told}");
    assert_eq!(told.matches("???? idempotency_retry_test").count(), 1, "{told}");
    assert_eq!(told.matches("pass idempotency_retry_test").count(), 4, "{told}");
    ground.assert_nothing_left("a dead server");
}

#[test]
fn interrupted_at_any_moment() {
    for (signal, moments) in
        [(Signal::SIGINT, &MOMENTS[..]), (Signal::SIGTERM, &[20, 200]), (Signal::SIGHUP, &[90])]
    {
        for ms in moments {
            let ground = Ground::new();
            let gate = ground.start(&["run"]);
            gate.begun();
            std::thread::sleep(Duration::from_millis(*ms));
            gate.signal(signal);
            let (status, told) = gate.wait();
            let when = format!("{signal} after {ms} ms: {told}");
            assert_eq!(status.code(), Some(130), "{when}");
            assert!(told.ends_with("error: interrupted\n"), "{when}");
            ground.assert_nothing_left(&when);
        }
    }
}

#[test]
fn killed_at_any_moment() {
    for ms in MOMENTS {
        let ground = Ground::new();
        let gate = ground.start(&["run"]);
        gate.begun();
        std::thread::sleep(Duration::from_millis(ms));
        gate.signal(Signal::SIGKILL);
        let (status, told) = gate.wait();
        assert_eq!(status.signal(), Some(9), "after {ms} ms: {told}");
        ground.assert_nothing_left(&format!("killed after {ms} ms"));
    }
}

#[test]
fn killed_while_servers_run_and_run_again() {
    let ground = Ground::new();
    let gate = ground.start(&["drill", "idem", "--repeat", "100"]);
    gate.server();
    gate.signal(Signal::SIGKILL);
    gate.wait();
    ground.assert_nothing_left("killed with a server");
    let (status, told) = ground.start(&["drill", "idem"]).wait();
    assert_eq!(status.code(), Some(0), "{told}");
    assert_eq!(names(&ground.scratch()), [""; 0]);
}
