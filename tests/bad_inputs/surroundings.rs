//! No Postgres, the wrong one, nowhere to write.

use insta::assert_snapshot;

use crate::ground::{Ground, names, with_own_mounts};

#[test]
fn no_postgres_anywhere() {
    let ground = Ground::new();
    let script = r#"
        for shelf in /usr/lib/postgresql /usr/lib64/postgresql /usr/local/bin; do
            [ ! -d "$shelf" ] || mount -t tmpfs none "$shelf"
        done
        PATH=/nowhere DOCKER_HOST=unix:///nowhere/docker.sock exec "$GATE" run"#;
    let Some(output) = with_own_mounts(&ground, script) else { return };
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    let tried =
        ["no Postgres to be had", "/usr/lib/postgresql/*/bin", "no Docker engine answers", "try: install"];
    for what in tried {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert_eq!(told.matches("error: ").count(), 1, "{told}");
    ground.assert_nothing_left("no Postgres");
}

#[test]
fn no_postgres_of_that_version() {
    let ground = Ground::new();
    let mut command = ground.gate(&["run", "--pg-version", "99"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let told = ground.refused(command, 3);
    assert!(told.contains("no local PostgreSQL 99 server binaries") && told.contains(", not 99"), "{told}");
    let told =
        ground.refused(ground.gate(&["drill", "idem", "--postgres", "local", "--pg-version", "99"]), 3);
    assert!(told.contains("try: ") && told.contains("--pg-version"), "{told}");
    let mut command = ground.gate(&["run", "--postgres", "container"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let told = ground.refused(command, 3);
    assert!(told.contains("no Docker engine answers") && told.contains("try: start Docker"), "{told}");
}

#[test]
fn no_server_at_that_url() {
    let ground = Ground::new();
    let url = "postgresql://someone:hush-hush@127.0.0.1:1/somewhere";
    let told = ground.refused(ground.gate(&["run", "--postgres", url]), 3);
    assert!(told.contains("Connection refused") && told.contains("127.0.0.1:1/somewhere"), "{told}");
    assert!(told.contains("try: ") && !told.contains("hush-hush"), "{told}");
    let told = ground.refused(ground.gate(&["run", "--postgres", "locl"]), 2);
    assert!(told.contains("neither auto, local, container nor a URL"), "{told}");
}

#[test]
fn evidence_where_nothing_can_be_written() {
    let ground = Ground::new();
    std::fs::write(ground.path("file"), "").unwrap();
    let refused = |out: &str| {
        let told = ground.refused(ground.gate(&["run", "--out", out]), 3);
        told.lines().find(|line| line.starts_with("error: ")).unwrap().to_owned()
    };
    assert_snapshot!(refused("file"), @"error: evidence cannot be written: not a directory (HERE/file)");
    assert_snapshot!(refused("file/below"), @"error: evidence cannot be written: not a directory (HERE/file)");
    assert_snapshot!(refused("/dev/full"), @"error: evidence cannot be written: not a directory (/dev/full)");
    assert!(refused("/proc/sor-gate").contains("evidence cannot be written"));
}

#[test]
fn evidence_on_a_disk_that_is_read_only_or_full() {
    let ground = Ground::new();
    std::fs::create_dir(ground.path("disk")).unwrap();
    for (options, why) in [("ro", "Read-only file system"), ("size=16k", "No space left on device")] {
        let script = format!("mount -t tmpfs -o {options} none disk; exec \"$GATE\" run --out disk/evidence");
        let Some(output) = with_own_mounts(&ground, &script) else { return };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.contains(why) && told.contains("disk") && told.contains("--out"), "{told}");
        ground.assert_nothing_left(why);
    }
}

#[test]
fn evidence_on_a_disk_that_fills_while_the_drills_run() {
    let ground = Ground::new();
    std::fs::create_dir(ground.path("disk")).unwrap();
    let script = r#"
        mount -t tmpfs -o size=512k none disk
        "$GATE" run --prove none --out disk/evidence & gate=$!
        until [ -n "$(ls "$SOR_GATE_SCRATCH")" ]; do :; done
        dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
        code=0; wait $gate || code=$?
        find disk -mindepth 1
        exit $code"#;
    let Some(output) = with_own_mounts(&ground, script) else { return };
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "disk/filler\n", "{told}");
    ground.assert_gone("full disk");
}

#[test]
fn scratch_where_nothing_can_be_written() {
    let ground = Ground::new();
    std::fs::write(ground.path("file"), "").unwrap();
    let mut command = ground.gate(&["run"]);
    command.env("SOR_GATE_SCRATCH", ground.path("file"));
    let told = ground.refused(command, 3);
    assert!(told.contains("HERE/file"), "{told}");
    let mut command = ground.gate(&["run"]);
    command.env("SOR_GATE_CACHE", ground.path("file"));
    let told = ground.refused(command, 3);
    assert!(told.contains("HERE/file") && told.contains("SOR_GATE_CACHE"), "{told}");
    assert_eq!(names(&ground.scratch()), [""; 0]);
}
