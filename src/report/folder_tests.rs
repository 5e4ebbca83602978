//! The evidence folder on a real file system: whole runs, racing writers, killed writers, refusals.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::folder::EvidenceFolder;
use super::run_id::RunId;
use crate::error::ErrorKind;

fn fresh() -> RunId {
    RunId::new(Timestamp::now())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_run_appears_whole_and_latest_points_at_it() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("a/evidence");
    let folder = EvidenceFolder::new(&root);
    folder.check_writable().unwrap();
    assert!(names(home.path()).is_empty(), "the check leaves nothing");
    for _ in 0..2 {
        let id = fresh();
        let writer = folder.begin(&id).unwrap();
        writer.write("bundle.json", b"{}\n").unwrap();
        assert!(!root.join("runs").join(id.as_str()).exists(), "out of sight while it is written");
        let place = writer.publish().unwrap();
        assert_eq!(names(&place), ["bundle.json"]);
        assert_eq!(fs::canonicalize(root.join("latest")).unwrap(), fs::canonicalize(place).unwrap());
    }
    assert_eq!(names(&root), ["latest", "runs"]);
    assert_eq!(names(&root.join("runs")).len(), 2);
}

#[test]
fn a_writer_that_gives_up_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let folder = EvidenceFolder::new(home.path().join("evidence"));
    let writer = folder.begin(&fresh()).unwrap();
    writer.write("bundle.json", b"{}").unwrap();
    assert!(writer.write("../bundle.json", b"{}").is_err());
    assert!(writer.write("bundle.json", b"again").is_err());
    drop(writer);
    assert!(names(home.path()).is_empty());
}

#[test]
fn a_killed_writer_is_swept_and_a_living_one_is_not() {
    let home = tempfile::tempdir().unwrap();
    let folder = EvidenceFolder::new(home.path());
    let runs = home.path().join("runs");
    fs::create_dir_all(runs.join(".writing-20260101T000000Z-000000")).unwrap();
    std::os::unix::fs::symlink("runs/x", home.path().join(".writing-latest-x")).unwrap();
    let living = folder.begin(&fresh()).unwrap();
    living.write("bundle.json", b"{}").unwrap();
    folder.begin(&fresh()).unwrap().publish().unwrap();
    assert_eq!(names(home.path()), ["latest", "runs"]);
    assert_eq!(names(&runs).len(), 2, "the living writer's folder stays");
    living.publish().unwrap();
}

#[test]
fn many_writers_at_once_keep_every_run() {
    let home = tempfile::tempdir().unwrap();
    let folder = EvidenceFolder::new(home.path().join("evidence"));
    std::thread::scope(|scope| {
        for number in 0..16 {
            let folder = &folder;
            scope.spawn(move || {
                let writer = folder.begin(&fresh()).unwrap();
                writer.write("bundle.json", format!("{number}").as_bytes()).unwrap();
                writer.publish().unwrap();
            });
        }
    });
    assert_eq!(names(&home.path().join("evidence")), ["latest", "runs"]);
    assert_eq!(names(&home.path().join("evidence/runs")).len(), 16);
    assert!(home.path().join("evidence/latest/bundle.json").exists());
}

#[test]
fn a_run_is_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let folder = EvidenceFolder::new(home.path());
    let id = fresh();
    let first = folder.begin(&id).unwrap();
    assert_eq!(folder.begin(&id).unwrap_err().kind, ErrorKind::Environment);
    first.write("bundle.json", b"{}").unwrap();
    let place = first.publish().unwrap();
    assert_eq!(folder.begin(&id).unwrap_err().kind, ErrorKind::Environment);
    assert_eq!(names(&place), ["bundle.json"]);
}

#[test]
fn what_stands_in_the_way_is_named() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::write(at("file"), "").unwrap();
    fs::create_dir_all(at("taken/latest")).unwrap();
    fs::create_dir(at("inner")).unwrap();
    fs::write(at("inner/runs"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
    let before = names(home.path());
    for root in
        [at("file"), at("file/below"), at("taken"), at("inner"), at("dangling"), "/proc/evidence".into()]
    {
        let error = EvidenceFolder::new(&root).check_writable().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Environment, "{}", root.display());
        assert!(error.place.is_some() && error.remedy.is_some(), "{error}");
    }
    assert!(EvidenceFolder::new(at("file")).begin(&fresh()).is_err());
    assert_eq!(names(home.path()), before);
}
